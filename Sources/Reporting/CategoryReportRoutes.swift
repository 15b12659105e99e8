import Base
import Categories
import Database
import HTTP
import HTTPServer
import JSON
import Resources
import Runtime
import Transactions

/// Categories with what is in them. They are here and not with the categories themselves, which know of no entries.
package struct CategoryReportRoutes: RouteGroup {
    let database: Database
    let clock: Clock

    package init(database: Database, clock: Clock = .system) {
        self.database = database
        self.clock = clock
    }

    /// One level of the tree; JSON Schema would need a reference to itself for what is below.
    private static let nodeSchema = CategoryStore.resource.schema(
        named: "CategoryNode",
        adding: [
            SchemaProperty("entryCount", .integer(), "Entries of its own that count."),
            SchemaProperty("children", .array(.anything), "Of the same form, down to five levels."),
        ])

    package func register(in routes: inout Routes) {
        routes.tag = "Categories"
        routes.get(
            "/categories/tree", "All categories as trees, with the number of their entries",
            access: .bookWithinScope(.viewReports), returns: .data(.array(Self.nodeSchema)), handle: tree)
        routes.get(
            "/categories/{id}/stats", "What a category came to", access: .bookWithinScope(.viewReports),
            query: [PeriodInput.from.declaration, PeriodInput.through.declaration],
            returns: .data(CategoryStats.fields.schema), refuses: [.unprocessable], handle: stats)
    }

    @Sendable private func tree(_ request: Request) async throws -> HTTPResponse {
        let book = try request.book
        let store = ReportStore(book)
        let results = try await database.pipeline([CategoryStore.statementOfAll(book: book.id), store.entryCounts])
        var counts: [CategoryID: Int64] = [:]
        for row in results[1] { counts[try row.get(0)] = try row.get(1) }
        var children: [CategoryID?: [Row]] = [:]
        for row in results[0] { children[try row.get(CategoryStore.parentColumn), default: []].append(row) }
        return try .data(capacity: 16_384) { try write(children[nil] ?? [], children, counts, to: &$0) }
    }

    private func write(
        _ rows: [Row], _ children: [CategoryID?: [Row]], _ counts: [CategoryID: Int64], to writer: inout JSONWriter
    ) throws {
        writer.beginArray()
        for row in rows {
            let id: CategoryID = try row.get(0)
            try CategoryStore.resource.write(row, to: &writer) { writer in
                writer.key("entryCount")
                writer.int(counts[id] ?? 0)
                writer.key("children")
                try write(children[id] ?? [], children, counts, to: &writer)
            }
        }
        writer.endArray()
    }

    @Sendable private func stats(_ request: Request) async throws -> HTTPResponse {
        let book = try request.book
        var query = try request.query()
        let period = try PeriodInput.read(&query, book, today: CalendarDate.of(clock.now(), in: book.timeZone))
        guard let text = request.pathText("id"), text.utf8.count <= 400,
            let id = try await CategoryStore(database, book: book.id).find(text)
        else { throw Refusal.notFound("category") }
        let store = ReportStore(book)
        let results = try await database.pipeline([
            store.categorySums(id, period), store.categoryMonths(id, period), store.subcategorySums(id, period),
        ])
        let stats = try store.readCategoryStats(results, id: id, period: period)
        return .data(capacity: 4096) { CategoryStats.fields.write(stats, to: &$0) }
    }
}

extension ReportStore {
    /// How many entries count in each category, over all time.
    var entryCounts: SQL {
        guard scope == .everything else {
            return
                "SELECT category_id, count(*) FROM counted_entries e WHERE book_id = \(book)\(scope.condition) GROUP BY category_id"
        }
        return
            "SELECT category_id, sum(entry_count)::bigint FROM category_totals WHERE book_id = \(book) GROUP BY category_id"
    }
}
