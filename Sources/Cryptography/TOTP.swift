import Base

/// Time-based one-time codes (RFC 6238) as authenticator programs make them: SHA-1, six digits, thirty seconds.
package enum TOTP {
    package static let secretBytes = 20
    package static let stepSeconds: Int64 = 30
    package static let digits = 6
    /// How many steps a device's clock may be off, either way.
    package static let window: Int64 = 1

    /// The secret to share with a device. As long as SHA-1's output, which RFC 4226 asks for.
    package static func newSecret() -> [UInt8] { secureRandomBytes(secretBytes) }

    package static func step(at seconds: Int64) -> Int64 { seconds / stepSeconds }

    /// - Parameter digits: 6 to 8.
    package static func code(_ secret: [UInt8], step: Int64, digits: Int = digits) -> String {
        let counter = (0..<8).map { UInt8(truncatingIfNeeded: step >> (56 - 8 * $0)) }
        let hash = HMACSHA1.authenticate(counter, key: secret)
        let offset = Int(hash[hash.count - 1] & 0x0f)
        let number = hash[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7fff_ffff
        let bound = (0..<digits).reduce(UInt32(1)) { power, _ in power * 10 }
        let text = String(number % bound)
        return String(repeating: "0", count: digits - text.utf8.count) + text
    }

    /// The step whose code this is; nil for none within the window. Every step is compared, in constant time.
    ///
    /// - Parameter typed: blanks in it are borne: programs show `123 456`.
    package static func step(of typed: String, _ secret: [UInt8], at seconds: Int64) -> Int64? {
        let code = typed.filter { !$0.isWhitespace }
        guard code.utf8.count == digits, code.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let now = step(at: seconds)
        var found: Int64?
        for step in max(0, now - window)...(now + window) where constantTimeEqual(code, self.code(secret, step: step)) {
            found = step
        }
        return found
    }
}

/// RFC 4648 base32 without padding, as authenticator programs take secrets.
package enum Base32 {
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    package static func encode(_ bytes: [UInt8]) -> String { encode(bytes, letters) }

    /// Crockford's letters, without those that look like others: for codes that people write down.
    package static func encodeForPeople(_ bytes: [UInt8]) -> String {
        encode(bytes, Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8))
    }

    private static func encode(_ bytes: [UInt8], _ letters: [UInt8]) -> String {
        var text: [UInt8] = []
        var buffer: UInt32 = 0
        var bits = 0
        for byte in bytes {
            buffer = (buffer << 8 | UInt32(byte)) & 0xffff
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(letters[Int(buffer >> UInt32(bits)) & 31])
            }
        }
        if bits > 0 { text.append(letters[Int(buffer << UInt32(5 - bits)) & 31]) }
        return String(decoding: text, as: UTF8.self)
    }
}
