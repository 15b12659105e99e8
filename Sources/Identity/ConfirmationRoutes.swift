import Base
import HTTP
import HTTPServer
import JSON

/// Showing once more who is at the session, by whatever they sign in with: not everybody has a password.
package struct ConfirmationRoutes: RouteGroup {
    let accounts: Accounts
    /// Nil when no passkey can belong to the address that people use.
    let party: RelyingParty?
    let services: OAuthRoutes

    package init(accounts: Accounts, party: RelyingParty?, services: OAuthRoutes) {
        self.accounts = accounts
        self.party = party
        self.services = services
    }

    package func register(in routes: inout Routes) {
        routes.tag = "Sign-in"
        routes.get(
            "/auth/reauthenticate", "By what one can show who one is", access: .session, returns: .data(Self.ways),
            handle: ways)
        routes.post(
            "/auth/reauthenticate",
            "Show once more who is at the session: by a passkey that sees who is there, or by password (with a code or any "
                + "passkey, where there is a second factor)",
            access: .session,
            accepts: .json(
                "Reauthentication",
                [
                    IdentityInput.optionalPassword.property, IdentityInput.code.property,
                    IdentityInput.recoveryCode.property, PasskeyInput.anyCeremony.property,
                    PasskeyInput.anyAssertion.property,
                ]),
            returns: .data(IdentityOutput.refreshed),
            refuses: [.invalid, .forbidden, .conflict, .tooManyRequests, .unavailable], handle: confirm)
        routes.post(
            "/auth/reauthenticate/passkey", "Begin to do so by passkey", access: .session,
            accepts: .json("PasskeyConfirmation", [Self.beside.property]).optional(),
            returns: .data(PasskeyOutput.options), refuses: [.invalid, .notFound, .unavailable], handle: beginPasskey)
        routes.post(
            "/auth/reauthenticate/services/{provider}", "Begin to do so by signing in with a linked service",
            access: .session,
            accepts: .json(
                "ConfirmationVisit",
                [
                    Self.next.property, IdentityInput.code.property, IdentityInput.recoveryCode.property,
                    PasskeyInput.anyCeremony.property, PasskeyInput.anyAssertion.property,
                ]
            ).optional(),
            returns: .data(OAuthRoutes.visit),
            refuses: [.invalid, .forbidden, .notFound, .conflict, .tooManyRequests, .unavailable], handle: beginVisit)
    }

    private static let ways = Schema.object(
        name: "WaysToConfirm",
        [
            SchemaProperty("password", .boolean), SchemaProperty("code", .boolean),
            SchemaProperty("passkey", .boolean, "Whether a passkey alone will do: one that sees who is there."),
            SchemaProperty("services", .array(OAuthRoutes.provider.schema)),
            SchemaProperty(
                "secondFactor", .boolean, "Whether password and services want one of `factors` with them."),
            SchemaProperty("factors", .array(.choice(Factor.allCases.map(\.rawValue)))),
        ])
    private static let beside = BodyField<Bool>.bool(
        "beside", "Whether it goes with a password or another service: then a touch of any passkey is enough.")
    private static let next = BodyField.text("next", max: 500, "A path of the page to come back to.")

    @Sendable private func ways(_ request: Request) async throws -> HTTPResponse {
        let ways = try await accounts.waysToConfirm(of: try request.principal.user)
        let linked = services.client.providers.filter { ways.providers.contains($0.id) }
        return .data { [party] writer in
            writer.beginObject()
            writer.key("password")
            writer.bool(ways.hasPassword)
            writer.key("code")
            writer.bool(ways.hasCodes)
            writer.key("passkey")
            writer.bool(ways.hasWholePasskey && party != nil)
            writer.key("services")
            OAuthRoutes.provider.write(linked, to: &writer)
            writer.key("secondFactor")
            writer.bool(!ways.factors.isEmpty)
            writer.key("factors")
            writer.beginArray()
            for factor in ways.factors where factor != .passkey || party != nil { writer.string(factor.rawValue) }
            writer.endArray()
            writer.endObject()
        }
    }

    @Sendable private func confirm(_ request: Request) async throws -> HTTPResponse {
        var body = try await request.body()
        let password = body.read(IdentityInput.optionalPassword)
        let second = try readSecond(&body)
        let (user, session) = (try request.principal.user, try request.principal.session)
        let renewed: SignedIn
        switch (password, second) {
        case (let password?, _):
            renewed = try await accounts.reauthenticate(
                user, in: session, password: password, second: second, from: Client(request))
        case (nil, .passkey(let answer, let ceremony, let party)):
            renewed = try await accounts.confirm(
                user, in: session, by: answer, ceremony: ceremony, party: party, from: Client(request))
        case (nil, .code), (nil, nil):
            throw Refusal.invalid(
                "password",
                "Send password, with code or credential where there is a second factor, or ceremony and credential alone."
            )
        }
        // The page's answer is in its cookies; a program has its tokens in the body, and none of those before is good.
        let delivery = accounts.delivery(of: renewed, to: request)
        return .data(fields: delivery.cookieFields, capacity: 1536) { writer in
            writer.beginObject()
            delivery.write(to: &writer)
            writer.endObject()
        }
    }

    /// At most one of the three. Nothing else is read after it.
    private func readSecond(_ body: inout Body) throws(Refusal) -> SecondProof? {
        let code = body.read(IdentityInput.code)
        let recovery = body.read(IdentityInput.recoveryCode)
        let ceremony = body.read(PasskeyInput.anyCeremony)
        let answer = body.read(PasskeyInput.anyAssertion)
        if [code != nil, recovery != nil, answer != nil].count(where: { $0 }) > 1 {
            body.refuse("code", "Send one of code, recoveryCode and credential.")
        }
        if (ceremony == nil) != (answer == nil) { body.refuse("ceremony", "ceremony and credential go together.") }
        try body.check()
        if let ceremony, let answer { return .passkey(answer, ceremony: ceremony, party: try available) }
        return code.map { .code(.device($0)) } ?? recovery.map { .code(.recovery($0)) }
    }

    @Sendable private func beginPasskey(_ request: Request) async throws -> HTTPResponse {
        var body = try await request.optionalBody()
        let isAlone = body.read(Self.beside) != true
        try body.check()
        let ceremony = try await accounts.beginConfirmation(
            of: try request.principal.user, in: try request.principal.session, isAlone: isAlone, party: available)
        return .data { PasskeyOutput.writeRequest(ceremony, isAlone: isAlone, to: &$0) }
    }

    @Sendable private func beginVisit(_ request: Request) async throws -> HTTPResponse {
        var body = try await request.optionalBody()
        let next = body.read(Self.next)
        let second = try readSecond(&body)
        let provider = request.pathText("provider") ?? ""
        guard try await accounts.waysToConfirm(of: try request.principal.user).providers.contains(provider) else {
            throw Refusal.notFound("linked account")
        }
        return try await services.beginConfirmation(provider, next: next, second: second, request)
    }

    private var available: RelyingParty {
        get throws(Refusal) {
            guard let party else { throw .passkeysUnavailable }
            return party
        }
    }
}
