import Base
import Cryptography
import Database
import Jobs
import Outbound

/// Seals anew what older keys have sealed, so that those can go.
///
/// A value is replaced only where it still is the one that was read: whoever changes it meanwhile, wins. Servers may
/// run beside it.
package struct Resealing: Sendable {
    package struct Outcome: Equatable, Sendable {
        package var resealed = 0
        /// Sealed with keys that are not here any more: nobody can open these.
        package var unreadable = 0
        /// Keys that something still is sealed with.
        package var needed: Set<UInt32> = []
    }

    private let database: Database
    private let secrets: SecretBox
    private static let pageSize = 500

    package init(database: Database, secrets: SecretBox) {
        self.database = database
        self.secrets = secrets
    }

    /// - Parameter progress: is told how many were sealed anew so far.
    package func run(at now: Instant, progress: (Int) -> Void = { _ in }) async throws -> Outcome {
        var outcome = Outcome()
        try await renew(Self.codeSecrets, &outcome, progress)
        try await renew(Self.registrations(at: now), &outcome, progress)
        for (job, context) in [(MailQueue.job, MailQueue.context), (LetterRequest.job, LetterRequest.job)] {
            try await renew(Self.jobs(job, context), &outcome, progress)
        }
        // A sign-in with another service lasts ten minutes at the most: it is waited for.
        for row in try await database.query(
            "SELECT sealed FROM challenges WHERE kind = 'oauth' AND sealed IS NOT NULL AND expires_at > \(now)")
        {
            if let key = SecretBox.keyID(of: try row.get(0)) { outcome.needed.insert(key) }
        }
        return outcome
    }

    // MARK: Where sealed values are

    private struct Place<Key: SQLBindable & SQLReadable & Sendable> {
        /// The rows after one, in the order of their keys: the key, then what `box` reads.
        let page: (Key?) -> SQL
        let box: (Row) throws -> [UInt8]?
        let context: (Key) -> [UInt8]
        let replace: (Key, _ old: [UInt8], _ new: [UInt8]) -> SQL
    }

    private static var codeSecrets: Place<UserID> {
        Place(
            page: { last in
                """
                SELECT user_id, sealed FROM totp_secrets WHERE \(last)::uuid IS NULL OR user_id > \(last)
                ORDER BY user_id LIMIT \(pageSize)
                """
            },
            box: { try $0.get(1) }, context: { Accounts.codeContext($0) },
            replace: { "UPDATE totp_secrets SET sealed = \($2) WHERE user_id = \($0) AND sealed = \($1)" })
    }

    private static func registrations(at now: Instant) -> Place<[UInt8]> {
        Place(
            page: { last in
                """
                SELECT token_hash, sealed FROM pending_registrations
                WHERE expires_at > \(now) AND (\(last)::bytea IS NULL OR token_hash > \(last))
                ORDER BY token_hash LIMIT \(pageSize)
                """
            },
            box: { try $0.get(1) }, context: { _ in PendingRegistration.context },
            replace: { "UPDATE pending_registrations SET sealed = \($2) WHERE token_hash = \($0) AND sealed = \($1)" })
    }

    private static func jobs(_ kind: String, _ context: String) -> Place<Int64> {
        Place(
            page: { last in
                """
                SELECT id, payload->>'sealed' FROM jobs WHERE kind = \(kind) AND id > \(last ?? 0)
                ORDER BY id LIMIT \(pageSize)
                """
            },
            box: { try $0.get(1, as: String?.self).flatMap { Base64URL.decode($0.utf8) } },
            context: { _ in Array(context.utf8) },
            replace: { id, old, new in
                """
                UPDATE jobs SET payload = jsonb_build_object('sealed', \(Base64URL.encode(new)))
                WHERE id = \(id) AND payload->>'sealed' = \(Base64URL.encode(old))
                """
            })
    }

    private func renew<Key>(_ place: Place<Key>, _ outcome: inout Outcome, _ progress: (Int) -> Void) async throws {
        let current = secrets.ring.keys.current.id
        var last: Key?
        while true {
            let rows = try await database.query(place.page(last))
            var changes: [SQL] = []
            for row in rows {
                let key = try row.get(0, as: Key.self)
                last = key
                guard let old = try place.box(row), let sealedWith = SecretBox.keyID(of: old), sealedWith != current
                else { continue }
                guard let plain = try? secrets.open(old, context: place.context(key)) else {
                    // A newer key than this process knows is none that is lost.
                    if sealedWith > current { outcome.needed.insert(sealedWith) } else { outcome.unreadable += 1 }
                    continue
                }
                changes.append(place.replace(key, old, secrets.seal(plain, context: place.context(key))))
            }
            if !changes.isEmpty {
                outcome.resealed += try await database.write(changes).reduce(0) { $0 + $1.affected }
                progress(outcome.resealed)
            }
            guard rows.count == Self.pageSize else { return }
        }
    }
}
