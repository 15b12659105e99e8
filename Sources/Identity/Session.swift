import Base
import Cryptography

/// What somebody proved who they are by. Stored with the session under these names.
package enum SignInMethod: String, Sendable, CaseIterable {
    case password = "pwd"
    case code = "totp"
    case recoveryCode = "recovery"
    case passkey
    /// Another service's word.
    case provider
}

/// One sign-in on one device, and the family of refresh tokens that follow from it.
package struct Session: Equatable, Sendable {
    /// How the tokens travel: in the body to programs, in cookies to the page.
    package enum Transport: String, Sendable { case bearer, cookie }
    package enum RevokedReason: String, Sendable {
        case logout, reuse, password, deactivated, administrator, limit, revoked, factor, deleted
        /// A newer one of the same browser took its place: signed in again, or proved once more who is there.
        case renewed
    }

    package let id: SessionID
    package let user: UserID
    package let transport: Transport
    /// When it ends unless it is used before.
    package let expiresAt: Instant
    /// When it ends however much it is used.
    package let endsAt: Instant
    /// When its person last proved who they are.
    package let authenticatedAt: Instant
    package let methods: [SignInMethod]
    package let revokedAt: Instant?

    package func isLive(at now: Instant) -> Bool { revokedAt == nil && now < expiresAt }

    /// More live sessions than this make the oldest end.
    package static let limitPerUser = 100
}

/// 256 random bits; only its hash is stored.
package struct RefreshToken: Equatable, Sendable {
    package let bytes: [UInt8]

    package static func random() -> RefreshToken { RefreshToken(bytes: secureRandomBytes(32)) }

    package init(bytes: [UInt8]) { self.bytes = bytes }

    package init?(_ text: String) {
        guard text.utf8.count == 43, let bytes = Base64URL.decode(text.utf8), bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    package var text: String { Base64URL.encode(bytes) }
    package var hash: [UInt8] { SHA256.hash(bytes) }

    /// The token that takes this one's place. It follows from this one, a random salt in the database and the
    /// server's key: so it can be given a second time to a second tab, though only its hash is stored, and neither
    /// the database nor the key alone is enough to know it.
    package func successor(salt: [UInt8], _ keys: SecretKeyRing) -> RefreshToken {
        RefreshToken(bytes: keys.mark(derivation(salt)))
    }

    /// The one that took its place, which may have been before the server's key was exchanged.
    func successor(_ place: RefreshTokenRecord.Successor, _ keys: SecretKeyRing) -> RefreshToken? {
        keys.marks(derivation(place.salt)).lazy.map { RefreshToken(bytes: $0) }.first { $0.hash == place.hash }
    }

    private func derivation(_ salt: [UInt8]) -> [UInt8] { Array("refresh".utf8) + bytes + salt }
}

/// A stored refresh token.
package struct RefreshTokenRecord: Equatable, Sendable {
    package let expiresAt: Instant
    package let usedAt: Instant?
    package let successor: Successor?

    package struct Successor: Equatable, Sendable {
        package let hash: [UInt8]
        package let salt: [UInt8]
    }

    package enum Decision: Equatable, Sendable {
        /// It is the newest: give its successor.
        case rotate
        /// It was used a moment ago: what it was exchanged for counts.
        case follow(Successor)
        /// It was used before, so somebody else has it too: the session ends.
        case reused
        case expired
    }

    /// - Parameter grace: how long after its use a token still leads to its successor. Two tabs of one browser send
    ///   the same cookie at the same moment; ending the session for that would sign people out every day. A program
    ///   has no such excuse: its grace is zero.
    package func decide(at now: Instant, grace: Duration) -> Decision {
        if let usedAt {
            guard let successor, grace > .zero, now < usedAt + grace else { return .reused }
            return .follow(successor)
        }
        return now < expiresAt ? .rotate : .expired
    }
}
