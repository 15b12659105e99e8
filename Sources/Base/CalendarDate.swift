/// A day of the proleptic Gregorian calendar, 0001-01-01 to 9999-12-31, without a time or a zone.
@frozen
public struct CalendarDate: Hashable, Sendable {
    /// Days since 1970-01-01; negative before it.
    public let daysSinceEpoch: Int32

    @inlinable init(unchecked daysSinceEpoch: Int32) { self.daysSinceEpoch = daysSinceEpoch }

    /// Nil outside the years 1 to 9999.
    @inlinable public init?(daysSinceEpoch: Int) {
        guard daysSinceEpoch >= -719_162, daysSinceEpoch <= 2_932_896 else { return nil }
        self.daysSinceEpoch = Int32(truncatingIfNeeded: daysSinceEpoch)
    }

    /// Nil for a day that does not exist.
    @inlinable public init?(year: Int, month: Int, day: Int) {
        guard year >= 1, year <= 9999, month >= 1, month <= 12, day >= 1 else { return nil }
        guard day <= Self.daysIn(month: month, year: year) else { return nil }
        self.init(unchecked: Self.days(year: year, month: month, day: day))
    }

    /// `2026-03-31`, exactly.
    public init?(iso text: some StringProtocol) {
        guard let date = text.withUTF8Bytes({ CalendarDate(iso: $0) }) else { return nil }
        self = date
    }

    public init?(iso bytes: UnsafeBufferPointer<UInt8>) {
        var reader = DigitReader(bytes: bytes)
        guard let date = CalendarDate(reading: &reader), reader.isAtEnd else { return nil }
        self = date
    }

    init?(reading reader: inout DigitReader) {
        guard let year = reader.number(digits: 4), reader.skip(UInt8(ascii: "-")),
            let month = reader.number(digits: 2), reader.skip(UInt8(ascii: "-")),
            let day = reader.number(digits: 2)
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    public static let first = CalendarDate(unchecked: -719_162)
    public static let last = CalendarDate(unchecked: 2_932_896)
}

extension CalendarDate: Comparable {
    @inlinable public static func < (left: CalendarDate, right: CalendarDate) -> Bool {
        left.daysSinceEpoch < right.daysSinceEpoch
    }
}

// MARK: - Parts

extension CalendarDate {
    /// Monday is 1, Sunday 7, as in ISO 8601.
    public enum Weekday: Int, CaseIterable, Sendable {
        case monday = 1
        case tuesday, wednesday, thursday, friday, saturday, sunday
    }

    @inlinable public var components: (year: Int, month: Int, day: Int) {
        // Counted from 1 March 0000 in eras of 400 years, so that a leap day ends its year.
        let days = Int(daysSinceEpoch) + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shifted + 2) / 5 + 1
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    public var year: Int { components.year }
    public var month: Int { components.month }
    public var day: Int { components.day }

    public var weekday: Weekday {
        // 1970-01-01 was a Thursday.
        let shifted = (Int(daysSinceEpoch) + 3) % 7
        return Weekday(rawValue: (shifted < 0 ? shifted + 7 : shifted) + 1) ?? .monday
    }

    public var yearMonth: YearMonth {
        let (year, month, _) = components
        return YearMonth(index: year * 12 + month - 1)
    }

    @inlinable static func days(year: Int, month: Int, day: Int) -> Int32 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return Int32(truncatingIfNeeded: era * 146_097 + dayOfEra - 719_468)
    }

    /// The month must be 1 to 12.
    @inlinable public static func daysIn(month: Int, year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    @inlinable public static func isLeap(_ year: Int) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }
}

// MARK: - Arithmetic

extension CalendarDate {
    /// Clamped to the calendar's own first and last day.
    @inlinable public func adding(days: Int) -> CalendarDate {
        let (sum, overflow) = Int(daysSinceEpoch).addingReportingOverflow(days)
        if overflow { return days < 0 ? .first : .last }
        return CalendarDate(daysSinceEpoch: sum) ?? (sum < 0 ? .first : .last)
    }

    /// The same day of another month, or that month's last day: 31 January plus one month is 28 or 29 February.
    public func adding(months: Int) -> CalendarDate {
        let (year, month, day) = components
        let (sum, overflow) = (year * 12 + month - 1).addingReportingOverflow(months)
        guard !overflow, sum >= 12 else { return months < 0 ? .first : .last }
        guard sum < 120_000 else { return .last }
        return CalendarDate(clampingDay: day, month: sum % 12 + 1, year: sum / 12)
    }

    public func days(since earlier: CalendarDate) -> Int {
        Int(daysSinceEpoch) - Int(earlier.daysSinceEpoch)
    }

    public var firstOfMonth: CalendarDate {
        adding(days: 1 - components.day)
    }

    public var lastOfMonth: CalendarDate {
        let (year, month, _) = components
        return CalendarDate(clampingDay: 31, month: month, year: year)
    }

    /// A day past the end of the month becomes its last day. The year and the month must be in range.
    init(clampingDay day: Int, month: Int, year: Int) {
        self.init(unchecked: Self.days(year: year, month: month, day: min(day, Self.daysIn(month: month, year: year))))
    }
}

// MARK: - Text

extension CalendarDate: CustomStringConvertible {
    public var description: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends `2026-03-31` as UTF-8.
    @inlinable public func append(to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(byteCount: 10, alignment: 8) { buffer in
            write(to: buffer)
            bytes.append(contentsOf: UnsafeRawBufferPointer(buffer))
        }
    }

    /// Writes the ten characters; the buffer must hold them.
    @inlinable func write(to buffer: UnsafeMutableRawBufferPointer) {
        let (year, month, day) = components
        buffer.storeBytes(of: twoDigits(year / 100), toByteOffset: 0, as: UInt16.self)
        buffer.storeBytes(of: twoDigits(year % 100), toByteOffset: 2, as: UInt16.self)
        buffer[4] = UInt8(ascii: "-")
        buffer.storeBytes(of: twoDigits(month), toByteOffset: 5, as: UInt16.self)
        buffer[7] = UInt8(ascii: "-")
        buffer.storeBytes(of: twoDigits(day), toByteOffset: 8, as: UInt16.self)
    }
}
