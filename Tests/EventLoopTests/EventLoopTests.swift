import EventLoop
import Glibc
import Testing

/// Runs `body` with a started group and shuts it down afterwards.
func withLoops<T>(_ count: Int = 1, _ body: (EventLoopGroup) async throws -> T) async throws -> T {
    let group = EventLoopGroup(count: count)
    group.start()
    do {
        let result = try await body(group)
        group.shutdown()
        return result
    } catch {
        group.shutdown()
        throw error
    }
}

@Suite struct `A task that prefers a loop` {
    @Test func `runs on the loop's thread and comes back to it`() async throws {
        try await withLoops { group in
            let loop = group.loops[0]
            let seen = await Task(executorPreference: loop) {
                var seen = [loop.isCurrent, EventLoop.current === loop]
                try? await loop.sleep(for: .milliseconds(1))
                seen.append(loop.isCurrent)
                await Task.detached { try? await Task.sleep(for: .milliseconds(5)) }.value
                seen.append(loop.isCurrent)
                return seen
            }.value
            #expect(seen == [true, true, true, true])
            #expect(EventLoop.current == nil)
            #expect(!loop.isCurrent)
        }
    }
}

@Suite struct `Work given to a loop` {
    @Test func `runs later and in order, also when given on the loop itself`() async throws {
        try await withLoops { group in
            let loop = group.loops[0]
            let order: [Int] = await withCheckedContinuation { continuation in
                loop.execute {
                    let seen = Box<[Int]>([])
                    loop.execute { seen.value.append(2) }
                    loop.execute {
                        seen.value.append(3)
                        continuation.resume(returning: seen.value)
                    }
                    seen.value.append(1)
                }
            }
            #expect(order == [1, 2, 3])
        }
    }

    @Test func `all arrives when many threads give it at once`() async throws {
        try await withLoops(2) { group in
            let count = Counter()
            await withTaskGroup(of: Void.self) { tasks in
                for _ in 0..<8 {
                    tasks.addTask {
                        for turn in 0..<2_000 {
                            let loop = group.loops[turn % 2]
                            await withCheckedContinuation { continuation in
                                loop.execute {
                                    count.add()
                                    continuation.resume()
                                }
                            }
                        }
                    }
                }
            }
            #expect(count.value == 16_000)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `does not starve descriptors and timers however busy it keeps itself`()
        async throws
    {
        try await withLoops { group in
            let loop = group.loops[0]
            let stop = Flag()
            let pair = try SocketPair()
            // Ten tasks that never stop yielding to each other: each batch leaves another one behind.
            let spinners = (0..<10).map { _ in
                Task(executorPreference: loop) {
                    while !stop.isSet { await Task.yield() }
                }
            }
            let heard: Bool = await withCheckedContinuation { continuation in
                loop.execute {
                    let handler = Recorder { events in
                        guard events.contains(.readable) else { return }
                        loop.deregister(pair.near)
                        _ = loop.schedule(after: .milliseconds(20)) { continuation.resume(returning: true) }
                    }
                    try? loop.register(pair.near, handler)
                    pair.send("x")
                }
            }
            #expect(heard)
            stop.set()
            for spinner in spinners { await spinner.value }
        }
    }
}

@Suite struct `A descriptor's handler` {
    @Test func `hears of bytes and of the peer's end`() async throws {
        try await withLoops { group in
            let loop = group.loops[0]
            let pair = try SocketPair()
            let (stream, sink) = AsyncStream.makeStream(of: ReadyEvents.self)
            loop.execute { try? loop.register(pair.near, Recorder { sink.yield($0) }, interest: .read) }
            var events = stream.makeAsyncIterator()
            pair.send("x")
            #expect(await events.next()?.contains(.readable) == true)
            shutdown(pair.far, Int32(SHUT_WR))
            #expect(await events.next()?.contains(.hangup) == true)
            loop.execute { loop.deregister(pair.near) }
        }
    }

    @Test func `is kept alive until it is deregistered`() async throws {
        try await withLoops { group in
            let loop = group.loops[0]
            let pair = try SocketPair()
            let isGone = Flag()
            await onLoop(loop) {
                let handler = Recorder { _ in }
                handler.onRelease = { isGone.set() }
                try? loop.register(pair.near, handler)
            }
            #expect(!isGone.isSet)
            await onLoop(loop) { loop.deregister(pair.near) }
            #expect(isGone.isSet)
        }
    }

    @Test func `never gets events of the descriptor that had its number before`() async throws {
        try await withLoops { group in
            let loop = group.loops[0]
            let first = try SocketPair()
            let second = try SocketPair()
            let fresh = try SocketPair()
            let stale = Counter()
            let heard = Counter()
            await onLoop(loop) {
                // Both become readable in one poll. Whichever comes first replaces the other by a descriptor of
                // the same number that has nothing to read.
                @Sendable func replace(_ other: Int32) {
                    heard.add()
                    loop.deregister(other)
                    dup2(fresh.near, other)
                    let handler = Recorder { events in
                        if events.contains(.readable) { stale.add() }
                    }
                    try? loop.register(other, handler, interest: .read)
                }
                try? loop.register(first.near, Recorder { _ in replace(second.near) }, interest: .read)
                try? loop.register(second.near, Recorder { _ in replace(first.near) }, interest: .read)
                first.send("x")
                second.send("x")
            }
            try await Task.sleep(for: .milliseconds(50))
            #expect(heard.value == 1)
            #expect(stale.value == 0)
            await onLoop(loop) {
                loop.deregister(first.near)
                loop.deregister(second.near)
            }
        }
    }

    @Test func `is refused for a descriptor that is not open`() async throws {
        try await withLoops { group in
            let loop = group.loops[0]
            let code = await Task(executorPreference: loop) { () -> Int32 in
                do throws(SystemError) {
                    try loop.register(9_999, Recorder { _ in })
                    return 0
                } catch {
                    return error.code
                }
            }.value
            #expect(code == EBADF)
        }
    }
}
