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
        guard ![name.full, name.display].contains(where: { $0?.lowercased() == lower }) else {
            throw InputProblem("password should not be your name.")
        }
        guard !Self.tooCommon.contains(lower), Set(lower).count > 1 else {
            throw InputProblem("password is one of the most common ones, which attackers try first. Choose another.")
        }
        bytes = Array(text.utf8)
    }

    /// A password that is tried: only bounded, since the account may be older than today's rules.
    package init?(attempt text: String) {
        guard !text.isEmpty, text.utf8.count <= Self.byteLimit else { return nil }
        bytes = Array(text.utf8)
    }

    /// The hundred or so of eight and more characters that lead every published list of leaked passwords.
    private static let tooCommon: Set<String> = Set(
        """
        password password1 password12 password123 password1234 passw0rd p@ssw0rd p@ssword mypassword
        12345678 123456789 1234567890 0123456789 87654321 987654321 0987654321 123123123 123321123 12341234
        12344321 11223344 112233445566 123454321 147258369 147852369 159357456 789456123 741852963 1029384756
        qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 qwerty12345 qwertyqwerty asdfghjk asdfghjkl asdfasdf
        asdf1234 zxcvbnm1 zxcvbnm123 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y q1w2e3r4 q1w2e3r4t5 1qaz2wsx 1qaz2wsx3edc
        qazwsxedc qweasdzxc qwe123qwe 123qweasd abcd1234 abc12345 abc123456 abcdefgh abcdefg1 a1b2c3d4 aa123456
        a1234567 a12345678 a123456789 123456789a 12345678a 1234567a 123456abc iloveyou iloveyou1 iloveyou2
        sunshine sunshine1 princess princess1 football football1 baseball baseball1 basketball superman superman1
        spiderman starwars trustno1 letmein1 letmein123 welcome1 welcome123 whatever jennifer michelle samantha
        victoria elizabeth alexander computer internet facebook linkedin corvette mercedes maverick midnight
        metallica blink182 liverpool barcelona butterfly chocolate pokemon1 monkey123 dragon123 master123 shadow12
        michael1 jordan23 charlie1 hello123 test1234 testtest admin123 admin1234 administrator changeme changeme1
        changeme123 secret123 default1 guest123 root1234 login123 purser123
        """.split(whereSeparator: \.isWhitespace).map(String.init))
}
