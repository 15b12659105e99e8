import Base
import Books
import Cryptography
import Database
import HTTP
import JSON
import TestSupport
import Testing

@testable import Identity

@Suite(.accounts) struct `Registering` {
    @Test func `opens an account, its book and a session`() async throws {
        try await TestApp.run { app in
            let answer = try await app.registerAda()
            #expect(answer.status == 201, "\(answer.text)")
            #expect(answer.json["success"]?.bool == true)
            #expect(answer.data["user"]?["email"]?.string == "ada@example.org")
            #expect(answer.data["user"]?["displayName"]?.string == "Ada Lovelace")
            #expect(answer.data["user"]?["role"]?.string == "user")
            #expect(answer.data["user"]?["emailVerified"]?.bool == false)
            #expect(answer.data["book"]?["kind"]?.string == "personal")
            #expect(answer.data["book"]?["role"]?.string == "owner")
            #expect(answer.data["tokenType"]?.string == "Bearer")
            #expect(answer.data["expiresIn"]?.int == 900)
            #expect(answer["set-cookie"] == nil)
            let me = try await app.get("/api/v1/users/me", bearer: answer.accessToken)
            #expect(me.status == 200, "\(me.text)")
            #expect(me.data["id"] == answer.data["user"]?["id"])
            #expect(me.data["books"]?.array?.count == 1)
            #expect(me.data["books"]?.array?.first?["id"] == answer.data["book"]?["id"])
            #expect(try await app.count("SELECT count(*) FROM outbox WHERE name = 'user.registered'") == 1)
        }
    }

    @Test func `takes the names and the book's particulars of every seed`() async throws {
        try await TestApp.run { app in
            let whole = try await app.send(
                "POST", "/api/auth/signup",
                #"{"email":"zoe@example.org","password":"correct horse","name":"Zoe van Dijk","terms":true}"#)
            #expect(whole.status == 201, "\(whole.text)")
            #expect(whole.data["user"]?["firstName"]?.string == "Zoe van")
            #expect(whole.data["user"]?["lastName"]?.string == "Dijk")
            #expect(whole.data["user"]?["displayName"]?.string == "Zoe van Dijk")
            let business = try await app.post(
                "/auth/register",
                #"""
                {"email":"b@example.org","password":"correct horse","businessName":"Analytical Engines",
                 "currency":"inr","timeZone":"Asia/Kolkata"}
                """#)
            #expect(business.status == 201, "\(business.text)")
            #expect(business.data["book"]?["kind"]?.string == "business")
            #expect(business.data["book"]?["name"]?.string == "Analytical Engines")
            #expect(business.data["book"]?["currency"]?.string == "INR")
            #expect(business.data["book"]?["timeZone"]?.string == "Asia/Kolkata")
        }
    }

    static let refusals = [
        ("{}", "email"), (#"{"email":"ada@example.org"}"#, "password"),
        (#"{"email":"ada","password":"correct horse"}"#, "email"),
        (#"{"email":1,"password":"correct horse"}"#, "email"),
        (#"{"email":"ada@example.org","password":"short"}"#, "password"),
        (#"{"email":"ada@example.org","password":"password1"}"#, "password"),
        (#"{"email":"ada@example.org","password":12345678}"#, "password"),
        (#"{"email":"ada@example.org","password":"ADA@example.org"}"#, "password"),
        (#"{"email":"ada@example.org","password":"correct horse","terms":false}"#, "terms"),
        (#"{"email":"ada@example.org","password":"correct horse","terms":null}"#, "terms"),
        (#"{"email":"ada@example.org","password":"correct horse","terms":"yes"}"#, "terms"),
        (#"{"email":"ada@example.org","password":"correct horse","firstName":"A\u0007"}"#, "firstName"),
        (#"{"email":"ada@example.org","password":"correct horse","currency":"XXZ"}"#, "currency"),
        (#"{"email":"ada@example.org","password":"correct horse","timeZone":"Mars/Olympus"}"#, "timeZone"),
        (#"{"email":"ada@example.org","password":"correct horse","session":"both"}"#, "session"),
    ]

    @Test func `is refused with the field's name`() async throws {
        try await TestApp.run { app in
            for (body, field) in Self.refusals {
                let answer = try await app.post("/auth/register", body)
                #expect(answer.status == 400, "\(body) \(answer.text)")
                let fields = answer.json["errors"]?.array?.compactMap { $0["field"]?.string } ?? []
                #expect(fields.contains(field), "\(body) \(answer.text)")
            }
            #expect(try await app.count("SELECT count(*) FROM users") == 0)
        }
    }

    @Test func `is refused for what is no object`() async throws {
        try await TestApp.run { app in
            for body in ["", "[]", "null", "\"x\"", "{", #"{"email":"a@b.de","email":"c@d.de"}"#, "\u{1}"] {
                for path in ["/auth/register", "/auth/login", "/auth/setup"] {
                    let answer = try await app.post(path, body)
                    #expect(answer.status == 400, "\(path) \(body)")
                }
            }
        }
    }

    @Test func `needs the terms where they are required, and can be closed`() async throws {
        try await TestApp.run {
            $0.areTermsRequired = true
        } _: { app in
            let without = try await app.registerAda()
            #expect(without.status == 400)
            let with = try await app.registerAda(#","terms":true"#)
            #expect(with.status == 201)
        }
        try await TestApp.run {
            $0.isRegistrationOpen = false
        } _: { app in
            let answer = try await app.post(
                "/auth/register", #"{"email":"late@example.org","password":"correct horse"}"#)
            #expect(answer.status == 403)
            #expect(answer.code == "REGISTRATION_CLOSED")
        }
    }

    @Test func `of one address by many at once succeeds once`() async throws {
        try await TestApp.run { app in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        let email = number % 2 == 0 ? "ada@example.org" : "ADA@Example.Org"
                        return try await app.post(
                            "/auth/register", #"{"email":"\#(email)","password":"correct horse \#(number)"}"#
                        ).status
                    }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.filter { $0 == 201 }.count == 1)
            #expect(statuses.filter { $0 == 409 }.count == 19)
            #expect(try await app.count("SELECT count(*) FROM users") == 1)
            #expect(try await app.count("SELECT count(*) FROM books") == 1)
            #expect(try await app.count("SELECT count(*) FROM sessions") == 1)
        }
    }

    @Test func `a second time says so`() async throws {
        try await TestApp.run { app in
            _ = try await app.registerAda()
            let answer = try await app.registerAda()
            #expect(answer.status == 409)
            #expect(answer.code == "DUPLICATE_KEY")
        }
    }

    @Test func `stores no password and no token`() async throws {
        try await TestApp.run { app in
            let answer = try await app.registerAda()
            let row = try #require(
                try await app.database.first(
                    "SELECT password_hash, (SELECT token_hash FROM refresh_tokens) FROM users"))
            let hash: String = try row.get(0)
            #expect(hash.hasPrefix("$argon2id$"))
            #expect(!answer.text.contains(hash))
            #expect(!answer.text.contains("argon2"))
            #expect(!answer.text.contains(TestApp.password))
            let token = try #require(answer.refreshToken)
            #expect(try row.get(1, as: [UInt8].self) == SHA256.hash(try #require(Base64URL.decode(token.utf8))))
            let log = try app.logText()
            #expect(log.contains("/api/v1/auth/register"))
            for secret in [TestApp.password, token, try #require(answer.accessToken), hash] {
                #expect(!log.contains(secret))
            }
        }
    }
}

@Suite(.accounts) struct `The first administrator` {
    static func body(_ token: String, email: String = "root@example.org") -> String {
        #"{"token":"\#(token)","email":"\#(email)","password":"correct horse"}"#
    }

    @Test func `is made by the set-up link, once`() async throws {
        try await TestApp.run { app in
            let token = try #require(try await app.accounts.prepareSetup())
            let answer = try await app.post("/auth/setup", Self.body(token))
            #expect(answer.status == 201, "\(answer.text)")
            #expect(answer.data["user"]?["role"]?.string == "admin")
            let again = try await app.post("/auth/setup", Self.body(token, email: "eve@example.org"))
            #expect(again.status == 403)
            #expect(again.code == "SETUP_TOKEN_INVALID")
            #expect(try await app.accounts.prepareSetup() == nil)
        }
    }

    @Test func `is one only, even when the link is used by many at once`() async throws {
        try await TestApp.run { app in
            let token = try #require(try await app.accounts.prepareSetup())
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<10 {
                    group.addTask {
                        try await app.post("/auth/setup", Self.body(token, email: "r\(number)@example.org")).status
                    }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.filter { $0 == 201 }.count == 1)
            #expect(statuses.filter { $0 == 403 }.count == 9)
            #expect(try await app.count("SELECT count(*) FROM users") == 1)
        }
    }

    @Test func `is not made by a wrong, an old or a replaced link, nor by coming first`() async throws {
        try await TestApp.run { app in
            #expect(try await app.registerAda().data["user"]?["role"]?.string == "user")
            let replaced = try #require(try await app.accounts.prepareSetup())
            let token = try #require(try await app.accounts.prepareSetup())
            for wrong in ["", "x", RefreshToken.random().text, replaced] {
                let status = try await app.post("/auth/setup", Self.body(wrong)).status
                #expect(status == 403 || status == 400)
            }
            app.clock.advance(by: .seconds(8 * 86_400))
            #expect(try await app.post("/auth/setup", Self.body(token)).status == 403)
            #expect(try await app.count("SELECT count(*) FROM users WHERE role = 'admin'") == 0)
        }
    }

    @Test func `can be made at the command line, from an account or anew`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            func registration(_ email: String) throws -> Registration {
                let address = try EmailAddress(email)
                return Registration(
                    email: address, password: try Password(new: "correct horse", for: address), name: PersonName(),
                    book: try .init(name: "Personal", kind: .personal))
            }
            guard
                case .created(let root) = try await app.accounts.add(
                    registration("root@example.org"), asAdministrator: true)
            else { return #expect(Bool(false), "root is new") }
            #expect(root.role == .admin)
            guard case .promoted = try await app.accounts.add(registration("ada@example.org"), asAdministrator: true)
            else { return #expect(Bool(false), "ada is known") }
            // Her old token says "user": it has ended, and her password is still her own.
            #expect(try await app.get("/api/v1/users/me", bearer: ada.accessToken).status == 401)
            let signedIn = try await app.signInAda()
            #expect(signedIn.data["user"]?["role"]?.string == "admin")
            await #expect(throws: Refusal.emailTaken) {
                try await app.accounts.add(registration("root@example.org"), asAdministrator: false)
            }
            #expect(try await app.accounts.users().map(\.email) == ["ada@example.org", "root@example.org"])
        }
    }
}
