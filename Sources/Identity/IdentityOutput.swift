import Base
import Books
import Cryptography
import Database
import HTTP
import HTTPServer
import JSON

extension IdentityOutput.Profile {
    init(of user: User, _ database: Database) async throws {
        let store = ProfileStore(connection: database)
        let chosen = try await store.chosen(by: user.id)
        self.init(
            user: user, books: try await BookStore(database).books(of: user.id),
            details: try await store.details(of: user.id), preferences: chosen.preferences,
            notifications: chosen.notifications)
    }
}

/// What sign-in answers with.
enum IdentityOutput {
    struct Profile: Sendable {
        let user: User
        let books: [BookSummary]
        let details: ProfileStore.Details
        let preferences: JSONValue
        let notifications: JSONValue

        /// In per cent: a name, a picture, a confirmed address, a time zone and a word about oneself are a fifth each.
        var completeness: Int {
            let parts = [
                user.name.full != nil, details.avatarVersion > 0, user.isEmailVerified, details.timeZone != nil,
                details.bio != nil,
            ]
            return parts.count { $0 } * 20
        }
    }

    /// The same list for a user alone and for one with books.
    private static func userFields<Value>(_ user: @escaping @Sendable (Value) -> User) -> [Field<Value>] {
        [
            .identifier("id") { user($0).id },
            .text("email") { user($0).email },
            .optionalText("firstName") { user($0).name.first },
            .optionalText("lastName") { user($0).name.last },
            .text("displayName") { user($0).displayName },
            .choice("role", ["user", "admin"]) { user($0).role.rawValue },
            .bool("emailVerified") { user($0).isEmailVerified },
            .instant("createdAt") { user($0).createdAt },
            .int("version") { user($0).version },
        ]
    }

    static let user = Fields<User>("User", userFields { $0 })
    static let profile = Fields<Profile>(
        "Profile",
        userFields { $0.user } + [
            .list("books", of: BookSummary.fields) { $0.books }, .optionalText("bio") { $0.details.bio },
            .optionalText("timeZone") { $0.details.timeZone }, .text("language") { $0.user.language },
            .optionalText("avatarUrl") { PeopleRoutes.avatarURL($0.user.id, version: $0.details.avatarVersion) },
            .int("completeness") { $0.completeness },
            Field("preferences", ProfilePreferences.schema) { ProfilePreferences.write($0, to: &$1) },
            Field("deletionDueAt", .nullable(.instant), "When the account is deleted; null: not at all.") {
                $1.instant($0.details.deletionDueAt)
            },
        ])

    static let session = Schema.object(
        name: "Session",
        [
            SchemaProperty("user", user.schema), SchemaProperty("book", .nullable(BookSummary.fields.schema)),
            SchemaProperty("accessToken", .text, required: false, "Absent when the tokens are in cookies."),
            SchemaProperty("refreshToken", .text, required: false), SchemaProperty("tokenType", .text),
            SchemaProperty("expiresIn", .integer(), "Seconds until the access token expires."),
        ])
    /// Of a registration that waits for the link in its letter; the same for every address.
    static let pending = Schema.object(name: "PendingRegistration", [SchemaProperty("pending", .boolean)])
    static let refreshed = Schema.object(
        name: "RefreshedSession",
        [
            SchemaProperty("accessToken", .text, required: false),
            SchemaProperty("refreshToken", .text, required: false),
            SchemaProperty("tokenType", .text), SchemaProperty("expiresIn", .integer()),
        ])
}

/// Hands tokens over the way the client asked for: in the body, or in cookies.
struct TokenDelivery: Sendable {
    let accounts: Accounts
    let cookies: SessionCookies
    let session: Session
    let accessToken: String
    let refreshToken: RefreshToken

    var cookieFields: [(String, String)] {
        guard session.transport == .cookie else { return [] }
        return cookies.set(
            access: accessToken, refresh: refreshToken.text, csrf: accounts.csrfToken(of: session.id),
            accessSeconds: accounts.tokens.lifetimeSeconds,
            refreshSeconds: accounts.options.refreshLifetime.components.seconds)
    }

    func write(to writer: inout JSONWriter) {
        if session.transport == .bearer {
            writer.key("accessToken")
            writer.string(accessToken)
            writer.key("refreshToken")
            writer.string(refreshToken.text)
        }
        writer.key("tokenType")
        writer.string("Bearer")
        writer.key("expiresIn")
        writer.int(accounts.tokens.lifetimeSeconds)
    }
}
