import Base
import TestSupport
import Testing

@testable import Statements

private func amount(_ text: String, _ decimal: Character = ".", exponent: Int = 2) -> StatementAmount.Outcome {
    var text = text
    return text.withUTF8 {
        StatementAmount.parse($0, decimal: decimal == "," ? UInt8(ascii: ",") : UInt8(ascii: "."), exponent: exponent)
    }
}

private func date(_ text: String, _ order: DateOrder) -> String? {
    var text = text
    return text.withUTF8 { StatementDate.parse($0, order: order)?.description }
}

@Suite struct `An amount in a statement` {
    @Test(arguments: [
        ("1,234.50", 123_450), ("-1,234.50", -123_450), ("1,23,456.78", 12_345_678), ("(12.00)", -1200), ("$12", 1200),
        ("-$12.00", -1200), ("$-12.00", -1200), ("12.00-", -1200), ("+12.00", 1200), ("12.00 CR", 1200),
        ("12.00 DR", -1200), ("12.00 S", -1200), ("12.00H", 1200), ("EUR 12.00", 1200), ("12.00 EUR", 1200),
        ("€12.00", 1200),
        ("£ 12.00", 1200), ("₹1,00,000.00", 10_000_000), ("1'234.50", 123_450), ("1’234.50", 123_450),
        ("1 234.50", 123_450), ("1\u{A0}234.50", 123_450), ("12.-", 1200), (".50", 50), ("12.", 1200), ("29.000", 2900),
        ("-3.77000", -377), ("0", 0), ("\u{2212}5", -500), ("12.00 Kč", 1200), ("12.00 zł", 1200),
    ]) func `is read with a decimal point`(text: String, minorUnits: Int64) {
        #expect(amount(text) == .minorUnits(minorUnits))
    }

    @Test(arguments: [
        ("1.234,50", 123_450), ("-1.234,50 €", -123_450), ("1234,5", 123_450), ("12,-", 1200),
        ("1.000.000,00", 100_000_000),
    ]) func `is read with a decimal comma`(text: String, minorUnits: Int64) {
        #expect(amount(text, ",") == .minorUnits(minorUnits))
    }

    @Test(arguments: [
        "abc", "1.2.3", "1,2", "12,34", "1,2345", "--1", "1-2", "12 EUR 3", "12)3", "1e5", "0x1", "1 2", "12 34 56",
        "-",
        "EUR", "()", "12/03/2026", "12.03.26x", "NaN", "١٢",
    ]) func `is refused where it is none`(text: String) {
        #expect(amount(text) == .failure(.unreadable))
    }

    @Test func `is refused where it does not fit`() {
        #expect(amount("1.005") == .failure(.tooPrecise))
        #expect(amount("1.5", exponent: 0) == .failure(.tooPrecise))
        #expect(amount("99999999999999999999") == .failure(.outOfRange))
        #expect(amount("9223372036854775807") == .failure(.outOfRange))
        #expect(amount("") == .failure(.empty))
        #expect(amount("  ") == .failure(.empty))
        #expect(amount(String(repeating: "1", count: 65)) == .failure(.unreadable))
    }

    @Test func `comes back from every way of writing it`() {
        var random = SeededGenerator(seed: 31)
        for _ in 0..<3000 {
            let bits = Int64.random(in: 5...60, using: &random)
            let value = Int64.random(in: .min ... .max, using: &random) >> bits
            let digits = String(value.magnitude / 100)
            let cents = String(String(100 + value.magnitude % 100).dropFirst())
            for (group, decimal) in [
                (",", "."), (".", ","), ("", "."), ("", ","), ("'", "."), (" ", ","), ("\u{202F}", ","),
            ] {
                var grouped = ""
                for (index, digit) in digits.enumerated() {
                    if index > 0, (digits.count - index) % 3 == 0 { grouped += group }
                    grouped.append(digit)
                }
                let number = grouped + decimal + cents
                let text =
                    value < 0
                    ? ["-\(number)", "\(number)-", "(\(number))", "- \(number) EUR"].randomElement(using: &random)
                    : number
                #expect(amount(text ?? "", Character(decimal)) == .minorUnits(value), "\(text ?? "")")
            }
        }
    }
}

@Suite struct `A date in a statement` {
    @Test(arguments: [
        ("2026-03-31", DateOrder.dmy), ("2026/03/31", .mdy), ("2026.03.31.", .ymd), ("2026. 03. 31.", .ymd),
        ("20260331", .dmy),
        ("31.03.2026", .dmy), ("31/3/26", .dmy), ("3/31/2026", .mdy), ("03-31-26", .mdy), ("31 Mar 2026", .mdy),
        ("31-Mar-26", .dmy), ("Mar 31, 2026", .dmy), ("31. März 2026", .dmy), ("31 mars 2026", .dmy),
        ("31mar2026", .dmy),
        ("2026-03-31 23:59:59 +0000", .dmy), ("2026-03-31T23:59:59.123Z", .dmy), ("31/03/2026 12:30", .dmy),
        ("31032026", .dmy),
        ("2026:03:31", .dmy), ("3/31/2026, 11:59 PM", .mdy), ("31 marzo 2026", .dmy), ("31 maart 2026", .dmy),
        ("26-03-31", .ymd),
        ("2026-Mar-31", .dmy), ("31 března 2026", .dmy),
    ]) func `is read in many forms`(text: String, order: DateOrder) {
        #expect(date(text, order) == "2026-03-31")
    }

    @Test(arguments: [
        "", "31.02.2026", "2026-13-01", "2026-00-10", "1234", "12.50", "31.03", "31.03.202", "99.99.9999", "Mar 2026",
        "31 Xyz 2026",
        "2026-03-31 and more", "2026-03-3100", "31//03//2026x", "0.848252", "1.234.567", "2026-03-31;", "00/00/0000",
    ]) func `is refused where it is none`(text: String) {
        #expect(date(text, .dmy) == nil)
    }

    @Test func `knows the months of many languages`() {
        let names: [[String]] = [
            ["January", "Jan", "Januar", "janvier", "enero", "gennaio", "januari", "styczeń", "janeiro"],
            ["February", "Feb", "Februar", "février", "febrero", "febbraio", "februari", "luty", "fevereiro", "únor"],
            ["March", "Mar", "März", "mars", "marzo", "maart", "marzec", "março", "maaliskuu", "mrt"],
            ["April", "Apr", "avril", "abril", "aprile", "kwiecień", "huhtikuu", "duben"],
            ["May", "Mai", "mayo", "maggio", "mei", "maj", "maio", "toukokuu", "květen"],
            ["June", "Jun", "Juni", "juin", "junio", "giugno", "czerwiec", "junho", "červen"],
            ["July", "Jul", "Juli", "juillet", "julio", "luglio", "lipiec", "julho", "červenec"],
            ["August", "Aug", "août", "agosto", "augustus", "sierpień", "elokuu", "srpen"],
            ["September", "Sep", "Sept", "septembre", "septiembre", "settembre", "wrzesień", "září"],
            ["October", "Oct", "Oktober", "octobre", "octubre", "ottobre", "październik", "outubro"],
            ["November", "Nov", "novembre", "noviembre", "marraskuu"],
            ["December", "Dec", "Dezember", "décembre", "diciembre", "dicembre", "grudzień", "dezembro", "prosinec"],
        ]
        for (index, months) in names.enumerated() {
            for name in months {
                let expected = CalendarDate(year: 2026, month: index + 1, day: 5)?.description
                #expect(date("5 \(name) 2026", .mdy) == expected, "\(name)")
            }
        }
    }

    @Test func `comes back from every day of a century`() throws {
        var day = try #require(CalendarDate(year: 1970, month: 1, day: 1))
        for _ in 0..<3650 {
            let (year, month, number) = day.components
            let short = year % 100 < 10 ? "0\(year % 100)" : "\(year % 100)"
            #expect(date("\(number)/\(month)/\(short)", .dmy) == day.description)
            #expect(date("\(month)-\(number)-\(year)", .mdy) == day.description)
            #expect(date(day.description, .mdy) == day.description)
            day = day.adding(days: 10)
        }
    }
}
