import Base
import Resources
import TestSupport
import Testing

@testable import Reporting

@Suite(.tags(.rules)) struct `A period` {
    /// The days that it says it is made of, each with how often.
    private func days(of period: Period) -> [Int32: Int] {
        var days: [Int32: Int] = [:]
        if let months = period.wholeMonths {
            for index in months.lowerBound.index...months.upperBound.index {
                let month = YearMonth(index: index)
                for day in month.firstDay.daysSinceEpoch...month.lastDay.daysSinceEpoch { days[day, default: 0] += 1 }
            }
        }
        for stretch in period.remainder {
            for day in stretch.lowerBound.daysSinceEpoch...stretch.upperBound.daysSinceEpoch {
                days[day, default: 0] += 1
            }
        }
        return days
    }

    private func expectTiled(_ period: Period, sourceLocation: SourceLocation = #_sourceLocation) {
        let days = days(of: period)
        #expect(days.count == period.through.days(since: period.from) + 1, "\(period)", sourceLocation: sourceLocation)
        #expect(days.values.allSatisfy { $0 == 1 }, "\(period): a day counts twice", sourceLocation: sourceLocation)
        #expect(
            days.keys.min() == period.from.daysSinceEpoch && days.keys.max() == period.through.daysSinceEpoch,
            "\(period)",
            sourceLocation: sourceLocation)
        #expect(period.remainder.count <= 2, sourceLocation: sourceLocation)
    }

    @Test func `is its whole months and what is left, each day once, whatever its ends are`() {
        var random = SeededGenerator(seed: 20_261_121)
        let first = day("2023-12-20")
        for _ in 0..<2000 {
            let from = first.adding(days: Int.random(in: 0...900, using: &random))
            expectTiled(Period(from: from, through: from.adding(days: Int.random(in: 0...500, using: &random))))
        }
        for offset in 0..<400 {
            let from = first.adding(days: offset)
            expectTiled(Period(from: from, through: from))
            expectTiled(Period(from: from, through: from.lastOfMonth))
            expectTiled(Period(from: from.firstOfMonth, through: from))
        }
    }

    @Test func `is tiled at both ends of the calendar too`() {
        for (from, through) in [
            ("0001-01-01", "0001-01-15"), ("0001-01-01", "0001-03-03"), ("9999-12-15", "9999-12-31"),
            ("9999-11-02", "9999-12-30"),
        ] { expectTiled(Period(from: day(from), through: day(through))) }
    }

    @Test func `reads stored sums for whole months and nothing else`() throws {
        let months = try #require(Period(from: day("2026-01-15"), through: day("2026-04-30")).wholeMonths)
        #expect(
            months.lowerBound == YearMonth(year: 2026, month: 2) && months.upperBound == YearMonth(year: 2026, month: 4)
        )
        #expect(Period(from: day("2026-01-02"), through: day("2026-02-27")).wholeMonths == nil)
        #expect(Period(from: day("2026-02-01"), through: day("2026-02-28")).remainder == [])
    }

    @Test(arguments: [
        ("2026-03-01", "2026-03-31", "2026-02-01", "2026-02-28"),
        ("2026-01-01", "2026-12-31", "2025-01-01", "2025-12-31"),
        ("2026-01-01", "2026-03-31", "2025-10-01", "2025-12-31"),
        ("2026-03-10", "2026-03-16", "2026-03-03", "2026-03-09"),
        ("2026-03-01", "2026-03-30", "2026-01-30", "2026-02-28"),
        ("2026-03-05", "2026-03-05", "2026-03-04", "2026-03-04"),
    ])
    func `comes after one of the same length, or of as many whole months`(
        from: String, through: String, before: String, last: String
    ) {
        let previous = Period(from: day(from), through: day(through)).previous
        #expect(previous == Period(from: day(before), through: day(last)))
    }

    @Test func `always ends the day after the one before it`() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<1000 {
            let from = day("2020-01-01").adding(days: Int.random(in: 0...3000, using: &random))
            let period = Period(from: from, through: from.adding(days: Int.random(in: 0...700, using: &random)))
            #expect(period.previous.through.adding(days: 1) == period.from)
            #expect(period.previous.from <= period.previous.through)
        }
    }
}

@Suite(.tags(.rules)) struct `A series of weeks` {
    @Test func `refuses sums that are too large to be counted exactly`() throws {
        let euro = currency("EUR")
        let week = Period(from: day("2026-03-30"), through: day("2026-04-05"))
        var large = ReportStore.Sums()
        large.income = 5_000_000_000_000_000_000
        #expect(throws: Refusal.sumTooLarge) {
            try Series(.week, week, byDay: [day("2026-03-31"): large, day("2026-04-01"): large], currency: euro)
        }
        let series = try Series(.day, week, byDay: [day("2026-03-31"): large], currency: euro)
        #expect(series.points.map(\.sums.income).max() == large.income)
    }
}

@Suite(.tags(.rules)) struct `A share in hundredths of a per cent` {
    /// part × 10000 / whole by schoolbook arithmetic on decimal digits, rounded half to even.
    private func expected(_ part: Int64, _ whole: Int64) -> Int64? {
        guard whole != 0 else { return nil }
        let isNegative = (part < 0) != (whole < 0)
        var quotient: [UInt8] = []
        // A remainder below 2^64, times ten, may need more: keep it as two words.
        let divisor = whole.magnitude
        var remainder: UInt64 = 0
        for digit in Array(String(part.magnitude) + "0000").map({ UInt64($0.wholeNumberValue ?? 0) }) {
            var count: UInt8 = 0
            // remainder × 10 + digit, by ten additions.
            var (sum, carry): (UInt64, UInt64) = (digit, 0)
            for _ in 0..<10 {
                let (next, overflow) = sum.addingReportingOverflow(remainder)
                sum = next
                if overflow { carry += 1 }
                while carry > 0 || sum >= divisor {
                    let (less, borrow) = sum.subtractingReportingOverflow(divisor)
                    sum = less
                    if borrow { carry -= 1 }
                    count += 1
                }
            }
            remainder = sum
            quotient.append(count)
        }
        var text = String(quotient.map { Character(String($0)) })
        let half = divisor - remainder  // remainder against half: remainder > divisor − remainder
        let isOdd = (quotient.last ?? 0) % 2 == 1
        if remainder > half || (remainder == half && isOdd) {
            var digits = quotient
            var index = digits.count - 1
            while index >= 0 && digits[index] == 9 {
                digits[index] = 0
                index -= 1
            }
            if index >= 0 { digits[index] += 1 } else { digits.insert(1, at: 0) }
            text = String(digits.map { Character(String($0)) })
        }
        let trimmed = text.drop { $0 == "0" }
        guard let value = Int64(trimmed.isEmpty ? "0" : String(trimmed)) else { return isNegative ? .min : .max }
        return isNegative ? -value : value
    }

    @Test func `is what long division gives, to the last digit`() {
        var random = SeededGenerator(seed: 99)
        var cases: [(Int64, Int64)] = [
            (1, 3), (2, 3), (1, 8), (3, 16), (1, 20_000), (3, 20_000), (5, 20_000), (-1, 20_000), (-3, 20_000), (0, 5),
            (5, 0),
            (.max, .max), (.max, 1), (1, .max), (.min, 1), (.min, .max), (.max, .min), (.min, .min), (-7, 3), (7, -3),
        ]
        for _ in 0..<5000 {
            let bits = Int.random(in: 1...63, using: &random)
            let part = Int64.random(in: Int64.min...Int64.max, using: &random) >> Int64(63 - bits)
            let whole =
                Int64.random(in: Int64.min...Int64.max, using: &random) >> Int64(Int.random(in: 0...62, using: &random))
            cases.append((part, whole))
            // Exact halves are where roundings differ.
            let number = Int64.random(in: -1_000_000...1_000_000, using: &random)
            cases.append((2 * number + 1, 20_000))
        }
        for (part, whole) in cases {
            #expect(percentHundredths(of: part, in: whole) == expected(part, whole), "\(part) of \(whole)")
        }
    }
}
