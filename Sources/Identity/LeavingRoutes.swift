import Base
import HTTP
import HTTPServer
import JSON

/// Deleting the own account, and thinking better of it.
struct LeavingRoutes: RouteGroup {
    let accounts: Accounts

    private static let confirmation = BodyField<String>.text(
        "confirmation", max: EmailAddress.byteLimit, "Your e-mail address, typed once more."
    ).required()

    func register(in routes: inout Routes) {
        routes.tag = "People"
        routes.delete(
            "/users/me", "Delete your account: at once nobody is signed in to it any more, later it is erased",
            access: .session, accepts: .json("AccountDeletion", [Self.confirmation.property]),
            returns: .data(.object(name: "DeletionDue", [SchemaProperty("deletionDueAt", .instant)])),
            refuses: [.invalid, .forbidden, .conflict], handle: leave)
        routes.post(
            "/users/me/restore", "Keep your account, though you asked for its deletion", access: .session,
            returns: .data(.object(name: nil, []))
        ) { request in
            try await accounts.stay(try request.principal.user, from: Client(request))
            return .data { writer in
                writer.beginObject()
                writer.endObject()
            }
        }
    }

    @Sendable private func leave(_ request: Request) async throws -> HTTPResponse {
        try await accounts.requireFresh(request)
        var body = try await request.body()
        let confirmation = body.read(Self.confirmation)
        try body.check()
        let due = try await accounts.leave(
            try request.principal.user, confirmation: confirmation ?? "", from: Client(request))
        return .data(fields: SessionCookies(request: request, options: accounts.options).cleared) { writer in
            writer.beginObject()
            writer.key("deletionDueAt")
            writer.instant(due)
            writer.endObject()
        }
    }
}
