import Base
import Cryptography
import Database
import JSON
import Jobs

/// Letters leave through the queue of jobs: put there in the transaction of what they tell of, sent after its commit.
package struct MailQueue: Sendable {
    package static let job = "mail.send"
    /// What its letters are sealed for.
    package static let context = "mail"

    private let payload: SealedPayload

    /// - Parameter secrets: letters hold links that open accounts, so they wait sealed.
    package init(secrets: SecretBox) { payload = SealedPayload(Self.context, secrets: secrets) }

    package func enqueue(_ message: MailMessage, in connection: any Queryable) async throws {
        let sealed = payload.sealed { letter in
            for (name, value) in [
                ("kind", message.kind), ("to", message.to), ("subject", message.subject), ("text", message.text),
                ("html", message.html), ("language", message.language),
            ] {
                letter.key(name)
                letter.string(value)
            }
        }
        try await JobStore(connection).enqueue(Self.job, payload: sealed)
    }

    /// The letter of a job of this queue; nil when it cannot be opened: sealed under a key that is gone.
    package func message(of job: JSONValue) -> MailMessage? {
        guard let letter = payload.opened(job), let kind = letter["kind"]?.string, let to = letter["to"]?.string,
            let subject = letter["subject"]?.string, let text = letter["text"]?.string,
            let html = letter["html"]?.string, let language = letter["language"]?.string
        else { return nil }
        return MailMessage(kind: kind, to: to, subject: subject, text: text, html: html, language: language)
    }
}
