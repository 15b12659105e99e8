/// An exact amount: minor units of a currency. It never passes through a floating-point number.
@frozen
public struct Money: Hashable, Sendable {
    public let minorUnits: Int64
    public let currency: Currency

    @inlinable public init(minorUnits: Int64, currency: Currency) {
        self.minorUnits = minorUnits
        self.currency = currency
    }

    @inlinable public static func zero(_ currency: Currency) -> Money {
        Money(minorUnits: 0, currency: currency)
    }

    @inlinable public var isZero: Bool { minorUnits == 0 }
    @inlinable public var isNegative: Bool { minorUnits < 0 }
    @inlinable public var isPositive: Bool { minorUnits > 0 }
}

// MARK: - Text

extension Money {
    /// Reads `12`, `12.5`, `-12.50` or `+1`. More digits than the currency has are refused unless they are zeros:
    /// rounding here would change what the user wrote.
    public static func parse(_ text: some StringProtocol, _ currency: Currency) throws(Refusal) -> Money {
        guard let minorUnits = try Self.minorUnits(in: text.utf8, currency) else { throw .invalidAmount(currency) }
        return Money(minorUnits: minorUnits, currency: currency)
    }

    /// The same from UTF-8 bytes.
    public static func parse(utf8 bytes: some Sequence<UInt8>, _ currency: Currency) throws(Refusal) -> Money {
        guard let minorUnits = try Self.minorUnits(in: bytes, currency) else { throw .invalidAmount(currency) }
        return Money(minorUnits: minorUnits, currency: currency)
    }

    /// Nil where the text is not an amount at all; throws where it is one that cannot be held.
    private static func minorUnits(
        in bytes: some Sequence<UInt8>, _ currency: Currency
    ) throws(Refusal) -> Int64? {
        let exponent = currency.exponent
        var value: Int64 = 0
        var length = 0
        var digits = 0
        var fractionDigits = -1  // Until the point is met.
        var isNegative = false
        for byte in bytes {
            length += 1
            guard length <= 64 else { return nil }
            switch byte {
            case UInt8(ascii: "-") where length == 1: isNegative = true
            case UInt8(ascii: "+") where length == 1: break
            case UInt8(ascii: ".") where fractionDigits < 0 && digits > 0: fractionDigits = 0
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digits += 1
                if fractionDigits >= 0 {
                    fractionDigits += 1
                    if fractionDigits > exponent {
                        guard byte == UInt8(ascii: "0") else { throw .amountTooPrecise(currency) }
                        continue
                    }
                }
                // Built below zero, because the negative range is the wider one.
                let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
                let (next, underflow) = tenfold.subtractingReportingOverflow(Int64(byte) - 48)
                guard !overflow, !underflow else { throw .amountOutOfRange }
                value = next
            default: return nil
            }
        }
        guard digits > 0, fractionDigits != 0 else { return nil }
        var missing = exponent - max(fractionDigits, 0)
        while missing > 0 {
            let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
            guard !overflow else { throw .amountOutOfRange }
            value = tenfold
            missing -= 1
        }
        if isNegative { return value }
        guard value != .min else { throw .amountOutOfRange }
        return -value
    }

    /// With all the currency's digits: `12.50`, `-0.05`, `1200` for yen.
    public var decimalText: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends `decimalText` as UTF-8: also a JSON number literal.
    @inlinable public func append(to bytes: inout [UInt8]) {
        // A sign, 19 digits and a point, written from the back.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 24) { text in
            var rest = minorUnits.magnitude
            var position = 24
            var fractionDigits = currency.exponent
            if fractionDigits > 0 {
                while fractionDigits > 0 {
                    position -= 1
                    text[position] = UInt8(truncatingIfNeeded: rest % 10) &+ 48
                    rest /= 10
                    fractionDigits -= 1
                }
                position -= 1
                text[position] = UInt8(ascii: ".")
            }
            repeat {
                position -= 1
                text[position] = UInt8(truncatingIfNeeded: rest % 10) &+ 48
                rest /= 10
            } while rest > 0
            if minorUnits < 0 {
                position -= 1
                text[position] = UInt8(ascii: "-")
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[position...]))
        }
    }
}

extension Money: CustomStringConvertible {
    public var description: String { "\(decimalText) \(currency.code)" }
}

// MARK: - Arithmetic

extension Money {
    /// Throws where the currencies differ or the sum does not fit.
    @inlinable public static func + (left: Money, right: Money) throws(Refusal) -> Money {
        guard left.currency == right.currency else { throw .currencyMismatch(left.currency, right.currency) }
        let (sum, overflow) = left.minorUnits.addingReportingOverflow(right.minorUnits)
        guard !overflow else { throw .amountOutOfRange }
        return Money(minorUnits: sum, currency: left.currency)
    }

    @inlinable public static func - (left: Money, right: Money) throws(Refusal) -> Money {
        guard left.currency == right.currency else { throw .currencyMismatch(left.currency, right.currency) }
        let (difference, overflow) = left.minorUnits.subtractingReportingOverflow(right.minorUnits)
        guard !overflow else { throw .amountOutOfRange }
        return Money(minorUnits: difference, currency: left.currency)
    }

    public func negated() throws(Refusal) -> Money {
        try Money.zero(currency) - self
    }

    /// `self × numerator ÷ denominator`, rounded once, half to even. The denominator must be positive.
    public func scaled(by numerator: Int64, over denominator: Int64) throws(Refusal) -> Money {
        guard denominator > 0 else {
            throw Refusal(.invalid, "INVALID_RATIO", "The denominator must be more than zero.")
        }
        let divisor = denominator.magnitude
        let product = minorUnits.magnitude.multipliedFullWidth(by: numerator.magnitude)
        guard product.high < divisor else { throw .amountOutOfRange }
        var (quotient, remainder) = divisor.dividingFullWidth(product)
        let rest = divisor - remainder
        if remainder > rest || (remainder == rest && quotient & 1 == 1) {
            guard quotient < .max else { throw .amountOutOfRange }
            quotient += 1
        }
        let scaled = Self.signed(quotient, isNegative: (minorUnits < 0) != (numerator < 0))
        guard let scaled else { throw .amountOutOfRange }
        return Money(minorUnits: scaled, currency: currency)
    }

    /// Splits by weight with the largest remainder, so the parts always add up to the whole. The earlier part wins
    /// a tie. Weights must not be negative, and at least one must be more than zero.
    public func allocate(_ weights: [Int64]) throws(Refusal) -> [Money] {
        var total: UInt64 = 0
        for weight in weights {
            let (sum, overflow) = total.addingReportingOverflow(weight.magnitude)
            guard weight >= 0, !overflow, sum <= UInt64(Int64.max) else { throw .invalidWeights }
            total = sum
        }
        guard total > 0 else { throw .invalidWeights }

        let whole = minorUnits.magnitude
        var left = whole
        var parts: [(share: UInt64, remainder: UInt64)] = []
        parts.reserveCapacity(weights.count)
        for weight in weights {
            // weight ≤ total, so the quotient is at most the whole and the division cannot trap.
            let (share, remainder) = total.dividingFullWidth(whole.multipliedFullWidth(by: weight.magnitude))
            left -= share
            parts.append((share, remainder))
        }
        if left > 0 {
            let order = parts.indices.sorted {
                (parts[$1].remainder, $0) < (parts[$0].remainder, $1)
            }
            for position in order.prefix(Int(left)) { parts[position].share += 1 }
        }
        return parts.map { part in
            // At most the magnitude of minorUnits, with its sign: always representable.
            let signed = minorUnits < 0 ? Int64(truncatingIfNeeded: 0 &- part.share) : Int64(part.share)
            return Money(minorUnits: signed, currency: currency)
        }
    }

    private static func signed(_ magnitude: UInt64, isNegative: Bool) -> Int64? {
        guard isNegative else { return Int64(exactly: magnitude) }
        guard magnitude <= Int64.min.magnitude else { return nil }
        return Int64(truncatingIfNeeded: 0 &- magnitude)
    }
}

extension Refusal {
    public static let amountOutOfRange = Refusal(
        .invalid, "AMOUNT_OUT_OF_RANGE", "The amount is too large to be held.")
    public static let invalidWeights = Refusal(
        .invalid, "INVALID_WEIGHTS", "Shares must not be negative, and one must be more than zero.")
    public static func invalidAmount(_ currency: Currency) -> Refusal {
        let example = Money(minorUnits: 12 * currency.minorUnitsPerMajor, currency: currency).decimalText
        return Refusal(.invalid, "INVALID_AMOUNT", "An amount is written like \(example), without separators.")
    }
    public static func amountTooPrecise(_ currency: Currency) -> Refusal {
        let digits = currency.exponent
        return Refusal(
            .invalid, "AMOUNT_TOO_PRECISE",
            digits == 0
                ? "\(currency.code) has no digits after the decimal point."
                : "\(currency.code) has only \(digits) digits after the decimal point.")
    }
    public static func currencyMismatch(_ left: Currency, _ right: Currency) -> Refusal {
        Refusal(.invalid, "CURRENCY_MISMATCH", "\(left.code) and \(right.code) cannot be added up.")
    }
}
