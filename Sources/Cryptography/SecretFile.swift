import Base
import Glibc

/// Secrets in files: written whole or not at all, readable by their owner only.
package enum SecretFile {
    package enum Failure: Error, Equatable, CustomStringConvertible {
        case system(operation: String, path: String, code: Int32)
        case readableByOthers(path: String)
        case tooLarge(path: String)
        case damaged(path: String, reason: String)

        package var description: String {
            switch self {
            case .system(let operation, let path, let code):
                "cannot \(operation) \(path): \(String(cString: strerror(code)))"
            case .readableByOthers(let path): "\(path) can be read by everyone; run: chmod 600 \(path)"
            case .tooLarge(let path): "\(path) is too large for a key"
            case .damaged(let path, let reason): "\(path): \(reason)"
            }
        }
    }

    static let sizeLimit = 64 << 10

    /// A new file with mode 0600. It appears under its name only when its bytes are on the disk, and never replaces
    /// another one: a key that is overwritten signs everybody out.
    package static func create(_ bytes: [UInt8], at path: String) throws(Failure) {
        let temporary = "\(path).\(getpid()).\(Base64URL.encode(secureRandomBytes(6))).new"
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw .system(operation: "create", path: temporary, code: errno) }
        defer { unlink(temporary) }
        do {
            defer { close(file) }
            // The process's umask may be stricter or looser; the mode is stated, not inherited.
            guard fchmod(file, 0o600) == 0 else { throw .system(operation: "protect", path: temporary, code: errno) }
            var written = 0
            while written < bytes.count {
                let count = bytes[written...].withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { throw .system(operation: "write", path: temporary, code: errno) }
                written += count
            }
            guard fsync(file) == 0 else { throw .system(operation: "flush", path: temporary, code: errno) }
        }
        guard link(temporary, path) == 0 else { throw .system(operation: "create", path: path, code: errno) }
        try flushDirectory(of: path)
    }

    /// Nil when there is no such file. A file that everybody can read is refused: it is no secret any more.
    package static func read(_ path: String) throws(Failure) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw .system(operation: "open", path: path, code: errno)
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .system(operation: "read", path: path, code: errno) }
        guard status.st_mode & 0o007 == 0 else { throw .readableByOthers(path: path) }
        guard status.st_size <= sizeLimit else { throw .tooLarge(path: path) }
        var bytes = [UInt8](repeating: 0, count: sizeLimit + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes[count...].withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw .system(operation: "read", path: path, code: errno) }
            if got == 0 { break }
            count += got
        }
        guard count <= sizeLimit else { throw .tooLarge(path: path) }
        return Array(bytes[..<count])
    }

    /// The file's bytes, made at random on the first call.
    package static func loadOrCreate(at path: String, byteCount: Int) throws(Failure) -> [UInt8] {
        if let bytes = try read(path) {
            guard bytes.count == byteCount else {
                throw .damaged(path: path, reason: "expected \(byteCount) bytes, found \(bytes.count)")
            }
            return bytes
        }
        let bytes = secureRandomBytes(byteCount)
        try create(bytes, at: path)
        return bytes
    }

    /// The names of all files in a directory, in no order.
    static func names(in directory: String) throws(Failure) -> [String] {
        guard let handle = opendir(directory) else {
            throw .system(operation: "list", path: directory, code: errno)
        }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            names.append(
                withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return names
    }

    /// Moves a file to `retired` in its directory: nothing reads it there, and a mistake can be taken back.
    static func retire(_ name: String, in directory: String) throws(Failure) {
        let retired = directory + "/retired"
        guard mkdir(retired, 0o700) == 0 || errno == EEXIST else {
            throw .system(operation: "create", path: retired, code: errno)
        }
        guard rename(directory + "/" + name, retired + "/" + name) == 0 else {
            throw .system(operation: "move", path: directory + "/" + name, code: errno)
        }
    }

    /// Makes the directory (0700) and runs the body while no other process does so there: two servers that start
    /// together on new data must end up with the same keys.
    package static func withLockedDirectory<T>(
        _ directory: String, _ body: () throws(Failure) -> T
    ) throws(Failure) -> T {
        if mkdir(directory, 0o700) != 0, errno != EEXIST {
            throw .system(operation: "create", path: directory, code: errno)
        }
        let path = directory + "/.lock"
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .system(operation: "open", path: path, code: errno) }
        defer { close(file) }
        while flock(file, LOCK_EX) != 0 {
            guard errno == EINTR else { throw .system(operation: "lock", path: path, code: errno) }
        }
        return try body()
    }

    private static func flushDirectory(of path: String) throws(Failure) {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return }
        let directory = slash == path.startIndex ? "/" : String(path[..<slash])
        let file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw .system(operation: "open", path: directory, code: errno) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw .system(operation: "flush", path: directory, code: errno) }
    }
}
