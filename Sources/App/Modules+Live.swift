import Audit
import HTTP
import Jobs

/// What happens live: activity, the audit log, API keys.
extension Modules {
    static func addLiveRoutes(_ backend: Backend, to routes: inout Routes) {
        AuditRoutes(database: backend.database).register(in: &routes)
    }

    static func addLiveJobs(_ backend: Backend, to jobs: inout JobRegistry) {
        AuditJobs.register(backend.database, log: backend.log, in: &jobs)
    }
}
