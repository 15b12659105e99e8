import Synchronization

/// Remembers what verified tokens said until they expire: a signature of 3,072 bits costs 50 µs to verify, a
/// hit here far less than one.
///
/// The whole token is the key, compared in constant time after a seeded hash found its place; a
/// token that differs in one bit is verified afresh. Bounded by construction: a set-associative table, in which a new
/// token takes the place of the one in its set that expires first. Correctness never depends on it: a miss only costs
/// the verification.
@usableFromInline
package final class VerifiedTokenCache<Value: Sendable>: Sendable {
    @frozen @usableFromInline struct Entry {
        @usableFromInline let hash: Int
        @usableFromInline let token: [UInt8]
        @usableFromInline let value: Value
        /// Seconds since the epoch; the token is dead at this second.
        @usableFromInline let expiresAt: Int64

        @inlinable init(hash: Int, token: [UInt8], value: Value, expiresAt: Int64) {
            self.hash = hash
            self.token = token
            self.value = value
            self.expiresAt = expiresAt
        }
    }

    @usableFromInline final class Shard: Sendable {
        @usableFromInline let entries: Mutex<[Entry?]>
        @usableFromInline init(count: Int) { entries = Mutex(Array(repeating: nil, count: count)) }
    }

    @usableFromInline let shards: [Shard]
    @usableFromInline let setsPerShard: Int
    /// Longer tokens are not kept: memory is bounded in bytes too.
    @usableFromInline let tokenLimit: Int

    @usableFromInline static var ways: Int { 4 }
    @usableFromInline static var shardCount: Int { 16 }

    /// - Parameter capacity: how many tokens at most, rounded up to a multiple of 64.
    package init(capacity: Int, tokenLimit: Int = 2048) {
        let perSet = Self.ways * Self.shardCount
        let sets = max(1, (min(capacity, 1 << 20) + perSet - 1) / perSet)
        setsPerShard = sets
        self.tokenLimit = tokenLimit
        shards = (0..<Self.shardCount).map { _ in Shard(count: sets * Self.ways) }
    }

    @inlinable package func value(for token: UnsafeBufferPointer<UInt8>, at now: Int64) -> Value? {
        let hash = Self.hash(token)
        let (shard, first) = place(of: hash)
        return shard.entries.withLock { entries -> Value? in
            for index in first..<first + Self.ways {
                guard let entry = entries[index], entry.hash == hash, entry.token.count == token.count else { continue }
                guard Self.equal(entry.token, token) else { continue }
                guard entry.expiresAt > now else {
                    entries[index] = nil
                    return nil
                }
                return entry.value
            }
            return nil
        }
    }

    @inlinable package func insert(
        _ value: Value, for token: UnsafeBufferPointer<UInt8>, expiresAt: Int64, at now: Int64
    ) {
        guard token.count <= tokenLimit, expiresAt > now else { return }
        let hash = Self.hash(token)
        let (shard, first) = place(of: hash)
        let entry = Entry(hash: hash, token: Array(token), value: value, expiresAt: expiresAt)
        shard.entries.withLock { entries in
            var victim = first
            var soonest = Int64.max
            for index in first..<first + Self.ways {
                guard let old = entries[index], old.expiresAt > now else {
                    victim = index
                    soonest = .min
                    continue
                }
                if old.hash == hash, old.token == entry.token {
                    victim = index
                    break
                }
                if old.expiresAt < soonest {
                    soonest = old.expiresAt
                    victim = index
                }
            }
            entries[victim] = entry
        }
    }

    /// Forgets every token whose value fits, for example those of a session that ended.
    package func removeAll(where matches: (Value) -> Bool) {
        for shard in shards {
            shard.entries.withLock { entries in
                for index in entries.indices {
                    if let entry = entries[index], matches(entry.value) { entries[index] = nil }
                }
            }
        }
    }

    /// How many tokens are kept, expired ones included.
    package var count: Int {
        shards.reduce(0) { sum, shard in
            sum + shard.entries.withLock { entries in entries.reduce(0) { $1 == nil ? $0 : $0 + 1 } }
        }
    }

    /// Of the token's end, which is its signature and as good as random. Only tokens whose signature was verified are
    /// kept, so nobody can aim many at one place; and the seed is another in each process.
    @inlinable static func hash(_ token: UnsafeBufferPointer<UInt8>) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(token).suffix(48)))
        return hasher.finalize()
    }

    @inlinable func place(of hash: Int) -> (shard: Shard, first: Int) {
        let bits = UInt(bitPattern: hash)
        let shard = shards[Int(bits % UInt(Self.shardCount))]
        let set = Int((bits / UInt(Self.shardCount)) % UInt(setsPerShard))
        return (shard, set * Self.ways)
    }

    /// In time that depends on the length alone. `CRYPTO_memcmp` goes byte by byte and took longer than all the rest.
    @inlinable static func equal(_ stored: [UInt8], _ token: UnsafeBufferPointer<UInt8>) -> Bool {
        guard stored.count == token.count else { return false }
        return stored.withUnsafeBytes { left in
            let right = UnsafeRawBufferPointer(token)
            var difference: UInt64 = 0
            var position = 0
            while position &+ 8 <= left.count {
                difference |=
                    left.loadUnaligned(fromByteOffset: position, as: UInt64.self)
                    ^ right.loadUnaligned(fromByteOffset: position, as: UInt64.self)
                position &+= 8
            }
            while position < left.count {
                difference |= UInt64(left[position] ^ right[position])
                position &+= 1
            }
            return difference == 0
        }
    }
}

extension VerifiedTokenCache {
    /// The same for a text, whose bytes are in one piece nearly always.
    @inlinable package func value(for token: some StringProtocol, at now: Int64) -> Value? {
        if let found = token.utf8.withContiguousStorageIfAvailable({ value(for: $0, at: now) }) { return found }
        return Array(token.utf8).withUnsafeBufferPointer { value(for: $0, at: now) }
    }

    @inlinable package func insert(_ value: Value, for token: some StringProtocol, expiresAt: Int64, at now: Int64) {
        let stored: Void? = token.utf8.withContiguousStorageIfAvailable {
            insert(value, for: $0, expiresAt: expiresAt, at: now)
        }
        guard stored == nil else { return }
        Array(token.utf8).withUnsafeBufferPointer { insert(value, for: $0, expiresAt: expiresAt, at: now) }
    }
}
