import Base
import Database
import HTTP
import JSON
import Resources
import Transactions

/// Sums over days or weeks, one after the other, with those in which nothing happened.
struct Series: Sendable {
    enum Interval: String, CaseIterable, Sendable {
        case day, week, month

        /// More points than this are no chart.
        var limit: Int { 1100 }

        /// The first day of the stretch that a day lies in; weeks begin on Monday, as in ISO 8601.
        func start(of day: CalendarDate) -> CalendarDate {
            switch self {
            case .day: day
            case .week: day.adding(days: 1 - day.weekday.rawValue)
            case .month: day.firstOfMonth
            }
        }

        func next(after start: CalendarDate) -> CalendarDate {
            switch self {
            case .day: start.adding(days: 1)
            case .week: start.adding(days: 7)
            case .month: start.adding(months: 1)
            }
        }
    }

    struct Point: Sendable {
        let from: CalendarDate
        let through: CalendarDate
        let sums: ReportStore.Sums
        let currency: Currency

        static let fields = Fields<Point>(
            "SeriesPoint",
            [
                .date("startDate") { $0.from }, .date("endDate") { $0.through },
                .money("income") { Money(minorUnits: $0.sums.income, currency: $0.currency) },
                .money("expenses") { Money(minorUnits: $0.sums.expenses, currency: $0.currency) },
                .money("net") { Money(minorUnits: $0.sums.income - $0.sums.expenses, currency: $0.currency) },
                .int("count") { Int($0.sums.incomeCount + $0.sums.expenseCount) },
            ])
    }

    let interval: Interval
    let period: Period
    let currency: Currency
    let points: [Point]

    /// - Parameter byDay: what happened, by day.
    init(
        _ interval: Interval, _ period: Period, byDay: [CalendarDate: ReportStore.Sums], currency: Currency
    ) throws(Refusal) {
        self.interval = interval
        self.period = period
        self.currency = currency
        var byStart: [CalendarDate: ReportStore.Sums] = [:]
        for (day, sums) in byDay { try byStart[interval.start(of: day), default: ReportStore.Sums()].add(sums) }
        var points: [Point] = []
        var start = interval.start(of: period.from)
        while start <= period.through, points.count < interval.limit {
            let next = interval.next(after: start)
            guard next > start else { break }
            points.append(
                Point(
                    from: max(start, period.from), through: min(next.adding(days: -1), period.through),
                    sums: byStart[start] ?? ReportStore.Sums(), currency: currency))
            start = next
        }
        self.points = points
    }

    static func count(_ interval: Interval, _ period: Period) -> Int {
        let days = period.through.days(since: interval.start(of: period.from)) + 1
        return switch interval {
        case .day: days
        case .week: (days + 6) / 7
        case .month: period.through.yearMonth.index - period.from.yearMonth.index + 1
        }
    }
}

extension ReportStore.Sums {
    /// Each day's sum fits, or the database would have refused; together they need not.
    mutating func add(_ other: ReportStore.Sums) throws(Refusal) {
        let (income, isIncomeTooLarge) = income.addingReportingOverflow(other.income)
        let (expenses, areExpensesTooLarge) = expenses.addingReportingOverflow(other.expenses)
        guard !isIncomeTooLarge, !areExpensesTooLarge else { throw .sumTooLarge }
        self.income = income
        self.expenses = expenses
        incomeCount += other.incomeCount
        expenseCount += other.expenseCount
    }
}

extension ReportStore {
    func byDay(_ period: Period) -> SQL {
        """
        SELECT occurred_on, type, sum(amount_minor)::bigint, count(*) FROM counted_entries e
        WHERE book_id = \(book) AND occurred_on BETWEEN \(period.from) AND \(period.through)\(scope.condition)
        GROUP BY occurred_on, type
        """
    }

    func readDays(_ rows: Rows) throws -> [CalendarDate: Sums] {
        var byDay: [CalendarDate: Sums] = [:]
        for row in rows { byDay[try row.get(0), default: Sums()].add(try row.get(1), try row.get(2), try row.get(3)) }
        return byDay
    }
}

/// When money is spent: by the day of the week, and by the day of the month.
struct SpendingPatterns: Sendable {
    struct Group: Sendable {
        let number: Int
        let amount: Money
        let count: Int
        let share: Int64
    }

    let currency: Currency
    let period: Period
    let total: Money
    let averagePerDay: Money
    let byWeekday: [Group]
    let byDayOfMonth: [Group]

    /// - Parameter days: what was spent, by day.
    init(
        _ days: [CalendarDate: (amount: Int64, count: Int64)], period: Period, currency: Currency
    ) throws(Refusal) {
        self.currency = currency
        self.period = period
        var sum = Money.zero(currency)
        var weekdays = Array(repeating: (amount: Int64(0), count: Int64(0)), count: 7)
        var monthDays = Array(repeating: (amount: Int64(0), count: Int64(0)), count: 31)
        for (day, spent) in days {
            // All are positive, so when the sum fits, each part of it does.
            do { sum = try sum + Money(minorUnits: spent.amount, currency: currency) } catch {
                throw .sumTooLarge
            }
            weekdays[day.weekday.rawValue - 1].amount += spent.amount
            weekdays[day.weekday.rawValue - 1].count += spent.count
            monthDays[day.components.day - 1].amount += spent.amount
            monthDays[day.components.day - 1].count += spent.count
        }
        total = sum
        averagePerDay = try sum.scaled(by: 1, over: Int64(max(1, period.through.days(since: period.from) + 1)))
        func groups(_ parts: [(amount: Int64, count: Int64)]) -> [Group] {
            parts.enumerated().map { index, part in
                Group(
                    number: index + 1, amount: Money(minorUnits: part.amount, currency: currency),
                    count: Int(part.count), share: percentHundredths(of: part.amount, in: sum.minorUnits) ?? 0)
            }
        }
        byWeekday = groups(weekdays)
        byDayOfMonth = groups(monthDays)
    }

    private static let group: [Field<Group>] = [
        .money("amount") { $0.amount }, .int("count") { $0.count },
        Field("share", .decimal, "Per cent of the whole, two decimals.") { $1.decimal($0.share, fractionDigits: 2) },
    ]
    private static let weekdays = Fields<Group>("WeekdaySum", [.int("weekday") { $0.number }] + group)
    private static let monthDays = Fields<Group>("MonthDaySum", [.int("day") { $0.number }] + group)

    static let fields = Fields<SpendingPatterns>(
        "SpendingPatterns",
        [
            .currency("currency") { $0.currency }, .object("period", Period.fields) { $0.period },
            .money("total") { $0.total }, .money("averagePerDay") { $0.averagePerDay },
            .list("byWeekday", of: weekdays) { $0.byWeekday },
            .list("byDayOfMonth", of: monthDays) { $0.byDayOfMonth },
        ])
}
