import Base
import Cryptography
import Database

/// Every statement that touches `totp_secrets` and `recovery_codes`.
struct CodeStore {
    let queryable: any Queryable

    /// Whether codes are asked for: a secret that was never confirmed asks for none.
    func isOn(_ user: UserID) async throws -> Bool {
        try await queryable.first(
            "SELECT 1 FROM totp_secrets WHERE user_id = \(user) AND confirmed_at IS NOT NULL") != nil
    }

    struct Secret: Sendable {
        let sealed: [UInt8]
        let isConfirmed: Bool
        let lastStep: Int64
    }

    /// Locks it until commit.
    func lock(_ user: UserID) async throws -> Secret? {
        try await queryable.first(
            """
            SELECT sealed, confirmed_at IS NOT NULL, last_step FROM totp_secrets WHERE user_id = \(user) FOR UPDATE
            """
        ).map { Secret(sealed: try $0.get(0), isConfirmed: try $0.get(1), lastStep: try $0.get(2)) }
    }

    /// - Returns: false when codes are on already.
    func propose(_ sealed: [UInt8], for user: UserID, at now: Instant) async throws -> Bool {
        try await queryable.run(
            """
            INSERT INTO totp_secrets (user_id, sealed, created_at) VALUES (\(user), \(sealed), \(now))
            ON CONFLICT (user_id) DO UPDATE
                SET sealed = excluded.sealed, created_at = excluded.created_at, last_step = 0
                WHERE totp_secrets.confirmed_at IS NULL
            """) == 1
    }

    /// - Returns: false when this step, or a later one, was taken before.
    func take(step: Int64, of user: UserID) async throws -> Bool {
        try await queryable.run(
            "UPDATE totp_secrets SET last_step = \(step) WHERE user_id = \(user) AND last_step < \(step)") == 1
    }

    func confirm(_ user: UserID, at now: Instant) async throws {
        _ = try await queryable.run("UPDATE totp_secrets SET confirmed_at = \(now) WHERE user_id = \(user)")
    }

    /// - Returns: whether codes were on.
    func remove(of user: UserID) async throws -> Bool {
        _ = try await queryable.run("DELETE FROM recovery_codes WHERE user_id = \(user)")
        return try await queryable.run("DELETE FROM totp_secrets WHERE user_id = \(user)") == 1
    }

    // MARK: Recovery codes

    func replaceRecoveryCodes(of user: UserID, by codes: [String], under key: SecretKey) async throws {
        _ = try await queryable.run("DELETE FROM recovery_codes WHERE user_id = \(user)")
        for code in codes {
            let hash = RecoveryCode.hash(code, of: user, key)
            _ = try await queryable.run(
                """
                INSERT INTO recovery_codes (user_id, code_hash, key_id) VALUES (\(user), \(hash), \(Int64(key.id)))
                """)
        }
    }

    /// Uses it up. Of two that come with it at once, one gets in.
    ///
    /// - Parameter hashes: of the code, under each key.
    func take(recoveryCode hashes: [[UInt8]], of user: UserID, at now: Instant) async throws -> Bool {
        try await queryable.run(
            """
            UPDATE recovery_codes SET used_at = \(now)
            WHERE user_id = \(user) AND code_hash = ANY(\(hashes)) AND used_at IS NULL
            """) == 1
    }

    func recoveryCodesLeft(of user: UserID) async throws -> Int {
        try await queryable.first(
            "SELECT count(*) FROM recovery_codes WHERE user_id = \(user) AND used_at IS NULL")?.get(0) ?? 0
    }

    /// The ids of the keys that unused codes were hashed with, of all people.
    func keysOfRecoveryCodes() async throws -> [UInt32] {
        try await queryable.query("SELECT DISTINCT key_id FROM recovery_codes WHERE used_at IS NULL")
            .compactMap { UInt32(exactly: try $0.get(0, as: Int64.self)) }
    }
}

/// Codes to write down, for whoever has lost their device: at least 128 random bits each, in letters that cannot be mixed
/// up. Those of older versions have 80, in four groups of four; they work until they are used or made anew.
enum RecoveryCode {
    static let count = 10

    /// Six groups of four letters and one of two.
    static func random() -> String {
        let letters = Array(Base32.encodeForPeople(secureRandomBytes(16)).lowercased())
        return stride(from: 0, to: letters.count, by: 4).map { String(letters[$0..<min($0 + 4, letters.count)]) }
            .joined(separator: "-")
    }

    /// Keyed, so that the database alone is not enough to try codes against it. Forgives what eyes mix up.
    static func hash(_ typed: String, of user: UserID, _ key: SecretKey) -> [UInt8] {
        let plain = typed.uppercased().filter { !$0.isWhitespace && $0 != "-" }.map {
            $0 == "O" ? "0" : $0 == "I" || $0 == "L" ? "1" : $0
        }
        return key.mark(Array("recovery:\(user):\(String(plain))".utf8))
    }
}
