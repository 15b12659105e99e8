import Audit
import Base
import Database
import HTTP
import JSON
import Jobs

/// What an answered letter shows, whichever module has sent it: the address that it went to is the account's.
package enum AddressProof {
    /// Does nothing where the address is confirmed already.
    package static func note(
        of id: UserID, by request: Request, at now: Instant, in transaction: Transaction
    ) async throws {
        let users = UserStore(queryable: transaction)
        guard let user = try await users.lock(id), user.isActive, !user.isEmailVerified else { return }
        try await users.saveEmailVerified(of: id, at: now)
        try await transaction.publish(
            Event(.userEmailVerified, user: id) { data in
                data.key("userId")
                data.identifier(id)
            })
        try await transaction.record(
            AuditRecord(
                .init("EMAIL_VERIFIED"), module: "accounts", record: id.description,
                by: .init(.user, id: id, name: user.email, role: user.role.rawValue), from: .init(request)))
    }
}
