import EventLoop
import Glibc
import Synchronization

extension Connection {
    /// How many requests answered on the spot may follow each other before others get their turn.
    private static let burst = 16
    private static let lingerLimit = 1 << 20

    // MARK: Driving

    /// Goes on with whatever the input allows in this phase.
    func advance() {
        var turns = Self.burst
        while true {
            switch phase {
            case .idle, .head:
                if turns == 0 {
                    loop.execute { [self] in advance() }
                    return
                }
                turns -= 1
                if !readHead() { return }
            case .handling:
                body?.advance()
                return
            case .draining:
                if !discardBody() { return }
            case .lingering:
                discardRest()
                return
            case .flushing, .closed:
                return
            }
        }
    }

    /// Bytes put into the loop's scratch; 0 when there is nothing, negative at the end.
    private func receive(upTo limit: Int = .max) -> Int {
        while isReadable {
            let count = recv(descriptor, loop.scratch.baseAddress, min(limit, loop.scratch.count), 0)
            if count > 0 {
                // A short read has emptied the socket; what comes later is a new event.
                if count < min(limit, loop.scratch.count), !isHalfClosed { isReadable = false }
                return count
            }
            if count == 0 {
                isReadable = false
                return -1
            }
            if errno == EINTR { continue }
            isReadable = false
            return errno == EAGAIN ? 0 : -1
        }
        return 0
    }

    private var pendingCount: Int { pending.count - pendingStart }

    private func takePending(_ count: Int) {
        pendingStart += count
        if pendingStart >= pending.count {
            pending = []
            pendingStart = 0
        }
    }

    private func keep(_ bytes: UnsafeRawBufferPointer) {
        if !bytes.isEmpty {
            pending = [UInt8](bytes)
            pendingStart = 0
        }
    }

    // MARK: Heads

    /// False when there is nothing more to do now.
    private func readHead() -> Bool {
        if phase == .idle, pendingCount > 0 { return parsePending() }
        let count = receive()
        guard count > 0 else {
            if count < 0 { close() }
            return false
        }
        let bytes = UnsafeRawBufferPointer(rebasing: loop.scratch[..<count])
        if phase == .head {
            pending.append(contentsOf: bytes)
            return parsePending()
        }
        // The usual case: the whole request is parsed where it was received.
        context.parser.reset()
        let outcome = context.parser.parse(bytes)
        if case .incomplete = outcome {
            keep(bytes)
            beginPartial(context.parser)
            return false
        }
        return act(on: outcome, context.parser.head, bytes) { self.keep($0) }
    }

    private func parsePending() -> Bool {
        var parser: HeadParser
        if let partial {
            parser = partial.parser
        } else {
            parser = context.parser
            parser.reset()
        }
        let taken = pending
        let start = pendingStart
        return taken.withUnsafeBytes { all in
            let bytes = UnsafeRawBufferPointer(rebasing: all[start...])
            let outcome = parser.parse(bytes)
            if case .incomplete = outcome {
                if start > 0 { self.keep(bytes) }
                beginPartial(parser)
                // There may be more in the socket.
                return isReadable
            }
            partial = nil
            return act(on: outcome, parser.head, bytes) { rest in
                self.takePending(bytes.count - rest.count)
            }
        }
    }

    private func beginPartial(_ parser: HeadParser) {
        if let partial {
            partial.parser = parser
            return
        }
        partial = PartialHead(parser)
        phase = .head
        setReadDeadline(after: configuration.headTimeout)
    }

    private func act(
        on outcome: HeadParser.Outcome, _ head: ParsedHead, _ bytes: UnsafeRawBufferPointer,
        keepRest: (UnsafeRawBufferPointer) -> Void
    ) -> Bool {
        switch outcome {
        case .incomplete:
            return false
        case .refused(let refusal):
            isHead = bytes.matches(head.method, "HEAD")
            keepRest(UnsafeRawBufferPointer(rebasing: bytes[bytes.count...]))
            refuse(refusal)
            return true
        case .complete(let length):
            var consumed = length
            let request = makeRequest(head, bytes, length, &consumed)
            keepRest(UnsafeRawBufferPointer(rebasing: bytes[consumed...]))
            start(request)
            return true
        }
    }

    // MARK: Requests

    private func makeRequest(
        _ head: ParsedHead, _ bytes: UnsafeRawBufferPointer, _ length: Int, _ consumed: inout Int
    ) -> HTTPRequest {
        isHead = bytes.matches(head.method, "HEAD")
        isHTTP10 = head.isHTTP10
        keepsAlive = head.keepsAlive
        let fields = HTTPFields(head: head, bytes: bytes, length: length)
        var requestBody = HTTPBody.empty
        if head.framing != .none {
            let source = BodySource(
                connection: self, framing: head.framing, limit: configuration.maxBodyBytes,
                expectsContinue: head.expectsContinue)
            consumed += source.prime(UnsafeRawBufferPointer(rebasing: bytes[length...]))
            body = source
            bodyClock.reset(to: configuration.bodyTimeout)
            var contentLength: Int?
            if case .length(let length) = head.framing { contentLength = length }
            requestBody = HTTPBody(contentLength: contentLength, source: source)
        }
        return HTTPRequest(head: head, fields: fields, body: requestBody, peerAddress: peer.text, loop: loop)
    }

    private func start(_ request: HTTPRequest) {
        phase = .handling
        readDeadline = 0
        lingers = false
        serial &+= 1
        requests += 1
        context.requests.add(1, ordering: .relaxed)
        if let response = context.state.shortcut?(request) {
            switch response.body {
            case .empty, .bytes: return respond(response)
            case .stream, .upgrade: break
            }
        }
        if let waiter = requestWaiter {
            requestWaiter = nil
            waiter.resume(returning: request)
        } else {
            nextRequest = request
            if task == nil { beginServing() }
        }
        if isHalfClosed { cancelAfterGrace() }
    }

    /// Serves the requests of the connection, one after the other. One task for all of them, as to make and to end a
    /// task costs more than to wake one.
    private func beginServing() {
        task = Task(executorPreference: loop) { [self] in
            var request = nextRequest.take()
            while let current = request.take() {
                await answer(current)
                if Task.isCancelled {
                    // What the client sent before it closed its half gets a task that is not cancelled.
                    task = nil
                    if nextRequest != nil { beginServing() }
                    return
                }
                request = await withUnsafeContinuation { waitForRequest($0) }
            }
        }
    }

    private func answer(_ request: HTTPRequest) async {
        let serial = serial
        let response = await context.state.handler(request)
        if case .stream(let length, let produce) = response.body {
            guard beginStream(response, length: length, of: serial) else { return }
            do {
                try await produce(HTTPBodyWriter(connection: self, request: serial))
                endStream(completely: true, of: serial)
            } catch {
                endStream(completely: false, of: serial)
            }
        } else if case .upgrade(let name, let run) = response.body {
            guard let upgrade = beginUpgrade(response, to: name, of: serial) else { return advance() }
            do {
                try await run(upgrade)
                endStream(completely: true, of: serial)
            } catch {
                endStream(completely: false, of: serial)
            }
        } else if self.serial == serial {
            respond(response)
            advance()
        }
    }

    private func waitForRequest(_ continuation: UnsafeContinuation<HTTPRequest?, Never>) {
        if phase == .closed { return continuation.resume(returning: nil) }
        guard let next = nextRequest else {
            requestWaiter = continuation
            context.noteWaitingTask()
            return
        }
        // It came right behind the one before. Others get their turn first.
        nextRequest = nil
        loop.execute { continuation.resume(returning: next) }
    }

    /// A task keeps what its deepest call has needed: too much for a connection that only waits. False when there is
    /// nothing to look at again.
    func endIdleTask() -> Bool {
        guard let waiter = requestWaiter else { return false }
        if requests != requestsAtLastLook {
            requestsAtLastLook = requests
            return true
        }
        requestWaiter = nil
        task = nil
        waiter.resume(returning: nil)
        return false
    }

    /// Answers what no handler gets to see, and ends the connection.
    func refuse(_ refusal: WireRefusal) {
        context.state.countRefusal(refusal.reason)
        keepsAlive = false
        lingers = true
        isHTTP10 = false
        partial = nil
        phase = .handling
        readDeadline = 0
        serial &+= 1
        respond(context.state.onWireError(refusal.status, refusal.reason))
    }

    // MARK: Bodies

    /// The next piece of the body of the request being handled.
    func readBody(_ source: BodySource) -> BodySource.Step {
        guard source === body else { return .failed(.disconnected) }
        while true {
            if pendingCount > 0 {
                let (used, step) = pending.withUnsafeBytes { bytes in
                    source.consume(UnsafeRawBufferPointer(rebasing: bytes[pendingStart...]))
                }
                takePending(used)
                if case .wait = step { continue }
                return step
            }
            let count = receive(upTo: source.remaining ?? .max)
            if count < 0 { return source.failed(.disconnected) }
            if count == 0 { return .wait }
            if source.hasDeadline, bodyClock.progress(count, at: loop.now, limit: configuration.bodyTimeout),
                source.isWaiting
            {
                bodyWaitBegan()
            }
            let bytes = UnsafeRawBufferPointer(rebasing: loop.scratch[..<count])
            let (used, step) = source.consume(bytes)
            keep(UnsafeRawBufferPointer(rebasing: bytes[used...]))
            if case .wait = step { continue }
            return step
        }
    }

    func bodyWaitBegan() {
        readDeadline = bodyClock.begin(at: loop.now)
        updateTimer()
    }

    func bodyWaitEnded() {
        readDeadline = 0
        bodyClock.end(at: loop.now)
    }

    /// Whether what the handler left of the body is little enough to go on after it. `isOver` when the handler will
    /// read no more of it.
    func canReuse(isOver: Bool) -> Bool {
        guard let body else { return true }
        if body.hasFailed || body.wantsContinue { return false }
        if body.isEnded { return true }
        if body.remaining == nil {
            // The end of a chunked body may lie here already.
            while isOver, pendingCount > 0, !body.isEnded, !body.hasFailed {
                let used = pending.withUnsafeBytes { bytes in
                    body.consume(UnsafeRawBufferPointer(rebasing: bytes[pendingStart...])).used
                }
                takePending(used)
            }
            return body.isEnded
        }
        return (body.remaining ?? .max) <= configuration.maxDrainedBytes
    }

    /// False when there is nothing more to do now.
    private func discardBody() -> Bool {
        while discards > 0 {
            if pendingCount > 0 {
                let count = min(discards, pendingCount)
                takePending(count)
                discards -= count
                continue
            }
            let count = receive(upTo: discards)
            guard count > 0 else {
                if count < 0 { close() }
                return false
            }
            discards -= count
        }
        becomeIdle()
        return true
    }

    func becomeIdle() {
        phase = .idle
        setReadDeadline(after: configuration.idleTimeout)
        if context.state.isDraining.load(ordering: .relaxed), pending.isEmpty { close() }
    }

    // MARK: Lingering

    /// Closing while the client still sends makes the kernel answer with a reset, which can overtake the response.
    /// So: no more from us, and what still comes is thrown away until the client closes too.
    func beginLinger() {
        pending = []
        pendingStart = 0
        shutdown(descriptor, Int32(SHUT_WR))
        phase = .lingering
        discards = Self.lingerLimit
        isReadable = true
        setReadDeadline(after: configuration.lingerTimeout)
        discardRest()
    }

    private func discardRest() {
        while true {
            let count = receive()
            if count == 0 { return }
            discards -= count
            if count < 0 || discards < 0 { return close() }
        }
    }
}
