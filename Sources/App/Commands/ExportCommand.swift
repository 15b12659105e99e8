import Base
import JSON
import Synchronization

/// `purser export`: entries as a file.
enum ExportCommand {
    static let command = Command(
        name: "export", summary: "Writes entries into a CSV or JSON file.",
        usage: "--user EMAIL [--book BOOK] [--format csv|json] [--output FILE] [filters]",
        details: """
            The entries that the filters let through, the newest first. JSON is one entry a line. A file is there whole or not
            at all: it is written beside the place where it will stand, and then renamed; one that is there is replaced.
            Texts that a spreadsheet would take for formulas get an apostrophe before them.

            \(BookSession.help)
              --format csv|json        csv by default, or what the name of the file says.
              --output FILE            Where to; standard output without it.
              --bom                    A byte order mark before the CSV, which Excel needs to read UTF-8.
              -q TEXT, --q TEXT        Text in the merchant, the description, the notes or the tags.
            \(EntryFlags.help)

            Examples:
              purser export --user ada@example.org --year 2025 --output 2025.csv
              purser export --user ada@example.org --format json --category food --min 50 | jq .amount
            """,
        switches: EntryFlags.switches.union(["bom"]),
        options: BookSession.options.union(EntryFlags.options).union(["format", "output", "q"])
    ) { arguments in
        if let word = arguments.positional.first {
            throw UsageProblem("“\(word)” is not known here. Where to: --output FILE")
        }
        guard arguments.values["user"] != nil else { throw UsageProblem("Whose book? Say --user EMAIL.") }
        let path = arguments.values["output"].flatMap { $0 == "-" ? nil : $0 }
        let isJSON = path.map { $0.hasSuffix(".json") || $0.hasSuffix(".jsonl") || $0.hasSuffix(".ndjson") } ?? false
        let format = try arguments.choice("format", of: ["csv", "json"]) ?? (isJSON ? "json" : "csv")
        let filters = try EntryFlags.query(arguments) + [("q", arguments.values["q"])]
        let hasMark = arguments.has("bom")
        return try BookSession.run(arguments) { session in
            let filters = try await EntryFlags.resolved(filters, session)
            let total = try await count(filters, session)
            let file = try path.map { try OutputFile($0) }
            let written = Mutex(-1)
            if format == "json" { written.withLock { $0 = 0 } }
            let progress = Progress(path ?? "export")
            do {
                try await session.stream(
                    "/entries/export", filters + [("format", format), ("bom", hasMark ? "true" : nil)]
                ) { bytes in
                    if let file { try file.write(bytes) } else { try Output.checked(bytes) }
                    // Line breaks within quoted notes count as well: it is only for the bar.
                    let lines = bytes.count { $0 == 0x0A }
                    let done = written.withLock { count in
                        count += lines
                        return count
                    }
                    progress.update(done: done, total: total, count: max(0, done), "entries")
                }
                progress.end()
                try file?.finish()
            } catch {
                progress.end()
                file?.discard()
                // Who reads the pipe has seen enough, as `head` has.
                if error is Output.Closed { return .success }
                throw error
            }
            if let path { Output.error("\(Numbers.grouped(total ?? 0)) entries in \(Output.safe(path))") }
            return .success
        }
    }

    private static func count(_ filters: BookSession.Query, _ session: BookSession) async throws -> Int? {
        try await session.answer("GET", "/entries", filters + [("limit", "1"), ("page", "1")])["meta"]?["total"]?.int
    }
}
