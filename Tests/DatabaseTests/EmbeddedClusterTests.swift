import Database
import EventLoop
import Glibc
import Synchronization
import TestSupport
import Testing

@Suite(.serialized) struct `An embedded cluster` {
    /// Lines of the log, to look at.
    final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        func add(_ line: String) { lines.withLock { $0.append(line) } }
        func contains(_ text: String) -> Bool { lines.withLock { $0.contains { $0.contains(text) } } }
    }

    private func configuration(_ path: String, _ lines: Lines = Lines()) -> EmbeddedCluster.Configuration {
        var configuration = EmbeddedCluster.Configuration(dataDirectory: path)
        configuration.log = { _, text in lines.add(text) }
        configuration.maxConnections = 20
        return configuration
    }

    private func text(_ url: String, _ sql: String) async throws {
        try await Maintenance.run(sql, url: url)
    }

    /// Ends the process and does not wait, as an operator's kill -9 does.
    private func killPostmaster(_ cluster: EmbeddedCluster) { kill(cluster.postmaster, SIGKILL) }

    @Test func `keeps what it was given over a stop`() async throws {
        let path = TestDirectories.make("data") + "/deep/er"
        let cold = ContinuousClock.now
        let first = try await EmbeddedCluster.start(configuration(path))
        let coldTime = ContinuousClock.now - cold
        try await text(first.connectionString, "CREATE TABLE kept (id int8); INSERT INTO kept VALUES (1)")
        await first.stop()
        let warm = ContinuousClock.now
        let second = try await EmbeddedCluster.start(configuration(path))
        print("embedded cluster: cold \(coldTime), warm \(ContinuousClock.now - warm)")
        try await text(second.connectionString, "SELECT 1 / count(*) FROM kept")
        await second.stop()
        // The application's user is no superuser, and the data directory is closed to others.
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o077 == 0)
        #expect(stat(path + "/postgres/cluster", &status) == 0 && status.st_mode & 0o077 == 0)
    }

    @Test func `gives its user no more than its own database`() async throws {
        let cluster = try await EmbeddedCluster.start(configuration(TestDirectories.make("data")))
        await #expect(throws: DatabaseError.self) {
            try await text(cluster.connectionString, "COPY (SELECT 1) TO PROGRAM 'cat'")
        }
        await cluster.stop()
    }

    @Test func `is refused to a second server, which may attach`() async throws {
        let path = TestDirectories.make("data")
        let cluster = try await EmbeddedCluster.start(configuration(path))
        let error = await #expect(throws: ClusterError.self) {
            _ = try await EmbeddedCluster.start(configuration(path))
        }
        #expect(error?.description.contains("pid \(getpid())") == true)
        let attached = try #require(try EmbeddedCluster.attach(dataDirectory: path))
        #expect(attached.directory.holder() == getpid())
        try await text(attached.connectionString, "SELECT 1")
        await cluster.stop()
        #expect(try EmbeddedCluster.attach(dataDirectory: path) == nil)
    }

    @Test func `is started again when it is killed, and traffic goes on`() async throws {
        let lines = Lines()
        let cluster = try await EmbeddedCluster.start(configuration(TestDirectories.make("data"), lines))
        let loops = EventLoopGroup(count: 1)
        loops.start()
        var settings = DatabaseConfiguration(url: cluster.connectionString)
        settings.acquireTimeout = .seconds(30)
        let database = try await Database.connect(settings, loops: loops)
        try await database.run("CREATE TABLE acknowledged (id int8 PRIMARY KEY)")
        let acknowledged = Counter()
        let unknown = Counter()
        await withTaskGroup(of: Void.self) { group in
            let end = ContinuousClock.now + .seconds(3)
            for writer in 0..<8 {
                group.addTask {
                    var number = 0
                    while ContinuousClock.now < end {
                        number += 1
                        do {
                            try await database.write("INSERT INTO acknowledged VALUES (\(writer * 1_000_000 + number))")
                            acknowledged.add()
                        } catch {
                            #expect((error as? DatabaseError)?.kind == .outcomeUnknown, "\(error)")
                            unknown.add()
                        }
                        _ = try? await database.query("SELECT \(number)")
                    }
                }
            }
            group.addTask {
                for _ in 0..<2 {
                    try? await Task.sleep(for: .milliseconds(600))
                    killPostmaster(cluster)
                }
            }
        }
        let count: Int = try await database.first("SELECT count(*) FROM acknowledged")?.get(0) ?? -1
        // Nothing acknowledged is lost; what was in flight may be there.
        #expect(count >= acknowledged.value && count <= acknowledged.value + unknown.value)
        #expect(acknowledged.value > 100)
        #expect(lines.contains("starting it again"))
        #expect(lines.contains("runs again"))
        await database.close()
        loops.shutdown()
        await cluster.stop()
    }

    @Test func `starts where a killed one has left its pid file`() async throws {
        let path = TestDirectories.make("data")
        let lines = Lines()
        let first = try await EmbeddedCluster.start(configuration(path))
        let file = path + "/postgres/cluster/postmaster.pid"
        await first.stop()
        // A pid that is in use again by something else: our own.
        try write("\(getpid())\n\(path)/postgres/cluster\n", to: file)
        try write("\(getpid())\n", to: path + "/postgres/cluster/.s.PGSQL.5432.lock")
        let second = try await EmbeddedCluster.start(configuration(path, lines))
        #expect(lines.contains("stale"))
        await second.stop()
        // Rubbish.
        try write("", to: file)
        let third = try await EmbeddedCluster.start(configuration(path))
        await third.stop()
    }

    @Test func `stops one that an earlier server has left running`() async throws {
        let path = TestDirectories.make("data")
        let lines = Lines()
        let first = try await EmbeddedCluster.start(configuration(path))
        try await text(first.connectionString, "CREATE TABLE kept (id int8); INSERT INTO kept VALUES (1)")
        await first.stop()
        // As a server that was killed where the kernel could not tell its child: a postmaster without a parent.
        var status = stat()
        #expect(stat(path + "/postgres/cluster", &status) == 0)
        let programs = getenv("PURSER_POSTGRES_BIN").map { String(cString: $0) } ?? "/usr/lib/postgresql/*/bin"
        let user = geteuid() == 0 ? "setpriv --reuid=\(status.st_uid) --regid=\(status.st_gid) --clear-groups" : ""
        system(
            "cd / && setsid \(user) $(ls \(programs)/postgres | tail -1) -D \(path)/postgres/cluster >/dev/null 2>&1 &")
        let socket = path + "/postgres/cluster/.s.PGSQL.5432"
        for _ in 0..<500 where access(socket, F_OK) != 0 { try await Task.sleep(for: .milliseconds(20)) }
        #expect(access(socket, F_OK) == 0)
        let second = try await EmbeddedCluster.start(configuration(path, lines))
        #expect(lines.contains("left running"))
        try await text(second.connectionString, "SELECT 1 / count(*) FROM kept")
        await second.stop()
    }

    @Test func `of another major version is refused and not touched`() async throws {
        let path = TestDirectories.make("data")
        let first = try await EmbeddedCluster.start(configuration(path))
        await first.stop()
        try write("12\n", to: path + "/postgres/cluster/PG_VERSION")
        let error = await #expect(throws: ClusterError.self) {
            _ = try await EmbeddedCluster.start(configuration(path))
        }
        #expect(error?.description.contains("PostgreSQL 12") == true)
        #expect(error?.description.contains("pg_upgrade") == true)
    }

    @Test func `does not overwrite files that it does not know`() async throws {
        let path = TestDirectories.make("data")
        mkdir(path + "/postgres", 0o755)
        mkdir(path + "/postgres/cluster", 0o755)
        try write("precious", to: path + "/postgres/cluster/notes.txt")
        if geteuid() == 0 { chown(path + "/postgres/cluster", 65534, 65534) }
        await #expect(throws: ClusterError.self) { _ = try await EmbeddedCluster.start(configuration(path)) }
        #expect(access(path + "/postgres/cluster/notes.txt", F_OK) == 0)
    }

    @Test func `begins anew where making it was cut off`() async throws {
        let path = TestDirectories.make("data")
        mkdir(path + "/postgres", 0o700)
        mkdir(path + "/postgres/cluster.new", 0o700)
        try write("half", to: path + "/postgres/cluster.new/PG_VERSION")
        let cluster = try await EmbeddedCluster.start(configuration(path))
        try await text(cluster.connectionString, "SELECT 1")
        await cluster.stop()
    }

    @Test func `lives below closed directories and long paths`() async throws {
        let parent = TestDirectories.make("closed")
        chmod(parent, 0o700)
        let path = parent + "/" + String(repeating: "a rather long name, ", count: 6) + "/it's here"
        let cluster = try await EmbeddedCluster.start(configuration(path))
        try await text(cluster.connectionString, "SELECT 1")
        let attached = try #require(try EmbeddedCluster.attach(dataDirectory: path))
        try await text(attached.connectionString, "SELECT 1")
        await cluster.stop()
    }

    @Test func `says what is missing`() async throws {
        var configuration = configuration(TestDirectories.make("data"))
        configuration.binaries = "/nowhere"
        let error = await #expect(throws: ClusterError.self) { _ = try await EmbeddedCluster.start(configuration) }
        #expect(error?.description.contains("PURSER_POSTGRES_BIN") == true)
        await #expect(throws: ClusterError.self) {
            _ = try await EmbeddedCluster.start(self.configuration("/proc/nothing/here"))
        }
    }

    private func write(_ text: String, to path: String) throws {
        let file = try #require(fopen(path, "w"))
        fputs(text, file)
        fclose(file)
    }
}
