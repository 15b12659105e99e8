import Foundation
import JSON
import Runtime
import TestSupport
import Testing

@Suite(.tags(.rules)) struct `A log line` {
    /// What a log wrote of what the body told it.
    private func written(_ format: Log.Format, level: Log.Level = .debug, _ body: (Log) -> Void) throws -> [UInt8] {
        let path = TestDirectories.make("log") + "/log"
        let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        try #require(descriptor >= 0)
        let log = Log(level: level, format: format, descriptor: descriptor)
        body(log)
        log.flush()
        // The descriptor stays open: a thread of the log's own may write a moment later, and must not meet another's file.
        return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    private static let hostile = [
        "plain", "\"quotes\" \\ and / slashes", "line\nfeed\r\n", "\u{1}\u{8}\u{1B}[31mred\u{7F}\u{9B}2J",
        "\u{2028}\u{2029}\u{85}", "é中👩‍👧\u{FFFF}",
        "{\"level\":\"error\"}", "", String(repeating: "x", count: 100_000),
    ]

    @Test func `is one JSON object on one line, whatever is in it`() throws {
        for text in Self.hostile {
            let bytes = try written(.json) { log in
                log.info(text) { fields in
                    fields.text("text", text)
                    fields.text("none", nil)
                    fields.number("number", .min)
                }
                log.error("after")
            }
            let lines = bytes.split(separator: 0x0A)
            #expect(lines.count == 2 && bytes.last == 0x0A)
            let line = try JSONValue.parse(Array(lines[0]))
            #expect(line["message"] == .string(text) && line["text"] == .string(text))
            #expect(
                line["number"]?.numberText == "\(Int.min)" && line["none"] == nil && line["level"] == .string("info"))
            #expect(line["timestamp"]?.string?.hasSuffix("Z") == true)
        }
    }

    @Test func `is one line of text for people, which does nothing to their terminal`() throws {
        for text in Self.hostile {
            let bytes = try written(.text) { log in log.warning(text) { $0.text("text", text) } }
            #expect(bytes.count { $0 == 0x0A } == 1 && bytes.last == 0x0A)
            #expect(
                !String(decoding: bytes.dropLast(), as: UTF8.self).unicodeScalars.contains {
                    $0.properties.generalCategory == .control
                }, "a control character in \(text.debugDescription.prefix(40))")
        }
        #expect(
            try written(.text) { $0.warning("Bücher") { $0.number("n", 3) } } == Array("warning: Bücher n=3\n".utf8))
    }

    @Test func `is not written below the level`() throws {
        let bytes = try written(.json, level: .warning) { log in
            log.debug("a")
            log.info("b")
            log.warning("c")
            log.error("d")
        }
        let messages = try bytes.split(separator: 0x0A).map { try JSONValue.parse(Array($0))["message"] }
        #expect(messages == [.string("c"), .string("d")])
    }

    @Test func `is whole and in order when many write at once`() async throws {
        let path = TestDirectories.make("log") + "/log"
        let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        try #require(descriptor >= 0)
        let log = Log(level: .info, format: .json, descriptor: descriptor)
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask { for number in 0..<500 { log.info("w\(writer)") { $0.number("number", number) } } }
            }
        }
        log.flush()
        var next = [String: Int]()
        for line in Array(try Data(contentsOf: URL(fileURLWithPath: path))).split(separator: 0x0A) {
            let value = try JSONValue.parse(Array(line))
            let writer = try #require(value["message"]?.string)
            #expect(value["number"]?.int == next[writer, default: 0])
            next[writer, default: 0] += 1
        }
        #expect(next.count == 8 && next.values.allSatisfy { $0 == 500 })
    }
}

@Suite(.tags(.rules)) struct `The metrics` {
    @Test func `are written in the text format, each family once`() throws {
        let metrics = Metrics()
        let one = metrics.counter("purser_a_total", "A.", labels: "kind=\"x\"")
        let other = metrics.counter("purser_a_total", "A.", labels: "kind=\"y\"")
        metrics.gauge("purser_b", "B.") { -7 }
        one.add()
        one.add(2)
        other.add(5)
        #expect(
            metrics.text() == """
                # HELP purser_a_total A.
                # TYPE purser_a_total counter
                purser_a_total{kind="x"} 3
                purser_a_total{kind="y"} 5
                # HELP purser_b B.
                # TYPE purser_b gauge
                purser_b -7

                """)
    }

    @Test func `put each duration into all buckets that it fits`() throws {
        let metrics = Metrics()
        let histogram = metrics.histogram("purser_t_seconds", "T.", labels: "route=\"/a\"")
        let microseconds = [0, 500, 501, 999, 1000, 24_999, 9_999_999, 10_000_000, 10_000_001, 60_000_000]
        for value in microseconds { histogram.record(microseconds: value) }
        let lines = metrics.text().split(separator: "\n").filter { !$0.hasPrefix("#") }
        var last = 0
        for line in lines where line.contains("_bucket") {
            let bound = try #require(line.split(separator: "le=\"").last?.split(separator: "\"").first)
            let count = try #require(line.split(separator: " ").last.flatMap { Int($0) })
            let expected =
                bound == "+Inf"
                ? microseconds.count : microseconds.count { Double($0) <= (Double(bound) ?? 0) * 1_000_000 + 0.5 }
            #expect(count == expected, "\(line)")
            #expect(count >= last)
            last = count
        }
        #expect(lines.contains("purser_t_seconds_sum{route=\"/a\"} 90.027999"))
        #expect(lines.contains("purser_t_seconds_count{route=\"/a\"} 10"))
        #expect(lines.contains { $0.hasPrefix("purser_t_seconds_bucket{route=\"/a\",le=\"+Inf\"} 10") })
    }
}
