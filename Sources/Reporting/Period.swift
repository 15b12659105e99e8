import Base

/// Days from one to another, both included, cut into whole months and what is left at the ends: whole months are read
/// from stored sums, the rest from the entries themselves.
package struct Period: Equatable, Sendable {
    package let from: CalendarDate
    package let through: CalendarDate

    package init(from: CalendarDate, through: CalendarDate) {
        self.from = from
        self.through = through
    }

    package init(_ month: YearMonth) { self.init(from: month.firstDay, through: month.lastDay) }

    /// The months that lie in it from their first to their last day; nil when there is none.
    var wholeMonths: ClosedRange<YearMonth>? {
        let first = from == from.firstOfMonth ? from.yearMonth : from.yearMonth.adding(months: 1)
        let last = through == through.lastOfMonth ? through.yearMonth : through.yearMonth.adding(months: -1)
        // At the calendar's ends there is no month further out: `adding` stays where it is.
        guard first <= last, first.firstDay >= from, last.lastDay <= through else { return nil }
        return first...last
    }

    /// The days that lie in no whole month: at most two stretches, each of less than a month, or the whole.
    var remainder: [ClosedRange<CalendarDate>] {
        guard let months = wholeMonths else { return [from...through] }
        var stretches: [ClosedRange<CalendarDate>] = []
        if from < months.lowerBound.firstDay { stretches.append(from...months.lowerBound.firstDay.adding(days: -1)) }
        if through > months.upperBound.lastDay { stretches.append(months.upperBound.lastDay.adding(days: 1)...through) }
        return stretches
    }

    /// The stretch of the same length before it; for whole months, as many whole months before.
    package var previous: Period {
        if let months = wholeMonths, remainder.isEmpty {
            let count = months.upperBound.index - months.lowerBound.index + 1
            return Period(
                from: months.lowerBound.adding(months: -count).firstDay,
                through: months.lowerBound.adding(months: -1).lastDay)
        }
        let length = through.days(since: from) + 1
        return Period(from: from.adding(days: -length), through: from.adding(days: -1))
    }
}
