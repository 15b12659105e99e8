import Base
import HTTP
import HTTPServer
import JSON

/// Passkeys: adding, naming and removing one's own, and signing in with one.
package struct PasskeyRoutes: RouteGroup {
    let accounts: Accounts
    /// Nil when no passkey can belong to the address that people use.
    let party: RelyingParty?

    package init(accounts: Accounts, party: RelyingParty?) {
        self.accounts = accounts
        self.party = party
    }

    package func register(in routes: inout Routes) {
        routes.tag = "Sign-in"
        routes.post(
            "/auth/passkeys/options", "Begin to add a passkey", access: .session, returns: .data(PasskeyOutput.options),
            refuses: [.forbidden, .conflict, .unavailable], handle: begin)
        routes.post(
            "/auth/passkeys", "Add the passkey that the browser has made", access: .session,
            accepts: .json(
                "NewPasskey",
                [
                    PasskeyInput.ceremony.property, PasskeyInput.name.property, PasskeyInput.registration.property,
                ]),
            returns: .created(PasskeyOutput.passkey.schema), refuses: [.invalid, .conflict, .unavailable], handle: add)
        routes.get(
            "/auth/passkeys", "The own passkeys", access: .session,
            returns: .data(.array(PasskeyOutput.passkey.schema)), handle: list)
        routes.put(
            "/auth/passkeys/{id}", "Rename a passkey", access: .session,
            accepts: .json("PasskeyName", [PasskeyInput.name.required().property]),
            returns: .data(PasskeyOutput.passkey.schema), refuses: [.invalid, .notFound], handle: rename)
        routes.delete(
            "/auth/passkeys/{id}", "Remove a passkey", access: .session, refuses: [.forbidden, .notFound, .conflict],
            handle: remove)
        routes.post(
            "/auth/passkeys/login/options", "Begin to sign in with a passkey, alone or as the second step",
            access: .everyone, accepts: .json("PasskeyStep", [PasskeyInput.challenge.property]).optional(),
            returns: .data(PasskeyOutput.options), refuses: [.invalid, .unauthenticated, .forbidden, .unavailable],
            rateLimit: .credentials,
            handle: beginSignIn)
        routes.post(
            "/auth/passkeys/login", "Sign in with a passkey", access: .everyone,
            accepts: .json(
                "PasskeyLogin",
                [
                    PasskeyInput.ceremony.property, PasskeyInput.assertion.property, PasskeyInput.challenge.property,
                    IdentityInput.session.property,
                ]),
            returns: .data(IdentityOutput.session), refuses: [.invalid, .unauthenticated, .forbidden, .unavailable],
            rateLimit: .credentials, handle: signIn)
    }

    private var available: RelyingParty {
        get throws(Refusal) {
            guard let party else { throw .passkeysUnavailable }
            return party
        }
    }

    // MARK: The own passkeys

    @Sendable private func begin(_ request: Request) async throws -> HTTPResponse {
        try await accounts.requireFresh(request)
        let (user, ceremony) = try await accounts.beginPasskey(for: request.principal.user, party: available)
        return .data(capacity: 2048) { PasskeyOutput.writeCreation(ceremony, for: user, to: &$0) }
    }

    @Sendable private func add(_ request: Request) async throws -> HTTPResponse {
        var body = try await request.body()
        let ceremony = body.read(PasskeyInput.ceremony)
        let name = body.read(PasskeyInput.name)
        let answer = body.read(PasskeyInput.registration)
        try body.check()
        guard let ceremony, let answer else { throw Refusal.passkeyNotValid }
        let passkey = try await accounts.addPasskey(
            answer, named: name ?? "Passkey", ceremony: ceremony, for: request.principal.user, party: available,
            source: AuditSource(request))
        return .data(status: 201) { PasskeyOutput.passkey.write(passkey, to: &$0) }
    }

    @Sendable private func list(_ request: Request) async throws -> HTTPResponse {
        let passkeys = try await PasskeyStore(queryable: accounts.database).list(of: request.principal.user)
        return .data(capacity: 1024) { PasskeyOutput.passkey.write(passkeys, to: &$0) }
    }

    @Sendable private func rename(_ request: Request) async throws -> HTTPResponse {
        let id: PasskeyID = try request.identifier("id", of: "passkey")
        var body = try await request.body()
        let name = body.read(PasskeyInput.name.required())
        try body.check()
        let passkey = try await accounts.renamePasskey(
            id, of: request.principal.user, to: name ?? "", source: AuditSource(request))
        return .data { PasskeyOutput.passkey.write(passkey, to: &$0) }
    }

    @Sendable private func remove(_ request: Request) async throws -> HTTPResponse {
        try await accounts.requireFresh(request)
        let id: PasskeyID = try request.identifier("id", of: "passkey")
        try await accounts.removePasskey(id, of: request.principal.user, source: AuditSource(request))
        return .noContent
    }

    // MARK: Signing in

    @Sendable private func beginSignIn(_ request: Request) async throws -> HTTPResponse {
        try request.refuseForeignPage()
        var body = try await request.optionalBody()
        let step = body.read(PasskeyInput.challenge)
        try body.check()
        let ceremony =
            if let step {
                try await accounts.beginPasskeyStep(step, party: available)
            } else {
                try await accounts.beginPasskeySignIn(party: available)
            }
        return .data { PasskeyOutput.writeRequest(ceremony, isAlone: step == nil, to: &$0) }
    }

    @Sendable private func signIn(_ request: Request) async throws -> HTTPResponse {
        try request.refuseForeignPage()
        var body = try await request.body()
        let ceremony = body.read(PasskeyInput.ceremony)
        let answer = body.read(PasskeyInput.assertion)
        let step = body.read(PasskeyInput.challenge)
        let session = body.read(IdentityInput.session)
        try body.check()
        guard let ceremony, let answer else { throw Refusal.passkeyRefused }
        let signedIn = try await accounts.signIn(
            answer, ceremony: ceremony, step: step, party: available,
            transport: session == "cookie" ? .cookie : .bearer,
            from: Client(request))
        return accounts.answer(signedIn, to: request)
    }
}
