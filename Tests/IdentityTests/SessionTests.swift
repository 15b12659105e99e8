import Base
import Cryptography
import Database
import HTTP
import JSON
import TestSupport
import Testing

@testable import Identity

@Suite(.accounts) struct `A session of a program` {
    @Test func `goes on with every refresh token once`() async throws {
        try await TestApp.run { app in
            var token = try await app.registerAda().refreshToken
            for _ in 0..<5 {
                app.clock.advance(by: .seconds(900))
                let answer = try await app.refresh(token)
                #expect(answer.status == 200, "\(answer.text)")
                #expect(answer.refreshToken != token)
                #expect(answer.data["expiresIn"]?.int == 900)
                #expect(try await app.get("/api/v1/users/me", bearer: answer.accessToken).status == 200)
                token = answer.refreshToken
            }
        }
    }

    @Test func `ends with all its tokens when one is used again`() async throws {
        try await TestApp.run { app in
            let first = try await app.registerAda()
            let other = try await app.signInAda()
            let second = try await app.refresh(first.refreshToken)
            #expect(second.status == 200)
            let reused = try await app.refresh(first.refreshToken)
            #expect(reused.status == 401)
            #expect(reused.code == "INVALID_REFRESH_TOKEN")
            // The thief's and the owner's alike, access tokens too.
            #expect(try await app.refresh(second.refreshToken).status == 401)
            #expect(try await app.get("/api/v1/users/me", bearer: second.accessToken).status == 401)
            #expect(try await app.get("/api/v1/users/me", bearer: first.accessToken).status == 401)
            // Another device is not touched.
            #expect(try await app.refresh(other.refreshToken).status == 200)
            let reason: String? = try await app.database.first(
                "SELECT revoked_reason FROM sessions WHERE revoked_at IS NOT NULL")?.get(0)
            #expect(reason == "reuse")
            let log = try app.logText()
            #expect(log.contains("presented again"))
            let presented = try #require(first.refreshToken)
            #expect(!log.contains(presented))
        }
    }

    @Test func `lets one of many simultaneous refreshes through`() async throws {
        try await TestApp.run { app in
            let token = try await app.registerAda().refreshToken
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<12 { group.addTask { try await app.refresh(token).status } }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.filter { $0 == 200 }.count == 1)
            #expect(statuses.filter { $0 == 401 }.count == 11)
            #expect(try await app.count("SELECT count(*) FROM refresh_tokens") == 2)
        }
    }

    @Test func `ends after thirty days without use`() async throws {
        try await TestApp.run { app in
            let first = try await app.registerAda()
            app.clock.advance(by: .seconds(29 * 86_400))
            let second = try await app.refresh(first.refreshToken)
            #expect(second.status == 200)
            app.clock.advance(by: .seconds(30 * 86_400))
            #expect(try await app.refresh(second.refreshToken).status == 401)
        }
    }

    @Test func `does not begin with a token that was never issued`() async throws {
        try await TestApp.run { app in
            for token in ["", "x", String(repeating: "A", count: 43)] {
                let answer = try await app.refresh(token)
                #expect(answer.status == 401, "\(token)")
            }
            #expect(try await app.refresh("\\u0000").status == 400)
            #expect(try await app.refresh(String(repeating: "A", count: 200)).status == 400)
            #expect(try await app.post("/auth/refresh", "{}").status == 401)
            #expect(try await app.send("POST", "/api/v1/auth/refresh").status == 401)
        }
    }

    @Test func `ends at once by signing out, on this server and on others`() async throws {
        try await TestApp.run { app in
            let answer = try await app.registerAda()
            let out = try await app.post("/auth/logout", "{}", bearer: answer.accessToken)
            #expect(out.status == 200, "\(out.text)")
            #expect(try await app.get("/api/v1/users/me", bearer: answer.accessToken).status == 401)
            #expect(try await app.refresh(answer.refreshToken).status == 401)
            #expect(try await app.count("SELECT count(*) FROM outbox WHERE name = 'user.logout'") == 1)
            // A server that starts now knows of it as well.
            let other = AccessTokens(jwt: app.accounts.tokens.jwt, lifetime: .seconds(900))
            let second = Accounts(
                database: app.database, hasher: app.accounts.hasher, tokens: other, sessionKeys: TestApp.sessionKeys,
                secrets: TestApp.secrets, address: app.accounts.address, clock: app.clock.clock, log: app.accounts.log)
            let token = try #require(answer.accessToken)
            #expect(throws: Never.self) { try other.verify(token, at: app.clock.now) }
            let following = Task { await second.followEndedSessions() }
            defer { following.cancel() }
            try await eventually { (try? other.verify(token, at: app.clock.now)) == nil }
            // And hears of the next one.
            let next = try await app.signInAda()
            let nextToken = try #require(next.accessToken)
            #expect(throws: Never.self) { try other.verify(nextToken, at: app.clock.now) }
            #expect(try await app.post("/auth/logout", "{}", bearer: next.accessToken).status == 200)
            try await eventually { (try? other.verify(nextToken, at: app.clock.now)) == nil }
        }
    }

    @Test func `is ended by its refresh token when the access token has expired`() async throws {
        try await TestApp.run { app in
            let answer = try await app.registerAda()
            app.clock.advance(by: .seconds(1000))
            let body = #"{"refreshToken":"\#(answer.refreshToken ?? "")"}"#
            #expect(try await app.post("/auth/logout", body, bearer: answer.accessToken).status == 200)
            #expect(try await app.refresh(answer.refreshToken).status == 401)
            #expect(try await app.post("/auth/logout", "{}").status == 401)
        }
    }

    @Test func `is pruned when it is long over`() async throws {
        try await TestApp.run { app in
            _ = try await app.registerAda()
            app.clock.advance(by: .seconds(200 * 86_400))
            try await app.accounts.prune()
            #expect(try await app.count("SELECT count(*) FROM sessions") == 0)
            #expect(try await app.count("SELECT count(*) FROM refresh_tokens") == 0)
            #expect(try await app.count("SELECT count(*) FROM users") == 1)
        }
    }
}

/// Waits for what another task brings about, at most five seconds.
func eventually(_ condition: () -> Bool) async throws {
    for _ in 0..<500 {
        if condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    #expect(Bool(false), "it did not come about in five seconds")
}

@Suite(.accounts) struct `A session of the page` {
    static func csrf(_ jar: [String: String]) -> [(String, String)] {
        [("X-CSRF-Token", jar[SessionCookies.csrf] ?? "")]
    }

    @Test func `lives in cookies that scripts cannot read, and not in the body`() async throws {
        try await TestApp.run { app in
            let answer = try await app.registerAda(#","session":"cookie""#)
            #expect(answer.status == 201)
            #expect(answer.accessToken == nil)
            #expect(answer.refreshToken == nil)
            let cookies = answer.cookies
            #expect(cookies.count == 3)
            for (name, path) in [(SessionCookies.access, "/"), (SessionCookies.refresh, "/api")] {
                let line = try #require(cookies[name]?.line)
                #expect(line.contains("; HttpOnly"))
                #expect(line.contains("; SameSite=Lax"))
                #expect(line.contains("; Path=\(path);"))
                #expect(!line.contains("Secure"))
            }
            #expect(cookies[SessionCookies.csrf]?.line.contains("HttpOnly") == false)
            let me = try await app.get("/api/v1/users/me", cookies: answer.jar)
            #expect(me.status == 200, "\(me.text)")
            for (_, cookie) in cookies { #expect(!answer.text.contains(cookie.value)) }
        }
    }

    @Test func `has Secure cookies over TLS`() async throws {
        try await TestApp.run { app in
            let answer = try await app.post(
                "/auth/register", #"{"email":"ada@example.org","password":"correct horse","session":"cookie"}"#,
                fields: [("X-Forwarded-Proto", "https")])
            #expect(answer.cookies.count == 3)
            #expect(answer.cookies.values.allSatisfy { $0.line.contains("; Secure") })
        }
    }

    @Test func `has cookies over TLS that no other host and no page without TLS can set`() async throws {
        try await TestApp.run { app in
            let tls = [("X-Forwarded-Proto", "https")]
            let answer = try await app.post(
                "/auth/register", #"{"email":"ada@example.org","password":"correct horse","session":"cookie"}"#,
                fields: tls)
            #expect(
                Set(answer.cookies.keys) == ["__Host-purser_access", "__Secure-purser_refresh", "__Host-purser_csrf"])
            for (name, cookie) in answer.cookies {
                #expect(!cookie.line.contains("Domain"))
                #expect(!name.hasPrefix("__Host-") || cookie.line.contains("; Path=/;"), "\(cookie.line)")
            }
            func me(_ jar: [String: String], _ fields: [(String, String)]) async throws -> Int {
                try await app.send("GET", "/api/v1/users/me", cookies: jar, fields: fields).status
            }
            let jar = answer.jar
            #expect(try await me(jar, tls) == 200)
            // The plain name is not read there: somebody else may have set it.
            let access = try #require(jar["__Host-purser_access"])
            #expect(try await me(["purser_access": access], tls) == 401)
            #expect(try await me(["purser_access": access], []) == 200)
            #expect(try await me(jar, []) == 401)
            let csrf = [("X-CSRF-Token", jar["__Host-purser_csrf"] ?? "")]
            let refreshed = try await app.send(
                "POST", "/api/v1/auth/refresh", "{}", cookies: jar, fields: tls + csrf)
            #expect(refreshed.status == 200 && refreshed.cookies.count == 3, "\(refreshed.text)")
            let out = try await app.send(
                "POST", "/api/v1/auth/logout", "{}", cookies: refreshed.jar, fields: tls + csrf)
            #expect(out.status == 200 && out.cookies["__Host-purser_access"]?.value == "")
        }
    }

    @Test func `changes nothing without its token against forgery`() async throws {
        try await TestApp.run { app in
            let jar = try await app.registerAda(#","session":"cookie""#).jar
            let stranger = try await app.signInAda(TestApp.password, from: "192.0.2.9", #","session":"cookie""#).jar
            let body = #"{"firstName":"Augusta"}"#
            let without = try await app.send("PUT", "/api/v1/users/me", body, cookies: jar)
            #expect(without.status == 403)
            #expect(without.code == "CSRF_INVALID")
            for wrong in ["", "x", stranger[SessionCookies.csrf] ?? ""] {
                let answer = try await app.send(
                    "PUT", "/api/v1/users/me", body, cookies: jar, fields: [("X-CSRF-Token", wrong)])
                #expect(answer.status == 403)
            }
            let with = try await app.send("PUT", "/api/v1/users/me", body, cookies: jar, fields: Self.csrf(jar))
            #expect(with.status == 200, "\(with.text)")
            #expect(with.data["firstName"]?.string == "Augusta")
            // A bearer token is not sent by browsers on their own.
            let bearer = try #require(jar[SessionCookies.access])
            #expect(try await app.send("PUT", "/api/v1/users/me", body, bearer: bearer).status == 200)
        }
    }

    @Test func `is refreshed by its cookie and the token against forgery`() async throws {
        try await TestApp.run { app in
            let jar = try await app.registerAda(#","session":"cookie""#).jar
            app.clock.advance(by: .seconds(901))
            let expired = try await app.get("/api/v1/users/me", cookies: jar)
            #expect(expired.status == 401)
            #expect(expired.code == "TOKEN_EXPIRED")
            #expect(try await app.post("/auth/refresh", "{}", cookies: jar).status == 403)
            let answer = try await app.post("/auth/refresh", "{}", cookies: jar, fields: Self.csrf(jar))
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.refreshToken == nil)
            #expect(answer.jar[SessionCookies.refresh] != jar[SessionCookies.refresh])
            #expect(answer.jar[SessionCookies.csrf] == jar[SessionCookies.csrf])
            #expect(try await app.get("/api/v1/users/me", cookies: answer.jar).status == 200)
            // Carried out of the browser it does not work.
            #expect(try await app.refresh(answer.jar[SessionCookies.refresh]).status == 401)
            #expect(try await app.get("/api/v1/users/me", cookies: answer.jar).status == 200)
        }
    }

    @Test func `survives tabs that refresh at the same moment`() async throws {
        try await TestApp.run { app in
            let jar = try await app.registerAda(#","session":"cookie""#).jar
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<8 {
                    group.addTask { try await app.post("/auth/refresh", "{}", cookies: jar, fields: Self.csrf(jar)) }
                }
                return try await group.reduce(into: [Answer]()) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.status == 200 })
            // One successor, given to all.
            #expect(Set(answers.compactMap { $0.jar[SessionCookies.refresh] }).count == 1)
            #expect(try await app.count("SELECT count(*) FROM refresh_tokens") == 2)
            let newer = answers[0].jar
            let newest = try await app.post("/auth/refresh", "{}", cookies: newer, fields: Self.csrf(newer))
            #expect(newest.status == 200)
            // A tab that comes late, but within the grace, is led to the newest.
            let late = try await app.post("/auth/refresh", "{}", cookies: jar, fields: Self.csrf(jar))
            #expect(late.jar[SessionCookies.refresh] == newest.jar[SessionCookies.refresh])
        }
    }

    @Test func `ends when an old cookie comes after the grace`() async throws {
        try await TestApp.run { app in
            let jar = try await app.registerAda(#","session":"cookie""#).jar
            let newer = try await app.post("/auth/refresh", "{}", cookies: jar, fields: Self.csrf(jar))
            app.clock.advance(by: .seconds(10))
            #expect(try await app.post("/auth/refresh", "{}", cookies: jar, fields: Self.csrf(jar)).status == 401)
            let after = try await app.post("/auth/refresh", "{}", cookies: newer.jar, fields: Self.csrf(newer.jar))
            #expect(after.status == 401)
            #expect(try await app.get("/api/v1/users/me", cookies: newer.jar).status == 401)
        }
    }

    @Test func `ends by signing out, and its cookies are cleared`() async throws {
        try await TestApp.run { app in
            let jar = try await app.registerAda(#","session":"cookie""#).jar
            #expect(try await app.post("/auth/logout", "{}", cookies: jar).status == 403)
            #expect(try await app.get("/api/v1/users/me", cookies: jar).status == 200)
            let out = try await app.post("/auth/logout", "{}", cookies: jar, fields: Self.csrf(jar))
            #expect(out.status == 200)
            #expect(out.cookies.count == 3)
            #expect(out.cookies.values.allSatisfy { $0.value.isEmpty && $0.line.contains("Max-Age=0") })
            #expect(try await app.get("/api/v1/users/me", cookies: jar).status == 401)
            // The access cookie expires first; the refresh cookie alone is enough to sign out.
            var late = try await app.signInAda(TestApp.password, from: "192.0.2.1", #","session":"cookie""#).jar
            late[SessionCookies.access] = nil
            #expect(try await app.post("/auth/logout", "{}", cookies: late, fields: Self.csrf(late)).status == 200)
            #expect(try await app.post("/auth/refresh", "{}", cookies: late, fields: Self.csrf(late)).status == 401)
        }
    }

    @Test func `does not begin on another site's page`() async throws {
        try await TestApp.run { app in
            _ = try await app.registerAda()
            let body = #"{"email":"ada@example.org","password":"\#(TestApp.password)","session":"cookie"}"#
            let foreign = try await app.post("/auth/login", body, fields: [("Sec-Fetch-Site", "cross-site")])
            #expect(foreign.status == 403)
            #expect(foreign.cookies.isEmpty)
            #expect(try await app.post("/auth/login", body, fields: [("Sec-Fetch-Site", "same-origin")]).status == 200)
        }
    }
}

@Suite(.accounts) struct `The own account` {
    @Test func `is nobody's without a valid token`() async throws {
        try await TestApp.run { app in
            for token in [nil, "", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."] {
                let answer = try await app.get("/api/v1/users/me", bearer: token)
                #expect(answer.status == 401)
                #expect(answer.code == (token == nil ? "MISSING_TOKEN" : "INVALID_TOKEN"))
                #expect(answer["www-authenticate"] != nil)
            }
        }
    }

    @Test func `is not opened by other schemes`() async throws {
        try await TestApp.run { app in
            let token = try await app.registerAda().accessToken ?? ""
            for header in ["Basic \(token)", token, "Bearer", "Bearer  ", "bearerx \(token)"] {
                let answer = try await app.send("GET", "/api/v1/users/me", fields: [("Authorization", header)])
                #expect(answer.status == 401)
            }
            #expect(
                try await app.send("GET", "/api/v1/users/me", fields: [("Authorization", "bearer \(token)")]).status
                    == 200)
        }
    }

    @Test func `can change its name, and its older names answer`() async throws {
        try await TestApp.run { app in
            let token = try await app.registerAda().accessToken
            func put(_ body: String, _ path: String = "/api/v1/users/me") async throws -> Answer {
                try await app.send("PUT", path, body, bearer: token)
            }
            let changed = try await put(#"{"firstName":" Augusta "}"#)
            #expect(changed.status == 200, "\(changed.text)")
            #expect(changed.data["firstName"]?.string == "Augusta")
            #expect(changed.data["lastName"]?.string == "Lovelace")
            #expect(changed.data["displayName"]?.string == "Augusta Lovelace")
            #expect(changed.data["version"]?.int == 2)
            #expect(changed.data["books"]?.array?.count == 1)
            let cleared = try await put(#"{"firstName":null,"lastName":""}"#)
            #expect(cleared.data["displayName"]?.string == "ada")
            let whole = try await put(#"{"name":"Ada Byron"}"#, "/api/auth/update-profile")
            #expect(whole.data["lastName"]?.string == "Byron")
            #expect(try await app.get("/api/v1/auth/me", bearer: token).data["firstName"]?.string == "Ada")
            #expect(try await put(#"{"firstName":"X","version":1}"#).code == "STALE_VERSION")
            #expect(try await put(#"{"firstName":"\#(String(repeating: "x", count: 101))"}"#).status == 400)
            #expect(try await put(#"{"role":"admin","email":"eve@example.org"}"#).status == 200)
            let me = try await app.get("/api/v1/users/me", bearer: token)
            #expect(me.data["role"]?.string == "user")
            #expect(me.data["email"]?.string == "ada@example.org")
        }
    }
}

@Suite(.accounts) struct `The published keys` {
    @Test func `verify our tokens and hold no secret`() async throws {
        try await TestApp.run { app in
            let answer = try await app.get("/.well-known/jwks.json")
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer["content-type"]?.hasPrefix("application/json") == true)
            let key = try #require(answer.json["keys"]?.array?.first)
            #expect(Set(key.object?.map(\.key) ?? []) == ["kty", "use", "alg", "kid", "n", "e"])
            let modulus = try #require(key["n"]?.string.flatMap { Base64URL.decode($0.utf8) })
            let exponent = try #require(key["e"]?.string.flatMap { Base64URL.decode($0.utf8) })
            let published = try #require(RSAPublicKey(modulus: modulus, exponent: exponent))
            let token = try #require(try await app.registerAda().accessToken)
            #expect(throws: Never.self) { try JWS.verify(token) { $0 == published.keyID ? published : nil } }
        }
    }
}
