import Base
import Database
import HTTP
import JSON
import TestSupport
import Testing

@testable import Transactions

@Suite(.tags(.http), .books) struct `Many entries at once` {
    private func ids(_ answer: Answer) -> [String] {
        (answer.data["results"]?.array ?? []).compactMap { $0.written("id") }
    }

    private func list(_ ids: [String]) -> String { "[" + ids.map { "\"\($0)\"" }.joined(separator: ",") + "]" }

    @Test func `are created, each with its result`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let answer = try await ada.post(
                "/expenses/bulk",
                #"""
                {"items":[
                    {"amount":"1.10","merchant":"Rewe","category":"food","tags":["a","b"],"date":"2026-01-02","location":{"latitude":1,"longitude":2}},
                    {"amount":0},
                    {"amount":2,"categoryId":"nothing"},
                    {"amount":3,"category":"Bees","paymentMethod":"cash"},
                    {"amount":4,"category":"bees","notes":"x","status":"cancelled"},
                    7,
                    {"amount":5,"paymentMethodId":"00000000-0000-0000-0000-000000000000"},
                    {"amount":6,"currency":"USD"}
                ]}
                """#)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.data["created"]?.int == 3 && answer.data["failed"]?.int == 5)
            let results = try #require(answer.data["results"]?.array)
            #expect(results.map { $0["index"]?.int } == Array(0...7))
            #expect(
                results.map { $0.written("status") ?? "" } == [
                    "created", "failed", "failed", "created", "created", "failed", "failed", "failed",
                ])
            #expect(results[1]["error"]?["errors"]?.array?.first?.written("field") == "amount")
            #expect(results[2]["error"]?["errors"]?.array?.first?.written("field") == "categoryId")
            let all = try await ada.everyEntry()
            #expect(all.count == 3)
            let first = try #require(all.first { $0.written("id") == results[0].written("id") })
            #expect(first.written("amount") == "1.10" && first.written("categorySlug") == "food")
            #expect(
                first["tags"]?.array == [.string("a"), .string("b")] && first.written("transactionDate") == "2026-01-02"
            )
            #expect(first["location"]?.written("longitude") == "2" && first.written("version") == "1")
            #expect(Set(all.compactMap { $0.written("categorySlug") }) == ["food", "bees"])
            let events = try await app.count("SELECT count(*) FROM outbox WHERE name = 'expense.created'")
            #expect(events == 3)
            try await app.expectTotalsToAgree()
            let whole = try await ada.post("/incomes/bulk", #"{"items":[{"amount":1},{"amount":2}]}"#)
            #expect(whole.status == 201 && whole.data["failed"]?.int == 0)
            #expect(try await ada.get("/incomes").items.count == 2)
            let mixed = try await ada.post(
                "/entries/bulk", #"{"items":[{"amount":1,"type":"income"},{"amount":2,"type":"expense"},{"amount":2}]}"#
            )
            #expect(mixed.data["created"]?.int == 2)
            try await app.expectTotalsToAgree()
        }
    }

    @Test func `are all created or none, where that is asked for`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let answer = try await ada.post(
                "/expenses/bulk",
                #"{"atomic":true,"items":[{"amount":1,"category":"New"},{"amount":-1},{"amount":1,"categoryId":"no"}]}"#
            )
            #expect(answer.status == 400 && answer.problems == ["items[1].amount", "items[2].categoryId"])
            #expect(try await ada.everyEntry().isEmpty)
            #expect(try await ada.get("/categories/new").status == 404)
            #expect(try await app.count("SELECT count(*) FROM outbox WHERE name = 'expense.created'") == 0)
            #expect(
                try await ada.post("/expenses/bulk", #"{"atomic":true,"items":[{"amount":1},{"amount":2}]}"#).status
                    == 201)
            try await app.expectTotalsToAgree()
        }
    }

    @Test func `are created once under an Idempotency-Key`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let body = #"{"items":[{"amount":1},{"amount":0}]}"#
            let first = try await ada.post("/expenses/bulk", body, fields: [("Idempotency-Key", "k")])
            let again = try await ada.post("/expenses/bulk", body, fields: [("Idempotency-Key", "k")])
            #expect(first.status == 200 && again.status == 200 && first.data == again.data)
            #expect(try await ada.everyEntry().count == 1)
        }
    }

    @Test(arguments: [
        ("{}", "items"), (#"{"items":[]}"#, "items"), (#"{"items":{}}"#, "items"),
        (#"{"items":[{"amount":1}],"atomic":"yes"}"#, "atomic"),
        (#"{"items":[\#(Array(repeating: "{}", count: 1001).joined(separator: ","))]}"#, "items"),
    ]) func `are refused whole when the request itself is wrong`(body: String, field: String) async throws {
        try await TestApp.run { app in
            let answer = try await (try await app.ada).post("/expenses/bulk", body)
            #expect(answer.status == 400 && answer.problems == [field])
        }
    }

    @Test func `up to a thousand go in one`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            var random = SeededGenerator(seed: 9)
            var sum: Int64 = 0
            let items = (0..<1000).map { index in
                let minor = Int64.random(in: 1...1_000_000, using: &random)
                sum += minor
                return
                    #"{"amount":\#(EntryTests.decimal(minor, 2)),"merchant":"m\#(index % 7)","date":"2026-0\#(index % 9 + 1)-01"}"#
            }
            let answer = try await ada.post("/expenses/bulk", #"{"items":[\#(items.joined(separator: ","))]}"#)
            #expect(answer.status == 201 && answer.data["created"]?.int == 1000)
            let stats = try await ada.get("/expenses/stats").data
            #expect(stats["count"]?.int == 1000 && stats.written("total") == EntryTests.decimal(sum, 2))
            try await app.expectTotalsToAgree()
        }
    }

    @Test func `are changed, deleted and restored, each with its result`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let zoe = try await app.person("zoe")
            let foreign = try #require(try await zoe.post("/expenses", #"{"amount":1}"#).data.written("id"))
            let income = try #require(try await ada.post("/incomes", #"{"amount":1}"#).data.written("id"))
            let mine = ids(
                try await ada.post(
                    "/expenses/bulk",
                    #"{"items":[{"amount":1,"tags":["a","b"]},{"amount":2,"tags":["c"]},{"amount":3}]}"#))
            try #require(mine.count == 3)
            let changed = try await ada.put(
                "/expenses/bulk",
                #"{"ids":\#(list(mine + [foreign, income, mine[0]])),"changes":{"categoryId":"travel","tags":{"add":["n","a"],"remove":["b"]},"merchantName":"Shop","status":"pending","paymentMethod":"cash"}}"#
            )
            #expect(changed.status == 200 && changed.data["updated"]?.int == 3 && changed.data["failed"]?.int == 2)
            #expect(
                (changed.data["results"]?.array ?? []).map { $0.written("status") ?? "" } == [
                    "updated", "updated", "updated", "failed", "failed",
                ])
            for (id, tags) in zip(mine, [["a", "n"], ["c", "n", "a"], ["n", "a"]]) {
                let entry = try await ada.get("/expenses/\(id)").data
                #expect(entry["tags"]?.array == tags.map(JSONValue.string), "\(entry)")
                #expect(entry.written("categorySlug") == "travel" && entry.written("merchantName") == "Shop")
                #expect(entry.written("status") == "pending" && entry.written("version") == "2")
                #expect(entry["history"]?.array?.first?.written("action") == "updated")
            }
            let deleted = try await ada.send("DELETE", "/expenses/bulk", #"{"ids":\#(list(mine + [foreign]))}"#)
            #expect(deleted.status == 200 && deleted.data["deleted"]?.int == 3 && deleted.data["failed"]?.int == 1)
            try await app.expectTotalsToAgree()
            let again = try await ada.send("DELETE", "/expenses/bulk", #"{"ids":\#(list(mine))}"#)
            #expect(again.data["deleted"]?.int == 0 && again.data["failed"]?.int == 3)
            let restored = try await ada.post("/entries/bulk/restore", #"{"ids":\#(list(mine + [foreign]))}"#)
            #expect(restored.data["restored"]?.int == 3 && restored.data["failed"]?.int == 1)
            #expect(try await ada.get("/expenses").items.count == 3)
            #expect(try await zoe.get("/expenses/\(foreign)").data.written("version") == "1")
            #expect(try await ada.get("/incomes/\(income)").data.written("version") == "1")
            try await app.expectTotalsToAgree()
            let names = try await app.database.query(
                "SELECT name, count(*) FROM outbox WHERE book_id = \(ada.book) AND name LIKE 'expense.%' GROUP BY name ORDER BY name"
            )
            #expect(
                try names.map { "\(try $0.get(0, as: String.self)) \(try $0.get(1, as: Int64.self))" } == [
                    "expense.created 3", "expense.deleted 3", "expense.restored 3", "expense.updated 3",
                ])
            let bad = try await ada.put("/entries/bulk", #"{"ids":\#(list(mine)),"changes":{"categoryId":"nothing"}}"#)
            #expect(bad.status == 400 && bad.problems == ["categoryId"])
            #expect(try await ada.put("/entries/bulk", #"{"ids":\#(list(mine)),"changes":{}}"#).problems == ["changes"])
            #expect(try await ada.put("/entries/bulk", #"{"ids":\#(list(mine))}"#).problems == ["changes"])
            #expect(
                try await ada.put("/entries/bulk", #"{"ids":["x"],"changes":{"status":"pending"}}"#).problems == ["ids"]
            )
            let viewer = try await app.add(try await app.person("vera"), to: ada, as: .viewer)
            #expect(try await viewer.post("/expenses/bulk", #"{"items":[{"amount":1}]}"#).status == 403)
            #expect(
                try await viewer.put("/expenses/bulk", #"{"ids":\#(list(mine)),"changes":{"status":"pending"}}"#).status
                    == 403)
            #expect(try await viewer.send("DELETE", "/expenses/bulk", #"{"ids":\#(list(mine))}"#).status == 403)
            #expect(try await viewer.post("/expenses/bulk/restore", #"{"ids":\#(list(mine))}"#).status == 403)
        }
    }

    @Test func `of both kinds each go into a category of their kind`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let expense = try #require(
                try await ada.post("/expenses", #"{"amount":1,"category":"food"}"#).data.written("id"))
            let income = try #require(
                try await ada.post("/incomes", #"{"amount":1,"category":"salary"}"#).data.written("id"))
            func slugs() async throws -> [String?] {
                [
                    try await ada.get("/expenses/\(expense)").data.written("categorySlug"),
                    try await ada.get("/incomes/\(income)").data.written("categorySlug"),
                ]
            }
            func change(_ changes: String) async throws -> Answer {
                try await ada.put("/entries/bulk", #"{"ids":\#(list([expense, income])),"changes":\#(changes)}"#)
            }
            #expect(try await change(#"{"categoryId":null}"#).data["updated"]?.int == 2)
            let unsorted = [
                try await ada.post("/expenses", #"{"amount":1}"#), try await ada.post("/incomes", #"{"amount":1}"#),
            ]
            #expect(try await slugs() == unsorted.map { $0.data.written("categorySlug") })
            // A name that nothing has yet becomes one category, as it does for one entry after the other.
            #expect(try await change(#"{"category":"Bees"}"#).data["updated"]?.int == 2)
            #expect(try await slugs() == ["bees", "bees"])
            try await app.expectTotalsToAgree()
        }
    }

    @Test func `may be changed by several people at once`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let mine = ids(
                try await ada.post(
                    "/expenses/bulk",
                    #"{"items":[\#(Array(repeating: #"{"amount":1.5,"date":"2026-05-06"}"#, count: 60).joined(separator: ","))]}"#
                ))
            try #require(mine.count == 60)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<16 {
                    group.addTask {
                        var random = SeededGenerator(seed: UInt64(number))
                        let some = list(Array(mine.shuffled(using: &random).prefix(40)))
                        return switch number % 4 {
                        case 0: try await ada.send("DELETE", "/expenses/bulk", #"{"ids":\#(some)}"#).status
                        case 1: try await ada.post("/expenses/bulk/restore", #"{"ids":\#(some)}"#).status
                        case 2:
                            try await ada.put("/expenses/bulk", #"{"ids":\#(some),"changes":{"categoryId":"travel"}}"#)
                                .status
                        default:
                            try await ada.put("/expenses/bulk", #"{"ids":\#(some),"changes":{"status":"cancelled"}}"#)
                                .status
                        }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.allSatisfy { $0 == 200 }, "\(statuses)")
            try await app.expectTotalsToAgree()
        }
    }
}
