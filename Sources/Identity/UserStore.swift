import Base
import Database
import HTTP

/// Every statement that touches `users`.
struct UserStore {
    let queryable: any Queryable

    static let columns = SQL.fragment(
        """
        users.id, users.email, users.email_as_given, users.first_name, users.last_name, users.display_name, users.role, \
        users.email_verified_at IS NOT NULL, users.is_active, users.created_at, users.version, users.language, users.mfa_required
        """)
    static let columnCount = 13

    /// - Throws: `emailTaken`. The unique key decides, so two who register at once cannot both succeed.
    func insert(_ user: User, passwordHash: String?) async throws {
        do {
            _ = try await queryable.run(
                """
                INSERT INTO users
                    (id, email, email_as_given, password_hash, first_name, last_name, display_name, role, is_active,
                     created_at, updated_at, version, language)
                VALUES (\(user.id), \(user.email), \(user.emailAsGiven), \(passwordHash), \(user.name.first),
                    \(user.name.last), \(user.name.display), \(user.role), \(user.isActive), \(user.createdAt),
                    \(user.createdAt), \(user.version), \(user.language))
                """)
        } catch let error as DatabaseError where error.constraint == "users_email_key" {
            throw Refusal.emailTaken
        }
    }

    func find(_ id: UserID) async throws -> User? {
        try await queryable.first("SELECT \(Self.columns) FROM users WHERE id = \(id)").map { try User($0) }
    }

    func find(email: EmailAddress) async throws -> User? {
        try await queryable.first("SELECT \(Self.columns) FROM users WHERE email = \(email.normalized)")
            .map { try User($0) }
    }

    /// Locks the row until commit.
    func lock(_ id: UserID) async throws -> User? {
        try await queryable.first("SELECT \(Self.columns) FROM users WHERE id = \(id) FOR UPDATE")
            .map { try User($0) }
    }

    /// The same while the password is the one that was set then. Nil also when another was set meanwhile, by somebody
    /// who had the row before us.
    func lock(_ id: UserID, passwordChangedAt changed: Instant?) async throws -> User? {
        try await queryable.first(
            """
            SELECT \(Self.columns) FROM users
            WHERE id = \(id) AND password_changed_at IS NOT DISTINCT FROM \(changed) FOR UPDATE
            """
        ).map { try User($0) }
    }

    func passwordChangedAt(of id: UserID) async throws -> Instant? {
        try await queryable.first("SELECT password_changed_at FROM users WHERE id = \(id)")?.get(0)
    }

    func lock(email: EmailAddress) async throws -> User? {
        try await queryable.first("SELECT \(Self.columns) FROM users WHERE email = \(email.normalized) FOR UPDATE")
            .map { try User($0) }
    }

    func saveName(of user: User, at now: Instant) async throws {
        _ = try await queryable.run(
            """
            UPDATE users SET first_name = \(user.name.first), last_name = \(user.name.last),
                display_name = \(user.name.display), version = version + 1, updated_at = \(now)
            WHERE id = \(user.id)
            """)
    }

    func savePasswordHash(_ hash: String, of id: UserID, at now: Instant) async throws {
        _ = try await queryable.run(
            """
            UPDATE users SET password_hash = \(hash), password_changed_at = \(now), version = version + 1,
                updated_at = \(now)
            WHERE id = \(id)
            """)
    }

    /// - Returns: whether the stored hash was still the one that the old password fitted.
    func replacePassword(_ old: String?, by new: String, of id: UserID, at now: Instant) async throws -> Bool {
        try await queryable.run(
            """
            UPDATE users SET password_hash = \(new), password_changed_at = \(now), version = version + 1,
                updated_at = \(now)
            WHERE id = \(id) AND password_hash IS NOT DISTINCT FROM \(old)
            """) == 1
    }

    func saveEmailVerified(of id: UserID, at now: Instant) async throws {
        _ = try await queryable.run(
            """
            UPDATE users SET email_verified_at = \(now), version = version + 1, updated_at = \(now)
            WHERE id = \(id) AND email_verified_at IS NULL
            """)
    }

    /// - Throws: `emailTaken`, decided by the unique key.
    func saveEmail(_ email: EmailAddress, of id: UserID, at now: Instant) async throws {
        do {
            _ = try await queryable.run(
                """
                UPDATE users SET email = \(email.normalized), email_as_given = \(email.asGiven),
                    email_verified_at = \(now), version = version + 1, updated_at = \(now)
                WHERE id = \(id)
                """)
        } catch let error as DatabaseError where error.constraint == "users_email_key" {
            throw Refusal.emailTaken
        }
    }

    /// The same password, hashed with today's parameters: no change that anybody needs to see. Only while the stored
    /// hash is still the one that was verified: a new password that came in between stays.
    func replacePasswordHash(_ old: String, by new: String, of id: UserID) async throws {
        _ = try await queryable.run(
            "UPDATE users SET password_hash = \(new) WHERE id = \(id) AND password_hash = \(old)")
    }

    func saveRole(_ role: PlatformRole, of id: UserID, at now: Instant) async throws {
        _ = try await queryable.run(
            "UPDATE users SET role = \(role), version = version + 1, updated_at = \(now) WHERE id = \(id)")
    }

    func saveActive(_ isActive: Bool, of id: UserID, at now: Instant) async throws {
        _ = try await queryable.run(
            "UPDATE users SET is_active = \(isActive), version = version + 1, updated_at = \(now) WHERE id = \(id)")
    }

    func saveSecondFactorRequired(_ isRequired: Bool, of id: UserID, at now: Instant) async throws {
        _ = try await queryable.run(
            """
            UPDATE users SET mfa_required = \(isRequired), version = version + 1, updated_at = \(now) WHERE id = \(id)
            """)
    }

    func hasAdministrator() async throws -> Bool {
        try await queryable.first("SELECT 1 FROM users WHERE role = 'admin' AND is_active LIMIT 1") != nil
    }

    /// By e-mail address; `after` is the last address of the page before.
    func list(after: String?, limit: Int) async throws -> [User] {
        try await queryable.query(
            """
            SELECT \(Self.columns) FROM users WHERE email > \(after ?? "") ORDER BY email LIMIT \(min(max(limit, 1), 1000))
            """
        ).map { try User($0) }
    }
}

extension User {
    /// From the columns of `UserStore.columns`, which start at `first`.
    init(_ row: Row, first: Int = 0) throws {
        self.init(
            id: try row.get(first), email: try row.get(first + 1), emailAsGiven: try row.get(first + 2),
            name: PersonName(
                first: try row.get(first + 3), last: try row.get(first + 4), display: try row.get(first + 5)),
            role: try row.get(first + 6), isEmailVerified: try row.get(first + 7), isActive: try row.get(first + 8),
            createdAt: try row.get(first + 9), version: try row.get(first + 10), language: try row.get(first + 11),
            isSecondFactorRequired: try row.get(first + 12))
    }
}
