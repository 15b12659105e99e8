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
    /// In an order that no index has, all ids are sorted once and kept: some megabytes.
    private static let maximumSorted = 250_000

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
        let source: Source =
            order.sortsWholeBook
            ? .sorted(try await sorted(filter, order, book.id))
            : .pages(
                first: try await database.query(
                    EntryStore.list(filter, order: order, book: book.id, after: nil, limit: Self.batch)))
        let day = CalendarDate.of(clock.now(), in: book.timeZone)
        let name = "\(place.path.dropFirst())-\(day).\(format.suffix)"
        return HTTPResponse(
            status: 200,
            fields: [
                ("Content-Type", format.contentType), ("Content-Disposition", "attachment; filename=\"\(name)\""),
                ("Cache-Control", "no-store"),
            ],
            body: .stream(length: nil) { writer in
                var head = export.head
                func write(_ rows: some Collection<Row>) async throws {
                    var bytes = head
                    head = []
                    bytes.reserveCapacity(rows.count * 256)
                    for row in rows { try export.append(row, to: &bytes) }
                    try await writer.write(bytes)
                }
                switch source {
                case .sorted(let ids):
                    var rest = ids[...]
                    repeat {
                        let chunk = Array(rest.prefix(Self.batch))
                        rest = rest.dropFirst(Self.batch)
                        try await write(
                            try await rows(of: chunk, filter, book: book.id, offset: 0, limit: chunk.count))
                    } while !rest.isEmpty
                case .pages(var rows):
                    while true {
                        try await write(rows.prefix(Self.batch))
                        guard rows.count > Self.batch else { return }
                        let cursor = try order.cursor(
                            rows[Self.batch - 1], column: EntryStore.resource.columns.count)
                        rows = try await database.query(
                            EntryStore.list(filter, order: order, book: book.id, after: cursor, limit: Self.batch))
                    }
                }
            })
    }

    private enum Source: Sendable {
        case pages(first: Rows)
        case sorted([EntryID])
    }

    private func sorted(_ filter: EntryFilter, _ order: EntryOrder, _ book: BookID) async throws -> [EntryID] {
        let rows = try await database.query(
            EntryStore.ids(filter, order: order, book: book, limit: Self.maximumSorted + 1))
        guard rows.count <= Self.maximumSorted else {
            throw Refusal(
                .unprocessable, "EXPORT_TOO_LARGE_TO_SORT",
                "More than \(Self.maximumSorted) entries are exported by date only. Leave out sort, or narrow the filters."
            )
        }
        return try rows.map { try $0.get(0) }
    }
}
