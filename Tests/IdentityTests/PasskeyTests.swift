import Base
import Cryptography
import Database
import HTTP
import JSON
import TestSupport
import Testing

@testable import Identity

@Suite(.accounts) struct `Passkeys` {
    private static func add(
        _ authenticator: SoftAuthenticator, _ app: TestApp, bearer: String?, name: String = "Ada’s phone",
        _ change: SoftAuthenticator.Change = .init()
    ) async throws -> Answer {
        let options = try await app.post("/auth/passkeys/options", "{}", bearer: bearer).data
        let credential = authenticator.create(options["publicKey"] ?? .null, change)
        return try await app.post(
            "/auth/passkeys",
            #"{"ceremony":"\#(options["ceremony"]?.string ?? "")","name":"\#(name)","credential":\#(credential)}"#,
            bearer: bearer)
    }

    private static func options(_ app: TestApp) async throws -> JSONValue {
        try await app.post("/auth/passkeys/login/options", "{}").data
    }

    private static func send(
        _ credential: String, ceremony: JSONValue, _ app: TestApp, _ more: String = ""
    ) async throws -> Answer {
        try await app.post(
            "/auth/passkeys/login",
            #"{"ceremony":"\#(ceremony["ceremony"]?.string ?? "")","credential":\#(credential)\#(more)}"#)
    }

    private static func signIn(
        _ authenticator: SoftAuthenticator, _ app: TestApp, _ change: SoftAuthenticator.Change = .init(),
        _ more: String = ""
    ) async throws -> Answer {
        let options = try await options(app)
        return try await send(
            authenticator.get(options["publicKey"] ?? .null, change), ceremony: options, app, more)
    }

    @Test func `are added once, listed, renamed, and sign in without a password`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            let authenticator = try SoftAuthenticator()
            let options = try await app.post("/auth/passkeys/options", "{}", bearer: ada.accessToken).data
            #expect(options["publicKey"]?["rp"]?["id"]?.string == "purser.test")
            #expect(options["publicKey"]?["user"]?["name"]?.string == "ada@example.org")
            let added = try await Self.add(authenticator, app, bearer: ada.accessToken)
            #expect(added.status == 201, "\(added.text)")
            #expect(added.data["isSynced"]?.bool == true)
            let again = try await Self.add(authenticator, app, bearer: ada.accessToken)
            #expect(again.status == 409)
            #expect(again.code == "PASSKEY_KNOWN")

            let signedIn = try await Self.signIn(authenticator, app)
            #expect(signedIn.status == 200, "\(signedIn.text)")
            #expect(signedIn.data["user"]?["id"] == ada.data["user"]?["id"])
            #expect(try await app.get("/api/v1/users/me", bearer: signedIn.accessToken).status == 200)
            #expect(try await app.count("SELECT count(*) FROM sessions WHERE methods = '{passkey}'") == 1)
            let page = try await Self.signIn(authenticator, app, .init(), #","session":"cookie""#)
            #expect(page.status == 200)
            #expect(page.data["accessToken"] == nil)
            #expect(page.fields.filter { $0.name == "set-cookie" }.count == 3)

            let id = added.data["id"]?.string ?? ""
            let renamed = try await app.send(
                "PUT", "/api/v1/auth/passkeys/\(id)", #"{"name":"Telephone"}"#, bearer: ada.accessToken)
            #expect(renamed.status == 200)
            let list = try await app.get("/api/v1/auth/passkeys", bearer: ada.accessToken)
            #expect((list.data.array ?? []).map { $0["name"]?.string } == ["Telephone"])
            #expect(list.data.array?.first?["lastUsedAt"]?.string != nil)
            #expect(!list.text.contains("public"))
            // What the next authenticator must not be: this one.
            let next = try await app.post("/auth/passkeys/options", "{}", bearer: ada.accessToken).data
            #expect(next["publicKey"]?["excludeCredentials"]?.array?.count == 1)
        }
    }

    @Test func `write into the audit log who changed what, and no key`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            let added = try await Self.add(SoftAuthenticator(), app, bearer: ada.accessToken)
            let path = "/api/v1/auth/passkeys/\(added.data["id"]?.string ?? "")"
            _ = try await app.send("PUT", path, #"{"name":"Telephone"}"#, bearer: ada.accessToken)
            _ = try await app.send("DELETE", path, bearer: ada.accessToken)
            let rows = try await app.database.query(
                "SELECT action, coalesce(old_values::text, '') || coalesce(new_values::text, ''), actor_name FROM audit.log ORDER BY at"
            )
            let actions: [String] = try rows.map { try $0.get(0) }
            #expect(actions == ["PASSKEY_ADDED", "PASSKEY_RENAMED", "PASSKEY_REMOVED"])
            let values: [String] = try rows.map { try $0.get(1) }
            #expect(
                values == [
                    #"{"name": "Ada’s phone"}"#, #"{"name": "Ada’s phone"}{"name": "Telephone"}"#,
                    #"{"name": "Telephone"}"#,
                ])
            #expect(try rows.allSatisfy { try $0.get(2) == "ada@example.org" })
        }
    }

    private static let wrong: [(String, SoftAuthenticator.Change)] = {
        var list: [(String, SoftAuthenticator.Change)] = []
        func add(_ name: String, _ change: (inout SoftAuthenticator.Change) -> Void) {
            var changed = SoftAuthenticator.Change()
            change(&changed)
            list.append((name, changed))
        }
        add("another page") { $0.origin = "https://purser.test.evil.net" }
        add("without TLS") { $0.origin = "http://purser.test" }
        add("another ceremony") { $0.type = "webauthn.other" }
        add("another challenge") { $0.challenge = Base64URL.encode([UInt8](repeating: 7, count: 32)) }
        add("inside another page") { $0.crossOrigin = true }
        add("nobody there") { $0.flags = 0x0C }
        add("backed up though it cannot be") { $0.flags = 0x15 }
        add("another domain") { $0.partyID = "evil.net" }
        return list
    }()

    @Test func `are refused when made for anything but this page and this ceremony`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            for (name, change) in Self.wrong {
                let answer = try await Self.add(SoftAuthenticator(), app, bearer: ada.accessToken, change)
                #expect(answer.status == 400, "\(name)")
                #expect(answer.code == "PASSKEY_INVALID", "\(name)")
            }
            #expect(try await app.count("SELECT count(*) FROM passkeys") == 0)
        }
    }

    @Test func `do not sign in when anything about the answer is wrong`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            let authenticator = try SoftAuthenticator()
            _ = try await Self.add(authenticator, app, bearer: ada.accessToken)
            var wrong = Self.wrong
            wrong.append(("a forged signature", .init(forgesSignature: true)))
            wrong.append(("nobody recognised", .init(flags: 0x19)))
            wrong.append(("another's handle", .init(userHandle: Base64URL.encode([UInt8](repeating: 1, count: 16)))))
            wrong.append(("another kind of key suddenly", .init(flags: 0x05)))
            for (name, change) in wrong {
                let answer = try await Self.signIn(authenticator, app, change)
                #expect(answer.status == 401, "\(name): \(answer.text)")
                #expect(answer.code == "PASSKEY_INVALID", "\(name)")
            }
            let unknown = try await Self.signIn(SoftAuthenticator(), app)
            #expect(unknown.status == 401)
            #expect(unknown.code == "PASSKEY_INVALID")
            #expect(try await app.count("SELECT count(*) FROM sessions") == 1)
        }
    }

    @Test func `are refused once a copy has been seen`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            let authenticator = try SoftAuthenticator()
            _ = try await Self.add(authenticator, app, bearer: ada.accessToken)
            #expect(try await Self.signIn(authenticator, app, .init(signCount: 5)).status == 200)
            #expect(try await Self.signIn(authenticator, app, .init(signCount: 5)).status == 401)
            #expect(try await Self.signIn(authenticator, app, .init(signCount: 4)).status == 401)
            #expect(try await Self.signIn(authenticator, app, .init(signCount: 6)).status == 200)
            #expect(try app.logText().contains("its counter went from 5 to 4"))
            // A letter at the adding, and one for each answer of the copy.
            #expect(try await app.count("SELECT count(*) FROM jobs WHERE kind = 'mail.send'") >= 3)
        }
    }

    @Test func `answer a ceremony once, in its time, and only their own`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            let authenticator = try SoftAuthenticator()
            _ = try await Self.add(authenticator, app, bearer: ada.accessToken)
            let options = try await Self.options(app)
            let credential = try authenticator.get(options["publicKey"] ?? .null)
            async let first = Self.send(credential, ceremony: options, app)
            async let second = Self.send(credential, ceremony: options, app)
            async let third = Self.send(credential, ceremony: options, app)
            #expect(try await [first, second, third].map(\.status).sorted() == [200, 401, 401])

            let late = try await Self.options(app)
            app.clock.advance(by: .seconds(301))
            let answer = try await Self.send(
                authenticator.get(late["publicKey"] ?? .null), ceremony: late, app)
            #expect(answer.status == 401)
            try await app.accounts.prune()
            #expect(try await app.count("SELECT count(*) FROM challenges") == 0)

            // A ceremony of Ada's is none of Zoe's.
            let ada2 = try await app.signInAda()
            let zoe = try await app.post(
                "/auth/register", #"{"email":"zoe@example.org","password":"\#(TestApp.password)"}"#)
            let hers = try await app.post("/auth/passkeys/options", "{}", bearer: ada2.accessToken).data
            let made = try SoftAuthenticator().create(hers["publicKey"] ?? .null)
            let stolen = try await app.post(
                "/auth/passkeys",
                #"{"ceremony":"\#(hers["ceremony"]?.string ?? "")","credential":\#(made)}"#, bearer: zoe.accessToken)
            #expect(stolen.status == 400)
        }
    }

    @Test func `of others can be neither renamed nor removed, nor seen`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            let added = try await Self.add(SoftAuthenticator(), app, bearer: ada.accessToken)
            let zoe = try await app.post(
                "/auth/register", #"{"email":"zoe@example.org","password":"\#(TestApp.password)"}"#)
            let path = "/api/v1/auth/passkeys/\(added.data["id"]?.string ?? "")"
            #expect(try await app.send("PUT", path, #"{"name":"Mine"}"#, bearer: zoe.accessToken).status == 404)
            #expect(try await app.send("DELETE", path, bearer: zoe.accessToken).status == 404)
            #expect(try await app.get("/api/v1/auth/passkeys", bearer: zoe.accessToken).data.array?.isEmpty == true)
            #expect(try await app.get("/api/v1/auth/passkeys").status == 401)
            #expect(try await app.send("DELETE", path, bearer: ada.accessToken).status == 204)
            #expect(try await app.send("DELETE", path, bearer: ada.accessToken).status == 404)
        }
    }

    @Test func `stay when they are the only way in, even when the last two go at once`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            _ = try await app.database.run("UPDATE users SET password_hash = NULL")
            let one = try await Self.add(SoftAuthenticator(), app, bearer: ada.accessToken)
            let two = try await Self.add(SoftAuthenticator(), app, bearer: ada.accessToken)
            let paths = [one, two].map { "/api/v1/auth/passkeys/\($0.data["id"]?.string ?? "")" }
            async let first = app.send("DELETE", paths[0], bearer: ada.accessToken)
            async let second = app.send("DELETE", paths[1], bearer: ada.accessToken)
            let answers = try await [first, second]
            #expect(answers.map(\.status).sorted() == [204, 409])
            #expect(answers.compactMap(\.code) == ["LAST_FACTOR"])
        }
    }

    @Test func `of an account are at most twenty, also when added at once`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            for _ in 0..<(Passkey.limitPerUser - 1) {
                #expect(try await Self.add(SoftAuthenticator(), app, bearer: ada.accessToken).status == 201)
            }
            // Both have begun before either is added.
            func begin() async throws -> JSONValue {
                try await app.post("/auth/passkeys/options", "{}", bearer: ada.accessToken).data
            }
            func finish(_ options: JSONValue) async throws -> Int {
                let credential = try SoftAuthenticator().create(options["publicKey"] ?? .null)
                let ceremony = options["ceremony"]?.string ?? ""
                return try await app.post(
                    "/auth/passkeys", #"{"ceremony":"\#(ceremony)","credential":\#(credential)}"#,
                    bearer: ada.accessToken
                ).status
            }
            let (one, two) = (try await begin(), try await begin())
            async let first = finish(one)
            async let second = finish(two)
            #expect(try await [first, second].sorted() == [201, 409])
            #expect(try await app.post("/auth/passkeys/options", "{}", bearer: ada.accessToken).code == "PASSKEY_LIMIT")
        }
    }

    @Test func `of a disabled account do not sign in`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            let authenticator = try SoftAuthenticator()
            _ = try await Self.add(authenticator, app, bearer: ada.accessToken)
            _ = try await app.database.run("UPDATE users SET is_active = false")
            let answer = try await Self.signIn(authenticator, app)
            #expect(answer.status == 403)
            #expect(answer.code == "ACCOUNT_DISABLED")
        }
    }

    @Test func `are added and removed only by who has proved lately who they are`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            let added = try await Self.add(SoftAuthenticator(), app, bearer: ada.accessToken)
            app.clock.advance(by: .seconds(14 * 60 + 59))
            #expect(try await app.post("/auth/passkeys/options", "{}", bearer: ada.accessToken).status == 200)
            _ = try await app.database.run(
                "UPDATE sessions SET authenticated_at = authenticated_at - interval '1 minute'")
            let path = "/api/v1/auth/passkeys/\(added.data["id"]?.string ?? "")"
            for answer in [
                try await app.post("/auth/passkeys/options", "{}", bearer: ada.accessToken),
                try await app.send("DELETE", path, bearer: ada.accessToken),
            ] {
                #expect(answer.status == 403)
                #expect(answer.code == "REAUTHENTICATION_REQUIRED")
            }
        }
    }

    /// As if everybody had confirmed codes of a device.
    private static func turnCodesOn(_ app: TestApp) async throws {
        _ = try await app.database.run(
            """
            INSERT INTO totp_secrets (user_id, sealed, confirmed_at, created_at)
            SELECT id, '\\x00', created_at, created_at FROM users
            """)
    }

    @Test func `are the second step of an account with second factors, and only its own`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            let zoe = try await app.post(
                "/auth/register", #"{"email":"zoe@example.org","password":"\#(TestApp.password)"}"#)
            let (hers, other) = (try SoftAuthenticator(), try SoftAuthenticator())
            _ = try await Self.add(hers, app, bearer: ada.accessToken)
            _ = try await Self.add(other, app, bearer: zoe.accessToken)
            try await Self.turnCodesOn(app)
            func step() async throws -> (challenge: String, options: JSONValue) {
                let first = try await app.signInAda()
                #expect(first.status == 202)
                #expect(first.data["methods"]?.array?.contains(.string("passkey")) == true)
                let challenge = first.data["challenge"]?.string ?? ""
                return (
                    challenge,
                    try await app.post("/auth/passkeys/login/options", #"{"challenge":"\#(challenge)"}"#).data
                )
            }
            // A touch is enough: the password has said who it is.
            let touch = SoftAuthenticator.Change(flags: 0x19)
            let one = try await step()
            #expect(one.options["publicKey"]?["allowCredentials"]?.array?.count == 1)
            let signed = try hers.get(one.options["publicKey"] ?? .null, touch)
            let answer = try await Self.send(
                signed, ceremony: one.options, app, #","challenge":"\#(one.challenge)""#)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(try await app.count("SELECT count(*) FROM sessions WHERE methods = '{pwd,passkey}'") == 1)
            let over = try await app.post("/auth/passkeys/login/options", #"{"challenge":"\#(one.challenge)"}"#)
            #expect(over.status == 401)
            #expect(over.code == "CHALLENGE_EXPIRED")

            let two = try await step()
            let stranger = try await Self.send(
                other.get(two.options["publicKey"] ?? .null), ceremony: two.options, app,
                #","challenge":"\#(two.challenge)""#)
            #expect(stranger.status == 401)
            // A ceremony for a second step does not sign in alone, and one for signing in alone is no second step.
            let three = try await step()
            let alone = try await Self.send(
                hers.get(three.options["publicKey"] ?? .null), ceremony: three.options, app)
            #expect(alone.status == 401)
            let four = try await step()
            let any = try await Self.options(app)
            let mixed = try await Self.send(
                hers.get(any["publicKey"] ?? .null), ceremony: any, app, #","challenge":"\#(four.challenge)""#)
            #expect(mixed.status == 401)
            // Alone it needs no code: the authenticator saw who was there.
            #expect(try await Self.signIn(hers, app).status == 200)
        }
    }

    private static let bodies = [
        "{}", #"{"ceremony":"x","credential":{}}"#, #"{"ceremony":null,"credential":null}"#,
        #"{"ceremony":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","credential":{"id":"AA","type":"password","response":{}}}"#,
        #"{"ceremony":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","credential":{"id":"AA","type":"public-key","response":{"clientDataJSON":"=","authenticatorData":1,"signature":[],"attestationObject":null}}}"#,
        #"{"ceremony":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","credential":[]}"#,
    ]

    @Test func `refuse what is no answer of a browser`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            for body in Self.bodies {
                #expect(try await app.post("/auth/passkeys", body, bearer: ada.accessToken).status == 400, "\(body)")
                #expect(try await app.post("/auth/passkeys/login", body).status == 400, "\(body)")
            }
            let empty =
                #"{"id":"AA","type":"public-key","response":{"clientDataJSON":"","authenticatorData":"","signature":""}}"#
            let answer = try await Self.send(empty, ceremony: try await Self.options(app), app)
            #expect(answer.status == 401)
            let foreign = try await app.post(
                "/auth/passkeys/login/options", "{}", fields: [("Sec-Fetch-Site", "cross-site")])
            #expect(foreign.status == 403)
        }
    }
}
