import Base

/// A password somebody wants to have. Nothing is demanded but length: rules about digits and symbols make people
/// choose worse ones (NIST SP 800-63B).
package struct Password: Sendable {
    package let bytes: [UInt8]

    package static let characters = 8...128
    package static let byteLimit = 1024

    /// - Parameter name: of the person, who should not choose it.
    package init(new text: String, for email: EmailAddress, name: PersonName = PersonName()) throws(InputProblem) {
        guard text.count >= Self.characters.lowerBound else {
            throw InputProblem("password should have at least \(Self.characters.lowerBound) characters.")
        }
        guard text.count <= Self.characters.upperBound, text.utf8.count <= Self.byteLimit else {
            throw InputProblem("password should have at most \(Self.characters.upperBound) characters.")
        }
        let lower = text.lowercased()
        guard lower != email.normalized else { throw InputProblem("password should not be the e-mail address.") }
        guard !Self.isGuess(lower, email, name) else {
            throw InputProblem("password should be more than your name, your address or the name of this program.")
        }
        guard !Self.tooCommon.contains(Substring(lower)), Set(lower).count > 1 else {
            throw InputProblem("password is one of the most common ones, which attackers try first. Choose another.")
        }
        bytes = Array(text.utf8)
    }

    /// A password that is tried: only bounded, since the account may be older than today's rules.
    package init?(attempt text: String) {
        guard !text.isEmpty, text.utf8.count <= Self.byteLimit else { return nil }
        bytes = Array(text.utf8)
    }

    /// The five thousand of eight and more characters that lead the lists of leaked passwords.
    private static let tooCommon: Set<Substring> = {
        let lines = String(decoding: PackageResources.common_passwords_txt, as: UTF8.self).split(separator: "\n")
        return Set(lines.lazy.filter { !$0.hasPrefix("# ") && $0 != "#" })
    }()

    /// Whether it is a word that anybody would try for this person first, with nothing but digits and signs around it.
    private static func isGuess(_ lower: String, _ email: EmailAddress, _ name: PersonName) -> Bool {
        let bare = lower.drop { !$0.isLetter }
        let core = String(String(bare.reversed()).drop { !$0.isLetter }.reversed())
        let parts = email.normalized.split { $0 == "@" || $0 == "." || $0 == "+" || $0 == "-" || $0 == "_" }
        let names = [name.first, name.last, name.full, name.display].compactMap { $0?.lowercased() }
        let words = parts.map(String.init) + names + ["purser", email.localPart]
        return words.contains { $0.count >= 3 && core == $0 }
    }
}
