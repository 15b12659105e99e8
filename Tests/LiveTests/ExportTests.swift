import Base
import Books
import Database
import HTTP
import JSON
import TestSupport
import Testing

@testable import Identity

@Suite(.tags(.http), .books) struct `Taking one's data along` {
    @Test func `gives everything of one's own in one document, however long, and nothing that signs in`() async throws {
        try await KeyApp.run { app in
            let ada = try await app.register("ada")
            let (secret, _) = try await app.key(ada.fields, #""entry:view""#)
            let rows = BookPart.rowsOfPage + 7
            for merchant in ["Corner “shop”", "Zoo"] {
                let made = try await app.send(
                    "POST", "/expenses",
                    #"{"amount":12.34,"merchantName":"\#(merchant)","transactionDate":"2026-11-02"}"#,
                    fields: ada.fields)
                #expect(made.status == 201, "\(made.text)")
            }
            _ = try await app.database.writer.run(
                """
                INSERT INTO entries (book_id, id, type, amount_minor, currency, category_id, occurred_on, created_by)
                SELECT book_id, gen_random_uuid(), type, amount_minor, currency, category_id, occurred_on, created_by
                FROM entries, generate_series(3, \(rows)) WHERE merchant = 'Zoo'
                """)
            let zoe = try await app.register("zoe")
            _ = try await app.send("POST", "/expenses", #"{"amount":1,"merchantName":"Hers"}"#, fields: zoe.fields)
            let answer = try await app.send("GET", "/users/me/export", fields: ada.fields)
            #expect(answer.status == 200 && answer["content-disposition"]?.hasPrefix("attachment") == true)
            let all = try JSONValue.parse(answer.body)
            #expect(all["profile"]?["email"]?.string == "ada@example.org")
            let book = try #require(all["books"]?.array?.first)
            #expect(all["books"]?.array?.count == 1 && book["book"]?["role"]?.string == "owner")
            let entries = try #require(book["entries"]?.array)
            #expect(entries.count == rows && Set(entries.compactMap { $0["id"]?.string }).count == rows)
            #expect(
                entries.contains {
                    $0["merchantName"]?.string == "Corner “shop”" && $0["amount"]?.numberText == "12.34"
                })
            #expect((book["categories"]?.array?.count ?? 0) > 10 && book["rules"]?.array?.count == 0)
            #expect(all["sessions"]?.array?.count == 1 && all["apiKeys"]?.array?.first?["name"]?.string == "script")
            let actions = (all["auditLog"]?.array ?? []).compactMap { $0["action"]?.string }
            #expect(actions.contains("DATA_EXPORTED") && actions.count >= 2)
            #expect(!answer.text.contains("Hers") && !answer.text.contains("zoe"))
            #expect(!answer.text.contains(secret) && !answer.text.contains("argon2"))
            let hashes = try await app.database.query(
                """
                SELECT encode(token_hash, 'hex') FROM refresh_tokens UNION ALL SELECT encode(secret_hash, 'hex') FROM api_keys
                """)
            #expect(hashes.count == 3)
            for row in hashes { #expect(!answer.text.contains(try row.get(0, as: String.self))) }
        }
    }

    @Test func `gives of a shared book what the role shows, and nothing once one has left it`() async throws {
        try await KeyApp.run { app in
            let ada = try await app.register("ada")
            let max = try await app.register("max")
            let new = try NewBook(name: "Acme", kind: .organization, currency: "EUR", timeZone: "UTC")
            let acme = try await app.database.transaction { try await BookStore($0).open(new, for: ada.user) }.book.id
            _ = try await app.database.write([
                "INSERT INTO book_members (book_id, user_id, role) VALUES (\(acme), \(max.user), 'viewer')",
                """
                INSERT INTO book_roles (book_id, id, name, permissions, scope)
                VALUES (\(acme), gen_random_uuid(), 'Door', '{book:view,member:view}', 'all')
                """,
            ])
            func book() async throws -> JSONValue? {
                let answer = try await app.send("GET", "/users/me/export", fields: max.fields)
                return try JSONValue.parse(answer.body)["books"]?.array?.first {
                    $0["book"]?["id"]?.string == "\(acme)"
                }
            }
            let seen = try await book()
            #expect(seen?["entries"]?.array?.isEmpty == true && seen?["members"]?.array?.count == 2)
            #expect(seen?["members"]?.array?.allSatisfy { $0["email"]?.isNull == true } == true)
            _ = try await app.database.writer.run(
                """
                UPDATE book_members SET role_id = (SELECT id FROM book_roles WHERE book_id = \(acme) AND name = 'Door')
                WHERE book_id = \(acme) AND user_id = \(max.user)
                """)
            let narrow = try await book()
            #expect(narrow?["entries"] == nil && narrow?["members"] != nil)
            _ = try await app.database.writer.run(
                "DELETE FROM book_members WHERE book_id = \(acme) AND user_id = \(max.user)")
            #expect(try await book() == nil)
        }
    }

    @Test func `is for the person at a session, a few times an hour`() async throws {
        try await KeyApp.run { app in
            let ada = try await app.register("ada")
            let (secret, _) = try await app.key(ada.fields, #""entry:view""#)
            let withKey = try await app.send("GET", "/users/me/export", fields: [("X-API-Key", secret)])
            #expect(withKey.code == "SESSION_REQUIRED")
            #expect(try await app.send("GET", "/users/me/export").status == 401)
            for _ in 0..<DataExportRoutes.anHour {
                #expect(try await app.send("GET", "/users/me/export", fields: ada.fields).status == 200)
            }
            let more = try await app.send("GET", "/users/me/export", fields: ada.fields)
            #expect(more.status == 429 && more.code == "EXPORTED_TOO_OFTEN" && more["retry-after"] != nil)
            _ = try await app.database.writer.run(
                "UPDATE sessions SET authenticated_at = authenticated_at - interval '1 hour'")
            #expect(
                try await app.send("GET", "/users/me/export", fields: ada.fields).code == "REAUTHENTICATION_REQUIRED")
        }
    }

    @Test func `is not needed for a key to stop, when its owner deletes the account`() async throws {
        try await KeyApp.run { app in
            let ada = try await app.register("ada")
            let (secret, _) = try await app.key(ada.fields, #""entry:view""#)
            let asked = try await app.send(
                "DELETE", "/users/me", #"{"confirmation":"ada@example.org"}"#, fields: ada.fields)
            #expect(asked.status == 200, "\(asked.text)")
            // It has not been used in this second, so nothing of it is remembered.
            #expect(try await app.send("GET", "/expenses", fields: [("X-API-Key", secret)]).status == 401)
        }
    }
}
