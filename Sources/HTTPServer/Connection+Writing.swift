import EventLoop
import Glibc
import Synchronization

/// What the socket would not take yet.
struct Backlog {
    private var segments: ContiguousArray<[UInt8]> = []
    private var offset = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        count += bytes.count
        if let last = segments.indices.last, segments[last].count < 16 * 1024 {
            segments[last].append(contentsOf: bytes)
        } else {
            segments.append([UInt8](bytes))
        }
    }

    /// Keeps the array itself where possible, rather than a copy.
    mutating func append(_ bytes: [UInt8], from start: Int) {
        guard start < bytes.count else { return }
        if segments.isEmpty {
            segments.append(bytes)
            offset = start
            count += bytes.count - start
        } else {
            bytes.withUnsafeBytes { append(UnsafeRawBufferPointer(rebasing: $0[start...])) }
        }
    }

    /// Offers the first piece to `send`, which says how much of it went.
    mutating func offer(_ send: (UnsafeRawBufferPointer) -> Int) -> Int {
        guard let first = segments.first else { return 0 }
        let sent = first.withUnsafeBytes { send(UnsafeRawBufferPointer(rebasing: $0[offset...])) }
        guard sent > 0 else { return sent }
        offset += sent
        count -= sent
        if offset == first.count {
            segments.removeFirst()
            offset = 0
        }
        return sent
    }
}

extension Connection {
    /// More than this unsent, and whoever streams has to wait.
    private static let highWater = 64 * 1024
    /// Bodies up to this size are copied behind their head, which is cheaper than a second part for the kernel.
    private static let copiedBody = 8 * 1024

    // MARK: Responses

    /// Sends a response that is whole.
    func respond(_ response: HTTPResponse) {
        guard phase == .handling, streaming == nil else { return }
        let content: [UInt8]
        if case .bytes(let bytes) = response.body { content = bytes } else { content = [] }
        writeHead(response, length: response.isBodiless ? .absent : .exactly(content.count), isOver: true)
        let isSilent = isHead || response.isBodiless
        context.head.bytes.withUnsafeBytes { head in
            content.withUnsafeBytes { send(head, isSilent ? UnsafeRawBufferPointer(rebasing: $0[..<0]) : $0, content) }
        }
        complete()
    }

    func writeHead(_ response: HTTPResponse, length: ResponseHead.Length, isOver: Bool) {
        if case .untilClose = length { keepsAlive = false }
        if let limit = configuration.maxRequestsPerConnection, requests >= limit { keepsAlive = false }
        if !canReuse(isOver: isOver) {
            keepsAlive = false
            lingers = true
        }
        if response.closes || context.state.isDraining.load(ordering: .relaxed) { keepsAlive = false }
        // Nothing may come before the final answer any more.
        body?.wantsContinue = false
        writeClock.reset(to: configuration.writeTimeout)
        context.head.write(
            response, length: length, keepsAlive: keepsAlive, isHTTP10: isHTTP10, dateLine: context.dateLine,
            serverLine: context.serverLine)
    }

    /// The response is with the kernel or in the backlog.
    private func complete() {
        guard phase == .handling else { return }
        streaming = nil
        if let body {
            discards = body.remaining ?? 0
            body.detach()
            self.body = nil
        } else {
            discards = 0
        }
        readDeadline = 0
        if backlog.isEmpty { flushed() } else { phase = .flushing }
    }

    private func flushed() {
        if !keepsAlive {
            // When the client has sent nothing that is still unread, there is nothing to linger for.
            if !lingers, discards == 0, pending.isEmpty, !isReadable {
                shutdown(descriptor, Int32(SHUT_WR))
                return close()
            }
            return beginLinger()
        }
        if discards > 0 {
            phase = .draining
            setReadDeadline(after: configuration.bodyTimeout)
        } else {
            becomeIdle()
        }
    }

    func sendContinue() {
        guard phase == .handling, streaming == nil else { return }
        let text: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"
        let bytes = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        writeClock.reset(to: configuration.writeTimeout)
        send(bytes, UnsafeRawBufferPointer(start: nil, count: 0), [])
    }

    // MARK: Streams

    /// False when nothing is to be produced.
    func beginStream(_ response: HTTPResponse, length: Int?, of request: UInt32) -> Bool {
        guard phase == .handling, serial == request else { return false }
        let framing: ResponseHead.Length
        if response.isBodiless {
            framing = .absent
        } else if let length {
            framing = .exactly(max(0, length))
            streaming = .counted(remaining: max(0, length))
        } else if isHTTP10 {
            framing = .untilClose
            streaming = .untilClose
        } else {
            framing = .chunked
            streaming = .chunked
        }
        writeHead(response, length: framing, isOver: false)
        let isSilent = isHead || response.isBodiless
        context.head.bytes.withUnsafeBytes { send($0, UnsafeRawBufferPointer(start: nil, count: 0), []) }
        if isSilent {
            streaming = nil
            complete()
            advance()
        }
        return !isSilent && phase == .handling
    }

    func endStream(completely: Bool, of request: UInt32) {
        guard phase == .handling, serial == request, let streaming else { return }
        switch streaming {
        case .chunked where completely:
            let text: StaticString = "0\r\n\r\n"
            let bytes = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
            send(bytes, UnsafeRawBufferPointer(start: nil, count: 0), [])
        case .counted(remaining: 0): break
        case .untilClose where completely: break
        default:
            // The client must not take a part for the whole.
            return abort()
        }
        complete()
        advance()
    }

    /// Sends a piece of a streamed response. False when there is no room for the next one.
    func writePiece(_ bytes: [UInt8], of request: UInt32) throws -> Bool {
        guard phase == .handling, serial == request, let streaming else { throw HTTPBodyWriter.Disconnected() }
        switch streaming {
        case .counted(let remaining):
            guard bytes.count <= remaining else { throw HTTPBodyWriter.TooLong() }
            self.streaming = .counted(remaining: remaining - bytes.count)
            bytes.withUnsafeBytes { send(UnsafeRawBufferPointer(rebasing: $0[..<0]), $0, bytes) }
        case .untilClose:
            // Another protocol's pauses are not the client's: the time for a message begins with it.
            if isUpgraded, backlog.isEmpty { writeClock.reset(to: configuration.writeTimeout) }
            bytes.withUnsafeBytes { send(UnsafeRawBufferPointer(rebasing: $0[..<0]), $0, bytes) }
        case .chunked:
            writeChunk(bytes)
        }
        if phase == .closed { throw HTTPBodyWriter.Disconnected() }
        return backlog.count <= Self.highWater
    }

    private func writeChunk(_ bytes: [UInt8]) {
        var size: [UInt8] = Array(String(bytes.count, radix: 16).utf8)
        size.append(0x0d)
        size.append(0x0a)
        if bytes.count <= Self.copiedBody {
            size.append(contentsOf: bytes)
            size.append(0x0d)
            size.append(0x0a)
            size.withUnsafeBytes { send($0, UnsafeRawBufferPointer(start: nil, count: 0), []) }
        } else {
            size.withUnsafeBytes { head in bytes.withUnsafeBytes { send(head, $0, bytes) } }
            if phase == .closed { return }
            let end: [UInt8] = [0x0d, 0x0a]
            end.withUnsafeBytes { send($0, UnsafeRawBufferPointer(start: nil, count: 0), []) }
        }
    }

    func waitForRoom(_ continuation: UnsafeContinuation<Void, any Error>, of request: UInt32) {
        guard phase == .handling, serial == request, streaming != nil, roomWaiter == nil else {
            return continuation.resume(throwing: HTTPBodyWriter.Disconnected())
        }
        if backlog.count <= Self.highWater { return continuation.resume() }
        roomWaiter = continuation
    }

    func sendHead() {
        context.head.bytes.withUnsafeBytes { send($0, UnsafeRawBufferPointer(start: nil, count: 0), []) }
    }

    // MARK: The socket

    /// Sends both parts in one call, and keeps what the socket does not take. `array` is what `content` points into.
    private func send(_ head: UnsafeRawBufferPointer, _ content: UnsafeRawBufferPointer, _ array: [UInt8]) {
        guard phase != .closed else { return }
        guard backlog.isEmpty else {
            backlog.append(head)
            backlog.append(content)
            return
        }
        let total = head.count + content.count
        var sent: Int
        repeat { sent = transmit(head, content) } while sent < 0 && errno == EINTR
        if sent < 0 {
            guard errno == EAGAIN else { return close() }
            sent = 0
        }
        _ = writeClock.progress(sent, at: loop.now, limit: configuration.writeTimeout)
        guard sent < total else { return }
        if sent < head.count { backlog.append(UnsafeRawBufferPointer(rebasing: head[sent...])) }
        if !content.isEmpty { backlog.append(array, from: max(0, sent - head.count)) }
        writeDeadline = writeClock.begin(at: loop.now)
        updateTimer()
    }

    private func transmit(_ head: UnsafeRawBufferPointer, _ content: UnsafeRawBufferPointer) -> Int {
        if content.isEmpty {
            return Glibc.send(descriptor, head.baseAddress, head.count, Int32(MSG_NOSIGNAL))
        }
        if content.count <= Self.copiedBody, head.count + content.count <= loop.scratch.count {
            // Whatever was received there has been taken by now.
            loop.scratch.copyMemory(from: head)
            UnsafeMutableRawBufferPointer(rebasing: loop.scratch[head.count...]).copyMemory(from: content)
            let count = head.count + content.count
            return Glibc.send(descriptor, loop.scratch.baseAddress, count, Int32(MSG_NOSIGNAL))
        }
        var parts = (
            iovec(iov_base: UnsafeMutableRawPointer(mutating: head.baseAddress), iov_len: head.count),
            iovec(iov_base: UnsafeMutableRawPointer(mutating: content.baseAddress), iov_len: content.count)
        )
        return withUnsafeMutablePointer(to: &parts) { parts in
            var message = msghdr()
            message.msg_iov = UnsafeMutableRawPointer(parts).assumingMemoryBound(to: iovec.self)
            message.msg_iovlen = 2
            return sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL))
        }
    }

    /// The socket takes more.
    func flush() {
        while !backlog.isEmpty {
            let sent = backlog.offer { bytes in
                Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            }
            if sent < 0 {
                if errno == EINTR { continue }
                if errno != EAGAIN { close() }
                return
            }
            if writeClock.progress(sent, at: loop.now, limit: configuration.writeTimeout) {
                writeDeadline = writeClock.begin(at: loop.now)
            }
        }
        writeDeadline = 0
        writeClock.end(at: loop.now)
        if let waiter = roomWaiter {
            roomWaiter = nil
            waiter.resume()
        }
        if phase == .flushing {
            flushed()
            advance()
        }
    }
}
