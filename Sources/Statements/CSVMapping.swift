import Base

/// What each column of a CSV file means, and how its values are written: detected, or told by the caller.
package struct CSVMapping: Equatable, Sendable {
    package var delimiter: UInt8 = UInt8(ascii: ",")
    package var encoding: TextEncoding = .utf8
    /// Lines before the first transaction: what banks write above the table, and the names of the columns.
    package var headerLines = 0

    // Columns, from 0.
    package var date: Int?
    package var valueDate: Int?
    package var amount: Int?
    package var debit: Int?
    package var credit: Int?
    /// A column that says whether the amount came or went: `S`/`H`, `D`/`C`, `Af`/`Bij`.
    package var indicator: Int?
    package var payee: Int?
    /// Who paid, where the file has a column for either side; the other side of what came in.
    package var payer: Int?
    package var memo: Int?
    /// Further columns whose text belongs to the memo.
    package var moreMemo: [Int] = []
    package var reference: Int?
    package var id: Int?
    package var currency: Int?
    package var balance: Int?
    package var type: Int?
    /// Where the bank tells what was declined or never booked.
    package var status: Int?
    /// The number of the account that a row belongs to, where one file holds several.
    package var account: Int?
    /// What the bank took on top, where the running balance shows that the amount leaves it out.
    package var fee: Int?

    package var dateOrder = DateOrder.ymd
    /// The dates that were seen can be read in more than one order; the chosen one is a guess.
    package var ambiguousDateOrder = false
    /// What the choice is between; nil where it makes no difference, or where the rest of the file speaks for one.
    package var ambiguousDates: AmbiguousDates?
    /// How dates are written, where somebody said so; it outweighs the order.
    package var dateFormat: StatementDateFormat?
    package var decimalSeparator: UInt8 = UInt8(ascii: ".")
    /// Money spent is written without a minus, as in many exports of credit cards.
    package var negate = false
    /// Amounts without any sign are money spent, since those that came in have a plus or `CR`.
    package var unsignedIsOutgoing = false
    /// The column of credits has a minus on all of them; it means nothing.
    package var creditIsNegative = false
    /// What an empty indicator means, where the bank only marks the other kind.
    package var blankIsOutgoing: Bool?
    /// Amounts name their currency themselves: `-12,50 PLN`, `£3.20`.
    package var currencyInAmount = false
    /// The currency that the names of the columns tell, as in `Amount (EUR)`.
    package var headerCurrency: Currency?
    /// The currency of every amount, where somebody said so.
    package var currencyOfAll: Currency?
    /// What the indicator says, beside the words that are known; as `CSVIndicatorWords.key` has them.
    package var outgoingWords: Set<String> = []
    package var incomingWords: Set<String> = []

    package init() {}

    var canReadAmounts: Bool { amount != nil || debit != nil || credit != nil }

    /// What the day of today tells about the order of the dates.
    mutating func settleDates(today: CalendarDate?) {
        guard let today, let order = ambiguousDates?.order(today: today) else { return }
        dateOrder = order
        ambiguousDateOrder = false
        ambiguousDates = nil
    }

    func day(_ cell: UnsafeBufferPointer<UInt8>) -> CalendarDate? {
        if let dateFormat { return dateFormat.parse(cell) }
        return StatementDate.parse(cell, order: dateOrder)
    }
}

/// What the caller knows better than the detection. Nil leaves a part to it.
package struct CSVMappingOverride: Equatable, Sendable {
    package var delimiter: UInt8?
    package var encoding: TextEncoding?
    package var headerLines: Int?
    package var dateOrder: DateOrder?
    /// Outweighs the order.
    package var dateFormat: StatementDateFormat?
    package var decimalSeparator: UInt8?
    package var negate: Bool?
    /// The currency of every amount, whatever the file says.
    package var currency: Currency?
    /// What the indicator's column says of money that went and of money that came, in any case: `["Uit"]`, `["In"]`.
    package var outgoingWords: [String]?
    package var incomingWords: [String]?
    /// Columns whose text follows that of the memo, in this order.
    package var moreMemo: [Int]?
    /// A column's place, or `.some(nil)` where the file has no such column.
    package var columns: [CSVColumn: Int?] = [:]

    package init() {}

    package var isEmpty: Bool { self == CSVMappingOverride() }

    /// Nil says that the file has no such column. (Assigning nil to the dictionary would leave it to the detection.)
    package mutating func set(_ column: CSVColumn, to position: Int?) {
        columns.updateValue(position, forKey: column)
    }

    /// Without what makes no sense: a letter that separates columns, a digit that separates decimals.
    var sensible: CSVMappingOverride {
        var sensible = self
        if let delimiter,
            delimiter == 0x22 || delimiter == 0x0A || delimiter == 0x0D || delimiter >= 0x80
                || delimiter &- 48 < 10 || (delimiter | 0x20) &- 97 < 26
        {
            sensible.delimiter = nil
        }
        if let decimalSeparator, decimalSeparator != UInt8(ascii: "."), decimalSeparator != UInt8(ascii: ",") {
            sensible.decimalSeparator = nil
        }
        return sensible
    }
}

package enum CSVColumn: String, CaseIterable, Sendable {
    case date, valueDate, amount, debit, credit, indicator, payee, payer, memo, reference, id, currency, balance, type,
        status,
        account, fee
}

extension CSVMapping {
    package subscript(column: CSVColumn) -> Int? {
        get { self[keyPath: column.path] }
        set { self[keyPath: column.path] = newValue }
    }

    mutating func apply(_ override: CSVMappingOverride) {
        if let delimiter = override.delimiter { self.delimiter = delimiter }
        if let encoding = override.encoding { self.encoding = encoding }
        if let headerLines = override.headerLines { self.headerLines = max(headerLines, 0) }
        if let dateOrder = override.dateOrder {
            self.dateOrder = dateOrder
            ambiguousDateOrder = false
            ambiguousDates = nil
        }
        if let dateFormat = override.dateFormat {
            self.dateFormat = dateFormat
            ambiguousDateOrder = false
            ambiguousDates = nil
        }
        if let decimal = override.decimalSeparator { decimalSeparator = decimal }
        if let negate = override.negate { self.negate = negate }
        if let currency = override.currency {
            currencyOfAll = currency
            headerCurrency = nil
        }
        if let words = override.outgoingWords { outgoingWords = Set(words.map { CSVIndicatorWords.key($0) }) }
        if let words = override.incomingWords { incomingWords = Set(words.map { CSVIndicatorWords.key($0) }) }
        for (column, position) in override.columns {
            self[column] = position.flatMap { (0..<StatementLimits.columns).contains($0) ? $0 : nil }
        }
        // One column of amounts, or two of debits and credits: what the caller names replaces the other kind.
        let namesAmount = override.columns[.amount].flatMap { $0 } != nil
        let namesSides = [CSVColumn.debit, .credit].contains { override.columns[$0].flatMap { $0 } != nil }
        if namesAmount, !namesSides {
            debit = nil
            credit = nil
        }
        if namesSides, !namesAmount { amount = nil }
        if override.columns[.memo] != nil { moreMemo = [] }
        if let columns = override.moreMemo {
            moreMemo = columns.filter { (0..<StatementLimits.columns).contains($0) }
        }
    }
}

extension CSVColumn {
    fileprivate var path: WritableKeyPath<CSVMapping, Int?> {
        switch self {
        case .date: \.date
        case .valueDate: \.valueDate
        case .amount: \.amount
        case .debit: \.debit
        case .credit: \.credit
        case .indicator: \.indicator
        case .payee: \.payee
        case .payer: \.payer
        case .memo: \.memo
        case .reference: \.reference
        case .id: \.id
        case .currency: \.currency
        case .balance: \.balance
        case .type: \.type
        case .status: \.status
        case .account: \.account
        case .fee: \.fee
        }
    }
}
