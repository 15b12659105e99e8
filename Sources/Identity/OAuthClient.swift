import Base
import Cryptography
import JSON
import Outbound
import Runtime
import Synchronization

/// Speaks with the providers: where their pages are, which keys they sign with, who has just signed in there.
final class OAuthClient: Sendable {
    let providers: [OAuthProvider]
    private let http: HTTPClient
    private let clock: Clock
    private let known = Mutex<[String: Known]>([:])

    /// What was fetched of a provider, and when, in seconds.
    private struct Known {
        var metadata: (value: Metadata, at: Int64)?
        var keys: (value: JWKSet, at: Int64)?
    }

    private static let metadataLifetime: Int64 = 3600
    private static let keysLifetime: Int64 = 600
    /// A token with a key that nobody knows makes us look again, but not more often than this.
    private static let keysPause: Int64 = 60

    init(providers: [OAuthProvider], http: HTTPClient, clock: Clock) {
        self.providers = providers
        self.http = http
        self.clock = clock
    }

    func provider(_ id: String) -> OAuthProvider? { providers.first { $0.id == id } }

    /// A visit to a provider: all of it follows from the token that goes along as `state`.
    struct Visit: Sendable {
        let state: String
        let nonce: String
        let verifier: String
        let redirect: String

        /// Section 4.2 of RFC 7636.
        var challenge: String { Base64URL.encode(SHA256.hash(verifier)) }
    }

    /// What the provider sends the browser back with.
    struct Return: Sendable {
        let code: String
        let issuer: String?
    }

    // MARK: There and back

    /// Where to send the browser.
    ///
    /// - Parameter signsInAnew: asks the provider not to be content with an earlier sign-in. Not all of them heed it.
    func address(of provider: OAuthProvider, _ visit: Visit, signsInAnew: Bool = false) async throws -> String {
        var parameters = [
            ("response_type", "code"), ("client_id", provider.clientID), ("redirect_uri", visit.redirect),
            ("scope", provider.scopes.joined(separator: " ")), ("state", visit.state),
            ("code_challenge", visit.challenge), ("code_challenge_method", "S256"),
        ]
        let page: String
        switch provider.kind {
        case .oidc(let issuer):
            page = try await metadata(issuer).authorization
            parameters.append(("nonce", visit.nonce))
            if signsInAnew { parameters += [("prompt", "login"), ("max_age", "0")] }
        case .github(let server, _): page = server + "/login/oauth/authorize"
        }
        let query = parameters.map { "\($0.0)=\(percentEncoded($0.1))" }.joined(separator: "&")
        return page + (page.contains("?") ? "&" : "?") + query
    }

    func identity(from provider: OAuthProvider, _ back: Return, _ visit: Visit) async throws -> ForeignIdentity {
        switch provider.kind {
        case .oidc(let issuer): try await identity(issuer: issuer, provider, back, visit)
        case .github(let server, let api): try await identity(server: server, api: api, provider, back, visit)
        }
    }

    private func identity(
        issuer: String, _ provider: OAuthProvider, _ back: Return, _ visit: Visit
    ) async throws -> ForeignIdentity {
        let metadata = try await metadata(issuer)
        // RFC 9207: an answer of one provider must not pass for another's.
        if let given = back.issuer {
            guard given == issuer else { throw OAuthFailure("the answer is of another issuer") }
        } else if metadata.namesIssuer {
            throw OAuthFailure("the answer names no issuer")
        }
        let answer = try await token(
            metadata.token, provider, back, visit, takesSecretInBody: metadata.takesSecretInBody)
        guard let text = answer["id_token"]?.string else { throw OAuthFailure("there is no ID token") }
        let accessToken = answer["access_token"]?.string
        let token: ForeignToken
        do { token = try ForeignToken(text) } catch { throw OAuthFailure("the ID token is not accepted: \(error)") }
        guard metadata.algorithms.isEmpty || metadata.algorithms.contains(token.algorithm) else {
            throw OAuthFailure("the ID token's algorithm is none of the provider's")
        }
        let key = try await key(for: token, issuer: issuer, at: metadata.keys)
        let claims: JSONValue
        do { claims = try token.claims(signedBy: key) } catch {
            throw OAuthFailure("the ID token is not accepted: \(error)")
        }
        try IDTokenCheck(issuer: issuer, clientID: provider.clientID, nonce: visit.nonce).check(
            claims, accessToken: accessToken, at: clock.now().secondsSinceEpoch)
        var more: JSONValue?
        if claims["email"] == nil, let userInfo = metadata.userInfo, let accessToken {
            more = try await json(
                .init(userInfo, fields: [("Authorization", "Bearer \(try Self.header(accessToken))")]))
            guard more?["sub"] == claims["sub"] else { throw OAuthFailure("the provider speaks of somebody else") }
        }
        return ForeignIdentity(claims, more: more, provider: provider)
    }

    private func token(
        _ endpoint: String, _ provider: OAuthProvider, _ back: Return, _ visit: Visit, takesSecretInBody: Bool
    ) async throws -> JSONValue {
        var form = [
            ("grant_type", "authorization_code"), ("code", back.code), ("redirect_uri", visit.redirect),
            ("code_verifier", visit.verifier),
        ]
        var fields = [("Accept", "application/json")]
        if provider.clientSecret.isEmpty || takesSecretInBody {
            form.append(("client_id", provider.clientID))
            if !provider.clientSecret.isEmpty { form.append(("client_secret", provider.clientSecret)) }
        } else {
            // Section 2.3.1 of RFC 6749: each is percent-encoded first.
            let pair = percentEncoded(provider.clientID) + ":" + percentEncoded(provider.clientSecret)
            fields.append(("Authorization", "Basic \(Self.base64(Array(pair.utf8)))"))
        }
        return try await json(.init(endpoint, fields: fields, form: form))
    }

    private func json(_ request: HTTPClient.Request) async throws -> JSONValue {
        let response: HTTPClient.Response
        do { response = try await http.send(request) } catch let failure as HTTPClient.Failure {
            throw OAuthFailure(failure.description)
        }
        guard response.status == 200 else { throw OAuthFailure("the provider answers \(response.status)") }
        guard let json = try? JSONValue.parse(response.body, limits: .init(depth: 16, nodes: 20_000, bytes: 1 << 20))
        else { throw OAuthFailure("the provider's answer is no JSON") }
        return json
    }

    /// What goes into a header line must not begin another one.
    private static func header(_ text: String) throws(OAuthFailure) -> String {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw .init("the access token is malformed") }
        return text
    }

    /// With padding, as HTTP's Basic takes it.
    private static func base64(_ bytes: [UInt8]) -> String {
        let text = String(Base64URL.encode(bytes).map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        return text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    }

    // MARK: What providers publish

    struct Metadata: Sendable {
        let authorization: String
        let token: String
        let keys: String
        let userInfo: String?
        let algorithms: [String]
        let takesSecretInBody: Bool
        let namesIssuer: Bool

        /// OpenID Connect Discovery 1.0, section 4.3: the issuer must be exactly the one that was asked.
        init(_ json: JSONValue, issuer: String) throws(OAuthFailure) {
            guard json["issuer"]?.string == issuer else { throw .init("the discovery document is of another issuer") }
            guard let authorization = json["authorization_endpoint"]?.string,
                let token = json["token_endpoint"]?.string,
                let keys = json["jwks_uri"]?.string, Self.isAddress(authorization)
            else { throw .init("the discovery document is incomplete") }
            self.authorization = authorization
            self.token = token
            self.keys = keys
            userInfo = json["userinfo_endpoint"]?.string
            algorithms = json["id_token_signing_alg_values_supported"]?.array?.compactMap(\.string) ?? []
            let ways = json["token_endpoint_auth_methods_supported"]?.array?.compactMap(\.string) ?? []
            takesSecretInBody = !ways.isEmpty && !ways.contains("client_secret_basic")
            namesIssuer = json["authorization_response_iss_parameter_supported"]?.bool ?? false
        }

        /// The browser is sent there: it stands in a header of ours.
        private static func isAddress(_ text: String) -> Bool {
            (text.hasPrefix("https://") || text.hasPrefix("http://")) && !text.contains("#")
                && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        }
    }

    private func metadata(_ issuer: String) async throws -> Metadata {
        let now = clock.now().secondsSinceEpoch
        if let fresh = known.withLock({ $0[issuer]?.metadata }), now < fresh.at + Self.metadataLifetime {
            return fresh.value
        }
        let base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
        let metadata = try Metadata(
            try await json(.init(base + "/.well-known/openid-configuration")), issuer: issuer)
        known.withLock { $0[issuer, default: Known()].metadata = (metadata, now) }
        return metadata
    }

    private func key(for token: ForeignToken, issuer: String, at url: String) async throws -> JWKSet.Key {
        let now = clock.now().secondsSinceEpoch
        let held = known.withLock { $0[issuer]?.keys }
        if let held, now < held.at + Self.keysLifetime {
            if let key = held.value.key(id: token.keyID, algorithm: token.algorithm) { return key }
            guard now >= held.at + Self.keysPause else { throw OAuthFailure("nobody knows the ID token's key") }
        }
        guard let keys = JWKSet(try await json(.init(url))) else { throw OAuthFailure("the key set is malformed") }
        known.withLock { $0[issuer, default: Known()].keys = (keys, now) }
        guard let key = keys.key(id: token.keyID, algorithm: token.algorithm) else {
            throw OAuthFailure("nobody knows the ID token's key")
        }
        return key
    }

    // MARK: GitHub

    private func identity(
        server: String, api: String, _ provider: OAuthProvider, _ back: Return, _ visit: Visit
    ) async throws -> ForeignIdentity {
        let answer = try await token(
            server + "/login/oauth/access_token", provider, back, visit, takesSecretInBody: true)
        guard let token = answer["access_token"]?.string else { throw OAuthFailure("there is no access token") }
        let fields = [
            ("Authorization", "Bearer \(try Self.header(token))"), ("Accept", "application/vnd.github+json"),
        ]
        let user = try await json(.init(api + "/user", fields: fields))
        guard let id = user["id"]?.int else { throw OAuthFailure("the provider names nobody") }
        let addresses = try await json(.init(api + "/user/emails", fields: fields)).array ?? []
        let primary = addresses.first { $0["primary"]?.bool == true && $0["verified"]?.bool == true }
        return ForeignIdentity(
            provider: provider.id, subject: String(id), email: primary?["email"]?.string,
            isEmailVerified: primary != nil, name: user["name"]?.string, hasSecondFactor: false)
    }
}
