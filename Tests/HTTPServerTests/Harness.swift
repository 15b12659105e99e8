import EventLoop
import Glibc
import HTTPServer
import Synchronization

/// Where clients block, so that they never hold up the threads of Swift's own pool.
let clientThreads = BlockingPool(threads: 16, queueLimit: 4096, name: "client")

struct Running: Sendable {
    let server: HTTPServer
    let port: Int
    let group: EventLoopGroup
}

/// Starts a server with short deadlines, and stops it and its loops afterwards.
@discardableResult
func withServer<T>(
    loops: Int = 1, _ configure: (inout HTTPServerConfiguration) -> Void = { _ in },
    shortcut: (@Sendable (HTTPRequest) -> HTTPResponse?)? = nil,
    handler: @escaping @Sendable (HTTPRequest) async -> HTTPResponse = describe,
    _ body: (Running) async throws -> T
) async throws -> T {
    var configuration = HTTPServerConfiguration()
    configuration.lingerTimeout = .milliseconds(500)
    configuration.halfCloseGrace = .milliseconds(50)
    configure(&configuration)
    let group = EventLoopGroup(count: loops)
    group.start()
    let server = HTTPServer(
        configuration: configuration, loops: group, handler: handler, shortcut: shortcut, onWireError: wireError)
    let outcome: Result<T, any Error>
    do {
        let port = try await server.start()
        outcome = .success(try await body(Running(server: server, port: port, group: group)))
    } catch {
        outcome = .failure(error)
    }
    await server.drain(grace: .zero)
    try? await clientThreads.run { group.shutdown() }
    return try outcome.get()
}

func wireError(_ status: Int, _ reason: String) -> HTTPResponse {
    HTTPResponse(status: status, fields: [("Content-Type", "text/plain")], body: .bytes(Array(reason.utf8)))
}

/// Answers with what it understood: method, path, query, host and body.
@Sendable func describe(_ request: HTTPRequest) async -> HTTPResponse {
    do {
        let body = try await request.body.collect(upTo: 1 << 20)
        let text = String(decoding: body, as: UTF8.self)
        let query = request.rawQuery.map { "?\($0)" } ?? ""
        return .text("\(request.method) \(request.path)\(query) \(request.fields["host"] ?? "-") [\(text)]")
    } catch {
        return wireError(error.status, "\(error)")
    }
}

extension HTTPResponse {
    static func text(_ text: String) -> HTTPResponse {
        HTTPResponse(status: 200, fields: [("Content-Type", "text/plain")], body: .bytes(Array(text.utf8)))
    }
}

struct Reply: Sendable {
    var status: Int
    var fields: [(name: String, value: String)]
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
    subscript(name: String) -> String? { fields.first { $0.name.lowercased() == name }?.value }
}

enum ClientError: Error, Equatable {
    case system(String, Int32)
    case timeout
    case closed
    case malformed(String)
}

/// A client that sends what it is told, byte for byte, and reads answers. Each call has an end.
final class RawClient: @unchecked Sendable {
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var isOpen = true

    init(port: Int, receiveBuffer: Int32? = nil) async throws {
        descriptor = try await clientThreads.run {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            if var size = receiveBuffer { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, 4) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = UInt16(port).bigEndian
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            let code = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard code == 0 else { throw ClientError.system("connect", errno) }
            return descriptor
        }
    }

    init(path: String) async throws {
        descriptor = try await clientThreads.run {
            let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
            let code = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            guard code == 0 else { throw ClientError.system("connect", errno) }
            return descriptor
        }
    }

    deinit { close() }

    func close() {
        if isOpen { Glibc.close(descriptor) }
        isOpen = false
    }

    /// Ends the sending half.
    func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Closes with a reset, as a client does that crashed.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws {
        try await clientThreads.run { [descriptor] in
            var sent = 0
            while sent < bytes.count {
                let count = bytes.withUnsafeBytes { buffer in
                    Glibc.send(
                        descriptor, buffer.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { throw ClientError.system("send", errno) }
                sent += count
            }
        }
    }

    /// At least one byte; empty at the end of the connection.
    func receive(upTo limit: Int = 65_536, within milliseconds: Int32 = 5_000) async throws -> [UInt8] {
        try await clientThreads.run { [descriptor] in
            var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&poller, 1, milliseconds) > 0 else { throw ClientError.timeout }
            var bytes = [UInt8](repeating: 0, count: limit)
            let count = recv(descriptor, &bytes, limit, 0)
            guard count >= 0 else { throw ClientError.system("recv", errno) }
            return Array(bytes.prefix(count))
        }
    }

    /// Whether the server ends the connection in time, in an orderly way. Bytes before that are kept.
    func isClosedByServer(within milliseconds: Int32 = 5_000) async throws -> Bool {
        do {
            while true {
                let bytes = try await receive(within: milliseconds)
                if bytes.isEmpty { return true }
                buffer += bytes
            }
        } catch ClientError.timeout {
            return false
        }
    }

    var leftover: [UInt8] { buffer }

    private func fill() async throws {
        let bytes = try await receive()
        if bytes.isEmpty { throw ClientError.closed }
        buffer += bytes
    }

    /// Reads one whole response, of any framing.
    func response(to method: String = "GET") async throws -> Reply {
        var reply = try await responseHead()
        while reply.status == 100 { reply = try await responseHead() }
        if method == "HEAD" || reply.status == 204 || reply.status == 304 { return reply }
        if let length = reply["content-length"].flatMap(Int.init) {
            while buffer.count < length { try await fill() }
            reply.body = Array(buffer.prefix(length))
            buffer.removeFirst(length)
        } else if reply["transfer-encoding"] == "chunked" {
            while let chunk = try await chunk() { reply.body += chunk }
        } else {
            while true {
                let bytes = try await receive()
                if bytes.isEmpty { break }
                buffer += bytes
            }
            reply.body = buffer
            buffer = []
        }
        return reply
    }

    func responseHead() async throws -> Reply {
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let index = find(end) {
                let text = String(decoding: buffer[..<index], as: UTF8.self)
                buffer.removeFirst(index + 4)
                var lines = text.split(separator: "\r\n").map(String.init)
                guard !lines.isEmpty, lines[0].hasPrefix("HTTP/1.1 "), let status = Int(lines[0].dropFirst(9).prefix(3))
                else { throw ClientError.malformed(text) }
                lines.removeFirst()
                let fields = lines.map { line in
                    let parts = line.split(separator: ":", maxSplits: 1)
                    return (String(parts[0]), parts.count > 1 ? String(parts[1].drop { $0 == " " }) : "")
                }
                return Reply(status: status, fields: fields.map { (name: $0.0, value: $0.1) }, body: [])
            }
            try await fill()
        }
    }

    /// nil at the end of the body.
    func chunk() async throws -> [UInt8]? {
        while true {
            if let index = find([13, 10]) {
                guard let size = Int(String(decoding: buffer[..<index], as: UTF8.self), radix: 16) else {
                    throw ClientError.malformed("chunk size")
                }
                while buffer.count < index + 2 + size + 2 { try await fill() }
                let chunk = Array(buffer[(index + 2)..<(index + 2 + size)])
                buffer.removeFirst(index + 2 + size + 2)
                return size == 0 ? nil : chunk
            }
            try await fill()
        }
    }

    private func find(_ pattern: [UInt8]) -> Int? {
        guard buffer.count >= pattern.count else { return nil }
        return (0...(buffer.count - pattern.count)).first { buffer[$0..<($0 + pattern.count)].elementsEqual(pattern) }
    }
}

final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    var value: Int { count.load(ordering: .acquiring) }
    func add(_ amount: Int = 1) { count.add(amount, ordering: .acquiringAndReleasing) }
}

/// Waits for something to become true; the caller expects on the result.
func eventually(within limit: Duration = .seconds(5), _ condition: () -> Bool) async -> Bool {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if condition() { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return condition()
}
