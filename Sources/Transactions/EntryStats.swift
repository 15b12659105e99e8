import Base
import Categories
import Database
import HTTP
import JSON
import Resources

/// Totals and averages of the entries that a filter lets through. A cancelled entry counts only where cancelled ones
/// are asked for.
struct EntryStats: Sendable {
    struct Group: Sendable {
        let name: String
        let id: CategoryID?
        let slug: String?
        let count: Int
        let total: Money
    }

    let currency: Currency
    let count: Int
    let total: Money
    let average: Money?
    let minimum: Money?
    let maximum: Money?
    let median: Money?
    let byCategory: [Group]
    let byStatus: [Group]
    let byType: [Group]

    // MARK: Statements

    static func statements(_ filter: EntryFilter, book: BookID) -> [SQL] {
        let counted: SQL = filter.status == nil ? " AND e.status <> 3" : ""
        let conditions = filter.conditions(book: book)
        return [
            """
            SELECT count(*), coalesce(sum(e.amount_minor), 0)::bigint, min(e.amount_minor), max(e.amount_minor),
                percentile_disc(0.5) WITHIN GROUP (ORDER BY e.amount_minor),
                percentile_disc(0.5) WITHIN GROUP (ORDER BY e.amount_minor DESC)
            FROM entries e WHERE e.book_id = \(book)\(conditions)\(counted)
            """,
            """
            SELECT c.name, c.id, c.slug, t.count, t.total FROM (
                SELECT e.category_id, count(*) AS count, sum(e.amount_minor)::bigint AS total
                FROM entries e WHERE e.book_id = \(book)\(conditions)\(counted) GROUP BY e.category_id
            ) t JOIN categories c ON c.book_id = \(book) AND c.id = t.category_id
            ORDER BY t.total DESC, c.name, c.id
            """,
            """
            SELECT e.status, e.type, count(*), sum(e.amount_minor)::bigint
            FROM entries e WHERE e.book_id = \(book)\(conditions) GROUP BY e.status, e.type ORDER BY e.status, e.type
            """,
        ]
    }

    init(_ results: [Rows], currency: Currency, countsCancelled: Bool) throws {
        func money(_ minorUnits: Int64) -> Money { Money(minorUnits: minorUnits, currency: currency) }
        guard results.count == 3, let sums = results[0].first else { throw Refusal.notFound("book") }
        self.currency = currency
        let number: Int64 = try sums.get(0)
        count = Int(number)
        total = money(try sums.get(1))
        average = number > 0 ? try total.scaled(by: 1, over: number) : nil
        minimum = try sums.get(2, as: Int64?.self).map(money)
        maximum = try sums.get(3, as: Int64?.self).map(money)
        // Of an even number of entries, halfway between the two in the middle.
        if let low = try sums.get(4, as: Int64?.self), let high = try sums.get(5, as: Int64?.self) {
            median = try (money(low) + money(high)).scaled(by: 1, over: 2)
        } else {
            median = nil
        }
        byCategory = try results[1].map { row in
            Group(
                name: try row.get(0), id: try row.get(1), slug: try row.get(2),
                count: Int(try row.get(3, as: Int64.self)),
                total: money(try row.get(4)))
        }
        var statuses: [Group] = []
        var types: [Entry.Kind: (count: Int64, total: Money)] = [:]
        for status in Entry.Status.allCases {
            var (count, total) = (Int64(0), Money.zero(currency))
            for row in results[2] where try row.get(0, as: Entry.Status.self) == status {
                let kind: Entry.Kind = try row.get(1)
                let (more, amount): (Int64, Money) = (try row.get(2), money(try row.get(3)))
                count += more
                total = try Self.sum(total, amount)
                guard countsCancelled || status != .cancelled else { continue }
                let before = types[kind] ?? (0, .zero(currency))
                types[kind] = (before.count + more, try Self.sum(before.total, amount))
            }
            if count > 0 {
                statuses.append(Group(name: status.name, id: nil, slug: nil, count: Int(count), total: total))
            }
        }
        byStatus = statuses
        byType = Entry.Kind.allCases.compactMap { kind in
            types[kind].map { Group(name: kind.name, id: nil, slug: nil, count: Int($0.count), total: $0.total) }
        }
    }

    private static func sum(_ left: Money, _ right: Money) throws(Refusal) -> Money {
        do { return try left + right } catch { throw .sumTooLarge }
    }

    // MARK: JSON

    private static func optionalMoney(
        _ name: String, _ summary: String? = nil, _ read: @escaping @Sendable (EntryStats) -> Money?
    ) -> Field<EntryStats> {
        Field(name, .nullable(.money), summary) { $1.money(read($0)) }
    }

    private static let categories = Fields<Group>(
        "StatsByCategory",
        [
            .optionalIdentifier("categoryId") { $0.id }, .text("name") { $0.name },
            .optionalText("slug") { $0.slug }, .int("count") { $0.count }, .money("total") { $0.total },
        ])
    private static let statuses = Fields<Group>(
        "StatsByStatus", [.text("status") { $0.name }, .int("count") { $0.count }, .money("total") { $0.total }])
    private static let types = Fields<Group>(
        "StatsByType", [.text("type") { $0.name }, .int("count") { $0.count }, .money("total") { $0.total }])

    static let fields = Fields<EntryStats>(
        "EntryStats",
        [
            .currency("currency") { $0.currency }, .int("count") { $0.count }, .money("total") { $0.total },
            optionalMoney("average", "Rounded half to even.") { $0.average },
            optionalMoney("min") { $0.minimum }, optionalMoney("max") { $0.maximum },
            optionalMoney("median") { $0.median },
            .list("byCategory", of: categories) { $0.byCategory }, .list("byStatus", of: statuses) { $0.byStatus },
            .list("byType", of: types) { $0.byType },
        ])
}
