import Base
import JSON

/// Rules as they are written at a terminal: `merchant contains rewe`, `groceries=70%`.
enum RuleWords {
    private static let fields = ["merchant", "description", "notes", "text", "amount", "type", "account", "date"]
    private static let operations = [
        "contains": "contains", "is": "is", "=": "is", "startswith": "startsWith", "starts-with": "startsWith",
        "endswith": "endsWith", "ends-with": "endsWith", "between": "between", "atleast": "atLeast",
        "at-least": "atLeast", ">=": "atLeast", "atmost": "atMost", "at-most": "atMost", "<=": "atMost",
    ]

    /// - Parameter text: a field, an operation and a value: `amount between 5 20`.
    static func condition(_ text: String) throws(UsageProblem) -> JSONValue {
        let words = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true).map(String.init)
        guard words.count == 3 else {
            throw UsageProblem("--if needs a field, an operation and a value, as in 'merchant contains rewe'.")
        }
        guard fields.contains(words[0].lowercased()) else {
            throw UsageProblem("“\(words[0])” is no field of an entry. There are: \(fields.joined(separator: ", ")).")
        }
        guard let operation = operations[words[1].lowercased()] else {
            throw UsageProblem(
                "“\(words[1])” is no operation. There are: contains, is, startsWith, endsWith, between, atLeast, atMost."
            )
        }
        var members: [(key: String, value: JSONValue)] = [
            ("field", .string(words[0].lowercased())), ("op", .string(operation)),
        ]
        let value = words[2]
        if operation == "between" {
            let ends = value.split(separator: " ").map(String.init).filter { $0.lowercased() != "and" }
            guard ends.count == 2 else {
                throw UsageProblem("between needs two values, as in 'amount between 5 20'.")
            }
            members += [("value", .string(ends[0])), ("value2", .string(ends[1]))]
        } else {
            members.append(("value", .string(value)))
        }
        return .object(members)
    }

    /// - Parameter text: the parts, as in `groceries=70%,household=rest` or `fees=2.50,rent=rest`.
    static func split(_ text: String, _ categories: CategoryNames) throws -> JSONValue {
        try .array(
            text.split(separator: ",").map { part in
                let sides = part.split(separator: "=", maxSplits: 1).map { $0.trimmingBlanks }
                guard sides.count == 2 else {
                    throw UsageProblem("--split needs parts such as groceries=70%,household=rest, not “\(part)”.")
                }
                let share: (key: String, value: JSONValue)
                if sides[1].lowercased() == "rest" {
                    share = ("rest", .bool(true))
                } else if sides[1].hasSuffix("%") {
                    share = ("percent", .string(String(sides[1].dropLast()).trimmingBlanks))
                } else {
                    share = ("amount", .string(sides[1]))
                }
                return .object([("categoryId", .string(try categories.id(sides[0]))), share])
            })
    }

    // MARK: As a person reads them

    private static let verbs = [
        "contains": "contains", "is": "is", "startsWith": "starts with", "endsWith": "ends with",
        "between": "is between", "atLeast": "is at least", "atMost": "is at most",
    ]

    static func describe(_ rule: JSONValue, _ currency: Currency) -> String {
        let conditions = rule["conditions"]
        let parts = (conditions?["items"]?.array ?? []).map { item in
            let (field, operation) = (item["field"]?.string ?? "", item["op"]?.string ?? "")
            let show = { (value: String) in field == "amount" ? money(value, currency) : value }
            let end = item["value2"]?.string.map { " and \(show($0))" } ?? ""
            var verb = verbs[operation] ?? operation
            if field == "date" {
                verb = ["atLeast": "is on or after", "atMost": "is on or before"][operation] ?? verb
            }
            return "\(field) \(verb) \(show(item["value"]?.string ?? ""))\(end)"
        }
        return parts.joined(separator: conditions?["match"]?.string == "any" ? " or " : " and ")
    }

    /// As the page shows it: `€25.00`; currencies without a sign of their own keep their code.
    private static func money(_ text: String, _ currency: Currency) -> String {
        guard let amount = try? Money.parse(text, currency) else { return text }
        let figures = Numbers.grouped(amount.decimalText)
        return ["EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"][currency.code].map { $0 + figures }
            ?? "\(currency.code) \(figures)"
    }

    static func describeActions(_ rule: JSONValue, _ categories: CategoryNames) -> String {
        let actions = rule["actions"] ?? .null
        var parts: [String] = []
        if let id = actions["categoryId"]?.string { parts.append("→ \(categories.name(id))") }
        if let split = actions["split"]?.array, !split.isEmpty {
            parts.append("→ " + split.map { self.part($0, categories) }.joined(separator: ", "))
        }
        if let name = actions["merchantName"]?.string { parts.append("merchant “\(name)”") }
        for tag in actions["addTags"]?.array ?? [] { parts.append("#\(tag.string ?? "")") }
        if let notes = actions["notes"]?.string { parts.append("notes “\(notes)”") }
        if let method = actions["paymentMethod"]?.string { parts.append("paid by \(method)") }
        return parts.joined(separator: ", ")
    }

    private static func part(_ part: JSONValue, _ categories: CategoryNames) -> String {
        let name = categories.name(part["categoryId"]?.string ?? "")
        if let percent = part["percent"]?.numberText { return "\(name) \(percent) %" }
        if let amount = part["amount"]?.numberText ?? part["amount"]?.string { return "\(name) \(amount)" }
        return "\(name) the rest"
    }
}

extension StringProtocol {
    var trimmingBlanks: String {
        var text = Substring(self)
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

extension JSONValue {
    /// Without one member, or with another value for it.
    func setting(_ name: String, to value: JSONValue?) -> JSONValue {
        guard case .object(let members) = self else { return self }
        let kept = members.filter { $0.key != name }
        return .object(value.map { kept + [(name, $0)] } ?? kept)
    }
}
