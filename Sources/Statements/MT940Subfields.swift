/// `166?00GUTSCHRIFT?109251?20EREF+…?21SVWZ+…?30BIC?31IBAN?32Name?33more`: the German structure of `:86:`, with its
/// three digits of code and two digits for each part. Banks of other countries write `<`, `>`, `~` or `^` for `?`.
struct MT940Subfields {
    private(set) var bookingText: String?
    private(set) var payee: String?
    private(set) var memo: String?
    private(set) var reference: String?

    private struct Part {
        var number: Int
        var text: ArraySlice<UInt8>
    }

    /// The text without its line breaks; nil where it is not structured like this.
    init?(_ bytes: [UInt8]) {
        let text = bytes.drop { $0 == 0x20 }
        let start = text.startIndex
        guard text.count >= 6, text[start..<(start + 3)].allSatisfy(Self.isDigit), Self.isSeparator(text[start + 3]),
            Self.isDigit(text[start + 4]), Self.isDigit(text[start + 5])
        else { return nil }
        interpret(Self.parts(text[(start + 3)...], text[start + 3]))
    }

    private static func parts(_ text: ArraySlice<UInt8>, _ separator: UInt8) -> [Part] {
        var parts: [Part] = []
        var start = text.startIndex
        var position = start
        var number = -1
        while position < text.endIndex {
            guard text[position] == separator, position + 2 < text.endIndex, isDigit(text[position + 1]),
                isDigit(text[position + 2])
            else {
                position += 1
                continue
            }
            if number >= 0 { parts.append(Part(number: number, text: text[start..<position])) }
            number = Int(text[position + 1] - 48) * 10 + Int(text[position + 2] - 48)
            position += 3
            start = position
        }
        if number >= 0 { parts.append(Part(number: number, text: text[start...])) }
        return parts
    }

    private mutating func interpret(_ parts: [Part]) {
        func text(_ first: ClosedRange<Int>, _ second: ClosedRange<Int>? = nil) -> [UInt8] {
            var joined: [UInt8] = []
            var isFull = true
            for part in parts where first.contains(part.number) || second?.contains(part.number) == true {
                // A full part of 27 goes on in the next; a shorter one ended with a word. Where a key begins, it is
                // marked, so that it is one even behind a full part.
                if SEPAPurpose.key(part.text) != nil {
                    joined.append(0x0A)
                } else if !isFull {
                    joined.append(SEPAPurpose.boundary)
                }
                joined += part.text
                isFull = part.text.count { $0 & 0xC0 != 0x80 } >= 27
            }
            return joined
        }
        func tidy(_ bytes: [UInt8]) -> String? { StatementText.tidy(String(decoding: bytes, as: UTF8.self)) }
        bookingText = tidy(text(0...0))
        let purpose = SEPAPurpose(text(20...29, 60...63))
        memo = purpose.text
        reference = purpose.reference
        payee = tidy(text(32...33)) ?? purpose.name
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: ","), UInt8(ascii: "-"), UInt8(ascii: ":"): false
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
        default: false
        }
    }
}

/// The purpose of a SEPA payment, with keys inside: `EREF+123 MREF+456 SVWZ+Rent for May`.
struct SEPAPurpose {
    private(set) var text: String?
    private(set) var reference: String?
    private(set) var name: String?

    /// Where a part of the purpose ended before it was full.
    static let boundary: UInt8 = 0x1F

    enum Key: String {
        case endToEnd = "EREF"
        case customer = "KREF"
        case mandate = "MREF"
        case creditor = "CRED"
        case debtor = "DEBT"
        case compensation = "COAM"
        case original = "OAMT"
        case purpose = "SVWZ"
        case otherPayer = "ABWA"
        case otherPayee = "ABWE"
        case iban = "IBAN"
        case bic = "BIC"
        case purposeCode = "PURP"
        case bank = "BREF"
        case returned = "RREF"
        case sequence = "SQTP"
        case name = "ANAM"
        case originalDate = "OPDT"
        case originalCreditor = "ORCR"

        /// Text of any length; the others are references and codes, which fill their parts.
        var isText: Bool {
            switch self {
            case .purpose, .otherPayer, .otherPayee, .name: true
            default: false
            }
        }
    }

    init(_ purpose: [UInt8]) {
        var values: [(key: Key?, bytes: [UInt8])] = [(nil, [])]
        var position = 0
        var isBoundary = true
        while position < purpose.count {
            if isBoundary, let (key, length) = Self.key(purpose[position...]) {
                values.append((key, []))
                position += length
                continue
            }
            let byte = purpose[position]
            isBoundary = byte <= 0x20
            // A reference fills its parts, so what follows one that is not full is free text again.
            if byte == Self.boundary, let last = values.last, let key = last.key, !key.isText,
                last.bytes.contains(where: { $0 > 0x20 })
            {
                values.append((nil, []))
            }
            values[values.count - 1].bytes.append(byte)
            position += 1
        }
        func tidy(_ bytes: [UInt8]) -> String? { StatementText.tidy(String(decoding: bytes, as: UTF8.self)) }
        func value(_ key: Key) -> String? { values.first { $0.key == key }.flatMap { tidy($0.bytes) } }
        reference = StatementText.meaningful(value(.endToEnd)) ?? StatementText.meaningful(value(.customer))
        name = value(.otherPayer) ?? value(.otherPayee) ?? value(.name)
        let free = values.filter { $0.key == nil }.compactMap { tidy($0.bytes) }
        let words = free + [value(.purpose)].compactMap { $0 }
        // Nothing but keys: better shown than lost.
        text = words.isEmpty ? tidy(purpose) : words.joined(separator: " ")
    }

    /// The key that a text begins with, and how long it is with its mark.
    static func key(_ text: ArraySlice<UInt8>) -> (key: Key, length: Int)? {
        guard let first = text.first, first &- 65 < 26,
            let mark = text.prefix(5).firstIndex(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: ":") }),
            let key = Key(rawValue: String(decoding: text[..<mark], as: UTF8.self))
        else { return nil }
        return (key, mark - text.startIndex + 1)
    }
}
