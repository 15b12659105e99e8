import Base
import Books
import Cryptography
import Database
import HTTP
import JSON
import Jobs
import Outbound
import Runtime

/// A registration that waits for the link in its letter (ADR 15). Never in the clear, neither in the queue nor in the
/// database.
struct PendingRegistration: Equatable, Sendable {
    let email: EmailAddress
    let passwordHash: String
    let name: PersonName
    let bookName: String
    let bookKind: Book.Kind
    let currency: String
    let timeZone: String
    /// Of the letters.
    let language: String

    static let lifetime = Duration.seconds(24 * 3600)
    /// Letters to one address within an hour.
    static let limit = 3
    static let window = Duration.seconds(3600)
    /// After this many wrong passwords the link is worth nothing.
    static let tries = 5

    init(_ registration: Registration, passwordHash: String, language: String) {
        email = registration.email
        self.passwordHash = passwordHash
        name = registration.name
        bookName = registration.book.name
        bookKind = registration.book.kind
        currency = registration.book.currency.code
        timeZone = registration.book.timeZone
        self.language = language
    }

    func write(to writer: inout JSONWriter) {
        for (name, value) in [
            ("email", email.asGiven), ("hash", passwordHash), ("first", name.first), ("last", name.last),
            ("display", name.display), ("book", bookName), ("kind", bookKind.rawValue), ("currency", currency),
            ("timeZone", timeZone), ("language", language),
        ] as [(String, String?)] {
            guard let value else { continue }
            writer.key(name)
            writer.string(value)
        }
    }

    init?(_ json: JSONValue) {
        func text(_ name: String) -> String? { json[name]?.string }
        guard let email = text("email").flatMap({ try? EmailAddress($0) }), let hash = text("hash"),
            let book = text("book"), let kind = text("kind").flatMap(Book.Kind.init(rawValue:)),
            let currency = text("currency"), let timeZone = text("timeZone"), let language = text("language")
        else { return nil }
        self.email = email
        passwordHash = hash
        name = PersonName(first: text("first"), last: text("last"), display: text("display"))
        (bookName, bookKind, self.currency, self.timeZone) = (book, kind, currency, timeZone)
        self.language = language
    }

    static let context = Array("registration".utf8)

    func sealed(_ secrets: SecretBox) -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        write(to: &writer)
        writer.endObject()
        return secrets.seal(writer.bytes, context: Self.context)
    }

    init?(_ sealed: [UInt8], _ secrets: SecretBox) {
        guard let opened = try? secrets.open(sealed, context: Self.context), let json = try? JSONValue.parse(opened)
        else { return nil }
        self.init(json)
    }
}

/// Every statement that touches `pending_registrations`.
struct PendingRegistrationStore {
    let queryable: any Queryable

    /// - Returns: nil when that address has been written to often enough.
    func insert(_ pending: PendingRegistration, _ secrets: SecretBox, at now: Instant) async throws -> RefreshToken? {
        let email = pending.email.normalized
        // Two that come at once are counted one after the other.
        _ = try await queryable.query("SELECT pg_advisory_xact_lock(hashtextextended(\(email), 7075736825))")
        let row = try await queryable.first(
            """
            SELECT count(*) FROM pending_registrations
            WHERE email = \(email) AND created_at > \(now - PendingRegistration.window)
            """)
        guard try row?.get(0, as: Int.self) ?? 0 < PendingRegistration.limit else { return nil }
        let token = RefreshToken.random()
        _ = try await queryable.run(
            """
            INSERT INTO pending_registrations (token_hash, email, sealed, created_at, expires_at)
            VALUES (\(token.hash), \(email), \(pending.sealed(secrets)), \(now), \(now + PendingRegistration.lifetime))
            """)
        return token
    }

    func find(_ token: RefreshToken, _ secrets: SecretBox, at now: Instant) async throws -> PendingRegistration? {
        try await queryable.first(
            "SELECT sealed FROM pending_registrations WHERE token_hash = \(token.hash) AND expires_at > \(now)"
        ).flatMap { PendingRegistration(try $0.get(0), secrets) }
    }

    /// Counts a wrong password. At the limit the link is gone.
    func countTry(_ token: RefreshToken) async throws {
        _ = try await queryable.run(
            "UPDATE pending_registrations SET tries = tries + 1 WHERE token_hash = \(token.hash)")
        _ = try await queryable.run(
            """
            DELETE FROM pending_registrations WHERE token_hash = \(token.hash) AND tries >= \(PendingRegistration.tries)
            """)
    }

    /// Uses the link up, and the others to that address. Of two that come with it at once, one gets it.
    func take(_ token: RefreshToken, _ email: EmailAddress, at now: Instant) async throws -> Bool {
        let taken = try await queryable.run(
            "DELETE FROM pending_registrations WHERE token_hash = \(token.hash) AND expires_at > \(now)")
        _ = try await queryable.run("DELETE FROM pending_registrations WHERE email = \(email.normalized)")
        return taken == 1
    }
}

extension Accounts {
    /// The same answer, and the same work before it, for an address with an account and for one without: a job finds
    /// out.
    func askToRegister(_ registration: Registration, from client: Client) async throws {
        guard options.isRegistrationOpen else { throw Refusal.registrationClosed }
        let pending = PendingRegistration(
            registration, passwordHash: try await hash(new: registration.password), language: client.language)
        try await JobStore(database.writer).enqueue(
            LetterRequest.job, payload: LetterRequest(.register(pending), to: registration.email).payload(secrets))
    }

    /// The job's part. An address that has an account is told so, and is given no link that makes one.
    func answer(_ pending: PendingRegistration, at now: Instant, in transaction: Transaction) async throws {
        let store = PendingRegistrationStore(queryable: transaction)
        guard let token = try await store.insert(pending, secrets, at: now) else { return }
        guard let user = try await UserStore(queryable: transaction).find(email: pending.email) else {
            return try await send(
                .completeRegistration(link: address.link("/welcome", token: token.text)), to: pending.email.asGiven,
                language: pending.language, in: transaction)
        }
        guard user.isActive else { return }
        try await send(.accountExists(link: address.text + "/signin"), to: user, in: transaction)
    }

    /// Makes the account that the letter is about. The password is asked for again: whoever reads the mail need not be
    /// who registered, and must not come into an account whose password somebody else knows.
    func completeRegistration(
        token text: String, password: Password, transport: Session.Transport, from client: Client
    ) async throws -> SignedIn {
        guard options.isRegistrationOpen else { throw Refusal.registrationClosed }
        let now = clock.now()
        guard let token = RefreshToken(text),
            let pending = try await PendingRegistrationStore(queryable: database).find(token, secrets, at: now)
        else { throw Refusal.mailedTokenNotValid }
        guard try await hasher.verify(password, against: pending.passwordHash) else {
            try await database.transaction { try await PendingRegistrationStore(queryable: $0).countTry(token) }
            throw Refusal.wrongPassword("password")
        }
        let user = User(
            id: .new(), email: pending.email.normalized, emailAsGiven: pending.email.asGiven, name: pending.name,
            role: .user, isEmailVerified: true, isActive: true, createdAt: now, version: 1, language: pending.language)
        let book = try NewBook(
            name: pending.bookName, kind: pending.bookKind, currency: pending.currency, timeZone: pending.timeZone)
        let opened = try await database.transaction { [self] transaction in
            guard try await PendingRegistrationStore(queryable: transaction).take(token, pending.email, at: now) else {
                throw Refusal.mailedTokenNotValid
            }
            let users = UserStore(queryable: transaction)
            do { try await users.insert(user, passwordHash: pending.passwordHash) } catch let refusal as Refusal
                where refusal == .emailTaken
            {
                // By another way meanwhile: it tells nobody but the reader of that address's mail.
                throw Refusal.mailedTokenNotValid
            }
            try await users.saveEmailVerified(of: user.id, at: now)
            let summary = try await BookStore(transaction).open(book, for: user.id)
            let (session, refreshToken, ended) = try await openSession(
                for: user, transport: transport, client: client, at: now, in: transaction)
            try await publish(.userRegistered, user.id, session.id, in: transaction)
            return OpenedSession(
                user: user, books: [summary], session: session, refreshToken: refreshToken, ended: ended)
        }
        return try await signedIn(opened, at: now)
    }
}
