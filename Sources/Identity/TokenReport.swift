import Base
import Books
import Cryptography
import Database
import HTTP
import JSON
import Runtime

/// What a service is told of a token (as RFC 7662): of one that is not valid, that and no more.
struct TokenReport: Sendable {
    struct Active: Sendable {
        let user: UserID
        let username: String
        let role: String
        let session: SessionID?
        let expiresAt: Int64?
        let issuer: String
        let audience: String
        let books: [(book: BookSummary, permissions: [String])]
    }

    let active: Active?

    private static let book = Schema.object(
        name: "TokenBook",
        [SchemaProperty("id", .uuid), SchemaProperty("role", .text), SchemaProperty("permissions", .array(.text))])

    static let schema = Schema.object(
        name: "TokenReport",
        [
            SchemaProperty("active", .boolean, "The others are there only when it is."),
            SchemaProperty("kind", .choice(["session", "apiKey"]), required: false),
            SchemaProperty("sub", .uuid, required: false), SchemaProperty("userId", .uuid, required: false),
            SchemaProperty("username", .text, required: false), SchemaProperty("role", .text, required: false),
            SchemaProperty("sid", .uuid, required: false),
            SchemaProperty("exp", .integer(), required: false, "In seconds since 1970."),
            SchemaProperty("iss", .text, required: false), SchemaProperty("aud", .text, required: false),
            SchemaProperty("books", .array(book), required: false),
        ])

    /// The whole check: also that the session has not ended, that the account is open, that a key was not revoked.
    static func of(_ token: String, accounts: Accounts, keys: APIKeys) async throws -> TokenReport {
        let principal: Principal
        var expiresAt: Int64?
        if token.hasPrefix(APIKeySecret.prefix) {
            do {
                let key = try await keys.valid(token, from: nil)
                guard let user = key.user else { return TokenReport(active: nil) }
                principal = Principal(
                    user: user, credential: .apiKey(key.id), platformRole: .user, scopes: key.permissions,
                    onlyBook: key.book)
                expiresAt = key.expiresAt?.secondsSinceEpoch
            } catch let refusal as Refusal where refusal.kind == .unauthenticated { return TokenReport(active: nil) }
        } else {
            do {
                let claims = try accounts.tokens.verify(token, at: accounts.clock.now())
                // Whoever has to set up a second factor first is not signed in for anything else.
                guard !claims.mustEnrol else { return TokenReport(active: nil) }
                principal = claims.principal
                expiresAt = claims.expiresAt
            } catch { return TokenReport(active: nil) }
        }
        let row = try await accounts.database.first(
            """
            SELECT u.email, u.role FROM users u
            WHERE u.id = \(principal.user) AND u.is_active AND (\(principal.sessionOrNil == nil) OR EXISTS (
                SELECT FROM sessions s
                WHERE s.id = \(principal.sessionOrNil) AND s.user_id = u.id AND s.revoked_at IS NULL
                    AND s.expires_at > \(accounts.clock.now())))
            """)
        guard let row else { return TokenReport(active: nil) }
        let books = try await BookStore(accounts.database).books(of: principal.user)
            .filter { principal.onlyBook == nil || $0.book.id == principal.onlyBook }
        return TokenReport(
            active: Active(
                user: principal.user, username: try row.get(0),
                role: principal.sessionOrNil == nil ? "user" : try row.get(1),
                session: principal.sessionOrNil, expiresAt: expiresAt, issuer: accounts.tokens.jwt.issuer,
                audience: accounts.tokens.jwt.audience,
                books: books.map { summary in
                    let permissions = summary.role.permissions.intersection(principal.scopes ?? .everything)
                    return (summary, permissions.names)
                }))
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("active")
        writer.bool(active != nil)
        if let active {
            writer.key("kind")
            writer.string(active.session == nil ? "apiKey" : "session")
            for name in ["sub", "userId"] {
                writer.key(name)
                writer.identifier(active.user)
            }
            writer.key("username")
            writer.string(active.username)
            writer.key("role")
            writer.string(active.role)
            if let session = active.session {
                writer.key("sid")
                writer.identifier(session)
            }
            if let expiresAt = active.expiresAt {
                writer.key("exp")
                writer.int(expiresAt)
            }
            writer.key("iss")
            writer.string(active.issuer)
            writer.key("aud")
            writer.string(active.audience)
            writer.key("books")
            writer.beginArray()
            for (summary, permissions) in active.books {
                writer.beginObject()
                writer.key("id")
                writer.identifier(summary.book.id)
                writer.key("role")
                writer.string(summary.role.rawValue)
                writer.key("permissions")
                writer.beginArray()
                for name in permissions { writer.string(name) }
                writer.endArray()
                writer.endObject()
            }
            writer.endArray()
        }
        writer.endObject()
    }
}
