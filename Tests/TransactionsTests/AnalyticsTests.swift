import Base
import Database
import HTTP
import JSON
import TestSupport
import Testing

@testable import Reporting
@testable import Transactions

/// Reports that go beyond sums by month, against sums added up in a loop.
@Suite(.tags(.http), .books) struct `Further reports` {
    private struct Made {
        let isIncome: Bool
        let isCounted: Bool
        let date: CalendarDate
        let minor: Int64
        let slug: String
        let merchant: String?
    }

    private func fill(_ ada: Person, seed: UInt64, count: Int = 300) async throws -> [Made] {
        var random = SeededGenerator(seed: seed)
        let made = (0..<count).map { _ in
            let isIncome = Int.random(in: 0..<5, using: &random) == 0
            return Made(
                isIncome: isIncome, isCounted: Int.random(in: 0..<8, using: &random) > 0,
                date: day("2026-01-20").adding(days: Int.random(in: 0...120, using: &random)),
                minor: Int64.random(in: 1...99_999, using: &random),
                slug: (isIncome ? ["salary", "refund"] : ["food", "travel", "housing"]).randomElement(using: &random)
                    ?? "",
                merchant: ["Rewe", "REWE", "Lidl", "Äpfel", nil].randomElement(using: &random) ?? nil)
        }
        let items = made.map {
            #"{"type":"\#($0.isIncome ? "income" : "expense")","amount":\#(EntryTests.decimal($0.minor, 2)),"date":"\#($0.date)","categoryId":"\#($0.slug)","merchant":\#($0.merchant.map { "\"\($0)\"" } ?? "null"),"status":"\#($0.isCounted ? "completed" : "cancelled")"}"#
        }
        let answer = try await ada.post("/entries/bulk", #"{"items":[\#(items.joined(separator: ","))]}"#)
        try #require(answer.status == 201, "\(answer.text)")
        return made.filter(\.isCounted)
    }

    private func money(_ minor: Int64) -> String { EntryTests.decimal(minor, 2) }
    private func sum(_ made: some Sequence<Made>) -> Int64 { made.reduce(0) { $0 + $1.minor } }

    @Test(arguments: [1, 2] as [UInt64]) func `show the top merchants`(seed: UInt64) async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let made = try await fill(ada, seed: seed)
            for (query, from, through) in [
                ("startDate=2026-01-01&endDate=2026-12-31", "2026-01-01", "2026-12-31"),
                ("startDate=2026-02-03&endDate=2026-03-17", "2026-02-03", "2026-03-17"),
            ] {
                let report = try await ada.get("/analytics/top-merchants?\(query)").data
                let spent = made.filter { !$0.isIncome && $0.date >= day(from) && $0.date <= day(through) }
                #expect(report.written("total") == money(sum(spent)))
                let byName = Dictionary(grouping: spent.filter { $0.merchant != nil }) {
                    $0.merchant?.lowercased() ?? ""
                }
                let expected = byName.map {
                    (name: $0.key, sum: sum($0.value), count: $0.value.count, last: $0.value.map(\.date).max())
                }
                .sorted { $0.sum > $1.sum }
                let merchants = report["merchants"]?.array ?? []
                #expect(merchants.count == expected.count)
                for (merchant, wanted) in zip(merchants, expected) {
                    #expect(merchant.written("merchantName")?.lowercased() == wanted.name)
                    #expect(merchant.written("amount") == money(wanted.sum) && merchant["count"]?.int == wanted.count)
                    #expect(merchant.written("lastDate") == wanted.last.map { "\($0)" })
                }
                #expect(
                    try await ada.get("/analytics/top-merchants?\(query)&limit=2").data["merchants"]?.array?.count == 2)
            }
            let incomes = try await ada.get(
                "/analytics/top-merchants?startDate=2026-01-01&endDate=2026-12-31&type=income"
            ).data
            #expect(incomes.written("total") == money(sum(made.filter(\.isIncome))))
            #expect(
                try await (try await app.person("zoe")).get(
                    "/analytics/top-merchants?startDate=2026-01-01&endDate=2026-12-31"
                ).data["merchants"]?.array?.isEmpty == true)
        }
    }

    @Test(arguments: [
        ("period1=2026-02&period2=2026-03", "2026-02-01", "2026-02-28", "2026-03-01", "2026-03-31"),
        ("period2=2026-03", "2026-02-01", "2026-02-28", "2026-03-01", "2026-03-31"),
        (
            "start1=2026-01-25&end1=2026-03-03&start2=2026-02-11&end2=2026-04-30", "2026-01-25", "2026-03-03",
            "2026-02-11",
            "2026-04-30"
        ),
        ("start2=2026-03-11&end2=2026-03-20", "2026-03-01", "2026-03-10", "2026-03-11", "2026-03-20"),
    ]) func `compare two periods`(query: String, from1: String, to1: String, from2: String, to2: String) async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let made = try await fill(ada, seed: 5)
            let report = try await ada.get("/analytics/compare?\(query)").data
            let first = made.filter { $0.date >= day(from1) && $0.date <= day(to1) }
            let second = made.filter { $0.date >= day(from2) && $0.date <= day(to2) }
            #expect(report["first"]?.written("startDate") == from1 && report["first"]?.written("endDate") == to1)
            #expect(report["second"]?.written("startDate") == from2 && report["second"]?.written("endDate") == to2)
            for (name, isIncome) in [("income", true), ("expenses", false)] {
                let (a, b) = (
                    sum(first.filter { $0.isIncome == isIncome }), sum(second.filter { $0.isIncome == isIncome })
                )
                #expect(report[name]?.written("first") == money(a) && report[name]?.written("second") == money(b))
                #expect(report[name]?.written("change") == money(b - a))
            }
            func net(_ made: [Made]) -> Int64 { made.reduce(0) { $0 + ($1.isIncome ? $1.minor : -$1.minor) } }
            #expect(report["net"]?.written("change") == money(net(second) - net(first)))
            #expect(report["second"]?["count"]?.int == second.count)
            let categories = report["categories"]?.array ?? []
            #expect(Set(categories.compactMap { $0.written("slug") }) == Set((first + second).map(\.slug)))
            for category in categories {
                let slug = category.written("slug")
                #expect(category["amounts"]?.written("first") == money(sum(first.filter { $0.slug == slug })))
                #expect(category["amounts"]?.written("second") == money(sum(second.filter { $0.slug == slug })))
                #expect(category["firstCount"]?.int == first.count { $0.slug == slug })
            }
        }
    }

    @Test(arguments: ["day", "week", "month"]) func `go by day, week and month`(interval: String) async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let made = try await fill(ada, seed: 6)
            let (from, through) = (day("2026-01-29"), day("2026-04-15"))
            let points = try #require(
                try await ada.get("/analytics/trends?interval=\(interval)&startDate=\(from)&endDate=\(through)").data[
                    "points"]?.array)
            var expected = from
            for point in points {
                let start = day(point.written("startDate") ?? "")
                let end = day(point.written("endDate") ?? "")
                #expect(start == expected && end >= start)
                let inside = made.filter { $0.date >= start && $0.date <= end }
                #expect(point.written("expenses") == money(sum(inside.filter { !$0.isIncome })))
                #expect(
                    point.written("income") == money(sum(inside.filter(\.isIncome)))
                        && point["count"]?.int == inside.count)
                if interval == "week" && end != through { #expect(end.weekday == .sunday) }
                if interval == "month" && end != through { #expect(end == end.lastOfMonth) }
                if interval == "day" { #expect(start == end) }
                expected = end.adding(days: 1)
            }
            #expect(expected == through.adding(days: 1))
        }
    }

    @Test func `show on which days money is spent`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let made = try await fill(ada, seed: 7).filter { !$0.isIncome }
            let report = try await ada.get("/analytics/spending-patterns?startDate=2026-01-01&endDate=2026-06-30").data
            #expect(report.written("total") == money(sum(made)))
            for group in report["byWeekday"]?.array ?? [] {
                let own = made.filter { $0.date.weekday.rawValue == group["weekday"]?.int }
                #expect(group.written("amount") == money(sum(own)) && group["count"]?.int == own.count)
            }
            for group in report["byDayOfMonth"]?.array ?? [] {
                let own = made.filter { $0.date.components.day == group["day"]?.int }
                #expect(group.written("amount") == money(sum(own)) && group["count"]?.int == own.count)
            }
            #expect(report["byWeekday"]?.array?.count == 7 && report["byDayOfMonth"]?.array?.count == 31)
        }
    }

    @Test(arguments: [
        ("compare?period1=2026-13", "period1"), ("compare?start1=2026-02-02&end1=2026-02-01", "end1"),
        ("trends?interval=year", "interval"),
        ("trends?interval=day&startDate=1900-01-01&endDate=2199-12-31", "endDate"),
        ("top-merchants?startDate=x", "startDate"), ("top-merchants?limit=x", "limit"),
        ("spending-patterns?type=both", "type"),
    ]) func `name the parameter that is wrong`(query: String, field: String) async throws {
        try await TestApp.run { app in
            let answer = try await (try await app.ada).get("/analytics/\(query)")
            #expect(answer.status == 400 && answer.problems == [field], "\(answer.text)")
        }
    }

    @Test(arguments: [
        "compare?start1=0001-01-01&end1=9999-12-31", "compare?period2=0001-01",
        "compare?period1=9999-12&period2=0001-01",
        "top-merchants?startDate=0001-01-01&endDate=9999-12-31",
        "trends?interval=week&startDate=9999-12-01&endDate=9999-12-31",
        "trends?interval=day&startDate=0001-01-01&endDate=0001-01-05",
        "trends?interval=month&startDate=0001-01-05&endDate=0002-01-01",
        "spending-patterns?startDate=0001-01-01&endDate=9999-12-31",
    ]) func `reach to the ends of the calendar`(query: String) async throws {
        try await TestApp.run { app in
            let answer = try await (try await app.ada).get("/analytics/\(query)")
            #expect(answer.status == 200, "\(answer.text)")
        }
    }
}
