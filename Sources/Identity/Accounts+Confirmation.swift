import Base
import Cryptography
import Database
import HTTP
import Runtime

/// What somebody who is signed in can show once more who they are by: their password, or what else they sign in with.
struct WaysToConfirm: Sendable {
    let hasPassword: Bool
    let hasCodes: Bool
    let hasPasskeys: Bool
    /// Ids of the services.
    let providers: [String]
    /// Whether password and services are half a proof only, and want a code with them. A passkey is a whole one.
    let needsSecondFactor: Bool
}

extension Accounts {
    func waysToConfirm(of id: UserID) async throws -> WaysToConfirm {
        let row = try await database.first(
            """
            SELECT password_hash IS NOT NULL,
                EXISTS (SELECT 1 FROM totp_secrets WHERE user_id = users.id AND confirmed_at IS NOT NULL),
                EXISTS (SELECT 1 FROM passkeys WHERE user_id = users.id),
                ARRAY(SELECT DISTINCT provider FROM linked_identities WHERE user_id = users.id ORDER BY 1)
            FROM users WHERE id = \(id) AND is_active
            """)
        guard let row else { throw Refusal.tokenNotValid }
        let factors = try await factors(of: try await activeUser(id), in: database)
        return WaysToConfirm(
            hasPassword: try row.get(0), hasCodes: try row.get(1), hasPasskeys: try row.get(2),
            providers: try row.get(3), needsSecondFactor: !factors.isEmpty)
    }

    // MARK: By password

    /// As signing in does, it takes the second factor where the account has one.
    ///
    /// - Throws: 403 SECOND_FACTOR_NEEDED without one.
    func reauthenticate(
        _ id: UserID, in session: SessionID, password: String, code: TypedCode?, from client: Client
    ) async throws -> SignedIn {
        let user = try await activeUser(id)
        // Before the password is looked at: whoever has it alone learns nothing of it here.
        try await refuseHalf(code != nil, of: user, in: database)
        _ = try await prove(password, of: user, field: "password", from: client)
        if let code { try await prove(code, of: id, from: client) }
        let now = clock.now()
        let opened = try await database.transaction { [self] transaction in
            guard let user = try await UserStore(queryable: transaction).lock(id), user.isActive else {
                throw Refusal.tokenNotValid
            }
            // One may have been set up meanwhile.
            try await refuseHalf(code != nil, of: user, in: transaction)
            return try await renewSession(
                session, of: user, by: code?.method ?? .password, client: client, at: now, in: transaction)
        }
        return try await signedIn(opened, at: now)
    }

    private func refuseHalf(_ isWhole: Bool, of user: User, in queryable: any Queryable) async throws {
        if isWhole { return }
        guard try await factors(of: user, in: queryable).isEmpty else { throw Refusal.secondFactorNeeded }
    }

    // MARK: By passkey

    /// One of the own passkeys, for this session and nothing else.
    func beginConfirmation(of id: UserID, in session: SessionID, party: RelyingParty) async throws -> PasskeyCeremony {
        let token = ChallengeToken.random()
        let known = try await PasskeyStore(queryable: database).list(of: id)
        guard !known.isEmpty else { throw Refusal.notFound("passkey") }
        try await ChallengeStore(queryable: database).insert(
            .passkeyGet, token: token, user: id, sealed: Self.confirmationMark(session), at: clock.now())
        return PasskeyCeremony(token: token, party: party, credentials: known)
    }

    /// It stands for the password, so the authenticator must have seen who is there.
    func confirm(
        _ id: UserID, in session: SessionID, by answer: AssertionAnswer, ceremony token: ChallengeToken,
        party: RelyingParty, from client: Client
    ) async throws -> SignedIn {
        let now = clock.now()
        guard let ceremony = try await takeChallenge(.passkeyGet, token, at: now), ceremony.user == id,
            ceremony.sealed == Self.confirmationMark(session)
        else { throw Refusal.confirmationRefused }
        let expectation = WebAuthn.Expectation(
            party: party, challenge: PasskeyCeremony.challenge(of: token), needsUserVerification: true)
        do {
            let opened = try await warningOfCopies { [self] transaction in
                // In the order in which signing in locks them.
                let passkey = try await proven(answer, in: transaction, at: now, expecting: expectation)
                guard passkey.user == id else { throw Refusal.confirmationRefused }
                guard let user = try await UserStore(queryable: transaction).lock(id), user.isActive else {
                    throw Refusal.tokenNotValid
                }
                return try await renewSession(
                    session, of: user, by: .passkey, client: client, at: now, in: transaction)
            }
            return try await signedIn(opened, at: now)
        } catch let refusal as Refusal where refusal == .passkeyRefused { throw Refusal.confirmationRefused }
    }

    private static func confirmationMark(_ session: SessionID) -> [UInt8] { Array("confirm \(session)".utf8) }

    // MARK: By another service

    /// Before they go there: where the account has a second factor, a code of it is used up now, unless the service's own
    /// word may spare it.
    ///
    /// - Returns: whether a code was given.
    func prepareConfirmation(
        of id: UserID, by provider: OAuthProvider, code: TypedCode?, from client: Client
    ) async throws -> Bool {
        if let code {
            try await prove(code, of: id, from: client)
            return true
        }
        try await refuseHalf(provider.trustsFactors, of: try await activeUser(id), in: database)
        return false
    }

    /// A service that does not say when they signed in there is believed: signing out here, and in again by it, would
    /// be believed as well.
    ///
    /// - Parameter isWhole: whether a second factor was shown, here or there.
    func confirm(_ id: UserID, in session: SessionID, by identity: ForeignIdentity, isWhole: Bool, from client: Client)
        async throws
        -> SignedIn
    {
        let now = clock.now()
        if let at = identity.authenticatedAt {
            let oldest = now.secondsSinceEpoch - options.freshness.components.seconds - IDTokenCheck.leeway
            guard at >= oldest else { throw OAuthProblem.stale }
        }
        let opened = try await database.transaction { [self] transaction in
            let link = try await LinkedIdentityStore(queryable: transaction)
                .find(provider: identity.provider, subject: identity.subject)
            guard link?.user == id, let user = try await UserStore(queryable: transaction).lock(id) else {
                throw OAuthProblem.other
            }
            let factors = try await factors(of: user, in: transaction)
            guard isWhole || factors.isEmpty else { throw OAuthProblem.factor }
            return try await renewSession(session, of: user, by: .provider, client: client, at: now, in: transaction)
        }
        return try await signedIn(opened, at: now)
    }
}

extension Refusal {
    /// 400, as for a wrong password: 401 would say that the session is over.
    static let confirmationRefused = Refusal(
        .invalid, "PASSKEY_INVALID", "This passkey is none of your account, or the browser took too long. Try again.")

    /// 403, as the session goes on: 401 would say that it is over.
    static let secondFactorNeeded = Refusal(
        .forbidden, "SECOND_FACTOR_NEEDED",
        "Your account has a second factor: give a code with it, or confirm by a passkey.")
}
