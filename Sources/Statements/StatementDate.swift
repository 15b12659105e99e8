import Base

/// In which order a date's numbers stand.
package enum DateOrder: String, CaseIterable, Sendable {
    case dmy, mdy, ymd
}

/// Reads the dates of bank statements: `31.03.2026`, `3/31/26`, `2026-03-31T12:00:00Z`, `31 mars 2026`,
/// `Mar 31, 2026`, `31 de marzo de 2026`, `2026年3月31日`, `20260331`, each with or without a time behind it.
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

    /// The orders in which most dates of a file can be read: one as a rule, several where their numbers are all small,
    /// none without dates. And the dates that leave it open, by neither a month's name nor a year in front.
    static func orders(of dates: [Parts]) -> (possible: [DateOrder], open: [Parts]) {
        let open = dates.filter { $0.namedMonth == nil && $0.digits.0 != 4 }
        guard !open.isEmpty else { return (dates.isEmpty ? [] : [.ymd], []) }
        let counts = DateOrder.allCases.map { order in
            (order, open.filter { date(from: $0, order: order) != nil }.count)
        }
        let most = counts.map(\.1).max() ?? 0
        var possible = counts.filter { $0.1 == most }.map(\.0)
        // Two digits of a year rarely come first; that order needs to be the only one.
        if possible.count > 1 { possible.removeAll { $0 == .ymd } }
        return (possible, open)
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
        if parts.digits.1 == 4 { return make(parts, year: 1, second, month: third, day: first) }
        switch order {
        case .dmy: return make(parts, year: 2, third, month: second, day: first)
        case .mdy: return make(parts, year: 2, third, month: first, day: second)
        case .ymd:
            if parts.digits.2 == 4 { return make(parts, year: 2, third, month: second, day: first) }
            return make(parts, year: 0, first, month: second, day: third)
        }
    }

    private static func make(_ parts: Parts, year position: Int, _ year: Int, month: Int, day: Int) -> CalendarDate? {
        switch position == 0 ? parts.digits.0 : position == 1 ? parts.digits.1 : parts.digits.2 {
        case 4: return year >= 1000 ? CalendarDate(year: year, month: month, day: day) : nil
        case 2: return CalendarDate(year: year < 70 ? 2000 + year : 1900 + year, month: month, day: day)
        default: return nil
        }
    }

    static func parts(of bytes: UnsafeBufferPointer<UInt8>) -> Parts? {
        let text = bytes.trimmed()
        guard text.count >= 6, text.count <= 48 else { return nil }
        var parts = Parts()
        var position = DateWords.weekday(text)
        var yearsBefore = 0
        if position == 0, DateWords.isReiwa(text) {
            position = 6
            yearsBefore = 2018
        }
        while parts.count < 3 {
            guard position < text.count else { return nil }
            let byte = text[position]
            if byte &- 48 < 10 {
                var value = 0
                let start = position
                while position < text.count, text[position] &- 48 < 10 {
                    guard position - start < 8 else {
                        guard parts.count == 0, start == 0, isTimeOfDay(text, from: 8) else { return nil }
                        return compact(value, text, text.count)
                    }
                    value = value * 10 + Int(text[position] - 48)
                    position += 1
                }
                let digits = position - start
                if parts.count == 0, digits == 8 { return compact(value, text, position) }
                guard digits <= 4, digits != 3 else { return nil }
                if parts.count == 0, yearsBefore > 0 {
                    add(value + yearsBefore, 4, to: &parts)
                } else {
                    add(value, digits, to: &parts)
                }
                position = DateWords.ordinal(text, at: position)
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
            if DateWords.isCalendarSign(text, at: position) {
                position += 3
                while parts.count < 3, position < text.count, text[position] == 0x20 { position += 1 }
            } else if parts.count < 3 {
                let start = position
                while position < text.count, isSeparator(text[position]), position - start < 3 { position += 1 }
                position = DateWords.preposition(text, at: position)
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
            UInt8(ascii: ":"), UInt8(ascii: "'"):
            true
        default: false
        }
    }

    /// `120000` behind a date without separators, to its end.
    private static func isTimeOfDay(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Bool {
        guard text.count == start + 6 || text.count == start + 4 else { return false }
        let digits = text[start...]
        guard digits.allSatisfy({ $0 &- 48 < 10 }) else { return false }
        let hour = Int(text[start] - 48) * 10 + Int(text[start + 1] - 48)
        return hour < 24 && text[start + 2] < UInt8(ascii: "6")
    }

    /// Behind the date only a time of day, its zone, or a closing dot may stand.
    private static func hasOnlyTime(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Bool {
        guard start < text.count else { return true }
        let first = text[start]
        if start + 1 == text.count { return first == UInt8(ascii: ".") }
        if text.count - start <= 5, DateWords.isYearWord(UnsafeBufferPointer(rebasing: text[start...])) { return true }
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
                UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "/"), UInt8(ascii: ","):
                break
            default: return false
            }
        }
        return digits >= 2 && letters <= 5
    }
}
