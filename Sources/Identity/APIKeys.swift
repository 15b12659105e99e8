import Audit
import Base
import Books
import Cryptography
import Database
import HTTP
import JSON
import Jobs
import Runtime
import Synchronization

/// Keys of persons and of services: made, found, revoked.
///
/// What was found is remembered for a second; a key that is revoked is forgotten here at once, and by other processes as
/// soon as they hear of it, or after that second.
package final class APIKeys: Sendable {
    package static let longestDays = APIKey.longest
    static let lifetime = Followers.memory
    static let capacity = 10_000
    /// How exactly the last use is known: a write for each request would cost more than the request.
    static let useEvery = Duration.seconds(600)
    private static let channel = "purser_keys"

    private struct Known {
        let key: APIKey
        let until: UInt64
    }

    let database: Database
    let clock: Clock
    private let log: Log
    /// The other processes on the same database; nil where there can be none.
    private let followers: Followers?
    private let state = Mutex<(generation: Int, known: [[UInt8]: Known], used: [APIKeyID: Instant])>((0, [:], [:]))

    package init(database: Database, followers: Followers? = nil, clock: Clock = .system, log: Log) {
        self.database = database
        self.followers = followers
        self.clock = clock
        self.log = log
    }

    // MARK: Who asks

    /// The key that a request carries, in either of the two places; nil without one.
    static func text(in request: Request) throws(Refusal) -> Substring? {
        let authorization = request.header("authorization")
        if let header = request.header("x-api-key") {
            guard authorization == nil else { throw .twoCredentials }
            return Substring(header)
        }
        guard let authorization, let blank = authorization.firstIndex(of: " "),
            authorization[..<blank].lowercased() == "bearer"
        else { return nil }
        let token = authorization[blank...].drop { $0 == " " }
        return token.hasPrefix(APIKeySecret.prefix) ? token : nil
    }

    /// The person whose key the request carries; nil when it carries none.
    func principal(of request: Request) async throws -> Principal? {
        guard let text = try Self.text(in: request) else { return nil }
        let key = try await valid(text, from: request.clientAddress)
        guard let user = key.user else { throw Refusal.apiKeyNotValid }
        return Principal(
            user: user, credential: .apiKey(key.id), platformRole: .user, scopes: key.permissions, onlyBook: key.book)
    }

    @Sendable package func service(of request: Request) async throws -> ServicePrincipal {
        guard let text = try Self.text(in: request) else { throw Refusal.apiKeyMissing }
        let key = try await valid(text, from: request.clientAddress)
        guard key.kind == .service else { throw Refusal.apiKeyNotValid }
        return ServicePrincipal(key: key.id, name: key.name, scopes: key.serviceScopes)
    }

    /// - Throws: 401 for what is no key, unknown, revoked, expired, or of a closed account.
    func valid(_ text: some StringProtocol, from address: String?) async throws -> APIKey {
        guard let secret = APIKeySecret(text) else { throw Refusal.apiKeyNotValid }
        guard let key = try await find(secret.hash) else { throw Refusal.apiKeyNotValid }
        let now = clock.now()
        guard !key.isExpired(at: now) else { throw Refusal.apiKeyExpired }
        if let address { noteUse(of: key, from: address, at: now) }
        return key
    }

    private func find(_ hash: [UInt8]) async throws -> APIKey? {
        let now = monotonicNanoseconds()
        let (known, generation) = state.withLock { ($0.known[hash], $0.generation) }
        if let known, known.until > now { return known.key }
        let mayRemember = followers?.mayRemember ?? true
        guard let key = try await KeyStore(database).find(hash) else { return nil }
        guard mayRemember else { return key }
        state.withLock { state in
            // What was read before a change must not be remembered after it.
            guard state.generation == generation else { return }
            if state.known.count >= Self.capacity { state.known.removeAll(keepingCapacity: true) }
            state.known[hash] = Known(key: key, until: now + UInt64(Self.lifetime.components.seconds) * 1_000_000_000)
        }
        return key
    }

    private func noteUse(of key: APIKey, from address: String, at now: Instant) {
        let isDue = state.withLock { state in
            let last = max(state.used[key.id]?.microseconds ?? .min, key.lastUsedAt?.microseconds ?? .min)
            guard last == .min || now.microseconds - last >= Self.useEvery.components.seconds * 1_000_000 else {
                return false
            }
            if state.used.count >= Self.capacity { state.used.removeAll(keepingCapacity: true) }
            state.used[key.id] = now
            return true
        }
        guard isDue else { return }
        // Nobody waits for it, and nothing is lost with it.
        Task { [database, log] in
            do {
                try await KeyStore(database.writer).noteUse(key.id, address: address, at: now, every: Self.useEvery)
            } catch { log.warning("the use of a key is not noted: \(error)") }
        }
    }

    // MARK: Changing

    /// What is asked for when a key is made.
    package struct Wanted: Sendable {
        package var name: String
        package var scopes: [String]
        package var book: BookID?
        package var expiresAt: Instant?

        package init(name: String, scopes: [String], book: BookID? = nil, expiresAt: Instant? = nil) {
            self.name = name
            self.scopes = scopes
            self.book = book
            self.expiresAt = expiresAt
        }
    }

    /// The key and its text, which is nowhere else from then on.
    ///
    /// - Parameters:
    ///   - user: nil for a service's.
    ///   - tell: what else happens in the transaction, such as a letter to the owner.
    package func make(
        _ wanted: Wanted, for user: UserID?, by actor: AuditRecord.Actor, from origin: AuditRecord.Origin,
        tell: @escaping @Sendable (Transaction) async throws -> Void = { _ in }
    ) async throws -> (key: APIKey, secret: String) {
        let secret = APIKeySecret.random()
        let key = APIKey(
            id: .new(), kind: user == nil ? .service : .user, user: user, book: wanted.book, name: wanted.name,
            hint: secret.hint, scopes: wanted.scopes, createdAt: clock.now(), expiresAt: wanted.expiresAt,
            revokedAt: nil, lastUsedAt: nil, lastUsedAddress: nil)
        try await database.transaction { transaction in
            let store = KeyStore(transaction)
            let limit = user == nil ? APIKey.limitOfServices : APIKey.limitPerUser
            guard try await store.lock(for: user) < limit else {
                throw Refusal(.conflict, "TOO_MANY_KEYS", "There are \(limit) keys already. Revoke one first.")
            }
            if let user, let book = wanted.book, try await BookStore(transaction).book(book, for: user) == nil {
                throw Refusal.notFound("book")
            }
            try await store.insert(key, hash: secret.hash, by: actor.id)
            try await transaction.publish(Self.event(.apiKeyCreated, key))
            try await transaction.record(
                AuditRecord(
                    .init("KEY_CREATED"), module: "keys", record: key.id.description, book: key.book, by: actor,
                    from: origin, new: { Self.write(key, to: &$0) }))
            try await tell(transaction)
        }
        return (key, secret.text)
    }

    /// - Throws: 404 when there is none of this id.
    package func revoke(
        _ id: APIKeyID, of user: UserID?, by actor: AuditRecord.Actor, from origin: AuditRecord.Origin
    ) async throws {
        let now = clock.now()
        try await database.transaction { transaction in
            guard let key = try await KeyStore(transaction).revoke(id, of: user, at: now) else {
                throw Refusal.notFound("key")
            }
            try await transaction.publish(Self.event(.apiKeyRevoked, key))
            try await transaction.record(
                AuditRecord(
                    .init("KEY_REVOKED"), module: "keys", record: key.id.description, book: key.book, by: actor,
                    from: origin, old: { Self.write(key, to: &$0) }))
        }
        forget()
        database.notify(Self.channel)
        // What is answered now holds everywhere: no other process remembers the key any more.
        await followers?.settle()
    }

    package func list(of user: UserID?) async throws -> [APIKey] { try await KeyStore(database).list(of: user) }

    /// Hears of keys that other processes revoke. Runs until its task is cancelled.
    package func follow() async {
        for await _ in database.listen(Self.channel) { forget() }
    }

    func forget() {
        state.withLock { state in
            state.generation += 1
            state.known.removeAll(keepingCapacity: true)
        }
    }

    private static func event(_ name: EventName, _ key: APIKey) -> Event {
        Event(name, user: key.user) { data in
            data.key("id")
            data.identifier(key.id)
        }
    }

    private static func write(_ key: APIKey, to writer: inout JSONWriter) {
        writer.key("name")
        writer.string(key.name)
        writer.key("kind")
        writer.string(key.kind.rawValue)
        writer.key("scopes")
        writer.beginArray()
        for scope in key.scopes { writer.string(scope) }
        writer.endArray()
        writer.key("expiresAt")
        writer.instant(key.expiresAt)
    }
}
