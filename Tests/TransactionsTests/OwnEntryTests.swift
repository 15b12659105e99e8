import Base
import Database
import HTTP
import JSON
import TestSupport
import Testing

@testable import Transactions

@Suite(.tags(.http), .books) struct `In a shared book` {
    private func cast(_ app: TestApp) async throws -> (ada: Person, max: Person) {
        let ada = try await app.ada
        return (ada, try await app.add(try await app.person("max"), to: ada, as: .member))
    }

    private func entry(_ person: Person, _ merchant: String = "Rewe") async throws -> String {
        let answer = try await person.post("/expenses", #"{"amount":5,"merchantName":"\#(merchant)"}"#)
        return try #require(answer.data.written("id"), "\(answer.text)")
    }

    @Test func `a member changes what they have recorded, and nothing of others'`() async throws {
        try await TestApp.run { app in
            let (ada, max) = try await cast(app)
            let (hers, his) = (try await entry(ada), try await entry(max))
            #expect(try await max.put("/expenses/\(hers)", #"{"amount":1,"version":1}"#).code == "NOT_YOUR_ENTRY")
            #expect(try await max.send("DELETE", "/expenses/\(hers)").code == "NOT_YOUR_ENTRY")
            #expect(try await max.post("/entries/\(hers)/not-duplicate", "{}").code == "NOT_YOUR_ENTRY")
            #expect(try await ada.send("DELETE", "/expenses/\(hers)").status == 204)
            #expect(try await max.send("PATCH", "/expenses/\(hers)/restore").code == "NOT_YOUR_ENTRY")
            #expect(try await max.send("DELETE", "/expenses/\(EntryID.new())").status == 404)
            #expect(try await max.put("/expenses/\(his)", #"{"amount":1,"version":1}"#).status == 200)
            #expect(try await max.send("DELETE", "/expenses/\(his)").status == 204)
            #expect(try await max.send("PATCH", "/expenses/\(his)/restore").status == 200)
            #expect(try await ada.put("/expenses/\(his)", #"{"amount":2,"version":4}"#).status == 200, "the owner may")
            #expect(try await ada.send("PATCH", "/expenses/\(hers)/restore").status == 200)
            try await app.expectTotalsToAgree()
        }
    }

    @Test func `many at once are each looked at`() async throws {
        try await TestApp.run { app in
            let (ada, max) = try await cast(app)
            let (hers, his, none) = (try await entry(ada), try await entry(max), EntryID.new().description)
            let ids = #""ids":["\#(hers)","\#(his)","\#(none)"]"#
            func codes(_ answer: Answer) -> [String?] {
                (answer.data["results"]?.array ?? []).map { $0["error"]?["code"]?.string }
            }
            let changed = try await max.put("/entries/bulk", "{\(ids),\"changes\":{\"merchantName\":\"Aldi\"}}")
            #expect(codes(changed) == ["NOT_YOUR_ENTRY", nil, "NOT_FOUND"], "\(changed.text)")
            let deleted = try await max.send("DELETE", "/entries/bulk", "{\(ids)}")
            #expect(codes(deleted) == ["NOT_YOUR_ENTRY", nil, "NOT_FOUND"], "\(deleted.text)")
            #expect(try await ada.get("/expenses/\(hers)").data.written("merchantName") == "Rewe")
            let restored = try await max.post("/entries/bulk/restore", "{\(ids)}")
            #expect(codes(restored) == ["NOT_FOUND", nil, "NOT_FOUND"], "\(restored.text)")
            let all = try await ada.send("DELETE", "/entries/bulk", "{\(ids)}")
            #expect(codes(all) == [nil, nil, "NOT_FOUND"])
            #expect(
                codes(try await max.post("/entries/bulk/restore", "{\(ids)}")) == ["NOT_YOUR_ENTRY", nil, "NOT_FOUND"])
        }
    }

    @Test func `a member undoes their own import, and not another's`() async throws {
        try await TestApp.run { app in
            let (ada, max) = try await cast(app)
            let hers = try await ada.upload("Date,Payee,Amount\n2026-03-01,Rewe,-3\n").data.written("id")
            let his = try await max.upload("Date,Payee,Amount\n2026-03-02,Aldi,-4\n").data.written("id")
            #expect(try await max.send("DELETE", "/imports/\(hers ?? "")").code == "NOT_YOUR_IMPORT")
            #expect(try await max.send("DELETE", "/imports/\(his ?? "")").data.written("removed") == "1")
            #expect(try await ada.send("DELETE", "/imports/\(hers ?? "")").data.written("removed") == "1")
        }
    }

    @Test func `a member names a new category in an entry of their own, and does not change the book's`() async throws {
        try await TestApp.run { app in
            let (_, max) = try await cast(app)
            let made = try await max.post("/expenses", #"{"amount":1,"category":"Boats"}"#)
            #expect(made.status == 201 && made.data.written("categoryName") == "Boats", "\(made.text)")
            let id = made.data.written("categoryId") ?? ""
            for (method, path, body) in [
                ("POST", "/categories", #"{"name":"Cars"}"#),
                ("PUT", "/categories/\(id)", #"{"name":"Cars","version":1}"#),
                ("DELETE", "/categories/\(id)", nil), ("POST", "/payment-methods", #"{"name":"Card"}"#),
                ("POST", "/rules", "{}"), ("POST", "/rules/apply", "{}"),
            ] as [(String, String, String?)] {
                let answer = try await max.send(method, path, body)
                #expect(answer.status == 403 && answer.code == "INSUFFICIENT_PERMISSIONS", "\(method) \(path)")
            }
        }
    }
}

@Suite(.tags(.http), .books) struct `The book of a request` {
    @Test func `is named by header, query or body, and by one of them`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let home = try await app.household(ada)
            let id = home.book
            func books() async throws -> [String] {
                try await app.database.query("SELECT book_id::text FROM entries ORDER BY created_at, id").map {
                    try $0.get(0)
                }
            }
            #expect(try await ada.post("/expenses?householdId=\(id)", #"{"amount":1}"#).status == 201)
            #expect(try await ada.post("/expenses?bookId=\(id)", #"{"amount":1}"#).status == 201)
            #expect(try await ada.post("/expenses", #"{"amount":1,"householdId":"\#(id)"}"#).status == 201)
            #expect(try await home.post("/expenses", #"{"amount":1,"householdId":"\#(id)"}"#).status == 201)
            #expect(try await books() == Array(repeating: "\(id)", count: 4))
            #expect(try await ada.post("/expenses", #"{"amount":1,"notes":"\"householdId\":"}"#).status == 201)
            #expect(try await ada.get("/expenses?householdId=\(id)&page=1").json["meta"]?["total"]?.int == 4)
            #expect(try await ada.get("/expenses?page=1").json["meta"]?["total"]?.int == 1)
            let twice = try await home.post("/expenses", #"{"amount":1,"householdId":"\#(ada.book)"}"#)
            #expect(twice.status == 400 && twice.code == "BOOK_AMBIGUOUS")
            #expect(try await ada.get("/expenses?householdId=\(id)&bookId=\(ada.book)").code == "BOOK_AMBIGUOUS")
        }
    }

    @Test func `is not there for a stranger, however it is named`() async throws {
        try await TestApp.run { app in
            let home = try await app.household(try await app.ada)
            let zoe = try await app.person("zoe")
            for name in [home.book.description, BookID.new().description, "no-id"] {
                #expect(try await zoe.get("/expenses?householdId=\(name)").status == 404)
                #expect(try await zoe.post("/expenses", #"{"amount":1,"householdId":"\#(name)"}"#).status == 404)
                #expect(
                    try await zoe.send("GET", "/expenses", fields: [("X-Book", name)]).status == 404)
            }
            #expect(try await zoe.post("/expenses", #"{"amount":1,"householdId":"#).status == 400, "no JSON")
            #expect(try await app.count("SELECT count(*) FROM entries") == 0)
        }
    }
}
