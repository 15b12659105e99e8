import HTTP
import Identity
import Jobs
import Outbound
import Runtime

/// Sign-in and the own account.
extension Modules {
    static func addSignInRoutes(_ backend: Backend, to routes: inout Routes) {
        for group in IdentityModule.routes(backend.accounts) { group.register(in: &routes) }
        let party = RelyingParty(publicURL: backend.configuration[Settings.publicURL])
        PasskeyRoutes(accounts: backend.accounts, party: party).register(in: &routes)
        let services = OAuthRoutes(
            accounts: backend.accounts, providers: backend.signInServices,
            allowsPlainLoopback: backend.configuration[OAuthSettings.plainLoopback])
        services.register(in: &routes)
        ConfirmationRoutes(accounts: backend.accounts, party: party, services: services).register(in: &routes)
    }

    static func addSignInJobs(_ backend: Backend, to jobs: inout JobRegistry) {
        let accounts = backend.accounts
        jobs.add(accounts.letterJob)
        jobs.add(MailJob(queue: backend.mailQueue, mailer: backend.mailer, log: backend.log).kind)
        jobs.every(.seconds(3600), JobKind("sessions.prune") { _ in try await accounts.prune() })
    }

    static let signInAliases = IdentityRoutes.aliases
}
