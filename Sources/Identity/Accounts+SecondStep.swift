import Base
import Books
import Cryptography
import Database
import HTTP
import Jobs
import Outbound
import Runtime

/// How a sign-in with the right password goes on.
package enum SignInOutcome: Sendable {
    case signedIn(SignedIn)
    /// The account has second factors, and one of them is asked for.
    case secondStep(SecondStep)
}

/// A sign-in that waits for its second factor.
package struct SecondStep: Sendable {
    package let challenge: ChallengeToken
    package let factors: [Factor]

    /// After this many wrong codes one has to begin again with the password.
    static let tries = 5
}

extension Accounts {
    /// Notes that a first step is done, in its transaction. What the second step needs to know is sealed: how the
    /// tokens will travel, by what the first was done, and since when the password is what it is.
    func beginSecondStep(
        _ user: User, _ factors: [Factor], transport: Session.Transport, by method: SignInMethod, at now: Instant,
        in transaction: Transaction
    ) async throws -> SecondStep {
        let token = ChallengeToken.random()
        try await ChallengeStore(queryable: transaction).insert(
            .mfa, token: token, user: user.id,
            sealed: Array(
                "\(transport.rawValue) \(method.rawValue) \(try await passwordMark(of: user.id, in: transaction))".utf8),
            at: now)
        return SecondStep(challenge: token, factors: factors)
    }

    /// Another one with each password that is set.
    private func passwordMark(of user: UserID, in transaction: Transaction) async throws -> String {
        try await UserStore(queryable: transaction).passwordChangedAt(of: user).map { String($0.microseconds) } ?? "-"
    }

    /// - Throws: 401 CODE_INVALID, counted for the challenge and for the account; 401 CHALLENGE_EXPIRED.
    func finishSignIn(challenge text: String, code: TypedCode, from client: Client) async throws -> SignedIn {
        guard let token = ChallengeToken(text) else { throw Refusal.challengeOver }
        let now = clock.now()
        let opened = try await database.transaction { [self] transaction -> OpenedSession? in
            let challenges = ChallengeStore(queryable: transaction)
            guard let challenge = try await challenges.lock(.mfa, token: token, at: now),
                let (user, transport, method) = try await firstStep(of: challenge, in: transaction)
            else { throw Refusal.challengeOver }
            guard try await take(code, of: user, at: now, in: transaction) else {
                try await challenges.countTry(token: token, limit: SecondStep.tries)
                return nil
            }
            try await challenges.remove(token)
            return try await enter(
                user, transport: transport, by: [method, code.method], from: client, at: now, in: transaction)
        }
        guard let opened else { throw Refusal.codeNotValid(.unauthenticated) }
        return try await signedIn(opened, at: now)
    }

    /// Who has done a first step, and how; nil when the account is disabled, or has another password
    /// meanwhile.
    func firstStep(of challenge: Challenge, in transaction: Transaction) async throws -> (
        User, Session.Transport, SignInMethod
    )? {
        let words = String(decoding: challenge.sealed ?? [], as: UTF8.self).split(separator: " ").map(String.init)
        guard words.count == 3, let transport = Session.Transport(rawValue: words[0]),
            let method = SignInMethod(rawValue: words[1]), let id = challenge.user,
            let user = try await UserStore(queryable: transaction).lock(id), user.isActive
        else { return nil }
        // The password of the first step may be none any more.
        guard try await passwordMark(of: id, in: transaction) == words[2] else { return nil }
        return (user, transport, method)
    }

    /// The last step of every sign-in: the session, the event, and a letter when it comes from a new network.
    func enter(
        _ user: User, transport: Session.Transport, by methods: [SignInMethod], from client: Client, at now: Instant,
        in transaction: Transaction
    ) async throws -> OpenedSession {
        // Whoever disables the account has its row, and ends the sessions that are there: this one comes before or not
        // at all.
        guard let user = try await UserStore(queryable: transaction).lock(user.id), user.isActive else {
            throw Refusal.accountDisabled
        }
        let networks = try await transaction.first(
            """
            SELECT count(*), count(*) FILTER (WHERE network = \(client.network)) FROM sessions
            WHERE user_id = \(user.id)
            """)
        let (session, refreshToken, ended) = try await openSession(
            for: user, transport: transport, by: methods, client: client, at: now, in: transaction)
        try await publish(.userSignedIn, user.id, session.id, in: transaction)
        try await record("SIGNED_IN", of: user, from: client, in: transaction)
        if let networks, try networks.get(0, as: Int.self) > 0, try networks.get(1, as: Int.self) == 0 {
            try await send(
                .newSignIn(device: Device(userAgent: client.userAgent).words, address: client.address, at: now),
                to: user, in: transaction)
        }
        return OpenedSession(
            user: user, books: try await BookStore(transaction).books(of: user.id), session: session,
            refreshToken: refreshToken, ended: ended)
    }
}
