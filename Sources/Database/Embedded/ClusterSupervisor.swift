import CPQ
import Glibc
import Synchronization

/// Makes, starts, watches and stops the postmaster; all but `stop` on the one thread that stays.
final class ClusterSupervisor: Sendable {
    private let directory: ClusterDirectory
    private let configuration: EmbeddedCluster.Configuration
    private let programs: ClusterPrograms
    private let user: ClusterUser

    private struct State {
        var pid: Int32 = 0
        var isStopping = false
        var isDown = false
    }
    private let state = Mutex(State())

    init(_ directory: ClusterDirectory, _ configuration: EmbeddedCluster.Configuration) throws {
        self.directory = directory
        self.configuration = configuration
        programs = try ClusterPrograms.find(configuration.binaries)
        user = try ClusterUser.choose(existing: directory.cluster)
    }

    var postmaster: Int32 { state.withLock { $0.pid } }

    // MARK: Starting

    func startCluster() throws {
        try prepareFolder(directory.postgres)
        if access(directory.cluster + "/PG_VERSION", F_OK) != 0 { try initialise() }
        try checkVersion()
        try clearRemains()
        try writeSettings()
        try launch()
        try createDatabase()
    }

    /// A folder of the cluster's user, closed to everyone else.
    private func prepareFolder(_ path: String) throws {
        if mkdir(path, 0o700) != 0, errno != EEXIST {
            throw ClusterError("\(path) cannot be made: \(ClusterDirectory.reason())")
        }
        guard user.isDropped else { return }
        var status = stat()
        // lstat: a link here could lead anywhere, and root would give its target away.
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw ClusterError("\(path) is not a directory")
        }
        if status.st_uid != user.uid, lchown(path, user.uid, user.gid) != 0 {
            throw ClusterError("\(path) cannot be given to \(user.name): \(ClusterDirectory.reason())")
        }
    }

    /// Under a name that does not count, then renamed: a start that was cut off leaves nothing that looks whole.
    private func initialise() throws {
        if access(directory.cluster, F_OK) == 0, !ClusterPrograms.entries(of: directory.cluster).isEmpty {
            throw ClusterError(
                "\(directory.cluster) holds files but no PostgreSQL database; it was left as it is: move it away, "
                    + "or restore a backup into it")
        }
        let unfinished = directory.postgres + "/cluster.new"
        Files.removeTree(unfinished)
        try prepareFolder(unfinished)
        let log = directory.postgres + "/initdb.log"
        unlink(log)
        // C sorts by code point, which needs no library to agree with; C.UTF-8 knows letters beyond ASCII.
        let pid = try programs.spawn("initdb", on: unfinished, as: user, output: log) { data in
            [
                "-D", data, "-E", "UTF8", "--lc-collate=C", "--lc-ctype=C.UTF-8", "--lc-messages=C",
                "--lc-monetary=C", "--lc-numeric=C", "--lc-time=C", "-A", "trust", "-U", "postgres",
                "--data-checksums", "--no-sync", "--no-instructions",
            ]
        }
        let status = wait(for: pid)
        guard status == 0 else {
            throw ClusterError("the database could not be made (initdb ended with \(status)): \(lastLines(of: log))")
        }
        // One sync of the file system in the place of initdb's, file by file.
        let folder = open(directory.postgres, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw ClusterError("\(directory.postgres): \(ClusterDirectory.reason())") }
        defer { close(folder) }
        if configuration.isDurable { _ = syncfs(folder) }
        rmdir(directory.cluster)
        guard rename(unfinished, directory.cluster) == 0 else {
            throw ClusterError("\(directory.cluster) cannot be made: \(ClusterDirectory.reason())")
        }
        if configuration.isDurable { _ = fsync(folder) }
    }

    private func checkVersion() throws {
        let version = Files.read(directory.cluster + "/PG_VERSION", limit: 16)?.split(whereSeparator: \.isWhitespace)
            .first
        guard let version, let major = Int(version) else {
            throw ClusterError("\(directory.cluster)/PG_VERSION cannot be read")
        }
        guard major == programs.major else {
            throw ClusterError(
                "the database in \(directory.cluster) was made by PostgreSQL \(major), and \(programs.directory) has "
                    + "\(programs.major). Nothing was changed. Install postgresql-\(major) and set PURSER_POSTGRES_BIN="
                    + "/usr/lib/postgresql/\(major)/bin, or move the data with pg_upgrade")
        }
    }

    /// What a server or a cluster that was killed has left behind. We hold the lock, so whatever runs here is an
    /// orphan, and a pid file that names no such process is stale, even when the pid is in use again.
    private func clearRemains() throws {
        let file = directory.cluster + "/postmaster.pid"
        guard let text = Files.read(file, limit: 1024) else { return }
        let pid = Int32(text.prefix { $0.isNumber }) ?? 0
        if pid > 1, isPostmaster(pid) {
            configuration.log(.warning, "stopping PostgreSQL (pid \(pid)), which an earlier server has left running")
            kill(pid, SIGINT)
            // The shutdown's checkpoint may take its time; only then less friendly.
            if !waitUntilGone(pid, seconds: 60) { kill(pid, SIGQUIT) }
            if !waitUntilGone(pid, seconds: 10) { kill(pid, SIGKILL) }
            guard waitUntilGone(pid, seconds: 5) else {
                throw ClusterError("PostgreSQL (pid \(pid)) still runs in \(directory.cluster) and cannot be stopped")
            }
        }
        // A dead pid PostgreSQL clears by itself. A zombie, or a pid that another program has now, it would believe.
        guard access(file, F_OK) == 0, pid <= 1 || kill(pid, 0) == 0 || errno != ESRCH else { return }
        configuration.log(.info, "removing the stale pid file of a cluster that was killed")
        unlink(file)
        unlink(directory.cluster + "/.s.PGSQL.5432.lock")
    }

    /// By its working directory, which is the cluster; a zombie has none.
    private func isPostmaster(_ pid: Int32) -> Bool {
        guard let resolved = realpath("/proc/\(pid)/cwd", nil) else { return false }
        defer { free(resolved) }
        return String(cString: resolved) == directory.cluster
    }

    private func waitUntilGone(_ pid: Int32, seconds: Int) -> Bool {
        for _ in 0..<seconds * 100 {
            if !isPostmaster(pid) { return true }
            usleep(10_000)
        }
        return false
    }

    private func writeSettings() throws {
        try Files.replace(directory.cluster + "/postgresql.conf", ClusterSettings.text(configuration), owner: user)
        try Files.replace(directory.cluster + "/pg_hba.conf", ClusterSettings.authentication, owner: user)
    }

    /// Starts the postmaster and waits until it takes connections.
    private func launch() throws {
        let deadline = ContinuousClock.now + .seconds(120)
        while true {
            Files.limit(directory.logFile, to: 8 << 20)
            let pid = try programs.spawn(
                "postgres", on: directory.cluster, as: user, output: directory.logFile
            ) { ["-D", $0] }
            state.withLock { $0.pid = pid }
            while true {
                var status: Int32 = 0
                if waitpid(pid, &status, WNOHANG) == pid { break }
                if isReady(pid) { return }
                guard ContinuousClock.now < deadline else {
                    kill(pid, SIGQUIT)
                    _ = wait(for: pid)
                    throw ClusterError("PostgreSQL was not ready in time: \(lastLines(of: directory.logFile))")
                }
                usleep(2000)
            }
            state.withLock { $0.pid = 0 }
            // Backends of a postmaster that was killed take a moment to notice, and hold its memory until then.
            guard ContinuousClock.now < deadline, !isStopping, lastLines(of: directory.logFile).contains("still in use")
            else { throw ClusterError("PostgreSQL does not start: \(lastLines(of: directory.logFile))") }
            usleep(50_000)
        }
    }

    /// PostgreSQL's own word for pg_ctl, in the last line of its pid file.
    private func isReady(_ pid: Int32) -> Bool {
        guard let text = Files.read(directory.cluster + "/postmaster.pid", limit: 1024) else { return false }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.count > 7 && lines[0] == "\(pid)" && lines[7].hasPrefix("ready")
    }

    private func createDatabase() throws {
        let configuration = DatabaseConfiguration(
            url: directory.connectionString(database: "postgres", user: "postgres"))
        guard let connection = try Connector.connect(configuration, .maintenance).take() else {
            throw DatabaseError.closed
        }
        defer { PQfinish(connection) }
        if try execute("SELECT FROM pg_roles WHERE rolname = 'purser'", on: connection).count == 0 {
            try execute("CREATE ROLE purser LOGIN", on: connection)
        }
        // An import checks its foreign keys as a whole and not row by row, which would be half of its work.
        try execute("GRANT SET ON PARAMETER session_replication_role TO purser", on: connection)
        if try execute("SELECT FROM pg_database WHERE datname = 'purser'", on: connection).count == 0 {
            try execute("CREATE DATABASE purser OWNER purser", on: connection)
        }
    }

    // MARK: Watching

    private var isStopping: Bool { state.withLock { $0.isStopping } }

    /// Until `stop`: starts the cluster again whenever it ends.
    func supervise() {
        var failures = 0
        while !isStopping {
            let pid = postmaster
            let started = ContinuousClock.now
            let status = watch(pid)
            if isStopping { break }
            if ContinuousClock.now - started > .seconds(60) { failures = 0 }
            configuration.log(.error, "PostgreSQL (pid \(pid)) ended (\(Self.describe(status))); starting it again")
            while !isStopping {
                do {
                    try clearRemains()
                    try launch()
                    configuration.log(.info, "PostgreSQL runs again (pid \(postmaster))")
                    break
                } catch {
                    failures += 1
                    configuration.log(.error, "\(error)")
                    usleep(UInt32(min(failures, 10)) * 500_000)
                }
            }
        }
        let pid = postmaster
        if pid > 0 {
            kill(pid, stopSignal)
            _ = wait(for: pid)
        }
        directory.unlock()
        state.withLock { state in
            state.pid = 0
            state.isDown = true
        }
    }

    /// Waits for the end of the process, or the order to stop it, and keeps the log from growing without end.
    private func watch(_ pid: Int32) -> Int32 {
        let descriptor = purser_pidfd_open(pid)
        defer { if descriptor >= 0 { close(descriptor) } }
        var status: Int32 = 0
        var rounds = 0
        while !isStopping {
            if waitpid(pid, &status, WNOHANG) == pid {
                state.withLock { $0.pid = 0 }
                return status
            }
            // A stop ends the process, and that ends the wait.
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            _ = poll(&waiting, descriptor >= 0 ? 1 : 0, descriptor >= 0 ? 1000 : 100)
            rounds += 1
            if rounds % 60 == 0 { Files.limit(directory.logFile, to: 8 << 20) }
        }
        return 0
    }

    private static func describe(_ status: Int32) -> String {
        status & 0x7F == 0 ? "exit code \(status >> 8 & 0xFF)" : "signal \(status & 0x7F)"
    }

    // MARK: Stopping

    private let immediate = Atomic<Bool>(false)
    private var stopSignal: Int32 { immediate.load(ordering: .acquiring) ? SIGQUIT : SIGINT }

    /// Blocks until the postmaster is down, a minute and a half at most.
    func stop(immediately: Bool = false) {
        if immediately { immediate.store(true, ordering: .releasing) }
        let pid = state.withLock { state in
            state.isStopping = true
            return state.isDown ? 0 : state.pid
        }
        if pid > 0 { kill(pid, stopSignal) }
        for round in 0..<18_000 {
            if state.withLock({ $0.isDown }) { return }
            usleep(5000)
            if round == 6000, pid > 0 { kill(pid, SIGQUIT) }
        }
    }

    // MARK: Processes and files

    private func wait(for pid: Int32) -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return status
    }

    private func lastLines(of file: String) -> String {
        let lines = (Files.readEnd(file, limit: 2048) ?? "").split(separator: "\n").suffix(4)
        return lines.isEmpty ? "see \(file)" : lines.joined(separator: "; ") + " (\(file))"
    }
}
