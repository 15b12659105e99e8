import Base
import Categories
import Database
import HTTP
import JSON
import Resources
import Transactions

/// What a category came to in a period, by itself and with its subcategories.
struct CategoryStats: Sendable {
    struct Month: Sendable {
        let month: YearMonth
        let total: Money
        let count: Int

        static let fields = Fields<Month>(
            "CategoryMonth",
            [
                Field("month", .string(pattern: "^[0-9]{4}-[0-9]{2}$")) { $1.yearMonth($0.month) },
                .money("total") { $0.total }, .int("count") { $0.count },
            ])
    }

    struct Child: Sendable {
        let id: CategoryID
        let name: String
        let slug: String
        let total: Money
        let count: Int

        static let fields = Fields<Child>(
            "SubcategorySum",
            [
                .identifier("categoryId") { $0.id }, .text("name") { $0.name }, .text("slug") { $0.slug },
                .money("total") { $0.total }, .int("count") { $0.count },
            ])
    }

    let id: CategoryID
    let period: Period
    let currency: Currency
    let count: Int
    let total: Money
    let average: Money?
    let minimum: Money?
    let maximum: Money?
    /// Hundredths of a per cent of all that the period has of the same kind.
    let share: Int64
    let byMonth: [Month]
    let children: [Child]
    let totalWithChildren: Money
    let countWithChildren: Int

    static let fields = Fields<CategoryStats>(
        "CategoryStats",
        [
            .identifier("categoryId") { $0.id }, .object("period", Period.fields) { $0.period },
            .currency("currency") { $0.currency }, .int("count") { $0.count }, .money("total") { $0.total },
            Field("average", .nullable(.money), "Rounded half to even.") { $1.money($0.average) },
            Field("min", .nullable(.money)) { $1.money($0.minimum) },
            Field("max", .nullable(.money)) { $1.money($0.maximum) },
            Field("share", .decimal, "Per cent of all spending, or all income, of the period.") {
                $1.decimal($0.share, fractionDigits: 2)
            },
            .list("byMonth", of: Month.fields) { $0.byMonth },
            .list("subcategories", of: Child.fields) { $0.children },
            .money("totalWithSubcategories") { $0.totalWithChildren },
            .int("countWithSubcategories") { $0.countWithChildren },
        ])
}

extension ReportStore {
    /// What a category is for: spending, or income. An entry of the other type that is in it is no part of its sums, as
    /// it is no part of the whole that they are a share of.
    private func type(of id: CategoryID) -> SQL {
        "(SELECT CASE WHEN is_income THEN 2 ELSE 1 END FROM categories WHERE book_id = \(book) AND id = \(id))"
    }

    /// One category by itself: what it came to, its smallest and its largest entry.
    func categorySums(_ id: CategoryID, _ period: Period) -> SQL {
        """
        SELECT count(*), coalesce(sum(amount_minor), 0)::bigint, min(amount_minor), max(amount_minor),
            (SELECT coalesce(sum(s.amount_minor), 0)::bigint FROM \(source(period)) WHERE s.type = \(type(of: id)))
        FROM counted_entries e
        WHERE book_id = \(book) AND category_id = \(id) AND occurred_on BETWEEN \(period.from) AND \(period.through)
            AND type = \(type(of: id))\(scope.condition)
        """
    }

    func categoryMonths(_ id: CategoryID, _ period: Period) -> SQL {
        """
        SELECT month, sum(amount_minor)::bigint, count(*) FROM counted_entries e
        WHERE book_id = \(book) AND category_id = \(id) AND occurred_on BETWEEN \(period.from) AND \(period.through)
            AND type = \(type(of: id))\(scope.condition)
        GROUP BY month ORDER BY month
        """
    }

    /// All that is below it, not itself.
    func subcategorySums(_ id: CategoryID, _ period: Period) -> SQL {
        """
        SELECT c.id, c.name, c.slug, coalesce(t.amount, 0)::bigint, coalesce(t.count, 0)::bigint
        FROM (\(CategoryStore.branch(id, book: book))) b JOIN categories c ON c.book_id = \(book) AND c.id = b.id
        LEFT JOIN (
            SELECT category_id, sum(amount_minor)::bigint AS amount, sum(entry_count)::bigint AS count
            FROM \(source(period, byCategory: true)) WHERE s.type = \(type(of: id)) GROUP BY category_id
        ) t ON t.category_id = c.id
        WHERE c.id <> \(id)
        ORDER BY coalesce(t.amount, 0) DESC, c.name, c.id
        """
    }

    func readCategoryStats(
        _ results: [Rows], id: CategoryID, period: Period
    ) throws -> CategoryStats {
        func money(_ minorUnits: Int64) -> Money { Money(minorUnits: minorUnits, currency: currency) }
        guard results.count == 3, let sums = results[0].first else { throw Refusal.notFound("category") }
        let count: Int64 = try sums.get(0)
        let total = money(try sums.get(1))
        let children = try results[2].map { row in
            CategoryStats.Child(
                id: try row.get(0), name: try row.get(1), slug: try row.get(2), total: money(try row.get(3)),
                count: Int(try row.get(4, as: Int64.self)))
        }
        var whole = total
        for child in children {
            do throws(Refusal) { whole = try whole + child.total } catch { throw Refusal.sumTooLarge }
        }
        return CategoryStats(
            id: id, period: period, currency: currency, count: Int(count), total: total,
            average: count > 0 ? try total.scaled(by: 1, over: count) : nil,
            minimum: try sums.get(2, as: Int64?.self).map(money), maximum: try sums.get(3, as: Int64?.self).map(money),
            share: percentHundredths(of: total.minorUnits, in: try sums.get(4)) ?? 0,
            byMonth: try results[1].map { row in
                CategoryStats.Month(
                    month: YearMonth(index: Int(try row.get(0, as: Int32.self))), total: money(try row.get(1)),
                    count: Int(try row.get(2, as: Int64.self)))
            },
            children: children, totalWithChildren: whole,
            countWithChildren: children.reduce(Int(count)) { $0 + $1.count })
    }
}
