import Base
import Database
import JSON

/// A kind of background work. It must be idempotent: after a crash it runs again.
package struct JobKind: Sendable {
    package let name: String
    package let maximumAttempts: Int
    /// How long a worker may take before the job is given to another.
    package let visibility: Duration
    let run: @Sendable (Job) async throws -> Void

    package init(
        _ name: String, maximumAttempts: Int = 8, visibility: Duration = .seconds(120),
        run: @escaping @Sendable (Job) async throws -> Void
    ) {
        self.name = name
        self.maximumAttempts = maximumAttempts
        self.visibility = visibility
        self.run = run
    }
}

/// A failure that may say that another attempt would end the same way: the job becomes a dead letter at once.
package protocol HopelessError: Error {
    var isHopeless: Bool { get }
}

package struct Job: Sendable {
    package let id: Int64
    package let kind: String
    package let payload: JSONValue
    /// 1 at the first attempt.
    package let attempt: Int
}

/// Work that recurs. Each due time runs once, whichever of the processes comes first.
package struct Schedule: Sendable {
    let name: String
    let every: Duration
    let job: String

    package init(_ name: String, every: Duration, job: String) {
        self.name = name
        self.every = every
        self.job = job
    }
}

/// Where events go besides the queue: rows of a table, written by the statement that takes the events out of the outbox,
/// so that each event is there exactly once, and in the order of the commits.
package struct EventSink: Sendable {
    /// A common table expression, `name AS (INSERT … SELECT … FROM taken …)`. `taken` has the columns of `outbox`.
    let statement: SQL
    /// A scalar that is computed after it, `(SELECT …)`; nil for none.
    let result: SQL?

    package init(statement: SQL, result: SQL? = nil) {
        self.statement = statement
        self.result = result
    }
}

/// What the modules contribute: kinds of jobs, which events start them, and what recurs.
package struct JobRegistry: Sendable {
    private(set) var kinds: [String: JobKind] = [:]
    private(set) var listeners: [(event: EventName, kind: String)] = []
    private(set) var schedules: [Schedule] = []
    private(set) var sinks: [EventSink] = []

    package init() {}

    package mutating func add(_ kind: JobKind) {
        precondition(kinds[kind.name] == nil, "Two kinds of job are called \(kind.name).")
        kinds[kind.name] = kind
    }

    package mutating func add(_ sink: EventSink) { sinks.append(sink) }

    package mutating func on(_ event: EventName, run kind: JobKind) {
        if kinds[kind.name] == nil { add(kind) }
        listeners.append((event, kind.name))
    }

    package mutating func every(_ interval: Duration, _ kind: JobKind) {
        if kinds[kind.name] == nil { add(kind) }
        schedules.append(Schedule(kind.name, every: interval, job: kind.name))
    }
}
