import Base
import FoundationEssentials
import JSON
import TestSupport
import Testing

private func refusal(_ text: String, limits: JSONValue.Limits = .init()) -> String? {
    do {
        _ = try JSONValue.parse(text, limits: limits)
        return nil
    } catch { return error.message }
}

@Suite struct `The JSON parser` {
    @Test func `reads every kind of value and keeps numbers as text`() throws {
        let value = try JSONValue.parse(
            " {\"a\" : [1, -0, 12.50, 1e5, -1.5E-3, true, false, null, \"\"], \"b\":{}, \"c\":[] }\r\n\t")
        #expect(value["a"]?.array?.compactMap(\.numberText) == ["1", "-0", "12.50", "1e5", "-1.5E-3"])
        #expect(value["b"] == .object([]))
        #expect(value["d"] == nil)
        #expect(try value["a"]?.array?[2].money(.eur).minorUnits == 1250)
        #expect(try JSONValue.string("3.10").money(.eur).minorUnits == 310)
        #expect(throws: Refusal.self) { try JSONValue.bool(true).money(.eur) }
    }

    @Test func `reads escapes and pairs of surrogates`() throws {
        #expect(
            try JSONValue.parse(#""\"\\\/\b\f\n\r\t\u00e9\u20AC\uD83D\ude00""#)
                == .string("\"\\/\u{08}\u{0C}\n\r\té€😀"))
    }

    @Test(arguments: [
        "", " ", "{", "[", "[1", "[1,", "[1,]", "{\"a\":1,}", "{\"a\"}", "{\"a\":}", "{a:1}", "{'a':1}", "{,}", "[,1]",
        "01", "-01", "+1", "1.", ".5", "1e", "1e+", "-", "0x1", "NaN", "Infinity", "-Infinity", "nul", "tru", "True",
        "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\t\"", "\"\n\"", "1 2", "[] []", "{\"a\":1 \"b\":2}",
        "[1 2]", "\"\\uD800\"", "\"\\uD800x\"", "\"\\uD800\\u0041\"", "\"\\uDC00\"", "// no\n1", "[1]]", "\u{FEFF}",
        "{\"a\":1,\"b\":2,\"a\":3}", "\"\\u0000\"", "\"a\\u0000b\"", "\u{A0}1", "1\u{0}",
    ]) func `refuses what RFC 8259 or the database does not allow`(text: String) {
        #expect(throws: Refusal.self) { try JSONValue.parse(text) }
    }

    @Test(
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22],
            [0x22, 0x5C, 0x6E, 0xC3, 0x22], [0x22, 0xF5, 0x80, 0x80, 0x80, 0x22],
        ] as [[UInt8]]) func `refuses what is not UTF-8`(bytes: [UInt8])
    {
        #expect(throws: Refusal.self) { try JSONValue.parse(bytes) }
    }

    @Test func `says where and why`() {
        #expect(
            refusal("{\n  \"é\": tru\n}")
                == "Not valid JSON: a value should be here (line 2, column 8).")
        #expect(refusal("{\"a\":1,\"a\":2}")?.contains("occurs twice in the object (line 1, column 8)") == true)
        #expect(refusal("[\"x\\u0000\"]")?.contains("U+0000 cannot be stored (line 1, column 4)") == true)
        #expect(refusal("[1,")?.contains("ends") == true)
    }

    @Test func `finds a repeated name among many`() {
        let names = (0..<50).map { "\"n\($0)\":0" }
        #expect(refusal("{" + names.joined(separator: ",") + "}") == nil)
        #expect(refusal("{" + (names + ["\"n20\":0"]).joined(separator: ",") + "}")?.contains("twice") == true)
        #expect(refusal("{" + (names + ["\"n49\":0"]).joined(separator: ",") + "}")?.contains("twice") == true)
    }

    @Test func `keeps to its limits`() {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(refusal(nested(64)) == nil)
        #expect(refusal(nested(65))?.contains("deeper") == true)
        #expect(refusal(String(repeating: "[", count: 1_000_000))?.contains("deeper") == true)
        #expect(refusal("[1,2,3]", limits: .init(nodes: 4)) == nil)
        #expect(refusal("[1,2,3]", limits: .init(nodes: 3))?.contains("more than 3 values") == true)
        #expect(refusal("[1,2,3]", limits: .init(bytes: 6))?.contains("longer") == true)
        #expect(refusal(String(repeating: "1", count: 401)) != nil)
    }

    @Test func `gives back what the writer wrote`() throws {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<500 {
            let value = JSONValue.random(depth: 4, using: &random)
            var writer = JSONWriter()
            writer.value(value)
            #expect(try JSONValue.parse(writer.bytes) == value)
        }
    }

    @Test func `ends on every mutation of a document`() {
        let document = Array(
            #"{"a":[1,-2.5e3,"x\u00e9\n",{"b":null,"c":[true,false]}],"naïve":"😀"}"#.utf8)
        var random = SeededGenerator(seed: 12)
        var refused = 0
        for _ in 0..<5000 {
            var bytes = document
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let position = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: bytes[position] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.removeSubrange(position...)
                default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: position)
                }
                if bytes.isEmpty { bytes = [0x5B] }
            }
            do { _ = try JSONValue.parse(bytes) } catch { refused += 1 }
        }
        #expect(refused > 2500)
    }

    @Test func `reads the big list of naughty strings`() throws {
        let path = "samples/fuzz/big-list-of-naughty-strings__blns.json"
        guard let data = sharedFile(path) else {
            print("skipped: ../shared/\(path) is not here")
            return
        }
        let strings = try #require(try JSONValue.parse(data).array)
        #expect(strings.count > 400)
        for value in strings {
            let text = try #require(value.string)
            var writer = JSONWriter()
            writer.beginObject()
            writer.key(text)
            writer.string(text)
            writer.endObject()
            #expect(try JSONValue.parse(writer.bytes) == .object([(text, .string(text))]))
        }
    }
}

/// A file of the samples beside the project, where they are.
private func sharedFile(_ path: String) -> [UInt8]? {
    var roots: [String] = []
    if let root = ProcessInfo.processInfo.environment["PURSER_SHARED"] { roots.append(root) }
    var folder = #filePath.split(separator: "/").dropLast()
    while !folder.isEmpty {
        folder = folder.dropLast()
        roots.append("/" + folder.joined(separator: "/") + "/shared")
    }
    for root in roots {
        if let data = FileManager.default.contents(atPath: root + "/" + path) { return [UInt8](data) }
    }
    return nil
}

extension JSONValue {
    fileprivate static func random(depth: Int, using random: inout SeededGenerator) -> JSONValue {
        switch Int.random(in: 0...(depth > 0 ? 6 : 4), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .number(text: "\(Int64.random(in: .min ... .max, using: &random))")
        case 3, 4: return .string(randomText(using: &random))
        case 5:
            return .array(
                (0..<Int.random(in: 0...4, using: &random)).map { _ in .random(depth: depth - 1, using: &random) })
        default:
            return .object(
                (0..<Int.random(in: 0...4, using: &random)).map { index in
                    ("\(index)" + randomText(using: &random), .random(depth: depth - 1, using: &random))
                })
        }
    }

    private static func randomText(using random: inout SeededGenerator) -> String {
        var text = ""
        for _ in 0..<Int.random(in: 0...12, using: &random) {
            let ceiling: UInt32 = [0x7F, 0x7FF, 0xFFFF, 0x10FFFF].randomElement(using: &random) ?? 0x7F
            if let scalar = Unicode.Scalar(UInt32.random(in: 1...ceiling, using: &random)) {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
