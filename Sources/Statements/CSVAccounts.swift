import Base

/// The accounts of one file, which may be mixed line by line.
struct CSVAccounts {
    static let limit = 256

    /// Where the file tells of one account alone, its number.
    let fixedID: String?
    private var current: [UInt8] = []
    private var currency: Currency?
    private var balances = CSVBalances()
    /// Those of the accounts that are not the current one.
    private var others: [[UInt8]: CSVBalances] = [:]

    init(fixedID: String?) { self.fixedID = fixedID }

    /// Starts the account that the row belongs to, unless it goes on. False where there are too many.
    mutating func select(
        _ row: CSVRow, _ transaction: StatementTransaction, _ mapping: CSVMapping, _ cells: inout CSVCells,
        _ emit: (StatementEvent) throws -> Void
    ) throws -> Bool {
        guard let column = mapping.account else {
            if currency == nil { try start(fixedID, transaction.amount.currency, emit) }
            return true
        }
        let cell = row.bytes(column)
        if currency != nil, cell?.elementsEqual(current) ?? current.isEmpty { return true }
        let key = cell.map { Array($0.prefix(128)) } ?? []
        if currency != nil {
            guard others.count < Self.limit else { return false }
            others[current] = balances
            try emit(.accountEnded(balances.ended))
        }
        let known = others.removeValue(forKey: key)
        balances = known ?? CSVBalances()
        current = key
        let id = cell.map { cells.accountID($0) } ?? fixedID
        try start(id, transaction.amount.currency, isResumed: known != nil, emit)
        return true
    }

    mutating func note(
        _ cell: UnsafeBufferPointer<UInt8>?, _ transaction: StatementTransaction, _ mapping: CSVMapping
    ) {
        balances.note(cell, transaction, mapping)
    }

    mutating func finish(_ currency: Currency, _ emit: (StatementEvent) throws -> Void) throws {
        if self.currency == nil { try start(fixedID, currency, emit) }
        try emit(.accountEnded(balances.ended))
    }

    private mutating func start(
        _ id: String?, _ currency: Currency, isResumed: Bool = false, _ emit: (StatementEvent) throws -> Void
    ) throws {
        self.currency = currency
        try emit(.accountStarted(StatementAccount(id: id, currency: currency, isResumed: isResumed)))
    }
}

/// The first and the last balance of the file, which are the oldest and the newest or the other way round.
struct CSVBalances {
    private struct Point {
        var date: CalendarDate
        var amount: Money
        var balance: Money
    }

    private var first: Point?
    private var last: Point?
    private var startsUnknown = false
    private var endsUnknown = false

    mutating func note(
        _ cell: UnsafeBufferPointer<UInt8>?, _ transaction: StatementTransaction, _ mapping: CSVMapping
    ) {
        // An edge without a balance tells nothing of the account before or after it.
        guard let cell else {
            if first == nil { startsUnknown = true }
            endsUnknown = true
            return
        }
        endsUnknown = false
        let currency = transaction.amount.currency
        let outcome = StatementAmount.parse(cell, decimal: mapping.decimalSeparator, exponent: currency.exponent)
        guard case .minorUnits(let minorUnits) = outcome else { return }
        let point = Point(
            date: transaction.date, amount: transaction.amount,
            balance: Money(minorUnits: minorUnits, currency: currency))
        if first == nil { first = point }
        last = point
    }

    var ended: StatementBalances {
        guard let first, let last, first.balance.currency == last.balance.currency else { return StatementBalances() }
        let isNewestFirst = first.date > last.date
        let oldest = isNewestFirst ? last : first
        let newest = isNewestFirst ? first : last
        let knowsOldest = !(isNewestFirst ? endsUnknown : startsUnknown)
        let knowsNewest = !(isNewestFirst ? startsUnknown : endsUnknown)
        let opening = try? oldest.balance - oldest.amount
        return StatementBalances(
            opening: knowsOldest ? opening : nil, closing: knowsNewest ? newest.balance : nil,
            closingDate: knowsNewest ? newest.date : nil)
    }
}
