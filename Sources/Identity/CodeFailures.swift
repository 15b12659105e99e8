import Base
import Cryptography
import Database

extension LockoutPolicy {
    /// Wrong codes, of the device and of recovery, for one account: never locked for longer than an hour, as whoever
    /// causes it has the password already, and its owner has done nothing wrong.
    package static let code = LockoutPolicy(
        limit: 5, window: .seconds(900), firstLock: .seconds(900), longestLock: .seconds(3600), attemptsAfterLock: 5,
        forgetAfter: .seconds(86_400))
}

/// The wrong codes of one account.
struct CodeFailures {
    let queryable: any Queryable
    private let key: [UInt8]

    init(_ queryable: any Queryable, of user: UserID) {
        self.queryable = queryable
        key = SHA256.hash("code:\(user)")
    }

    /// The count, locked until commit: attempts at the same time are looked at in turn.
    func lock(at now: Instant) async throws -> FailureCount {
        _ = try await queryable.run(
            """
            INSERT INTO login_failures (scope, key, failures, window_started_at, last_failed_at)
            VALUES ('code', \(key), 0, \(now), \(now)) ON CONFLICT DO NOTHING
            """)
        let row = try await queryable.first(
            """
            SELECT failures, strikes, window_started_at, last_failed_at, locked_until FROM login_failures
            WHERE scope = 'code' AND key = \(key) FOR UPDATE
            """)
        guard let row else { return FailureCount(at: now) }
        return FailureCount(
            failures: try row.get(0), strikes: try row.get(1), windowStartedAt: try row.get(2),
            lastFailedAt: try row.get(3), lockedUntil: try row.get(4))
    }

    func save(_ count: FailureCount) async throws {
        _ = try await queryable.run(
            """
            UPDATE login_failures SET failures = \(count.failures), strikes = \(count.strikes),
                window_started_at = \(count.windowStartedAt), last_failed_at = \(count.lastFailedAt),
                locked_until = \(count.lockedUntil)
            WHERE scope = 'code' AND key = \(key)
            """)
    }

    func forget() async throws {
        _ = try await queryable.run("DELETE FROM login_failures WHERE scope = 'code' AND key = \(key)")
    }
}
