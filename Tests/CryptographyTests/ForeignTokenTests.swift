import Base
import JSON
import Testing

@testable import Cryptography

@Suite struct `Tokens of other services` {
    @Test(.enabled(if: Samples.exist(`Signed messages of others`.wycheproof), "no sample vectors here"))
    func `are signed or not as Wycheproof says, by RS256 and ES256 alone`() throws {
        var accepted: [String: Int] = [:]
        var refused = 0
        let file = try `Signed messages of others`.value(`Signed messages of others`.wycheproof)
        for group in try #require(file["testGroups"]?.array) {
            let jwk = group["public"] ?? group["private"] ?? .null
            let keys = try #require(JWKSet(.object([("keys", .array([jwk]))])))
            for test in try #require(group["tests"]?.array) {
                guard let text = test["jws"]?.string else { continue }
                var isSigned = false
                if let token = try? ForeignToken(text), let key = keys.key(id: nil, algorithm: token.algorithm) {
                    isSigned = token.isSigned(by: key)
                    if isSigned { accepted[token.algorithm, default: 0] += 1 }
                }
                if isSigned {
                    #expect(
                        test["result"]?.string == "valid", "\(test["tcId"]?.int ?? 0) \(test["comment"]?.string ?? "")")
                } else {
                    refused += 1
                }
            }
        }
        #expect(accepted["RS256", default: 0] > 0)
        #expect(accepted["ES256", default: 0] > 0)
        #expect(accepted.count == 2)
        #expect(refused > 300)
    }

    @Test func `with five parts, as encrypted ones have, are refused`() {
        for text in ["a.b.c.d.e", "", ".", "..", "a.b", "e30.e30.", "e30.e30.e30"] {
            #expect(throws: TokenError.self, "\(text)") { try ForeignToken(text) }
        }
    }

    @Test func `find their key by its name, and without one only where there is no choice`() throws {
        let x = Base64URL.encode(bytes(hex: `Keys of authenticators`.x))
        let y = Base64URL.encode(bytes(hex: `Keys of authenticators`.y))
        func keys(_ members: String...) throws -> JWKSet {
            let list = members.map { #"{"kty":"EC","crv":"P-256","x":"\#(x)","y":"\#(y)"\#($0)}"# }
            return try #require(JWKSet(try JSONValue.parse(#"{"keys":[\#(list.joined(separator: ","))]}"#)))
        }
        #expect(try keys(#","kid":"a""#).key(id: "a", algorithm: "ES256") != nil)
        #expect(try keys(#","kid":"a""#).key(id: "b", algorithm: "ES256") == nil)
        #expect(try keys(#","kid":"a""#).key(id: nil, algorithm: "ES256") != nil)
        #expect(try keys(#","kid":"a""#).key(id: "a", algorithm: "RS256") == nil)
        #expect(try keys(#","kid":"a""#, #","kid":"b""#).key(id: nil, algorithm: "ES256") == nil)
        #expect(try keys(#","kid":"a""#, #","kid":"a""#).key(id: "a", algorithm: "ES256") == nil)
        #expect(try keys(#","kid":"a","use":"enc""#).key(id: "a", algorithm: "ES256") == nil)
        #expect(try keys(#","kid":"a","alg":"ES384""#).key(id: "a", algorithm: "ES256") == nil)
        #expect(JWKSet(.null) == nil)
    }
}
