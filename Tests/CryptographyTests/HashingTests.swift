import Base
import Cryptography
import TestSupport
import Testing

@Suite struct `Hashes and keyed hashes` {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func `match FIPS 180-2`(text: String, digest: String) {
        #expect(hex(SHA256.hash(text)) == digest)
    }

    @Test func `SHA-1 matches FIPS 180-2, and its keyed hash RFC 2202`() {
        #expect(hex(SHA1.hash([])) == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
        #expect(hex(SHA1.hash(Array("abc".utf8))) == "a9993e364706816aba3e25717850c26c9cd0d89d")
        let tag = HMACSHA1.authenticate(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8))
        #expect(hex(tag) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")
        #expect(HMACSHA1.authenticate([1], key: []) != HMACSHA1.authenticate([1], key: [1]))
    }

    @Test(arguments: [
        (
            "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
    ])
    func `match RFC 4231`(key: String, message: String, tag: String) {
        let tag = bytes(hex: tag)
        #expect(HMACSHA256.authenticate(bytes(hex: message), key: bytes(hex: key)) == tag)
        #expect(HMACSHA256.isValid(tag, for: bytes(hex: message), key: bytes(hex: key)))
        #expect(!HMACSHA256.isValid(Array(tag.dropLast()), for: bytes(hex: message), key: bytes(hex: key)))
        #expect(!HMACSHA256.isValid([], for: bytes(hex: message), key: bytes(hex: key)))
    }

    @Test func `give every key its own tag, the empty one too`() {
        let message = Array("message".utf8)
        _ = HMACSHA256.authenticate(message, key: [1, 2, 3])
        // HMAC pads with zeros, so an empty key is the same as a zero byte; never the key of the call before.
        #expect(HMACSHA256.authenticate(message, key: []) == HMACSHA256.authenticate(message, key: [0]))
        #expect(HMACSHA256.authenticate(message, key: []) != HMACSHA256.authenticate(message, key: [1, 2, 3]))
    }

    @Test(.enabled(if: Samples.exist("wycheproof__testvectors_v1__hmac_sha256_test.json"), "no sample vectors here"))
    func `match Wycheproof`() throws {
        let file = try Samples.json("wycheproof__testvectors_v1__hmac_sha256_test.json")
        var tried = 0
        for group in try #require(file["testGroups"] as? [[String: Any]]) {
            let tagCount = try #require(group["tagSize"] as? Int) / 8
            for test in try #require(group["tests"] as? [[String: Any]]) {
                let key = bytes(hex: try #require(test["key"] as? String))
                let message = bytes(hex: try #require(test["msg"] as? String))
                let expected = bytes(hex: try #require(test["tag"] as? String))
                let tag = Array(HMACSHA256.authenticate(message, key: key).prefix(tagCount))
                #expect(constantTimeEqual(tag, expected) == (test["result"] as? String == "valid"), "\(test)")
                tried += 1
            }
        }
        #expect(tried == 174)
    }

    @Test func `compare by every byte`() {
        var generator = SeededGenerator(seed: 1)
        for count in 0..<200 {
            let left = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            #expect(constantTimeEqual(left, left))
            guard count > 0 else { continue }
            var right = left
            right[Int.random(in: 0..<count, using: &generator)] ^= 1 << UInt8.random(in: 0...7, using: &generator)
            #expect(!constantTimeEqual(left, right))
            #expect(!constantTimeEqual(left, Array(left.dropLast())))
        }
        // Canonically equal texts are different secrets.
        #expect(!constantTimeEqual("\u{e9}", "e\u{301}"))
    }

    @Test func `random bytes do not repeat`() {
        let many = (0..<1000).map { _ in secureRandomBytes(16) }
        #expect(Set(many).count == 1000)
        #expect(many.allSatisfy { $0.count == 16 })
        #expect(secureRandomBytes(0).isEmpty)
    }
}
