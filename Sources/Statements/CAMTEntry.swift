import Base

/// An amount as it is written, with its currency.
struct CAMTAmount {
    var text: String
    var currency: String?
}

/// One payment of an entry: TxDtls.
struct CAMTPayment {
    struct Party {
        var name: String?
        var ultimateName: String?
        var accountName: String?
        var account: String?

        var anyName: String? { name ?? ultimateName ?? accountName }
    }

    var amount: CAMTAmount?
    var transactionAmount: CAMTAmount?
    var instructedAmount: CAMTAmount?
    var counterValue: CAMTAmount?
    var isCredit: Bool?

    var creditor = Party()
    var debtor = Party()
    var endToEndID: String?
    var servicerReference: String?
    var chequeNumber: String?
    /// `Refs/Prtry`: the kind and the reference. German banks put the only id that is unique there.
    var proprietaryKind: String?
    var proprietaryReference: String?

    var unstructured: String?
    var creditorReference: String?
    var structuredText: String?
    var additional: String?
    var day: String?
    var codes = CAMTCodes()

    var reference: String? {
        StatementText.meaningful(creditorReference) ?? StatementText.meaningful(endToEndID)
            ?? StatementText.meaningful(chequeNumber)
    }

    var externalID: String? {
        StatementText.meaningful(servicerReference)
            ?? (proprietaryKind == "FI-UMSATZ-ID" ? StatementText.meaningful(proprietaryReference) : nil)
    }

    var memo: String? { unstructured ?? structuredText ?? additional }
}

/// BkTxCd: what kind of transaction it is, in the standard's words or in the bank's.
struct CAMTCodes {
    var domain: String?
    var family: String?
    var subfamily: String?
    var proprietary: String?

    /// `PMNT-RCDT-ESCT`.
    var type: String? {
        guard let domain else { return proprietary }
        return [domain, family, subfamily].compactMap { $0 }.joined(separator: "-")
    }
}

/// One Ntry, and what becomes of it.
///
/// `CdtDbtInd` alone is the sign: a reversal (`RvslInd`) of a credit is itself a debit entry and written as one.
/// What is not booked (`PDNG`, `INFO`, `FUTR`) is rejected with its reason: it would arrive a second time when it is.
/// Several payments in one entry become several transactions where their amounts add up to the entry's, else the
/// entry stays one.
struct CAMTEntry {
    let line: Int
    var amount: CAMTAmount?
    var isCredit: Bool?
    var isReversal = false
    var status: String?
    var bookingDate: String?
    var valueDate: String?
    var reference: String?
    var servicerReference: String?
    var additional: String?
    var codes = CAMTCodes()
    var payments: [CAMTPayment] = []
    /// More payments than can be kept: the entry stays one.
    var isTooLarge = false

    init(line: Int) { self.line = line }

    struct Context {
        var currency: Currency
        var account: String?
        var owner: String?
        /// The day of the report, for banks that tell no day of the entry.
        var created: String?
    }

    func events(_ context: Context) -> [StatementEvent] {
        let currency: Currency
        switch Self.currency(amount?.currency, context.currency) {
        case .success(let known): currency = known
        case .failure(let problem): return rejected(problem.reason)
        }
        switch status {
        case nil, "BOOK": break
        case "PDNG": return rejected("The bank has not booked it yet (PDNG).")
        case "INFO": return rejected("It is only information; the bank books nothing (INFO).")
        case "FUTR": return rejected("The bank will book it later (FUTR).")
        case let other?: return rejected("The bank does not call it booked, but “\(other.prefix(40))”.")
        }
        guard let amount else { return rejected("There is no amount.") }
        guard let isCredit else { return rejected("Nothing says whether it came or went.") }
        let written: Int64
        switch Self.parse(amount.text, currency) {
        case .minorUnits(let value): written = value
        case .failure(let failure): return rejected(StatementText.reason(failure, amount.text, currency))
        }
        guard written != 0 else { return rejected("The amount is zero.") }
        guard written != .min else { return rejected(StatementText.reason(.outOfRange, amount.text, currency)) }
        let total = isCredit ? written : -written
        guard
            let day = bookingDate ?? valueDate ?? payments.lazy.compactMap(\.day).first ?? context.created
        else { return rejected("There is no date.") }
        guard let date = Self.date(day) else { return rejected("“\(day.prefix(40))” is not a date.") }

        var base = StatementTransaction(
            date: date, valueDate: valueDate.flatMap(Self.date), amount: Money(minorUnits: total, currency: currency),
            line: line)
        if let parts = split(total, isCredit, currency) {
            return zip(payments, parts).enumerated().map { index, part in
                base.amount = Money(minorUnits: part.1, currency: currency)
                fill(&base, from: part.0, isCredit: part.1 > 0, context)
                base.externalID = partID(part.0, index)
                return .transaction(base)
            }
        }
        if payments.count == 1, !isTooLarge {
            fill(&base, from: payments[0], isCredit: isCredit, context)
        } else {
            let names = Set(payments.map { payee($0, isCredit: isCredit, context) })
            base.payee = names.count == 1 && !isTooLarge ? names.first.flatMap { $0 } : nil
            base.memo = additional ?? payments.first?.memo
            base.reference = usefulReference
            base.type = codes.type ?? payments.first?.codes.type
        }
        base.externalID = identity ?? (payments.count == 1 ? payments[0].externalID : nil)
        return [.transaction(base)]
    }

    // MARK: One payment

    private func fill(
        _ transaction: inout StatementTransaction, from payment: CAMTPayment, isCredit: Bool, _ context: Context
    ) {
        transaction.payee = payee(payment, isCredit: isCredit, context)
        transaction.memo = payment.memo ?? additional
        transaction.reference = payment.reference ?? usefulReference
        transaction.type = codes.type ?? payment.codes.type
    }

    /// The other side: the creditor of what was paid, the debtor of what came. Reversals keep the roles of the first
    /// booking with some banks and turn them with others, so the account decides where both are named.
    private func payee(_ payment: CAMTPayment, isCredit: Bool, _ context: Context) -> String? {
        let other = isCredit ? payment.debtor : payment.creditor
        let own = isCredit ? payment.creditor : payment.debtor
        func isOwn(_ party: CAMTPayment.Party) -> Bool {
            guard let account = party.account, let mine = context.account else { return false }
            return account == mine
        }
        if let name = other.anyName, !isOwn(other) || own.anyName == nil { return name }
        guard let name = own.anyName, !isOwn(own), name != context.owner else { return nil }
        // Without an account to compare, the name on the side of the account's owner is the owner's.
        return isReversal || own.account != nil ? name : nil
    }

    private var usefulReference: String? {
        // A short one only counts the entries of the statement.
        StatementText.meaningful(reference).flatMap { $0.utf8.count >= 8 ? $0 : nil }
    }

    private var identity: String? { StatementText.meaningful(servicerReference) }

    private func partID(_ payment: CAMTPayment, _ index: Int) -> String? {
        if let own = payment.externalID, own != identity { return own }
        return identity.map { "\($0)/\(index + 1)" }
    }

    // MARK: Batches

    /// The amounts of the payments, where they add up to the entry's.
    private func split(_ total: Int64, _ isCredit: Bool, _ currency: Currency) -> [Int64]? {
        guard payments.count > 1, !isTooLarge else { return nil }
        for amount in [\CAMTPayment.amount, \.transactionAmount, \.instructedAmount, \.counterValue] {
            for usesOwnSigns in [true, false] {
                if let parts = parts(amount, isCredit, currency, usesOwnSigns: usesOwnSigns), parts.sum == total {
                    return parts.values
                }
            }
        }
        return nil
    }

    private func parts(
        _ path: KeyPath<CAMTPayment, CAMTAmount?>, _ isCredit: Bool, _ currency: Currency, usesOwnSigns: Bool
    ) -> (values: [Int64], sum: Int64)? {
        var values: [Int64] = []
        var sum: Int64 = 0
        values.reserveCapacity(payments.count)
        for payment in payments {
            guard let amount = payment[keyPath: path], (amount.currency ?? currency.code) == currency.code,
                case .minorUnits(let value) = Self.parse(amount.text, currency), value != 0, value != .min
            else { return nil }
            let comes = usesOwnSigns ? payment.isCredit ?? isCredit : isCredit
            let signed = comes ? value : -value
            let (next, overflow) = sum.addingReportingOverflow(signed)
            guard !overflow else { return nil }
            sum = next
            values.append(signed)
        }
        return (values, sum)
    }

    // MARK: Values

    struct Problem: Error {
        var reason: String
    }

    /// XXX stands for no currency at all.
    static func currency(_ code: String?, _ account: Currency) -> Result<Currency, Problem> {
        guard let code, code != "XXX", !code.isEmpty else { return .success(account) }
        guard let currency = Currency(code) ?? Currency(code.uppercased()) else {
            return .failure(Problem(reason: "“\(code.prefix(40))” is not a currency."))
        }
        return .success(currency)
    }

    static func parse(_ text: String, _ currency: Currency) -> StatementAmount.Outcome {
        OFXTransaction.amount(text, currency)
    }

    /// `2026-03-31`, `2026-03-31+02:00` or `2026-03-31T23:59:59Z`: the day as it is written.
    static func date(_ text: String) -> CalendarDate? {
        let day = text.utf8.prefix(10)
        guard day.count == 10 else { return OFXTransaction.date(text) }
        return CalendarDate(iso: String(decoding: day, as: UTF8.self)) ?? OFXTransaction.date(text)
    }

    private func rejected(_ reason: String) -> [StatementEvent] {
        let payment = payments.first
        let sign = isCredit == false ? "-" : ""
        let text = StatementText.cut([
            bookingDate ?? valueDate, amount.map { sign + $0.text }, amount?.currency,
            payment.flatMap { ($0.creditor.anyName ?? $0.debtor.anyName) }, payment?.memo ?? additional,
        ])
        return [.rejected(RejectedLine(line: line, text: text, reason: reason))]
    }
}
