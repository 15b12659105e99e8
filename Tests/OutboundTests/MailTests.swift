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

let address = PublicAddress(configured: "https://purser.example.org/", fallback: "")
let letter = Letter.resetPassword(link: address.link("/reset", token: "abc"))

@Suite struct `A letter` {
    @Test(arguments: Letter.languages) func `has words in each language, as text and as HTML`(language: String) throws {
        let letters: [Letter] = [
            .verifyAddress(link: "https://x/verify#token=t"), letter, .confirmNewAddress(link: "https://x"),
            .addressChanging(to: "new@example.org"), .addressChanged(to: "new@example.org"), .passwordChanged,
            .factorChanged(.codesOn), .factorChanged(.codesOff), .factorChanged(.recoveryCodesRenewed),
            .factorChanged(.codesRequired), .factorChanged(.recoveryCodeUsed(left: 3)),
            .factorChanged(.passkeyAdded(name: "Key")), .factorChanged(.passkeyRemoved(name: "Key")),
            .factorChanged(.passkeySuspect(name: "Key")), .factorChanged(.providerLinked(name: "Example")),
            .factorChanged(.providerUnlinked(name: "Example")),
            .newSignIn(device: "Firefox on Linux", address: "192.0.2.1", at: Instant(secondsSinceEpoch: 1_800_000_000)),
            .locked(address: "192.0.2.1", minutes: 15), .completeRegistration(link: "https://x/welcome#token=t"),
            .accountExists(link: "https://x/signin"), .keyMade(name: "Script", scopes: "entry:view"),
            .deletionAsked(at: Instant(secondsSinceEpoch: 1_800_000_000)), .deletionCancelled, .accountDeleted,
        ]
        var subjects: Set<String> = []
        for letter in letters {
            let message = try #require(letter.message(to: "ada@example.org", language: language, address: address))
            #expect(!message.subject.isEmpty)
            #expect(message.text.contains("https://purser.example.org"))
            #expect(message.html.contains("lang=\"\(language)\""))
            if let link = letter.link {
                #expect(message.text.contains(link))
                #expect(message.html.contains("href=\"\(link)\""))
            }
            subjects.insert(message.subject)
        }
        #expect(subjects.count == letters.count)
    }

    @Test func `escapes what people called their things`() throws {
        let evil = Letter.factorChanged(.passkeyAdded(name: "<img src=x onerror=\"alert(1)\">&"))
        let message = try #require(evil.message(to: "ada@example.org", language: "en", address: address))
        #expect(!message.html.contains("<img"))
        #expect(message.html.contains("&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;"))
    }

    @Test func `cannot be given a header of somebody's choosing`() {
        #expect(letter.message(to: "a@b.org\r\nBcc: all@b.org", language: "en", address: address) == nil)
        #expect(
            MailMessage(kind: "x", to: "a@b.org", subject: "Hi\nBcc: all@b.org", text: "", html: "", language: "en")
                == nil)
    }

    @Test func `is written in the first language of ours that is accepted`() {
        #expect(Letter.language(accepted: "fr, de-CH;q=0.8, hi") == "de")
        #expect(Letter.language(accepted: "hi-IN") == "hi")
        #expect(Letter.language(accepted: "fr") == "en")
        #expect(Letter.language(accepted: nil) == "en")
        #expect(Letter.language(accepted: ";;,,q=,\u{0}") == "en")
    }

    @Test func `on the wire is ASCII in short lines, and reads back as it was`() throws {
        let message = try #require(letter.message(to: "ada@example.org", language: "hi", address: address))
        let sender = try #require(MailSender("Pürser, “the” <purser@example.org>"))
        let bytes = MailEncoding.bytes(
            of: message, from: sender, id: "id", at: Instant(secondsSinceEpoch: 1_800_000_000))
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(bytes.allSatisfy { $0 < 0x80 })
        let lines = text.components(separatedBy: "\r\n")
        #expect(lines.allSatisfy { $0.utf8.count <= 78 && !$0.contains("\n") })
        #expect(lines.first == "Date: Fri, 15 Jan 2027 08:00:00 +0000")
        #expect(lines.contains("Auto-Submitted: auto-generated"))
        #expect(lines.contains("Message-ID: <id@example.org>"))
        // Python's parser is somebody else's reading of the standard.
        let parsed = try python(
            """
            import email, email.policy, json, sys
            m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
            print(json.dumps({"subject": m["subject"], "from": str(m["from"]), "to": m["to"], "defects": len(m.defects),
                "text": m.get_body(("plain",)).get_content(), "html": m.get_body(("html",)).get_content()}))
            """, bytes)
        #expect(parsed["subject"]?.string == message.subject)
        #expect(parsed["from"]?.string?.contains("purser@example.org") == true)
        #expect(parsed["from"]?.string?.contains("Pürser") == true)
        #expect(parsed["to"]?.string?.contains("ada@example.org") == true)
        #expect(parsed["defects"]?.int == 0)
        #expect(parsed["text"]?.string?.replacingOccurrences(of: "\r\n", with: "\n") == message.text)
        #expect(parsed["html"]?.string?.trimmingCharacters(in: .newlines) == message.html)
    }

    @Test(arguments: [
        "Short", "Grüße an alle, die dies in voller Länge lesen wollen, auch wenn es lang wird", "=?x?=",
        String(repeating: "ä", count: 200),
    ])
    func `has a subject of encoded words that cut no letter in two`(subject: String) throws {
        let encoded = MailEncoding.encodedWords(subject)
        #expect(encoded.components(separatedBy: "\r\n ").allSatisfy { $0.utf8.count <= 75 })
        let parsed = try python(
            """
            import email, email.policy, json, sys
            m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
            print(json.dumps({"subject": m["subject"]}))
            """, Array("Subject: \(encoded)\r\n\r\n".utf8))
        #expect(parsed["subject"]?.string == subject)
    }
}

@Suite struct `The settings of mail` {
    @Test(arguments: [
        "http://mail", "smtp://", "smtp://u:p@host", "smtp://host/path", "smtp://ho st", "mail.example.org",
        "smtp://a@b\r\nRCPT",
    ])
    func `refuse what is no mail server`(text: String) { #expect(SMTPMailer.Server(text) == nil) }

    @Test func `take a server with and without a user`() throws {
        let plain = try #require(SMTPMailer.Server("smtp://mail.example.org:2525"))
        #expect(plain.url == "smtp://mail.example.org:2525")
        #expect(plain.user == nil)
        let full = try #require(SMTPMailer.Server("SMTPS://ada%40example.org@mail.example.org/"))
        #expect(full.url == "smtps://mail.example.org")
        #expect(full.user == "ada@example.org")
    }

    @Test(arguments: ["x", "<>", "a@b@c", "a b@c.org", "A <a@b", "A <a@b> c", "a@b\r\nBcc: x@y"])
    func `refuse what is no sender`(text: String) { #expect(MailSender(text) == nil) }

    @Test func `never let a request say where links lead`() {
        let open = PublicAddress(configured: "", fallback: "http://localhost:8080")
        open.listens(at: "http://127.0.0.1:8101")
        #expect(open.link("/reset", token: "t") == "http://127.0.0.1:8101/reset#token=t")
        address.listens(at: "http://evil.example")
        #expect(address.link("/reset", token: "t") == "https://purser.example.org/reset#token=t")
        #expect(address.host == "purser.example.org")
        #expect(PublicAddress(configured: "http://[::1]:80", fallback: "").host == "[::1]")
    }
}

@Suite struct `The folder for letters` {
    @Test func `keeps the newest, readable by their owner only`() async throws {
        let directory = TestDirectories.make("mail") + "/mail"
        let pool = BlockingPool(threads: 1, queueLimit: 10)
        defer { pool.shutdown() }
        let sender = try #require(MailSender("purser@localhost"))
        let message = try #require(letter.message(to: "ada@example.org", language: "en", address: address))
        for number in 0..<5 {
            let clock = Clock.fixed(Instant(secondsSinceEpoch: 1_800_000_000 + Int64(number)))
            let mailer = FolderMailer(directory: directory, sender: sender, pool: pool, clock: clock, limit: 3)
            try await mailer.send(message, id: "job-\(number)")
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
        #expect(names.map { String($0.suffix(9)) } == ["job-2.eml", "job-3.eml", "job-4.eml"])
        let attributes = try FileManager.default.attributesOfItem(atPath: directory + "/" + (names.first ?? ""))
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }
}

/// Runs a script on some bytes; its output is JSON.
func python(_ script: String, _ input: [UInt8]) throws -> JSONValue {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/python3")
    process.arguments = ["-c", script]
    let (stdin, stdout) = (Pipe(), Pipe())
    process.standardInput = stdin
    process.standardOutput = stdout
    try process.run()
    try stdin.fileHandleForWriting.write(contentsOf: Data(input))
    try stdin.fileHandleForWriting.close()
    let output = try stdout.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return try JSONValue.parse(Array(output))
}
