import Glibc

/// The RSA keys of this installation, in `<data>/keys/token-<seconds>.pem`.
///
/// The newest signs, all verify. Rotation is one more file; an old one may go once its last token has expired.
package struct SigningKeys: Sendable {
    package let current: RSAPrivateKey
    /// Newest first, at most `limit`.
    package let verifying: [RSAPublicKey]

    package static let limit = 8

    /// - Parameter keys: newest first, at least one.
    package init?(newestFirst keys: [RSAPrivateKey]) {
        guard let current = keys.first, keys.count <= Self.limit else { return nil }
        self.current = current
        verifying = keys.map(\.publicKey)
    }

    package func key(id: String) -> RSAPublicKey? {
        verifying.first { $0.keyID == id }
    }

    /// Reads the keys, or makes the first one.
    package static func load(directory: String, now: Int64) throws(SecretFile.Failure) -> SigningKeys {
        try SecretFile.withLockedDirectory(directory) { () throws(SecretFile.Failure) in
            if let keys = try read(directory) { return keys }
            try add(to: directory, now: now)
            guard let keys = try read(directory) else {
                throw .damaged(path: directory, reason: "the new signing key cannot be read back")
            }
            return keys
        }
    }

    /// Adds a key, which signs from the next load on.
    package static func rotate(directory: String, now: Int64) throws(SecretFile.Failure) -> SigningKeys {
        try SecretFile.withLockedDirectory(directory) { () throws(SecretFile.Failure) in
            // Names sort by age; a clock that was set back must not make the new key the old one.
            let newest = try names(in: directory).compactMap(seconds).max() ?? 0
            try add(to: directory, now: max(now, newest + 1))
            guard let keys = try read(directory) else {
                throw .damaged(path: directory, reason: "the new signing key cannot be read back")
            }
            return keys
        }
    }

    private static func read(_ directory: String) throws(SecretFile.Failure) -> SigningKeys? {
        let names = try names(in: directory).sorted { (seconds($0) ?? 0) > (seconds($1) ?? 0) }
        guard names.count <= limit else {
            throw .damaged(path: directory, reason: "more than \(limit) signing keys; remove the oldest")
        }
        var keys: [RSAPrivateKey] = []
        for name in names {
            let path = directory + "/" + name
            guard let pem = try SecretFile.read(path) else { continue }
            do throws(RSAPrivateKey.Failure) {
                keys.append(try RSAPrivateKey.parse(pem: pem))
            } catch {
                // Going on without it would sign people out and hide the damage.
                throw .damaged(path: path, reason: "cannot \(error.operation)")
            }
        }
        return SigningKeys(newestFirst: keys)
    }

    private static func add(to directory: String, now: Int64) throws(SecretFile.Failure) {
        let path = "\(directory)/token-\(now).pem"
        let pem: [UInt8]
        do throws(RSAPrivateKey.Failure) {
            pem = try RSAPrivateKey.generate().pem()
        } catch {
            throw .damaged(path: path, reason: "cannot \(error.operation)")
        }
        try SecretFile.create(pem, at: path)
    }

    private static func names(in directory: String) throws(SecretFile.Failure) -> [String] {
        guard let handle = opendir(directory) else {
            throw .system(operation: "list", path: directory, code: errno)
        }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if seconds(name) != nil { names.append(name) }
        }
        return names
    }

    private static func seconds(_ name: String) -> Int64? {
        guard name.hasPrefix("token-"), name.hasSuffix(".pem") else { return nil }
        return Int64(name.dropFirst(6).dropLast(4))
    }
}
