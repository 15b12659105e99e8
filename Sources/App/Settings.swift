import EventLoop
import Glibc
import HTTP
import HTTPServer
import Identity
import Outbound
import Runtime
import Transactions

/// Every setting of the program. `purser config` shows them; README has the same list.
enum Settings {
    static let data = Setting<String>.text(
        "data", default: "./data", "Where everything is kept: the database, keys, files.")
    static let host = Setting<String>.text("host", default: "127.0.0.1", "The address to listen on.")
    static let port = Setting<Int>.number(
        "port", in: 0...65535, default: 8080, "The port to listen on; 0 takes a free one.")
    static let socket = Setting<String>.text("socket", default: "", "A Unix socket to listen on instead of a port.")
    static let role = Setting<String>.choice(
        "role", of: ["all", "api", "worker"], default: "all", "Which part of the work this process does.")
    static let loops = Setting<Int>.number("loops", in: 0...64, default: 0, "Event loops; 0 is one for each core.")
    static let publicURL = Setting<String>.text(
        "public-url", default: "", "The address that people use, for links; with https, cookies are marked Secure.")

    static let databaseURL = Setting<String>.text(
        "database-url", default: "", "A PostgreSQL to use instead of the embedded one: postgres://user@host/name.",
        isSecret: true)
    static let databaseAdminURL = Setting<String>.text(
        "database-admin-url", default: "",
        "The same PostgreSQL as its administrator, used only at the start: the audit log then belongs to that role, and the server may only read and add.",
        isSecret: true)
    static let postgresBin = Setting<String>.text(
        "postgres-bin", default: "", "Where the programs of PostgreSQL are; found by itself otherwise.")
    static let readConnections = Setting<Int>.number(
        "read-connections", in: 1...64, default: 4, "Connections for reading, in all.")
    static let writeConnections = Setting<Int>.number(
        "write-connections", in: 1...128, default: 16, "Connections for single writes, in all.")
    static let transactionConnections = Setting<Int>.number(
        "transaction-connections", in: 1...128, default: 10, "Connections for transactions of several steps, in all.")
    static let importsAtOnce = Setting<Int>.number(
        "imports-at-once", in: 1...64, default: 3, "Imports that run at the same time; further ones wait.")
    static let statementTimeout = Setting<Duration>.duration(
        "statement-timeout", default: "30s", "How long one statement may take.")

    static let rateLimits = Setting<Bool>.flag(
        "rate-limits", default: true, "Whether requests are counted and limited.")
    static let rateWindow = Setting<Duration>.duration(
        "rate-window", default: "15m", "The time in which requests are counted.")
    static let rateAnonymous = Setting<Int>.number(
        "rate-anonymous", in: 1...1_000_000, default: 100,
        "Requests in that time from an address that is not signed in.")
    static let rateSignedIn = Setting<Int>.number(
        "rate-signed-in", in: 1...10_000_000, default: 3000, "Requests in that time from a signed-in user.")
    static let rateCredentials = Setting<Int>.number(
        "rate-credentials", in: 1...1_000_000, default: 30,
        "Sign-ins, sign-ups and refreshes in that time from an address.")

    static let allowedOrigins = Setting<[String]>.list(
        "allowed-origins", default: "", "Origins of other pages that may call the API, separated by commas.")
    static let trustedProxies = Setting<[String]>.list(
        "trusted-proxies", default: "", "Addresses of proxies whose X-Forwarded-For is believed.")
    static let metricsAccess = Setting<String>.choice(
        "metrics", of: ["loopback", "everyone", "off"], default: "loopback", "Who may read /metrics.")

    static let maxBody = Setting<Int>.number(
        "max-body", in: 1024...1 << 30, default: 10 << 20, "The largest JSON body, in bytes.")
    static let maxUpload = Setting<Int>.number(
        "max-upload", in: 1024...1 << 40, default: 2 << 30, "The largest file to import, in bytes.")
    static let maxHead = Setting<Int>.number(
        "max-head", in: 1024...1 << 20, default: 16 * 1024, "The largest head of a request, in bytes.")
    static let maxFields = Setting<Int>.number(
        "max-fields", in: 8...10_000, default: 100, "The most header fields of a request.")
    static let maxTarget = Setting<Int>.number(
        "max-target", in: 256...1 << 20, default: 8 * 1024, "The longest request target, in bytes.")
    static let maxParts = Setting<Int>.number(
        "max-parts", in: 1...10_000, default: MultipartLimits().parts, "The most parts of an uploaded form.")
    static let maxPartHeader = Setting<Int>.number(
        "max-part-header", in: 256...1 << 20, default: MultipartLimits().partHeaderBytes,
        "The largest header of such a part, in bytes.")
    static let maxConnections = Setting<Int>.number(
        "max-connections", in: 1...1_000_000, default: 16_384, "Connections in all.")
    static let maxConnectionsPerAddress = Setting<Int>.number(
        "max-connections-per-address", in: 1...1_000_000, default: 512,
        "Connections from one address other than this machine's own.")
    static let headTimeout = Setting<Duration>.duration(
        "head-timeout", default: "10s", "How long the head of a request may take.")
    static let bodyTimeout = Setting<Duration>.duration(
        "body-timeout", default: "20s", "How long each 64 KiB of a body may take.")
    static let writeTimeout = Setting<Duration>.duration(
        "write-timeout", default: "20s", "How long a client may take to accept each 64 KiB of an answer.")
    static let idleTimeout = Setting<Duration>.duration(
        "idle-timeout", default: "75s", "How long a connection may stay without a request.")
    static let lingerTimeout = Setting<Duration>.duration(
        "linger-timeout", default: "2s", "How long a refused client may take to read why.")
    static let halfCloseGrace = Setting<Duration>.duration(
        "half-close-grace", default: "1s",
        "How long a request goes on for a client that has closed its sending half.")
    static let readyTimeout = Setting<Duration>.duration(
        "ready-timeout", default: "2s", "How long the database may take before /ready says that it is not.")
    static let shutdownGrace = Setting<Duration>.duration(
        "shutdown-grace", default: "15s", "How long what is under way may take when the server stops.")

    static let logLevel = Setting<String>.choice(
        "log-level", of: ["debug", "info", "warning", "error"], default: "info", "The least that is logged.")
    static let logFormat = Setting<String>.choice(
        "log-format", of: ["auto", "json", "text"], default: "auto",
        "How lines are written; auto is text at a terminal.")

    static let all: [SettingDeclaration] =
        [
            data.declaration, host.declaration, port.declaration, socket.declaration, role.declaration,
            loops.declaration,
            publicURL.declaration, databaseURL.declaration, databaseAdminURL.declaration, postgresBin.declaration,
            readConnections.declaration,
            writeConnections.declaration, transactionConnections.declaration, statementTimeout.declaration,
            importsAtOnce.declaration,
            rateLimits.declaration,
            rateWindow.declaration, rateAnonymous.declaration, rateSignedIn.declaration, rateCredentials.declaration,
            allowedOrigins.declaration, trustedProxies.declaration, metricsAccess.declaration, maxBody.declaration,
            maxUpload.declaration, maxHead.declaration, maxFields.declaration, maxTarget.declaration,
            maxParts.declaration, maxPartHeader.declaration, maxConnections.declaration,
            maxConnectionsPerAddress.declaration,
            headTimeout.declaration,
            bodyTimeout.declaration, writeTimeout.declaration, idleTimeout.declaration, lingerTimeout.declaration,
            halfCloseGrace.declaration, readyTimeout.declaration, shutdownGrace.declaration,
            logLevel.declaration, logFormat.declaration,
        ] + ImportSettings.all + IdentitySettings.all + IssuerSettings.all + OAuthSettings.all
        + MailSettings.all

    /// Variables of the source designs that are still understood.
    static let aliases = [
        "allowed-origins": "ALLOWED_ORIGINS", "database-url": "DATABASE_URL", "log-level": "LOG_LEVEL",
    ]

    static func read(_ arguments: Arguments) throws(ConfigurationProblem) -> Configuration {
        var environment: [String: String] = [:]
        var entry = environ
        while let pointer = entry.pointee {
            let pair = String(cString: pointer).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { environment[String(pair[0])] = String(pair[1]) }
            entry += 1
        }
        let names = Set(all.map(\.name))
        return try Configuration(
            all, flags: arguments.values.filter { names.contains($0.key) }, environment: environment, aliases: aliases)
    }

    static func log(_ configuration: Configuration) -> Log {
        let format: Log.Format =
            switch configuration[logFormat] {
            case "json": .json
            case "text": .text
            default: isatty(STDERR_FILENO) == 1 ? .text : .json
            }
        return Log(level: Log.Level(named: configuration[logLevel]) ?? .info, format: format)
    }

    static func server(_ configuration: Configuration) -> HTTPServerConfiguration {
        var server = HTTPServerConfiguration()
        server.host = configuration[host]
        server.port = configuration[port]
        server.unixSocketPath = configuration[socket].isEmpty ? nil : configuration[socket]
        server.maxHeadBytes = configuration[maxHead]
        server.maxFields = configuration[maxFields]
        server.maxTargetBytes = configuration[maxTarget]
        server.maxBodyBytes = configuration[maxUpload]
        server.headTimeout = configuration[headTimeout]
        server.bodyTimeout = configuration[bodyTimeout]
        server.writeTimeout = configuration[writeTimeout]
        server.idleTimeout = configuration[idleTimeout]
        server.lingerTimeout = configuration[lingerTimeout]
        server.halfCloseGrace = configuration[halfCloseGrace]
        server.maxConnections = configuration[maxConnections]
        server.maxConnectionsPerAddress = configuration[maxConnectionsPerAddress]
        return server
    }

    static func application(_ configuration: Configuration, version: String) -> ApplicationOptions {
        var options = ApplicationOptions()
        options.rateLimits = RateLimits(
            isEnabled: configuration[rateLimits], anonymous: configuration[rateAnonymous],
            signedIn: configuration[rateSignedIn],
            credentials: configuration[rateCredentials], window: configuration[rateWindow])
        options.cors = CORS(origins: configuration[allowedOrigins])
        options.limits = RequestLimits(jsonBodyBytes: configuration[maxBody], uploadBytes: configuration[maxUpload])
        options.limits.multipart = MultipartLimits(
            parts: configuration[maxParts], partHeaderBytes: configuration[maxPartHeader])
        options.trustedProxies = Set(configuration[trustedProxies])
        options.version = version
        return options
    }

    static func loopCount(_ configuration: Configuration) -> Int {
        let asked = configuration[loops]
        return asked > 0 ? asked : max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    }
}
