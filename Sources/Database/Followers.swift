import Base
import Glibc
import Synchronization

/// The processes that remember for a moment what a member may do. A change of it is answered only when no process can
/// hold the old truth any more: the change waits, not the reader (ADR 16).
///
/// Each process writes itself down before it remembers anything, and again and again; it remembers only while the last
/// time is not long past. So whoever changes something either sees it in the table or need not care for it.
package final class Followers: Sendable {
    /// How long a process is counted after it was last seen.
    static let countedFor = Duration.seconds(30)
    /// How long a process may go on remembering after it last wrote itself down: less, by far more than a moment.
    static let trustedFor = Duration.seconds(20)
    static let interval = Duration.seconds(5)
    /// The longest that any process remembers anything.
    package static let memory = Duration.seconds(1)

    private enum Tag {}

    private let database: Database
    private let id = Identifier<Tag>.new()
    /// With a margin for the clock.
    private static let wait = memory + .milliseconds(100)
    private let trustedUntil = Mutex<UInt64>(0)

    package init(database: Database) { self.database = database }

    /// Whether this process is known to the others, so that it may remember.
    package var mayRemember: Bool { trustedUntil.withLock { $0 } > monotonicNow() }

    /// Writes this process down until its task is cancelled, and then takes it out again.
    package func run() async {
        while !Task.isCancelled {
            await beat()
            try? await Task.sleep(for: Self.interval)
        }
        trustedUntil.withLock { $0 = 0 }
        _ = try? await database.write("DELETE FROM followers WHERE id = \(id)")
    }

    package func beat() async {
        // From before the statement: the table's time is later, so the others count this process for longer.
        let started = monotonicNow()
        let seen: SQL = """
            INSERT INTO followers (id, seen_at) VALUES (\(id), now()) ON CONFLICT (id) DO UPDATE SET seen_at = now()
            """
        guard
            (try? await database.write([seen, "DELETE FROM followers WHERE seen_at < now() - interval '1 hour'"]))
                != nil
        else { return }
        trustedUntil.withLock { $0 = started + nanoseconds(Self.trustedFor) }
    }

    /// Returns when no other process remembers anything of before. Called after the commit of a change.
    package func settle() async {
        do {
            let others = try await database.write(
                """
                SELECT FROM followers
                WHERE id <> \(id) AND seen_at > now() - \(Self.countedFor.components.seconds) * interval '1 second' LIMIT 1
                """)
            if others.isEmpty { return }
        } catch {
            // Nobody knows, so it waits as if there were others.
        }
        // Also when the caller has gone: their answer may still be on its way.
        await Task { try? await Task.sleep(for: Self.wait) }.value
    }

    private func nanoseconds(_ duration: Duration) -> UInt64 { UInt64(duration.components.seconds) * 1_000_000_000 }

    private func monotonicNow() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
