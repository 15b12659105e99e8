import EventLoop
import Glibc
import Synchronization
import Testing

@Suite struct `A timer` {
    @Test func `fires in the order of the deadlines, never early`() async throws {
        try await withLoops { group in
            let loop = group.loops[0]
            let begin = loop.now
            let fired: [(Int, UInt64)] = await withCheckedContinuation { continuation in
                loop.execute {
                    let fired = Box<[(Int, UInt64)]>([])
                    for delay in [120, 30, 90, 60] {
                        _ = loop.schedule(after: .milliseconds(delay)) {
                            fired.value.append((delay, loop.now))
                            if fired.value.count == 4 { continuation.resume(returning: fired.value) }
                        }
                    }
                }
            }
            #expect(fired.map(\.0) == [30, 60, 90, 120])
            #expect(fired.allSatisfy { $0.1 - begin >= UInt64($0.0) * 1_000_000 })
        }
    }

    @Test func `does not fire once cancelled, and a token of the past cancels nobody else`() async throws {
        try await withLoops { group in
            let loop = group.loops[0]
            let fired: [String] = await withCheckedContinuation { continuation in
                loop.execute {
                    let fired = Box<[String]>([])
                    let first = loop.schedule(after: .milliseconds(20)) { fired.value.append("first") }
                    loop.cancel(first)
                    // Takes the place of the first.
                    _ = loop.schedule(after: .milliseconds(20)) { fired.value.append("second") }
                    loop.cancel(first)
                    _ = loop.schedule(after: .milliseconds(60)) { continuation.resume(returning: fired.value) }
                }
            }
            #expect(fired == ["second"])
        }
    }

    @Test func `keeps its promise among thousands that come and go`() async throws {
        try await withLoops { group in
            let loop = group.loops[0]
            let counts: [Int] = await withCheckedContinuation { continuation in
                loop.execute {
                    var random = SystemRandom(seed: 7)
                    let wrong = Box(0)
                    let right = Box(0)
                    var tokens: [TimerToken] = []
                    for _ in 0..<4_000 {
                        tokens.append(
                            loop.schedule(after: .milliseconds(Int(random.next() % 50))) { wrong.value += 1 })
                        _ = loop.schedule(after: .milliseconds(Int(random.next() % 50))) { right.value += 1 }
                    }
                    while !tokens.isEmpty {
                        loop.cancel(tokens.remove(at: Int(random.next() % UInt64(tokens.count))))
                    }
                    _ = loop.schedule(after: .milliseconds(100)) {
                        continuation.resume(returning: [right.value, wrong.value])
                    }
                }
            }
            #expect(counts == [4_000, 0])
        }
    }

    @Test func `costs no CPU while nothing is due`() async throws {
        try await withLoops { group in
            let loop = group.loops[0]
            await onLoop(loop) {
                for _ in 0..<10_000 { _ = loop.schedule(after: .seconds(60)) {} }
            }
            let before = await loopCPU(loop)
            try await Task.sleep(for: .milliseconds(300))
            let spent = await loopCPU(loop) - before
            // A loop that polls without end would have burnt all of the 300 ms.
            #expect(spent < 50_000_000)
        }
    }

    private func loopCPU(_ loop: EventLoop) async -> UInt64 {
        await withCheckedContinuation { continuation in
            loop.execute {
                var time = timespec()
                clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
                continuation.resume(returning: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
            }
        }
    }
}

/// A seeded generator, so that a failure comes again.
struct SystemRandom {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

@Suite struct `Sleeping on a loop` {
    @Test(arguments: [true, false]) func `ends at once when the task is cancelled`(onLoop: Bool) async throws {
        try await withLoops { group in
            let loop = group.loops[0]
            let body: @Sendable () async -> Bool = {
                do {
                    try await loop.sleep(for: .seconds(600))
                    return false
                } catch {
                    return error is CancellationError
                }
            }
            let task = onLoop ? Task(executorPreference: loop, operation: body) : Task(operation: body)
            try await Task.sleep(for: .milliseconds(20))
            task.cancel()
            #expect(await task.value)
        }
    }

    @Test func `refuses a task that is cancelled already`() async throws {
        try await withLoops { group in
            let loop = group.loops[0]
            let task = Task(executorPreference: loop) { () -> Bool in
                withUnsafeCurrentTask { $0?.cancel() }
                do {
                    try await loop.sleep(for: .seconds(600))
                    return false
                } catch { return true }
            }
            #expect(await task.value)
        }
    }

    @Test func `is cut short by the shutdown`() async throws {
        let group = EventLoopGroup(count: 1)
        group.start()
        let task = Task(executorPreference: group.loops[0]) { () -> Bool in
            do {
                try await group.loops[0].sleep(for: .seconds(600))
                return false
            } catch { return true }
        }
        try await Task.sleep(for: .milliseconds(20))
        await Task.detached { group.shutdown() }.value
        #expect(await task.value)
    }
}

@Suite struct `A blocking pool` {
    @Test func `runs bodies off the loop and brings values and errors back to it`() async throws {
        struct Broken: Error {}
        let pool = BlockingPool(threads: 2, queueLimit: 8)
        try await withLoops { group in
            let loop = group.loops[0]
            let seen = try await Task(executorPreference: loop) {
                let offLoop = try await pool.run { EventLoop.current == nil }
                let back = loop.isCurrent
                await #expect(throws: Broken.self) { try await pool.run { throw Broken() } }
                return [offLoop, back, loop.isCurrent]
            }.value
            #expect(seen == [true, true, true])
        }
        pool.shutdown()
    }

    @Test func `refuses what is over its limit and drops what is cancelled in the queue`() async throws {
        let pool = BlockingPool(threads: 1, queueLimit: 1)
        let gate = DispatchGate()
        let running = Task { try await pool.run { gate.wait() } }
        gate.awaitEntered()
        let ran = Counter()
        let (outcomes, sink) = AsyncStream.makeStream(of: String.self)
        let tasks = (0..<2).map { _ in
            Task {
                do {
                    try await pool.run { ran.add() }
                    sink.yield("ran")
                } catch is BlockingPool.Full {
                    sink.yield("full")
                } catch {
                    sink.yield("cancelled")
                }
            }
        }
        var outcome = outcomes.makeAsyncIterator()
        #expect(await outcome.next() == "full")
        for task in tasks { task.cancel() }
        gate.open()
        #expect(await outcome.next() == "cancelled")
        try await running.value
        #expect(ran.value == 0)
        pool.shutdown()
        await #expect(throws: BlockingPool.Full.self) { try await pool.run {} }
    }
}

/// Holds a thread of the pool until it is opened.
final class DispatchGate: Sendable {
    private let entered = Atomic<Bool>(false)
    private let opened = Atomic<Bool>(false)

    func wait() {
        entered.store(true, ordering: .releasing)
        while !opened.load(ordering: .acquiring) { usleep(1_000) }
    }

    func awaitEntered() { while !entered.load(ordering: .acquiring) { usleep(1_000) } }
    func open() { opened.store(true, ordering: .releasing) }
}
