import Base
import Cryptography
import Database
import JSON
import Jobs

/// Letters leave through the queue of jobs: put there in the transaction of what they tell of, sent after its commit.
package struct MailQueue: Sendable {
    package static let job = "mail.send"
    private static let context = Array("mail".utf8)

    private let secrets: SecretBox

    /// - Parameter secrets: letters hold links that open accounts, so they wait sealed.
    package init(secrets: SecretBox) { self.secrets = secrets }

    package func enqueue(_ message: MailMessage, in connection: any Queryable) async throws {
        var letter = JSONWriter(capacity: 4096)
        letter.beginObject()
        for (name, value) in [
            ("kind", message.kind), ("to", message.to), ("subject", message.subject), ("text", message.text),
            ("html", message.html), ("language", message.language),
        ] {
            letter.key(name)
            letter.string(value)
        }
        letter.endObject()
        var payload = JSONWriter(capacity: 6144)
        payload.beginObject()
        payload.key("sealed")
        payload.string(Base64URL.encode(secrets.seal(letter.bytes, context: Self.context)))
        payload.endObject()
        try await JobStore(connection).enqueue(Self.job, payload: payload.bytes)
    }

    /// The letter of a job of this queue; nil when it cannot be opened: sealed under a key that is gone.
    package func message(of payload: JSONValue) -> MailMessage? {
        guard let sealed = payload["sealed"]?.string, let box = Base64URL.decode(sealed.utf8),
            let opened = try? secrets.open(box, context: Self.context), let letter = try? JSONValue.parse(opened),
            let kind = letter["kind"]?.string, let to = letter["to"]?.string,
            let subject = letter["subject"]?.string, let text = letter["text"]?.string,
            let html = letter["html"]?.string, let language = letter["language"]?.string
        else { return nil }
        return MailMessage(kind: kind, to: to, subject: subject, text: text, html: html, language: language)
    }
}
