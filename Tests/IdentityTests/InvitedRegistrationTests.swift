import Base
import Books
import Cryptography
import Database
import HTTP
import JSON
import Outbound
import TestSupport
import Testing

@testable import Identity

@Suite(.accounts) struct `Registering by an invitation's letter` {
    /// An invitation to an address, and what its letter has.
    private func invite(_ app: TestApp, _ email: String) async throws -> String {
        let (inviter, bytes) = (UserID.new(), secureRandomBytes(32))
        let address = "\(inviter)@example.org"
        _ = try await app.database.writer.query(
            """
            INSERT INTO users (id, email, email_as_given, created_at, updated_at)
            VALUES (\(inviter), \(address), \(address), now(), now())
            """)
        let home = try NewBook(name: "Home", kind: .household)
        let book = try await app.database.transaction { try await BookStore($0).open(home, for: inviter).book.id }
        _ = try await app.database.writer.query(
            """
            INSERT INTO book_invitations (book_id, id, token_hash, email, role, invited_by, expires_at)
            VALUES (\(book), \(InvitationID.new()), \(SHA256.hash(bytes)), \(email), 'member', \(inviter),
                now() + interval '7 days')
            """)
        return Base64URL.encode(bytes)
    }

    @Test func `confirms its address, and asks for no second letter`() async throws {
        try await TestApp.run { app in
            let token = try await invite(app, "ada@example.org")
            let answer = try await app.registerAda(#","invitation":"\#(token)""#)
            #expect(answer.status == 201 && answer.data["user"]?["emailVerified"] == .bool(true), "\(answer.text)")
            let me = try await app.get("/api/v1/users/me", bearer: answer.accessToken)
            #expect(me.data["emailVerified"] == .bool(true), "\(me.text)")
            #expect(try await app.letters().isEmpty)
        }
    }

    @Test func `opens the account at once where others need a letter for it`() async throws {
        try await TestApp.run {
            $0.isLinkNeededToRegister = true
        } _: { app in
            let token = try await invite(app, "ada@example.org")
            let answer = try await app.registerAda(#","invitation":"\#(token)""#)
            #expect(answer.status == 201 && answer.data["user"]?["emailVerified"] == .bool(true), "\(answer.text)")
            let again = try await app.registerAda(#","invitation":"\#(token)""#)
            #expect(again.status == 409, "its reader may know that there is an account")
        }
    }

    @Test func `is like any other with a token that is another's, or of nothing open`() async throws {
        try await TestApp.run {
            $0.isLinkNeededToRegister = true
        } _: { app in
            let others = try await invite(app, "zoe@example.org")
            let old = try await invite(app, "ada@example.org")
            _ = try await app.database.writer.query(
                "UPDATE book_invitations SET expires_at = now() WHERE email = 'ada@example.org'")
            for token in [others, old, "x", "", String(repeating: "A", count: 43)] {
                let answer = try await app.registerAda(#","invitation":"\#(token)""#)
                #expect(answer.status == 202, "\(answer.text)")
            }
        }
    }

    @Test func `opens no account with an address that it was not sent to as confirmed, and no closed house`()
        async throws
    {
        try await TestApp.run { app in
            let others = try await invite(app, "zoe@example.org")
            let answer = try await app.registerAda(#","invitation":"\#(others)""#)
            #expect(answer.status == 201 && answer.data["user"]?["emailVerified"] == .bool(false), "\(answer.text)")
            #expect(try await app.letters().map(\.kind) == ["verify"])
        }
        try await TestApp.run {
            $0.isRegistrationOpen = false
        } _: { app in
            let token = try await invite(app, "ada@example.org")
            let answer = try await app.registerAda(#","invitation":"\#(token)""#)
            #expect(answer.code == "REGISTRATION_CLOSED")
        }
    }
}
