import Glibc

/// Small files, without Foundation.
enum Files {
    static func read(_ path: String, limit: Int) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return read(descriptor, limit: limit)
    }

    static func readEnd(_ path: String, limit: Int) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let size = lseek(descriptor, 0, SEEK_END)
        lseek(descriptor, max(0, size - limit), SEEK_SET)
        return read(descriptor, limit: limit)
    }

    private static func read(_ descriptor: Int32, limit: Int) -> String? {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: limit) { buffer in
            var count = 0
            while count < limit {
                let got = Glibc.read(descriptor, buffer.baseAddress?.advanced(by: count), limit - count)
                if got < 0, errno == EINTR { continue }
                if got < 0 { return nil }
                if got == 0 { break }
                count += got
            }
            return String(decoding: buffer[..<count], as: UTF8.self)
        }
    }

    /// Whole or not at all.
    static func replace(_ path: String, _ text: String, owner: ClusterUser) throws {
        let temporary = path + ".new"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw ClusterError("\(path) cannot be written: \(ClusterDirectory.reason())") }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw ClusterError("\(path) cannot be written: \(ClusterDirectory.reason())") }
            done += count
        }
        if owner.isDropped { _ = fchown(descriptor, owner.uid, owner.gid) }
        guard rename(temporary, path) == 0 else {
            throw ClusterError("\(path) cannot be written: \(ClusterDirectory.reason())")
        }
    }

    /// Keeps one older part of a log that has grown beyond `limit`. The log is open for appending elsewhere, so it is
    /// cut in place.
    static func limit(_ path: String, to limit: Int) {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_size > limit, let end = readEnd(path, limit: 1 << 20) else { return }
        let older = open(path + ".1", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard older >= 0 else { return }
        defer { close(older) }
        _ = end.withCString { write(older, $0, strlen($0)) }
        let current = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC)
        guard current >= 0 else { return }
        defer { close(current) }
        _ = ftruncate(current, 0)
    }

    /// Does not follow links.
    static func removeTree(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            unlink(path)
            return
        }
        for entry in ClusterPrograms.entries(of: path) { removeTree("\(path)/\(entry)") }
        rmdir(path)
    }
}
