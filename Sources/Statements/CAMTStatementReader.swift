import Base

/// Turns the elements of CAMT into accounts, transactions and balances, one entry at a time.
struct CAMTStatementReader {
    private(set) var statementCount = 0

    private let defaultCurrency: Currency
    private var stack: [CAMTTag] = []
    private var value: [UInt8] = []
    private var isCut = false
    private var attribute: String?
    private var attributes: [String?] = []

    private var accounts = StatementAccounts()
    private var statement: Statement?
    /// When the whole message was made.
    private var created: String?
    private var entry: CAMTEntry?
    private var payment: CAMTPayment?
    private var paymentBytes = 0
    private var balance: CAMTBalances.Balance?

    private struct Statement {
        var account: String?
        var currency: String?
        var owner: String?
        var created: String?
        var balances = CAMTBalances()
        var context: CAMTEntry.Context?
    }

    init(currency: Currency) { defaultCurrency = currency }

    mutating func start(_ tag: CAMTTag, currency: String?, line: Int) {
        let parent = stack.last
        stack.append(tag)
        attributes.append(currency)
        clear()
        switch (tag, parent) {
        case (.statement, .message):
            statement = Statement()
            statementCount += 1
        case (.entry, .statement) where statement != nil: entry = CAMTEntry(line: line)
        case (.txDtls, _) where entry != nil: payment = CAMTPayment()
        case (.balance, .statement) where statement != nil: balance = CAMTBalances.Balance()
        default: break
        }
    }

    mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard !isCut else { return }
        var end = min(bytes.count, StatementLimits.textBytes - value.count)
        if end < bytes.count {
            isCut = true
            // Never inside of a character.
            while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        }
        value.append(contentsOf: bytes[..<end])
    }

    mutating func end(_ emit: (StatementEvent) -> Void) {
        guard let tag = stack.last else { return }
        attribute = attributes.popLast() ?? nil
        switch tag {
        case .txDtls: endPayment()
        case .entry: endEntry(emit)
        case .balance: endBalance()
        case .statement where parent(1) == .message: endStatement(emit)
        case .other: break
        default:
            if value.contains(where: { $0 > 0x20 }),
                let text = StatementText.tidy(String(decoding: value, as: UTF8.self))
            {
                if entry != nil {
                    take(tag, text, inEntry: ())
                } else if balance != nil {
                    take(tag, text, inBalance: ())
                } else if statement != nil {
                    take(tag, text, inStatement: ())
                } else if tag == .creDtTm, parent(1) == .groupHeader, parent(2) == .message {
                    created = text
                }
            }
        }
        clear()
        stack.removeLast()
    }

    private mutating func clear() {
        value.removeAll(keepingCapacity: true)
        isCut = false
    }

    mutating func finish(_ emit: (StatementEvent) -> Void) { try? accounts.finish { emit($0) } }

    private func parent(_ steps: Int) -> CAMTTag {
        stack.count > steps ? stack[stack.count - 1 - steps] : .other
    }

    // MARK: Values

    private mutating func take(_ tag: CAMTTag, _ text: String, inStatement: Void) {
        switch (tag, parent(1), parent(2)) {
        case (.iban, .id, .account), (.bban, .id, .account), (.upic, .id, .account):
            statement?.account = text.filter { $0 != " " }
        case (.id, .othr, .id) where parent(3) == .account, (.id, .prtryAcct, .id) where parent(3) == .account:
            statement?.account = text
        case (.ccy, .account, _): statement?.currency = text
        case (.nm, .ownr, .account): statement?.owner = text
        case (.creDtTm, .statement, _): statement?.created = text
        default: break
        }
    }

    private mutating func take(_ tag: CAMTTag, _ text: String, inBalance: Void) {
        switch (tag, parent(1), parent(2)) {
        case (.cd, .cdOrPrtry, .tp), (.cd, .tp, .balance): balance?.type = text
        case (.amt, .balance, _): balance?.amount = CAMTAmount(text: text, currency: attribute)
        case (.cdtDbtInd, .balance, _): balance?.isCredit = Self.isCredit(text)
        case (.dt, .dt, .balance), (.dtTm, .dt, .balance), (.dt, .balance, _): balance?.day = text
        default: break
        }
    }

    private mutating func take(_ tag: CAMTTag, _ text: String, inEntry: Void) {
        if payment != nil { return take(tag, text, inPayment: ()) }
        switch (tag, parent(1), parent(2)) {
        case (.amt, .entry, _): entry?.amount = CAMTAmount(text: text, currency: attribute)
        case (.cdtDbtInd, .entry, _): entry?.isCredit = Self.isCredit(text)
        case (.rvslInd, .entry, _): entry?.isReversal = text == "true" || text == "1"
        case (.sts, .entry, _), (.cd, .sts, .entry), (.prtry, .sts, .entry): entry?.status = text
        case (.dt, .bookgDt, .entry), (.dtTm, .bookgDt, .entry): entry?.bookingDate = text
        case (.dt, .valDt, .entry), (.dtTm, .valDt, .entry): entry?.valueDate = text
        case (.ntryRef, .entry, _): entry?.reference = text
        case (.acctSvcrRef, .entry, _): entry?.servicerReference = text
        case (.addtlNtryInf, .entry, _): entry?.additional = text
        default: if var codes = entry?.codes, take(tag, text, &codes) { entry?.codes = codes }
        }
    }

    private mutating func take(_ tag: CAMTTag, _ text: String, inPayment: Void) {
        paymentBytes += text.utf8.count
        switch (tag, parent(1), parent(2)) {
        case (.amt, .txDtls, _): payment?.amount = CAMTAmount(text: text, currency: attribute)
        case (.amt, .txAmt, .amtDtls): payment?.transactionAmount = CAMTAmount(text: text, currency: attribute)
        case (.amt, .instdAmt, .amtDtls): payment?.instructedAmount = CAMTAmount(text: text, currency: attribute)
        case (.amt, .cntrValAmt, .amtDtls): payment?.counterValue = CAMTAmount(text: text, currency: attribute)
        case (.cdtDbtInd, .txDtls, _): payment?.isCredit = Self.isCredit(text)
        case (.endToEndId, .refs, _): payment?.endToEndID = text
        case (.acctSvcrRef, .refs, _): payment?.servicerReference = text
        case (.chqNb, .refs, _): payment?.chequeNumber = text
        case (.tp, .prtry, .refs): payment?.proprietaryKind = text
        case (.ref, .prtry, .refs): payment?.proprietaryReference = text
        case (.ustrd, .rmtInf, _): payment?.unstructured.join(text)
        case (.ref, .cdtrRefInf, .strd): payment?.creditorReference.keepFirst(text)
        case (.addtlRmtInf, .strd, _): payment?.structuredText.join(text)
        case (.addtlTxInf, .txDtls, _): payment?.additional.join(text)
        case (.intrBkSttlmDt, .rltdDts, _), (.txDtTm, .rltdDts, _), (.accptncDtTm, .rltdDts, _):
            payment?.day.keepFirst(text)
        case (.iban, .id, let side), (.bban, .id, let side):
            let account = text.filter { $0 != " " }
            if side == .cdtrAcct { payment?.creditor.account = account }
            if side == .dbtrAcct { payment?.debtor.account = account }
        case (.id, .othr, .id):
            if parent(3) == .cdtrAcct { payment?.creditor.account = text }
            if parent(3) == .dbtrAcct { payment?.debtor.account = text }
        case (.nm, let side, .rltdPties): name(text, side)
        case (.nm, .pty, let side) where parent(3) == .rltdPties: name(text, side)
        case (.nm, .finInstnId, .agt) where parent(4) == .rltdPties: name(text, parent(3))
        default: if var codes = payment?.codes, take(tag, text, &codes) { payment?.codes = codes }
        }
    }

    private mutating func name(_ text: String, _ side: CAMTTag) {
        switch side {
        case .cdtr: payment?.creditor.name = text
        case .dbtr: payment?.debtor.name = text
        case .ultmtCdtr: payment?.creditor.ultimateName = text
        case .ultmtDbtr: payment?.debtor.ultimateName = text
        case .cdtrAcct: payment?.creditor.accountName = text
        case .dbtrAcct: payment?.debtor.accountName = text
        default: break
        }
    }

    private func take(_ tag: CAMTTag, _ text: String, _ codes: inout CAMTCodes) -> Bool {
        switch (tag, parent(1), parent(2)) {
        case (.cd, .domn, .bkTxCd): codes.domain = text
        case (.cd, .fmly, .domn) where parent(3) == .bkTxCd: codes.family = text
        case (.subFmlyCd, .fmly, .domn) where parent(3) == .bkTxCd: codes.subfamily = text
        case (.cd, .prtry, .bkTxCd): codes.proprietary = text
        default: return false
        }
        return true
    }

    private static func isCredit(_ text: String) -> Bool? {
        switch text {
        case "CRDT": true
        case "DBIT": false
        default: nil
        }
    }

    // MARK: Ends

    private mutating func endPayment() {
        guard let payment else { return }
        self.payment = nil
        guard let count = entry?.payments.count else { return }
        if count < StatementLimits.batchPayments, paymentBytes <= StatementLimits.batchBytes {
            entry?.payments.append(payment)
        } else {
            entry?.isTooLarge = true
        }
    }

    private mutating func endBalance() {
        guard let balance else { return }
        self.balance = nil
        statement?.balances.take(balance)
    }

    private mutating func endEntry(_ emit: (StatementEvent) -> Void) {
        guard let entry else { return }
        self.entry = nil
        paymentBytes = 0
        begin(entry.amount?.currency, emit)
        guard let context = statement?.context else { return }
        for event in entry.events(context) { emit(event) }
    }

    /// At the first entry: by then the account and its balances are known.
    private mutating func begin(_ entryCurrency: String?, _ emit: (StatementEvent) -> Void) {
        guard var statement, statement.context == nil else { return }
        let code = statement.currency ?? statement.balances.currency ?? entryCurrency
        var currency = defaultCurrency
        if case .success(let known) = CAMTEntry.currency(code, defaultCurrency) { currency = known }
        statement.context = CAMTEntry.Context(
            currency: currency, account: statement.account, owner: statement.owner,
            created: statement.created ?? created)
        let opening = statement.balances.opening(currency)
        try? accounts.begin(StatementAccount(id: statement.account, currency: currency), opening: opening) { emit($0) }
        self.statement = statement
    }

    private mutating func endStatement(_ emit: (StatementEvent) -> Void) {
        begin(nil, emit)
        guard let statement else { return }
        self.statement = nil
        let currency = statement.context?.currency ?? defaultCurrency
        let closing = statement.balances.closing(currency)
        accounts.end(
            opening: statement.balances.opening(currency), closing: closing?.amount, closingDate: closing?.day)
    }
}

/// The balances of one statement, by their codes.
struct CAMTBalances {
    struct Balance {
        var type: String?
        var amount: CAMTAmount?
        var isCredit: Bool?
        var day: String?
    }

    private var opened: Balance?
    private var previous: Balance?
    private var closed: Balance?
    /// Between the pages of a statement: the first is where the page begins, the last where it ends.
    private var interim: [Balance] = []

    mutating func take(_ balance: Balance) {
        switch balance.type {
        case "OPBD": opened = opened ?? balance
        case "PRCD": previous = previous ?? balance
        case "CLBD": closed = balance
        case "ITBD":
            if interim.count > 1 { interim.removeLast() }
            interim.append(balance)
        default: break
        }
    }

    var currency: String? { (opened ?? previous ?? closed ?? interim.first)?.amount?.currency }

    func opening(_ currency: Currency) -> Money? {
        let first = closed != nil || interim.count > 1 ? interim.first : nil
        return (opened ?? previous ?? first).flatMap { Self.money($0, currency) }
    }

    func closing(_ currency: Currency) -> (amount: Money, day: CalendarDate?)? {
        guard let last = closed ?? interim.last, let amount = Self.money(last, currency) else { return nil }
        return (amount, last.day.flatMap(CAMTEntry.date))
    }

    private static func money(_ balance: Balance, _ account: Currency) -> Money? {
        guard let amount = balance.amount, let isCredit = balance.isCredit,
            case .success(let currency) = CAMTEntry.currency(amount.currency, account),
            case .minorUnits(let value) = CAMTEntry.parse(amount.text, currency), value != .min
        else { return nil }
        return Money(minorUnits: isCredit ? value : -value, currency: currency)
    }
}

extension String? {
    fileprivate mutating func keepFirst(_ text: String) { self = self ?? text }

    fileprivate mutating func join(_ text: String) {
        guard let before = self else {
            self = text
            return
        }
        if before.utf8.count < StatementLimits.textBytes { self = before + " " + text }
    }
}
