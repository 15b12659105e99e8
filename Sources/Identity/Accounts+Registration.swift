import Base
import Books
import Cryptography
import Database
import HTTP
import Runtime

/// What a person gives to get an account, checked.
package struct Registration: Sendable {
    package var email: EmailAddress
    package var password: Password
    package var name: PersonName
    package var book: NewBook
    package var transport: Session.Transport
    /// The token of the letter that invited them, where one did.
    package var invitation: String?

    package init(
        email: EmailAddress, password: Password, name: PersonName, book: NewBook,
        transport: Session.Transport = .bearer
    ) {
        self.email = email
        self.password = password
        self.name = name
        self.book = book
        self.transport = transport
    }
}

extension Accounts {
    package func register(_ registration: Registration, from client: Client) async throws -> SignedIn {
        guard options.isRegistrationOpen else { throw Refusal.registrationClosed }
        return try await create(
            registration, role: .user, isAddressConfirmed: try await isInvited(registration), from: client
        ) { _ in }
    }

    /// Whether they have the letter of an invitation that was sent to the address they register: then it is theirs, and
    /// no other letter has to show it.
    func isInvited(_ registration: Registration) async throws -> Bool {
        guard let token = registration.invitation else { return false }
        return try await InvitationLetter.address(token: token, database) == registration.email.normalized
    }

    /// The first administrator, by the link that was printed at the first start. The link works once, and only while
    /// there is no administrator.
    package func setUp(_ registration: Registration, token: String, from client: Client) async throws -> SignedIn {
        guard let token = RefreshToken(token) else { throw Refusal.setupNotValid }
        let now = clock.now()
        // Before the expensive hash, so that guessing costs us nothing; decided again in the transaction.
        guard try await SetupStore.isValid(token.hash, database, at: now) else { throw Refusal.setupNotValid }
        return try await create(registration, role: .admin, from: client) { transaction in
            guard try await SetupStore.take(token.hash, transaction, at: now),
                try await !UserStore(queryable: transaction).hasAdministrator()
            else { throw Refusal.setupNotValid }
        }
    }

    /// User, book, session and event: all of it or nothing.
    private func create(
        _ registration: Registration, role: PlatformRole, isAddressConfirmed: Bool = false, from client: Client,
        onlyIf check: @escaping @Sendable (Transaction) async throws -> Void
    ) async throws -> SignedIn {
        let hash = try await hash(new: registration.password)
        let now = clock.now()
        let user = User(
            id: .new(), email: registration.email.normalized, emailAsGiven: registration.email.asGiven,
            name: registration.name, role: role, isEmailVerified: isAddressConfirmed, isActive: true, createdAt: now,
            version: 1,
            language: client.language)
        let opened = try await database.transaction { [self] transaction in
            try await check(transaction)
            let users = UserStore(queryable: transaction)
            try await users.insert(user, passwordHash: hash)
            if isAddressConfirmed { try await users.saveEmailVerified(of: user.id, at: now) }
            let book = try await BookStore(transaction).open(registration.book, for: user.id)
            let (session, refreshToken, ended) = try await openSession(
                for: user, transport: registration.transport, client: client, at: now, in: transaction)
            try await publish(.userRegistered, user.id, session.id, in: transaction)
            if !isAddressConfirmed { try await sendVerification(to: user, at: now, in: transaction) }
            return OpenedSession(
                user: user, books: [book], session: session, refreshToken: refreshToken, ended: ended)
        }
        return try await signedIn(opened, at: now)
    }
}

/// Every statement that touches `setup_tokens`.
enum SetupStore {
    /// One link at a time: a new one makes the ones before it useless.
    static func replace(_ hash: [UInt8], expiresAt: Instant, _ transaction: Transaction, at now: Instant) async throws {
        _ = try await transaction.run("DELETE FROM setup_tokens")
        _ = try await transaction.run(
            "INSERT INTO setup_tokens (token_hash, created_at, expires_at) VALUES (\(hash), \(now), \(expiresAt))")
    }

    static func isValid(_ hash: [UInt8], _ queryable: any Queryable, at now: Instant) async throws -> Bool {
        try await queryable.first("SELECT 1 FROM setup_tokens WHERE token_hash = \(hash) AND expires_at > \(now)")
            != nil
    }

    /// Whether it was there; of two that take it at once, one gets it.
    static func take(_ hash: [UInt8], _ transaction: Transaction, at now: Instant) async throws -> Bool {
        try await transaction.run("DELETE FROM setup_tokens WHERE token_hash = \(hash) AND expires_at > \(now)") == 1
    }
}
