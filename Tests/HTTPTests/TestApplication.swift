import Base
import EventLoop
import FoundationEssentials
import HTTPServer
import JSON
import Runtime
import TestSupport
import Testing

@testable import HTTP

/// A small application behind a real server: the routes are made up, everything before and after them is not.
final class TestApplication: Sendable {
    static let now = Instant(secondsSinceEpoch: 1_800_000_000)
    private static let loops: EventLoopGroup = {
        let loops = EventLoopGroup(count: 2)
        loops.start()
        return loops
    }()

    let client: TestClient
    let application: Application
    private let server: HTTPServer

    static func run(
        _ configure: (inout ApplicationOptions) -> Void = { _ in }, clock: Clock = .fixed(now),
        unready: @escaping @Sendable () async -> [String] = { [] },
        _ body: (TestApplication) async throws -> Void
    ) async throws {
        var options = ApplicationOptions()
        options.rateLimits.isEnabled = false
        options.limits = RequestLimits(jsonBodyBytes: 4096, uploadBytes: 1 << 20)
        options.version = "9.8.7"
        configure(&options)
        let app = try await TestApplication(options, clock, unready)
        do {
            try await body(app)
            await app.server.drain(grace: .seconds(2))
        } catch {
            await app.server.drain(grace: .seconds(2))
            throw error
        }
    }

    private init(
        _ options: ApplicationOptions, _ clock: Clock, _ unready: @escaping @Sendable () async -> [String]
    ) async throws {
        var routes = Routes()
        Things().register(in: &routes)
        Probes(
            metrics: Metrics(), metricsAccess: "everyone", readyTimeout: .milliseconds(100), unready: unready
        ).register(in: &routes)
        let application = Application(
            routes: routes,
            aliases: [("/api/v1/objects/{id}", "/api/v1/things/{id}"), ("/api/v1/things/all", "/api/v1/things")],
            authenticate: { request in
                switch request.header("authorization") {
                case nil: return nil
                case "Bearer user"?: return Principal(user: Things.user, session: SessionID.new(), platformRole: .user)
                case "Bearer admin"?:
                    return Principal(user: Things.admin, session: SessionID.new(), platformRole: .admin)
                default: throw Refusal(.unauthenticated, "INVALID_TOKEN", "That is no token.")
                }
            },
            findBook: { _, requested in
                guard let id = requested else { throw Refusal.notFound("book") }
                return BookContext(
                    id: id, role: id == Things.viewedBook ? .viewer : .owner, currency: .eur, timeZone: .gmt,
                    fiscalYear: .calendar)
            },
            fallback: { request in
                guard request.wire.path == "/page" else { return nil }
                return .text(type: "text/html", "<p>A page</p>").with("ETag", "\"page-1\"").with(
                    "Cache-Control", "no-cache")
            },
            options: options, log: .silent, metrics: Metrics(), clock: clock)
        self.application = application
        server = HTTPServer(
            configuration: HTTPServerConfiguration(), loops: Self.loops,
            handler: { await application.respond(to: $0) },
            onWireError: { application.answerWireError(status: $0, reason: $1) })
        client = TestClient(port: try await server.start())
    }

    func send(
        _ method: String, _ path: String, _ fields: [(String, String)] = [], body: String? = nil
    ) async throws -> Answer {
        try await client.send(method, path, fields: fields, body: body.map { Array($0.utf8) })
    }

    func get(_ path: String, _ fields: (String, String)...) async throws -> Answer {
        try await send("GET", path, fields)
    }

    func post(_ path: String, _ body: String, _ fields: (String, String)...) async throws -> Answer {
        try await send("POST", path, [("Content-Type", "application/json")] + fields, body: body)
    }
}

/// Routes that tell what they were given.
struct Things: RouteGroup {
    static let user = UserID(high: 1, low: 1)
    static let admin = UserID(high: 2, low: 2)
    static let viewedBook = BookID(high: 3, low: 3)
    struct Broken: Error { let secret = "hunter2" }

    enum Input {
        static let name = BodyField<String>.text("name", aliases: ["title"], max: 5, min: 1).required()
        static let size = BodyField<Int>.int("size", in: 1...9)
        static let flag = BodyField<Bool>.bool("flag")
        static let since = BodyField<CalendarDate>.date("since")
        static let kind = BodyField<String>.choice("kind", of: ["small", "large"])
        static let tags = BodyField<[String]>.texts("tags", max: 3, maxCount: 2)
        static let properties = [
            name.property, size.property, flag.property, since.property, kind.property, tags.property,
        ]
    }

    enum Parameter {
        static let bytes = QueryField<Int>.clamped("bytes", to: 0...100_000, "How many.")
        static let since = QueryField<CalendarDate>.date("since", aliases: ["from"], "Since.")
        static let word = QueryField<String>.text("word", max: 10, "A word.")
        static let flag = QueryField<Bool>.bool("flag", "A flag.")
    }

    private static let texts = Fields<[(String, String)]>("Texts", [])

    private func tell(_ pairs: [(String, String?)], status: Int = 200) -> HTTPResponse {
        .data(status: status) { writer in
            writer.beginObject()
            for (name, value) in pairs {
                writer.key(name)
                writer.string(value)
            }
            writer.endObject()
        }
    }

    func register(in routes: inout Routes) {
        routes.tag = "Things"
        let schema = Self.texts.schema
        routes.get("/things", "All", access: .everyone, query: [Parameter.since.declaration], returns: .data(schema)) {
            request in
            let (since, word, flag) = try request.query(Parameter.since, Parameter.word, Parameter.flag)
            return tell([
                ("route", "all"), ("since", since?.description), ("word", word), ("flag", flag.map { "\($0)" }),
            ])
        }
        routes.post(
            "/things", "New", access: .everyone, accepts: .json("NewThing", Input.properties), returns: .created(schema)
        ) { request in
            var body = try await request.body()
            let name = body.read(Input.name)
            let size = body.read(Input.size)
            _ = (body.read(Input.flag), body.read(Input.since), body.read(Input.kind))
            let tags = body.read(Input.tags)
            try body.check()
            return tell(
                [("name", name), ("size", size.map(String.init)), ("tags", tags?.joined(separator: "|"))], status: 201)
        }
        routes.get("/things/special", "A static one", access: .everyone, returns: .data(schema)) { _ in
            tell([("route", "special")])
        }
        routes.get("/things/{id}", "One", access: .everyone, returns: .data(schema)) {
            tell([("route", "one"), ("id", $0.pathText("id"))])
        }
        routes.put("/things/{id}", "Change", access: .everyone, accepts: .json("Change", []), returns: .data(schema)) {
            request in
            _ = try await request.body()
            return tell([("route", "change")])
        }
        routes.delete("/things/{id}", "Delete", access: .everyone) { _ in .noContent }
        routes.get("/tagged", "With a tag", access: .everyone, returns: .data(schema)) { _ in
            tell([("route", "tagged")]).with("ETag", "\"v7\"")
        }
        routes.get(
            "/big", "As large as wanted", access: .everyone, query: [Parameter.bytes.declaration],
            returns: .content("text/plain")
        ) { request in
            var query = try request.query()
            let count = query.read(Parameter.bytes) ?? 0
            return .text(type: "text/plain", String(repeating: "abcdefgh", count: count / 8)).with("ETag", "\"big\"")
        }
        routes.get("/noise", "Cannot be made smaller", access: .everyone, returns: .content("text/plain")) { _ in
            var random = SeededGenerator(seed: 1)
            return HTTPResponse(
                status: 200, fields: [("Content-Type", "text/plain")],
                body: .bytes((0..<4000).map { _ in UInt8.random(in: 0...255, using: &random) }))
        }
        routes.get("/who", "Who asks", access: .everyone, returns: .data(schema)) {
            tell([("address", $0.clientAddress), ("secure", "\($0.isSecure)")])
        }
        routes.get("/cookies/{name}", "One cookie", access: .everyone, returns: .data(schema)) {
            tell([("value", $0.cookie($0.pathText("name") ?? ""))])
        }
        routes.get("/broken", "Fails", access: .everyone, returns: .data(schema)) { _ in throw Broken() }
        routes.get("/refused/{kind}", "Refuses", access: .everyone, returns: .data(schema)) { request in
            let kind = Refusal.Kind.allCases.first { "\($0)" == request.pathText("kind") } ?? .invalid
            throw Refusal(kind, "SOME_CODE", "A \"reason\".\n", fields: [FieldError(field: "f", message: "m")])
        }
        routes.get("/signed-in", "For people", access: .signedIn, returns: .data(schema)) {
            tell([("user", "\(try $0.principal.user)")])
        }
        routes.get("/administration", "For administrators", access: .administrator, returns: .data(schema)) { _ in
            tell([])
        }
        routes.get("/book", "For members", access: .book(.viewEntries), returns: .data(schema)) {
            tell([("book", "\(try $0.book.id)")])
        }
        routes.post("/book", "For editors", access: .book(.editEntries), returns: .data(schema)) { _ in tell([]) }
        routes.post("/guess", "Proves who one is", access: .everyone, returns: .data(schema), rateLimit: .credentials) {
            _ in tell([])
        }
    }
}
