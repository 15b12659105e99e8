import Base
import Cryptography
import JSON

/// What a provider says about who has just signed in there.
struct ForeignIdentity: Equatable, Sendable {
    let provider: String
    /// The provider's own name for the person: it never changes, and is never given to another.
    let subject: String
    let email: String?
    let isEmailVerified: Bool
    let name: String?
    /// The provider has asked for a second factor.
    let hasSecondFactor: Bool
    /// When they signed in there, in seconds; nil where the provider does not say.
    var authenticatedAt: Int64?

    static let subjectLimit = 255
}

/// OpenID Connect Core 1.0, section 3.1.3.7: what must hold before an ID token is believed.
struct IDTokenCheck: Sendable {
    let issuer: String
    let clientID: String
    let nonce: String
    /// How far two clocks may differ, in seconds.
    static let leeway: Int64 = 60
    /// An ID token is fetched a moment after it is made.
    static let ageLimit: Int64 = 600

    /// - Parameter accessToken: that came with it.
    /// - Throws: the reason, for the log.
    func check(_ claims: JSONValue, accessToken: String?, at now: Int64) throws(OAuthFailure) {
        guard claims["iss"]?.string == issuer else { throw .init("the ID token is of another issuer") }
        let audiences = claims["aud"]?.string.map { [$0] } ?? claims["aud"]?.array?.compactMap(\.string) ?? []
        guard audiences.contains(clientID) else { throw .init("the ID token is for another client") }
        if audiences.count > 1 || claims["azp"] != nil {
            guard claims["azp"]?.string == clientID else { throw .init("the ID token was given to another client") }
        }
        guard let expires = Self.seconds(claims["exp"]), let issued = Self.seconds(claims["iat"]) else {
            throw .init("the ID token has no times")
        }
        guard now < expires + Self.leeway else { throw .init("the ID token has expired") }
        guard issued <= now + Self.leeway, issued > now - Self.ageLimit else {
            throw .init("the ID token was not made just now")
        }
        if claims["nbf"] != nil {
            guard let notBefore = Self.seconds(claims["nbf"]), notBefore <= now + Self.leeway else {
                throw .init("the ID token is not valid yet")
            }
        }
        guard let given = claims["nonce"]?.string, constantTimeEqual(given, nonce) else {
            throw .init("the ID token answers another sign-in")
        }
        if let hash = claims["at_hash"] {
            let half = accessToken.map { Base64URL.encode(SHA256.hash($0).prefix(16)) }
            guard hash.string == half else { throw .init("the ID token belongs to another access token") }
        }
        guard let subject = claims["sub"]?.string, !subject.isEmpty,
            subject.utf8.count <= ForeignIdentity.subjectLimit
        else { throw .init("the ID token names nobody") }
    }

    static func seconds(_ value: JSONValue?) -> Int64? {
        // Some write whole seconds with a fraction; the upper bound keeps sums from overflowing.
        value?.numberText.flatMap { Int64($0.prefix { $0 != "." }) }.flatMap {
            (0...253_402_300_799).contains($0) ? $0 : nil
        }
    }
}

extension ForeignIdentity {
    /// From checked claims; `more` has what the provider tells only when asked again.
    init(_ claims: JSONValue, more: JSONValue?, provider: OAuthProvider) {
        func claim(_ name: String) -> JSONValue? { claims[name] ?? more?[name] }
        let methods = claims["amr"]?.array?.compactMap(\.string) ?? []
        // From one place or the other: an address of the token is not verified by a word about another one.
        let source = claims["email"] != nil ? claims : more
        self.init(
            provider: provider.id, subject: claims["sub"]?.string ?? "", email: source?["email"]?.string,
            isEmailVerified: source?["email_verified"]?.bool ?? (source?["email_verified"]?.string == "true"),
            name: claim("name")?.string, hasSecondFactor: methods.contains("mfa"),
            authenticatedAt: IDTokenCheck.seconds(claims["auth_time"]))
    }
}

/// Why a sign-in with a provider came to nothing, for the log.
struct OAuthFailure: Error, Equatable, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
