import HTTP
import Identity
import Jobs

/// Sign-in and the own account.
extension Modules {
    static func addSignInRoutes(_ backend: Backend, to routes: inout Routes) {
        IdentityRoutes(accounts: backend.accounts).register(in: &routes)
    }

    static func addSignInJobs(_ backend: Backend, to jobs: inout JobRegistry) {
        let accounts = backend.accounts
        jobs.every(.seconds(3600), JobKind("sessions.prune") { _ in try await accounts.prune() })
    }

    static let signInAliases = IdentityRoutes.aliases
}
