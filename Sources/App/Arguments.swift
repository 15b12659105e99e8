/// What stands behind `purser COMMAND`: flags with and without a value, and the rest.
struct Arguments: Sendable {
    private(set) var values: [String: String] = [:]
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
                if parts.count == 2 {
                    values[name] = parts[1]
                } else {
                    guard index < words.count else { throw UsageProblem("--\(name) needs a value.") }
                    values[name] = words[index]
                    index += 1
                }
            } else {
                throw UsageProblem("--\(name) is not known here.")
            }
        }
    }

    func has(_ name: String) -> Bool { switches.contains(name) }
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
