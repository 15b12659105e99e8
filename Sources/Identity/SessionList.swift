import Base
import Database
import HTTP
import JSON
import Runtime

/// A session as its owner sees it.
struct ListedSession: Sendable {
    let id: SessionID
    let device: String
    let address: String?
    let network: String?
    let createdAt: Instant
    let lastUsedAt: Instant
    let methods: [SignInMethod]
    let isCurrent: Bool

    static let fields = Fields<ListedSession>(
        "ListedSession",
        [
            .identifier("id") { $0.id }, .text("device") { $0.device }, .optionalText("address") { $0.address },
            .optionalText("network") { $0.network }, .instant("createdAt") { $0.createdAt },
            .instant("lastUsedAt") { $0.lastUsedAt }, .bool("current") { $0.isCurrent },
            Field("methods", .array(.choice(SignInMethod.allCases.map(\.rawValue)))) { session, writer in
                writer.beginArray()
                for method in session.methods { writer.string(method.rawValue) }
                writer.endArray()
            },
        ])
}

extension SessionStore {
    /// The live ones, the last used first. Bounded by `Session.limitPerUser`.
    static func list(
        _ queryable: any Queryable, of user: UserID, current: SessionID, at now: Instant
    ) async throws -> [ListedSession] {
        let rows = try await queryable.query(
            """
            SELECT id, user_agent, ip_address, network, created_at, last_used_at, methods FROM sessions
            WHERE user_id = \(user) AND revoked_at IS NULL AND expires_at > \(now)
            ORDER BY id = \(current) DESC, last_used_at DESC, id LIMIT \(Session.limitPerUser)
            """)
        return try rows.map { row in
            let id = try row.get(0, as: SessionID.self)
            return ListedSession(
                id: id, device: Device(userAgent: try row.get(1)).words, address: try row.get(2),
                network: try row.get(3), createdAt: try row.get(4), lastUsedAt: try row.get(5),
                methods: try row.get(6, as: [String].self).compactMap(SignInMethod.init(rawValue:)),
                isCurrent: id == current)
        }
    }
}

extension Accounts {
    func sessions(of user: UserID, current: SessionID) async throws -> [ListedSession] {
        try await SessionStore.list(database, of: user, current: current, at: clock.now())
    }

    /// - Throws: 404 for another person's session, and for one that has ended.
    func endSession(_ session: SessionID, of id: UserID, from client: Client) async throws {
        let now = clock.now()
        try await database.transaction { [self] transaction in
            guard let user = try await UserStore(queryable: transaction).find(id),
                try await SessionStore(transaction: transaction)
                    .revoke(session, of: id, because: .revoked, at: now)
            else { throw Refusal.notFound("session") }
            try await publish(.userSignedOut, id, session, in: transaction)
            try await record("SESSION_REVOKED", of: user, from: client, in: transaction)
        }
        await refuseEverywhere([session], at: now)
    }

    /// - Parameter kept: the one that stays; nil: none does.
    func endSessions(of id: UserID, except kept: SessionID?, from client: Client) async throws {
        let now = clock.now()
        let ended = try await database.transaction { [self] transaction -> [SessionID] in
            guard let user = try await UserStore(queryable: transaction).lock(id) else { throw Refusal.tokenNotValid }
            let ended = try await SessionStore(transaction: transaction)
                .revokeAll(of: id, except: kept, because: .revoked, at: now)
            guard !ended.isEmpty else { return [] }
            try await publish(.userSignedOut, id, nil, in: transaction)
            try await record("SESSIONS_REVOKED", of: user, from: client, in: transaction)
            return ended
        }
        await refuseEverywhere(ended, at: now)
    }
}
