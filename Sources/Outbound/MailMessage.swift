/// A letter that is ready to be sent: to one person, in their language, as text and as HTML.
package struct MailMessage: Equatable, Sendable {
    /// What the letter is for, in the log and in the queue: `reset`, `invitation`.
    package let kind: String
    package let to: String
    package let subject: String
    package let text: String
    package let html: String
    /// A language tag: `en`, `de`.
    package let language: String

    /// - Returns: nil when the address or the subject holds a line break or another control character, which would end
    ///   their header and begin one of the sender's choosing.
    package init?(kind: String, to: String, subject: String, text: String, html: String, language: String) {
        let headers = to.unicodeScalars.lazy + subject.unicodeScalars
        guard headers.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }), to.utf8.count <= 254 else { return nil }
        self.kind = kind
        self.to = to
        self.subject = subject
        self.text = text
        self.html = html
        self.language = language
    }
}
