import Cryptography
import EventLoop
import Jobs
import Outbound
import Runtime
import Synchronization
import TestSupport
import Testing

@testable import Identity

/// Keeps letters instead of sending them.
final class LetterBox: Mailer {
    private let letters = Mutex<[MailMessage]>([])
    let summary = "a test"

    func send(_ message: MailMessage, id: String) async throws { letters.withLock { $0.append(message) } }

    var all: [MailMessage] { letters.withLock { $0 } }
}

extension TestApp {
    /// Runs the jobs that wait, and gives what letters that makes, oldest first.
    func letters() async throws -> [MailMessage] {
        let box = LetterBox()
        var jobs = JobRegistry()
        jobs.add(accounts.letterJob)
        jobs.add(MailJob(queue: MailQueue(secrets: accounts.secrets), mailer: box, log: .silent).kind)
        let worker = Worker(
            database: database, registry: jobs, loop: TestDatabase.current.loops.next(), log: .silent,
            metrics: Metrics())
        while try await worker.runOnce() {}
        return box.all
    }

    /// The token in the link of the newest letter of that kind.
    func token(_ kind: String) async throws -> String {
        let letter = try #require(try await letters().last { $0.kind == kind }, "no letter of the kind \(kind)")
        return try Self.token(in: letter)
    }

    static func token(in letter: MailMessage) throws -> String {
        let mark = try #require(letter.text.firstRange(of: "#token="))
        return String(letter.text[mark.upperBound...].prefix { !$0.isWhitespace })
    }
}
