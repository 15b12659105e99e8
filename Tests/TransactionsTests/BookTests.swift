import Base
import Database
import HTTP
import JSON
import TestSupport
import Testing

@Suite(.tags(.http), .books) struct `A book's currency` {
    private func change(_ person: Person, _ code: String, version: Int = 1) async throws -> Answer {
        try await person.put("/books/\(person.book)", #"{"currency":"\#(code)","version":\#(version)}"#)
    }

    @Test func `may change while the book is empty`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let changed = try await change(ada, "JPY")
            #expect(
                changed.status == 200 && changed.data.written("currency") == "JPY"
                    && changed.data.written("version") == "2")
            #expect(try await change(ada, "KWD").code == "STALE_VERSION")
            let entry = try await ada.post("/expenses", #"{"amount":100}"#)
            #expect(entry.data.written("amount") == "100" && entry.data.written("currency") == "JPY")
            #expect(try await ada.post("/expenses", #"{"amount":1.5}"#).problems == ["amount"])
        }
    }

    @Test func `stays once there is an entry, be it deleted`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let id = try #require(try await ada.post("/expenses", #"{"amount":1}"#).data.written("id"))
            #expect(try await change(ada, "JPY").code == "CURRENCY_IN_USE")
            #expect(try await ada.send("DELETE", "/expenses/\(id)").status == 204)
            #expect(try await change(ada, "JPY").code == "CURRENCY_IN_USE")
            #expect(try await change(ada, "EUR").status == 200, "which is no change")
        }
    }

    @Test func `is that of every entry, also when both are written at once`() async throws {
        try await TestApp.run { app in
            for round in 0..<8 {
                let person = try await app.person("p\(round)")
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for number in 0..<6 {
                        group.addTask {
                            switch (number + round) % 6 {
                            case 0: try await change(person, "JPY").status
                            case 1: try await person.upload("Date,Payee,Amount\n2026-03-01,Rewe,-3\n").status
                            default: try await person.post("/expenses", #"{"amount":3}"#).status
                            }
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(statuses.allSatisfy { [200, 201, 400, 409].contains($0) }, "\(statuses)")
                let strangers = try await app.count(
                    "SELECT count(*) FROM entries e JOIN books b ON b.id = e.book_id WHERE e.currency <> b.currency")
                #expect(strangers == 0, "an entry in another currency than its book's")
            }
            try await app.expectTotalsToAgree()
        }
    }

    @Test func `is changed by those who manage the book`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let max = try await app.add(try await app.person("max"), to: ada, as: .member)
            #expect(try await change(max, "JPY").status == 403)
            let zoe = try await app.person("zoe")
            #expect(try await zoe.put("/books/\(ada.book)", #"{"name":"Mine","version":1}"#).status == 404)
            #expect(try await zoe.get("/books/\(ada.book)").status == 404)
            #expect(try await ada.get("/books/\(ada.book)").data.written("name") == "ada")
        }
    }
}
