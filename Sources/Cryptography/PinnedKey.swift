import Base
import CCrypto
import JSON

/// A public key that the operator has put into a file, with the one algorithm that it is for. A token signed with it
/// has no say in either: what its head names must be just that.
package struct PinnedKey: Sendable {
    package enum Algorithm: String, Sendable, CaseIterable {
        case rs256 = "RS256"
        case es256 = "ES256"
        case edDSA = "EdDSA"
    }

    /// For the operator.
    package struct Problem: Error, CustomStringConvertible, Equatable {
        package let description: String
        init(_ description: String) { self.description = description }
    }

    private let key: JWKSet.Key
    private static let sizeLimit = 64 << 10

    /// - Parameter file: a PEM (`BEGIN PUBLIC KEY`), or a JSON Web Key.
    package init(_ file: [UInt8], algorithm: Algorithm) throws(Problem) {
        guard file.count <= Self.sizeLimit else { throw Problem("it is larger than a key can be") }
        let text = String(decoding: file, as: UTF8.self)
        let found: JWKSet.Key?
        if text.contains("PRIVATE KEY-----") {
            throw Problem("it is a private key, which only the issuer should have; give the public one")
        } else if text.contains("-----BEGIN") {
            found = try Self.key(pem: text, algorithm)
        } else if let jwk = try? JSONValue.parse(file), jwk.object != nil {
            found = try Self.key(jwk: jwk, algorithm)
        } else {
            throw Problem("it is neither a PEM with a public key nor a JSON Web Key")
        }
        guard let found else { throw Problem("it is no sound public key for \(algorithm.rawValue)") }
        key = found
    }

    /// The claims of a token that this key has signed; none of them is checked yet.
    package func claims(of token: String) throws(TokenError) -> JSONValue {
        try ForeignToken(token, algorithms: [key.algorithm]).claims(signedBy: key)
    }

    // MARK: Forms of keys

    private static func key(pem: String, _ algorithm: Algorithm) throws(Problem) -> JWKSet.Key? {
        let lines = pem.split(whereSeparator: \.isNewline).map { $0.filter { !$0.isWhitespace } }
        guard let begin = lines.firstIndex(of: "-----BEGINPUBLICKEY-----"),
            let end = lines[begin...].firstIndex(of: "-----ENDPUBLICKEY-----")
        else { throw Problem("the PEM holds no public key; it begins with BEGIN PUBLIC KEY") }
        let base64 = lines[(begin + 1)..<end].joined().map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }
        guard let der = Base64URL.decode(String(base64).prefix { $0 != "=" }.utf8) else { return nil }
        switch algorithm {
        case .rs256: return RSAPublicKey(der: der).map(JWKSet.Key.rs256)
        case .es256: return P256PublicKey(der: der).map(JWKSet.Key.es256)
        case .edDSA: return Ed25519PublicKey(der: der).map(JWKSet.Key.edDSA)
        }
    }

    private static func key(jwk: JSONValue, _ algorithm: Algorithm) throws(Problem) -> JWKSet.Key? {
        guard jwk["d"] == nil, jwk["k"] == nil else {
            throw Problem("it is a private or a shared key; give the public one")
        }
        if let named = jwk["alg"]?.string, named != algorithm.rawValue {
            throw Problem("it says that it is for \(named)")
        }
        if algorithm == .edDSA {
            guard jwk["kty"]?.string == "OKP", jwk["crv"]?.string == "Ed25519", jwk["use"]?.string ?? "sig" == "sig",
                let x = jwk["x"]?.string.flatMap({ Base64URL.decode($0.utf8) })
            else { return nil }
            return Ed25519PublicKey(x).map(JWKSet.Key.edDSA)
        }
        guard let key = JWKSet(.object([("keys", .array([jwk]))]))?.key(id: nil, algorithm: algorithm.rawValue) else {
            return nil
        }
        return key
    }
}

extension RSAPublicKey {
    /// From a SubjectPublicKeyInfo.
    convenience init?(der: [UInt8]) {
        let key = der.withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            return d2i_PUBKEY(nil, &position, buffer.count)
        }
        guard let key else {
            ERR_clear_error()
            return nil
        }
        defer { EVP_PKEY_free(key) }
        guard shim_is_rsa(key) == 1 else { return nil }
        func number(_ name: String) -> [UInt8] {
            [UInt8](unsafeUninitializedCapacity: 1024) { out, count in
                count = Int(shim_rsa_number(key, name, out.baseAddress, 1024))
            }
        }
        self.init(modulus: number("n"), exponent: number("e"))
    }
}
