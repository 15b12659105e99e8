import Base
import Database
import JSON

/// Every statement that touches `outbox`, `jobs` and `schedules`.
package struct JobStore: Sendable {
    let connection: any Queryable
    package init(_ connection: any Queryable) { self.connection = connection }

    package func enqueue(_ kind: String, payload: [UInt8], after delay: Duration = .zero) async throws {
        _ = try await connection.query(
            """
            INSERT INTO jobs (kind, payload, run_at)
            VALUES (\(kind), \(JSONText(payload)), now() + \(delay.milliseconds) * interval '1 millisecond')
            """)
    }

    /// Any number that nothing else uses.
    private static let dispatchLock: Int64 = 7_075_736_823

    /// Turns waiting events into one job for each listener and one row in each sink. Returns how many were taken.
    ///
    /// One worker at a time: so the rows of a sink are numbered in the order in which they are committed, and whoever
    /// reads on from a number misses none.
    static func dispatch(
        _ listeners: [(event: EventName, kind: String)], _ sinks: [EventSink], limit: Int, in database: Database
    ) async throws -> Int {
        let results = try await database.write([
            "SELECT pg_advisory_xact_lock(\(dispatchLock))", dispatch(listeners, sinks, limit: limit),
        ])
        return try results.last?.first?.get(0) ?? 0
    }

    private static func dispatch(
        _ listeners: [(event: EventName, kind: String)], _ sinks: [EventSink], limit: Int
    ) -> SQL {
        var statement: SQL =
            """
            WITH taken AS (
                DELETE FROM outbox
                WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT \(limit) FOR UPDATE SKIP LOCKED)
                RETURNING id, name, book_id, user_id, data, occurred_at, address, request_id
            ), queued AS (
                INSERT INTO jobs (kind, payload)
                SELECT l.kind, jsonb_build_object(
                    'id', t.id, 'type', t.name, 'source', 'purser', 'timestamp', t.occurred_at, 'bookId', t.book_id,
                    'metadata', jsonb_build_object('userId', t.user_id, 'version', 1), 'data', t.data)
                FROM taken t
                JOIN unnest(\(listeners.map(\.event.rawValue)), \(listeners.map(\.kind))) AS l (name, kind) ON l.name = t.name
                ORDER BY t.id
            )
            """
        for sink in sinks {
            statement.append(SQL.fragment(", "))
            statement.append(sink.statement)
        }
        statement.append(SQL.fragment(" SELECT count(*)"))
        for sink in sinks {
            guard let result = sink.result else { continue }
            statement.append(SQL.fragment(", "))
            statement.append(result)
        }
        statement.append(SQL.fragment(" FROM taken"))
        return statement
    }

    struct Claimed: Sendable {
        let id: Int64
        let kind: String
        let payload: [UInt8]
        let attempts: Int32
    }

    /// Takes due jobs of these kinds for as long as `visibility`.
    func claim(kinds: [String], limit: Int, visibility: Duration) async throws -> [Claimed] {
        let rows = try await connection.query(
            """
            UPDATE jobs SET locked_until = now() + \(visibility.milliseconds) * interval '1 millisecond', attempts = attempts + 1
            WHERE id IN (
                SELECT id FROM jobs
                WHERE dead_at IS NULL AND run_at <= now() AND (locked_until IS NULL OR locked_until < now())
                    AND kind = ANY(\(kinds))
                ORDER BY run_at LIMIT \(limit) FOR UPDATE SKIP LOCKED
            )
            RETURNING id, kind, payload::text, attempts
            """)
        return try rows.map {
            Claimed(
                id: try $0.get(0), kind: try $0.get(1), payload: Array(try $0.get(2, as: String.self).utf8),
                attempts: try $0.get(3))
        }
    }

    func finish(_ id: Int64, attempt: Int32) async throws {
        _ = try await connection.query("DELETE FROM jobs WHERE id = \(id) AND attempts = \(attempt)")
    }

    /// Tries again after `delay`; without one the job becomes a dead letter.
    func fail(_ id: Int64, attempt: Int32, error: String, retryAfter delay: Duration?) async throws {
        _ = try await connection.query(
            """
            UPDATE jobs
            SET locked_until = NULL, last_error = \(String(error.prefix(2000))),
                run_at = CASE WHEN \(delay == nil) THEN run_at ELSE now() + \((delay ?? .zero).milliseconds) * interval '1 millisecond' END,
                dead_at = CASE WHEN \(delay == nil) THEN now() END
            WHERE id = \(id) AND attempts = \(attempt)
            """)
    }

    /// Queues a job for each schedule that is due. A missed time runs once, not once for each time missed.
    func queueDue(_ schedule: Schedule) async throws {
        _ = try await connection.query(
            """
            WITH known AS (
                INSERT INTO schedules (name, next_run_at) VALUES (\(schedule.name), now()) ON CONFLICT (name) DO NOTHING
            ), due AS (
                UPDATE schedules SET last_run_at = now(), next_run_at = now() + \(schedule.every.milliseconds) * interval '1 millisecond'
                WHERE name = \(schedule.name) AND next_run_at <= now()
                RETURNING name
            )
            INSERT INTO jobs (kind, payload) SELECT \(schedule.job), '{}' FROM due
            """)
    }

    // MARK: For the operator

    package struct Listed: Sendable {
        package let id: Int64
        package let kind: String
        package let state: String
        package let attempts: Int32
        package let runAt: Instant
        package let lastError: String?
    }

    package func list(onlyDead: Bool, limit: Int) async throws -> [Listed] {
        let rows = try await connection.query(
            """
            SELECT id, kind,
                CASE WHEN dead_at IS NOT NULL THEN 'dead' WHEN locked_until > now() THEN 'running'
                    WHEN run_at > now() THEN 'waiting' ELSE 'ready' END,
                attempts, run_at, last_error
            FROM jobs WHERE (NOT \(onlyDead) OR dead_at IS NOT NULL)
            ORDER BY id LIMIT \(limit)
            """)
        return try rows.map {
            Listed(
                id: try $0.get(0), kind: try $0.get(1), state: try $0.get(2), attempts: try $0.get(3),
                runAt: try $0.get(4),
                lastError: try $0.get(5))
        }
    }

    /// Gives dead letters another full set of attempts. Nil means all of them.
    package func retry(_ ids: [Int64]?) async throws -> Int {
        try await connection.run(
            """
            UPDATE jobs SET dead_at = NULL, attempts = 0, run_at = now(), locked_until = NULL
            WHERE dead_at IS NOT NULL AND (\(ids == nil) OR id = ANY(\(ids ?? [])))
            """)
    }

    package func drop(_ ids: [Int64]?) async throws -> Int {
        try await connection.run(
            "DELETE FROM jobs WHERE dead_at IS NOT NULL AND (\(ids == nil) OR id = ANY(\(ids ?? [])))")
    }

    package func depth() async throws -> (outbox: Int, ready: Int, dead: Int) {
        let row = try await connection.first(
            """
            SELECT (SELECT count(*) FROM outbox), count(*) FILTER (WHERE dead_at IS NULL), count(*) FILTER (WHERE dead_at IS NOT NULL)
            FROM jobs
            """)
        guard let row else { return (0, 0, 0) }
        return (try row.get(0), try row.get(1), try row.get(2))
    }
}

extension Duration {
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
