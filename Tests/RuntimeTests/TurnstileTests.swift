import Base
import Runtime
import Synchronization
import Testing

@Suite struct `A turnstile` {
    private final class Gauge: Sendable {
        private let state = Mutex((inside: 0, most: 0, passed: 0))
        func enter() {
            state.withLock { state in
                state.inside += 1
                state.most = max(state.most, state.inside)
            }
        }
        func leave() {
            state.withLock { state in
                state.inside -= 1
                state.passed += 1
            }
        }
        var most: Int { state.withLock { $0.most } }
        var passed: Int { state.withLock { $0.passed } }
    }

    @Test func `lets no more through at once than it is wide, and all in the end`() async throws {
        let (turnstile, gauge) = (Turnstile(width: 3, queueLimit: 100), Gauge())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<60 {
                group.addTask {
                    try await turnstile.pass {
                        gauge.enter()
                        for _ in 0..<10 { await Task.yield() }
                        gauge.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(gauge.passed == 60 && gauge.most <= 3 && gauge.most >= 1)
    }

    @Test func `refuses when too many wait, and recovers`() async throws {
        let turnstile = Turnstile(width: 1, queueLimit: 0)
        try await turnstile.pass {
            await #expect(throws: Refusal.self) { try await turnstile.pass {} }
        }
        try await turnstile.pass {}
    }

    @Test func `lets go of one who is cancelled while waiting`() async throws {
        let turnstile = Turnstile(width: 1, queueLimit: 10)
        try await turnstile.pass {
            let waiting = Task { try await turnstile.pass { Issue.record("passed although cancelled") } }
            await Task.yield()
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
        }
        try await turnstile.pass {}
    }
}
