import Books
import HTTP
import Jobs
import Transactions

/// Books, their members, and people.
extension Modules {
    static func addPeopleRoutes(_ backend: Backend, to routes: inout Routes) {
        BookRoutes(database: backend.database, directory: backend.books) { try await EntryStore.isUsed($0, $1) }
            .register(in: &routes)
    }

    static func addPeopleJobs(_ backend: Backend, to jobs: inout JobRegistry) {}

    static let peopleAliases: [(from: String, to: String)] = []
}
