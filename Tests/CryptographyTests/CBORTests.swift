import Testing

@testable import Cryptography

@Suite struct `Reading CBOR` {
    static let examples: [(String, CBOR)] = [
        ("00", .unsigned(0)), ("17", .unsigned(23)), ("1818", .unsigned(24)), ("1903e8", .unsigned(1000)),
        ("1a000f4240", .unsigned(1_000_000)), ("1bffffffffffffffff", .unsigned(.max)), ("20", .negative(0)),
        ("3863", .negative(99)), ("3bffffffffffffffff", .negative(.max)), ("f4", .bool(false)), ("f5", .bool(true)),
        ("f6", .null), ("40", .bytes([])), ("4401020304", .bytes([1, 2, 3, 4])), ("60", .text("")),
        ("62c3bc", .text("ü")), ("64f0908591", .text("\u{10151}")), ("80", .array([])),
        ("8301820203820405", .array([1, .array([2, 3]), .array([4, 5])])),
        ("a201020304", .map([.init(key: 1, value: 2), .init(key: 3, value: 4)])),
    ]

    /// RFC 8949, appendix A, as far as we read it.
    @Test(arguments: examples) func `gives the values of the standard's examples`(_ example: (String, CBOR)) throws {
        #expect(try CBOR.parse(bytes(hex: example.0)) == example.1)
    }

    static let malformed = [
        "", "18", "19ff", "1c", "1f", "3f", "5f42010243030405ff", "7f657374726561646d696e67ff", "9fff", "bfff",
        "c000", "f90000", "fa47c35000", "fb3ff199999999999a", "f7", "f800", "ff", "0000", "4401", "62c3", "62ffff",
        "61ff", "8301", "a101", "a201020103", "9bffffffffffffffff", "5bffffffffffffffff", "bbffffffffffffffff",
        "818181818181818100", "a1a1a1a1a1a1a1a1000000000000000000",
    ]

    @Test(arguments: malformed) func `refuses what is not of the form that authenticators write`(_ text: String) {
        #expect(throws: CBOR.Malformed.self) { try CBOR.parse(bytes(hex: text)) }
    }

    @Test func `takes nesting and sizes up to its limits and no further`() throws {
        let deepest = [UInt8](repeating: 0x81, count: CBOR.depthLimit - 1) + [0x00]
        #expect(throws: Never.self) { try CBOR.parse(deepest) }
        #expect(throws: CBOR.Malformed.self) { try CBOR.parse([0x81] + deepest) }
        let largest = [0x59, 0x3F, 0xFD] + [UInt8](repeating: 0, count: CBOR.sizeLimit - 3)
        #expect(try CBOR.parse(largest).byteString?.count == CBOR.sizeLimit - 3)
        #expect(throws: CBOR.Malformed.self) { try CBOR.parse([0x81] + largest) }
    }

    @Test func `survives every cut and every changed byte of a real value`() {
        let value = bytes(hex: "83a363666d74646e6f6e656761747453746d74a0686175746844617461447f0102038101a1613af5")
        #expect(throws: Never.self) { try CBOR.parse(value) }
        for end in 0..<value.count { #expect(throws: CBOR.Malformed.self) { try CBOR.parse(Array(value[..<end])) } }
        for index in value.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = value
                changed[index] = byte
                _ = try? CBOR.parse(changed)
            }
        }
    }
}

extension CBOR: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int) { self.init(value) }
}

@Suite struct `Keys of authenticators` {
    /// RFC 6979, A.2.5: its key and its signature of "sample" with SHA-256.
    static let x = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    static let y = "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
    static let r = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
    static let s = "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"

    @Test func `on P-256 verify the standard's signature, in both its forms, and no other`() throws {
        let key = try #require(P256PublicKey(x: bytes(hex: Self.x), y: bytes(hex: Self.y)))
        let message = Array("sample".utf8)
        let raw = bytes(hex: Self.r + Self.s)
        #expect(key.isValidRawSignature(raw, for: message))
        #expect(!key.isValidRawSignature(raw, for: Array("simple".utf8)))
        #expect(!key.isValidRawSignature(Array(raw.dropLast()), for: message))
        let der = bytes(hex: "3046022100" + Self.r + "022100" + Self.s)
        #expect(key.isValidSignature(der, for: message))
        #expect(!key.isValidSignature(der + [0], for: message))
        #expect(!key.isValidSignature(raw, for: message))
        #expect(!key.isValidSignature([], for: message))
        #expect(!key.isValidRawSignature([UInt8](repeating: 0, count: 64), for: message))
    }

    @Test func `are refused off the curve, of another length, and of an algorithm we did not ask for`() throws {
        let (x, y) = (bytes(hex: Self.x), bytes(hex: Self.y))
        var wrong = y
        wrong[31] ^= 1
        #expect(P256PublicKey(x: x, y: wrong) == nil)
        #expect(P256PublicKey(x: [UInt8](repeating: 0, count: 32), y: [UInt8](repeating: 0, count: 32)) == nil)
        #expect(P256PublicKey(x: [0] + x, y: y) == nil)
        func key(_ pairs: [(Int, CBOR)]) -> COSEKey? {
            COSEKey(.map(pairs.map { CBOR.Pair(key: CBOR($0.0), value: $0.1) }))
        }
        #expect(key([(1, 2), (3, -7), (-1, 1), (-2, .bytes(x)), (-3, .bytes(y))])?.algorithm == -7)
        #expect(key([(1, 2), (3, -35), (-1, 2), (-2, .bytes(x)), (-3, .bytes(y))]) == nil)
        #expect(key([(1, 2), (3, -7), (-1, 3), (-2, .bytes(x)), (-3, .bytes(y))]) == nil)
        #expect(key([(1, 1), (3, -7), (-1, 1), (-2, .bytes(x)), (-3, .bytes(y))]) == nil)
        #expect(key([(1, 2), (3, -7), (-1, 1), (-2, .bytes(x)), (-3, .bool(true))]) == nil)
        #expect(key([(1, 1), (3, -8), (-1, 6), (-2, .bytes(x))])?.algorithm == -8)
        #expect(key([(1, 1), (3, -8), (-1, 4), (-2, .bytes(x))]) == nil)
        let short = [UInt8](repeating: 0xFF, count: 128)
        #expect(key([(1, 3), (3, -257), (-1, .bytes(short)), (-2, .bytes([1, 0, 1]))]) == nil)
        #expect(key([]) == nil)
    }

    static let wycheproof = "wycheproof__testvectors_v1__ed25519_test.json"

    @Test(.enabled(if: Samples.exist(wycheproof), "no sample vectors here"))
    func `on Curve25519 agree with all of Wycheproof's vectors`() throws {
        let groups = try #require(try Samples.json(Self.wycheproof)["testGroups"] as? [[String: Any]])
        var count = 0
        for group in groups {
            let hexKey = try #require((group["publicKey"] as? [String: Any])?["pk"] as? String)
            let key = try #require(Ed25519PublicKey(bytes(hex: hexKey)))
            for test in try #require(group["tests"] as? [[String: Any]]) {
                let message = bytes(hex: try #require(test["msg"] as? String))
                let signature = bytes(hex: try #require(test["sig"] as? String))
                let isValid = test["result"] as? String == "valid"
                #expect(key.isValidSignature(signature, for: message) == isValid, "\(test["tcId"] ?? "?")")
                count += 1
            }
        }
        #expect(count == 151)
    }
}
