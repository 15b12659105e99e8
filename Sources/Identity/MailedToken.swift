import Base
import Cryptography
import Database

/// What a link in a letter is for.
enum MailedPurpose: String, Sendable {
    case verify, reset, email

    var lifetime: Duration {
        switch self {
        case .reset: .seconds(3600)
        case .verify, .email: .seconds(24 * 3600)
        }
    }

    /// Letters of one purpose to one person within an hour.
    static let limit = 3
    static let window = Duration.seconds(3600)
}

/// Every statement that touches `mailed_tokens`. A token is 256 random bits, as a refresh token is.
struct MailedTokenStore {
    let queryable: any Queryable

    /// A token that takes the place of the one before; nil when that person has been written to often enough.
    func issue(
        _ purpose: MailedPurpose, for user: UserID, newEmail: EmailAddress? = nil, at now: Instant
    ) async throws -> RefreshToken? {
        let token = RefreshToken.random()
        let windowStart = now - MailedPurpose.window
        let row = try await queryable.first(
            """
            INSERT INTO mailed_tokens
                (token_hash, user_id, purpose, new_email, created_at, expires_at, window_started_at, sends)
            VALUES (\(token.hash), \(user), \(purpose), \(newEmail?.asGiven), \(now), \(now + purpose.lifetime), \(now), 1)
            ON CONFLICT (user_id, purpose) DO UPDATE SET
                token_hash = excluded.token_hash, new_email = excluded.new_email, created_at = excluded.created_at,
                expires_at = excluded.expires_at,
                sends = CASE WHEN mailed_tokens.window_started_at <= \(windowStart) THEN 1 ELSE mailed_tokens.sends + 1 END,
                window_started_at = CASE WHEN mailed_tokens.window_started_at <= \(windowStart)
                    THEN excluded.window_started_at ELSE mailed_tokens.window_started_at END
            WHERE mailed_tokens.window_started_at <= \(windowStart) OR mailed_tokens.sends < \(MailedPurpose.limit)
            RETURNING 1
            """)
        return row == nil ? nil : token
    }

    struct Taken: Sendable {
        let user: UserID
        let newEmail: String?
    }

    /// Uses the token up. Of two that come with it at once, one gets it.
    func take(_ token: RefreshToken, for purpose: MailedPurpose, at now: Instant) async throws -> Taken? {
        try await queryable.first(
            """
            DELETE FROM mailed_tokens
            WHERE token_hash = \(token.hash) AND purpose = \(purpose) AND expires_at > \(now)
            RETURNING user_id, new_email
            """
        ).map { Taken(user: try $0.get(0), newEmail: try $0.get(1)) }
    }

    /// Whose token it is, without using it up.
    func find(_ token: RefreshToken, for purpose: MailedPurpose, at now: Instant) async throws -> User? {
        try await queryable.first(
            """
            SELECT \(UserStore.columns) FROM mailed_tokens JOIN users ON users.id = mailed_tokens.user_id
            WHERE token_hash = \(token.hash) AND purpose = \(purpose) AND expires_at > \(now)
            """
        ).map { try User($0) }
    }

    /// All of a person's links: they were sent to an address, or for a password, that counts no more.
    func forget(of user: UserID) async throws {
        _ = try await queryable.run("DELETE FROM mailed_tokens WHERE user_id = \(user)")
    }
}

extension MailedPurpose: SQLValue {}

extension Refusal {
    /// One answer for a token that is unknown, used, expired, or for something else.
    package static let mailedTokenNotValid = Refusal(
        .invalid, "TOKEN_INVALID", "This link has been used or has expired. Ask for a new one.",
        fields: [FieldError("token", "This link has been used or has expired. Ask for a new one.")])
}
