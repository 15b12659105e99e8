import CArgon2

/// Password hashes: Argon2id, in the PHC string format (`$argon2id$v=19$m=19456,t=2,p=1$salt$hash`).
///
/// One hash costs about 60 ms of a core and holds its memory while it runs: never call this on an event loop.
package enum Argon2id {
    package struct Parameters: Equatable, Sendable {
        package var memoryKiB: UInt32
        package var iterations: UInt32
        package var lanes: UInt32

        package init(memoryKiB: UInt32, iterations: UInt32, lanes: UInt32) {
            self.memoryKiB = memoryKiB
            self.iterations = iterations
            self.lanes = lanes
        }

        /// OWASP's minimum: 19 MiB, two passes, one lane.
        package static let standard = Parameters(memoryKiB: 19 * 1024, iterations: 2, lanes: 1)

        /// What a stored or configured hash may ask for. A row from a foreign import must not take the machine down.
        package var isAcceptable: Bool {
            (8 * lanes...1 << 20).contains(memoryKiB) && (1...64).contains(iterations) && (1...16).contains(lanes)
        }
    }

    package struct Failure: Error, Equatable { package let code: Int32 }

    package static let saltBytes = 16
    package static let hashBytes = 32

    package static func hash(
        _ password: [UInt8], salt: [UInt8] = secureRandomBytes(saltBytes), parameters: Parameters = .standard
    ) throws(Failure) -> String {
        guard parameters.isAcceptable else { throw Failure(code: ARGON2_INCORRECT_PARAMETER.rawValue) }
        let capacity = argon2_encodedlen(
            parameters.iterations, parameters.memoryKiB, parameters.lanes, UInt32(salt.count), UInt32(hashBytes),
            Argon2_id)
        var encoded = [CChar](repeating: 0, count: capacity)
        let code = argon2id_hash_encoded(
            parameters.iterations, parameters.memoryKiB, parameters.lanes, password, password.count, salt, salt.count,
            hashBytes, &encoded, encoded.count)
        guard code == ARGON2_OK.rawValue else { throw Failure(code: code) }
        return String(decoding: encoded.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// False for a wrong password and for a text that is no acceptable Argon2id hash.
    package static func verify(_ password: [UInt8], against encoded: String) -> Bool {
        guard parameters(of: encoded) != nil else { return false }
        return argon2id_verify(encoded, password, password.count) == ARGON2_OK.rawValue
    }

    /// True when the stored hash was made with other parameters (or is none of ours): hash again at the next sign-in.
    package static func needsRehash(_ encoded: String, parameters wanted: Parameters = .standard) -> Bool {
        parameters(of: encoded) != wanted
    }

    /// The parameters of a PHC string; nil when it is not Argon2id version 19, or asks for more than we grant.
    package static func parameters(of encoded: String) -> Parameters? {
        guard encoded.utf8.count <= 512 else { return nil }
        let parts = encoded.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0].isEmpty, parts[1] == "argon2id", parts[2] == "v=19" else { return nil }
        var found = Parameters(memoryKiB: 0, iterations: 0, lanes: 0)
        let fields = parts[3].split(separator: ",", omittingEmptySubsequences: false)
        guard fields.count == 3 else { return nil }
        for (field, name) in zip(fields, ["m=", "t=", "p="]) {
            guard field.hasPrefix(name), let value = UInt32(field.dropFirst(2)) else { return nil }
            switch name {
            case "m=": found.memoryKiB = value
            case "t=": found.iterations = value
            default: found.lanes = value
            }
        }
        guard (1...16).contains(found.lanes), found.isAcceptable else { return nil }
        return found
    }
}
