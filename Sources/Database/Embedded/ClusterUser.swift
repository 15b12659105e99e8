import Glibc

/// As whom the cluster runs: PostgreSQL refuses to be root.
struct ClusterUser: Equatable, Sendable {
    let uid: UInt32
    let gid: UInt32
    let name: String
    /// This process is root and gives its rights up for the cluster.
    let isDropped: Bool

    /// Who owns the cluster already, else ourselves, else `postgres` or `nobody` when we are root.
    static func choose(existing cluster: String) throws -> ClusterUser {
        var status = stat()
        let exists = stat(cluster, &status) == 0
        let own = geteuid()
        if exists {
            if status.st_uid == own, own != 0 {
                return ClusterUser(uid: own, gid: getegid(), name: name(of: own), isDropped: false)
            }
            guard own == 0 else {
                throw ClusterError(
                    "the database in \(cluster) belongs to \(name(of: status.st_uid)); start the server as that user or "
                        + "as root, or give it away: chown -R \(name(of: own)) \(cluster)")
            }
            guard status.st_uid != 0 else {
                throw ClusterError("the database in \(cluster) belongs to root, as whom PostgreSQL does not run")
            }
            return ClusterUser(uid: status.st_uid, gid: status.st_gid, name: name(of: status.st_uid), isDropped: true)
        }
        if own != 0 { return ClusterUser(uid: own, gid: getegid(), name: name(of: own), isDropped: false) }
        for candidate in ["postgres", "nobody"] {
            if let entry = getpwnam(candidate)?.pointee, entry.pw_uid != 0 {
                return ClusterUser(uid: entry.pw_uid, gid: entry.pw_gid, name: candidate, isDropped: true)
            }
        }
        throw ClusterError("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
    }

    private static func name(of uid: UInt32) -> String {
        getpwuid(uid).map { String(cString: $0.pointee.pw_name) } ?? "uid \(uid)"
    }
}
