import Glibc

/// The RSA keys of this installation, in `<data>/keys/token-<seconds>.pem`.
///
/// The newest signs, all verify. Rotation is one more file, which signs once every server has surely read it; an old one
/// goes once its last token has expired.
package struct SigningKeys: Sendable {
    package let current: RSAPrivateKey
    /// Newest first, at most `limit`.
    package let verifying: [RSAPublicKey]

    package static let limit = 8

    /// ASVS asks for 128 bits of security; 2048 have 112.
    package static let bits = 3072
    /// How often running servers read the files.
    package static let reloadSeconds: Int64 = 30
    /// How long a new key is published before it signs: twice as long as a server may not know it.
    package static let publishedSeconds: Int64 = 60

    /// - Parameters:
    ///   - keys: newest first, at least one.
    ///   - index: of the one that signs.
    package init?(newestFirst keys: [RSAPrivateKey], signing index: Int = 0) {
        guard keys.indices.contains(index), keys.count <= Self.limit else { return nil }
        current = keys[index]
        verifying = keys.map(\.publicKey)
    }

    package func key(id: String) -> RSAPublicKey? {
        verifying.first { $0.keyID == id }
    }

    /// Reads the keys, or makes the first one. Where the newest is weaker than what is made today, one of today's
    /// strength is added, and signs a minute later.
    package static func load(directory: String, now: Int64) throws(SecretFile.Failure) -> SigningKeys {
        try SecretFile.withLockedDirectory(directory) { () throws(SecretFile.Failure) in
            let names = try sorted(directory)
            if let keys = try read(directory, now: now),
                keys.verifying.first.map({ $0.modulus.count * 8 >= bits }) ?? false || names.count >= limit
            {
                return keys
            }
            try add(to: directory, now: max(now, (names.first.flatMap(seconds) ?? 0) + 1))
            guard let keys = try read(directory, now: now) else {
                throw .damaged(path: directory, reason: "the new signing key cannot be read back")
            }
            return keys
        }
    }

    /// Adds a key, which signs from a minute later on.
    package static func rotate(directory: String, now: Int64) throws(SecretFile.Failure) -> SigningKeys {
        try SecretFile.withLockedDirectory(directory) { () throws(SecretFile.Failure) in
            // Names sort by age; a clock that was set back must not make the new key the old one.
            let names = try sorted(directory)
            guard names.count < limit else {
                throw .damaged(path: directory, reason: "there are \(limit) signing keys already; prune them first")
            }
            try add(to: directory, now: max(now, (names.first.flatMap(seconds) ?? 0) + 1))
            guard let keys = try read(directory, now: now) else {
                throw .damaged(path: directory, reason: "the new signing key cannot be read back")
            }
            return keys
        }
    }

    /// One key, for the operator.
    package struct Listed: Sendable {
        package let file: String
        package let keyID: String
        package let bits: Int
        package let createdAt: Int64
        package let signs: Bool
    }

    /// Newest first.
    package static func list(directory: String, now: Int64) throws(SecretFile.Failure) -> [Listed] {
        try SecretFile.withLockedDirectory(directory) { () throws(SecretFile.Failure) in
            let names = try sorted(directory)
            let keys = try privateKeys(names, in: directory)
            let signing = signingIndex(names, now: now)
            return zip(names, keys).enumerated().map { index, pair in
                Listed(
                    file: pair.0, keyID: pair.1.publicKey.keyID, bits: pair.1.publicKey.modulus.count * 8,
                    createdAt: seconds(pair.0) ?? 0, signs: index == signing)
            }
        }
    }

    /// Moves the keys whose last token has expired to `retired`: those older than the one that has signed for long
    /// enough.
    ///
    /// - Parameter tokenSeconds: how long a token is valid, leeway included.
    /// - Returns: the files that were moved.
    package static func prune(
        directory: String, now: Int64, tokenSeconds: Int64
    ) throws(SecretFile.Failure) -> [String] {
        try SecretFile.withLockedDirectory(directory) { () throws(SecretFile.Failure) in
            let names = try sorted(directory)
            let signing = signingIndex(names, now: now)
            // Another server may have signed with the older one until it read the files again.
            let quiet = publishedSeconds + reloadSeconds + tokenSeconds
            guard names.indices.contains(signing), let since = seconds(names[signing]), now >= since + quiet else {
                return []
            }
            let old = Array(names[(signing + 1)...])
            for name in old { try SecretFile.retire(name, in: directory) }
            return old
        }
    }

    /// The newest that every server has read; the oldest while none is.
    private static func signingIndex(_ names: [String], now: Int64) -> Int {
        names.firstIndex { (seconds($0) ?? 0) + publishedSeconds <= now } ?? max(0, names.count - 1)
    }

    private static func sorted(_ directory: String) throws(SecretFile.Failure) -> [String] {
        try SecretFile.names(in: directory).filter { seconds($0) != nil }.sorted {
            (seconds($0) ?? 0) > (seconds($1) ?? 0)
        }
    }

    private static func read(_ directory: String, now: Int64) throws(SecretFile.Failure) -> SigningKeys? {
        let names = try sorted(directory)
        guard names.count <= limit else {
            throw .damaged(path: directory, reason: "more than \(limit) signing keys; remove the oldest")
        }
        let keys = try privateKeys(names, in: directory)
        guard keys.count == names.count else {
            throw .damaged(path: directory, reason: "a signing key went away while it was read")
        }
        return SigningKeys(newestFirst: keys, signing: signingIndex(names, now: now))
    }

    private static func privateKeys(
        _ names: [String], in directory: String
    ) throws(SecretFile.Failure) -> [RSAPrivateKey] {
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
        return keys
    }

    private static func add(to directory: String, now: Int64) throws(SecretFile.Failure) {
        let path = "\(directory)/token-\(now).pem"
        let pem: [UInt8]
        do throws(RSAPrivateKey.Failure) {
            pem = try RSAPrivateKey.generate(bits: bits).pem()
        } catch {
            throw .damaged(path: path, reason: "cannot \(error.operation)")
        }
        try SecretFile.create(pem, at: path)
    }

    private static func seconds(_ name: String) -> Int64? {
        guard name.hasPrefix("token-"), name.hasSuffix(".pem") else { return nil }
        return Int64(name.dropFirst(6).dropLast(4))
    }
}
