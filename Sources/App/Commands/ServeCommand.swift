import Activity
import Audit
import Base
import Books
import Database
import EventLoop
import Glibc
import HTTP
import HTTPServer
import Identity
import Jobs
import Outbound
import Runtime
import Web

/// `purser serve` and `purser worker`.
enum ServeCommand {
    static let serve = Command(
        name: "serve", summary: "Runs the server: the page, the API and the background work.",
        usage: "[--host H] [--port N] [--data DIR] [--demo] [--role all|api|worker]",
        details: """
            Without PURSER_DATABASE_URL it runs a private PostgreSQL in the data directory.
            Prints “listening on http://H:N” when it is ready; stops in an orderly way on SIGTERM or Ctrl-C.

              --demo   Adds an account with three years of made-up entries, and prints how to sign in.
            """,
        switches: ["demo"]
    ) { arguments in
        let configuration = try Settings.read(arguments)
        return try run(configuration, role: configuration[Settings.role], isDemo: arguments.has("demo"))
    }

    static let worker = Command(
        name: "worker", summary: "Runs the background work alone, beside servers with --role api.",
        usage: "[--database-url URL]",
        details: "Stops in an orderly way on SIGTERM: a job that has begun is finished."
    ) { arguments in
        try run(try Settings.read(arguments), role: "worker", isDemo: false)
    }

    private static func run(_ configuration: Configuration, role: String, isDemo: Bool) throws -> ExitCode {
        let log = Settings.log(configuration)
        // Blocked before any thread is made, so that only the wait below ever gets them.
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&signals, signal) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        let running = try runBlocking {
            let backend = try await Backend.start(
                configuration, log: log, cluster: role == "worker" ? .ownOrBorrow : .own)
            do { return try await Running.start(backend, role: role, isDemo: isDemo) } catch {
                await backend.stop()
                throw error
            }
        }
        var received: Int32 = 0
        repeat {
            sigwait(&signals, &received)
            if received == SIGHUP { running.reloadKeys() }
        } while received == SIGHUP
        log.info("stopping") { $0.text("signal", received == SIGTERM ? "SIGTERM" : "SIGINT") }
        try runBlocking { await running.stop(grace: configuration[Settings.shutdownGrace]) }
        return .success
    }

    /// A server that has started.
    private struct Running: Sendable {
        let backend: Backend
        let server: HTTPServer?
        let worker: Worker?
        let background: [Task<Void, Never>]

        static func start(_ backend: Backend, role: String, isDemo: Bool) async throws -> Running {
            let configuration = backend.configuration
            let log = backend.log
            let accounts = backend.accounts
            if case .open(let powers) = try await AuditProtection.state(backend.database) {
                log.warning("only its chain guards the audit log from the server; see purser doctor") {
                    $0.text("because", powers.joined(separator: "; "))
                }
            }
            guard role != "worker" else {
                let worker = startWorker(backend)
                // It opens what servers seal, and seals letters itself.
                let directory = backend.keysDirectory
                Output.line("working")
                return Running(
                    backend: backend, server: nil, worker: worker,
                    background: [Task { await accounts.followKeys(directory: directory) }])
            }
            let demo = isDemo ? try await Demo.prepare(backend) : nil
            let page = WebPage()
            for file in page.missing {
                log.warning("a file of the page is missing; install its Debian package") { $0.text("file", file) }
            }
            let authenticator = Authenticator(accounts: accounts, keys: backend.keys, issued: backend.issued)
            let books = backend.books
            let application = Application(
                routes: Modules.routes(backend, metricsAccess: configuration[Settings.metricsAccess]),
                aliases: Modules.aliases,
                authenticate: authenticator.authenticate, authenticateService: backend.keys.service,
                findBook: { try await books.context(of: $0, requested: $1) },
                fallback: page.answer, options: Settings.application(configuration, version: Main.version), log: log,
                metrics: backend.metrics)
            let server = HTTPServer(
                configuration: Settings.server(configuration), loops: backend.loops, handler: application.respond,
                onWireError: application.answerWireError)
            addMetrics(of: server, to: backend.metrics)
            let port = try await listen(server, configuration)
            let worker = role == "api" ? nil : startWorker(backend)
            backend.publicAddress.listens(at: address(configuration, port: port))
            let background = follow(backend)
            Output.line("Letters go to \(backend.mailer.summary).")
            try await greet(configuration, port: port, demo: demo, accounts: accounts)
            return Running(backend: backend, server: server, worker: worker, background: background)
        }

        /// At once, for an operator who does not want to wait.
        func reloadKeys() { backend.accounts.reloadKeys(directory: backend.keysDirectory) }

        private static func startWorker(_ backend: Backend) -> Worker {
            let worker = Worker(
                database: backend.database, registry: Modules.jobs(backend), loop: backend.loops.next(),
                log: backend.log,
                metrics: backend.metrics)
            worker.start()
            return worker
        }

        /// Hears of what other processes change in what this one remembers.
        private static func follow(_ backend: Backend) -> [Task<Void, Never>] {
            let (accounts, books, followers) = (backend.accounts, backend.books, backend.followers)
            let signingKeys = backend.keysDirectory
            let (activity, keys, loop) = (backend.activity, backend.keys, backend.loops.next())
            return [
                Task { await accounts.followEndedSessions() },
                Task { await books.follow() },
                Task { await accounts.followKeys(directory: signingKeys) },
                Task { await activity.run(on: loop) },
                Task { await keys.follow() },
                Task { await followers.run() },
            ]
        }

        private static func listen(_ server: HTTPServer, _ configuration: Configuration) async throws -> Int {
            do { return try await server.start() } catch let error as SystemError {
                let place =
                    configuration[Settings.socket].isEmpty
                    ? "\(configuration[Settings.host]):\(configuration[Settings.port])" : configuration[Settings.socket]
                let remedy =
                    error.code == EADDRINUSE ? " Another program listens there; choose another with --port." : ""
                throw BackendProblem("Cannot listen on \(place): \(String(cString: strerror(error.code))).\(remedy)")
            }
        }

        private static func address(_ configuration: Configuration, port: Int) -> String {
            let host = configuration[Settings.host]
            return "http://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        }

        private static func greet(
            _ configuration: Configuration, port: Int, demo: Demo.Account?, accounts: Accounts
        ) async throws {
            let address = address(configuration, port: port)
            let link = configuration[Settings.publicURL].isEmpty ? address : configuration[Settings.publicURL]
            if let token = try await accounts.prepareSetup(), demo == nil {
                Output.line("There is no administrator yet. Make one within seven days: \(link)/setup/\(token)")
            }
            if let demo {
                Output.line("Demo: sign in as \(demo.email) with the password \(demo.password)")
                Output.line("or with the same password as \(DemoHousehold.kimEmail), who shares two books with it.")
            }
            let socket = configuration[Settings.socket]
            Output.line(socket.isEmpty ? "listening on \(address)" : "listening on unix:\(socket)")
        }

        private static func addMetrics(of server: HTTPServer, to metrics: Metrics) {
            metrics.gauge("purser_http_connections", "Connections open.") { server.statistics.open }
            metrics.gauge("purser_http_connections_accepted", "Connections accepted since the start.") {
                server.statistics.accepted
            }
        }

        /// In the order in which each needs the others: no new requests, no new jobs, then what they stand on.
        func stop(grace: Duration) async {
            await server?.drain(grace: grace)
            await worker?.stop()
            for task in background { task.cancel() }
            // They say goodbye to the database, which must still be there.
            for task in background { await task.value }
            await backend.stop()
        }
    }
}
