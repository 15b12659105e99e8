import Base
import Books
import Database
import Foundation
import HTTP
import JSON
import Outbound
import TestSupport
import Testing

@testable import Identity

/// Somebody who is signed in.
private struct Somebody: Sendable {
    let app: TestApp
    let id: UserID
    let email: String
    let token: String

    init(_ app: TestApp, _ name: String) async throws {
        let answer = try await app.post(
            "/auth/register",
            #"{"email":"\#(name)@example.org","password":"\#(TestApp.password)","firstName":"\#(name)"}"#)
        self.app = app
        email = "\(name)@example.org"
        id = try #require(answer.data["user"]?["id"]?.string.flatMap { UserID($0) }, "\(answer.text)")
        token = try #require(answer.accessToken)
    }

    func send(_ method: String, _ path: String, _ body: String? = nil) async throws -> Answer {
        try await app.send(method, "/api/v1" + path, body, bearer: token)
    }

    func leave() async throws -> Answer { try await send("DELETE", "/users/me", #"{"confirmation":"\#(email)"}"#) }

    func signIn() async throws -> Answer {
        try await app.post("/auth/login", #"{"email":"\#(email)","password":"\#(TestApp.password)"}"#)
    }
}

extension TestApp {
    fileprivate func household(_ name: String, of owner: Somebody) async throws -> BookID {
        let new = try NewBook(name: name, kind: .household)
        return try await database.transaction { try await BookStore($0).open(new, for: owner.id) }.book.id
    }

    fileprivate func add(_ person: Somebody, to book: BookID, as role: BookRole) async throws {
        _ = try await database.writer.run(
            "INSERT INTO book_members (book_id, user_id, role) VALUES (\(book), \(person.id), \(role))")
    }

    fileprivate func erase() async throws { try await accounts.eraseDue {} }
}

@Suite(.accounts, .tags(.http)) struct `Deleting one's account` {
    @Test func `ends all sessions at once, and can be taken back by signing in`() async throws {
        try await TestApp.run { app in
            let ada = try await Somebody(app, "ada")
            let other = try #require(try await ada.signIn().accessToken)
            let asked = try await ada.leave()
            #expect(asked.status == 200, "\(asked.text)")
            let due = app.clock.now + .seconds(30 * 86_400)
            #expect(asked.data["deletionDueAt"]?.string == due.description)
            #expect(asked.fields.contains { $0.name == "set-cookie" && $0.value.hasPrefix("purser_access=;") })
            for token in [ada.token, other] {
                #expect(try await app.get("/api/v1/users/me", bearer: token).status == 401)
            }
            let letters = try await app.letters()
            #expect(letters.contains { $0.kind == "deletion-asked" && $0.to == "ada@example.org" })

            let back = try #require(try await ada.signIn().accessToken)
            let me = try await app.get("/api/v1/users/me", bearer: back)
            #expect(me.data["deletionDueAt"]?.string == due.description, "it is shown, and stands")
            for _ in 0..<2 { #expect(try await app.post("/users/me/restore", "{}", bearer: back).status == 200) }
            #expect(try await app.get("/api/v1/users/me", bearer: back).data["deletionDueAt"] == .null)
            #expect(try await app.letters().map(\.kind) == ["deletion-cancelled"])
            app.clock.advance(by: .seconds(31 * 86_400))
            try await app.erase()
            #expect(try await ada.signIn().status == 200)
            #expect(
                try await app.count(
                    "SELECT count(*) FROM audit.log WHERE action IN ('DELETION_ASKED', 'DELETION_CANCELLED')") == 2)
        }
    }

    @Test func `needs a sign-in of late and the address, typed once more`() async throws {
        try await TestApp.run { app in
            let ada = try await Somebody(app, "ada")
            for body in ["{}", #"{"confirmation":"max@example.org"}"#, #"{"confirmation":"yes"}"#] {
                #expect(try await ada.send("DELETE", "/users/me", body).status == 400, "\(body)")
            }
            #expect(try await ada.send("DELETE", "/users/me").status == 400)
            _ = try await app.database.writer.run(
                "UPDATE sessions SET authenticated_at = authenticated_at - interval '1 hour'")
            #expect(try await ada.leave().code == "REAUTHENTICATION_REQUIRED")
            #expect(try await app.count("SELECT count(*) FROM users WHERE deletion_due_at IS NOT NULL") == 0)
        }
    }

    @Test func `leaves an id of the person, and what they recorded`() async throws {
        try await TestApp.run { app in
            let ada = try await Somebody(app, "ada")
            let max = try await Somebody(app, "max")
            let home = try await app.household("Home", of: max)
            try await app.add(ada, to: home, as: .owner)
            let own = try await app.household("Diary", of: ada)
            _ = try await ada.send("PUT", "/users/me", #"{"bio":"Secret.","timeZone":"Europe/London"}"#)
            _ = try await app.database.write([
                """
                INSERT INTO user_avatars (user_id, webp_512, webp_96) VALUES (\(ada.id), '\\x00', '\\x00')
                """,
                """
                INSERT INTO book_invitations (book_id, id, token_hash, email, role, invited_by, expires_at)
                VALUES (\(home), gen_random_uuid(), sha256('a'), 'ada@example.org', 'viewer', \(max.id), now() + interval '1 day'),
                    (\(home), gen_random_uuid(), sha256('b'), 'zoe@example.org', 'viewer', \(ada.id), now() + interval '1 day')
                """,
            ])
            #expect(try await ada.leave().status == 200)
            #expect(try await app.count("SELECT count(*) FROM book_invitations WHERE answer IS NULL") == 1)
            try await app.erase()
            #expect(try await ada.signIn().status == 200, "it is not due yet")
            app.clock.advance(by: .seconds(30 * 86_400))
            for _ in 0..<2 { try await app.erase() }

            #expect(try await ada.signIn().status == 401)
            #expect(try await app.letters().contains { $0.to == "ada@example.org" && $0.kind == "account-deleted" })
            let row = try #require(
                try await app.database.first(
                    """
                    SELECT to_jsonb(u)::text, p.name FROM users u JOIN people p ON p.id = u.id WHERE u.id = \(ada.id)
                    """))
            let text = try row.get(0, as: String.self)
            for trace in ["ada", "Secret", "London", "argon2"] { #expect(!text.contains(trace), "\(trace) in \(text)") }
            #expect(try row.get(1, as: String.self) == "Deleted account")
            for table in [
                "SELECT count(*) FROM book_members WHERE user_id = \(ada.id)",
                "SELECT count(*) FROM user_avatars WHERE user_id = \(ada.id)",
                "SELECT count(*) FROM user_preferences WHERE user_id = \(ada.id)",
                "SELECT count(*) FROM refresh_tokens r JOIN sessions s ON s.id = r.session_id WHERE s.user_id = \(ada.id)",
            ] as [SQL] {
                #expect(try await app.count(table) == 0)
            }
            #expect(
                try await app.count(
                    """
                    SELECT count(*) FROM sessions
                    WHERE user_id = \(ada.id) AND (revoked_at IS NULL OR ip_address IS NOT NULL OR user_agent IS NOT NULL)
                    """) == 0)
            #expect(try await app.count("SELECT count(*) FROM book_invitations WHERE email = 'ada@example.org'") == 0)
            #expect(try await app.count("SELECT count(*) FROM book_invitations WHERE answer IS NULL") == 0)
            #expect(
                try await app.count(
                    "SELECT count(*) FROM books WHERE id = \(own) AND archived_at IS NOT NULL AND created_by = \(ada.id)"
                )
                    == 1, "what nobody else can open is archived, and still tells who opened it")
            #expect(try await app.count("SELECT count(*) FROM books WHERE id = \(home) AND archived_at IS NULL") == 1)
            let members = try await max.send("GET", "/books/\(home)/members")
            #expect(members.status == 401, "his token has run out")
            #expect(try await app.count("SELECT count(*) FROM audit.log WHERE action = 'ACCOUNT_DELETED'") == 1)
            let again = try await Somebody(app, "ada")
            #expect(again.id != ada.id, "the address is free")
        }
    }

    @Test func `is refused to the only owner of a book that others use, who is told which`() async throws {
        try await TestApp.run { app in
            let ada = try await Somebody(app, "ada")
            let max = try await Somebody(app, "max")
            let home = try await app.household("Home", of: ada)
            try await app.add(max, to: home, as: .viewer)
            let refused = try await ada.leave()
            #expect(refused.status == 409 && refused.code == "LAST_OWNER")
            #expect(refused.text.contains("“Home”") && !refused.text.contains("Personal"))
            #expect(try await app.count("SELECT count(*) FROM users WHERE deletion_due_at IS NOT NULL") == 0)
            let given = try await ada.send("POST", "/books/\(home)/transfer", #"{"userId":"\#(max.id)"}"#)
            #expect(given.status == 200, "\(given.text)")
            #expect(try await ada.leave().status == 200)
            #expect(try await max.leave().status == 200, "whoever goes as well is no reason to stay")
            // Neither may be given it any more.
            let back = try #require(try await max.signIn().accessToken)
            let twice = try await app.send(
                "POST", "/api/v1/books/\(home)/transfer", #"{"userId":"\#(ada.id)"}"#, bearer: back)
            #expect(twice.code == "MEMBER_LEAVING", "\(twice.text)")
            let owner = try await app.send(
                "PATCH", "/api/v1/books/\(home)/members/\(ada.id)", #"{"role":"owner"}"#, bearer: back)
            #expect(owner.code == "MEMBER_LEAVING", "\(owner.text)")
        }
    }

    @Test func `is possible once the book is archived`() async throws {
        try await TestApp.run { app in
            let ada = try await Somebody(app, "ada")
            let max = try await Somebody(app, "max")
            let home = try await app.household("Home", of: ada)
            try await app.add(max, to: home, as: .admin)
            _ = try await app.database.writer.run("UPDATE books SET archived_at = now() WHERE id = \(home)")
            #expect(try await ada.leave().status == 200)
            app.clock.advance(by: .seconds(30 * 86_400))
            try await app.erase()
            #expect(try await app.count("SELECT count(*) FROM book_members WHERE book_id = \(home)") == 1)
        }
    }

    @Test func `and being given a book at the same moment leave no book without an owner`() async throws {
        try await TestApp.run { app in
            for round in 0..<6 {
                let ada = try await Somebody(app, "ada\(round)")
                let max = try await Somebody(app, "max\(round)")
                let home = try await app.household("Home", of: ada)
                try await app.add(max, to: home, as: .member)
                async let left = max.leave()
                async let given = ada.send("POST", "/books/\(home)/transfer", #"{"userId":"\#(max.id)"}"#)
                let (leaving, giving) = (try await left, try await given)
                #expect([leaving.status, giving.status].sorted() == [200, 409], "\(leaving.text) \(giving.text)")
                #expect(leaving.status == 200 ? giving.code == "MEMBER_LEAVING" : leaving.code == "LAST_OWNER")
                #expect(
                    try await app.count(
                        """
                        SELECT count(*) FROM book_members m JOIN people p ON p.id = m.user_id
                        WHERE m.book_id = \(home) AND m.role = 'owner' AND NOT p.is_leaving
                        """) == 1)
            }
        }
    }

    @Test func `taken back beside the job that erases, is one of the two and nothing between`() async throws {
        try await TestApp.run({ $0.deletionGrace = .seconds(60) }) { app in
            for round in 0..<6 {
                let ada = try await Somebody(app, "ada\(round)")
                #expect(try await ada.leave().status == 200)
                let back = try #require(try await ada.signIn().accessToken)
                app.clock.advance(by: .seconds(61))
                async let erased: Void = app.erase()
                async let kept = app.post("/users/me/restore", "{}", bearer: back)
                try await erased
                let answer = try await kept
                let stays = try await app.count(
                    """
                    SELECT count(*) FROM users WHERE id = \(ada.id) AND is_active AND email = \(ada.email)
                        AND deletion_due_at IS NULL AND anonymized_at IS NULL
                    """)
                let gone = try await app.count(
                    """
                    SELECT count(*) FROM users WHERE id = \(ada.id) AND NOT is_active AND email <> \(ada.email)
                        AND anonymized_at IS NOT NULL
                    """)
                #expect(stays + gone == 1)
                #expect(answer.status == (stays == 1 ? 200 : 401), "\(answer.text)")
            }
        }
    }

    @Test func `keeps an administrator on the server, though two leave at once`() async throws {
        try await TestApp.run { app in
            let ada = try await Somebody(app, "ada")
            let max = try await Somebody(app, "max")
            _ = try await Somebody(app, "zoe")
            _ = try await app.database.writer.run("UPDATE users SET role = 'admin' WHERE id = ANY(\([ada.id, max.id]))")
            async let first = ada.leave()
            async let second = max.leave()
            let answers = [try await first, try await second]
            #expect(answers.map(\.status).sorted() == [200, 409], "\(answers.map(\.text))")
            #expect(answers.contains { $0.code == "LAST_ADMINISTRATOR" })
        }
    }
}
