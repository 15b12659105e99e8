import Base
import Books
import Cryptography
import Database
import HTTP
import JSON
import Jobs
import Outbound
import Runtime

/// What an installation decides about its accounts.
package struct IdentityOptions: Sendable {
    package var refreshLifetime: Duration = .seconds(30 * 86_400)
    /// However much it is used, a session ends after this long.
    package var sessionLifetime: Duration = .seconds(90 * 86_400)
    /// How long after proving who they are somebody may change what keeps others out.
    package var freshness: Duration = .seconds(15 * 60)
    /// For the page's cookies only; see `RefreshTokenRecord.decide`.
    package var cookieGrace: Duration = .seconds(10)
    package var isRegistrationOpen = true
    /// Whether an account is made only by the link in a letter, so that registering tells nobody who has one.
    package var isLinkNeededToRegister = false
    /// Of whom a second factor is demanded, besides those whom the operator has named.
    package var secondFactorDemand = SecondFactorDemand.none
    package var areTermsRequired = false
    /// Between asking for the account's deletion and its end.
    package var deletionGrace: Duration = .seconds(30 * 86_400)
    package var pairLockout = LockoutPolicy.pair
    package var accountLockout = LockoutPolicy.account
    package var setupLifetime: Duration = .seconds(7 * 86_400)
    /// Marks cookies `Secure`; nil: when the request came over TLS.
    package var areCookiesSecure: Bool?

    package init() {}
}

extension EventName {
    package static let userRegistered = EventName("user.registered")
    package static let userSignedIn = EventName("user.login")
    package static let userSignedOut = EventName("user.logout")
}

/// Accounts and sessions: each of these is one decision in one transaction, for the routes and for the command alike.
package final class Accounts: Sendable {
    let database: Database
    let hasher: PasswordHasher
    let breached: BreachedPasswords
    package let tokens: AccessTokens
    /// Derives the successors of refresh tokens and the CSRF tokens, and hashes recovery codes.
    let sessionKeys: SecretKeyRing
    package let options: IdentityOptions
    /// Opens what is stored sealed: letters that wait, secrets of second factors.
    let secrets: SecretBox
    let mailQueue: MailQueue
    /// What links in letters begin with.
    package let address: PublicAddress
    /// The other processes on the same database; nil where there can be none.
    let followers: Followers?
    /// Whether what they said of ended sessions has been heard.
    let hearing = Hearing()
    let clock: Clock
    let log: Log

    package init(
        database: Database, hasher: PasswordHasher, tokens: AccessTokens, sessionKeys: SecretKeyRing,
        options: IdentityOptions = IdentityOptions(), secrets: SecretBox, address: PublicAddress,
        followers: Followers? = nil, breached: BreachedPasswords? = nil, clock: Clock = .system, log: Log
    ) {
        self.database = database
        self.hasher = hasher
        self.breached = breached ?? .none(log: log)
        self.tokens = tokens
        self.sessionKeys = sessionKeys
        self.options = options
        self.secrets = secrets
        mailQueue = MailQueue(secrets: secrets)
        self.address = address
        self.followers = followers
        self.clock = clock
        self.log = log
    }
}

/// The answer to a sign-in of any kind.
package struct SignedIn: Sendable {
    package let user: User
    package let books: [BookSummary]
    package let session: Session
    package let accessToken: String
    package let refreshToken: RefreshToken
}

/// What a transaction leaves for the answer, but for the signature.
struct OpenedSession: Sendable {
    let user: User
    let books: [BookSummary]
    let session: Session
    let refreshToken: RefreshToken
    /// Older sessions that had to go for it.
    var ended: [SessionID] = []
}

extension Accounts {
    func signedIn(_ opened: OpenedSession, at now: Instant) async throws -> SignedIn {
        if !opened.ended.isEmpty { await refuseEverywhere(opened.ended, at: now) }
        return SignedIn(
            user: opened.user, books: opened.books, session: opened.session,
            accessToken: try await tokens.sign(
                for: opened.user, session: opened.session.id,
                mustEnrol: mustEnrol(opened.user, opened.session.methods), at: now),
            refreshToken: opened.refreshToken)
    }

    /// A new session for a user, in the transaction that decided it.
    func openSession(
        for user: User, transport: Session.Transport, by methods: [SignInMethod] = [.password], client: Client,
        at now: Instant, in transaction: Transaction
    ) async throws -> (session: Session, refreshToken: RefreshToken, ended: [SessionID]) {
        let session = Session(
            id: .new(), user: user.id, transport: transport,
            expiresAt: now + min(options.refreshLifetime, options.sessionLifetime),
            endsAt: now + options.sessionLifetime,
            authenticatedAt: now, methods: methods, revokedAt: nil)
        let token = RefreshToken.random()
        let store = SessionStore(transaction: transaction)
        var ended = try await store.insert(session, token: token, client: client, at: now)
        // The browser forgets the one that it had, and nobody could end it by signing out.
        if transport == .cookie, let former = client.refreshToken,
            let replaced = try await store.replace(former, at: now)
        {
            try await publish(.userSignedOut, replaced.user, replaced.session, in: transaction)
            ended.append(replaced.session)
        }
        return (session, token, ended)
    }

    /// The same sign-in under a new session, upon a proof of who is there: tokens that somebody else may have had until
    /// now are worth nothing any more, least of all what the proof opens.
    func renewSession(
        _ id: SessionID, of user: User, by method: SignInMethod, client: Client, at now: Instant,
        in transaction: Transaction
    ) async throws -> OpenedSession {
        let store = SessionStore(transaction: transaction)
        guard let old = try await store.lock(id), old.user == user.id, old.isLive(at: now) else {
            throw Refusal.tokenNotValid
        }
        let session = Session(
            id: .new(), user: user.id, transport: old.transport,
            expiresAt: min(now + options.refreshLifetime, old.endsAt), endsAt: old.endsAt, authenticatedAt: now,
            methods: old.methods.contains(method) ? old.methods : old.methods + [method], revokedAt: nil)
        _ = try await store.revoke(id, because: .renewed, at: now)
        let token = RefreshToken.random()
        let ended = try await store.insert(session, token: token, client: client, at: now)
        return OpenedSession(user: user, books: [], session: session, refreshToken: token, ended: ended + [id])
    }

    func publish(_ name: EventName, _ user: UserID, _ session: SessionID?, in transaction: Transaction) async throws {
        try await transaction.publish(
            Event(name, user: user) { data in
                data.key("userId")
                data.identifier(user)
                if let session {
                    data.key("sessionId")
                    data.identifier(session)
                }
            })
    }

    func grace(of transport: Session.Transport) -> Duration {
        transport == .cookie ? options.cookieGrace : .zero
    }

    // MARK: Keys

    /// Reads this installation's keys again, now and each half minute, until its task is cancelled.
    ///
    /// - Parameter directory: `<data>/keys`.
    package func followKeys(directory: String) async {
        while !Task.isCancelled {
            reloadKeys(directory: directory)
            try? await Task.sleep(for: .seconds(SigningKeys.reloadSeconds))
        }
    }

    /// What cannot be read leaves the keys as they are.
    package func reloadKeys(directory: String) {
        let now = clock.now().secondsSinceEpoch
        do throws(SecretFile.Failure) {
            if try tokens.jwt.ring.reload(directory: directory, now: now) {
                log.info("signing keys read") {
                    $0.text("signs", tokens.jwt.keys.current.publicKey.keyID)
                    $0.number("verify", tokens.jwt.keys.verifying.count)
                }
            }
            for ring in [secrets.ring, sessionKeys] {
                guard try ring.reload(now: now) else { continue }
                log.info("secret keys read") {
                    $0.text("purpose", ring.purpose?.rawValue ?? "")
                    $0.number("current", Int(ring.keys.current.id))
                    $0.number("all", ring.keys.all.count)
                }
            }
        } catch {
            log.error("the keys cannot be read again: \(error)")
        }
    }

    /// The session keys that something still was made with: codes that nobody has used yet, and for as long as a session
    /// can last, the marks of the page's requests.
    package func neededSessionKeys(of keys: SecretKeys, at now: Instant) async throws -> Set<UInt32> {
        if let madeAt = keys.current.createdAt, now < madeAt + options.sessionLifetime {
            return Set(keys.all.map(\.id))
        }
        return Set(try await CodeStore(queryable: database).keysOfRecoveryCodes())
    }

    // MARK: The page's protection against forged requests

    /// Bound to the session, so nothing has to be stored, and a token of another session does not fit.
    package func csrfToken(of session: SessionID) -> String {
        CSRF.token(of: session, sessionKeys)
    }

    package func isCSRFTokenValid(_ token: String?, of session: SessionID) -> Bool {
        CSRF.isValid(token, of: session, sessionKeys)
    }
}
