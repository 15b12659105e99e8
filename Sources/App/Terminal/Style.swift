import Glibc

/// Colours, at a terminal that wants them.
enum Style: String {
    case bold = "1"
    case faint = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case blue = "34"

    /// Not into files and pipes, and not where NO_COLOR is set (no-color.org) or the terminal is a dumb one.
    static let isOn: Bool = Output.isTerminal && !isSet("NO_COLOR") && variable("TERM") != "dumb"

    static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
    private static func isSet(_ name: String) -> Bool { variable(name).map { !$0.isEmpty } ?? false }

    func callAsFunction(_ text: String) -> String {
        Self.isOn ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text
    }
}
