import Base
import Cryptography
import Database
import HTTP
import Runtime

package struct Refreshed: Sendable {
    package let session: Session
    package let accessToken: String
    package let refreshToken: RefreshToken
}

extension Accounts {
    /// Exchanges a refresh token for a new pair. A token that was used before ends its whole session: two parties
    /// hold it, and we cannot know which of them is the thief.
    ///
    /// - Parameter csrfToken: for a token out of a cookie, what came in the header.
    package func refresh(
        _ presented: String, transport: Session.Transport, csrfToken: String?
    ) async throws -> Refreshed {
        guard let presented = RefreshToken(presented) else { throw Refusal.refreshNotValid }
        let now = clock.now()
        let outcome = try await database.transaction { [self] transaction in
            try await rotate(presented, transport: transport, csrfToken: csrfToken, at: now, in: transaction)
        }
        switch outcome {
        case .rotated(let session, let user, let token):
            let accessToken = try await tokens.sign(
                for: user, session: session.id, mustEnrol: mustEnrol(user, session.methods), at: now)
            return Refreshed(session: session, accessToken: accessToken, refreshToken: token)
        case .refused: throw Refusal.refreshNotValid
        case .reused(let session):
            await refuseEverywhere([session], at: now)
            log.warning("a used refresh token was presented again; its session has ended") {
                $0.text("session", session.description)
            }
            throw Refusal.refreshNotValid
        }
    }

    /// Returned, not thrown: a refusal that was thrown would undo the end of the session.
    private enum RefreshOutcome: Sendable {
        case rotated(Session, User, RefreshToken)
        case refused
        case reused(SessionID)
    }

    private func rotate(
        _ presented: RefreshToken, transport: Session.Transport, csrfToken: String?, at now: Instant,
        in transaction: Transaction
    ) async throws -> RefreshOutcome {
        let store = SessionStore(transaction: transaction)
        // A cookie's token works as a cookie only: taken out of the browser, it would lack the CSRF check.
        guard let (session, user) = try await store.lock(tokenHash: presented.hash), session.transport == transport
        else {
            return .refused
        }
        if transport == .cookie, !isCSRFTokenValid(csrfToken, of: session.id) { throw Refusal.csrfNotValid }
        guard session.isLive(at: now), user.isActive else { return .refused }
        var current = presented
        // More than one step when a third tab comes late, too; never many, as the grace is short.
        for step in 0..<8 {
            guard let record = try await store.token(current.hash) else { return .refused }
            switch record.decide(at: now, grace: grace(of: session.transport)) {
            case .expired: return .refused
            case .follow(let successor):
                guard let next = current.successor(successor, sessionKeys) else { return .refused }
                current = next
            case .reused:
                _ = try await store.revoke(session.id, because: .reuse, at: now)
                return .reused(session.id)
            case .rotate:
                if step == 0 {
                    let salt = secureRandomBytes(32)
                    let successor = current.successor(salt: salt, sessionKeys)
                    try await store.replace(
                        current, by: successor, salt: salt, session: session.id,
                        expiresAt: min(now + options.refreshLifetime, session.endsAt), at: now)
                    current = successor
                }
                return .rotated(session, user, current)
            }
        }
        return .refused
    }

    /// Ends a session. Ending one that has ended already is fine.
    package func signOut(_ session: SessionID, of user: UserID) async throws {
        let now = clock.now()
        try await database.transaction { [self] transaction in
            if try await SessionStore(transaction: transaction).revoke(session, because: .logout, at: now) {
                try await publish(.userSignedOut, user, session, in: transaction)
            }
        }
        await refuseEverywhere([session], at: now)
    }

    /// The same with only a refresh token at hand, when the access token has expired.
    package func signOut(
        refreshToken: String, transport: Session.Transport, csrfToken: String?
    ) async throws {
        guard let token = RefreshToken(refreshToken) else { return }
        let now = clock.now()
        let ended = try await database.transaction { [self] transaction -> SessionID? in
            let store = SessionStore(transaction: transaction)
            guard let (session, user) = try await store.lock(tokenHash: token.hash), session.transport == transport
            else { return nil }
            if transport == .cookie, !isCSRFTokenValid(csrfToken, of: session.id) { throw Refusal.csrfNotValid }
            if try await store.revoke(session.id, because: .logout, at: now) {
                try await publish(.userSignedOut, user.id, session.id, in: transaction)
            }
            return session.id
        }
        if let ended { await refuseEverywhere([ended], at: now) }
    }

    /// Once an hour: forgets what has expired.
    package func prune() async throws {
        let now = clock.now()
        tokens.ended.sweep(now: now.secondsSinceEpoch)
        try await SessionStore.prune(database, at: now)
        try await ChallengeStore.prune(database, at: now)
    }
}
