import Audit
import Base
import Books
import Cryptography
import Database
import HTTP
import JSON
import Outbound
import Runtime

extension AuditRecord.Action {
    static let identityLinked = Self("IDENTITY_LINKED")
    static let identityUnlinked = Self("IDENTITY_UNLINKED")
}

/// A visit to a provider, as it waits in `challenges`.
struct OAuthVisit: Equatable, Sendable {
    let provider: String
    /// Where on our page to go afterwards.
    let next: String
    /// Who wants to link an account there, or to confirm by it that it is them; nil for signing in.
    let user: UserID?
    /// The session whose person confirms that it is them.
    let confirming: SessionID?
    /// Of confirming: whether the second factor was shown before they went.
    let hasFactor: Bool

    var purpose: Purpose {
        guard let user else { return .signIn }
        return confirming.map { .confirm(user, $0) } ?? .link(user)
    }

    enum Purpose: Equatable {
        case signIn
        case link(UserID)
        case confirm(UserID, SessionID)
    }

    private static let context = Array("oauth".utf8)

    func sealed(_ secrets: SecretBox) -> [UInt8] {
        var writer = JSONWriter(capacity: 256)
        writer.beginObject()
        writer.key("provider")
        writer.string(provider)
        writer.key("next")
        writer.string(next)
        if let confirming {
            writer.key("session")
            writer.identifier(confirming)
            writer.key("code")
            writer.bool(hasFactor)
        }
        writer.endObject()
        return secrets.seal(writer.bytes, context: Self.context)
    }

    init(
        provider: String, next: String, for user: UserID? = nil, confirming: SessionID? = nil, hasFactor: Bool = false
    ) {
        self.provider = provider
        self.next = next
        self.user = user
        self.confirming = confirming
        self.hasFactor = hasFactor
    }

    init?(_ challenge: Challenge, _ secrets: SecretBox) {
        guard let sealed = challenge.sealed, let opened = try? secrets.open(sealed, context: Self.context),
            let json = try? JSONValue.parse(opened), let provider = json["provider"]?.string,
            let next = json["next"]?.string
        else { return nil }
        self.init(
            provider: provider, next: next, for: challenge.user,
            confirming: json["session"]?.string.flatMap { SessionID($0) }, hasFactor: json["code"]?.bool ?? false)
    }
}

/// Why a visit to a provider came to nothing, as the page is told.
enum OAuthProblem: String, Error {
    /// It is not known here: it took too long, was begun in another browser, or comes a second time.
    case state
    /// Its person said no there.
    case denied
    /// The provider cannot be asked, or what it says cannot be believed.
    case provider
    /// There is an account with that address: sign in to it, then link.
    case link
    /// The provider does not vouch for the address.
    case email
    /// New accounts are made by the administrator.
    case closed
    case terms
    case disabled
    /// Linked to another account here.
    case taken
    case limit
    /// Of confirming: it is another account there than the linked one.
    case other
    /// Of confirming: they signed in there a while ago, and were not asked again.
    case stale
    /// Of confirming: the account has a second factor, and none was shown.
    case factor
}

enum OAuthOutcome: Sendable {
    case signedIn(SignedIn)
    /// The account has second factors here, and the provider's word does not spare them.
    case secondStep(SecondStep)
    case linked
    /// The session goes on under new tokens.
    case confirmed(SignedIn)
}

extension Accounts {
    func beginVisit(_ visit: OAuthVisit) async throws -> ChallengeToken {
        let token = ChallengeToken.random()
        try await ChallengeStore(queryable: database).insert(
            .oauth, token: token, user: visit.user, sealed: visit.sealed(secrets), lifetime: .seconds(600),
            at: clock.now())
        return token
    }

    /// Uses the visit up, whatever becomes of it.
    func takeVisit(_ token: ChallengeToken) async throws -> OAuthVisit? {
        try await takeChallenge(.oauth, token, at: clock.now()).flatMap { OAuthVisit($0, secrets) }
    }

    /// What goes to the provider with a visit. It follows from the token and this installation's key, so that it need
    /// not be stored, and nobody who sees the token can work it out.
    func visit(_ token: ChallengeToken, _ key: SecretKey, provider: String) -> OAuthClient.Visit {
        func derived(_ purpose: String) -> String {
            Base64URL.encode(key.mark(Array("oauth \(purpose) ".utf8) + token.bytes))
        }
        return OAuthClient.Visit(
            state: token.text, nonce: derived("nonce"), verifier: derived("verifier"),
            redirect: "\(address.text)/api/v1/auth/oauth/\(provider)/callback")
    }

    /// Ties a visit to the browser that began it: only that one gets this in a cookie.
    func browserMark(of token: ChallengeToken, _ key: SecretKey) -> String {
        Base64URL.encode(key.mark(Array("oauth browser ".utf8) + token.bytes))
    }

    /// The key that a visit began under; nil when the mark is another browser's, or none.
    func key(ofVisit token: ChallengeToken, mark: String) -> SecretKey? {
        sessionKeys.keys.all.first { constantTimeEqual(mark, browserMark(of: token, $0)) }
    }

    /// - Throws: `OAuthProblem`.
    func finish(
        _ visit: OAuthVisit, as identity: ForeignIdentity, provider: OAuthProvider, from client: Client,
        origin: AuditRecord.Origin
    ) async throws -> OAuthOutcome {
        switch visit.purpose {
        case .signIn: break
        case .link(let user):
            try await link(identity, to: user, provider: provider, origin: origin)
            return .linked
        case .confirm(let user, let session):
            return .confirmed(
                try await confirm(
                    user, in: session, by: identity,
                    isWhole: visit.hasFactor || provider.trustsFactors && identity.hasSecondFactor, from: client))
        }
        let now = clock.now()
        let admitted = try await database.transaction { [self] transaction -> Admitted in
            let store = LinkedIdentityStore(queryable: transaction)
            if let link = try await store.find(provider: identity.provider, subject: identity.subject) {
                return try await admit(link, identity, provider, from: client, at: now, in: transaction)
            }
            return .entered(
                try await open(identity, provider, from: client, origin: origin, at: now, in: transaction))
        }
        switch admitted {
        case .entered(let opened): return .signedIn(try await signedIn(opened, at: now))
        case .secondStep(let step): return .secondStep(step)
        }
    }

    private enum Admitted: Sendable {
        case entered(OpenedSession)
        case secondStep(SecondStep)
    }

    private func admit(
        _ link: LinkedIdentity, _ identity: ForeignIdentity, _ provider: OAuthProvider, from client: Client,
        at now: Instant, in transaction: Transaction
    ) async throws -> Admitted {
        guard let user = try await UserStore(queryable: transaction).find(link.user) else {
            throw OAuthProblem.provider
        }
        guard user.isActive else { throw OAuthProblem.disabled }
        try await LinkedIdentityStore(queryable: transaction).saveUse(link, email: Self.shown(identity.email), at: now)
        let factors = try await factors(of: user, in: transaction)
        guard factors.isEmpty || provider.trustsFactors && identity.hasSecondFactor else {
            return .secondStep(
                try await beginSecondStep(
                    user, factors, transport: .cookie, by: .provider, at: now, in: transaction))
        }
        return .entered(
            try await enter(user, transport: .cookie, by: [.provider], from: client, at: now, in: transaction))
    }

    /// A new account. Never into one that is there: whoever holds the address at the provider need not be who opened
    /// the account here.
    private func open(
        _ identity: ForeignIdentity, _ provider: OAuthProvider, from client: Client, origin: AuditRecord.Origin,
        at now: Instant, in transaction: Transaction
    ) async throws -> OpenedSession {
        guard identity.isEmailVerified, let email = identity.email.flatMap({ try? EmailAddress($0) }) else {
            throw OAuthProblem.email
        }
        let users = UserStore(queryable: transaction)
        guard try await users.find(email: email) == nil else { throw OAuthProblem.link }
        guard options.isRegistrationOpen else { throw OAuthProblem.closed }
        guard !options.areTermsRequired else { throw OAuthProblem.terms }
        let user = User(
            id: .new(), email: email.normalized, emailAsGiven: email.asGiven,
            name: identity.name.flatMap { Self.shown($0) }.map { PersonName(whole: $0) } ?? PersonName(), role: .user,
            isEmailVerified: true, isActive: true, createdAt: now, version: 1, language: client.language)
        do {
            try await users.insert(user, passwordHash: nil)
        } catch let refusal as Refusal where refusal == .emailTaken {
            throw OAuthProblem.link
        }
        try await users.saveEmailVerified(of: user.id, at: now)
        try await insert(identity, for: user, provider: provider, origin: origin, at: now, in: transaction)
        let book = try await BookStore(transaction).open(
            NewBook(name: "Personal", kind: .personal, currency: nil, timeZone: nil), for: user.id)
        let (session, refreshToken, ended) = try await openSession(
            for: user, transport: .cookie, by: [.provider], client: client, at: now, in: transaction)
        try await publish(.userRegistered, user.id, session.id, in: transaction)
        return OpenedSession(
            user: user, books: [book], session: session, refreshToken: refreshToken, ended: ended)
    }

    private func link(
        _ identity: ForeignIdentity, to id: UserID, provider: OAuthProvider, origin: AuditRecord.Origin
    ) async throws {
        let now = clock.now()
        try await database.transaction { [self] transaction in
            guard let user = try await UserStore(queryable: transaction).lock(id), user.isActive else {
                throw OAuthProblem.disabled
            }
            let store = LinkedIdentityStore(queryable: transaction)
            if let link = try await store.find(provider: identity.provider, subject: identity.subject) {
                guard link.user == id else { throw OAuthProblem.taken }
                return
            }
            guard try await store.list(of: id).count < LinkedIdentity.limitPerUser else { throw OAuthProblem.limit }
            try await insert(identity, for: user, provider: provider, origin: origin, at: now, in: transaction)
            try await send(.factorChanged(.providerLinked(name: provider.name)), to: user, in: transaction)
        }
    }

    private func insert(
        _ identity: ForeignIdentity, for user: User, provider: OAuthProvider, origin: AuditRecord.Origin,
        at now: Instant, in transaction: Transaction
    ) async throws {
        let link = LinkedIdentity(
            provider: identity.provider, subject: identity.subject, user: user.id, email: Self.shown(identity.email),
            linkedAt: now, lastUsedAt: now)
        guard try await LinkedIdentityStore(queryable: transaction).insert(link) else { throw OAuthProblem.taken }
        try await transaction.record(
            AuditRecord(
                .identityLinked, module: "accounts", record: user.id.description, by: .init(.user, id: user.id),
                from: origin,
                new: { writer in
                    writer.key("provider")
                    writer.string(link.provider)
                    writer.key("email")
                    if let email = link.email { writer.string(email) } else { writer.null() }
                }))
    }

    /// - Throws: `lastFactor` when nothing else would sign the user in.
    func unlink(_ provider: String, of id: UserID, name: String, source: AuditSource) async throws {
        try await database.transaction { [self] transaction in
            // Locked, so that the last two ways in cannot be removed at once.
            guard let user = try await UserStore(queryable: transaction).lock(id) else { throw Refusal.tokenNotValid }
            let gone = try await LinkedIdentityStore(queryable: transaction).delete(provider: provider, of: id)
            guard !gone.isEmpty else { throw Refusal.notFound("linked account") }
            guard try await WaysIn(transaction, id).exist else { throw Refusal.lastFactor }
            try await send(.factorChanged(.providerUnlinked(name: name)), to: user, in: transaction)
            for link in gone {
                try await transaction.record(
                    AuditRecord(
                        .identityUnlinked, module: "accounts", record: id.description, by: source.actor,
                        from: source.origin,
                        old: { writer in
                            writer.key("provider")
                            writer.string(link.provider)
                            writer.key("email")
                            if let email = link.email { writer.string(email) } else { writer.null() }
                        }))
            }
        }
    }

    /// Text of somebody else's that we store and show: short and without control characters, or not at all.
    private static func shown(_ text: String?) -> String? {
        guard let text, !text.isEmpty, text.utf8.count <= 254,
            text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) })
        else { return nil }
        return text
    }
}
