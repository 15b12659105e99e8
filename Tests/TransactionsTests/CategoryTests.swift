import Base
import Database
import HTTP
import JSON
import TestSupport
import Testing

@testable import Categories
@testable import Transactions

@Suite(.tags(.rules)) struct `A category's name and colour` {
    @Test(arguments: [
        ("Café & Bar", "cafe-and-bar"), ("  Straße 5 ", "strasse-5"), ("Łódź", "lodz"), ("ÆØÅ", "aeoa"),
        ("食費", "category"), ("--", "category"), ("a--b", "a-b"), ("İstanbul", "istanbul"),
        (String(repeating: "x", count: 100), String(repeating: "x", count: 60)),
    ]) func `become a slug`(name: String, slug: String) {
        #expect(Category.slug(for: name) == slug)
    }

    @Test func `become a slug that the table takes, whatever the name`() {
        var random = SeededGenerator(seed: 4)
        for _ in 0..<2000 {
            let name = String(
                (0..<Int.random(in: 1...12, using: &random)).map { _ in
                    Character(Unicode.Scalar(UInt32.random(in: 32...0x2FF, using: &random)) ?? "x")
                })
            let slug = Category.slug(for: name)
            #expect(slug.wholeMatch(of: /[a-z0-9]+(-[a-z0-9]+)*/) != nil, "\(name): \(slug)")
        }
    }

    @Test(arguments: [
        ("#4F6BED", "#4f6bed"), ("#abc", "#aabbcc"), ("red", nil), ("#12345", nil), ("#gggggg", nil), ("", nil),
        ("4f6bed", nil), ("#４f6bed", nil),
    ]) func `are read strictly`(text: String, color: String?) {
        #expect(Category.color(text) == color)
        #expect(Category.color(Category.defaultColor(for: text)) != nil)
    }
}

@Suite(.tags(.rules)) struct `A tree of categories` {
    private func category(_ id: CategoryID, _ parent: CategoryID?, isIncome: Bool = false) -> Category {
        Category(
            id: id, parent: parent, name: "\(id)", slug: "s", icon: "i", color: "#000000", isIncome: isIncome,
            isSystem: false, sortOrder: 0, version: 1)
    }

    /// Random moves, each against a walk that shares no line with the code under test.
    @Test(arguments: [1, 2, 3] as [UInt64]) func `never has a cycle, and never gets too deep`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let ids = (0..<20).map { _ in CategoryID.new() }
        var parents: [CategoryID: CategoryID] = [:]
        func path(_ id: CategoryID) -> [CategoryID] {
            var path = [id]
            while let parent = path.last.flatMap({ parents[$0] }) { path.append(parent) }
            return path
        }
        var (moved, refused) = (0, 0)
        for _ in 0..<400 {
            guard let id = ids.randomElement(using: &random), let above = ids.randomElement(using: &random) else {
                return
            }
            let tree = CategoryTree(ids.map { category($0, parents[$0]) })
            let levelsBelow = ids.filter { path($0).contains(id) }.map { path($0).firstIndex(of: id) ?? 0 }.max() ?? 0
            let isAllowed = !path(above).contains(id) && path(above).count + 1 + levelsBelow <= Category.maximumDepth
            do {
                try tree.check(category(id, above))
                #expect(isAllowed)
                parents[id] = above
                moved += 1
            } catch {
                #expect(!isAllowed)
                refused += 1
                if Int.random(in: 0..<4, using: &random) == 0 { parents[id] = nil }
            }
            #expect(ids.allSatisfy { path($0).count <= Category.maximumDepth })
        }
        #expect(moved > 50 && refused > 50)
    }

    @Test func `has one kind in each`() throws {
        let (top, child) = (CategoryID.new(), CategoryID.new())
        let tree = CategoryTree([category(top, nil), category(child, top)])
        #expect(throws: Refusal.otherKindOfParent) { try tree.check(category(child, top, isIncome: true)) }
        #expect(throws: Refusal.otherKindOfParent) { try tree.check(category(top, nil, isIncome: true)) }
    }
}

@Suite(.tags(.http), .books) struct `The categories of a book` {
    private func make(_ person: Person, _ body: String) async throws -> JSONValue {
        let answer = try await person.post("/categories", body)
        try #require(answer.status == 201, "\(answer.text)")
        return answer.data
    }

    @Test func `are made, found by id, slug and name, changed and deleted`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let made = try await make(ada, ##"{"name":"Café & Bar","color":"#ABC","parentCategoryId":"food"}"##)
            #expect(made.written("slug") == "cafe-and-bar" && made.written("color") == "#aabbcc")
            #expect(made["isSystem"]?.bool == false && made["isIncome"]?.bool == false)
            let food = try await ada.get("/categories/food").data
            #expect(made.written("parentCategoryId") == food.written("id") && made.written("icon") == "food")
            let id = try #require(made.written("id"))
            for reference in [id, "cafe-and-bar", "CAFE-AND-BAR", "caf%C3%A9%20%26%20bar"] {
                #expect(try await ada.get("/categories/\(reference)").data == made, "\(reference)")
            }
            let changed = try await ada.put(
                "/categories/cafe-and-bar", #"{"name":"Pubs","parentCategoryId":null,"sortOrder":3,"version":1}"#)
            #expect(changed.status == 200 && changed.data.written("slug") == "pubs" && changed["etag"] == "\"2\"")
            #expect(changed.data["parentCategoryId"]?.isNull == true && changed.data["sortOrder"]?.int == 3)
            #expect(try await ada.get("/categories/cafe-and-bar").status == 404)
            #expect(try await ada.put("/categories/pubs", #"{"name":"X","version":1}"#).code == "STALE_VERSION")
            #expect(try await ada.put("/categories/pubs", #"{"name":"X"}"#).problems == ["version"])
            #expect(try await ada.send("DELETE", "/categories/pubs").status == 204)
            #expect(try await ada.send("DELETE", "/categories/\(id)").status == 404)
            let names = try await app.database.query("SELECT name FROM outbox WHERE name LIKE 'category.%' ORDER BY id")
            #expect(
                try names.map { try $0.get(0, as: String.self) } == [
                    "category.created", "category.updated", "category.deleted",
                ])
        }
    }

    @Test func `of one parent have names of their own`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            _ = try await make(ada, #"{"name":"Pets"}"#)
            for name in ["Pets", "PETS", " pets "] {
                let answer = try await ada.post("/categories", #"{"name":"\#(name)"}"#)
                #expect(answer.status == 409 && answer.code == "CATEGORY_EXISTS" && answer.problems == ["name"])
            }
            let below = try await make(ada, #"{"name":"Pets","parentCategoryId":"travel"}"#)
            #expect(below.written("slug") == "pets-2")
            let version = below.written("version") ?? ""
            #expect(
                try await ada.put("/categories/pets-2", #"{"parentCategoryId":null,"version":\#(version)}"#).code
                    == "CATEGORY_EXISTS")
            let income = try await make(ada, #"{"name":"Pets","isIncome":true}"#)
            #expect(income["isIncome"]?.bool == true)
            // The name alone is that of the first at the top.
            #expect(try await ada.get("/categories/pets").data["isIncome"]?.bool == false)
            let entry = try await ada.post("/incomes", #"{"amount":1,"category":"Pets"}"#).data
            #expect(entry.written("categoryId") == income.written("id"))
        }
    }

    @Test func `at once by ten of one name are one`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<10 { group.addTask { try await ada.post("/categories", #"{"name":"Pets"}"#).status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.sorted() == [201] + Array(repeating: 409, count: 9))
        }
    }

    @Test func `go five levels deep, without cycles, also when two are moved at once`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            var parent = "travel"
            for level in 2...5 {
                let answer = try await ada.post("/categories/\(parent)/subcategories", #"{"name":"L\#(level)"}"#)
                try #require(answer.status == 201)
                parent = answer.data.written("id") ?? ""
            }
            #expect(
                try await ada.post("/categories/\(parent)/subcategories", #"{"name":"L6"}"#).problems
                    == ["parentCategoryId"])
            #expect(
                try await ada.put("/categories/l2", #"{"parentCategoryId":"l5","version":1}"#).problems
                    == ["parentCategoryId"])
            #expect(
                try await ada.put("/categories/l2", #"{"parentCategoryId":"l2","version":1}"#).problems
                    == ["parentCategoryId"])
            #expect(
                try await ada.post("/categories/l2/subcategories", #"{"name":"In","isIncome":true}"#).status == 400)
            #expect(try await ada.post("/categories/nothing/subcategories", #"{"name":"In"}"#).status == 404)
            for round in 0..<6 {
                let a = try #require(try await make(ada, #"{"name":"a\#(round)"}"#).written("id"))
                let b = try #require(try await make(ada, #"{"name":"b\#(round)"}"#).written("id"))
                async let one = ada.put("/categories/\(a)", #"{"parentCategoryId":"\#(b)","version":1}"#)
                async let other = ada.put("/categories/\(b)", #"{"parentCategoryId":"\#(a)","version":1}"#)
                #expect(try await [one.status, other.status].sorted() == [200, 400])
            }
        }
    }

    @Test func `of the system can be ordered, and not changed or deleted`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            for change in [
                #""name":"X""#, #""icon":"x""#, ##""color":"#000000""##, #""isIncome":true"#,
                #""parentCategoryId":"travel""#,
            ] {
                let answer = try await ada.put("/categories/food", #"{\#(change),"version":1}"#)
                #expect(answer.status == 403 && answer.code == "SYSTEM_CATEGORY")
            }
            #expect(try await ada.put("/categories/food", #"{"name":"Food","sortOrder":7,"version":1}"#).status == 200)
            let deleted = try await ada.send("DELETE", "/categories/food?reassignTo=travel")
            #expect(deleted.status == 403 && deleted.code == "SYSTEM_CATEGORY")
        }
    }

    @Test func `in use go only with their entries to another, and the sums go along`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let pets = try #require(
                try await make(ada, #"{"name":"Pets","parentCategoryId":"shopping"}"#).written("id"))
            let dogs = try #require(
                try await ada.post("/categories/\(pets)/subcategories", #"{"name":"Dogs"}"#).data.written("id"))
            var ids: [String] = []
            for (amount, status) in [
                ("1.10", "completed"), ("2.20", "pending"), ("3.30", "cancelled"), ("4.40", "completed"),
            ] {
                let answer = try await ada.post(
                    "/expenses",
                    #"{"amount":\#(amount),"categoryId":"pets","status":"\#(status)","date":"2026-0\#(ids.count + 1)-03"}"#
                )
                ids.append(try #require(answer.data.written("id")))
            }
            #expect(try await ada.send("DELETE", "/expenses/\(ids[3])").status == 204)
            let refused = try await ada.send("DELETE", "/categories/pets")
            #expect(refused.status == 409 && refused.code == "CATEGORY_IN_USE")
            for target in ["nothing", "pets", "salary"] {
                #expect(
                    try await ada.send("DELETE", "/categories/pets?reassignTo=\(target)").problems == ["reassignTo"])
            }
            #expect(try await ada.send("DELETE", "/categories/pets?reassignTo=travel").status == 204)
            try await app.expectTotalsToAgree()
            let moved = try await ada.get("/expenses?category=travel").items
            #expect(moved.count == 3 && moved.allSatisfy { $0.written("version") == "2" })
            let history = try #require(try await ada.get("/expenses/\(ids[0])").data["history"]?.array?.first)
            #expect(history["changes"]?.array?.first?.written("to") == "Travel")
            let restored = try await ada.send("PATCH", "/expenses/\(ids[3])/restore")
            #expect(restored.data.written("categorySlug") == "travel")
            let shopping = try #require(try await ada.get("/categories/shopping").data.written("id"))
            #expect(try await ada.get("/categories/\(dogs)").data.written("parentCategoryId") == shopping)
            try await app.expectTotalsToAgree()
        }
    }

    @Test func `with nothing but trash in them leave it to their parent`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            for (body, expected) in [
                (#"{"name":"A","parentCategoryId":"travel"}"#, "travel"), (#"{"name":"A"}"#, "miscellaneous"),
            ] {
                _ = try await make(ada, body)
                let id = try #require(
                    try await ada.post("/expenses", #"{"amount":1,"categoryId":"a"}"#).data.written("id"))
                #expect(try await ada.send("DELETE", "/expenses/\(id)").status == 204)
                #expect(try await ada.send("DELETE", "/categories/a").status == 204)
                #expect(
                    try await ada.send("PATCH", "/expenses/\(id)/restore").data.written("categorySlug") == expected)
            }
            try await app.expectTotalsToAgree()
        }
    }

    @Test func `that are deleted while entries come in lose none`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            for round in 0..<5 {
                _ = try await make(ada, #"{"name":"Gone"}"#)
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for number in 0..<12 {
                        group.addTask {
                            number == 6
                                ? try await ada.send("DELETE", "/categories/gone?reassignTo=travel").status
                                : try await ada.post("/expenses", #"{"amount":1,"categoryId":"gone"}"#).status
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(statuses.allSatisfy { [201, 204, 400].contains($0) }, "\(round): \(statuses)")
                #expect(statuses.contains(204))
            }
            try await app.expectTotalsToAgree()
        }
    }

    @Test func `are everybody's in the book but a viewer's to change, and nobody else's`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let viewer = try await app.add(try await app.person("vera"), to: ada, as: .viewer)
            let member = try await app.add(try await app.person("ben"), to: ada, as: .admin)
            let id = try #require(try await make(member, #"{"name":"Pets"}"#).written("id"))
            #expect(try await viewer.get("/categories/pets").status == 200)
            #expect(try await viewer.get("/categories/tree").status == 200)
            #expect(try await viewer.post("/categories", #"{"name":"X"}"#).status == 403)
            #expect(try await viewer.post("/categories/pets/subcategories", #"{"name":"X"}"#).status == 403)
            #expect(try await viewer.put("/categories/pets", #"{"name":"X","version":1}"#).status == 403)
            #expect(try await viewer.send("DELETE", "/categories/pets").status == 403)
            let zoe = try await app.person("zoe")
            #expect(try await zoe.get("/categories/\(id)").status == 404)
            #expect(try await zoe.get("/categories/\(id)/stats").status == 404)
            #expect(try await zoe.get("/categories/\(id)/expenses").status == 404)
            #expect(try await zoe.put("/categories/\(id)", #"{"name":"X","version":1}"#).status == 404)
            #expect(try await zoe.send("DELETE", "/categories/\(id)").status == 404)
            #expect(
                try await zoe.post("/categories", #"{"name":"X","parentCategoryId":"\#(id)"}"#).problems == [
                    "parentCategoryId"
                ])
            let own = try #require(try await make(zoe, #"{"name":"Own"}"#).written("id"))
            #expect(try await zoe.send("DELETE", "/categories/\(own)?reassignTo=\(id)").problems == ["reassignTo"])
        }
    }

    @Test func `are made once under an Idempotency-Key`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let first = try await ada.post("/categories", #"{"name":"Pets"}"#, fields: [("Idempotency-Key", "k")])
            let again = try await ada.post("/categories", #"{"name":"Pets"}"#, fields: [("Idempotency-Key", "k")])
            #expect(first.status == 201 && again.status == 201 && first.data == again.data)
        }
    }

    @Test(arguments: [
        ("{}", "name"), (#"{"name":""}"#, "name"), (#"{"name":"  "}"#, "name"), (#"{"name":7}"#, "name"),
        (#"{"name":"a\u0001b"}"#, "name"), (#"{"name":"x","color":"red"}"#, "color"),
        (#"{"name":"x","isIncome":"yes"}"#, "isIncome"), (#"{"name":"x","sortOrder":99999999}"#, "sortOrder"),
        (#"{"name":"x","parentCategoryId":"nothing"}"#, "parentCategoryId"),
    ]) func `name the field that is wrong`(body: String, field: String) async throws {
        try await TestApp.run { app in
            let answer = try await (try await app.ada).post("/categories", body)
            #expect(answer.status == 400 && answer.problems == [field], "\(answer.text)")
        }
    }

    @Test func `that an entry names are made when they are not there`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let first = try await ada.post("/expenses", #"{"amount":1,"category":"Bees"}"#)
            #expect(first.status == 201 && first.data.written("categorySlug") == "bees")
            let second = try await ada.post("/expenses", #"{"amount":1,"category":"bees"}"#)
            #expect(second.data.written("categoryId") == first.data.written("categoryId"))
            let id = try #require(first.data.written("id"))
            let moved = try await ada.put("/expenses/\(id)", #"{"category":"Ants","version":1}"#)
            #expect(moved.data.written("categorySlug") == "ants")
            #expect(try await ada.post("/expenses", #"{"amount":1,"categoryId":"Wasps"}"#).problems == ["categoryId"])
            #expect(
                try await ada.post("/expenses", #"{"amount":1,"category":"\#(CategoryID.new())"}"#).problems == [
                    "categoryId"
                ])
            #expect(try await ada.post("/expenses", #"{"amount":-1,"category":"Wasps"}"#).status == 400)
            #expect(try await ada.get("/categories/wasps").status == 404)
            let keyed = try await ada.post(
                "/incomes", #"{"amount":1,"category":"Honey"}"#, fields: [("Idempotency-Key", "k")])
            #expect(keyed.status == 201)
            #expect(try await ada.get("/categories/honey").data["isIncome"]?.bool == true)
            let viewer = try await app.add(try await app.person("vera"), to: ada, as: .viewer)
            #expect(try await viewer.post("/expenses", #"{"amount":1,"category":"Flies"}"#).status == 403)
            try await app.expectTotalsToAgree()
        }
    }

    @Test func `show their tree and what is in them`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            _ = try await ada.post("/categories/food/subcategories", #"{"name":"Snacks"}"#)
            for (slug, amount, date) in [
                ("food", "10.00", "2026-03-01"), ("food", "20.01", "2026-04-30"), ("snacks", "5.00", "2026-04-01"),
                ("travel", "64.99", "2026-04-02"), ("food", "7.00", "2026-05-01"),
            ] {
                _ = try await ada.post("/expenses", #"{"amount":\#(amount),"categoryId":"\#(slug)","date":"\#(date)"}"#)
            }
            let tree = try await ada.get("/categories/tree").items
            let food = try #require(tree.first { $0.written("slug") == "food" })
            #expect(food["entryCount"]?.int == 3)
            #expect(food["children"]?.array?.map { $0["entryCount"]?.int } == [1])
            #expect(!tree.contains { $0.written("slug") == "snacks" })
            let stats = try await ada.get("/categories/food/stats?startDate=2026-03-01&endDate=2026-04-30").data
            #expect(
                stats["count"]?.int == 2 && stats.written("total") == "30.01" && stats.written("average") == "15.00")
            #expect(
                stats.written("min") == "10.00" && stats.written("max") == "20.01" && stats.written("share") == "30.01")
            #expect(stats.written("totalWithSubcategories") == "35.01" && stats["countWithSubcategories"]?.int == 3)
            #expect(
                stats["byMonth"]?.array?.map { "\($0.written("month") ?? "") \($0.written("total") ?? "")" } == [
                    "2026-03 10.00", "2026-04 20.01",
                ])
            #expect(stats["subcategories"]?.array?.first?.written("total") == "5.00")
            #expect(try await ada.get("/categories/food/expenses").items.count == 4)
            #expect(try await ada.get("/categories/food/expenses?subcategories=false").items.count == 3)
            #expect(try await ada.get("/expenses?category=food&subcategories=true").items.count == 4)
            #expect(try await ada.get("/categories/food/expenses?startDate=2026-04-01&limit=1").items.count == 1)
            // What came in is no part of what was spent.
            for (slug, amount) in [("food", "1000"), ("snacks", "2000")] {
                let id = try #require(
                    try await ada.get("/categories").items.first { $0.written("slug") == slug }?.written("id"))
                let income = try await ada.post(
                    "/incomes", #"{"amount":\#(amount),"categoryId":"\#(id)","date":"2026-04-03"}"#)
                #expect(income.status == 201)
            }
            #expect(
                try await ada.get("/categories/food/stats?startDate=2026-03-01&endDate=2026-04-30").data == stats)
        }
    }
}

@Suite(.tags(.http), .books) struct `A name of one letter with many accents` {
    @Test func `is as long as its code points, and refused rather than broken`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            func name(_ accents: Int) -> String {
                "{\"name\":\"a" + String(repeating: "\u{301}", count: accents) + "\"}"
            }
            #expect(try await ada.post("/categories", name(99)).status == 201)
            for accents in [100, 101, 398, 400] {
                let refused = try await ada.post("/categories", name(accents))
                #expect(refused.status == 400, "\(accents)")
            }
            let book = try await ada.get("/books/\(ada.book)")
            let version = try #require(book.data["version"]?.int)
            let renamed = try await ada.put(
                "/books/\(ada.book)", name(100).dropLast() + ",\"version\":\(version)}")
            #expect(renamed.status == 400)
            #expect(try await ada.post("/payment-methods", name(50)).status == 400)
            #expect(try await ada.post("/rules", name(100)).status == 400)
            let entry = """
                {"amount":1,"transactionDate":"2026-01-01","category":"a\(String(repeating: "\u{301}", count: 100))"}
                """
            #expect(try await ada.post("/expenses", entry).status == 400)
        }
    }
}
