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
import Outbound
import Reporting
import Resources
import Runtime
import TestSupport
import Testing

@testable import Transactions

extension Trait where Self == DatabaseTrait {
    /// A database with all tables but nobody in it.
    static var books: DatabaseTrait {
        .database(
            migrations: (JobsModule.migrations + ResourcesModule.migrations + AuditModule.migrations
                + IdentityModule.migrations + BooksModule.migrations + CategoriesModule.migrations
                + TransactionsModule.migrations)
                .sorted { $0.name < $1.name })
    }
}

/// Entries, imports and reports behind a real server, on the running test's database. Who signs in is somebody else's
/// test: here the bearer token is the user's id.
final class TestApp: Sendable {
    /// The server's day, in every time zone that a test uses: 15 November 2026, noon UTC.
    static let today: CalendarDate = day("2026-11-15")
    static let now = Instant(secondsSinceEpoch: Int64(today.daysSinceEpoch) * 86_400 + 43_200)

    let database: Database
    let directory: BookDirectory
    let mail: MailQueue
    let pool: BlockingPool
    static let turnstileWidth = 3
    let turnstile = Turnstile(width: turnstileWidth, queueLimit: 10)
    let exports: ExportDesk
    let client: TestClient
    let checker: OpenAPIChecker
    private let server: HTTPServer

    static func run(
        rateLimits: RateLimits = RateLimits(isEnabled: false), _ body: (TestApp) async throws -> Void
    ) async throws {
        let app = try await TestApp(rateLimits)
        do {
            try await body(app)
            await app.stop()
        } catch {
            await app.stop()
            throw error
        }
    }

    private init(_ rateLimits: RateLimits) async throws {
        let test = TestDatabase.current
        database = test.database
        directory = BookDirectory(database: database)
        let key = try #require(SecretKey(id: 1, bytes: Array(repeating: 7, count: 32)))
        mail = MailQueue(secrets: SecretBox(current: key))
        pool = BlockingPool(threads: 2, queueLimit: 100, name: "files")
        let clock = Clock.fixed(Self.now)
        let idempotency = Idempotency(database: database) { SHA256.hash($0) }
        var routes = Routes()
        CategoryRoutes(database: database, idempotency: idempotency, uses: [EntryStore.categoryUse]).register(
            in: &routes)
        PaymentMethodRoutes(database: database, idempotency: idempotency).register(in: &routes)
        let bookRoutes = BookRoutes(database: database, directory: directory, idempotency: idempotency) {
            try await EntryStore.isUsed($0, $1)
        }
        bookRoutes.register(in: &routes)
        let members = MemberRoutes(database: database, directory: directory) { _ = try $0.principal.session }
        members.register(in: &routes)
        OrganizationRoutes(database: database, directory: directory).register(in: &routes)
        PeopleRoutes(database: database, pool: pool).register(in: &routes)
        SettingsRoutes(books: bookRoutes).register(in: &routes)
        let invitations = InvitationRoutes(
            database: database, directory: directory, mail: mail,
            address: PublicAddress(configured: "https://purser.example/", fallback: ""),
            normalize: { try EmailAddress($0).normalized },
            confirmAddress: { try await AddressProof.note(of: $0, by: $1, at: Self.now, in: $2) })
        invitations.register(in: &routes)
        HouseholdRoutes(books: bookRoutes, members: members, invitations: invitations).register(in: &routes)
        let spool = TestDirectories.make("spool")
        exports = ExportDesk(database: database, pool: pool, directory: spool)
        EntryRoutes(database: database, idempotency: idempotency, exports: exports, clock: clock).register(in: &routes)
        ImportRoutes(
            database: database, pool: pool, spoolDirectory: spool,
            turnstile: turnstile
        ).register(
            in: &routes)
        ImportProfileRoutes(database: database).register(in: &routes)
        RuleRoutes(database: database, turnstile: turnstile).register(in: &routes)
        AnalyticsRoutes(database: database, clock: clock).register(in: &routes)
        CategoryReportRoutes(database: database, clock: clock).register(in: &routes)
        var options = ApplicationOptions()
        options.rateLimits = rateLimits
        options.limits = RequestLimits(jsonBodyBytes: 1 << 20, uploadBytes: 1 << 20)
        let directory = directory
        let application = Application(
            routes: routes, aliases: SettingsRoutes.aliases + PeopleRoutes.aliases,
            authenticate: { request in
                guard let field = request.header("authorization") else { return nil }
                guard let user = UserID(field.dropFirst("Bearer ".count)) else { throw Refusal.signInNeeded }
                return Principal(user: user, session: SessionID.new(), platformRole: .user)
            },
            findBook: { try await directory.context(of: $0, requested: $1) }, options: options, log: .silent,
            metrics: Metrics(), clock: clock)
        checker = OpenAPIChecker(try JSONValue.parse(OpenAPI.document(of: application.routes, version: "0")))
        server = HTTPServer(
            configuration: HTTPServerConfiguration(), loops: test.loops,
            handler: { await application.respond(to: $0) },
            onWireError: { application.answerWireError(status: $0, reason: $1) })
        client = TestClient(port: try await server.start())
    }

    private func stop() async {
        await server.drain(grace: .seconds(5))
        pool.shutdown()
    }

    // MARK: People

    /// Somebody with a book of their own.
    func person(_ name: String, currency: String = "EUR", timeZone: String = "Europe/Berlin") async throws -> Person {
        let user = UserID.new()
        let email = "\(name)@example.org"
        _ = try await database.writer.query(
            """
            INSERT INTO users (id, email, email_as_given, created_at, updated_at)
            VALUES (\(user), \(email), \(email), now(), now())
            """)
        let new = try NewBook(name: name, kind: .personal, currency: currency, timeZone: timeZone)
        let summary = try await database.transaction { try await BookStore($0).open(new, for: user) }
        return Person(app: self, user: user, book: summary.book.id, currency: summary.book.currency, otherBook: nil)
    }

    var ada: Person { get async throws { try await person("ada") } }

    /// Makes somebody a member of another's book.
    func add(_ person: Person, to owner: Person, as role: BookRole) async throws -> Person {
        _ = try await database.writer.query(
            "INSERT INTO book_members (book_id, user_id, role) VALUES (\(owner.book), \(person.user), \(role.rawValue))"
        )
        directory.announceChange()
        return Person(app: self, user: person.user, book: owner.book, currency: owner.currency, otherBook: owner.book)
    }

    /// A household of somebody's own, with them in it.
    func household(_ owner: Person, _ name: String = "Home", kind: String = "household") async throws -> Person {
        let answer = try await owner.post("/books", #"{"name":"\#(name)","kind":"\#(kind)"}"#)
        let id = try #require(answer.data.written("id").flatMap { BookID($0) }, "\(answer.text)")
        return Person(app: self, user: owner.user, book: id, currency: owner.currency, otherBook: id)
    }

    /// The letters that wait to be sent, the latest last.
    func letters(to address: String) async throws -> [MailMessage] {
        let rows = try await database.query("SELECT payload::text FROM jobs WHERE kind = 'mail.send' ORDER BY id")
        return try rows.compactMap { row in
            mail.message(of: try JSONValue.parse(Array(try row.get(0, as: String.self).utf8)))
        }.filter { $0.to == address }
    }

    func count(_ sql: SQL) async throws -> Int { Int(try await database.first(sql)?.get(0, as: Int64.self) ?? -1) }

    /// The stored sums against the entries: by the application's own check, and by a sum that shares no text with it.
    func expectTotalsToAgree(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        #expect(try await EntryTotals.differences(database) == 0, sourceLocation: sourceLocation)
        let wrong = try await count(
            """
            WITH entry_sums AS (
                SELECT book_id, (date_part('year', occurred_on) * 12 + date_part('month', occurred_on) - 1)::int AS month, type,
                    category_id, amount_minor, 1 AS number
                FROM entries WHERE deleted_at IS NULL AND status IN (1, 2)
                UNION ALL
                SELECT book_id, month, type, category_id, -amount_minor, -entry_count FROM category_totals
            )
            SELECT count(*) FROM (
                SELECT FROM entry_sums GROUP BY book_id, month, type, category_id
                HAVING sum(amount_minor) <> 0 OR sum(number) <> 0
            ) wrong
            """)
        #expect(
            wrong == 0, "sums by month and category that are not those of the entries", sourceLocation: sourceLocation)
    }
}

/// One of the cast, at the keyboard.
struct Person: Sendable {
    let app: TestApp
    let user: UserID
    let book: BookID
    let currency: Currency
    /// Named in every request when it is not their own.
    let otherBook: BookID?

    func send(
        _ method: String, _ path: String, _ body: String? = nil, fields: [(String, String)] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        var all = fields
        if body != nil { all.append(("Content-Type", "application/json")) }
        return try await send(
            method, path, bytes: body.map { Array($0.utf8) }, fields: all, sourceLocation: sourceLocation)
    }

    func send(
        _ method: String, _ path: String, bytes: [UInt8]?, fields: [(String, String)],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        var all = [("Authorization", "Bearer \(user)")] + fields
        if let otherBook { all.append(("X-Book", "\(otherBook)")) }
        let target = path.hasPrefix("/api") ? path : "/api/v1" + path
        let answer = try await app.client.send(method, target, fields: all, body: bytes)
        for problem in app.checker.problems(method, target, answer) {
            Issue.record("not as documented: \(problem)", sourceLocation: sourceLocation)
        }
        return answer
    }

    func get(_ path: String, sourceLocation: SourceLocation = #_sourceLocation) async throws -> Answer {
        try await send("GET", path, sourceLocation: sourceLocation)
    }

    func post(
        _ path: String, _ body: String, fields: [(String, String)] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        try await send("POST", path, body, fields: fields, sourceLocation: sourceLocation)
    }

    func put(_ path: String, _ body: String, sourceLocation: SourceLocation = #_sourceLocation) async throws -> Answer {
        try await send("PUT", path, body, sourceLocation: sourceLocation)
    }

    func upload(
        _ content: String, name: String = "statement.csv", _ query: String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        let form = TestClient.form(Array(content.utf8), filename: name)
        return try await send(
            "POST", "/imports" + query, bytes: form.body, fields: [("Content-Type", form.contentType)],
            sourceLocation: sourceLocation)
    }

    /// Every entry, over all pages.
    func everyEntry(_ path: String = "/entries?limit=100") async throws -> [JSONValue] {
        var all: [JSONValue] = []
        var cursor: String?
        repeat {
            let page = try await get(path + (cursor.map { "&cursor=\($0)" } ?? ""))
            try #require(page.status == 200)
            all += page.items
            cursor = page.nextCursor
        } while cursor != nil
        return all
    }
}

/// A day written in a test.
func day(_ text: String) -> CalendarDate {
    guard let day = CalendarDate(iso: text) else { preconditionFailure("\(text) is no day") }
    return day
}

func currency(_ code: String) -> Currency {
    guard let currency = Currency(code) else { preconditionFailure("\(code) is no currency") }
    return currency
}

extension JSONValue {
    /// The member's number or text, as it is written.
    func written(_ name: String) -> String? { self[name]?.numberText ?? self[name]?.string }
}
