import Base
import Cryptography
import Glibc

/// How many wrong passwords are borne, and what follows.
package struct LockoutPolicy: Equatable, Sendable {
    /// This many failures within the window lock.
    package var limit: Int
    package var window: Duration
    /// The first lock's length; each further one lasts twice as long, up to the longest.
    package var firstLock: Duration
    package var longestLock: Duration
    /// How many failures lock again once a lock has passed.
    package var attemptsAfterLock: Int
    /// After so long without a failure, all is forgiven.
    package var forgetAfter: Duration

    package init(
        limit: Int, window: Duration, firstLock: Duration, longestLock: Duration, attemptsAfterLock: Int,
        forgetAfter: Duration
    ) {
        self.limit = max(1, limit)
        self.window = window
        self.firstLock = firstLock
        self.longestLock = longestLock
        self.attemptsAfterLock = max(1, min(attemptsAfterLock, limit))
        self.forgetAfter = forgetAfter
    }

    /// One account from one address: five in fifteen minutes (INVENTORY G02).
    package static let pair = LockoutPolicy(
        limit: 5, window: .seconds(900), firstLock: .seconds(900), longestLock: .seconds(86_400), attemptsAfterLock: 5,
        forgetAfter: .seconds(86_400))

    /// One account from everywhere: slows a spread attack down to a guess a minute, and never shuts the owner out,
    /// since addresses that the account has signed in from before are exempt.
    package static let account = LockoutPolicy(
        limit: 30, window: .seconds(3600), firstLock: .seconds(1), longestLock: .seconds(60), attemptsAfterLock: 1,
        forgetAfter: .seconds(7200))
}

/// The wrong passwords counted under one key.
package struct FailureCount: Equatable, Sendable {
    package var failures: Int
    package var strikes: Int
    package var windowStartedAt: Instant
    package var lastFailedAt: Instant
    package var lockedUntil: Instant?

    package init(at now: Instant) {
        failures = 0
        strikes = 0
        windowStartedAt = now
        lastFailedAt = now
        lockedUntil = nil
    }

    init(failures: Int, strikes: Int, windowStartedAt: Instant, lastFailedAt: Instant, lockedUntil: Instant?) {
        self.failures = failures
        self.strikes = strikes
        self.windowStartedAt = windowStartedAt
        self.lastFailedAt = lastFailedAt
        self.lockedUntil = lockedUntil
    }

    /// Whole seconds until the lock ends, rounded up; nil when it is open.
    package func secondsLocked(at now: Instant) -> Int? {
        guard let lockedUntil, lockedUntil > now else { return nil }
        return Int((lockedUntil.microseconds - now.microseconds + 999_999) / 1_000_000)
    }

    /// Counts a wrong password. While locked nothing changes: the attempts that were under way when it locked do not
    /// prolong it.
    package mutating func fail(at now: Instant, policy: LockoutPolicy) {
        guard secondsLocked(at: now) == nil else { return }
        if lastFailedAt + policy.forgetAfter <= now {
            self = FailureCount(at: now)
        } else if lockedUntil != nil {
            failures = policy.limit - policy.attemptsAfterLock
            windowStartedAt = now
            lockedUntil = nil
        } else if windowStartedAt + policy.window <= now {
            failures = 0
            windowStartedAt = now
        }
        failures += 1
        lastFailedAt = now
        guard failures >= policy.limit else { return }
        // 2^20 seconds are twelve days: the longest lock is reached long before.
        let length = min(policy.firstLock * (1 << min(strikes, 20)), policy.longestLock)
        lockedUntil = now + length
        strikes = min(strikes + 1, 1000)
    }
}

/// What failures are counted under. Hashed, so that the table holds neither addresses nor what people typed.
struct FailureKeys: Sendable {
    let pair: [UInt8]
    let account: [UInt8]

    init(email: EmailAddress, network: String) {
        account = SHA256.hash(email.normalized)
        pair = SHA256.hash(email.normalized + "\u{0}" + network)
    }
}

/// Who is at the other end of the connection, as far as sessions and lockouts care.
package struct Client: Sendable {
    package let address: String
    package let userAgent: String?
    package let requestID: String?
    /// The one of ours that they asked for first.
    package let language: String
    /// Of the session that their browser has already.
    let refreshToken: RefreshToken?

    package init(
        address: String, userAgent: String?, requestID: String? = nil, language: String = "en",
        refreshToken: RefreshToken? = nil
    ) {
        self.requestID = requestID
        self.language = language
        self.refreshToken = refreshToken
        self.address = String(address.prefix(64))
        self.userAgent = userAgent.map {
            String($0.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7f }.prefix(400).map(Character.init))
        }
    }

    /// The address, or the /64 of an IPv6 one: a household has one, and changes addresses within it at will.
    package var network: String {
        var six = in6_addr()
        guard address.contains(":"), inet_pton(AF_INET6, address, &six) == 1 else { return address }
        return withUnsafeBytes(of: &six) { bytes in
            let mapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
            if mapped { return bytes[12..<16].map(String.init).joined(separator: ".") }
            return bytes.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "/64"
        }
    }
}
