import Base
import HTTP
import HTTPServer
import JSON

/// What sign-in answers with.
enum IdentityOutput {
    struct Profile: Sendable {
        let user: User
        let books: [BookSummary]
    }

    static let userFields: [Field<User>] = [
        .identifier("id") { $0.id },
        .text("email") { $0.email },
        .optionalText("firstName") { $0.name.first },
        .optionalText("lastName") { $0.name.last },
        .text("displayName") { $0.displayName },
        .choice("role", ["user", "admin"]) { $0.role.rawValue },
        .bool("emailVerified") { $0.isEmailVerified },
        .instant("createdAt") { $0.createdAt },
        .int("version") { $0.version },
    ]
    static let user = Fields<User>("User", userFields)

    static let profile = Fields<Profile>(
        "Profile",
        userFields.map { field in Field(field.name, field.schema, field.summary) { user.write($0.user, field.name, to: &$1) } }
            + [.list("books", of: BookSummary.fields) { $0.books }])
}
