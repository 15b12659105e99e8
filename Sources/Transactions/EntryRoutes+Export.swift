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

    /// Rows that are read at once.
    private static let batch = 1000

    func registerExport(_ place: Place, in routes: inout Routes) {
        routes.get(
            place.path + "/export", "All of them as a file, streamed", access: .book(.viewEntries),
            query: [Input.format.declaration, Input.mark.declaration] + place.filters
                + EntryOrder.Input.declarations,
            returns: .content("text/csv"), refuses: [.unprocessable]
        ) { try await export($0, place) }
    }

    /// In batches, each a short statement of its own: a reader who takes an hour holds no connection and no snapshot
    /// meanwhile. What changes during the export is in it before or after its change.
    private func export(_ request: Request, _ place: Place) async throws -> HTTPResponse {
        let book = try request.book
        var query = try request.query()
        let filter = EntryFilter(kind: place.kind, &query, currency: book.currency)
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
        let export = EntryExport(format: format)
        let first = try await database.query(
            EntryStore.list(filter, order: order, book: book.id, after: nil, limit: Self.batch))
        let day = CalendarDate.of(clock.now(), in: book.timeZone)
        let name = "\(place.path.dropFirst())-\(day).\(format.suffix)"
        return HTTPResponse(
            status: 200,
            fields: [
                ("Content-Type", format.contentType), ("Content-Disposition", "attachment; filename=\"\(name)\""),
                ("Cache-Control", "no-store"),
            ],
            body: .stream(length: nil) { [database] writer in
                var rows = first
                var head = export.head
                while true {
                    var bytes = head
                    head = []
                    bytes.reserveCapacity(rows.count * 256)
                    for row in rows.prefix(Self.batch) { try export.append(row, to: &bytes) }
                    try await writer.write(bytes)
                    guard rows.count > Self.batch else { return }
                    let cursor = try order.cursor(
                        rows[Self.batch - 1], column: EntryStore.resource.columns.count)
                    rows = try await database.query(
                        EntryStore.list(filter, order: order, book: book.id, after: cursor, limit: Self.batch))
                }
            })
    }
}
