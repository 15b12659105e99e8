import Audit
import Base
import Books
import Cryptography
import Database
import HTTP
import HTTPServer
import JSON
import Outbound

package struct IdentityRoutes: RouteGroup {
    let accounts: Accounts
    let authenticator: Authenticator

    package init(accounts: Accounts) {
        self.accounts = accounts
        authenticator = Authenticator(accounts: accounts)
    }

    /// The seed documents' other names for these (INVENTORY C04 to C06).
    package static let aliases = [
        ("/api/v1/auth/signup", "/api/v1/auth/register"),
        ("/api/v1/auth/refresh-token", "/api/v1/auth/refresh"),
        ("/api/v1/auth/me", "/api/v1/users/me"),
        ("/api/v1/auth/update-profile", "/api/v1/users/me"),
    ]

    package func register(in routes: inout Routes) {
        routes.tag = "Sign-in"
        routes.post(
            "/auth/register", "Open an account and its book", access: .everyone,
            accepts: .json("Registration", IdentityInput.registration),
            returns: .created(IdentityOutput.session), or: .data(IdentityOutput.pending, status: 202),
            refuses: [.invalid, .conflict, .forbidden, .unavailable], rateLimit: .credentials, handle: register)
        routes.post(
            "/auth/register/complete", "Open the account that the link in the letter is for", access: .everyone,
            accepts: .json(
                "RegistrationCompletion",
                [
                    IdentityInput.mailedToken.property, IdentityInput.password.property, IdentityInput.session.property,
                ]),
            returns: .created(IdentityOutput.session), refuses: [.invalid, .forbidden, .unavailable],
            rateLimit: .credentials, handle: completeRegistration)
        routes.post(
            "/auth/login", "Sign in", access: .everyone,
            accepts: .json(
                "Login",
                [IdentityInput.email.property, IdentityInput.password.property, IdentityInput.session.property]),
            returns: .data(IdentityOutput.session), or: .data(SecondStep.schema, status: 202),
            refuses: [.invalid, .unauthenticated, .forbidden, .unavailable], rateLimit: .credentials, handle: signIn)
        routes.post(
            "/auth/refresh", "Exchange a refresh token for new tokens", access: .everyone,
            accepts: .json("Refresh", [IdentityInput.refreshToken.property]).optional(),
            returns: .data(IdentityOutput.refreshed),
            refuses: [.invalid, .unauthenticated, .forbidden], handle: refresh)
        routes.post(
            "/auth/logout", "End the session", access: .everyone,
            accepts: .json("Logout", [IdentityInput.refreshToken.property]).optional(),
            returns: .data(.object(name: nil, [])),
            refuses: [.unauthenticated, .forbidden], handle: signOut)
        routes.post(
            "/auth/setup", "Make the first administrator, by the one-time link", access: .everyone,
            accepts: .json("Setup", [IdentityInput.setupToken.property] + IdentityInput.registration),
            returns: .created(IdentityOutput.session), refuses: [.invalid, .conflict, .forbidden, .unavailable],
            rateLimit: .credentials, handle: setUp)
        routes.get(
            "/users/me", "Who is signed in", access: .signedIn, returns: .data(IdentityOutput.profile.schema),
            handle: me)
        routes.put(
            "/users/me", "Change what the body names of your profile", access: .signedIn,
            accepts: .json(
                "ProfileChange",
                [
                    IdentityInput.firstName.property, IdentityInput.lastName.property, IdentityInput.name.property,
                    ProfileChange.bio.property, ProfileChange.timeZone.property, ProfileChange.language.property,
                    ProfilePreferences.field.property, IdentityInput.version.property,
                ]),
            returns: .data(IdentityOutput.profile.schema), refuses: [.invalid, .conflict], handle: changeMe)
        let prefix = routes.prefix
        routes.prefix = ""
        routes.get(
            "/.well-known/jwks.json", "The public keys that access tokens are signed with", access: .everyone,
            returns: .content("application/json"), handle: jwks)
        routes.prefix = prefix
    }

    // MARK: Signing in

    @Sendable private func register(_ request: Request) async throws -> HTTPResponse {
        try request.refuseForeignPage()
        var body = try await request.body()
        let registration = try IdentityInput.readRegistration(
            &body, areTermsRequired: accounts.options.areTermsRequired)
        if accounts.options.isLinkNeededToRegister {
            try await accounts.askToRegister(registration, from: Client(request))
            return .data(status: 202, message: "A letter with a link is on its way.") { writer in
                writer.beginObject()
                writer.key("pending")
                writer.bool(true)
                writer.endObject()
            }
        }
        let signedIn = try await accounts.register(registration, from: Client(request))
        return accounts.answer(signedIn, status: 201, to: request)
    }

    @Sendable private func completeRegistration(_ request: Request) async throws -> HTTPResponse {
        try request.refuseForeignPage()
        var body = try await request.body()
        let token = body.read(IdentityInput.mailedToken)
        let typed = body.read(IdentityInput.password)
        let session = body.read(IdentityInput.session)
        try body.check()
        guard let typed, let password = Password(attempt: typed) else {
            throw Refusal.invalid("password", "password is required.")
        }
        let signedIn = try await accounts.completeRegistration(
            token: token ?? "", password: password, transport: session == "cookie" ? .cookie : .bearer,
            from: Client(request))
        return accounts.answer(signedIn, status: 201, to: request)
    }

    @Sendable private func setUp(_ request: Request) async throws -> HTTPResponse {
        try request.refuseForeignPage()
        var body = try await request.body()
        let token = body.read(IdentityInput.setupToken)
        let registration = try IdentityInput.readRegistration(&body, areTermsRequired: false)
        let signedIn = try await accounts.setUp(registration, token: token ?? "", from: Client(request))
        return accounts.answer(signedIn, status: 201, to: request)
    }

    @Sendable private func signIn(_ request: Request) async throws -> HTTPResponse {
        try request.refuseForeignPage()
        var body = try await request.body()
        let email = body.read(IdentityInput.email)
        let typed = body.read(IdentityInput.password)
        let session = body.read(IdentityInput.session)
        try body.check()
        guard let email, let typed, let password = Password(attempt: typed) else {
            throw Refusal.invalid("password", "password is required.")
        }
        let outcome = try await accounts.signIn(
            email: email, password: password, transport: session == "cookie" ? .cookie : .bearer, from: Client(request))
        switch outcome {
        case .signedIn(let signedIn): return accounts.answer(signedIn, to: request)
        case .secondStep(let step): return step.answer
        }
    }

    // MARK: Keeping and ending a session

    /// The body's token belongs to a program, the cookie's to the page.
    private func refreshToken(_ request: Request) async throws -> (text: String, transport: Session.Transport)? {
        var body = try await request.optionalBody()
        let sent = body.read(IdentityInput.refreshToken)
        try body.check()
        if let sent, !sent.isEmpty { return (sent, .bearer) }
        let cookies = SessionCookies(request: request, options: accounts.options)
        return request.cookie(cookies.refresh).flatMap { $0.isEmpty ? nil : ($0, .cookie) }
    }

    @Sendable private func refresh(_ request: Request) async throws -> HTTPResponse {
        guard let token = try await refreshToken(request) else { throw Refusal.refreshNotValid }
        let refreshed = try await accounts.refresh(
            token.text, transport: token.transport, csrfToken: request.header("x-csrf-token"))
        let delivery = TokenDelivery(
            accounts: accounts, cookies: SessionCookies(request: request, options: accounts.options),
            session: refreshed.session, accessToken: refreshed.accessToken, refreshToken: refreshed.refreshToken)
        return .data(fields: delivery.cookieFields, capacity: 1536) { writer in
            writer.beginObject()
            delivery.write(to: &writer)
            writer.endObject()
        }
    }

    @Sendable private func signOut(_ request: Request) async throws -> HTTPResponse {
        let token = try await refreshToken(request)
        var principal: Principal?
        do throws(Refusal) {
            principal = try authenticator.principal(of: request)
        } catch {
            // An access token that has expired is no hindrance when the refresh token is here.
            guard error.kind == .unauthenticated, token != nil else { throw error }
        }
        if let principal {
            try await accounts.signOut(try principal.session, of: principal.user)
        } else if let token {
            try await accounts.signOut(
                refreshToken: token.text, transport: token.transport, csrfToken: request.header("x-csrf-token"))
        } else {
            throw Refusal.signInNeeded
        }
        let cookies = SessionCookies(request: request, options: accounts.options)
        return .data(message: "Signed out.", fields: cookies.cleared) { writer in
            writer.beginObject()
            writer.endObject()
        }
    }

    // MARK: The own account

    @Sendable private func me(_ request: Request) async throws -> HTTPResponse {
        var response = try await profile(of: try request.principal.user)
        // A page that has lost the one cookie that scripts can read could do nothing any more, not even sign out.
        let cookies = SessionCookies(request: request, options: accounts.options)
        if request.header("authorization") == nil, request.cookie(cookies.csrf) == nil,
            let session = try request.principal.sessionOrNil
        {
            response.fields.append(
                cookies.csrf(
                    accounts.csrfToken(of: session),
                    seconds: accounts.options.refreshLifetime.components.seconds))
        }
        return response
    }

    private func profile(of id: UserID) async throws -> HTTPResponse {
        guard let user = try await UserStore(queryable: accounts.database).find(id), user.isActive else {
            throw Refusal.tokenNotValid
        }
        let profile = try await IdentityOutput.Profile(of: user, accounts.database)
        return .data { IdentityOutput.profile.write(profile, to: &$0) }
    }

    @Sendable private func changeMe(_ request: Request) async throws -> HTTPResponse {
        let id = try request.principal.user
        var body = try await request.body()
        let change = ProfileChange(&body)
        try body.check()
        try await accounts.change(change, of: id, from: Client(request))
        return try await profile(of: id)
    }

    // MARK: Keys

    @Sendable private func jwks(_ request: Request) async throws -> HTTPResponse {
        .json(fields: [("Cache-Control", "public, max-age=300")], accounts.tokens.jwt.keys.jwks)
    }
}

extension Client {
    package init(_ request: Request) {
        self.init(
            address: request.clientAddress, userAgent: request.header("user-agent"), requestID: request.id,
            language: Letter.language(accepted: request.header("accept-language")),
            refreshToken: SessionCookies.refreshToken(of: request))
    }

    /// For the audit log.
    var origin: AuditRecord.Origin {
        AuditRecord.Origin(address: address, userAgent: userAgent, requestID: requestID)
    }
}
