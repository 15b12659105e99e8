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
        BookRoutes(database: database, directory: books, idempotency: backend.idempotency) {
            try await EntryStore.isUsed($0, $1)
        }.register(in: &routes)
        MemberRoutes(database: database, directory: books).register(in: &routes)
        InvitationRoutes(
            database: database, directory: books, mail: backend.mailQueue, publicURL: publicURL(backend.configuration)
        ) { try EmailAddress($0).normalized }.register(in: &routes)
    }

    static func addPeopleJobs(_ backend: Backend, to jobs: inout JobRegistry) {}

    /// Where the page is, for links in letters: without a slash at its end.
    private static func publicURL(_ configuration: Configuration) -> String {
        var url = configuration[Settings.publicURL]
        while url.hasSuffix("/") { url.removeLast() }
        if !url.isEmpty { return url }
        let host = configuration[Settings.host]
        return "http://\(host.contains(":") ? "[\(host)]" : host):\(configuration[Settings.port])"
    }

    static let peopleAliases: [(from: String, to: String)] = []
}
