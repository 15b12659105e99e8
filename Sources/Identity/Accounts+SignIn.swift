import Base
import Database
import HTTP
import Jobs
import Runtime

extension Accounts {
    /// - Throws: `wrongCredentials` for an unknown address, a wrong password and an account without one, after the
    ///   same work; `locked` after too many failures.
    package func signIn(
        email: EmailAddress, password: Password, transport: Session.Transport, from client: Client
    ) async throws -> SignInOutcome {
        let keys = FailureKeys(email: email, network: client.network)
        let record = try await LoginStore.find(database, email: email, keys: keys, network: client.network)
        if let seconds = record.failures.secondsLocked(knownNetwork: record.isKnownNetwork, at: clock.now()) {
            throw Refusal.locked(for: seconds)
        }
        guard try await hasher.verify(password, against: record.passwordHash), let user = record.user,
            let oldHash = record.passwordHash
        else {
            try await countFailure(email, keys, isKnownNetwork: record.isKnownNetwork, from: client)
            throw Refusal.wrongCredentials
        }
        let newHash = hasher.needsRehash(oldHash) ? try? await hasher.hash(password) : nil
        return try await admit(
            user, record, keys, oldHash: oldHash, newHash: newHash, transport: transport, from: client)
    }

    /// Counts first, answers then. Attempts that ran at the same time are counted in turn, each on the state that
    /// the one before left: a burst gets no more guesses than a slow attacker.
    func countFailure(
        _ email: EmailAddress, _ keys: FailureKeys, isKnownNetwork: Bool, from client: Client
    ) async throws {
        let now = clock.now()
        let seconds = try await database.transaction { [options, secrets] transaction -> Int? in
            let store = LoginStore(queryable: transaction)
            try await store.prepare(keys, at: now)
            var failures = try await store.lock(keys)
            let locked = failures.secondsLocked(knownNetwork: isKnownNetwork, at: now)
            failures.pair?.fail(at: now, policy: options.pairLockout)
            failures.account?.fail(at: now, policy: options.accountLockout)
            try await store.save(failures, keys)
            // A job finds out whether there is such an account: the answer to this attempt takes no longer for one.
            if locked == nil, let locks = failures.pair?.secondsLocked(at: now),
                try await store.noteTold(keys, at: now)
            {
                let request = LetterRequest(.locked(client: client.address, minutes: (locks + 59) / 60), to: email)
                try await JobStore(transaction).enqueue(LetterRequest.job, payload: request.payload(secrets))
            }
            return locked
        }
        if let seconds { throw Refusal.locked(for: seconds) }
    }

    private func admit(
        _ user: User, _ record: LoginRecord, _ keys: FailureKeys, oldHash: String, newHash: String?,
        transport: Session.Transport, from client: Client
    ) async throws -> SignInOutcome {
        let now = clock.now()
        let admitted = try await database.transaction { [self] transaction -> Admitted in
            let logins = LoginStore(queryable: transaction)
            let users = UserStore(queryable: transaction)
            // Also the password: with the old one nobody comes in after it was changed, not even in the same moment.
            guard let user = try await users.lock(user.id, passwordChangedAt: record.passwordChangedAt) else {
                throw Refusal.wrongCredentials
            }
            guard user.isActive else { throw Refusal.accountDisabled }
            // Looked at again under lock: the right password among many parallel guesses must not get through after
            // the wrong ones have used the allowance up.
            let failures = try await logins.lock(keys)
            if let seconds = failures.secondsLocked(knownNetwork: record.isKnownNetwork, at: now) {
                throw Refusal.locked(for: seconds)
            }
            if failures.pair != nil { try await logins.forgetPair(keys) }
            if let newHash { try await users.replacePasswordHash(oldHash, by: newHash, of: user.id) }
            let factors = try await factors(of: user, in: transaction)
            guard factors.isEmpty else {
                return .secondStep(
                    try await beginSecondStep(
                        user, factors, transport: transport, by: .password, at: now, in: transaction))
            }
            return .entered(
                try await enter(
                    user, transport: transport, by: [.password], from: client, at: now, in: transaction))
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
}
