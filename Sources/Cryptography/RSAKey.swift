import Base
import CCrypto

/// The public half of an RSA key: verifies RS256 (RSASSA-PKCS1-v1_5 with SHA-256).
///
/// Key and context are not changed after they are made, and OpenSSL counts their references atomically: they may be used
/// from any thread, each call with a duplicate of the context.
package final class RSAPublicKey: @unchecked Sendable {
    package let modulus: [UInt8]
    package let exponent: [UInt8]
    /// The key's name in tokens: its RFC 7638 thumbprint, so that it follows from the key alone.
    package let keyID: String
    fileprivate let key: OpaquePointer
    private let verifier: OpaquePointer

    /// Refuses keys under 2048 and over 8192 bits, and exponents that no honest key has.
    package init?(modulus: [UInt8], exponent: [UInt8]) {
        let modulus = Array(modulus.drop { $0 == 0 })
        let exponent = Array(exponent.drop { $0 == 0 })
        guard (256...1024).contains(modulus.count), (1...8).contains(exponent.count),
            modulus.count > 256 || modulus[0] & 0x80 != 0,
            let last = exponent.last, last & 1 == 1, exponent != [1],
            let lowest = modulus.last, lowest & 1 == 1,
            let key = shim_rsa_public(modulus, Int32(modulus.count), exponent, Int32(exponent.count))
        else {
            ERR_clear_error()
            return nil
        }
        guard let verifier = shim_rsa_verifier(key, Algorithms.sha256) else {
            EVP_PKEY_free(key)
            ERR_clear_error()
            return nil
        }
        self.modulus = modulus
        self.exponent = exponent
        self.key = key
        self.verifier = verifier
        keyID = Self.thumbprint(modulus: modulus, exponent: exponent)
    }

    deinit {
        EVP_PKEY_CTX_free(verifier)
        EVP_PKEY_free(key)
    }

    package func isValidSignature(_ signature: [UInt8], for message: UnsafeRawBufferPointer) -> Bool {
        guard signature.count == modulus.count, let context = EVP_PKEY_CTX_dup(verifier) else { return false }
        defer { EVP_PKEY_CTX_free(context) }
        let digest = SHA256.hash(message)
        let valid = EVP_PKEY_verify(context, signature, signature.count, digest, digest.count) == 1
        // A failure leaves entries in the thread's error queue, which would grow and mislead the next reader.
        if !valid { ERR_clear_error() }
        return valid
    }

    package func isValidSignature(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        message.withUnsafeBytes { isValidSignature(signature, for: $0) }
    }

    /// The members of a JSON Web Key, in the order they are published.
    package var jwk: [(name: String, value: String)] {
        [
            ("kty", "RSA"), ("use", "sig"), ("alg", "RS256"), ("kid", keyID),
            ("n", Base64URL.encode(modulus)), ("e", Base64URL.encode(exponent)),
        ]
    }

    private static func thumbprint(modulus: [UInt8], exponent: [UInt8]) -> String {
        let canonical = #"{"e":"\#(Base64URL.encode(exponent))","kty":"RSA","n":"\#(Base64URL.encode(modulus))"}"#
        return Base64URL.encode(SHA256.hash(canonical))
    }
}

/// A signing key. Its text form is PKCS#8 PEM.
package final class RSAPrivateKey: @unchecked Sendable {
    package let publicKey: RSAPublicKey
    private let key: OpaquePointer

    package struct Failure: Error, Equatable { package let operation: String }

    private init(taking key: OpaquePointer) throws(Failure) {
        guard shim_is_rsa(key) == 1 else {
            EVP_PKEY_free(key)
            throw Failure(operation: "read a private key that is not RSA")
        }
        guard
            let modulus = Self.number("n", of: key), let exponent = Self.number("e", of: key),
            let publicKey = RSAPublicKey(modulus: modulus, exponent: exponent)
        else {
            EVP_PKEY_free(key)
            throw Failure(operation: "read an RSA key: it must have 2048 to 8192 bits")
        }
        self.key = key
        self.publicKey = publicKey
    }

    deinit { EVP_PKEY_free(key) }

    /// Takes 50 to 500 ms: at first start and at rotation only.
    package static func generate(bits: Int = 2048) throws(Failure) -> RSAPrivateKey {
        guard (2048...8192).contains(bits), let key = shim_rsa_generate(UInt32(bits)) else {
            ERR_clear_error()
            throw Failure(operation: "generate an RSA key of \(bits) bits")
        }
        return try RSAPrivateKey(taking: key)
    }

    package static func parse(pem: [UInt8]) throws(Failure) -> RSAPrivateKey {
        guard pem.count <= 64 << 10, let key = shim_pem_read_private(pem, Int32(pem.count)) else {
            ERR_clear_error()
            throw Failure(operation: "read a private key: it is not an unencrypted PEM")
        }
        return try RSAPrivateKey(taking: key)
    }

    package func pem() throws(Failure) -> [UInt8] {
        guard let bio = BIO_new(BIO_s_mem()) else { throw Failure(operation: "write a private key") }
        defer { BIO_free(bio) }
        var data: UnsafePointer<CChar>?
        guard shim_pem_write_private(bio, key) == 1, case let count = shim_bio_memory(bio, &data), count > 0, let data
        else {
            ERR_clear_error()
            throw Failure(operation: "write a private key")
        }
        return Array(UnsafeRawBufferPointer(start: data, count: count))
    }

    /// RS256, about 0.3 ms.
    package func sign(_ message: [UInt8]) throws(Failure) -> [UInt8] {
        guard let context = EVP_MD_CTX_new() else { throw Failure(operation: "sign") }
        defer { EVP_MD_CTX_free(context) }
        var count = publicKey.modulus.count
        var signature = [UInt8](repeating: 0, count: count)
        guard EVP_DigestSignInit(context, nil, Algorithms.sha256, nil, key) == 1,
            EVP_DigestSign(context, &signature, &count, message, message.count) == 1, count == signature.count
        else {
            ERR_clear_error()
            throw Failure(operation: "sign")
        }
        return signature
    }

    private static func number(_ name: String, of key: OpaquePointer) -> [UInt8]? {
        let capacity = 1024
        let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { out, count in
            count = Int(shim_rsa_number(key, name, out.baseAddress, Int32(capacity)))
        }
        return bytes.isEmpty ? nil : bytes
    }
}
