import CPQ
import EventLoop

/// Commands for which PostgreSQL wants a connection and no transaction: CREATE DATABASE, VACUUM and their like. The
/// text is the caller's own; nothing from outside may be in it.
package enum Maintenance {
    package static func run(_ text: String, url: String) async throws {
        let threads = BlockingPool(threads: 1, queueLimit: 1, name: "maintenance")
        try await threads.run {
            guard let connection = try Connector.connect(DatabaseConfiguration(url: url), .maintenance).take() else {
                throw DatabaseError.closed
            }
            defer { PQfinish(connection) }
            try execute(text, on: connection)
        }
    }

    /// Runs a query and returns the first column of its first row.
    package static func text(_ text: String, url: String) async throws -> String {
        let threads = BlockingPool(threads: 1, queueLimit: 1, name: "maintenance")
        return try await threads.run {
            guard let connection = try Connector.connect(DatabaseConfiguration(url: url), .maintenance).take() else {
                throw DatabaseError.closed
            }
            defer { PQfinish(connection) }
            let result = try execute(text, on: connection)
            guard result.count > 0, let value = PQgetvalue(result.pointer, 0, 0) else {
                throw DatabaseError(.decoding, "the query returned nothing")
            }
            return String(cString: value)
        }
    }
}
