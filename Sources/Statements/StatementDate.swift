import Base

/// In which order a date's numbers stand.
package enum DateOrder: String, CaseIterable, Sendable {
    case dmy, mdy, ymd
}

/// Reads the dates of bank statements: `31.03.2026`, `3/31/26`, `2026-03-31T12:00:00Z`, `31 mars 2026`,
/// `Mar 31, 2026`, `20260331`, each with or without a time behind it.
enum StatementDate {
    /// The numbers of a date as they stand, before anything decides what they mean.
    struct Parts {
        var numbers: (Int, Int, Int) = (0, 0, 0)
        var digits: (Int, Int, Int) = (0, 0, 0)
        var count = 0
        /// Where a month's name stood, and which it was.
        var namedMonth: (position: Int, month: Int)?
    }

    static func parse(_ bytes: UnsafeBufferPointer<UInt8>, order: DateOrder) -> CalendarDate? {
        guard let parts = parts(of: bytes) else { return nil }
        return date(from: parts, order: order)
    }

    static func date(from parts: Parts, order: DateOrder) -> CalendarDate? {
        let (first, second, third) = parts.numbers
        if let (position, month) = parts.namedMonth {
            switch position {
            case 0: return make(parts, year: 2, third, month: month, day: second)
            case 1 where parts.digits.0 == 4: return make(parts, year: 0, first, month: month, day: third)
            case 1: return make(parts, year: 2, third, month: month, day: first)
            default: return nil
            }
        }
        if parts.digits.0 == 4 { return make(parts, year: 0, first, month: second, day: third) }
        switch order {
        case .dmy: return make(parts, year: 2, third, month: second, day: first)
        case .mdy: return make(parts, year: 2, third, month: first, day: second)
        case .ymd:
            if parts.digits.2 == 4 { return make(parts, year: 2, third, month: second, day: first) }
            return make(parts, year: 0, first, month: second, day: third)
        }
    }

    private static func make(_ parts: Parts, year position: Int, _ year: Int, month: Int, day: Int) -> CalendarDate? {
        switch position == 0 ? parts.digits.0 : parts.digits.2 {
        case 4: return year >= 1000 ? CalendarDate(year: year, month: month, day: day) : nil
        case 2: return CalendarDate(year: year < 70 ? 2000 + year : 1900 + year, month: month, day: day)
        default: return nil
        }
    }

    static func parts(of bytes: UnsafeBufferPointer<UInt8>) -> Parts? {
        let text = bytes.trimmed()
        guard text.count >= 6, text.count <= 40 else { return nil }
        var parts = Parts()
        var position = 0
        while parts.count < 3 {
            guard position < text.count else { return nil }
            let byte = text[position]
            if byte &- 48 < 10 {
                var value = 0
                let start = position
                while position < text.count, text[position] &- 48 < 10 {
                    guard position - start < 8 else { return nil }
                    value = value * 10 + Int(text[position] - 48)
                    position += 1
                }
                let digits = position - start
                if parts.count == 0, digits == 8 { return compact(value, text, position) }
                guard digits <= 4, digits != 3 else { return nil }
                add(value, digits, to: &parts)
            } else if isLetter(byte) {
                let start = position
                while position < text.count, isLetter(text[position]) { position += 1 }
                guard parts.namedMonth == nil,
                    let month = MonthNames.month(UnsafeBufferPointer(rebasing: text[start..<position]))
                else { return nil }
                parts.namedMonth = (parts.count, month)
                add(month, 0, to: &parts)
            } else {
                return nil
            }
            if parts.count < 3 {
                let start = position
                while position < text.count, isSeparator(text[position]), position - start < 3 { position += 1 }
                // `21feb2025` needs no separator; two numbers do.
                if position == start, position < text.count, !isLetter(text[position]), parts.namedMonth == nil {
                    return nil
                }
            }
        }
        return hasOnlyTime(text, from: position) ? parts : nil
    }

    private static func add(_ value: Int, _ digits: Int, to parts: inout Parts) {
        switch parts.count {
        case 0: (parts.numbers.0, parts.digits.0) = (value, digits)
        case 1: (parts.numbers.1, parts.digits.1) = (value, digits)
        default: (parts.numbers.2, parts.digits.2) = (value, digits)
        }
        parts.count += 1
    }

    /// `20260331`, or `31032026` where that is the only reading.
    private static func compact(_ value: Int, _ text: UnsafeBufferPointer<UInt8>, _ end: Int) -> Parts? {
        guard hasOnlyTime(text, from: end) else { return nil }
        var parts = Parts()
        let year = value / 10_000
        let month = value / 100 % 100
        if year >= 1900, year < 2200, month >= 1, month <= 12 {
            parts.numbers = (year, month, value % 100)
            parts.digits = (4, 2, 2)
        } else {
            parts.numbers = (value / 1_000_000, value / 10_000 % 100, value % 10_000)
            parts.digits = (2, 2, 4)
            guard (1900..<2200).contains(parts.numbers.2) else { return nil }
        }
        parts.count = 3
        return parts
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 97 < 26 || byte >= 0x80 }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: " "), UInt8(ascii: ","),
            UInt8(ascii: ":"):
            true
        default: false
        }
    }

    /// Behind the date only a time of day, its zone, or a closing dot may stand.
    private static func hasOnlyTime(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Bool {
        guard start < text.count else { return true }
        let first = text[start]
        if start + 1 == text.count { return first == UInt8(ascii: ".") }
        guard
            first == 0x20 || first == UInt8(ascii: "T") || first == UInt8(ascii: ",") || first == UInt8(ascii: ".")
                || first == UInt8(ascii: "-") || first == UInt8(ascii: ":")
        else { return false }
        var digits = 0
        var letters = 0
        for byte in text[(start + 1)...] {
            switch byte {
            case 48...57: digits += 1
            case 65...90, 97...122: letters += 1
            case UInt8(ascii: ":"), UInt8(ascii: "."), UInt8(ascii: " "), UInt8(ascii: "+"), UInt8(ascii: "-"),
                UInt8(ascii: "("), UInt8(ascii: ")"):
                break
            default: return false
            }
        }
        return digits >= 2 && letters <= 5
    }
}

/// Names and abbreviations of months in the languages that banks write.
enum MonthNames {
    /// Compared by their beginnings, folded to ASCII, so that one entry serves `mar`, `mars`, `marzo` and `március`.
    private static let beginnings: [(StaticString, Int)] = [
        ("jan", 1), ("ene", 1), ("gen", 1), ("sty", 1), ("led", 1), ("tam", 1),
        ("feb", 2), ("fev", 2), ("fbr", 2), ("lut", 2), ("uno", 2), ("hel", 2),
        ("mar", 3), ("maa", 3), ("mrt", 3), ("mae", 3), ("brez", 3), ("mrz", 3),
        ("apr", 4), ("avr", 4), ("abr", 4), ("kwi", 4), ("dub", 4), ("huh", 4),
        ("may", 5), ("mai", 5), ("mei", 5), ("maj", 5), ("mag", 5), ("kve", 5), ("tou", 5),
        ("juin", 6), ("jun", 6), ("giu", 6), ("cze", 6), ("kes", 6),
        ("juil", 7), ("jul", 7), ("lug", 7), ("lip", 7), ("hei", 7),
        ("aug", 8), ("aou", 8), ("ago", 8), ("sie", 8), ("srp", 8), ("elo", 8),
        ("sep", 9), ("set", 9), ("wrz", 9), ("zar", 9), ("syy", 9), ("szep", 9),
        ("oct", 10), ("okt", 10), ("ott", 10), ("out", 10), ("paz", 10), ("lok", 10), ("rij", 10),
        ("nov", 11), ("lis", 11), ("mar", 11),
        ("dec", 12), ("dez", 12), ("dic", 12), ("des", 12), ("gru", 12), ("pro", 12), ("jou", 12),
    ]

    static func month(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        guard bytes.count >= 3, bytes.count <= 24 else { return nil }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 24) { folded in
            let count = fold(bytes, into: folded)
            guard count >= 3, count <= 12 else { return nil }
            // Two clashes that three letters cannot tell apart.
            if starts(folded, count, with: "marras") { return 11 }
            if starts(folded, count, with: "cerven") { return count > 6 ? 7 : 6 }
            if starts(folded, count, with: "cerv") { return 6 }
            if starts(folded, count, with: "listopad") { return 11 }
            if starts(folded, count, with: "srp") { return 8 }
            if starts(folded, count, with: "kvet") { return 5 }
            for (beginning, month) in beginnings where starts(folded, count, with: beginning) { return month }
            return nil
        }
    }

    private static func starts(
        _ folded: UnsafeMutableBufferPointer<UInt8>, _ count: Int, with beginning: StaticString
    ) -> Bool {
        guard count >= beginning.utf8CodeUnitCount else { return false }
        for index in 0..<beginning.utf8CodeUnitCount where folded[index] != beginning.utf8Start[index] { return false }
        return true
    }

    /// Small ASCII letters of UTF-8 or Latin text.
    private static func fold(
        _ bytes: UnsafeBufferPointer<UInt8>, into folded: UnsafeMutableBufferPointer<UInt8>
    ) -> Int {
        var count = 0
        var position = 0
        let latin = SingleByteTables.foldedLatin
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte < 0x80 {
                folded[count] = byte | 0x20
            } else if byte >= 0xC3, byte <= 0xC5, position < bytes.count, bytes[position] & 0xC0 == 0x80 {
                let scalar = Int(byte & 0x1F) << 6 | Int(bytes[position] & 0x3F)
                position += 1
                folded[count] = latin.utf8Start[scalar - 0xC0]
            } else if byte >= 0xC0 {
                folded[count] = latin.utf8Start[Int(byte) - 0xC0]
            } else {
                continue
            }
            count += 1
        }
        return count
    }
}
