import Base
import Cryptography
import Database
import HTTP
import Runtime

/// What somebody who is signed in can show once more who they are by: their password, or what else they sign in with.
struct WaysToConfirm: Sendable {
    let hasPassword: Bool
    let hasCodes: Bool
    /// Whether one of the passkeys is enough alone: it sees who is there.
    let hasWholePasskey: Bool
    /// Ids of the services.
    let providers: [String]
    /// Password and services are half a proof only, and want one of these with them. Where there are none they are whole.
    let factors: [Factor]
}

/// The other half of a proof, beside the password or another service's word.
enum SecondProof: Sendable {
    case code(TypedCode)
    /// A touch is enough: something else says who it is.
    case passkey(AssertionAnswer, ceremony: ChallengeToken, party: RelyingParty)

    var method: SignInMethod {
        switch self {
        case .code(let code): code.method
        case .passkey: .passkey
        }
    }
}

extension Accounts {
    func waysToConfirm(of id: UserID) async throws -> WaysToConfirm {
        let row = try await database.first(
            """
            SELECT password_hash IS NOT NULL,
                EXISTS (SELECT 1 FROM totp_secrets WHERE user_id = users.id AND confirmed_at IS NOT NULL),
                EXISTS (SELECT 1 FROM passkeys WHERE user_id = users.id AND verifies_user),
                ARRAY(SELECT DISTINCT provider FROM linked_identities WHERE user_id = users.id ORDER BY 1)
            FROM users WHERE id = \(id) AND is_active
            """)
        guard let row else { throw Refusal.tokenNotValid }
        let factors = try await factors(of: try await activeUser(id), in: database)
        return WaysToConfirm(
            hasPassword: try row.get(0), hasCodes: try row.get(1), hasWholePasskey: try row.get(2),
            providers: try row.get(3), factors: factors)
    }

    // MARK: By password

    /// As signing in does, it takes the second factor where the account has one.
    ///
    /// - Throws: 403 SECOND_FACTOR_NEEDED without one.
    func reauthenticate(
        _ id: UserID, in session: SessionID, password: String, second: SecondProof?, from client: Client
    ) async throws -> SignedIn {
        let user = try await activeUser(id)
        // Before the password is looked at: whoever has it alone learns nothing of it here.
        try await refuseHalf(second != nil, of: user, in: database)
        _ = try await prove(password, of: user, field: "password", from: client)
        if case .code(let code) = second { try await prove(code, of: id, from: client) }
        let now = clock.now()
        let opened: OpenedSession
        if case .passkey(let answer, let token, let party) = second {
            // After the password: whoever mistyped that need not touch the key again.
            opened = try await withPasskey(
                answer, ceremony: token, of: id, in: session, party: party, beside: .password, at: now
            ) { [self] in try await renew(session, of: id, by: second, from: client, at: now, in: $0) }
        } else {
            opened = try await database.transaction { [self] in
                try await renew(session, of: id, by: second, from: client, at: now, in: $0)
            }
        }
        return try await signedIn(opened, at: now)
    }

    private func renew(
        _ session: SessionID, of id: UserID, by second: SecondProof?, from client: Client, at now: Instant,
        in transaction: Transaction
    ) async throws -> OpenedSession {
        guard let user = try await UserStore(queryable: transaction).lock(id), user.isActive else {
            throw Refusal.tokenNotValid
        }
        // A second factor may have been set up meanwhile.
        try await refuseHalf(second != nil, of: user, in: transaction)
        return try await renewSession(
            session, of: user, by: second?.method ?? .password, client: client, at: now, in: transaction)
    }

    private func refuseHalf(_ isWhole: Bool, of user: User, in queryable: any Queryable) async throws {
        if isWhole { return }
        guard try await factors(of: user, in: queryable).isEmpty else { throw Refusal.secondFactorNeeded }
    }

    // MARK: By passkey

    /// One of the own passkeys, for this session and nothing else.
    ///
    /// - Parameter isAlone: of those that see who is there; beside a password any of them will do.
    func beginConfirmation(
        of id: UserID, in session: SessionID, isAlone: Bool, party: RelyingParty
    ) async throws -> PasskeyCeremony {
        let token = ChallengeToken.random()
        let known = try await PasskeyStore(queryable: database).list(of: id).filter { $0.verifiesUser || !isAlone }
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
        let opened = try await withPasskey(
            answer, ceremony: token, of: id, in: session, party: party, beside: nil, at: now
        ) { [self] transaction in
            guard let user = try await UserStore(queryable: transaction).lock(id), user.isActive else {
                throw Refusal.tokenNotValid
            }
            return try await renewSession(session, of: user, by: .passkey, client: client, at: now, in: transaction)
        }
        return try await signedIn(opened, at: now)
    }

    /// Runs the body in the transaction in which the passkey was believed.
    ///
    /// - Parameter other: what has shown who it is, so that a touch is enough. Another service has not yet: they are on
    ///   their way to it.
    private func withPasskey<Value: Sendable>(
        _ answer: AssertionAnswer, ceremony token: ChallengeToken, of id: UserID, in session: SessionID,
        party: RelyingParty, beside other: SignInMethod?, at now: Instant,
        _ body: @escaping @Sendable (Transaction) async throws -> Value
    ) async throws -> Value {
        guard let ceremony = try await takeChallenge(.passkeyGet, token, at: now), ceremony.user == id,
            ceremony.sealed == Self.confirmationMark(session)
        else { throw Refusal.confirmationRefused }
        let expectation = WebAuthn.Expectation(
            party: party, challenge: PasskeyCeremony.challenge(of: token), needsUserVerification: other == nil)
        do {
            return try await warningOfCopies { [self] transaction in
                // In the order in which signing in locks them.
                let passkey = try await proven(
                    answer, in: transaction, at: now, expecting: expectation, isVouchedFor: other == .password)
                guard passkey.user == id else { throw Refusal.confirmationRefused }
                return try await body(transaction)
            }
        } catch let refusal as Refusal where refusal == .passkeyRefused { throw Refusal.confirmationRefused }
    }

    private static func confirmationMark(_ session: SessionID) -> [UInt8] { Array("confirm \(session)".utf8) }

    // MARK: By another service

    /// Before they go there: where the account has a second factor, it is shown now, unless the service's own word may
    /// spare it.
    ///
    /// - Returns: whether it was.
    func prepareConfirmation(
        of id: UserID, in session: SessionID, by provider: OAuthProvider, second: SecondProof?, from client: Client
    ) async throws -> Bool {
        switch second {
        case .code(let code): try await prove(code, of: id, from: client)
        case .passkey(let answer, let token, let party):
            try await withPasskey(
                answer, ceremony: token, of: id, in: session, party: party, beside: .provider, at: clock.now()
            ) { _ in }
        case nil: try await refuseHalf(provider.trustsFactors, of: try await activeUser(id), in: database)
        }
        return second != nil
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
        "Your account has a second factor: give a code or use a passkey with it.")
}
