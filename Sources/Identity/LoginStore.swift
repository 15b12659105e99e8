import Base
import Database

/// What a sign-in needs to know before it looks at the password.
struct LoginRecord: Sendable {
    let user: User?
    let passwordHash: String?
    let passwordChangedAt: Instant?
    /// The account has signed in from this network before.
    let isKnownNetwork: Bool
    let failures: Failures

    struct Failures: Sendable {
        var pair: FailureCount?
        var account: FailureCount?

        /// Seconds until another attempt is looked at; nil when one may be made now.
        func secondsLocked(knownNetwork: Bool, at now: Instant) -> Int? {
            let account = knownNetwork ? nil : account?.secondsLocked(at: now)
            return [pair?.secondsLocked(at: now), account].compactMap(\.self).max()
        }
    }
}

/// Every statement that touches `login_failures`, and the one that a sign-in begins with.
struct LoginStore {
    let queryable: any Queryable

    /// One statement for known and unknown addresses alike.
    static func find(
        _ database: Database, email: EmailAddress, keys: FailureKeys, network: String
    ) async throws -> LoginRecord {
        let rows = try await database.pipeline([
            """
            SELECT \(UserStore.columns), users.password_hash, users.password_changed_at,
                EXISTS (SELECT 1 FROM sessions WHERE user_id = users.id AND network = \(network))
            FROM users WHERE email = \(email.normalized)
            """,
            selection(keys),
        ])
        guard rows.count == 2 else { throw DatabaseError(.decoding, "two results expected") }
        let failures = try failures(rows[1])
        guard let row = rows[0].first else {
            return LoginRecord(
                user: nil, passwordHash: nil, passwordChangedAt: nil, isKnownNetwork: false, failures: failures)
        }
        return LoginRecord(
            user: try User(row), passwordHash: try row.get(UserStore.columnCount),
            passwordChangedAt: try row.get(UserStore.columnCount + 1),
            isKnownNetwork: try row.get(UserStore.columnCount + 2),
            failures: failures)
    }

    private static func selection(_ keys: FailureKeys) -> SQL {
        """
        SELECT scope, failures, strikes, window_started_at, last_failed_at, locked_until FROM login_failures
        WHERE (scope = 'pair' AND key = \(keys.pair)) OR (scope = 'account' AND key = \(keys.account))
        ORDER BY scope
        """
    }

    private static func failures(_ rows: Rows) throws -> LoginRecord.Failures {
        var found = LoginRecord.Failures()
        for row in rows {
            let count = FailureCount(
                failures: try row.get(1), strikes: try row.get(2), windowStartedAt: try row.get(3),
                lastFailedAt: try row.get(4), lockedUntil: try row.get(5))
            if try row.get(0, as: String.self) == "pair" { found.pair = count } else { found.account = count }
        }
        return found
    }

    /// Locks both counts until commit, always in the same order.
    func lock(_ keys: FailureKeys) async throws -> LoginRecord.Failures {
        try Self.failures(try await queryable.query("\(Self.selection(keys)) FOR UPDATE"))
    }

    /// Makes sure that both rows are there to be locked.
    func prepare(_ keys: FailureKeys, at now: Instant) async throws {
        for (scope, key) in [("account", keys.account), ("pair", keys.pair)] {
            _ = try await queryable.run(
                """
                INSERT INTO login_failures (scope, key, failures, window_started_at, last_failed_at)
                VALUES (\(scope), \(key), 0, \(now), \(now)) ON CONFLICT DO NOTHING
                """)
        }
    }

    func save(_ failures: LoginRecord.Failures, _ keys: FailureKeys) async throws {
        for (scope, key, count) in [("account", keys.account, failures.account), ("pair", keys.pair, failures.pair)] {
            guard let count else { continue }
            _ = try await queryable.run(
                """
                UPDATE login_failures SET failures = \(count.failures), strikes = \(count.strikes),
                    window_started_at = \(count.windowStartedAt), last_failed_at = \(count.lastFailedAt),
                    locked_until = \(count.lockedUntil)
                WHERE scope = \(scope) AND key = \(key)
                """)
        }
    }

    /// Whether the owner has to be told of this lock: once a day. Asked and noted in one, for accounts that do not exist
    /// too.
    func noteTold(_ keys: FailureKeys, at now: Instant) async throws -> Bool {
        try await queryable.run(
            """
            UPDATE login_failures SET told_at = \(now)
            WHERE scope = 'pair' AND key = \(keys.pair)
                AND (told_at IS NULL OR told_at < \(now - .seconds(86_400)))
            """) == 1
    }

    /// Both counts: whoever has read the account's mail is let in again.
    func forget(_ keys: FailureKeys) async throws {
        _ = try await queryable.run(
            """
            DELETE FROM login_failures
            WHERE (scope = 'pair' AND key = \(keys.pair)) OR (scope = 'account' AND key = \(keys.account))
            """)
    }

    func forgetPair(_ keys: FailureKeys) async throws {
        _ = try await queryable.run("DELETE FROM login_failures WHERE scope = 'pair' AND key = \(keys.pair)")
    }
}
