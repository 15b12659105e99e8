import Base
import HTTP
import Outbound

/// The words of the letters about books. What people have typed is shown as text, never as markup.
struct BookLetters: Sendable {
    /// The languages that there are words for.
    enum Language: String, Sendable {
        case en, de

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
        let link = self.address.link("/invitation", token: token)
        let words =
            switch language {
            case .en: Self.english(book: book, inviter: inviter, role: role)
            case .de: Self.german(book: book, inviter: inviter, role: role)
            }
        let text = """
            \(words.greeting)

            \(words.sentence)

            \(words.call):
            \(link)

            \(words.end)

            """
        let html = """
            <!doctype html><html lang="\(language.rawValue)"><body style="font-family:sans-serif;line-height:1.5">
            <p>\(Self.escaped(words.greeting))</p>
            <p>\(Self.escaped(words.sentence))</p>
            <p><a href="\(Self.escaped(link))">\(Self.escaped(words.call))</a></p>
            <p style="color:#555">\(Self.escaped(words.end))</p>
            </body></html>
            """
        return MailMessage(
            kind: "invitation", to: address, subject: Self.oneLine(words.subject), text: text, html: html,
            language: language.rawValue)
    }

    private struct Words {
        let subject, greeting, sentence, call, end: String
    }

    private static func english(book: String, inviter: String, role: BookRole) -> Words {
        let part =
            switch role {
            case .viewer: "to look at it"
            case .member: "to record expenses and incomes in it"
            case .admin, .owner: "to manage it with them"
            }
        return Words(
            subject: "\(inviter) invites you to the book “\(book)”", greeting: "Hello,",
            sentence: "\(inviter) keeps the book “\(book)” with Purser and invites you \(part).",
            call: "See the invitation",
            end:
                "The link works for \(InvitationLimits.days) days. If you do not know \(inviter), ignore this letter: nothing happens then."
        )
    }

    private static func german(book: String, inviter: String, role: BookRole) -> Words {
        let part =
            switch role {
            case .viewer: "es anzusehen"
            case .member: "Ausgaben und Einnahmen darin einzutragen"
            case .admin, .owner: "es gemeinsam zu verwalten"
            }
        return Words(
            subject: "\(inviter) lädt dich in das Buch „\(book)“ ein", greeting: "Hallo,",
            sentence: "\(inviter) führt mit Purser das Buch „\(book)“ und lädt dich ein, \(part).",
            call: "Einladung ansehen",
            end:
                "Der Link gilt \(InvitationLimits.days) Tage. Wenn du \(inviter) nicht kennst, beachte diesen Brief nicht: dann geschieht nichts."
        )
    }

    /// A subject is one line, whatever a book is called.
    private static func oneLine(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
    }

    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.append(character)
            }
        }
        return result
    }
}
