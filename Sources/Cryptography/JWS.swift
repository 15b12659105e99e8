import Base
import JSON

/// Why a token is not accepted. None of it is told to the sender beyond "expired".
package enum TokenError: Error, Equatable, Sendable {
    case malformed
    case wrongAlgorithm
    case unknownKey
    case wrongSignature
    case wrongIssuer
    case wrongAudience
    case expired
    case notYetValid
    case missingClaim(String)
}

/// The compact form of a signed message (RFC 7515): head.payload.signature, RS256 and nothing else.
///
/// The algorithm is ours, not the token's: `none` and HS256 do not exist here, so a public key can never be taken for
/// a shared secret. Keys come from our own list by `kid`; `jwk`, `jku` and `x5c` in a head are never looked at.
package enum JWS {
    package static let tokenLimit = 4096
    static let headLimit = 512

    package static func sign(_ payload: [UInt8], with key: RSAPrivateKey) throws(RSAPrivateKey.Failure) -> String {
        // A key id is a base64url thumbprint: nothing in it needs escaping.
        let head = #"{"alg":"RS256","typ":"JWT","kid":"\#(key.publicKey.keyID)"}"#
        let message = Base64URL.encode(head.utf8) + "." + Base64URL.encode(payload)
        return message + "." + Base64URL.encode(try key.sign(Array(message.utf8)))
    }

    /// The payload, when the signature is by one of the keys.
    package static func verify(
        _ token: UnsafeBufferPointer<UInt8>, key: (String) -> RSAPublicKey?
    ) throws(TokenError) -> [UInt8] {
        guard token.count <= tokenLimit else { throw .malformed }
        let dot = UInt8(ascii: ".")
        guard let first = token.firstIndex(of: dot), let last = token.lastIndex(of: dot), first != last,
            !token[(first + 1)..<last].contains(dot), first <= headLimit
        else { throw .malformed }
        guard let head = Base64URL.decode(token[..<first]), let payload = Base64URL.decode(token[(first + 1)..<last]),
            let signature = Base64URL.decode(token[(last + 1)...])
        else { throw .malformed }
        guard let publicKey = key(try keyID(inHead: head)) else { throw .unknownKey }
        guard
            publicKey.isValidSignature(
                signature, for: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(token)[..<last]))
        else { throw .wrongSignature }
        return payload
    }

    package static func verify(
        _ token: String, key: (String) -> RSAPublicKey?
    ) throws(TokenError) -> [UInt8] {
        // Typed throws do not pass through `withUnsafeBufferPointer`'s closure with every compiler: carry the result.
        let result = Array(token.utf8).withUnsafeBufferPointer { bytes -> Result<[UInt8], TokenError> in
            do throws(TokenError) { return .success(try verify(bytes, key: key)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}

extension JWS {
    /// Checks everything in the head before anything is trusted: our algorithm, our type, no critical extension.
    private static func keyID(inHead head: [UInt8]) throws(TokenError) -> String {
        guard let head = jsonObject(head) else { throw .malformed }
        guard head["alg"]?.string == "RS256" else { throw .wrongAlgorithm }
        // An extension marked critical must be understood (RFC 7515 section 4.1.11), and we know of none.
        guard head["crit"] == nil, head["b64"] == nil else { throw .malformed }
        if let type = head["typ"] {
            guard let type = type.string?.lowercased(), type == "jwt" || type == "at+jwt" else { throw .malformed }
        }
        guard let keyID = head["kid"]?.string, keyID.utf8.count <= 128 else { throw .unknownKey }
        return keyID
    }

    static func jsonObject(_ bytes: [UInt8]) -> JSONValue? {
        guard let value = try? JSONValue.parse(bytes, limits: .init(depth: 4, nodes: 128, bytes: tokenLimit)),
            value.object != nil
        else { return nil }
        return value
    }
}
