import Base
import Categories
import Database
import HTTP
import JSON
import Resources
import Transactions

/// Two periods beside each other, the second as a change from the first.
struct Comparison: Sendable {
    struct Amounts: Sendable {
        let first: Money
        let second: Money
        let change: Money

        init(_ first: Int64, _ second: Int64, _ currency: Currency) throws(Refusal) {
            self.first = Money(minorUnits: first, currency: currency)
            self.second = Money(minorUnits: second, currency: currency)
            do { change = try self.second - self.first } catch { throw .sumTooLarge }
        }

        static let fields = Fields<Amounts>(
            "ComparedAmounts",
            [
                .money("first") { $0.first }, .money("second") { $0.second }, .money("change") { $0.change },
                Field("changePercent", .nullable(.decimal), "Of the first, two decimals; null where that is nothing.") {
                    value, writer in
                    let percent = percentHundredths(of: value.change.minorUnits, in: value.first.minorUnits)
                    if let percent { writer.decimal(percent, fractionDigits: 2) } else { writer.null() }
                },
            ])
    }

    struct Category: Sendable {
        let id: CategoryID
        let name: String
        let slug: String
        let color: String
        let icon: String
        let kind: Entry.Kind
        let amounts: Amounts
        let counts: (first: Int, second: Int)

        static let fields = Fields<Category>(
            "ComparedCategory",
            [
                .identifier("categoryId") { $0.id }, .text("name") { $0.name }, .text("slug") { $0.slug },
                .text("color") { $0.color }, .text("icon") { $0.icon },
                .choice("type", ["expense", "income"]) { $0.kind.name },
                .int("firstCount") { $0.counts.first }, .int("secondCount") { $0.counts.second },
                .object("amounts", Amounts.fields) { $0.amounts },
            ])
    }

    let currency: Currency
    let first: (period: Period, sums: ReportStore.Sums)
    let second: (period: Period, sums: ReportStore.Sums)
    let income: Amounts
    let expenses: Amounts
    let net: Amounts
    let categories: [Category]

    init(
        currency: Currency, first: (period: Period, sums: ReportStore.Sums),
        second: (period: Period, sums: ReportStore.Sums), categories: [Category]
    ) throws(Refusal) {
        self.currency = currency
        self.first = first
        self.second = second
        income = try Amounts(first.sums.income, second.sums.income, currency)
        expenses = try Amounts(first.sums.expenses, second.sums.expenses, currency)
        net = try Amounts(
            first.sums.income - first.sums.expenses, second.sums.income - second.sums.expenses, currency)
        self.categories = categories
    }

    private static let period = Fields<(period: Period, sums: ReportStore.Sums, currency: Currency)>(
        "ComparedPeriod",
        [
            .date("startDate") { $0.period.from }, .date("endDate") { $0.period.through },
            .money("income") { Money(minorUnits: $0.sums.income, currency: $0.currency) },
            .money("expenses") { Money(minorUnits: $0.sums.expenses, currency: $0.currency) },
            .money("net") { Money(minorUnits: $0.sums.income - $0.sums.expenses, currency: $0.currency) },
            .int("count") { Int($0.sums.incomeCount + $0.sums.expenseCount) },
        ])

    static let fields = Fields<Comparison>(
        "Comparison",
        [
            .currency("currency") { $0.currency },
            .object("first", period) { ($0.first.period, $0.first.sums, $0.currency) },
            .object("second", period) { ($0.second.period, $0.second.sums, $0.currency) },
            .object("income", Amounts.fields) { $0.income }, .object("expenses", Amounts.fields) { $0.expenses },
            .object("net", Amounts.fields) { $0.net },
            .list("categories", of: Category.fields) { $0.categories },
        ])
}

extension ReportStore {
    /// Every category that either period has anything in: the largest change first.
    func compared(_ first: Period, _ second: Period) -> SQL {
        """
        SELECT c.id, c.name, c.slug, c.color, c.icon, t.type, t.first, t.second, t.first_count, t.second_count
        FROM (
            SELECT category_id, type, sum(amount_minor) FILTER (WHERE side = 1)::bigint AS first,
                sum(amount_minor) FILTER (WHERE side = 2)::bigint AS second,
                sum(entry_count) FILTER (WHERE side = 1)::bigint AS first_count,
                sum(entry_count) FILTER (WHERE side = 2)::bigint AS second_count
            FROM (
                SELECT 1 AS side, category_id, type, amount_minor, entry_count FROM \(source(first, byCategory: true))
                UNION ALL
                SELECT 2, category_id, type, amount_minor, entry_count FROM \(source(second, byCategory: true))
            ) both_sides GROUP BY category_id, type
        ) t JOIN categories c ON c.book_id = \(book) AND c.id = t.category_id
        WHERE coalesce(t.first_count, 0) + coalesce(t.second_count, 0) > 0
        ORDER BY abs(coalesce(t.second, 0)::numeric - coalesce(t.first, 0)) DESC, c.name, c.id, t.type
        """
    }

    func readCompared(_ rows: Rows) throws -> [Comparison.Category] {
        try rows.map { row in
            Comparison.Category(
                id: try row.get(0), name: try row.get(1), slug: try row.get(2), color: try row.get(3),
                icon: try row.get(4), kind: try row.get(5),
                amounts: try Comparison.Amounts(
                    try row.get(6, as: Int64?.self) ?? 0, try row.get(7, as: Int64?.self) ?? 0, currency),
                counts: (
                    Int(try row.get(8, as: Int64?.self) ?? 0), Int(try row.get(9, as: Int64?.self) ?? 0)
                ))
        }
    }
}
