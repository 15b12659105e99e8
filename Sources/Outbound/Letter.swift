import Base

/// What is written to people about their account, before it is put in their language.
package enum Letter: Equatable, Sendable {
    case verifyAddress(link: String)
    case resetPassword(link: String)
    case confirmNewAddress(link: String)
    /// To the old address, while the new one is not confirmed yet.
    case addressChanging(to: String)
    /// To the old address, once the new one counts.
    case addressChanged(to: String)
    case passwordChanged
    case factorChanged(FactorChange)
    /// From a network that the account has not signed in from before.
    case newSignIn(device: String, address: String, at: Instant)
    case locked(address: String, minutes: Int)
    /// The account is made by its link.
    case completeRegistration(link: String)
    /// Somebody wanted to register with an address that has an account.
    case accountExists(link: String)
    case keyMade(name: String, scopes: String)
    /// Of a book that they share, for those who want to be told.
    case members(MemberNews)
    /// Somebody wants their account deleted.
    case deletionAsked(at: Instant)
    case deletionCancelled
    /// To the address that is forgotten with this letter.
    case accountDeleted

    /// What happened to what one signs in with.
    package enum FactorChange: Equatable, Sendable {
        case codesOn, codesOff, recoveryCodesRenewed, codesRequired
        case recoveryCodeUsed(left: Int)
        case passkeyAdded(name: String)
        case passkeyRemoved(name: String)
        /// A counter went back: the key may have been copied.
        case passkeySuspect(name: String)
        case providerLinked(name: String)
        case providerUnlinked(name: String)
    }

    package enum MemberNews: Equatable, Sendable {
        /// To the one who has invited them.
        case joined(name: String, book: String)
        /// To the one whose role it is.
        case roleChanged(book: String, role: BookPart)
        case removed(book: String)
        case given(book: String)
    }

    /// What somebody may do in a book, as far as a letter says it.
    package enum BookPart: String, Sendable { case owner, admin, member, viewer, other }

    /// In the log and in the queue.
    package var kind: String {
        switch self {
        case .verifyAddress: "verify"
        case .resetPassword: "reset"
        case .confirmNewAddress: "email-confirm"
        case .addressChanging: "email-changing"
        case .addressChanged: "email-changed"
        case .passwordChanged: "password-changed"
        case .factorChanged: "factor-changed"
        case .newSignIn: "new-sign-in"
        case .locked: "locked"
        case .completeRegistration: "register"
        case .accountExists: "account-exists"
        case .keyMade: "key-made"
        case .members: "members"
        case .deletionAsked: "deletion-asked"
        case .deletionCancelled: "deletion-cancelled"
        case .accountDeleted: "account-deleted"
        }
    }

    var link: String? {
        switch self {
        case .verifyAddress(let link), .resetPassword(let link), .confirmNewAddress(let link),
            .completeRegistration(let link), .accountExists(let link):
            link
        default: nil
        }
    }

    /// - Parameter address: the server, named in the last line.
    /// - Returns: nil for an address that no letter can be sent to.
    package func message(to: String, language: String, address: PublicAddress) -> MailMessage? {
        let words =
            switch language.prefix(2) {
            case "de": Self.german(self)
            case "hi": Self.hindi(self)
            default: Self.english(self)
            }
        return words.message(kind: kind, to: to, link: link, language: language, address: address)
    }

    /// The languages that letters are written in.
    package static let languages = ["en", "de", "hi"]

    /// The first of ours that an `Accept-Language` names; its order is nearly always that of preference.
    package static func language(accepted header: String?) -> String {
        for range in (header ?? "").prefix(200).split(separator: ",") {
            let tag = range.drop { $0 == " " }.prefix { $0.isLetter }.lowercased()
            if languages.contains(tag) { return tag }
        }
        return "en"
    }
}

/// The words of a letter in one language.
package struct LetterWords: Equatable, Sendable {
    package var subject: String
    package var paragraphs: [String]
    /// On the button, for a letter with a link.
    package var action: String?
    /// Behind the link.
    package var afterwards: [String]
    /// Before the server's address, in the last line.
    package var footer: String

    package init(
        subject: String, paragraphs: [String], action: String? = nil, afterwards: [String] = [], footer: String
    ) {
        self.subject = subject
        self.paragraphs = paragraphs
        self.action = action
        self.afterwards = afterwards
        self.footer = footer
    }

    /// The letter as text and as HTML. Names that people chose are among the words: all of it is escaped.
    package func message(
        kind: String, to: String, link: String?, language: String, address: PublicAddress
    ) -> MailMessage? {
        var text = paragraphs
        if let link { text += [(action.map { $0 + ":\n" } ?? "") + link] }
        text += afterwards
        text += ["-- \n\(footer) \(address.text)"]

        func paragraph(_ content: String, _ style: String = "") -> String {
            "<p style=\"margin:0 0 16px\(style)\">\(content)</p>"
        }
        var html = paragraphs.map { paragraph(Self.escaped($0)) }
        if let link {
            let shown = Self.escaped(link)
            html.append(
                paragraph(
                    "<a href=\"\(shown)\" style=\"display:inline-block;padding:10px 18px;border-radius:8px;"
                        + "background:#1f6f54;color:#ffffff;text-decoration:none;font-weight:600\">"
                        + Self.escaped(action ?? link) + "</a>"))
            html.append(
                paragraph("<span style=\"word-break:break-all\">\(shown)</span>", ";font-size:13px;color:#5c6166"))
        }
        html += afterwards.map { paragraph(Self.escaped($0)) }
        html.append(paragraph(Self.escaped("\(footer) \(address.text)"), ";font-size:13px;color:#5c6166"))
        return MailMessage(
            kind: kind, to: to, subject: subject, text: text.joined(separator: "\n\n") + "\n",
            html: """
                <!doctype html><html lang="\(Self.escaped(language))"><head><meta charset="utf-8">\
                <title>\(Self.escaped(subject))</title></head>\
                <body style="margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif;color:#1c1e21;background:#ffffff">\
                <div style="max-width:560px;margin:0 auto">\(html.joined())</div></body></html>
                """, language: language)
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "\n": escaped += "<br>"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

extension Instant {
    /// `2026-11-22 00:30 UTC`: to the minute, and not to be misread in any country.
    var inLetters: String { String(description.prefix(16).map { $0 == "T" ? " " : $0 }) + " UTC" }
}
