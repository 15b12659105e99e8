import Glibc
import JSON
import Synchronization

/// Structured log lines on standard error: JSON for machines, or plain text at a terminal.
///
/// A line of `info` is buffered for at most 50 ms, so that a request costs no system call of its own;
/// `warning` and `error` are written at once.
package final class Log: Sendable {
    package enum Level: Int, Sendable, Comparable {
        case debug, info, warning, error
        package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
        var name: StaticString {
            switch self {
            case .debug: "debug"
            case .info: "info"
            case .warning: "warning"
            case .error: "error"
            }
        }
        package init?(named name: String) {
            switch name {
            case "debug": self = .debug
            case "info": self = .info
            case "warning": self = .warning
            case "error": self = .error
            default: return nil
            }
        }
    }

    package enum Format: Sendable { case json, text }

    private struct State {
        var pending: [UInt8] = []
        var flusherRuns = false
    }

    private let state = Mutex(State())
    private let descriptor: Int32
    private let format: Format
    package let level: Level

    package init(level: Level = .info, format: Format = .json, descriptor: Int32 = STDERR_FILENO) {
        self.level = level
        self.format = format
        self.descriptor = descriptor
    }

    /// A log that keeps nothing, for tests and one-shot commands.
    package static let silent = Log(level: .error, descriptor: -1)

    package func debug(_ message: String, _ fields: (inout LogFields) -> Void = { _ in }) {
        write(.debug, message, fields)
    }
    package func info(_ message: String, _ fields: (inout LogFields) -> Void = { _ in }) {
        write(.info, message, fields)
    }
    package func warning(_ message: String, _ fields: (inout LogFields) -> Void = { _ in }) {
        write(.warning, message, fields)
    }
    package func error(_ message: String, _ fields: (inout LogFields) -> Void = { _ in }) {
        write(.error, message, fields)
    }

    private func write(_ level: Level, _ message: String, _ fill: (inout LogFields) -> Void) {
        guard level >= self.level, descriptor >= 0 else { return }
        var fields = LogFields(format: format)
        fields.begin(level: level, message: message)
        fill(&fields)
        let line = fields.finish()
        let startFlusher = state.withLock { state in
            state.pending.append(contentsOf: line)
            if level > .info || state.pending.count > 65536 {
                drain(&state)
                return false
            }
            defer { state.flusherRuns = true }
            return !state.flusherRuns
        }
        if startFlusher { runFlusher() }
    }

    /// Writes out what is buffered. Called before the process ends.
    package func flush() { state.withLock { drain(&$0) } }

    private func drain(_ state: inout State) {
        var start = 0
        state.pending.withUnsafeBytes { bytes in
            while start < bytes.count, let base = bytes.baseAddress {
                let written = Glibc.write(descriptor, base + start, bytes.count - start)
                if written < 0 && errno == EINTR { continue }
                if written <= 0 { break }  // nobody reads the log: it must not stop the server
                start += written
            }
        }
        state.pending.removeAll(keepingCapacity: true)
    }

    /// One thread that lives as long as there is something to write.
    private func runFlusher() {
        var thread = pthread_t()
        let me = Unmanaged.passRetained(self)
        let failed = pthread_create(
            &thread, nil,
            { pointer in
                guard let pointer else { return nil }
                let log = Unmanaged<Log>.fromOpaque(pointer).takeRetainedValue()
                while true {
                    usleep(50_000)
                    let idle = log.state.withLock { state in
                        if state.pending.isEmpty {
                            state.flusherRuns = false
                            return true
                        }
                        log.drain(&state)
                        return false
                    }
                    if idle { return nil }
                }
            }, me.toOpaque())
        if failed != 0 {
            me.release()
            state.withLock { state in
                drain(&state)
                state.flusherRuns = false
            }
        } else {
            pthread_detach(thread)
        }
    }
}

/// The fields of one log line. Never put a secret, a token or a body here.
package struct LogFields {
    private var writer = JSONWriter()
    private let format: Log.Format

    fileprivate init(format: Log.Format) { self.format = format }

    fileprivate mutating func begin(level: Log.Level, message: String) {
        switch format {
        case .json:
            writer.beginObject()
            writer.key("timestamp")
            writer.instant(Clock.system.now())
            writer.key("level")
            writer.string(level.name.description)
            writer.key("message")
            writer.string(message)
        case .text:
            writer.bytes.append(contentsOf: level.name.description.utf8)
            writer.bytes.append(contentsOf: ": ".utf8)
            writer.bytes.append(contentsOf: Self.harmless(message).utf8)
        }
    }

    package mutating func text(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        let shown = format == .text ? Self.harmless(value) : value
        add(name) { $0.string(shown) }
    }

    /// Without control characters: in the text form a line stays one line, and a terminal obeys nothing in it.
    private static func harmless(_ text: String) -> String {
        func isControl(_ scalar: Unicode.Scalar) -> Bool {
            scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
        }
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? "\u{FFFD}" : $0 }))
    }

    package mutating func number(_ name: StaticString, _ value: Int) {
        add(name) { $0.int(Int64(value)) }
    }

    /// The text form writes values as JSON after `name=`.
    private mutating func add(_ name: StaticString, _ write: (inout JSONWriter) -> Void) {
        switch format {
        case .json:
            writer.key(name)
            write(&writer)
        case .text:
            var value = JSONWriter(capacity: 64)
            write(&value)
            writer.bytes.append(contentsOf: " \(name)=".utf8)
            writer.bytes.append(contentsOf: value.bytes)
        }
    }

    fileprivate mutating func finish() -> [UInt8] {
        if format == .json { writer.endObject() }
        writer.bytes.append(0x0A)
        return writer.bytes
    }
}
