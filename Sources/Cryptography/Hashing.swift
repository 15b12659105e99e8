import CCrypto

/// SHA-256 and HMAC-SHA256. Digests are plain bytes: they are stored, compared and encoded, nothing else.
package enum SHA256 {
    package static let byteCount = 32

    package static func hash(_ bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBytes { hash($0) }
    }

    package static func hash(_ text: String) -> [UInt8] {
        hash(Array(text.utf8))
    }

    package static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: byteCount) { out, count in
            let done = EVP_Digest(bytes.baseAddress, bytes.count, out.baseAddress, nil, Algorithms.sha256, nil)
            precondition(done == 1, "SHA-256 is not available")
            count = byteCount
        }
    }
}

/// SHA-1, for the two places whose standards demand it: the handshake of a WebSocket (RFC 6455) and one-time codes
/// (RFC 6238). Neither depends on collisions being hard to find; nothing else may use it.
package enum SHA1 {
    package static let byteCount = 20

    package static func hash(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: byteCount) { out, count in
            let done = EVP_Digest(bytes, bytes.count, out.baseAddress, nil, Algorithms.sha1, nil)
            precondition(done == 1, "SHA-1 is not available")
            count = byteCount
        }
    }
}

/// HMAC-SHA1, for one-time codes alone.
package enum HMACSHA1 {
    package static let byteCount = 20

    package static func authenticate(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        let key = key.isEmpty ? [0] : key
        return [UInt8](unsafeUninitializedCapacity: byteCount) { out, count in
            let done = HMAC(Algorithms.sha1, key, Int32(key.count), message, message.count, out.baseAddress, nil)
            precondition(done != nil, "HMAC-SHA1 is not available")
            count = byteCount
        }
    }
}

package enum HMACSHA256 {
    package static let byteCount = 32

    package static func authenticate(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        // OpenSSL takes a null key for "the key of the call before". An empty key equals one of zeros, as HMAC pads it.
        let key = key.isEmpty ? [0] : key
        return [UInt8](unsafeUninitializedCapacity: byteCount) { out, count in
            let done = HMAC(
                Algorithms.sha256, key, Int32(key.count), message, message.count, out.baseAddress, nil)
            precondition(done != nil, "HMAC-SHA256 is not available")
            count = byteCount
        }
    }

    /// Compares in constant time. A shorter tag is never accepted.
    package static func isValid(_ tag: [UInt8], for message: [UInt8], key: [UInt8]) -> Bool {
        constantTimeEqual(tag, authenticate(message, key: key))
    }
}

/// Takes as long for a first wrong byte as for a last one. The length itself is no secret.
package func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && (left.isEmpty || CRYPTO_memcmp(left, right, left.count) == 0)
}

/// Compares two texts byte by byte in constant time (Swift's own `==` normalises, and leaves early).
package func constantTimeEqual(_ left: String, _ right: String) -> Bool {
    constantTimeEqual(Array(left.utf8), Array(right.utf8))
}

/// Bytes from the operating system's generator, for keys, tokens, salts and nonces.
package func secureRandomBytes(_ count: Int) -> [UInt8] {
    precondition(count >= 0 && count <= 1 << 16)
    guard count > 0 else { return [] }
    return [UInt8](unsafeUninitializedCapacity: count) { out, initialized in
        precondition(RAND_bytes(out.baseAddress, Int32(count)) == 1, "no secure randomness is available")
        initialized = count
    }
}

/// Fetched once: `EVP_sha256()` looks the implementation up again on every call.
enum Algorithms {
    nonisolated(unsafe) static let sha256: OpaquePointer? = EVP_MD_fetch(nil, "SHA256", nil)
    nonisolated(unsafe) static let sha1: OpaquePointer? = EVP_MD_fetch(nil, "SHA1", nil)
    nonisolated(unsafe) static let aes256GCM: OpaquePointer? = EVP_CIPHER_fetch(nil, "AES-256-GCM", nil)
}
