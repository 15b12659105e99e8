import Base
import Books
import Database
import HTTP
import JSON
import TestSupport
import Testing

@Suite(.tags(.http), .books) struct `Settings of a person` {
    @Test func `are those of their personal book, and of their business once there is one`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let path = "/users/me/settings"
            let first = try await ada.get(path).data
            #expect(first.written("bookId") == "\(ada.book)" && first.written("fiscalYearStart") == "01-01")
            let changed = try await ada.put(
                path, #"{"business_name":"Ada’s","fiscal_year_start":"2026-04-01","currency_code":"inr"}"#)
            #expect(changed.status == 200, "\(changed.text)")
            #expect(changed.data.written("businessName") == "Ada’s" && changed.data.written("currencyCode") == "INR")
            #expect(changed.data.written("fiscalYearStart") == "04-01")
            #expect(try await ada.get("/books/\(ada.book)").data.written("name") == "Ada’s")
            let shop = try await app.household(ada, "Shop", kind: "business")
            #expect(try await ada.get(path).data.written("bookId") == "\(shop.book)")
            #expect(try await ada.send("DELETE", "/books/\(shop.book)").status == 204)
            #expect(try await ada.get(path).data.written("bookId") == "\(ada.book)", "an archived one has none")
        }
    }

    @Test func `answer by their other address, refuse what is wrong, and are nobody else's`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let shop = try await app.household(ada, "Shop", kind: "business")
            let max = try await app.add(try await app.person("max"), to: shop, as: .admin)
            // No address of the document: it answers as the other does.
            let other = try await app.client.send(
                "GET", "/api/v1/user/settings", fields: [("Authorization", "Bearer \(ada.user)")])
            #expect(other.status == 200 && other.data.written("businessName") == "Shop", "\(other.text)")
            #expect(
                try await max.get("/users/me/settings").data.written("businessName") == "max", "he owns no business")
            let wrong = try await ada.put(
                "/users/me/settings",
                #"{"businessName":"","fiscalYearStart":"31-31","currencyCode":"Euro","timeZone":"Mars"}"#)
            #expect(wrong.status == 400)
            #expect(
                try await ada.put("/users/me/settings", #"{"businessName":"X","version":7}"#).code == "STALE_VERSION")
            _ = try await shop.post("/expenses", #"{"amount":3,"merchant":"Rewe"}"#)
            #expect(try await ada.put("/users/me/settings", #"{"currencyCode":"USD"}"#).code == "CURRENCY_IN_USE")
            #expect(try await app.count("SELECT count(*) FROM audit.log WHERE action = 'BOOK_CHANGED'") == 0)
            #expect(try await ada.put("/users/me/settings", #"{"businessName":"Stall"}"#).status == 200)
            #expect(try await app.count("SELECT count(*) FROM audit.log WHERE action = 'BOOK_CHANGED'") == 1)
        }
    }
}
