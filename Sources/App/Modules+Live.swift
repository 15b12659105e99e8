import Activity
import Audit
import Books
import Database
import FoundationEssentials
import HTTP
import Identity
import Jobs
import Runtime
import Transactions

/// What happens live: activity, the audit log, API keys.
extension Modules {
    static func addLiveRoutes(_ backend: Backend, to routes: inout Routes) {
        let books = backend.books
        let access = ActivityAccess(
            authenticate: Authenticator(accounts: backend.accounts, keys: backend.keys, issued: backend.issued)
                .authenticate,
            findBook: { try await books.context(of: $0, requested: $1) })
        AuditRoutes(
            database: backend.database, idempotency: backend.idempotency,
            names: AuditNames(MemberActivity.auditNames + [EntryActivity.auditNames])
        ).register(in: &routes)
        KeyRoutes(keys: backend.keys, accounts: backend.accounts).register(in: &routes)
        ActivityRoutes(
            database: backend.database, subject: subject, hub: backend.activity,
            access: access
        ).register(in: &routes)
        LiveSocketRoutes(hub: backend.activity, access: access, origins: origins(backend)).register(in: &routes)
    }

    /// What an event happened to, whichever module it is of.
    static let subject = ActivitySubject("(\(EntryActivity.subject)) UNION ALL (\(MemberActivity.subject)) LIMIT 1")

    /// Origins of pages that may use a browser's sign-in for a WebSocket besides the one that the request was sent to.
    private static func origins(_ backend: Backend) -> [String] {
        var origins = backend.configuration[Settings.allowedOrigins]
        let link = backend.configuration[Settings.publicURL]
        if let url = URL(string: link), let scheme = url.scheme, let host = url.host() {
            origins.append("\(scheme)://\(host)\(url.port.map { ":\($0)" } ?? "")")
        }
        return origins
    }

    static func addLiveJobs(_ backend: Backend, to jobs: inout JobRegistry) {
        AuditJobs.register(backend.database, log: backend.log, in: &jobs)
        ActivityModule.register(backend.database, in: &jobs)
        jobs.add(EntryAudit.sink)
    }
}
