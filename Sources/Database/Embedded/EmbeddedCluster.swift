import CPQ
import Glibc
import Synchronization

/// The private PostgreSQL of a data directory: made at the first start, reachable over a Unix socket alone, restarted
/// when it dies and stopped with the server.
///
/// The postmaster's parent-death signal follows the thread that started it, so one thread lives as long as it does.
package final class EmbeddedCluster: Sendable {
    package struct Configuration: Sendable {
        /// The server's data directory; the cluster is in `postgres` below it.
        package var dataDirectory: String
        package var maxConnections = 100
        /// Off only where the data may be lost, as in tests.
        package var isDurable = true
        /// Where PostgreSQL's programs are; searched for when nil.
        package var binaries: String?
        package var log: DatabaseLog = { _, _ in }

        package init(dataDirectory: String) { self.dataDirectory = dataDirectory }
    }

    package let directory: ClusterDirectory
    private let supervisor: ClusterSupervisor

    private init(_ directory: ClusterDirectory, _ supervisor: ClusterSupervisor) {
        self.directory = directory
        self.supervisor = supervisor
    }

    /// For libpq: the application's own database, as a user that is not a superuser.
    package var connectionString: String { directory.connectionString(database: "purser", user: "purser") }

    /// As PostgreSQL's superuser, for tests and maintenance.
    package func superuserConnectionString(database: String = "postgres") -> String {
        directory.connectionString(database: database, user: "postgres")
    }

    /// The postmaster's process now.
    package var postmaster: Int32 { supervisor.postmaster }

    /// Returns when the cluster accepts connections. Throws `ClusterError` with a remedy where it cannot.
    package static func start(_ configuration: Configuration) async throws -> EmbeddedCluster {
        try await withCheckedThrowingContinuation { continuation in
            ClusterThread.start {
                do {
                    let directory = try ClusterDirectory(path: configuration.dataDirectory)
                    try directory.lock()
                    let supervisor = try ClusterSupervisor(directory, configuration)
                    try supervisor.startCluster()
                    continuation.resume(returning: EmbeddedCluster(directory, supervisor))
                    supervisor.supervise()
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }

    /// How to reach the cluster of another process on this data directory, for commands beside a running server. Nil
    /// when no server holds the directory.
    package static func attach(dataDirectory: String) throws -> (connectionString: String, directory: ClusterDirectory)?
    {
        let directory = try ClusterDirectory(path: dataDirectory, creating: false)
        guard directory.holder() != nil else { return nil }
        return (directory.connectionString(database: "purser", user: "purser"), directory)
    }

    /// A fast shutdown: transactions are rolled back, what was committed is on disk. Returns when it is down.
    package func stop() async {
        await withCheckedContinuation { continuation in
            ClusterThread.start {
                self.supervisor.stop()
                continuation.resume()
            }
        }
    }

    /// The same for an exit handler, which cannot await.
    package func stopBlocking(immediately: Bool = false) { supervisor.stop(immediately: immediately) }
}

package struct ClusterError: Error, Sendable, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}

/// A thread of its own, which nobody waits for.
enum ClusterThread {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    static func start(_ run: @escaping @Sendable () -> Void) {
        let body = Unmanaged.passRetained(Body(run))
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, body.toOpaque())
        precondition(code == 0, "no thread for the database: error \(code)")
    }
}
