import Base
import Database

/// Every statement that ends an account.
struct LeavingStore: Sendable {
    let connection: any Queryable

    /// Those who go are decided about one after the other: of two administrators who leave at once, one is the last.
    func lockTheDoor() async throws {
        _ = try await connection.query("SELECT pg_advisory_xact_lock(7075736825)")
    }

    /// When the account is deleted; nil: it stays.
    func due(_ user: UserID) async throws -> Instant? {
        try await connection.first("SELECT deletion_due_at FROM users WHERE id = \(user)")?.get(0)
    }

    func save(due: Instant?, of user: UserID, at now: Instant) async throws {
        _ = try await connection.run(
            """
            UPDATE users SET deletion_due_at = \(due), version = version + 1, updated_at = \(now) WHERE id = \(user)
            """)
    }

    /// Whether there are others here, and no administrator among them.
    func leavesNoAdministrator(_ user: UserID) async throws -> Bool {
        let row = try await connection.first(
            """
            SELECT count(*) > 0 AND count(*) FILTER (WHERE role = 'admin' AND deletion_due_at IS NULL) = 0
            FROM users WHERE id <> \(user) AND is_active
            """)
        return try row?.get(0) ?? false
    }

    /// Whose time has come, the longest waiting first.
    func allDue(at now: Instant, limit: Int) async throws -> [UserID] {
        try await connection.query(
            "SELECT id FROM users WHERE deletion_due_at <= \(now) ORDER BY deletion_due_at, id LIMIT \(limit)"
        ).map { try $0.get(0) }
    }

    /// What stands in the place of the address: nobody can have it.
    static func address(of user: UserID) -> String { "deleted+\(user)@invalid" }
    static let name = "Deleted account"

    /// Leaves of the person an id and nothing else: what they recorded goes on pointing at it. Sessions stay for as long
    /// as others do, without where they were.
    func anonymise(_ user: UserID, at now: Instant) async throws {
        let address = Self.address(of: user)
        for statement in [
            """
            UPDATE users SET email = \(address), email_as_given = \(address), password_hash = NULL, first_name = NULL,
                last_name = NULL, display_name = \(Self.name), role = 'user', email_verified_at = NULL,
                is_active = false, legacy_id = NULL, bio = NULL, time_zone = NULL, avatar_version = 0, language = 'en',
                mfa_required = false, deletion_due_at = NULL, anonymized_at = \(now), version = version + 1,
                updated_at = \(now)
            WHERE id = \(user)
            """,
            "UPDATE sessions SET ip_address = NULL, network = NULL, user_agent = NULL WHERE user_id = \(user)",
            """
            DELETE FROM refresh_tokens WHERE session_id IN (SELECT id FROM sessions WHERE user_id = \(user))
            """,
            "DELETE FROM user_avatars WHERE user_id = \(user)",
            "DELETE FROM user_preferences WHERE user_id = \(user)",
            "DELETE FROM mailed_tokens WHERE user_id = \(user)",
            "DELETE FROM challenges WHERE user_id = \(user)",
            "DELETE FROM totp_secrets WHERE user_id = \(user)",
            "DELETE FROM recovery_codes WHERE user_id = \(user)",
            "DELETE FROM passkeys WHERE user_id = \(user)",
            "DELETE FROM linked_identities WHERE user_id = \(user)",
            "DELETE FROM api_keys WHERE user_id = \(user)",
            // Whole answers are kept there, for a day.
            "DELETE FROM idempotency_keys WHERE user_id = \(user)",
        ] as [SQL] {
            _ = try await connection.run(statement)
        }
    }
}
