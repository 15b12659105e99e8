import Base
import EventLoop
import Glibc
import JSON

/// A client that writes bytes and reads bytes, each exchange over a connection of its own.
package struct TestClient: Sendable {
    private static let threads = BlockingPool(threads: 24, queueLimit: 10_000, name: "client")

    package let port: Int

    package init(port: Int) { self.port = port }

    package func send(
        _ method: String, _ target: String, fields: [(String, String)] = [], body: [UInt8]? = nil
    ) async throws -> Answer {
        var head = "\(method) \(target) HTTP/1.1\r\nHost: purser.test\r\nConnection: close\r\n"
        for (name, value) in fields { head += "\(name): \(value)\r\n" }
        if let body { head += "Content-Length: \(body.count)\r\n" }
        return try await exchange(Array((head + "\r\n").utf8) + (body ?? []))
    }

    /// Sends exactly these bytes, and reads until the server closes.
    package func exchange(_ request: [UInt8]) async throws -> Answer {
        try await Self.threads.run { [port] in
            let connection = try ClientConnection(port: port)
            try connection.write(request)
            return try Answer(connection.readToEnd())
        }
    }

    /// A multipart form with one file.
    package static func form(_ content: [UInt8], filename: String = "statement.csv", boundary: String = "b-o-u-n-d")
        -> (contentType: String, body: [UInt8])
    {
        let head =
            "--\(boundary)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\(filename)\"\r\n"
            + "Content-Type: application/octet-stream\r\n\r\n"
        return (
            "multipart/form-data; boundary=\(boundary)",
            Array(head.utf8) + content + Array("\r\n--\(boundary)--\r\n".utf8)
        )
    }
}

package struct ClientError: Error {
    package let operation: String
    package let code: Int32
}

/// A blocking connection to this machine.
package final class ClientConnection: Sendable {
    private let descriptor: Int32

    package init(port: Int, timeoutSeconds: Int = 60) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw ClientError(operation: "socket", code: errno) }
        var timeout = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else {
            let code = errno
            throw ClientError(operation: "connect", code: code)
        }
    }

    deinit { close(descriptor) }

    package func write(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw ClientError(operation: "send", code: errno) }
            sent += count
        }
    }

    /// What there is, after waiting for something; empty at the end.
    package func readSome() throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count >= 0 else { throw ClientError(operation: "receive", code: errno) }
        return Array(buffer[..<count])
    }

    package func readToEnd() throws -> [UInt8] {
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count >= 0 else { throw ClientError(operation: "receive", code: errno) }
            if count == 0 { return answer }
            answer += buffer[..<count]
        }
    }
}

/// One answer, taken apart.
package struct Answer: Sendable {
    package struct Malformed: Error {
        package let text: String
    }

    package let status: Int
    package let fields: [(name: String, value: String)]
    package let body: [UInt8]
    package let json: JSONValue

    package init(_ bytes: [UInt8]) throws {
        guard let end = Self.endOfHead(bytes) else { throw Malformed(text: String(decoding: bytes, as: UTF8.self)) }
        // Lines end in CR LF, which Swift reads as one character.
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw Malformed(text: String(decoding: bytes, as: UTF8.self))
        }
        self.status = status
        fields = lines.dropFirst().compactMap { line in
            line.firstIndex(of: ":").map { colon in
                (line[..<colon].lowercased(), String(line[line.index(after: colon)...].drop { $0 == " " }))
            }
        }
        let rest = bytes[(end + 4)...]
        let isChunked = fields.contains { $0.name == "transfer-encoding" }
        body = isChunked ? Self.unchunked(rest) : Array(rest)
        json = (try? JSONValue.parse(body)) ?? .null
    }

    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        return (0...(bytes.count - 4)).first {
            bytes[$0] == 0x0D && bytes[$0 + 1] == 0x0A && bytes[$0 + 2] == 0x0D && bytes[$0 + 3] == 0x0A
        }
    }

    private static func unchunked(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var rest = bytes
        var whole: [UInt8] = []
        while let lineEnd = rest.firstIndex(of: 0x0A) {
            let size = String(decoding: rest[..<lineEnd], as: UTF8.self).prefix { $0.isHexDigit }
            guard let count = Int(size, radix: 16), count > 0 else { break }
            whole += rest[(lineEnd + 1)...].prefix(count)
            rest = rest[(lineEnd + 1)...].dropFirst(count + 2)
        }
        return whole
    }

    package subscript(name: String) -> String? { fields.first { $0.name == name }?.value }
    package func all(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }
    package var text: String { String(decoding: body, as: UTF8.self) }
    package var data: JSONValue { json["data"] ?? .null }
    package var items: [JSONValue] { data.array ?? [] }
    package var code: String? { json["code"]?.string }
    package var nextCursor: String? { json["meta"]?["nextCursor"]?.string }
    /// Names of the fields that a refusal complains of.
    package var problems: [String] { (json["errors"]?.array ?? []).compactMap { $0["field"]?.string } }
}
