import Base

/// Reads amounts as banks write them: `1.234,56`, `1,234.56-`, `(1'234.50)`, `€ 12,00`, `-1 234,56 Kč`, `12.00 DR`.
enum StatementAmount {
    enum Failure: Equatable {
        case empty
        case unreadable
        case tooPrecise
        case outOfRange
    }

    enum Outcome: Equatable {
        /// Minor units, with the sign as it is written.
        case minorUnits(Int64)
        case failure(Failure)
    }

    /// Digits and signs, without any meaning of separators yet.
    struct Shape {
        var digits = 0
        var points = 0
        var commas = 0
        var digitsAfterLastPoint = 0
        var digitsAfterLastComma = 0
        var digitsBeforeFirstSeparator = 0
        var pointIsLast = false
        var isNegative = false
    }

    static func parse(
        _ bytes: UnsafeBufferPointer<UInt8>, decimal: UInt8, exponent: Int
    ) -> Outcome {
        let text = bytes.trimmed()
        guard !text.isEmpty else { return .failure(.empty) }
        guard text.count <= 64 else { return .failure(.unreadable) }
        let group: UInt8 = decimal == UInt8(ascii: ",") ? UInt8(ascii: ".") : UInt8(ascii: ",")
        var value: Int64 = 0
        var digits = 0
        var fraction = -1
        var groupDigits = -1
        var isNegative = false
        var hasSign = false
        var isOpen = false
        var isClosed = false  // A sign, a bracket or a word has followed the digits.
        var hasGap = false
        var position = 0
        while position < text.count {
            let byte = text[position]
            position += 1
            switch byte {
            case 48...57:
                guard !isClosed else { return .failure(.unreadable) }
                if hasGap {
                    hasGap = false
                    guard fraction < 0, groupDigits < 0 || groupDigits == 2 || groupDigits == 3 else {
                        return .failure(.unreadable)
                    }
                    groupDigits = 0
                }
                digits += 1
                if fraction >= 0 {
                    fraction += 1
                    if fraction > exponent {
                        guard byte == 48 else { return .failure(.tooPrecise) }
                        continue
                    }
                } else if groupDigits >= 0 {
                    groupDigits += 1
                }
                let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
                let (next, tooFar) = tenfold.addingReportingOverflow(Int64(byte) - 48)
                guard !overflow, !tooFar else { return .failure(.outOfRange) }
                value = next
            case decimal:
                guard fraction < 0, groupDigits < 0 || groupDigits == 3 else { return .failure(.unreadable) }
                fraction = 0
            case group:
                // Thousands stand in threes, in India in twos before the last three.
                guard fraction < 0, digits > 0, groupDigits < 0 || groupDigits == 2 || groupDigits == 3 else {
                    return .failure(.unreadable)
                }
                groupDigits = 0
            case UInt8(ascii: "-"):
                if hasSign { return .failure(.unreadable) }
                // `12.-` is Swiss for no cents.
                if digits > 0, fraction == 0 {
                    guard position == text.count else { return .failure(.unreadable) }
                    continue
                }
                isNegative = true
                hasSign = true
                isClosed = digits > 0
            case UInt8(ascii: "+"):
                if hasSign { return .failure(.unreadable) }
                hasSign = true
                isClosed = digits > 0
            case UInt8(ascii: "("):
                guard digits == 0, !isOpen else { return .failure(.unreadable) }
                isOpen = true
                isNegative = true
            case UInt8(ascii: ")"):
                guard isOpen, digits > 0 else { return .failure(.unreadable) }
                isClosed = true
            case 0x20, UInt8(ascii: "'"), 0xA0, 0x92: hasGap = digits > 0
            case UInt8(ascii: "$"): isClosed = digits > 0
            default:
                position -= 1
                switch skipWord(text, at: &position, afterDigits: digits > 0, isNegative: &isNegative) {
                case .space: hasGap = digits > 0
                case .word: isClosed = digits > 0
                case nil: return .failure(.unreadable)
                }
            }
        }
        guard digits > 0 else { return .failure(.unreadable) }
        guard groupDigits < 0 || groupDigits == 3 else { return .failure(.unreadable) }
        var missing = exponent - max(fraction, 0)
        while missing > 0 {
            let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
            guard !overflow else { return .failure(.outOfRange) }
            value = tenfold
            missing -= 1
        }
        return .minorUnits(isNegative ? -value : value)
    }

    private enum Skipped {
        case space, word
    }

    /// A currency's sign or code, or the sign of the amount in letters. Nil where it is none of them.
    private static func skipWord(
        _ text: UnsafeBufferPointer<UInt8>, at position: inout Int, afterDigits: Bool, isNegative: inout Bool
    ) -> Skipped? {
        if text[position] >= 0x80, let (length, kind) = mark(text, at: position, isNegative: &isNegative) {
            position += length
            return kind
        }
        var letters = 0
        let start = position
        while position < text.count, isWordByte(text[position]), letters <= 5 {
            position += 1
            letters += 1
        }
        guard letters > 0, letters <= 5 else { return nil }
        let word = UnsafeBufferPointer(rebasing: text[start..<position])
        if afterDigits, word.count <= 2 {
            switch (word[0], word.count == 2 ? word[1] : 0) {
            case (UInt8(ascii: "D"), UInt8(ascii: "R")), (UInt8(ascii: "D"), 0), (UInt8(ascii: "S"), 0):
                isNegative = true
                return .word
            case (UInt8(ascii: "C"), UInt8(ascii: "R")), (UInt8(ascii: "C"), 0), (UInt8(ascii: "H"), 0): return .word
            default: break
            }
        }
        return CurrencyWords.currency(word) == nil ? nil : .word
    }

    private static func isWordByte(_ byte: UInt8) -> Bool { (byte | 0x20) &- 97 < 26 || byte >= 0x80 }

    /// Signs and spaces outside ASCII.
    private static func mark(
        _ text: UnsafeBufferPointer<UInt8>, at position: Int, isNegative: inout Bool
    ) -> (length: Int, kind: Skipped)? {
        func follows(_ second: UInt8, _ third: UInt8? = nil) -> Bool {
            guard position + 1 < text.count, text[position + 1] == second else { return false }
            guard let third else { return true }
            return position + 2 < text.count && text[position + 2] == third
        }
        switch text[position] {
        case 0xC2 where follows(0xA0): return (2, .space)
        case 0xC2 where follows(0xA3), 0xC2 where follows(0xA5): return (2, .word)
        case 0xE2 where follows(0x80, 0xAF), 0xE2 where follows(0x80, 0x89), 0xE2 where follows(0x80, 0x99):
            return (3, .space)
        case 0xE2 where follows(0x82, 0xAC), 0xE2 where follows(0x82, 0xB9): return (3, .word)
        case 0xE2 where follows(0x88, 0x92), 0xE2 where follows(0x80, 0x93):
            isNegative = true
            return (3, .space)
        case 0x80, 0xA3, 0xA4: return (1, .word)  // € £ ¤ in single-byte encodings.
        case 0x96:
            isNegative = true
            return (1, .space)
        default: return nil
        }
    }

    /// What the text looks like as a number; nil where it is none.
    static func shape(of bytes: UnsafeBufferPointer<UInt8>) -> Shape? {
        // Whether it is a number at all does not depend on which separator means what.
        let withPoint = parse(bytes, decimal: UInt8(ascii: "."), exponent: 18)
        let withComma = parse(bytes, decimal: UInt8(ascii: ","), exponent: 18)
        func isNumber(_ outcome: Outcome) -> Bool {
            switch outcome {
            case .minorUnits, .failure(.outOfRange), .failure(.tooPrecise): true
            default: false
            }
        }
        guard isNumber(withPoint) || isNumber(withComma) else { return nil }
        var shape = Shape()
        for byte in bytes {
            switch byte {
            case 48...57:
                shape.digits += 1
                if shape.points > 0 { shape.digitsAfterLastPoint += 1 }
                if shape.commas > 0 { shape.digitsAfterLastComma += 1 }
                if shape.points + shape.commas == 0 { shape.digitsBeforeFirstSeparator += 1 }
            case UInt8(ascii: "."):
                shape.points += 1
                shape.digitsAfterLastPoint = 0
                shape.pointIsLast = true
            case UInt8(ascii: ","):
                shape.commas += 1
                shape.digitsAfterLastComma = 0
                shape.pointIsLast = false
            case UInt8(ascii: "-"), UInt8(ascii: "("), 0x96: shape.isNegative = true
            default: break
            }
        }
        return shape
    }
}

/// Currencies as statements name them: codes in either case, signs, and a few local names.
enum CurrencyWords {
    static func currency(_ bytes: UnsafeBufferPointer<UInt8>) -> Currency? {
        let word = bytes.trimmed()
        if word.count == 3 {
            let first = capital(word[0])
            let second = capital(word[1])
            let third = capital(word[2])
            if let currency = Currency(first, second, third) {
                return currency.code == "RUR" ? Currency("RUB") : currency
            }
            if word.elementsEqual("€".utf8) { return .eur }
            if word.elementsEqual("₹".utf8) { return .inr }
        }
        switch word.count {
        case 1: return word[0] == 0x80 ? .eur : word[0] == 0xA3 ? .gbp : word[0] == UInt8(ascii: "$") ? .usd : nil
        case 2:
            if word.elementsEqual("£".utf8) { return .gbp }
            if word.elementsEqual("¥".utf8) { return .jpy }
            if word.elementsEqual("Ft".utf8) { return Currency("HUF") }
            if word.elementsEqual("Rs".utf8) { return .inr }
            return word[0] == UInt8(ascii: "K") && word[1] == 0xE8 ? Currency("CZK") : nil
        case 3...4:
            if word.elementsEqual("Kč".utf8) { return Currency("CZK") }
            if word.elementsEqual("zł".utf8) { return Currency("PLN") }
            if word.elementsEqual("Euro".utf8) { return .eur }
            return nil
        default: return nil
        }
    }

    private static func capital(_ byte: UInt8) -> UInt8 { byte &- 97 < 26 ? byte - 32 : byte }
}
