import Base
import Database
import HTTP
import Runtime

/// A session that lies open on a forgotten machine must not be enough to take an account over: who changes what keeps
/// others out has proved lately who they are, by signing in or by `POST /auth/reauthenticate`.
extension Accounts {
    /// For a route with `access: .session`: the first line of its handler.
    ///
    /// - Returns: the session.
    /// - Throws: 403 REAUTHENTICATION_REQUIRED, upon which the page asks for the password and repeats the request;
    ///   403 SESSION_REQUIRED for an API key; 401 for a session that has ended.
    @discardableResult
    package func requireFresh(_ request: Request) async throws -> SessionID {
        let session = try request.principal.session
        // Read each time: these requests are rare, and what a token says may be a quarter of an hour old.
        guard let at = try await SessionStore.authenticatedAt(database, session) else { throw Refusal.tokenNotValid }
        guard clock.now() < at + options.freshness else { throw Refusal.reauthenticationRequired }
        return session
    }

    /// For a route that asks for the present password itself: that is proof enough, unless the account has none, or has a
    /// second factor as well.
    func requireWholeProof(_ request: Request) async throws {
        let user = try await activeUser(try request.principal.user)
        let isBare = try await factors(of: user, in: database).isEmpty
        let hasPassword = try await hasPassword(user.id)
        if !hasPassword || !isBare { try await requireFresh(request) }
    }
}

extension SessionStore {
    /// Nil for a session that has ended.
    static func authenticatedAt(_ queryable: any Queryable, _ session: SessionID) async throws -> Instant? {
        try await queryable.first(
            "SELECT authenticated_at FROM sessions WHERE id = \(session) AND revoked_at IS NULL"
        )?.get(0)
    }
}

extension Refusal {
    package static let reauthenticationRequired = Refusal(
        .forbidden, "REAUTHENTICATION_REQUIRED", "Confirm that it is you first: give your password once more.")
}
