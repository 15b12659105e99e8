import Activity
import Audit
import Books
import Cryptography
import Database
import EventLoop
import FoundationEssentials
import Glibc
import Identity
import Outbound
import Resources
import Runtime
import Transactions

/// What every command that touches data stands on: loops, the database, accounts.
final class Backend: Sendable {
    let configuration: Configuration
    let log: Log
    let metrics: Metrics
    let loops: EventLoopGroup
    let database: Database
    let accounts: Accounts
    let books: BookDirectory
    /// Keys of programs.
    let keys: APIKeys
    /// Tokens of the other system that the operator trusts; nil where none is named.
    let issued: IssuedTokens?
    /// The other processes on the same database.
    let followers: Followers
    let idempotency: Idempotency
    /// For what must be read again, and by nobody else: letters that wait, secrets of second factors.
    let secrets: SecretBox
    let mailQueue: MailQueue
    /// Other services that people may sign in with.
    let signInServices: [OAuthProvider]
    /// What links in letters begin with.
    let publicAddress: PublicAddress
    /// The way that letters go.
    let mailer: any Mailer
    /// Who follows which book, in this process.
    let activity: ActivityHub
    /// For what is slow on the CPU or the disk.
    let pool: BlockingPool
    /// Nil with a database of its own, or beside a server that runs the cluster.
    private let cluster: EmbeddedCluster?
    let applied: [String]

    private init(
        configuration: Configuration, log: Log, loops: EventLoopGroup, database: Database, cluster: EmbeddedCluster?,
        applied: [String]
    ) throws {
        self.configuration = configuration
        self.log = log
        metrics = Metrics()
        self.loops = loops
        self.database = database
        self.cluster = cluster
        self.applied = applied
        secrets = try IdentityModule.secrets(dataDirectory: configuration[Settings.data])
        publicAddress = PublicAddress(
            configured: configuration[Settings.publicURL],
            fallback: "http://\(configuration[Settings.host]):\(configuration[Settings.port])")
        followers = Followers(database: database)
        accounts = try IdentityModule.accounts(
            configuration, dataDirectory: configuration[Settings.data], database: database, cores: loops.loops.count,
            secrets: secrets, address: publicAddress, followers: followers, log: log)
        mailQueue = MailQueue(secrets: secrets)
        signInServices = try OAuthProvider.load(configuration[OAuthSettings.providers])
        books = BookDirectory(database: database, followers: followers)
        let (directory, others) = (books, followers)
        issued = try TrustedIssuer.load(configuration).map { issuer in
            IssuedTokens(issuer: issuer, database: database, followers: others, log: log) {
                await directory.settleChange()
            }
        }
        activity = ActivityHub(database: database, subject: Modules.subject, log: log)
        keys = APIKeys(database: database, followers: followers, log: log)
        pool = BlockingPool(threads: 2, queueLimit: 256)
        mailer = try MailSettings.mailer(
            configuration, dataDirectory: configuration[Settings.data], address: publicAddress,
            pool: BlockingPool(threads: 2, queueLimit: 64, name: "mail"), log: log)
        idempotency = Idempotency(database: database) { SHA256.hash($0) }
    }

    /// Where this installation's secrets are.
    var keysDirectory: String { configuration[Settings.data] + "/keys" }

    /// How the embedded cluster is shared.
    enum ClusterUse {
        /// This process runs it; another one on the same directory is an error.
        case own
        /// Beside a running server this process uses that one's. What is not there is not made: a wrong --data would
        /// leave an empty database behind.
        case ownOrBorrow
        /// As `ownOrBorrow`, and makes the data directory where there is none yet.
        case make
    }

    /// Starts what is configured, and brings the schema up to date.
    static func start(_ configuration: Configuration, log: Log, cluster use: ClusterUse) async throws -> Backend {
        let loops = EventLoopGroup(count: Settings.loopCount(configuration))
        loops.start()
        var cluster: EmbeddedCluster?
        do {
            let databaseLog: DatabaseLog = { level, message in
                switch level {
                case .debug: log.debug(message)
                case .info: log.info(message)
                case .warning: log.warning(message)
                case .error: log.error(message)
                }
            }
            var url = configuration[Settings.databaseURL]
            var adminURL = configuration[Settings.databaseAdminURL]
            let directory = configuration[Settings.data]
            if url.isEmpty {
                let mayBorrow = use == .ownOrBorrow || use == .make && access(directory, F_OK) == 0
                if mayBorrow, let running = try EmbeddedCluster.attach(dataDirectory: directory) {
                    url = running.connectionString
                    adminURL = running.directory.connectionString(database: "purser", user: "postgres")
                } else {
                    var settings = EmbeddedCluster.Configuration(dataDirectory: directory)
                    settings.binaries =
                        configuration[Settings.postgresBin].isEmpty ? nil : configuration[Settings.postgresBin]
                    settings.log = databaseLog
                    settings.maxConnections = connections(configuration) + 30
                    let started = try await EmbeddedCluster.start(settings)
                    cluster = started
                    url = started.connectionString
                    adminURL = started.superuserConnectionString(database: "purser")
                }
            } else {
                // Keys live in the data directory even when the data does not.
                guard mkdir(directory, 0o700) == 0 || errno == EEXIST else {
                    throw BackendProblem(
                        "The data directory \(directory) cannot be made: \(String(cString: strerror(errno))).")
                }
            }
            var settings = DatabaseConfiguration(url: url)
            settings.readConnections = configuration[Settings.readConnections]
            settings.writeConnections = configuration[Settings.writeConnections]
            settings.leases = configuration[Settings.transactionConnections]
            settings.statementTimeout = configuration[Settings.statementTimeout]
            settings.log = databaseLog
            let applied = try await Migrator.apply(
                Modules.migrations, to: settings, admin: adminURL.isEmpty ? nil : DatabaseConfiguration(url: adminURL))
            if !adminURL.isEmpty { try await AuditProtection.apply(url: url, admin: adminURL) }
            let database = try await Database.connect(settings, loops: loops)
            return try Backend(
                configuration: configuration, log: log, loops: loops, database: database, cluster: cluster,
                applied: applied)
        } catch {
            await cluster?.stop()
            loops.shutdown()
            throw error
        }
    }

    private static func connections(_ configuration: Configuration) -> Int {
        configuration[Settings.readConnections] + configuration[Settings.writeConnections]
            + configuration[Settings.transactionConnections]
    }

    /// Only for what its parts declare: no connection, and keys that are thrown away.
    static func unstarted() throws -> Backend {
        var template = Array("/tmp/purser-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw BackendProblem("No temporary directory can be made in /tmp.") }
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let configuration = try Configuration(Settings.all, flags: ["data": directory])
        let loops = EventLoopGroup(count: 1)
        let database = Database.unopened(DatabaseConfiguration(url: ""), loops: loops)
        return try Backend(
            configuration: configuration, log: .silent, loops: loops, database: database, cluster: nil, applied: [])
    }

    func stop() async {
        await database.close()
        await cluster?.stop()
        log.flush()
    }
}

/// What an operator can mend.
struct BackendProblem: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
