import Base
import Database
import HTTP
import JSON
import TestSupport
import Testing

@testable import Reporting
@testable import Transactions

/// What a test remembers of an entry that it made, to add up for itself.
private struct Known {
    var isIncome: Bool
    var isCounted: Bool
    var date: CalendarDate
    var minor: Int64
    var slug: String
}

/// Cents and thousandths added up in a loop, without a line of the code under test.
private struct Sums: Equatable {
    var income: Int64 = 0
    var expenses: Int64 = 0
    var incomeCount = 0
    var expenseCount = 0

    init(_ entries: some Sequence<Known>) {
        for entry in entries where entry.isCounted {
            if entry.isIncome {
                income += entry.minor
                incomeCount += 1
            } else {
                expenses += entry.minor
                expenseCount += 1
            }
        }
    }
}

@Suite(.tags(.http), .books) struct `Reports` {
    private static let slugs = (expense: ["food", "travel", "housing", "miscellaneous"], income: ["salary", "refund"])

    private func fill(_ ada: Person, _ app: TestApp, count: Int, _ random: inout SeededGenerator) async throws
        -> [Known]
    {
        var known: [Known] = []
        for _ in 0..<count {
            let isIncome = Int.random(in: 0..<4, using: &random) == 0
            let status = ["completed", "completed", "pending", "cancelled"].randomElement(using: &random) ?? ""
            let entry = Known(
                isIncome: isIncome, isCounted: status != "cancelled",
                date: day("2025-09-20").adding(days: Int.random(in: 0...420, using: &random)),
                minor: Int64.random(in: 1...99_999, using: &random),
                slug: (isIncome ? Self.slugs.income : Self.slugs.expense).randomElement(using: &random) ?? "")
            let answer = try await ada.post(
                isIncome ? "/incomes" : "/expenses",
                #"{"amount":\#(EntryTests.decimal(entry.minor, 2)),"date":"\#(entry.date)","category":"\#(entry.slug)","status":"\#(status)"}"#
            )
            try #require(answer.status == 201)
            if Int.random(in: 0..<10, using: &random) == 0, let id = answer.data.written("id") {
                try #require(try await ada.send("DELETE", "\(isIncome ? "/incomes" : "/expenses")/\(id)").status == 204)
            } else {
                known.append(entry)
            }
        }
        return known
    }

    private func money(_ minor: Int64) -> String { EntryTests.decimal(minor, 2) }

    private func expect(_ sums: Sums, in json: JSONValue, _ place: String) {
        #expect(json.written("income") == money(sums.income), "\(place)")
        #expect(json.written("expenses") == money(sums.expenses), "\(place)")
        #expect(json.written("net") == money(sums.income - sums.expenses), "\(place)")
        #expect(json["count"]?.int == sums.incomeCount + sums.expenseCount, "\(place)")
    }

    @Test(arguments: [11, 12, 13] as [UInt64]) func `say what the entries say, for any range`(seed: UInt64) async throws
    {
        try await TestApp.run { app in
            let ada = try await app.ada
            let zoe = try await app.person("zoe")
            var random = SeededGenerator(seed: seed)
            let known = try await fill(ada, app, count: 90, &random)
            _ = try await fill(zoe, app, count: 10, &random)
            for round in 0..<30 {
                var from = day("2025-08-25").adding(days: Int.random(in: 0...420, using: &random))
                var through = from.adding(days: Int.random(in: 0...200, using: &random))
                if round % 3 == 0 { (from, through) = (from.firstOfMonth, through.lastOfMonth) }
                let within = known.filter { $0.date >= from && $0.date <= through }
                let query = "?startDate=\(from)&endDate=\(through)"
                try await expectOverview(Sums(within), ada, query)
                try await expectCategories(within, ada, query, isIncome: round % 2 == 0)
            }
        }
    }

    private func expectOverview(_ sums: Sums, _ ada: Person, _ query: String) async throws {
        let overview = try await ada.get("/analytics/overview" + query).data
        #expect(overview.written("totalIncome") == money(sums.income), "\(query)")
        #expect(overview.written("totalExpenses") == money(sums.expenses), "\(query)")
        #expect(overview.written("net") == money(sums.income - sums.expenses), "\(query)")
        #expect(overview["incomeCount"]?.int == sums.incomeCount && overview["expenseCount"]?.int == sums.expenseCount)
        #expect(overview["entryCount"]?.int == sums.incomeCount + sums.expenseCount)
        if sums.income == 0 {
            #expect(overview["savingsRate"]?.isNull == true)
        } else {
            let rate = try #require(Double(overview.written("savingsRate") ?? ""))
            let exact = Double(sums.income - sums.expenses) / Double(sums.income) * 100
            #expect(abs(rate - exact) <= 0.005_001, "\(query)")
        }
        if sums.expenseCount == 0 {
            #expect(overview["averageExpense"]?.isNull == true)
        } else {
            let (quotient, remainder) = sums.expenses.quotientAndRemainder(dividingBy: Int64(sums.expenseCount))
            let twice = remainder * 2
            let up = twice > sums.expenseCount || (twice == sums.expenseCount && quotient % 2 == 1)
            #expect(overview.written("averageExpense") == money(quotient + (up ? 1 : 0)), "\(query)")
        }
    }

    private func expectCategories(_ entries: [Known], _ ada: Person, _ query: String, isIncome: Bool) async throws {
        let answer = try await ada.get("/analytics/spending-by-category" + query + (isIncome ? "&type=income" : ""))
            .data
        let counted = entries.filter { $0.isCounted && $0.isIncome == isIncome }
        let groups = Dictionary(grouping: counted, by: \.slug).mapValues {
            ($0.reduce(Int64(0)) { $0 + $1.minor }, $0.count)
        }
        let total = counted.reduce(Int64(0)) { $0 + $1.minor }
        #expect(answer.written("total") == money(total), "\(query)")
        let listed = try #require(answer["categories"]?.array)
        #expect(listed.count == groups.count, "\(query)")
        var shares: Int64 = 0
        var last = Int64.max
        for category in listed {
            let (sum, count) = try #require(groups[category.written("slug") ?? ""])
            #expect(category.written("amount") == money(sum) && category["count"]?.int == count, "\(query)")
            #expect(sum <= last, "not the largest first")
            last = sum
            let share = try #require(category.written("share"))
            #expect(abs((Double(share) ?? -1) - Double(sum) / Double(total) * 100) <= 0.005_001)
            shares += Int64(((Double(share) ?? 0) * 100).rounded())
        }
        if !listed.isEmpty { #expect(abs(shares - 10_000) <= Int64(listed.count), "shares add up to \(shares)") }
    }

    @Test func `compare with the period before`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            for (date, amount) in [
                ("2026-02-28", "1.00"), ("2026-02-01", "2.00"), ("2026-01-31", "4.00"), ("2026-03-01", "8.00"),
                ("2026-03-31", "16.00"),
            ] {
                _ = try await ada.post("/expenses", #"{"amount":\#(amount),"date":"\#(date)"}"#)
            }
            let march = try await ada.get("/analytics/overview?startDate=2026-03-01&endDate=2026-03-31").data
            #expect(march.written("totalExpenses") == "24.00" && march["previous"]?.written("totalExpenses") == "3.00")
            let three = try await ada.get("/analytics/overview?startDate=2026-03-01&endDate=2026-03-29").data
            #expect(three.written("totalExpenses") == "8.00" && three["previous"]?.written("totalExpenses") == "7.00")
        }
    }

    @Test(arguments: [21, 22] as [UInt64]) func `show every month of the trend and of the dashboard as the entries do`(
        seed: UInt64
    ) async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            var random = SeededGenerator(seed: seed)
            let known = try await fill(ada, app, count: 80, &random)
            func of(_ month: YearMonth) -> Sums { Sums(known.filter { $0.date.yearMonth == month }) }
            for count in [1, 2, 5, 14] {
                let last = try #require(YearMonth(year: 2026, month: Int.random(in: 1...11, using: &random)))
                let trend = try await ada.get("/analytics/trends?months=\(count)&month=\(last)").data
                let months = try #require(trend["months"]?.array)
                #expect(
                    months.compactMap { $0.written("month") }
                        == (0..<count).map { "\(last.adding(months: $0 - count + 1))" })
                for (offset, month) in months.enumerated() {
                    expect(of(last.adding(months: offset - count + 1)), in: month, "\(month.written("month") ?? "")")
                }
                let dashboard = try await ada.get("/analytics/dashboard?months=\(count)&month=\(last)").data
                #expect(dashboard["byMonth"] == trend["months"])
                expect(of(last), in: dashboard["totals"] ?? .null, "totals of \(last)")
                expect(of(last.adding(months: -1)), in: dashboard["previous"] ?? .null, "before \(last)")
                expect(
                    Sums(known.filter { $0.date <= last.lastDay }), in: dashboard["balanceToDate"] ?? .null,
                    "up to \(last)")
                let spent = known.filter { $0.isCounted && !$0.isIncome && $0.date.yearMonth == last }
                let groups = Dictionary(grouping: spent, by: \.slug).mapValues { $0.reduce(Int64(0)) { $0 + $1.minor } }
                for category in dashboard["byCategory"]?.array ?? [] {
                    #expect(category.written("amount") == groups[category.written("slug") ?? ""].map(money))
                }
                #expect(dashboard["byCategory"]?.array?.count == groups.count)
                #expect(dashboard["recent"]?.array == Array(try await ada.everyEntry().prefix(10)))
            }
        }
    }

    @Test func `are empty for an empty book`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let dashboard = try await ada.get("/analytics/dashboard").data
            #expect(dashboard["byMonth"]?.array?.count == 12 && dashboard["byCategory"]?.array?.isEmpty == true)
            expect(Sums([]), in: dashboard["totals"] ?? .null, "nothing")
            #expect(dashboard["period"]?.written("startDate") == "2026-11-01")
            try await expectOverview(Sums([]), ada, "")
        }
    }

    @Test(arguments: [
        "overview?startDate=0001-01-01&endDate=9999-12-31", "overview?startDate=0001-01-01&endDate=0001-01-02",
        "overview?startDate=9999-12-31",
        "spending-by-category?endDate=0001-01-01", "trends?month=0001-01&months=120", "trends?month=9999-12&months=120",
        "dashboard?month=0001-01", "dashboard?month=9999-12&months=1", "trends?months=99999999",
    ]) func `reach to both ends of the calendar`(query: String) async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            _ = try await ada.post("/expenses", #"{"amount":1}"#)
            #expect(try await ada.get("/analytics/\(query)").status == 200)
        }
    }

    @Test(arguments: [
        ("overview?startDate=2026-02-02&endDate=2026-02-01", "endDate"), ("trends?months=x", "months"),
        ("dashboard?month=2026-13", "month"),
    ])
    func `name the parameter that is wrong`(query: String, field: String) async throws {
        try await TestApp.run { app in
            let answer = try await (try await app.ada).get("/analytics/\(query)")
            #expect(answer.status == 400 && answer.problems == [field])
        }
    }

    @Test func `are refused where sums are too large to be counted exactly`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            // Each month's sum fits, the sum of all does not.
            _ = try await app.database.writer.query(
                """
                INSERT INTO entries (book_id, id, type, occurred_on, amount_minor, currency, category_id, created_by)
                SELECT book_id, gen_random_uuid(), 1, '2026-11-01'::date - n * 31, 4000000000000000000, 'EUR', id, \(ada.user)
                FROM categories, generate_series(0, 2) n WHERE book_id = \(ada.book) AND slug = 'food'
                """)
            for path in ["overview", "spending-by-category"] {
                let answer = try await ada.get("/analytics/\(path)?startDate=2026-01-01&endDate=2026-12-31")
                #expect(answer.status == 422 && answer.code == "SUM_TOO_LARGE", "\(path)")
            }
            #expect(try await ada.get("/analytics/dashboard").code == "SUM_TOO_LARGE")
        }
    }
}

typealias EntryTests = `An entry`
