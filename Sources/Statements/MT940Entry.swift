import Base

/// One `:61:` with its `:86:`.
///
/// `6!n[4!n]2a[1!a]15d1!a3!c16x[//16x]` and on the next line `[34x]`: value date, entry date without a year, debit or
/// credit, funds code, amount, kind, the owner's reference, the bank's reference, details.
struct MT940Entry {
    let line: Int
    private var text: String
    private var problem: String?
    private var valueDate: CalendarDate?
    private var entryDate: CalendarDate?
    private var isCredit = false
    /// MT942 announces what it expects: `EC` and `ED`.
    private var isExpected = false
    private var amountText: [UInt8] = []
    private(set) var kind: String?
    private(set) var ownerReference: String?
    private(set) var bankReference: String?
    private(set) var details: String?
    /// What exceeds the reference on the first line; Rabobank puts the other side's name there.
    private(set) var trailing: String?
    private(set) var information: String?
    var nonSWIFT: String?

    init(_ bytes: UnsafeBufferPointer<UInt8>, line: Int, decoder: inout TextDecoder) {
        self.line = line
        text = decoder.string(bytes)
        var scanner = Scanner(bytes: bytes)
        guard let day = scanner.date() else {
            problem = "There is no date."
            return
        }
        valueDate = Self.date(day)
        if valueDate == nil {
            problem = "“\(String(decoding: day, as: UTF8.self))” is not a date."
            return
        }
        scanner.skipBlanks()
        if let monthDay = scanner.digits(4), let valueDate { entryDate = Self.date(monthDay, near: valueDate) }
        guard readMark(&scanner) else {
            problem = "Nothing says whether it came or went."
            return
        }
        // The funds code, and the line break that some banks put before the amount.
        scanner.skipBlanks()
        if scanner.current.map({ $0 &- 65 < 26 || $0 &- 97 < 26 }) == true { scanner.advance() }
        scanner.skipBlanks()
        amountText = scanner.amount()
        if amountText.isEmpty {
            problem = "There is no amount."
            return
        }
        while scanner.skip(0x20) {}
        readReferences(scanner.rest, &decoder)
    }

    mutating func add(information more: String) {
        guard let before = information else {
            information = more
            return
        }
        if before.utf8.count < StatementLimits.textBytes { information = before + "\n" + more }
    }

    private mutating func readMark(_ scanner: inout Scanner) -> Bool {
        scanner.skipBlanks()
        // A reversed credit leaves the account, a reversed debit comes back.
        let isReversal = scanner.skip(UInt8(ascii: "R"))
        if !isReversal { isExpected = scanner.skip(UInt8(ascii: "E")) }
        if scanner.skip(UInt8(ascii: "C")) {
            isCredit = !isReversal
        } else if scanner.skip(UInt8(ascii: "D")) {
            isCredit = isReversal
        } else {
            return false
        }
        return true
    }

    private mutating func readReferences(_ rest: UnsafeBufferPointer<UInt8>, _ decoder: inout TextDecoder) {
        let end = rest.firstIndex(of: 0x0A) ?? rest.count
        var first = UnsafeBufferPointer(rebasing: rest[..<end])
        if end < rest.count {
            details = StatementText.tidy(decoder.string(UnsafeBufferPointer(rebasing: rest[(end + 1)...])))
        }
        if first.count >= 4, !first.starts(with: Array("NONREF".utf8)),
            [UInt8(ascii: "N"), UInt8(ascii: "S"), UInt8(ascii: "F"), UInt8(ascii: "M")].contains(first[0])
        {
            kind = decoder.string(UnsafeBufferPointer(rebasing: first[..<4]))
            first = UnsafeBufferPointer(rebasing: first[4...])
        }
        let slashes = first.indices.first { $0 + 1 < first.count && first[$0] == 0x2F && first[$0 + 1] == 0x2F }
        if let slashes {
            ownerReference = StatementText.tidy(decoder.string(UnsafeBufferPointer(rebasing: first[..<slashes])))
            bankReference = StatementText.tidy(decoder.string(UnsafeBufferPointer(rebasing: first[(slashes + 2)...])))
        } else {
            let cut = Self.isIBAN(first) ? first.count : min(16, first.count)
            ownerReference = StatementText.tidy(decoder.string(UnsafeBufferPointer(rebasing: first[..<cut])))
            trailing = StatementText.tidy(decoder.string(UnsafeBufferPointer(rebasing: first[cut...])))
        }
    }

    /// Some Dutch banks put the other account where only sixteen characters belong.
    private static func isIBAN(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let text = bytes.trimmed()
        return (15...34).contains(text.count) && text.prefix(2).allSatisfy { $0 &- 65 < 26 }
            && text[2..<4].allSatisfy { $0 &- 48 < 10 } && text.allSatisfy { $0 &- 48 < 10 || $0 &- 65 < 26 }
    }

    // MARK: What it is

    func event(_ currency: Currency, unknownCurrency: String?) -> StatementEvent {
        if let problem { return rejected(problem) }
        if let unknownCurrency { return rejected("“\(unknownCurrency)” is not a currency.") }
        if isExpected { return rejected("The bank only expects it and has not booked it.") }
        guard let date = entryDate ?? valueDate else { return rejected("There is no date.") }
        let written = String(decoding: amountText, as: UTF8.self)
        let value: Int64
        switch amountText.withUnsafeBufferPointer({ Self.amount($0, currency) }) {
        case .minorUnits(let minorUnits): value = minorUnits
        case .failure(let failure): return rejected(StatementText.reason(failure, written, currency))
        }
        guard value != 0 else { return rejected("The amount is zero.") }
        guard value > 0 else { return rejected(StatementText.reason(.unreadable, written, currency)) }
        let words = MT940Information(self)
        return .transaction(
            StatementTransaction(
                date: date, valueDate: valueDate,
                amount: Money(minorUnits: isCredit ? value : -value, currency: currency), payee: words.payee,
                memo: words.memo, reference: words.reference, externalID: StatementText.meaningful(bankReference),
                type: words.type, line: line))
    }

    private func rejected(_ reason: String) -> StatementEvent {
        let text = StatementText.cut([StatementText.tidy(text), information.flatMap { StatementText.tidy($0) }])
        return .rejected(RejectedLine(line: line, text: text, reason: reason))
    }

    // MARK: Values

    static func amount(_ bytes: UnsafeBufferPointer<UInt8>, _ currency: Currency) -> StatementAmount.Outcome {
        // The standard has a comma; a point is read where there is none.
        let decimal = bytes.contains(UInt8(ascii: ",")) ? UInt8(ascii: ",") : UInt8(ascii: ".")
        return StatementAmount.parse(bytes, decimal: decimal, exponent: currency.exponent)
    }

    /// `YYMMDD`. A 30 February, where interest is counted in months of thirty days, is the last of that month.
    static func date(_ bytes: UnsafeBufferPointer<UInt8>) -> CalendarDate? {
        guard bytes.count == 6, bytes.allSatisfy({ $0 &- 48 < 10 }) else { return nil }
        func number(_ position: Int) -> Int { Int(bytes[position] - 48) * 10 + Int(bytes[position + 1] - 48) }
        let year = number(0) < 70 ? 2000 + number(0) : 1900 + number(0)
        return date(year: year, month: number(2), day: number(4))
    }

    private static func date(_ digits: [UInt8]) -> CalendarDate? { digits.withUnsafeBufferPointer { date($0) } }

    /// `MMDD`, in the year that brings it nearest to the value date: either may lie across the turn of the year.
    private static func date(_ digits: [UInt8], near value: CalendarDate) -> CalendarDate? {
        guard digits.count == 4 else { return nil }
        let month = Int(digits[0] - 48) * 10 + Int(digits[1] - 48)
        let day = Int(digits[2] - 48) * 10 + Int(digits[3] - 48)
        return [value.year, value.year - 1, value.year + 1]
            .compactMap { date(year: $0, month: month, day: day) }
            .min { abs($0.days(since: value)) < abs($1.days(since: value)) }
    }

    private static func date(year: Int, month: Int, day: Int) -> CalendarDate? {
        if month == 2, (29...31).contains(day), (1...9999).contains(year) {
            return CalendarDate(year: year, month: 2, day: min(day, CalendarDate.daysIn(month: 2, year: year)))
        }
        return CalendarDate(year: year, month: month, day: day)
    }

    private struct Scanner {
        let bytes: UnsafeBufferPointer<UInt8>
        var position = 0

        var current: UInt8? { position < bytes.count ? bytes[position] : nil }
        var rest: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(rebasing: bytes[position...]) }

        mutating func advance() { position = min(position + 1, bytes.count) }

        mutating func skip(_ byte: UInt8) -> Bool {
            guard current == byte else { return false }
            position += 1
            return true
        }

        mutating func skipBlanks() {
            while let byte = current, byte <= 0x20 { position += 1 }
        }

        mutating func digits(_ count: Int) -> [UInt8]? {
            guard bytes.count - position >= count else { return nil }
            let found = bytes[position..<(position + count)]
            guard found.allSatisfy({ $0 &- 48 < 10 }) else { return nil }
            position += count
            return Array(found)
        }

        mutating func date() -> [UInt8]? {
            skipBlanks()
            return digits(6)
        }

        mutating func amount() -> [UInt8] {
            let start = position
            while let byte = current,
                byte &- 48 < 10 || byte == UInt8(ascii: ",") || byte == UInt8(ascii: ".")
            {
                position += 1
            }
            return Array(bytes[start..<position])
        }
    }
}
