import Base
import Database
import HTTP
import JSON
import TestSupport
import Testing

@testable import Transactions

@Suite(.tags(.rules)) struct `Degrees` {
    @Test(
        arguments: [
            ("52.5200066", 525_200_066), ("-0.1", -1_000_000), ("90", 900_000_000), ("90.0000000", 900_000_000),
            ("1.00000009", 10_000_000), ("90.0000001", nil), ("91", nil), ("1e1", nil), ("", nil), ("-", nil),
            (".5", nil),
            ("5.", nil), ("1.2.3", nil), ("٣", nil), ("99999999999999999999", nil), ("+1", nil),
        ] as [(String, Int32?)]) func `are read exactly`(text: String, units: Int32?)
    {
        #expect(Location.degrees(text, limit: 90) == units)
    }
}

@Suite(.tags(.http), .books) struct `An entry's details` {
    @Test func `tell its history, by whom and what`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let ben = try await app.add(try await app.person("ben"), to: ada, as: .admin)
            _ = try await app.database.writer.query(
                "UPDATE users SET first_name = 'Ben', last_name = 'B' WHERE id = \(ben.user)")
            let id = try #require(
                try await ada.post("/expenses", #"{"amount":12.5,"merchant":"Rewe","tags":["a"]}"#).data.written("id"))
            _ = try await ben.put(
                "/expenses/\(id)",
                #"{"amount":13,"merchant":null,"categoryId":"travel","tags":["a","b"],"date":"2026-01-02","status":"pending","location":{"name":"Berlin","latitude":"52.52","longitude":13.405},"version":1}"#
            )
            #expect(try await ada.send("DELETE", "/expenses/\(id)").status == 204)
            #expect(try await ben.send("PATCH", "/expenses/\(id)/restore").status == 200)
            _ = try await ada.put("/expenses/\(id)", #"{"amount":13,"version":4}"#)
            let history = try #require(try await ada.get("/entries/\(id)").data["history"]?.array)
            #expect(history.map { $0.written("action") } == ["updated", "restored", "deleted", "updated", "created"])
            #expect(history.map { $0["version"]?.int } == [5, 4, 3, 2, 1])
            #expect(history.map { $0["by"]?.written("id") } == [ada, ben, ada, ben, ada].map { "\($0.user)" })
            #expect(history[1]["by"]?.written("name") == "Ben B" && history[0]["by"]?["name"]?.isNull == true)
            #expect(history[0]["changes"]?.array == [])
            var changes: [String: String] = [:]
            for change in history[3]["changes"]?.array ?? [] {
                changes[change.written("field") ?? ""] =
                    "\(change.written("from") ?? "-") > \(change.written("to") ?? "-")"
            }
            #expect(
                changes == [
                    "amount": "12.50 > 13.00", "merchantName": "Rewe > -", "category": "Miscellaneous > Travel",
                    "tags": "a > a, b", "transactionDate": "2026-11-15 > 2026-01-02", "status": "completed > pending",
                    "location": "- > Berlin", "latitude": "- > 52.5200000", "longitude": "- > 13.4050000",
                ])
        }
    }

    @Test func `hold a place`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let created = try await ada.post(
                "/expenses", #"{"amount":1,"location":{"latitude":-33.8688197,"longitude":"151.2093"}}"#)
            let place = created.data["location"]
            #expect(place?.written("latitude") == "-33.8688197" && place?.written("longitude") == "151.2093")
            #expect(place?["name"]?.isNull == true)
            #expect(
                try await ada.post("/expenses", #"{"amount":1,"location":"Berlin"}"#).data["location"]?.written("name")
                    == "Berlin")
            let id = try #require(created.data.written("id"))
            let cleared = try await ada.put("/expenses/\(id)", #"{"location":null,"version":1}"#)
            #expect(cleared.data["location"]?.isNull == true)
            for bad in [
                #"{"latitude":1}"#, #"{"latitude":91,"longitude":1}"#, #"{"latitude":1,"longitude":181}"#, "7", "[]",
                #"{"name":7}"#, #"{"latitude":"x","longitude":1}"#, #"{"latitude":true,"longitude":1}"#,
            ] {
                let answer = try await ada.post("/expenses", #"{"amount":1,"location":\#(bad)}"#)
                #expect(answer.status == 400 && answer.problems == ["location"], "\(bad): \(answer.text)")
            }
        }
    }

    @Test func `are copied`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let original = try await ada.post(
                "/expenses",
                #"{"amount":12.5,"merchant":"Rewe","description":"d","notes":"n","date":"2026-01-02","categoryId":"food","tags":["a"],"paymentMethod":"card","location":"Berlin"}"#
            ).data
            let id = try #require(original.written("id"))
            let copy = try await ada.send("POST", "/expenses/\(id)/duplicate", nil)
            #expect(copy.status == 201 && copy.data.written("id") != id)
            #expect(copy.data.written("transactionDate") == "2026-11-15" && copy.data.written("version") == "1")
            for name in [
                "amount", "merchantName", "description", "notes", "categoryId", "tags", "paymentMethod", "location",
            ] {
                #expect(copy.data[name] == original[name], "\(name)")
            }
            let dated = try await ada.post("/expenses/\(id)/duplicate", #"{"date":"2026-02-03","amount":"1"}"#)
            #expect(dated.data.written("transactionDate") == "2026-02-03" && dated.data.written("amount") == "1.00")
            #expect(try await ada.post("/expenses/\(id)/duplicate", #"{"amount":0}"#).problems == ["amount"])
            #expect(try await ada.send("POST", "/incomes/\(id)/duplicate", nil).status == 404)
            #expect(
                try await (try await app.person("zoe")).send("POST", "/expenses/\(id)/duplicate", nil).status == 404)
            #expect(try await ada.get("/expenses").items.count == 3)
            try await app.expectTotalsToAgree()
        }
    }

    @Test func `are in the trash once it is deleted`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let id = try #require(try await ada.post("/expenses", #"{"amount":1}"#).data.written("id"))
            _ = try await ada.post("/expenses", #"{"amount":2}"#)
            #expect(try await ada.get("/expenses?deleted=true").items.isEmpty)
            #expect(try await ada.send("DELETE", "/expenses/\(id)").status == 204)
            let trash = try await ada.get("/expenses?deleted=true").items
            #expect(trash.map { $0.written("id") } == [id] && trash.first?["deletedAt"]?.isNull == false)
            #expect(try await ada.get("/expenses").items.count == 1)
        }
    }
}

@Suite(.tags(.http), .books) struct `Payment methods` {
    @Test func `are made, changed, chosen by default and deleted, and entries go on naming them`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let card = try await ada.post("/payment-methods", #"{"name":"Visa","kind":"card","isDefault":true}"#)
            #expect(card.status == 201 && card.data.written("kind") == "card")
            let id = try #require(card.data.written("id"))
            #expect(try await ada.post("/payment-methods", #"{"name":"VISA"}"#).code == "PAYMENT_METHOD_EXISTS")
            let cash = try await ada.post("/payment-methods", #"{"name":"Cash","kind":"cash","isDefault":true}"#)
            #expect(cash.status == 201)
            let all = try await ada.get("/payment-methods").items
            #expect(
                all.map { $0.written("name") } == ["Cash", "Visa"]
                    && all.map { $0["isDefault"]?.bool } == [true, false])

            let named = try await ada.post("/expenses", #"{"amount":1,"paymentMethod":"visa"}"#).data
            #expect(named.written("paymentMethodId") == id && named.written("paymentMethod") == "Visa")
            let byID = try await ada.post("/expenses", #"{"amount":1,"paymentMethodId":"\#(id)"}"#).data
            #expect(byID.written("paymentMethod") == "Visa")
            let free = try await ada.post("/expenses", #"{"amount":1,"paymentMethod":"cheque"}"#).data
            #expect(free.written("paymentMethod") == "cheque" && free["paymentMethodId"]?.isNull == true)
            for bad in [#""x""#, "7", "\"\(PaymentMethodID.new())\""] {
                #expect(
                    try await ada.post("/expenses", #"{"amount":1,"paymentMethodId":\#(bad)}"#).problems == [
                        "paymentMethodId"
                    ])
            }
            let renamed = try await ada.put("/payment-methods/\(id)", #"{"name":"Visa Gold","version":1}"#)
            #expect(renamed.status == 200)
            #expect(try await ada.put("/payment-methods/\(id)", #"{"name":"X","version":1}"#).code == "STALE_VERSION")
            for filter in ["Visa+gold", id] {
                #expect(try await ada.get("/expenses?paymentMethod=\(filter)").items.count == 2, "\(filter)")
            }
            #expect(try await ada.get("/expenses?paymentMethod=CHEQUE").items.count == 1)
            #expect(try await ada.send("DELETE", "/payment-methods/\(id)").status == 204)
            #expect(try await ada.send("DELETE", "/payment-methods/\(id)").status == 404)
            let kept = try #require(named.written("id"))
            #expect(try await ada.get("/expenses/\(kept)").data.written("paymentMethod") == "Visa Gold")
            // Changing something else leaves it; choosing it anew does not go.
            #expect(
                try await ada.put("/expenses/\(kept)", #"{"amount":2,"version":1}"#).data.written("paymentMethod")
                    == "Visa Gold")
            #expect(
                try await ada.post("/expenses", #"{"amount":1,"paymentMethodId":"\#(id)"}"#).problems == [
                    "paymentMethodId"
                ])
            let cleared = try await ada.put("/expenses/\(kept)", #"{"paymentMethod":null,"version":2}"#).data
            #expect(cleared["paymentMethod"]?.isNull == true && cleared["paymentMethodId"]?.isNull == true)
            #expect(
                try await ada.post("/payment-methods", #"{"name":"Visa Gold"}"#).status == 201, "the name is free again"
            )
        }
    }

    @Test func `that are gone cannot be changed, nor take the default from others`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            _ = try await ada.post("/payment-methods", #"{"name":"Cash","isDefault":true}"#)
            let gone = try await ada.post("/payment-methods", #"{"name":"Visa"}"#).data
            let id = try #require(gone.written("id").flatMap { PaymentMethodID($0) })
            let store = PaymentMethodStore(connection: app.database.writer, book: ada.book)
            let before = try #require(try await store.read(id))
            #expect(try await store.delete(id))
            let method = PaymentMethod(
                id: before.id, name: before.name, kind: before.kind, isDefault: true, version: before.version)
            let book = ada.book
            let refused = await #expect(throws: Refusal.self) {
                try await app.database.transaction { transaction in
                    _ = try await PaymentMethodStore(connection: transaction, book: book).save(method)
                }
            }
            #expect(refused?.kind == .notFound)
            #expect(try await ada.get("/payment-methods").items.map { $0["isDefault"]?.bool } == [true])
        }
    }

    @Test func `are not another book's, nor a viewer's to change`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let id = try #require(try await ada.post("/payment-methods", #"{"name":"Visa"}"#).data.written("id"))
            let viewer = try await app.add(try await app.person("vera"), to: ada, as: .viewer)
            #expect(try await viewer.get("/payment-methods").items.count == 1)
            #expect(try await viewer.post("/payment-methods", #"{"name":"X"}"#).status == 403)
            #expect(try await viewer.put("/payment-methods/\(id)", #"{"name":"X","version":1}"#).status == 403)
            #expect(try await viewer.send("DELETE", "/payment-methods/\(id)").status == 403)
            let zoe = try await app.person("zoe")
            #expect(try await zoe.get("/payment-methods").items.isEmpty)
            #expect(try await zoe.get("/payment-methods/\(id)").status == 404)
            #expect(try await zoe.put("/payment-methods/\(id)", #"{"name":"X","version":1}"#).status == 404)
            #expect(try await zoe.send("DELETE", "/payment-methods/\(id)").status == 404)
            #expect(
                try await zoe.post("/expenses", #"{"amount":1,"paymentMethodId":"\#(id)"}"#).problems == [
                    "paymentMethodId"
                ])
        }
    }
}
