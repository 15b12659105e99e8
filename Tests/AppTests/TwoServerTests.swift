import Base
import Database
import Foundation
import Glibc
import JSON
import TestSupport
import Testing

@testable import purser

/// Two processes on one database, as behind a load balancer. What one answers holds at the other, also when that one
/// hears nothing of it: its connection for notifications is stopped, or all of it.
@Suite(.tags(.slow), .serialized, .database, .timeLimit(.minutes(10))) struct `Two servers on one database` {
    private struct Pair: Sendable {
        let one: RunningServer
        let other: RunningServer
        /// PostgreSQL's process behind the connection that the other one listens on.
        let ear: Int32
        let flags: [String]

        func command(_ arguments: String..., input: String = "") async throws {
            let result = try await Program.run(arguments + ["--data", one.data] + flags, input: input)
            try #require(result.status == 0, "\(arguments): \(result.errors)")
        }
    }

    private static func ears() async throws -> Set<Int32> {
        let rows = try await TestDatabase.current.database.query(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'")
        return Set(try rows.map { try $0.get(0, as: Int32.self) })
    }

    private func withPair(_ body: (Pair) async throws -> Void) async throws {
        let data = TestDirectories.make("app") + "/data"
        let flags = ["--database-url", TestDatabase.current.url]
        try await RunningServer.with(data, flags) { one in
            let first = try await Self.ears()
            try await RunningServer.with(data, flags) { other in
                var ears = try await Self.ears().subtracting(first)
                while ears.isEmpty {
                    try await Task.sleep(for: .milliseconds(20))
                    ears = try await Self.ears().subtracting(first)
                }
                let pair = Pair(one: one, other: other, ear: try #require(ears.first), flags: flags)
                do { try await body(pair) } catch {
                    // A stopped process could not be told to end.
                    for process in [pair.ear, other.identifier] { kill(process, SIGCONT) }
                    throw error
                }
                for process in [pair.ear, other.identifier] { kill(process, SIGCONT) }
            }
        }
    }

    /// Asks until the other server has beaten, heard itself, and asks the database no more.
    private func warm(_ server: RunningServer, _ path: String, _ fields: [(String, String)], status: Int) async throws {
        let end = ContinuousClock.now + .milliseconds(1200)
        while ContinuousClock.now < end {
            let answer = try await server.client.send("GET", path, fields: fields)
            try #require(answer.status == status, "\(path): \(answer.text)")
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// How many of so many requests at once were answered how.
    private func ask(
        _ server: RunningServer, _ path: String, _ fields: [(String, String)], times: Int = 1000
    ) async throws -> [Int: Int] {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<times {
                group.addTask { try await server.client.send("GET", path, fields: fields).status }
            }
            var counts: [Int: Int] = [:]
            for try await status in group { counts[status, default: 0] += 1 }
            return counts
        }
    }

    // MARK: Sessions

    private struct Person: Sendable {
        let email: String
        let id: String
        /// Of the first session, which does things, and of the second, which ends by them.
        let token: String
        let victim: String
        let victimID: String
        let victimRefresh: String

        static let password = "correct horse battery"
    }

    private func person(_ name: String, at server: RunningServer) async throws -> Person {
        let email = "\(name.lowercased())@example.org"
        let body = #"{"email":"\#(email)","password":"\#(Person.password)"}"#
        let first = try await server.send("POST", "/auth/register", body)
        try #require(first.status == 201, "\(first.text)")
        let second = try await server.send("POST", "/auth/login", body)
        let token = try #require(first.data["accessToken"]?.string)
        let sessions = try await server.send("GET", "/auth/sessions", token: token).items
        return Person(
            email: email, id: try #require(first.data["user"]?["id"]?.string), token: token,
            victim: try #require(second.data["accessToken"]?.string),
            victimID: try #require(sessions.first { $0["current"] == .bool(false) }?["id"]?.string),
            victimRefresh: try #require(second.data["refreshToken"]?.string))
    }

    private enum End: String, CaseIterable {
        case logout, logoutByRefreshToken, revokeOne, revokeOthers, logoutAll, changePassword, resetPassword, reuse
        case disable, operatorsPassword, requireFactor, operatorsSignOut, operatorsSignOutAll, proof
    }

    private func end(_ way: End, _ person: Person, _ pair: Pair) async throws {
        let server = pair.one
        var expected = 200
        let answer: Answer
        switch way {
        case .logout: answer = try await server.send("POST", "/auth/logout", "{}", token: person.victim)
        case .logoutByRefreshToken:
            answer = try await server.send("POST", "/auth/logout", #"{"refreshToken":"\#(person.victimRefresh)"}"#)
        case .revokeOne:
            answer = try await server.send("DELETE", "/auth/sessions/\(person.victimID)", token: person.token)
            expected = 204
        case .revokeOthers:
            answer = try await server.send("DELETE", "/auth/sessions", token: person.token)
            expected = 204
        case .logoutAll:
            answer = try await server.send("POST", "/auth/logout-all", "{}", token: person.token)
            expected = 204
        case .changePassword:
            answer = try await server.send(
                "POST", "/auth/change-password",
                #"{"currentPassword":"\#(Person.password)","newPassword":"another horse battery"}"#,
                token: person.token)
        case .resetPassword:
            let token = (0..<32).map { _ in UInt8.random(in: 0...255) }
            let user = try #require(UserID(person.id))
            try await TestDatabase.current.database.write(
                """
                INSERT INTO mailed_tokens
                    (token_hash, user_id, purpose, created_at, expires_at, window_started_at, sends)
                VALUES (sha256(\(token)), \(user), 'reset', now(), now() + interval '1 hour', now(), 1)
                """)
            let text = Data(token).base64EncodedString()
                .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
            answer = try await server.send(
                "POST", "/auth/reset-password", #"{"token":"\#(text)","password":"another horse battery"}"#)
        case .reuse:
            let body = #"{"refreshToken":"\#(person.victimRefresh)"}"#
            try #require(try await server.send("POST", "/auth/refresh", body).status == 200)
            answer = try await server.send("POST", "/auth/refresh", body)
            expected = 401
        case .disable: return try await pair.command("user", "disable", person.email)
        case .operatorsPassword:
            return try await pair.command("user", "reset-password", person.email, input: "another horse battery\n")
        case .requireFactor: return try await pair.command("user", "require-mfa", person.email)
        case .operatorsSignOut: return try await pair.command("user", "sign-out", person.email)
        case .operatorsSignOutAll: return try await pair.command("user", "sign-out", "--all")
        case .proof:
            answer = try await server.send(
                "POST", "/auth/reauthenticate", #"{"password":"\#(Person.password)"}"#, token: person.victim)
        }
        try #require(answer.status == expected, "\(way): \(answer.status) \(answer.text)")
    }

    @Test func `refuse a session from the moment that its end is answered, also a server that is deaf`() async throws {
        try await withPair { pair in
            for way in End.allCases {
                let person = try await person(way.rawValue, at: pair.one)
                let victim = [("Authorization", "Bearer \(person.victim)")]
                try await warm(pair.other, "/api/v1/users/me", victim, status: 200)
                kill(pair.ear, SIGSTOP)
                try await end(way, person, pair)
                let counts = try await ask(pair.other, "/api/v1/users/me", victim)
                #expect(counts == [401: 1000], "\(way)")
                if way == .revokeOne || way == .revokeOthers || way == .changePassword {
                    #expect(try await pair.other.send("GET", "/users/me", token: person.token).status == 200, "\(way)")
                }
                kill(pair.ear, SIGCONT)
            }
        }
    }

    @Test func `refuse a session also where the whole process was stopped meanwhile`() async throws {
        try await withPair { pair in
            let person = try await person("ada", at: pair.one)
            let victim = [("Authorization", "Bearer \(person.victim)")]
            try await warm(pair.other, "/api/v1/users/me", victim, status: 200)
            kill(pair.other.identifier, SIGSTOP)
            try await end(.revokeOne, person, pair)
            // These reach it while it is stopped, and are the first that it sees.
            async let early = ask(pair.other, "/api/v1/users/me", victim, times: 20)
            try await Task.sleep(for: .milliseconds(200))
            kill(pair.other.identifier, SIGCONT)
            #expect(try await early == [401: 20])
            #expect(try await ask(pair.other, "/api/v1/users/me", victim) == [401: 1000])
            #expect(try await pair.other.send("GET", "/users/me", token: person.token).status == 200)
        }
    }

    @Test func `go on with their sessions while they are deaf, and answer at once where nobody else is there`()
        async throws
    {
        try await withPair { pair in
            let person = try await person("ada", at: pair.one)
            let victim = [("Authorization", "Bearer \(person.victim)")]
            kill(pair.ear, SIGSTOP)
            try await warm(pair.other, "/api/v1/users/me", victim, status: 200)
            #expect(try await ask(pair.other, "/api/v1/users/me", victim, times: 100) == [200: 100])
            kill(pair.ear, SIGCONT)
            let clock = ContinuousClock()
            let together = try await clock.measure { try await end(.revokeOne, person, pair) }
            #expect(together >= .seconds(1), "it waits for the other: \(together)")
            pair.other.terminate()
            #expect(await pair.other.exited() == 0)
            let alone = try await clock.measure {
                _ = try await pair.one.send("POST", "/auth/logout-all", "{}", token: person.token)
            }
            #expect(alone < .seconds(1), "the other has said goodbye: \(alone)")
        }
    }

    // MARK: Keys

    @Test func `refuse a key from the moment that its revocation is answered`() async throws {
        try await withPair { pair in
            let person = try await person("ada", at: pair.one)
            let made = try await pair.one.send(
                "POST", "/api-keys", #"{"name":"Script","scopes":["entry:view"]}"#, token: person.token)
            let key = try #require(made.data["key"]?.string ?? made.data["secret"]?.string, "\(made.text)")
            let fields = [("X-API-Key", key)]
            try await warm(pair.other, "/api/v1/expenses", fields, status: 200)
            kill(pair.ear, SIGSTOP)
            let id = try #require(made.data["id"]?.string)
            #expect(try await pair.one.send("DELETE", "/api-keys/\(id)", token: person.token).status == 204)
            #expect(try await ask(pair.other, "/api/v1/expenses", fields) == [401: 1000])
            kill(pair.ear, SIGCONT)

            let service = try await Program.run(
                ["service-key", "add", "HR", "--scope", "token:validate", "--data", pair.one.data] + pair.flags)
            let secret = service.output.trimmingCharacters(in: .whitespacesAndNewlines)
            func validate() async throws -> Int {
                try await pair.other.client.send(
                    "POST", "/api/v1/auth/validate-token",
                    fields: [("X-API-Key", secret), ("Content-Type", "application/json")],
                    body: Array(#"{"token":"\#(person.token)"}"#.utf8)
                ).status
            }
            #expect(try await validate() == 200)
            kill(pair.ear, SIGSTOP)
            try await pair.command("service-key", "revoke", "HR")
            for _ in 0..<200 { #expect(try await validate() == 401) }
        }
    }

    @Test func `refuse the keys of an account that is disabled`() async throws {
        try await withPair { pair in
            let person = try await person("ada", at: pair.one)
            let made = try await pair.one.send(
                "POST", "/api-keys", #"{"name":"Script","scopes":["entry:view"]}"#, token: person.token)
            let fields = [("X-API-Key", try #require(made.data["key"]?.string ?? made.data["secret"]?.string))]
            try await warm(pair.other, "/api/v1/expenses", fields, status: 200)
            kill(pair.ear, SIGSTOP)
            try await pair.command("user", "disable", person.email)
            #expect(try await ask(pair.other, "/api/v1/expenses", fields) == [401: 1000])
        }
    }

    // MARK: Members

    @Test func `show a member nothing from the moment that the removal is answered`() async throws {
        try await withPair { pair in
            let ada = try await person("ada", at: pair.one)
            let made = try await pair.one.send(
                "POST", "/books", #"{"name":"Home","kind":"household"}"#, token: ada.token)
            let book = try #require(made.data["id"]?.string, "\(made.text)")
            for stopped in ["nobody", "its ear", "all of it"] {
                let max = try await person("max-\(stopped.count)", at: pair.one)
                let (bookID, user) = (try #require(BookID(book)), try #require(UserID(max.id)))
                try await TestDatabase.current.database.write(
                    "INSERT INTO book_members (book_id, user_id, role) VALUES (\(bookID), \(user), 'member')")
                let fields = [("Authorization", "Bearer \(max.token)"), ("X-Book", book)]
                try await warm(pair.other, "/api/v1/expenses", fields, status: 200)
                let process = stopped == "its ear" ? pair.ear : pair.other.identifier
                if stopped != "nobody" { kill(process, SIGSTOP) }
                let removal = try await pair.one.send("DELETE", "/books/\(book)/members/\(max.id)", token: ada.token)
                #expect(removal.status == 204, "\(removal.text)")
                if stopped == "all of it" { kill(process, SIGCONT) }
                #expect(try await ask(pair.other, "/api/v1/expenses", fields) == [404: 1000], "\(stopped) is stopped")
                if stopped == "its ear" { kill(process, SIGCONT) }
            }
        }
    }
}
