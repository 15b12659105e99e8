import Base
import JSON

/// `purser search`
enum SearchCommand {
    static let command = Command(
        name: "search", summary: "Finds entries by words, also mistyped ones.",
        usage: "WORDS… --user EMAIL [--book BOOK] [--limit N] [--json] [filters]",
        details: """
            Looks in merchants, descriptions, tags and notes; the best matches first. Case and accents do not matter, and
            slips of the finger are forgiven.

            \(BookSession.help)
              --limit N                20 by default.
              --json                   As JSON.
            \(EntryFlags.help)

            Examples:
              purser search zahnarzt --user ada@example.org
              purser search 'hotel lisbon' --year 2025 --min 100 --user ada@example.org
            """,
        switches: EntryFlags.switches.union(["json"]).subtracting(["deleted"]),
        options: BookSession.options.union(EntryFlags.options).union(["limit"])
    ) { arguments in
        let words = arguments.positional.joined(separator: " ")
        guard !words.trimmingBlanks.isEmpty else { throw UsageProblem("What should be looked for?") }
        guard arguments.values["user"] != nil else { throw UsageProblem("Whose book? Say --user EMAIL.") }
        let limit = try arguments.number("limit", in: 1...1000) ?? 20
        let filters = try EntryFlags.query(arguments)
        let asJSON = arguments.has("json")
        return try BookSession.run(arguments) { session in
            let filters = try await EntryFlags.resolved(filters, session)
            var found: [JSONValue] = []
            var total: Int?
            // Pages of one size: where a page begins depends on it.
            let size = min(100, limit)
            for page in 1...max(1, (limit + size - 1) / size) {
                let answer = try await session.answer(
                    "GET", "/entries/search", filters + [("q", words), ("limit", String(size)), ("page", String(page))])
                let items = answer["data"]?.array ?? []
                total = answer["meta"]?["total"]?.int
                found += items
                if items.count < size { break }
            }
            let shown = Array(found.prefix(limit))
            if asJSON {
                Output.json { $0.value(.array(shown)) }
            } else if shown.isEmpty {
                Output.line("Nothing was found.")
            } else {
                EntryTable.print(shown)
                if let total, total > shown.count {
                    Output.line(Style.faint("\(shown.count) of \(Numbers.grouped(total)); --limit shows more."))
                }
            }
            return .success
        }
    }
}

/// Entries as a table.
enum EntryTable {
    static func print(_ entries: [JSONValue]) {
        var table = Table(
            [
                .text("Date"), .text("Merchant", least: 16), .text("Category", least: 12),
                .text("Description", least: 10), .text("Tags", least: 8), .number("Amount"), .text(""),
            ])
        for entry in entries {
            let isIncome = entry["type"]?.string == "income"
            let amount = Numbers.grouped(entry["amount"]?.numberText ?? "")
            let status = entry["status"]?.string ?? ""
            table.add([
                Table.Cell(entry["transactionDate"]?.string ?? ""),
                Table.Cell(entry["merchantName"]?.string ?? "", .bold),
                Table.Cell(entry["categoryName"]?.string ?? ""), Table.Cell(entry["description"]?.string ?? ""),
                Table.Cell(
                    (entry["tags"]?.array ?? []).compactMap { $0.string.map { "#\($0)" } }.joined(separator: " ")),
                Table.Cell(isIncome ? "+" + amount : "-" + amount, isIncome ? .green : nil),
                Table.Cell(
                    (entry["currency"]?.string ?? "") + (status == "completed" || status.isEmpty ? "" : " \(status)"),
                    .faint),
            ])
        }
        table.print()
    }
}
