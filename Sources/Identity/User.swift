import Base
import HTTP

/// A person with a sign-in. What they may do with money, their books say; the role here is about the installation.
package struct User: Equatable, Sendable {
    package let id: UserID
    package let email: String
    package let emailAsGiven: String
    package var name: PersonName
    package let role: PlatformRole
    package let isEmailVerified: Bool
    package let isActive: Bool
    package let createdAt: Instant
    package let version: Int
    /// What their letters are written in.
    package var language = "en"
    /// The operator demands a second factor of them.
    package var isSecondFactorRequired = false

    /// What the page shows: never empty.
    package var displayName: String {
        name.display ?? name.full ?? String(email.prefix { $0 != "@" })
    }
}

/// A person's name, as far as they gave it.
package struct PersonName: Equatable, Sendable {
    package var first: String?
    package var last: String?
    /// What they want to be called, where it differs from first and last.
    package var display: String?

    package static let characterLimit = 100

    package init(first: String? = nil, last: String? = nil, display: String? = nil) {
        self.first = first.flatMap { $0.isEmpty ? nil : $0 }
        self.last = last.flatMap { $0.isEmpty ? nil : $0 }
        self.display = display.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// From one text, split softly: the last word is the last name when there are two or more. The whole is kept as
    /// the display name, so nothing that somebody calls themselves is lost.
    package init(whole: String) {
        let words = whole.split(whereSeparator: \.isWhitespace)
        let first = words.dropLast(words.count > 1 ? 1 : 0).joined(separator: " ")
        self.init(
            first: Self.cut(first), last: words.count > 1 ? words.last.map(Self.cut) : nil,
            display: words.joined(separator: " "))
    }

    private static func cut(_ text: some StringProtocol) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(characterLimit)))
    }

    package var full: String? {
        let parts = [first, last].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: " ")
    }
}

extension Refusal {
    package static let emailTaken = Refusal(
        .conflict, "DUPLICATE_KEY", "There is an account with this e-mail address already.",
        fields: [FieldError("email", "There is an account with this e-mail address already.")])

    /// The same for an unknown address and a wrong password: who has an account is nobody's business.
    package static let wrongCredentials = Refusal(
        .unauthenticated, "INVALID_CREDENTIALS", "The e-mail address or the password is not right.")

    package static let accountDisabled = Refusal(
        .forbidden, "ACCOUNT_DISABLED", "This account has been disabled. Ask your administrator.")

    package static let tokenExpired = Refusal(
        .unauthenticated, "TOKEN_EXPIRED", "The access token has expired. Refresh it.")
    package static let tokenNotValid = Refusal(
        .unauthenticated, "INVALID_TOKEN", "The access token is not valid. Sign in again.")
    package static let refreshNotValid = Refusal(
        .unauthenticated, "INVALID_REFRESH_TOKEN", "The session has ended. Sign in again.")
    package static let csrfNotValid = Refusal(
        .forbidden, "CSRF_INVALID", "The X-CSRF-Token header is missing or not that of this session.")

    package static func locked(for seconds: Int) -> Refusal {
        Refusal(
            .tooManyRequests, "TOO_MANY_ATTEMPTS",
            "Too many failed attempts to sign in. Try again in \(seconds) seconds.", retryAfter: max(1, seconds))
    }

    package static let registrationClosed = Refusal(
        .forbidden, "REGISTRATION_CLOSED", "New accounts are made by the administrator here.")
    package static let setupNotValid = Refusal(
        .forbidden, "SETUP_TOKEN_INVALID",
        "The set-up link has been used or has expired. Restart the server for a new one.")
    package static let signInBusy = Refusal(
        .unavailable, "SIGN_IN_BUSY", "Many people are signing in right now. Try again in a few seconds.", retryAfter: 3
    )
}
