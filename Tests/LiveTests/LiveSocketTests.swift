import Base
import Books
import Database
import EventLoop
import Foundation
import HTTP
import HTTPServer
import JSON
import Jobs
import Synchronization
import TestSupport
import Testing

@testable import Activity

/// A WebSocket by hand: bytes in, frames out.
final class RawSocket: Sendable {
    struct Frame: Sendable {
        let opcode: UInt8
        let payload: [UInt8]
        var json: JSONValue { (try? JSONValue.parse(payload)) ?? .null }
        var code: Int { payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : -1 }
    }
    struct Ended: Error {}

    static let key = "dGhlIHNhbXBsZSBub25jZQ=="
    private static let threads = BlockingPool(threads: 24, queueLimit: 10_000, name: "sockets")
    private let connection: ClientConnection
    private let rest = Mutex([UInt8]())
    private let readAhead: Mutex<String>

    init(_ port: Int, _ person: Person?, head: String? = nil, more: String = "") throws {
        connection = try ClientConnection(port: port, timeoutSeconds: 15)
        let signedIn = person.map { "Authorization: Bearer \($0.token)\r\n" } ?? ""
        try connection.write(
            Array(
                (head
                    ?? "GET /ws HTTP/1.1\r\nHost: purser.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \(Self.key)\r\n\(signedIn)\(more)\r\n")
                    .utf8))
        readAhead = Mutex("")
    }

    func send(_ bytes: [UInt8]) throws { try connection.write(bytes) }

    func say(_ text: String) throws { try send(clientFrame(0x81, Array(text.utf8))) }

    /// The head of the answer.
    func head() async throws -> String {
        while true {
            let found = rest.withLock { rest -> String? in
                guard let end = rest.indices.first(where: { rest[$0...].starts(with: [13, 10, 13, 10]) }) else {
                    return nil
                }
                defer { rest = Array(rest[(end + 4)...]) }
                return String(decoding: rest[..<end], as: UTF8.self)
            }
            if let found { return found }
            try await fill()
        }
    }

    private func fill() async throws {
        let connection = connection
        let bytes = try await Self.threads.run { try connection.readSome() }
        guard !bytes.isEmpty else { throw Ended() }
        rest.withLock { $0 += bytes }
    }

    func frame() async throws -> Frame {
        while true {
            let found = rest.withLock { rest -> Frame? in
                guard rest.count >= 2 else { return nil }
                var start = 2
                var length = Int(rest[1] & 0x7F)
                if length == 126 {
                    guard rest.count >= 4 else { return nil }
                    length = Int(rest[2]) << 8 | Int(rest[3])
                    start = 4
                }
                guard rest.count >= start + length else { return nil }
                defer { rest = Array(rest[(start + length)...]) }
                return Frame(opcode: rest[0] & 0x0F, payload: Array(rest[start..<(start + length)]))
            }
            if let found { return found }
            try await fill()
        }
    }

    /// The next message of this type; pings are answered meanwhile.
    func next(_ type: String) async throws -> JSONValue {
        while true {
            let frame = try await frame()
            if frame.opcode == 9 { try send(clientFrame(0x8A, frame.payload)) }
            if frame.opcode == 8 { throw Closed(code: frame.code) }
            if frame.opcode == 1, frame.json["type"]?.string == type { return frame.json }
        }
    }

    /// The code of the close that comes next, whatever else comes before it.
    func closing() async throws -> Int {
        while true {
            let frame = try await frame()
            if frame.opcode == 8 { return frame.code }
        }
    }

    struct Closed: Error { let code: Int }

    func isOver() async throws -> Bool {
        do {
            while true { _ = try await frame() }
        } catch is Ended { return true }
    }
}

/// A frame as a client sends it.
func clientFrame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
    let mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
    let length: [UInt8] =
        payload.count < 126
        ? [0x80 | UInt8(payload.count)] : [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
    return [first] + length + mask + payload.enumerated().map { $1 ^ mask[$0 & 3] }
}

@Suite(.tags(.http), .books) struct `The WebSocket` {
    static let lunch =
        #"{"amount": 12.5, "transactionDate": "2026-11-02", "merchantName": "Corner", "description": "Lunch"}"#

    @Test func `begins with the handshake of RFC 6455`() async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada")
            let socket = try RawSocket(app.port, ada, more: "Sec-WebSocket-Protocol: chat, purser.v1\r\n")
            let head = try await socket.head()
            #expect(head.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
            #expect(head.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
            #expect(head.contains("Upgrade: websocket") && head.contains("Connection: Upgrade"))
            #expect(head.contains("Sec-WebSocket-Protocol: purser.v1"))
            #expect(!head.contains("Content-Length") && !head.contains("Transfer-Encoding"))
            try socket.say(#"{"type":"ping"}"#)
            _ = try await socket.next("pong")
        }
    }

    static let refusedHeads: [(change: [(String, String)], status: Int)] = [
        ([("Upgrade: websocket\r\n", "")], 426), ([("Upgrade: websocket\r\n", "Upgrade: h2c\r\n")], 426),
        ([("Connection: Upgrade\r\n", "")], 400), ([("Version: 13", "Version: 12")], 426),
        ([("Sec-WebSocket-Version: 13\r\n", "")], 426), ([(RawSocket.key, "short")], 400),
        ([(RawSocket.key, "dGhlIHNhbXBsZSBub25jZQ=!")], 400),
        ([("Sec-WebSocket-Key: \(RawSocket.key)\r\n", "")], 400),
        ([("GET /ws", "HEAD /ws")], 400), ([("HTTP/1.1", "HTTP/1.0")], 400),
        ([("\r\n\r\n", "\r\nContent-Length: 1\r\n\r\nx")], 400), ([("GET /ws", "POST /ws")], 405),
        ([("Authorization: Bearer ", "X-Nothing: ")], 401),
        ([("Authorization: Bearer ", "Authorization: Bearer x")], 401),
    ]

    @Test func `refuses what is no handshake, and the connection speaks HTTP on`() async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada")
            for (change, status) in Self.refusedHeads {
                var head =
                    "GET /ws HTTP/1.1\r\nHost: purser.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \(RawSocket.key)\r\nAuthorization: Bearer \(ada.token)\r\n\r\n"
                for (old, new) in change { head = head.replacingOccurrences(of: old, with: new) }
                let socket = try RawSocket(app.port, nil, head: head)
                let answer = try await socket.head()
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(change): \(answer.prefix(40))")
                if status == 426 { #expect(answer.contains("Sec-WebSocket-Version: 13")) }
            }
            #expect(app.hub.followers == 0)
        }
    }

    @Test func `by a cookie is for our own page alone`() throws {
        func check(_ fields: [(String, String)]) throws {
            let request = try #require(
                HTTPRequest(method: "GET", target: "/ws", fields: fields, loop: EventLoopGroup(count: 1).next()))
            try WebSocketHandshake.checkOrigin(
                Request(forTest: request), origins: ["https://purser.example"])
        }
        // The request of a test has the host "local".
        try check([("Origin", "http://local")])
        try check([("Origin", "https://purser.example")])
        try check([("Authorization", "Bearer x"), ("Origin", "https://evil.example")])
        try check([("X-API-Key", "x")])
        for origin in ["https://evil.example", "http://local.evil", "null", "https://local", "http://local:81"] {
            #expect(throws: Refusal.self, "\(origin)") { try check([("Origin", origin)]) }
        }
        #expect(throws: Refusal.self) { try check([]) }
    }

    @Test func `tells a change of one member to another within a second, once and in order`() async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada")
            let max = try await app.add(try await app.person("max"), to: ada, as: .member)
            // What opened the book is told before anybody follows it.
            while try await app.worker.runOnce() {}
            app.worker.start()
            let socket = try RawSocket(app.port, max)
            _ = try await socket.head()
            try socket.say(#"{"type":"subscribe","bookId":"\#(ada.book)"}"#)
            let begun = try await socket.next("subscribed")
            #expect(begun["bookId"]?.string == "\(ada.book)")
            var times: [Duration] = []
            var numbers: [Int] = []
            for _ in 0..<100 {
                let start = ContinuousClock.now
                let created = try await ada.post("/expenses", Self.lunch)
                let event = try await socket.next("activity")
                times.append(ContinuousClock.now - start)
                #expect(event["data"]?["id"] == created.data["id"])
                #expect(event["user"]?["name"]?.string == "ada")
                #expect(event["bookId"]?.string == "\(ada.book)")
                numbers.append(event["number"]?.int ?? 0)
            }
            times.sort()
            #expect(numbers == Array(Set(numbers)).sorted())
            #expect(times[98] < .seconds(1), "p99 \(times[98])")
            print("change to other member over WebSocket: p50 \(times[49]), p99 \(times[98]), longest \(times[99])")
        }
    }

    @Test func `goes on where it was, after a break`() async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada")
            app.worker.start()
            for _ in 0..<3 { _ = try await ada.post("/expenses", Self.lunch) }
            let socket = try RawSocket(app.port, ada)
            _ = try await socket.head()
            try socket.say(#"{"type":"subscribe","after":0}"#)
            _ = try await socket.next("subscribed")
            #expect(try await socket.next("activity")["name"]?.string == "book.opened")
            for _ in 0..<3 { #expect(try await socket.next("activity")["name"]?.string == "expense.created") }
            try socket.say(#"{"type":"unsubscribe"}"#)
            _ = try await socket.next("unsubscribed")
            _ = try await ada.post("/expenses", Self.lunch)
            try socket.say(#"{"type":"ping"}"#)
            _ = try await socket.next("pong")
            #expect(app.hub.followers == 0)
        }
    }

    @Test func `closes for a member who was removed, and tells no more of the book`() async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada")
            let max = try await app.add(try await app.person("max"), to: ada, as: .member)
            app.worker.start()
            let socket = try RawSocket(app.port, max)
            _ = try await socket.head()
            try socket.say(#"{"type":"subscribe","bookId":"\#(ada.book)"}"#)
            _ = try await socket.next("subscribed")
            _ = try await app.database.writer.run(
                "DELETE FROM book_members WHERE user_id = \(max.user) AND book_id = \(ada.book)")
            app.directory.announceChange()
            let start = ContinuousClock.now
            _ = try await ada.post("/expenses", Self.lunch)
            let error = try await socket.next("error")
            #expect(error["code"]?.string == "BOOK_NOT_FOUND")
            #expect(try await socket.closing() == 4003)
            #expect(ContinuousClock.now - start < .seconds(1))
            #expect(try await socket.isOver())
        }
    }

    @Test func `of a book that is not theirs is refused, and the others go on`() async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada")
            let max = try await app.person("max")
            let socket = try RawSocket(app.port, max)
            _ = try await socket.head()
            for message in [
                #"{"type":"subscribe","bookId":"\#(ada.book)"}"#, #"{"type":"subscribe","bookId":"none"}"#,
                #"{"type":"subscribe","bookId":"\#(BookID.new())"}"#,
            ] {
                try socket.say(message)
                #expect(try await socket.next("error")["code"]?.string == "BOOK_NOT_FOUND")
            }
            for message in [
                "", "x", "[]", "{}", #"{"type":7}"#, #"{"type":"dance"}"#, #"{"type":"subscribe","after":-1}"#,
                #"{"type":"subscribe","after":"x"}"#, #"{"type":[[[[[1]]]]]}"#,
            ] {
                try socket.say(message)
                #expect(try await socket.next("error")["code"]?.string == "INVALID_MESSAGE", "\(message)")
            }
            try socket.say(#"{"type":"subscribe"}"#)
            #expect(try await socket.next("subscribed")["bookId"]?.string == "\(max.book)")
        }
    }

    @Test func `answers a ping with its payload, between the pieces of a message too`() async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada")
            let socket = try RawSocket(app.port, ada)
            _ = try await socket.head()
            try socket.send(clientFrame(0x01, Array(#"{"type":"#.utf8)))
            try socket.send(clientFrame(0x89, Array("are you there".utf8)))
            let pong = try await socket.frame()
            #expect(pong.opcode == 10)
            #expect(pong.payload == Array("are you there".utf8))
            try socket.send(clientFrame(0x80, Array(#""ping"}"#.utf8)))
            _ = try await socket.next("pong")
        }
    }

    @Test func `echoes a close, and ends`() async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada")
            for (payload, code) in [([UInt8](), -1), ([0x03, 0xE8], 1000), ([0x0F, 0xA0, 0x78], 4000)] {
                let socket = try RawSocket(app.port, ada)
                _ = try await socket.head()
                try socket.send(clientFrame(0x88, payload))
                #expect(try await socket.closing() == code)
                #expect(try await socket.isOver())
            }
        }
    }

    @Test func `closes with the code that says what was wrong`() async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada")
            let wrong: [([UInt8], Int)] = [
                ([0x81, 0x01, 0x61], 1002), (clientFrame(0x82, [1]), 1003), (clientFrame(0x81, [0xFF]), 1007),
                ([0x81, 0xFF, 0, 0, 0, 0, 0, 0x10, 0, 0, 1, 2, 3, 4], 1009), (clientFrame(0x88, [0x03]), 1002),
                (Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8), 1002),
            ]
            for (bytes, code) in wrong {
                let socket = try RawSocket(app.port, ada)
                _ = try await socket.head()
                try socket.send(bytes)
                #expect(try await socket.closing() == code)
                #expect(try await socket.isOver())
            }
        }
    }

    @Test func `takes what came together with the handshake`() async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada")
            let head =
                "GET /ws HTTP/1.1\r\nHost: purser.test\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \(RawSocket.key)\r\nAuthorization: Bearer \(ada.token)\r\n\r\n"
            let connection = try RawSocket(app.port, nil, head: "")
            try connection.send(Array(head.utf8) + clientFrame(0x81, Array(#"{"type":"ping"}"#.utf8)))
            _ = try await connection.head()
            _ = try await connection.next("pong")
        }
    }

    @Test func `closes for one who sends too much`() async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada")
            let socket = try RawSocket(app.port, ada)
            _ = try await socket.head()
            for _ in 0..<220 { try? socket.say(#"{"type":"ping"}"#) }
            #expect(try await socket.closing() == 1008)
        }
    }

    @Test func `gives up on one who is silent, and keeps one who answers`() async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada")
            let silent = try RawSocket(app.port, ada)
            let lively = try RawSocket(app.port, ada)
            _ = try await silent.head()
            _ = try await lively.head()
            // The silence that is allowed is three seconds here.
            let answering = Task {
                for _ in 0..<6 {
                    let frame = try await lively.frame()
                    #expect(frame.opcode == 9)
                    try lively.send(clientFrame(0x8A, frame.payload))
                }
            }
            let start = ContinuousClock.now
            do {
                while true { _ = try await silent.frame() }
            } catch { #expect(!(error is RawSocket.Closed)) }
            #expect(ContinuousClock.now - start > .seconds(2))
            #expect(ContinuousClock.now - start < .seconds(10))
            try await answering.value
            try lively.say(#"{"type":"ping"}"#)
            _ = try await lively.next("pong")
        }
    }

    @Test func `lets go of one who does not read, and nobody else notices`() async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada")
            let slow = try RawSocket(app.port, ada)
            _ = try await slow.head()
            try slow.say(#"{"type":"subscribe"}"#)
            _ = try await slow.next("subscribed")
            let quick = try RawSocket(app.port, ada)
            _ = try await quick.head()
            try quick.say(#"{"type":"subscribe"}"#)
            _ = try await quick.next("subscribed")
            let padding = String(repeating: "x", count: 50_000)
            let data = JSONText(Array(#"{"note":"\#(padding)"}"#.utf8))
            app.worker.start()
            // Some 30 MB: more than any buffer of the kernel between here and there.
            for number in 0..<30 {
                _ = try await app.database.writer.run(
                    """
                    INSERT INTO outbox (name, book_id, data)
                    SELECT 'rules.applied', \(ada.book), \(data) FROM generate_series(1, 20)
                    """)
                for _ in 0..<20 { _ = try await quick.next("activity") }
                if number > 20, app.hub.followers == 1 { break }
            }
            for _ in 0..<100 where app.hub.followers > 1 {
                try await Task.sleep(for: .milliseconds(100))
                // It stays alive meanwhile.
                try quick.say(#"{"type":"ping"}"#)
                _ = try await quick.next("pong")
            }
            #expect(app.hub.followers == 1)
            try quick.say(#"{"type":"ping"}"#)
            _ = try await quick.next("pong")
        }
    }

    @Test func `has room for ten of each person`() async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada")
            var sockets: [RawSocket] = []
            for _ in 0..<10 {
                let socket = try RawSocket(app.port, ada)
                #expect(try await socket.head().hasPrefix("HTTP/1.1 101"))
                sockets.append(socket)
            }
            #expect(try await RawSocket(app.port, ada).head().hasPrefix("HTTP/1.1 503"))
            try sockets[0].send(clientFrame(0x88, []))
            #expect(try await sockets[0].isOver())
            var head = ""
            for _ in 0..<50 where !head.hasPrefix("HTTP/1.1 101") {
                head = try await RawSocket(app.port, ada).head()
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(head.hasPrefix("HTTP/1.1 101"))
        }
    }
}
