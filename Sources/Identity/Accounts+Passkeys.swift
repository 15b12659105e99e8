import Audit
import Base
import Books
import Cryptography
import Database
import HTTP
import JSON
import Outbound
import Runtime

/// A ceremony that has begun: its token, and what the authenticator is asked with.
struct PasskeyCeremony: Sendable {
    let token: ChallengeToken
    let party: RelyingParty
    /// The credentials to leave out, or to choose among.
    let credentials: [Passkey]

    var challenge: [UInt8] { Self.challenge(of: token) }

    /// Follows from the token, so that nothing more has to be stored. It is no secret: the browser sees it.
    static func challenge(of token: ChallengeToken) -> [UInt8] {
        SHA256.hash(Array("passkey".utf8) + token.bytes)
    }
}

/// What a browser gives after it has made a passkey.
struct RegistrationAnswer: Sendable {
    let clientData: [UInt8]
    let attestationObject: [UInt8]
    let transports: [String]
}

/// What a browser gives after a passkey has signed.
struct AssertionAnswer: Sendable {
    let credentialID: [UInt8]
    let clientData: [UInt8]
    let authenticatorData: [UInt8]
    let signature: [UInt8]
    /// Whose passkey the authenticator says it is.
    let userHandle: [UInt8]?
}

/// Who changes something, and from where: for the audit log.
struct AuditSource: Sendable {
    let actor: AuditRecord.Actor
    let origin: AuditRecord.Origin

    init(_ request: Request) throws(Refusal) {
        actor = AuditRecord.Actor(try request.principal)
        origin = AuditRecord.Origin(request)
    }
}

extension AuditRecord.Action {
    static let passkeyAdded = Self("PASSKEY_ADDED")
    static let passkeyRenamed = Self("PASSKEY_RENAMED")
    static let passkeyRemoved = Self("PASSKEY_REMOVED")
}

// MARK: - Adding and removing

extension Accounts {
    func beginPasskey(for user: UserID, party: RelyingParty) async throws -> (User, PasskeyCeremony) {
        let token = ChallengeToken.random()
        let now = clock.now()
        guard let person = try await UserStore(queryable: database).find(user), person.isActive else {
            throw Refusal.tokenNotValid
        }
        let known = try await PasskeyStore(queryable: database).list(of: user)
        guard known.count < Passkey.limitPerUser else { throw Refusal.passkeyLimit }
        try await ChallengeStore(queryable: database).insert(.passkeyCreate, token: token, user: user, at: now)
        return (person, PasskeyCeremony(token: token, party: party, credentials: known))
    }

    func addPasskey(
        _ answer: RegistrationAnswer, named name: String, ceremony token: ChallengeToken, for user: UserID,
        party: RelyingParty, source: AuditSource
    ) async throws -> Passkey {
        let now = clock.now()
        // Used up whatever comes of it: one answer for one question.
        guard let challenge = try await takeChallenge(.passkeyCreate, token, at: now), challenge.user == user else {
            throw Refusal.passkeyNotValid
        }
        let registered: WebAuthn.Registered
        do throws(WebAuthn.Failure) {
            registered = try WebAuthn.register(
                clientData: answer.clientData, attestationObject: answer.attestationObject,
                expecting: .init(
                    party: party, challenge: PasskeyCeremony.challenge(of: token), needsUserVerification: false))
        } catch {
            log.info("a passkey was not added") { $0.text("reason", error.reason) }
            throw Refusal.passkeyNotValid
        }
        let passkey = Passkey(
            id: .new(), user: user, credentialID: registered.credentialID, publicKey: registered.publicKey,
            signCount: registered.signCount,
            // Those that are kept in step between devices lie behind the devices' own lock, whether or not it was shut now.
            verifiesUser: registered.isUserVerified || registered.isBackupEligible,
            isBackupEligible: registered.isBackupEligible, isBackedUp: registered.isBackedUp,
            transports: answer.transports, name: name, createdAt: now, lastUsedAt: nil)
        try await database.transaction { [self] transaction in
            // The lock makes the limit hold when two are added at once.
            guard let person = try await UserStore(queryable: transaction).lock(user), person.isActive else {
                throw Refusal.tokenNotValid
            }
            let store = PasskeyStore(queryable: transaction)
            guard try await store.list(of: user).count < Passkey.limitPerUser else { throw Refusal.passkeyLimit }
            try await store.insert(passkey)
            try await send(.factorChanged(.passkeyAdded(name: name)), to: person, in: transaction)
            try await transaction.record(
                AuditRecord(
                    .passkeyAdded, module: "accounts", record: passkey.id.description, by: source.actor,
                    from: source.origin,
                    new: { writer in
                        writer.key("name")
                        writer.string(name)
                    }))
        }
        return passkey
    }

    func renamePasskey(_ id: PasskeyID, of user: UserID, to name: String, source: AuditSource) async throws -> Passkey {
        try await database.transaction { transaction in
            let store = PasskeyStore(queryable: transaction)
            guard let old = try await store.find(id, of: user),
                let renamed = try await store.rename(id, of: user, to: name)
            else { throw Refusal.notFound("passkey") }
            if old.name != name {
                try await transaction.record(
                    AuditRecord(
                        .passkeyRenamed, module: "accounts", record: id.description, by: source.actor,
                        from: source.origin,
                        old: { writer in
                            writer.key("name")
                            writer.string(old.name)
                        },
                        new: { writer in
                            writer.key("name")
                            writer.string(name)
                        }))
            }
            return renamed
        }
    }

    /// - Throws: `lastFactor` when nothing else would sign the user in.
    func removePasskey(_ id: PasskeyID, of user: UserID, source: AuditSource) async throws {
        try await database.transaction { [self] transaction in
            // Locked, so that the last two ways in cannot be removed at once.
            guard let person = try await UserStore(queryable: transaction).lock(user) else {
                throw Refusal.tokenNotValid
            }
            let store = PasskeyStore(queryable: transaction)
            guard let passkey = try await store.find(id, of: user) else { throw Refusal.notFound("passkey") }
            try await store.delete(id, of: user)
            guard try await WaysIn(transaction, user).exist else { throw Refusal.lastFactor }
            try await send(.factorChanged(.passkeyRemoved(name: passkey.name)), to: person, in: transaction)
            try await transaction.record(
                AuditRecord(
                    .passkeyRemoved, module: "accounts", record: id.description, by: source.actor, from: source.origin,
                    old: { writer in
                        writer.key("name")
                        writer.string(passkey.name)
                    }))
        }
    }

    func takeChallenge(
        _ kind: Challenge.Kind, _ token: ChallengeToken, at now: Instant
    ) async throws -> Challenge? {
        try await database.transaction { transaction in
            try await ChallengeStore(queryable: transaction).take(kind, token: token, at: now)
        }
    }
}

/// What a user can sign in with.
struct WaysIn {
    let exist: Bool

    init(_ queryable: any Queryable, _ user: UserID) async throws {
        let row = try await queryable.first(
            """
            SELECT password_hash IS NOT NULL
                OR EXISTS (SELECT 1 FROM passkeys WHERE user_id = users.id AND verifies_user)
                OR EXISTS (
                    SELECT 1 FROM linked_identities WHERE user_id = users.id AND provider NOT LIKE 'issuer:%')
            FROM users WHERE id = \(user)
            """)
        exist = try row?.get(0) ?? false
    }
}

// MARK: - Signing in

extension Accounts {
    /// Any passkey of this server: the authenticator offers those it holds, so nobody says who has an account here.
    func beginPasskeySignIn(party: RelyingParty) async throws -> PasskeyCeremony {
        let token = ChallengeToken.random()
        try await ChallengeStore(queryable: database).insert(.passkeyGet, token: token, at: clock.now())
        return PasskeyCeremony(token: token, party: party, credentials: [])
    }

    /// One of the passkeys of whom has done the first step of signing in.
    func beginPasskeyStep(_ text: String, party: RelyingParty) async throws -> PasskeyCeremony {
        guard let step = ChallengeToken(text) else { throw Refusal.challengeOver }
        let token = ChallengeToken.random()
        let now = clock.now()
        return try await database.transaction { transaction in
            let challenges = ChallengeStore(queryable: transaction)
            guard let user = try await challenges.lock(.mfa, token: step, at: now)?.user else {
                throw Refusal.challengeOver
            }
            try await challenges.insert(.passkeyGet, token: token, user: user, at: now)
            return PasskeyCeremony(
                token: token, party: party, credentials: try await PasskeyStore(queryable: transaction).list(of: user))
        }
    }

    /// - Parameter step: the challenge of a first step that this is the second of; nil for a sign-in by passkey alone.
    func signIn(
        _ answer: AssertionAnswer, ceremony token: ChallengeToken, step text: String?, party: RelyingParty,
        transport: Session.Transport, from client: Client
    ) async throws -> SignedIn {
        let now = clock.now()
        guard let ceremony = try await takeChallenge(.passkeyGet, token, at: now),
            (ceremony.user == nil) == (text == nil)
        else { throw Refusal.passkeyRefused }
        // Alone it stands for the password too, so the authenticator must have seen who is there.
        let expectation = WebAuthn.Expectation(
            party: party, challenge: PasskeyCeremony.challenge(of: token), needsUserVerification: text == nil)
        let opened = try await warningOfCopies { [self] transaction in
            guard let text else {
                return try await enterAlone(
                    answer, expectation, transport: transport, from: client, at: now, in: transaction)
            }
            let challenges = ChallengeStore(queryable: transaction)
            guard let step = ChallengeToken(text),
                let challenge = try await challenges.lock(.mfa, token: step, at: now), challenge.user == ceremony.user,
                let (user, transport, method) = try await firstStep(of: challenge, in: transaction)
            else { throw Refusal.challengeOver }
            let passkey = try await proven(
                answer, in: transaction, at: now, expecting: expectation, isVouchedFor: true)
            guard passkey.user == user.id else { throw Refusal.passkeyRefused }
            try await challenges.remove(step)
            return try await enter(
                user, transport: transport, by: [method, .passkey], from: client, at: now, in: transaction)
        }
        return try await signedIn(opened, at: now)
    }

    private func enterAlone(
        _ answer: AssertionAnswer, _ expectation: WebAuthn.Expectation, transport: Session.Transport,
        from client: Client, at now: Instant, in transaction: Transaction
    ) async throws -> OpenedSession {
        let passkey = try await proven(answer, in: transaction, at: now, expecting: expectation)
        guard let user = try await UserStore(queryable: transaction).find(passkey.user) else {
            throw Refusal.passkeyRefused
        }
        guard user.isActive else { throw Refusal.accountDisabled }
        return try await enter(
            user, transport: transport, by: [.passkey], from: client, at: now, in: transaction)
    }

    /// A transaction that judges a passkey. When its counter tells that there is a copy, its owner gets a letter, though
    /// the transaction comes to nothing.
    func warningOfCopies<Value: Sendable>(
        _ body: @escaping @Sendable (Transaction) async throws -> Value
    ) async throws -> Value {
        do {
            return try await database.transaction(body)
        } catch let copied as CopiedPasskey {
            try await database.transaction { [self] transaction in
                guard let user = try await UserStore(queryable: transaction).find(copied.user) else { return }
                try await send(.factorChanged(.passkeySuspect(name: copied.name)), to: user, in: transaction)
            }
            throw Refusal.passkeyRefused
        }
    }

    private struct CopiedPasskey: Error {
        let user: UserID
        let name: String
    }

    /// The passkey that signed the challenge. It is noted that it did.
    ///
    /// - Parameter isVouchedFor: whether something else has shown who it is, so that the passkey is believed from now on
    ///   when it says that it has seen them.
    func proven(
        _ answer: AssertionAnswer, in transaction: Transaction, at now: Instant,
        expecting expectation: WebAuthn.Expectation, isVouchedFor: Bool = false
    ) async throws -> Passkey {
        let store = PasskeyStore(queryable: transaction)
        guard let passkey = try await store.lock(credential: answer.credentialID) else { throw Refusal.passkeyRefused }
        if let handle = answer.userHandle, handle != passkey.user.bytes { throw Refusal.passkeyRefused }
        let asserted: WebAuthn.Asserted
        do throws(WebAuthn.Failure) {
            asserted = try WebAuthn.authenticate(
                clientData: answer.clientData, authenticatorData: answer.authenticatorData,
                signature: answer.signature, by: passkey, expecting: expectation)
        } catch {
            log.warning("a passkey was refused") {
                $0.text("reason", error.reason)
                $0.text("passkey", passkey.id.description)
            }
            if error.isCopy { throw CopiedPasskey(user: passkey.user, name: passkey.name) }
            throw Refusal.passkeyRefused
        }
        guard passkey.verifiesUser || !expectation.needsUserVerification else {
            log.warning("a passkey was refused") {
                $0.text("reason", "it is one to go beside a password")
                $0.text("passkey", passkey.id.description)
            }
            throw Refusal.passkeyRefused
        }
        try await store.saveUse(
            of: passkey.id, signCount: asserted.signCount,
            verifiesUser: passkey.verifiesUser || isVouchedFor && asserted.isUserVerified,
            isBackedUp: asserted.isBackedUp, at: now)
        return passkey
    }
}

extension Identifier {
    /// The 16 bytes of the UUID.
    var bytes: [UInt8] {
        [high, low].flatMap { half in (0..<8).map { UInt8(truncatingIfNeeded: half >> (56 - 8 * UInt64($0))) } }
    }
}
