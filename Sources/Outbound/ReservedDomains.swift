import Runtime

/// Domains that nobody has, and never will: RFC 2606, and RFC 6761 section 6. The demo's people live there, and whoever
/// tries things out.
enum ReservedDomain {
    private static let tops: Set = ["example", "invalid", "localhost", "test"]
    private static let names: Set = ["example.com", "example.net", "example.org"]

    /// Whether the address is in one of them, or below.
    static func holds(_ address: String) -> Bool {
        guard let at = address.lastIndex(of: "@") else { return false }
        let labels = address[address.index(after: at)...].lowercased().split(separator: ".")
        guard let last = labels.last else { return false }
        return tops.contains(String(last)) || names.contains(labels.suffix(2).joined(separator: "."))
    }
}

/// Hands to the mail server what can arrive somewhere, and puts the rest into the folder: a server could only send it
/// back, and takes who sends much of that for a spammer.
struct ReservingMailer: Mailer {
    let server: any Mailer
    let folder: any Mailer
    let log: Log

    var summary: String { server.summary }

    func send(_ message: MailMessage, id: String) async throws {
        guard ReservedDomain.holds(message.to) else { return try await server.send(message, id: id) }
        try await folder.send(message, id: id)
        log.info("letter put into a folder: its address is in a reserved domain, where nobody has one") {
            $0.text("letter", message.kind)
            $0.text("to", MailJob.hashed(message.to))
            $0.text("folder", folder.summary)
        }
    }
}
