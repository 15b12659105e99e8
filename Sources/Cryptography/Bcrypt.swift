import CCrypt

/// Password hashes of other programs, which come with imported accounts: `$2a$`, `$2b$` and `$2y$`. Only checked, never
/// made: at the first sign-in they give way to Argon2id.
package enum Bcrypt {
    /// 2^14 rounds take a second of a core; what asks for more would be a way to keep the machine busy.
    package static let costs = 4...14
    /// What bcrypt itself looks at; it never saw the rest.
    static let passwordBytes = 72

    /// Whether a stored text is such a hash, with a cost that we grant.
    package static func isHash(_ encoded: String) -> Bool {
        let bytes = Array(encoded.utf8)
        guard bytes.count == 60, ["$2a$", "$2b$", "$2y$"].contains(String(encoded.prefix(4))),
            let cost = Int(String(decoding: bytes[4..<6], as: UTF8.self)), costs.contains(cost), bytes[6] == 0x24
        else { return false }
        return bytes[7...].allSatisfy { byte in
            (0x2e...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
        }
    }

    /// False for a wrong password, for one with a NUL in it, and for a text that is no acceptable hash.
    package static func verify(_ password: [UInt8], against encoded: String) -> Bool {
        guard isHash(encoded), !password.contains(0) else { return false }
        let key = password.prefix(passwordBytes).map(CChar.init(bitPattern:)) + [0]
        // 32 KiB: too much for the stack of a thread of the pool.
        let data = UnsafeMutablePointer<crypt_data>.allocate(capacity: 1)
        data.initialize(to: crypt_data())
        defer {
            data.deinitialize(count: 1)
            data.deallocate()
        }
        guard let made = crypt_r(key, encoded, data) else { return false }
        return constantTimeEqual(String(cString: made), encoded)
    }
}
