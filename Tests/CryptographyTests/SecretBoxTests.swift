import Base
import Cryptography
import Testing

@Suite struct `A sealed secret` {
    static func key(_ id: UInt32) throws -> SecretKey {
        try #require(SecretKey(id: id, bytes: [UInt8](repeating: UInt8(truncatingIfNeeded: id), count: 32)))
    }

    @Test func `opens in its own context only`() throws {
        let box = SecretBox(current: try Self.key(1))
        for count in [0, 1, 15, 16, 17, 1000] {
            let secret = [UInt8](repeating: 7, count: count)
            let sealed = box.seal(secret, context: Array("totp:1".utf8))
            #expect(sealed.count == count + SecretBox.overhead)
            #expect(try box.open(sealed, context: Array("totp:1".utf8)) == secret)
            #expect(throws: SecretBox.CannotOpen()) { try box.open(sealed, context: Array("totp:2".utf8)) }
            #expect(throws: SecretBox.CannotOpen()) { try box.open(sealed, context: []) }
        }
    }

    @Test func `does not open once a single bit differs`() throws {
        let box = SecretBox(current: try Self.key(0x0102_0304))
        let sealed = box.seal(Array("a secret".utf8), context: [1])
        for bit in 0..<sealed.count * 8 {
            var altered = sealed
            altered[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: SecretBox.CannotOpen()) { try box.open(altered, context: [1]) }
        }
        for count in 0..<sealed.count {
            #expect(throws: SecretBox.CannotOpen()) { try box.open(Array(sealed.prefix(count)), context: [1]) }
        }
    }

    @Test func `is sealed by the current key and opens with an older one`() throws {
        let old = SecretBox(current: try Self.key(1))
        let new = SecretBox(current: try Self.key(2), older: [try Self.key(1)])
        let sealed = old.seal([1, 2, 3], context: [])
        #expect(try new.open(sealed, context: []) == [1, 2, 3])
        #expect(throws: SecretBox.CannotOpen()) { try old.open(new.seal([1], context: []), context: []) }
        #expect(Array(new.seal([1], context: []).prefix(5)) == [1, 0, 0, 0, 2])
        #expect(new.seal([1], context: []) != new.seal([1], context: []))
        #expect(SecretKey(id: 1, bytes: [1, 2]) == nil)
    }
}
