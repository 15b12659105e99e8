import Base
import FoundationEssentials
import TestSupport
import Testing

private func date(_ text: String) throws -> CalendarDate { try #require(CalendarDate(iso: text)) }

@Suite struct `A calendar date` {
    /// The calendar repeats every 400 years; its first, its last and the present ones are walked day by day.
    @Test(arguments: [(1, 401), (1800, 2210), (9599, 10_000)])
    func `counts every day in order`(firstYear: Int, endYear: Int) throws {
        var expected = (year: firstYear, month: 1, day: 1)
        var date = try #require(CalendarDate(year: firstYear, month: 1, day: 1))
        while true {
            let again = CalendarDate(year: expected.year, month: expected.month, day: expected.day)
            guard date.components == expected, again == date else {
                Issue.record("\(date) should be \(expected)")
                return
            }
            if date == .last { break }
            expected.day += 1
            if expected.day > CalendarDate.daysIn(month: expected.month, year: expected.year) {
                expected = (expected.year, expected.month + 1, 1)
                if expected.month == 13 { expected = (expected.year + 1, 1, 1) }
            }
            if expected.year == endYear { break }
            date = date.adding(days: 1)
        }
        #expect(expected.month == 1 || date == .last)
    }

    @Test func `is read and written as ISO 8601`() throws {
        #expect(try date("2026-03-31").description == "2026-03-31")
        #expect(try date("0001-01-01") == .first)
        #expect(try date("9999-12-31") == .last)
        #expect(try date("1970-01-01").daysSinceEpoch == 0)
        for text in [
            "", "2026-3-31", "2026-02-29", "2100-02-29", "2026-13-01", "2026-00-01", "2026-01-00", "0000-01-01",
            "2026-01-01 ", "20260101", "-001-01-01", "2026-01-0１",
        ] { #expect(CalendarDate(iso: text) == nil, "\(text)") }
        #expect(CalendarDate(iso: "2000-02-29") != nil)
    }

    @Test func `moves by months and clamps to their end`() throws {
        #expect(try date("2026-01-31").adding(months: 1) == date("2026-02-28"))
        #expect(try date("2024-01-31").adding(months: 1) == date("2024-02-29"))
        #expect(try date("2026-03-31").adding(months: -13) == date("2025-02-28"))
        #expect(try date("2026-12-15").adding(months: 1) == date("2027-01-15"))
        #expect(try date("9999-12-15").adding(months: 1) == .last)
        #expect(try date("0001-01-15").adding(months: -1) == .first)
        #expect(try date("2026-01-01").adding(months: .max) == .last)
        #expect(try date("2026-01-01").adding(days: .max) == .last)
        #expect(try date("2026-01-01").adding(days: .min) == .first)
    }

    @Test func `knows its month and its weekday`() throws {
        let day = try date("2024-02-15")
        #expect(try day.firstOfMonth == date("2024-02-01"))
        #expect(try day.lastOfMonth == date("2024-02-29"))
        #expect(day.yearMonth.description == "2024-02")
        #expect(try date("2026-11-21").weekday == .saturday)
        #expect(try date("1969-12-31").weekday == .wednesday)
        #expect(CalendarDate.first.weekday == .monday)
    }

    @Test func `is today by the zone, not by UTC`() throws {
        let instant = try Instant.parse("2026-03-29T22:30:00Z")
        let zones = ["UTC": "2026-03-29", "Europe/Berlin": "2026-03-30", "America/New_York": "2026-03-29"]
        for (name, day) in zones {
            let zone = try #require(TimeZone(identifier: name))
            #expect(CalendarDate.of(instant, in: zone).description == day)
        }
        let tokyo = try #require(TimeZone(identifier: "Asia/Tokyo"))
        #expect(try CalendarDate.of(Instant.parse("1969-12-31T14:59:59Z"), in: tokyo).description == "1969-12-31")
        #expect(try CalendarDate.of(Instant.parse("1969-12-31T15:00:00Z"), in: tokyo).description == "1970-01-01")
    }
}

@Suite struct `A month of a year` {
    @Test func `has a first and a last day, and moves`() throws {
        let month = try #require(YearMonth("2024-02"))
        #expect(month.firstDay.description == "2024-02-01")
        #expect(month.lastDay.description == "2024-02-29")
        #expect(month.adding(months: 11).description == "2025-01")
        #expect(month.index == 2024 * 12 + 1)
        for text in ["2024-13", "2024-00", "2024-2", "0000-01", "2024-02-01"] { #expect(YearMonth(text) == nil) }
    }
}

@Suite struct `A fiscal year` {
    @Test func `is labelled by its start`() throws {
        let april = try #require(FiscalYear(startMonth: 4, startDay: 6))
        #expect(try april.year(containing: date("2026-04-05")).label == "2025/26")
        #expect(try april.year(containing: date("2026-04-06")).label == "2026/27")
        #expect(try april.year(containing: date("2026-04-06")).range == date("2026-04-06")...date("2027-04-05"))
        #expect(try FiscalYear.calendar.year(containing: date("2026-12-31")).label == "2026")
        #expect(try FiscalYear.calendar.quarter(containing: date("2026-12-31")).label == "2026 Q4")
        #expect(FiscalYear("04-06") == april)
        for text in ["4-6", "13-01", "00-01", "01-32", "01-00"] { #expect(FiscalYear(text) == nil) }
    }

    @Test func `tiles every day with its quarters, from any start`() throws {
        for month in 1...12 {
            for day in [1, 6, 15, 28, 29, 30, 31] {
                let fiscal = try #require(FiscalYear(startMonth: month, startDay: day))
                var today = try date("2023-01-01")
                let end = try date("2026-12-31")
                while today <= end {
                    let year = fiscal.year(containing: today)
                    let quarter = fiscal.quarter(containing: today)
                    guard year.range.contains(today), quarter.range.contains(today),
                        year.range.contains(quarter.range.lowerBound), year.range.contains(quarter.range.upperBound)
                    else {
                        Issue.record("\(fiscal): \(today) is not in \(quarter)")
                        return
                    }
                    let next = fiscal.quarter(containing: quarter.range.upperBound.adding(days: 1))
                    #expect(next.number == quarter.number % 4 + 1)
                    today = quarter.range.upperBound.adding(days: 1)
                }
            }
        }
    }

    @Test func `clamps a start that a year lacks`() throws {
        let february = try #require(FiscalYear(startMonth: 2, startDay: 30))
        #expect(try february.year(containing: date("2024-03-01")).range == date("2024-02-29")...date("2025-02-27"))
        #expect(february.year(containing: .first).range.contains(.first))
        #expect(february.year(containing: .last).range.contains(.last))
    }
}

@Suite struct `An instant` {
    @Test(arguments: [
        ("2026-03-31T12:34:56.789Z", "2026-03-31T12:34:56.789Z"),
        ("2026-03-31T12:34:56Z", "2026-03-31T12:34:56.000Z"),
        ("2026-03-31t14:34:56.7891239+02:00", "2026-03-31T12:34:56.789Z"),
        ("2026-03-31 12:34:56-05:30", "2026-03-31T18:04:56.000Z"),
        ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
    ]) func `is read and written as RFC 3339`(text: String, expected: String) throws {
        #expect(try Instant.parse(text).description == expected)
    }

    @Test(arguments: [
        "", "2026-03-31", "2026-03-31T12:34Z", "2026-03-31T12:34:56", "2026-03-31T24:00:00Z", "2026-03-31T12:60:00Z",
        "2026-02-30T12:00:00Z", "2026-03-31T12:34:56.Z", "2026-03-31T12:34:56+0200", "2026-03-31T12:34:56Zx",
    ]) func `is refused without a zone, or where there is no such time`(text: String) {
        #expect(throws: Refusal.self) { try Instant.parse(text) }
    }

    @Test func `comes back from its own text`() throws {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<2000 {
            let range = Int64(-62_135_596_800_000)...253_402_300_799_999
            let instant = Instant(milliseconds: .random(in: range, using: &random))
            #expect(try Instant.parse(instant.description) == instant)
        }
    }

    @Test func `stays within the years that have a text`() {
        #expect(Instant(microseconds: .max).description == "9999-12-31T23:59:59.999Z")
        #expect(Instant(microseconds: .min).description == "0001-01-01T00:00:00.000Z")
        #expect((Instant(microseconds: 0) + .seconds(Int64.max)).utcDate == .last)
        #expect((Instant(microseconds: 0) - .seconds(Int64.max)).utcDate == .first)
        #expect(Instant(microseconds: 0) + .milliseconds(1500) == Instant(milliseconds: 1500))
        #expect(Instant(microseconds: 0) - .milliseconds(1) == Instant(milliseconds: -1))
    }
}
