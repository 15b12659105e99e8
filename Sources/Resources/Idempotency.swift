import Base
import Database
import HTTP
import HTTPServer
import JSON

/// Requests that create something, made repeatable with `Idempotency-Key`.
///
/// The key, the change and the answer are stored in one transaction, so a repeat finds either all of them or none.
package struct Idempotency: Sendable {
    /// How long an answer is kept.
    package static let retention = Duration.seconds(86_400)
    static let maximumKeyLength = 255

    private let database: Database
    private let hash: @Sendable ([UInt8]) -> [UInt8]

    package init(database: Database, hash: @escaping @Sendable ([UInt8]) -> [UInt8]) {
        self.database = database
        self.hash = hash
    }

    /// Runs `create` once for each key. Without a key, `create` gets a connection on which every statement commits
    /// by itself: it must then do its work in one.
    ///
    /// - Parameter body: the request's body as far as it was read, part of what a repeat must have in common.
    package func run(
        _ request: Request, body: [UInt8], create: @escaping @Sendable (any Queryable) async throws -> HTTPResponse
    ) async throws -> HTTPResponse {
        guard let key = request.header("idempotency-key") else { return try await create(database.writer) }
        guard (1...Self.maximumKeyLength).contains(key.utf8.count) else {
            throw Refusal(
                .invalid, "IDEMPOTENCY_KEY_INVALID",
                "Idempotency-Key should have 1 to \(Self.maximumKeyLength) characters.")
        }
        let user = try request.caller
        let book = request.header("x-book") ?? ""
        let fingerprint = hash(Array("\(request.wire.method) \(request.wire.target) \(book)\n".utf8) + body)
        return try await database.transaction { transaction in
            let inserted = try await transaction.run(
                """
                INSERT INTO idempotency_keys (user_id, key, fingerprint) VALUES (\(user), \(key), \(fingerprint))
                ON CONFLICT (user_id, key) DO NOTHING
                """)
            if inserted == 0 { return try await replay(user, key, fingerprint, transaction) }
            let response = try await create(transaction)
            guard case .bytes(let bytes) = response.body else { return response }
            _ = try await transaction.run(
                """
                UPDATE idempotency_keys SET status = \(Int32(response.status)), body = \(bytes)
                WHERE user_id = \(user) AND key = \(key)
                """)
            return response
        }
    }

    private func replay(
        _ user: UserID, _ key: String, _ fingerprint: [UInt8], _ transaction: Transaction
    ) async throws -> HTTPResponse {
        let row = try await transaction.first(
            "SELECT fingerprint, status, body FROM idempotency_keys WHERE user_id = \(user) AND key = \(key)")
        guard let row, let status = try row.get(1, as: Int32?.self) else {
            throw Refusal(
                .conflict, "IDEMPOTENCY_KEY_IN_USE", "A request with this Idempotency-Key is under way.", retryAfter: 1)
        }
        guard try row.get(0, as: [UInt8].self) == fingerprint else {
            throw Refusal(
                .unprocessable, "IDEMPOTENCY_KEY_REUSED",
                "This Idempotency-Key was used for another request. Take a new one.")
        }
        return HTTPResponse.json(
            status: Int(status), fields: [("Idempotency-Replayed", "true")], try row.get(2, as: [UInt8].self))
    }

    /// Forgets answers older than a day. Run by the worker.
    package func purge() async throws {
        _ = try await database.writer.run("DELETE FROM idempotency_keys WHERE created_at < now() - interval '24 hours'")
    }
}

extension Database {
    /// Runs `body` in the transaction that a request with an Idempotency-Key has already, or in one of its own.
    package func transaction<Value: Sendable>(
        joining connection: any Queryable, _ body: @Sendable (Transaction) async throws -> Value
    ) async throws -> Value {
        if let transaction = connection as? Transaction { return try await body(transaction) }
        return try await transaction(body)
    }
}
