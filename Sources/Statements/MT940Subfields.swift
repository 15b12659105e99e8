/// `166?00GUTSCHRIFT?109251?20EREF+…?21SVWZ+…?30BIC?31IBAN?32Name?33more`: the German structure of `:86:`, with its
/// three digits of code and two digits for each part. Banks of other countries write `<`, `>`, `~` or `^` for `?`.
struct MT940Subfields {
    private(set) var code: String
    private(set) var bookingText: String?
    private(set) var payee: String?
    private(set) var memo: String?
    private(set) var reference: String?

    private struct Part {
        var number: Int
        var text: [Unicode.Scalar]
    }

    /// The text without its line breaks; nil where it is not structured like this.
    init?(_ text: String) {
        var scalars = Array(text.unicodeScalars)
        while scalars.first == " " { scalars.removeFirst() }
        guard scalars.count >= 6, scalars[..<3].allSatisfy(Self.isDigit) else { return nil }
        let separator = scalars[3]
        guard separator.isASCII, separator.properties.isPatternSyntax || separator == "_", separator != "/",
            separator != ".", separator != ",", separator != "-", separator != ":",
            Self.isDigit(scalars[4]), Self.isDigit(scalars[5])
        else { return nil }
        code = String(String.UnicodeScalarView(scalars[..<3]))
        interpret(Self.parts(scalars[3...], separator))
    }

    private static func parts(_ scalars: ArraySlice<Unicode.Scalar>, _ separator: Unicode.Scalar) -> [Part] {
        var parts: [Part] = []
        var position = scalars.startIndex
        while position < scalars.endIndex {
            if scalars[position] == separator, position + 2 < scalars.endIndex, isDigit(scalars[position + 1]),
                isDigit(scalars[position + 2])
            {
                let tens = Int(scalars[position + 1].value) - 48
                parts.append(Part(number: tens * 10 + Int(scalars[position + 2].value) - 48, text: []))
                position += 3
            } else {
                if !parts.isEmpty { parts[parts.count - 1].text.append(scalars[position]) }
                position += 1
            }
        }
        return parts
    }

    private mutating func interpret(_ parts: [Part]) {
        func text(_ numbers: [ClosedRange<Int>]) -> String {
            var joined = ""
            var isFull = true
            for part in parts where numbers.contains(where: { $0.contains(part.number) }) {
                let piece = String(String.UnicodeScalarView(part.text))
                // A full part of 27 goes on in the next; a shorter one ended with a word. Where a key begins, it is
                // marked, so that it is one even behind a full part.
                if SEPAPurpose.beginsWithKey(piece) {
                    joined += "\n"
                } else if !isFull {
                    joined += SEPAPurpose.boundary
                }
                joined += piece
                isFull = part.text.count >= 27
            }
            return joined
        }
        bookingText = StatementText.tidy(text([0...0]))
        let purpose = SEPAPurpose(text([20...29, 60...63]))
        memo = purpose.text
        reference = purpose.reference
        payee = StatementText.tidy(text([32...33])) ?? purpose.name
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { scalar.value &- 48 < 10 }
}

/// The purpose of a SEPA payment, with keys inside: `EREF+123 MREF+456 SVWZ+Rent for May`.
struct SEPAPurpose {
    private(set) var text: String?
    private(set) var reference: String?
    private(set) var name: String?

    /// Where a part of the purpose ended before it was full.
    static let boundary = "\u{1F}"

    private static let keys = [
        "EREF", "KREF", "MREF", "CRED", "DEBT", "COAM", "OAMT", "SVWZ", "ABWA", "ABWE", "IBAN", "BIC", "PURP", "BREF",
        "RREF", "SQTP", "ANAM", "OPDT", "ORCR", "CCY",
    ]

    private static let texts: Set<String> = ["SVWZ", "ABWA", "ABWE", "ANAM"]

    static func beginsWithKey(_ text: String) -> Bool { key(text.unicodeScalars[...]) != nil }

    init(_ purpose: String) {
        var values: [(key: String, text: String)] = [("", "")]
        let scalars = purpose.unicodeScalars
        var position = scalars.startIndex
        var isBoundary = true
        while position < scalars.endIndex {
            if isBoundary, let (key, length) = Self.key(scalars[position...]) {
                values.append((key, ""))
                position = scalars.index(position, offsetBy: length)
                isBoundary = true
                continue
            }
            let scalar = scalars[position]
            isBoundary = scalar.value <= 0x20
            // A reference fills its parts, so what follows one that is not full is free text again.
            if scalar == "\u{1F}", let last = values.last, !last.key.isEmpty, !Self.texts.contains(last.key),
                last.text.contains(where: { $0 > " " })
            {
                values.append(("", ""))
            }
            values[values.count - 1].text.unicodeScalars.append(scalar)
            position = scalars.index(after: position)
        }
        func value(_ key: String) -> String? {
            values.first { $0.key == key }.flatMap { StatementText.tidy($0.text) }
        }
        reference = StatementText.meaningful(value("EREF")) ?? StatementText.meaningful(value("KREF"))
        name = value("ABWA") ?? value("ABWE") ?? value("ANAM")
        let free = StatementText.tidy(values.filter(\.key.isEmpty).map(\.text).joined(separator: " "))
        text = [free, value("SVWZ")].compactMap { $0 }.joined(separator: " ")
        if text?.isEmpty == true {
            // Nothing but keys: better shown than lost.
            text = StatementText.tidy(purpose)
        }
    }

    private static func key(_ text: Substring.UnicodeScalarView) -> (key: String, length: Int)? {
        for key in keys where text.starts(with: key.unicodeScalars) {
            let mark = text.dropFirst(key.unicodeScalars.count).first
            if mark == "+" || mark == ":" { return (key, key.unicodeScalars.count + 1) }
        }
        return nil
    }
}
