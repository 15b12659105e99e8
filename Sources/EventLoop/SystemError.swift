import Glibc

/// A system call that failed, with its `errno`.
package struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    package let code: Int32
    package let operation: String

    package init(code: Int32, operation: String) {
        self.code = code
        self.operation = operation
    }

    /// The failure that the calling thread's `errno` names now.
    package static func last(_ operation: String) -> SystemError {
        SystemError(code: errno, operation: operation)
    }

    package var description: String {
        var text = [CChar](repeating: 0, count: 128)
        guard strerror_r(code, &text, text.count) == 0 else { return "\(operation): error \(code)" }
        let message = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return "\(operation): \(message)"
    }
}
