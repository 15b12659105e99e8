import Base
import Cryptography
import TestSupport
import Testing

@testable import Identity

@Suite(.tags(.rules)) struct `Web Authentication` {
    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex.utf8)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16)
        }
    }

    private static func party() throws -> RelyingParty { try #require(RelyingParty(publicURL: "https://example.org")) }

    private static func expectation(_ challenge: String, verified: Bool = false) throws -> WebAuthn.Expectation {
        .init(party: try party(), challenge: bytes(challenge), needsUserVerification: verified)
    }

    private static func register(_ vector: WebAuthnVector) throws -> WebAuthn.Registered {
        try WebAuthn.register(
            clientData: bytes(vector.registrationClientData), attestationObject: bytes(vector.attestationObject),
            expecting: expectation(vector.registrationChallenge))
    }

    private static func passkey(_ registered: WebAuthn.Registered, signCount: Int64 = 0) -> Passkey {
        Passkey(
            id: .new(), user: .new(), credentialID: registered.credentialID, publicKey: registered.publicKey,
            signCount: signCount, verifiesUser: registered.isUserVerified,
            isBackupEligible: registered.isBackupEligible, isBackedUp: registered.isBackedUp, transports: [],
            name: "Passkey", createdAt: Instant(secondsSinceEpoch: 0), lastUsedAt: nil)
    }

    @Test(arguments: WebAuthnVector.all)
    func `accepts the standard's own registrations and assertions`(_ vector: WebAuthnVector) throws {
        let registered = try Self.register(vector)
        #expect(registered.credentialID == Self.bytes(vector.credentialID))
        let asserted = try WebAuthn.authenticate(
            clientData: Self.bytes(vector.assertionClientData),
            authenticatorData: Self.bytes(vector.authenticatorData), signature: Self.bytes(vector.signature),
            by: Self.passkey(registered), expecting: Self.expectation(vector.assertionChallenge))
        #expect(asserted.signCount == 0)
        #expect(asserted.isBackedUp == (Self.bytes(vector.authenticatorData)[32] & 0x10 != 0))
    }

    @Test(arguments: WebAuthnVector.all)
    func `refuses an assertion with any byte changed`(_ vector: WebAuthnVector) throws {
        let passkey = Self.passkey(try Self.register(vector))
        let parts = [vector.assertionClientData, vector.authenticatorData, vector.signature].map(Self.bytes)
        for part in parts.indices {
            for index in parts[part].indices {
                var changed = parts
                changed[part][index] ^= 0x01
                #expect(throws: WebAuthn.Failure.self) {
                    try WebAuthn.authenticate(
                        clientData: changed[0], authenticatorData: changed[1], signature: changed[2], by: passkey,
                        expecting: Self.expectation(vector.assertionChallenge))
                }
            }
        }
    }

    @Test(arguments: WebAuthnVector.all)
    func `survives a registration with any byte changed or cut off`(_ vector: WebAuthnVector) throws {
        let client = Self.bytes(vector.registrationClientData)
        let object = Self.bytes(vector.attestationObject)
        let expectation = try Self.expectation(vector.registrationChallenge)
        for index in object.indices {
            var changed = object
            changed[index] ^= 0xFF
            _ = try? WebAuthn.register(clientData: client, attestationObject: changed, expecting: expectation)
            #expect(throws: WebAuthn.Failure.self) {
                try WebAuthn.register(
                    clientData: client, attestationObject: Array(object[..<index]), expecting: expectation)
            }
        }
    }

    @Test func `refuses a passkey made inside another page`() throws {
        let vector = WebAuthnVector.crossOrigin
        #expect(throws: WebAuthn.Failure("our page was inside another page")) {
            try WebAuthn.register(
                clientData: Self.bytes(vector.clientData), attestationObject: Self.bytes(vector.attestationObject),
                expecting: Self.expectation(vector.challenge))
        }
    }

    @Test func `refuses self attestation whose signature is another's`() throws {
        let vector = WebAuthnVector.all[1]
        var object = Self.bytes(vector.attestationObject)
        // Within the statement's signature.
        object[50] ^= 1
        #expect(throws: WebAuthn.Failure("its own signature is wrong")) {
            try WebAuthn.register(
                clientData: Self.bytes(vector.registrationClientData), attestationObject: object,
                expecting: Self.expectation(vector.registrationChallenge))
        }
    }

    @Test func `asks for who is there only where it must`() throws {
        // The authenticator of this vector saw somebody, but not who.
        let vector = WebAuthnVector.all[3]
        let passkey = Self.passkey(try Self.register(vector))
        #expect(throws: WebAuthn.Failure("it was not seen who was there")) {
            try WebAuthn.authenticate(
                clientData: Self.bytes(vector.assertionClientData),
                authenticatorData: Self.bytes(vector.authenticatorData), signature: Self.bytes(vector.signature),
                by: passkey, expecting: Self.expectation(vector.assertionChallenge, verified: true))
        }
    }

    @Test func `refuses a counter that does not grow`() throws {
        let vector = WebAuthnVector.all[0]
        let registered = try Self.register(vector)
        #expect(throws: WebAuthn.Failure("its counter went from 7 to 0", isCopy: true)) {
            try WebAuthn.authenticate(
                clientData: Self.bytes(vector.assertionClientData),
                authenticatorData: Self.bytes(vector.authenticatorData), signature: Self.bytes(vector.signature),
                by: Self.passkey(registered, signCount: 7), expecting: Self.expectation(vector.assertionChallenge))
        }
    }

    @Test func `knows its own origin and no other`() throws {
        let party = try #require(RelyingParty(publicURL: "https://Money.example.org/"))
        #expect(party.id == "money.example.org")
        #expect(party.isOrigin("https://money.example.org"))
        for other in [
            "http://money.example.org", "https://money.example.org:8443", "https://money.example.org.evil.net",
            "https://evil.net", "https://money.example.org/", "", "null",
        ] { #expect(!party.isOrigin(other), "\(other)") }
        #expect(try #require(RelyingParty(publicURL: "https://a.b:8443")).isOrigin("https://a.b:8443"))
        #expect(try #require(RelyingParty(publicURL: "https://a.b:443")).isOrigin("https://a.b"))
        let here = try #require(RelyingParty(publicURL: ""))
        #expect(here.id == "localhost")
        for own in ["http://localhost", "http://localhost:8080"] { #expect(here.isOrigin(own)) }
        for other in ["http://localhost.evil.net", "http://127.0.0.1:8080", "https://x@localhost", "http://localhost/"]
        {
            #expect(!here.isOrigin(other), "\(other)")
        }
        // No passkey can belong to these.
        for url in ["http://money.example.org", "https://192.0.2.7", "https://[2001:db8::1]:8443", "money", "https://"]
        {
            #expect(RelyingParty(publicURL: url) == nil, "\(url)")
        }
    }
}
