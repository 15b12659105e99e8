import Base
import Books
import Foundation
import JSON

/// `purser rules`: what is done with every transaction that looks a certain way.
enum RulesCommand {
    static let command = Command(
        name: "rules", summary: "Lists, adds, orders and applies the rules that sort entries.",
        usage:
            "list | show RULE | add | delete RULE | move RULE PLACE | enable RULE | disable RULE | apply [RULE…] | export | import FILE  --user EMAIL [--book BOOK]",
        details: """
            Rules act on what is imported, the first one that sets a thing wins; `apply` uses them on what is there already.
            A RULE is its name, its place in the list, or its id.

            For `add`:
              --if CONDITION       Given several times, all must hold; any of them with --any.
                                   A field (merchant, description, notes, text, amount, type, account, date), an operation
                                   (contains, is, startsWith, endsWith, between, atLeast, atMost), and a value.
              --any                Any condition is enough.
              --name NAME          What the rule is called.
              --category CATEGORY  Puts it there (an id, a slug or a name).
              --split PARTS        Makes several entries of one: groceries=70%,household=rest or fees=2.50,rent=rest
              --merchant NAME      Sets the merchant's name.
              --tag TAG            Adds a tag; may be given several times.
              --notes TEXT, --payment-method NAME

            For `apply`:
              --dry-run            Only counts what would change.
              --from DAY, --to DAY, --only-uncategorised

            For `export` and `import`: JSON with the names of the categories, for this book or another.
              --output FILE        Where to; standard output without it. `import -` reads standard input.

            \(BookSession.help)
              --json               As JSON.

            Examples:
              purser rules add --if 'merchant contains rewe' --if 'amount between 5 20' --category food --user ada@example.org
              purser rules add --if 'merchant is amazon' --split shopping=70%,gifts=rest --name Amazon --user ada@example.org
              purser rules apply --dry-run --from 2026-01-01 --user ada@example.org
            """,
        switches: ["json", "any", "dry-run", "only-uncategorised"],
        options: BookSession.options.union([
            "if", "name", "category", "split", "merchant", "tag", "notes", "payment-method", "from", "to", "output",
        ])
    ) { arguments in
        let action = try arguments.action(of: [
            "list", "show", "add", "delete", "move", "enable", "disable", "apply", "export", "import",
        ])
        switch action {
        case "list": return try list(arguments)
        case "add": return try add(arguments)
        case "apply": return try apply(arguments)
        case "export": return try export(arguments)
        case "import": return try read(arguments)
        default: return try change(action, arguments)
        }
    }

    // MARK: Looking

    private static func list(_ arguments: Arguments) throws -> ExitCode {
        try arguments.expect(1)
        let asJSON = arguments.has("json")
        return try BookSession.run(arguments) { session in
            let rules = try await all(session)
            if asJSON {
                Output.json { $0.value(.array(rules)) }
                return .success
            }
            guard !rules.isEmpty else {
                Output.line("There are no rules yet: purser rules add --if 'merchant contains …' --category …")
                return .success
            }
            let categories = try await CategoryNames(session)
            var table = Table([
                .number("Place"), .text("Name", least: 12), .text("If", least: 20), .text("Then", least: 20),
            ])
            for (index, rule) in rules.enumerated() {
                let isOn = rule["isEnabled"]?.bool ?? true
                table.add([
                    Table.Cell(String(index + 1), .faint),
                    Table.Cell((rule["name"]?.string ?? "") + (isOn ? "" : " (off)"), isOn ? .bold : .faint),
                    Table.Cell(RuleWords.describe(rule, session.book.currency)),
                    Table.Cell(RuleWords.describeActions(rule, categories)),
                ])
            }
            table.print()
            return .success
        }
    }

    static func all(_ session: BookSession) async throws -> [JSONValue] { try await session.get("/rules").array ?? [] }

    /// By place, name or id.
    private static func find(_ reference: String, in rules: [JSONValue]) throws(Refusal) -> JSONValue {
        if let rule = rules.first(where: { $0["id"]?.string == reference.lowercased() }) { return rule }
        let named = rules.filter { $0["name"]?.string?.lowercased() == reference.lowercased() }
        if named.count == 1 { return named[0] }
        guard named.isEmpty else {
            throw Refusal(
                .conflict, "RULE_AMBIGUOUS",
                "Several rules are called “\(Output.safe(reference))”. Give the place in the list.")
        }
        if let place = Int(reference), rules.indices.contains(place - 1) { return rules[place - 1] }
        throw Refusal(
            .notFound, "RULE_NOT_FOUND", "There is no rule “\(Output.safe(reference))”. `purser rules list` shows them."
        )
    }

    private static func show(_ rule: JSONValue, _ session: BookSession, asJSON: Bool) async throws {
        if asJSON { return Output.json { $0.value(rule) } }
        let categories = try await CategoryNames(session)
        Output.lines([
            Style.bold(Output.safe(rule["name"]?.string ?? "")) + (rule["isEnabled"]?.bool == false ? " (off)" : ""),
            "  if    \(Output.safe(RuleWords.describe(rule, session.book.currency)))",
            "  then  \(Output.safe(RuleWords.describeActions(rule, categories)))",
            "  id    \(rule["id"]?.string ?? "")",
        ])
    }

    // MARK: Changing

    private static func add(_ arguments: Arguments) throws -> ExitCode {
        try arguments.expect(1)
        let items = try arguments.all("if").map { text throws(UsageProblem) in try RuleWords.condition(text) }
        guard let first = arguments.all("if").first else {
            throw UsageProblem("When should it act? Say --if 'merchant contains …'.")
        }
        let name = arguments.values["name"] ?? first
        let match = arguments.has("any") ? "any" : "all"
        let asJSON = arguments.has("json")
        return try BookSession.run(arguments) { session in
            let categories = try await CategoryNames(session)
            var actions: [(key: String, value: JSONValue)] = []
            if let category = arguments.values["category"] {
                actions.append(("categoryId", .string(try categories.id(category))))
            }
            if let split = arguments.values["split"] {
                actions.append(("split", try RuleWords.split(split, categories)))
            }
            for (flag, key) in [("merchant", "merchantName"), ("notes", "notes"), ("payment-method", "paymentMethod")] {
                if let text = arguments.values[flag] { actions.append((key, .string(text))) }
            }
            let tags = arguments.all("tag")
            if !tags.isEmpty { actions.append(("addTags", .array(tags.map(JSONValue.string)))) }
            guard !actions.isEmpty else {
                throw Refusal(
                    .invalid, "NO_ACTION",
                    "What should it do? Say --category, --split, --merchant, --tag, --notes or --payment-method.")
            }
            let rule = try await session.send(
                "POST", "/rules",
                body: .object([
                    ("name", .string(name)),
                    ("conditions", .object([("match", .string(match)), ("items", .array(items))])),
                    ("actions", .object(actions)),
                ]))
            try await show(rule, session, asJSON: asJSON)
            return .success
        }
    }

    private static func change(_ action: String, _ arguments: Arguments) throws -> ExitCode {
        try arguments.expect(action == "move" ? 3 : 2)
        let reference = arguments.positional[1]
        var place = 0
        if action == "move" {
            guard let number = Int(arguments.positional[2]), number > 0 else {
                throw UsageProblem("move needs a place in the list, from 1: purser rules move Rewe 1")
            }
            place = number
        }
        let (target, asJSON) = (place, arguments.has("json"))
        return try BookSession.run(arguments) { session in
            let rules = try await all(session)
            let rule = try find(reference, in: rules)
            let id = rule["id"]?.string ?? ""
            switch action {
            case "show": try await show(rule, session, asJSON: asJSON)
            case "delete":
                try await session.send("DELETE", "/rules/\(id)")
                Output.line("“\(Output.safe(rule["name"]?.string ?? ""))” is deleted. What it has done stays.")
            case "move":
                var ids = rules.compactMap { $0["id"]?.string }.filter { $0 != id }
                ids.insert(id, at: min(target - 1, ids.count))
                let moved = try await session.send(
                    "PUT", "/rules/order", body: .object([("ids", .array(ids.map(JSONValue.string)))]))
                if asJSON {
                    Output.json { $0.value(moved) }
                } else {
                    Output.line(
                        "“\(Output.safe(rule["name"]?.string ?? ""))” is at place \(min(target, rules.count)) now.")
                }
            default:
                let changed = try await session.send(
                    "PUT", "/rules/\(id)",
                    body: .object([
                        ("isEnabled", .bool(action == "enable")), ("version", rule["version"] ?? .null),
                    ]))
                try await show(changed, session, asJSON: asJSON)
            }
            return .success
        }
    }

    private static func apply(_ arguments: Arguments) throws -> ExitCode {
        let references = Array(arguments.positional.dropFirst())
        var settings: [(key: String, value: JSONValue)] = [
            ("dryRun", .bool(arguments.has("dry-run"))),
            ("onlyUncategorised", .bool(arguments.has("only-uncategorised"))),
        ]
        for (flag, key) in [("from", "startDate"), ("to", "endDate")] {
            if let day = try arguments.date(flag) { settings.append((key, .string(day.description))) }
        }
        let (body, asJSON, isDryRun) = (settings, arguments.has("json"), arguments.has("dry-run"))
        return try BookSession.run(arguments) { session in
            var body = body
            if !references.isEmpty {
                let rules = try await all(session)
                let ids = try references.map { try find($0, in: rules)["id"] ?? .null }
                body.append(("ids", .array(ids)))
            }
            let result = try await session.send("POST", "/rules/apply", body: .object(body))
            if asJSON {
                Output.json { $0.value(result) }
            } else {
                let (matched, changed) = (result["matched"]?.int ?? 0, result["changed"]?.int ?? 0)
                Output.line(
                    "\(Numbers.grouped(matched)) entries match, \(Numbers.grouped(changed)) \(isDryRun ? "would change" : "changed")."
                )
            }
            return .success
        }
    }

    // MARK: Files

    private static func export(_ arguments: Arguments) throws -> ExitCode {
        try arguments.expect(1)
        return try BookSession.run(arguments) { session in
            let categories = try await CategoryNames(session)
            let rules = try await all(session).map { try RuleFile.portable($0, categories) }
            let file = JSONValue.object([("rules", .array(rules))])
            try OutputFile.write(JSONFile.text(of: file), to: arguments.values["output"])
            return .success
        }
    }

    private static func read(_ arguments: Arguments) throws -> ExitCode {
        try arguments.expect(2)
        let path = arguments.positional[1]
        let rules = try JSONFile.list("rules", in: try JSONFile.read(path), path)
        let asJSON = arguments.has("json")
        return try BookSession.run(arguments) { session in
            let categories = try await CategoryNames(session)
            // Whatever is wrong with any of them is found before the first one is stored.
            let new = try rules.enumerated().map { try RuleFile.local($1, number: $0 + 1, categories) }
            let known = try await all(session).map(RuleFile.comparable)
            var added = 0
            for rule in new where !known.contains(RuleFile.comparable(rule)) {
                do { try await session.send("POST", "/rules", body: rule) } catch let refusal as Refusal {
                    throw Refusal(
                        refusal.kind, refusal.code,
                        "“\(Output.safe(rule["name"]?.string ?? ""))”: \(refusal.message) \(added) were added before it.",
                        fields: refusal.fields)
                }
                added += 1
            }
            JSONFile.report(added: added, of: new.count, "rules", asJSON: asJSON)
            return .success
        }
    }
}

/// Rules in a file: categories by their slugs, as ids differ from book to book.
enum RuleFile {
    static func portable(_ rule: JSONValue, _ categories: CategoryNames) throws -> JSONValue {
        var actions = rule["actions"] ?? .object([])
        actions = named(actions, categories)
        if let parts = actions["split"]?.array {
            actions = actions.setting("split", to: .array(parts.map { named($0, categories) }))
        }
        return .object(
            [("name", rule["name"] ?? .null), ("isEnabled", rule["isEnabled"] ?? .bool(true))]
                + [("conditions", rule["conditions"] ?? .null), ("actions", actions)])
    }

    private static func named(_ value: JSONValue, _ categories: CategoryNames) -> JSONValue {
        guard let id = value["categoryId"]?.string else { return value }
        return value.setting("categoryId", to: nil).setting("category", to: .string(categories.slug(id) ?? id))
    }

    /// With the ids of this book.
    static func local(_ rule: JSONValue, number: Int, _ categories: CategoryNames) throws -> JSONValue {
        guard case .object = rule, rule["name"]?.string != nil else {
            throw Refusal(.invalid, "RULE_INVALID", "Rule \(number) of the file has no name.")
        }
        do throws(Refusal) {
            var actions = try identified(rule["actions"] ?? .object([]), categories)
            if let parts = actions["split"]?.array {
                var split: [JSONValue] = []
                for part in parts { split.append(try identified(part, categories)) }
                actions = actions.setting("split", to: .array(split))
            }
            return .object([
                ("name", rule["name"] ?? .null), ("isEnabled", rule["isEnabled"] ?? .bool(true)),
                ("conditions", rule["conditions"] ?? .null), ("actions", actions),
            ])
        } catch {
            throw Refusal(error.kind, error.code, "Rule \(number) of the file: \(error.message) Nothing was added.")
        }
    }

    private static func identified(_ value: JSONValue, _ categories: CategoryNames) throws(Refusal) -> JSONValue {
        guard let name = value["category"]?.string else { return value }
        return value.setting("category", to: nil).setting("categoryId", to: .string(try categories.id(name)))
    }

    /// What makes two rules the same one, in an order of its own.
    static func comparable(_ rule: JSONValue) -> JSONValue {
        sorted(
            .object([
                ("name", rule["name"] ?? .null), ("conditions", rule["conditions"] ?? .null),
                ("actions", rule["actions"] ?? .null),
            ]))
    }

    private static func sorted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members):
            .object(members.sorted { $0.key < $1.key }.map { ($0.key, sorted($0.value)) })
        case .array(let values): .array(values.map(sorted))
        // 70 and 70.00 and "70" are the same share.
        case .number(let text): .string(plain(text))
        case .string(let text): .string(plain(text))
        default: value
        }
    }

    private static func plain(_ text: String) -> String {
        guard text.contains("."), text.allSatisfy({ $0.isNumber || $0 == "." }) else { return text }
        var digits = Substring(text)
        while digits.hasSuffix("0") { digits.removeLast() }
        return digits.hasSuffix(".") ? String(digits.dropLast()) : String(digits)
    }
}
