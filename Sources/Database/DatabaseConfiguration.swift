/// How a database is reached and how much of it is used. The counts are for the whole process and are shared out
/// among its loops; each loop has at least one of each.
package struct DatabaseConfiguration: Sendable {
    /// A URL or a key=value string, as libpq takes it: several hosts, `target_session_attrs` and TLS as documented
    /// there.
    package var url: String
    package var applicationName = "purser"
    package var readConnections = 4
    package var writeConnections = 16
    package var leases = 10
    /// Units that may wait for a connection, on each loop, before callers are refused.
    package var queueLimit = 4096
    /// How long a unit or a transaction waits for a connection.
    package var acquireTimeout: Duration = .seconds(10)
    package var connectTimeout: Duration = .seconds(10)
    package var statementTimeout: Duration = .seconds(30)
    package var lockTimeout: Duration = .seconds(10)
    package var idleInTransactionTimeout: Duration = .seconds(30)
    /// Prepared statements a connection keeps.
    package var preparedStatementLimit = 512
    package var log: DatabaseLog = { _, _ in }

    package init(url: String) { self.url = url }
}

package enum DatabaseLogLevel: String, Sendable { case debug, info, warning, error }

package typealias DatabaseLog = @Sendable (DatabaseLogLevel, String) -> Void

extension Duration {
    /// Whole milliseconds, at least one.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        return max(
            1,
            Int(clamping: seconds.multipliedReportingOverflow(by: 1000).partialValue)
                + Int(attoseconds / 1_000_000_000_000_000))
    }

    var nanoseconds: UInt64 { UInt64(clamping: milliseconds) &* 1_000_000 }
}
