import Base
import Database
import HTTP
import JSON
import TestSupport
import Testing

@testable import Transactions

@Suite(.tags(.http), .books) struct `An entry` {
    @Test(arguments: ["/expenses", "/incomes"]) func `is created, read, changed, deleted and restored`(path: String)
        async throws
    {
        try await TestApp.run { app in
            let ada = try await app.ada
            let created = try await ada.post(
                path,
                #"{"amount":12.50,"merchant":"Rewe","description":"Bread","notes":"n","transactionDate":"2026-03-31","paymentMethod":"card","tags":["a"]}"#
            )
            try #require(created.status == 201)
            let entry = created.data
            #expect(entry.written("amount") == "12.50" && entry.written("currency") == "EUR")
            #expect(entry.written("type") == (path == "/expenses" ? "expense" : "income"))
            #expect(entry.written("merchantName") == "Rewe" && entry.written("transactionDate") == "2026-03-31")
            #expect(
                entry.written("source") == "manual" && entry.written("version") == "1"
                    && entry.written("status") == "completed")
            #expect(entry.written("categorySlug") == (path == "/expenses" ? "miscellaneous" : "other-income"))
            #expect(created["etag"] == "\"1\"")
            let id = try #require(entry.written("id"))

            let read = try await ada.get("\(path)/\(id)")
            #expect(read.status == 200 && read.data["history"]?.array?.count == 1)
            let members = (read.data.object ?? []).filter { $0.key != "history" }
            #expect(.object(members) == entry)

            let changed = try await ada.put(
                "\(path)/\(id)", #"{"amount":"13","merchantName":null,"category":"travel","version":1}"#)
            try #require(changed.status == 200)
            #expect(changed.data.written("amount") == "13.00" && changed.data["merchantName"]?.isNull == true)
            #expect(changed.data.written("categorySlug") == "travel" && changed.data.written("version") == "2")
            #expect(changed.data.written("description") == "Bread")

            #expect(try await ada.send("DELETE", "\(path)/\(id)").status == 204)
            #expect(try await ada.get("\(path)/\(id)").status == 404)
            #expect(try await ada.send("DELETE", "\(path)/\(id)").status == 404)
            #expect(try await ada.put("\(path)/\(id)", #"{"amount":1,"version":3}"#).status == 404)
            #expect(try await ada.get(path).items.isEmpty)

            let restored = try await ada.send("PATCH", "\(path)/\(id)/restore")
            #expect(restored.status == 200 && restored.data.written("amount") == "13.00")
            #expect(try await ada.send("PATCH", "\(path)/\(id)/restore").status == 404)
            #expect(try await ada.get(path).items.count == 1)
            try await app.expectTotalsToAgree()
        }
    }

    @Test func `is today's in the book's own time zone`() async throws {
        try await TestApp.run { app in
            // Noon in London is already tomorrow on Kiritimati.
            let zoe = try await app.person("zoe", timeZone: "Pacific/Kiritimati")
            #expect(try await zoe.post("/expenses", #"{"amount":1}"#).data.written("transactionDate") == "2026-11-16")
            let ada = try await app.ada
            #expect(try await ada.post("/expenses", #"{"amount":1}"#).data.written("transactionDate") == "2026-11-15")
        }
    }

    @Test func `is no income where it is an expense`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let id = try #require(try await ada.post("/expenses", #"{"amount":1}"#).data.written("id"))
            #expect(try await ada.get("/incomes/\(id)").status == 404)
            #expect(try await ada.put("/incomes/\(id)", #"{"amount":2,"version":1}"#).status == 404)
            #expect(try await ada.send("DELETE", "/incomes/\(id)").status == 404)
            #expect(try await ada.get("/incomes").items.isEmpty)
            #expect(try await ada.get("/expenses/\(id)").status == 200)
        }
    }

    @Test func `finds its category by id, slug or name, and is refused one that is not there`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let travel = try #require(try await ada.get("/categories").items.first { $0.written("slug") == "travel" })
            let id = try #require(travel.written("id"))
            for reference in [id, "travel", "TRAVEL", "Travel"] {
                let answer = try await ada.post("/expenses", #"{"amount":1,"category":"\#(reference)"}"#)
                #expect(
                    try await ada.post("/incomes", #"{"amount":1,"categoryId":"\#(reference)"}"#).data.written(
                        "categoryId")
                        == id)
                #expect(answer.data.written("categoryId") == id)
            }
            let zoe = try await app.person("zoe")
            let zoes = try #require(try await zoe.get("/categories").items.first?.written("id"))
            for reference in ["nothing", "\(EntryID.new())", zoes] {
                let answer = try await ada.post("/expenses", #"{"amount":1,"categoryId":"\#(reference)"}"#)
                #expect(answer.status == 400 && answer.problems == ["categoryId"])
            }
            #expect(try await ada.get("/expenses").items.count == 4)
            let entry = try #require(try await ada.get("/expenses").items.first?.written("id"))
            let moved = try await ada.put("/expenses/\(entry)", #"{"categoryId":"\#(zoes)","version":1}"#)
            #expect(moved.status == 400 && moved.problems == ["categoryId"])
            try await app.expectTotalsToAgree()
        }
    }

    @Test(arguments: [("EUR", 2), ("JPY", 0), ("KWD", 3)]) func `keeps its amount to the last minor unit`(
        code: String, exponent: Int
    ) async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada", currency: code)
            var random = SeededGenerator(seed: UInt64(exponent))
            var sent: [String] = []
            for index in 0..<25 {
                let minor = Int64.random(
                    in: 1...(index % 2 == 0 ? 10_000 : Entry.largestAmount(in: currency(code))), using: &random)
                let text = Self.decimal(minor, exponent)
                let answer = try await ada.post("/expenses", #"{"amount":\#(index % 3 == 0 ? "\"\(text)\"" : text)}"#)
                #expect(answer.status == 201 && answer.data.written("amount") == text)
                sent.append("\(minor)")
            }
            let rows = try await app.database.query("SELECT amount_minor::text FROM entries ORDER BY id")
            #expect(try rows.map { try $0.get(0, as: String.self) } == sent)
            let sum = try #require(try await app.database.first("SELECT sum(amount_minor)::bigint FROM entries")).get(
                0, as: Int64.self)
            let overview = try await ada.get("/analytics/overview")
            #expect(overview.data.written("totalExpenses") == Self.decimal(sum, exponent))
            // One digit more than the currency has.
            let tooFine = "1." + String(repeating: "0", count: exponent) + "1"
            #expect(try await ada.post("/expenses", #"{"amount":\#(tooFine)}"#).problems == ["amount"])
        }
    }

    /// Written without the code under test.
    static func decimal(_ minor: Int64, _ exponent: Int) -> String {
        guard exponent > 0 else { return "\(minor)" }
        let digits = String(minor.magnitude)
        let padded = String(repeating: "0", count: max(0, exponent + 1 - digits.count)) + digits
        return (minor < 0 ? "-" : "") + padded.dropLast(exponent) + "." + padded.suffix(exponent)
    }

    @Test func `is not taken in another currency than the book's`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let answer = try await ada.post("/expenses", #"{"amount":1,"currency":"USD"}"#)
            #expect(answer.status == 400 && answer.problems == ["currency"])
            #expect(try await app.count("SELECT count(*) FROM entries") == 0)
        }
    }

    @Test func `publishes one event for each change, and none for a refused one`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let before = try await app.count("SELECT count(*) FROM outbox")
            let id = try #require(try await ada.post("/expenses", #"{"amount":1}"#).data.written("id"))
            _ = try await ada.put("/expenses/\(id)", #"{"amount":2,"version":1}"#)
            _ = try await ada.put("/expenses/\(id)", #"{"amount":3,"version":1}"#)
            _ = try await ada.post("/expenses", #"{"amount":1,"categoryId":"nothing"}"#)
            _ = try await ada.send("DELETE", "/expenses/\(id)")
            _ = try await ada.send("DELETE", "/expenses/\(id)")
            _ = try await ada.send("PATCH", "/expenses/\(id)/restore")
            let rows = try await app.database.query("SELECT name, data->>'id' FROM outbox ORDER BY id OFFSET \(before)")
            #expect(
                try rows.map { try $0.get(0, as: String.self) } == [
                    "expense.created", "expense.updated", "expense.deleted", "expense.restored",
                ])
            #expect(try rows.allSatisfy { try $0.get(1, as: String.self) == id })
        }
    }

    @Test(arguments: [
        "Robert'); DROP TABLE entries;--", "\\u0027\\\"\\\\ % _ * $1", "مرحبا 👩‍👩‍👧 \\u202e", "<script>alert(1)</script>",
    ])
    func `keeps hostile text as it is`(text: String) async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let sent = try #require(try JSONValue.parse("\"\(text)\"").string)
            let created = try await ada.post(
                "/expenses", #"{"amount":1,"merchant":"\#(text)","notes":"\#(text)","tags":["\#(text)"]}"#)
            #expect(created.data.written("merchantName") == sent && created.data["tags"]?.array == [.string(sent)])
            let escaped = sent.utf8.map { "%" + String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
            #expect(try await ada.get("/expenses?merchant=\(escaped)").items.count == 1)
            #expect(try await ada.get("/expenses?tag=\(escaped)").items.count == 1)
            #expect(try await ada.get("/expenses?q=\(escaped)").items.count == 1)
        }
    }
}

@Suite(.tags(.http), .books) struct `Changing an entry` {
    @Test func `needs the version that was changed`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let id = try #require(try await ada.post("/expenses", #"{"amount":1}"#).data.written("id"))
            let without = try await ada.put("/expenses/\(id)", #"{"amount":2}"#)
            #expect(without.status == 400 && without.problems == ["version"])
            let first = try await ada.send("PUT", "/expenses/\(id)", #"{"amount":2}"#, fields: [("If-Match", "\"1\"")])
            #expect(first.status == 200 && first["etag"] == "\"2\"")
            let stale = try await ada.put("/expenses/\(id)", #"{"amount":3,"version":1}"#)
            #expect(stale.status == 409 && stale.code == "STALE_VERSION")
            #expect(try await ada.get("/expenses/\(id)").data.written("amount") == "2.00")
            #expect(try await ada.put("/expenses/\(id)", #"{"amount":3,"version":2}"#).status == 200)
            let strange = try await ada.send(
                "PUT", "/expenses/\(id)", #"{"amount":2}"#, fields: [("If-Match", "\"x\"")])
            #expect(strange.status == 412)
        }
    }

    @Test func `at once by ten lets one through`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let id = try #require(try await ada.post("/expenses", #"{"amount":1}"#).data.written("id"))
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 1...10 {
                    group.addTask { try await ada.put("/expenses/\(id)", #"{"amount":\#(number),"version":1}"#).status }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.sorted() == [200] + Array(repeating: 409, count: 9))
            #expect(try await ada.get("/expenses/\(id)").data.written("version") == "2")
            try await app.expectTotalsToAgree()
        }
    }

    @Test func `is refused whole when one field is wrong`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let before = try await ada.post("/expenses", #"{"amount":1,"merchant":"Rewe"}"#).data
            let id = try #require(before.written("id"))
            let answer = try await ada.put(
                "/expenses/\(id)", #"{"merchant":"Lidl","amount":-3,"date":"soon","version":1}"#)
            #expect(answer.status == 400 && Set(answer.problems) == ["amount", "transactionDate"])
            let after = try await ada.get("/expenses/\(id)").data
            #expect(.object((after.object ?? []).filter { $0.key != "history" }) == before)
        }
    }
}

@Suite(.tags(.http), .books) struct `Another's book` {
    @Test func `is not reached into`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let zoe = try await app.person("zoe")
            let id = try #require(
                try await ada.post("/expenses", #"{"amount":1,"merchant":"Rewe"}"#).data.written("id"))
            let upload = try await ada.upload("Date,Payee,Amount\n2026-01-02,Lidl,-3.00\n")
            let imported = try #require(upload.data.written("id"))
            #expect(try await zoe.get("/expenses/\(id)").status == 404)
            #expect(try await zoe.put("/expenses/\(id)", #"{"amount":2,"version":1}"#).status == 404)
            #expect(try await zoe.send("DELETE", "/expenses/\(id)").status == 404)
            #expect(try await zoe.send("PATCH", "/expenses/\(id)/restore").status == 404)
            #expect(try await zoe.get("/imports/\(imported)").status == 404)
            #expect(try await zoe.get("/imports").items.isEmpty)
            #expect(try await zoe.get("/entries").items.isEmpty)
            #expect(try await zoe.get("/expenses?page=1").json["meta"]?["total"]?.int == 0)
            #expect(
                try await zoe.get("/analytics/overview?startDate=2000-01-01&endDate=2199-12-31").data.written(
                    "entryCount") == "0")
            #expect(try await zoe.get("/analytics/dashboard").data["recent"]?.array?.isEmpty == true)
            for path in [
                "/expenses", "/entries", "/categories", "/imports", "/analytics/overview", "/analytics/dashboard",
            ] {
                let named = try await zoe.send("GET", path, fields: [("X-Book", "\(ada.book)")])
                #expect(named.status == 404, "\(path) is open to a stranger who names the book")
            }
            let written = try await zoe.post("/expenses", #"{"amount":1}"#, fields: [("X-Book", "\(ada.book)")])
            #expect(written.status == 404)
            #expect(try await zoe.send("GET", "/expenses", fields: [("X-Book", "nonsense")]).status == 404)
            #expect(try await ada.get("/expenses/\(id)").data.written("version") == "1")
            #expect(try await ada.everyEntry().count == 2)
        }
    }

    @Test func `is read by a viewer, and not written`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let id = try #require(try await ada.post("/expenses", #"{"amount":1}"#).data.written("id"))
            let viewer = try await app.add(try await app.person("vera"), to: ada, as: .viewer)
            #expect(try await viewer.get("/expenses/\(id)").status == 200)
            #expect(try await viewer.get("/analytics/dashboard").status == 200)
            for answer in [
                try await viewer.post("/expenses", #"{"amount":1}"#),
                try await viewer.put("/expenses/\(id)", #"{"amount":2,"version":1}"#),
                try await viewer.send("DELETE", "/expenses/\(id)"),
                try await viewer.send("PATCH", "/expenses/\(id)/restore"),
                try await viewer.upload("Date,Payee,Amount\n2026-01-02,Lidl,-3.00\n"),
                try await viewer.upload("Date,Payee,Amount\n2026-01-02,Lidl,-3.00\n", "?dryRun=true"),
            ] {
                #expect(answer.status == 403 && answer.code == "INSUFFICIENT_PERMISSIONS")
            }
            #expect(try await app.count("SELECT count(*) FROM entries") == 1)
        }
    }

    @Test func `is written by a member of it`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let max = try await app.add(try await app.person("max"), to: ada, as: .member)
            let id = try #require(try await max.post("/expenses", #"{"amount":1}"#).data.written("id"))
            #expect(try await ada.put("/expenses/\(id)", #"{"amount":2,"version":1}"#).status == 200)
            #expect(try await max.get("/expenses/\(id)").data.written("amount") == "2.00")
        }
    }
}

@Suite(.tags(.http), .books) struct `A list of entries` {
    /// Many on few days, so that a page nearly always ends between entries of one day.
    private func fill(_ app: TestApp, _ ada: Person, count: Int, random: inout SeededGenerator) async throws {
        let category = try #require(
            try await app.database.first("SELECT id FROM categories WHERE book_id = \(ada.book) LIMIT 1")
        )
        .get(0, as: EntryID.self)
        for _ in 0..<count {
            let date = day("2026-03-01").adding(days: Int.random(in: 0...4, using: &random))
            let id = EntryID(high: random.next(), low: random.next())
            _ = try await app.database.writer.query(
                """
                INSERT INTO entries (book_id, id, type, occurred_on, amount_minor, currency, category_id, created_by)
                VALUES (\(ada.book), \(id), \(Int16.random(in: 1...2, using: &random)), \(date),
                    \(Int64.random(in: 1...500, using: &random)), 'EUR', \(category), \(ada.user))
                """)
        }
    }

    @Test(arguments: [1, 7, 20, 100]) func `gives each once over all pages, newest first, ties and all`(limit: Int)
        async throws
    {
        try await TestApp.run { app in
            let ada = try await app.ada
            var random = SeededGenerator(seed: UInt64(limit))
            try await fill(app, ada, count: 60, random: &random)
            let rows = try await app.database.query("SELECT id::text FROM entries ORDER BY occurred_on DESC, id DESC")
            let expected = try rows.map { try $0.get(0, as: String.self) }
            let listed = try await ada.everyEntry("/entries?limit=\(limit)")
            #expect(listed.compactMap { $0.written("id") } == expected)
            let expenses = try await ada.everyEntry("/expenses?limit=\(limit)")
            let incomes = try await ada.everyEntry("/incomes?limit=\(limit)")
            #expect(expenses.count + incomes.count == 60)
            #expect(
                expenses.allSatisfy { $0.written("type") == "expense" }
                    && incomes.allSatisfy { $0.written("type") == "income" })
        }
    }

    @Test func `goes on where it was when entries come in between`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            var random = SeededGenerator(seed: 5)
            try await fill(app, ada, count: 30, random: &random)
            let old = Set(try await ada.everyEntry().compactMap { $0.written("id") })
            var seen: [String] = []
            var cursor: String?
            repeat {
                let page = try await ada.get("/entries?limit=4" + (cursor.map { "&cursor=\($0)" } ?? ""))
                seen += page.items.compactMap { $0.written("id") }
                cursor = page.nextCursor
                try await fill(app, ada, count: 2, random: &random)
            } while cursor != nil
            #expect(seen.count == Set(seen).count, "an entry came twice")
            #expect(old.isSubset(of: seen), "an entry was lost")
        }
    }

    @Test func `has pages by number, with totals`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            var random = SeededGenerator(seed: 6)
            try await fill(app, ada, count: 23, random: &random)
            var seen: [String] = []
            for page in 1...3 {
                let answer = try await ada.get("/entries?limit=10&page=\(page)")
                seen += answer.items.compactMap { $0.written("id") }
                let meta = try #require(answer.json["meta"])
                #expect(meta["page"]?.int == page && meta["total"]?.int == 23 && meta["totalPages"]?.int == 3)
            }
            #expect(seen == (try await ada.everyEntry()).compactMap { $0.written("id") })
            #expect(try await ada.get("/entries?limit=10&page=4").items.isEmpty)
            #expect(try await ada.get("/entries?page=501&limit=100").status == 400)
            #expect(try await ada.get("/entries?limit=1000").json["meta"]?["limit"]?.int == 100)
            #expect(try await ada.get("/entries?limit=0").json["meta"]?["limit"]?.int == 1)
        }
    }

    @Test(arguments: [
        "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA", "AQAAAAAAAAAAAAAAAAAAAAAAAAAA%3D", "AX____8AAAAAAAAAAAAAAAAAAAAA",
    ])
    func `refuses a cursor that it did not give out`(cursor: String) async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let answer = try await ada.get("/entries?cursor=\(cursor)")
            #expect(answer.status == 400 && answer.code == "INVALID_CURSOR")
        }
    }

    /// Every filter alone and in pairs, against the same condition in Swift.
    @Test func `filters as it says`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            var random = SeededGenerator(seed: 8)
            let merchants = ["Rewe Markt", "REWE", "Lidl", "100% Bio_", ""]
            for index in 0..<40 {
                let path = Bool.random(using: &random) ? "/expenses" : "/incomes"
                let merchant = merchants.randomElement(using: &random) ?? ""
                let tags = ["[]", #"["a"]"#, #"["a","b"]"#].randomElement(using: &random) ?? "[]"
                let date = day("2026-02-26").adding(days: Int.random(in: 0...8, using: &random))
                let status = ["pending", "completed", "cancelled"].randomElement(using: &random) ?? ""
                let slug = ["food", "travel"].randomElement(using: &random) ?? ""
                let created = try await ada.post(
                    path,
                    #"{"amount":\#(Int.random(in: 1...5, using: &random)).50,"merchant":"\#(merchant)","notes":"note \#(index % 4)","tags":\#(tags),"date":"\#(date)","status":"\#(status)","category":"\#(slug)"}"#
                )
                try #require(created.status == 201)
            }
            let all = try await ada.everyEntry()
            func amount(_ entry: JSONValue) -> Double { Double(entry.written("amount") ?? "") ?? -1 }
            func text(_ entry: JSONValue, _ name: String) -> String { (entry.written(name) ?? "").lowercased() }
            let food = all.first { $0.written("categorySlug") == "food" }?.written("categoryId") ?? ""
            let filters: [(String, (JSONValue) -> Bool)] = [
                ("type=income", { $0.written("type") == "income" }),
                ("startDate=2026-03-01", { ($0.written("transactionDate") ?? "") >= "2026-03-01" }),
                ("to=2026-02-28", { ($0.written("transactionDate") ?? "") <= "2026-02-28" }),
                ("category=food", { $0.written("categorySlug") == "food" }),
                ("category=\(food)", { $0.written("categoryId") == food }),
                ("merchant=rewe", { text($0, "merchantName").contains("rewe") }),
                ("vendor=0%25", { text($0, "merchantName").contains("0%") }),
                ("merchant=_", { text($0, "merchantName").contains("_") }),
                ("minAmount=2.51", { amount($0) >= 2.51 }), ("maxAmount=3.50", { amount($0) <= 3.50 }),
                ("status=cancelled", { $0.written("status") == "cancelled" }),
                ("q=NOTE+2", { text($0, "notes").contains("note 2") }),
                ("tag=b", { $0["tags"]?.array?.contains(.string("b")) == true }),
            ]
            for (index, first) in filters.enumerated() {
                for second in filters[index...] {
                    let name = first.0.prefix { $0 != "=" }
                    guard first.0 == second.0 || !second.0.hasPrefix(name) else { continue }
                    if name == "startDate" && second.0.hasPrefix("to=") { continue }
                    if name == "merchant" && second.0.hasPrefix("vendor") { continue }
                    let query = first.0 == second.0 ? first.0 : "\(first.0)&\(second.0)"
                    let listed = try await ada.everyEntry("/entries?limit=7&\(query)")
                    #expect(listed == all.filter { first.1($0) && second.1($0) }, "\(query)")
                }
            }
        }
    }

    @Test(arguments: [
        ("startDate=yesterday", "startDate"), ("startDate=2026-02-02&endDate=2026-02-01", "endDate"),
        ("minAmount=1.005", "minAmount"),
        ("maxAmount=x", "maxAmount"), ("status=gone", "status"), ("limit=many", "limit"), ("type=transfer", "type"),
        ("page=1&cursor=x", "page"),
    ]) func `names the parameter that is wrong`(query: String, field: String) async throws {
        try await TestApp.run { app in
            let answer = try await (try await app.ada).get("/entries?\(query)")
            #expect(answer.status == 400 && answer.problems == [field])
        }
    }
}
