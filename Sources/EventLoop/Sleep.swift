import Synchronization

extension EventLoop {
    /// Suspends the task for at least `duration`. Throws `CancellationError` when the task is cancelled, or the loop
    /// shut down, before that. From any thread.
    package func sleep(for duration: Duration) async throws {
        let sleeper = Sleeper()
        try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Void, any Error>) in
                guard sleeper.begin(continuation) else { return }
                if isCurrent {
                    sleeper.token = insertTimer(after: duration, .sleeper(sleeper))
                } else {
                    execute {
                        if sleeper.isWaiting { sleeper.token = self.insertTimer(after: duration, .sleeper(sleeper)) }
                    }
                }
            }
        } onCancel: {
            if sleeper.resume(cancelled: true) {
                execute { if let token = sleeper.token { self.cancel(token) } }
            }
        }
    }
}

/// One sleep. It ends once, by its timer or by cancellation, whichever comes first.
final class Sleeper: @unchecked Sendable {
    private enum State {
        case new
        case waiting(UnsafeContinuation<Void, any Error>)
        case done
    }

    private let state = Mutex<State>(.new)
    /// Touched on the loop's thread only.
    var token: TimerToken?

    var isWaiting: Bool {
        state.withLock { if case .waiting = $0 { true } else { false } }
    }

    /// False when the sleep was cancelled before it began; the continuation has then been resumed.
    func begin(_ continuation: UnsafeContinuation<Void, any Error>) -> Bool {
        let begun = state.withLock { state in
            guard case .new = state else { return false }
            state = .waiting(continuation)
            return true
        }
        if !begun { continuation.resume(throwing: CancellationError()) }
        return begun
    }

    /// True for the call that ended the sleep.
    @discardableResult
    func resume(cancelled: Bool) -> Bool {
        let before = state.withLock { state in
            defer { state = .done }
            return state
        }
        guard case .waiting(let continuation) = before else { return false }
        if cancelled { continuation.resume(throwing: CancellationError()) } else { continuation.resume() }
        return true
    }
}
