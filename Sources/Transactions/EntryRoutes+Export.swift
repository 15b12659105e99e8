import Base
import Database
import HTTP
import HTTPServer
import Resources
import Runtime

extension EntryRoutes {
    private enum Input {
        static let format = QueryField<String>.choice(
            "format", of: ["csv", "json", "jsonl", "pdf", "excel", "xlsx"],
            "csv, the default, or json: a line an entry.")
        static let mark = QueryField<Bool>.bool(
            "bom", "With a byte order mark before the CSV, which Excel needs to read UTF-8.")
    }

    func registerExport(_ place: Place, in routes: inout Routes) {
        routes.get(
            place.path + "/export", "All of them as a file, streamed", access: .bookWithinScope(.viewEntries),
            query: [Input.format.declaration, Input.mark.declaration] + place.filters
                + EntryOrder.Input.declarations,
            returns: .content("text/csv", "application/x-ndjson"), refuses: [.unprocessable, .unavailable]
        ) { try await export($0, place) }
    }

    /// Of one state of the database: what changes meanwhile is in it whole, or not at all.
    private func export(_ request: Request, _ place: Place) async throws -> HTTPResponse {
        let book = try request.book
        var query = try request.query()
        let filter = EntryFilter(kind: place.kind, &query, in: book)
        let order = EntryOrder(&query)
        let format: EntryExport.Format
        switch query.read(Input.format) {
        case nil, "csv": format = .csv(withMark: query.read(Input.mark) ?? false)
        case "json", "jsonl": format = .json
        default:
            throw Refusal(
                .unprocessable, "FORMAT_NOT_SUPPORTED", "Exports as PDF and Excel come later. Ask for csv or json.")
        }
        try query.check()
        var export = EntryExport(format: format)
        if case .csv = format { export.namesDepartments = try await hasDepartments(book.id) }
        let user = try request.principal.user
        let first = try await database.query(
            EntryStore.list(
                filter, order: order, book: book.id, after: nil, limit: ExportDesk.batch, with: export.selection))
        let day = CalendarDate.of(clock.now(), in: book.timeZone)
        let name = "\(place.path.dropFirst())-\(day).\(format.suffix)"
        let desk = desk
        // A few are one statement's, and one state's already.
        let seat = first.count > ExportDesk.batch ? try desk.place(for: user) : nil
        return HTTPResponse(
            status: 200,
            fields: [
                ("Content-Type", format.contentType), ("Content-Disposition", "attachment; filename=\"\(name)\""),
                ("Cache-Control", "no-store"),
            ],
            body: .stream(length: nil) { [export] writer in
                guard let seat else {
                    var bytes = export.head
                    for row in first { try export.append(row, to: &bytes) }
                    return try await writer.write(bytes)
                }
                try await desk.write(
                    EntryStore.all(filter, order: order, book: book.id, with: export.selection), head: export.head,
                    to: writer, append: export.append)
                withExtendedLifetime(seat) {}
            })
    }

    private func hasDepartments(_ book: BookID) async throws -> Bool {
        try await database.first("SELECT FROM departments WHERE book_id = \(book) LIMIT 1") != nil
    }
}
