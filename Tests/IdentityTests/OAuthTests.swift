import Base
import Cryptography
import Database
import HTTP
import JSON
import Outbound
import Synchronization
import TestSupport
import Testing

@testable import Identity

/// One visit to a service, as a browser makes it.
struct Visit {
    let app: TestApp
    var jar: [String: String] = [:]
    /// Parameters of the service's page.
    var asked: [String: String] = [:]

    static func parameters(_ address: String) -> [String: String] {
        let query = address.split(separator: "?", maxSplits: 1).last ?? ""
        return Dictionary(
            query.split(separator: "&").map { pair in
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return (String(parts[0]), (String(parts.last ?? "")).removingPercentEncoding ?? "")
            }, uniquingKeysWith: { first, _ in first })
    }

    mutating func begin(_ provider: String = "test", next: String = "/entries") async throws -> Answer {
        let answer = try await app.get("/api/v1/auth/oauth/\(provider)?next=\(next)", cookies: jar)
        jar.merge(answer.jar) { $1 }
        asked = Self.parameters(answer["location"] ?? "")
        return answer
    }

    func back(
        _ more: String = "&code=the%20code", provider: String = "test", state: String? = nil,
        cookies: [String: String]? = nil
    ) async throws -> Answer {
        try await app.get(
            "/api/v1/auth/oauth/\(provider)/callback?state=\(state ?? asked["state"] ?? "")\(more)",
            cookies: cookies ?? jar)
    }
}

extension String {
    fileprivate var removingPercentEncoding: String? {
        var bytes: [UInt8] = []
        var rest = utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

@Suite(.accounts) struct `Signing in with another service` {
    private func run(
        _ configure: @escaping (inout IdentityOptions) -> Void = { _ in },
        _ body: (TestApp, HostileProvider) async throws -> Void
    ) async throws {
        let clock = TestClock()
        try await HostileProvider.run(clock) { provider in
            try await TestApp.run(configure, providers: [provider.provider(), provider.gitHub()]) { app in
                try await body(app, provider)
            }
        }
    }

    private func visit(
        _ app: TestApp, _ provider: HostileProvider, id: String = "test", next: String = "/entries"
    ) async throws -> Answer {
        var visit = Visit(app: app)
        _ = try await visit.begin(id, next: next)
        provider.remember(nonce: visit.asked["nonce"] ?? "", challenge: visit.asked["code_challenge"] ?? "")
        return try await visit.back(provider: id)
    }

    @Test func `opens an account once, and knows its person again`() async throws {
        try await run { app, provider in
            var visit = Visit(app: app)
            let there = try await visit.begin()
            #expect(there.status == 302)
            #expect(there["location"]?.hasPrefix(provider.issuer + "/authorize?") == true)
            #expect(visit.asked["client_id"] == "purser")
            #expect(visit.asked["scope"] == "openid email")
            #expect(visit.asked["redirect_uri"] == "https://purser.test/api/v1/auth/oauth/test/callback")
            #expect(visit.asked["code_challenge_method"] == "S256")
            #expect(there.cookies["purser_oauth"]?.line.contains("HttpOnly; SameSite=Lax") == true)
            provider.remember(nonce: visit.asked["nonce"] ?? "", challenge: visit.asked["code_challenge"] ?? "")
            let back = try await visit.back()
            #expect(back.status == 302, "\(back.text)")
            #expect(back["location"] == "/entries")
            let me = try await app.get("/api/v1/users/me", cookies: back.jar)
            #expect(me.data["email"]?.string == "grace@example.org")
            #expect(me.data["emailVerified"]?.bool == true)
            #expect(me.data["firstName"]?.string == "Grace")
            #expect(me.data["books"]?.array?.count == 1)

            provider.behaviour.withLock { $0.email = "renamed@example.org" }
            let again = try await self.visit(app, provider, next: "/")
            #expect(again["location"] == "/")
            #expect(try await app.get("/api/v1/users/me", cookies: again.jar).data["id"] == me.data["id"])
            #expect(try await app.count("SELECT count(*) FROM users") == 1)
            #expect(try await app.count("SELECT count(*) FROM sessions WHERE methods = '{provider}'") == 2)
            #expect(try await app.count("SELECT count(*) FROM audit.log WHERE action = 'IDENTITY_LINKED'") == 1)
            #expect(try await app.count("SELECT count(*) FROM challenges") == 0)
            // Nothing of the visit's secrets is in the log.
            let log = try app.logText()
            #expect(!log.contains("s3cr"))
        }
    }

    @Test func `knows whom a service means by its own word alone: the same id elsewhere is somebody else`() async throws
    {
        let clock = TestClock()
        try await HostileProvider.run(clock) { one in
            try await HostileProvider.run(clock) { other in
                let providers = [one.provider(), other.provider(id: "other", name: "Other")]
                try await TestApp.run(providers: providers) { app in
                    func person(_ id: String, _ provider: HostileProvider) async throws -> JSONValue {
                        let back = try await visit(app, provider, id: id)
                        #expect(back["location"] == "/entries")
                        return try await app.get("/api/v1/users/me", cookies: back.jar).data["id"] ?? .null
                    }
                    other.behaviour.withLock { $0.email = "hopper@example.org" }
                    let grace = try await person("test", one)
                    let hopper = try await person("other", other)
                    #expect(grace != hopper && hopper != .null)
                    #expect(try await app.count("SELECT count(DISTINCT subject) FROM linked_identities") == 1)
                    #expect(try await app.count("SELECT count(*) FROM users") == 2)
                    // Nor when it claims the first one's address from now on.
                    other.behaviour.withLock { $0.email = "grace@example.org" }
                    #expect(try await person("other", other) == hopper)
                    #expect(try await person("test", one) == grace)
                }
            }
        }
    }

    @Test func `makes a session that lasts as any other, whatever becomes of it there`() async throws {
        try await run { app, provider in
            var used = try await visit(app, provider).jar
            let unused = try await visit(app, provider).jar
            provider.behaviour.withLock { $0.tokenStatus = 500 }
            func refresh(_ jar: [String: String]) async throws -> Answer {
                try await app.post(
                    "/auth/refresh", "{}", cookies: jar, fields: [("X-CSRF-Token", jar[SessionCookies.csrf] ?? "")])
            }
            for _ in 0..<3 {
                app.clock.advance(by: .seconds(29 * 86_400))
                let answer = try await refresh(used)
                #expect(answer.status == 200, "\(answer.text)")
                used.merge(answer.jar) { $1 }
            }
            #expect(try await refresh(unused).status == 401, "unused for thirty days")
            app.clock.advance(by: .seconds(3 * 86_400 + 1))
            #expect(try await refresh(used).status == 401, "ninety days old")
        }
    }

    @Test func `never gets into an account that is there already`() async throws {
        try await run { app, provider in
            _ = try await app.registerAda()
            provider.behaviour.withLock { $0.email = "ADA@example.org" }
            for isVerified in [false, true] {
                if isVerified { _ = try await app.database.run("UPDATE users SET email_verified_at = now()") }
                let answer = try await visit(app, provider)
                #expect(answer["location"] == "/signin?problem=link")
                #expect(answer.cookies["purser_access"] == nil)
            }
            #expect(try await app.count("SELECT count(*) FROM linked_identities") == 0)
            #expect(try await app.count("SELECT count(*) FROM sessions") == 1)
        }
    }

    private static let lies: [(String, @Sendable (inout HostileProvider.Behaviour) -> Void)] = [
        ("another audience", { $0.claims["aud"] = "\"other\"" }),
        ("several audiences and no party", { $0.claims["aud"] = "[\"purser\",\"other\"]" }),
        ("another party", { $0.claims["azp"] = "\"other\"" }),
        ("another issuer", { $0.claims["iss"] = "\"https://evil.net\"" }),
        ("another nonce", { $0.claims["nonce"] = "\"AAAA\"" }),
        ("no nonce", { $0.claims["nonce"] = .some(nil) }),
        ("expired", { $0.claims["exp"] = "1799999000" }),
        ("no expiry", { $0.claims["exp"] = .some(nil) }),
        ("made long ago", { $0.claims["iat"] = "1799990000" }),
        ("made tomorrow", { $0.claims["iat"] = "1800090000" }),
        ("not valid yet", { $0.claims["nbf"] = "1800090000" }),
        ("nobody", { $0.claims["sub"] = .some(nil) }),
        ("an empty subject", { $0.claims["sub"] = "\"\"" }),
        ("a number for a subject", { $0.claims["sub"] = "17" }),
        ("a hash of another access token", { $0.claims["at_hash"] = "\"AAAAAAAAAAAAAAAAAAAAAA\"" }),
        (
            "alg none",
            {
                $0.head = #"{"alg":"none","kid":"key-1"}"#
                $0.signature = .none
            }
        ),
        (
            "HS256 with the public key",
            {
                $0.head = #"{"alg":"HS256","kid":"key-1"}"#
                $0.signature = .publicKeyAsSecret
            }
        ),
        ("RS256 without a signature", { $0.signature = .none }),
        ("another key's signature", { $0.signature = .otherKey }),
        ("a key that is not published", { $0.keyID = "key-9" }),
        ("a critical extension", { $0.head = #"{"alg":"RS256","kid":"key-1","crit":["b64"],"b64":false}"# }),
        ("another type", { $0.head = #"{"alg":"RS256","kid":"key-1","typ":"at+jwt"}"# }),
        ("ES256 by an RSA key", { $0.head = #"{"alg":"ES256","kid":"key-1"}"# }),
        ("an error for a token", { $0.tokenStatus = 500 }),
        (
            "the address from somebody else",
            {
                $0.email = nil
                $0.userInfoEmail = "grace@example.org"
                $0.userInfoSubject = "subject-2"
            }
        ),
    ]

    @Test func `believes no token with anything wrong about it`() async throws {
        try await run { app, provider in
            for (name, lie) in Self.lies {
                provider.behaviour.withLock {
                    $0 = HostileProvider.Behaviour()
                    lie(&$0)
                }
                let answer = try await visit(app, provider)
                #expect(answer.status == 302, "\(name)")
                #expect(answer["location"] == "/signin?problem=provider", "\(name)")
                #expect(answer.cookies["purser_access"] == nil, "\(name)")
            }
            #expect(try await app.count("SELECT count(*) FROM users") == 0)
            provider.behaviour.withLock { $0 = HostileProvider.Behaviour() }
            let place1 = try await visit(app, provider)["location"]
            #expect(place1 == "/entries")
        }
    }

    @Test func `takes an address only when the service vouches for it`() async throws {
        try await run { app, provider in
            var places: [String?] = []
            let changes: [@Sendable (inout HostileProvider.Behaviour) -> Void] = [
                { $0.isEmailVerified = false }, { $0.email = nil }, { $0.email = "no address" },
                {
                    // Some tell it only when they are asked again.
                    $0.email = nil
                    $0.isEmailVerified = false
                    $0.userInfoEmail = "grace@example.org"
                },
            ]
            for change in changes {
                provider.behaviour.withLock { change(&$0) }
                let answer = try await visit(app, provider)
                places.append(answer["location"])
            }
            let problem = "/signin?problem=email"
            #expect(places == [problem, problem, problem, "/entries"])
        }
    }

    @Test func `ends in the browser that began it, once, in time, and with the same service`() async throws {
        try await run { app, provider in
            func begun() async throws -> Visit {
                var visit = Visit(app: app)
                _ = try await visit.begin()
                provider.remember(nonce: visit.asked["nonce"] ?? "", challenge: visit.asked["code_challenge"] ?? "")
                return visit
            }
            let problem = "/signin?problem=state"
            let one = try await begun()
            let other = try await begun()
            #expect(try await one.back(cookies: [:])["location"] == problem)
            #expect(try await one.back(cookies: other.jar)["location"] == problem)
            #expect(try await one.back(state: "nonsense")["location"] == problem)
            #expect(try await one.back(provider: "github")["location"] == problem)
            let two = try await begun()
            async let first = two.back()
            async let second = two.back()
            #expect(Set(try await [first, second].map { $0["location"] }) == ["/entries", problem])
            let late = try await begun()
            app.clock.advance(by: .seconds(601))
            #expect(try await late.back()["location"] == problem)
            let said = try await begun()
            #expect(try await said.back("&error=access_denied")["location"] == "/signin?problem=denied")
            let failed = try await begun()
            #expect(try await failed.back("&error=server_error")["location"] == "/signin?problem=provider")
            let empty = try await begun()
            #expect(try await empty.back("")["location"] == "/signin?problem=provider")
            #expect(try await app.get("/api/v1/auth/oauth/unknown").status == 404)
            #expect(try await app.get("/api/v1/auth/oauth/unknown/callback").status == 404)
            // A page elsewhere begins no sign-in: it leads to the one where people begin it themselves.
            let elsewhere = try await app.send(
                "GET", "/api/v1/auth/oauth/test?next=/entries", fields: [("Sec-Fetch-Site", "cross-site")])
            #expect(elsewhere.status == 302 && elsewhere["location"] == "/signin?next=%2Fentries")
            #expect(elsewhere.cookies.isEmpty)
        }
    }

    @Test func `does not take one service's answer for another's`() async throws {
        try await run { app, provider in
            provider.behaviour.withLock { $0.namesIssuer = true }
            func back(_ more: String) async throws -> String? {
                var visit = Visit(app: app)
                _ = try await visit.begin()
                provider.remember(nonce: visit.asked["nonce"] ?? "", challenge: visit.asked["code_challenge"] ?? "")
                return try await visit.back("&code=the%20code" + more)["location"]
            }
            let nobody = try await back("")
            let another = try await back("&iss=https%3A%2F%2Fevil.net")
            let itself = try await back("&iss=\(provider.issuer)")
            let problem = "/signin?problem=provider"
            #expect([nobody, another, itself] == [problem, problem, "/entries"])
        }
    }

    @Test func `does not go to a service whose document is another's`() async throws {
        try await run { app, provider in
            provider.behaviour.withLock { $0.discoveredIssuer = "https://evil.net" }
            var visit = Visit(app: app)
            let place2 = try await visit.begin()["location"]
            #expect(place2 == "/signin?problem=provider")
        }
    }

    @Test func `follows a service's new key, but looks for it only so often`() async throws {
        try await run { app, provider in
            let place3 = try await visit(app, provider)["location"]
            #expect(place3 == "/entries")
            func lookUps() -> Int { provider.asked.withLock { $0.count { $0 == "/keys" } } }
            #expect(lookUps() == 1)
            provider.behaviour.withLock {
                $0.keyID = "key-2"
                $0.publishedKeyID = "key-2"
            }
            for _ in 0..<3 { #expect(try await visit(app, provider)["location"] == "/signin?problem=provider") }
            #expect(lookUps() == 1)
            app.clock.advance(by: .seconds(61))
            // The service's clock is another one.
            provider.behaviour.withLock { $0.claims = ["iat": "1800000061", "exp": "1800000361"] }
            let place4 = try await visit(app, provider)["location"]
            #expect(place4 == "/entries")
            #expect(lookUps() == 2)
        }
    }

    @Test func `opens one account for one person who comes twice at once`() async throws {
        try await run { app, provider in
            var visits: [Visit] = []
            for _ in 0..<2 {
                var visit = Visit(app: app)
                _ = try await visit.begin()
                visits.append(visit)
            }
            // Without a nonce check the two could share an answer: each asks by itself.
            provider.remember(nonce: visits[0].asked["nonce"] ?? "", challenge: visits[0].asked["code_challenge"] ?? "")
            let first = try await visits[0].back()
            provider.remember(nonce: visits[1].asked["nonce"] ?? "", challenge: visits[1].asked["code_challenge"] ?? "")
            let second = try await visits[1].back()
            #expect([first["location"], second["location"]] == ["/entries", "/entries"])
            #expect(try await app.count("SELECT count(*) FROM users") == 1)
        }
    }

    @Test func `opens no account where the administrator makes them, or terms are to be accepted`() async throws {
        try await run({ $0.isRegistrationOpen = false }) { app, provider in
            let place5 = try await visit(app, provider)["location"]
            #expect(place5 == "/signin?problem=closed")
        }
        try await run({ $0.areTermsRequired = true }) { app, provider in
            let place6 = try await visit(app, provider)["location"]
            #expect(place6 == "/signin?problem=terms")
        }
    }

    @Test func `goes on only to a path of our own page`() async throws {
        try await run { app, provider in
            for next in ["//evil.net", "https://evil.net", "/\\evil.net", "javascript:alert(1)", ""] {
                let answer = try await visit(app, provider, next: next)
                #expect(answer["location"] == "/", "\(next)")
            }
        }
    }

    @Test(arguments: [false, true])
    func `asks for the second factor of an account that has one, unless the service did and is trusted`(
        isTrusted: Bool
    ) async throws {
        try await HostileProvider.run(TestClock()) { provider in
            try await TestApp.run(providers: [provider.provider(trustsFactors: isTrusted)]) { app in
                _ = try await visit(app, provider)
                _ = try await app.database.run(
                    """
                    INSERT INTO totp_secrets (user_id, sealed, confirmed_at, created_at)
                    SELECT id, '\\x00', created_at, created_at FROM users
                    """)
                let plain = try await visit(app, provider)
                #expect(plain["location"]?.hasPrefix("/signin?next=%2Fentries#challenge=") == true)
                #expect(plain["location"]?.hasSuffix("&methods=totp,recovery") == true)
                #expect(plain.cookies["purser_access"] == nil)
                provider.behaviour.withLock { $0.claims = ["amr": #"["pwd","mfa"]"#] }
                let strong = try await visit(app, provider)
                #expect((strong["location"] == "/entries") == isTrusted)
                #expect((strong.cookies["purser_access"] != nil) == isTrusted)
            }
        }
    }

    @Test func `refuses a disabled account`() async throws {
        try await run { app, provider in
            _ = try await visit(app, provider)
            _ = try await app.database.run("UPDATE users SET is_active = false")
            let place7 = try await visit(app, provider)["location"]
            #expect(place7 == "/signin?problem=disabled")
        }
    }

    @Test func `knows GitHub's people by their number and their verified first address`() async throws {
        try await run { app, provider in
            provider.behaviour.withLock {
                $0.gitHubEmails =
                    #"[{"email":"other@example.org","primary":false,"verified":true},{"email":"grace@example.org","primary":true,"verified":false}]"#
            }
            let place8 = try await visit(app, provider, id: "github")["location"]
            #expect(place8 == "/signin?problem=email")
            provider.behaviour.withLock {
                $0.gitHubEmails = #"[{"email":"grace@example.org","primary":true,"verified":true}]"#
            }
            let answer = try await visit(app, provider, id: "github")
            #expect(answer["location"] == "/entries")
            #expect(try await app.count("SELECT count(*) FROM linked_identities WHERE subject = '4711'") == 1)
        }
    }
}

@Suite(.accounts) struct `Linked accounts` {
    private func run(_ body: (TestApp, HostileProvider) async throws -> Void) async throws {
        try await HostileProvider.run(TestClock()) { provider in
            try await TestApp.run(providers: [provider.provider()]) { app in try await body(app, provider) }
        }
    }

    private func signedIn(_ app: TestApp) async throws -> [String: String] {
        _ = try await app.registerAda()
        _ = try await app.database.run("UPDATE users SET email_verified_at = now()")
        return try await app.signInAda(TestApp.password, from: "192.0.2.1", #","session":"cookie""#).jar
    }

    private func link(_ app: TestApp, _ provider: HostileProvider, _ jar: [String: String]) async throws -> Answer {
        let begun = try await app.post(
            "/auth/links/test", "{}", cookies: jar, fields: [("X-CSRF-Token", jar["purser_csrf"] ?? "")])
        guard begun.status == 200 else { return begun }
        var visit = Visit(app: app, jar: jar.merging(begun.jar) { $1 })
        visit.asked = Visit.parameters(begun.data["address"]?.string ?? "")
        provider.remember(nonce: visit.asked["nonce"] ?? "", challenge: visit.asked["code_challenge"] ?? "")
        return try await visit.back()
    }

    @Test func `sign in from then on, are listed, and go`() async throws {
        try await run { app, provider in
            let jar = try await signedIn(app)
            let place9 = try await link(app, provider, jar)["location"]
            #expect(place9 == "/settings/security?linked=test")
            // A second time is fine.
            let place10 = try await link(app, provider, jar)["location"]
            #expect(place10 == "/settings/security?linked=test")
            let list = try await app.get("/api/v1/auth/links", cookies: jar)
            #expect(list.data.array?.map { $0["name"]?.string } == ["Test"])
            #expect(list.data.array?.first?["email"]?.string == "grace@example.org")
            var visit = Visit(app: app)
            _ = try await visit.begin()
            provider.remember(nonce: visit.asked["nonce"] ?? "", challenge: visit.asked["code_challenge"] ?? "")
            let back = try await visit.back()
            #expect(try await app.get("/api/v1/users/me", cookies: back.jar).data["email"]?.string == "ada@example.org")

            let fields = [("X-CSRF-Token", jar["purser_csrf"] ?? "")]
            let path = "/api/v1/auth/links/test"
            #expect(try await app.send("DELETE", path, cookies: jar).status == 403)
            #expect(try await app.send("DELETE", path, cookies: jar, fields: fields).status == 204)
            #expect(try await app.send("DELETE", path, cookies: jar, fields: fields).status == 404)
            let actions = try await app.database.query(
                "SELECT action FROM audit.log WHERE action LIKE 'IDENTITY%' ORDER BY at")
            #expect(try actions.map { try $0.get(0) as String } == ["IDENTITY_LINKED", "IDENTITY_UNLINKED"])
            #expect(
                try await app.letters().filter { $0.subject.contains("Test") || $0.text.contains("Test") }.count == 2)
        }
    }

    @Test func `need a confirmed address, a fresh sign-in, and the session that began it`() async throws {
        try await run { app, provider in
            let jar = try await signedIn(app)
            _ = try await app.database.run("UPDATE users SET email_verified_at = NULL")
            #expect(try await link(app, provider, jar).code == "EMAIL_NOT_VERIFIED")
            _ = try await app.database.run("UPDATE users SET email_verified_at = now()")
            let fields = [("X-CSRF-Token", jar["purser_csrf"] ?? "")]
            let begun = try await app.post("/auth/links/test", "{}", cookies: jar, fields: fields)
            var visit = Visit(app: app, jar: begun.jar)
            visit.asked = Visit.parameters(begun.data["address"]?.string ?? "")
            provider.remember(nonce: visit.asked["nonce"] ?? "", challenge: visit.asked["code_challenge"] ?? "")
            // The browser has signed out meanwhile.
            let place11 = try await visit.back()["location"]
            #expect(place11 == "/settings/security?problem=state")
            #expect(try await app.count("SELECT count(*) FROM linked_identities") == 0)
            app.clock.advance(by: .seconds(14 * 60 + 50))
            _ = try await app.database.run(
                "UPDATE sessions SET authenticated_at = authenticated_at - interval '1 minute'")
            #expect(try await link(app, provider, jar).code == "REAUTHENTICATION_REQUIRED")
            #expect(try await app.post("/auth/links/test", "{}").status == 401)
            #expect(try await app.get("/api/v1/auth/links").status == 401)
        }
    }

    @Test func `belong to one account only`() async throws {
        try await run { app, provider in
            let jar = try await signedIn(app)
            var visit = Visit(app: app)
            _ = try await visit.begin()
            provider.remember(nonce: visit.asked["nonce"] ?? "", challenge: visit.asked["code_challenge"] ?? "")
            let place12 = try await visit.back()["location"]
            #expect(place12 == "/entries")
            let place13 = try await link(app, provider, jar)["location"]
            #expect(place13 == "/settings/security?problem=taken")
        }
    }

    @Test func `stay when they are the only way in`() async throws {
        try await run { app, provider in
            var visit = Visit(app: app)
            _ = try await visit.begin()
            provider.remember(nonce: visit.asked["nonce"] ?? "", challenge: visit.asked["code_challenge"] ?? "")
            let jar = try await visit.back().jar
            let answer = try await app.send(
                "DELETE", "/api/v1/auth/links/test", cookies: jar, fields: [("X-CSRF-Token", jar["purser_csrf"] ?? "")])
            #expect(answer.status == 409)
            #expect(answer.code == "LAST_FACTOR")
            #expect(try await app.count("SELECT count(*) FROM linked_identities") == 1)
        }
    }
}
