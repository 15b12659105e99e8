import Base
import Database

/// Every statement that touches `sessions` and `refresh_tokens`.
struct SessionStore {
    let transaction: Transaction

    /// The channel on which servers tell each other that a session has ended.
    static let endedChannel = "purser_session_ended"

    /// - Returns: the oldest sessions, which end when there are too many.
    func insert(_ session: Session, token: RefreshToken, client: Client, at now: Instant) async throws -> [SessionID] {
        let rows = try await transaction.pipeline([
            """
            INSERT INTO sessions
                (id, user_id, transport, created_at, last_used_at, expires_at, ends_at, authenticated_at, methods,
                 ip_address, network, user_agent)
            VALUES (\(session.id), \(session.user), \(session.transport), \(now), \(now), \(session.expiresAt),
                \(session.endsAt), \(session.authenticatedAt), \(session.methods.map(\.rawValue)),
                \(client.address), \(client.network), \(client.userAgent))
            """,
            insertion(of: token.hash, session: session.id, expiresAt: session.expiresAt, at: now),
            """
            WITH ended AS (
                UPDATE sessions SET revoked_at = \(now), revoked_reason = 'limit'
                WHERE id IN (
                    SELECT id FROM sessions WHERE user_id = \(session.user) AND revoked_at IS NULL
                    ORDER BY last_used_at DESC OFFSET \(Session.limitPerUser))
                RETURNING id)
            SELECT id, pg_notify('purser_session_ended', id::text)::text FROM ended
            """,
        ])
        return try rows.last.map { try $0.map { try $0.get(0) } } ?? []
    }

    private func insertion(of hash: [UInt8], session: SessionID, expiresAt: Instant, at now: Instant) -> SQL {
        """
        INSERT INTO refresh_tokens (token_hash, session_id, issued_at, expires_at)
        VALUES (\(hash), \(session), \(now), \(expiresAt))
        """
    }

    /// The session that the token belongs to and its user. The session's row stays locked until commit, so all that
    /// happens to one family happens in turn.
    func lock(tokenHash: [UInt8]) async throws -> (session: Session, user: User)? {
        let row = try await transaction.first(
            """
            SELECT \(UserStore.columns), sessions.id, sessions.transport, sessions.expires_at, sessions.ends_at,
                sessions.authenticated_at, sessions.methods, sessions.revoked_at
            FROM refresh_tokens
            JOIN sessions ON sessions.id = refresh_tokens.session_id
            JOIN users ON users.id = sessions.user_id
            WHERE refresh_tokens.token_hash = \(tokenHash)
            FOR UPDATE OF sessions
            """)
        guard let row else { return nil }
        let user = try User(row)
        let next = UserStore.columnCount
        let session = Session(
            id: try row.get(next), user: user.id, transport: try row.get(next + 1), expiresAt: try row.get(next + 2),
            endsAt: try row.get(next + 3), authenticatedAt: try row.get(next + 4),
            methods: try row.get(next + 5, as: [String].self).compactMap(SignInMethod.init(rawValue:)),
            revokedAt: try row.get(next + 6))
        return (session, user)
    }

    /// Read after the session is locked, and by a statement of its own: it sees what the one before us committed.
    func token(_ hash: [UInt8]) async throws -> RefreshTokenRecord? {
        try await transaction.first(
            "SELECT expires_at, used_at, replaced_by, successor_salt FROM refresh_tokens WHERE token_hash = \(hash)"
        ).map { row in
            let hash: [UInt8]? = try row.get(2)
            let salt: [UInt8]? = try row.get(3)
            return RefreshTokenRecord(
                expiresAt: try row.get(0), usedAt: try row.get(1),
                successor: hash.flatMap { hash in salt.map { .init(hash: hash, salt: $0) } })
        }
    }

    func replace(
        _ used: RefreshToken, by successor: RefreshToken, salt: [UInt8], session: SessionID, expiresAt: Instant,
        at now: Instant
    ) async throws {
        _ = try await transaction.pipeline([
            """
            UPDATE refresh_tokens SET used_at = \(now), replaced_by = \(successor.hash), successor_salt = \(salt)
            WHERE token_hash = \(used.hash)
            """,
            insertion(of: successor.hash, session: session, expiresAt: expiresAt, at: now),
            "UPDATE sessions SET last_used_at = \(now), expires_at = \(expiresAt) WHERE id = \(session)",
        ])
    }

    /// - Returns: whether it was live until now.
    func revoke(_ session: SessionID, because reason: Session.RevokedReason, at now: Instant) async throws -> Bool {
        let rows = try await transaction.pipeline([
            """
            UPDATE sessions SET revoked_at = \(now), revoked_reason = \(reason)
            WHERE id = \(session) AND revoked_at IS NULL
            """,
            "SELECT pg_notify('purser_session_ended', \(session.description))",
        ])
        return rows.first.map { $0.affected > 0 } ?? false
    }

    /// - Parameter kept: the one that stays.
    func revokeAll(
        of user: UserID, except kept: SessionID? = nil, because reason: Session.RevokedReason, at now: Instant
    ) async throws -> [SessionID] {
        let rows = try await transaction.query(
            """
            WITH ended AS (
                UPDATE sessions SET revoked_at = \(now), revoked_reason = \(reason)
                WHERE user_id = \(user) AND revoked_at IS NULL AND id IS DISTINCT FROM \(kept)
                RETURNING id)
            SELECT id, pg_notify('purser_session_ended', id::text)::text FROM ended
            """)
        return try rows.map { try $0.get(0) }
    }

    /// Of everybody. Servers are told of those that were used within a day: no access token of the others is valid still.
    ///
    /// - Returns: how many, of how many people; and those that servers were told of.
    func revokeEverybodys(at now: Instant) async throws -> (
        counts: (sessions: Int, people: Int), told: [SessionID]
    ) {
        let rows = try await transaction.query(
            """
            WITH ended AS (
                UPDATE sessions SET revoked_at = \(now), revoked_reason = 'administrator'
                WHERE revoked_at IS NULL AND expires_at > \(now)
                RETURNING id, user_id, last_used_at > \(now - .seconds(86_400)) AS is_recent)
            SELECT id, user_id, CASE WHEN is_recent THEN pg_notify('purser_session_ended', id::text)::text END IS NOT NULL
            FROM ended
            """)
        var people: Set<UserID> = []
        var told: [SessionID] = []
        for row in rows {
            people.insert(try row.get(1))
            if try row.get(2, as: Bool.self) { told.append(try row.get(0)) }
        }
        return ((rows.count, people.count), told)
    }

    /// - Returns: whether this person had that session, and it was live until now.
    func revoke(
        _ session: SessionID, of user: UserID, because reason: Session.RevokedReason, at now: Instant
    ) async throws -> Bool {
        let row = try await transaction.first(
            "SELECT 1 FROM sessions WHERE id = \(session) AND user_id = \(user) AND expires_at > \(now) FOR UPDATE")
        guard row != nil else { return false }
        return try await revoke(session, because: reason, at: now)
    }

    /// Locks it until commit.
    func lock(_ id: SessionID) async throws -> Session? {
        try await transaction.first(
            """
            SELECT user_id, transport, expires_at, ends_at, authenticated_at, methods, revoked_at FROM sessions
            WHERE id = \(id) FOR UPDATE
            """
        ).map { row in
            Session(
                id: id, user: try row.get(0), transport: try row.get(1), expiresAt: try row.get(2),
                endsAt: try row.get(3), authenticatedAt: try row.get(4),
                methods: try row.get(5, as: [String].self).compactMap(SignInMethod.init(rawValue:)),
                revokedAt: try row.get(6))
        }
    }

    /// Ends the page's session that a browser has had until now, be it of another person.
    ///
    /// - Returns: what has ended.
    func replace(_ token: RefreshToken, at now: Instant) async throws -> (session: SessionID, user: UserID)? {
        let row = try await transaction.first(
            """
            SELECT sessions.id, sessions.user_id FROM refresh_tokens
            JOIN sessions ON sessions.id = refresh_tokens.session_id
            WHERE refresh_tokens.token_hash = \(token.hash) AND sessions.transport = 'cookie'
                AND sessions.revoked_at IS NULL AND sessions.expires_at > \(now)
            FOR UPDATE OF sessions
            """)
        guard let row, case let id = try row.get(0, as: SessionID.self),
            try await revoke(id, because: .renewed, at: now)
        else { return nil }
        return (id, try row.get(1))
    }

    /// Another thing that its person has shown.
    func add(_ method: SignInMethod, to session: SessionID, at now: Instant) async throws {
        _ = try await transaction.run(
            """
            UPDATE sessions SET authenticated_at = \(now),
                methods = CASE WHEN \(method.rawValue) = ANY(methods) THEN methods
                    ELSE methods || \(method.rawValue) END
            WHERE id = \(session)
            """)
    }

    func saveAuthenticated(_ session: SessionID, at now: Instant) async throws {
        _ = try await transaction.run("UPDATE sessions SET authenticated_at = \(now) WHERE id = \(session)")
    }

    /// Asked of the database itself, by whoever may have missed something.
    static func isLive(_ queryable: any Queryable, _ session: SessionID) async throws -> Bool {
        try await queryable.first("SELECT 1 FROM sessions WHERE id = \(session) AND revoked_at IS NULL") != nil
    }

    /// What nobody needs any more. Sessions stay for a while after their end: they tell known addresses from new ones.
    static func prune(_ database: Database, at now: Instant) async throws {
        _ = try await database.write([
            "DELETE FROM sessions WHERE expires_at < \(now - .seconds(90 * 86_400))",
            "DELETE FROM refresh_tokens WHERE expires_at < \(now)",
            "DELETE FROM login_failures WHERE last_failed_at < \(now - .seconds(2 * 86_400))",
            "DELETE FROM setup_tokens WHERE expires_at < \(now)",
            "DELETE FROM mailed_tokens WHERE expires_at < \(now)",
            "DELETE FROM pending_registrations WHERE expires_at <= \(now)",
        ])
    }

    /// Sessions that ended so lately that an access token of theirs may still run.
    static func ended(_ queryable: any Queryable, since: Instant) async throws -> [SessionID] {
        try await queryable.query(
            "SELECT id FROM sessions WHERE revoked_at >= \(since) ORDER BY revoked_at DESC LIMIT \(EndedSessions.limit)"
        ).map { try $0.get(0) }
    }
}
