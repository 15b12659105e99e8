import Activity
import Audit
import Base
import Books
import Categories
import Cryptography
import Database
import EventLoop
import HTTP
import HTTPServer
import Identity
import JSON
import Jobs
import Resources
import Runtime
import TestSupport
import Testing
import Transactions

/// All tables of the program.
let allMigrations =
    (JobsModule.migrations + ResourcesModule.migrations + AuditModule.migrations + IdentityModule.migrations
    + ActivityModule.migrations + BooksModule.migrations + CategoriesModule.migrations + TransactionsModule.migrations)
    .sorted { $0.name < $1.name }

extension Trait where Self == DatabaseTrait {
    static var books: DatabaseTrait { .database(migrations: allMigrations) }
}

/// What happens live, behind a real server on the running test's database. The bearer token is the user's id; with
/// `:admin` behind it, an administrator's.
final class TestApp: Sendable {
    let database: Database
    let directory: BookDirectory
    let client: TestClient
    let port: Int
    let checker: OpenAPIChecker
    let hub: ActivityHub
    let worker: Worker
    private let server: HTTPServer
    private let background: Task<Void, Never>

    static func run(_ body: (TestApp) async throws -> Void) async throws {
        let app = try await TestApp()
        do {
            try await body(app)
            await app.stop()
        } catch {
            await app.stop()
            throw error
        }
    }

    private func stop() async {
        background.cancel()
        await worker.stop()
        await server.drain(grace: .seconds(1))
        await background.value
    }

    private init() async throws {
        let test = TestDatabase.current
        database = test.database
        let directory = BookDirectory(database: test.database)
        self.directory = directory
        let idempotency = Idempotency(database: database) { SHA256.hash($0) }
        var routes = Routes()
        AuditRoutes(
            database: database, idempotency: idempotency,
            names: AuditNames(MemberActivity.auditNames + [EntryActivity.auditNames])
        ).register(in: &routes)
        let subject = ActivitySubject(
            "(\(EntryActivity.subject)) UNION ALL (\(MemberActivity.subject)) LIMIT 1")
        let hub = ActivityHub(database: database, subject: subject, log: .silent)
        self.hub = hub
        let authenticate: Authenticate = { request in
            guard let field = request.header("authorization") else { return nil }
            let parts = field.dropFirst("Bearer ".count).split(separator: ":")
            guard let user = parts.first.flatMap({ UserID($0) }) else { throw Refusal.signInNeeded }
            return Principal(user: user, session: SessionID.new(), platformRole: parts.count > 1 ? .admin : .user)
        }
        let access = ActivityAccess(
            authenticate: authenticate, findBook: { try await directory.context(of: $0, requested: $1) })
        ActivityRoutes(database: database, subject: subject, hub: hub, access: access).register(in: &routes)
        var limits = WebSocket.Limits()
        limits.pingEvery = .milliseconds(700)
        limits.silence = .seconds(3)
        LiveSocketRoutes(hub: hub, access: access, origins: ["https://purser.example"], limits: limits).register(
            in: &routes)
        var jobs = JobRegistry()
        ActivityModule.register(database, in: &jobs)
        jobs.add(EntryAudit.sink)
        let loop = test.loops.next()
        worker = Worker(database: database, registry: jobs, loop: loop, log: .silent, metrics: Metrics())
        background = Task { await hub.run(on: loop) }
        EntryRoutes(database: database, idempotency: idempotency, exports: .forTests(database)).register(in: &routes)
        var options = ApplicationOptions()
        options.rateLimits = RateLimits(isEnabled: false)
        let application = Application(
            routes: routes,
            authenticate: authenticate,
            findBook: { try await directory.context(of: $0, requested: $1) }, options: options, log: .silent,
            metrics: Metrics())
        checker = OpenAPIChecker(try JSONValue.parse(OpenAPI.document(of: application.routes, version: "0")))
        server = HTTPServer(
            configuration: HTTPServerConfiguration(), loops: test.loops,
            handler: { await application.respond(to: $0) },
            onWireError: { application.answerWireError(status: $0, reason: $1) })
        port = try await server.start()
        client = TestClient(port: port)
    }

    /// Somebody with a book of their own.
    func person(_ name: String) async throws -> Person {
        let user = UserID.new()
        let email = "\(name)@example.org"
        _ = try await database.writer.query(
            """
            INSERT INTO users (id, email, email_as_given, created_at, updated_at)
            VALUES (\(user), \(email), \(email), now(), now())
            """)
        let new = try NewBook(name: name, kind: .personal, currency: "EUR", timeZone: "Europe/Berlin")
        let summary = try await database.transaction { try await BookStore($0).open(new, for: user) }
        return Person(app: self, user: user, book: summary.book.id)
    }

    /// Makes somebody a member of another's book.
    func add(_ person: Person, to owner: Person, as role: BookRole) async throws -> Person {
        _ = try await database.writer.query(
            "INSERT INTO book_members (book_id, user_id, role) VALUES (\(owner.book), \(person.user), \(role.rawValue))"
        )
        directory.announceChange()
        return Person(app: self, user: person.user, book: owner.book)
    }

    func count(_ sql: SQL) async throws -> Int { Int(try await database.first(sql)?.get(0, as: Int64.self) ?? -1) }
}

struct Person: Sendable {
    let app: TestApp
    let user: UserID
    let book: BookID
    var isAdministrator = false

    var token: String { "\(user)\(isAdministrator ? ":admin" : "")" }

    func send(
        _ method: String, _ path: String, _ body: String? = nil, fields: [(String, String)] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        let target = path.hasPrefix("/api") ? path : "/api/v1" + path
        var all = [("Authorization", "Bearer \(token)"), ("X-Book", "\(book)")] + fields
        if body != nil { all.append(("Content-Type", "application/json")) }
        let answer = try await app.client.send(method, target, fields: all, body: body.map { Array($0.utf8) })
        for problem in app.checker.problems(method, target, answer) {
            Issue.record("not as documented: \(problem)", sourceLocation: sourceLocation)
        }
        return answer
    }

    func get(_ path: String, sourceLocation: SourceLocation = #_sourceLocation) async throws -> Answer {
        try await send("GET", path, sourceLocation: sourceLocation)
    }

    func post(
        _ path: String, _ body: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        try await send("POST", path, body, sourceLocation: sourceLocation)
    }
}

extension ExportDesk {
    private static let pool = BlockingPool(threads: 1, queueLimit: 10, name: "exports")

    static func forTests(_ database: Database) -> ExportDesk {
        ExportDesk(database: database, pool: pool, directory: TestDirectories.make("exports"))
    }
}
