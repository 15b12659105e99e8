import CPQ
import EventLoop

/// Opens connections on a thread that may block: libpq resolves names and negotiates TLS with blocking calls even
/// where it connects without blocking.
struct Connector: Sendable {
    enum Role: Sendable {
        /// Read-only, so that a statement may be run again and a write cannot slip in.
        case read
        case write
        case lease
        case listen
        case maintenance
    }

    /// A connection on its way from the thread that opened it to the loop that will own it.
    final class Opened: @unchecked Sendable {
        private var pointer: OpaquePointer?
        init(_ pointer: OpaquePointer) { self.pointer = pointer }
        deinit { if let pointer { PQfinish(pointer) } }

        func take() -> OpaquePointer? {
            defer { pointer = nil }
            return pointer
        }
    }

    let configuration: DatabaseConfiguration
    let threads: BlockingPool

    func open(_ role: Role) async throws -> Opened {
        do {
            return try await threads.run { [configuration] in try Self.connect(configuration, role) }
        } catch is BlockingPool.Full {
            throw DatabaseError(.unavailable, "too many connections are being opened")
        }
    }

    /// Blocks. Retrying is the caller's.
    static func connect(_ configuration: DatabaseConfiguration, _ role: Role) throws -> Opened {
        // What stands before `dbname` is a default that the URL may override; what follows it is not.
        let words = [
            ("connect_timeout", String(max(2, configuration.connectTimeout.milliseconds / 1000))),
            ("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "40000"),
            ("dbname", configuration.url),
            ("fallback_application_name", configuration.applicationName), ("client_encoding", "UTF8"),
        ]
        let pointer = withCStrings(words.map(\.0)) { keywords in
            withCStrings(words.map(\.1)) { values in PQconnectdbParams(keywords, values, 1) }
        }
        guard let pointer else { throw DatabaseError(.unavailable, "out of memory for a connection") }
        let opened = Opened(pointer)
        guard PQstatus(pointer) == CONNECTION_OK else {
            let message = PQerrorMessage(pointer).map { String(cString: $0) } ?? ""
            throw DatabaseError(.unavailable, message.trimmedLine)
        }
        purser_set_notices(pointer, { _, _ in }, nil)
        guard PQserverVersion(pointer) >= 150_000 else {
            throw DatabaseError(
                .unavailable, "PostgreSQL 15 or later is needed; this is \(PQserverVersion(pointer) / 10_000)")
        }
        try execute(settings(configuration, role), on: pointer)
        return opened
    }

    private static func settings(_ configuration: DatabaseConfiguration, _ role: Role) -> String {
        var settings = "SET timezone = 'UTC'; SET client_connection_check_interval = 5000"
        let isMaintenance = role == .maintenance
        settings += "; SET statement_timeout = \(isMaintenance ? 0 : configuration.statementTimeout.milliseconds)"
        settings +=
            "; SET idle_in_transaction_session_timeout = \(isMaintenance ? 0 : configuration.idleInTransactionTimeout.milliseconds)"
        settings += "; SET lock_timeout = \(isMaintenance ? 0 : configuration.lockTimeout.milliseconds)"
        if role == .read { settings += "; SET default_transaction_read_only = on" }
        return settings
    }
}

/// Runs text of one or several statements to its end. Blocks.
@discardableResult
func execute(_ text: String, on pointer: OpaquePointer) throws -> QueryResult {
    guard let result = PQexec(pointer, text) else { throw DatabaseError.closed }
    let owned = QueryResult(result)
    switch PQresultStatus(result) {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return owned
    default: throw DatabaseError(result: result)
    }
}

/// A NULL-terminated array of C strings, valid during `body`.
func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafePointer<CChar>?>) throws -> Result
) rethrows -> Result {
    var bytes: [CChar] = []
    var offsets: [Int] = []
    for string in strings {
        offsets.append(bytes.count)
        // A zero inside would cut the text short without a word.
        bytes.append(contentsOf: string.utf8.lazy.filter { $0 != 0 }.map { CChar(bitPattern: $0) })
        bytes.append(0)
    }
    return try bytes.withUnsafeBufferPointer { bytes in
        var pointers: [UnsafePointer<CChar>?] = offsets.map { offset in bytes.baseAddress.map { $0 + offset } }
        pointers.append(nil)
        return try pointers.withUnsafeMutableBufferPointer { pointers in
            guard let base = pointers.baseAddress else { preconditionFailure("an array with an end has an address") }
            return try body(base)
        }
    }
}
