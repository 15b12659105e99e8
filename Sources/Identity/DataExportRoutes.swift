import Audit
import Base
import Books
import Database
import HTTP
import HTTPServer
import Runtime

/// Taking all one's data along.
package struct DataExportRoutes: RouteGroup {
    /// Each reads everything that somebody has.
    static let anHour = 5
    private static let action = AuditRecord.Action("DATA_EXPORTED")

    let accounts: Accounts
    let parts: [BookPart]

    /// - Parameter parts: what there is of a book.
    package init(accounts: Accounts, parts: [BookPart]) {
        self.accounts = accounts
        self.parts = parts
    }

    package func register(in routes: inout Routes) {
        routes.tag = "People"
        routes.get(
            "/users/me/export", "Everything that is here of you and of your books, as one JSON file, streamed",
            access: .session, returns: .content("application/json"), refuses: [.forbidden, .tooManyRequests],
            handle: export)
    }

    @Sendable private func export(_ request: Request) async throws -> HTTPResponse {
        try await accounts.requireFresh(request)
        let id = try request.principal.user
        let client = Client(request)
        let now = accounts.clock.now()
        let user = try await accounts.database.transaction { [accounts] transaction in
            // Locked, so that two at once are counted one after the other.
            guard let user = try await UserStore(queryable: transaction).lock(id), user.isActive else {
                throw Refusal.tokenNotValid
            }
            let done = try await transaction.first(AuditOfOneself.countOfHour(Self.action, by: id))
            guard try done?.get(0, as: Int.self) ?? 0 < Self.anHour else {
                throw Refusal(
                    .tooManyRequests, "EXPORTED_TOO_OFTEN",
                    "You have taken your data \(Self.anHour) times within an hour. Try again later.", retryAfter: 3600)
            }
            try await accounts.record("DATA_EXPORTED", of: user, from: client, in: transaction)
            return user
        }
        let export = DataExport(database: accounts.database, user: user, parts: parts)
        return HTTPResponse(
            status: 200,
            fields: [
                ("Content-Type", "application/json"),
                (
                    "Content-Disposition",
                    "attachment; filename=\"purser-\(String(now.description.prefix(10))).json\""
                ),
                ("Cache-Control", "no-store"),
            ], body: .stream(length: nil) { try await export.write(to: $0, at: now) })
    }
}
