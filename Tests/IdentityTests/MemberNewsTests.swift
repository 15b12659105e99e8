import Base
import Books
import Database
import EventLoop
import HTTP
import JSON
import Jobs
import Outbound
import Runtime
import TestSupport
import Testing

@testable import Identity

@Suite(.accounts, .tags(.http)) struct `A letter about a shared book` {
    private struct Cast {
        let ada: (id: UserID, token: String)
        let ben: (id: UserID, token: String)
        let home: BookID
    }

    /// Ada's household with Ben in it, both with a confirmed address.
    private func cast(_ app: TestApp) async throws -> Cast {
        func person(_ name: String) async throws -> (UserID, String) {
            let answer = try await app.post(
                "/auth/register",
                #"{"email":"\#(name)@example.org","password":"\#(TestApp.password)","firstName":"\#(name)"}"#)
            return (
                try #require(answer.data["user"]?["id"]?.string.flatMap { UserID($0) }),
                try #require(answer.accessToken)
            )
        }
        let (ada, ben) = (try await person("ada"), try await person("ben"))
        _ = try await app.database.writer.run("UPDATE users SET email_verified_at = now()")
        let new = try NewBook(name: "Home", kind: .household)
        let home = try await app.database.transaction { try await BookStore($0).open(new, for: ada.0).book.id }
        _ = try await app.database.writer.run(
            "INSERT INTO book_members (book_id, user_id, role) VALUES (\(home), \(ben.0), 'member')")
        _ = try await news(app)
        return Cast(ada: ada, ben: ben, home: home)
    }

    /// What is written once all that waits has been done.
    private func news(_ app: TestApp) async throws -> [MailMessage] {
        let box = LetterBox()
        var jobs = JobRegistry()
        for event in Accounts.memberEvents { jobs.on(event, run: app.accounts.memberNewsJob) }
        jobs.add(MailJob(queue: MailQueue(secrets: TestApp.secrets), mailer: box, log: .silent).kind)
        let worker = Worker(
            database: app.database, registry: jobs, loop: TestDatabase.current.loops.next(), log: .silent,
            metrics: Metrics())
        while try await worker.runOnce() {}
        #expect(try await app.count("SELECT count(*) FROM jobs WHERE last_error IS NOT NULL") == 0)
        return box.all.filter { $0.kind == "members" }
    }

    private func change(_ app: TestApp, _ cast: Cast, role: String) async throws {
        let answer = try await app.send(
            "PATCH", "/api/v1/books/\(cast.home)/members/\(cast.ben.id)", #"{"role":"\#(role)"}"#,
            bearer: cast.ada.token)
        #expect(answer.status == 200, "\(answer.text)")
    }

    @Test func `goes to the one whose role was changed, or who was removed`() async throws {
        try await TestApp.run { app in
            let cast = try await cast(app)
            try await change(app, cast, role: "viewer")
            let changed = try await news(app)
            #expect(changed.map(\.to) == ["ben@example.org"])
            #expect(changed.first?.text.contains("You are a viewer of the book “Home” now") == true)
            #expect(changed.first?.text.contains("Sent by Purser at") == true)
            let gone = try await app.send(
                "DELETE", "/api/v1/books/\(cast.home)/members/\(cast.ben.id)", bearer: cast.ada.token)
            #expect(gone.status == 204)
            let removed = try await news(app)
            #expect(removed.map(\.to) == ["ben@example.org"])
            #expect(removed.first?.subject == "You are no longer a member of “Home”")
        }
    }

    @Test func `does not tell people what they did themselves`() async throws {
        try await TestApp.run { app in
            let cast = try await cast(app)
            let left = try await app.send(
                "DELETE", "/api/v1/books/\(cast.home)/members/\(cast.ben.id)", bearer: cast.ben.token)
            #expect(left.status == 204)
            #expect(try await news(app).isEmpty)
        }
    }

    @Test func `tells the one who invited that they have joined`() async throws {
        try await TestApp.run { app in
            let cast = try await cast(app)
            let token = [UInt8](repeating: 1, count: 32)
            _ = try await app.database.writer.run(
                """
                INSERT INTO book_invitations
                    (book_id, id, token_hash, email, role, invited_by, expires_at, answered_at, answer)
                VALUES (\(cast.home), \(InvitationID.new()), \(token), 'ben@example.org', 'member', \(cast.ada.id),
                    now(), now(), 'accepted')
                """)
            let ben = cast.ben.id
            try await app.database.writer.publish(
                Event(.memberAdded, book: cast.home, user: ben) { data in
                    data.key("userId")
                    data.identifier(ben)
                })
            let letters = try await news(app)
            #expect(letters.map(\.to) == ["ada@example.org"])
            #expect(letters.first?.subject == "ben has joined “Home”")
        }
    }

    @Test func `is in the reader's language, and is not sent to those who want none or whose address is not theirs`()
        async throws
    {
        try await TestApp.run { app in
            let cast = try await cast(app)
            _ = try await app.database.writer.run("UPDATE users SET language = 'de'")
            try await change(app, cast, role: "admin")
            #expect(try await news(app).first?.text.contains("Sie verwalten jetzt das Buch „Home“") == true)
            for wish in [#"{"emailEnabled": false}"#, #"{"preferences": {"members": false}}"#] {
                _ = try await app.database.writer.run(
                    """
                    INSERT INTO user_preferences (user_id, notifications)
                    VALUES (\(cast.ben.id), \(JSONText(Array(wish.utf8))))
                    ON CONFLICT (user_id) DO UPDATE SET notifications = excluded.notifications
                    """)
                try await change(app, cast, role: "viewer")
                try await change(app, cast, role: "member")
                #expect(try await news(app).isEmpty, "\(wish)")
            }
            _ = try await app.database.writer.run("DELETE FROM user_preferences")
            _ = try await app.database.writer.run("UPDATE users SET email_verified_at = NULL WHERE id = \(cast.ben.id)")
            try await change(app, cast, role: "viewer")
            #expect(try await news(app).isEmpty)
        }
    }
}
