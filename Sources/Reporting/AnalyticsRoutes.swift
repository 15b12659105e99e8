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
        static let from = PeriodInput.from
        static let through = PeriodInput.through
        static let type = QueryField<String>.choice(
            "type", of: ["expense", "income"], "Spending (expense, the default) or income.")
        static let months = QueryField<Int>.clamped("months", to: 1...120, "How many months, 12 by default.")
        static let month = QueryField<YearMonth>.month("month", "The last month shown; the current one by default.")
        static let interval = QueryField<String>.choice(
            "interval", of: Series.Interval.allCases.map(\.rawValue),
            "By day, week or month; with day or week, startDate and endDate tell the period.")
        static let limit = QueryField<Int>.clamped("limit", to: 1...100, "How many, 10 by default.")
        static let firstMonth = QueryField<YearMonth>.month("period1", "The first period, where it is a month.")
        static let secondMonth = QueryField<YearMonth>.month("period2", "The second period, where it is a month.")
        static let start1 = QueryField<CalendarDate>.date("start1", "The first period's first day.")
        static let end1 = QueryField<CalendarDate>.date("end1", "The first period's last day.")
        static let start2 = QueryField<CalendarDate>.date("start2", "The second period's first day.")
        static let end2 = QueryField<CalendarDate>.date("end2", "The second period's last day.")
    }

    package func register(in routes: inout Routes) {
        routes.tag = "Analytics"
        let range = [Input.from.declaration, Input.through.declaration]
        routes.get(
            "/analytics/overview", "Totals of a period and of the one before", access: .bookWithinScope(.viewReports),
            query: range,
            returns: .data(Overview.fields.schema), refuses: [.unprocessable],
            handle: overview)
        routes.get(
            "/analytics/spending-by-category", "Where the money went", access: .bookWithinScope(.viewReports),
            query: range + [Input.type.declaration], returns: .data(SpendingByCategory.fields.schema),
            refuses: [.unprocessable],
            handle: spendingByCategory)
        routes.get(
            "/analytics/trends", "Month by month, or by week or day", access: .bookWithinScope(.viewReports),
            query: [Input.months.declaration, Input.month.declaration, Input.interval.declaration] + range,
            returns: .data(Trends.schema),
            refuses: [.unprocessable],
            handle: trends)
        routes.get(
            "/analytics/top-merchants", "The merchants with most of the money", access: .bookWithinScope(.viewReports),
            query: range + [Input.limit.declaration, Input.type.declaration],
            returns: .data(TopMerchants.fields.schema), refuses: [.unprocessable], handle: topMerchants)
        routes.get(
            "/analytics/compare", "Two periods beside each other: the month before and this one by default",
            access: .bookWithinScope(.viewReports),
            query: [
                Input.firstMonth.declaration, Input.secondMonth.declaration, Input.start1.declaration,
                Input.end1.declaration, Input.start2.declaration, Input.end2.declaration,
            ],
            returns: .data(Comparison.fields.schema), refuses: [.unprocessable], handle: compare)
        routes.get(
            "/analytics/spending-patterns", "On which days money is spent", access: .bookWithinScope(.viewReports),
            query: range + [Input.type.declaration], returns: .data(SpendingPatterns.fields.schema),
            refuses: [.unprocessable], handle: patterns)
        routes.get(
            "/analytics/dashboard", "All that the dashboard shows, in one answer",
            access: .bookWithinScope(.viewReports),
            query: [Input.months.declaration, Input.month.declaration], returns: .data(Dashboard.schema),
            refuses: [.unprocessable],
            handle: dashboard)
    }

    @Sendable private func overview(_ request: Request) async throws -> HTTPResponse {
        let book = try request.book
        var query = try request.query()
        let period = try readPeriod(&query, book)
        let store = ReportStore(book)
        let rows = try await database.pipeline([store.sums(period), store.sums(period.previous)])
        let overview = Overview(
            period: period, sums: try store.readSums(rows[0]), previousPeriod: period.previous,
            previous: try store.readSums(rows[1]), currency: book.currency)
        return .data { Overview.fields.write(overview, to: &$0) }
    }

    @Sendable private func spendingByCategory(_ request: Request) async throws -> HTTPResponse {
        let book = try request.book
        var query = try request.query()
        let kind = readKind(&query)
        let period = try readPeriod(&query, book)
        let store = ReportStore(book)
        let categories = try store.readCategories(try await database.query(store.byCategory(period, kind: kind)))
        let spending = SpendingByCategory(period: period, currency: book.currency, categories: categories)
        return .data { SpendingByCategory.fields.write(spending, to: &$0) }
    }

    @Sendable private func trends(_ request: Request) async throws -> HTTPResponse {
        let book = try request.book
        var query = try request.query()
        let interval = query.read(Input.interval).flatMap(Series.Interval.init(rawValue:)) ?? .month
        let hasDays = query.read(Input.from) != nil || query.read(Input.through) != nil
        try query.check()
        if interval == .month && !hasDays {
            let period = try readMonths(request, book)
            let store = ReportStore(book)
            let months = try store.readMonths(try await database.query(store.byMonth(period)), period)
            return .data { Trends.write(months, currency: book.currency, to: &$0) }
        }
        let period = try readPeriod(&query, book)
        if Series.count(interval, period) > interval.limit {
            throw Refusal.invalid(
                "endDate", "That are more than \(interval.limit) points: ask for fewer days, or for weeks.")
        }
        let store = ReportStore(book)
        let days = try store.readDays(try await database.query(store.byDay(period)))
        let series = try Series(interval, period, byDay: days, currency: book.currency)
        return .data(capacity: 16_384) { Trends.write(series, to: &$0) }
    }

    @Sendable private func topMerchants(_ request: Request) async throws -> HTTPResponse {
        let book = try request.book
        var query = try request.query()
        let kind = readKind(&query)
        let limit = query.read(Input.limit) ?? 10
        let period = try readPeriod(&query, book)
        let store = ReportStore(book)
        let results = try await database.pipeline([
            store.topMerchants(period, kind: kind, limit: limit), store.sums(period),
        ])
        let sums = try store.readSums(results[1])
        let total = kind == .income ? sums.income : sums.expenses
        let answer = TopMerchants(
            currency: book.currency, period: period, total: Money(minorUnits: total, currency: book.currency),
            merchants: try store.readMerchants(results[0], of: total))
        return .data(capacity: 4096) { TopMerchants.fields.write(answer, to: &$0) }
    }

    @Sendable private func compare(_ request: Request) async throws -> HTTPResponse {
        let book = try request.book
        var query = try request.query()
        let second =
            try comparedPeriod(&query, Input.secondMonth, Input.start2, Input.end2)
            ?? Period(CalendarDate.of(clock.now(), in: book.timeZone).yearMonth)
        let first = try comparedPeriod(&query, Input.firstMonth, Input.start1, Input.end1) ?? second.previous
        let store = ReportStore(book)
        let results = try await database.pipeline([
            store.sums(first), store.sums(second), store.compared(first, second),
        ])
        let comparison = try Comparison(
            currency: book.currency, first: (first, try store.readSums(results[0])),
            second: (second, try store.readSums(results[1])), categories: try store.readCompared(results[2]))
        return .data(capacity: 8192) { Comparison.fields.write(comparison, to: &$0) }
    }

    /// Nil where neither a month nor a day is given.
    private func comparedPeriod(
        _ query: inout Query, _ month: QueryField<YearMonth>, _ start: QueryField<CalendarDate>,
        _ end: QueryField<CalendarDate>
    ) throws(Refusal) -> Period? {
        let (month, from, through) = (query.read(month), query.read(start), query.read(end))
        try query.check()
        if let month { return Period(month) }
        guard let anchor = from ?? through else { return nil }
        let period = Period(from: from ?? anchor.firstOfMonth, through: through ?? anchor.lastOfMonth)
        guard period.from <= period.through else {
            throw .invalid(end.name, "\(end.name) should not be before \(start.name).")
        }
        return period
    }

    @Sendable private func patterns(_ request: Request) async throws -> HTTPResponse {
        let book = try request.book
        var query = try request.query()
        let kind = readKind(&query)
        let period = try readPeriod(&query, book)
        let store = ReportStore(book)
        let days = try store.readDays(try await database.query(store.byDay(period)))
        let patterns = try SpendingPatterns(
            days.mapValues { kind == .income ? ($0.income, $0.incomeCount) : ($0.expenses, $0.expenseCount) },
            period: period, currency: book.currency)
        return .data(capacity: 4096) { SpendingPatterns.fields.write(patterns, to: &$0) }
    }

    @Sendable private func dashboard(_ request: Request) async throws -> HTTPResponse {
        let book = try request.book
        let period = try readMonths(request, book)
        let month = Period(period.through.yearMonth)
        let store = ReportStore(book)
        // One round trip. The month before the first shown is needed for the comparison when only one is shown.
        let beginning = Period(from: CalendarDate.first, through: month.through)
        let results = try await database.pipeline([
            store.byMonth(Period(from: min(period.from, month.previous.from), through: period.through)),
            store.byCategory(month, kind: .expense),
            store.sums(beginning),
            EntryStore.latest(book: book.id, scope: book.scope, limit: 10),
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
        try PeriodInput.read(&query, book, today: CalendarDate.of(clock.now(), in: book.timeZone))
    }

    private func readKind(_ query: inout Query) -> Entry.Kind {
        query.read(Input.type) == "income" ? .income : .expense
    }

    private func readMonths(_ request: Request, _ book: BookContext) throws -> Period {
        let (months, month) = try request.query(Input.months, Input.month)
        let last = month ?? CalendarDate.of(clock.now(), in: book.timeZone).yearMonth
        return Period(from: last.adding(months: 1 - (months ?? 12)).firstDay, through: last.lastDay)
    }
}
