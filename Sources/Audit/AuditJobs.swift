import Database
import Jobs
import Runtime

/// What keeps the chain up to date.
package enum AuditJobs {
    package static func register(_ database: Database, log: Log, in jobs: inout JobRegistry) {
        let chain = AuditChain(database: database)
        // A server that is to stop waits for the job that is running: the rest of a burst is for the next one.
        let limit = Duration.seconds(3)
        jobs.every(
            .seconds(5),
            JobKind("audit.seal", maximumAttempts: 2) { _ in try await chain.seal(.recent, atMost: limit) })
        jobs.every(
            .seconds(86_400),
            JobKind("audit.head", visibility: .seconds(600)) { _ in
                // What was committed long after it was dated.
                try await chain.seal(.everything, atMost: limit)
                // Logs are often kept elsewhere: there the head is out of the reach of whoever changes the database.
                let head = try await chain.head()
                log.info("head of the audit log") { $0.text("head", head.text) }
            })
    }
}
