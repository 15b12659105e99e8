import Base
import Cryptography
import EventLoop
import HTTP
import Runtime
import Synchronization

/// What an access token proves.
package struct AccessClaims: Equatable, Sendable {
    package let user: UserID
    package let session: SessionID
    package let role: PlatformRole
    package let expiresAt: Int64
    /// It may only set up the second factor that the operator demands.
    package let mustEnrol: Bool

    package var principal: Principal { Principal(user: user, session: session, platformRole: role) }
}

/// Makes and checks access tokens. Checking asks no database: a signature once per token of another process, after that
/// the cache, and the list of sessions that ended while their last access token still runs.
package final class AccessTokens: Sendable {
    package let jwt: JWT
    package let lifetime: Duration
    package let ended: EndedSessions
    private let cache: VerifiedTokenCache<AccessClaims>
    /// An RS256 signature holds a core for a millisecond, in which a loop could answer fifty requests.
    private let signers = BlockingPool(threads: 1, queueLimit: 64, name: "signing")

    package init(jwt: JWT, lifetime: Duration, cacheCapacity: Int = 16_384) {
        self.jwt = jwt
        self.lifetime = lifetime
        ended = EndedSessions()
        cache = VerifiedTokenCache(capacity: cacheCapacity)
    }

    package var lifetimeSeconds: Int64 { lifetime.components.seconds }

    /// A token for a session that has been stored: it is signed away from the loop, and never while a row is locked.
    package func sign(
        for user: User, session: SessionID, mustEnrol: Bool, at now: Instant
    ) async throws -> String {
        do {
            return try await signers.run { [self] in
                try issue(for: user, session: session, mustEnrol: mustEnrol, at: now)
            }
        } catch is BlockingPool.Full {
            // The session exists, and for a refresh the old token is used up: late is better than refused.
            return try issue(for: user, session: session, mustEnrol: mustEnrol, at: now)
        }
    }

    package func issue(for user: User, session: SessionID, mustEnrol: Bool = false, at now: Instant) throws -> String {
        let seconds = now.secondsSinceEpoch
        let id = user.id.description
        let token = try jwt.sign(
            JWTClaims(
                issuer: jwt.issuer, audience: jwt.audience, subject: id, id: Identifier<AccessClaims>.new().description,
                issuedAt: seconds, notBefore: seconds, expiresAt: seconds + lifetimeSeconds,
                others: [
                    .init("userId", id), .init("username", user.email), .init("role", user.role.rawValue),
                    .init("sid", session.description),
                ] + (mustEnrol ? [.init("enrol", "mfa")] : [])))
        let claims = AccessClaims(
            user: user.id, session: session, role: user.role, expiresAt: seconds + lifetimeSeconds, mustEnrol: mustEnrol
        )
        // Its signature is our own: this process need not verify it when it comes back.
        cache.insert(claims, for: token, expiresAt: claims.expiresAt + jwt.leeway, at: seconds)
        return token
    }

    /// How many tokens need no verification any more.
    var knownCount: Int { cache.count }

    package func verify(_ token: some StringProtocol, at now: Instant) throws(Refusal) -> AccessClaims {
        let seconds = now.secondsSinceEpoch
        let claims: AccessClaims
        if let known = cache.value(for: token, at: seconds) {
            claims = known
        } else {
            claims = try read(String(token), at: seconds)
            cache.insert(claims, for: token, expiresAt: claims.expiresAt + jwt.leeway, at: seconds)
        }
        guard !ended.contains(claims.session) else { throw .tokenNotValid }
        return claims
    }

    private func read(_ token: String, at seconds: Int64) throws(Refusal) -> AccessClaims {
        let claims: JWTClaims
        do throws(TokenError) {
            claims = try jwt.verify(token, at: seconds)
        } catch {
            throw error == .expired ? .tokenExpired : .tokenNotValid
        }
        guard let user = UserID(claims.subject), let session = claims["sid"].flatMap({ SessionID($0) }),
            let role = claims["role"].flatMap(PlatformRole.init(rawValue:))
        else { throw .tokenNotValid }
        return AccessClaims(
            user: user, session: session, role: role, expiresAt: claims.expiresAt,
            mustEnrol: claims["enrol"] != nil)
    }
}

/// Sessions that ended while an access token of theirs may still run: signing out works at once, not in a quarter of
/// an hour. Filled at start from the database, then by every end of a session, of other servers too (NOTIFY).
package final class EndedSessions: Sendable {
    private let sessions = Mutex<[SessionID: Int64]>([:])
    /// Nearly always zero, and then a look costs no lock.
    private let count = Atomic<Int>(0)
    static let limit = 100_000

    package init() {}

    package func contains(_ session: SessionID) -> Bool {
        guard count.load(ordering: .relaxed) > 0 else { return false }
        return sessions.withLock { $0[session] != nil }
    }

    /// - Parameter until: the second after which no access token of the session is valid any more.
    package func insert(_ session: SessionID, until: Int64, now: Int64) {
        sessions.withLock { sessions in
            if sessions.count >= Self.limit { sessions = sessions.filter { $0.value > now } }
            // Still full: the new one is what counts. The one that ends soonest goes.
            if sessions.count >= Self.limit, let soonest = sessions.min(by: { $0.value < $1.value }) {
                sessions[soonest.key] = nil
            }
            sessions[session] = until
            count.store(sessions.count, ordering: .relaxed)
        }
    }

    /// Forgets those whose tokens have all expired.
    package func sweep(now: Int64) {
        sessions.withLock { sessions in
            sessions = sessions.filter { $0.value > now }
            count.store(sessions.count, ordering: .relaxed)
        }
    }
}
