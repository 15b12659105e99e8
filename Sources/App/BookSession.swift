import Base
import Books
import EventLoop
import Foundation
import HTTP
import HTTPServer
import Identity
import JSON
import Runtime

/// A book as one of its members sees it, for the commands. They call the routes of the API in this process, without a
/// socket: what a command does, checks and refuses is by construction what the page does.
struct BookSession: Sendable {
    let backend: Backend
    let user: UserID
    let book: Book
    private let application: Application

    static let options: Set<String> = ["user", "book"]
    static let help = """
          --user EMAIL  Whose book it is; their own one without --book.
          --book BOOK   Another book that they are a member of: its id or its name.
        """

    init(_ backend: Backend, user: UserID, book: Book, role: PlatformRole = .user) {
        self.backend = backend
        self.user = user
        self.book = book
        var options = Settings.application(backend.configuration, version: Main.version)
        options.rateLimits.isEnabled = false
        let books = backend.books
        let principal = Principal(user: user, session: SessionID.new(), platformRole: role)
        application = Application(
            routes: Modules.routes(backend, metricsAccess: "off"), authenticate: { _ in principal },
            findBook: { try await books.context(of: $0, requested: $1) }, options: options,
            // Its lines would be the log of a server; what goes wrong is told as an error.
            log: backend.log, metrics: backend.metrics)
    }

    /// The book that `--user` and `--book` name.
    static func run<Value: Sendable>(
        _ arguments: Arguments, _ body: @escaping @Sendable (BookSession) async throws -> Value
    ) throws -> Value {
        guard let email = arguments.values["user"] else { throw UsageProblem("Whose book? Say --user EMAIL.") }
        let wanted = arguments.values["book"]
        return try withBackend(try Settings.read(arguments)) { backend in
            try await body(try await open(backend, email: email, book: wanted))
        }
    }

    static func open(_ backend: Backend, email: String, book wanted: String?) async throws -> BookSession {
        let user = try await backend.accounts.user(withEmail: email)
        let books = try await BookStore(backend.database).books(of: user.id)
        let found: BookSummary?
        if let wanted {
            found =
                books.first { $0.book.id == BookID(wanted) }
                ?? books.first { $0.book.name.lowercased() == wanted.lowercased() }
        } else {
            found = books.first
        }
        guard let summary = found else {
            let names = books.map { "“\(Output.safe($0.book.name))”" }.joined(separator: ", ")
            throw Refusal(
                .notFound, "BOOK_NOT_FOUND",
                "\(email) has no book “\(Output.safe(wanted ?? ""))”. Theirs: \(names.isEmpty ? "none" : names).")
        }
        return BookSession(backend, user: user.id, book: summary.book)
    }

    /// Where the book is.
    var today: CalendarDate {
        CalendarDate.of(Clock.system.now(), in: TimeZone(identifier: book.timeZone) ?? .gmt)
    }

    // MARK: Asking

    typealias Query = [(name: String, value: String?)]

    /// The `data` of the answer.
    @discardableResult
    func send(
        _ method: String, _ path: String, _ query: Query = [], body: JSONValue? = nil
    ) async throws -> JSONValue {
        try await answer(method, path, query, body: body)["data"] ?? .null
    }

    func get(_ path: String, _ query: Query = []) async throws -> JSONValue { try await send("GET", path, query) }

    /// The whole answer, with what it says about itself.
    func answer(
        _ method: String, _ path: String, _ query: Query = [], body: JSONValue? = nil
    ) async throws -> JSONValue {
        var bytes: [UInt8]?
        if let body {
            var writer = JSONWriter()
            writer.value(body)
            bytes = writer.bytes
        }
        return try await collect(
            method, path, query, type: "application/json", contentLength: bytes?.count,
            body: bytes.map { Pieces([$0]).next })
    }

    /// Sends a file, piece by piece.
    func upload(
        _ path: String, _ query: Query, next: @escaping HTTPBody.Supply
    ) async throws -> JSONValue {
        try await collect(
            "POST", path, query, type: "application/octet-stream", contentLength: nil, body: next)["data"] ?? .null
    }

    /// Every item of a list that comes in pages.
    func all(_ path: String, _ query: Query = [], atMost limit: Int = .max) async throws -> [JSONValue] {
        var items: [JSONValue] = []
        var cursor: String?
        repeat {
            let size = min(100, limit - items.count)
            let page = try await answer(
                "GET", path, query + [("limit", String(size)), ("cursor", cursor)])
            items += page["data"]?.array ?? []
            cursor = page["meta"]?["nextCursor"]?.string
        } while cursor != nil && items.count < limit
        return items
    }

    /// An answer that is not JSON, piece by piece.
    func stream(
        _ path: String, _ query: Query, _ take: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        let (application, request) = (application, try request("GET", path, query, nil, nil, nil))
        try await Task(executorPreference: request.loop) {
            let response = await application.respond(to: request)
            guard response.status == 200, case .stream(_, let produce) = response.body else {
                throw try Self.problem(response.status, try await Self.json(response), query)
            }
            try await produce(HTTPBodyWriter(sink: take))
        }.value
    }

    private func collect(
        _ method: String, _ path: String, _ query: Query, type: String, contentLength: Int?, body: HTTPBody.Supply?
    ) async throws -> JSONValue {
        let (application, request) = (application, try request(method, path, query, type, contentLength, body))
        return try await Task(executorPreference: request.loop) {
            let response = await application.respond(to: request)
            if response.status == 204 { return JSONValue.null }
            let json = try await Self.json(response)
            guard (200..<300).contains(response.status) else {
                throw try Self.problem(response.status, json, query)
            }
            return json
        }.value
    }

    private func request(
        _ method: String, _ path: String, _ query: Query, _ type: String?, _ length: Int?, _ body: HTTPBody.Supply?
    ) throws -> HTTPRequest {
        var fields = [("X-Book", book.id.description)]
        if let type, body != nil { fields.append(("Content-Type", type)) }
        let pairs = query.compactMap { item in item.value.map { "\(item.name)=\(Self.encoded($0))" } }
        let target = "/api/v1\(path)" + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
        guard
            let request = HTTPRequest(
                method: method, target: target, fields: fields, contentLength: length, body: body,
                loop: backend.loops.next())
        else { throw Refusal(.invalid, "TOO_LONG", "What was asked is too long for one request.") }
        return request
    }

    // MARK: Answers

    private static func json(_ response: HTTPResponse) async throws -> JSONValue {
        switch response.body {
        case .empty, .upgrade: return .null
        case .bytes(let bytes): return try JSONValue.parse(bytes)
        case .stream(_, let produce):
            let pieces = Pieces([])
            try await produce(HTTPBodyWriter { pieces.add($0) })
            return try JSONValue.parse(pieces.joined)
        }
    }

    /// What was refused, in the words of the command: its flags in the place of the API's parameters.
    private static func problem(_ status: Int, _ json: JSONValue, _ query: Query) throws -> Refusal {
        let kind: Refusal.Kind = status == 503 ? .unavailable : status == 404 ? .notFound : .invalid
        let code = json["code"]?.string ?? "HTTP_\(status)"
        let message = json["message"]?.string ?? "That did not work (\(status))."
        let fields = (json["errors"]?.array ?? []).compactMap { error -> FieldError? in
            guard let field = error["field"]?.string, let text = error["message"]?.string else { return nil }
            return FieldError(field, inFlags(text))
        }
        return Refusal(kind, code, inFlags(message), fields: fields)
    }

    private static let flags = [
        "startDate": "--from", "endDate": "--to", "minAmount": "--min", "maxAmount": "--max", "period1": "--with",
        "period2": "--month",
    ]

    private static func inFlags(_ message: String) -> String {
        flags.reduce(message) { $0.replacingOccurrences(of: $1.key, with: $1.value) }
    }

    static func encoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += "%" + (digits.count == 1 ? "0" + digits : digits)
            }
        }
        return encoded
    }
}
