import Base
import Cryptography
import Runtime

/// What an operator can set about accounts.
package enum IdentitySettings {
    package static let accessLifetime = Setting.duration(
        "access-token-lifetime", default: "15m", "How long an access token is valid.")
    package static let refreshLifetime = Setting.duration(
        "refresh-token-lifetime", default: "30d", "How long a session lives without being used.")
    package static let sessionLifetime = Setting.duration(
        "session-max-lifetime", default: "90d", "How long a session lives however much it is used.")
    package static let refreshGrace = Setting.duration(
        "refresh-grace", default: "10s",
        "How long the page's used refresh cookie still works, for tabs that refresh at the same moment; 0s: not at all."
    )
    package static let registration = Setting<String>.choice(
        "registration", of: ["open", "verified", "closed"], default: "open",
        "Whether anybody may open an account; verified: only by the link in a letter, which tells nobody who has one.")
    package static let termsRequired = Setting.flag(
        "terms-required", default: false, "Whether registering needs \"terms\": true.")
    package static let requireMFA = Setting<String>.choice(
        "require-mfa", of: SecondFactorDemand.allCases.map(\.rawValue), default: "none",
        "Who must sign in with a second factor; `purser user require-mfa` demands it of single people.")
    package static let issuer = Setting.text(
        "token-issuer", default: "purser", "The issuer named in access tokens.")
    package static let audience = Setting.text(
        "token-audience", default: "purser", "The audience named in access tokens.")
    package static let cookieSecure = Setting<String>.choice(
        "cookie-secure", of: ["auto", "always", "never"], default: "auto",
        "Whether cookies are sent over TLS only; auto: when the request came over TLS.")
    package static let breachedPasswords = Setting.text(
        "breached-passwords", default: "",
        "Passwords that have leaked, which nobody may choose: a file of sorted SHA-1 hashes, or the URL of a range service such as https://api.pwnedpasswords.com/range/."
    )
    package static let passwordMemory = Setting.number(
        "password-memory", in: 8192...1_048_576, default: Int(Argon2id.Parameters.standard.memoryKiB),
        "KiB that hashing a password takes.")
    package static let passwordPasses = Setting.number(
        "password-passes", in: 1...16, default: Int(Argon2id.Parameters.standard.iterations),
        "Passes over that memory.")
    package static let passwordConcurrency = Setting.number(
        "password-concurrency", in: 0...256, default: 0, "How many passwords are hashed at once; 0: one a core.")
    package static let passwordQueue = Setting.number(
        "password-queue", in: 0...10_000, default: 64, "How many may wait to be hashed; beyond it sign-in answers 503.")
    package static let loginAttempts = Setting.number(
        "login-attempts", in: 1...1000, default: 5,
        "Wrong passwords for one account from one address within login-window before it is locked.")
    package static let loginWindow = Setting.duration(
        "login-window", default: "15m", "In which wrong passwords are counted, and how long the first lock lasts.")

    package static let deletionGrace = Setting.duration(
        "account-deletion-grace", default: "30d",
        "How long a deleted account can be had back by signing in, before it is erased.")

    package static let all: [SettingDeclaration] = [
        accessLifetime.declaration, refreshLifetime.declaration, sessionLifetime.declaration, refreshGrace.declaration,
        registration.declaration,
        termsRequired.declaration, requireMFA.declaration, issuer.declaration, audience.declaration,
        cookieSecure.declaration, breachedPasswords.declaration,
        passwordMemory.declaration, passwordPasses.declaration, passwordConcurrency.declaration,
        passwordQueue.declaration, loginAttempts.declaration, loginWindow.declaration, deletionGrace.declaration,
    ]
}

extension IdentityOptions {
    package init(_ configuration: Configuration) {
        self.init()
        refreshLifetime = configuration[IdentitySettings.refreshLifetime]
        sessionLifetime = configuration[IdentitySettings.sessionLifetime]
        cookieGrace = configuration[IdentitySettings.refreshGrace]
        isRegistrationOpen = configuration[IdentitySettings.registration] != "closed"
        isLinkNeededToRegister = configuration[IdentitySettings.registration] == "verified"
        secondFactorDemand = SecondFactorDemand(rawValue: configuration[IdentitySettings.requireMFA]) ?? .none
        deletionGrace = configuration[IdentitySettings.deletionGrace]
        areTermsRequired = configuration[IdentitySettings.termsRequired]
        let attempts = configuration[IdentitySettings.loginAttempts]
        let window = configuration[IdentitySettings.loginWindow]
        pairLockout = LockoutPolicy(
            limit: attempts, window: window, firstLock: window, longestLock: max(window, .seconds(86_400)),
            attemptsAfterLock: attempts, forgetAfter: max(window, .seconds(86_400)))
        switch configuration[IdentitySettings.cookieSecure] {
        case "always": areCookiesSecure = true
        case "never": areCookiesSecure = false
        default: areCookiesSecure = nil
        }
    }
}
