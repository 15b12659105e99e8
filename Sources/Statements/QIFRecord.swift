import Base

/// One record of QIF while its lines arrive.
struct QIFRecord {
    struct Problem: Error {
        var reason: String
    }

    let line: Int
    private var date: String?
    private var amount: String?
    private var fullAmount: String?
    private var payee: String?
    private var memo: String?
    private var number: String?
    private var category: String?
    private var security: String?
    private var splitMemos: [String] = []
    private var splitAmounts: [String] = []

    init(line: Int) { self.line = line }

    mutating func set(_ code: UInt8, _ text: String) {
        guard !text.isEmpty else { return }
        switch code {
        case UInt8(ascii: "D"): date = date ?? text
        case UInt8(ascii: "T"): amount = amount ?? text
        case UInt8(ascii: "U"): fullAmount = fullAmount ?? text
        case UInt8(ascii: "P"): payee = payee ?? StatementText.tidy(text)
        case UInt8(ascii: "M"): memo = memo ?? StatementText.tidy(text)
        case UInt8(ascii: "N"): number = number ?? StatementText.tidy(text)
        case UInt8(ascii: "L"): category = category ?? StatementText.tidy(text)
        case UInt8(ascii: "Y"): security = security ?? StatementText.tidy(text)
        case UInt8(ascii: "E"): if splitMemos.count < Self.splitLimit { splitMemos.append(text) }
        case UInt8(ascii: "$"): if splitAmounts.count < Self.splitLimit { splitAmounts.append(text) }
        default: break
        }
    }

    private static let splitLimit = 500

    /// `POpening Balance` with `L[Name of the account]`.
    var isOpeningBalance: Bool {
        guard let payee, let category, category.hasPrefix("["), category.hasSuffix("]") else { return false }
        return ["opening balance", "anfangssaldo", "solde initial", "beginsaldo", "saldo inicial", "saldo iniziale"]
            .contains(payee.lowercased())
    }

    func read(
        _ currency: Currency, _ conventions: QIFConventions, negate: Bool
    ) -> Result<StatementTransaction, Problem> {
        guard var day = date else { return .failure(Problem(reason: "There is no date.")) }
        guard let read = day.withUTF8({ QIFDate.date($0, order: conventions.dateOrder) }) else {
            return .failure(Problem(reason: "“\(day.prefix(40))” is not a date."))
        }
        var total: Int64 = 0
        let amounts = (amount ?? fullAmount).map { [$0] } ?? splitAmounts
        guard !amounts.isEmpty else { return .failure(Problem(reason: "There is no amount.")) }
        for text in amounts {
            switch Self.parse(text, conventions.decimalSeparator, currency) {
            case .minorUnits(let value):
                let (sum, overflow) = total.addingReportingOverflow(value)
                guard !overflow else {
                    return .failure(Problem(reason: StatementText.reason(.outOfRange, text, currency)))
                }
                total = sum
            case .failure(let failure):
                return .failure(Problem(reason: StatementText.reason(failure, text, currency)))
            }
        }
        guard total != 0 else { return .failure(Problem(reason: "The amount is zero.")) }
        guard total != .min else {
            return .failure(Problem(reason: StatementText.reason(.outOfRange, amounts[0], currency)))
        }
        let parts = StatementText.tidy(splitMemos.joined(separator: "; "))
        return .success(
            StatementTransaction(
                date: read, amount: Money(minorUnits: negate ? -total : total, currency: currency), payee: payee,
                memo: memo ?? parts, reference: StatementText.meaningful(number), type: type, line: line))
    }

    /// The category; a transfer names the other account in brackets.
    private var type: String? {
        guard let category else { return nil }
        return category.hasPrefix("[") && category.hasSuffix("]") ? "Transfer" : category
    }

    func rejected(_ reason: String) -> RejectedLine {
        let text = StatementText.cut([date, amount ?? fullAmount, number, payee, security, memo])
        return RejectedLine(line: line, text: text, reason: reason)
    }

    /// The file's separator first; where an amount cannot be read with it, the other one.
    private static func parse(_ text: String, _ decimal: UInt8, _ currency: Currency) -> StatementAmount.Outcome {
        var text = text
        return text.withUTF8 { bytes in
            let outcome = StatementAmount.parse(bytes, decimal: decimal, exponent: currency.exponent)
            if case .minorUnits = outcome { return outcome }
            let other = decimal == UInt8(ascii: ",") ? UInt8(ascii: ".") : UInt8(ascii: ",")
            if case .minorUnits(let value) = StatementAmount.parse(bytes, decimal: other, exponent: currency.exponent) {
                return .minorUnits(value)
            }
            return outcome
        }
    }
}
