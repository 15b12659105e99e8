import Base
import Cryptography
import EventLoop
import Glibc
import Outbound
import Runtime

/// Whether a password has leaked somewhere, as far as a larger list than the built-in one knows: a file of SHA-1 hashes,
/// or a service that is asked for a range of them. Both are of the form that Have I Been Pwned gives out.
///
/// SHA-1 is only the name of a place in that list. A service learns the first 20 bits of the hash, which some thousand
/// of the listed passwords share. What cannot be asked does not keep people from having a password: it is logged.
package struct BreachedPasswords: Sendable {
    /// For the operator.
    package struct Problem: Error, CustomStringConvertible, Equatable {
        package let description: String
        package init(_ description: String) { self.description = description }
    }

    private enum Source: Sendable {
        case file(BreachedPasswordFile, BlockingPool)
        case service(String, HTTPClient)
    }

    private let source: Source?
    private let log: Log

    /// - Parameters:
    ///   - place: empty for none; the URL that five hexadecimal digits are put behind; or the path of a file of lines
    ///     `<hash>` or `<hash>:<count>`, sorted by hash.
    ///   - allowsPlainLoopback: for trying it out.
    package init(_ place: String, allowsPlainLoopback: Bool = false, log: Log) throws(Problem) {
        self.log = log
        if place.isEmpty {
            source = nil
        } else if place.hasPrefix("https://") || place.hasPrefix("http://") {
            var policy = HTTPClient.Policy()
            guard let host = HTTPClient.host(of: place) else {
                throw Problem("breached-passwords: \(place) is no URL")
            }
            policy.namedHosts = [host]
            policy.allowsPlainLoopback = allowsPlainLoopback
            // Somebody waits for it.
            policy.timeout = .seconds(3)
            source = .service(place.hasSuffix("/") ? place : place + "/", HTTPClient(policy: policy))
        } else {
            source = .file(
                try BreachedPasswordFile(place), BlockingPool(threads: 1, queueLimit: 64, name: "breached"))
        }
    }

    /// No larger list.
    package static func none(log: Log) -> BreachedPasswords { BreachedPasswords(log: log) }
    private init(log: Log) { (source, self.log) = (nil, log) }

    package func contains(_ password: Password) async -> Bool {
        guard let source else { return false }
        let hash = SHA1.hash(password.bytes).flatMap { [Self.digits[Int($0 >> 4)], Self.digits[Int($0 & 15)]] }
        do {
            switch source {
            case .file(let file, let pool): return try await pool.run { try file.contains(hash) }
            case .service(let url, let client):
                return try await Self.ask(client, url, for: String(decoding: hash, as: UTF8.self))
            }
        } catch {
            log.warning("the list of breached passwords cannot be asked: \(error)")
            return false
        }
    }

    private static let digits = Array("0123456789ABCDEF".utf8)

    private static func ask(_ client: HTTPClient, _ url: String, for hash: String) async throws -> Bool {
        // Padding hides from who watches the line how long the answer is, and so which range was asked for.
        let answer = try await client.send(
            HTTPClient.Request(
                url + hash.prefix(5), fields: [("Add-Padding", "true"), ("User-Agent", "Purser")]))
        guard answer.status == 200 else { throw Problem("the service answers \(answer.status)") }
        let rest = String(hash.dropFirst(5))
        for line in String(decoding: answer.body, as: UTF8.self).split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            // A line of padding has the count zero.
            if parts.first?.uppercased() == rest { return parts.count < 2 || Int(parts[1]).map { $0 > 0 } ?? true }
        }
        return false
    }
}

/// A sorted file of hashes, looked up by halving: some forty short reads however large it is.
final class BreachedPasswordFile: Sendable {
    private let file: Int32
    private let path: String
    private let size: Int
    private static let hashCount = 40
    /// Longer than any line: a hash, a colon, a count, the line's end.
    private static let window = 128

    init(_ path: String) throws(BreachedPasswords.Problem) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw BreachedPasswords.Problem(
                "breached-passwords: cannot open \(path): \(String(cString: strerror(errno)))")
        }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(file)
            throw BreachedPasswords.Problem("breached-passwords: \(path) is not a file")
        }
        self.file = file
        self.path = path
        let tail = max(0, Int(status.st_size) - Self.window)
        size = try tail + (Self.read(file, tail, path).lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? 0)
        // The first two lines show whether it is one of these files.
        let lines = try read(0).split(separator: UInt8(ascii: "\n")).prefix(2).map { Array($0.prefix(Self.hashCount)) }
        guard let first = lines.first.map(Self.upper), Self.isHash(first),
            lines.count < 2 || lines[1].count < Self.hashCount || first.lexicographicallyPrecedes(Self.upper(lines[1]))
        else {
            throw BreachedPasswords.Problem(
                "breached-passwords: \(path) should have a SHA-1 hash of 40 hexadecimal digits on each line, sorted")
        }
    }

    deinit { close(file) }

    /// - Parameter hash: 40 hexadecimal digits in capitals.
    func contains(_ hash: [UInt8]) throws(BreachedPasswords.Problem) -> Bool {
        // The line that is looked for, if there, begins at `low` or later and before `high`.
        var (low, high) = (0, size)
        while low < high {
            let middle = low + (high - low) / 2
            // From one byte before, as the line may begin just here.
            let start = try middle == low ? low : lineStart(after: middle - 1)
            guard start < high else {
                high = middle
                continue
            }
            let bytes = try read(start)
            let found = Self.upper(Array(bytes.prefix(Self.hashCount)))
            if found == hash { return true }
            guard Self.isHash(found) else {
                throw BreachedPasswords.Problem("\(path) is damaged at byte \(start)")
            }
            if found.lexicographicallyPrecedes(hash) {
                guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return false }
                low = start + end + 1
            } else {
                high = middle
            }
        }
        return false
    }

    /// Where the first line begins that follows a line end at `position` or later.
    private func lineStart(after position: Int) throws(BreachedPasswords.Problem) -> Int {
        guard let end = try read(position).firstIndex(of: UInt8(ascii: "\n")) else { return size }
        return position + end + 1
    }

    private func read(_ position: Int) throws(BreachedPasswords.Problem) -> [UInt8] {
        try Self.read(file, position, path)
    }

    private static func read(
        _ file: Int32, _ position: Int, _ path: String
    ) throws(BreachedPasswords.Problem) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: window)
        let count = pread(file, &bytes, bytes.count, off_t(position))
        guard count >= 0 else {
            throw BreachedPasswords.Problem("cannot read \(path): \(String(cString: strerror(errno)))")
        }
        return Array(bytes.prefix(count))
    }

    private static func isHash(_ bytes: [UInt8]) -> Bool {
        bytes.count == hashCount && bytes.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x46).contains($0) }
    }

    private static func upper(_ bytes: [UInt8]) -> [UInt8] {
        bytes.map { (0x61...0x66).contains($0) ? $0 - 0x20 : $0 }
    }
}
