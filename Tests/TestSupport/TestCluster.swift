import Database
import EventLoop
import Glibc
import Synchronization

/// The PostgreSQL of one test process: started by the first test that needs it, gone with the process.
package actor TestCluster {
    private static let shared = TestCluster()
    /// More tests at once than this would only wait for each other, and use up the connections.
    private static let simultaneous = 4

    private var starting: Task<Running, any Error>?
    private var templates: [String: Task<String, any Error>] = [:]
    private var active = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var lastNumber = 0

    struct Running: Sendable {
        let cluster: EmbeddedCluster
        let loops: EventLoopGroup
    }

    /// The cluster itself, for tests that need more than a database of their own.
    package static func cluster() async throws -> EmbeddedCluster { try await shared.running().cluster }
    package static func loops() async throws -> EventLoopGroup { try await shared.running().loops }

    static func withDatabase(
        migrations: [Migration], _ configure: @Sendable (inout DatabaseConfiguration) -> Void,
        _ body: (TestDatabase) async throws -> Void
    ) async throws {
        // A trait of the test inside of its suite's has a place already; to wait for another could wait for ever.
        let isNested = TestDatabase.isSet
        if !isNested { await shared.enter() }
        do {
            let database = try await shared.make(migrations, configure)
            do {
                try await body(database)
                await shared.drop(database)
            } catch {
                await shared.drop(database)
                throw error
            }
            if !isNested { await shared.leave() }
        } catch {
            if !isNested { await shared.leave() }
            throw error
        }
    }

    private func enter() async {
        if active < Self.simultaneous {
            active += 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    private func leave() {
        if waiting.isEmpty { active -= 1 } else { waiting.removeFirst().resume() }
    }

    // MARK: Databases

    private func make(
        _ migrations: [Migration], _ configure: @Sendable (inout DatabaseConfiguration) -> Void
    ) async throws -> TestDatabase {
        let running = try await running()
        let template = try await template(of: migrations, running)
        lastNumber += 1
        let name = "test_\(lastNumber)"
        try await administer(running, "CREATE DATABASE \(name) TEMPLATE \(template)")
        return try await TestDatabase.make(
            name: name, url: running.cluster.superuserConnectionString(database: name), loops: running.loops, configure)
    }

    private func drop(_ database: TestDatabase) async {
        await database.database.close(grace: .seconds(1))
        guard let running = try? await running() else { return }
        // Without waiting: the next test need not know how long it takes.
        Task { try? await administer(running, "DROP DATABASE IF EXISTS \(database.name) WITH (FORCE)") }
    }

    private func template(of migrations: [Migration], _ running: Running) async throws -> String {
        if migrations.isEmpty { return "template0" }
        let key = migrations.map { "\($0.name):\($0.sql.hashValue)" }.sorted().joined(separator: ",")
        if let known = templates[key] { return try await known.value }
        let name = "template_\(templates.count + 1)"
        let task = Task {
            try await self.administer(running, "CREATE DATABASE \(name) TEMPLATE template0")
            let url = running.cluster.superuserConnectionString(database: name)
            try await Migrator.apply(migrations, to: DatabaseConfiguration(url: url))
            return name
        }
        templates[key] = task
        return try await task.value
    }

    /// CREATE DATABASE cannot run inside of a transaction, which is what shared statements are.
    private nonisolated func administer(_ running: Running, _ text: String) async throws {
        try await Maintenance.run(text, url: running.cluster.superuserConnectionString())
    }

    // MARK: The cluster

    private func running() async throws -> Running {
        if let starting { return try await starting.value }
        let task = Task { try await Self.start() }
        starting = task
        return try await task.value
    }

    private static func start() async throws -> Running {
        TestDirectories.removeAbandoned()
        let path = TestDirectories.make("cluster")
        var configuration = EmbeddedCluster.Configuration(dataDirectory: path)
        configuration.isDurable = false
        configuration.maxConnections = 100
        let cluster = try await EmbeddedCluster.start(configuration)
        AtExit.stop(cluster)
        let loops = EventLoopGroup(count: 2)
        loops.start()
        return Running(cluster: cluster, loops: loops)
    }
}

/// Directories of this test process, removed when it ends; those of a process that was killed, by the next one.
package enum TestDirectories {
    private static let root = "/tmp/purser-test-\(getpid())"
    private static let count = Atomic<Int>(0)

    /// A new, empty one with a short path.
    package static func make(_ label: String) -> String {
        mkdir(root, 0o755)
        let path = "\(root)/\(label)\(count.wrappingAdd(1, ordering: .relaxed).newValue)"
        mkdir(path, 0o755)
        AtExit.register()
        return path
    }

    static func removeAbandoned() {
        for name in FileTree.entries(of: "/tmp") where name.hasPrefix("purser-test-") {
            guard let pid = Int32(name.dropFirst("purser-test-".count)), pid != getpid(), kill(pid, 0) != 0 else {
                continue
            }
            FileTree.remove("/tmp/\(name)")
        }
    }

    static func removeOwn() { FileTree.remove(root) }
}

/// What must happen when the test process ends; a kill leaves it to the parent-death signal and the next process.
enum AtExit {
    private static let clusters = Mutex<[EmbeddedCluster]>([])
    private static let registered = Atomic<Bool>(false)

    static func stop(_ cluster: EmbeddedCluster) {
        clusters.withLock { $0.append(cluster) }
        register()
    }

    static func register() {
        guard !registered.exchange(true, ordering: .acquiringAndReleasing) else { return }
        atexit {
            for cluster in AtExit.clusters.withLock({ $0 }) { cluster.stopBlocking(immediately: true) }
            TestDirectories.removeOwn()
        }
    }
}

/// Trees of files, without Foundation.
enum FileTree {
    static func entries(of directory: String) -> [String] {
        guard let handle = opendir(directory) else { return [] }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    static func remove(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            unlink(path)
            return
        }
        for entry in entries(of: path) { remove("\(path)/\(entry)") }
        rmdir(path)
    }
}
