import TestSupport
import Testing

@testable import HTTPServer

/// A frame as a client sends it.
func clientFrame(
    _ first: UInt8, _ payload: [UInt8], mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D], lengthForm: Int? = nil
) -> [UInt8] {
    var frame = [first]
    let form = lengthForm ?? (payload.count < 126 ? 0 : payload.count < 65_536 ? 2 : 8)
    switch form {
    case 0: frame.append(0x80 | UInt8(payload.count))
    case 2: frame += [0x80 | 126, UInt8(payload.count >> 8 & 255), UInt8(payload.count & 255)]
    default:
        frame.append(0x80 | 127)
        for shift in stride(from: 56, through: 0, by: -8) { frame.append(UInt8(payload.count >> shift & 255)) }
    }
    return frame + mask + payload.enumerated().map { $1 ^ mask[$0 & 3] }
}

func text(_ text: String, isFinal: Bool = true) -> [UInt8] { clientFrame(isFinal ? 0x81 : 0x01, Array(text.utf8)) }

@Suite(.tags(.rules)) struct `Frames of a WebSocket` {
    private typealias Event = WebSocketDecoder.Event

    private func decode(
        _ bytes: [UInt8], pieces: Int = .max, limits: WebSocketDecoder.Limits = .init()
    ) -> (events: [Event], failure: UInt16?) {
        var decoder = WebSocketDecoder(limits: limits)
        var events: [Event] = []
        var start = 0
        do {
            while start < bytes.count {
                let piece = Array(bytes[start..<min(bytes.count, start + min(pieces, bytes.count))])
                start += piece.count
                var index = 0
                while true {
                    let event = try piece.withUnsafeBytes { bytes in
                        try decoder.next(bytes, at: &index)
                    }
                    guard let event else { break }
                    events.append(event)
                }
            }
        } catch { return (events, (error as? WebSocketDecoder.Failure)?.code) }
        return (events, nil)
    }

    @Test func `of RFC 6455, section 5.7`() {
        let hello: [UInt8] = [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58]
        #expect(decode(hello).events == [.text(Array("Hello".utf8))])
        let pong: [UInt8] = [0x8A, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58]
        #expect(decode(pong).events == [.pong(Array("Hello".utf8))])
        #expect(WebSocketDecoder.frame(.text, Array("Hello".utf8)) == [0x81, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F])
        #expect(WebSocketDecoder.frame(.ping, Array("Hello".utf8)) == [0x89, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F])
        #expect(
            Array(WebSocketDecoder.frame(.text, [UInt8](repeating: 1, count: 256)).prefix(4)) == [0x81, 0x7E, 1, 0])
        #expect(
            Array(WebSocketDecoder.frame(.text, [UInt8](repeating: 1, count: 65_536)).prefix(10))
                == [0x81, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0])
    }

    @Test func `read the same in whatever pieces they come`() {
        let stream =
            text("Hel", isFinal: false) + clientFrame(0x89, [1, 2]) + clientFrame(0x00, Array("lo é".utf8).dropLast())
            + clientFrame(0x80, [0xA9]) + text("") + text(String(repeating: "x", count: 126))
            + text(String(repeating: "€", count: 20_000)) + clientFrame(0x8A, [])
            + clientFrame(0x88, [0x03, 0xE8, 0x6F])
        let whole = decode(stream)
        #expect(
            whole.events == [
                .ping([1, 2]), .text(Array("Hello é".utf8)), .text([]),
                .text(Array(String(repeating: "x", count: 126).utf8)),
                .text(Array(String(repeating: "€", count: 20_000).utf8)), .pong([]), .close(code: 1000, reason: [0x6F]),
            ])
        #expect(whole.failure == nil)
        for pieces in [1, 2, 3, 7, 125, 126, 4096] {
            let cut = decode(stream, pieces: pieces)
            #expect(cut.events == whole.events)
            #expect(cut.failure == nil)
        }
    }

    static let refused: [(name: String, bytes: [UInt8], code: UInt16)] = [
        ("a reserved bit 1", clientFrame(0xC1, [1]), 1002), ("a reserved bit 2", clientFrame(0xA1, [1]), 1002),
        ("a reserved bit 3", clientFrame(0x91, [1]), 1002), ("opcode 3", clientFrame(0x83, []), 1002),
        ("opcode 7", clientFrame(0x87, []), 1002), ("opcode 11", clientFrame(0x8B, []), 1002),
        ("opcode 15", clientFrame(0x8F, []), 1002), ("no mask", [0x81, 0x01, 0x61], 1002),
        ("a long ping", clientFrame(0x89, [UInt8](repeating: 0, count: 126)), 1002),
        ("a fragmented ping", clientFrame(0x09, []), 1002), ("a fragmented close", clientFrame(0x08, []), 1002),
        ("a stray continuation", clientFrame(0x80, []), 1002),
        ("a stray open continuation", clientFrame(0x00, []), 1002),
        ("a message in a message", text("a", isFinal: false) + text("b"), 1002),
        ("a binary in a message", text("a", isFinal: false) + clientFrame(0x82, []), 1002),
        ("a continuation after the end", text("a") + clientFrame(0x80, []), 1002),
        ("a binary message", clientFrame(0x82, [1]), 1003),
        ("a negative length", [0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 1002),
        ("a length of 2 bytes for 125", clientFrame(0x81, [UInt8](repeating: 97, count: 125), lengthForm: 2), 1002),
        ("a length of 8 bytes for 126", clientFrame(0x81, [UInt8](repeating: 97, count: 126), lengthForm: 8), 1002),
        ("64 KiB and one", text(String(repeating: "a", count: 65_537)), 1009),
        ("an endless length", [0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0], 1009),
        (
            "64 KiB and one in two",
            text(String(repeating: "a", count: 65_536), isFinal: false) + clientFrame(0x80, [97]),
            1009
        ),
        ("not UTF-8", clientFrame(0x81, [0xFF]), 1007), ("overlong UTF-8", clientFrame(0x81, [0xC0, 0xAF]), 1007),
        ("overlong in three", clientFrame(0x81, [0xE0, 0x80, 0xAF]), 1007),
        ("a surrogate", clientFrame(0x81, [0xED, 0xA0, 0x80]), 1007),
        ("beyond Unicode", clientFrame(0x81, [0xF4, 0x90, 0x80, 0x80]), 1007),
        ("half a character", clientFrame(0x81, [0xE2, 0x82]), 1007),
        ("half a character over two frames", clientFrame(0x01, [0xE2]) + clientFrame(0x80, [0x82]), 1007),
        ("a wrong byte before the message ends", clientFrame(0x01, [0xFF]), 1007),
        ("a close with half a code", clientFrame(0x88, [0x03]), 1002),
        ("a close with 999", clientFrame(0x88, [0x03, 0xE7]), 1002),
        ("a close with 1004", clientFrame(0x88, [0x03, 0xEC]), 1002),
        ("a close with 1005", clientFrame(0x88, [0x03, 0xED]), 1002),
        ("a close with 1006", clientFrame(0x88, [0x03, 0xEE]), 1002),
        ("a close with 1015", clientFrame(0x88, [0x03, 0xF7]), 1002),
        ("a close with 2999", clientFrame(0x88, [0x0B, 0xB7]), 1002),
        ("a close with 5000", clientFrame(0x88, [0x13, 0x88]), 1002),
        ("a close whose reason is not UTF-8", clientFrame(0x88, [0x03, 0xE8, 0xFF]), 1007),
    ]

    @Test(arguments: refused.indices) func `are refused with the code that says why`(_ index: Int) {
        let (name, bytes, code) = Self.refused[index]
        for pieces in [Int.max, 1] {
            let result = decode(bytes, pieces: pieces)
            #expect(result.failure == code, "\(name)")
        }
    }

    @Test func `are refused at the first byte that is wrong, not at the last`() {
        #expect(decode([0x83]).failure == 1002)
        #expect(decode([0x82]).failure == 1003)
        #expect(decode([0x81, 0x01]).failure == 1002)
        // A megabyte is announced, none of it has come.
        #expect(decode([0x81, 0xFF, 0, 0, 0, 0, 0, 0x10, 0, 0, 1, 2, 3, 4]).failure == 1009)
    }

    @Test func `of one message are 128 at most`() {
        let first = text("a", isFinal: false)
        let more = (0..<126).flatMap { _ in clientFrame(0x00, [97]) }
        #expect(decode(first + more + clientFrame(0x80, [97])).events == [.text([UInt8](repeating: 97, count: 128))])
        #expect(decode(first + more + clientFrame(0x00, [97]) + clientFrame(0x80, [97])).failure == 1009)
    }

    @Test func `after a close are not looked at`() {
        let result = decode(clientFrame(0x88, []) + [0xFF, 0xFF, 0xFF])
        #expect(result.events == [.close(code: nil, reason: [])])
        #expect(result.failure == nil)
    }

    @Test func `say no more in a close than fits`() {
        let payload = WebSocketDecoder.closePayload(1001, String(repeating: "é", count: 200))
        #expect(payload.count == 124)
        #expect(String(validating: payload.dropFirst(2), as: UTF8.self) != nil)
    }
}
