import Base
import HTTP
import HTTPServer
import Runtime

/// Turns the token of a request into a principal: `Authorization: Bearer`, or else the page's cookie.
package struct Authenticator: Sendable {
    let accounts: Accounts
    /// Nil: keys of programs are not taken.
    let keys: APIKeys?
    /// Nil: tokens of no other system are taken.
    let issued: IssuedTokens?

    package init(accounts: Accounts, keys: APIKeys? = nil, issued: IssuedTokens? = nil) {
        self.accounts = accounts
        self.keys = keys
        self.issued = issued
    }

    /// - Returns: nil when the request carries no credential.
    /// - Throws: 401 for one that is not valid; 403 for a cookie on a changing request without its CSRF token.
    @Sendable package func authenticate(_ request: Request) async throws -> Principal? {
        if let keys, let principal = try await keys.principal(of: request) { return principal }
        // Looked at first: what was said between the two looks is in the second.
        let hearsOthers = accounts.hearsOthers
        let principal: Principal?
        do throws(Refusal) { principal = try self.principal(of: request) } catch {
            // Not one of ours. In a cookie there are ours alone.
            guard let issued, error == .tokenNotValid, let header = request.header("authorization") else { throw error }
            return try await issued.principal(of: Self.bearer(header))
        }
        if !hearsOthers, let session = principal?.sessionOrNil { try await accounts.requireLive(session) }
        return principal
    }

    func principal(of request: Request) throws(Refusal) -> Principal? {
        let now = accounts.clock.now()
        if let header = request.header("authorization") {
            return try Self.principal(try accounts.tokens.verify(Self.bearer(header), at: now), request)
        }
        let cookies = SessionCookies(request: request, options: accounts.options)
        guard let cookie = request.cookie(cookies.access), !cookie.isEmpty else { return nil }
        let claims = try accounts.tokens.verify(cookie, at: now)
        // A cookie comes along with requests that other sites cause; only our own page can add the header.
        if !Self.isSafe(request.wire.method) {
            guard accounts.isCSRFTokenValid(request.header("x-csrf-token"), of: claims.session) else {
                throw .csrfNotValid
            }
        }
        return try Self.principal(claims, request)
    }

    /// Whoever has to set up a second factor may do that, see who they are, and sign out.
    private static func principal(_ claims: AccessClaims, _ request: Request) throws(Refusal) -> Principal {
        if claims.mustEnrol {
            let path = request.wire.path
            guard path.hasPrefix("/api/v1/auth/") || path == "/api/v1/users/me" else { throw .enrolmentNeeded }
        }
        return claims.principal
    }

    static func isSafe(_ method: String) -> Bool {
        method == "GET" || method == "HEAD" || method == "OPTIONS"
    }

    private static func bearer(_ header: String) throws(Refusal) -> Substring {
        guard let blank = header.utf8.firstIndex(of: UInt8(ascii: " ")),
            header[..<blank].lowercased() == "bearer"
        else { throw .tokenNotValid }
        let token = header[header.index(after: blank)...].drop { $0 == " " }
        guard !token.isEmpty else { throw .tokenNotValid }
        return token
    }
}
