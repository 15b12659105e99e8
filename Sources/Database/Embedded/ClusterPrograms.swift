import CPQ
import Glibc

/// PostgreSQL's programs, and how they are run for a cluster.
struct ClusterPrograms: Sendable {
    let directory: String
    let major: Int

    /// PURSER_POSTGRES_BIN, else the newest of Debian's.
    static func find(_ given: String?) throws -> ClusterPrograms {
        let named = given ?? getenv("PURSER_POSTGRES_BIN").map { String(cString: $0) }
        if let named {
            guard let major = version(named) else {
                throw ClusterError("there is no PostgreSQL in \(named); set PURSER_POSTGRES_BIN to its bin directory")
            }
            return try ClusterPrograms(directory: named, major: major).checked()
        }
        let root = "/usr/lib/postgresql"
        let majors = entries(of: root).compactMap { Int($0) }.sorted(by: >)
        for major in majors where access("\(root)/\(major)/bin/postgres", X_OK) == 0 {
            return try ClusterPrograms(directory: "\(root)/\(major)/bin", major: major).checked()
        }
        for directory in ["/usr/local/pgsql/bin", "/usr/local/bin", "/usr/bin"] {
            if let major = version(directory) {
                return try ClusterPrograms(directory: directory, major: major).checked()
            }
        }
        throw ClusterError(
            "PostgreSQL is not installed: apt-get install postgresql, or set PURSER_POSTGRES_BIN to its bin directory, "
                + "or PURSER_DATABASE_URL to a database elsewhere")
    }

    private func checked() throws -> ClusterPrograms {
        guard major >= 15 else { throw ClusterError("PostgreSQL 15 or later is needed; \(directory) has \(major)") }
        guard access("\(directory)/initdb", X_OK) == 0 else {
            throw ClusterError("initdb is missing in \(directory): install the whole of PostgreSQL's server")
        }
        return self
    }

    /// The major version, out of a path like Debian's, or of the program's own words.
    private static func version(_ directory: String) -> Int? {
        guard access("\(directory)/postgres", X_OK) == 0 else { return nil }
        var parts = directory.split(separator: "/")
        if parts.last == "bin" { parts.removeLast() }
        if let last = parts.last, let major = Int(last), directory.hasPrefix("/usr/lib/postgresql/") { return major }
        guard let pipe = popen("'\(directory)/postgres' -V 2>/dev/null", "r") else { return nil }
        defer { pclose(pipe) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, 255, pipe) != nil else { return nil }
        let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        // postgres (PostgreSQL) 15.4 (Debian …)
        return text.split(separator: ")").dropFirst().first.flatMap { rest in
            Int(rest.drop { !$0.isNumber }.prefix { $0.isNumber })
        }
    }

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

    /// Starts one as the cluster's user. `arguments` gets the name for `data`.
    ///
    /// That name is an open descriptor's: it leads there without a look at the directories above, which may well be
    /// closed to the user (a data directory below /root), and whatever the program's working directory is.
    func spawn(
        _ program: String, on data: String, as user: ClusterUser, output: String, _ arguments: (String) -> [String]
    ) throws -> Int32 {
        let folder = open(data, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw ClusterError("\(data): \(ClusterDirectory.reason())") }
        defer { close(folder) }
        let log = open(output, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard log >= 0 else { throw ClusterError("\(output): \(ClusterDirectory.reason())") }
        defer { close(log) }
        let path = "\(directory)/\(program)"
        let words = [path] + arguments("/proc/self/fd/\(folder)")
        let environment = ["PATH=\(directory):/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC", "HOME=/"]
        let pid = withCStrings(words) { argv in
            withCStrings(environment) { envp in
                argv.withMemoryRebound(to: UnsafeMutablePointer<CChar>?.self, capacity: words.count + 1) { argv in
                    envp.withMemoryRebound(to: UnsafeMutablePointer<CChar>?.self, capacity: environment.count + 1) {
                        envp in
                        purser_spawn(
                            path, argv, envp, folder, user.isDropped ? Int(user.uid) : -1,
                            user.isDropped ? Int(user.gid) : -1, log)
                    }
                }
            }
        }
        guard pid > 0 else { throw ClusterError("\(path) cannot be started: \(ClusterDirectory.reason())") }
        return pid
    }
}
