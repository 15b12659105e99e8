import Runtime

/// Hands letters to the mail server, but for those to the demo's people: nobody has their domain (RFC 2606), so a server
/// could only send them back, and takes who sends much of that for a spammer. These go into the folder.
struct DemoMailer: Mailer {
    let server: any Mailer
    let folder: any Mailer
    let log: Log

    static let domain = "@purser.example"

    var summary: String { server.summary }

    func send(_ message: MailMessage, id: String) async throws {
        guard message.to.lowercased().hasSuffix(Self.domain) else { return try await server.send(message, id: id) }
        try await folder.send(message, id: id)
        log.info("letter put into a folder: it is to somebody of the demo, who is nowhere") {
            $0.text("letter", message.kind)
            $0.text("to", MailJob.hashed(message.to))
            $0.text("folder", folder.summary)
        }
    }
}
