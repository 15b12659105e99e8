import Activity
import Audit
import Books
import HTTP
import Identity
import Jobs
import Transactions

/// What happens live: activity, the audit log, API keys.
extension Modules {
    static func addLiveRoutes(_ backend: Backend, to routes: inout Routes) {
        let books = backend.books
        let access = ActivityAccess(
            authenticate: Authenticator(accounts: backend.accounts).authenticate,
            findBook: { try await books.context(of: $0, requested: $1) })
        AuditRoutes(database: backend.database).register(in: &routes)
        ActivityRoutes(
            database: backend.database, subject: ActivitySubject(EntryActivity.subject), hub: backend.activity,
            access: access
        ).register(in: &routes)
    }

    static func addLiveJobs(_ backend: Backend, to jobs: inout JobRegistry) {
        AuditJobs.register(backend.database, log: backend.log, in: &jobs)
        ActivityModule.register(backend.database, in: &jobs)
    }
}
