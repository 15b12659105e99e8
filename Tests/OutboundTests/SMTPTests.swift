import Base
import Cryptography
import Database
import EventLoop
import Foundation
import JSON
import Jobs
import Runtime
import TestSupport
import Testing

@testable import Outbound

/// aiosmtpd in a process of its own; see Tests/tools/setup.sh.
final class MailServer {
    /// Not standardised: that would follow the link to the system's Python, which knows nothing of the environment.
    static let python =
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .path + "/.build/tools-venv/bin/python"
    static var isThere: Bool { FileManager.default.isExecutableFile(atPath: python) }

    let port: Int
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var buffer = Data()

    init(_ arguments: String...) throws {
        process.executableURL = URL(filePath: Self.python)
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "smtp_server.py").path
        process.arguments = [script] + arguments
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        var first = Data()
        while !first.contains(0x0A) {
            let piece = output.fileHandleForReading.availableData
            guard !piece.isEmpty else { break }
            first += piece
        }
        let line = first.prefix { $0 != 0x0A }
        port = try #require(Int(String(decoding: line, as: UTF8.self)))
        buffer = Data(first.dropFirst(line.count + 1))
    }

    /// Ends the server; all letters that it took.
    func letters() throws -> [JSONValue] {
        try input.fileHandleForWriting.close()
        buffer += try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return try buffer.split(separator: 0x0A).map { try JSONValue.parse(Array($0)) }
    }
}

private func mailer(_ url: String, _ configure: (inout SMTPMailer.Server) -> Void = { _ in }) throws -> SMTPMailer {
    var server = try #require(SMTPMailer.Server(url))
    server.isEncryptionRequired = false
    configure(&server)
    return SMTPMailer(
        server: server, sender: try #require(MailSender("Purser <purser@example.org>")),
        pool: BlockingPool(threads: 1, queueLimit: 10), clock: .system)
}

private func message(to: String = "ada@example.org") throws -> MailMessage {
    try #require(letter.message(to: to, language: "de", address: address))
}

@Suite(.enabled(if: MailServer.isThere, "Tests/tools/setup.sh makes the mail server of the tests"), .serialized)
struct `A mail server` {
    @Test func `gets a letter as it was written`() async throws {
        let server = try MailServer()
        let message = try message()
        try await mailer("smtp://127.0.0.1:\(server.port)").send(message, id: "one")
        let letters = try server.letters()
        #expect(letters.count == 1)
        #expect(letters.first?["from"]?.string == "purser@example.org")
        #expect(letters.first?["to"]?.array == [.string("ada@example.org")])
        let data = try #require(letters.first?["data"]?.string.flatMap { Data(base64Encoded: $0) })
        let parsed = try python(
            """
            import email, email.policy, json, sys
            m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
            print(json.dumps({"subject": m["subject"], "text": m.get_body(("plain",)).get_content()}))
            """, Array(data))
        #expect(parsed["subject"]?.string == message.subject)
        #expect(parsed["text"]?.string?.replacingOccurrences(of: "\r\n", with: "\n") == message.text)
    }

    @Test func `that offers no encryption gets nothing where encryption is required`() async throws {
        let server = try MailServer()
        let mailer = try mailer("smtp://127.0.0.1:\(server.port)") { $0.isEncryptionRequired = true }
        await #expect(throws: MailProblem.self) { try await mailer.send(try message(), id: "one") }
        #expect(try server.letters().isEmpty)
    }

    @Test func `is spoken to in secret, with a password, when its certificate is believed`() async throws {
        let directory = TestDirectories.make("tls")
        let (certificate, key) = (directory + "/cert.pem", directory + "/key.pem")
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/usr/bin/openssl")
        openssl.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-keyout",
            key, "-out", certificate, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        let server = try MailServer("--tls", certificate, key, "--user", "ada", "secret word")
        let url = "smtp://ada@127.0.0.1:\(server.port)"
        let stranger = try mailer(url) {
            $0.isEncryptionRequired = true
            $0.password = "secret word"
        }
        await #expect(throws: MailProblem.self) { try await stranger.send(try message(), id: "one") }
        let wrong = try mailer(url) {
            $0.isEncryptionRequired = true
            $0.password = "wrong"
            $0.authorityFile = certificate
        }
        do {
            try await wrong.send(try message(), id: "two")
            Issue.record("a wrong password was taken")
        } catch let problem as MailProblem {
            // The operator mends it, and the letter still goes.
            #expect(!problem.isPermanent, "\(problem)")
            #expect(!problem.description.contains("wrong"))
        }
        let right = try mailer(url) {
            $0.isEncryptionRequired = true
            $0.password = "secret word"
            $0.authorityFile = certificate
        }
        try await right.send(try message(), id: "three")
        let letters = try server.letters()
        #expect(letters.count == 1)
        #expect(letters.first?["tls"] == .bool(true))
        #expect(letters.first?["user"] == .bool(true))
    }

    @Test func `that says no for good is not asked again, one that says later is`() async throws {
        let server = try MailServer()
        let mailer = try mailer("smtp://127.0.0.1:\(server.port)")
        do {
            try await mailer.send(try message(to: "nobody@never.test"), id: "one")
            Issue.record("a refusal was overheard")
        } catch let problem as MailProblem {
            #expect(problem.isPermanent, "\(problem)")
            #expect(problem.description.contains("550"))
        }
        do {
            try await mailer.send(try message(to: "ada@later.test"), id: "two")
            Issue.record("a refusal was overheard")
        } catch let problem as MailProblem { #expect(!problem.isPermanent, "\(problem)") }
        try await mailer.send(try message(to: "ada@later.test"), id: "two")
        #expect(try server.letters().count == 1)
    }

    @Test func `gets nothing for the people of the demo, whose letters the folder keeps`() async throws {
        let server = try MailServer()
        let data = TestDirectories.make("data")
        let path = data + "/log"
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        let log = Log(level: .info, descriptor: file.fileDescriptor)
        let pool = BlockingPool(threads: 1, queueLimit: 10)
        defer { pool.shutdown() }
        let mailer = try MailSettings.mailer(
            Configuration(
                MailSettings.all, flags: ["mail-url": "smtp://127.0.0.1:\(server.port)", "mail-tls": "off"]),
            dataDirectory: data, address: address, pool: pool, log: log)
        #expect(mailer.summary == "smtp://127.0.0.1:\(server.port)")
        let kept = ["demo@purser.example", "Kim@Purser.Example"]
        // Only these: whoever tries the server out does so with addresses of reserved domains.
        let sent = [
            "ada@example.org", "ada@example.com", "ada@one.test", "ada@not-purser.example", "ada@purser.example.org",
            "a@example@latest",
        ]
        for (number, to) in (kept + sent).enumerated() {
            try? await mailer.send(try message(to: to), id: "job-\(number)")
        }
        let taken = try server.letters().compactMap { $0["to"]?.array?.first?.string }
        #expect(taken == Array(sent.dropLast()), "the last is no address at all")
        let letters = try FileManager.default.contentsOfDirectory(atPath: data + "/mail").sorted()
        let headers = try letters.compactMap { name in
            try String(contentsOfFile: data + "/mail/" + name, encoding: .utf8)
                .components(separatedBy: "\r\n").first { $0.hasPrefix("To: ") }
        }
        #expect(headers == kept.map { "To: <\($0)>" })
        log.flush()
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == kept.count && lines.allSatisfy { $0.contains("of the demo") })
        #expect(!lines.contains { $0.lowercased().contains("@purser") }, "whose address it is need not be in a log")
    }

    @Test func `that is not there is tried again later`() async throws {
        let mailer = try mailer("smtp://127.0.0.1:1")
        do {
            try await mailer.send(try message(), id: "one")
            Issue.record("nobody was there")
        } catch let problem as MailProblem { #expect(!problem.isPermanent, "\(problem)") }
    }
}

@Suite(.database(migrations: JobsModule.migrations)) struct `The job of a letter` {
    private struct Refusing: Mailer {
        let isPermanent: Bool
        let summary = "a test"
        func send(_ message: MailMessage, id: String) async throws {
            throw MailProblem(isPermanent: isPermanent, "no")
        }
    }

    @Test(arguments: [true, false]) func `is dead at once after a refusal for good, and waits after another`(
        isPermanent: Bool
    ) async throws {
        let test = TestDatabase.current
        let key = try #require(SecretKey(id: 1, bytes: secureRandomBytes(32)))
        let queue = MailQueue(secrets: SecretBox(current: key))
        try await queue.enqueue(try message(), in: test.database.writer)
        var jobs = JobRegistry()
        jobs.add(MailJob(queue: queue, mailer: Refusing(isPermanent: isPermanent), log: .silent).kind)
        let worker = Worker(
            database: test.database, registry: jobs, loop: test.loops.next(), log: .silent, metrics: Metrics())
        _ = try await worker.runOnce()
        let listed = try await JobStore(test.database).list(onlyDead: false, limit: 10)
        #expect(listed.map(\.state) == [isPermanent ? "dead" : "waiting"])
        #expect(listed.first?.lastError?.contains("ada@") == false)
        // What waits is no text that somebody could read in the database.
        let open = try await test.database.first("SELECT count(*) FROM jobs WHERE payload::text LIKE '%token%'")
        #expect(try open?.get(0, as: Int.self) == 0)
    }
}
