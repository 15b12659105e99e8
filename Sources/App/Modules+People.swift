import Books
import HTTP
import Identity
import Jobs
import Transactions

/// Books, their members, and people.
extension Modules {
    static func addPeopleRoutes(_ backend: Backend, to routes: inout Routes) {
        let (database, books) = (backend.database, backend.books)
        BookRoutes(database: database, directory: books, idempotency: backend.idempotency) {
            try await EntryStore.isUsed($0, $1)
        }.register(in: &routes)
        let accounts = backend.accounts
        MemberRoutes(database: database, directory: books) { try await accounts.requireFresh($0) }.register(in: &routes)
        InvitationRoutes(
            database: database, directory: books, mail: backend.mailQueue, address: backend.publicAddress
        ) { try EmailAddress($0).normalized }.register(in: &routes)
    }

    static func addPeopleJobs(_ backend: Backend, to jobs: inout JobRegistry) {}

    static let peopleAliases: [(from: String, to: String)] = []
}
