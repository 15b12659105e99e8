import Base
import FoundationEssentials
import JSON
import Runtime

/// `purser imports`: what was imported, and taking it back.
enum ImportsCommand {
    static let command = Command(
        name: "imports", summary: "Lists imports, shows what was rejected, takes an import back.",
        usage: "list | show ID | undo ID  --user EMAIL [--book BOOK]",
        details: """
              list     The imports of the book, the newest first. --limit N shows more than 20.
              show ID  One import with every line that was rejected.
              undo ID  Deletes what it brought. Entries that were changed since stay, unless --edited remove is given.
                       The file can be imported again afterwards.

            An ID may be shortened to its last letters as `list` shows them. `last` is the newest one; for `undo` the newest
            that brought in anything and was not undone.

            \(BookSession.help)
              --edited keep|remove  What becomes of entries that were changed since the import. keep by default.
              --json                As JSON.

            Examples:
              purser imports list --user ada@example.org
              purser imports undo last --user ada@example.org
            """,
        switches: ["json"], options: BookSession.options.union(["limit", "edited"])
    ) { arguments in
        let action = try arguments.action(of: ["list", "show", "undo"])
        let asJSON = arguments.has("json")
        if action == "list" {
            try arguments.expect(1)
            let limit = try arguments.number("limit", in: 1...1_000_000) ?? 20
            return try BookSession.run(arguments) { session in
                let imports = try await session.all("/imports", atMost: limit)
                if asJSON { Output.json { $0.value(.array(imports)) } } else { list(imports) }
                return .success
            }
        }
        try arguments.expect(2)
        let reference = arguments.positional[1]
        let edited = try arguments.choice("edited", of: ["keep", "remove"])
        return try BookSession.run(arguments) { session in
            let id = try await find(reference, forUndo: action == "undo", session)
            if action == "show" {
                try await show(id, session, asJSON: asJSON)
            } else {
                let undoing = try await session.get("/imports/\(id)")
                let undone = try await undo(id, edited, name(undoing), session)
                if asJSON {
                    Output.json { $0.value(undone) }
                } else {
                    let (removed, kept) = (undone["removed"]?.int ?? 0, undone["kept"]?.int ?? 0)
                    Output.line(
                        "Undone: \(name(undoing)), \(Numbers.grouped(removed)) \(removed == 1 ? "entry" : "entries") removed"
                            + (kept > 0
                                ? ", \(kept) kept that were changed since (--edited remove takes these too)." : "."))
                }
            }
            return .success
        }
    }

    /// Takes it back, and shows meanwhile how far that is.
    private static func undo(
        _ id: String, _ edited: String?, _ name: String, _ session: BookSession
    ) async throws -> JSONValue {
        let watched = Identifier<ImportsTag>.new().description
        let progress = Progress(name)
        defer { progress.end() }
        let watching = Task {
            try await session.stream("/imports/progress/\(watched)", []) { bytes in
                guard let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").last,
                    line.hasPrefix("data: "), let state = try? JSONValue.parse(Array(line.utf8.dropFirst(6))),
                    let done = state["lines"]?.int, let total = state["totalLines"]?.int
                else { return }
                progress.update(done: done, total: total, count: done, "entries")
            }
        }
        defer { watching.cancel() }
        return try await session.send("DELETE", "/imports/\(id)", [("edited", edited), ("progress", watched)])
    }

    private static func list(_ imports: [JSONValue]) {
        guard !imports.isEmpty else {
            return Output.line("Nothing has been imported yet: purser import FILE --user EMAIL")
        }
        let namesDepartments = imports.contains { $0["departmentName"]?.string != nil }
        var table = Table(
            [.text("Id"), .text("Imported"), .text("File", least: 16), .text("Format"), .text("Profile", least: 8)]
                + (namesDepartments ? [.text("Department", least: 10)] : [])
                + [.number("New"), .number("Known"), .number("Rejected"), .text("")])
        for item in imports {
            let rejected = item["rejectedCount"]?.int ?? 0
            var cells = [
                Table.Cell(String((item["id"]?.string ?? "").suffix(8)), .faint),
                Table.Cell(Self.minute(item["createdAt"]?.string ?? "")), Table.Cell(item["filename"]?.string ?? ""),
                Table.Cell(item["format"]?.string ?? ""), Table.Cell(item["profile"]?.string ?? ""),
            ]
            if namesDepartments { cells.append(Table.Cell(item["departmentName"]?.string ?? "")) }
            cells += [
                Table.Cell(Numbers.grouped(item["imported"]?.int ?? 0)),
                Table.Cell(Numbers.grouped(item["duplicates"]?.int ?? 0)),
                Table.Cell(Numbers.grouped(rejected), rejected > 0 ? .yellow : nil),
                Table.Cell(item["undoneAt"]?.string == nil ? "" : "undone", .faint),
            ]
            table.add(cells)
        }
        table.print()
    }

    /// `2026-03-31T12:30:15.000Z` as `2026-03-31 12:30`.
    private static func minute(_ instant: String) -> String {
        String(instant.prefix(16)).replacing("T", with: " ")
    }

    private static func show(_ id: String, _ session: BookSession, asJSON: Bool) async throws {
        let detail = try await session.get("/imports/\(id)")
        let rejected = try await session.all("/imports/\(id)/rejected")
        if asJSON {
            let members = (detail.object ?? []).filter { $0.key != "rejected" }
            return Output.json { $0.value(.object(members + [("rejected", .array(rejected))])) }
        }
        list([detail])
        Output.lines(
            rejected.map { line in
                "  line \(line["line"]?.int ?? 0): \(Output.safe(line["reason"]?.string ?? ""))  “\(Output.safe(line["text"]?.string ?? ""))”"
            })
    }

    /// The file and when it was imported; of today the time alone.
    private static func name(_ item: JSONValue) -> String {
        let minute = minute(item["createdAt"]?.string ?? "")
        let isOfToday = minute.hasPrefix(CalendarDate.of(Clock.system.now(), in: .gmt).description)
        return "\(Output.safe(item["filename"]?.string ?? "")) of \(isOfToday ? String(minute.suffix(5)) : minute)"
    }

    private static func find(_ reference: String, forUndo: Bool, _ session: BookSession) async throws -> String {
        if Identifier<ImportsTag>(reference) != nil { return reference }
        let imports = try await session.all("/imports", atMost: reference == "last" && !forUndo ? 1 : 10_000)
        if reference == "last" {
            let last = imports.first { item in
                !forUndo || (item["undoneAt"]?.string == nil && (item["imported"]?.int ?? 0) > 0)
            }
            guard let id = last?["id"]?.string else {
                throw forUndo
                    ? Refusal(.notFound, "NOTHING_TO_UNDO", "There is nothing to undo.")
                    : Refusal(.notFound, "IMPORT_NOT_FOUND", "Nothing has been imported yet.")
            }
            return id
        }
        let ids = imports.compactMap { $0["id"]?.string }
        let matching = ids.filter { reference.count >= 4 && $0.hasSuffix(reference.lowercased()) }
        guard let id = matching.first, matching.count == 1 else {
            throw Refusal(
                .notFound, "IMPORT_NOT_FOUND",
                matching.isEmpty
                    ? "There is no import “\(Output.safe(reference))”. `purser imports list` shows them."
                    : "“\(Output.safe(reference))” fits several imports. Give more of the id.")
        }
        return id
    }

    private enum ImportsTag {}
}

extension Arguments {
    /// The first word, one of `actions`.
    func action(of actions: [String]) throws(UsageProblem) -> String {
        let all =
            actions.count > 1
            ? actions.dropLast().joined(separator: ", ") + " or " + actions[actions.count - 1] : actions[0]
        guard let action = positional.first else { throw UsageProblem("\(all)?") }
        guard actions.contains(action) else { throw UsageProblem("“\(action)” is not \(all).") }
        guard values["user"] != nil else { throw UsageProblem("Whose book? Say --user EMAIL.") }
        return action
    }

    /// So many words, the action included.
    func expect(_ count: Int) throws(UsageProblem) {
        guard positional.count >= count else {
            throw UsageProblem(
                "\(positional.first ?? "This") needs \(count - 1 == 1 ? "one more word" : "\(count - 1) more words").")
        }
        guard positional.count <= count else {
            throw UsageProblem("“\(positional[count])” is more than \(positional.first ?? "this") can take.")
        }
    }
}
