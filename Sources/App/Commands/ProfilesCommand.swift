import Base
import EventLoop
import JSON

/// `purser profiles`: how the CSV files of each bank are read.
enum ProfilesCommand {
    static let command = Command(
        name: "profiles", summary: "Keeps how the CSV files of each bank are read.",
        usage:
            "list | show PROFILE | add NAME --from FILE | rename PROFILE NAME | delete PROFILE | export | import FILE  --user EMAIL [--book BOOK]",
        details: """
            A file with the columns of a profile is read with it by itself. `purser import --save-profile NAME` keeps one as
            well. A PROFILE is its name or its id.

            For `add`:
              --from FILE       A statement of this bank: its columns are what the profile is found by.
              --mapping JSON    Corrects how it is read, as the dry run of an import shows it.
              --currency CODE   Of amounts for which the files name none.

            For `export` and `import`: JSON, for this book or another.
              --output FILE     Where to; standard output without it. `import -` reads standard input.

            \(BookSession.help)
              --json            As JSON.

            Examples:
              purser profiles add Sparkasse --from umsaetze.csv --mapping '{"dateOrder":"dmy"}' --user ada@example.org
              purser profiles export --output profiles.json --user ada@example.org
            """,
        switches: ["json"], options: BookSession.options.union(["from", "mapping", "currency", "output"])
    ) { arguments in
        switch try arguments.action(of: ["list", "show", "add", "rename", "delete", "export", "import"]) {
        case "list": return try list(arguments)
        case "add": return try add(arguments)
        case "export": return try export(arguments)
        case "import": return try read(arguments)
        case let action: return try change(action, arguments)
        }
    }

    private static func all(_ session: BookSession) async throws -> [JSONValue] {
        try await session.get("/import-profiles").array ?? []
    }

    private static func find(_ reference: String, _ session: BookSession) async throws -> JSONValue {
        let profiles = try await all(session)
        let found =
            profiles.first { $0["id"]?.string == reference.lowercased() }
            ?? profiles.first { $0["name"]?.string == reference }
            ?? profiles.first { $0["name"]?.string?.lowercased() == reference.lowercased() }
        guard let found else {
            throw Refusal(
                .notFound, "PROFILE_NOT_FOUND",
                "There is no import profile “\(Output.safe(reference))”. `purser profiles list` shows them.")
        }
        return found
    }

    private static func list(_ arguments: Arguments) throws -> ExitCode {
        try arguments.expect(1)
        let asJSON = arguments.has("json")
        return try BookSession.run(arguments) { session in
            let profiles = try await all(session)
            if asJSON {
                Output.json { $0.value(.array(profiles)) }
            } else if profiles.isEmpty {
                Output.line("There are no import profiles yet: purser import FILE --save-profile NAME")
            } else {
                var table = Table([
                    .text("Name"), .text("Currency"), .text("Found by", least: 20), .text("Read as", least: 20),
                ])
                for profile in profiles {
                    table.add([
                        Table.Cell(profile["name"]?.string ?? "", .bold), Table.Cell(profile["currency"]?.string ?? ""),
                        Table.Cell(ProfileWords.foundBy(profile)),
                        Table.Cell(ProfileWords.readAs(profile), .faint),
                    ])
                }
                table.print()
            }
            return .success
        }
    }

    private static func show(_ profile: JSONValue, asJSON: Bool) {
        if asJSON { return Output.json { $0.value(profile) } }
        Output.line(Style.bold(Output.safe(profile["name"]?.string ?? "")))
        Output.line("  found by  \(Output.safe(ProfileWords.foundBy(profile)))")
        if let currency = profile["currency"]?.string { Output.line("  currency  \(currency)") }
        Output.line("  read as   \(Output.safe(ProfileWords.readAs(profile)))")
        for (title, column) in ProfileWords.columns(profile) {
            Output.line("  \(title.padding(to: 9)) \(Output.safe(column))")
        }
        Output.line("  id        \(profile["id"]?.string ?? "")")
    }

    private static func add(_ arguments: Arguments) throws -> ExitCode {
        try arguments.expect(2)
        let name = arguments.positional[1]
        guard let path = arguments.values["from"] else {
            throw UsageProblem("From which statement? Say --from FILE, one of this bank.")
        }
        let mapping = try arguments.values["mapping"].map { try JSONValue.parse(Array($0.utf8)) }
        let currency = try arguments.currency("currency")
        let pool = BlockingPool(threads: 1, queueLimit: 4)
        guard let given = GivenFile.open([path], pool: pool).first else { return .failure }
        let asJSON = arguments.has("json")
        return try BookSession.run(arguments) { session in
            let preview = try await session.upload(
                "/imports", [("dryRun", "true"), ("filename", given.name), ("mapping", arguments.values["mapping"])],
                next: given.file.pieces)
            guard let detected = preview["mapping"], let signature = preview["signature"] else {
                throw Refusal(
                    .invalid, "NO_COLUMNS",
                    "\(path) is no CSV file. Other formats need no profile: they say what they hold.")
            }
            // A guess would settle the dates of every file to come.
            if let refusal = DateOrderWords.refusal(detected) { throw refusal }
            // How much stands above the table, and the encoding, are each file's own; what was asked for goes before.
            var lasting = detected
            for key in ["headerLines", "encoding", "ambiguousDateOrder", "ambiguousDates"] {
                lasting = lasting.setting(key, to: nil)
            }
            for (key, value) in mapping?.object ?? [] { lasting = lasting.setting(key, to: value) }
            let profile = try await session.send(
                "POST", "/import-profiles",
                body: .object(
                    [("name", .string(name)), ("signature", signature), ("mapping", lasting)]
                        + (currency.map { [("currency", JSONValue.string($0.code))] } ?? [])))
            show(profile, asJSON: asJSON)
            return .success
        }
    }

    private static func change(_ action: String, _ arguments: Arguments) throws -> ExitCode {
        try arguments.expect(action == "rename" ? 3 : 2)
        let words = arguments.positional
        let asJSON = arguments.has("json")
        return try BookSession.run(arguments) { session in
            let profile = try await find(words[1], session)
            let id = profile["id"]?.string ?? ""
            switch action {
            case "show": show(profile, asJSON: asJSON)
            case "delete":
                try await session.send("DELETE", "/import-profiles/\(id)")
                Output.line("“\(Output.safe(profile["name"]?.string ?? ""))” is deleted.")
            default:
                let changed = try await session.send(
                    "PUT", "/import-profiles/\(id)",
                    body: .object([("name", .string(words[2])), ("version", profile["version"] ?? .null)]))
                show(changed, asJSON: asJSON)
            }
            return .success
        }
    }

    // MARK: Files

    private static func export(_ arguments: Arguments) throws -> ExitCode {
        try arguments.expect(1)
        return try BookSession.run(arguments) { session in
            let profiles = try await all(session).map { profile in
                JSONValue.object(
                    ["name", "signature", "mapping", "currency"].map { ($0, profile[$0] ?? .null) })
            }
            try OutputFile.write(
                JSONFile.text(of: .object([("profiles", .array(profiles))])), to: arguments.values["output"])
            return .success
        }
    }

    private static func read(_ arguments: Arguments) throws -> ExitCode {
        try arguments.expect(2)
        let path = arguments.positional[1]
        let profiles = try JSONFile.list("profiles", in: try JSONFile.read(path), path)
        let asJSON = arguments.has("json")
        return try BookSession.run(arguments) { session in
            let known = try await all(session)
            var added = 0
            for (index, profile) in profiles.enumerated() {
                let name = profile["name"]?.string
                if let name, known.contains(where: { $0["name"]?.string == name }) { continue }
                // Null means that it is not said.
                let body = JSONValue.object((profile.object ?? []).filter { !$0.value.isNull })
                do { try await session.send("POST", "/import-profiles", body: body) } catch let refusal as Refusal {
                    throw Refusal(
                        refusal.kind, refusal.code,
                        "Profile \(index + 1) of the file: \(refusal.message) \(added) were added before it.",
                        fields: refusal.fields)
                }
                added += 1
            }
            JSONFile.report(added: added, of: profiles.count, "profiles", asJSON: asJSON)
            return .success
        }
    }
}

extension String {
    func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - TextWidth.of(self))) }
}
