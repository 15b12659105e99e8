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
        return WaysToConfirm(
            hasPassword: try row.get(0), hasCodes: try row.get(1), hasPasskeys: try row.get(2),
            providers: try row.get(3))
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
        party: RelyingParty
    ) async throws {
        let now = clock.now()
        guard let ceremony = try await takeChallenge(.passkeyGet, token, at: now), ceremony.user == id,
            ceremony.sealed == Self.confirmationMark(session)
        else { throw Refusal.confirmationRefused }
        let expectation = WebAuthn.Expectation(
            party: party, challenge: PasskeyCeremony.challenge(of: token), needsUserVerification: true)
        do {
            try await warningOfCopies { [self] transaction in
                let passkey = try await proven(answer, in: transaction, at: now, expecting: expectation)
                guard passkey.user == id else { throw Refusal.confirmationRefused }
                try await SessionStore(transaction: transaction).saveAuthenticated(session, at: now)
            }
        } catch let refusal as Refusal where refusal == .passkeyRefused { throw Refusal.confirmationRefused }
    }

    private static func confirmationMark(_ session: SessionID) -> [UInt8] { Array("confirm \(session)".utf8) }

    // MARK: By another service

    /// A service that does not say when they signed in there is believed: signing out here, and in again by it, would
    /// be believed as well.
    func confirm(_ id: UserID, in session: SessionID, by identity: ForeignIdentity) async throws {
        let now = clock.now()
        if let at = identity.authenticatedAt {
            let oldest = now.secondsSinceEpoch - options.freshness.components.seconds - IDTokenCheck.leeway
            guard at >= oldest else { throw OAuthProblem.stale }
        }
        try await database.transaction { transaction in
            let link = try await LinkedIdentityStore(queryable: transaction)
                .find(provider: identity.provider, subject: identity.subject)
            guard link?.user == id else { throw OAuthProblem.other }
            try await SessionStore(transaction: transaction).saveAuthenticated(session, at: now)
        }
    }
}

extension Refusal {
    /// 400, as for a wrong password: 401 would say that the session is over.
    static let confirmationRefused = Refusal(
        .invalid, "PASSKEY_INVALID", "This passkey is none of your account, or the browser took too long. Try again.")
}
