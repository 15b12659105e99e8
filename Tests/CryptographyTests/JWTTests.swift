import Base
import Cryptography
import Foundation
import JSON
import TestSupport
import Testing

@Suite struct `A token` {
    static let keys = Result { () throws -> SigningKeys in
        try #require(SigningKeys(newestFirst: [try RSAPrivateKey.generate()]))
    }

    static func jwt(leeway: Int64 = 0) throws -> JWT {
        JWT(keys: try keys.get(), issuer: "https://purser.test", audience: "purser", leeway: leeway)
    }

    static let claims = JWTClaims(
        issuer: "https://purser.test", audience: "purser", subject: "ada", id: "1", issuedAt: 1000, notBefore: 1000,
        expiresAt: 1900, others: [.init("role", "user"), .init("username", "ada@\"x\"\u{1F600}")])

    /// Signs any payload under any head with our own key.
    static func forge(head: String, payload: String) throws -> String {
        let message = Base64URL.encode(head.utf8) + "." + Base64URL.encode(payload.utf8)
        return message + "." + Base64URL.encode(try keys.get().current.sign(Array(message.utf8)))
    }

    static func head(_ change: (String, String)? = nil) throws -> String {
        let head = #"{"alg":"RS256","kid":"\#(try keys.get().current.publicKey.keyID)"}"#
        guard let (from, to) = change else { return head }
        return head.replacingOccurrences(of: from, with: to)
    }

    static let payload =
        #"{"iss":"https://purser.test","aud":"purser","sub":"ada","jti":"1","iat":1000,"nbf":1000,"exp":1900}"#

    @Test func `says what was signed`() throws {
        let jwt = try Self.jwt()
        let token = try jwt.sign(Self.claims)
        let read = try jwt.verify(token, at: 1500)
        #expect(read == Self.claims)
        #expect(read["role"] == "user")
        #expect(read["none"] == nil)
        #expect(try jwt.verify(Self.forge(head: Self.head(), payload: Self.payload), at: 1500).subject == "ada")
    }

    @Test func `is valid from its start up to its end, and a leeway`() throws {
        let jwt = try Self.jwt()
        let token = try jwt.sign(Self.claims)
        #expect(throws: TokenError.notYetValid) { try jwt.verify(token, at: 999) }
        #expect(throws: Never.self) { try jwt.verify(token, at: 1000) }
        #expect(throws: Never.self) { try jwt.verify(token, at: 1899) }
        #expect(throws: TokenError.expired) { try jwt.verify(token, at: 1900) }
        let lenient = try Self.jwt(leeway: 30)
        #expect(throws: Never.self) { try lenient.verify(token, at: 970) }
        #expect(throws: Never.self) { try lenient.verify(token, at: 1929) }
        #expect(throws: TokenError.expired) { try lenient.verify(token, at: 1930) }
    }

    @Test func `is for one issuer and one audience`() throws {
        let token = try Self.jwt().sign(Self.claims)
        let keys = try Self.keys.get()
        #expect(throws: TokenError.wrongIssuer) {
            try JWT(keys: keys, issuer: "other", audience: "purser").verify(token, at: 1500)
        }
        #expect(throws: TokenError.wrongAudience) {
            try JWT(keys: keys, issuer: "https://purser.test", audience: "other").verify(token, at: 1500)
        }
        let several = Self.payload.replacingOccurrences(of: #""aud":"purser""#, with: #""aud":["x","purser"]"#)
        #expect(throws: Never.self) {
            try Self.jwt().verify(Self.forge(head: Self.head(), payload: several), at: 1500)
        }
    }

    @Test(arguments: ["iss", "sub", "jti", "iat", "nbf", "exp", "aud"])
    func `needs every claim`(name: String) throws {
        let without = Self.payload.replacingOccurrences(of: "\"\(name)\":", with: "\"x\":")
        #expect(throws: TokenError.missingClaim(name)) {
            try Self.jwt().verify(Self.forge(head: Self.head(), payload: without), at: 1500)
        }
        let ofOtherType = Self.payload.replacingOccurrences(of: "\"\(name)\":", with: "\"\(name)\":null,\"x\":")
        #expect(throws: TokenError.self) {
            try Self.jwt().verify(Self.forge(head: Self.head(), payload: ofOtherType), at: 1500)
        }
    }

    @Test(arguments: ["1900.5", "1e9", "\"1900\"", "-1", "9223372036854775807", "99999999999999999999"])
    func `has times that are plain seconds`(expiry: String) throws {
        let payload = Self.payload.replacingOccurrences(of: "1900", with: expiry)
        #expect(throws: TokenError.missingClaim("exp")) {
            try Self.jwt().verify(Self.forge(head: Self.head(), payload: payload), at: 1500)
        }
    }

    @Test func `is RS256 and nothing else, even with a good signature`() throws {
        for other in ["none", "None", "HS256", "RS384", "PS256", "ES256", "rs256", ""] {
            let head = try Self.head(("RS256", other))
            #expect(throws: TokenError.wrongAlgorithm) {
                try Self.jwt().verify(Self.forge(head: head, payload: Self.payload), at: 1500)
            }
        }
    }

    @Test func `cannot be signed with the public key as a shared secret`() throws {
        let key = try Self.keys.get().current.publicKey
        let message =
            Base64URL.encode(try Self.head(("RS256", "HS256")).utf8) + "." + Base64URL.encode(Self.payload.utf8)
        let tag = HMACSHA256.authenticate(Array(message.utf8), key: key.modulus)
        #expect(throws: TokenError.wrongAlgorithm) {
            try Self.jwt().verify(message + "." + Base64URL.encode(tag), at: 1500)
        }
        let unsigned = Base64URL.encode(#"{"alg":"none"}"#.utf8) + "." + Base64URL.encode(Self.payload.utf8) + "."
        #expect(throws: TokenError.wrongAlgorithm) { try Self.jwt().verify(unsigned, at: 1500) }
    }

    @Test func `names its key, and brings none along`() throws {
        #expect(throws: TokenError.unknownKey) {
            try Self.jwt().verify(Self.forge(head: #"{"alg":"RS256"}"#, payload: Self.payload), at: 1500)
        }
        #expect(throws: TokenError.unknownKey) {
            try Self.jwt().verify(Self.forge(head: #"{"alg":"RS256","kid":"x"}"#, payload: Self.payload), at: 1500)
        }
        let stranger = try RSAPrivateKey.generate()
        let jwk = stranger.publicKey.jwk.map { "\"\($0.name)\":\"\($0.value)\"" }.joined(separator: ",")
        let ours = try Self.keys.get().current.publicKey.keyID
        let head = #"{"alg":"RS256","kid":"\#(ours)","jwk":{\#(jwk)}}"#
        let message = Base64URL.encode(head.utf8) + "." + Base64URL.encode(Self.payload.utf8)
        let token = message + "." + Base64URL.encode(try stranger.sign(Array(message.utf8)))
        // The head with its key is longer than any head of ours; a short one with a wrong signature fails as such.
        #expect(throws: TokenError.malformed) { try Self.jwt().verify(token, at: 1500) }
        let short = Base64URL.encode(try Self.head().utf8) + "." + Base64URL.encode(Self.payload.utf8)
        #expect(throws: TokenError.wrongSignature) {
            try Self.jwt().verify(short + "." + Base64URL.encode(try stranger.sign(Array(short.utf8))), at: 1500)
        }
    }

    @Test func `has no critical extension, no foreign type, no name twice`() throws {
        for addition in [#""crit":["exp"],"exp":1"#, #""b64":false"#, #""typ":"JWE""#, #""typ":1"#, #""alg":"RS256""#] {
            let head = try Self.head(("{", "{" + addition + ","))
            #expect(throws: TokenError.malformed) {
                try Self.jwt().verify(Self.forge(head: head, payload: Self.payload), at: 1500)
            }
        }
        let twice = Self.payload.replacingOccurrences(of: "{", with: #"{"sub":"eve","#)
        #expect(throws: TokenError.malformed) {
            try Self.jwt().verify(Self.forge(head: Self.head(), payload: twice), at: 1500)
        }
    }

    @Test func `does not survive any change to its text`() throws {
        let jwt = try Self.jwt()
        let token = try jwt.sign(Self.claims)
        var generator = SeededGenerator(seed: 5)
        let alphabet = Array("ABCZaz09-_.=+/ \n".utf8)
        for _ in 0..<2000 {
            var altered = Array(token.utf8)
            let place = Int.random(in: altered.indices, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: altered[place] = alphabet[Int.random(in: alphabet.indices, using: &generator)]
            case 1: altered.remove(at: place)
            default: altered.insert(alphabet[Int.random(in: alphabet.indices, using: &generator)], at: place)
            }
            guard altered != Array(token.utf8) else { continue }
            #expect(throws: TokenError.self) { try jwt.verify(String(decoding: altered, as: UTF8.self), at: 1500) }
        }
    }

    @Test(arguments: ["", ".", "..", "...", "a.b", "a.b.c.d", "e30.e30.", " e30.e30.e30"])
    func `that is no token is malformed`(text: String) throws {
        #expect(throws: TokenError.self) { try Self.jwt().verify(text, at: 1500) }
        let long = String(repeating: "a", count: 5000) + ".b.c"
        #expect(throws: TokenError.malformed) { try Self.jwt().verify(long, at: 1500) }
    }

    @Test func `verifies with the published keys`() throws {
        let keys = try Self.keys.get()
        let set = try JSONValue.parse(keys.jwks)
        let key = try #require(set["keys"]?.array?.first)
        #expect(key["kty"]?.string == "RSA")
        #expect(key["alg"]?.string == "RS256")
        #expect(key["use"]?.string == "sig")
        #expect(key["d"] == nil)
        let published = try #require(publicKey(key))
        #expect(published.keyID == key["kid"]?.string)
        let token = try Self.jwt().sign(Self.claims)
        #expect(throws: Never.self) { try JWS.verify(token) { $0 == published.keyID ? published : nil } }
    }
}

private func publicKey(_ jwk: JSONValue) -> RSAPublicKey? {
    guard jwk["kty"]?.string == "RSA", jwk["use"]?.string ?? "sig" == "sig", jwk["alg"]?.string ?? "RS256" == "RS256",
        jwk["key_ops"]?.array?.contains(.string("verify")) ?? true,
        let modulus = jwk["n"]?.string.flatMap({ Base64URL.decode($0.utf8) }),
        let exponent = jwk["e"]?.string.flatMap({ Base64URL.decode($0.utf8) })
    else { return nil }
    return RSAPublicKey(modulus: modulus, exponent: exponent)
}

@Suite struct `Signed messages of others` {
    static let cookbook = "cookbook__jws__4_1.rsa_v15_signature.json"
    static let wycheproof = "wycheproof__testvectors_v1__json_web_signature_test.json"

    static func value(_ name: String) throws -> JSONValue {
        let path = try #require(Samples.directory) + name
        return try JSONValue.parse([UInt8](Data(contentsOf: URL(fileURLWithPath: path))))
    }

    @Test(.enabled(if: Samples.exist(cookbook), "no sample vectors here"))
    func `verify: RFC 7520 section 4_1`() throws {
        let sample = try Self.value(Self.cookbook)
        let jwk = try #require(sample["input"]?["key"])
        let key = try #require(publicKey(jwk))
        let token = try #require(sample["output"]?["compact"]?.string)
        let payload = try JWS.verify(token) { $0 == "bilbo.baggins@hobbiton.example" ? key : nil }
        #expect(String(decoding: payload, as: UTF8.self) == sample["input"]?["payload"]?.string)
    }

    @Test(.enabled(if: Samples.exist(wycheproof), "no sample vectors here"))
    func `verify or not as Wycheproof says`() throws {
        var accepted = 0
        var refused = 0
        let file = try Self.value(Self.wycheproof)
        for group in try #require(file["testGroups"]?.array) {
            let jwk = group["public"] ?? .null
            let key = publicKey(jwk)
            for test in try #require(group["tests"]?.array) {
                let token = try #require(test["jws"]?.string)
                let verified = try? JWS.verify(token) { $0 == jwk["kid"]?.string ? key : nil }
                if verified != nil { accepted += 1 } else { refused += 1 }
                if verified != nil { #expect(test["result"]?.string != "invalid", "\(test)") }
                // We know RS256 with a named key only: other valid tokens are refused, and that is no fault.
                if key != nil, jwk["kid"] != nil, test["result"]?.string == "valid" {
                    #expect(verified != nil, "\(test)")
                }
            }
        }
        #expect(accepted > 0)
        #expect(accepted + refused == 401)
    }
}
