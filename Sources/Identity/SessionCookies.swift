import Base
import HTTP

/// The page's cookies. Scripts can read one of them only, which is worth nothing without the others.
struct SessionCookies: Sendable {
    static let access = "purser_access"
    static let refresh = "purser_refresh"
    static let csrf = "purser_csrf"

    /// Whether they go over TLS alone. Browsers then see to it that nobody else sets them: no page without TLS, and for
    /// `__Host-` no neighbour under the same domain either. So the plain names are not read there.
    let isSecure: Bool

    var access: String { isSecure ? "__Host-" + Self.access : Self.access }
    /// Sent to the API only; `__Host-` would have it sent with every file of the page.
    var refresh: String { isSecure ? "__Secure-" + Self.refresh : Self.refresh }
    var csrf: String { isSecure ? "__Host-" + Self.csrf : Self.csrf }

    init(request: Request, options: IdentityOptions) {
        isSecure = options.areCookiesSecure ?? request.isSecure
    }

    /// Under either name: good for ending the session and nothing else, and only who has it can name it.
    static func refreshToken(of request: Request) -> RefreshToken? {
        (request.cookie("__Secure-" + refresh) ?? request.cookie(refresh)).flatMap { RefreshToken($0) }
    }

    func set(
        access: String, refresh: String, csrf: String, accessSeconds: Int64, refreshSeconds: Int64
    ) -> [(String, String)] {
        [
            field(self.access, access, path: "/", seconds: accessSeconds, isHidden: true),
            field(self.refresh, refresh, path: "/api", seconds: refreshSeconds, isHidden: true),
            self.csrf(csrf, seconds: refreshSeconds),
        ]
    }

    func csrf(_ token: String, seconds: Int64) -> (String, String) {
        field(csrf, token, path: "/", seconds: seconds, isHidden: false)
    }

    var cleared: [(String, String)] {
        [
            field(access, "", path: "/", seconds: 0, isHidden: true),
            field(refresh, "", path: "/api", seconds: 0, isHidden: true),
            field(csrf, "", path: "/", seconds: 0, isHidden: false),
        ]
    }

    private func field(_ name: String, _ value: String, path: String, seconds: Int64, isHidden: Bool) -> (
        String, String
    ) {
        var text = "\(name)=\(value); Path=\(path); Max-Age=\(seconds); SameSite=Lax"
        if isHidden { text += "; HttpOnly" }
        if isSecure { text += "; Secure" }
        return ("Set-Cookie", text)
    }
}
