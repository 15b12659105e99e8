import Base
import Cryptography
import Foundation
import Testing

@Suite struct `Signing keys` {
    static let key = Result { try RSAPrivateKey.generate() }

    @Test func `sign what they verify, and nothing else`() throws {
        let key = try Self.key.get()
        let message = Array("a message".utf8)
        let signature = try key.sign(message)
        #expect(signature.count == 256)
        #expect(key.publicKey.isValidSignature(signature, for: message))
        #expect(!key.publicKey.isValidSignature(signature, for: message + [0]))
        #expect(!key.publicKey.isValidSignature(signature + [0], for: message))
        #expect(!key.publicKey.isValidSignature([], for: message))
        for bit in stride(from: 0, to: 2048, by: 61) {
            var altered = signature
            altered[bit / 8] ^= 1 << (bit % 8)
            #expect(!key.publicKey.isValidSignature(altered, for: message))
        }
        let stranger = try RSAPrivateKey.generate()
        #expect(!stranger.publicKey.isValidSignature(signature, for: message))
    }

    @Test func `have the thumbprint of RFC 7638`() throws {
        let modulus = try #require(
            Base64URL.decode(
                """
                0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3o\
                knjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHz\
                u6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8\
                awapJzKnqDKgw
                """.utf8))
        let key = try #require(RSAPublicKey(modulus: modulus, exponent: [1, 0, 1]))
        #expect(key.keyID == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
        // Leading zeros are no other key.
        #expect(RSAPublicKey(modulus: [0] + modulus, exponent: [0, 1, 0, 1])?.keyID == key.keyID)
    }

    @Test func `refuse weak and senseless numbers`() throws {
        let modulus = try Self.key.get().publicKey.modulus
        #expect(RSAPublicKey(modulus: modulus, exponent: []) == nil)
        #expect(RSAPublicKey(modulus: modulus, exponent: [1]) == nil)
        #expect(RSAPublicKey(modulus: modulus, exponent: [1, 0, 0]) == nil)
        #expect(RSAPublicKey(modulus: Array(modulus.dropFirst(128)), exponent: [1, 0, 1]) == nil)
        #expect(RSAPublicKey(modulus: [], exponent: [1, 0, 1]) == nil)
        #expect(throws: RSAPrivateKey.Failure.self) { try RSAPrivateKey.generate(bits: 1024) }
    }

    @Test func `survive their PEM`() throws {
        let key = try Self.key.get()
        let pem = try key.pem()
        #expect(String(decoding: pem, as: UTF8.self).hasPrefix("-----BEGIN PRIVATE KEY-----"))
        let read = try RSAPrivateKey.parse(pem: pem)
        #expect(read.publicKey.keyID == key.publicKey.keyID)
        #expect(key.publicKey.isValidSignature(try read.sign([1, 2, 3]), for: [1, 2, 3]))
        for damaged in [
            [], Array("-----BEGIN PRIVATE KEY-----".utf8), Array(pem.dropLast(200)),
            [UInt8](repeating: 0, count: 1 << 17),
        ] {
            #expect(throws: RSAPrivateKey.Failure.self) { try RSAPrivateKey.parse(pem: damaged) }
        }
    }

    @Test func `are made once, for their owner's eyes only`() throws {
        try withTemporaryDirectory { parent in
            let directory = parent + "/keys"
            let first = try SigningKeys.load(directory: directory, now: 1_700_000_000)
            let again = try SigningKeys.load(directory: directory, now: 1_700_000_100)
            #expect(first.current.publicKey.keyID == again.current.publicKey.keyID)
            let files = try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".pem") }
            #expect(files == ["token-1700000000.pem"])
            let attributes = try FileManager.default.attributesOfItem(atPath: directory + "/" + files[0])
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            let folder = try FileManager.default.attributesOfItem(atPath: directory)
            #expect(folder[.posixPermissions] as? Int == 0o700)
        }
    }

    @Test func `rotate: a new one verifies at once and signs a minute later, even when the clock went back`() throws {
        try withTemporaryDirectory { directory in
            let old = try SigningKeys.load(directory: directory, now: 2000)
            #expect(old.current.publicKey.modulus.count * 8 == 3072)
            let new = try SigningKeys.rotate(directory: directory, now: 1000)
            #expect(new.verifying.map(\.keyID).count == 2)
            #expect(new.current.publicKey.keyID == old.current.publicKey.keyID)
            let before = try SigningKeys.load(directory: directory, now: 2060)
            #expect(before.current.publicKey.keyID == old.current.publicKey.keyID)
            let loaded = try SigningKeys.load(directory: directory, now: 2061)
            #expect(loaded.current.publicKey.keyID == new.verifying.first?.keyID)
            #expect(loaded.current.publicKey.keyID != old.current.publicKey.keyID)
            #expect(loaded.key(id: old.current.publicKey.keyID) != nil)
            #expect(loaded.key(id: "unknown") == nil)
        }
    }

    @Test func `of less strength than today's get a successor by themselves`() throws {
        try withTemporaryDirectory { directory in
            try SecretFile.create(RSAPrivateKey.generate(bits: 2048).pem(), at: directory + "/token-1000.pem")
            let first = try SigningKeys.load(directory: directory, now: 5000)
            #expect(first.current.publicKey.modulus.count == 256)
            #expect(first.verifying.map(\.modulus.count) == [384, 256])
            let later = try SigningKeys.load(directory: directory, now: 5060)
            #expect(later.current.publicKey.modulus.count == 384)
            #expect(later.verifying.map(\.keyID) == first.verifying.map(\.keyID))
        }
    }

    @Test func `are read again by a running server, and go once no token needs them`() throws {
        try withTemporaryDirectory { directory in
            let first = try SigningKeys.load(directory: directory, now: 1000)
            let ring = KeyRing(first)
            #expect(try !ring.reload(directory: directory, now: 1001))
            _ = try SigningKeys.rotate(directory: directory, now: 5000)
            #expect(try ring.reload(directory: directory, now: 5030))
            #expect(ring.keys.current.publicKey.keyID == first.current.publicKey.keyID)
            #expect(ring.keys.verifying.count == 2)
            #expect(try ring.reload(directory: directory, now: 5060))
            #expect(ring.keys.current.publicKey.keyID != first.current.publicKey.keyID)
            let tokens = Int64(900 + 60)
            #expect(try SigningKeys.prune(directory: directory, now: 5060 + tokens, tokenSeconds: tokens).isEmpty)
            let moved = try SigningKeys.prune(directory: directory, now: 5090 + tokens, tokenSeconds: tokens)
            #expect(moved == ["token-1000.pem"])
            #expect(FileManager.default.fileExists(atPath: directory + "/retired/token-1000.pem"))
            #expect(try SigningKeys.list(directory: directory, now: 9000).map(\.signs) == [true])
            #expect(try SigningKeys.prune(directory: directory, now: 90_000, tokenSeconds: tokens).isEmpty)
        }
    }

    @Test func `stay as they are in a running server when a file is damaged`() throws {
        try withTemporaryDirectory { directory in
            let ring = KeyRing(try SigningKeys.load(directory: directory, now: 1000))
            let path = directory + "/token-2000.pem"
            try Data("rubbish".utf8).write(to: URL(fileURLWithPath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            #expect(throws: SecretFile.Failure.self) { try ring.reload(directory: directory, now: 3000) }
            #expect(ring.keys.verifying.count == 1)
        }
    }

    @Test func `stop the start when one is damaged or open to everybody`() throws {
        try withTemporaryDirectory { directory in
            _ = try SigningKeys.load(directory: directory, now: 1)
            let path = directory + "/token-1.pem"
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
            #expect(throws: SecretFile.Failure.readableByOthers(path: path)) {
                try SigningKeys.load(directory: directory, now: 2)
            }
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            try Data("rubbish".utf8).write(to: URL(fileURLWithPath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            #expect(throws: SecretFile.Failure.self) { try SigningKeys.load(directory: directory, now: 2) }
        }
    }

    @Test func `are the same for servers that start together`() async throws {
        let path = FileManager.default.temporaryDirectory.path + "/purser-crypto-\(Identifier<SessionTag>.new())"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let ids = try await withThrowingTaskGroup(of: String.self) { group in
            for time in 0..<4 {
                group.addTask { try SigningKeys.load(directory: path, now: Int64(time)).current.publicKey.keyID }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(ids.count == 1)
    }
}

@Suite struct `A secret file` {
    @Test func `is made once and never overwritten`() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/csrf.key"
            let first = try SecretFile.loadOrCreate(at: path, byteCount: 32)
            #expect(first.count == 32)
            #expect(try SecretFile.loadOrCreate(at: path, byteCount: 32) == first)
            #expect(throws: SecretFile.Failure.self) { try SecretFile.create([1], at: path) }
            #expect(try SecretFile.read(path) == first)
            #expect(throws: SecretFile.Failure.self) { try SecretFile.loadOrCreate(at: path, byteCount: 16) }
            #expect(try SecretFile.read(directory + "/none") == nil)
            // No temporary file is left, whether it went well or not.
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["csrf.key"])
        }
    }
}
