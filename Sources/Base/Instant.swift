/// A moment, as microseconds since 1970-01-01 UTC: what PostgreSQL keeps, in the years 1 to 9999.
@frozen
public struct Instant: Hashable, Sendable {
    public let microseconds: Int64

    /// Clamped to the years 1 to 9999, so that every instant has a text.
    @inlinable public init(microseconds: Int64) {
        self.microseconds = min(max(microseconds, -62_135_596_800_000_000), 253_402_300_799_999_999)
    }

    @inlinable public init(milliseconds: Int64) {
        let (microseconds, overflow) = milliseconds.multipliedReportingOverflow(by: 1000)
        self.init(microseconds: overflow ? (milliseconds < 0 ? .min : .max) : microseconds)
    }

    @inlinable public init(secondsSinceEpoch seconds: Int64) {
        let (microseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        self.init(microseconds: overflow ? (seconds < 0 ? .min : .max) : microseconds)
    }

    /// Whole seconds, rounded down.
    @inlinable public var secondsSinceEpoch: Int64 { microseconds.flooredDivision(by: 1_000_000) }

    /// Whole milliseconds, rounded down.
    @inlinable public var milliseconds: Int64 { microseconds.flooredDivision(by: 1000) }

    /// The UTC day that holds this instant.
    @inlinable public var utcDate: CalendarDate {
        CalendarDate(unchecked: Int32(truncatingIfNeeded: microseconds.flooredDivision(by: 86_400_000_000)))
    }
}

extension Instant: Comparable {
    @inlinable public static func < (left: Instant, right: Instant) -> Bool { left.microseconds < right.microseconds }
}

extension Instant {
    /// Clamped like every instant; finer parts of the duration than a microsecond are dropped.
    public static func + (instant: Instant, duration: Duration) -> Instant {
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        guard !overflow else { return Instant(microseconds: seconds < 0 ? .min : .max) }
        let (change, tooFar) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        let (sum, outside) = instant.microseconds.addingReportingOverflow(change)
        guard !tooFar, !outside else { return Instant(microseconds: seconds < 0 ? .min : .max) }
        return Instant(microseconds: sum)
    }

    public static func - (instant: Instant, duration: Duration) -> Instant {
        instant + (.zero - duration)
    }

    public func duration(since earlier: Instant) -> Duration {
        .microseconds(microseconds - earlier.microseconds)
    }
}

// MARK: - Text

extension Instant: CustomStringConvertible {
    public var description: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends `2026-03-31T12:34:56.789Z` as UTF-8, cut to milliseconds.
    @inlinable public func append(to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(byteCount: 24, alignment: 8) { buffer in
            let date = utcDate
            date.write(to: buffer)
            let ofDay = Int((microseconds - Int64(date.daysSinceEpoch) * 86_400_000_000) / 1000)
            let seconds = ofDay / 1000
            let milliseconds = ofDay % 1000
            buffer[10] = UInt8(ascii: "T")
            buffer.storeBytes(of: twoDigits(seconds / 3600), toByteOffset: 11, as: UInt16.self)
            buffer[13] = UInt8(ascii: ":")
            buffer.storeBytes(of: twoDigits(seconds / 60 % 60), toByteOffset: 14, as: UInt16.self)
            buffer[16] = UInt8(ascii: ":")
            buffer.storeBytes(of: twoDigits(seconds % 60), toByteOffset: 17, as: UInt16.self)
            buffer[19] = UInt8(ascii: ".")
            buffer[20] = UInt8(truncatingIfNeeded: milliseconds / 100) + 48
            buffer.storeBytes(of: twoDigits(milliseconds % 100), toByteOffset: 21, as: UInt16.self)
            buffer[23] = UInt8(ascii: "Z")
            bytes.append(contentsOf: UnsafeRawBufferPointer(buffer))
        }
    }

    /// RFC 3339: a date, `T`, a time with optional fraction, and `Z` or an offset. A leap second becomes the next
    /// second; digits past microseconds are dropped.
    public init?(_ text: some StringProtocol) {
        guard let instant = text.withUTF8Bytes({ Instant(rfc3339: $0) }) else { return nil }
        self = instant
    }

    public static func parse(_ text: some StringProtocol) throws(Refusal) -> Instant {
        guard let instant = Instant(text) else {
            throw Refusal(.invalid, "INVALID_INSTANT", "A time is written like 2026-03-31T12:34:56Z.")
        }
        return instant
    }

    public init?(rfc3339 bytes: UnsafeBufferPointer<UInt8>) {
        var reader = DigitReader(bytes: bytes)
        guard bytes.count <= 64, let date = CalendarDate(reading: &reader),
            reader.skip(UInt8(ascii: "T")) || reader.skip(UInt8(ascii: "t")) || reader.skip(UInt8(ascii: " ")),
            let hour = reader.number(digits: 2), hour < 24, reader.skip(UInt8(ascii: ":")),
            let minute = reader.number(digits: 2), minute < 60, reader.skip(UInt8(ascii: ":")),
            let second = reader.number(digits: 2), second <= 60
        else { return nil }
        var fraction: Int64 = 0
        if reader.skip(UInt8(ascii: ".")) {
            var scale: Int64 = 100_000
            guard let first = reader.number(digits: 1) else { return nil }
            fraction = Int64(first) * scale
            while let digit = reader.number(digits: 1) {
                scale /= 10
                fraction += Int64(digit) * scale
            }
        }
        var offset = 0
        if !reader.skip(UInt8(ascii: "Z")), !reader.skip(UInt8(ascii: "z")) {
            let isWest = reader.current == UInt8(ascii: "-")
            guard reader.skip(UInt8(ascii: "-")) || reader.skip(UInt8(ascii: "+")),
                let hours = reader.number(digits: 2), hours < 24, reader.skip(UInt8(ascii: ":")),
                let minutes = reader.number(digits: 2), minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * (isWest ? -60 : 60)
        }
        guard reader.isAtEnd else { return nil }
        let seconds = Int64(date.daysSinceEpoch) * 86_400 + Int64(hour * 3600 + minute * 60 + second - offset)
        self.init(microseconds: seconds * 1_000_000 + fraction)
    }
}

extension Int64 {
    /// Rounded towards minus infinity; the divisor must be positive.
    @inlinable func flooredDivision(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
