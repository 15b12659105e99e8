import Base
import Cryptography
import Testing

@Suite struct `A password's hash` {
    static let cheap = Argon2id.Parameters(memoryKiB: 64, iterations: 1, lanes: 1)

    @Test func `is what the reference implementation gives`() {
        // From the Argon2 project's own tests (version 0x13, t=2, m=65536, p=1).
        let known =
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
        #expect(Argon2id.verify(Array("password".utf8), against: known))
        #expect(!Argon2id.verify(Array("Password".utf8), against: known))
    }

    @Test func `verifies only its own password, with a salt of its own`() throws {
        let password = Array("correct horse battery staple".utf8)
        let first = try Argon2id.hash(password, parameters: Self.cheap)
        let second = try Argon2id.hash(password, parameters: Self.cheap)
        #expect(first != second)
        #expect(first.hasPrefix("$argon2id$v=19$m=64,t=1,p=1$"))
        #expect(Argon2id.verify(password, against: first))
        #expect(Argon2id.verify(password, against: second))
        #expect(!Argon2id.verify(password + [0], against: first))
        #expect(!Argon2id.verify([], against: first))
    }

    @Test func `takes any bytes, zero among them`() throws {
        let password: [UInt8] = [0, 1, 0, 255]
        let hash = try Argon2id.hash(password, parameters: Self.cheap)
        #expect(Argon2id.verify(password, against: hash))
        #expect(!Argon2id.verify([0, 1, 0], against: hash))
        #expect(!Argon2id.verify([0], against: hash))
    }

    @Test func `says when it should be made anew`() throws {
        let hash = try Argon2id.hash(Array("password".utf8), parameters: Self.cheap)
        #expect(!Argon2id.needsRehash(hash, parameters: Self.cheap))
        #expect(Argon2id.needsRehash(hash))
        #expect(Argon2id.needsRehash("$2b$12$abcdefghijklmnopqrstuv"))
        #expect(
            Argon2id.Parameters.standard == Argon2id.Parameters(memoryKiB: 19456, iterations: 2, lanes: 1))
    }

    @Test(arguments: [
        "", "$", "password", "$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=16$m=64,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=64,t=4000000000,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=64,t=1,p=4000000000$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=64,t=1,p=0$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$t=1,m=64,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=64,t=1,p=1$$", "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$!!!",
    ])
    func `that is damaged or asks for too much verifies nothing`(stored: String) {
        #expect(!Argon2id.verify(Array("password".utf8), against: stored))
        #expect(!Argon2id.verify([], against: stored))
    }

    @Test func `refuses parameters beyond reason`() {
        for parameters in [
            Argon2id.Parameters(memoryKiB: 1 << 21, iterations: 1, lanes: 1),
            Argon2id.Parameters(memoryKiB: 64, iterations: 0, lanes: 1),
            Argon2id.Parameters(memoryKiB: 4, iterations: 1, lanes: 1),
        ] {
            #expect(throws: Argon2id.Failure.self) { try Argon2id.hash([1], parameters: parameters) }
        }
    }
}
