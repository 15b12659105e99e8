import Audit
import Base
import Database
import HTTP
import JSON
import Jobs
import Outbound
import Runtime

extension EventName {
    package static let userEmailVerified = EventName("user.email_verified")
    package static let userPasswordReset = EventName("user.password_reset")
    package static let userPasswordChanged = EventName("user.password_changed")
    package static let userEmailChanged = EventName("user.email_changed")
}

/// What links in letters do.
extension Accounts {
    func verifyEmail(token text: String, from client: Client) async throws {
        guard let token = RefreshToken(text) else { throw Refusal.mailedTokenNotValid }
        let now = clock.now()
        try await database.transaction { [self] transaction in
            let users = UserStore(queryable: transaction)
            guard let taken = try await MailedTokenStore(queryable: transaction).take(token, for: .verify, at: now),
                let user = try await users.lock(taken.user), user.isActive
            else { throw Refusal.mailedTokenNotValid }
            try await users.saveEmailVerified(of: user.id, at: now)
            try await publish(.userEmailVerified, user.id, nil, in: transaction)
            try await record("EMAIL_VERIFIED", of: user, from: client, in: transaction)
        }
    }

    /// Whoever registered an address that was not theirs may have left ways in behind. They end with the first letter that
    /// its owner answers.
    private func removeWaysIn(of user: UserID, in transaction: Transaction, at now: Instant) async throws {
        _ = try await transaction.pipeline([
            "DELETE FROM totp_secrets WHERE user_id = \(user)", "DELETE FROM recovery_codes WHERE user_id = \(user)",
            "DELETE FROM passkeys WHERE user_id = \(user)", "DELETE FROM linked_identities WHERE user_id = \(user)",
            "DELETE FROM challenges WHERE user_id = \(user)",
            "UPDATE api_keys SET revoked_at = \(now) WHERE user_id = \(user) AND revoked_at IS NULL",
            "SELECT pg_notify('purser_keys', '')::text",
        ])
    }

    /// Sets a password without the old one. Ends all sessions; does not sign in: a second factor still counts.
    func resetPassword(token text: String, to typed: String, from client: Client) async throws {
        guard let token = RefreshToken(text) else { throw Refusal.mailedTokenNotValid }
        let now = clock.now()
        // Before the expensive hash, so that guessing costs us nothing; decided again in the transaction.
        guard let owner = try await MailedTokenStore(queryable: database).find(token, for: .reset, at: now) else {
            throw Refusal.mailedTokenNotValid
        }
        let hash = try await hash(new: try Password(new: typed, for: owner, field: "password"))
        let ended = try await database.transaction { [self] transaction in
            let users = UserStore(queryable: transaction)
            let tokens = MailedTokenStore(queryable: transaction)
            guard let taken = try await tokens.take(token, for: .reset, at: now),
                let user = try await users.lock(taken.user), user.isActive
            else { throw Refusal.mailedTokenNotValid }
            try await users.savePasswordHash(hash, of: user.id, at: now)
            // The letter was read: the address is theirs.
            if !user.isEmailVerified {
                try await users.saveEmailVerified(of: user.id, at: now)
                try await removeWaysIn(of: user.id, in: transaction, at: now)
            }
            try await tokens.forget(of: user.id)
            if let email = try? EmailAddress(user.email) {
                try await LoginStore(queryable: transaction).forget(FailureKeys(email: email, network: client.network))
            }
            try await publish(.userPasswordReset, user.id, nil, in: transaction)
            try await record("PASSWORD_RESET", of: user, from: client, in: transaction)
            try await send(.passwordChanged, to: user, in: transaction)
            return try await SessionStore(transaction: transaction)
                .revokeAll(of: user.id, because: .password, at: now)
        }
        await refuseEverywhere(ended, at: now)
    }

    /// - Returns: the address that counts from now on.
    func confirmEmail(token text: String, from client: Client) async throws -> String {
        guard let token = RefreshToken(text) else { throw Refusal.mailedTokenNotValid }
        let now = clock.now()
        return try await database.transaction { [self] transaction in
            let users = UserStore(queryable: transaction)
            let tokens = MailedTokenStore(queryable: transaction)
            guard let taken = try await tokens.take(token, for: .email, at: now), let text = taken.newEmail,
                let email = try? EmailAddress(text), let user = try await users.lock(taken.user), user.isActive
            else { throw Refusal.mailedTokenNotValid }
            try await users.saveEmail(email, of: user.id, at: now)
            try await tokens.forget(of: user.id)
            try await publish(.userEmailChanged, user.id, nil, in: transaction)
            try await record(
                "EMAIL_CHANGED", of: user, from: client, in: transaction, old: ("email", user.email),
                new: ("email", email.normalized))
            try await send(.addressChanged(to: email.asGiven), to: user, in: transaction)
            return email.asGiven
        }
    }

    /// What somebody did to their own account.
    func record(
        _ action: StaticString, of user: User, from client: Client, in connection: any Queryable,
        old: (name: StaticString, value: String)? = nil, new: (name: StaticString, value: String)? = nil
    ) async throws {
        try await connection.record(
            AuditRecord(
                .init(action), module: "accounts", record: user.id.description,
                by: AuditRecord.Actor(.user, id: user.id, name: user.email, role: user.role.rawValue),
                from: client.origin,
                old: old.map { field in
                    { writer in
                        writer.key(field.name)
                        writer.string(field.value)
                    }
                },
                new: new.map { field in
                    { writer in
                        writer.key(field.name)
                        writer.string(field.value)
                    }
                }))
    }
}

extension Password {
    /// - Throws: 400 with the field's problem.
    init(new text: String, for user: User, field: String) throws(Refusal) {
        do throws(InputProblem) {
            self = try Password(new: text, for: try EmailAddress(user.email), name: user.name)
        } catch { throw .invalid(field, error.message) }
    }
}
