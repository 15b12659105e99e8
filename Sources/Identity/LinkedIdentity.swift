import Base
import Database

/// A provider's name for one of our users.
struct LinkedIdentity: Equatable, Sendable {
    let provider: String
    let subject: String
    let user: UserID
    let email: String?
    let linkedAt: Instant
    let lastUsedAt: Instant?

    static let limitPerUser = 10
    static let subjectLimit = 255
}

/// Every statement that touches `linked_identities`.
struct LinkedIdentityStore {
    let queryable: any Queryable

    private static let columns = SQL.fragment("provider, subject, user_id, email, linked_at, last_used_at")

    func find(provider: String, subject: String) async throws -> LinkedIdentity? {
        try await queryable.first(
            "SELECT \(Self.columns) FROM linked_identities WHERE provider = \(provider) AND subject = \(subject)"
        ).map { try LinkedIdentity($0) }
    }

    /// Those that one signs in with. What the operator has linked to a trusted issuer is none of them.
    func list(of user: UserID) async throws -> [LinkedIdentity] {
        try await queryable.query(
            """
            SELECT \(Self.columns) FROM linked_identities
            WHERE user_id = \(user) AND provider NOT LIKE 'issuer:%' ORDER BY linked_at, provider
            LIMIT \(LinkedIdentity.limitPerUser)
            """
        ).map { try LinkedIdentity($0) }
    }

    /// - Returns: false when the identity is linked already; the key decides between two at once.
    func insert(_ identity: LinkedIdentity) async throws -> Bool {
        try await queryable.run(
            """
            INSERT INTO linked_identities (provider, subject, user_id, email, linked_at, last_used_at)
            VALUES (\(identity.provider), \(identity.subject), \(identity.user), \(identity.email),
                \(identity.linkedAt), \(identity.lastUsedAt))
            ON CONFLICT DO NOTHING
            """) == 1
    }

    func saveUse(_ identity: LinkedIdentity, email: String?, at now: Instant) async throws {
        _ = try await queryable.run(
            """
            UPDATE linked_identities SET last_used_at = \(now), email = coalesce(\(email), email)
            WHERE provider = \(identity.provider) AND subject = \(identity.subject)
            """)
    }

    func delete(provider: String, of user: UserID) async throws -> [LinkedIdentity] {
        try await queryable.query(
            """
            DELETE FROM linked_identities WHERE provider = \(provider) AND user_id = \(user)
            RETURNING \(Self.columns)
            """
        ).map { try LinkedIdentity($0) }
    }
}

extension LinkedIdentity {
    init(_ row: Row) throws {
        self.init(
            provider: try row.get(0), subject: try row.get(1), user: try row.get(2), email: try row.get(3),
            linkedAt: try row.get(4), lastUsedAt: try row.get(5))
    }
}
