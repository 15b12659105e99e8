import TestSupport
import Testing

@testable import purser

@Suite(.tags(.rules)) struct `A table` {
    @Test func `has columns that are straight whatever the letters`() {
        var table = Table([.text("Merchant"), .number("Amount"), .text("")])
        for (name, amount) in [("Rewe", "1.50"), ("居酒屋", "-1,234.00"), ("Cafe\u{301}", "7.00"), ("🍞 Bread", "3.00")] {
            table.add([Table.Cell(name), Table.Cell(amount), "EUR"])
        }
        let lines = table.lines(width: nil)
        #expect(Set(lines.dropFirst().map { TextWidth.of($0) }).count == 1, "\(lines)")
        #expect(lines.dropFirst().allSatisfy { $0.hasSuffix("  EUR") })
        #expect(lines[1] == "Rewe           1.50  EUR" && lines[2] == "居酒屋    -1,234.00  EUR")
    }

    @Test func `is cut to the terminal only where it may be`() {
        var table = Table([.text("Merchant", least: 10), .number("Amount")])
        table.add([Table.Cell(String(repeating: "abc", count: 20)), Table.Cell("1,234,567.89")])
        let cut = table.lines(width: 30)
        #expect(cut.allSatisfy { TextWidth.of($0) <= 30 } && cut[1].hasSuffix("…  1,234,567.89"))
        #expect(table.lines(width: 5)[1].hasSuffix("1,234,567.89"), "an amount is never cut")
        #expect(table.lines(width: nil)[1].contains(String(repeating: "abc", count: 20)))
    }

    @Test func `makes harmless what a terminal would obey`() {
        var table = Table([.text("Merchant")])
        table.add([Table.Cell("a\u{1B}[2J\u{9B}b\u{202E}c\nd")])
        #expect(table.lines(width: nil)[1] == "a\u{FFFD}[2J\u{FFFD}b\u{FFFD}c\u{FFFD}d")
    }

    @Test(arguments: [
        ("0", "0"), ("999.99", "999.99"), ("1000", "1,000"), ("-1234567.5", "-1,234,567.5"),
        ("12345678901234567", "12,345,678,901,234,567"),
        ("-100", "-100"),
    ]) func `groups digits and changes none`(text: String, grouped: String) {
        #expect(Numbers.grouped(text) == grouped)
        #expect(grouped.replacing(",", with: "") == text)
    }

    @Test(arguments: [(5, "0:05"), (65, "1:05"), (3605, "1:00:05"), (0, "0:00")]) func `tells time`(
        seconds: Int, text: String
    ) {
        #expect(Progress.clock(seconds) == text)
    }

    @Test func `draws bars`() {
        #expect(Output.bar(0, width: 4) == "" && Output.bar(1, width: 4) == "████" && Output.bar(0.5, width: 1) == "▌")
        #expect(Output.bar(7, width: 2) == "██" && Output.bar(-1, width: 2) == "")
    }
}
