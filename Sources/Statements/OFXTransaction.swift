import Base

/// One STMTTRN while its tags arrive.
struct OFXTransaction {
    struct Problem: Error {
        var reason: String
    }

    let line: Int
    var payee: String?
    var currency: String?
    private var type: String?
    private var posted: String?
    private var user: String?
    private var available: String?
    private var amount: String?
    private var id: String?
    private var name: String?
    private var extendedName: String?
    private var memo: String?
    private var checkNumber: String?
    private var reference: String?

    init(line: Int) { self.line = line }

    mutating func set(_ tag: String, _ text: String) {
        switch tag {
        case "TRNTYPE": type = text
        case "DTPOSTED": posted = text
        case "DTUSER": user = text
        case "DTAVAIL": available = text
        case "TRNAMT": amount = text
        case "FITID": id = text
        case "NAME": name = text
        case "EXTDNAME": extendedName = text
        case "MEMO": memo = memo.map { $0 + " " + text } ?? text
        case "CHECKNUM": checkNumber = text
        case "REFNUM": reference = text
        default: break
        }
    }

    func read(_ accountCurrency: Currency) -> Result<StatementTransaction, Problem> {
        guard let posted = posted ?? user else { return .failure(Problem(reason: "There is no date.")) }
        guard let date = Self.date(posted) else {
            return .failure(Problem(reason: "“\(posted.prefix(40))” is not a date."))
        }
        guard let amount else { return .failure(Problem(reason: "There is no amount.")) }
        var currency = accountCurrency
        if let code = self.currency {
            var text = code
            guard let known = text.withUTF8({ CurrencyWords.currency($0) }) else {
                return .failure(Problem(reason: "“\(code.prefix(40))” is not a currency."))
            }
            currency = known
        }
        let minorUnits: Int64
        switch Self.amount(amount, currency) {
        case .minorUnits(let value): minorUnits = value
        case .failure(.tooPrecise):
            let digits = "\(currency.code) has (\(currency.exponent))"
            return .failure(Problem(reason: "“\(amount.prefix(40))” has more digits than \(digits)."))
        case .failure(.outOfRange):
            return .failure(Problem(reason: "“\(amount.prefix(40))” is too large to be held."))
        case .failure: return .failure(Problem(reason: "“\(amount.prefix(40))” is not an amount."))
        }
        guard minorUnits != 0 else { return .failure(Problem(reason: "The amount is zero.")) }
        let payee = extendedName ?? name ?? self.payee
        return .success(
            StatementTransaction(
                date: date, valueDate: available.flatMap { Self.date($0) },
                amount: Money(minorUnits: minorUnits, currency: currency), payee: payee,
                memo: memo, reference: Self.meaningful(checkNumber) ?? Self.meaningful(reference),
                externalID: Self.meaningful(id), type: type, line: line))
    }

    func rejected(_ reason: String) -> RejectedLine {
        let parts = [posted ?? user, amount, name ?? payee, memo, id].compactMap { $0 }
        return RejectedLine(
            line: line, text: String(parts.joined(separator: " ").prefix(StatementLimits.rejectedText)), reason: reason)
    }

    /// Some banks fill what they do not know with zeros.
    private static func meaningful(_ text: String?) -> String? {
        guard let text, text.contains(where: { $0 != "0" }) else { return nil }
        return text
    }

    /// `20260331`, with any time and zone behind it. The day is taken as it is written: banks that write a zone
    /// write the day of that zone.
    static func date(_ text: String) -> CalendarDate? {
        var text = text
        return text.withUTF8 { bytes in
            guard bytes.count >= 8, bytes.prefix(8).allSatisfy({ $0 &- 48 < 10 }) else {
                return StatementDate.parse(bytes, order: .ymd)
            }
            func number(_ range: Range<Int>) -> Int { bytes[range].reduce(0) { $0 * 10 + Int($1 - 48) } }
            return CalendarDate(year: number(0..<4), month: number(4..<6), day: number(6..<8))
        }
    }

    /// The standard allows a point or a comma for the decimals and nothing for the thousands; some banks write
    /// thousands all the same.
    static func amount(_ text: String, _ currency: Currency) -> StatementAmount.Outcome {
        var text = text
        return text.withUTF8 { bytes in
            let comma = UInt8(ascii: ",")
            let point = UInt8(ascii: ".")
            let lastComma = bytes.lastIndex(of: comma) ?? -1
            let lastPoint = bytes.lastIndex(of: point) ?? -1
            let decimal = lastComma > lastPoint ? comma : point
            let outcome = StatementAmount.parse(bytes, decimal: decimal, exponent: currency.exponent)
            if case .minorUnits = outcome { return outcome }
            // `1,234` of a currency with two digits can only be thousands.
            guard decimal == comma else { return outcome }
            let other = StatementAmount.parse(bytes, decimal: point, exponent: currency.exponent)
            if case .minorUnits = other { return other }
            return outcome
        }
    }
}

/// A trade of an investment account: read only to say what is left out.
struct OFXTrade {
    static let kinds: Set<String> = [
        "BUYDEBT", "BUYMF", "BUYOPT", "BUYOTHER", "BUYSTOCK", "CLOSUREOPT", "INCOME", "INVEXPENSE", "JRNLFUND",
        "JRNLSEC",
        "MARGININTEREST", "REINVEST", "RETOFCAP", "SELLDEBT", "SELLMF", "SELLOPT", "SELLOTHER", "SELLSTOCK", "SPLIT",
        "TRANSFER",
    ]

    let kind: String
    let line: Int
    private var parts: [String: String] = [:]

    init(kind: String, line: Int) {
        self.kind = kind
        self.line = line
    }

    mutating func set(_ tag: String, _ text: String) {
        guard ["DTTRADE", "TOTAL", "MEMO", "UNITS", "UNIQUEID"].contains(tag), parts[tag] == nil else { return }
        parts[tag] = text
    }

    var rejected: RejectedLine {
        let text = ["DTTRADE", "TOTAL", "UNITS", "UNIQUEID", "MEMO"].compactMap { parts[$0] }.joined(separator: " ")
        return RejectedLine(
            line: line, text: String(text.prefix(StatementLimits.rejectedText)),
            reason: "Trades of investment accounts are not imported (\(kind)).")
    }
}
