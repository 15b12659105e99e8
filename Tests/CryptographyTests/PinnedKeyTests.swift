import Base
import JSON
import Testing

@testable import Cryptography

@Suite struct `A key of another system` {
    // Made with another implementation (Python's cryptography).
    static let es256Token =
        "eyJhbGciOiAiRVMyNTYiLCAidHlwIjogIkpXVCJ9.eyJpc3MiOiAiaHR0cHM6Ly9oci5leGFtcGxlIiwgImF1ZCI6I"
        + "CJwdXJzZXIiLCAic3ViIjogIjQ3MTEiLCAidXNlcm5hbWUiOiAiZ3JhY2UiLCAicm9sZSI6ICJGaW5hbmNlIEFkbWl"
        + "uIiwgImlhdCI6IDE4MDAwMDAwMDAsICJleHAiOiAxODAwMDAzNjAwfQ.jN0P9CE4RVT5Q_Q1yUADjDzQMrpYFlcNBW"
        + "tyc2tAh1P1plwISpMpJ3XK4Sgkla4eGFUJp2gk9nZt4mNCxeNhvQ"
    static let es256 = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9vcJE9xFRNYwZPsiekWFcW9/009u
        w9Ba76+i7vYJEBKKyBVxQUSm6eUIGmoiIKf7LetvW5JuXQlUQctpssLJFg==
        -----END PUBLIC KEY-----
        """
    static let edDSAToken =
        "eyJhbGciOiAiRWREU0EiLCAidHlwIjogIkpXVCJ9.eyJpc3MiOiAiaHR0cHM6Ly9oci5leGFtcGxlIiwgImF1ZCI6I"
        + "CJwdXJzZXIiLCAic3ViIjogIjQ3MTEiLCAidXNlcm5hbWUiOiAiZ3JhY2UiLCAicm9sZSI6ICJGaW5hbmNlIEFkbWl"
        + "uIiwgImlhdCI6IDE4MDAwMDAwMDAsICJleHAiOiAxODAwMDAzNjAwfQ.ZGnrJdlm09olRSdu4nzyhxsMA9pyAQcLu3"
        + "PXlGjmhiCkCduQew7Vu66IEp9wKfxf9cJ2SP1p6EH6m_YUGBjADA"
    static let edDSA = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEAf4c0CvUOQlGS/My8xXIFIyQ45nFAHtE9a47M88i4SH0=
        -----END PUBLIC KEY-----
        """
    private static let p384 = """
        -----BEGIN PUBLIC KEY-----
        MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE4CRDRMUPDK09GkYBGMeqXb/HG5BrdmMd
        cxb9/+G9QFuUYBTf3dC3jKw+6mcDa+74yoRhdTKa91TBn074ujAmXwGsum4rZB5g
        v810X6K0JhC3JK2Qdn7kW35PRKQF/NJz
        -----END PUBLIC KEY-----
        """

    /// A SubjectPublicKeyInfo of RSA, as `openssl rsa -pubout` writes it.
    static func pem(_ key: RSAPublicKey) -> String {
        func der(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
            let count = content.count
            let length = count < 128 ? [UInt8(count)] : [0x82, UInt8(count >> 8), UInt8(count & 0xFF)]
            return [tag] + length + content
        }
        let numbers = der(0x30, der(2, [0] + key.modulus) + der(2, key.exponent))
        let algorithm = der(0x30, [6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1, 5, 0])
        let text = Base64URL.encode(der(0x30, algorithm + der(3, [0] + numbers)))
        let base64 = text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
        return "-----BEGIN PUBLIC KEY-----\n\(String(base64))\n-----END PUBLIC KEY-----\n"
    }

    private func key(_ text: String, _ algorithm: PinnedKey.Algorithm) throws -> PinnedKey {
        try PinnedKey(Array(text.utf8), algorithm: algorithm)
    }

    private static func head(_ text: String) -> String { Base64URL.encode(text.utf8) }

    @Test func `verifies its tokens, from a PEM and from a JSON Web Key`() throws {
        let jwk = (
            es:
                #"{"kty":"EC","crv":"P-256","x":"9vcJE9xFRNYwZPsiekWFcW9_009uw9Ba76-i7vYJEBI","y":"isgVcUFEpunlCBpqIiCn-y3rb1uSbl0JVEHLabLCyRY"}"#,
            ed: #"{"kty":"OKP","crv":"Ed25519","x":"f4c0CvUOQlGS_My8xXIFIyQ45nFAHtE9a47M88i4SH0"}"#
        )
        for text in [Self.es256, jwk.es] {
            #expect(try key(text, .es256).claims(of: Self.es256Token)["sub"]?.string == "4711")
        }
        for text in [Self.edDSA, jwk.ed] {
            #expect(try key(text, .edDSA).claims(of: Self.edDSAToken)["role"]?.string == "Finance Admin")
        }
        let rsa = try RSAPrivateKey.generate()
        let token = try JWS.sign(Array(#"{"sub":"1"}"#.utf8), with: rsa)
        let web = #"{"kty":"RSA","n":"\#(Base64URL.encode(rsa.publicKey.modulus))","e":"AQAB"}"#
        for text in [Self.pem(rsa.publicKey), web] {
            #expect(try key(text, .rs256).claims(of: token)["sub"]?.string == "1")
        }
        #expect(throws: TokenError.wrongSignature) {
            try key(Self.pem(RSAPrivateKey.generate().publicKey), .rs256).claims(of: token)
        }
    }

    @Test func `is for one algorithm, whatever a token says`() throws {
        let es = try key(Self.es256, .es256)
        #expect(throws: TokenError.wrongAlgorithm) { try es.claims(of: Self.edDSAToken) }
        let parts = Self.es256Token.split(separator: ".")
        for algorithm in ["none", "None", "HS256", "RS256", "EdDSA", "ES384", ""] {
            let token = "\(Self.head(#"{"alg":"\#(algorithm)"}"#)).\(parts[1]).\(parts[2])"
            #expect(throws: TokenError.self, "\(algorithm)") { try es.claims(of: token) }
        }
        // The public key as a shared secret.
        let message = Self.head(#"{"alg":"HS256","typ":"JWT"}"#) + "." + parts[1]
        let forged = HMACSHA256.authenticate(Array(message.utf8), key: Array(Self.es256.utf8))
        #expect(throws: TokenError.wrongAlgorithm) { try es.claims(of: message + "." + Base64URL.encode(forged)) }
        // Each part changed, and each left out.
        for index in parts.indices {
            var changed = parts.map(String.init)
            changed[index] = String(changed[index].reversed())
            #expect(throws: TokenError.self) { try es.claims(of: changed.joined(separator: ".")) }
            changed[index] = ""
            #expect(throws: TokenError.self) { try es.claims(of: changed.joined(separator: ".")) }
        }
        let critical = Self.head(#"{"alg":"ES256","crit":["x"],"x":1}"#)
        #expect(throws: TokenError.malformed) { try es.claims(of: "\(critical).\(parts[1]).\(parts[2])") }
    }

    @Test func `is refused when it is none, private, or for something else`() throws {
        let rsa = try RSAPrivateKey.generate()
        let wrong: [(String, PinnedKey.Algorithm)] = [
            ("", .rs256), ("{}", .rs256), ("[]", .es256), (Self.es256, .edDSA), (Self.es256, .rs256),
            (Self.edDSA, .es256), (Self.p384, .es256), (Self.pem(rsa.publicKey), .es256),
            (String(decoding: try rsa.pem(), as: UTF8.self), .rs256),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", .rs256),
            ("-----BEGIN PUBLIC KEY-----\n****\n-----END PUBLIC KEY-----", .edDSA),
            ("-----BEGIN PUBLIC KEY-----\nAAAA", .edDSA),
            (#"{"kty":"oct","k":"AAAA"}"#, .rs256),
            (#"{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#, .edDSA),
            (#"{"kty":"OKP","crv":"X25519","x":"f4c0CvUOQlGS_My8xXIFIyQ45nFAHtE9a47M88i4SH0"}"#, .edDSA),
            (#"{"kty":"OKP","crv":"Ed25519","d":"AAAA","x":"f4c0CvUOQlGS_My8xXIFIyQ45nFAHtE9a47M88i4SH0"}"#, .edDSA),
            (#"{"kty":"OKP","crv":"Ed25519","alg":"ES256","x":"f4c0CvUOQlGS_My8xXIFIyQ45nFAHtE9a47M88i4SH0"}"#, .edDSA),
            (#"{"kty":"OKP","crv":"Ed25519","use":"enc","x":"f4c0CvUOQlGS_My8xXIFIyQ45nFAHtE9a47M88i4SH0"}"#, .edDSA),
            (String(repeating: " ", count: 70_000), .rs256),
        ]
        for (text, algorithm) in wrong {
            #expect(throws: PinnedKey.Problem.self, "\(text.prefix(60)) for \(algorithm)") {
                try PinnedKey(Array(text.utf8), algorithm: algorithm)
            }
        }
    }
}
