import Base
import Cryptography
import FoundationEssentials
import Glibc

/// A letter as bytes for the wire and for a file: RFC 5322 and MIME, text and HTML side by side. Everything in it is
/// ASCII with lines of at most 78 characters, so that no server on the way has a reason to change it.
enum MailEncoding {
    /// - Parameters:
    ///   - from: an address, or `Name <address>`.
    ///   - id: unique; the left half of the Message-ID.
    static func bytes(of message: MailMessage, from: MailSender, id: String, at now: Instant) -> [UInt8] {
        let boundary = "purser-\(Base64URL.encode(secureRandomBytes(12)))"
        var lines = [
            "Date: \(date(now))", "From: \(from.header)", "To: <\(message.to)>",
            "Subject: \(encodedWords(message.subject))", "Message-ID: <\(id)@\(from.domain)>",
            // Neither holidays nor mailing lists answer to this, and no such answer comes back here for ever.
            "Auto-Submitted: auto-generated", "X-Auto-Response-Suppress: All",
            "MIME-Version: 1.0", "Content-Language: \(message.language)",
            "Content-Type: multipart/alternative; boundary=\"\(boundary)\"", "",
        ]
        for (type, content) in [("text/plain", message.text), ("text/html", message.html)] {
            lines += [
                "--\(boundary)", "Content-Type: \(type); charset=utf-8", "Content-Transfer-Encoding: base64", "",
            ]
            lines += base64Lines(content)
        }
        lines += ["--\(boundary)--", ""]
        return Array(lines.joined(separator: "\r\n").utf8)
    }

    private static func base64Lines(_ text: String) -> [String] {
        // Text in a letter has CRLF at the end of its lines, also within base64 (RFC 2049).
        let canonical = text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
        let encoded = Array(Data(canonical.utf8).base64EncodedString().utf8)
        return stride(from: 0, to: encoded.count, by: 76).map {
            String(decoding: encoded[$0..<min($0 + 76, encoded.count)], as: UTF8.self)
        }
    }

    /// RFC 2047: plain ASCII as it is, otherwise pieces of at most 75 characters that never cut a letter in two.
    static func encodedWords(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f } && text.utf8.count <= 60 && !text.contains("=?")
        if isPlain { return text }
        var words: [String] = []
        var piece: [UInt8] = []
        func close() {
            guard !piece.isEmpty else { return }
            words.append("=?utf-8?B?\(Data(piece).base64EncodedString())?=")
            piece = []
        }
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            // 39 bytes become 52 characters of base64, 64 with what is around them, and 73 behind the header's name.
            if piece.count + bytes.count > 39 { close() }
            piece += bytes
        }
        close()
        return words.joined(separator: "\r\n ")
    }

    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `Sun, 22 Nov 2026 00:30:00 +0000`: in English whatever the machine's locale is.
    static func date(_ instant: Instant) -> String {
        var seconds = time_t(instant.secondsSinceEpoch)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func two(_ number: Int32) -> String { (number < 10 ? "0" : "") + String(number) }
        let day = days[Int(parts.tm_wday) % 7]
        let month = months[Int(parts.tm_mon) % 12]
        return "\(day), \(two(parts.tm_mday)) \(month) \(parts.tm_year + 1900) "
            + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) +0000"
    }
}

/// Who letters come from.
package struct MailSender: Equatable, Sendable {
    /// ASCII, without blanks and brackets.
    let address: String
    let name: String?

    /// `purser@example.org` or `Purser <purser@example.org>`; nil for what is neither.
    package init?(_ text: String) {
        var address = Substring(text)
        var name: Substring?
        if let open = text.firstIndex(of: "<") {
            guard text.hasSuffix(">") else { return nil }
            name = text[..<open]
            address = text[text.index(after: open)...].dropLast()
        }
        guard Self.isAddress(address) else { return nil }
        self.address = String(address)
        while let last = name?.last, last == " " { name?.removeLast() }
        guard name?.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f }) != false else { return nil }
        self.name = name.flatMap { $0.isEmpty ? nil : String($0) }
    }

    var domain: String { String(address.drop { $0 != "@" }.dropFirst()) }

    var header: String {
        guard let name else { return "<\(address)>" }
        // As encoded words always: a name may hold commas and quotes, which mean something here.
        return "=?utf-8?B?\(Data(name.utf8).base64EncodedString())?= <\(address)>"
    }

    /// What may stand between `<` and `>` on the wire.
    static func isAddress(_ text: some StringProtocol) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { !$0.isEmpty } && text.utf8.count <= 254
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"<>()[]\\,;:\"".utf8.contains($0) }
    }
}
