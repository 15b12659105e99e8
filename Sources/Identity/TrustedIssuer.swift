import Base
import Cryptography
import FoundationEssentials
import JSON
import Runtime

/// Another system's sign-in service whose tokens are taken (INVENTORY S1-200): one, named by the operator, with its key
/// in a file. Nothing is fetched, and nothing in a token chooses how it is checked.
package struct TrustedIssuer: Sendable {
    let name: String
    let audience: String
    let key: PinnedKey
    /// The only book that its tokens open.
    let book: BookID

    /// For the operator.
    package struct Problem: Error, CustomStringConvertible, Equatable {
        package let description: String
        init(_ description: String) { self.description = description }
    }

    package init(name: String, audience: String, key: PinnedKey, book: BookID) {
        self.name = name
        self.audience = audience
        self.key = key
        self.book = book
    }

    /// Nil when none is named.
    package static func load(_ configuration: Configuration) throws -> TrustedIssuer? {
        let name = configuration[IssuerSettings.issuer]
        guard !name.isEmpty else { return nil }
        guard name.utf8.count <= nameLimit else { throw Problem("trusted-issuer: the name is too long.") }
        guard name != configuration[IdentitySettings.issuer] else {
            throw Problem("trusted-issuer: this server's own tokens name \(name) as well; change token-issuer.")
        }
        let audience = configuration[IssuerSettings.audience]
        guard !audience.isEmpty else {
            throw Problem("trusted-issuer-audience: say which audience the tokens of \(name) name for this server.")
        }
        guard let algorithm = PinnedKey.Algorithm(rawValue: configuration[IssuerSettings.algorithm]) else {
            throw Problem("trusted-issuer-algorithm: say which one \(name) signs with: RS256, ES256 or EdDSA.")
        }
        guard let book = BookID(configuration[IssuerSettings.book]) else {
            throw Problem("trusted-issuer-book: give the id of the book that the tokens of \(name) open.")
        }
        let path = configuration[IssuerSettings.keyFile]
        guard let file = try? Data(contentsOf: URL(filePath: path)) else {
            throw Problem("trusted-issuer-key-file: “\(path)” cannot be read.")
        }
        do throws(PinnedKey.Problem) {
            return TrustedIssuer(
                name: name, audience: audience, key: try PinnedKey(Array(file), algorithm: algorithm), book: book)
        } catch { throw Problem("trusted-issuer-key-file: \(path): \(error).") }
    }

    /// Leaves room for what stands before it in `linked_identities.provider`.
    package static let nameLimit = 190

    /// In `linked_identities`. With the colon it is never the id of a service that people sign in with.
    package static func provider(_ issuer: String) -> String { "issuer:" + issuer }

    // MARK: Tokens

    /// How far two clocks may differ, in seconds.
    static let leeway: Int64 = 30
    /// A token that is good for longer is refused: it cannot be taken back.
    static let longestLife: Int64 = 86_400

    /// - Parameter now: in seconds.
    func claims(of token: String, at now: Int64) throws(TokenError) -> IssuedClaims {
        let claims = try key.claims(of: token)
        guard claims["iss"]?.string == name else { throw .wrongIssuer }
        let audiences = claims["aud"]?.string.map { [$0] } ?? claims["aud"]?.array?.compactMap(\.string) ?? []
        guard audiences.contains(audience) else { throw .wrongAudience }
        guard let expires = Self.seconds(claims["exp"]) else { throw .missingClaim("exp") }
        guard let issued = Self.seconds(claims["iat"]) else { throw .missingClaim("iat") }
        guard now < expires + Self.leeway else { throw .expired }
        guard issued <= now + Self.leeway else { throw .notYetValid }
        if let from = claims["nbf"] {
            guard let from = Self.seconds(from), from <= now + Self.leeway else { throw .notYetValid }
        }
        guard expires > issued, expires - issued <= Self.longestLife else { throw .malformed }
        guard let subject = claims["sub"]?.string, (1...LinkedIdentity.subjectLimit).contains(subject.utf8.count) else {
            throw .missingClaim("sub")
        }
        guard let role = claims["role"]?.string, role.utf8.count <= 100 else { throw .missingClaim("role") }
        return IssuedClaims(subject: subject, role: role, issuedAt: issued, expiresAt: expires)
    }

    private static func seconds(_ value: JSONValue?) -> Int64? {
        value?.numberText.flatMap { Int64($0) }.flatMap { (0...253_402_300_799).contains($0) ? $0 : nil }
    }
}

/// What a token of a trusted issuer says, checked.
struct IssuedClaims: Hashable, Sendable {
    let subject: String
    /// As it is written there.
    let role: String
    let issuedAt: Int64
    let expiresAt: Int64
}

/// What an operator can set about the other system.
package enum IssuerSettings {
    package static let issuer = Setting.text(
        "trusted-issuer", default: "",
        "The iss of another system's tokens that are taken here; see docs/sign-in-services.md.")
    package static let audience = Setting.text(
        "trusted-issuer-audience", default: "", "The aud that its tokens name for this server.")
    package static let algorithm = Setting<String>.choice(
        "trusted-issuer-algorithm", of: [""] + PinnedKey.Algorithm.allCases.map(\.rawValue), default: "",
        "What it signs with.")
    package static let keyFile = Setting.text(
        "trusted-issuer-key-file", default: "", "A file with its public key: PEM, or a JSON Web Key.")
    package static let book = Setting.text(
        "trusted-issuer-book", default: "", "The id of the only book that its tokens open.")

    package static let all: [SettingDeclaration] = [
        issuer.declaration, audience.declaration, algorithm.declaration, keyFile.declaration, book.declaration,
    ]
}
