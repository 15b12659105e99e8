import Activity
import Audit
import Base
import Books
import Cryptography
import Database
import EventLoop
import Foundation
import HTTP
import HTTPServer
import JSON
import Jobs
import Outbound
import Resources
import Runtime
import TestSupport
import Testing
import Transactions

@testable import Identity

/// Sign-in, keys, entries and the audit log behind a real server.
final class KeyApp: Sendable {
    static let signing = Result { () throws -> SigningKeys in
        try #require(SigningKeys(newestFirst: [try RSAPrivateKey.generate()]))
    }
    static let password = "correct horse battery"

    let database: Database
    let keys: APIKeys
    let accounts: Accounts
    let client: TestClient
    let checker: OpenAPIChecker
    private let server: HTTPServer

    static func run(_ body: (KeyApp) async throws -> Void) async throws {
        let app = try await KeyApp()
        do { try await body(app) } catch {
            await app.stop()
            throw error
        }
        await app.stop()
    }

    private func stop() async {
        await server.drain(grace: .seconds(1))
        accounts.hasher.shutdown()
    }

    private init() async throws {
        let test = TestDatabase.current
        database = test.database
        let clock = Clock { Instant(secondsSinceEpoch: 1_800_000_000) }
        let hasher = PasswordHasher(
            concurrent: 2, parameters: Argon2id.Parameters(memoryKiB: 64, iterations: 1, lanes: 1))
        let tokens = AccessTokens(
            jwt: JWT(keys: try Self.signing.get(), issuer: "purser", audience: "purser", leeway: 0),
            lifetime: .seconds(900))
        let key = try #require(SecretKey(id: 1, bytes: [UInt8](repeating: 7, count: 32)))
        accounts = Accounts(
            database: database, hasher: hasher, tokens: tokens, sessionKeys: SecretKeyRing(current: key),
            secrets: SecretBox(current: key), address: PublicAddress(configured: "https://purser.test", fallback: ""),
            clock: clock, log: .silent)
        keys = APIKeys(database: database, clock: clock, log: .silent)
        let idempotency = Idempotency(database: database) { SHA256.hash($0) }
        var routes = Routes()
        for group in IdentityModule.routes(accounts) { group.register(in: &routes) }
        KeyRoutes(keys: keys, accounts: accounts).register(in: &routes)
        AuditRoutes(database: database, idempotency: idempotency).register(in: &routes)
        EntryRoutes(database: database, idempotency: idempotency, exports: .forTests(database)).register(in: &routes)
        DataExportRoutes(accounts: accounts, parts: BookPart.own + EntryParts.all).register(in: &routes)
        var options = ApplicationOptions()
        options.rateLimits = RateLimits(isEnabled: false)
        let directory = BookDirectory(database: database)
        let application = Application(
            routes: routes, authenticate: Authenticator(accounts: accounts, keys: keys).authenticate,
            authenticateService: keys.service, findBook: { try await directory.context(of: $0, requested: $1) },
            options: options, log: .silent, metrics: Metrics(), clock: clock)
        checker = OpenAPIChecker(try JSONValue.parse(OpenAPI.document(of: application.routes, version: "0")))
        server = HTTPServer(
            configuration: HTTPServerConfiguration(), loops: test.loops,
            handler: { await application.respond(to: $0) },
            onWireError: { application.answerWireError(status: $0, reason: $1) })
        client = TestClient(port: try await server.start())
    }

    func send(
        _ method: String, _ path: String, _ body: String? = nil, fields: [(String, String)] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        var all = fields
        if body != nil { all.append(("Content-Type", "application/json")) }
        let target = "/api/v1" + path
        let answer = try await client.send(method, target, fields: all, body: body.map { Array($0.utf8) })
        for problem in checker.problems(method, target, answer) {
            Issue.record("not as documented: \(problem)", sourceLocation: sourceLocation)
        }
        return answer
    }

    /// Registers somebody; returns the field that signs them in, and who they are.
    func register(_ name: String, isAdministrator: Bool = false) async throws -> (
        fields: [(String, String)], user: UserID
    ) {
        let answer = try await send(
            "POST", "/auth/register", #"{"email":"\#(name)@example.org","password":"\#(Self.password)"}"#)
        try #require(answer.status == 201, "\(answer.text)")
        let user = try #require(answer.data["user"]?["id"]?.string.flatMap { UserID($0) })
        guard isAdministrator else {
            return ([("Authorization", "Bearer \(answer.data["accessToken"]?.string ?? "")")], user)
        }
        _ = try await database.writer.run("UPDATE users SET role = 'admin' WHERE id = \(user)")
        let again = try await send(
            "POST", "/auth/login", #"{"email":"\#(name)@example.org","password":"\#(Self.password)"}"#)
        return ([("Authorization", "Bearer \(again.data["accessToken"]?.string ?? "")")], user)
    }

    func key(
        _ fields: [(String, String)], _ scopes: String, _ more: String = "", path: String = "/api-keys",
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> (secret: String, id: String) {
        let answer = try await send("POST", path, #"{"name":"script","scopes":[\#(scopes)]\#(more)}"#, fields: fields)
        try #require(answer.status == 201, "\(answer.text)", sourceLocation: sourceLocation)
        return (answer.data["key"]?.string ?? "", answer.data["id"]?.string ?? "")
    }
}

@Suite(.tags(.http), .books) struct `A key for a program` {
    private static let lunch = #"{"amount": 12.5, "transactionDate": "2026-11-02", "merchantName": "Corner"}"#

    @Test func `does what its scopes say, in either of the two fields, and nothing else`() async throws {
        try await KeyApp.run { app in
            let ada = try await app.register("ada")
            let (secret, _) = try await app.key(ada.fields, #""entry:view""#)
            #expect(try await app.send("GET", "/expenses", fields: [("X-API-Key", secret)]).status == 200)
            #expect(
                try await app.send("GET", "/expenses", fields: [("Authorization", "Bearer \(secret)")]).status == 200)
            let refused = try await app.send("POST", "/expenses", Self.lunch, fields: [("X-API-Key", secret)])
            #expect(refused.status == 403)
            #expect(try await app.send("GET", "/audit-logs", fields: [("X-API-Key", secret)]).status == 403)
            let both = try await app.send(
                "GET", "/expenses", fields: [("X-API-Key", secret), ("Authorization", "Bearer \(secret)")])
            #expect(both.status == 400)
            #expect(both.code == "TWO_CREDENTIALS")
        }
    }

    @Test func `may neither make keys nor change the account`() async throws {
        try await KeyApp.run { app in
            let ada = try await app.register("ada")
            let all = Permission.everything.names.map { "\"\($0)\"" }.joined(separator: ",")
            let (secret, id) = try await app.key(ada.fields, all)
            let fields = [("X-API-Key", secret)]
            for (method, path, body) in [
                ("GET", "/api-keys", nil), ("POST", "/api-keys", #"{"name":"x","scopes":["entry:view"]}"#),
                ("DELETE", "/api-keys/\(id)", nil), ("PUT", "/users/me", #"{"firstName":"Eve"}"#),
                ("POST", "/auth/change-password", #"{"currentPassword":"x","newPassword":"yyyyyyyyyyyy"}"#),
                ("GET", "/service-keys", nil), ("GET", "/audit-logs?scope=server", nil),
            ] as [(String, String, String?)] {
                let answer = try await app.send(method, path, body, fields: fields)
                #expect(answer.status == 403, "\(method) \(path): \(answer.status) \(answer.code ?? "")")
            }
            #expect(try await app.send("GET", "/users/me", fields: fields).status == 200)
        }
    }

    @Test func `is shown once, stored as a hash, and nowhere else`() async throws {
        try await KeyApp.run { app in
            let ada = try await app.register("ada")
            let (secret, id) = try await app.key(ada.fields, #""entry:view","entry:view","book:view""#)
            #expect(secret.hasPrefix("purser_"))
            #expect(secret.utf8.count == 56)
            let list = try await app.send("GET", "/api-keys", fields: ada.fields)
            #expect(list.items.count == 1)
            #expect(list.items.first?["hint"]?.string == String(secret.suffix(4)))
            #expect(list.items.first?["scopes"]?.array?.compactMap(\.string) == ["book:view", "entry:view"])
            #expect(!list.text.contains(secret))
            let rows = try await app.database.query(
                """
                SELECT k::text FROM api_keys k UNION ALL SELECT l::text FROM audit.log l
                UNION ALL SELECT o::text FROM outbox o UNION ALL SELECT j::text FROM jobs j
                """)
            for row in rows { #expect(!(try row.get(0, as: String.self).contains(secret.dropFirst(7).prefix(43)))) }
            let actions = try await app.database.query("SELECT action, record_id FROM audit.log WHERE module = 'keys'")
            #expect(try actions.map { try $0.get(0, as: String.self) } == ["KEY_CREATED"])
            #expect(try actions.first?.get(1, as: String.self) == id)
        }
    }

    @Test func `is made once for each request, as none can be repeated by a key`() async throws {
        try await KeyApp.run { app in
            let ada = try await app.register("ada", isAdministrator: true)
            for (path, body) in [
                ("/api-keys", #"{"name":"script","scopes":["entry:view"]}"#),
                ("/service-keys", #"{"name":"HR","scopes":["token:validate"]}"#),
            ] {
                let refused = try await app.send(
                    "POST", path, body, fields: ada.fields + [("Idempotency-Key", "the same")])
                #expect(refused.status == 400 && refused.code == "IDEMPOTENCY_KEY_NOT_POSSIBLE", "\(refused.text)")
                #expect(try await app.send("GET", path, fields: ada.fields).items.isEmpty)
                #expect(try await app.send("POST", path, body, fields: ada.fields).status == 201)
            }
        }
    }

    @Test func `is told to its owner by a letter when it is made`() async throws {
        try await KeyApp.run { app in
            let ada = try await app.register("ada")
            func letters() async throws -> Int {
                let row = try await app.database.first("SELECT count(*) FROM jobs WHERE kind = 'mail.send'")
                return try row?.get(0) ?? 0
            }
            let before = try await letters()
            _ = try await app.key(ada.fields, #""entry:view""#)
            #expect(try await letters() == before + 1)
            let refused = try await app.send("POST", "/api-keys", #"{"name":"x","scopes":[]}"#, fields: ada.fields)
            #expect(refused.status == 400)
            #expect(try await letters() == before + 1)
        }
    }

    @Test func `that is revoked is refused at the very next request`() async throws {
        try await KeyApp.run { app in
            let ada = try await app.register("ada")
            let (secret, id) = try await app.key(ada.fields, #""entry:view""#)
            let fields = [("X-API-Key", secret)]
            for _ in 0..<3 { #expect(try await app.send("GET", "/expenses", fields: fields).status == 200) }
            #expect(try await app.send("DELETE", "/api-keys/\(id)", fields: ada.fields).status == 204)
            let refused = try await app.send("GET", "/expenses", fields: fields)
            #expect(refused.status == 401)
            #expect(refused.code == "INVALID_API_KEY")
            #expect(try await app.send("DELETE", "/api-keys/\(id)", fields: ada.fields).status == 404)
            #expect(try await app.send("GET", "/api-keys", fields: ada.fields).items.isEmpty)
        }
    }

    @Test func `of another is not there to be revoked or seen`() async throws {
        try await KeyApp.run { app in
            let ada = try await app.register("ada")
            let max = try await app.register("max")
            let (secret, id) = try await app.key(ada.fields, #""entry:view""#)
            #expect(try await app.send("GET", "/api-keys", fields: max.fields).items.isEmpty)
            #expect(try await app.send("DELETE", "/api-keys/\(id)", fields: max.fields).status == 404)
            #expect(try await app.send("GET", "/expenses", fields: [("X-API-Key", secret)]).status == 200)
        }
    }

    @Test func `that has expired, is damaged, or whose account is closed, is refused`() async throws {
        try await KeyApp.run { app in
            let ada = try await app.register("ada")
            let (secret, _) = try await app.key(ada.fields, #""entry:view""#, #","expiresInDays":1"#)
            for wrong in [String(secret.dropLast()), secret + "A", "purser_" + secret, "x", secret.lowercased()] {
                let answer = try await app.send("GET", "/expenses", fields: [("X-API-Key", wrong)])
                #expect(answer.status == 401, "\(wrong)")
            }
            _ = try await app.database.writer.run("UPDATE api_keys SET expires_at = \(app.accounts.clock.now())")
            app.keys.forget()
            let expired = try await app.send("GET", "/expenses", fields: [("X-API-Key", secret)])
            #expect(expired.code == "EXPIRED_API_KEY")
            _ = try await app.database.writer.write2(
                "UPDATE api_keys SET expires_at = NULL", "UPDATE users SET is_active = false WHERE id = \(ada.user)")
            app.keys.forget()
            #expect(try await app.send("GET", "/expenses", fields: [("X-API-Key", secret)]).code == "INVALID_API_KEY")
        }
    }

    @Test func `of one book opens no other, and no list of them`() async throws {
        try await KeyApp.run { app in
            let ada = try await app.register("ada")
            let other = try NewBook(name: "Shop", kind: .business, currency: "EUR", timeZone: "UTC")
            let shop = try await app.database.transaction { try await BookStore($0).open(other, for: ada.user) }.book.id
            let own = try #require(try await BookStore(app.database).book(nil, for: ada.user)).book.id
            let (secret, _) = try await app.key(ada.fields, #""entry:view""#, #","bookId":"\#(shop)""#)
            let fields = [("X-API-Key", secret)]
            #expect(try await app.send("GET", "/expenses", fields: fields).status == 200)
            #expect(try await app.send("GET", "/expenses", fields: fields + [("X-Book", "\(shop)")]).status == 200)
            #expect(try await app.send("GET", "/expenses", fields: fields + [("X-Book", "\(own)")]).status == 404)
            #expect(try await app.send("GET", "/users/me", fields: fields).status == 403)
            let stranger = try await app.register("max")
            let refused = try await app.send(
                "POST", "/api-keys", #"{"name":"x","scopes":["entry:view"],"bookId":"\#(shop)"}"#,
                fields: stranger.fields)
            #expect(refused.status == 404)
        }
    }

    @Test func `is refused with every field that is wrong`() async throws {
        try await KeyApp.run { app in
            let ada = try await app.register("ada")
            let answer = try await app.send(
                "POST", "/api-keys", #"{"name":" ","scopes":["entry:everything"],"bookId":"x","expiresInDays":0}"#,
                fields: ada.fields)
            #expect(answer.status == 400)
            #expect(Set(answer.problems) == ["name", "scopes", "bookId", "expiresInDays"])
            #expect(
                try await app.send("POST", "/api-keys", #"{"name":"x","scopes":[]}"#, fields: ada.fields).status == 400)
            #expect(
                try await app.send(
                    "POST", "/api-keys", #"{"name":"x","scopes":["token:validate"]}"#, fields: ada.fields
                ).status == 400)
        }
    }

    @Test func `is the last of fifty, also when several are made at once`() async throws {
        try await KeyApp.run { app in
            let ada = try await app.register("ada")
            _ = try await app.database.writer.run(
                """
                INSERT INTO api_keys (id, kind, user_id, name, secret_hash, hint, scopes, created_at)
                SELECT gen_random_uuid(), 'user', \(ada.user), 'k', sha256(n::text::bytea), 'abcd', '{entry:view}', now()
                FROM generate_series(1, 47) n
                """)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await app.send(
                            "POST", "/api-keys", #"{"name":"x","scopes":["entry:view"]}"#, fields: ada.fields
                        ).status
                    }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 201 } == 3)
            #expect(statuses.count { $0 == 409 } == 5)
        }
    }

    @Test func `notes its use once in ten minutes, not at each request`() async throws {
        try await KeyApp.run { app in
            let ada = try await app.register("ada")
            let (secret, _) = try await app.key(ada.fields, #""entry:view""#)
            for _ in 0..<5 { _ = try await app.send("GET", "/expenses", fields: [("X-API-Key", secret)]) }
            var address: String?
            for _ in 0..<50 where address == nil {
                try await Task.sleep(for: .milliseconds(20))
                address = try await app.database.first("SELECT last_used_address FROM api_keys")?.get(0)
            }
            #expect(address == "127.0.0.1")
            let before = try await app.database.first("SELECT xmin::text FROM api_keys")?.get(0, as: String.self)
            for _ in 0..<5 { _ = try await app.send("GET", "/expenses", fields: [("X-API-Key", secret)]) }
            try await Task.sleep(for: .milliseconds(100))
            #expect(try await app.database.first("SELECT xmin::text FROM api_keys")?.get(0, as: String.self) == before)
        }
    }

    @Test func `is known by its looks`() {
        let secret = APIKeySecret.random()
        #expect(APIKeySecret(secret.text)?.hash == secret.hash)
        #expect(Set((0..<100).map { _ in APIKeySecret.random().text }).count == 100)
        var damaged = Array(secret.text)
        damaged[20] = damaged[20] == "A" ? "B" : "A"
        for wrong in ["", "purser_", String(damaged), String(secret.text.dropFirst()), secret.text + " "] {
            #expect(APIKeySecret(wrong) == nil, "\(wrong)")
        }
    }
}

@Suite(.tags(.http), .books) struct `A service's key` {
    private static let report = #"""
        {"moduleName":"Budget Request","recordId":"17","recordCode":"BR-17","action":"approve","performedBy":"65f0",
        "performedByName":"Max","performedByRole":"Finance Admin","oldValues":"{\"status\":\"open\"}",
        "newValues":{"status":"approved"},"changedFields":"[\"status\"]","reason":"fine","metadata":{"ip":"10.0.0.1"}}
        """#

    @Test func `is made by an administrator alone, and is no person's`() async throws {
        try await KeyApp.run { app in
            let ada = try await app.register("ada")
            let root = try await app.register("root", isAdministrator: true)
            let body = #"{"name":"budget","scopes":["audit:write"]}"#
            #expect(try await app.send("POST", "/service-keys", body, fields: ada.fields).status == 403)
            #expect(
                try await app.send(
                    "POST", "/service-keys", #"{"name":"x","scopes":["entry:view"]}"#, fields: root.fields
                ).status == 400)
            let (secret, id) = try await app.key(root.fields, #""audit:write""#, path: "/service-keys")
            // It opens nothing that a person opens, and a person's opens nothing of its own.
            #expect(try await app.send("GET", "/expenses", fields: [("X-API-Key", secret)]).status == 401)
            #expect(try await app.send("GET", "/users/me", fields: [("X-API-Key", secret)]).status == 401)
            let personal = try await app.key(ada.fields, #""audit:read""#).secret
            #expect(
                try await app.send("POST", "/audit-logs", Self.report, fields: [("X-API-Key", personal)]).status == 401)
            #expect(
                try await app.send("POST", "/audit-logs", Self.report, fields: root.fields).code == "MISSING_API_KEY")
            #expect(
                try await app.send("POST", "/audit-logs", Self.report, fields: [("X-API-Key", secret)]).status == 201)
            let lacking = try await app.send(
                "POST", "/auth/validate-token", #"{"token":"x"}"#, fields: [("X-API-Key", secret)])
            #expect(lacking.status == 403)
            #expect(lacking.code == "INSUFFICIENT_SCOPE")
            #expect(try await app.send("DELETE", "/service-keys/\(id)", fields: root.fields).status == 204)
            #expect(
                try await app.send("POST", "/audit-logs", Self.report, fields: [("X-API-Key", secret)]).status == 401)
        }
    }

    @Test func `writes to the audit log, once for each Idempotency-Key`() async throws {
        try await KeyApp.run { app in
            let root = try await app.register("root", isAdministrator: true)
            let (secret, _) = try await app.key(root.fields, #""audit:write""#, path: "/service-keys")
            let fields = [("X-API-Key", secret), ("Idempotency-Key", "one")]
            let first = try await app.send("POST", "/audit-logs", Self.report, fields: fields)
            #expect(first.status == 201, "\(first.text)")
            #expect(first.data["action"]?.string == "APPROVE")
            #expect(first.data["service"]?.string == "script")
            #expect(first.data["oldValues"]?["status"]?.string == "open")
            #expect(first.data["changedFields"]?.array?.compactMap(\.string) == ["status"])
            #expect(first.data["metadata"]?["performedBy"]?.string == "65f0")
            #expect(first.data["performedByName"]?.string == "Max")
            let again = try await app.send("POST", "/audit-logs", Self.report, fields: fields)
            #expect(again.data["id"] == first.data["id"])
            let count = try await app.database.first("SELECT count(*) FROM audit.log WHERE service IS NOT NULL")
            #expect(try count?.get(0, as: Int64.self) == 1)

            let unknown = try await app.send(
                "POST", "/audit-logs", #"{"moduleName":"x","action":"VIEW","bookId":"\#(BookID.new())"}"#,
                fields: [("X-API-Key", secret)])
            #expect(unknown.status == 404)
            let wrong = try await app.send(
                "POST", "/audit-logs", #"{"action":"DROP TABLE","oldValues":7,"newValues":"{","changedFields":{}}"#,
                fields: [("X-API-Key", secret)])
            #expect(wrong.status == 400)
            #expect(Set(wrong.problems) == ["moduleName", "action", "oldValues", "newValues", "changedFields"])
            let large = String(repeating: "x", count: 40_000)
            let refused = try await app.send(
                "POST", "/audit-logs", #"{"moduleName":"x","action":"VIEW","newValues":{"a":"\#(large)"}}"#,
                fields: [("X-API-Key", secret)])
            #expect(refused.status == 400)
        }
    }

    @Test func `asks whether a token is valid, and is told of a valid one alone`() async throws {
        try await KeyApp.run { app in
            let ada = try await app.register("ada")
            let root = try await app.register("root", isAdministrator: true)
            let (secret, _) = try await app.key(root.fields, #""token:validate""#, path: "/service-keys")
            func validate(_ token: String) async throws -> JSONValue {
                let answer = try await app.send(
                    "POST", "/auth/validate-token", #"{"token":"\#(token)"}"#, fields: [("X-API-Key", secret)])
                #expect(answer.status == 200, "\(answer.text)")
                return answer.data
            }
            let token = String(ada.fields[0].1.dropFirst(7))
            let report = try await validate(token)
            #expect(report["active"]?.bool == true)
            #expect(report["kind"]?.string == "session")
            #expect(report["userId"]?.string == "\(ada.user)")
            #expect(report["username"]?.string == "ada@example.org")
            #expect(report["iss"]?.string == "purser")
            #expect(report["exp"]?.int == 1_800_000_900)
            #expect(report["books"]?.array?.first?["role"]?.string == "owner")

            let personal = try await app.key(ada.fields, #""entry:view""#)
            let ofKey = try await validate(personal.secret)
            #expect(ofKey["kind"]?.string == "apiKey")
            #expect(ofKey["books"]?.array?.first?["permissions"]?.array?.compactMap(\.string) == ["entry:view"])

            for wrong in ["x", token + "x", secret, "purser_x", ""] {
                let answer = try await validate(wrong)
                #expect(answer.object?.count == 1)
                #expect(answer["active"]?.bool == false, "\(wrong)")
            }
            #expect(try await app.send("POST", "/auth/logout", "{}", fields: ada.fields).status < 300)
            #expect(try await validate(token)["active"]?.bool == false)
            _ = try await app.database.writer.run("UPDATE users SET is_active = false WHERE id = \(ada.user)")
            app.keys.forget()
            #expect(try await validate(personal.secret)["active"]?.bool == false)
            #expect(
                try await app.send("POST", "/auth/validate-token", #"{"token":"x"}"#, fields: root.fields).status == 401
            )
        }
    }
}

extension DatabaseWriter {
    fileprivate func write2(_ first: SQL, _ second: SQL) async throws -> Int { try await run(first) + run(second) }
}
