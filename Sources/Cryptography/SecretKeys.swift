import Base
import Glibc
import Synchronization

/// A key that only this installation has.
package struct SecretKey: Sendable, Equatable {
    /// Written beside what is sealed with it. The first of an installation is 1, each later one the second in which it
    /// was made.
    package let id: UInt32
    let bytes: [UInt8]

    package static let byteCount = 32
    fileprivate static let first: UInt32 = 1

    package init?(id: UInt32, bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.id = id
        self.bytes = bytes
    }

    /// Nil for the first one of an installation.
    package var createdAt: Instant? { id == Self.first ? nil : Instant(secondsSinceEpoch: Int64(id)) }

    /// HMAC-SHA256: for what is only compared.
    package func mark(_ message: [UInt8]) -> [UInt8] { HMACSHA256.authenticate(message, key: bytes) }
}

/// The secret keys of this installation for one purpose: `<data>/keys/<purpose>.key`, and `<purpose>-<second>.key` for
/// each that was made since.
///
/// One is used for what is new, all for what is there. A new one is used a minute after it was made: every server has
/// read it by then.
package struct SecretKeys: Sendable, Equatable {
    package enum Purpose: String, Sendable, CaseIterable {
        /// Seals what must be read again.
        case data
        /// For what is only compared: marks of the page's requests, hashes of recovery codes.
        case session
    }

    /// Newest first.
    package let all: [SecretKey]
    package let current: SecretKey

    package static let limit = 8

    init(current: SecretKey, older: [SecretKey]) {
        self.current = current
        all = [current] + older
    }

    private init?(newestFirst all: [SecretKey], now: Int64) {
        guard let oldest = all.last else { return nil }
        self.all = all
        current = all.first { Self.isOfAge($0, now: now) } ?? oldest
    }

    package func key(id: UInt32) -> SecretKey? { all.first { $0.id == id } }

    /// Whether there is a newer one that is not used yet.
    package var isNewerComing: Bool { all.first != current }

    private static func isOfAge(_ key: SecretKey, now: Int64) -> Bool {
        key.id == SecretKey.first || Int64(key.id) + SigningKeys.publishedSeconds <= now
    }

    // MARK: Files

    /// Reads the keys, or makes the first one.
    package static func load(
        _ purpose: Purpose, directory: String, now: Int64
    ) throws(SecretFile.Failure) -> SecretKeys {
        try SecretFile.withLockedDirectory(directory) { () throws(SecretFile.Failure) in
            if let keys = SecretKeys(newestFirst: try read(purpose, directory), now: now) { return keys }
            let path = directory + "/" + file(purpose, SecretKey.first)
            try SecretFile.create(secureRandomBytes(SecretKey.byteCount), at: path)
            guard let keys = SecretKeys(newestFirst: try read(purpose, directory), now: now) else {
                throw .damaged(path: path, reason: "it cannot be read back")
            }
            return keys
        }
    }

    /// Adds a key, which is used from a minute later on.
    package static func rotate(_ purpose: Purpose, directory: String, now: Int64) throws(SecretFile.Failure) {
        try SecretFile.withLockedDirectory(directory) { () throws(SecretFile.Failure) in
            let keys = try read(purpose, directory)
            guard keys.count < limit else {
                throw .damaged(
                    path: directory,
                    reason: "there are \(limit) keys for \(purpose.rawValue) already; retire some first")
            }
            // Ids sort by age; a clock that was set back must not make the new key the old one.
            guard let id = UInt32(exactly: max(now, Int64(keys.first?.id ?? 0) + 1)) else {
                throw .damaged(path: directory, reason: "the clock of this machine is wrong")
            }
            try SecretFile.create(secureRandomBytes(SecretKey.byteCount), at: directory + "/" + file(purpose, id))
        }
    }

    /// Moves all but those that are needed to `retired`.
    ///
    /// - Parameter needed: keys that something still was made with. The one that is used, and newer ones, stay anyway.
    /// - Returns: the files that were moved.
    package static func retire(
        _ purpose: Purpose, except needed: Set<UInt32>, directory: String, now: Int64
    ) throws(SecretFile.Failure) -> [String] {
        try SecretFile.withLockedDirectory(directory) { () throws(SecretFile.Failure) in
            guard let keys = SecretKeys(newestFirst: try read(purpose, directory), now: now) else { return [] }
            let old = keys.all.filter { $0.id < keys.current.id && !needed.contains($0.id) }.map {
                file(purpose, $0.id)
            }
            for name in old { try SecretFile.retire(name, in: directory) }
            return old
        }
    }

    package static func file(_ purpose: Purpose, _ id: UInt32) -> String {
        id == SecretKey.first ? "\(purpose.rawValue).key" : "\(purpose.rawValue)-\(id).key"
    }

    private static func read(_ purpose: Purpose, _ directory: String) throws(SecretFile.Failure) -> [SecretKey] {
        var keys: [SecretKey] = []
        for name in try SecretFile.names(in: directory) {
            guard let id = id(of: name, purpose) else { continue }
            let path = directory + "/" + name
            guard let bytes = try SecretFile.read(path) else { continue }
            guard let key = SecretKey(id: id, bytes: bytes) else {
                // Going on without it would lose what it has sealed, and hide the damage.
                throw .damaged(path: path, reason: "expected \(SecretKey.byteCount) bytes, found \(bytes.count)")
            }
            keys.append(key)
        }
        return keys.sorted { $0.id > $1.id }
    }

    private static func id(of name: String, _ purpose: Purpose) -> UInt32? {
        guard name.hasSuffix(".key") else { return nil }
        let stem = name.dropLast(4)
        if stem == purpose.rawValue { return SecretKey.first }
        guard stem.hasPrefix(purpose.rawValue + "-") else { return nil }
        return UInt32(stem.dropFirst(purpose.rawValue.utf8.count + 1)).flatMap { $0 > SecretKey.first ? $0 : nil }
    }
}

/// The same for a running server, which reads the files again from time to time.
package final class SecretKeyRing: Sendable {
    private struct Files: Sendable {
        let purpose: SecretKeys.Purpose
        let directory: String
    }

    private let present: Mutex<SecretKeys>
    private let files: Files?

    package init(_ purpose: SecretKeys.Purpose, directory: String, now: Int64) throws(SecretFile.Failure) {
        present = Mutex(try SecretKeys.load(purpose, directory: directory, now: now))
        files = Files(purpose: purpose, directory: directory)
    }

    /// Without files.
    package init(current: SecretKey, older: [SecretKey] = []) {
        present = Mutex(SecretKeys(current: current, older: older))
        files = nil
    }

    package var keys: SecretKeys { present.withLock { $0 } }

    package var purpose: SecretKeys.Purpose? { files?.purpose }

    /// One that is not known yet may have been made since the files were read.
    func key(id: UInt32) -> SecretKey? {
        let keys = keys
        if let key = keys.key(id: id) { return key }
        // Later than any key that was made: what this process uses for new things is changed by `reload` alone.
        guard let files, let read = try? SecretKeys.load(files.purpose, directory: files.directory, now: .max / 2)
        else {
            return nil
        }
        return read.key(id: id)
    }

    /// - Returns: whether anything is different now.
    package func reload(now: Int64) throws(SecretFile.Failure) -> Bool {
        guard let files else { return false }
        let read = try SecretKeys.load(files.purpose, directory: files.directory, now: now)
        return present.withLock { present in
            defer { present = read }
            return present != read
        }
    }

    /// Of the key that is used now.
    package func mark(_ message: [UInt8]) -> [UInt8] { keys.current.mark(message) }

    /// Of every key.
    package func marks(_ message: [UInt8]) -> [[UInt8]] { keys.all.map { $0.mark(message) } }
}
