import Base
import Database
import HTTP
import JSON
import Transactions

/// Where most of the money went, by merchant.
struct TopMerchants: Sendable {
    struct Merchant: Sendable {
        let name: String
        let amount: Money
        let count: Int
        let share: Int64
        let average: Money
        let last: CalendarDate

        static let fields = Fields<Merchant>(
            "MerchantSum",
            [
                .text("merchantName") { $0.name }, .money("amount") { $0.amount }, .int("count") { $0.count },
                Field("share", .decimal, "Per cent of the whole, two decimals.") {
                    $1.decimal($0.share, fractionDigits: 2)
                },
                Field("average", .money, "Rounded half to even.") { $1.money($0.average) },
                .date("lastDate") { $0.last },
            ])
    }

    let currency: Currency
    let period: Period
    /// Of all entries of the period, those without a merchant too.
    let total: Money
    let merchants: [Merchant]

    static let fields = Fields<TopMerchants>(
        "TopMerchants",
        [
            .currency("currency") { $0.currency }, .object("period", Period.fields) { $0.period },
            Field("total", .money, "Of the whole period, with what has no merchant.") { $1.money($0.total) },
            .list("merchants", of: Merchant.fields) { $0.merchants },
        ])
}

extension ReportStore {
    /// Case does not matter; a merchant is shown as it was written last.
    func topMerchants(_ period: Period, kind: Entry.Kind, limit: Int) -> SQL {
        """
        SELECT (array_agg(merchant ORDER BY occurred_on DESC, merchant))[1], sum(amount_minor)::bigint, count(*), max(occurred_on)
        FROM merchant_entries e
        WHERE book_id = \(book) AND type = \(kind.rawValue) AND merchant IS NOT NULL
            AND occurred_on BETWEEN \(period.from) AND \(period.through)\(scope.condition)
        GROUP BY lower(merchant)
        ORDER BY sum(amount_minor) DESC, count(*) DESC, lower(merchant) LIMIT \(limit)
        """
    }

    func readMerchants(_ rows: Rows, of total: Int64) throws -> [TopMerchants.Merchant] {
        try rows.map { row in
            let amount = Money(minorUnits: try row.get(1), currency: currency)
            let count: Int64 = try row.get(2)
            return TopMerchants.Merchant(
                name: try row.get(0), amount: amount, count: Int(count),
                share: percentHundredths(of: amount.minorUnits, in: total) ?? 0,
                average: try amount.scaled(by: 1, over: max(count, 1)), last: try row.get(3))
        }
    }
}
