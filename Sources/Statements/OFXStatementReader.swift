import Base

/// Turns the tags of OFX into accounts, transactions and balances.
struct OFXStatementReader {
    private enum Section {
        case none, account, payee, ledgerBalance, status, currency, other
    }

    /// `</OFX>` was seen.
    private(set) var isComplete = false

    private let defaultCurrency: Currency
    private var decoder: TextDecoder
    private var section = Section.none
    private var isInvestment = false
    private var trade: OFXTrade?
    private var transaction: OFXTransaction?

    private var isInStatement = false
    private var hasStarted = false
    private var accountID: String?
    private var currency: Currency?
    private var unknownCurrency: String?
    private var balance: (amount: String?, date: String?) = (nil, nil)

    private var hasSeenStatement = false
    private var isError = false
    private var statusMessage: String?

    init(currency: Currency, encoding: TextEncoding) {
        defaultCurrency = currency
        decoder = TextDecoder(encoding)
    }

    mutating func handle(
        _ token: OFXTokenizer.Token, line: Int, _ emit: (StatementEvent) throws -> Void
    ) throws {
        switch token {
        case .open(let name): try open(name, line, emit)
        case .close(let name): try close(name, emit)
        case .value(let name, let bytes): value(name, bytes)
        }
    }

    mutating func finish(_ emit: (StatementEvent) throws -> Void) throws {
        try endStatement(emit)
        guard hasSeenStatement else {
            guard isError, let statusMessage else { throw Refusal.statementEmpty }
            throw Refusal(
                .unprocessable, "STATEMENT_EMPTY",
                "The file holds no bank statement, but an error of the bank: \(statusMessage)")
        }
    }

    // MARK: Tags

    private mutating func open(_ name: String, _ line: Int, _ emit: (StatementEvent) throws -> Void) throws {
        switch name {
        case "OFX": isComplete = false
        case "STMTRS", "CCSTMTRS":
            try endStatement(emit)
            isInStatement = true
            hasSeenStatement = true
        case "INVSTMTRS":
            try endStatement(emit)
            isInvestment = true
            isInStatement = true
            hasSeenStatement = true
        case "STMTTRN":
            try endTransaction(emit)
            section = .none
            transaction = OFXTransaction(line: line)
        case "BANKACCTFROM", "CCACCTFROM", "INVACCTFROM": section = transaction == nil ? .account : .other
        case "BANKACCTTO", "CCACCTTO", "AVAILBAL", "ORIGCURRENCY", "INV401KBAL", "INVBAL", "BAL": section = .other
        case "PAYEE": section = .payee
        case "LEDGERBAL":
            try endTransaction(emit)
            section = .ledgerBalance
        case "STATUS": section = .status
        case "CURRENCY": section = .currency
        default:
            guard isInvestment, OFXTrade.kinds.contains(name) else { return }
            try endTransaction(emit)
            try endTrade(emit)
            trade = OFXTrade(kind: name, line: line)
        }
    }

    private mutating func close(_ name: String, _ emit: (StatementEvent) throws -> Void) throws {
        switch name {
        case "STMTTRN", "BANKTRANLIST": try endTransaction(emit)
        case "STMTRS", "CCSTMTRS", "INVSTMTRS": try endStatement(emit)
        case "OFX":
            try endStatement(emit)
            isComplete = true
        case "BANKACCTFROM", "CCACCTFROM", "INVACCTFROM", "BANKACCTTO", "CCACCTTO", "AVAILBAL", "ORIGCURRENCY",
            "INVBAL",
            "PAYEE", "LEDGERBAL", "STATUS", "CURRENCY", "BAL", "INV401KBAL":
            section = .none
        default: if trade?.kind == name { try endTrade(emit) }
        }
    }

    private mutating func value(_ name: String, _ bytes: UnsafeBufferPointer<UInt8>) {
        switch section {
        case .other: return
        case .status:
            if name == "SEVERITY" { isError = isError || text(bytes) == "ERROR" }
            if name == "MESSAGE", isError || statusMessage == nil { statusMessage = String(text(bytes).prefix(200)) }
            return
        case .ledgerBalance:
            if name == "BALAMT" { balance.amount = text(bytes) }
            if name == "DTASOF" { balance.date = text(bytes) }
            return
        case .account where transaction == nil:
            if name == "ACCTID" { accountID = text(bytes) }
            return
        case .currency where transaction != nil:
            let code = text(bytes)
            if name == "CURSYM" { transaction?.currency = code }
            return
        case .payee where transaction != nil:
            let payee = text(bytes)
            if name == "NAME" { transaction?.payee = payee }
            return
        default: break
        }
        if transaction != nil {
            let value = text(bytes)
            transaction?.set(name, value)
        } else if trade != nil {
            let value = text(bytes)
            trade?.set(name, value)
        } else if name == "CURDEF" {
            let code = text(bytes)
            currency = CurrencyWords.currency(bytes)
            unknownCurrency = currency == nil ? code : nil
        }
    }

    private mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        guard CSVCells.hasLooseSpace(bytes) else { return OFXEntities.decoded(decoder.string(bytes)) }
        var tidy: [UInt8] = []
        CSVCells.tidy(bytes, undoubling: false, into: &tidy)
        return OFXEntities.decoded(tidy.withUnsafeBufferPointer { decoder.string($0) })
    }

    // MARK: Ends

    private mutating func startAccount(_ emit: (StatementEvent) throws -> Void) throws {
        guard !hasStarted else { return }
        hasStarted = true
        try emit(.accountStarted(StatementAccount(id: accountID, currency: currency ?? defaultCurrency)))
    }

    private mutating func endTransaction(_ emit: (StatementEvent) throws -> Void) throws {
        guard let transaction else { return }
        self.transaction = nil
        section = .none
        try startAccount(emit)
        if let unknownCurrency, transaction.currency == nil {
            let reason = "“\(unknownCurrency.prefix(40))” is not a currency."
            return try emit(.rejected(transaction.rejected(reason)))
        }
        switch transaction.read(currency ?? defaultCurrency) {
        case .success(let read): try emit(.transaction(read))
        case .failure(let problem): try emit(.rejected(transaction.rejected(problem.reason)))
        }
    }

    /// Money that goes in and out of an investment account is a transaction as any other; what it is put into is not.
    private mutating func endTrade(_ emit: (StatementEvent) throws -> Void) throws {
        guard let trade else { return }
        self.trade = nil
        try startAccount(emit)
        try emit(.rejected(trade.rejected))
    }

    private mutating func endStatement(_ emit: (StatementEvent) throws -> Void) throws {
        try endTransaction(emit)
        try endTrade(emit)
        section = .none
        if isInStatement {
            try startAccount(emit)
            try emit(.accountEnded(balances()))
        }
        isInvestment = false
        isInStatement = false
        hasStarted = false
        accountID = nil
        currency = nil
        unknownCurrency = nil
        balance = (nil, nil)
    }

    private func balances() -> StatementBalances {
        let currency = currency ?? defaultCurrency
        guard let amount = balance.amount, unknownCurrency == nil,
            case .minorUnits(let minorUnits) = OFXTransaction.amount(amount, currency)
        else { return StatementBalances() }
        return StatementBalances(
            closing: Money(minorUnits: minorUnits, currency: currency),
            closingDate: balance.date.flatMap { OFXTransaction.date($0) })
    }
}
