import Audit
import Base
import Books
import Categories
import Cryptography
import Database
import EventLoop
import Foundation
import HTTP
import HTTPServer
import JSON
import Jobs
import Outbound
import Resources
import Runtime
import Synchronization
import TestSupport
import Testing

@testable import Identity

extension Trait where Self == DatabaseTrait {
    /// A database with the tables that sign-in needs.
    static var accounts: DatabaseTrait {
        .database(
            migrations: (JobsModule.migrations + ResourcesModule.migrations + AuditModule.migrations
                + IdentityModule.migrations + BooksModule.migrations + CategoriesModule.migrations)
                .sorted { $0.name < $1.name })
    }
}

/// A clock that stands still until it is told to go on.
final class TestClock: Sendable {
    private let instant = Mutex(Instant(secondsSinceEpoch: 1_800_000_000))
    var now: Instant { instant.withLock { $0 } }
    func advance(by duration: Duration) { instant.withLock { $0 = $0 + duration } }
    var clock: Clock { Clock { self.now } }
}

/// The sign-in routes behind a real server, on the running test's database.
final class TestApp: Sendable {
    static let keys = Result { () throws -> SigningKeys in
        try #require(SigningKeys(newestFirst: [try RSAPrivateKey.generate()]))
    }
    static let sessionKey = SecretKey(id: 1, bytes: secureRandomBytes(32)) ?? { preconditionFailure() }()
    static let sessionKeys = SecretKeyRing(current: sessionKey)
    static let secrets = SecretBox(current: sessionKey)

    let accounts: Accounts
    let database: Database
    let clock = TestClock()
    let port: Int
    private let server: HTTPServer
    private let logFile: FileHandle
    private let log: Log
    private static let logFiles = Mutex<[FileHandle]>([])

    /// Runs the body with a server of its own.
    static func run(
        _ configure: (inout IdentityOptions) -> Void = { _ in }, rateLimits: RateLimits = RateLimits(isEnabled: false),
        providers: [OAuthProvider] = [], secrets: SecretBox = TestApp.secrets,
        sessionKeys: SecretKeyRing = TestApp.sessionKeys,
        breached place: String = "", _ body: (TestApp) async throws -> Void
    ) async throws {
        var options = IdentityOptions()
        configure(&options)
        let breached = try BreachedPasswords(place, allowsPlainLoopback: true, log: .silent)
        let app = try await TestApp(options, rateLimits, providers, secrets, sessionKeys, breached)
        do {
            try await body(app)
            await app.stop()
        } catch {
            await app.stop()
            throw error
        }
    }

    private init(
        _ options: IdentityOptions, _ rateLimits: RateLimits, _ providers: [OAuthProvider], _ secrets: SecretBox,
        _ sessionKeys: SecretKeyRing, _ breached: BreachedPasswords
    ) async throws {
        let test = TestDatabase.current
        database = test.database
        let path = TestDirectories.make("log") + "/log"
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        logFile = file
        // The log writes a moment later, from a thread of its own: its descriptor must never become another's.
        Self.logFiles.withLock { $0.append(file) }
        log = Log(level: .debug, descriptor: logFile.fileDescriptor)
        let hasher = PasswordHasher(
            concurrent: 2, parameters: Argon2id.Parameters(memoryKiB: 64, iterations: 1, lanes: 1))
        let tokens = AccessTokens(
            jwt: JWT(keys: try Self.keys.get(), issuer: "purser", audience: "purser", leeway: 0),
            lifetime: .seconds(900))
        accounts = Accounts(
            database: database, hasher: hasher, tokens: tokens, sessionKeys: sessionKeys, options: options,
            secrets: secrets, address: PublicAddress(configured: "https://purser.test", fallback: ""),
            breached: breached, clock: clock.clock, log: log)
        var routes = Routes()
        for group in IdentityModule.routes(accounts) { group.register(in: &routes) }
        let party = RelyingParty(publicURL: SoftAuthenticator.origin)
        PasskeyRoutes(accounts: accounts, party: party).register(in: &routes)
        let services = OAuthRoutes(accounts: accounts, providers: providers, allowsPlainLoopback: true)
        services.register(in: &routes)
        ConfirmationRoutes(accounts: accounts, party: party, services: services).register(in: &routes)
        let directory = BookDirectory(database: database)
        MemberRoutes(database: database, directory: directory) { [accounts] in try await accounts.requireFresh($0) }
            .register(in: &routes)
        var applicationOptions = ApplicationOptions()
        applicationOptions.rateLimits = rateLimits
        applicationOptions.trustedProxies = ["127.0.0.1"]
        let application = Application(
            routes: routes, aliases: IdentityRoutes.aliases,
            authenticate: Authenticator(accounts: accounts).authenticate,
            findBook: { try await directory.context(of: $0, requested: $1) }, options: applicationOptions, log: log,
            metrics: Metrics(), clock: clock.clock)
        server = HTTPServer(
            configuration: HTTPServerConfiguration(), loops: test.loops,
            handler: { await application.respond(to: $0) },
            onWireError: { application.answerWireError(status: $0, reason: $1) })
        port = try await server.start()
    }

    private func stop() async {
        await server.drain(grace: .seconds(2))
        accounts.hasher.shutdown()
    }

    /// Everything that was logged until now.
    func logText() throws -> String {
        log.flush()
        try logFile.seek(toOffset: 0)
        return String(decoding: try logFile.readToEnd() ?? Data(), as: UTF8.self)
    }

    // MARK: Requests

    private static let threads = BlockingPool(threads: 24, queueLimit: 1000, name: "client")

    func send(
        _ method: String, _ path: String, _ body: String? = nil, bearer: String? = nil, cookies: [String: String] = [:],
        fields: [(String, String)] = []
    ) async throws -> Answer {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: purser.test\r\nConnection: close\r\n"
        if let bearer { head += "Authorization: Bearer \(bearer)\r\n" }
        if !cookies.isEmpty {
            head +=
                "Cookie: " + cookies.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }.joined(separator: "; ") + "\r\n"
        }
        for (name, value) in fields { head += "\(name): \(value)\r\n" }
        if let body { head += "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n" }
        let bytes = Array((head + "\r\n" + (body ?? "")).utf8)
        return try await exchange(bytes, port: port)
    }

    /// With any server on this machine.
    func exchange(_ request: [UInt8], port: Int) async throws -> Answer {
        try await Self.threads.run { try Answer(exchangeBytes(request, port: port)) }
    }

    func post(
        _ path: String, _ body: String, bearer: String? = nil, cookies: [String: String] = [:],
        fields: [(String, String)] = []
    ) async throws -> Answer {
        try await send("POST", "/api/v1" + path, body, bearer: bearer, cookies: cookies, fields: fields)
    }

    func get(_ path: String, bearer: String? = nil, cookies: [String: String] = [:]) async throws -> Answer {
        try await send("GET", path, bearer: bearer, cookies: cookies)
    }

    static let password = "correct horse battery"

    /// Ada, who is in nearly every test.
    func registerAda(_ more: String = "") async throws -> Answer {
        try await post(
            "/auth/register",
            #"{"email":"Ada@Example.org","password":"\#(Self.password)","firstName":"Ada","lastName":"Lovelace"\#(more)}"#
        )
    }

    func signInAda(_ password: String = TestApp.password, from address: String = "192.0.2.1", _ more: String = "")
        async throws -> Answer
    {
        try await post(
            "/auth/login", #"{"email":"ada@example.org","password":"\#(password)"\#(more)}"#,
            fields: [("X-Forwarded-For", address)])
    }

    func refresh(_ token: String?) async throws -> Answer {
        try await post("/auth/refresh", #"{"refreshToken":"\#(token ?? "")"}"#)
    }

    func count(_ sql: SQL) async throws -> Int { try await database.first(sql)?.get(0) ?? -1 }
}

/// One answer, taken apart.
struct Answer: Sendable {
    let status: Int
    let fields: [(name: String, value: String)]
    let text: String
    let json: JSONValue

    init(_ bytes: [UInt8]) throws {
        let whole = String(decoding: bytes, as: UTF8.self)
        let parts = try #require(whole.range(of: "\r\n\r\n"))
        let lines = whole[..<parts.lowerBound].components(separatedBy: "\r\n")
        status = try #require(lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) })
        fields = lines.dropFirst().compactMap { line in
            line.firstIndex(of: ":").map {
                (line[..<$0].lowercased(), line[line.index(after: $0)...].trimmingCharacters(in: .whitespaces))
            }
        }
        text = String(whole[parts.upperBound...])
        json = (try? JSONValue.parse(text)) ?? .null
    }

    subscript(name: String) -> String? { fields.first { $0.name == name }?.value }
    var data: JSONValue { json["data"] ?? .null }
    var code: String? { json["code"]?.string }
    var accessToken: String? { data["accessToken"]?.string }
    var refreshToken: String? { data["refreshToken"]?.string }

    /// Name and value of every cookie that was set, with the whole line.
    var cookies: [String: (value: String, line: String)] {
        var found: [String: (String, String)] = [:]
        for field in fields where field.name == "set-cookie" {
            let pair = field.value.prefix { $0 != ";" }
            guard let equals = pair.firstIndex(of: "=") else { continue }
            found[String(pair[..<equals])] = (String(pair[pair.index(after: equals)...]), field.value)
        }
        return found
    }

    /// As a browser would send them back.
    var jar: [String: String] { cookies.mapValues(\.value) }
}

private struct ClientError: Error { let operation: String }

/// A blocking exchange over a connection of its own.
private func exchangeBytes(_ request: [UInt8], port: Int) throws -> [UInt8] {
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard socket >= 0 else { throw ClientError(operation: "socket") }
    defer { close(socket) }
    var timeout = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let connected = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    guard connected == 0 else { throw ClientError(operation: "connect") }
    var sent = 0
    while sent < request.count {
        let count = request[sent...].withUnsafeBytes {
            Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard count > 0 else { throw ClientError(operation: "send") }
        sent += count
    }
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = recv(socket, &buffer, buffer.count, 0)
        guard count >= 0 else { throw ClientError(operation: "receive") }
        if count == 0 { return answer }
        answer += buffer[..<count]
    }
}
