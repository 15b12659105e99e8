import FoundationEssentials

extension CalendarDate {
    /// The day that it is at this instant in this zone: what "today" means for a book.
    public static func of(_ instant: Instant, in zone: TimeZone) -> CalendarDate {
        let seconds = instant.secondsSinceEpoch
        let offset = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
        return CalendarDate.first.adding(days: Int((seconds + Int64(offset)).flooredDivision(by: 86_400)) + 719_162)
    }
}
