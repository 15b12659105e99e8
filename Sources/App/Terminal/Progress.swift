import Glibc
import Synchronization

/// How far long work is: a bar that is written over at a terminal, nothing elsewhere. On standard error.
final class Progress: Sendable {
    private struct State {
        var shown: ContinuousClock.Instant?
        var done = 0
        var label: String
    }

    private let title: String
    private let start = ContinuousClock.now
    private let state: Mutex<State>

    /// - Parameter title: of what is worked on; it may come from anywhere.
    init(_ title: String) {
        self.title = Output.safe(title)
        state = Mutex(State(label: ""))
    }

    /// - Parameters:
    ///   - done: of `total`, in any unit; without a total there is no bar.
    ///   - count: what is counted for people, such as lines.
    func update(done: Int, total: Int?, count: Int, _ unit: String) {
        guard Output.isErrorTerminal else { return }
        let now = ContinuousClock.now
        state.withLock { state in
            guard now - (state.shown ?? start) >= .milliseconds(100) else { return }
            state.shown = now
            show(done, total, count, unit, now - start)
        }
    }

    /// Says what is going on now, where the end cannot be foreseen.
    func stage(_ text: String) {
        let isNew = state.withLock { state in
            defer { state.label = text }
            return state.label != text
        }
        guard isNew else { return }
        if Output.isErrorTerminal { Output.progress("\(title)  \(text)") }
    }

    func end() { Output.endProgress() }

    private func show(_ done: Int, _ total: Int?, _ count: Int, _ unit: String, _ elapsed: Duration) {
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        let rate = seconds > 0 ? Double(count) / seconds : 0
        var text = title
        if let total, total > 0 {
            let share = min(1, Double(done) / Double(total))
            let bar = Output.bar(share, width: 20)
            text += "  " + bar + String(repeating: "░", count: max(0, 20 - bar.count))
            text += "  \(Int(share * 100)) %"
        }
        text += "  \(Numbers.grouped(count)) \(unit)  \(Numbers.grouped(Int(rate)))/s"
        if let total, done > 0, total > done, seconds > 1 {
            text += "  \(Self.clock(Int(seconds * Double(total - done) / Double(done)) + 1)) left"
        }
        Output.progress(text)
    }

    static func clock(_ seconds: Int) -> String {
        let parts = (seconds / 3600, seconds / 60 % 60, seconds % 60)
        let tail = parts.2 < 10 ? "0\(parts.2)" : "\(parts.2)"
        if parts.0 == 0 { return "\(parts.1):\(tail)" }
        return "\(parts.0):\(parts.1 < 10 ? "0" : "")\(parts.1):\(tail)"
    }
}

/// Numbers for people. The digits are never touched: amounts come and go as text.
enum Numbers {
    static func grouped(_ number: Int) -> String { grouped(String(number)) }

    /// `-1234567.50` as `-1,234,567.50`.
    static func grouped(_ decimal: String) -> String {
        let isNegative = decimal.hasPrefix("-")
        let digits = isNegative ? decimal.dropFirst() : decimal[...]
        let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        var whole = ""
        for (index, digit) in (parts.first ?? "").enumerated() {
            if index > 0, ((parts.first?.count ?? 0) - index) % 3 == 0 { whole += "," }
            whole.append(digit)
        }
        return (isNegative ? "-" : "") + whole + (parts.count == 2 ? ".\(parts[1])" : "")
    }
}
