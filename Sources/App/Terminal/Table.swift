import Glibc

/// Rows under headings, each column as wide as it has to be. What is too wide for the terminal is cut where the table
/// says that it may be; into a file or a pipe everything goes whole.
struct Table {
    enum Alignment { case left, right }

    struct Column {
        let heading: String
        var alignment = Alignment.left
        /// May be cut to this width at a terminal that is too narrow.
        var least: Int?

        static func text(_ heading: String, least: Int? = nil) -> Column { Column(heading: heading, least: least) }
        static func number(_ heading: String) -> Column { Column(heading: heading, alignment: .right) }
    }

    struct Cell: ExpressibleByStringInterpolation {
        let text: String
        let style: Style?

        /// - Parameter text: from wherever it comes; control characters are made harmless here.
        init(_ text: String, _ style: Style? = nil) {
            self.text = Output.safe(text)
            self.style = style
        }

        init(stringLiteral text: String) { self.init(text) }
    }

    private let columns: [Column]
    private var rows: [[Cell]] = []
    /// Set apart from the others, as a sum is.
    private var last: [Cell]?

    init(_ columns: [Column]) { self.columns = columns }

    var isEmpty: Bool { rows.isEmpty }

    mutating func add(_ cells: [Cell]) { rows.append(cells) }
    mutating func sum(_ cells: [Cell]) { last = cells }

    func lines(width limit: Int? = Output.width) -> [String] {
        let all = rows + (last.map { [$0] } ?? [])
        var widths = columns.enumerated().map { index, column in
            all.reduce(TextWidth.of(column.heading)) { max($0, index < $1.count ? TextWidth.of($1[index].text) : 0) }
        }
        if let limit { narrow(&widths, to: limit) }
        var lines = [line(columns.map { Cell($0.heading, .faint) }, widths)]
        lines += rows.map { line($0, widths) }
        if let last {
            lines.append(
                line(widths.map { Cell(String(repeating: "─", count: $0), .faint) }, widths))
            lines.append(line(last, widths))
        }
        return lines
    }

    func print() { Output.lines(lines()) }

    /// Takes from the columns that may be cut, the widest first.
    private func narrow(_ widths: inout [Int], to limit: Int) {
        var excess = widths.reduce(0, +) + 2 * max(0, widths.count - 1) - limit
        while excess > 0 {
            let cuttable = columns.indices.filter { widths[$0] > max(columns[$0].least ?? .max, 1) }
            guard let widest = cuttable.max(by: { widths[$0] < widths[$1] }) else { return }
            widths[widest] -= 1
            excess -= 1
        }
    }

    private func line(_ cells: [Cell], _ widths: [Int]) -> String {
        var line = ""
        for (index, column) in columns.enumerated() {
            guard index < cells.count, index < widths.count else { break }
            let text = TextWidth.fit(cells[index].text, widths[index])
            let padding = String(repeating: " ", count: max(0, widths[index] - TextWidth.of(text)))
            let shown = text.isEmpty ? "" : cells[index].style?(text) ?? text
            if index > 0 { line += "  " }
            line += column.alignment == .right ? padding + shown : shown + padding
        }
        while line.hasSuffix(" ") { line.removeLast() }
        return line
    }
}

extension Output {
    /// Of the terminal; nil where the output goes somewhere else.
    static var width: Int? {
        guard isTerminal else { return nil }
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 20 else { return 80 }
        return Int(size.ws_col)
    }

    /// `share` of the whole, drawn.
    static func bar(_ share: Double, width: Int) -> String {
        let eighths = Int((max(0, min(1, share)) * Double(width * 8)).rounded())
        let full = eighths / 8
        let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        return String(repeating: "█", count: full) + parts[eighths % 8]
    }
}
