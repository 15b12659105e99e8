/// A month of a year.
@frozen
public struct YearMonth: Hashable, Sendable {
    /// `year × 12 + month − 1`: months can be counted and compared as numbers.
    public let index: Int

    /// Clamped to the years 1 to 9999.
    @inlinable public init(index: Int) {
        self.index = min(max(index, 12), 119_999)
    }

    public init?(year: Int, month: Int) {
        guard year >= 1, year <= 9999, month >= 1, month <= 12 else { return nil }
        self.init(index: year * 12 + month - 1)
    }

    /// `2026-03`, exactly.
    public init?(_ text: some StringProtocol) {
        let month = text.withUTF8Bytes { bytes -> YearMonth? in
            var reader = DigitReader(bytes: bytes)
            guard let year = reader.number(digits: 4), reader.skip(UInt8(ascii: "-")),
                let month = reader.number(digits: 2), reader.isAtEnd
            else { return nil }
            return YearMonth(year: year, month: month)
        }
        guard let month else { return nil }
        self = month
    }

    @inlinable public var year: Int { index / 12 }
    @inlinable public var month: Int { index % 12 + 1 }

    public var firstDay: CalendarDate { CalendarDate(clampingDay: 1, month: month, year: year) }
    public var lastDay: CalendarDate { CalendarDate(clampingDay: 31, month: month, year: year) }
    public var days: ClosedRange<CalendarDate> { firstDay...lastDay }

    public func adding(months: Int) -> YearMonth {
        let (sum, overflow) = index.addingReportingOverflow(months)
        return YearMonth(index: overflow ? (months < 0 ? .min : .max) : sum)
    }
}

extension YearMonth: Comparable {
    @inlinable public static func < (left: YearMonth, right: YearMonth) -> Bool { left.index < right.index }
}

extension YearMonth: CustomStringConvertible {
    public var description: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends `2026-03` as UTF-8.
    @inlinable public func append(to bytes: inout [UInt8]) {
        appendDecimal(UInt64(year), width: 4, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        appendDecimal(UInt64(month), width: 2, to: &bytes)
    }
}
