import Audit
import Base
import Database
import HTTP
import Jobs
import Outbound
import Runtime

/// What somebody who is signed in changes of what they sign in with.
extension Accounts {
    /// Whether it is the account's password, counted as a sign-in is: a stolen session is no way around the lockout.
    ///
    /// - Parameter field: where it was typed.
    /// - Returns: the stored hash that it fits.
    func prove(_ typed: String, of user: User, field: String, from client: Client) async throws -> String {
        guard let password = Password(attempt: typed), let email = try? EmailAddress(user.email) else {
            throw Refusal.wrongPassword(field)
        }
        let keys = FailureKeys(email: email, network: client.network)
        let login = try await LoginStore.find(database, email: email, keys: keys, network: client.network)
        if let seconds = login.failures.secondsLocked(knownNetwork: true, at: clock.now()) {
            throw Refusal.locked(for: seconds)
        }
        guard try await hasher.verify(password, against: login.passwordHash), let hash = login.passwordHash else {
            try await countFailure(email, keys, isKnownNetwork: true, from: client)
            throw Refusal.wrongPassword(field)
        }
        // Looked at again under lock: the right one among many parallel guesses must not get through.
        let now = clock.now()
        try await database.transaction { transaction in
            let logins = LoginStore(queryable: transaction)
            let failures = try await logins.lock(keys)
            if let seconds = failures.secondsLocked(knownNetwork: true, at: now) { throw Refusal.locked(for: seconds) }
            if failures.pair != nil { try await logins.forgetPair(keys) }
        }
        return hash
    }

    /// The same where the account has a password at all. Whoever has none has lately signed in by other means: their
    /// route sees to that.
    ///
    /// - Returns: the stored hash, nil for none.
    func proveIfAny(_ typed: String?, of user: User, field: String, from client: Client) async throws -> String? {
        guard try await hasPassword(user.id) else { return nil }
        guard let typed else { throw Refusal.invalid(field, "\(field) is required.") }
        return try await prove(typed, of: user, field: field, from: client)
    }

    /// - Throws: 400 with the field's problem for one that is known to have leaked.
    func hash(new password: Password, field: String = "password") async throws -> String {
        guard await !breached.contains(password) else {
            throw Refusal.invalid(
                field, "password has leaked somewhere and is on lists that attackers use. Choose another.")
        }
        return try await hasher.hash(password)
    }

    func hasPassword(_ id: UserID) async throws -> Bool {
        try await database.first("SELECT 1 FROM users WHERE id = \(id) AND password_hash IS NOT NULL") != nil
    }

    /// - Parameter current: nil for an account that came by a passkey or another service and has none yet.
    /// - Returns: how many other sessions ended.
    func changePassword(
        of id: UserID, in session: SessionID, from current: String?, to typed: String, endOthers: Bool, client: Client
    ) async throws -> Int {
        let user = try await activeUser(id)
        let new = try Password(new: typed, for: user, field: "newPassword")
        let oldHash = try await proveIfAny(current, of: user, field: "currentPassword", from: client)
        let newHash = try await hash(new: new, field: "newPassword")
        let now = clock.now()
        let ended = try await database.transaction { [self] transaction -> [SessionID] in
            let users = UserStore(queryable: transaction)
            guard let user = try await users.lock(id), user.isActive,
                try await users.replacePassword(oldHash, by: newHash, of: id, at: now)
            else { throw Refusal.wrongPassword("currentPassword") }
            try await MailedTokenStore(queryable: transaction).forget(of: id)
            try await publish(.userPasswordChanged, id, session, in: transaction)
            try await record("PASSWORD_CHANGED", of: user, from: client, in: transaction)
            try await send(.passwordChanged, to: user, in: transaction)
            let sessions = SessionStore(transaction: transaction)
            // Where there is a second factor the password is half a proof.
            if try await factors(of: user, in: transaction).isEmpty {
                try await sessions.saveAuthenticated(session, at: now)
            }
            guard endOthers else { return [] }
            return try await sessions.revokeAll(of: id, except: session, because: .password, at: now)
        }
        if endOthers { await refuseEverywhere(ended, at: now) }
        return ended.count
    }

    /// Sends a link to the new address, which counts once it is followed. Tells the old one. The answer is the same
    /// when somebody else has the address already.
    func changeEmail(of id: UserID, to email: EmailAddress, password: String?, from client: Client) async throws {
        let user = try await activeUser(id)
        guard email.normalized != user.email || email.asGiven != user.emailAsGiven else {
            throw Refusal.invalid("email", "This is your address already.")
        }
        _ = try await proveIfAny(password, of: user, field: "password", from: client)
        let now = clock.now()
        try await database.transaction { [self] transaction in
            let users = UserStore(queryable: transaction)
            guard let user = try await users.lock(id), user.isActive else { throw Refusal.tokenNotValid }
            guard
                let token = try await MailedTokenStore(queryable: transaction)
                    .issue(.email, for: id, newEmail: email, at: now)
            else { throw Refusal.tooManyLetters }
            let owner = try await users.find(email: email)
            if owner == nil || owner?.id == id {
                try await send(
                    .confirmNewAddress(link: address.link("/confirm-email", token: token.text)), to: email.asGiven,
                    language: user.language, in: transaction)
            }
            try await send(.addressChanging(to: email.asGiven), to: user, in: transaction)
            try await record(
                "EMAIL_CHANGE_ASKED", of: user, from: client, in: transaction, old: ("email", user.email),
                new: ("email", email.normalized))
        }
    }

    func activeUser(_ id: UserID) async throws -> User {
        guard let user = try await UserStore(queryable: database).find(id), user.isActive else {
            throw Refusal.tokenNotValid
        }
        return user
    }
}

extension Refusal {
    package static func wrongPassword(_ field: String) -> Refusal {
        Refusal(
            .invalid, "WRONG_PASSWORD", "This is not your password.",
            fields: [FieldError(field, "This is not your password.")])
    }

    package static let tooManyLetters = Refusal(
        .tooManyRequests, "TOO_MANY_LETTERS", "Several letters were sent already. Try again in an hour.",
        retryAfter: 3600)
}
