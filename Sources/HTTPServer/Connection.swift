import EventLoop
import Glibc

/// One connection. Belongs to its loop's thread: that is what `@unchecked Sendable` stands for.
///
/// It serves one request at a time and reads no further meanwhile, so the client's own socket holds back what it
/// sends too soon. While idle it has no buffer.
final class Connection: EventHandler, @unchecked Sendable {
    enum Phase {
        /// Between requests.
        case idle
        /// A part of a head has arrived.
        case head
        /// The handler has the request.
        case handling
        /// The handler is done, and the client has not yet taken the response.
        case flushing
        /// What the handler left of the request's body is thrown away.
        case draining
        /// The last response is sent; what still comes is thrown away until the client has read it and closed.
        case lingering
        case closed
    }

    let descriptor: Int32
    let context: LoopContext
    let peer: PeerAddress
    var position = 0
    var phase = Phase.idle

    // Reading.
    /// More may be in the socket.
    var isReadable = false
    /// The peer has closed its sending half.
    var isHalfClosed = false
    /// Bytes read from the socket that nobody has taken yet.
    var pending: [UInt8] = []
    var pendingStart = 0
    var partial: PartialHead?
    /// How many more bytes are thrown away while draining or lingering.
    var discards = 0

    // The request being handled.
    var serial: UInt32 = 0
    /// Serves all requests of the connection.
    var task: Task<Void, Never>?
    /// The task, between two requests.
    var requestWaiter: UnsafeContinuation<HTTPRequest?, Never>?
    /// How many requests there had been when the task was last looked at.
    var requestsAtLastLook = 0
    /// A request that came before the task was ready for it.
    var nextRequest: HTTPRequest?
    var body: BodySource?
    var isHead = false
    var isHTTP10 = false
    var keepsAlive = true
    /// The client may still be sending when the last response is out.
    var lingers = false
    var requests = 0

    // Writing.
    var backlog = Backlog()
    var streaming: StreamFraming?
    /// It speaks another protocol now.
    var isUpgraded = false
    var drainNotice: (() -> Void)?
    var roomWaiter: UnsafeContinuation<Void, any Error>?

    // Deadlines, in nanoseconds of the loop's clock; 0 is none.
    var readDeadline: UInt64 = 0
    var writeDeadline: UInt64 = 0
    var bodyClock = WindowClock()
    var writeClock = WindowClock()
    private var timer: TimerToken?
    private var timerDeadline: UInt64 = 0
    var wasTurnedAway = false

    final class PartialHead {
        var parser: HeadParser
        init(_ parser: HeadParser) { self.parser = parser }
    }

    enum StreamFraming {
        case chunked
        case counted(remaining: Int)
        case untilClose
    }

    var loop: EventLoop { context.loop }
    var configuration: HTTPServerConfiguration { context.state.configuration }

    init(descriptor: Int32, peer: PeerAddress, context: LoopContext) {
        self.descriptor = descriptor
        self.peer = peer
        self.context = context
    }

    /// From here on the loop keeps the connection alive.
    func open() throws(SystemError) {
        try loop.register(descriptor, self)
        context.add(self)
        readDeadline = loop.now &+ configuration.idleTimeout.nanoseconds
        updateTimer()
    }

    // MARK: Events

    func ready(_ events: ReadyEvents) {
        if events.contains(.error) || events.contains(.disconnected) {
            // A reset. After our own shutdown the peer's end looks the same, and both have then said everything.
            if phase != .idle && phase != .head { return close() }
            isReadable = true
        }
        if events.contains(.writable), !backlog.isEmpty { flush() }
        if events.contains(.readable) { isReadable = true }
        if events.contains(.hangup), !isHalfClosed {
            isHalfClosed = true
            isReadable = true
            if phase == .handling { cancelAfterGrace() }
        }
        if isReadable { advance() }
    }

    /// A closed sending half is all that a client who left looks like at first, and also what a client looks like
    /// that has sent all it will send and waits for the answer. The second deserves a moment.
    func cancelAfterGrace() {
        let serial = serial
        _ = loop.schedule(after: configuration.halfCloseGrace) { [weak self] in
            guard let self, phase == .handling, self.serial == serial else { return }
            task?.cancel()
        }
    }

    // MARK: Deadlines

    func setReadDeadline(after delay: Duration) {
        readDeadline = loop.now &+ delay.nanoseconds
        updateTimer()
    }

    /// One timer serves all deadlines. It is armed anew only when a deadline comes before it; one that moved further
    /// away is noticed when the timer fires, so a busy connection hardly ever touches its timer.
    func updateTimer() {
        let nearest =
            readDeadline == 0 ? writeDeadline : writeDeadline == 0 ? readDeadline : min(readDeadline, writeDeadline)
        guard nearest != 0 else { return }
        if let timer {
            if timerDeadline <= nearest { return }
            loop.cancel(timer)
        }
        timerDeadline = nearest
        let now = loop.now
        timer = loop.schedule(after: .nanoseconds(nearest > now ? Int64(clamping: nearest - now) : 0)) { [self] in
            timerFired()
        }
    }

    private func timerFired() {
        timer = nil
        let now = loop.now
        if writeDeadline != 0, writeDeadline <= now {
            context.state.countRefusal("response not read in time")
            return abort()
        }
        if readDeadline != 0, readDeadline <= now {
            readDeadline = 0
            switch phase {
            case .idle, .draining, .lingering: return close()
            case .head: refuse(WireRefusal(408, "head not complete in time"))
            case .handling:
                context.state.countRefusal("body not complete in time")
                body?.fail(.timeout)
            case .flushing, .closed: break
            }
        }
        if phase != .closed { updateTimer() }
    }

    // MARK: The end

    /// What the client has not taken yet is thrown away with the connection.
    func abort() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    func close() {
        guard phase != .closed else { return }
        phase = .closed
        loop.deregister(descriptor)
        Glibc.close(descriptor)
        if let timer { loop.cancel(timer) }
        timer = nil
        context.remove(self)
        context.state.release(peer)
        if wasTurnedAway { context.turnedAway -= 1 }
        pending = []
        partial = nil
        backlog = Backlog()
        streaming = nil
        task?.cancel()
        task = nil
        nextRequest = nil
        drainNotice = nil
        if let waiter = requestWaiter {
            requestWaiter = nil
            waiter.resume(returning: nil)
        }
        body?.detach()
        body = nil
        if let waiter = roomWaiter {
            roomWaiter = nil
            waiter.resume(throwing: HTTPBodyWriter.Disconnected())
        }
    }

    /// The server drains: idle connections go at once, the others after what they are doing.
    func beginDrain() {
        if phase == .idle, pending.isEmpty { close() }
        drainNotice?()
    }
}

/// How long the other side may keep us waiting for each 64 KiB. Only the waiting counts: a slow handler is not the
/// client's fault, and a large body is none at all as long as it moves.
struct WindowClock {
    private static let window = 64 * 1024

    private var left: UInt64 = 0
    private var moved = 0
    private var since: UInt64?

    mutating func reset(to limit: Duration) {
        left = limit.nanoseconds
        moved = 0
        since = nil
    }

    /// The waiting begins; returns the deadline.
    mutating func begin(at now: UInt64) -> UInt64 {
        if since == nil { since = now }
        return max(1, (since ?? now) &+ left)
    }

    mutating func end(at now: UInt64) {
        guard let begun = since else { return }
        since = nil
        let waited = now > begun ? now - begun : 0
        left = left > waited ? left - waited : 0
    }

    /// True when a window is full and its time starts again.
    mutating func progress(_ count: Int, at now: UInt64, limit: Duration) -> Bool {
        moved += count
        guard moved >= Self.window else { return false }
        moved = 0
        left = limit.nanoseconds
        if since != nil { since = now }
        return true
    }
}

extension Duration {
    var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        if seconds < 0 || attoseconds < 0 { return 0 }
        return UInt64(min(seconds, 3_000_000_000)) &* 1_000_000_000 &+ UInt64(attoseconds / 1_000_000_000)
    }
}
