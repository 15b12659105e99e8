import Base
import Books
import Database
import EventLoop
import HTTP
import HTTPServer
import JSON
import Runtime
import TestSupport
import Testing

@testable import purser

/// Every declared route, tried as everybody: a new one is covered by being declared.
@Suite(.tags(.slow), .serialized) struct `The table of permissions` {
    /// What the steps before a handler refuse with; a handler's own refusals are about its body and its rows.
    private static let gate: Set = [
        "MISSING_TOKEN", "INVALID_TOKEN", "INSUFFICIENT_PERMISSIONS", "INSUFFICIENT_ROLE", "SESSION_REQUIRED",
    ]

    /// What a role with a narrow scope is refused: what is of entries and does not say that it keeps to the scope.
    private static func needsWholeBook(_ access: Access) -> Bool {
        switch access {
        case .book(let permission), .bookInPath(let permission):
            permission.names.contains { $0.hasPrefix("entry:") || $0.hasPrefix("report:") }
        default: false
        }
    }

    private struct Walker: Sendable {
        let application: Application
        let loop: EventLoop
        let book: BookID

        /// The status and the code of the answer to something that looks right and names nothing that is there.
        func send(_ route: Route, as bearer: String?) async throws -> (status: Int, code: String?) {
            var path = ""
            for part in route.path.split(separator: "/") {
                path += "/"
                if part == "{id}", case .bookInPath = route.access {
                    path += book.description
                } else {
                    path += part.hasPrefix("{") ? UserID.new().description : String(part)
                }
            }
            var fields = [("X-Book", book.description)]
            if let bearer { fields.append(("Authorization", bearer)) }
            var bytes: [UInt8]?
            if let body = route.body {
                let type = body.contentTypes.first ?? "application/json"
                bytes = Array("{}".utf8)
                fields.append(("Content-Type", type == "multipart/form-data" ? "application/octet-stream" : type))
            }
            let pieces = bytes.map { Pieces([$0]) }
            let request = try #require(
                HTTPRequest(
                    method: route.method.rawValue, target: path, fields: fields, contentLength: bytes?.count,
                    body: pieces.map { $0.next }, loop: loop))
            let application = application
            return await Task(executorPreference: loop) {
                let response = await application.respond(to: request)
                guard case .bytes(let bytes) = response.body else { return (response.status, nil) }
                return (response.status, (try? JSONValue.parse(bytes))?["code"]?.string)
            }.value
        }
    }

    /// Who walks: a member of each role, somebody whose role permits everything within a scope, and a stranger.
    private struct Cast: Sendable {
        var roles: [BookRole: UserID] = [:]
        let narrow: UserID
        let stranger: UserID
    }

    private func run(_ body: (Walker, Cast) async throws -> Void) async throws {
        let data = TestDirectories.make("walk") + "/data"
        let configuration = try Configuration(Settings.all, flags: ["data": data])
        let backend = try await Backend.start(configuration, log: .silent, cluster: .make)
        do {
            let database = backend.database
            let book = BookID.new()
            var people: [UserID] = []
            for number in 0..<6 {
                let user = UserID.new()
                people.append(user)
                _ = try await database.writer.query(
                    """
                    INSERT INTO users (id, email, email_as_given, created_at, updated_at)
                    VALUES (\(user), \("p\(number)@example.org"), 'p@example.org', now(), now())
                    """)
            }
            _ = try await database.writer.query(
                """
                INSERT INTO books (id, kind, name, currency, time_zone, created_by)
                VALUES (\(book), 'organization', 'Walk', 'EUR', 'UTC', \(people[0]))
                """)
            var cast = Cast(narrow: people[5], stranger: people[4])
            for (role, user) in zip(BookRole.allCases, people) {
                cast.roles[role] = user
                _ = try await database.writer.query(
                    "INSERT INTO book_members (book_id, user_id, role) VALUES (\(book), \(user), \(role))")
            }
            let role = RoleSetID.new()
            _ = try await database.writer.query(
                """
                INSERT INTO book_roles (book_id, id, name, permissions, scope)
                VALUES (\(book), \(role), 'Narrow', \(Permission.everything.names), 'own')
                """)
            _ = try await database.writer.query(
                """
                INSERT INTO book_members (book_id, user_id, role, role_id)
                VALUES (\(book), \(cast.narrow), 'viewer', \(role))
                """)
            var options = ApplicationOptions()
            options.rateLimits.isEnabled = false
            let books = backend.books
            let application = Application(
                routes: Modules.routes(backend, metricsAccess: "off"), aliases: Modules.aliases,
                authenticate: { request in
                    let words = (request.header("authorization") ?? "").split(separator: " ")
                    guard words.count == 2 else { return nil }
                    guard let user = UserID(words[1]) else {
                        throw Refusal(.unauthenticated, "INVALID_TOKEN", "It has expired.")
                    }
                    if words[0] == "Key" {
                        return Principal(
                            user: user, credential: .apiKey(APIKeyID.new()), platformRole: .user, scopes: [])
                    }
                    // A fresh one for each request, as some of them end it.
                    let session = SessionID.new()
                    _ = try await database.writer.query(
                        """
                        INSERT INTO sessions (id, user_id, transport, created_at, last_used_at, expires_at, authenticated_at, ends_at)
                        VALUES (\(session), \(user), 'bearer', now(), now(), now() + interval '1 day', now(), now() + interval '1 day')
                        """)
                    return Principal(user: user, session: session, platformRole: .user)
                },
                findBook: { try await books.context(of: $0, requested: $1) }, options: options, log: .silent,
                metrics: Metrics())
            try await body(Walker(application: application, loop: backend.loops.next(), book: book), cast)
        } catch {
            await backend.stop()
            throw error
        }
        await backend.stop()
    }

    @Test func `decides about every route and every role`() async throws {
        try await run { walker, cast in
            let (roles, stranger) = (cast.roles, cast.stranger)
            var tried = 0
            for route in walker.application.routes {
                let name = "\(route.method.rawValue) \(route.path)"
                guard route.access != .everyone else { continue }
                for bearer in [nil, "Bearer expired"] {
                    #expect(try await walker.send(route, as: bearer).status == 401, "\(name) as \(bearer ?? "nobody")")
                }
                let (key, member) = (roles[.owner] ?? stranger, roles[.member] ?? stranger)
                switch route.access {
                case .book(let permission), .bookInPath(let permission), .bookWithinScope(let permission):
                    let narrow = try await walker.send(route, as: "Bearer \(cast.narrow)")
                    let isRefused = narrow.code == "INSUFFICIENT_PERMISSIONS"
                    #expect(isRefused == Self.needsWholeBook(route.access), "\(name) within a scope: \(narrow)")
                    // The owner last: they archive the book.
                    for role in BookRole.allCases.reversed() {
                        let answer = try await walker.send(route, as: "Bearer \(roles[role] ?? stranger)")
                        let isRefused = answer.status == 401 || Self.gate.contains(answer.code ?? "")
                        #expect(isRefused != role.permissions.contains(permission), "\(name) as \(role): \(answer)")
                        if isRefused { #expect(answer.status == 403, "\(name) as \(role): \(answer)") }
                        #expect(answer.status < 500, "\(name) as \(role): \(answer)")
                    }
                    #expect(try await walker.send(route, as: "Bearer \(stranger)").status == 404, "\(name), a stranger")
                    let bare = try await walker.send(route, as: "Key \(key)")
                    #expect(bare.code == "INSUFFICIENT_PERMISSIONS", "\(name), a key without scopes: \(bare)")
                case .session, .administrator:
                    let withKey = try await walker.send(route, as: "Key \(key)")
                    #expect(withKey.code == "SESSION_REQUIRED", "\(name), a key: \(withKey)")
                    let signedIn = try await walker.send(route, as: "Bearer \(member)")
                    #expect(
                        route.access == .administrator
                            ? signedIn.code == "INSUFFICIENT_ROLE" : !Self.gate.contains(signedIn.code ?? ""),
                        "\(name): \(signedIn)")
                case .signedIn:
                    let answer = try await walker.send(route, as: "Bearer \(stranger)")
                    #expect(answer.status < 500 && !Self.gate.contains(answer.code ?? ""), "\(name): \(answer)")
                default: continue
                }
                tried += 1
            }
            #expect(tried > 60, "\(tried) routes")
        }
    }

    @Test func `is what is printed, with a line for every permission and every route`() throws {
        let routes = try Modules.declaredRoutes()
        let text = PermissionsCommand.markdown(routes)
        for line in Permission.table { #expect(text.contains("| `\(line.name)` |")) }
        for route in routes {
            #expect(text.contains("| `\(route.method.rawValue) \(route.path)` | \(route.access.word) |"))
        }
        #expect(Set(Permission.table.map(\.name)).count == Permission.table.count)
        #expect(Set(Permission.table.map(\.permission.rawValue)).count == Permission.table.count)
        #expect(Permission.table.allSatisfy { Permission(name: $0.name) == $0.permission })
    }
}
