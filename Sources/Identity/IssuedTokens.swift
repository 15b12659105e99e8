import Audit
import Base
import Books
import Cryptography
import Database
import HTTP
import Runtime
import Synchronization

/// Turns the tokens of the trusted issuer into principals.
///
/// A signature is verified once for each token, and who that is, is remembered for a second, as a role in a book is.
package final class IssuedTokens: Sendable {
    private let issuer: TrustedIssuer
    private let database: Database
    /// The other processes on the same database; nil where there can be none.
    private let followers: Followers?
    private let clock: Clock
    private let log: Log
    /// Called after a membership has changed: returns when no process remembers the one before.
    private let settleMembership: @Sendable () async -> Void
    private let verified = VerifiedTokenCache<IssuedClaims>(capacity: 4096)
    private let known = Mutex<[IssuedClaims: Known]>([:])

    private struct Known {
        let user: UserID
        let until: UInt64
    }

    private static let memory = UInt64(Followers.memory.components.seconds) * 1_000_000_000
    private static let capacity = 10_000

    package init(
        issuer: TrustedIssuer, database: Database, followers: Followers? = nil, clock: Clock = .system, log: Log,
        settleMembership: @escaping @Sendable () async -> Void
    ) {
        self.issuer = issuer
        self.database = database
        self.followers = followers
        self.clock = clock
        self.log = log
        self.settleMembership = settleMembership
    }

    /// - Throws: 401 for a token that is not the issuer's, or whose person nobody has linked; 403 for a role that means
    ///   nothing here.
    package func principal(of token: Substring) async throws -> Principal {
        let claims = try claims(of: token)
        let started = monotonicNanoseconds()
        if let known = known.withLock({ $0[claims] }), known.until > started { return principal(known.user) }
        let mayRemember = followers?.mayRemember ?? true
        let user = try await person(of: claims)
        if mayRemember {
            known.withLock { known in
                if known.count >= Self.capacity { known.removeAll(keepingCapacity: true) }
                // Counted from before it was read: a change waits for as long and no longer.
                known[claims] = Known(user: user, until: started + Self.memory)
            }
        }
        return principal(user)
    }

    private func principal(_ user: UserID) -> Principal {
        Principal(user: user, credential: .issuer(issuer.name), platformRole: .user, onlyBook: issuer.book)
    }

    private func claims(of token: Substring) throws(Refusal) -> IssuedClaims {
        let now = clock.now().secondsSinceEpoch
        if let claims = verified.value(for: token, at: now) { return claims }
        do throws(TokenError) {
            let claims = try issuer.claims(of: String(token), at: now)
            verified.insert(claims, for: token, expiresAt: claims.expiresAt + TrustedIssuer.leeway, at: now)
            return claims
        } catch {
            throw error == .expired ? .tokenExpired : .tokenNotValid
        }
    }

    // MARK: Who it is

    private func person(of claims: IssuedClaims) async throws -> UserID {
        let store = LinkedIdentityStore(queryable: database)
        let provider = TrustedIssuer.provider(issuer.name)
        guard var person = try await store.issued(provider: provider, subject: claims.subject) else {
            throw Refusal.identityUnknown
        }
        guard person.isActive else { throw Refusal.tokenNotValid }
        if person.isNews(claims.issuedAt) {
            let (settled, isChanged) = try await database.transaction { [self] in try await settle(claims, in: $0) }
            if isChanged { await settleMembership() }
            person = settled
        }
        // What the newest token said, also for one that is older.
        guard person.role != nil else { throw Refusal.issuedRoleUnknown }
        return person.user
    }

    /// Notes the role that a newer token brings, and makes the membership agree with it.
    private func settle(_ claims: IssuedClaims, in transaction: Transaction) async throws -> (IssuedPerson, Bool) {
        let store = LinkedIdentityStore(queryable: transaction)
        let provider = TrustedIssuer.provider(issuer.name)
        guard let person = try await store.issued(provider: provider, subject: claims.subject, isLocked: true),
            person.isActive
        else { throw Refusal.identityUnknown }
        guard person.isNews(claims.issuedAt) else { return (person, false) }
        let role = IssuedRole(claims.role)
        if role == nil {
            log.warning("a token of the trusted issuer names a role that means nothing here") {
                $0.text("user", person.user.description)
            }
        }
        try await store.save(
            role, issuedAt: Instant(secondsSinceEpoch: claims.issuedAt), provider: provider, subject: claims.subject)
        let settled = IssuedPerson(
            user: person.user, isActive: true, role: role, issuedAt: Instant(secondsSinceEpoch: claims.issuedAt))
        if person.issuedAt != nil, person.role == role { return (settled, false) }
        let isChanged = try await IssuedMembership(transaction, book: issuer.book)
            .set(role?.part, of: person.user, issuer: issuer.name)
        return (settled, isChanged)
    }
}

/// One whom the trusted issuer's tokens name, as stored.
struct IssuedPerson: Sendable {
    let user: UserID
    let isActive: Bool
    let role: IssuedRole?
    /// Of the newest token that was seen.
    let issuedAt: Instant?

    func isNews(_ second: Int64) -> Bool { issuedAt.map { $0.secondsSinceEpoch < second } ?? true }
}

extension LinkedIdentityStore {
    func issued(provider: String, subject: String, isLocked: Bool = false) async throws -> IssuedPerson? {
        let selection: SQL = """
            SELECT l.user_id, u.is_active, l.role_level, l.role_department, l.role_issued_at
            FROM linked_identities l JOIN users u ON u.id = l.user_id
            WHERE l.provider = \(provider) AND l.subject = \(subject)
            """
        return try await queryable.first(isLocked ? "\(selection) FOR UPDATE OF l" : selection).map { row in
            let level = try row.get(2, as: String?.self).flatMap(IssuedRole.Level.init(rawValue:))
            let department = try row.get(3, as: String?.self).flatMap(IssuedRole.Department.init(rawValue:))
            return IssuedPerson(
                user: try row.get(0), isActive: try row.get(1),
                role: level.map { IssuedRole(level: $0, department: department) }, issuedAt: try row.get(4))
        }
    }

    func save(_ role: IssuedRole?, issuedAt: Instant, provider: String, subject: String) async throws {
        _ = try await queryable.run(
            """
            UPDATE linked_identities SET role_level = \(role?.level.rawValue),
                role_department = \(role?.department?.rawValue), role_issued_at = \(issuedAt), last_used_at = now()
            WHERE provider = \(provider) AND subject = \(subject)
            """)
    }
}

// MARK: - By the operator

extension Accounts {
    /// `purser user link`: tokens of the issuer that name this subject are this account's from now on.
    package func link(_ email: EmailAddress, issuer: String, subject: String) async throws {
        guard (1...TrustedIssuer.nameLimit).contains(issuer.utf8.count),
            (1...LinkedIdentity.subjectLimit).contains(subject.utf8.count)
        else { throw Refusal.invalid("subject", "Give an issuer and a subject, neither of them long.") }
        let now = clock.now()
        try await database.transaction { [self] transaction in
            guard let user = try await UserStore(queryable: transaction).lock(email: email) else {
                throw Refusal.notFound("account")
            }
            let link = LinkedIdentity(
                provider: TrustedIssuer.provider(issuer), subject: subject, user: user.id, email: nil, linkedAt: now,
                lastUsedAt: nil)
            guard try await LinkedIdentityStore(queryable: transaction).insert(link) else {
                throw Refusal(.conflict, "IDENTITY_LINKED", "This subject of \(issuer) is linked already.")
            }
            try await recordByOperator("IDENTITY_LINKED", of: user, in: transaction)
        }
    }

    /// `purser user unlink`. What they are in the book stays: another member may take it from them.
    package func unlink(_ email: EmailAddress, issuer: String) async throws {
        try await database.transaction { [self] transaction in
            guard let user = try await UserStore(queryable: transaction).lock(email: email) else {
                throw Refusal.notFound("account")
            }
            let gone = try await LinkedIdentityStore(queryable: transaction)
                .delete(provider: TrustedIssuer.provider(issuer), of: user.id)
            guard !gone.isEmpty else { throw Refusal.notFound("linked account") }
            try await recordByOperator("IDENTITY_UNLINKED", of: user, in: transaction)
        }
        await followers?.settle()
    }
}

extension Refusal {
    static let identityUnknown = Refusal(
        .unauthenticated, "IDENTITY_UNKNOWN",
        "Nobody here is linked to this token's subject. Ask the people who run this server.")
    static let issuedRoleUnknown = Refusal(
        .forbidden, "ROLE_UNKNOWN", "The role that your sign-in service gives you means nothing here.")
}
