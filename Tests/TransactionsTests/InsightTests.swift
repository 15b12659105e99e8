import Base
import Database
import HTTP
import JSON
import TestSupport
import Testing

@testable import Transactions

@Suite(.tags(.http), .books) struct `Stats of entries` {
    @Test(arguments: [1, 2, 3] as [UInt64]) func `are those of the entries`(seed: UInt64) async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            var random = SeededGenerator(seed: seed)
            var made: [(minor: Int64, slug: String, status: String)] = []
            let count = Int.random(in: 1...40, using: &random)
            let items = (0..<count).map { _ in
                let minor = Int64.random(in: 1...99_999, using: &random)
                let slug = ["food", "travel"].randomElement(using: &random) ?? ""
                let status = ["completed", "pending", "cancelled"].randomElement(using: &random) ?? ""
                made.append((minor, slug, status))
                return #"{"amount":\#(EntryTests.decimal(minor, 2)),"categoryId":"\#(slug)","status":"\#(status)"}"#
            }
            _ = try await ada.post("/expenses/bulk", #"{"items":[\#(items.joined(separator: ","))]}"#)
            for (query, chosen) in [
                ("", made.filter { $0.status != "cancelled" }),
                ("?category=food", made.filter { $0.slug == "food" && $0.status != "cancelled" }),
                ("?status=cancelled", made.filter { $0.status == "cancelled" }),
            ] {
                let stats = try await ada.get("/expenses/stats\(query)").data
                let amounts = chosen.map(\.minor).sorted()
                let total = amounts.reduce(0, +)
                #expect(stats["count"]?.int == amounts.count && stats.written("total") == EntryTests.decimal(total, 2))
                guard let least = amounts.first, let most = amounts.last else {
                    #expect(stats["average"]?.isNull == true && stats["median"]?.isNull == true)
                    continue
                }
                #expect(
                    stats.written("min") == EntryTests.decimal(least, 2)
                        && stats.written("max") == EntryTests.decimal(most, 2))
                let middle = amounts[(amounts.count - 1) / 2] + amounts[amounts.count / 2]
                #expect(stats.written("median") == EntryTests.decimal(half(middle, 2), 2))
                #expect(stats.written("average") == EntryTests.decimal(half(total, Int64(amounts.count)), 2))
                for group in stats["byCategory"]?.array ?? [] {
                    let own = chosen.filter { $0.slug == group.written("slug") }
                    #expect(group["count"]?.int == own.count)
                    #expect(group.written("total") == EntryTests.decimal(own.map(\.minor).reduce(0, +), 2))
                }
                #expect(
                    (stats["byCategory"]?.array ?? []).compactMap { $0["count"]?.int }.reduce(0, +) == amounts.count)
            }
            _ = try await ada.post("/incomes", #"{"amount":7.5}"#)
            let stats = try await ada.get("/entries/stats").data
            let all = made + [(minor: 750, slug: "", status: "completed")]
            let byStatus = stats["byStatus"]?.array ?? []
            for group in byStatus {
                let own = all.filter { $0.status == group.written("status") }
                #expect(group["count"]?.int == own.count)
                #expect(group.written("total") == EntryTests.decimal(own.map(\.minor).reduce(0, +), 2))
            }
            #expect(byStatus.compactMap { $0["count"]?.int }.reduce(0, +) == all.count)
            let spent = made.filter { $0.status != "cancelled" }.map(\.minor)
            var types = ["income": (1, Int64(750))]
            if !spent.isEmpty { types["expense"] = (spent.count, spent.reduce(0, +)) }
            let byType = stats["byType"]?.array ?? []
            #expect(byType.count == types.count)
            for group in byType {
                let own = try #require(types[group.written("type") ?? ""])
                #expect(group["count"]?.int == own.0 && group.written("total") == EntryTests.decimal(own.1, 2))
            }
        }
    }

    /// Divides, half to even.
    private func half(_ sum: Int64, _ count: Int64) -> Int64 {
        let (quotient, remainder) = sum.quotientAndRemainder(dividingBy: count)
        if remainder * 2 > count || (remainder * 2 == count && quotient % 2 == 1) { return quotient + 1 }
        return quotient
    }

    @Test func `are nobody else's`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            _ = try await ada.post("/expenses", #"{"amount":1}"#)
            #expect(try await (try await app.person("zoe")).get("/expenses/stats").data["count"]?.int == 0)
            #expect(try await ada.get("/expenses/stats?minAmount=x").problems == ["minAmount"])
            let both = try await ada.get("/entries/stats").data
            #expect(both["byType"]?.array?.map { $0.written("type") ?? "" } == ["expense"])
        }
    }
}

@Suite(.tags(.http), .books) struct `Duplicates` {
    private func groups(_ person: Person, _ query: String = "") async throws -> [[String]] {
        try await person.get("/expenses/duplicates" + query).items.map { group in
            (group["entries"]?.array ?? []).map {
                $0.written("notes") ?? $0.written("importId").map { _ in "imported" } ?? ""
            }
        }
    }

    @Test func `are of one person, amount and merchant, on days next to each other`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            for (note, amount, merchant, date, status) in [
                ("a1", "5.00", "Rewe", "2026-03-01", "completed"), ("a2", "5.00", "REWE", "2026-03-02", "pending"),
                ("b1", "5.00", "Rewe", "2026-03-04", "completed"), ("c1", "5.01", "Rewe", "2026-03-02", "completed"),
                ("d1", "5.00", "Lidl", "2026-03-01", "completed"), ("e1", "5.00", "Rewe", "2026-03-01", "cancelled"),
                ("f1", "7.00", "Aldi", "2026-05-01", "completed"), ("f2", "7.00", "Aldi", "2026-05-01", "completed"),
            ] {
                _ = try await ada.post(
                    "/expenses",
                    #"{"amount":\#(amount),"merchant":"\#(merchant)","date":"\#(date)","notes":"\#(note)","status":"\#(status)"}"#
                )
            }
            _ = try await ada.post("/incomes", #"{"amount":7,"merchant":"Aldi","date":"2026-05-01"}"#)
            let ben = try await app.add(try await app.person("ben"), to: ada, as: .member)
            _ = try await ben.post("/expenses", #"{"amount":5,"merchant":"Rewe","date":"2026-03-01"}"#)
            #expect(try await groups(ada) == [["f1", "f2"], ["a1", "a2"]])
            #expect(try await groups(ada, "?endDate=2026-04-01") == [["a1", "a2"]])
            #expect(try await groups(ada, "?limit=1") == [["f1", "f2"]])
            let first = try #require(try await ada.get("/expenses?q=a2").items.first?.written("id"))
            let viewer = try await app.add(try await app.person("vera"), to: ada, as: .viewer)
            #expect(try await viewer.send("POST", "/expenses/\(first)/not-duplicate", nil).status == 403)
            #expect(
                try await (try await app.person("zoe")).send("POST", "/expenses/\(first)/not-duplicate", nil).status
                    == 404)
            #expect(try await ada.send("POST", "/incomes/\(first)/not-duplicate", nil).status == 404)
            for _ in 0..<2 { #expect(try await ada.send("POST", "/entries/\(first)/not-duplicate", nil).status == 204) }
            #expect(try await groups(ada) == [["f1", "f2"]])
            #expect(try await groups(try await app.person("zora")).isEmpty)
        }
    }

    @Test func `are shown a hundred at a time`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let items = Array(repeating: #"{"amount":3,"merchant":"Cafe","date":"2026-03-01"}"#, count: 150)
            _ = try await ada.post("/expenses/bulk", #"{"items":[\#(items.joined(separator: ","))]}"#)
            #expect(try await groups(ada).map(\.count) == [100])
        }
    }

    @Test func `are not the twins of one statement, but a statement's line and a person's`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            _ = try await ada.upload("Date,Payee,Amount\n2026-03-01,Cafe,-3.00\n2026-03-01,Cafe,-3.00\n")
            #expect(try await groups(ada).isEmpty)
            _ = try await ada.post("/expenses", #"{"amount":3,"merchant":"Cafe","date":"2026-03-02","notes":"mine"}"#)
            #expect(try await groups(ada).map { $0.sorted() } == [["imported", "imported", "mine"]])
        }
    }
}

@Suite(.tags(.http), .books) struct `Suggestions` {
    @Test func `are what was used before, the most used first`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            for (merchant, tag, method, date) in [
                ("Rewe", "food", "card", "2026-01-01"), ("rewe", "food", "cash", "2026-01-02"),
                ("Lidl", "Food", "cash", "2026-01-03"),
                ("Aldi Rewe", "home", "cash", "2026-01-04"),
            ] {
                _ = try await ada.post(
                    "/expenses",
                    #"{"amount":1,"merchant":"\#(merchant)","tags":["\#(tag)","x"],"paymentMethod":"\#(method)","date":"\#(date)"}"#
                )
            }
            func values(_ query: String, _ person: Person) async throws -> [String] {
                try await person.get("/entries/suggestions?\(query)").items.map {
                    "\($0.written("value") ?? "") \($0["count"]?.int ?? 0)"
                }
            }
            #expect(try await values("q=re", ada) == ["rewe 2", "Aldi Rewe 1"])
            #expect(try await values("field=tag&q=foo", ada) == ["Food 3"])
            #expect(try await values("field=paymentMethod", ada) == ["cash 3", "card 1"])
            #expect(try await values("q=re&limit=1", ada) == ["rewe 2"])
            #expect(try await values("q=re&type=income", ada).isEmpty)
            #expect(try await values("q=re", try await app.person("zoe")).isEmpty)
            #expect(try await ada.get("/entries/suggestions?field=amount").problems == ["field"])
        }
    }
}
