import Base
import Database
import HTTP

/// Every statement that touches `api_keys`.
struct KeyStore: Sendable {
    let connection: any Queryable
    init(_ connection: any Queryable) { self.connection = connection }

    private static let columns: SQL = """
        k.id, k.kind, k.user_id, k.book_id, k.name, k.hint, k.scopes, k.created_at, k.expires_at, k.revoked_at,
        k.last_used_at, k.last_used_address
        """

    private func key(_ row: Row) throws -> APIKey {
        APIKey(
            id: try row.get(0), kind: try row.get(1), user: try row.get(2), book: try row.get(3), name: try row.get(4),
            hint: try row.get(5), scopes: try row.get(6), createdAt: try row.get(7), expiresAt: try row.get(8),
            revokedAt: try row.get(9), lastUsedAt: try row.get(10), lastUsedAddress: try row.get(11))
    }

    /// The key with this hash, unless it was revoked or belongs to an account that is closed or about to be deleted.
    func find(_ hash: [UInt8]) async throws -> APIKey? {
        try await connection.first(
            """
            SELECT \(Self.columns) FROM api_keys k LEFT JOIN users u ON u.id = k.user_id
            WHERE k.secret_hash = \(hash) AND k.revoked_at IS NULL AND (k.user_id IS NULL OR (u.is_active AND u.deletion_due_at IS NULL))
            """
        ).map(key)
    }

    /// A person's, or those of services; newest first. Revoked ones are not there any more.
    func list(of user: UserID?) async throws -> [APIKey] {
        try await connection.query(
            """
            SELECT \(Self.columns) FROM api_keys k
            WHERE k.revoked_at IS NULL AND k.user_id IS NOT DISTINCT FROM \(user)
            ORDER BY k.created_at DESC, k.id DESC LIMIT 500
            """
        ).map(key)
    }

    /// So that two that are made at once are counted one after the other.
    func lock(for user: UserID?) async throws -> Int {
        if let user {
            _ = try await connection.query("SELECT FROM users WHERE id = \(user) FOR UPDATE")
        } else {
            _ = try await connection.query("SELECT pg_advisory_xact_lock(7075736824)")
        }
        let row = try await connection.first(
            """
            SELECT count(*) FROM api_keys
            WHERE revoked_at IS NULL AND user_id IS NOT DISTINCT FROM \(user) AND (expires_at IS NULL OR expires_at > now())
            """)
        return Int(try row?.get(0, as: Int64.self) ?? 0)
    }

    func insert(_ key: APIKey, hash: [UInt8], by creator: UserID?) async throws {
        _ = try await connection.run(
            """
            INSERT INTO api_keys (id, kind, user_id, book_id, name, secret_hash, hint, scopes, created_by, created_at, expires_at)
            VALUES (\(key.id), \(key.kind.rawValue), \(key.user), \(key.book), \(key.name), \(hash), \(key.hint), \(key.scopes),
                \(creator), \(key.createdAt), \(key.expiresAt))
            """)
    }

    /// The key as it was; nil when there was none that could be revoked. Of two at once, one gets it.
    func revoke(_ id: APIKeyID, of user: UserID?, at now: Instant) async throws -> APIKey? {
        try await connection.first(
            """
            UPDATE api_keys k SET revoked_at = \(now)
            WHERE k.id = \(id) AND k.user_id IS NOT DISTINCT FROM \(user) AND k.revoked_at IS NULL
            RETURNING \(Self.columns)
            """
        ).map(key)
    }

    func noteUse(_ id: APIKeyID, address: String, at now: Instant, every pause: Duration) async throws {
        _ = try await connection.run(
            """
            UPDATE api_keys SET last_used_at = \(now), last_used_address = \(address)
            WHERE id = \(id) AND (last_used_at IS NULL OR last_used_at <= \(now - pause))
            """)
    }
}
