import Base
import HTTP
import Outbound

/// The words of the letters about books. What people have typed is shown as text, never as markup.
struct BookLetters: Sendable {
    /// The languages that there are words for.
    enum Language: String, Sendable {
        case en, de, hi

        /// The first of `Accept-Language` that we have; a short look, for a letter is no negotiation.
        init(acceptLanguage header: String?) {
            for part in (header ?? "").split(separator: ",").prefix(10) {
                let tag = part.drop { $0 == " " }.prefix { $0.isLetter }.lowercased()
                if let known = Language(rawValue: tag) {
                    self = known
                    return
                }
            }
            self = .en
        }
    }

    let address: PublicAddress

    /// - Returns: nil when the address cannot stand in a letter's head.
    func invitation(
        to address: String, book: String, from inviter: String, role: BookRole, token: String, language: Language
    ) -> MailMessage? {
        let words =
            switch language {
            case .en: Self.english(book: book, inviter: inviter, role: role)
            case .de: Self.german(book: book, inviter: inviter, role: role)
            case .hi: Self.hindi(book: book, inviter: inviter, role: role)
            }
        return words.message(
            kind: "invitation", to: address, link: self.address.link("/invitation", token: token),
            language: language.rawValue, address: self.address)
    }

    private static func english(book: String, inviter: String, role: BookRole) -> LetterWords {
        let part =
            switch role {
            case .viewer: "to look at it"
            case .member: "to record expenses and incomes in it"
            case .admin, .owner: "to manage it with them"
            }
        return LetterWords(
            subject: oneLine("\(inviter) invites you to the book “\(book)”"),
            paragraphs: [
                "Hello,", "\(inviter) keeps the book “\(book)” with Purser and invites you \(part).",
            ], action: "See the invitation",
            afterwards: [
                "The link works for \(InvitationLimits.days) days. If you do not know \(inviter), ignore this letter: nothing happens then."
            ], footer: "Sent by Purser at")
    }

    private static func german(book: String, inviter: String, role: BookRole) -> LetterWords {
        let part =
            switch role {
            case .viewer: "es anzusehen"
            case .member: "Ausgaben und Einnahmen darin einzutragen"
            case .admin, .owner: "es gemeinsam zu verwalten"
            }
        return LetterWords(
            subject: oneLine("\(inviter) lädt Sie in das Buch „\(book)“ ein"),
            paragraphs: [
                "Hallo,", "\(inviter) führt mit Purser das Buch „\(book)“ und lädt Sie ein, \(part).",
            ], action: "Einladung ansehen",
            afterwards: [
                "Der Link gilt \(InvitationLimits.days) Tage. Wenn Sie \(inviter) nicht kennen, beachten Sie diesen Brief nicht: Dann geschieht nichts."
            ], footer: "Gesendet von Purser,")
    }

    private static func hindi(book: String, inviter: String, role: BookRole) -> LetterWords {
        let part =
            switch role {
            case .viewer: "उसे देखने"
            case .member: "उसमें ख़र्च और आय लिखने"
            case .admin, .owner: "उसे साथ मिलकर सँभालने"
            }
        return LetterWords(
            subject: oneLine("\(inviter) आपको बही “\(book)” में आमंत्रित करते हैं"),
            paragraphs: [
                "नमस्ते,", "\(inviter) Purser में बही “\(book)” रखते हैं और आपको \(part) के लिए आमंत्रित करते हैं।",
            ], action: "आमंत्रण देखें",
            afterwards: [
                "यह लिंक \(InvitationLimits.days) दिन तक चलता है। यदि आप \(inviter) को नहीं जानते, तो इस पत्र पर ध्यान न दें: तब कुछ नहीं होगा।"
            ], footer: "Purser द्वारा भेजा गया:")
    }

    /// A subject is one line, whatever a book is called.
    private static func oneLine(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
    }
}
