import Base

/// A date's format as somebody writes it down: `dd.MM.yyyy`, `M/d/yy`, `d MMM yyyy`, or `%d.%m.%Y`. `unix`
/// counts seconds since 1970, `spreadsheet` days since 1900. What stands behind
/// the date, such as a time, is not looked at.
package struct StatementDateFormat: Equatable, Sendable {
    private enum Part: Equatable {
        case year, month, monthName, day
        /// Days since the end of 1899, as spreadsheets count.
        case spreadsheet
        /// Seconds or thousandths since 1970.
        case unix
        case literal(UInt8)
    }

    /// As it was given.
    package let text: String
    private let parts: [(part: Part, digits: Int)]

    package static func == (left: Self, right: Self) -> Bool { left.text == right.text }

    /// Nil unless the format has a year, a month and a day, once each.
    package init?(_ text: String) {
        guard text.utf8.count <= 40 else { return nil }
        self.text = text
        if text == "spreadsheet" || text == "unix" {
            parts = [(text == "unix" ? .unix : .spreadsheet, 0)]
            return
        }
        guard let parts = text.utf8.contains(UInt8(ascii: "%")) ? Self.percent(text) : Self.letters(text) else {
            return nil
        }
        let years = parts.filter { $0.part == .year }.count
        let months = parts.filter { $0.part == .month || $0.part == .monthName }.count
        guard years == 1, months == 1, parts.filter({ $0.part == .day }).count == 1 else { return nil }
        self.parts = parts
    }

    private static func letters(_ text: String) -> [(part: Part, digits: Int)]? {
        var parts: [(part: Part, digits: Int)] = []
        let bytes = Array(text.utf8)
        var position = 0
        var found = 0
        while position < bytes.count {
            let byte = bytes[position]
            var end = position + 1
            while end < bytes.count, bytes[end] == byte { end += 1 }
            let count = end - position
            switch byte {
            case UInt8(ascii: "y"), UInt8(ascii: "Y"), UInt8(ascii: "u"): parts.append((.year, count == 2 ? 2 : 4))
            case UInt8(ascii: "M"): parts.append(count > 2 ? (.monthName, 0) : (.month, count))
            case UInt8(ascii: "d"), UInt8(ascii: "D"): parts.append((.day, count))
            case UInt8(ascii: "m") where found < 3: parts.append((.month, count))
            default:
                // A time may follow; it needs no reading.
                if found == 3 { return parts }
                guard (byte | 0x20) &- 97 >= 26 else { return nil }
                for _ in 0..<count { parts.append((.literal(byte), 1)) }
                position = end
                continue
            }
            found += 1
            position = end
        }
        return parts
    }

    private static func percent(_ text: String) -> [(part: Part, digits: Int)]? {
        var parts: [(part: Part, digits: Int)] = []
        var isEscape = false
        var found = 0
        for byte in text.utf8 {
            guard isEscape else {
                if byte == UInt8(ascii: "%") { isEscape = true } else if found < 3 { parts.append((.literal(byte), 1)) }
                continue
            }
            isEscape = false
            guard found < 3 else { continue }
            switch byte {
            case UInt8(ascii: "Y"): parts.append((.year, 4))
            case UInt8(ascii: "y"): parts.append((.year, 2))
            case UInt8(ascii: "m"): parts.append((.month, 2))
            case UInt8(ascii: "b"), UInt8(ascii: "B"), UInt8(ascii: "h"): parts.append((.monthName, 0))
            case UInt8(ascii: "d"), UInt8(ascii: "e"): parts.append((.day, 2))
            case UInt8(ascii: "-"):
                isEscape = true
                continue
            default: return nil
            }
            found += 1
        }
        return parts
    }

    func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> CalendarDate? {
        let text = bytes.trimmed()
        if let first = parts.first, first.part == .spreadsheet || first.part == .unix {
            return Self.counted(text, isUnix: first.part == .unix)
        }
        var position = 0
        var year = 0
        var month = 0
        var day = 0
        for (index, (part, digits)) in parts.enumerated() {
            while position < text.count, text[position] == 0x20 { position += 1 }
            switch part {
            case .literal(let byte):
                if byte == 0x20 { continue }
                guard position < text.count, text[position] == byte else { return nil }
                position += 1
            case .monthName:
                let start = position
                while position < text.count, (text[position] | 0x20) &- 97 < 26 || text[position] >= 0x80 {
                    position += 1
                }
                guard let named = MonthNames.month(UnsafeBufferPointer(rebasing: text[start..<position])) else {
                    return nil
                }
                if position < text.count, text[position] == UInt8(ascii: ".") { position += 1 }
                month = named
            case .spreadsheet, .unix: return nil
            case .year, .month, .day:
                // Without a separator behind it the number has the width that the format says.
                let isLast = index + 1 == parts.count
                let isFollowed = isLast || { if case .literal = parts[index + 1].part { true } else { false } }()
                let width =
                    part == .year ? digits : isFollowed || parts[index + 1].part == .monthName ? 2 : max(digits, 2)
                guard let value = Self.number(text, &position, atMost: width) else { return nil }
                switch part {
                case .year: year = digits == 2 ? (value < 70 ? 2000 + value : 1900 + value) : value
                case .month: month = value
                default: day = value
                }
            }
        }
        // More digits would belong to the date.
        if position < text.count, text[position] &- 48 < 10 { return nil }
        return year >= 1000 ? CalendarDate(year: year, month: month, day: day) : nil
    }

    private static func counted(_ text: UnsafeBufferPointer<UInt8>, isUnix: Bool) -> CalendarDate? {
        var position = 0
        guard let value = number(text, &position, atMost: 13),
            position == text.count || text[position] == UInt8(ascii: ".")
        else { return nil }
        // 25,569 is the first day of 1970.
        guard isUnix else { return CalendarDate(daysSinceEpoch: value - 25_569) }
        let seconds = position > 11 ? value / 1000 : value
        return CalendarDate(daysSinceEpoch: seconds / 86_400)
    }

    private static func number(_ text: UnsafeBufferPointer<UInt8>, _ position: inout Int, atMost: Int) -> Int? {
        let start = position
        var value = 0
        while position < text.count, position - start < atMost, text[position] &- 48 < 10 {
            value = value * 10 + Int(text[position] - 48)
            position += 1
        }
        return position > start ? value : nil
    }
}
