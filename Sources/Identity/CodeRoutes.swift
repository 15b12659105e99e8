import Base
import Books
import HTTP
import HTTPServer
import JSON

/// Codes as a second factor: setting them up, and the second step of a sign-in.
struct CodeRoutes: RouteGroup {
    let accounts: Accounts
    let authenticator: Authenticator

    init(accounts: Accounts) {
        self.accounts = accounts
        authenticator = Authenticator(accounts: accounts)
    }

    func register(in routes: inout Routes) {
        routes.tag = "Second factor"
        routes.get(
            "/auth/mfa", "Which second factors the account has", access: .session, returns: .data(Self.state),
            handle: state)
        routes.post(
            "/auth/mfa/enable",
            "A secret for a device; codes are on once one of them was sent to /auth/mfa/verify. Idempotency-Key is refused",
            access: .session, returns: .data(Self.enrolment), refuses: [.invalid, .forbidden, .conflict],
            handle: enable)
        routes.post(
            "/auth/mfa/verify",
            "The second step of a sign-in (with its challenge), or the first code of a new device (signed in). "
                + "Idempotency-Key is refused",
            access: .everyone,
            accepts: .json(
                "CodeVerification",
                [IdentityInput.challenge.property, IdentityInput.code.property, IdentityInput.recoveryCode.property]),
            returns: .data(Self.verified),
            refuses: [.invalid, .unauthenticated, .forbidden, .conflict, .tooManyRequests], rateLimit: .credentials,
            handle: verify)
        routes.post(
            "/auth/mfa/disable", "Turn codes off", access: .session,
            accepts: .json(
                "CodeRemoval",
                [IdentityInput.code.property, IdentityInput.recoveryCode.property, IdentityInput.ownPassword.property]),
            returns: .data(RecoveryRoutes.nothing),
            refuses: [.invalid, .forbidden, .conflict, .tooManyRequests, .unavailable], handle: disable)
        routes.post(
            "/auth/mfa/recovery-codes",
            "New recovery codes, shown this once; those before work no more. Idempotency-Key is refused",
            access: .session, returns: .data(Self.codes), refuses: [.invalid, .forbidden, .conflict], handle: renew)
    }

    private static let state = Schema.object(
        name: "SecondFactors",
        [
            SchemaProperty("enabled", .boolean, "Whether codes of a device are asked for."),
            SchemaProperty("required", .boolean, "Whether the operator demands a second factor."),
            SchemaProperty("recoveryCodesLeft", .integer()),
            SchemaProperty("methods", .array(.choice(Factor.allCases.map(\.rawValue)))),
        ])
    private static let enrolment = Schema.object(
        name: "CodeEnrolment",
        [
            SchemaProperty("secret", .text, "For typing in: base32."), SchemaProperty("otpauth", .text),
            SchemaProperty("qrSVG", .text, "The link as a QR code."),
        ])
    private static let codes = Schema.object(
        name: "RecoveryCodes", [SchemaProperty("recoveryCodes", .array(.text), "Shown this once.")])
    private static let verified = Schema.object(
        name: "CodeVerified",
        [
            SchemaProperty("recoveryCodes", .array(.text), required: false, "Of a new device; shown this once."),
            SchemaProperty("user", IdentityOutput.user.schema, required: false),
            SchemaProperty("book", .nullable(BookSummary.fields.schema), required: false),
            SchemaProperty("accessToken", .text, required: false),
            SchemaProperty("refreshToken", .text, required: false),
            SchemaProperty("tokenType", .text, required: false),
            SchemaProperty("expiresIn", .integer(), required: false),
        ])

    @Sendable private func state(_ request: Request) async throws -> HTTPResponse {
        let state = try await accounts.codeState(of: try request.principal.user)
        return .data { writer in
            writer.beginObject()
            writer.key("enabled")
            writer.bool(state.isOn)
            writer.key("required")
            writer.bool(state.isRequired)
            writer.key("recoveryCodesLeft")
            writer.int(Int64(state.recoveryCodesLeft))
            writer.key("methods")
            writer.beginArray()
            for factor in state.factors { writer.string(factor.rawValue) }
            writer.endArray()
            writer.endObject()
        }
    }

    @Sendable private func enable(_ request: Request) async throws -> HTTPResponse {
        try request.refuseIdempotencyKey()
        try await accounts.requireFresh(request)
        let enrolment = try await accounts.beginEnrolment(of: try request.principal.user)
        return .data(fields: Self.notStored, capacity: 8192) { writer in
            writer.beginObject()
            writer.key("secret")
            writer.string(enrolment.secret)
            writer.key("otpauth")
            writer.string(enrolment.link)
            writer.key("qrSVG")
            writer.string(enrolment.picture)
            writer.endObject()
        }
    }

    @Sendable private func verify(_ request: Request) async throws -> HTTPResponse {
        try request.refuseIdempotencyKey()
        try request.refuseForeignPage()
        var body = try await request.body()
        let challenge = body.read(IdentityInput.challenge)
        let code = try Self.typedCode(&body)
        if let challenge {
            return accounts.answer(
                try await accounts.finishSignIn(challenge: challenge, code: code, from: Client(request)), to: request)
        }
        guard let principal = try authenticator.principal(of: request) else { throw Refusal.signInNeeded }
        guard case .device(let typed) = code else { throw Refusal.invalid("code", "code is required.") }
        let codes = try await accounts.confirmEnrolment(
            of: principal.user, in: try principal.session, code: typed, from: Client(request))
        return Self.answer(codes)
    }

    @Sendable private func disable(_ request: Request) async throws -> HTTPResponse {
        var body = try await request.body()
        let password = body.read(IdentityInput.ownPassword)
        let code = try Self.typedCode(&body)
        if try await !accounts.hasPassword(try request.principal.user) { try await accounts.requireFresh(request) }
        try await accounts.disableCodes(
            of: try request.principal.user, in: try request.principal.session, code: code, password: password,
            from: Client(request))
        return RecoveryRoutes.done("Codes are off.")
    }

    @Sendable private func renew(_ request: Request) async throws -> HTTPResponse {
        try request.refuseIdempotencyKey()
        try await accounts.requireFresh(request)
        return Self.answer(
            try await accounts.renewRecoveryCodes(of: try request.principal.user, from: Client(request)))
    }

    private static let notStored = [("Cache-Control", "no-store")]

    private static func answer(_ codes: [String]) -> HTTPResponse {
        .data(fields: notStored) { writer in
            writer.beginObject()
            writer.key("recoveryCodes")
            writer.beginArray()
            for code in codes { writer.string(code) }
            writer.endArray()
            writer.endObject()
        }
    }

    /// One of the two.
    private static func typedCode(_ body: inout Body) throws(Refusal) -> TypedCode {
        let code = body.read(IdentityInput.code)
        let recovery = body.read(IdentityInput.recoveryCode)
        if (code == nil) == (recovery == nil) {
            body.refuse("code", "Send code, or recoveryCode instead.")
        }
        try body.check()
        if let recovery { return .recovery(recovery) }
        return .device(code ?? "")
    }
}
