import Audit
import Base
import Cryptography
import HTTP
import HTTPServer
import JSON
import Outbound
import Runtime

/// Signing in by another service's word, and linking accounts there.
///
/// These routes are walked by browsers, so what goes wrong ends at a screen of the page that says it in words.
package struct OAuthRoutes: RouteGroup {
    let accounts: Accounts
    let client: OAuthClient

    package init(accounts: Accounts, providers: [OAuthProvider], allowsPlainLoopback: Bool) {
        var policy = HTTPClient.Policy()
        policy.namedHosts = Set(providers.flatMap(\.namedHosts))
        policy.allowsPlainLoopback = allowsPlainLoopback
        self.accounts = accounts
        client = OAuthClient(providers: providers, http: HTTPClient(policy: policy), clock: accounts.clock)
    }

    package func register(in routes: inout Routes) {
        routes.tag = "Sign-in"
        routes.get(
            "/auth/oauth", "The services that one can sign in with", access: .everyone,
            returns: .data(.array(Self.provider.schema)), handle: list)
        routes.get(
            "/auth/oauth/{provider}", "Go and sign in with a service", access: .everyone,
            query: [Self.next.declaration], returns: .redirect, refuses: [.notFound, .unavailable],
            rateLimit: .credentials, handle: visit)
        routes.get(
            "/auth/oauth/{provider}/callback", "Come back from a service", access: .everyone,
            query: [
                Self.code.declaration, Self.state.declaration, Self.issuer.declaration, Self.error.declaration,
            ],
            returns: .redirect, refuses: [.notFound], rateLimit: .credentials, handle: comeBack)
        routes.get(
            "/auth/links", "The own accounts elsewhere that sign in here", access: .session,
            returns: .data(.array(Self.link.schema)), handle: links)
        routes.post(
            "/auth/links/{provider}", "Begin to link an account elsewhere", access: .session,
            returns: .data(Self.visit),
            refuses: [.forbidden, .notFound, .unavailable], handle: beginLink)
        routes.delete(
            "/auth/links/{provider}", "Unlink an account elsewhere", access: .session,
            refuses: [.forbidden, .notFound, .conflict], handle: unlink)
    }

    private static let next = QueryField<String>.text("next", max: 500, "A path of the page to go on to.")
    private static let code = QueryField<String>.text("code", max: 4096, "From the service.")
    private static let state = QueryField<String>.text("state", max: 200, "From the service.")
    private static let issuer = QueryField<String>.text("iss", max: 1000, "From the service.")
    private static let error = QueryField<String>.text("error", max: 200, "From the service.")

    static let provider = Fields<OAuthProvider>(
        "SignInService", [.text("id") { $0.id }, .text("name") { $0.name }])

    private struct Link: Sendable {
        let identity: LinkedIdentity
        let name: String
    }

    private static let link = Fields<Link>(
        "LinkedAccount",
        [
            .text("provider") { $0.identity.provider }, .text("name") { $0.name },
            .optionalText("email") { $0.identity.email }, .instant("linkedAt") { $0.identity.linkedAt },
            Field("lastUsedAt", .nullable(.instant)) { link, writer in
                if let instant = link.identity.lastUsedAt { writer.instant(instant) } else { writer.null() }
            },
        ])

    private func provider(of request: Request) throws(Refusal) -> OAuthProvider {
        guard let provider = request.pathText("provider").flatMap({ client.provider($0) }) else {
            throw .notFound("sign-in service")
        }
        return provider
    }

    @Sendable private func list(_ request: Request) async throws -> HTTPResponse {
        .data { Self.provider.write(client.providers, to: &$0) }
    }

    // MARK: There

    @Sendable private func visit(_ request: Request) async throws -> HTTPResponse {
        let provider = try provider(of: request)
        let next = try request.query(Self.next)
        // Nobody is signed in by a page elsewhere: there they ask for it themselves.
        guard request.header("sec-fetch-site")?.lowercased() != "cross-site" else {
            return Self.page("/signin", ("next", Self.path(next) ?? "/"))
        }
        let (address, mark) = try await begin(
            OAuthVisit(provider: provider.id, next: Self.path(next) ?? "/"), provider, request)
        guard let address else { return Self.page("/signin", ("problem", OAuthProblem.provider.rawValue)) }
        return Self.redirect(to: address, fields: [mark])
    }

    @Sendable private func beginLink(_ request: Request) async throws -> HTTPResponse {
        try await accounts.requireFresh(request)
        let provider = try provider(of: request)
        let user = try await accounts.activeUser(request.principal.user)
        guard user.isEmailVerified else { throw Refusal.addressNotConfirmed }
        let (address, mark) = try await begin(
            OAuthVisit(provider: provider.id, next: "/settings/security", for: user.id), provider, request)
        return try Self.goTo(address, of: provider, mark)
    }

    /// For somebody who confirms by their account at a service that it is them.
    func beginConfirmation(
        _ id: String, next: String?, second: SecondProof?, _ request: Request
    ) async throws -> HTTPResponse {
        guard let provider = client.provider(id) else { throw Refusal.notFound("sign-in service") }
        let session = try request.principal.session
        let hasFactor = try await accounts.prepareConfirmation(
            of: request.principal.user, in: session, by: provider, second: second, from: Client(request))
        let (address, mark) = try await begin(
            OAuthVisit(
                provider: provider.id, next: Self.path(next) ?? "/", for: request.principal.user,
                confirming: session, hasFactor: hasFactor), provider, request)
        return try Self.goTo(address, of: provider, mark)
    }

    private static func goTo(_ address: String?, of provider: OAuthProvider, _ mark: (String, String)) throws
        -> HTTPResponse
    {
        guard let address else { throw Refusal.serviceUnavailable(provider.name) }
        return .data(fields: [mark]) { writer in
            writer.beginObject()
            writer.key("address")
            writer.string(address)
            writer.endObject()
        }
    }

    static let visit = Schema.object(name: "Visit", [SchemaProperty("address", .text, "Where to send the browser.")])

    /// - Returns: nil for an address when the provider cannot be asked.
    private func begin(
        _ visit: OAuthVisit, _ provider: OAuthProvider, _ request: Request
    ) async throws -> (String?, (String, String)) {
        let token = try await accounts.beginVisit(visit)
        let key = accounts.sessionKeys.keys.current
        let mark = cookie(accounts.browserMark(of: token, key), seconds: 600, request)
        do {
            let isAnew = visit.confirming != nil
            return (
                try await client.address(
                    of: provider, accounts.visit(token, key, provider: provider.id), signsInAnew: isAnew), mark
            )
        } catch let failure as OAuthFailure {
            note(failure, provider)
            return (nil, mark)
        }
    }

    // MARK: And back

    @Sendable private func comeBack(_ request: Request) async throws -> HTTPResponse {
        let provider = try provider(of: request)
        var visit: OAuthVisit?
        do {
            let (outcome, taken) = try await finish(request, provider, &visit)
            let gone = cookie("", seconds: 0, request)
            switch outcome {
            case .linked: return Self.page(taken.next, ("linked", provider.id), fields: [gone])
            case .confirmed(let renewed):
                let cookies = accounts.delivery(of: renewed, to: request).cookieFields
                return Self.page(taken.next, ("confirm", "done"), fields: cookies + [gone])
            case .secondStep(let step):
                // Behind the `#`, which browsers send to nobody.
                let methods = step.factors.map(\.rawValue).joined(separator: ",")
                return Self.redirect(
                    to:
                        "/signin?next=\(percentEncoded(taken.next))#challenge=\(step.challenge.text)&methods=\(methods)",
                    fields: [gone])
            case .signedIn(let signedIn):
                let answer = accounts.answer(signedIn, to: request)
                let cookies = answer.fields.filter { $0.0 == "Set-Cookie" }
                return Self.redirect(to: taken.next, fields: cookies + [gone])
            }
        } catch let problem as OAuthProblem {
            return Self.page(of: problem, visit)
        } catch let failure as OAuthFailure {
            note(failure, provider)
            return Self.page(of: .provider, visit)
        }
    }

    private static func page(of problem: OAuthProblem, _ visit: OAuthVisit?) -> HTTPResponse {
        switch visit?.purpose {
        case nil, .signIn: page("/signin", ("problem", problem.rawValue))
        case .link: page("/settings/security", ("problem", problem.rawValue))
        case .confirm: page(visit?.next ?? "/", ("confirm", problem.rawValue))
        }
    }

    private func finish(
        _ request: Request, _ provider: OAuthProvider, _ visit: inout OAuthVisit?
    ) async throws -> (OAuthOutcome, OAuthVisit) {
        let (code, state, issuer, error) = try request.query(Self.code, Self.state, Self.issuer, Self.error)
        guard let token = state.flatMap({ ChallengeToken($0) }), let mark = request.cookie(cookieName(request)),
            let key = accounts.key(ofVisit: token, mark: mark),
            let taken = try await accounts.takeVisit(token), taken.provider == provider.id
        else { throw OAuthProblem.state }
        visit = taken
        // Who began must still be the one who is signed in here.
        if let user = taken.user {
            let principal = try? await Authenticator(accounts: accounts).authenticate(request)
            guard principal?.user == user, taken.confirming == nil || principal?.sessionOrNil == taken.confirming
            else { throw OAuthProblem.state }
        }
        if let error { throw error == "access_denied" ? OAuthProblem.denied : OAuthFailure("it says \(error)") }
        guard let code, !code.isEmpty else { throw OAuthFailure("the answer has no code") }
        let identity = try await client.identity(
            from: provider, .init(code: code, issuer: issuer), accounts.visit(token, key, provider: provider.id))
        let outcome = try await accounts.finish(
            taken, as: identity, provider: provider, from: Client(request), origin: AuditRecord.Origin(request))
        return (outcome, taken)
    }

    // MARK: Links

    @Sendable private func links(_ request: Request) async throws -> HTTPResponse {
        let identities = try await LinkedIdentityStore(queryable: accounts.database).list(of: request.principal.user)
        let links = identities.map { Link(identity: $0, name: client.provider($0.provider)?.name ?? $0.provider) }
        return .data { Self.link.write(links, to: &$0) }
    }

    /// Also from a service that the operator has taken away since.
    @Sendable private func unlink(_ request: Request) async throws -> HTTPResponse {
        try await accounts.requireFresh(request)
        let id = request.pathText("provider") ?? ""
        try await accounts.unlink(
            id, of: request.principal.user, name: client.provider(id)?.name ?? id, source: AuditSource(request))
        return .noContent
    }

    // MARK: Answers

    private func cookieName(_ request: Request) -> String {
        SessionCookies(request: request, options: accounts.options).isSecure ? "__Secure-purser_oauth" : "purser_oauth"
    }

    private func cookie(_ value: String, seconds: Int, _ request: Request) -> (String, String) {
        // Lax: the way back is a visit that another site causes.
        var text =
            "\(cookieName(request))=\(value); Path=/api/v1/auth/oauth; Max-Age=\(seconds); HttpOnly; SameSite=Lax"
        if SessionCookies(request: request, options: accounts.options).isSecure { text += "; Secure" }
        return ("Set-Cookie", text)
    }

    private func note(_ failure: OAuthFailure, _ provider: OAuthProvider) {
        accounts.log.warning("a sign-in with another service failed") {
            $0.text("provider", provider.id)
            $0.text("reason", failure.description)
        }
    }

    /// A path of our own page, never another address.
    static func path(_ text: String?) -> String? {
        guard let text, text.hasPrefix("/"), !text.hasPrefix("//"), !text.contains("\\"),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        return text
    }

    private static func page(
        _ path: String, _ parameter: (String, String), fields: [(String, String)] = []
    ) -> HTTPResponse {
        redirect(
            to: path + (path.contains("?") ? "&" : "?") + "\(parameter.0)=\(percentEncoded(parameter.1))",
            fields: fields)
    }

    private static func redirect(to address: String, fields: [(String, String)]) -> HTTPResponse {
        HTTPResponse(
            status: 302, fields: [("Location", address), ("Cache-Control", "no-store")] + fields, body: .empty)
    }
}

extension Refusal {
    static let addressNotConfirmed = Refusal(
        .forbidden, "EMAIL_NOT_VERIFIED", "Confirm your e-mail address first: follow the link in the letter to it.")
    static func serviceUnavailable(_ name: String) -> Refusal {
        Refusal(.unavailable, "SERVICE_UNAVAILABLE", "\(name) does not answer as it should. Try again later.")
    }
}

/// What an operator can set about other services.
package enum OAuthSettings {
    package static let providers = Setting.text(
        "oidc-providers", default: "",
        "A JSON file with the services that people may sign in with; see docs/sign-in-services.md.")
    package static let plainLoopback = Setting.flag(
        "oidc-insecure-loopback", default: false,
        "Whether such a service may be on this machine without https: for trying it out.")

    package static let all: [SettingDeclaration] = [providers.declaration, plainLoopback.declaration]
}
