import Base
import HTTP

/// A period as a client names it: from a day up to another, the current month by default.
enum PeriodInput {
    static let from = QueryField<CalendarDate>.date(
        "startDate", aliases: ["dateFrom", "from"], "From this day on; the month's first by default.")
    static let through = QueryField<CalendarDate>.date(
        "endDate", aliases: ["dateTo", "to"], "Up to this day; the month's last by default.")

    static func read(_ query: inout Query, _ book: BookContext, today: CalendarDate) throws(Refusal) -> Period {
        let from = query.read(from)
        let through = query.read(through)
        let period = Period(
            from: from ?? (through ?? today).firstOfMonth, through: through ?? (from ?? today).lastOfMonth)
        if period.from > period.through { query.refuse("endDate", "endDate should not be before startDate.") }
        try query.check()
        return period
    }
}
