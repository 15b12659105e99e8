import Base
import Cryptography
import Database
import HTTP
import JSON
import Outbound
import TestSupport
import Testing

@testable import Identity

/// Ada with codes on her phone.
struct Phone {
    let secret: [UInt8]
    let recoveryCodes: [String]
    let session: Answer

    func code(_ app: TestApp) -> String { TOTP.code(secret, step: TOTP.step(at: app.clock.now.secondsSinceEpoch)) }

    /// Enrols, and waits for the next code.
    static func enrol(_ app: TestApp, _ session: Answer) async throws -> Phone {
        let enrolment = try await app.post("/auth/mfa/enable", "{}", bearer: session.accessToken)
        try #require(enrolment.status == 200, "\(enrolment.text)")
        let secret = try decoded(try #require(enrolment.data["secret"]?.string))
        let code = TOTP.code(secret, step: TOTP.step(at: app.clock.now.secondsSinceEpoch))
        let answer = try await app.post("/auth/mfa/verify", #"{"code":"\#(code)"}"#, bearer: session.accessToken)
        try #require(answer.status == 200, "\(answer.text)")
        app.clock.advance(by: .seconds(30))
        return Phone(
            secret: secret, recoveryCodes: answer.data["recoveryCodes"]?.array?.compactMap(\.string) ?? [],
            session: session)
    }

    /// Base32, as a phone reads it.
    static func decoded(_ text: String) throws -> [UInt8] {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        var bytes: [UInt8] = []
        var (buffer, bits) = (UInt32(0), 0)
        for letter in text {
            buffer = (buffer << 5 | UInt32(try #require(letters.firstIndex(of: letter)))) & 0xffff
            bits += 5
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
            }
        }
        return bytes
    }
}

extension TestApp {
    func challenge() async throws -> String {
        let step = try await signInAda()
        try #require(step.status == 202, "\(step.text)")
        return try #require(step.data["challenge"]?.string)
    }

    func verify(_ challenge: String, _ code: String, recovery: Bool = false) async throws -> Answer {
        try await post(
            "/auth/mfa/verify",
            #"{"challenge":"\#(challenge)","\#(recovery ? "recoveryCode" : "code")":"\#(code)"}"#)
    }
}

@Suite(.accounts) struct `Codes as a second factor` {
    @Test func `are on once a first one was shown, and are asked for from then on`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            let enrolment = try await app.post("/auth/mfa/enable", "{}", bearer: ada.accessToken)
            #expect(
                enrolment.data["otpauth"]?.string?.hasPrefix("otpauth://totp/Purser:ada%40example.org?secret=") == true)
            #expect(enrolment.data["qrSVG"]?.string?.hasPrefix("<svg ") == true)
            // Not confirmed: the password alone still signs in.
            #expect(try await app.signInAda().status == 200)
            let phone = try await Phone.enrol(app, ada)
            #expect(phone.recoveryCodes.count == 10)
            let step = try await app.signInAda()
            #expect(step.status == 202)
            #expect(step.data["mfaRequired"] == .bool(true))
            #expect(step.data["methods"]?.array == [.string("totp"), .string("recovery")])
            #expect(step.accessToken == nil)
            #expect(step.cookies.isEmpty)
            let answer = try await app.verify(try #require(step.data["challenge"]?.string), phone.code(app))
            #expect(answer.status == 200, "\(answer.text)")
            #expect(try await app.get("/api/v1/users/me", bearer: answer.accessToken).status == 200)
            let sessions = try await app.get("/api/v1/auth/sessions", bearer: answer.accessToken).data.array ?? []
            #expect(sessions.first?["methods"]?.array == [.string("pwd"), .string("totp")])
            #expect(try await app.letters().map(\.kind).contains("factor-changed"))
            #expect(try await app.count("SELECT count(*) FROM audit.log WHERE action = 'MFA_ENABLED'") == 1)
            // Neither the secret nor a code is anywhere to be read.
            let rows = try await app.database.first("SELECT encode(sealed, 'escape') FROM totp_secrets")
            #expect(try rows?.get(0, as: String.self).contains(Base32.encode(phone.secret)) == false)
        }
    }

    @Test func `work as cookies too`() async throws {
        try await TestApp.run { app in
            let phone = try await Phone.enrol(app, try await app.registerAda())
            let step = try await app.signInAda(TestApp.password, from: "192.0.2.1", #","session":"cookie""#)
            let answer = try await app.verify(try #require(step.data["challenge"]?.string), phone.code(app))
            #expect(answer.accessToken == nil)
            #expect(try await app.get("/api/v1/users/me", cookies: answer.jar).status == 200)
        }
    }

    @Test func `work once, whoever comes at the same time`() async throws {
        try await TestApp.run { app in
            let phone = try await Phone.enrol(app, try await app.registerAda())
            var challenges: [String] = []
            for _ in 0..<4 { challenges.append(try await app.challenge()) }
            let code = phone.code(app)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<8 {
                    let challenge = challenges[number % 4]
                    group.addTask { try await app.verify(challenge, code).status }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 200 } == 1, "\(statuses)")
            #expect(statuses.allSatisfy { [200, 401, 429].contains($0) }, "\(statuses)")
        }
    }

    @Test func `of a recovery code work once, whoever comes at the same time`() async throws {
        try await TestApp.run { app in
            let phone = try await Phone.enrol(app, try await app.registerAda())
            _ = try await app.letters()
            var challenges: [String] = []
            for _ in 0..<4 { challenges.append(try await app.challenge()) }
            let code = try #require(phone.recoveryCodes.first).uppercased().replacing("-", with: " ")
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<8 {
                    let challenge = challenges[number % 4]
                    group.addTask { try await app.verify(challenge, code, recovery: true).status }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 200 } == 1, "\(statuses)")
            #expect(statuses.allSatisfy { [200, 401, 429].contains($0) }, "\(statuses)")
            let state = try await app.get("/api/v1/auth/mfa", bearer: phone.session.accessToken)
            #expect(state.data["recoveryCodesLeft"]?.int == 9)
            #expect(try await app.letters().contains { $0.text.contains("9 are left") })
        }
    }

    @Test func `that are wrong end the challenge after five, and the account's codes for a while`() async throws {
        try await TestApp.run { app in
            let phone = try await Phone.enrol(app, try await app.registerAda())
            let challenge = try await app.challenge()
            for _ in 0..<5 {
                let answer = try await app.verify(challenge, "000000")
                #expect(answer.status == 401)
                #expect(answer.code == "CODE_INVALID")
            }
            let over = try await app.verify(challenge, phone.code(app))
            #expect(over.code == "CHALLENGE_EXPIRED")
            let locked = try await app.verify(try await app.challenge(), phone.code(app))
            #expect(locked.status == 429)
            app.clock.advance(by: .seconds(901))
            #expect(try await app.verify(try await app.challenge(), phone.code(app)).status == 200)
        }
    }

    @Test func `come too late after five minutes`() async throws {
        try await TestApp.run { app in
            let phone = try await Phone.enrol(app, try await app.registerAda())
            let challenge = try await app.challenge()
            app.clock.advance(by: .seconds(301))
            #expect(try await app.verify(challenge, phone.code(app)).code == "CHALLENGE_EXPIRED")
            #expect(try await app.verify("made up", "123456").code == "CHALLENGE_EXPIRED")
        }
    }

    @Test func `are turned off with password and code, which ends the other sessions`() async throws {
        try await TestApp.run { app in
            let phone = try await Phone.enrol(app, try await app.registerAda())
            let other = try await app.verify(try await app.challenge(), phone.code(app))
            app.clock.advance(by: .seconds(30))
            let bearer = phone.session.accessToken
            func disable(_ code: String, _ password: String) async throws -> Answer {
                try await app.post(
                    "/auth/mfa/disable", #"{"code":"\#(code)","password":"\#(password)"}"#, bearer: bearer)
            }
            #expect(try await disable(phone.code(app), "wrong password").code == "WRONG_PASSWORD")
            #expect(try await disable("000000", TestApp.password).code == "CODE_INVALID")
            let off = try await disable(phone.code(app), TestApp.password)
            #expect(off.status == 200, "\(off.text)")
            #expect(try await app.get("/api/v1/users/me", bearer: other.accessToken).status == 401)
            #expect(try await app.get("/api/v1/users/me", bearer: bearer).status == 200)
            #expect(try await app.signInAda().status == 200)
            #expect(try await app.count("SELECT count(*) FROM recovery_codes") == 0)
            #expect(try await disable(phone.code(app), TestApp.password).code == "MFA_NOT_ENABLED")
        }
    }

    @Test func `cannot be set up twice, nor from a session that was forgotten`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            let phone = try await Phone.enrol(app, ada)
            let again = try await app.post("/auth/mfa/enable", "{}", bearer: ada.accessToken)
            #expect(again.code == "MFA_ENABLED")
            app.clock.advance(by: .seconds(14 * 60))
            let fresh = try await app.refresh(phone.session.refreshToken)
            app.clock.advance(by: .seconds(5 * 60))
            let stale = try await app.post("/auth/mfa/recovery-codes", "{}", bearer: fresh.accessToken)
            #expect(stale.code == "REAUTHENTICATION_REQUIRED")
            let proof = try await app.post(
                "/auth/reauthenticate", #"{"password":"\#(TestApp.password)","code":"\#(phone.code(app))"}"#,
                bearer: fresh.accessToken)
            #expect(proof.status == 200, "\(proof.text)")
            let renewed = try await app.post("/auth/mfa/recovery-codes", "{}", bearer: proof.accessToken)
            #expect(renewed.data["recoveryCodes"]?.array?.count == 10)
            let old = try #require(phone.recoveryCodes.first)
            #expect(try await app.verify(try await app.challenge(), old, recovery: true).code == "CODE_INVALID")
        }
    }

    @Test func `are not asked about by a wrong password`() async throws {
        try await TestApp.run { app in
            _ = try await Phone.enrol(app, try await app.registerAda())
            #expect(try await app.signInAda("wrong password").code == "INVALID_CREDENTIALS")
        }
    }

    @Test func `that the operator demands are all that one can do until they are set up`() async throws {
        try await TestApp.run { app in
            let first = try await app.registerAda()
            let email = try EmailAddress("ada@example.org")
            try await app.accounts.requireSecondFactor(true, of: email)
            #expect(try await app.get("/api/v1/users/me", bearer: first.accessToken).status == 401)
            let ada = try await app.signInAda()
            #expect(ada.status == 200)
            #expect(try await app.get("/api/v1/users/me", bearer: ada.accessToken).status == 200)
            let claims = try app.accounts.tokens.verify(try #require(ada.accessToken), at: app.clock.now)
            #expect(claims.mustEnrol)
            let phone = try await Phone.enrol(app, ada)
            let refreshed = try await app.refresh(ada.refreshToken)
            let after = try app.accounts.tokens.verify(try #require(refreshed.accessToken), at: app.clock.now)
            #expect(!after.mustEnrol)
            let off = try await app.post(
                "/auth/mfa/disable", #"{"code":"\#(phone.code(app))","password":"\#(TestApp.password)"}"#,
                bearer: refreshed.accessToken)
            #expect(off.code == "MFA_REQUIRED")
            // The operator takes a lost device away.
            try await app.accounts.removeCodes(of: email)
            #expect(try await app.get("/api/v1/users/me", bearer: refreshed.accessToken).status == 401)
            #expect(try await app.signInAda().status == 200)
        }
    }

    /// Something behind sign-in that setting a second factor up does not need. There is no such book.
    private func isBound(_ app: TestApp, _ bearer: String?) async throws -> Bool {
        let answer = try await app.get("/api/v1/books/\(BookID.new())/members", bearer: bearer)
        try #require(answer.status == 404 || answer.code == "MFA_ENROLMENT_REQUIRED", "\(answer.text)")
        return answer.status == 403
    }

    @Test(arguments: SecondFactorDemand.allCases)
    func `are demanded of everybody, or of administrators, by a setting`(demand: SecondFactorDemand) async throws {
        try await TestApp.run({ $0.secondFactorDemand = demand }) { app in
            let user = try await app.registerAda()
            #expect(try await isBound(app, user.accessToken) == (demand == .all))
            #expect(try await app.get("/api/v1/users/me", bearer: user.accessToken).status == 200)
            try await app.database.write(["UPDATE users SET role = 'admin'"])
            let administrator = try await app.signInAda()
            #expect(try await isBound(app, administrator.accessToken) == (demand != .none))
            let refreshed = try await app.refresh(administrator.refreshToken)
            #expect(try await isBound(app, refreshed.accessToken) == (demand != .none))
            // With codes it is free at its next token.
            _ = try await Phone.enrol(app, refreshed)
            let free = try await app.refresh(refreshed.refreshToken)
            #expect(try await !isBound(app, free.accessToken))
        }
    }

    @Test func `are not demanded besides a passkey, which the password alone is not let past either`() async throws {
        try await TestApp.run({ $0.secondFactorDemand = .all }) { app in
            let ada = try await app.registerAda()
            #expect(try await isBound(app, ada.accessToken))
            let authenticator = try SoftAuthenticator()
            let options = try await app.post("/auth/passkeys/options", "{}", bearer: ada.accessToken).data
            let added = try await app.post(
                "/auth/passkeys",
                #"{"ceremony":"\#(options["ceremony"]?.string ?? "")","credential":\#(authenticator.create(options["publicKey"] ?? .null))}"#,
                bearer: ada.accessToken)
            try #require(added.status == 201, "\(added.text)")
            let asked = try await app.post("/auth/passkeys/login/options", "{}").data
            let alone = try await app.post(
                "/auth/passkeys/login",
                #"{"ceremony":"\#(asked["ceremony"]?.string ?? "")","credential":\#(try authenticator.get(asked["publicKey"] ?? .null))}"#
            )
            #expect(alone.status == 200, "\(alone.text)")
            #expect(try await !isBound(app, alone.accessToken))
            // Whoever has the password alone could else set up codes of their own.
            let step = try await app.signInAda()
            #expect(step.status == 202 && step.data["methods"]?.array == [.string("passkey")], "\(step.text)")
            let half = try await app.post(
                "/auth/reauthenticate", #"{"password":"\#(TestApp.password)"}"#, bearer: alone.accessToken)
            #expect(half.code == "SECOND_FACTOR_NEEDED")
        }
    }

    @Test func `are asked for after a lost password was set anew`() async throws {
        try await TestApp.run { app in
            let phone = try await Phone.enrol(app, try await app.registerAda())
            try await app.database.write(["UPDATE users SET email_verified_at = now()"])
            _ = try await app.letters()
            _ = try await app.post("/auth/forgot-password", #"{"email":"ada@example.org"}"#)
            let token = try await app.token("reset")
            let reset = try await app.post(
                "/auth/reset-password", #"{"token":"\#(token)","password":"another horse"}"#)
            #expect(reset.status == 200, "\(reset.text)")
            let step = try await app.signInAda("another horse")
            #expect(step.status == 202, "\(step.text)")
            let challenge = try #require(step.data["challenge"]?.string)
            #expect(try await app.verify(challenge, phone.code(app)).status == 200)
        }
    }

    @Test func `for recovery have 128 bits and more, and no two are alike`() throws {
        let codes = (0..<1000).map { _ in RecoveryCode.random() }
        #expect(Set(codes).count == 1000)
        for code in codes {
            let groups = code.split(separator: "-")
            #expect(groups.map(\.count) == [4, 4, 4, 4, 4, 4, 2], "\(code)")
            #expect(code.filter { $0 != "-" }.allSatisfy { "0123456789abcdefghjkmnpqrstvwxyz".contains($0) })
        }
    }

    /// Those of 80 bits that were written down before.
    @Test func `for recovery of an older version still work`() async throws {
        try await TestApp.run { app in
            let phone = try await Phone.enrol(app, try await app.registerAda())
            let me = try await app.get("/api/v1/users/me", bearer: phone.session.accessToken).data["id"]?.string
            let user = try #require(me.flatMap { UserID($0) })
            let hash = RecoveryCode.hash("0123-4567-89ab-cdef", of: user, TestApp.sessionKey)
            try await app.database.write(
                ["INSERT INTO recovery_codes (user_id, code_hash, key_id) VALUES (\(user), \(hash), 1)"])
            let entered = try await app.verify(try await app.challenge(), "O123 4567 89AB CDEF", recovery: true)
            #expect(entered.status == 200, "\(entered.text)")
        }
    }

    @Test func `are shown once, so a request for them cannot be repeated by a key`() async throws {
        try await TestApp.run { app in
            let phone = try await Phone.enrol(app, try await app.registerAda())
            for path in ["/auth/mfa/recovery-codes", "/auth/mfa/enable", "/auth/mfa/verify"] {
                let answer = try await app.post(
                    path, "{}", bearer: phone.session.accessToken, fields: [("Idempotency-Key", "one")])
                #expect(
                    answer.status == 400 && answer.code == "IDEMPOTENCY_KEY_NOT_POSSIBLE", "\(path): \(answer.text)")
            }
            let old = try #require(phone.recoveryCodes.first)
            #expect(try await app.verify(try await app.challenge(), old, recovery: true).status == 200)
        }
    }

    @Test func `are not taken instead of nothing`() async throws {
        try await TestApp.run { app in
            let ada = try await app.registerAda()
            for body in ["{}", #"{"code":"123456","recoveryCode":"x"}"#, #"{"challenge":"x"}"#, #"{"code":5}"#] {
                #expect(try await app.post("/auth/mfa/verify", body, bearer: ada.accessToken).status == 400, "\(body)")
            }
            #expect(try await app.post("/auth/mfa/verify", #"{"code":"123456"}"#).status == 401)
            #expect(
                try await app.post("/auth/mfa/verify", #"{"code":"123456"}"#, bearer: ada.accessToken).code
                    == "MFA_NOT_ENABLED")
        }
    }
}

@Suite(.accounts) struct `Passwords of imported accounts` {
    @Test func `that bcrypt keeps sign in, and are kept by Argon2id from then on`() async throws {
        try await TestApp.run { app in
            _ = try await app.registerAda()
            // Of "correct horse battery", by libxcrypt.
            let hash = "$2b$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS"
            try await app.database.write(["UPDATE users SET password_hash = \(hash)"])
            #expect(try await app.signInAda("wrong password").status == 401)
            #expect(try await app.signInAda().status == 200)
            let stored = try await app.database.first("SELECT password_hash FROM users")
            #expect(try stored?.get(0, as: String.self).hasPrefix("$argon2id$") == true)
            #expect(try await app.signInAda().status == 200)
        }
    }
}
