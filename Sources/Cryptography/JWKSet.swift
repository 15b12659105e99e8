import Base
import JSON

/// The public keys of somebody else's (RFC 7517): RSA for RS256 and P-256 for ES256. Others in the set are passed over.
package struct JWKSet: Sendable {
    package enum Key: Sendable {
        case rs256(RSAPublicKey)
        case es256(P256PublicKey)
        /// Never out of a set that was fetched; see `PinnedKey`.
        case edDSA(Ed25519PublicKey)

        package var algorithm: String {
            switch self {
            case .rs256: "RS256"
            case .es256: "ES256"
            case .edDSA: "EdDSA"
            }
        }

        func isValidSignature(_ signature: [UInt8], for message: [UInt8]) -> Bool {
            switch self {
            case .rs256(let key): key.isValidSignature(signature, for: message)
            case .es256(let key): key.isValidRawSignature(signature, for: message)
            case .edDSA(let key): key.isValidSignature(signature, for: message)
            }
        }
    }

    private let keys: [(id: String?, key: Key)]
    package static let limit = 50

    /// - Returns: nil when this is no key set.
    package init?(_ json: JSONValue) {
        guard let list = json["keys"]?.array else { return nil }
        keys = list.prefix(Self.limit).compactMap { each in
            Self.key(each).map { (each["kid"]?.string, $0) }
        }
    }

    private static func key(_ jwk: JSONValue) -> Key? {
        if let use = jwk["use"]?.string, use != "sig" { return nil }
        if let operations = jwk["key_ops"]?.array, !operations.contains(.string("verify")) { return nil }
        func bytes(_ name: String) -> [UInt8]? { jwk[name]?.string.flatMap { Base64URL.decode($0.utf8) } }
        let algorithm = jwk["alg"]?.string
        switch jwk["kty"]?.string {
        case "RSA" where algorithm ?? "RS256" == "RS256":
            guard let n = bytes("n"), let e = bytes("e") else { return nil }
            return RSAPublicKey(modulus: n, exponent: e).map(Key.rs256)
        case "EC" where algorithm ?? "ES256" == "ES256" && jwk["crv"]?.string == "P-256":
            guard let x = bytes("x"), let y = bytes("y") else { return nil }
            return P256PublicKey(x: x, y: y).map(Key.es256)
        default: return nil
        }
    }

    /// A token need not name its key when there is only one for its algorithm.
    package func key(id: String?, algorithm: String) -> Key? {
        let fitting = keys.filter { $0.key.algorithm == algorithm && (id == nil || $0.id == id) }
        return fitting.count == 1 ? fitting[0].key : nil
    }
}

/// A token that somebody else has signed, taken apart but not believed yet.
///
/// Its head chooses among keys that we fetched from the place we know, by `kid` alone, and never how they are used: a
/// key for RS256 verifies RS256. `none` and the HMACs do not exist here; `jwk`, `jku` and `x5c` are never looked at.
package struct ForeignToken: Sendable {
    package let keyID: String?
    package let algorithm: String
    private let message: [UInt8]
    private let signature: [UInt8]
    private let payload: [UInt8]

    package static let sizeLimit = 16 << 10

    /// - Parameter algorithms: those that the reader takes.
    package init(_ text: String, algorithms: Set<String> = ["RS256", "ES256"]) throws(TokenError) {
        guard text.utf8.count <= Self.sizeLimit else { throw .malformed }
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let head = Base64URL.decode(parts[0]), let payload = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2]), let object = Self.object(head)
        else { throw .malformed }
        guard let algorithm = object["alg"]?.string, algorithms.contains(algorithm) else {
            throw .wrongAlgorithm
        }
        guard object["crit"] == nil, object["b64"] == nil else { throw .malformed }
        if let type = object["typ"], type.string?.lowercased() != "jwt" { throw .malformed }
        self.algorithm = algorithm
        keyID = object["kid"]?.string
        message = Array(parts[0]) + [UInt8(ascii: ".")] + Array(parts[1])
        self.signature = signature
        self.payload = payload
    }

    /// The claims, when the key has signed them.
    package func claims(signedBy key: JWKSet.Key) throws(TokenError) -> JSONValue {
        guard key.algorithm == algorithm else { throw .wrongAlgorithm }
        guard isSigned(by: key) else { throw .wrongSignature }
        guard let claims = Self.object(payload) else { throw .malformed }
        return claims
    }

    func isSigned(by key: JWKSet.Key) -> Bool {
        key.algorithm == algorithm && key.isValidSignature(signature, for: message)
    }

    private static func object(_ bytes: [UInt8]) -> JSONValue? {
        guard let value = try? JSONValue.parse(bytes, limits: .init(depth: 8, nodes: 512, bytes: sizeLimit)),
            value.object != nil
        else { return nil }
        return value
    }
}
