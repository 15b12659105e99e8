/// When a book's year starts. The day clamps to the month's end, so 30 February means the last of February.
public struct FiscalYear: Hashable, Sendable {
    public let startMonth: Int
    public let startDay: Int

    /// Nil unless the month is 1 to 12 and the day 1 to 31.
    public init?(startMonth: Int, startDay: Int) {
        guard (1...12).contains(startMonth), (1...31).contains(startDay) else { return nil }
        self.startMonth = startMonth
        self.startDay = startDay
    }

    private init(calendar: Void) {
        startMonth = 1
        startDay = 1
    }

    /// From 1 January.
    public static let calendar = FiscalYear(calendar: ())

    /// `04-06`, exactly.
    public init?(_ text: some StringProtocol) {
        let year = text.withUTF8Bytes { bytes -> FiscalYear? in
            var reader = DigitReader(bytes: bytes)
            guard let month = reader.number(digits: 2), reader.skip(UInt8(ascii: "-")),
                let day = reader.number(digits: 2), reader.isAtEnd
            else { return nil }
            return FiscalYear(startMonth: month, startDay: day)
        }
        guard let year else { return nil }
        self = year
    }

    public struct Span: Hashable, Sendable {
        /// `2026` for a calendar year, else `2025/26`; a quarter adds ` Q3`.
        public let label: String
        public let range: ClosedRange<CalendarDate>
    }

    public struct Quarter: Hashable, Sendable {
        /// 1 to 4.
        public let number: Int
        public let span: Span

        public var range: ClosedRange<CalendarDate> { span.range }
        public var label: String { span.label }
    }

    public func year(containing date: CalendarDate) -> Span {
        let startYear = startYear(containing: date)
        return Span(label: label(startYear), range: range(from: startYear * 12 + startMonth - 1, months: 12))
    }

    public func quarter(containing date: CalendarDate) -> Quarter {
        let startYear = startYear(containing: date)
        let base = startYear * 12 + startMonth - 1
        // The quarters tile the year, so the last one that has begun is the one.
        let number = (1...4).last { start(ofMonth: base + ($0 - 1) * 3) <= date } ?? 1
        let span = Span(
            label: "\(label(startYear)) Q\(number)", range: range(from: base + (number - 1) * 3, months: 3))
        return Quarter(number: number, span: span)
    }

    private func startYear(containing date: CalendarDate) -> Int {
        let year = date.year
        return start(ofMonth: year * 12 + startMonth - 1) <= date ? year : year - 1
    }

    private func label(_ startYear: Int) -> String {
        if startMonth == 1 && startDay == 1 { return "\(startYear)" }
        let end = (startYear + 1) % 100
        return "\(startYear)/\(end < 10 ? "0" : "")\(end)"
    }

    private func range(from month: Int, months: Int) -> ClosedRange<CalendarDate> {
        let end = month + months >= 120_000 ? CalendarDate.last : start(ofMonth: month + months).adding(days: -1)
        return start(ofMonth: month)...end
    }

    /// Clamped to the calendar's own limits in its first and last year.
    private func start(ofMonth index: Int) -> CalendarDate {
        guard index >= 12 else { return .first }
        guard index < 120_000 else { return .last }
        return CalendarDate(clampingDay: startDay, month: index % 12 + 1, year: index / 12)
    }
}

extension FiscalYear: CustomStringConvertible {
    public var description: String {
        var bytes: [UInt8] = []
        appendDecimal(UInt64(startMonth), width: 2, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        appendDecimal(UInt64(startDay), width: 2, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
