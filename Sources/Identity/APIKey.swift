import Base
import Cryptography
import HTTP
import JSON
import Jobs

/// The text of a key, as it is shown once: `purser_`, 32 random bytes, and a check by which a typing error, or a key that
/// was pasted in half, is known without a look into the database.
struct APIKeySecret: Sendable {
    static let prefix = "purser_"
    private static let randomCount = 43
    private static let checkCount = 6

    let text: String

    static func random() -> APIKeySecret {
        let random = Base64URL.encode(secureRandomBytes(32))
        return APIKeySecret(text: prefix + random + check(of: random))
    }

    private init(text: String) { self.text = text }

    /// Nil for what is no key by its looks.
    init?(_ text: some StringProtocol) {
        guard text.utf8.count == Self.prefix.utf8.count + Self.randomCount + Self.checkCount,
            text.hasPrefix(Self.prefix)
        else { return nil }
        let rest = text.dropFirst(Self.prefix.count)
        let random = String(rest.prefix(Self.randomCount))
        guard Base64URL.decode(random.utf8) != nil,
            constantTimeEqual(Self.check(of: random), String(rest.suffix(Self.checkCount)))
        else { return nil }
        self.text = String(text)
    }

    var hash: [UInt8] { SHA256.hash(text) }
    var hint: String { String(text.suffix(4)) }

    private static func check(of random: String) -> String {
        String(Base64URL.encode(SHA256.hash("check:" + random)).prefix(checkCount))
    }
}

/// A key as it is stored: without what opens anything.
package struct APIKey: Sendable {
    package enum Kind: String, Sendable { case user, service }

    package static let limitPerUser = 50
    package static let limitOfServices = 200
    static let nameLength = 100
    static let longest = 366

    package let id: APIKeyID
    package let kind: Kind
    package let user: UserID?
    package let book: BookID?
    package let name: String
    package let hint: String
    package let scopes: [String]
    package let createdAt: Instant
    package let expiresAt: Instant?
    package let revokedAt: Instant?
    package let lastUsedAt: Instant?
    package let lastUsedAddress: String?

    func isExpired(at now: Instant) -> Bool { expiresAt.map { $0 <= now } ?? false }

    var permissions: Permission {
        scopes.reduce(into: Permission()) { $0.formUnion(Permission(name: $1) ?? []) }
    }

    package var serviceScopes: Set<ServiceScope> { Set(scopes.compactMap(ServiceScope.init(rawValue:))) }

    /// The same of whatever holds a key.
    private static func fields<Value>(_ of: @escaping @Sendable (Value) -> APIKey) -> [Field<Value>] {
        [
            .identifier("id") { of($0).id }, .text("name") { of($0).name },
            Field("hint", .text, "Its last four characters.") { $1.string(of($0).hint) },
            Field("scopes", .array(.text)) { value, writer in
                writer.beginArray()
                for scope in of(value).scopes { writer.string(scope) }
                writer.endArray()
            },
            .optionalIdentifier("bookId") { of($0).book }, .instant("createdAt") { of($0).createdAt },
            Field("expiresAt", .nullable(.instant)) { $1.instant(of($0).expiresAt) },
            Field("lastUsedAt", .nullable(.instant), "To some ten minutes.") { $1.instant(of($0).lastUsedAt) },
            .optionalText("lastUsedAddress") { of($0).lastUsedAddress },
        ]
    }

    package static let listed = Fields<APIKey>("APIKey", fields { $0 })

    /// The answer to making one, which alone has the key itself.
    static let made = Fields<(key: APIKey, secret: String)>(
        "NewAPIKey",
        fields { $0.key } + [
            Field("key", .text, "Shown this once: keep it in a safe place.") { $1.string($0.secret) }
        ])
}

extension EventName {
    static let apiKeyCreated = EventName("api_key.created")
    static let apiKeyRevoked = EventName("api_key.revoked")
}

extension Refusal {
    package static let apiKeyMissing = Refusal(
        .unauthenticated, "MISSING_API_KEY", "Send the service's key as X-API-Key.")
    package static let apiKeyNotValid = Refusal(
        .unauthenticated, "INVALID_API_KEY", "This key is not valid, or not any more. Make a new one.")
    package static let apiKeyExpired = Refusal(
        .unauthenticated, "EXPIRED_API_KEY", "This key has expired. Make a new one.")
    static let twoCredentials = Refusal(
        .invalid, "TWO_CREDENTIALS", "Send either Authorization or X-API-Key, not both.")
}
