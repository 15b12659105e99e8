import Base
import EventLoop
import Glibc

/// A file without a name: it is gone with the process, whatever happens. Its calls wait for the disk, so they belong on
/// a thread of the blocking pool.
final class SpoolFile: Sendable {
    let descriptor: Int32

    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// - Parameter directory: made when it is missing.
    static func create(in directory: String) throws -> SpoolFile {
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else {
            throw SystemError(code: errno, operation: "mkdir")
        }
        var template = Array("\(directory)/spool-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw SystemError(code: errno, operation: "mkstemp") }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        unlink(template)
        return SpoolFile(descriptor: descriptor)
    }

    /// - Throws: 503 when the disk is full.
    func append(_ bytes: [UInt8]) throws {
        var start = 0
        try bytes.withUnsafeBytes { buffer in
            while start < buffer.count, let base = buffer.baseAddress {
                let written = write(descriptor, base + start, buffer.count - start)
                if written < 0 && errno == EINTR { continue }
                guard written > 0 else {
                    if errno == ENOSPC || errno == EDQUOT {
                        throw Refusal(
                            .unavailable, "DISK_FULL", "There is no room left on the server's disk for this file.")
                    }
                    throw SystemError(code: errno, operation: "write")
                }
                start += written
            }
        }
    }

    /// At most so many bytes from there on; empty at the end.
    func bytes(at offset: Int, atMost limit: Int) throws -> [UInt8] {
        var count = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, initialized in
            repeat {
                count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
            } while count < 0 && errno == EINTR
            initialized = max(0, count)
        }
        guard count >= 0 else { throw SystemError(code: errno, operation: "pread") }
        return bytes
    }

    /// In bytes.
    var size: Int {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
    }
}
