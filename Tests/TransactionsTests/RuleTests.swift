import Base
import Categories
import Database
import HTTP
import JSON
import Runtime
import Synchronization
import TestSupport
import Testing

@testable import Transactions

extension Person {
    func category(_ slug: String) async throws -> String {
        let all = try await get("/categories").items
        return try #require(all.first { $0.written("slug") == slug }?.written("id"))
    }

    /// Adds a rule: what its first condition says, and its actions, as JSON.
    @discardableResult fileprivate func rule(
        _ conditions: String, _ actions: String, name: String = "r", sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let answer = try await post(
            "/rules", #"{"name":"\#(name)","conditions":{"items":[\#(conditions)]},"actions":\#(actions)}"#)
        #expect(answer.status == 201, "\(answer.text)", sourceLocation: sourceLocation)
        return try #require(answer.data.written("id"), sourceLocation: sourceLocation)
    }
}

private final class Answered: Sendable {
    let flag = Atomic(false)
}

@Suite(.tags(.http), .books) struct `Rules` {
    private static let rewe = #"{"field":"merchant","op":"contains","value":"rewe"}"#
    private static let anything = #"{"field":"amount","op":"atLeast","value":0}"#

    @Test func `are added, changed, ordered and deleted`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let food = try await ada.category("food")
            let body = #"""
                {"name":"Bread","conditions":{"match":"any","items":[\#(Self.rewe),{"field":"amount","op":"between","value":"1.50","value2":2}]},
                 "actions":{"categoryId":"\#(food)","addTags":["a","b","a"],"merchantName":" Rewe  Markt "}}
                """#
            let created = try await ada.post("/rules", body)
            try #require(created.status == 201, "\(created.text)")
            let id = try #require(created.data.written("id"))
            #expect(created.data["version"]?.int == 1 && created["etag"] == "\"1\"")
            #expect(created.data["actions"]?["addTags"]?.array == [.string("a"), .string("b")])
            #expect(created.data["actions"]?.written("merchantName") == "Rewe Markt")
            #expect(created.data["conditions"]?["items"]?.array?.last?.written("value2") == "2")
            #expect(try await ada.get("/rules/\(id)").data == created.data)
            let second = try await ada.rule(Self.rewe, #"{"notes":"x"}"#, name: "second")
            let third = try await ada.rule(Self.rewe, #"{"notes":"y"}"#, name: "third")
            #expect(try await ada.get("/rules").items.compactMap { $0.written("id") } == [id, second, third])

            let ordered = try await ada.put("/rules/order", #"{"ids":["\#(third)","\#(id)","\#(second)"]}"#)
            #expect(ordered.items.compactMap { $0.written("id") } == [third, id, second])
            #expect(try await ada.put("/rules/order", #"{"ids":["\#(third)","\#(id)"]}"#).status == 409)
            #expect(try await ada.put("/rules/order", #"{"ids":["\#(third)","\#(third)","\#(id)"]}"#).status == 400)

            let changed = try await ada.put("/rules/\(id)", #"{"name":"New","isEnabled":false,"version":1}"#)
            #expect(changed.status == 200 && changed.data["isEnabled"] == .bool(false))
            #expect(changed.data["conditions"] == created.data["conditions"] && changed.data["version"]?.int == 2)
            #expect(try await ada.put("/rules/\(id)", #"{"name":"Old","version":1}"#).code == "STALE_VERSION")
            #expect(try await ada.put("/rules/\(id)", #"{"name":"Old"}"#).status == 400)
            #expect(try await ada.send("DELETE", "/rules/\(id)").status == 204)
            #expect(try await ada.send("DELETE", "/rules/\(id)").status == 404)
            #expect(try await ada.get("/rules").items.count == 2)
        }
    }

    @Test func `are refused when they make no sense`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let zoe = try await app.person("zoe")
            let hers = try await zoe.category("food")
            let food = try await ada.category("food")
            let gifts = try await ada.category("gifts")
            let fine = #"{"items":[\#(Self.rewe)]}"#
            for (conditions, actions) in [
                (fine, "{}"), (fine, #"{"categoryId":"\#(hers)"}"#), (fine, #"{"categoryId":"food"}"#),
                (fine, #"{"addTags":[""]}"#), (fine, #"{"addTags":"x"}"#),
                (fine, #"{"notes":"\#(String(repeating: "x", count: 256))"}"#),
                (
                    fine,
                    #"{"categoryId":"\#(food)","split":[{"categoryId":"\#(food)","percent":50},{"categoryId":"\#(gifts)","rest":true}]}"#
                ),
                (
                    fine,
                    #"{"split":[{"categoryId":"\#(food)","percent":50},{"categoryId":"\#(gifts)","percent":49.99}]}"#
                ),
                (
                    fine,
                    #"{"split":[{"categoryId":"\#(food)","percent":50.001},{"categoryId":"\#(gifts)","rest":true}]}"#
                ),
                (fine, #"{"split":[{"categoryId":"\#(hers)","percent":50},{"categoryId":"\#(gifts)","rest":true}]}"#),
                (#"{"items":[]}"#, #"{"notes":"x"}"#), ("{}", #"{"notes":"x"}"#), ("7", #"{"notes":"x"}"#),
                (#"{"match":"some","items":[\#(Self.rewe)]}"#, #"{"notes":"x"}"#),
                (#"{"items":[{"field":"merchant","op":"between","value":"x"}]}"#, #"{"notes":"x"}"#),
                (#"{"items":[{"field":"merchant","op":"contains","value":"  "}]}"#, #"{"notes":"x"}"#),
                (#"{"items":[{"field":"amount","op":"is","value":"1.005"}]}"#, #"{"notes":"x"}"#),
                (#"{"items":[{"field":"amount","op":"between","value":"2","value2":"1"}]}"#, #"{"notes":"x"}"#),
                (#"{"items":[{"field":"date","op":"is","value":"2026-02-30"}]}"#, #"{"notes":"x"}"#),
                (#"{"items":[{"field":"colour","op":"is","value":"red"}]}"#, #"{"notes":"x"}"#),
                (
                    #"{"items":[\#(Array(repeating: Self.rewe, count: 21).joined(separator: ","))]}"#, #"{"notes":"x"}"#
                ),
            ] {
                let answer = try await ada.post(
                    "/rules", #"{"name":"n","conditions":\#(conditions),"actions":\#(actions)}"#)
                #expect(answer.status == 400, "\(conditions) \(actions): \(answer.text)")
            }
            #expect(
                try await ada.post("/rules", #"{"conditions":\#(fine),"actions":{"notes":"x"}}"#).problems == ["name"])
            #expect(try await ada.get("/rules").items.isEmpty)
            let id = try await ada.rule(Self.rewe, #"{"notes":"x"}"#)
            for path in ["/rules/\(id)"] {
                #expect(try await zoe.get(path).status == 404)
                #expect(try await zoe.put(path, #"{"name":"x","version":1}"#).status == 404)
                #expect(try await zoe.send("DELETE", path).status == 404)
            }
            #expect(try await zoe.post("/rules/apply", #"{"ids":["\#(id)"]}"#).status == 404)
            let viewer = try await app.add(try await app.person("vic"), to: ada, as: .viewer)
            #expect(try await viewer.get("/rules").status == 200)
            #expect(try await viewer.send("DELETE", "/rules/\(id)").status == 403)
        }
    }

    @Test func `have a limit that counts the bytes that are looked for`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            // 200 letters of two bytes each; the accents by themselves are not looked for.
            let long = String(repeating: "ж", count: 200)
            let items = Array(repeating: #"{"field":"merchant","op":"is","value":"\#(long)"}"#, count: 20)
            for _ in 0..<2 { try await ada.rule(items.joined(separator: ","), #"{"notes":"x"}"#) }
            let more = try await ada.post(
                "/rules",
                #"{"name":"n","conditions":{"items":[\#(items.joined(separator: ","))]},"actions":{"notes":"x"}}"#)
            #expect(more.status == 422 && more.code == "RULES_TOO_LONG")
        }
    }

    @Test(arguments: [#""+5.00""#, #""007.50""#, #"" 5""#, "5", "5.5"])
    func `keep the amounts of a split as money is written`(amount: String) async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let (food, gifts) = (try await ada.category("food"), try await ada.category("gifts"))
            let answer = try await ada.post(
                "/rules",
                #"{"name":"n","conditions":{"items":[\#(Self.rewe)]},"actions":{"split":[{"categoryId":"\#(food)","amount":\#(amount)},{"categoryId":"\#(gifts)","rest":true}]}}"#
            )
            #expect([201, 400].contains(answer.status), "\(answer.text)")
            guard answer.status == 201 else { return }
            let written = answer.data["actions"]?["split"]?.array?.first?.written("amount")
            #expect(["5.00", "7.50", "5.50"].contains(written))
            let id = try #require(answer.data.written("id"))
            #expect(try await ada.get("/rules/\(id)").data == answer.data)
        }
    }

    @Test func `wait their turn to be applied, as imports do`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            try await ada.rule(Self.anything, #"{"notes":"x"}"#)
            let (inside, enter) = AsyncStream.makeStream(of: Void.self)
            let (gate, open) = AsyncStream.makeStream(of: Void.self)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<TestApp.turnstileWidth {
                    group.addTask {
                        try await app.turnstile.pass {
                            enter.yield()
                            for await _ in gate { return }
                        }
                    }
                }
                var entered = inside.makeAsyncIterator()
                for _ in 0..<TestApp.turnstileWidth { await entered.next() }
                let hasAnswered = Answered()
                group.addTask {
                    let status = try await ada.post("/rules/apply", "{}").status
                    #expect(status == 200)
                    hasAnswered.flag.store(true, ordering: .relaxed)
                }
                try await Task.sleep(for: .milliseconds(300))
                let isEarly = hasAnswered.flag.load(ordering: .relaxed)
                #expect(!isEarly)
                open.finish()
                try await group.waitForAll()
            }
        }
    }

    @Test func `that are gone cannot be changed`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let id = try #require(RuleID(try await ada.rule(Self.rewe, #"{"notes":"x"}"#)))
            let refused = await #expect(throws: Refusal.self) {
                try await app.database.transaction { transaction in
                    let store = RuleStore(transaction, book: ada.book)
                    let rule = try #require(try await store.one(id))
                    let isDeleted = try await RuleStore(app.database.writer, book: ada.book).delete(id)
                    #expect(isDeleted)
                    try await store.save(rule)
                }
            }
            #expect(refused?.kind == .notFound)
        }
    }

    @Test func `have a limit for a book`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let long = String(repeating: "x", count: 200)
            let items = Array(repeating: #"{"field":"merchant","op":"is","value":"\#(long)"}"#, count: 20)
            for _ in 0..<5 { try await ada.rule(items.joined(separator: ","), #"{"notes":"x"}"#) }
            let more = try await ada.post(
                "/rules", #"{"name":"n","conditions":{"items":[\#(Self.rewe)]},"actions":{"notes":"x"}}"#)
            #expect(more.status == 422 && more.code == "RULES_TOO_LONG")
            // Numbers are not texts to look for.
            try await ada.rule(Self.anything, #"{"notes":"x"}"#)
            _ = try await app.database.writer.run(
                """
                INSERT INTO rules (book_id, id, position, name, is_enabled, conditions, actions, created_by)
                SELECT book_id, gen_random_uuid(), 100, 'n', true, conditions, actions, created_by
                FROM rules, generate_series(1, \(Rule.maximumCount - 6))
                WHERE conditions::text LIKE '%amount%'
                """)
            let last = try await ada.post(
                "/rules", #"{"name":"n","conditions":{"items":[\#(Self.anything)]},"actions":{"notes":"x"}}"#)
            #expect(last.status == 422 && last.code == "TOO_MANY_RULES")
        }
    }

    @Test func `sort on the way in, before the past and before words`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let (gifts, travel) = (try await ada.category("gifts"), try await ada.category("travel"))
            try await ada.rule(
                #"{"field":"merchant","op":"startsWith","value":"rewe"}"#,
                #"{"categoryId":"\#(gifts)","merchantName":"Rewe","addTags":["shop"],"paymentMethod":"card"}"#)
            try await ada.rule(
                #"{"field":"text","op":"contains","value":"bread"}"#,
                #"{"categoryId":"\#(travel)","addTags":["bread"]}"#)
            let file =
                "Date,Payee,Memo,Amount\n2026-03-01,REWE SAGT DANKE 77,Bread,-3.00\n2026-03-02,Lidl,bread,-4.00\n2026-03-03,Lidl,Milk,-5.00\n2026-03-04,Zzyzx,,-6.00\n"
            let preview = try await ada.upload(file, "?dryRun=true")
            let shown = preview.data["accounts"]?.array?.first?["transactions"]?.array ?? []
            #expect(shown.compactMap { $0.written("categorySlug") } == ["gifts", "travel", "food", "miscellaneous"])
            #expect(shown.compactMap { $0.written("merchantName") } == ["Rewe", "Lidl", "Lidl", "Zzyzx"])
            #expect(shown.first?["tags"]?.array == [.string("shop"), .string("bread")])
            #expect(shown.map { $0["ruleId"] != nil } == [true, true, false, false])
            #expect(shown.allSatisfy { $0.written("categoryId") != nil && $0.written("categoryName") != nil })
            #expect(try await ada.upload(file).data["imported"]?.int == 4)
            let entries = try await ada.everyEntry().reversed()
            #expect(entries.compactMap { $0.written("categorySlug") } == ["gifts", "travel", "food", "miscellaneous"])
            #expect(
                entries.first?.written("merchantName") == "Rewe" && entries.first?.written("paymentMethod") == "card")
            #expect(entries.first?["tags"]?.array == [.string("shop"), .string("bread")])
            // A renamed merchant is still the same line of the file.
            #expect(try await ada.upload(file).data["duplicates"]?.int == 4)
            // What was decided for a merchant goes before words, under its new name too, but not before a rule.
            for entry in entries where ["Zzyzx", "Lidl"].contains(entry.written("merchantName") ?? "") {
                let id = entry.written("id") ?? ""
                #expect(try await ada.put("/expenses/\(id)", #"{"category":"education","version":1}"#).status == 200)
            }
            let next =
                "Date,Payee,Memo,Amount\n2026-04-01,lidl,Milk,-3.00\n2026-04-02,ZZYZX,x,-4.00\n2026-04-03,Lidl,Bread,-5.00\n2026-04-04,Rewe,x,-5.00\n"
            let again = try await ada.upload(next, "?dryRun=true").data["accounts"]?.array?.first?["transactions"]?
                .array
            #expect(again?.compactMap { $0.written("categorySlug") } == ["education", "education", "travel", "gifts"])
            #expect(try await ada.upload(next).data["imported"]?.int == 4)
            let slugs = try await ada.everyEntry("/entries?startDate=2026-04-01&limit=50").reversed().compactMap {
                $0.written("categorySlug")
            }
            #expect(slugs == ["education", "education", "travel", "gifts"])
            try await app.expectTotalsToAgree()
        }
    }

    @Test func `split a payment into entries that add up, and a repeat adds nothing`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let (food, gifts) = (try await ada.category("food"), try await ada.category("gifts"))
            try await ada.rule(
                Self.rewe,
                #"{"split":[{"categoryId":"\#(food)","percent":33.33},{"categoryId":"\#(gifts)","amount":"1.00"},{"categoryId":"\#(food)","rest":true}]}"#
            )
            let line = "2026-03-01,Rewe,-10.00\n"
            let file = "Date,Payee,Amount\n" + line + line + "2026-03-02,Rewe,-0.50\n2026-03-03,Lidl,-4.00\n"
            let first = try await ada.upload(file)
            #expect(first.data["imported"]?.int == 4 && first.data["duplicates"]?.int == 0)
            let entries = try await ada.everyEntry()
            #expect(entries.count == 8)
            let amounts = entries.filter { $0.written("transactionDate") == "2026-03-01" }.compactMap {
                $0.written("amount")
            }
            #expect(amounts.sorted() == ["1.00", "1.00", "3.33", "3.33", "5.67", "5.67"])
            let parts = try await app.count(
                "SELECT count(*) FROM entries WHERE split_of IS NOT NULL AND fingerprint IS NULL")
            #expect(parts == 4)
            let orphans = try await app.count(
                """
                SELECT count(*) FROM entries p WHERE p.split_of IS NOT NULL AND NOT EXISTS (
                    SELECT FROM entries f WHERE f.book_id = p.book_id AND f.id = p.split_of AND f.fingerprint IS NOT NULL)
                """)
            #expect(orphans == 0)
            #expect(try await ada.upload(file).data["duplicates"]?.int == 4)
            #expect(try await ada.everyEntry().count == 8)
            try await app.expectTotalsToAgree()
            // A part that was changed keeps the other parts of its payment, and those of no other.
            let part = try #require(entries.first { $0.written("amount") == "5.67" }?.written("id"))
            #expect(try await ada.put("/expenses/\(part)", #"{"notes":"mine","version":1}"#).status == 200)
            let undone = try await ada.send("DELETE", "/imports/\(first.data.written("id") ?? "")")
            #expect(undone.data["removed"]?.int == 5 && undone.data["kept"]?.int == 3, "\(undone.text)")
            try await app.expectTotalsToAgree()
            #expect(try await ada.upload(file).data["imported"]?.int == 3)
            #expect(try await ada.everyEntry().count == 8)
            try await app.expectTotalsToAgree()
        }
    }

    @Test func `pass over a category that is gone`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let own = CategoryID.new()
            _ = try await app.database.writer.run(
                """
                INSERT INTO categories (book_id, id, name, slug, icon, color, is_income, is_system)
                VALUES (\(ada.book), \(own), 'Mine', 'mine', 'x', '#000000', false, false)
                """)
            try await ada.rule(Self.rewe, #"{"categoryId":"\#(own)","notes":"by rule"}"#)
            _ = try await app.database.writer.run("DELETE FROM categories WHERE book_id = \(ada.book) AND id = \(own)")
            #expect(try await ada.upload("Date,Payee,Amount\n2026-03-01,Rewe,-3.00\n").data["imported"]?.int == 1)
            let entry = try #require(try await ada.everyEntry().first)
            #expect(entry.written("categorySlug") == "food" && entry.written("notes") == "by rule")
            let applied = try await ada.post("/rules/apply", "{}")
            #expect(applied.data["matched"]?.int == 1 && applied.data["changed"]?.int == 0)
        }
    }

    @Test func `are applied to entries that are there`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let gifts = try await ada.category("gifts")
            let lines = (1...30).map { "2026-0\($0 % 6 + 1)-10,\($0 % 3 == 0 ? "Rewe" : "Shop") \($0),-\($0).00\n" }
            #expect(try await ada.upload("Date,Payee,Amount\n" + lines.joined()).data["imported"]?.int == 30)
            let cancelled = try await ada.post("/expenses", #"{"amount":5,"merchant":"Rewe","status":"cancelled"}"#)
            #expect(cancelled.status == 201)
            let rule = try await ada.rule(Self.rewe, #"{"categoryId":"\#(gifts)","addTags":["t"],"notes":"n"}"#)
            let off = try await ada.rule(Self.anything, #"{"paymentMethod":"cash"}"#)
            #expect(try await ada.put("/rules/\(off)", #"{"isEnabled":false,"version":1}"#).status == 200)

            let dry = try await ada.post("/rules/apply", #"{"dryRun":true}"#)
            #expect(dry.data["matched"]?.int == 11 && dry.data["changed"]?.int == 11, "\(dry.text)")
            #expect(try await ada.everyEntry("/entries?category=gifts&limit=50").isEmpty)
            let some = try await ada.post(
                "/rules/apply", #"{"startDate":"2026-01-01","endDate":"2026-01-31","onlyUncategorised":true}"#)
            let food = try await ada.post("/rules/apply", #"{"onlyUncategorised":true}"#)
            #expect(some.data["changed"]?.int == 0 && food.data["changed"]?.int == 1, "words had sorted the others")
            let done = try await ada.post("/rules/apply", "{}")
            #expect(done.data["matched"]?.int == 11 && done.data["changed"]?.int == 10, "\(done.text)")
            try await app.expectTotalsToAgree()
            let changed = try await ada.everyEntry("/entries?category=gifts&limit=50")
            #expect(changed.count == 11)
            #expect(
                changed.allSatisfy {
                    $0["version"]?.int == 2 && $0.written("notes") == "n" && $0["tags"]?.array == [.string("t")]
                })
            #expect(changed.allSatisfy { $0["paymentMethod"]?.isNull == true })
            let again = try await ada.post("/rules/apply", "{}")
            #expect(again.data["matched"]?.int == 11 && again.data["changed"]?.int == 0)
            // A rule that is named acts, even when it is off.
            #expect(try await ada.post("/rules/apply", #"{"ids":["\#(off)"]}"#).data["changed"]?.int == 31)
            #expect(try await ada.post("/rules/apply", #"{"ids":["\#(rule)","x"]}"#).status == 400)
            try await app.expectTotalsToAgree()
        }
    }

    @Test func `are applied beside changes of the same entries without losing one`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let bob = try await app.add(try await app.person("bob"), to: ada, as: .admin)
            let gifts = try await ada.category("gifts")
            try await ada.rule(Self.anything, #"{"categoryId":"\#(gifts)"}"#)
            let lines = (1...60).map { "2026-0\($0 % 6 + 1)-10,Rewe \($0),-\($0).00\n" }
            #expect(try await ada.upload("Date,Payee,Amount\n" + lines.joined()).data["imported"]?.int == 0 + 60)
            _ = try await app.database.writer.run(
                "UPDATE entries SET category_id = (SELECT id FROM categories c WHERE c.book_id = entries.book_id AND slug = 'food')"
            )
            let entries = try await ada.everyEntry().compactMap { $0.written("id") }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for entry in entries.prefix(30) {
                    group.addTask {
                        let answer = try await bob.put("/expenses/\(entry)", #"{"amount":1000,"version":1}"#)
                        #expect([200, 409].contains(answer.status), "\(answer.text)")
                    }
                }
                group.addTask {
                    let answer = try await ada.post("/rules/apply", "{}")
                    #expect(answer.data["changed"]?.int == 60, "\(answer.text)")
                }
                try await group.waitForAll()
            }
            #expect(try await ada.everyEntry("/entries?category=gifts&limit=100").count == 60)
            try await app.expectTotalsToAgree()
        }
    }
}

@Suite(.tags(.http), .books) struct `Import profiles` {
    private static let file = "Datum;Wer;Text;Betrag\n03/04/2026;Rewe;Brot;-3,00\n05/06/2026;Lidl;Milch;-4,00\n"

    private func dates(_ answer: Answer) -> [String] {
        (answer.data["accounts"]?.array?.first?["transactions"]?.array ?? []).compactMap { $0.written("date") }
    }

    @Test func `are saved with an import, and recognised by the next file`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let american = "%7B%22dateOrder%22:%22mdy%22%7D"
            #expect(dates(try await ada.upload(Self.file, "?dryRun=true")) == ["2026-04-03", "2026-06-05"])
            let saved = try await ada.upload(Self.file, "?mapping=\(american)&saveProfile=My%20bank")
            #expect(saved.status == 201 && saved.data["imported"]?.int == 2, "\(saved.text)")
            let next = "Datum;Wer;Text;Betrag\n07/08/2026;Rewe;Brot;-3,00\n"
            let preview = try await ada.upload(next, "?dryRun=true")
            #expect(dates(preview) == ["2026-07-08"] && preview.data.written("profile") == "My bank")
            #expect(preview.data.written("signature") != nil)
            let imported = try await ada.upload(next)
            #expect(imported.data.written("profile") == "My bank")
            #expect(try await ada.everyEntry("/entries?startDate=2026-07-08&endDate=2026-07-08").count == 1)
            #expect(try await ada.get("/imports?limit=1").items.first?.written("profile") == "My bank")
            // Saved again under the same name, it takes the place of the first.
            #expect(try await ada.upload(next, "?saveProfile=My%20bank").status == 201)
            let profiles = try await ada.get("/import-profiles").items
            #expect(profiles.count == 1 && profiles.first?["version"]?.int == 2)
            // Nobody else's files are read with it.
            #expect(dates(try await app.person("zoe").upload(next, "?dryRun=true")) == ["2026-08-07"])
        }
    }

    @Test func `are at most two hundred, also when many are added at once`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            _ = try await app.database.writer.run(
                """
                INSERT INTO import_profiles (book_id, id, name, mapping, created_by)
                SELECT \(ada.book), gen_random_uuid(), 'p' || n, '{}', \(ada.user)
                FROM generate_series(1, \(ImportProfile.maximumCount - 2)) n
                """)
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<12 {
                    group.addTask { try await ada.post("/import-profiles", #"{"name":"q\#(number)"}"#).status }
                }
                var statuses: [Int: Int] = [:]
                for try await status in group { statuses[status, default: 0] += 1 }
                #expect(statuses == [201: 2, 422: 10])
            }
        }
    }

    @Test func `are stored, changed and asked for by name`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let created = try await ada.post(
                "/import-profiles",
                #"{"name":"US","mapping":{"dateOrder":"mdy","payee":1,"outgoingWords":["Uit"],"moreMemo":[2],"headerLines":1,"dateFormat":"MM/dd/yyyy"}}"#
            )
            try #require(created.status == 201, "\(created.text)")
            let id = try #require(created.data.written("id"))
            #expect(created.data["mapping"]?.written("dateFormat") == "MM/dd/yyyy")
            #expect(try await ada.get("/import-profiles/\(id)").data == created.data)
            #expect(try await ada.post("/import-profiles", #"{"name":"US"}"#).code == "PROFILE_EXISTS")
            for wrong in [
                #"{"name":"x","mapping":7}"#, #"{"name":"x","mapping":{"dateOrder":"x"}}"#, #"{"mapping":{}}"#,
                #"{"name":"x","currency":"Euro"}"#, #"{"name":"x","mapping":{"dateFormat":"yyyy"}}"#,
                #"{"name":"x","mapping":{"moreMemo":[-1]}}"#,
            ] {
                #expect(try await ada.post("/import-profiles", wrong).status == 400, "\(wrong)")
            }
            for name in ["US", id] {
                #expect(
                    dates(try await ada.upload(Self.file, "?dryRun=true&profile=\(name)")) == [
                        "2026-03-04", "2026-05-06",
                    ])
            }
            #expect(try await ada.upload(Self.file, "?dryRun=true&profile=other").status == 400)
            #expect(try await ada.upload(Self.file, "?profile=other").status == 400)
            let other = try await ada.post("/import-profiles", #"{"name":"UK","signature":"s","currency":"gbp"}"#)
            #expect(other.data.written("currency") == "GBP" && other.data.written("signature") == "s")
            #expect(try await ada.put("/import-profiles/\(id)", #"{"name":"UK","version":1}"#).code == "PROFILE_EXISTS")
            let changed = try await ada.put("/import-profiles/\(id)", #"{"mapping":{"dateOrder":"dmy"},"version":1}"#)
            #expect(changed.status == 200 && changed.data["version"]?.int == 2 && changed.data.written("name") == "US")
            #expect(try await ada.put("/import-profiles/\(id)", #"{"name":"x","version":1}"#).code == "STALE_VERSION")
            let zoe = try await app.person("zoe")
            #expect(try await zoe.get("/import-profiles/\(id)").status == 404)
            #expect(try await zoe.send("DELETE", "/import-profiles/\(id)").status == 404)
            #expect(try await ada.send("DELETE", "/import-profiles/\(id)").status == 204)
            #expect(try await ada.get("/import-profiles").items.count == 1)
        }
    }
}
