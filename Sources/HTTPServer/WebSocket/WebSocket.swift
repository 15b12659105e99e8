import EventLoop
import Synchronization

/// One WebSocket of the server's side: messages in and out, ping and pong, and the end.
package final class WebSocket: Sendable {
    package struct Limits: Sendable {
        package var decoder = WebSocketDecoder.Limits()
        /// What waits for a client that reads slowly.
        package var queuedMessages = 256
        package var queuedBytes = 1 << 20
        package var pingEvery = Duration.seconds(30)
        /// Without a sign of life for so long, the client is taken for gone.
        package var silence = Duration.seconds(60)
        /// How long a client may take to read what comes before the close.
        package var closing = Duration.seconds(2)
        /// Frames in `rateWindow`.
        package var rate = 200
        package var rateWindow = Duration.seconds(10)
        package init() {}
    }

    private struct State {
        var queued = 0
        var bytes = 0
        var isClosing = false
        var hasPong = false
        var heard: ContinuousClock.Instant
        var windowStart: ContinuousClock.Instant
        var frames = 0
    }

    private struct Outgoing: Sendable {
        let frame: [UInt8]
        let kind: WebSocketDecoder.Kind
    }

    private enum End: Sendable { case closed, reading }

    private let upgrade: HTTPUpgrade
    private let limits: Limits
    private let state: Mutex<State>
    private let frames: AsyncStream<Outgoing>
    private let queue: AsyncStream<Outgoing>.Continuation

    package init(_ upgrade: HTTPUpgrade, limits: Limits = Limits()) {
        self.upgrade = upgrade
        self.limits = limits
        let now = ContinuousClock.now
        state = Mutex(State(heard: now, windowStart: now))
        // Bounded by what `send` counts.
        (frames, queue) = AsyncStream.makeStream(of: Outgoing.self, bufferingPolicy: .unbounded)
    }

    // MARK: Sending

    /// Queues a message. A client that does not read what waits for it already is closed with 1013.
    package func send(_ text: [UInt8]) {
        let hasRoom = state.withLock { state in
            guard !state.isClosing else { return true }
            guard state.queued < limits.queuedMessages, state.bytes + text.count <= limits.queuedBytes else {
                return false
            }
            enqueue(.text, text, &state)
            return true
        }
        if !hasRoom { close(1013, "too slow") }
    }

    /// Sends a close after what is queued; the connection ends when it is sent, or shortly after. The first one counts.
    package func close(_ code: UInt16?, _ reason: String) {
        let isFirst = state.withLock { state in
            guard !state.isClosing else { return false }
            state.isClosing = true
            enqueue(.close, code.map { WebSocketDecoder.closePayload($0, reason) } ?? [], &state)
            return true
        }
        guard isFirst else { return }
        queue.finish()
        _ = upgrade.loop.schedule(after: limits.closing) { [upgrade] in upgrade.abort() }
    }

    private func enqueue(_ kind: WebSocketDecoder.Kind, _ payload: [UInt8], _ state: inout State) {
        state.queued += 1
        state.bytes += payload.count
        queue.yield(Outgoing(frame: WebSocketDecoder.frame(kind, payload), kind: kind))
    }

    private func answerPing(_ payload: [UInt8]) {
        state.withLock { state in
            // One waiting at most: the newest stands for those before it.
            guard !state.isClosing, !state.hasPong else { return }
            state.hasPong = true
            enqueue(.pong, payload, &state)
        }
    }

    // MARK: Running

    /// Until the socket has ended. Messages are handed over one after the other; while one is being worked on, the
    /// next one waits in the client's own socket.
    ///
    /// - Throws: when it ended otherwise than by a close.
    package func run(_ receive: @escaping @Sendable ([UInt8]) async -> Void) async throws {
        upgrade.onDrain { [weak self] in self?.close(1001, "the server stops") }
        watch()
        defer { queue.finish() }
        try await withThrowingTaskGroup(of: End.self) { group in
            group.addTask { [self] in try await read(receive) }
            group.addTask { [self] in try await write() }
            defer {
                // Neither of the two waits in a way that a cancellation would end.
                group.cancelAll()
                upgrade.endInput()
            }
            while let end = try await group.next() {
                if end == .closed { return }
            }
        }
    }

    private func read(_ receive: @Sendable ([UInt8]) async -> Void) async throws -> End {
        var decoder = WebSocketDecoder(limits: limits.decoder)
        while let bytes = try await upgrade.input.next() {
            let now = ContinuousClock.now
            state.withLock { $0.heard = now }
            var index = 0
            do {
                while let event = try bytes.withUnsafeBytes({ bytes throws(WebSocketDecoder.Failure) in
                    try decoder.next(bytes, at: &index)
                }) {
                    guard mayGoOn(now) else {
                        close(1008, "too many messages")
                        return .reading
                    }
                    switch event {
                    case .text(let message): await receive(message)
                    case .ping(let payload): answerPing(payload)
                    case .pong: break
                    case .close(let code, _):
                        close(code, "")
                        return .reading
                    }
                }
            } catch let failure as WebSocketDecoder.Failure {
                close(failure.code, failure.reason)
                return .reading
            }
            if state.withLock({ $0.isClosing }) { return .reading }
        }
        throw HTTPBodyError.disconnected
    }

    private func mayGoOn(_ now: ContinuousClock.Instant) -> Bool {
        state.withLock { state in
            if now - state.windowStart > limits.rateWindow {
                state.windowStart = now
                state.frames = 0
            }
            state.frames += 1
            return state.frames <= limits.rate
        }
    }

    private func write() async throws -> End {
        for await next in frames {
            try await upgrade.output.write(next.frame)
            state.withLock { state in
                state.queued -= 1
                state.bytes -= next.frame.count
                if next.kind == .pong { state.hasPong = false }
            }
            if next.kind == .close { return .closed }
        }
        throw CancellationError()
    }

    /// Looks now and then whether the client is still there. Ends with the socket.
    private func watch() {
        _ = upgrade.loop.schedule(after: limits.pingEvery) { [weak self] in
            guard let self else { return }
            let heard = state.withLock { state in
                if !state.isClosing { enqueue(.ping, [], &state) }
                return state.heard
            }
            if ContinuousClock.now - heard > limits.silence { return upgrade.abort() }
            watch()
        }
    }
}
