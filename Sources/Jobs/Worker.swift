import Base
import Database
import EventLoop
import JSON
import Runtime
import Synchronization

/// Turns events into jobs and runs them, at least once each.
///
/// It looks at the outbox every 200 ms rather than being notified by each commit: NOTIFY takes a lock that makes all
/// commits of the database wait for each other, which halved the rate of durable creates. A job that is put in the
/// queue directly wakes the workers of all processes by NOTIFY.
package final class Worker: Sendable {
    static let eventBatch = 1000
    static let jobBatch = 20
    static let pollInterval = Duration.milliseconds(200)

    private let database: Database
    private let registry: JobRegistry
    private let log: Log
    private let loop: EventLoop
    private let task = Mutex<Task<Void, Never>?>(nil)
    private let succeeded: Counter
    private let failed: Counter

    package init(database: Database, registry: JobRegistry, loop: EventLoop, log: Log, metrics: Metrics) {
        self.database = database
        self.registry = registry
        self.loop = loop
        self.log = log
        succeeded = metrics.counter("purser_jobs_total", "Jobs run.", labels: "outcome=\"succeeded\"")
        failed = metrics.counter("purser_jobs_total", "Jobs run.", labels: "outcome=\"failed\"")
    }

    package func start() {
        let task = Task(executorPreference: loop) { await self.run() }
        self.task.withLock { $0 = task }
    }

    /// Finishes what is running, then stops.
    package func stop() async {
        let task = task.withLock { $0 }
        task?.cancel()
        await task?.value
    }

    private func run() async {
        var pause = Self.pollInterval
        while !Task.isCancelled {
            do {
                let didWork = try await runOnce()
                pause = Self.pollInterval
                if didWork { continue }
            } catch {
                if Task.isCancelled { return }
                log.warning("jobs wait: \(error)")
                pause = min(pause * 2, .seconds(5))
            }
            try? await loop.sleep(for: pause)
        }
    }

    /// One round: schedules, events, jobs. Returns whether there is likely more to do at once.
    package func runOnce() async throws -> Bool {
        let store = JobStore(database.writer)
        for schedule in registry.schedules { try await store.queueDue(schedule) }
        let events = try await JobStore.dispatch(
            registry.listeners, registry.sinks, limit: Self.eventBatch, in: database)
        guard !registry.kinds.isEmpty else { return events == Self.eventBatch }
        let longest = registry.kinds.values.map(\.visibility).max() ?? .seconds(120)
        let jobs = try await store.claim(kinds: Array(registry.kinds.keys), limit: Self.jobBatch, visibility: longest)
        await withTaskGroup(of: Void.self) { group in
            for job in jobs {
                // A shutdown lets a claimed job finish: work cut in the middle would only be done again.
                group.addTask { await self.runUncancelled(job) }
            }
        }
        return events == Self.eventBatch || !jobs.isEmpty
    }

    private func runUncancelled(_ job: JobStore.Claimed) async {
        await Task(executorPreference: loop) { await self.perform(job) }.value
    }

    private func perform(_ claimed: JobStore.Claimed) async {
        let store = JobStore(database.writer)
        guard let kind = registry.kinds[claimed.kind] else { return }
        do {
            // Every attempt ended with its worker, so none could be counted as failed: this one would end the same way.
            guard Int(claimed.attempts) <= kind.maximumAttempts else {
                throw WorkerLost(attempts: kind.maximumAttempts)
            }
            let payload = try JSONValue.parse(claimed.payload)
            try await kind.run(
                Job(id: claimed.id, kind: claimed.kind, payload: payload, attempt: Int(claimed.attempts)))
            try await store.finish(claimed.id, attempt: claimed.attempts)
            succeeded.add()
        } catch {
            failed.add()
            let isHopeless = (error as? any HopelessError)?.isHopeless == true
            let isLast = isHopeless || Int(claimed.attempts) >= kind.maximumAttempts
            log.warning(isLast ? "job is a dead letter" : "job failed, will be tried again") { fields in
                fields.text("kind", claimed.kind)
                fields.number("job", Int(claimed.id))
                fields.number("attempt", Int(claimed.attempts))
                fields.text("error", "\(error)")
            }
            let delay = isLast ? nil : Self.backoff(attempt: Int(claimed.attempts), random: Double.random(in: 0..<1))
            do {
                try await store.fail(claimed.id, attempt: claimed.attempts, error: "\(error)", retryAfter: delay)
            } catch {
                // The lock runs out by itself, and the job is tried again.
                log.warning("a failed job could not be noted: \(error)")
            }
        }
    }

    private struct WorkerLost: Error, CustomStringConvertible {
        let attempts: Int
        var description: String { "its worker died, or took too long, at each of \(attempts) attempts" }
    }

    /// 2 s, 4 s, 8 s … at most an hour, half of it random so that failures do not come back all at once.
    static func backoff(attempt: Int, random: Double) -> Duration {
        let seconds = min(Double(UInt64(1) << UInt64(min(max(attempt, 1), 20))), 3600)
        return .milliseconds(Int64((seconds * 0.5 + seconds * 0.5 * random) * 1000))
    }
}
