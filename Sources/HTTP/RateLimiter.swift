import Base
import Synchronization

/// Which allowance a route draws from.
package enum RateLimitClass: Int, Sendable, CaseIterable {
    /// Everyday calls: per user when signed in, else per address.
    case general
    /// Attempts to prove who one is: per address, tighter.
    case credentials
    /// Looking for people: tight enough that nobody tries whole lists of addresses.
    case people
}

package struct RateLimits: Sendable {
    package var isEnabled: Bool
    /// Requests a window for an address that is not signed in (INVENTORY C45).
    package var anonymous: Int
    /// Requests a window for a signed-in user. One view of the page makes several.
    package var signedIn: Int
    package var credentials: Int
    package var people: Int
    package var window: Duration

    package init(
        isEnabled: Bool = true, anonymous: Int = 100, signedIn: Int = 3000, credentials: Int = 30,
        people: Int = 30, window: Duration = .seconds(900)
    ) {
        self.isEnabled = isEnabled
        self.anonymous = anonymous
        self.signedIn = signedIn
        self.credentials = credentials
        self.people = people
        self.window = window
    }
}

/// Counts requests in fixed windows, for each key apart, in bounded memory.
final class RateLimiter: Sendable {
    struct Decision {
        let limit: Int
        let remaining: Int
        let resetSeconds: Int
        let windowSeconds: Int
        var isAllowed: Bool { remaining >= 0 }
    }

    private struct Window {
        var endsAt: Int64
        var count: Int
    }

    /// Keys kept in one shard. When full, what has ended is dropped; then, should that not help, everything: under a
    /// flood of addresses a forgotten count is better than memory without end.
    static let maximumKeysPerShard = 20_000
    private let shards: [Shard]
    private let limits: RateLimits

    private final class Shard: Sendable {
        let windows = Mutex<[Key: Window]>([:])
    }

    struct Key: Hashable {
        let limitClass: RateLimitClass
        let user: UserID?
        let address: String
    }

    init(_ limits: RateLimits) {
        self.limits = limits
        shards = (0..<8).map { _ in Shard() }
    }

    func count(_ limitClass: RateLimitClass, user: UserID?, address: String, at now: Instant) -> Decision? {
        guard limits.isEnabled else { return nil }
        let limit =
            switch limitClass {
            case .general: user == nil ? limits.anonymous : limits.signedIn
            case .credentials: limits.credentials
            case .people: limits.people
            }
        let key = Key(limitClass: limitClass, user: user, address: user == nil ? address : "")
        let seconds = now.microseconds / 1_000_000
        let windowSeconds = max(1, limits.window.components.seconds)
        let shard = Int(UInt(bitPattern: key.hashValue) % UInt(shards.count))
        let window = shards[shard].windows.withLock { windows in
            if windows.count >= Self.maximumKeysPerShard && windows[key] == nil {
                windows = windows.filter { $0.value.endsAt > seconds }
                if windows.count >= Self.maximumKeysPerShard { windows.removeAll(keepingCapacity: true) }
            }
            var window = windows[key] ?? Window(endsAt: seconds + windowSeconds, count: 0)
            if window.endsAt <= seconds { window = Window(endsAt: seconds + windowSeconds, count: 0) }
            window.count = min(window.count + 1, limit + 1)
            windows[key] = window
            return window
        }
        return Decision(
            limit: limit, remaining: limit - window.count, resetSeconds: Int(max(1, window.endsAt - seconds)),
            windowSeconds: Int(windowSeconds))
    }
}

extension RateLimiter.Decision {
    var fields: [(String, String)] {
        [
            ("RateLimit-Limit", String(limit)), ("RateLimit-Remaining", String(max(0, remaining))),
            ("RateLimit-Reset", String(resetSeconds)), ("RateLimit-Policy", "\(limit);w=\(windowSeconds)"),
        ]
    }
}
