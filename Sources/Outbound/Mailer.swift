import Base
import Cryptography
import Jobs
import Runtime

/// Brings letters on their way.
package protocol Mailer: Sendable {
    /// Returns when the next server, or the disk, has taken the letter.
    ///
    /// - Parameter id: the same at each attempt, so that a letter that went out twice is known to be one.
    /// - Throws: `MailProblem`.
    func send(_ message: MailMessage, id: String) async throws

    /// Where letters go, for the operator: never with a password.
    var summary: String { get }
}

/// Why a letter did not go.
package struct MailProblem: Error, Equatable, CustomStringConvertible, Sendable {
    /// The server said no for good: another attempt would be told the same.
    package let isPermanent: Bool
    package let description: String

    package init(isPermanent: Bool, _ description: String) {
        self.isPermanent = isPermanent
        self.description = description
    }
}

extension MailProblem: HopelessError {
    package var isHopeless: Bool { isPermanent }
}

/// The job that sends what `MailQueue` holds.
package struct MailJob: Sendable {
    let queue: MailQueue
    let mailer: any Mailer
    let log: Log

    package init(queue: MailQueue, mailer: any Mailer, log: Log) {
        self.queue = queue
        self.mailer = mailer
        self.log = log
    }

    /// Twelve attempts take over an hour: greylisting, which refuses everybody at first, lets go after minutes.
    package var kind: JobKind {
        JobKind(MailQueue.job, maximumAttempts: 12, visibility: .seconds(120)) { job in
            guard let message = queue.message(of: job.payload) else {
                throw MailProblem(isPermanent: true, "the letter cannot be opened: it was sealed with another data.key")
            }
            try await mailer.send(message, id: "job-\(job.id)-\(Self.tag(message))")
            // Whose address it is need not be in a log; that two lines are about the same one may be.
            log.info("letter sent") {
                $0.text("letter", message.kind)
                $0.text("to", Self.hashed(message.to))
            }
        }
    }

    /// Numbers of jobs start again in another database.
    private static func tag(_ message: MailMessage) -> String {
        Base64URL.encode(Array(SHA256.hash(message.to + message.subject + message.text).prefix(9)))
    }

    static func hashed(_ address: String) -> String {
        Base64URL.encode(Array(SHA256.hash(address.lowercased()).prefix(6)))
    }
}
