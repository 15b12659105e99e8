import Base
import Cryptography
import Glibc
import HTTP
import Testing

@testable import Identity

@Suite struct `A refresh token` {
    static let now = Instant(secondsSinceEpoch: 1_800_000_000)
    static let later = now + .seconds(1000)

    @Test func `is 256 bits in 43 characters`() {
        let token = RefreshToken.random()
        #expect(token.text.utf8.count == 43)
        #expect(RefreshToken(token.text) == token)
        #expect(token.hash.count == 32)
        #expect(token.hash != token.bytes)
        #expect(RefreshToken.random() != token)
        for text in ["", "x", token.text + "A", String(token.text.dropLast()), token.text.dropLast() + "="] {
            #expect(RefreshToken(text) == nil)
        }
    }

    @Test func `has one successor for each salt and key`() throws {
        let token = RefreshToken.random()
        let salt = secureRandomBytes(32)
        let keys = try Self.keys(1)
        let successor = token.successor(salt: salt, keys)
        #expect(successor == token.successor(salt: salt, keys))
        #expect(successor != token.successor(salt: secureRandomBytes(32), keys))
        #expect(successor != token.successor(salt: salt, try Self.keys(2)))
        #expect(successor != RefreshToken.random().successor(salt: salt, keys))
        #expect(successor.bytes.count == 32)
    }

    /// One tab refreshes, the server's key is exchanged, and a second tab comes with the same token.
    @Test func `leads to the same successor when the server's key was exchanged meanwhile`() throws {
        let token = RefreshToken.random()
        let salt = secureRandomBytes(32)
        let successor = token.successor(salt: salt, try Self.keys(1))
        let place = RefreshTokenRecord.Successor(hash: successor.hash, salt: salt)
        #expect(token.successor(place, try Self.keys(2, older: [1])) == successor)
        #expect(token.successor(place, try Self.keys(2)) == nil)
        #expect(RefreshToken.random().successor(place, try Self.keys(1)) == nil)
    }

    static func keys(_ byte: UInt8, older: [UInt8] = []) throws -> SecretKeyRing {
        func key(_ byte: UInt8) throws -> SecretKey {
            try #require(SecretKey(id: UInt32(byte), bytes: [UInt8](repeating: byte, count: 32)))
        }
        return SecretKeyRing(current: try key(byte), older: try older.map(key))
    }

    @Test func `rotates once, until it expires`() {
        let fresh = RefreshTokenRecord(expiresAt: Self.later, usedAt: nil, successor: nil)
        #expect(fresh.decide(at: Self.now, grace: .zero) == .rotate)
        #expect(fresh.decide(at: Self.later, grace: .zero) == .expired)
    }

    @Test func `that was used leads on for a moment in a browser, and never in a program`() {
        let successor = RefreshTokenRecord.Successor(
            hash: [UInt8](repeating: 2, count: 32), salt: [UInt8](repeating: 1, count: 32))
        let used = RefreshTokenRecord(expiresAt: Self.later, usedAt: Self.now, successor: successor)
        #expect(used.decide(at: Self.now, grace: .seconds(10)) == .follow(successor))
        #expect(used.decide(at: Self.now + .milliseconds(9999), grace: .seconds(10)) == .follow(successor))
        #expect(used.decide(at: Self.now + .seconds(10), grace: .seconds(10)) == .reused)
        #expect(used.decide(at: Self.now, grace: .zero) == .reused)
        // A clock that went back does not turn zero grace into some.
        #expect(used.decide(at: Self.now - .seconds(5), grace: .zero) == .reused)
        #expect(used.decide(at: Self.later + .seconds(1), grace: .zero) == .reused)
    }
}

@Suite struct `An access token` {
    static let keys = Result { () throws -> SigningKeys in
        try #require(SigningKeys(newestFirst: [try RSAPrivateKey.generate()]))
    }
    static let now = Instant(secondsSinceEpoch: 1_800_000_000)

    static func tokens(issuer: String = "purser") throws -> AccessTokens {
        AccessTokens(
            jwt: JWT(keys: try keys.get(), issuer: issuer, audience: "purser", leeway: 0), lifetime: .seconds(900))
    }

    static func user(_ role: PlatformRole = .user) -> User {
        User(
            id: .new(), email: "ada@example.org", emailAsGiven: "Ada@example.org", name: PersonName(), role: role,
            isEmailVerified: false, isActive: true, createdAt: now, version: 1)
    }

    @Test func `proves user, session and role, for a quarter of an hour`() throws {
        let tokens = try Self.tokens()
        let user = Self.user(.admin)
        let session = SessionID.new()
        let token = try tokens.issue(for: user, session: session, at: Self.now)
        // Another process believes the signature the first time, and its cache after that.
        let other = try Self.tokens()
        #expect(other.knownCount == 0)
        for tokens in [tokens, other, other] {
            let claims = try tokens.verify(token, at: Self.now + .seconds(899))
            #expect(claims.user == user.id)
            #expect(claims.session == session)
            #expect(claims.role == .admin)
            #expect(claims.expiresAt == Self.now.secondsSinceEpoch + 900)
            #expect(!claims.mustEnrol)
        }
        #expect(other.knownCount == 1)
        for tokens in [tokens, other, try Self.tokens()] {
            #expect(throws: Refusal.tokenExpired) { try tokens.verify(token, at: Self.now + .seconds(900)) }
        }
    }

    /// Its maker need not spend 50 µs on its own signature.
    @Test(arguments: [false, true]) func `is known to its maker just as it says`(mustEnrol: Bool) throws {
        let maker = try Self.tokens()
        let token = try maker.issue(for: Self.user(), session: .new(), mustEnrol: mustEnrol, at: Self.now)
        #expect(maker.knownCount == 1)
        let known = try maker.verify(token, at: Self.now)
        #expect(try Self.tokens().verify(token, at: Self.now) == known)
        #expect(known.mustEnrol == mustEnrol)
        // One letter of the signature, of the claims, of the head.
        for index in [token.utf8.count - 9, token.utf8.count / 2, 4] {
            var bytes = Array(token.utf8)
            bytes[index] = bytes[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(throws: Refusal.tokenNotValid) {
                try maker.verify(String(decoding: bytes, as: UTF8.self), at: Self.now)
            }
        }
    }

    @Test func `carries the claims that others read`() throws {
        let tokens = try Self.tokens()
        let user = Self.user()
        let claims = try tokens.jwt.verify(
            tokens.issue(for: user, session: .new(), at: Self.now), at: Self.now.secondsSinceEpoch)
        #expect(claims.subject == user.id.description)
        #expect(claims["userId"] == user.id.description)
        #expect(claims["username"] == "ada@example.org")
        #expect(claims["role"] == "user")
    }

    @Test func `of another installation is not valid`() throws {
        let token = try Self.tokens(issuer: "elsewhere").issue(for: Self.user(), session: .new(), at: Self.now)
        #expect(throws: Refusal.tokenNotValid) { try Self.tokens().verify(token, at: Self.now) }
        #expect(throws: Refusal.tokenNotValid) { try Self.tokens().verify("x.y.z", at: Self.now) }
        #expect(throws: Refusal.tokenNotValid) { try Self.tokens().verify("", at: Self.now) }
    }

    @Test func `dies with its session, from the cache too`() throws {
        let tokens = try Self.tokens()
        let session = SessionID.new()
        let token = try tokens.issue(for: Self.user(), session: session, at: Self.now)
        let other = try tokens.issue(for: Self.user(), session: .new(), at: Self.now)
        _ = try tokens.verify(token, at: Self.now)
        let seconds = Self.now.secondsSinceEpoch
        tokens.ended.insert(session, until: seconds + 900, now: seconds)
        #expect(throws: Refusal.tokenNotValid) { try tokens.verify(token, at: Self.now) }
        #expect(throws: Never.self) { try tokens.verify(other, at: Self.now) }
        tokens.ended.sweep(now: seconds + 899)
        #expect(tokens.ended.contains(session))
        tokens.ended.sweep(now: seconds + 900)
        #expect(!tokens.ended.contains(session))
    }
}

@Suite struct `The token against forged requests` {
    @Test func `fits one session only, and stays good when the server's key is exchanged`() throws {
        let keys = try `A refresh token`.keys(1)
        let ada = SessionID.new()
        let token = CSRF.token(of: ada, keys)
        #expect(CSRF.isValid(token, of: ada, keys))
        #expect(CSRF.isValid(token, of: ada, try `A refresh token`.keys(2, older: [1])))
        #expect(!CSRF.isValid(token, of: .new(), keys))
        #expect(!CSRF.isValid(token, of: ada, try `A refresh token`.keys(2)))
        #expect(!CSRF.isValid(nil, of: ada, keys))
        #expect(!CSRF.isValid("", of: ada, keys))
        #expect(!CSRF.isValid(token + "A", of: ada, keys))
    }
}

@Suite struct `Hashing passwords` {
    static let cheap = Argon2id.Parameters(memoryKiB: 64, iterations: 1, lanes: 1)

    @Test func `verifies, and never without a stored hash`() async throws {
        let hasher = PasswordHasher(concurrent: 2, parameters: Self.cheap)
        defer { hasher.shutdown() }
        let password = try #require(Password(attempt: "correct horse"))
        let hash = try await hasher.hash(password)
        #expect(try await hasher.verify(password, against: hash))
        #expect(try await !hasher.verify(try #require(Password(attempt: "wrong")), against: hash))
        #expect(try await !hasher.verify(password, against: nil))
        #expect(!hasher.needsRehash(hash))
        #expect(PasswordHasher(concurrent: 1).needsRehash(hash))
    }

    @Test func `costs as much for an account that does not exist`() throws {
        let hasher = PasswordHasher(concurrent: 1)
        defer { hasher.shutdown() }
        let password = Array("correct horse".utf8)
        let hash = try Argon2id.hash(password)
        #expect(Argon2id.parameters(of: hasher.decoy) == .standard)
        #expect(!Argon2id.verify(password, against: hasher.decoy))
        // Processor time of this thread: other tests run beside this one.
        func cheapest(_ stored: String) -> UInt64 {
            (0..<5).map { _ in
                let started = threadNanoseconds()
                _ = Argon2id.verify(password, against: stored)
                return threadNanoseconds() - started
            }.min() ?? 0
        }
        let real = cheapest(hash)
        let decoy = cheapest(hasher.decoy)
        #expect(decoy > real / 2)
        #expect(real > decoy / 2)
    }

    @Test func `refuses more than it can queue, and says when to come again`() async throws {
        let hasher = PasswordHasher(concurrent: 1, queueLimit: 2)
        defer { hasher.shutdown() }
        let password = try #require(Password(attempt: "correct horse"))
        let outcomes = await withTaskGroup(of: Refusal?.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    do {
                        _ = try await hasher.hash(password)
                        return nil
                    } catch { return error as? Refusal }
                }
            }
            return await group.reduce(into: [Refusal?]()) { $0.append($1) }
        }
        #expect(outcomes.count == 20)
        #expect(outcomes.contains(nil))
        let refused = outcomes.compactMap(\.self)
        #expect(refused.allSatisfy { $0 == .signInBusy })
        #expect(refused.count >= 10)
        #expect(Refusal.signInBusy.retryAfter == 3)
    }
}

private func threadNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
