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
        var isZero = true
    }

    static func parse(
        _ bytes: UnsafeBufferPointer<UInt8>, decimal: UInt8, exponent: Int
    ) -> Outcome {
        var isNegative = false
        return parse(bytes, decimal: decimal, exponent: exponent, isNegative: &isNegative)
    }

    private static func parse(
        _ bytes: UnsafeBufferPointer<UInt8>, decimal: UInt8, exponent: Int, isNegative: inout Bool
    ) -> Outcome {
        let text = bytes.trimmed()
        guard !text.isEmpty else { return .failure(.empty) }
        guard text.count <= 64 else { return .failure(.unreadable) }
        let group: UInt8 = decimal == UInt8(ascii: ",") ? UInt8(ascii: ".") : UInt8(ascii: ",")
        var value: Int64 = 0
        var digits = 0
        var fraction = -1
        var groupDigits = -1
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
                // `12.-` is Swiss for no cents.
                if digits > 0, fraction == 0 {
                    guard position == text.count else { return .failure(.unreadable) }
                    continue
                }
                if hasSign { return .failure(.unreadable) }
                isNegative = true
                hasSign = true
                isClosed = digits > 0
            case UInt8(ascii: "+"):
                if hasSign { return .failure(.unreadable) }
                hasSign = true
                isClosed = digits > 0
            case UInt8(ascii: "("):
                guard !isOpen else { return .failure(.unreadable) }
                isOpen = true
                // Behind the digits stands what they mean, `1,234.50 (DR)`; around them brackets are a minus.
                if digits > 0 { isClosed = true } else { isNegative = true }
            case UInt8(ascii: ")"):
                guard isOpen, digits > 0 else { return .failure(.unreadable) }
                isClosed = true
            case 0x20, UInt8(ascii: "'"), 0xA0, 0x92: hasGap = digits > 0
            default:
                position -= 1
                switch AmountMarks.skip(text, at: &position, afterDigits: digits > 0) {
                case .space: hasGap = digits > 0
                case .word: isClosed = digits > 0
                case .minus:
                    if digits > 0, fraction == 0, position == text.count { continue }
                    isNegative = true
                    isClosed = digits > 0
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

    /// Whether it says of itself that it came or went, by a sign, by brackets, or by `CR`.
    static func isMarked(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var previous: UInt8 = 0
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "("): return true
            case UInt8(ascii: "R"), UInt8(ascii: "r"):
                if previous | 0x20 == UInt8(ascii: "c") || previous | 0x20 == UInt8(ascii: "d") { return true }
            default: break
            }
            previous = byte
        }
        return false
    }

    /// What the text looks like as a number; nil where it is none.
    static func shape(of bytes: UnsafeBufferPointer<UInt8>) -> Shape? {
        // Whether it is a number at all does not depend on which separator means what.
        var isNegative = (withPoint: false, withComma: false)
        let withPoint = parse(bytes, decimal: UInt8(ascii: "."), exponent: 18, isNegative: &isNegative.withPoint)
        let withComma = parse(bytes, decimal: UInt8(ascii: ","), exponent: 18, isNegative: &isNegative.withComma)
        func isNumber(_ outcome: Outcome) -> Bool {
            switch outcome {
            case .minorUnits, .failure(.outOfRange), .failure(.tooPrecise): true
            default: false
            }
        }
        guard isNumber(withPoint) || isNumber(withComma) else { return nil }
        var shape = Shape()
        var wordBefore = false
        for byte in bytes {
            // A dot behind letters belongs to them: `Rs.500`.
            if byte == UInt8(ascii: "."), wordBefore, shape.digits == 0 { continue }
            wordBefore = (byte | 0x20) &- 97 < 26 || byte >= 0x80
            switch byte {
            case 48...57:
                shape.digits += 1
                if byte != 48 { shape.isZero = false }
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
            default: break
            }
        }
        // The sign may be a word, so it is taken from the reading.
        shape.isNegative = isNumber(withPoint) ? isNegative.withPoint : isNegative.withComma
        return shape
    }
}
