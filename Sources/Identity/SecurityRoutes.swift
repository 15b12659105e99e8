import Base
import HTTP
import HTTPServer
import JSON

/// What somebody who has signed in changes of what they sign in with, and their sessions.
struct SecurityRoutes: RouteGroup {
    let accounts: Accounts

    func register(in routes: inout Routes) {
        routes.tag = "Sign-in"
        routes.post(
            "/auth/change-password", "Change the password", access: .session,
            accepts: .json(
                "PasswordChange",
                [
                    IdentityInput.currentPassword.property, IdentityInput.newPassword.property,
                    IdentityInput.endOtherSessions.property,
                ]),
            returns: .data(RecoveryRoutes.nothing), refuses: [.invalid, .forbidden, .tooManyRequests, .unavailable],
            handle: changePassword)
        routes.post(
            "/auth/change-email", "Ask to sign in by another address", access: .session,
            accepts: .json("EmailChange", [IdentityInput.email.property, IdentityInput.ownPassword.property]),
            returns: .data(RecoveryRoutes.nothing), refuses: [.invalid, .forbidden, .tooManyRequests, .unavailable],
            handle: changeEmail)
        routes.get(
            "/auth/sessions", "Where the account is signed in", access: .session,
            returns: .data(.array(ListedSession.fields.schema)), handle: sessions)
        routes.delete(
            "/auth/sessions/{id}", "End a session; another than this one upon a fresh proof", access: .session,
            refuses: [.forbidden, .notFound], handle: endSession)
        routes.delete(
            "/auth/sessions", "End all other sessions, upon a fresh proof", access: .session,
            query: [Self.all.declaration], refuses: [.forbidden], handle: endSessions)
        routes.post(
            "/auth/logout-all", "End all sessions, this one too, upon a fresh proof", access: .session,
            returns: .nothing, refuses: [.forbidden], handle: signOutEverywhere)
    }

    private static let all = QueryField<Bool>.bool("all", "Whether this session ends, too.")

    @Sendable private func changePassword(_ request: Request) async throws -> HTTPResponse {
        var body = try await request.body()
        let current = body.read(IdentityInput.currentPassword)
        let new = body.read(IdentityInput.newPassword)
        let endOthers = body.read(IdentityInput.endOtherSessions) ?? true
        try body.check()
        try await accounts.requireWholeProof(request)
        let ended = try await accounts.changePassword(
            of: try request.principal.user, in: try request.principal.session, from: current, to: new ?? "",
            endOthers: endOthers, client: Client(request))
        return RecoveryRoutes.done(
            ended == 0
                ? "Your password is changed."
                : "Your password is changed, and you are signed out everywhere else.")
    }

    @Sendable private func changeEmail(_ request: Request) async throws -> HTTPResponse {
        try await accounts.requireFresh(request)
        var body = try await request.body()
        let email = body.read(IdentityInput.email)
        let password = body.read(IdentityInput.ownPassword)
        try body.check()
        guard let email else { throw Refusal.invalid("email", "email is required.") }
        try await accounts.changeEmail(
            of: try request.principal.user, to: email, password: password, from: Client(request))
        return RecoveryRoutes.done(
            "A letter is on its way to \(email.asGiven). Your address changes once you confirm it.")
    }

    // MARK: Sessions

    @Sendable private func sessions(_ request: Request) async throws -> HTTPResponse {
        let sessions = try await accounts.sessions(
            of: try request.principal.user, current: try request.principal.session)
        return .data(capacity: 2048) { ListedSession.fields.write(sessions, to: &$0) }
    }

    @Sendable private func endSession(_ request: Request) async throws -> HTTPResponse {
        let session: SessionID = try request.identifier("id", of: "session")
        // Who only has the session may leave it, and put nobody else out.
        if session != (try request.principal.session) { try await accounts.requireFresh(request) }
        try await accounts.endSession(session, of: try request.principal.user, from: Client(request))
        return .noContent
    }

    @Sendable private func endSessions(_ request: Request) async throws -> HTTPResponse {
        var query = try request.query()
        let all = query.read(Self.all) == true
        try query.check()
        let session = try await accounts.requireFresh(request)
        try await accounts.endSessions(
            of: try request.principal.user, except: all ? nil : session, from: Client(request))
        return all ? cleared(request) : .noContent
    }

    @Sendable private func signOutEverywhere(_ request: Request) async throws -> HTTPResponse {
        try await accounts.requireFresh(request)
        try await accounts.endSessions(of: try request.principal.user, except: nil, from: Client(request))
        return cleared(request)
    }

    private func cleared(_ request: Request) -> HTTPResponse {
        var response = HTTPResponse.noContent
        response.fields += SessionCookies(request: request, options: accounts.options).cleared
        return response
    }
}
