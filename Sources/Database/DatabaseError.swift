import CPQ

/// What went wrong at the database. A store that knows a constraint translates it into a refusal.
public struct DatabaseError: Error, Sendable, CustomStringConvertible {
    public enum Kind: String, Sendable {
        /// Not reachable, or all connections busy for too long; nothing was done.
        case unavailable
        /// The connection was lost after a write was sent: it may or may not have been done.
        case outcomeUnknown
        /// A statement, a lock or a transaction took longer than its limit; it was undone.
        case timeout
        /// The statement was refused; `sqlState` says why.
        case statement
        /// A field was not what the code expected: our own mistake.
        case decoding
    }

    public let kind: Kind
    /// Five characters of PostgreSQL's appendix A, empty where PostgreSQL did not speak.
    public let sqlState: String
    public let message: String
    public let detail: String?
    public let constraint: String?
    public let table: String?

    public init(
        _ kind: Kind, _ message: String, sqlState: String = "", detail: String? = nil, constraint: String? = nil,
        table: String? = nil
    ) {
        self.kind = kind
        self.sqlState = sqlState
        self.message = message
        self.detail = detail
        self.constraint = constraint
        self.table = table
    }

    @usableFromInline static func decoding(_ message: String) -> DatabaseError { DatabaseError(.decoding, message) }

    public var isUniqueViolation: Bool { sqlState == "23505" }
    public var isForeignKeyViolation: Bool { sqlState == "23503" }

    /// The message, without what a log must not hold: the detail can quote values.
    public var description: String {
        var text = sqlState.isEmpty ? "\(kind.rawValue): \(message)" : "\(kind.rawValue) \(sqlState): \(message)"
        if let constraint { text += " (constraint \(constraint))" }
        return text
    }
}

extension DatabaseError {
    /// From a failed result. `result` is cleared by the caller.
    init(result: OpaquePointer?) {
        func field(_ code: Character) -> String? {
            guard let value = code.asciiValue,
                let text = purser_error_field(result, CChar(bitPattern: value))
            else { return nil }
            return String(cString: text)
        }
        let sqlState = field("C") ?? ""
        let primary = field("M") ?? PQresultErrorMessage(result).map { String(cString: $0) } ?? "unknown error"
        self.init(
            Self.kind(of: sqlState), primary.trimmedLine, sqlState: sqlState, detail: field("D"),
            constraint: field("n"), table: field("t"))
    }

    private static func kind(of sqlState: String) -> Kind {
        switch sqlState {
        case "57014", "55P03", "25P03": .timeout
        case "53300", "57P01", "57P02", "57P03": .unavailable
        case _ where sqlState.hasPrefix("08"): .unavailable
        default: .statement
        }
    }

    /// FATAL and PANIC end the connection.
    static func endsConnection(_ result: OpaquePointer?) -> Bool {
        guard let severity = purser_error_field(result, CChar(bitPattern: UInt8(ascii: "V"))) else { return false }
        return severity.pointee == CChar(bitPattern: UInt8(ascii: "F"))
            || severity.pointee == CChar(bitPattern: UInt8(ascii: "P"))
    }

    /// A transaction that failed so may well succeed when it is tried again.
    var isWorthRetrying: Bool {
        switch sqlState {
        case "40001", "40P01", "26000", "42P05": true
        case "0A000": message.contains("cached plan must not change result type")
        default: false
        }
    }

    /// A prepared statement that the server has lost, has already, or will no longer run.
    var isStalePreparation: Bool {
        switch sqlState {
        case "26000", "42P05": true
        case "0A000": message.contains("cached plan must not change result type")
        default: false
        }
    }

    static let closed = DatabaseError(.unavailable, "the database connection was closed")
    static func lost(_ reason: String) -> DatabaseError {
        DatabaseError(.unavailable, "the connection to the database was lost: \(reason)")
    }
}

extension String {
    /// libpq's messages end in line breaks and may hold several lines.
    var trimmedLine: String {
        let line = split(whereSeparator: \.isNewline).joined(separator: "; ")
        return String(line.drop(while: \.isWhitespace))
    }
}
