/// A public key as authenticators write it (RFC 9053), of the three kinds that we ask for.
package enum COSEKey: Sendable {
    case es256(P256PublicKey)
    case edDSA(Ed25519PublicKey)
    case rs256(RSAPublicKey)

    /// Their numbers, the one we like best first.
    package static let algorithms = [-7, -8, -257]

    /// - Returns: nil for another algorithm, and for a key that is none: a point off the curve, a short modulus.
    package init?(_ map: CBOR) {
        switch (map[1]?.int, map[3]?.int) {
        case (2, -7):
            guard map[-1]?.int == 1, let x = map[-2]?.byteString, let y = map[-3]?.byteString,
                let key = P256PublicKey(x: x, y: y)
            else { return nil }
            self = .es256(key)
        case (1, -8):
            guard map[-1]?.int == 6, let x = map[-2]?.byteString, let key = Ed25519PublicKey(x) else { return nil }
            self = .edDSA(key)
        case (3, -257):
            guard let modulus = map[-1]?.byteString, let exponent = map[-2]?.byteString, modulus.count <= 512,
                let key = RSAPublicKey(modulus: modulus, exponent: exponent)
            else { return nil }
            self = .rs256(key)
        default: return nil
        }
    }

    package init?(bytes: [UInt8]) {
        guard let map = try? CBOR.parse(bytes) else { return nil }
        self.init(map)
    }

    package var algorithm: Int {
        switch self {
        case .es256: -7
        case .edDSA: -8
        case .rs256: -257
        }
    }

    package func isValidSignature(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        switch self {
        case .es256(let key): key.isValidSignature(signature, for: message)
        case .edDSA(let key): key.isValidSignature(signature, for: message)
        case .rs256(let key): key.isValidSignature(signature, for: message)
        }
    }
}
