import CPQ
import Glibc
import Synchronization

/// Where a cluster is and who owns it.
///
///     <data>/server.lock            held by the server, with its pid
///     <data>/postgres/cluster       PostgreSQL's data directory, with its socket; owned by the cluster's user
///     <data>/postgres/cluster/custom.conf   settings of the operator
///     <data>/postgres/postgres.log
package final class ClusterDirectory: Sendable {
    package let path: String
    var postgres: String { path + "/postgres" }
    var cluster: String { path + "/postgres/cluster" }
    var logFile: String { path + "/postgres/postgres.log" }
    private let lockDescriptor = Mutex<Int32>(-1)
    /// An open directory stands for a path that is too long for a socket's address.
    private let socketDescriptor = Mutex<Int32>(-1)

    init(path given: String, creating: Bool = true) throws {
        if creating { try Self.create(given) }
        guard let resolved = realpath(given, nil) else {
            throw ClusterError("the data directory \(given) cannot be used: \(Self.reason())")
        }
        defer { free(resolved) }
        path = String(cString: resolved)
    }

    deinit {
        lockDescriptor.withLock { if $0 >= 0 { close($0) } }
        socketDescriptor.withLock { if $0 >= 0 { close($0) } }
    }

    /// With parents, for the owner alone.
    private static func create(_ path: String) throws {
        guard !path.isEmpty else { throw ClusterError("the data directory has no name") }
        var prefix = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            prefix += part + "/"
            if mkdir(prefix, 0o700) != 0, errno != EEXIST {
                throw ClusterError("the data directory \(path) cannot be made: \(reason())")
            }
        }
    }

    static func reason() -> String { String(cString: strerror(errno)) }

    // MARK: One server at a time

    /// Held until the process ends, however it ends. A second server is refused.
    func lock() throws {
        let descriptor = open(path + "/server.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw ClusterError("\(path)/server.lock cannot be opened: \(Self.reason())") }
        var isLocked = flock(descriptor, LOCK_EX | LOCK_NB) == 0
        // `holder` of another process takes it for an instant.
        for _ in 0..<5 where !isLocked {
            usleep(20_000)
            isLocked = flock(descriptor, LOCK_EX | LOCK_NB) == 0
        }
        guard isLocked else {
            let pid = Self.pid(in: descriptor)
            close(descriptor)
            throw ClusterError(
                "another server\(pid.map { " (pid \($0))" } ?? "") is using \(path); stop it, or choose another --data")
        }
        let text = "\(getpid())\n"
        _ = ftruncate(descriptor, 0)
        _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
        lockDescriptor.withLock { $0 = descriptor }
    }

    func unlock() {
        lockDescriptor.withLock { descriptor in
            if descriptor >= 0 { close(descriptor) }
            descriptor = -1
        }
    }

    /// The server that holds the directory.
    package func holder() -> Int32? {
        let descriptor = open(path + "/server.lock", O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        if flock(descriptor, LOCK_SH | LOCK_NB) == 0 { return nil }
        return Self.pid(in: descriptor) ?? 0
    }

    private static func pid(in descriptor: Int32) -> Int32? {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { buffer in
            let count = pread(descriptor, buffer.baseAddress, 31, 0)
            guard count > 0 else { return nil }
            return Int32(String(decoding: buffer[..<count], as: UTF8.self).prefix { $0.isNumber })
        }
    }

    // MARK: The socket

    package func connectionString(database: String, user: String) -> String {
        "host='\(quoted(socketDirectory))' port=5432 user=\(user) dbname=\(quotedValue(database))"
    }

    private func quotedValue(_ text: String) -> String { "'\(quoted(text))'" }

    private func quoted(_ text: String) -> String {
        text.reduce(into: "") { quoted, character in
            if character == "'" || character == "\\" { quoted.append("\\") }
            quoted.append(character)
        }
    }

    /// A socket's address holds 107 bytes. Beyond that the directory is reached through an open descriptor of this
    /// process, which needs no directory elsewhere that would have to be guarded and cleaned up. libpq also takes a
    /// comma as the end of a host.
    private var socketDirectory: String {
        if cluster.utf8.count <= 88, !cluster.contains(",") { return cluster }
        return socketDescriptor.withLock { descriptor in
            if descriptor < 0 { descriptor = open(cluster, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
            return "/proc/\(getpid())/fd/\(descriptor)"
        }
    }
}
