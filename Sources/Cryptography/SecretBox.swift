import CCrypto

/// Secrets at rest: AES-256-GCM under a named key.
///
/// A sealed value is `1 | key id (4 bytes) | nonce (12) | ciphertext | tag (16)`. The head and the caller's context
/// (for example `"totp:" + user id`) are authenticated too, so a value that is copied to another row does not open.
package struct SecretBox: Sendable {
    /// Says neither what was wrong nor where: whoever gets it, knows enough.
    package struct CannotOpen: Error, Equatable {
        package init() {}
    }

    package let ring: SecretKeyRing

    package init(_ ring: SecretKeyRing) { self.ring = ring }

    /// - Parameter older: keys that still open what they sealed.
    package init(current: SecretKey, older: [SecretKey] = []) {
        self.init(SecretKeyRing(current: current, older: older))
    }

    /// The id of the key that a sealed value names; nil for what is none.
    package static func keyID(of box: [UInt8]) -> UInt32? {
        guard box.count >= overhead, box[0] == version else { return nil }
        return box[1..<headCount].reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static let version: UInt8 = 1
    private static let headCount = 5
    private static let nonceCount = 12
    private static let tagCount = 16
    package static let overhead = headCount + nonceCount + tagCount
    package static let sizeLimit = 1 << 20

    package func seal(_ secret: [UInt8], context: [UInt8]) -> [UInt8] {
        precondition(secret.count <= Self.sizeLimit)
        let current = ring.keys.current
        let head = [Self.version] + (0..<4).map { UInt8(truncatingIfNeeded: current.id >> (24 - 8 * $0)) }
        let nonce = secureRandomBytes(Self.nonceCount)
        var sealed = [UInt8](repeating: 0, count: secret.count)
        var tag = [UInt8](repeating: 0, count: Self.tagCount)
        let done = Self.run(
            encrypting: true, key: current.bytes, nonce: nonce, context: head + context, input: secret, output: &sealed,
            tag: &tag)
        precondition(done, "AES-256-GCM is not available")
        return head + nonce + sealed + tag
    }

    package func open(_ box: [UInt8], context: [UInt8]) throws(CannotOpen) -> [UInt8] {
        guard box.count <= Self.sizeLimit + Self.overhead,
            let key = Self.keyID(of: box).flatMap({ ring.key(id: $0) })
        else { throw CannotOpen() }
        let nonceEnd = Self.headCount + Self.nonceCount
        let input = Array(box[nonceEnd..<(box.count - Self.tagCount)])
        var tag = Array(box.suffix(Self.tagCount))
        var secret = [UInt8](repeating: 0, count: input.count)
        guard
            Self.run(
                encrypting: false, key: key.bytes, nonce: Array(box[Self.headCount..<nonceEnd]),
                context: Array(box[..<Self.headCount]) + context, input: input, output: &secret, tag: &tag)
        else {
            ERR_clear_error()
            throw CannotOpen()
        }
        return secret
    }

    private static func run(
        encrypting: Bool, key: [UInt8], nonce: [UInt8], context: [UInt8], input: [UInt8], output: inout [UInt8],
        tag: inout [UInt8]
    ) -> Bool {
        guard let cipher = EVP_CIPHER_CTX_new() else { return false }
        defer { EVP_CIPHER_CTX_free(cipher) }
        let direction: Int32 = encrypting ? 1 : 0
        var count: Int32 = 0
        guard EVP_CipherInit_ex(cipher, Algorithms.aes256GCM, nil, key, nonce, direction) == 1 else { return false }
        if !context.isEmpty,
            EVP_CipherUpdate(cipher, nil, &count, context, Int32(context.count)) != 1
        {
            return false
        }
        if !input.isEmpty, EVP_CipherUpdate(cipher, &output, &count, input, Int32(input.count)) != 1 { return false }
        if !encrypting, EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, Int32(tagCount), &tag) != 1 { return false }
        // GCM has no padding: nothing is written here, but opening fails here when the tag does not fit.
        var rest = [UInt8](repeating: 0, count: 16)
        guard EVP_CipherFinal_ex(cipher, &rest, &count) == 1 else { return false }
        return !encrypting || EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, Int32(tagCount), &tag) == 1
    }
}
