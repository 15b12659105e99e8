import Base
import JSON

/// What an access token says. Times are seconds since the epoch, as JWT counts them.
package struct JWTClaims: Equatable, Sendable {
    package var issuer: String
    package var audience: String
    package var subject: String
    /// The token's own name (`jti`).
    package var id: String
    package var issuedAt: Int64
    package var notBefore: Int64
    package var expiresAt: Int64
    /// Further claims, all of them texts, in the order they are written.
    package var others: [Claim]

    package struct Claim: Equatable, Sendable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(
        issuer: String, audience: String, subject: String, id: String, issuedAt: Int64, notBefore: Int64,
        expiresAt: Int64, others: [Claim] = []
    ) {
        self.issuer = issuer
        self.audience = audience
        self.subject = subject
        self.id = id
        self.issuedAt = issuedAt
        self.notBefore = notBefore
        self.expiresAt = expiresAt
        self.others = others
    }

    package subscript(name: String) -> String? { others.first { $0.name == name }?.value }
}

/// JSON Web Tokens (RFC 7519) that we issue and check ourselves: RS256, every registered claim present.
package struct JWT: Sendable {
    package let ring: KeyRing
    package let issuer: String
    package let audience: String
    /// How far two clocks may differ.
    package let leeway: Int64

    package init(keys: SigningKeys, issuer: String, audience: String, leeway: Int64 = 30) {
        ring = KeyRing(keys)
        self.issuer = issuer
        self.audience = audience
        self.leeway = leeway
    }

    package var keys: SigningKeys { ring.keys }

    /// About a millisecond of a core.
    package func sign(_ claims: JWTClaims) throws(RSAPrivateKey.Failure) -> String {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        for (name, value) in [
            ("iss", claims.issuer), ("aud", claims.audience), ("sub", claims.subject), ("jti", claims.id),
        ] {
            writer.key(name)
            writer.string(value)
        }
        for (name, value) in [("iat", claims.issuedAt), ("nbf", claims.notBefore), ("exp", claims.expiresAt)] {
            writer.key(name)
            writer.int(value)
        }
        for claim in claims.others {
            writer.key(claim.name)
            writer.string(claim.value)
        }
        writer.endObject()
        return try JWS.sign(writer.bytes, with: keys.current)
    }

    /// More than 50 µs with a key of 3,072 bits: the caller keeps the result in a `VerifiedTokenCache`.
    package func verify(_ token: String, at now: Int64) throws(TokenError) -> JWTClaims {
        let keys = keys
        let claims = try read(JWS.verify(token) { keys.key(id: $0) })
        guard claims.issuer == issuer else { throw .wrongIssuer }
        guard claims.notBefore <= now + leeway, claims.issuedAt <= now + leeway else { throw .notYetValid }
        guard now < claims.expiresAt + leeway else { throw .expired }
        return claims
    }

    private static let registered: Set = ["iss", "aud", "sub", "jti", "iat", "nbf", "exp"]

    private func read(_ payload: [UInt8]) throws(TokenError) -> JWTClaims {
        guard let object = JWS.jsonObject(payload), let members = object.object else { throw .malformed }
        func text(_ name: String) throws(TokenError) -> String {
            guard let text = object[name]?.string, !text.isEmpty else { throw .missingClaim(name) }
            return text
        }
        func seconds(_ name: String) throws(TokenError) -> Int64 {
            // The upper bound (year 9999) keeps the sums with the leeway from overflowing.
            guard let seconds = object[name]?.int, (0...253_402_300_799).contains(seconds) else {
                throw .missingClaim(name)
            }
            return Int64(seconds)
        }
        guard let audiences = object["aud"] else { throw .missingClaim("aud") }
        guard audiences.string == audience || audiences.array?.contains(where: { $0.string == audience }) == true else {
            throw .wrongAudience
        }
        return JWTClaims(
            issuer: try text("iss"), audience: audience, subject: try text("sub"), id: try text("jti"),
            issuedAt: try seconds("iat"), notBefore: try seconds("nbf"), expiresAt: try seconds("exp"),
            others: members.compactMap { member in
                guard !Self.registered.contains(member.key), let value = member.value.string else { return nil }
                return JWTClaims.Claim(member.key, value)
            })
    }
}

extension SigningKeys {
    /// The JSON Web Key Set (RFC 7517) that others verify our tokens with.
    package var jwks: [UInt8] {
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        writer.key("keys" as StaticString)
        writer.beginArray()
        for key in verifying {
            writer.beginObject()
            for member in key.jwk {
                writer.key(member.name)
                writer.string(member.value)
            }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }
}
