import Base
import HTTP
import HTTPServer
import JSON

/// Links in letters: confirming an address, setting a lost password.
struct RecoveryRoutes: RouteGroup {
    let accounts: Accounts

    func register(in routes: inout Routes) {
        routes.tag = "Sign-in"
        routes.post(
            "/auth/verify-email", "Confirm an address by the link that was sent to it", access: .everyone,
            accepts: .json("VerifyEmail", [IdentityInput.mailedToken.property]),
            returns: .data(.object(name: "EmailVerified", [SchemaProperty("verified", .boolean)])),
            refuses: [.invalid], rateLimit: .credentials, handle: verify)
        for (path, summary, handle) in [
            ("/auth/resend-verification", "Ask for another letter with the link", resend),
            ("/auth/forgot-password", "Ask for a letter with a link to set a new password", forgot),
        ] as [(String, String, Handler)] {
            routes.post(
                path, summary, access: .everyone,
                accepts: .json("LetterRequest", [IdentityInput.email.property]), returns: .data(Self.nothing),
                refuses: [.invalid], rateLimit: .credentials, handle: handle)
        }
        routes.post(
            "/auth/reset-password", "Set a new password by the link", access: .everyone,
            accepts: .json("PasswordReset", [IdentityInput.mailedToken.property, IdentityInput.password.property]),
            returns: .data(Self.nothing), refuses: [.invalid, .unavailable], rateLimit: .credentials, handle: reset)
        routes.post(
            "/auth/confirm-email", "Sign in by a new address from now on, by the link that was sent to it",
            access: .everyone, accepts: .json("ConfirmEmail", [IdentityInput.mailedToken.property]),
            returns: .data(.object(name: "EmailChanged", [SchemaProperty("email", .text)])),
            refuses: [.invalid, .conflict], rateLimit: .credentials, handle: confirmEmail)
    }

    static let nothing = Schema.object(name: nil, [])

    static func done(_ message: String? = nil, fields: [(String, String)] = []) -> HTTPResponse {
        .data(message: message, fields: fields) { writer in
            writer.beginObject()
            writer.endObject()
        }
    }

    @Sendable private func verify(_ request: Request) async throws -> HTTPResponse {
        try await accounts.verifyEmail(token: try await token(request), from: Client(request))
        return .data { writer in
            writer.beginObject()
            writer.key("verified")
            writer.bool(true)
            writer.endObject()
        }
    }

    @Sendable private func resend(_ request: Request) async throws -> HTTPResponse {
        try await accounts.request(.verify, to: try await email(request))
        return Self.done("If this address waits to be confirmed, a letter is on its way.")
    }

    @Sendable private func forgot(_ request: Request) async throws -> HTTPResponse {
        try await accounts.request(.reset, to: try await email(request))
        return Self.done("If there is an account with this address, a letter is on its way.")
    }

    @Sendable private func reset(_ request: Request) async throws -> HTTPResponse {
        var body = try await request.body()
        let token = body.read(IdentityInput.mailedToken)
        let password = body.read(IdentityInput.password)
        try body.check()
        try await accounts.resetPassword(token: token ?? "", to: password ?? "", from: Client(request))
        return Self.done("Your password is set. Sign in with it.")
    }

    @Sendable private func confirmEmail(_ request: Request) async throws -> HTTPResponse {
        let email = try await accounts.confirmEmail(token: try await token(request), from: Client(request))
        return .data { writer in
            writer.beginObject()
            writer.key("email")
            writer.string(email)
            writer.endObject()
        }
    }

    private func token(_ request: Request) async throws -> String {
        var body = try await request.body()
        let token = body.read(IdentityInput.mailedToken)
        try body.check()
        return token ?? ""
    }

    private func email(_ request: Request) async throws -> EmailAddress {
        var body = try await request.body()
        let email = body.read(IdentityInput.email)
        try body.check()
        guard let email else { throw Refusal.invalid("email", "email is required.") }
        return email
    }
}
