import Base
import Glibc
import JSON
import Synchronization

/// What a command says: results on standard output, all else on standard error.
enum Output {
    static let isTerminal = isatty(STDOUT_FILENO) == 1
    static let isErrorTerminal = isatty(STDERR_FILENO) == 1

    static func line(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

    /// Many at once, with few calls to the system.
    static func lines(_ lines: some Sequence<String>) {
        var bytes: [UInt8] = []
        for line in lines {
            bytes.append(contentsOf: line.utf8)
            bytes.append(0x0A)
            if bytes.count > 65_536 {
                write(bytes, to: STDOUT_FILENO)
                bytes.removeAll(keepingCapacity: true)
            }
        }
        write(bytes, to: STDOUT_FILENO)
    }

    static func error(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

    static func json(_ body: (inout JSONWriter) throws -> Void) rethrows {
        var writer = JSONWriter()
        try body(&writer)
        writer.bytes.append(0x0A)
        write(writer.bytes, to: STDOUT_FILENO)
    }

    static func prompt(_ text: String) { write(text, to: STDERR_FILENO) }

    /// Text that came from a file or a database, made harmless for a terminal: no control characters, so no escapes,
    /// and none that turn the direction of what follows.
    static func safe(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isHarmful) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { isHarmful($0) ? "\u{FFFD}" : $0 }))
    }

    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0x2028...0x2029, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    /// A line that is written over, at a terminal only.
    static func progress(_ text: String) {
        guard isErrorTerminal else { return }
        var size = winsize()
        let isKnown = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col >= 20
        write("\r\u{1B}[K" + TextWidth.fit(text, isKnown ? Int(size.ws_col) - 1 : 79), to: STDERR_FILENO)
    }

    static func endProgress() {
        guard isErrorTerminal else { return }
        write("\r\u{1B}[K", to: STDERR_FILENO)
    }

    static func bytes(_ bytes: [UInt8]) { write(bytes, to: STDOUT_FILENO) }

    /// Nobody reads standard output any more.
    struct Closed: Error {}

    /// As `bytes`, for output that goes on: whoever writes has to know when nobody reads it.
    static func checked(_ bytes: [UInt8]) throws {
        guard write(bytes, to: STDOUT_FILENO) else {
            if errno == EPIPE { throw Closed() }
            throw Refusal(
                .invalid, "OUTPUT_NOT_WRITABLE", "The output cannot be written: \(String(cString: strerror(errno))).")
        }
    }

    private static func write(_ text: String, to descriptor: Int32) { write(Array(text.utf8), to: descriptor) }

    /// False when not all could be written; errno says why.
    @discardableResult
    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var start = 0
        return bytes.withUnsafeBytes { buffer in
            while start < buffer.count, let base = buffer.baseAddress {
                let written = Glibc.write(descriptor, base + start, buffer.count - start)
                if written < 0 && errno == EINTR { continue }
                if written <= 0 { return false }
                start += written
            }
            return true
        }
    }
}

/// Runs asynchronous work from the main thread, which waits. Never called on a loop.
func runBlocking<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value {
    let outcome = Waiting<Value>()
    Task.detached {
        do { outcome.finish(.success(try await body())) } catch { outcome.finish(.failure(error)) }
    }
    return try outcome.wait().get()
}

private final class Waiting<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, any Error>?>(nil)
    private let pipe: (read: Int32, write: Int32)

    init() {
        var ends: [Int32] = [-1, -1]
        precondition(Glibc.pipe(&ends) == 0, "no descriptor is left")
        pipe = (ends[0], ends[1])
    }

    deinit {
        close(pipe.read)
        close(pipe.write)
    }

    func finish(_ outcome: Result<Value, any Error>) {
        result.withLock { $0 = outcome }
        var byte: UInt8 = 0
        _ = Glibc.write(pipe.write, &byte, 1)
    }

    func wait() -> Result<Value, any Error> {
        var byte: UInt8 = 0
        while true {
            if let outcome = result.withLock({ $0 }) { return outcome }
            _ = Glibc.read(pipe.read, &byte, 1)
        }
    }
}
