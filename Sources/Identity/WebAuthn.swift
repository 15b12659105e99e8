import Base
import Cryptography
import JSON

/// The two ceremonies of W3C Web Authentication Level 3, sections 7.1 and 7.2, without attestation: we ask for none,
/// so which make of authenticator it is neither interests us nor gets known.
enum WebAuthn {
    /// Why an answer is not accepted: for the log, the sender learns only that it is not.
    struct Failure: Error, Equatable {
        let reason: String
        /// Somebody seems to hold a copy of the key.
        let isCopy: Bool
        init(_ reason: String, isCopy: Bool = false) {
            self.reason = reason
            self.isCopy = isCopy
        }
    }

    /// What this server asked, and of whom.
    struct Expectation: Sendable {
        let party: RelyingParty
        let challenge: [UInt8]
        /// Whether the authenticator must have seen who it is (a finger, a code), not only that somebody is there.
        let needsUserVerification: Bool
    }

    struct Registered: Sendable {
        let credentialID: [UInt8]
        /// The COSE key as it came.
        let publicKey: [UInt8]
        let signCount: Int64
        let isUserVerified: Bool
        let isBackupEligible: Bool
        let isBackedUp: Bool
    }

    struct Asserted: Equatable, Sendable {
        let signCount: Int64
        let isUserVerified: Bool
        let isBackedUp: Bool
    }

    static func register(
        clientData: [UInt8], attestationObject: [UInt8], expecting expectation: Expectation
    ) throws(Failure) -> Registered {
        try check(clientData, type: "webauthn.create", expectation)
        guard let object = try? CBOR.parse(attestationObject), let format = object["fmt"]?.string,
            let statement = object["attStmt"], case .map(let members) = statement,
            let authenticatorData = object["authData"]?.byteString
        else { throw Failure("the attestation object is malformed") }
        let data = try AuthenticatorData(authenticatorData)
        try check(data, expectation)
        guard let attested = data.attested else { throw Failure("no credential is in it") }
        switch format {
        case "none": guard members.isEmpty else { throw Failure("a statement where there should be none") }
        case "packed" where statement["x5c"] == nil:
            // Signed with the new key itself: nothing to trust in, but it must be right.
            guard statement["alg"]?.int == attested.key.algorithm, let signature = statement["sig"]?.byteString,
                attested.key.isValidSignature(signature, for: authenticatorData + SHA256.hash(clientData))
            else { throw Failure("its own signature is wrong") }
        default: break  // Somebody vouches for the authenticator. We did not ask, and believe it no more than without.
        }
        return Registered(
            credentialID: attested.credentialID, publicKey: attested.publicKey, signCount: data.signCount,
            isUserVerified: data.flags.contains(.userVerified), isBackupEligible: data.flags.contains(.backupEligible),
            isBackedUp: data.flags.contains(.backedUp))
    }

    static func authenticate(
        clientData: [UInt8], authenticatorData: [UInt8], signature: [UInt8], by passkey: Passkey,
        expecting expectation: Expectation
    ) throws(Failure) -> Asserted {
        try check(clientData, type: "webauthn.get", expectation)
        let data = try AuthenticatorData(authenticatorData)
        try check(data, expectation)
        guard let key = COSEKey(bytes: passkey.publicKey),
            key.isValidSignature(signature, for: authenticatorData + SHA256.hash(clientData))
        else { throw Failure("the signature is wrong") }
        guard data.flags.contains(.backupEligible) == passkey.isBackupEligible else {
            throw Failure("it was not backup-eligible and is now, or the reverse")
        }
        // A counter that does not grow: there is a copy of the authenticator.
        guard data.signCount == 0 && passkey.signCount == 0 || data.signCount > passkey.signCount else {
            throw Failure("its counter went from \(passkey.signCount) to \(data.signCount)", isCopy: true)
        }
        return Asserted(
            signCount: data.signCount, isUserVerified: data.flags.contains(.userVerified),
            isBackedUp: data.flags.contains(.backedUp))
    }

    private static func check(_ clientData: [UInt8], type: String, _ expectation: Expectation) throws(Failure) {
        guard let object = try? JSONValue.parse(clientData, limits: .init(depth: 8, nodes: 256, bytes: 8192)),
            object.object != nil
        else { throw Failure("the client data is no JSON object") }
        guard object["type"]?.string == type else { throw Failure("the client data is of another ceremony") }
        guard let text = object["challenge"]?.string, let challenge = Base64URL.decode(text.utf8),
            constantTimeEqual(challenge, expectation.challenge)
        else { throw Failure("it answers another challenge") }
        guard let origin = object["origin"]?.string, expectation.party.isOrigin(origin) else {
            throw Failure("it comes from another page")
        }
        guard object["crossOrigin"]?.bool ?? false == false, object["topOrigin"] == nil else {
            throw Failure("our page was inside another page")
        }
    }

    private static func check(_ data: AuthenticatorData, _ expectation: Expectation) throws(Failure) {
        guard constantTimeEqual(data.partyHash, SHA256.hash(expectation.party.id)) else {
            throw Failure("it is meant for another domain")
        }
        guard data.flags.contains(.userPresent) else { throw Failure("nobody was there") }
        guard !expectation.needsUserVerification || data.flags.contains(.userVerified) else {
            throw Failure("it was not seen who was there")
        }
        guard data.flags.contains(.backupEligible) || !data.flags.contains(.backedUp) else {
            throw Failure("it is backed up though it cannot be")
        }
    }
}

/// What an authenticator signs: section 6.1.
struct AuthenticatorData: Sendable {
    struct Flags: OptionSet, Sendable {
        let rawValue: UInt8
        static let userPresent = Flags(rawValue: 0x01)
        static let userVerified = Flags(rawValue: 0x04)
        static let backupEligible = Flags(rawValue: 0x08)
        static let backedUp = Flags(rawValue: 0x10)
        static let attestedData = Flags(rawValue: 0x40)
        static let extensions = Flags(rawValue: 0x80)
    }

    struct Attested: Sendable {
        let credentialID: [UInt8]
        let publicKey: [UInt8]
        let key: COSEKey
    }

    let partyHash: [UInt8]
    let flags: Flags
    let signCount: Int64
    let attested: Attested?

    init(_ bytes: [UInt8]) throws(WebAuthn.Failure) {
        let malformed = WebAuthn.Failure("the authenticator data is malformed")
        guard bytes.count >= 37, bytes.count <= CBOR.sizeLimit else { throw malformed }
        partyHash = Array(bytes[..<32])
        flags = Flags(rawValue: bytes[32])
        signCount = bytes[33..<37].reduce(0) { $0 << 8 | Int64($1) }
        var rest = bytes[37...]
        if flags.contains(.attestedData) {
            (attested, rest) = try Self.attested(in: rest)
        } else {
            attested = nil
        }
        if flags.contains(.extensions) {
            guard let (value, after) = try? CBOR.parsePrefix(rest), case .map = value else { throw malformed }
            rest = after
        }
        guard rest.isEmpty else { throw malformed }
    }

    private static func attested(
        in bytes: ArraySlice<UInt8>
    ) throws(WebAuthn.Failure) -> (Attested, ArraySlice<UInt8>) {
        // 16 bytes name the make, two the length of what follows.
        let lengths = bytes.dropFirst(16).prefix(2)
        guard lengths.count == 2 else { throw .init("the authenticator data is malformed") }
        let length = lengths.reduce(0) { $0 << 8 | Int($1) }
        let identifier = bytes.dropFirst(18).prefix(length)
        guard identifier.count == length, (16...1023).contains(length) else {
            throw .init("the credential's id has a strange length")
        }
        let rest = bytes.dropFirst(18 + length)
        guard let (map, after) = try? CBOR.parsePrefix(rest) else { throw .init("the public key is malformed") }
        guard let key = COSEKey(map) else { throw .init("the public key is none that we asked for") }
        let publicKey = Array(rest.dropLast(after.count))
        guard publicKey.count <= 1024 else { throw .init("the public key is too large") }
        return (Attested(credentialID: Array(identifier), publicKey: publicKey, key: key), after)
    }
}
