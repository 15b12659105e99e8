import Base
import Database

package enum PasskeyTag {}
package typealias PasskeyID = Identifier<PasskeyTag>

/// A key that signs in without a password: its private half never leaves the authenticator.
struct Passkey: Equatable, Sendable {
    let id: PasskeyID
    let user: UserID
    let credentialID: [UInt8]
    /// A COSE key.
    let publicKey: [UInt8]
    let signCount: Int64
    /// Whether it is known to see who is there, by a finger or a code: such a one stands for the password as well. Any
    /// other, as a security key without a code, goes beside it. Whoever finds that can give it a code of their own, so
    /// its word on it counts once something else has shown who they are.
    let verifiesUser: Bool
    let isBackupEligible: Bool
    let isBackedUp: Bool
    /// How browsers reach the authenticator: `internal`, `usb`. Only a hint.
    let transports: [String]
    let name: String
    let createdAt: Instant
    let lastUsedAt: Instant?

    static let limitPerUser = 20
    static let nameLimit = 100
    static let knownTransports: Set = ["ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"]
}

/// Every statement that touches `passkeys`.
struct PasskeyStore {
    let queryable: any Queryable

    private static let columns = SQL.fragment(
        """
        id, user_id, credential_id, public_key, sign_count, verifies_user, is_backup_eligible, is_backed_up, \
        transports, name, created_at, last_used_at
        """)

    /// - Throws: `passkeyKnown`. The unique key decides.
    func insert(_ passkey: Passkey) async throws {
        do {
            _ = try await queryable.run(
                """
                INSERT INTO passkeys (id, user_id, credential_id, public_key, sign_count, verifies_user,
                    is_backup_eligible, is_backed_up, transports, name, created_at)
                VALUES (\(passkey.id), \(passkey.user), \(passkey.credentialID), \(passkey.publicKey),
                    \(passkey.signCount), \(passkey.verifiesUser), \(passkey.isBackupEligible),
                    \(passkey.isBackedUp), \(passkey.transports), \(passkey.name), \(passkey.createdAt))
                """)
        } catch let error as DatabaseError where error.constraint == "passkeys_credential_key" {
            throw Refusal.passkeyKnown
        }
    }

    /// The oldest first.
    func list(of user: UserID) async throws -> [Passkey] {
        try await queryable.query(
            """
            SELECT \(Self.columns) FROM passkeys WHERE user_id = \(user) ORDER BY created_at, id
            LIMIT \(Passkey.limitPerUser)
            """
        ).map { try Passkey($0) }
    }

    /// Locks the row until commit: two answers of one authenticator are judged in turn.
    func lock(credential: [UInt8]) async throws -> Passkey? {
        try await queryable.first(
            "SELECT \(Self.columns) FROM passkeys WHERE credential_id = \(credential) FOR UPDATE"
        ).map { try Passkey($0) }
    }

    func find(_ id: PasskeyID, of user: UserID) async throws -> Passkey? {
        try await queryable.first(
            "SELECT \(Self.columns) FROM passkeys WHERE user_id = \(user) AND id = \(id)"
        ).map { try Passkey($0) }
    }

    func saveUse(
        of id: PasskeyID, signCount: Int64, verifiesUser: Bool, isBackedUp: Bool, at now: Instant
    ) async throws {
        _ = try await queryable.run(
            """
            UPDATE passkeys SET sign_count = \(signCount), verifies_user = \(verifiesUser),
                is_backed_up = \(isBackedUp), last_used_at = \(now)
            WHERE id = \(id)
            """)
    }

    func rename(_ id: PasskeyID, of user: UserID, to name: String) async throws -> Passkey? {
        try await queryable.first(
            "UPDATE passkeys SET name = \(name) WHERE user_id = \(user) AND id = \(id) RETURNING \(Self.columns)"
        ).map { try Passkey($0) }
    }

    func delete(_ id: PasskeyID, of user: UserID) async throws {
        _ = try await queryable.run("DELETE FROM passkeys WHERE user_id = \(user) AND id = \(id)")
    }
}

extension Passkey {
    init(_ row: Row) throws {
        self.init(
            id: try row.get(0), user: try row.get(1), credentialID: try row.get(2), publicKey: try row.get(3),
            signCount: try row.get(4), verifiesUser: try row.get(5), isBackupEligible: try row.get(6),
            isBackedUp: try row.get(7), transports: try row.get(8), name: try row.get(9), createdAt: try row.get(10),
            lastUsedAt: try row.get(11))
    }
}

extension Refusal {
    /// One for everything that can be wrong with an answer of an authenticator: the reason is in the log.
    static let passkeyNotValid = Refusal(
        .invalid, "PASSKEY_INVALID", "The passkey could not be added. Start again.")
    static let passkeyRefused = Refusal(
        .unauthenticated, "PASSKEY_INVALID", "This passkey does not sign in here. Try again, or sign in another way.")
    static let passkeyKnown = Refusal(
        .conflict, "PASSKEY_KNOWN", "This authenticator has a passkey for this server already.")
    static let passkeyLimit = Refusal(
        .conflict, "PASSKEY_LIMIT",
        "An account has at most \(Passkey.limitPerUser) passkeys. Remove one that you do not use any more.")
    static let passkeysUnavailable = Refusal(
        .unavailable, "PASSKEYS_UNAVAILABLE",
        "Passkeys need an https address with a name. Ask the operator to set public-url to it.")
    static let lastFactor = Refusal(
        .conflict, "LAST_FACTOR",
        "This is the only way you sign in. Choose a password or add another passkey first.")
}
