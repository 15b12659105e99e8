import CCrypto

/// A public key on P-256: verifies ES256 (ECDSA with SHA-256).
///
/// `EVP_PKEY` is not changed after it is made, and OpenSSL counts its references atomically: it may be used from any
/// thread, each call with a context of its own.
package final class P256PublicKey: @unchecked Sendable {
    private let key: OpaquePointer

    /// What stands before the point in the DER of such a key: its algorithm and its curve.
    private static let derPrefix: [UInt8] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
        0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
    ]

    /// - Returns: nil unless both are 32 bytes and the point is on the curve.
    package init?(x: [UInt8], y: [UInt8]) {
        guard x.count == 32, y.count == 32 else { return nil }
        let der = Self.derPrefix + x + y
        let key = der.withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            return d2i_PUBKEY(nil, &position, buffer.count)
        }
        guard let key else {
            ERR_clear_error()
            return nil
        }
        self.key = key
    }

    /// From a SubjectPublicKeyInfo with the point in full.
    convenience init?(der: [UInt8]) {
        guard der.starts(with: Self.derPrefix), der.count == Self.derPrefix.count + 64 else { return nil }
        let point = der.dropFirst(Self.derPrefix.count)
        self.init(x: Array(point.prefix(32)), y: Array(point.suffix(32)))
    }

    deinit { EVP_PKEY_free(key) }

    /// - Parameter signature: in DER, as authenticators write it.
    package func isValidSignature(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        verify(signature, message, key: key, digest: Algorithms.sha256)
    }

    /// - Parameter signature: both numbers in 64 bytes, as JSON Web Signatures have it.
    package func isValidRawSignature(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        guard signature.count == 64 else { return false }
        let numbers = Self.derInteger(signature[..<32]) + Self.derInteger(signature[32...])
        return isValidSignature([0x30, UInt8(numbers.count)] + numbers, for: message)
    }

    private static func derInteger(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var digits = Array(bytes.drop { $0 == 0 })
        // A leading bit would make it negative; an empty number is zero.
        if digits.first.map({ $0 & 0x80 != 0 }) ?? true { digits.insert(0, at: 0) }
        return [0x02, UInt8(digits.count)] + digits
    }
}

/// A public key on Curve25519: verifies EdDSA.
package final class Ed25519PublicKey: @unchecked Sendable {
    private let key: OpaquePointer

    package init?(_ bytes: [UInt8]) {
        guard bytes.count == 32, let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count) else {
            ERR_clear_error()
            return nil
        }
        self.key = key
    }

    /// From a SubjectPublicKeyInfo (RFC 8410).
    convenience init?(der: [UInt8]) {
        let prefix: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]
        guard der.starts(with: prefix) else { return nil }
        self.init(Array(der.dropFirst(prefix.count)))
    }

    deinit { EVP_PKEY_free(key) }

    package func isValidSignature(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        signature.count == 64 && verify(signature, message, key: key, digest: nil)
    }
}

private func verify(_ signature: [UInt8], _ message: [UInt8], key: OpaquePointer, digest: OpaquePointer?) -> Bool {
    guard !signature.isEmpty, let context = EVP_MD_CTX_new() else { return false }
    defer { EVP_MD_CTX_free(context) }
    let isValid =
        EVP_DigestVerifyInit(context, nil, digest, nil, key) == 1
        && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    // A failure leaves entries in the thread's error queue, which would grow and mislead the next reader.
    if !isValid { ERR_clear_error() }
    return isValid
}
