import Base
import Categories
import HTTP
import JSON

/// The answers of `/analytics/…`: what they hold and how they are written.
struct MonthSums: Sendable {
    let month: YearMonth
    let sums: ReportStore.Sums
    let currency: Currency

    static let fields = Fields<MonthSums>(
        "MonthSums",
        [
            Field("month", .string(pattern: "^[0-9]{4}-[0-9]{2}$")) { $1.yearMonth($0.month) },
            .money("income") { Money(minorUnits: $0.sums.income, currency: $0.currency) },
            .money("expenses") { Money(minorUnits: $0.sums.expenses, currency: $0.currency) },
            .money("net") { Money(minorUnits: $0.sums.income - $0.sums.expenses, currency: $0.currency) },
            .int("count") { Int($0.sums.incomeCount + $0.sums.expenseCount) },
        ])
}

struct CategorySum: Sendable {
    let id: CategoryID
    let name: String
    let slug: String
    let color: String
    let icon: String
    let amount: Money
    let count: Int
    /// Hundredths of a per cent.
    let share: Int64

    static let fields = Fields<CategorySum>(
        "CategorySum",
        [
            .identifier("categoryId") { $0.id }, .text("name") { $0.name }, .text("slug") { $0.slug },
            .text("color") { $0.color },
            .text("icon") { $0.icon }, .money("amount") { $0.amount }, .int("count") { $0.count },
            Field("share", .decimal, "Per cent of the whole, two decimals.") {
                $1.decimal($0.share, fractionDigits: 2)
            },
        ])
}

extension Period {
    static let fields = Fields<Period>("Period", [.date("startDate") { $0.from }, .date("endDate") { $0.through }])
}

/// Sums of a period under the names of the dashboard.
struct PeriodSums: Sendable {
    let sums: ReportStore.Sums
    let currency: Currency

    static let fields = Fields<PeriodSums>(
        "PeriodSums",
        [
            .money("income") { Money(minorUnits: $0.sums.income, currency: $0.currency) },
            .money("expenses") { Money(minorUnits: $0.sums.expenses, currency: $0.currency) },
            .money("net") { Money(minorUnits: $0.sums.income - $0.sums.expenses, currency: $0.currency) },
            .int("count") { Int($0.sums.incomeCount + $0.sums.expenseCount) },
        ])
}

struct Overview: Sendable {
    let period: Period
    let sums: ReportStore.Sums
    let previousPeriod: Period
    let previous: ReportStore.Sums
    let currency: Currency

    private static let previousFields = Fields<Overview>(
        "OverviewBefore",
        [
            .object("period", Period.fields) { $0.previousPeriod },
            .money("totalIncome") { Money(minorUnits: $0.previous.income, currency: $0.currency) },
            .money("totalExpenses") { Money(minorUnits: $0.previous.expenses, currency: $0.currency) },
            .money("net") { Money(minorUnits: $0.previous.income - $0.previous.expenses, currency: $0.currency) },
        ])

    static let fields = Fields<Overview>(
        "Overview",
        [
            .currency("currency") { $0.currency },
            .object("period", Period.fields) { $0.period },
            .money("totalIncome") { Money(minorUnits: $0.sums.income, currency: $0.currency) },
            .money("totalExpenses") { Money(minorUnits: $0.sums.expenses, currency: $0.currency) },
            .money("net") { Money(minorUnits: $0.sums.income - $0.sums.expenses, currency: $0.currency) },
            Field("savingsRate", .nullable(.decimal), "Per cent of the income that was not spent; null without income.")
            { value, writer in
                if let rate = percentHundredths(of: value.sums.income - value.sums.expenses, in: value.sums.income) {
                    writer.decimal(rate, fractionDigits: 2)
                } else {
                    writer.null()
                }
            },
            .int("entryCount") { Int($0.sums.incomeCount + $0.sums.expenseCount) },
            .int("expenseCount") { Int($0.sums.expenseCount) },
            .int("incomeCount") { Int($0.sums.incomeCount) },
            Field("averageExpense", .nullable(.money), "Rounded half to even.") { value, writer in
                let total = Money(minorUnits: value.sums.expenses, currency: value.currency)
                if value.sums.expenseCount > 0, let average = try? total.scaled(by: 1, over: value.sums.expenseCount) {
                    writer.money(average)
                } else {
                    writer.null()
                }
            },
            .object("previous", previousFields) { $0 },
        ])
}

struct SpendingByCategory: Sendable {
    let period: Period
    let currency: Currency
    let categories: (list: [CategorySum], total: Money)

    static let fields = Fields<SpendingByCategory>(
        "SpendingByCategory",
        [
            .currency("currency") { $0.currency }, .object("period", Period.fields) { $0.period },
            .money("total") { $0.categories.total },
            .list("categories", of: CategorySum.fields) { $0.categories.list },
        ])
}

/// Month by month under `months`; by any interval under `points`.
enum Trends {
    static let schema = Schema.object(
        name: "Trends",
        [
            SchemaProperty("currency", .currency),
            SchemaProperty("interval", .choice(Series.Interval.allCases.map(\.rawValue))),
            SchemaProperty("months", .array(MonthSums.fields.schema), required: false, "Where months were asked for."),
            SchemaProperty(
                "points", .array(Series.Point.fields.schema), required: false, "Where days, weeks or a period were."),
        ])

    static func write(_ months: [MonthSums], currency: Currency, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("currency")
        writer.currency(currency)
        writer.key("interval")
        writer.string("month")
        writer.key("months")
        MonthSums.fields.write(months, to: &writer)
        writer.endObject()
    }

    static func write(_ series: Series, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("currency")
        writer.currency(series.currency)
        writer.key("interval")
        writer.string(series.interval.rawValue)
        writer.key("points")
        Series.Point.fields.write(series.points, to: &writer)
        writer.endObject()
    }
}
