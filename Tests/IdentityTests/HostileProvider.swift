import Base
import Cryptography
import HTTPServer
import JSON
import Synchronization
import TestSupport
import Testing

@testable import Identity

/// A sign-in service on loopback that lies when it is told to.
final class HostileProvider: Sendable {
    /// What its ID tokens say, and how; honest unless changed.
    struct Behaviour: Sendable {
        var subject = "subject-1"
        var email: String? = "grace@example.org"
        var isEmailVerified = true
        var userInfoEmail: String?
        var userInfoSubject: String?
        /// Claims put in the place of the honest ones, as JSON; nil removes.
        var claims: [String: String?] = [:]
        /// Instead of the honest head, as JSON.
        var head: String?
        enum Signature: Sendable { case honest, none, otherKey, publicKeyAsSecret }
        var signature = Signature.honest
        var keyID = "key-1"
        var publishedKeyID = "key-1"
        var discoveredIssuer: String?
        var tokenStatus = 200
        var namesIssuer = false
        var takesSecretInBody = false
        var gitHubEmails = "[]"
    }

    let behaviour = Mutex(Behaviour())
    /// What was asked, path by path.
    let asked = Mutex<[String]>([])
    private let expected = Mutex<(nonce: String, challenge: String)>(("", ""))
    private let key: RSAPrivateKey
    private let server: HTTPServer
    private let port = Mutex(0)
    private let clock: TestClock

    var issuer: String { "http://127.0.0.1:\(port.withLock { $0 })" }

    static func run(_ clock: TestClock, _ body: (HostileProvider) async throws -> Void) async throws {
        let provider = try HostileProvider(clock)
        let port = try await provider.server.start()
        provider.port.withLock { $0 = port }
        do {
            try await body(provider)
            await provider.server.drain(grace: .seconds(1))
        } catch {
            await provider.server.drain(grace: .seconds(1))
            throw error
        }
    }

    private init(_ clock: TestClock) throws {
        key = try TestApp.keys.get().current
        self.clock = clock
        let box = HandlerBox()
        server = HTTPServer(
            configuration: HTTPServerConfiguration(), loops: TestDatabase.current.loops,
            handler: { await box.answer($0) }, onWireError: { status, _ in HTTPResponse(status: status) })
        box.provider.withLock { $0 = self }
    }

    private final class HandlerBox: Sendable {
        let provider = Mutex<HostileProvider?>(nil)

        func answer(_ request: HTTPRequest) async -> HTTPResponse {
            guard let provider = provider.withLock({ $0 }) else { return HTTPResponse(status: 500) }
            return await provider.answer(request)
        }
    }

    func provider(id: String = "test", name: String = "Test", trustsFactors: Bool = false) -> OAuthProvider {
        OAuthProvider(
            id: id, name: name, kind: .oidc(issuer: issuer), clientID: "purser", clientSecret: "s3cr:t",
            scopes: ["openid", "email"], trustsFactors: trustsFactors)
    }

    func gitHub() -> OAuthProvider {
        OAuthProvider(
            id: "github", name: "GitHub", kind: .github(server: issuer, api: issuer + "/api/v3"), clientID: "purser",
            clientSecret: "s3cr:t", scopes: ["user:email"], trustsFactors: false)
    }

    /// As its page would, when somebody has signed in there.
    func remember(nonce: String, challenge: String) {
        expected.withLock { $0 = (nonce, challenge) }
    }

    private func answer(_ request: HTTPRequest) async -> HTTPResponse {
        let behaviour = behaviour.withLock { $0 }
        asked.withLock { $0.append(request.path) }
        switch request.path {
        case "/.well-known/openid-configuration":
            let base = issuer
            return Self.json(
                """
                {"issuer":"\(behaviour.discoveredIssuer ?? base)","authorization_endpoint":"\(base)/authorize",
                "token_endpoint":"\(base)/token","jwks_uri":"\(base)/keys","userinfo_endpoint":"\(base)/userinfo",
                "id_token_signing_alg_values_supported":["RS256"],
                "token_endpoint_auth_methods_supported":["\(behaviour.takesSecretInBody ? "client_secret_post" : "client_secret_basic")"],
                "authorization_response_iss_parameter_supported":\(behaviour.namesIssuer)}
                """)
        case "/keys": return Self.json(#"{"keys":[\#(jwk(behaviour.publishedKeyID))]}"#)
        case "/token", "/login/oauth/access_token": return await token(request, behaviour)
        case "/userinfo":
            return Self.json(
                """
                {"sub":"\(behaviour.userInfoSubject ?? behaviour.subject)",\
                "email":\(behaviour.userInfoEmail.map { "\"\($0)\"" } ?? "null"),"email_verified":true}
                """)
        case "/api/v3/user": return Self.json(#"{"id":4711,"login":"grace","name":"Grace Hopper"}"#)
        case "/api/v3/user/emails": return Self.json(behaviour.gitHubEmails)
        default: return HTTPResponse(status: 404)
        }
    }

    private func token(_ request: HTTPRequest, _ behaviour: Behaviour) async -> HTTPResponse {
        let body = String(decoding: (try? await request.body.collect(upTo: 10_000)) ?? [], as: UTF8.self)
        let (nonce, challenge) = expected.withLock { $0 }
        let form = Dictionary(
            body.split(separator: "&").map { pair in
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return (String(parts[0]), String(parts.last ?? ""))
            }, uniquingKeysWith: { first, _ in first })
        // "purser:s3cr%3At" in Base64, or in the body.
        let isClient =
            request.fields["authorization"] == "Basic cHVyc2VyOnMzY3IlM0F0"
            || form["client_id"] == "purser" && form["client_secret"] == "s3cr%3At"
        let isVerified = form["code_verifier"].map { Base64URL.encode(SHA256.hash($0)) == challenge } ?? false
        guard isClient, isVerified, form["code"] == "the%20code", form["grant_type"] == "authorization_code" else {
            return Self.json(#"{"error":"invalid_grant"}"#, status: 400)
        }
        guard behaviour.tokenStatus == 200 else {
            return Self.json("nothing", status: behaviour.tokenStatus)
        }
        return Self.json(
            #"{"access_token":"access","token_type":"Bearer","id_token":"\#(idToken(nonce: nonce, behaviour))"}"#)
    }

    private func idToken(nonce: String, _ behaviour: Behaviour) -> String {
        let now = clock.now.secondsSinceEpoch
        var claims: [String: String] = [
            "iss": "\"\(issuer)\"", "aud": "\"purser\"", "sub": "\"\(behaviour.subject)\"", "exp": "\(now + 300)",
            "iat": "\(now)", "nonce": "\"\(nonce)\"", "email_verified": "\(behaviour.isEmailVerified)",
            "name": "\"Grace Hopper\"",
        ]
        if let email = behaviour.email { claims["email"] = "\"\(email)\"" }
        for (name, value) in behaviour.claims { claims[name] = value }
        let payload = "{" + claims.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
        let head = behaviour.head ?? #"{"alg":"RS256","typ":"JWT","kid":"\#(behaviour.keyID)"}"#
        let message = Base64URL.encode(head.utf8) + "." + Base64URL.encode(payload.utf8)
        let signature: [UInt8]
        switch behaviour.signature {
        case .honest: signature = (try? key.sign(Array(message.utf8))) ?? []
        case .none: signature = []
        case .otherKey: signature = [UInt8](repeating: 7, count: 256)
        case .publicKeyAsSecret:
            signature = HMACSHA256.authenticate(Array(message.utf8), key: Array(jwk(behaviour.keyID).utf8))
        }
        return message + "." + Base64URL.encode(signature)
    }

    private func jwk(_ id: String) -> String {
        """
        {"kty":"RSA","use":"sig","alg":"RS256","kid":"\(id)","n":"\(Base64URL.encode(key.publicKey.modulus))",\
        "e":"\(Base64URL.encode(key.publicKey.exponent))"}
        """
    }

    private static func json(_ text: String, status: Int = 200) -> HTTPResponse {
        HTTPResponse(
            status: status, fields: [("Content-Type", "application/json")], body: .bytes(Array(text.utf8)))
    }
}
