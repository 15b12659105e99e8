import Base
import TestSupport
import Testing

@testable import Cryptography

@Suite struct `A code of a device` {
    /// RFC 6238, appendix B.
    @Test(
        arguments: [
            (59, "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"), (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"), (20_000_000_000, "65353130"),
        ] as [(Int64, String)])
    func `is that of the standard`(seconds: Int64, code: String) {
        let secret = Array("12345678901234567890".utf8)
        #expect(TOTP.code(secret, step: TOTP.step(at: seconds), digits: 8) == code)
        #expect(TOTP.code(secret, step: TOTP.step(at: seconds)) == String(code.suffix(6)))
    }

    @Test func `is taken from a device whose clock is half a minute off, and not from one that is a minute off`() {
        let secret = TOTP.newSecret()
        #expect(secret.count == 20)
        let now: Int64 = 1_800_000_000
        for (offset, isTaken) in [(-60, false), (-30, true), (0, true), (30, true), (60, false)] as [(Int64, Bool)] {
            let code = TOTP.code(secret, step: TOTP.step(at: now + offset))
            #expect((TOTP.step(of: code, secret, at: now) == TOTP.step(at: now + offset)) == isTaken, "\(offset)")
        }
    }

    @Test(arguments: ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "-12345", "１２３４５６"])
    func `is six digits`(typed: String) { #expect(TOTP.step(of: typed, TOTP.newSecret(), at: 1_800_000_000) == nil) }

    @Test func `may be typed with the blank that programs show`() {
        let secret = TOTP.newSecret()
        let code = TOTP.code(secret, step: TOTP.step(at: 1_800_000_000))
        #expect(TOTP.step(of: "\(code.prefix(3)) \(code.suffix(3))", secret, at: 1_800_000_000) != nil)
    }

    /// RFC 4648, section 10, without the padding.
    @Test(arguments: [
        ("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB"),
        ("foobar", "MZXW6YTBOI"),
    ])
    func `has its secret in base32`(text: String, encoded: String) {
        #expect(Base32.encode(Array(text.utf8)) == encoded)
    }
}

@Suite struct `A hash of bcrypt` {
    /// Of crypt_blowfish's own tests.
    @Test(arguments: [
        ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        ("correct horse battery", "$2a$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS"),
        ("correct horse battery", "$2b$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS"),
        ("correct horse battery", "$2y$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS"),
        (
            "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored",
            "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui"
        ),
    ])
    func `fits its password and no other`(password: String, hash: String) {
        #expect(Bcrypt.verify(Array(password.utf8), against: hash))
        #expect(!Bcrypt.verify(Array(("x" + password).utf8), against: hash))
        #expect(!Bcrypt.verify([], against: hash))
    }

    @Test func `fits nothing with a NUL, behind which C reads no further`() {
        let hash = "$2b$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS"
        #expect(!Bcrypt.verify(Array("correct horse battery\u{0}more".utf8), against: hash))
    }

    @Test(arguments: [
        "", "$2b$", "$2b$31$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS",
        "$2b$03$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS",
        "$2x$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS",
        "$2b$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoO",
        "$2b$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQo:S", "$6$salt$hash", "plain text",
        "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaA",
    ])
    func `is nothing else`(text: String) {
        #expect(!Bcrypt.isHash(text))
        #expect(!Bcrypt.verify(Array("correct horse battery".utf8), against: text))
    }
}
