import Base

/// What is known of the days of a file that can be read with the day first and with the month first, where nothing else in
/// the file speaks for one of them.
package struct AmbiguousDates: Equatable, Sendable {
    /// The first one that the two readings tell apart, as the file has it.
    package let text: String
    package let dayFirst: CalendarDate
    package let monthFirst: CalendarDate
    /// The last day under either reading.
    private let lastDayFirst: CalendarDate
    private let lastMonthFirst: CalendarDate

    /// Banks write down what they will book in the next days.
    private static let daysAhead = 7

    /// Nil where both readings are the same for every date.
    init?(_ dates: some Sequence<(text: String, parts: StatementDate.Parts)>) {
        var first: (text: String, dayFirst: CalendarDate, monthFirst: CalendarDate)?
        var last: (dayFirst: CalendarDate, monthFirst: CalendarDate)?
        for (text, parts) in dates {
            guard let dayFirst = StatementDate.date(from: parts, order: .dmy),
                let monthFirst = StatementDate.date(from: parts, order: .mdy)
            else { continue }
            if first == nil, dayFirst != monthFirst { first = (text, dayFirst, monthFirst) }
            last = (max(last?.dayFirst ?? dayFirst, dayFirst), max(last?.monthFirst ?? monthFirst, monthFirst))
        }
        guard let first, let last else { return nil }
        (text, dayFirst, monthFirst) = first
        (lastDayFirst, lastMonthFirst) = last
    }

    /// A statement tells of what has happened: where one order puts days into the future and the other does not, it is
    /// the other.
    func order(today: CalendarDate) -> DateOrder? {
        let limit = today.adding(days: Self.daysAhead)
        let isDayFirstPossible = lastDayFirst <= limit
        guard isDayFirstPossible != (lastMonthFirst <= limit) else { return nil }
        return isDayFirstPossible ? .dmy : .mdy
    }
}
