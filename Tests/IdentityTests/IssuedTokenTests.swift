import Base
import Books
import Cryptography
import Database
import EventLoop
import HTTP
import HTTPServer
import JSON
import Runtime
import TestSupport
import Testing

@testable import Identity

@Suite(.tags(.rules)) struct `A role text` {
    @Test func `is a level and a department, or nothing`() {
        #expect(IssuedRole("SuperAdmin") == IssuedRole(level: .superadmin, department: nil))
        #expect(IssuedRole("Finance Admin") == IssuedRole(level: .admin, department: .finance))
        #expect(IssuedRole("hr staff") == IssuedRole(level: .staff, department: .hr))
        #expect(IssuedRole("INVENTORY ADMIN") == IssuedRole(level: .admin, department: .inventory))
        #expect(IssuedRole("Operations Staff") == IssuedRole(level: .staff, department: .operations))
        for text in [
            "", " ", "Admin", "Staff", "Finance", "Super Admin", "Finance SuperAdmin", "Finance  Admin",
            " Finance Admin",
            "Finance Admin ", "Finance Administrator", "Legal Admin", "Finance Admin Staff", "FinanceAdmin",
            "Finance\tAdmin", "Finance Not-Admin", "Fınance Admin", "Finance Ştaff",
        ] {
            #expect(IssuedRole(text) == nil, "“\(text)”")
        }
        #expect(IssuedRole("SuperAdmin")?.part == .administrator)
        #expect(IssuedRole("Finance Admin")?.part == .head(of: "finance"))
        #expect(IssuedRole("hr staff")?.part == .staff(of: "hr"))
    }
}

/// The HR system, with a key of its own; Grace, whom it knows as 4711; and an organisation of Ada's.
private final class HumanResources: Sendable {
    static let key = Result { () throws -> RSAPrivateKey in try RSAPrivateKey.generate() }

    let app: TestApp
    let book: BookID
    let grace: UserID
    let tokens: IssuedTokens
    let directory: BookDirectory

    init(_ app: TestApp) async throws {
        self.app = app
        let ada = try await app.registerAda()
        let answer = try await app.post(
            "/auth/register", #"{"email":"grace@example.org","password":"\#(TestApp.password)"}"#)
        let owner = try #require(ada.data["user"]?["id"]?.string.flatMap { UserID($0) })
        let grace = try #require(answer.data["user"]?["id"]?.string.flatMap { UserID($0) })
        let book = try await app.database.transaction { transaction in
            try await BookStore(transaction).open(
                NewBook(name: "Works", kind: .organization, currency: nil, timeZone: nil), for: owner
            ).book.id
        }
        let key = try PinnedKey(
            Array(
                #"{"kty":"RSA","n":"\#(Base64URL.encode(try Self.key.get().publicKey.modulus))","e":"AQAB"}"#.utf8),
            algorithm: .rs256)
        let directory = BookDirectory(database: app.database)
        self.book = book
        self.grace = grace
        self.directory = directory
        tokens = IssuedTokens(
            issuer: TrustedIssuer(name: "https://hr.example", audience: "purser", key: key, book: book),
            database: app.database, clock: app.clock.clock, log: .silent,
            settleMembership: { await directory.settleChange() })
    }

    static func run(_ body: (HumanResources) async throws -> Void) async throws {
        try await TestApp.run { app in try await body(try await HumanResources(app)) }
    }

    func linkGrace() async throws {
        try await app.accounts.link(EmailAddress("grace@example.org"), issuer: "https://hr.example", subject: "4711")
    }

    /// - Parameter changes: claims put in the place of the honest ones, as JSON; nil removes.
    func token(
        _ role: String = "Finance Admin", _ changes: [String: String?] = [:], signedBy other: RSAPrivateKey? = nil
    ) throws -> Substring {
        let now = app.clock.now.secondsSinceEpoch
        var claims: [String: String] = [
            "iss": #""https://hr.example""#, "aud": #""purser""#, "sub": #""4711""#, "username": #""grace""#,
            "role": "\"\(role)\"", "iat": "\(now)", "exp": "\(now + 3600)",
        ]
        for (name, value) in changes { claims[name] = value }
        let payload = "{" + claims.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
        return try JWS.sign(Array(payload.utf8), with: other ?? Self.key.get())[...]
    }

    /// What she may do in the organisation.
    func role() async throws -> BookRole? {
        let row = try await app.database.first(
            "SELECT role FROM book_members WHERE book_id = \(book) AND user_id = \(grace)")
        return try row?.get(0)
    }
}

@Suite(.accounts) struct `A token of another system` {
    @Test func `is its linked person's, in the one book, in the role that it says`() async throws {
        try await HumanResources.run { hr in
            await #expect(throws: Refusal.identityUnknown) { try await hr.tokens.principal(of: try hr.token()) }
            try await hr.linkGrace()
            let principal = try await hr.tokens.principal(of: try hr.token())
            #expect(principal.user == hr.grace && principal.onlyBook == hr.book)
            #expect(principal.credential == .issuer("https://hr.example") && principal.platformRole == .user)
            #expect(throws: Refusal.self, "it is no sign-in: keys and sessions are closed to it") {
                try principal.session
            }
            let context = try await hr.directory.context(of: principal, requested: nil)
            #expect(context.id == hr.book && context.role == .member)
            let own = try #require(
                try await hr.app.database.first(
                    "SELECT book_id FROM book_members WHERE user_id = \(hr.grace) AND book_id <> \(hr.book)"))
            let ownBook = try own.get(0, as: BookID.self)
            await #expect(throws: Refusal.notFound("book")) {
                try await hr.directory.context(of: principal, requested: ownBook)
            }
            let stored = try #require(
                try await hr.app.database.first("SELECT role_level, role_department FROM linked_identities"))
            #expect(try stored.get(0, as: String.self) == "admin" && stored.get(1, as: String.self) == "finance")
            #expect(
                try await hr.app.count("SELECT count(*) FROM audit.log WHERE action = 'MEMBER_ADDED'") == 1)
        }
    }

    @Test func `changes the membership when a newer one says something else, and an older one does not`() async throws {
        try await HumanResources.run { hr in
            try await hr.linkGrace()
            let first = try hr.token("SuperAdmin")
            _ = try await hr.tokens.principal(of: first)
            #expect(try await hr.role() == .admin)
            hr.app.clock.advance(by: .seconds(60))
            _ = try await hr.tokens.principal(of: try hr.token("HR Staff"))
            #expect(try await hr.role() == .member)
            // The old token is still good for who she is, not for what she was.
            _ = try await hr.tokens.principal(of: first)
            try await Task.sleep(for: .milliseconds(1100))
            _ = try await hr.tokens.principal(of: first)
            #expect(try await hr.role() == .member)
            hr.app.clock.advance(by: .seconds(60))
            await #expect(throws: Refusal.issuedRoleUnknown) {
                try await hr.tokens.principal(of: try hr.token("Legal Counsel"))
            }
            #expect(try await hr.role() == nil, "no guess")
            await #expect(throws: Refusal.issuedRoleUnknown) {
                try await hr.tokens.principal(of: try hr.token("HR Staff"))
            }
            hr.app.clock.advance(by: .seconds(60))
            _ = try await hr.tokens.principal(of: try hr.token("HR Staff"))
            #expect(try await hr.role() == .member)
        }
    }

    @Test func `reaches the entries of its department, or its own`() async throws {
        try await HumanResources.run { hr in
            try await hr.linkGrace()
            func context(_ role: String) async throws -> BookContext {
                hr.app.clock.advance(by: .seconds(60))
                return try await hr.directory.context(
                    of: try await hr.tokens.principal(of: try hr.token(role)), requested: nil)
            }
            func department(_ slug: String) async throws -> DepartmentID {
                let row = try await hr.app.database.first(
                    "SELECT id FROM departments WHERE book_id = \(hr.book) AND slug = \(slug)")
                return try #require(row).get(0)
            }
            let finance = try await department("finance")
            let head = try await context("Finance Admin")
            #expect(head.scope == .departments([finance], recordedBy: hr.grace) && head.department == finance)
            #expect(head.permissionsWithinScope.contains(.editEntries) && !head.permissions.contains(.viewEntries))
            let staff = try await context("HR Staff")
            let (humanResources, inventory) = (try await department("hr"), try await department("inventory"))
            #expect(staff.scope == .own(hr.grace) && staff.department == humanResources)
            #expect(staff.permissionsWithinScope.contains([.viewEntries, .createEntries, .editOwnEntries]))
            #expect(!staff.permissionsWithinScope.contains(.editEntries))
            let moved = try await context("Inventory Staff")
            #expect(moved.scope == .own(hr.grace) && moved.department == inventory)
            // What the organisation has renamed or deleted gives no more than it would have: the role comes back, a
            // department does not.
            _ = try await hr.app.database.writer.query(
                "UPDATE book_roles SET name = 'Crew' WHERE book_id = \(hr.book) AND name = 'Department head'")
            _ = try await hr.app.database.writer.query(
                "DELETE FROM departments WHERE book_id = \(hr.book) AND slug = 'operations'")
            let lost = try await context("Operations Admin")
            #expect(lost.scope == .departments([], recordedBy: hr.grace) && lost.department == nil)
            let boss = try await context("SuperAdmin")
            #expect(boss.scope == .everything && boss.role == .admin && boss.permissions.contains(.editEntries))
        }
    }

    @Test func `is refused when anything about it is not as it should be`() async throws {
        try await HumanResources.run { hr in
            try await hr.linkGrace()
            let now = hr.app.clock.now.secondsSinceEpoch
            let wrong: [(String, [String: String?])] = [
                ("another issuer", ["iss": #""https://evil.example""#]), ("no issuer", ["iss": nil]),
                ("the issuer in a list", ["iss": #"["https://hr.example"]"#]),
                ("another audience", ["aud": #""mobile-app""#]), ("no audience", ["aud": nil]),
                ("an empty list of audiences", ["aud": "[]"]),
                ("no expiry", ["exp": nil]), ("an expiry as text", ["exp": "\"\(now + 60)\""]),
                ("good for a year", ["exp": "\(now + 31_536_000)"]), ("no time of issue", ["iat": nil]),
                ("made tomorrow", ["iat": "\(now + 86_400)", "exp": "\(now + 90_000)"]),
                ("not valid yet", ["nbf": "\(now + 600)"]), ("nobody", ["sub": nil]),
                ("an empty subject", ["sub": "\"\""]),
                ("a number for a subject", ["sub": "4711"]), ("no role", ["role": nil]),
                ("a list of roles", ["role": #"["Finance Admin"]"#]),
                ("an enormous expiry", ["exp": "99999999999999999999"]), ("a negative one", ["exp": "-1"]),
            ]
            for (name, changes) in wrong {
                let token = try hr.token("Finance Admin", changes)
                await #expect(throws: Refusal.tokenNotValid, "\(name)") { try await hr.tokens.principal(of: token) }
            }
            let expired = try hr.token("Finance Admin", ["iat": "\(now - 100)", "exp": "\(now - 60)"])
            await #expect(throws: Refusal.tokenExpired) { try await hr.tokens.principal(of: expired) }
            let forged = try hr.token(signedBy: RSAPrivateKey.generate())
            await #expect(throws: Refusal.tokenNotValid) { try await hr.tokens.principal(of: forged) }
            // A list of audiences with ours among them is fine.
            _ = try await hr.tokens.principal(of: try hr.token("HR Staff", ["aud": #"["x","purser"]"#]))
            let stranger = try hr.token("HR Staff", ["sub": #""4712""#])
            await #expect(throws: Refusal.identityUnknown) { try await hr.tokens.principal(of: stranger) }
        }
    }

    @Test func `ends with its time, its link and its account`() async throws {
        try await HumanResources.run { hr in
            try await hr.linkGrace()
            let token = try hr.token("HR Staff")
            _ = try await hr.tokens.principal(of: token)
            hr.app.clock.advance(by: .seconds(3631))
            await #expect(throws: Refusal.tokenExpired) { try await hr.tokens.principal(of: token) }
            let next = try hr.token("HR Staff")
            _ = try await hr.tokens.principal(of: next)
            try await hr.app.accounts.setActive(false, EmailAddress("grace@example.org"))
            try await Task.sleep(for: .milliseconds(1100))
            await #expect(throws: Refusal.tokenNotValid) { try await hr.tokens.principal(of: next) }
            try await hr.app.accounts.setActive(true, EmailAddress("grace@example.org"))
            try await hr.app.accounts.unlink(EmailAddress("grace@example.org"), issuer: "https://hr.example")
            await #expect(throws: Refusal.identityUnknown) { try await hr.tokens.principal(of: next) }
        }
    }

    @Test func `does not take a book from its owner, and counts as no way to sign in`() async throws {
        try await HumanResources.run { hr in
            try await hr.app.database.write(
                "INSERT INTO book_members (book_id, user_id, role) VALUES (\(hr.book), \(hr.grace), 'owner')")
            try await hr.linkGrace()
            _ = try await hr.tokens.principal(of: try hr.token("HR Staff"))
            #expect(try await hr.role() == .owner)
            await #expect(throws: Refusal.self, "the subject is hers") {
                try await hr.app.accounts.link(
                    EmailAddress("ada@example.org"), issuer: "https://hr.example", subject: "4711")
            }
            #expect(try await LinkedIdentityStore(queryable: hr.app.database).list(of: hr.grace).isEmpty)
            try await hr.app.database.write("UPDATE users SET password_hash = NULL WHERE id = \(hr.grace)")
            #expect(try await !WaysIn(hr.app.database, hr.grace).exist)
        }
    }

    @Test func `comes as a bearer token and nowhere else, beside our own`() async throws {
        try await HumanResources.run { hr in
            try await hr.linkGrace()
            let authenticator = Authenticator(accounts: hr.app.accounts, issued: hr.tokens)
            func user(_ fields: [(String, String)]) async throws -> UserID? {
                let wire = try #require(
                    HTTPRequest(
                        method: "GET", target: "/api/v1/expenses", fields: fields,
                        loop: TestDatabase.current.loops.next()))
                return try await authenticator.authenticate(Request(forTest: wire))?.user
            }
            let token = try hr.token("HR Staff")
            #expect(try await user([("Authorization", "Bearer \(token)")]) == hr.grace)
            await #expect(throws: Refusal.tokenNotValid) { try await user([("Cookie", "purser_access=\(token)")]) }
            let ada = try await hr.app.signInAda()
            #expect(try await user([("Authorization", "Bearer \(ada.accessToken ?? "")")]) != nil)
            await #expect(throws: Refusal.tokenNotValid) { try await user([("Authorization", "Bearer a.b.c")]) }
            let without = Authenticator(accounts: hr.app.accounts)
            let wire = try #require(
                HTTPRequest(
                    method: "GET", target: "/", fields: [("Authorization", "Bearer \(token)")],
                    loop: TestDatabase.current.loops.next()))
            await #expect(throws: Refusal.tokenNotValid) {
                try await without.authenticate(Request(forTest: wire))
            }
        }
    }
}
