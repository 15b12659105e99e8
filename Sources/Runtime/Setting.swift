/// One thing an operator can set: declared once, and from that come the environment variable, the flag,
/// the line in `purser config --help`, and the check at start.
package struct Setting<Value: Sendable>: Sendable {
    /// Lower-case words joined by hyphens: `rate-limits` is `--rate-limits` and `PURSER_RATE_LIMITS`.
    package let name: String
    package let fallback: String
    package let summary: String
    package let isSecret: Bool
    /// Throws a sentence that says what the value should look like.
    package let parse: @Sendable (String) throws(SettingProblem) -> Value

    package init(
        _ name: String, default fallback: String, _ summary: String, isSecret: Bool = false,
        parse: @escaping @Sendable (String) throws(SettingProblem) -> Value
    ) {
        self.name = name
        self.fallback = fallback
        self.summary = summary
        self.isSecret = isSecret
        self.parse = parse
    }

    /// Forgets the type of the value, for lists and help.
    package var declaration: SettingDeclaration {
        let parse = parse
        return SettingDeclaration(name: name, fallback: fallback, summary: summary, isSecret: isSecret) {
            text throws(SettingProblem) in
            _ = try parse(text)
        }
    }
}

/// What a value should have looked like.
package struct SettingProblem: Error, Equatable, Sendable {
    package let expected: String
    package init(expected: String) { self.expected = expected }
}

/// A setting without the type of its value.
package struct SettingDeclaration: Sendable {
    package let name: String
    package let fallback: String
    package let summary: String
    package let isSecret: Bool
    package let check: @Sendable (String) throws(SettingProblem) -> Void

    package var flag: String { "--" + name }
    package var environmentName: String {
        "PURSER_"
            + String(decoding: name.utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : upper($0) }, as: UTF8.self)
    }

    private func upper(_ byte: UInt8) -> UInt8 { (0x61...0x7A).contains(byte) ? byte - 0x20 : byte }
}

extension Setting where Value == String {
    package static func text(_ name: String, default fallback: String, _ summary: String, isSecret: Bool = false)
        -> Self
    {
        Setting(name, default: fallback, summary, isSecret: isSecret) { text throws(SettingProblem) in text }
    }

    package static func choice(_ name: String, of values: [String], default fallback: String, _ summary: String) -> Self
    {
        Setting(name, default: fallback, summary + " One of: " + values.joined(separator: ", ") + ".") {
            text throws(SettingProblem) in
            guard values.contains(text) else {
                throw SettingProblem(expected: "one of " + values.joined(separator: ", "))
            }
            return text
        }
    }
}

extension Setting where Value == Int {
    package static func number(
        _ name: String, in range: ClosedRange<Int>, default fallback: Int, _ summary: String
    ) -> Self {
        Setting(name, default: String(fallback), summary) { text throws(SettingProblem) in
            guard let number = Int(text), range.contains(number) else {
                throw SettingProblem(expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
    }
}

extension Setting where Value == Bool {
    package static func flag(_ name: String, default fallback: Bool, _ summary: String) -> Self {
        Setting(name, default: fallback ? "on" : "off", summary) { text throws(SettingProblem) in
            switch text.lowercased() {
            case "on", "true", "yes", "1": return true
            case "off", "false", "no", "0": return false
            default: throw SettingProblem(expected: "on or off")
            }
        }
    }
}

extension Setting where Value == Duration {
    /// A duration is a number and a unit: `500ms`, `15s`, `2m`, `1h`, `30d`.
    package static func duration(_ name: String, default fallback: String, _ summary: String) -> Self {
        Setting(name, default: fallback, summary) { text throws(SettingProblem) in
            guard let duration = parseDuration(text) else {
                throw SettingProblem(expected: "a number and a unit, such as 500ms, 15s, 2m, 1h or 30d")
            }
            return duration
        }
    }

    private static func parseDuration(_ text: String) -> Duration? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits), number <= 1_000_000_000 else { return nil }
        switch text.dropFirst(digits.count) {
        case "ms": return .milliseconds(number)
        case "s": return .seconds(number)
        case "m": return .seconds(number * 60)
        case "h": return .seconds(number * 3600)
        case "d": return .seconds(number * 86400)
        default: return nil
        }
    }
}

extension Setting where Value == [String] {
    /// Values separated by commas or blanks; empty means none.
    package static func list(_ name: String, default fallback: String, _ summary: String) -> Self {
        Setting(name, default: fallback, summary) { text throws(SettingProblem) in
            text.split { $0 == "," || $0 == " " }.map(String.init)
        }
    }
}
