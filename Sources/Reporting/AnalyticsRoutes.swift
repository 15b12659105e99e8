import Base
import Database
import HTTP
import HTTPServer
import JSON
import Runtime
import Transactions

package struct AnalyticsRoutes: RouteGroup {
    let database: Database
    let clock: Clock

    package init(database: Database, clock: Clock = .system) {
        self.database = database
        self.clock = clock
    }

    private enum Input {
        static let from = QueryField<CalendarDate>.date(
            "startDate", aliases: ["dateFrom", "from"], "From this day on; the month's first by default.")
        static let through = QueryField<CalendarDate>.date(
            "endDate", aliases: ["dateTo", "to"], "Up to this day; the month's last by default.")
        static let type = QueryField<String>.choice(
            "type", of: ["expense", "income"], "Spending (expense, the default) or income.")
        static let months = QueryField<Int>.clamped("months", to: 1...120, "How many months, 12 by default.")
        static let month = QueryField<YearMonth>.month("month", "The last month shown; the current one by default.")
    }

    package func register(in routes: inout Routes) {
        routes.tag = "Analytics"
        let range = [Input.from.declaration, Input.through.declaration]
        routes.get(
            "/analytics/overview", "Totals of a period and of the one before", access: .book(.viewEntries),
            query: range,
            returns: .data(Overview.fields.schema), refuses: [.unprocessable],
            handle: overview)
        routes.get(
            "/analytics/spending-by-category", "Where the money went", access: .book(.viewEntries),
            query: range + [Input.type.declaration], returns: .data(SpendingByCategory.fields.schema),
            refuses: [.unprocessable],
            handle: spendingByCategory)
        routes.get(
            "/analytics/trends", "Month by month", access: .book(.viewEntries),
            query: [Input.months.declaration, Input.month.declaration], returns: .data(Trends.fields.schema),
            refuses: [.unprocessable],
            handle: trends)
        routes.get(
            "/analytics/dashboard", "All that the dashboard shows, in one answer", access: .book(.viewEntries),
            query: [Input.months.declaration, Input.month.declaration], returns: .data(Dashboard.schema),
            refuses: [.unprocessable],
            handle: dashboard)
    }

    @Sendable private func overview(_ request: Request) async throws -> HTTPResponse {
        let book = try request.book
        var query = try request.query()
        let period = try readPeriod(&query, book)
        let store = ReportStore(book: book.id, currency: book.currency)
        let rows = try await database.pipeline([store.sums(period), store.sums(period.previous)])
        let overview = Overview(
            period: period, sums: try store.readSums(rows[0]), previousPeriod: period.previous,
            previous: try store.readSums(rows[1]), currency: book.currency)
        return .data { Overview.fields.write(overview, to: &$0) }
    }

    @Sendable private func spendingByCategory(_ request: Request) async throws -> HTTPResponse {
        let book = try request.book
        var query = try request.query()
        let kind: Entry.Kind = query.read(Input.type) == "income" ? .income : .expense
        let period = try readPeriod(&query, book)
        let store = ReportStore(book: book.id, currency: book.currency)
        let categories = try store.readCategories(try await database.query(store.byCategory(period, kind: kind)))
        let spending = SpendingByCategory(period: period, currency: book.currency, categories: categories)
        return .data { SpendingByCategory.fields.write(spending, to: &$0) }
    }

    @Sendable private func trends(_ request: Request) async throws -> HTTPResponse {
        let book = try request.book
        let period = try readMonths(request, book)
        let store = ReportStore(book: book.id, currency: book.currency)
        let months = try store.readMonths(try await database.query(store.byMonth(period)), period)
        return .data { Trends.fields.write(Trends(currency: book.currency, months: months), to: &$0) }
    }

    @Sendable private func dashboard(_ request: Request) async throws -> HTTPResponse {
        let book = try request.book
        let period = try readMonths(request, book)
        let month = Period(period.through.yearMonth)
        let store = ReportStore(book: book.id, currency: book.currency)
        // One round trip. The month before the first shown is needed for the comparison when only one is shown.
        let beginning = Period(from: CalendarDate.first, through: month.through)
        let results = try await database.pipeline([
            store.byMonth(Period(from: min(period.from, month.previous.from), through: period.through)),
            store.byCategory(month, kind: .expense),
            store.sums(beginning),
            EntryStore.latest(book: book.id, limit: 10),
        ])
        let shown = Period(from: min(period.from, month.previous.from), through: period.through)
        let months = try store.readMonths(results[0], shown)
        let dashboard = Dashboard(
            currency: book.currency, month: month, months: months.filter { $0.month.firstDay >= period.from },
            current: months.last?.sums ?? ReportStore.Sums(),
            previous: months.first { $0.month == month.previous.from.yearMonth }?.sums ?? ReportStore.Sums(),
            categories: try store.readCategories(results[1]).list, toDate: try store.readSums(results[2]),
            recent: results[3]
        )
        return try .data(capacity: 16_384) { try dashboard.write(to: &$0) }
    }

    // MARK: Input

    private func readPeriod(_ query: inout Query, _ book: BookContext) throws(Refusal) -> Period {
        let today = CalendarDate.of(clock.now(), in: book.timeZone)
        let from = query.read(Input.from)
        let through = query.read(Input.through)
        let period = Period(
            from: from ?? (through ?? today).firstOfMonth, through: through ?? (from ?? today).lastOfMonth)
        if period.from > period.through { query.refuse("endDate", "endDate should not be before startDate.") }
        try query.check()
        return period
    }

    private func readMonths(_ request: Request, _ book: BookContext) throws -> Period {
        let (months, month) = try request.query(Input.months, Input.month)
        let last = month ?? CalendarDate.of(clock.now(), in: book.timeZone).yearMonth
        return Period(from: last.adding(months: 1 - (months ?? 12)).firstDay, through: last.lastDay)
    }
}
