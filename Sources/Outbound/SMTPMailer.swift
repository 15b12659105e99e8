import Base
import CCurl
import EventLoop
import Foundation
import Glibc
import Runtime

/// Hands letters to a mail server, by libcurl. On threads of a pool: letters are few, and none is in a hurry.
package struct SMTPMailer: Mailer {
    package struct Server: Equatable, Sendable {
        /// `smtp` or `smtps`, host and port: `smtp://mail.example.org:587`.
        let url: String
        let user: String?
        var password = ""
        /// STARTTLS, or nothing is sent. `smtps` is encrypted anyway.
        var isEncryptionRequired = true
        /// Certificates that are believed instead of the system's; empty: the system's.
        var authorityFile = ""

        /// `smtp://user@host:587`; the user may be percent-encoded. Nil for anything else: a password in it, a path.
        package init?(_ text: String) {
            guard let mark = text.firstRange(of: "://") else { return nil }
            let scheme = text[..<mark.lowerBound].lowercased()
            guard scheme == "smtp" || scheme == "smtps" else { return nil }
            var rest = text[mark.upperBound...]
            if rest.hasSuffix("/") { rest.removeLast() }
            var user: String?
            if let at = rest.lastIndex(of: "@") {
                guard let decoded = String(rest[..<at]).removingPercentEncoding, !rest[..<at].contains(":") else {
                    return nil
                }
                user = decoded
                rest = rest[rest.index(after: at)...]
            }
            let isPlain = rest.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                    || ".-:[]".utf8.contains(byte)
            }
            guard !rest.isEmpty, isPlain else { return nil }
            url = "\(scheme)://\(rest)"
            self.user = user
        }
    }

    let server: Server
    let sender: MailSender
    let pool: BlockingPool
    let clock: Clock

    package init(server: Server, sender: MailSender, pool: BlockingPool, clock: Clock = .system) {
        self.server = server
        self.sender = sender
        self.pool = pool
        self.clock = clock
    }

    package var summary: String { server.url }

    package func send(_ message: MailMessage, id: String) async throws {
        guard MailSender.isAddress(message.to) else {
            throw MailProblem(isPermanent: true, "the letter's address is none that mail can be sent to")
        }
        let bytes = MailEncoding.bytes(of: message, from: sender, id: id, at: clock.now())
        let recipient = message.to
        do {
            try await pool.run { try deliver(bytes, to: recipient) }
        } catch is BlockingPool.Full {
            throw MailProblem(isPermanent: false, "too many letters wait to be sent")
        }
    }

    private static let connectSeconds = 10
    private static let wholeSeconds = 60

    private func deliver(_ bytes: [UInt8], to recipient: String) throws(MailProblem) {
        guard Curl.isReady, let curl = curl_easy_init() else {
            throw MailProblem(isPermanent: false, "libcurl cannot be used")
        }
        defer { curl_easy_cleanup(curl) }
        let recipients = curl_slist_append(nil, "<\(recipient)>")
        defer { curl_slist_free_all(recipients) }
        configure(curl)
        _ = shim_easy_setopt_list(curl, CURLOPT_MAIL_RCPT, recipients)
        let (code, answer) = bytes.withUnsafeBufferPointer { buffer in
            var reader = Reader(next: buffer.baseAddress, left: buffer.count)
            return withUnsafeMutablePointer(to: &reader) { reader in
                _ = shim_easy_setopt_data(curl, CURLOPT_READFUNCTION, Self.take)
                _ = shim_easy_setopt_pointer(curl, CURLOPT_READDATA, reader)
                let code = curl_easy_perform(curl)
                var answer = 0
                _ = shim_easy_getinfo_long(curl, CURLINFO_RESPONSE_CODE, &answer)
                return (code, answer)
            }
        }
        guard code != CURLE_OK else { return }
        let reason = String(cString: curl_easy_strerror(code))
        // 5yz is a refusal for good; but a wrong password is the operator's to mend, and the letter is worth keeping.
        let isPermanent = (500...599).contains(answer) && code != CURLE_LOGIN_DENIED
        throw MailProblem(
            isPermanent: isPermanent,
            "\(server.url): \(reason)" + ((200...599).contains(answer) ? ", after the answer \(answer)" : ""))
    }

    private func configure(_ curl: UnsafeMutableRawPointer) {
        func set(_ option: CURLoption, _ text: String) { _ = shim_easy_setopt_text(curl, option, text) }
        func set(_ option: CURLoption, _ number: Int) { _ = shim_easy_setopt_long(curl, option, number) }
        set(CURLOPT_URL, server.url)
        set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_CONNECTTIMEOUT, Self.connectSeconds)
        set(CURLOPT_TIMEOUT, Self.wholeSeconds)
        set(CURLOPT_PROXY, "")
        if let user = server.user {
            set(CURLOPT_USERNAME, user)
            set(CURLOPT_PASSWORD, server.password)
        }
        set(CURLOPT_USE_SSL, Int(server.isEncryptionRequired ? CURLUSESSL_ALL.rawValue : CURLUSESSL_NONE.rawValue))
        if !server.authorityFile.isEmpty { set(CURLOPT_CAINFO, server.authorityFile) }
        set(CURLOPT_MAIL_FROM, "<\(sender.address)>")
        set(CURLOPT_UPLOAD, 1)
    }

    private struct Reader {
        var next: UnsafePointer<UInt8>?
        var left: Int
    }

    private static let take: @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int =
        {
            buffer, size, count, context in
            guard let buffer, let reader = context?.assumingMemoryBound(to: Reader.self), let next = reader.pointee.next
            else { return 0 }
            let taken = min(size * count, reader.pointee.left)
            memcpy(buffer, next, taken)
            reader.pointee.next = next + taken
            reader.pointee.left -= taken
            return taken
        }
}

/// libcurl's own preparations, once a process.
package enum Curl {
    package static let isReady = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK
}
