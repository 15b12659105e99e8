import Base
import Database
import HTTP
import Resources
import Transactions

/// Sums over the entries of a book. Reads only the views that Transactions keeps for readers.
struct ReportStore: Sendable {
    let book: BookID
    let currency: Currency
    /// What the caller's role reaches: only of that are there any sums.
    let scope: EntryScope

    init(_ book: BookContext) {
        self.book = book.id
        currency = book.currency
        scope = book.scope
    }

    /// What came in and went out, and how many entries.
    struct Sums: Equatable, Sendable {
        var income: Int64 = 0
        var expenses: Int64 = 0
        var incomeCount: Int64 = 0
        var expenseCount: Int64 = 0

        mutating func add(_ type: Int16, _ amount: Int64, _ count: Int64) {
            if type == Entry.Kind.income.rawValue {
                income += amount
                incomeCount += count
            } else {
                expenses += amount
                expenseCount += count
            }
        }
    }

    /// `(month, type, category_id, amount_minor, entry_count)` of the period: from stored sums where a month is whole.
    /// Without categories there are far fewer sums to read; `category_id` is NULL then.
    func source(_ period: Period, byCategory: Bool = false) -> SQL {
        var parts: [SQL] = []
        // The stored sums are of the whole book.
        let isWhole = scope == .everything
        if isWhole, let months = period.wholeMonths {
            parts.append(
                """
                SELECT month, type, \(byCategory ? "category_id" : "NULL::uuid" as SQL), amount_minor, entry_count
                FROM \(byCategory ? "category_totals" : "month_totals" as SQL)
                WHERE book_id = \(book) AND month BETWEEN \(Int32(months.lowerBound.index)) AND \(Int32(months.upperBound.index))
                """)
        }
        for stretch in isWhole ? period.remainder : [period.from...period.through] {
            parts.append(
                """
                SELECT month, type, category_id, amount_minor, 1::bigint FROM counted_entries e
                WHERE book_id = \(book) AND occurred_on BETWEEN \(stretch.lowerBound) AND \(stretch.upperBound)\(scope.condition)
                """)
        }
        var sql: SQL = "("
        for (index, part) in parts.enumerated() {
            if index > 0 { sql.append(" UNION ALL ") }
            sql.append(part)
        }
        sql.append(") s (month, type, category_id, amount_minor, entry_count)")
        return sql
    }

    // MARK: Statements

    func sums(_ period: Period) -> SQL {
        """
        SELECT type, sum(amount_minor)::bigint, sum(entry_count)::bigint FROM \(source(period)) GROUP BY type
        """
    }

    func byMonth(_ period: Period) -> SQL {
        """
        SELECT month, type, sum(amount_minor)::bigint, sum(entry_count)::bigint FROM \(source(period)) GROUP BY month, type
        """
    }

    func byCategory(_ period: Period, kind: Entry.Kind) -> SQL {
        """
        SELECT c.id, c.name, c.slug, c.color, c.icon, t.amount, t.count
        FROM (
            SELECT category_id, sum(amount_minor)::bigint AS amount, sum(entry_count)::bigint AS count
            FROM \(source(period, byCategory: true)) WHERE type = \(kind.rawValue) GROUP BY category_id
        ) t JOIN categories c ON c.book_id = \(book) AND c.id = t.category_id
        WHERE t.count > 0
        ORDER BY t.amount DESC, c.name, c.id
        """
    }

    // MARK: Reading their rows

    func readSums(_ rows: Rows) throws -> Sums {
        var sums = Sums()
        for row in rows { sums.add(try row.get(0), try row.get(1), try row.get(2)) }
        return sums
    }

    func readMonths(_ rows: Rows, _ period: Period) throws -> [MonthSums] {
        var byMonth: [Int: Sums] = [:]
        for row in rows {
            byMonth[Int(try row.get(0, as: Int32.self)), default: Sums()].add(
                try row.get(1), try row.get(2), try row.get(3))
        }
        return (period.from.yearMonth.index...period.through.yearMonth.index).map {
            MonthSums(month: YearMonth(index: $0), sums: byMonth[$0] ?? Sums(), currency: currency)
        }
    }

    /// - Returns: the categories, largest first, and what they come to.
    func readCategories(_ rows: Rows) throws -> (list: [CategorySum], total: Money) {
        var sum = Money.zero(currency)
        for row in rows {
            // Each fits, or the database would have refused; together they need not.
            let amount = Money(minorUnits: try row.get(5), currency: currency)
            guard let next = try? sum + amount else { throw Refusal.sumTooLarge }
            sum = next
        }
        let total = sum.minorUnits
        let list = try rows.map { row in
            let amount: Int64 = try row.get(5)
            return CategorySum(
                id: try row.get(0), name: try row.get(1), slug: try row.get(2), color: try row.get(3),
                icon: try row.get(4),
                amount: Money(minorUnits: amount, currency: currency), count: Int(try row.get(6, as: Int64.self)),
                share: percentHundredths(of: amount, in: total) ?? 0)
        }
        return (list, sum)
    }
}

/// `part / whole` in hundredths of a per cent, rounded half to even; nil when the whole is nothing.
func percentHundredths(of part: Int64, in whole: Int64) -> Int64? {
    guard whole != 0 else { return nil }
    let numerator = Int128(part) * 10_000
    let divisor = Int128(whole)
    var (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: divisor)
    let twice = remainder.magnitude * 2
    if twice > divisor.magnitude || (twice == divisor.magnitude && quotient % 2 != 0) {
        quotient += (numerator < 0) == (divisor < 0) ? 1 : -1
    }
    return Int64(clamping: quotient)
}
