import Base
import Cryptography
import EventLoop
import Glibc
import Runtime

/// Puts letters into a folder: for a server without a way to send mail, and for tests. The operator passes them on, or
/// sets `mail-url`.
package struct FolderMailer: Mailer {
    let directory: String
    let sender: MailSender
    let pool: BlockingPool
    let clock: Clock
    let limit: Int

    /// - Parameter limit: the newest this many stay.
    package init(
        directory: String, sender: MailSender, pool: BlockingPool, clock: Clock = .system, limit: Int = 1000
    ) {
        self.directory = directory
        self.sender = sender
        self.pool = pool
        self.clock = clock
        self.limit = limit
    }

    package var summary: String { "the folder \(directory)" }

    package func send(_ message: MailMessage, id: String) async throws {
        let now = clock.now()
        let bytes = MailEncoding.bytes(of: message, from: sender, id: id, at: now)
        try await pool.run { try put(bytes, id: id, at: now) }
    }

    private func put(_ bytes: [UInt8], id: String, at now: Instant) throws {
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else {
            throw MailProblem(isPermanent: false, "\(directory) cannot be made: \(String(cString: strerror(errno)))")
        }
        // The names sort by age.
        let path = "\(directory)/\(now.microseconds)-\(id).eml"
        do { try SecretFile.create(bytes, at: path) } catch {
            throw MailProblem(isPermanent: false, error.description)
        }
        for name in try letters().dropLast(limit) { unlink("\(directory)/\(name)") }
    }

    private func letters() throws -> [String] {
        guard let handle = opendir(directory) else {
            throw MailProblem(isPermanent: false, "\(directory) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".eml") { names.append(name) }
        }
        return names.sorted()
    }
}
