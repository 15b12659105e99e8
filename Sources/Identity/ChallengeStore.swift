import Base
import Cryptography
import Database

/// What waits for a second step, such as a sign-in for its second factor.
package struct Challenge: Equatable, Sendable {
    package enum Kind: String, Sendable {
        case mfa
        case passkeyCreate = "passkey-create"
        case passkeyGet = "passkey-get"
        case oauth
    }

    package let user: UserID?
    /// What the second step needs to know, as its maker sealed it.
    package let sealed: [UInt8]?
    /// How often the second step failed.
    package let tries: Int

    package static let lifetime = Duration.seconds(300)
}

/// Names a challenge to whoever started it. 256 random bits; only the hash is stored.
package struct ChallengeToken: Equatable, Sendable {
    package let bytes: [UInt8]

    package static func random() -> ChallengeToken { ChallengeToken(bytes: secureRandomBytes(32)) }

    init(bytes: [UInt8]) { self.bytes = bytes }

    package init?(_ text: String) {
        guard text.utf8.count == 43, let bytes = Base64URL.decode(text.utf8), bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    package var text: String { Base64URL.encode(bytes) }
    package var hash: [UInt8] { SHA256.hash(bytes) }
}

/// Every statement that touches `challenges`.
struct ChallengeStore {
    let queryable: any Queryable

    func insert(
        _ kind: Challenge.Kind, token: ChallengeToken, user: UserID? = nil, sealed: [UInt8]? = nil,
        lifetime: Duration = Challenge.lifetime, at now: Instant
    ) async throws {
        _ = try await queryable.run(
            """
            INSERT INTO challenges (token_hash, kind, user_id, sealed, created_at, expires_at)
            VALUES (\(token.hash), \(kind), \(user), \(sealed), \(now), \(now + lifetime))
            """)
    }

    /// Uses it up; nil when it is unknown, of another kind, expired or used. Of two that take it at once, one gets it.
    func take(_ kind: Challenge.Kind, token: ChallengeToken, at now: Instant) async throws -> Challenge? {
        try await queryable.first(
            """
            DELETE FROM challenges WHERE token_hash = \(token.hash) AND kind = \(kind) AND expires_at > \(now)
            RETURNING user_id, sealed, tries
            """
        ).map { try Challenge($0) }
    }

    /// The same without using it up: for one that may be tried a few times. Its row stays locked until commit, so
    /// attempts at the same time are counted in turn.
    func lock(_ kind: Challenge.Kind, token: ChallengeToken, at now: Instant) async throws -> Challenge? {
        try await queryable.first(
            """
            SELECT user_id, sealed, tries FROM challenges
            WHERE token_hash = \(token.hash) AND kind = \(kind) AND expires_at > \(now)
            FOR UPDATE
            """
        ).map { try Challenge($0) }
    }

    /// Counts a failed try. At the limit the challenge is gone.
    func countTry(token: ChallengeToken, limit: Int) async throws {
        _ = try await queryable.run("UPDATE challenges SET tries = tries + 1 WHERE token_hash = \(token.hash)")
        _ = try await queryable.run("DELETE FROM challenges WHERE token_hash = \(token.hash) AND tries >= \(limit)")
    }

    func remove(_ token: ChallengeToken) async throws {
        _ = try await queryable.run("DELETE FROM challenges WHERE token_hash = \(token.hash)")
    }

    /// What nobody can use any more.
    static func prune(_ database: Database, at now: Instant) async throws {
        _ = try await database.write(["DELETE FROM challenges WHERE expires_at <= \(now)"])
    }
}

extension Challenge {
    init(_ row: Row) throws {
        self.init(user: try row.get(0), sealed: try row.get(1), tries: try row.get(2))
    }
}
