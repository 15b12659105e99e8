import Base
import Synchronization
import TestSupport
import Testing

@testable import HTTP

@Suite(.tags(.rules)) struct `An upload in parts` {
    private struct Part: Equatable {
        let name: String
        let filename: String?
        let content: [UInt8]
    }

    /// Gives out the bytes in pieces that end at these positions.
    private final class Pieces: Sendable {
        private let rest: Mutex<[[UInt8]]>
        init(_ bytes: [UInt8], cuts: [Int]) {
            var pieces: [[UInt8]] = []
            var start = 0
            for cut in cuts.sorted() + [bytes.count] where cut >= start {
                pieces.append(Array(bytes[start..<cut]))
                start = cut
            }
            rest = Mutex(pieces)
        }
        func next() -> [UInt8]? { rest.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
    }

    private func read(
        _ bytes: [UInt8], boundary: String = "XyZ", cuts: [Int] = [], limits: MultipartLimits = MultipartLimits()
    ) async throws -> [Part] {
        let pieces = Pieces(bytes, cuts: cuts)
        var reader = try MultipartReader(boundary: boundary, limits: limits) { pieces.next() }
        var parts: [Part] = []
        while let part = try await reader.nextPart() {
            var content: [UInt8] = []
            while let piece = try await reader.read() {
                #expect(!piece.isEmpty)
                content += piece
            }
            parts.append(Part(name: part.name, filename: part.filename, content: content))
        }
        return parts
    }

    private func form(_ parts: [Part], boundary: String = "XyZ", preamble: String = "", epilogue: String = "\r\n")
        -> [UInt8]
    {
        var bytes = Array(preamble.utf8)
        for (index, part) in parts.enumerated() {
            bytes += Array(
                "\(index == 0 && preamble.isEmpty ? "" : "\r\n")--\(boundary)\r\nContent-Disposition: form-data; name=\"\(part.name)\""
                    .utf8)
            if let filename = part.filename { bytes += Array("; filename=\"\(filename)\"".utf8) }
            bytes += Array("\r\nX-Other: y\r\n\r\n".utf8) + part.content
        }
        return bytes + Array("\r\n--\(boundary)--\(epilogue)".utf8)
    }

    @Test func `is the same wherever it is cut in two`() async throws {
        let parts = [
            Part(name: "note", filename: nil, content: Array("a\r\nb".utf8)),
            Part(name: "empty", filename: "e.csv", content: []),
            // What looks like a boundary for a while is content.
            Part(name: "file", filename: "f; x.csv", content: Array("\r\n--XyY\r\n--Xy\r\n-\r\r\n--\r\n".utf8)),
        ]
        for (preamble, epilogue) in [("", "\r\n"), ("preamble", "epilogue --XyZ\r\n"), ("\r\n", "")] {
            let bytes = form(parts, preamble: preamble, epilogue: epilogue)
            #expect(try await read(bytes) == parts)
            for cut in 0...bytes.count { #expect(try await read(bytes, cuts: [cut]) == parts, "cut at \(cut)") }
            #expect(try await read(bytes, cuts: Array(0...bytes.count)) == parts, "byte by byte")
        }
    }

    @Test func `is the same however it is cut, whatever is in it`() async throws {
        var random = SeededGenerator(seed: 2026)
        let texts = ["\r\n--Xy", "\r\n", "-", "--", "XyZ", "\r", "\n", "text", "\u{0}"]
        let crumbs = texts.map { Array($0.utf8) } + [[0xFF], [0x0D]]
        for _ in 0..<300 {
            let parts = (0..<Int.random(in: 1...4, using: &random)).map { number in
                var content: [UInt8] = []
                for _ in 0..<Int.random(in: 0...12, using: &random) {
                    content += crumbs.randomElement(using: &random) ?? []
                }
                // A whole boundary cannot be content: that is the sender's duty.
                let holdsBoundary = content.indices.contains { content[$0...].starts(with: Array("\r\n--XyZ".utf8)) }
                return Part(
                    name: "p\(number)", filename: number % 2 == 0 ? "f\(number)" : nil,
                    content: holdsBoundary ? [] : content)
            }
            let bytes = form(parts)
            let cuts = (0..<Int.random(in: 0...8, using: &random)).map { _ in
                Int.random(in: 0...bytes.count, using: &random)
            }
            #expect(try await read(bytes, cuts: cuts) == parts)
        }
    }

    @Test func `keeps a large part whole in small pieces`() async throws {
        var random = SeededGenerator(seed: 3)
        let content = (0..<300_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        let bytes = form([Part(name: "file", filename: "big", content: content)])
        let parts = try await read(bytes, cuts: Array(stride(from: 0, to: bytes.count, by: 4099)))
        #expect(parts.count == 1 && parts.first?.content == content)
    }

    @Test func `is refused wherever it ends too early`() async throws {
        let bytes = form([Part(name: "file", filename: "f", content: Array("some content".utf8))], epilogue: "")
        for end in 0..<bytes.count {
            await #expect(throws: Refusal.self, "ends after \(end) bytes") { try await read(Array(bytes[..<end])) }
        }
        #expect(try await read(bytes).count == 1)
    }

    @Test(arguments: [
        "--XyZ\r\nContent-Type: text/plain\r\n\r\nx\r\n--XyZ--",
        "--XyZ\r\nContent-Disposition: form-data\r\n\r\nx\r\n--XyZ--",
        "--XyZ\r\nContent-Disposition: attachment; name=\"file\"\r\n\r\nx\r\n--XyZ--", "--XyZ\r\n\r\nx\r\n--XyZ--",
        "--XyZjunk\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--XyZ--",
        "--XyZ\nContent-Disposition: form-data; name=\"a\"\n\nx\n--XyZ--", "no boundary at all", "",
    ]) func `is refused when it is malformed`(text: String) async throws {
        let refusal = await #expect(throws: Refusal.self) { try await read(Array(text.utf8)) }
        #expect(refusal?.code == "MULTIPART_MALFORMED")
    }

    @Test func `may be empty`() async throws { #expect(try await read(Array("--XyZ--\r\n".utf8)) == []) }

    @Test func `has limits`() async throws {
        let many = (0...MultipartLimits().parts).map { Part(name: "p\($0)", filename: nil, content: []) }
        #expect(try await read(form(Array(many.dropLast()))).count == MultipartLimits().parts)
        await #expect(throws: Refusal.self) { try await read(form(many)) }
        let long =
            "--XyZ\r\nContent-Disposition: form-data; name=\"\(String(repeating: "x", count: 9000))\"\r\n\r\nx\r\n--XyZ--"
        await #expect(throws: Refusal.self) { try await read(Array(long.utf8)) }
        let lines =
            "--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\n" + String(repeating: "X: y\r\n", count: 3000)
            + "\r\nx\r\n--XyZ--"
        await #expect(throws: Refusal.self) { try await read(Array(lines.utf8)) }
        let two = Array(many.prefix(2))
        #expect(try await read(form(two), limits: MultipartLimits(parts: 2)).count == 2)
        await #expect(throws: Refusal.self) { try await read(form(two), limits: MultipartLimits(parts: 1)) }
        await #expect(throws: Refusal.self) { try await read(form(two), limits: MultipartLimits(partHeaderBytes: 16)) }
        for boundary in ["", String(repeating: "b", count: 71)] {
            await #expect(throws: Refusal.self) { try await read(Array("--\(boundary)--".utf8), boundary: boundary) }
        }
    }

    @Test func `passes over what is not read`() async throws {
        let bytes = form([
            Part(name: "a", filename: nil, content: Array(repeating: 7, count: 10_000)),
            Part(name: "b", filename: nil, content: [1]),
        ])
        let pieces = Pieces(bytes, cuts: Array(stride(from: 0, to: bytes.count, by: 100)))
        var reader = try MultipartReader(boundary: "XyZ") { pieces.next() }
        #expect(try await reader.nextPart()?.name == "a")
        #expect(try await reader.nextPart()?.name == "b")
        #expect(try await reader.read() == [1])
        #expect(try await reader.nextPart() == nil)
        #expect(try await reader.nextPart() == nil)
    }
}

@Suite(.tags(.rules)) struct `Decoding of escapes` {
    private func decoded(_ text: String, plus: Bool = true) -> String? {
        percentDecoded(text[...].utf8, plusIsSpace: plus)
    }

    @Test func `undoes an encoding of any text`() {
        var random = SeededGenerator(seed: 4)
        let alphabet = Array("aZ09-._~ +%&=/?#é中👩‍👧\n")
        for _ in 0..<500 {
            let text = String(
                (0..<Int.random(in: 0...20, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "a" })
            let encoded = text.utf8.map { byte in
                let plain = (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
                if plain && Bool.random(using: &random) { return String(UnicodeScalar(byte)) }
                if byte == 0x20 && Bool.random(using: &random) { return "+" }
                let hex = String(byte, radix: 16, uppercase: Bool.random(using: &random))
                return "%" + (hex.count == 1 ? "0" : "") + hex
            }.joined()
            #expect(decoded(encoded) == text)
        }
    }

    @Test(arguments: ["%", "%4", "%4g", "%%41", "%00", "%80", "%C3%28", "%ED%A0%80", "%F4%90%80%80", "%u0041"])
    func `refuses what is broken`(text: String) { #expect(decoded(text) == nil) }

    @Test func `takes a plus for a blank only in a query`() {
        #expect(decoded("a+b") == "a b" && decoded("a+b", plus: false) == "a+b" && decoded("%2B") == "+")
    }
}
