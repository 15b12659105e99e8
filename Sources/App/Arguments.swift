import Base

/// What stands behind `purser COMMAND`: flags with and without a value, and the rest.
struct Arguments: Sendable {
    /// The last one of each; `all` has those that were given several times.
    private(set) var values: [String: String] = [:]
    private var lists: [String: [String]] = [:]
    private(set) var switches: Set<String> = []
    private(set) var positional: [String] = []

    /// - Parameters:
    ///   - switchNames: flags that stand alone.
    ///   - valueNames: flags followed by a value, as `--port 8080` or `--port=8080`.
    init(_ words: [String], switches switchNames: Set<String>, values valueNames: Set<String>) throws(UsageProblem) {
        var index = 0
        var onlyPositional = false
        while index < words.count {
            let word = words[index]
            index += 1
            guard !onlyPositional, word.hasPrefix("-"), word != "-" else {
                positional.append(word)
                continue
            }
            if word == "--" {
                onlyPositional = true
                continue
            }
            if word == "-h" {
                switches.insert("help")
                continue
            }
            let parts = word.drop { $0 == "-" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                .map(String.init)
            let name = parts[0]
            if switchNames.contains(name) || name == "help" {
                guard parts.count == 1 else { throw UsageProblem("--\(name) takes no value.") }
                switches.insert(name)
            } else if valueNames.contains(name) {
                let value: String
                if parts.count == 2 {
                    value = parts[1]
                } else {
                    guard index < words.count else { throw UsageProblem("--\(name) needs a value.") }
                    value = words[index]
                    index += 1
                }
                values[name] = value
                lists[name, default: []].append(value)
            } else {
                throw UsageProblem("--\(name) is not known here.")
            }
        }
    }

    func has(_ name: String) -> Bool { switches.contains(name) }

    /// Every value of a flag that may be given several times, in their order.
    func all(_ name: String) -> [String] { lists[name] ?? [] }

    // MARK: Values of a certain form

    func currency(_ name: String) throws(UsageProblem) -> Currency? {
        guard let text = values[name] else { return nil }
        guard let currency = Currency(text.uppercased()) else {
            throw UsageProblem("\(text) is not an ISO 4217 code such as EUR.")
        }
        return currency
    }

    func date(_ name: String) throws(UsageProblem) -> CalendarDate? {
        guard let text = values[name] else { return nil }
        guard let date = CalendarDate(iso: text) else {
            throw UsageProblem("--\(name) needs a day such as 2026-03-31, not “\(text)”.")
        }
        return date
    }

    func month(_ name: String) throws(UsageProblem) -> YearMonth? {
        guard let text = values[name] else { return nil }
        guard let month = YearMonth(text) else {
            throw UsageProblem("--\(name) needs a month such as 2026-03, not “\(text)”.")
        }
        return month
    }

    func number(_ name: String, in range: ClosedRange<Int>) throws(UsageProblem) -> Int? {
        guard let text = values[name] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw UsageProblem(
                "--\(name) needs a number from \(range.lowerBound) to \(range.upperBound), not “\(text)”.")
        }
        return number
    }

    func choice(_ name: String, of allowed: [String]) throws(UsageProblem) -> String? {
        guard let text = values[name] else { return nil }
        guard allowed.contains(text) else {
            throw UsageProblem("--\(name) is one of \(allowed.joined(separator: ", ")), not “\(text)”.")
        }
        return text
    }
}

/// The command was called in a way that cannot be understood.
struct UsageProblem: Error {
    let message: String
    init(_ message: String) { self.message = message }
}

/// What the command's exit status tells a script.
enum ExitCode: Int32 {
    case success = 0
    /// What was asked was refused, or went wrong.
    case failure = 1
    /// The command was called wrongly.
    case usage = 2
    /// The database or the data directory cannot be had.
    case unavailable = 3
}
