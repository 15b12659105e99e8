import Base
import Database
import EventLoop
import JSON
import Runtime
import Synchronization
import TestSupport
import Testing

@testable import Jobs

extension Trait where Self == DatabaseTrait {
    static var jobs: DatabaseTrait { .database(migrations: JobsModule.migrations) }
}

private struct Failure: Error, CustomStringConvertible { let description = "it \u{1F4A5} failed" }

/// What was run, in which order.
private final class Record: Sendable {
    private let list = Mutex<[String]>([])
    func add(_ text: String) { list.withLock { $0.append(text) } }
    var all: [String] { list.withLock { $0 } }
}

private struct World: Sendable {
    let database = TestDatabase.current.database
    var store: JobStore { JobStore(database.writer) }

    func worker(_ configure: (inout JobRegistry) -> Void) -> Worker {
        var registry = JobRegistry()
        configure(&registry)
        return Worker(
            database: database, registry: registry, loop: TestDatabase.current.loops.next(), log: .silent,
            metrics: Metrics())
    }

    func runAll(_ worker: Worker) async throws {
        var rounds = 0
        while try await worker.runOnce(), rounds < 100 { rounds += 1 }
    }

    func count(_ sql: SQL) async throws -> Int { Int(try await database.first(sql)?.get(0, as: Int64.self) ?? -1) }
    func run(_ sql: SQL) async throws { _ = try await database.writer.query(sql) }
    func enqueue(_ kind: String, _ payload: String = "{}") async throws {
        try await store.enqueue(kind, payload: Array(payload.utf8))
    }
    /// As if the time had come.
    func makeDue() async throws { try await run("UPDATE jobs SET run_at = now() - interval '1 second'") }
    /// As if the worker had died and the time of its claim had passed.
    func expireClaims() async throws {
        try await run("UPDATE jobs SET locked_until = now() - interval '1 second' WHERE locked_until IS NOT NULL")
    }
}

extension EventName {
    fileprivate static let paid = EventName("bill.paid")
    fileprivate static let lost = EventName("bill.lost")
}

@Suite(.tags(.store), .jobs) struct `An event` {
    @Test func `becomes one job for each that listens, and none for anybody else`() async throws {
        let world = World()
        let record = Record()
        let first = JobKind("first") { record.add("first \($0.payload["data"]?["number"]?.numberText ?? "?")") }
        let second = JobKind("second") { record.add("second \($0.payload["data"]?["number"]?.numberText ?? "?")") }
        let other = JobKind("other") { _ in record.add("other") }
        let worker = world.worker { registry in
            registry.on(.paid, run: first)
            registry.on(.paid, run: second)
            registry.on(.lost, run: first)
            registry.add(other)
        }
        let user = UserID.new()
        for (name, number) in [(EventName.paid, 1), (.lost, 2), (EventName("bill.unheard"), 3), (.paid, 4)] {
            try await world.database.writer.publish(
                Event(name, user: user) { data in
                    data.key("number")
                    data.int(Int64(number))
                })
        }
        try await world.runAll(worker)
        #expect(record.all.sorted() == ["first 1", "first 2", "first 4", "second 1", "second 4"])
        #expect(try await world.count("SELECT count(*) FROM outbox") == 0)
        #expect(try await world.count("SELECT count(*) FROM jobs") == 0)
    }

    @Test func `tells what happened, to whom and when`() async throws {
        let world = World()
        let payload = Mutex<JSONValue>(.null)
        let worker = world.worker { $0.on(.paid, run: JobKind("k") { job in payload.withLock { $0 = job.payload } }) }
        let (book, user) = (BookID.new(), UserID.new())
        try await world.database.writer.publish(
            Event(.paid, book: book, user: user) { data in
                data.key("text")
                data.string("\"hostile\" \\ \u{1F600} 'x'")
            })
        try await world.runAll(worker)
        let seen = payload.withLock { $0 }
        #expect(seen["type"] == .string("bill.paid") && seen["bookId"] == .string("\(book)"))
        #expect(seen["metadata"]?["userId"] == .string("\(user)"))
        #expect(seen["data"]?["text"] == .string("\"hostile\" \\ \u{1F600} 'x'"))
        #expect(seen["timestamp"]?.string?.isEmpty == false)
    }

    @Test func `is not published by a transaction that is undone`() async throws {
        let world = World()
        await #expect(throws: Failure.self) {
            try await world.database.transaction { transaction in
                try await transaction.publish(Event(.paid) { _ in })
                throw Failure()
            }
        }
        #expect(try await world.count("SELECT count(*) FROM outbox") == 0)
        try await world.database.transaction { try await $0.publish(Event(.paid) { _ in }) }
        #expect(try await world.count("SELECT count(*) FROM outbox") == 1)
    }

    @Test func `is taken by one of several workers`() async throws {
        let world = World()
        let record = Record()
        let workers = (0..<3).map { _ in
            world.worker {
                $0.on(.paid, run: JobKind("k") { record.add($0.payload["data"]?["number"]?.numberText ?? "?") })
            }
        }
        for number in 0..<150 {
            try await world.database.writer.publish(
                Event(.paid) { data in
                    data.key("number")
                    data.int(Int64(number))
                })
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in workers { group.addTask { try await world.runAll(worker) } }
            try await group.waitForAll()
        }
        for worker in workers { try await world.runAll(worker) }
        #expect(record.all.count == 150)
        #expect(Set(record.all) == Set((0..<150).map(String.init)))
    }
}

@Suite(.tags(.store), .jobs) struct `A job` {
    @Test func `that fails is tried again later, and becomes a dead letter in the end`() async throws {
        let world = World()
        let record = Record()
        let worker = world.worker { registry in
            registry.add(
                JobKind("k", maximumAttempts: 3) { job in
                    record.add("\(job.attempt)")
                    throw Failure()
                })
        }
        try await world.enqueue("k")
        for attempt in 1...3 {
            try await world.runAll(worker)
            #expect(record.all == (1...attempt).map(String.init), "not before its time")
            if attempt < 3 {
                #expect(
                    try await world.count(
                        "SELECT count(*) FROM jobs WHERE run_at > now() AND dead_at IS NULL AND attempts = \(attempt)")
                        == 1)
                try await world.makeDue()
            }
        }
        let dead = try await world.store.list(onlyDead: true, limit: 10)
        #expect(dead.count == 1 && dead.first?.state == "dead" && dead.first?.attempts == 3)
        #expect(dead.first?.lastError == "it \u{1F4A5} failed")
        try await world.makeDue()
        try await world.runAll(worker)
        #expect(record.all.count == 3, "a dead letter is not tried again by itself")
        #expect(try await world.store.depth() == (0, 0, 1))
    }

    @Test func `that is dead is retried with all its attempts, or dropped`() async throws {
        let world = World()
        let record = Record()
        let isMended = Atomic(false)
        let worker = world.worker { registry in
            registry.add(
                JobKind("k", maximumAttempts: 1) { job in
                    record.add("\(job.payload["n"]?.numberText ?? "") \(job.attempt)")
                    if !isMended.load(ordering: .relaxed) { throw Failure() }
                })
        }
        for number in 1...3 { try await world.enqueue("k", "{\"n\":\(number)}") }
        try await world.runAll(worker)
        let dead = try await world.store.list(onlyDead: true, limit: 10)
        try #require(dead.count == 3)
        isMended.store(true, ordering: .relaxed)
        #expect(try await world.store.retry([dead[0].id]) == 1)
        #expect(try await world.store.drop([dead[1].id]) == 1)
        #expect(try await world.store.drop([dead[1].id]) == 0)
        try await world.runAll(worker)
        #expect(record.all.suffix(1) == ["1 1"])
        #expect(try await world.store.list(onlyDead: false, limit: 10).map(\.id) == [dead[2].id])
        #expect(try await world.store.retry(nil) == 1)
        try await world.runAll(worker)
        #expect(record.all.suffix(1) == ["3 1"])
        #expect(try await world.count("SELECT count(*) FROM jobs") == 0)
    }

    @Test func `that is alive is neither retried nor dropped by the operator`() async throws {
        let world = World()
        try await world.enqueue("k")
        #expect(try await world.store.retry(nil) == 0)
        #expect(try await world.store.drop(nil) == 0)
        #expect(try await world.count("SELECT count(*) FROM jobs") == 1)
    }

    @Test func `comes back when the worker that had it died`() async throws {
        let world = World()
        try await world.enqueue("k")
        let first = try await world.store.claim(kinds: ["k"], limit: 10, visibility: .seconds(60))
        #expect(first.map(\.attempts) == [1])
        #expect(try await world.store.claim(kinds: ["k"], limit: 10, visibility: .seconds(60)).isEmpty)
        try await world.expireClaims()
        let second = try await world.store.claim(kinds: ["k"], limit: 10, visibility: .seconds(60))
        #expect(second.map(\.attempts) == [2] && second.map(\.id) == first.map(\.id))
        // The first worker was only slow: what it says now counts no more.
        try await world.store.finish(first[0].id, attempt: 1)
        try await world.store.fail(first[0].id, attempt: 1, error: "late", retryAfter: nil)
        #expect(
            try await world.count(
                "SELECT count(*) FROM jobs WHERE dead_at IS NULL AND locked_until > now() AND last_error IS NULL") == 1)
        try await world.store.finish(second[0].id, attempt: 2)
        #expect(try await world.count("SELECT count(*) FROM jobs") == 0)
    }

    /// A job that takes its worker down with it would otherwise do so for ever.
    @Test func `whose worker died at every attempt becomes a dead letter`() async throws {
        let world = World()
        let record = Record()
        let worker = world.worker { $0.add(JobKind("k", maximumAttempts: 3) { record.add("\($0.attempt)") }) }
        try await world.enqueue("k")
        for attempt in 1...3 {
            #expect(
                try await world.store.claim(kinds: ["k"], limit: 1, visibility: .seconds(60)).map(\.attempts) == [
                    Int32(attempt)
                ])
            try await world.expireClaims()
        }
        try await world.runAll(worker)
        #expect(record.all.isEmpty)
        let dead = try await world.store.list(onlyDead: true, limit: 10)
        #expect(dead.count == 1 && dead.first?.lastError?.isEmpty == false)
    }

    @Test func `is not run before its time, nor by a worker that does not know it`() async throws {
        let world = World()
        let record = Record()
        let worker = world.worker { $0.add(JobKind("k") { _ in record.add("k") }) }
        try await world.store.enqueue("k", payload: Array("{}".utf8), after: .seconds(3600))
        try await world.enqueue("unknown")
        try await world.runAll(worker)
        #expect(record.all.isEmpty)
        #expect(try await world.store.list(onlyDead: false, limit: 10).map(\.state).sorted() == ["ready", "waiting"])
        try await world.makeDue()
        try await world.runAll(worker)
        #expect(record.all == ["k"])
        #expect(try await world.store.list(onlyDead: false, limit: 10).map(\.kind) == ["unknown"])
    }

    @Test func `that has begun is finished when the worker is stopped`() async throws {
        let world = World()
        let record = Record()
        let (begun, begin) = AsyncStream<Void>.makeStream()
        let (gate, open) = AsyncStream<Void>.makeStream()
        let worker = world.worker { registry in
            registry.add(
                JobKind("k") { _ in
                    begin.yield()
                    var waiting = gate.makeAsyncIterator()
                    _ = await waiting.next()
                    record.add(Task.isCancelled ? "cut" : "finished")
                })
        }
        try await world.enqueue("k")
        worker.start()
        var beginning = begun.makeAsyncIterator()
        _ = await beginning.next()
        async let stopped: Void = worker.stop()
        open.yield()
        await stopped
        #expect(record.all == ["finished"])
        #expect(try await world.count("SELECT count(*) FROM jobs") == 0)
    }

    @Test(.tags(.rules)) func `waits twice as long after each failure, with some chance in it`() {
        var random = SeededGenerator(seed: 1)
        for attempt in 0...60 {
            let full = attempt < 12 ? Double(1 << max(attempt, 1)) : 3600
            #expect(Worker.backoff(attempt: attempt, random: 0) == .milliseconds(Int64(min(full, 3600) * 500)))
            for _ in 0..<50 {
                let wait = Worker.backoff(attempt: attempt, random: Double.random(in: 0..<1, using: &random))
                #expect(
                    wait >= .milliseconds(Int64(min(full, 3600) * 500))
                        && wait <= .milliseconds(Int64(min(full, 3600) * 1000)))
            }
        }
    }
}

@Suite(.tags(.store), .jobs) struct `A schedule` {
    @Test func `runs once each time, whoever of the workers comes first`() async throws {
        let world = World()
        let record = Record()
        let workers = (0..<2).map { _ in
            world.worker { $0.every(.seconds(3600), JobKind("hourly") { _ in record.add("ran") }) }
        }
        func rounds() async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in workers {
                    group.addTask { for _ in 0..<10 { _ = try await worker.runOnce() } }
                }
                try await group.waitForAll()
            }
        }
        try await rounds()
        #expect(record.all.count == 1)
        // Five times were missed, while nothing ran: it is done once.
        try await world.run("UPDATE schedules SET next_run_at = now() - interval '5 hours'")
        try await rounds()
        #expect(record.all.count == 2)
        #expect(try await world.count("SELECT count(*) FROM schedules WHERE next_run_at > now()") == 1)
    }
}
