import Base
import Cryptography
import JSON

@testable import Identity

/// An authenticator in software: makes one RS256 key, and signs as a browser has it sign.
final class SoftAuthenticator {
    static let origin = "https://purser.test"

    struct Change {
        var origin = SoftAuthenticator.origin
        var type: String?
        var challenge: String?
        var crossOrigin = false
        /// UP, UV, BE, BS.
        var flags: UInt8 = 0x1D
        var partyID = "purser.test"
        var signCount: UInt32?
        var userHandle: String?
        var forgesSignature = false
    }

    private let key: RSAPrivateKey
    let credentialID = secureRandomBytes(32)
    private var userHandle = ""
    private(set) var signCount: UInt32 = 0

    init() throws { key = try TestApp.keys.get().current }

    /// The body's `credential`, for the options that the server gave.
    func create(_ options: JSONValue, _ change: Change = Change()) -> String {
        userHandle = options["user"]?["id"]?.string ?? ""
        let modulus = key.publicKey.modulus
        let cose =
            [0xA4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00, 0x20, 0x59] + [UInt8(modulus.count >> 8), 0] + modulus
            + [0x21, 0x43, 0x01, 0x00, 0x01]
        let data =
            authenticatorData(change, flags: change.flags | 0x40) + [UInt8](repeating: 0, count: 16) + [0, 32]
            + credentialID + cose
        let object =
            [0xA3, 0x63] + Array("fmt".utf8) + [0x64] + Array("none".utf8) + [0x67] + Array("attStmt".utf8) + [0xA0]
            + [0x68] + Array("authData".utf8) + [0x59, UInt8(data.count >> 8), UInt8(data.count & 0xFF)] + data
        return """
            {"id":"\(Base64URL.encode(credentialID))","rawId":"\(Base64URL.encode(credentialID))","type":"public-key",
             "response":{"clientDataJSON":"\(Base64URL.encode(clientData("webauthn.create", options, change)))",
             "attestationObject":"\(Base64URL.encode(object))","transports":["internal","telepathy"]},
             "clientExtensionResults":{},"authenticatorAttachment":"platform"}
            """
    }

    func get(_ options: JSONValue, _ change: Change = Change()) throws -> String {
        signCount += 1
        let data = authenticatorData(change, flags: change.flags)
        let client = clientData("webauthn.get", options, change)
        var signature = try key.sign(data + SHA256.hash(client))
        if change.forgesSignature { signature[9] ^= 1 }
        return """
            {"id":"\(Base64URL.encode(credentialID))","rawId":"\(Base64URL.encode(credentialID))","type":"public-key",
             "response":{"clientDataJSON":"\(Base64URL.encode(client))",
             "authenticatorData":"\(Base64URL.encode(data))","signature":"\(Base64URL.encode(signature))",
             "userHandle":"\(change.userHandle ?? userHandle)"},"clientExtensionResults":{}}
            """
    }

    private func authenticatorData(_ change: Change, flags: UInt8) -> [UInt8] {
        let count = change.signCount ?? signCount
        return SHA256.hash(change.partyID) + [flags] + (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) }
    }

    private func clientData(_ type: String, _ options: JSONValue, _ change: Change) -> [UInt8] {
        let challenge = change.challenge ?? options["challenge"]?.string ?? ""
        return Array(
            """
            {"type":"\(change.type ?? type)","challenge":"\(challenge)","origin":"\(change.origin)",\
            "crossOrigin":\(change.crossOrigin)}
            """.utf8)
    }
}
