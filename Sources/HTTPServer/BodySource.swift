import EventLoop

/// The loop's side of one body. Belongs to the loop's thread.
final class BodySource: @unchecked Sendable {
    enum Step {
        case data([UInt8])
        case end
        case failed(HTTPBodyError)
        /// Nothing to read now.
        case wait
    }

    let loop: EventLoop
    /// Nil once the request is over, whoever still holds the body.
    private var connection: Connection?
    private var framing: Framing
    private var received = 0
    private let limit: Int
    private var first: [UInt8]?
    private var failure: HTTPBodyError?
    private var waiter: UnsafeContinuation<Result<[UInt8]?, HTTPBodyError>, Never>?
    /// The client waits for "100 Continue" before it sends the body.
    var wantsContinue: Bool

    private enum Framing {
        case length(remaining: Int)
        case chunked(ChunkedDecoder)
        /// Whatever comes, until the connection ends.
        case raw
        case ended
    }

    init(connection: Connection, framing: BodyFraming, limit: Int, expectsContinue: Bool) {
        loop = connection.loop
        self.connection = connection
        self.limit = limit
        wantsContinue = expectsContinue
        switch framing {
        case .none: self.framing = .ended
        case .length(let length): self.framing = .length(remaining: length)
        case .chunked: self.framing = .chunked(ChunkedDecoder())
        }
    }

    /// What a connection receives after it has left HTTP.
    init(raw connection: Connection) {
        loop = connection.loop
        self.connection = connection
        limit = .max
        wantsContinue = false
        framing = .raw
    }

    private var isRaw: Bool { if case .raw = framing { true } else { false } }
    /// Whether the client owes something: nobody has to speak over an upgraded connection.
    var hasDeadline: Bool { !isRaw }

    var isEnded: Bool { if case .ended = framing { failure == nil } else { false } }
    var isWaiting: Bool { waiter != nil }
    var hasFailed: Bool { failure != nil }

    /// What is left, where that is known.
    var remaining: Int? {
        switch framing {
        case .ended: 0
        case .length(let remaining): remaining
        case .chunked, .raw: nil
        }
    }

    // MARK: The handler's side

    func poll() -> Step {
        if let first {
            self.first = nil
            return .data(first)
        }
        if let failure { return .failed(failure) }
        if case .ended = framing { return .end }
        guard let connection else { return .failed(.disconnected) }
        if wantsContinue {
            wantsContinue = false
            connection.sendContinue()
        }
        return connection.readBody(self)
    }

    func wait(_ continuation: UnsafeContinuation<Result<[UInt8]?, HTTPBodyError>, Never>) {
        precondition(waiter == nil, "a body has one reader at a time")
        let step = poll()
        if case .wait = step {
            waiter = continuation
            if hasDeadline { connection?.bodyWaitBegan() }
        } else {
            Self.resume(continuation, step)
        }
    }

    func takeWhole() -> [UInt8]? {
        guard case .ended = framing, failure == nil else { return nil }
        defer { first = nil }
        return first ?? []
    }

    // MARK: The connection's side

    /// Bytes arrived: tries again for the reader that waits.
    func advance() {
        guard let waiter else { return }
        let step = poll()
        if case .wait = step { return }
        self.waiter = nil
        connection?.bodyWaitEnded()
        Self.resume(waiter, step)
    }

    func fail(_ error: HTTPBodyError) {
        if failure == nil { failure = error }
        guard let waiter else { return }
        self.waiter = nil
        Self.resume(waiter, .failed(failure ?? error))
    }

    /// The request is over. What was not read is not there any more.
    func detach() {
        connection = nil
        if !isEnded { fail(.disconnected) }
    }

    /// Takes what belongs to the body from the front of `bytes`; returns how many bytes that were.
    func consume(_ bytes: UnsafeRawBufferPointer) -> (used: Int, step: Step) {
        switch framing {
        case .ended: return (0, .end)
        case .raw: return bytes.isEmpty ? (0, .wait) : (bytes.count, .data([UInt8](bytes)))
        case .length(let remaining):
            let count = min(remaining, bytes.count)
            if count == 0 { return (0, .wait) }
            framing = count == remaining ? .ended : .length(remaining: remaining - count)
            return (count, .data([UInt8](bytes[..<count])))
        case .chunked(var decoder):
            var index = 0
            var data: [UInt8] = []
            while true {
                switch decoder.next(bytes, at: &index) {
                case .data(let range):
                    received += range.count
                    if received > limit { return (index, failed(.tooLarge)) }
                    data.append(contentsOf: bytes[range.lower..<range.upper])
                case .needsMore:
                    framing = .chunked(decoder)
                    return (index, data.isEmpty ? .wait : .data(data))
                case .end:
                    framing = .ended
                    return (index, data.isEmpty ? .end : .data(data))
                case .refused:
                    // What came before it in this piece is not worth reading any more.
                    return (index, failed(.malformed))
                }
            }
        }
    }

    /// Keeps what came together with the head for the first call of `next`.
    func prime(_ bytes: UnsafeRawBufferPointer) -> Int {
        let (used, step) = consume(bytes)
        if case .data(let bytes) = step { first = bytes }
        if used > 0 { wantsContinue = false }
        return used
    }

    /// Notes the failure for whoever asks next.
    func failed(_ error: HTTPBodyError) -> Step {
        if failure == nil { failure = error }
        return .failed(failure ?? error)
    }

    private static func resume(
        _ continuation: UnsafeContinuation<Result<[UInt8]?, HTTPBodyError>, Never>, _ step: Step
    ) {
        switch step {
        case .data(let bytes): continuation.resume(returning: .success(bytes))
        case .end: continuation.resume(returning: .success(nil))
        case .failed(let error): continuation.resume(returning: .failure(error))
        case .wait: break
        }
    }
}
