import Base
import Books
import Database
import HTTP
import JSON
import TestSupport
import Testing

@Suite(.tags(.http), .books) struct `A household` {
    @Test func `is opened, listed, changed and archived`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let made = try await ada.send(
                "POST", "/households", #"{"name":"Home","currency":"CHF"}"#, fields: [("Idempotency-Key", "h")])
            #expect(made.status == 201 && made.data.written("currency") == "CHF", "\(made.text)")
            #expect(made.data.written("ownerId") == "\(ada.user)")
            let id = try #require(made.data.written("id"))
            let again = try await ada.send(
                "POST", "/households", #"{"name":"Home","currency":"CHF"}"#, fields: [("Idempotency-Key", "h")])
            #expect(again.data.written("id") == id)
            #expect(try await ada.get("/households").items.compactMap { $0.written("id") } == [id])
            let whole = try await ada.get("/households/\(id)")
            #expect(whole.data["members"]?.array?.map { $0.written("role") } == ["owner"])
            #expect(try await ada.put("/households/\(id)", #"{"name":"House"}"#).data.written("name") == "House")
            #expect(try await ada.put("/households/\(id)", #"{"name":"X","version":1}"#).code == "STALE_VERSION")
            #expect(try await ada.put("/households/\(id)", #"{"currency":"Franken"}"#).problems == ["currency"])
            #expect(try await ada.send("DELETE", "/households/\(id)").status == 204)
            #expect(try await ada.get("/households").items.isEmpty)
            #expect(try await ada.get("/households/\(id)").status == 200, "it is archived, not gone")
        }
    }

    @Test func `is a household: another kind of book is not there`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let shop = try await app.household(ada, "Shop", kind: "business")
            for book in [ada.book, shop.book] {
                #expect(try await ada.get("/households/\(book)").status == 404)
                #expect(try await ada.put("/households/\(book)", #"{"name":"X"}"#).status == 404)
                #expect(try await ada.send("DELETE", "/households/\(book)").status == 404)
                #expect(try await ada.post("/households/\(book)/members", #"{"email":"x@example.org"}"#).status == 404)
                #expect(try await ada.get("/households/\(book)/expenses").status == 404)
                #expect(
                    try await ada.send("PATCH", "/households/\(book)/members/\(ada.user)/role", #"{"role":"viewer"}"#)
                        .status == 404)
                #expect(try await ada.send("DELETE", "/households/\(book)/members/\(ada.user)").status == 404)
            }
            #expect(try await ada.get("/households").items.isEmpty)
        }
    }

    @Test func `has members, who are invited, change their role and go`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let home = try await app.household(ada)
            let path = "/households/\(home.book)"
            let max = try await app.add(try await app.person("max"), to: home, as: .member)
            #expect(try await ada.post(path + "/members", #"{"email":"zoe@example.org"}"#).status == 201)
            #expect(try await app.letters(to: "zoe@example.org").count == 1)
            #expect(try await ada.post(path + "/members", "{}").problems == ["email"])
            #expect(try await max.post(path + "/members", #"{"email":"x@example.org"}"#).status == 403)
            let role = path + "/members/\(max.user)/role"
            #expect(try await ada.send("PATCH", role, #"{"role":"viewer"}"#).data.written("role") == "viewer")
            #expect(try await ada.send("PATCH", role, "{}").problems == ["role"])
            #expect(try await max.send("PATCH", role, #"{"role":"admin"}"#).status == 403)
            _ = try await home.post("/expenses", #"{"amount":3,"merchant":"Rewe"}"#)
            _ = try await home.post("/incomes", #"{"amount":4}"#)
            #expect(
                try await max.get(path + "/expenses?limit=5").items.compactMap { $0.written("merchantName") } == [
                    "Rewe"
                ])
            #expect(try await max.send("DELETE", path + "/members/\(max.user)").status == 204)
            #expect(try await max.get(path + "/expenses").status == 404)
            #expect(try await app.person("zoe").get(path).status == 404)
        }
    }

    @Test func `invites by id only whom the inviter manages elsewhere`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let home = try await app.household(ada)
            let club = try await app.household(try await app.person("ben"), "Club")
            let max = try await app.person("max")
            _ = try await app.add(max, to: club, as: .member)
            _ = try await app.add(ada, to: club, as: .member)
            let body = #"{"userId":"\#(max.user)","role":"viewer"}"#
            let path = "/households/\(home.book)/members"
            #expect(try await ada.post(path, body).status == 404, "she does not see his address")
            _ = try await app.database.writer.query(
                "UPDATE book_members SET role = 'admin' WHERE book_id = \(club.book) AND user_id = \(ada.user)")
            #expect(try await ada.post(path, body).data.written("email") == "max@example.org")
            #expect(try await max.send("GET", "/expenses", fields: [("X-Book", "\(home.book)")]).status == 404)
        }
    }
}
