import Books
import HTTP
import Identity
import Jobs
import Runtime
import Transactions

/// Books, their members, and people.
extension Modules {
    static func addPeopleRoutes(_ backend: Backend, to routes: inout Routes) {
        let (database, books) = (backend.database, backend.books)
        let bookRoutes = BookRoutes(database: database, directory: books, idempotency: backend.idempotency) {
            try await EntryStore.isUsed($0, $1)
        }
        bookRoutes.register(in: &routes)
        let accounts = backend.accounts
        let members = MemberRoutes(database: database, directory: books) { try await accounts.requireFresh($0) }
        members.register(in: &routes)
        let invitations = InvitationRoutes(
            database: database, directory: books, mail: backend.mailQueue, address: backend.publicAddress,
            normalize: { try EmailAddress($0).normalized },
            confirmAddress: { try await AddressProof.note(of: $0, by: $1, at: Clock.system.now(), in: $2) })
        invitations.register(in: &routes)
        HouseholdRoutes(books: bookRoutes, members: members, invitations: invitations).register(in: &routes)
        OrganizationRoutes(database: database, directory: books).register(in: &routes)
        SettingsRoutes(books: bookRoutes).register(in: &routes)
        PeopleRoutes(database: database, pool: backend.pool).register(in: &routes)
        DataExportRoutes(accounts: accounts, parts: BookPart.own + EntryParts.all).register(in: &routes)
    }

    static func addPeopleJobs(_ backend: Backend, to jobs: inout JobRegistry) {
        let (accounts, books) = (backend.accounts, backend.books)
        for event in Accounts.memberEvents { jobs.on(event, run: accounts.memberNewsJob) }
        jobs.every(
            .seconds(3600),
            JobKind("accounts.erase", visibility: .seconds(600)) { _ in
                try await accounts.eraseDue { await books.settleChange() }
            })
    }

    static let peopleAliases: [(from: String, to: String)] = SettingsRoutes.aliases + PeopleRoutes.aliases
}
