import Base
import TestSupport
import Testing

@Suite struct `An amount of money` {
    @Test(arguments: [
        ("12", 1200), ("12.5", 1250), ("-12.50", -1250), ("+1", 100), ("0", 0), ("-0", 0), ("0.01", 1),
        ("12.5000", 1250), ("007", 700), ("92233720368547758.07", Int64.max), ("-92233720368547758.08", Int64.min),
    ]) func `is read exactly`(text: String, minorUnits: Int64) throws {
        #expect(try Money.parse(text, .eur) == Money(minorUnits: minorUnits, currency: .eur))
        #expect(try Money.parse(utf8: Array(text.utf8), .eur).minorUnits == minorUnits)
    }

    @Test(arguments: [
        "", "-", "+", ".", ".5", "5.", "1e3", "1,000", " 1", "1 ", "--1", "1.2.3", "０", "1-", "NaN", "0x10", "12.5a",
        String(repeating: "0", count: 65),
    ]) func `is refused where the text is no plain decimal`(text: String) {
        #expect(throws: Refusal.invalidAmount(.eur)) { try Money.parse(text, .eur) }
    }

    @Test func `is refused where it has more digits than the currency`() throws {
        #expect(throws: Refusal.amountTooPrecise(.eur)) { try Money.parse("1.001", .eur) }
        #expect(throws: Refusal.amountTooPrecise(.jpy)) { try Money.parse("1.5", .jpy) }
        #expect(try Money.parse("1.00", .jpy).minorUnits == 1)
        let dinar = try #require(Currency("BHD"))
        #expect(try Money.parse("1.001", dinar).minorUnits == 1001)
    }

    @Test(arguments: [
        "92233720368547758.08", "-92233720368547758.09", "99999999999999999999999", "1000000000000000000",
    ])
    func `is refused where it does not fit`(text: String) {
        #expect(throws: Refusal.amountOutOfRange) { try Money.parse(text, .eur) }
    }

    @Test(arguments: [(0, "0.00"), (5, "0.05"), (-5, "-0.05"), (1250, "12.50"), (Int64.min, "-92233720368547758.08")])
    func `is written with all its digits`(minorUnits: Int64, text: String) {
        #expect(Money(minorUnits: minorUnits, currency: .eur).decimalText == text)
    }

    @Test func `comes back from its own text`() throws {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<2000 {
            let currency = try #require(Currency.all.randomElement(using: &random))
            let bits = Int.random(in: 1...63, using: &random)
            let minorUnits = Int64.random(in: .min ... .max, using: &random) >> Int64(bits)
            let money = Money(minorUnits: minorUnits, currency: currency)
            #expect(try Money.parse(money.decimalText, currency) == money)
        }
    }

    @Test func `is added up only within its currency and its range`() throws {
        let one = Money(minorUnits: 1, currency: .eur)
        #expect(try (one + one).minorUnits == 2)
        #expect(try (one - one).isZero)
        #expect(throws: Refusal.currencyMismatch(.eur, .usd)) { try one + Money(minorUnits: 1, currency: .usd) }
        #expect(throws: Refusal.amountOutOfRange) { try Money(minorUnits: .max, currency: .eur) + one }
        #expect(throws: Refusal.amountOutOfRange) { try Money(minorUnits: .min, currency: .eur) - one }
        #expect(throws: Refusal.amountOutOfRange) { try Money(minorUnits: .min, currency: .eur).negated() }
    }

    @Test(arguments: [
        (5, 1, 2, 2), (15, 1, 2, 8), (-5, 1, 2, -2), (-15, 1, 2, -8), (7, 1, 3, 2), (8, 1, 3, 3), (100, -19, 100, -19),
        (Int64.max, 1, 1, Int64.max), (Int64.min, 1, 1, Int64.min), (Int64.max, Int64.max, Int64.max, Int64.max),
    ]) func `is scaled with one rounding, half to even`(
        minorUnits: Int64, numerator: Int64, denominator: Int64, expected: Int64
    ) throws {
        let money = Money(minorUnits: minorUnits, currency: .eur)
        #expect(try money.scaled(by: numerator, over: denominator).minorUnits == expected)
    }

    @Test func `is not scaled out of its range`() {
        let most = Money(minorUnits: .max, currency: .eur)
        #expect(throws: Refusal.amountOutOfRange) { try most.scaled(by: 2, over: 1) }
        #expect(throws: Refusal.amountOutOfRange) { try most.scaled(by: .min, over: 1) }
        #expect(throws: Refusal.self) { try most.scaled(by: 1, over: 0) }
        #expect(throws: Refusal.self) { try most.scaled(by: 1, over: -1) }
    }

    @Test func `is allocated so that the parts add up`() throws {
        var random = SeededGenerator(seed: 2)
        for round in 0..<2000 {
            let bits = Int64.random(in: 0...63, using: &random)
            let whole = Int64.random(in: .min ... .max, using: &random) >> bits
            let count = Int.random(in: 1...12, using: &random)
            var weights = (0..<count).map { _ in Int64.random(in: 0...1000, using: &random) }
            if round % 3 == 0 { weights = weights.map { $0 << 40 } }
            weights[0] += 1
            let parts = try Money(minorUnits: whole, currency: .eur).allocate(weights)
            #expect(parts.count == count)
            #expect(parts.reduce(Int64(0)) { $0 &+ $1.minorUnits } == whole)
            let total = weights.reduce(0, +)
            for (part, weight) in zip(parts, weights) {
                #expect(part.minorUnits == 0 || (part.minorUnits < 0) == (whole < 0))
                if weight == 0 { #expect(part.isZero) }
                // Never more than one unit away from the exact share.
                if abs(whole >> 20) < 1, total < 1 << 30 {
                    let exact = whole * weight
                    #expect(abs(part.minorUnits * total - exact) < total)
                }
            }
        }
    }

    @Test func `gives the odd cent to the largest remainder, the first of equals`() throws {
        let ten = Money(minorUnits: 1000, currency: .eur)
        #expect(try ten.allocate([1, 1, 1]).map(\.minorUnits) == [334, 333, 333])
        #expect(
            try Money(minorUnits: -1000, currency: .eur).allocate([1, 1, 1]).map(\.minorUnits) == [-334, -333, -333])
        #expect(try Money(minorUnits: 5, currency: .eur).allocate([1, 2, 3]).map(\.minorUnits) == [1, 2, 2])
        #expect(try Money(minorUnits: .min, currency: .eur).allocate([0, 7]).map(\.minorUnits) == [0, .min])
    }

    @Test(arguments: [[], [0, 0], [-1, 2], [Int64.max, 1]])
    func `is not allocated by senseless weights`(weights: [Int64]) {
        #expect(throws: Refusal.invalidWeights) { try Money(minorUnits: 1, currency: .eur).allocate(weights) }
    }
}

@Suite struct `A currency` {
    @Test func `is found by its code and knows its digits`() throws {
        #expect(Currency("EUR") == .eur)
        #expect(Currency("JPY")?.exponent == 0)
        #expect(Currency("KWD")?.exponent == 3)
        #expect(Currency("CLF")?.exponent == 4)
        #expect(Currency.usd.name == "US Dollar")
        #expect(Currency.usd.numericCode == 840)
        for code in ["", "EU", "EURO", "eur", "XXX", "XAU", "ÉUR", "E R"] { #expect(Currency(code) == nil) }
    }

    @Test func `has one entry a code, and the constants are the table's`() {
        #expect(Set(Currency.all).count == Currency.all.count)
        #expect(Currency.all.count > 150)
        for currency in Currency.all {
            #expect(Currency(currency.code) == currency)
            #expect(currency.isCurrent)
        }
        #expect(Currency.featured.map(\.code) == ["USD", "EUR", "GBP", "INR", "JPY", "CAD", "AUD"])
        for currency in Currency.featured { #expect(Currency(currency.code) == currency) }
        #expect(Currency("LTL")?.isCurrent == false)
    }
}
