import Audit
import Base
import Books
import Cryptography
import Database
import HTTP
import Outbound
import Runtime

/// What the operator does at the command line, where the machine itself is the authority.
extension Accounts {
    package enum Added: Sendable {
        case created(User)
        /// The account was there; it has become an administrator.
        case promoted(User)
    }

    /// `purser user add`: a new account with its book. An existing one is promoted when an administrator is wanted,
    /// and keeps its password.
    package func add(_ registration: Registration, asAdministrator: Bool) async throws -> Added {
        let now = clock.now()
        let hash = try await hash(new: registration.password)
        let user = User(
            id: .new(), email: registration.email.normalized, emailAsGiven: registration.email.asGiven,
            name: registration.name, role: asAdministrator ? .admin : .user, isEmailVerified: false, isActive: true,
            createdAt: now, version: 1)
        let added = try await database.transaction { [self] transaction -> (Added, [SessionID]) in
            let users = UserStore(queryable: transaction)
            if asAdministrator, let known = try await users.lock(email: registration.email) {
                try await users.saveRole(.admin, of: known.id, at: now)
                // Tokens carry the role: signing in again brings the new one.
                let ended = try await SessionStore(transaction: transaction)
                    .revokeAll(of: known.id, because: .administrator, at: now)
                return (.promoted(known), ended)
            }
            try await users.insert(user, passwordHash: hash)
            _ = try await BookStore(transaction).open(registration.book, for: user.id)
            try await publish(.userRegistered, user.id, nil, in: transaction)
            return (.created(user), [])
        }
        if !added.1.isEmpty { await refuseEverywhere(added.1, at: now) }
        return added.0
    }

    /// The operator's word that the address is the account's.
    package func confirmAddress(of id: UserID) async throws {
        let now = clock.now()
        try await database.transaction { [self] transaction in
            let users = UserStore(queryable: transaction)
            guard let user = try await users.lock(id), !user.isEmailVerified else { return }
            try await users.saveEmailVerified(of: id, at: now)
            try await recordByOperator("EMAIL_VERIFIED", of: user, in: transaction)
        }
    }

    /// - Throws: 404 when nobody has that address.
    package func user(withEmail text: String) async throws -> User {
        guard let email = try? EmailAddress(text),
            let user = try await UserStore(queryable: database).find(email: email)
        else {
            throw Refusal(.notFound, "NOT_FOUND", "There is no account with the address \(text).")
        }
        return user
    }

    package func users(after: String? = nil, limit: Int = 100) async throws -> [User] {
        try await UserStore(queryable: database).list(after: after, limit: limit)
    }

    /// `purser user password`: sets a new one and ends all sessions.
    package func setPassword(_ password: Password, of email: EmailAddress) async throws {
        let hash = try await hash(new: password)
        try await change(email, because: .password, recorded: "PASSWORD_SET") { users, user, now in
            try await users.savePasswordHash(hash, of: user.id, at: now)
        }
    }

    /// Shuts an account out at once, or lets it in again. Nothing of it is deleted.
    package func setActive(_ isActive: Bool, _ email: EmailAddress) async throws {
        try await change(email, because: .deactivated, recorded: isActive ? "USER_ENABLED" : "USER_DISABLED") {
            users, user, now in
            try await users.saveActive(isActive, of: user.id, at: now)
        }
    }

    /// Demands a second factor, or leaves it to the account's owner. Whoever has none is signed out, and can do nothing
    /// but set one up when they come back.
    package func requireSecondFactor(_ isRequired: Bool, of email: EmailAddress) async throws {
        let now = clock.now()
        let ended = try await database.transaction { [self] transaction -> [SessionID] in
            let users = UserStore(queryable: transaction)
            guard let user = try await users.lock(email: email) else { throw Refusal.notFound("account") }
            guard user.isSecondFactorRequired != isRequired else { return [] }
            try await users.saveSecondFactorRequired(isRequired, of: user.id, at: now)
            try await recordByOperator(isRequired ? "MFA_DEMANDED" : "MFA_LEFT_OPEN", of: user, in: transaction)
            // By what they have to show beside the password until now.
            guard isRequired, try await factors(of: user, in: transaction).isEmpty else { return [] }
            try await send(.factorChanged(.codesRequired), to: user, in: transaction)
            return try await SessionStore(transaction: transaction)
                .revokeAll(of: user.id, because: .administrator, at: now)
        }
        if !ended.isEmpty { await refuseEverywhere(ended, at: now) }
    }

    /// `purser user sign-out EMAIL`: ends all sessions of one person, who may sign in again.
    ///
    /// - Returns: how many there were.
    package func endSessions(of email: EmailAddress) async throws -> Int {
        let now = clock.now()
        let ended = try await database.transaction { [self] transaction in
            guard let user = try await UserStore(queryable: transaction).lock(email: email) else {
                throw Refusal.notFound("account")
            }
            try await recordByOperator("SESSIONS_REVOKED", of: user, in: transaction)
            return try await SessionStore(transaction: transaction)
                .revokeAll(of: user.id, because: .administrator, at: now)
        }
        await refuseEverywhere(ended, at: now)
        return ended.count
    }

    /// `purser user sign-out --all`: ends every session there is, as after the theft of a key.
    package func endAllSessions() async throws -> (sessions: Int, people: Int) {
        let now = clock.now()
        let (counts, ended) = try await database.transaction { transaction in
            try await transaction.record(
                AuditRecord(.init("SESSIONS_REVOKED"), module: "accounts", record: "all", by: .operator))
            return try await SessionStore(transaction: transaction).revokeEverybodys(at: now)
        }
        await refuseEverywhere(ended, at: now)
        return counts
    }

    func recordByOperator(_ action: StaticString, of user: User, in connection: any Queryable) async throws {
        try await connection.record(
            AuditRecord(.init(action), module: "accounts", record: user.id.description, by: .operator))
    }

    private func change(
        _ email: EmailAddress, because reason: Session.RevokedReason, recorded action: StaticString,
        _ body: @escaping @Sendable (UserStore, User, Instant) async throws -> Void
    ) async throws {
        let now = clock.now()
        let ended = try await database.transaction { [self] transaction in
            let users = UserStore(queryable: transaction)
            guard let user = try await users.lock(email: email) else { throw Refusal.notFound("account") }
            try await body(users, user, now)
            try await recordByOperator(action, of: user, in: transaction)
            return try await SessionStore(transaction: transaction).revokeAll(of: user.id, because: reason, at: now)
        }
        await refuseEverywhere(ended, at: now)
    }

    /// At each start: while there is no administrator, a new one-time token for the set-up link; nil otherwise. The
    /// caller prints it where the operator looks, never into a log file that others read.
    package func prepareSetup() async throws -> String? {
        let now = clock.now()
        let token = RefreshToken.random()
        let isNeeded = try await database.transaction { [options] transaction in
            guard try await !UserStore(queryable: transaction).hasAdministrator() else { return false }
            try await SetupStore.replace(token.hash, expiresAt: now + options.setupLifetime, transaction, at: now)
            return true
        }
        return isNeeded ? token.text : nil
    }
}
