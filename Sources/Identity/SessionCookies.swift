import Base
import HTTP

/// The page's cookies. Scripts can read one of them only, which is worth nothing without the others.
struct SessionCookies: Sendable {
    static let access = "purser_access"
    static let refresh = "purser_refresh"
    static let csrf = "purser_csrf"

    let isSecure: Bool

    init(request: Request, options: IdentityOptions) {
        isSecure = options.areCookiesSecure ?? request.isSecure
    }

    func set(
        access: String, refresh: String, csrf: String, accessSeconds: Int64, refreshSeconds: Int64
    ) -> [(String, String)] {
        [
            field(Self.access, access, path: "/", seconds: accessSeconds, isHidden: true),
            field(Self.refresh, refresh, path: "/api", seconds: refreshSeconds, isHidden: true),
            self.csrf(csrf, seconds: refreshSeconds),
        ]
    }

    func csrf(_ token: String, seconds: Int64) -> (String, String) {
        field(Self.csrf, token, path: "/", seconds: seconds, isHidden: false)
    }

    var cleared: [(String, String)] {
        [
            field(Self.access, "", path: "/", seconds: 0, isHidden: true),
            field(Self.refresh, "", path: "/api", seconds: 0, isHidden: true),
            field(Self.csrf, "", path: "/", seconds: 0, isHidden: false),
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
