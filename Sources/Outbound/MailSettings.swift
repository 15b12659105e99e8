import Base
import Cryptography
import EventLoop
import Runtime

/// What an operator can set about letters.
package enum MailSettings {
    package static let url = Setting<String>(
        "mail-url", default: "",
        "The mail server that letters go through: smtp://user@host:587 or smtps://user@host. Empty: they are put into the folder mail of the data directory."
    ) { text throws(SettingProblem) in
        guard text.isEmpty || SMTPMailer.Server(text) != nil else {
            throw SettingProblem(expected: "smtp://user@host:587 or smtps://user@host, without a password in it")
        }
        return text
    }
    package static let password = Setting<String>.text(
        "mail-password", default: "", "The password at the mail server; or see mail-password-file.", isSecret: true)
    package static let passwordFile = Setting<String>.text(
        "mail-password-file", default: "", "A file that holds the password at the mail server.")
    package static let from = Setting<String>(
        "mail-from", default: "",
        "Who letters come from: purser@example.org or “Purser <purser@example.org>”. Empty: purser at the host of public-url."
    ) { text throws(SettingProblem) in
        guard text.isEmpty || MailSender(text) != nil else {
            throw SettingProblem(expected: "an address such as purser@example.org, or Name <address>")
        }
        return text
    }
    package static let tls = Setting<String>.choice(
        "mail-tls", of: ["required", "off"], default: "required",
        "Whether an smtp:// server must offer encryption before anything is sent.")
    package static let authorityFile = Setting<String>.text(
        "mail-ca-file", default: "",
        "A PEM file with the certificates to believe at the mail server; empty: the system's.")

    package static let all: [SettingDeclaration] = [
        url.declaration, password.declaration, passwordFile.declaration, from.declaration, tls.declaration,
        authorityFile.declaration,
    ]

    /// The way for letters that is configured. Those to the demo's people go into the folder in any case.
    ///
    /// - Throws: when the file with the password cannot be read.
    package static func mailer(
        _ configuration: Configuration, dataDirectory: String, address: PublicAddress, pool: BlockingPool, log: Log
    ) throws -> any Mailer {
        let configured = configuration[from]
        guard let sender = MailSender(configured.isEmpty ? "Purser <purser@\(domain(address.host))>" : configured)
        else {
            throw MailProblem(isPermanent: true, "mail-from: an address such as purser@example.org is needed")
        }
        let folder = FolderMailer(directory: dataDirectory + "/mail", sender: sender, pool: pool)
        guard var server = SMTPMailer.Server(configuration[url]) else { return folder }
        server.password = configuration[password]
        let file = configuration[passwordFile]
        if !file.isEmpty {
            guard let bytes = try SecretFile.read(file) else {
                throw MailProblem(isPermanent: true, "mail-password-file: there is no \(file)")
            }
            server.password = String(decoding: bytes.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
        }
        server.isEncryptionRequired = configuration[tls] == "required"
        server.authorityFile = configuration[authorityFile]
        return DemoMailer(
            server: SMTPMailer(server: server, sender: sender, pool: pool), folder: folder, log: log)
    }

    /// A bare address of the network has no place behind an @.
    private static func domain(_ host: String) -> String {
        let isName = host.utf8.contains { (0x61...0x7a).contains($0 | 0x20) } && !host.contains(":")
        return isName ? host : "localhost"
    }
}
