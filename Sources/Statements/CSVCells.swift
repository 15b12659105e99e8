import Base

/// Turns the cells of a row into a transaction, or says why it is none.
struct CSVCells {
    enum Outcome {
        case transaction(StatementTransaction)
        case rejected(String)
    }

    private var decoder: TextDecoder
    private var scratch: [UInt8] = []
    /// Words of indicators and statuses repeat on every row: what each meant is remembered, a few at most.
    private var indicators: [(word: [UInt8], isOutgoing: Bool?)] = []
    private var statuses: [(word: [UInt8], standing: CSVStatusWords.Standing)] = []

    init(encoding: TextEncoding) {
        decoder = TextDecoder(encoding)
    }

    mutating func read(_ row: CSVRow, _ mapping: CSVMapping, _ fallback: Currency, line: Int) -> Outcome {
        guard let dateColumn = mapping.date, let dateCell = row.bytes(dateColumn) else {
            return .rejected("There is no date.")
        }
        guard let date = mapping.day(dateCell) else {
            return .rejected("“\(shown(dateCell))” is not a date.")
        }
        if let column = mapping.status, let cell = row.bytes(column) {
            let hasBalance = mapping.balance.flatMap { row.bytes($0) } != nil
            if isVoid(cell, hasBalance: hasBalance) { return .rejected("The bank marks it as “\(shown(cell))”.") }
        }
        var currency = fallback
        if let told = mapping.currencyOfAll {
            currency = told
        } else if let column = mapping.currency, let cell = row.bytes(column) {
            guard let known = CurrencyWords.currency(cell) else {
                return .rejected("“\(shown(cell))” is not a currency.")
            }
            currency = known
        } else if mapping.currencyInAmount, let named = namedCurrency(row, mapping, fallback) {
            currency = named
        }
        let minorUnits: Int64
        switch amount(row, mapping, currency) {
        case .minorUnits(let value): minorUnits = value
        case .rejected(let reason): return .rejected(reason)
        }
        guard minorUnits != 0 else { return .rejected("The amount is zero.") }

        var payee = text(row, mapping.payee)
        if minorUnits > 0, let payer = mapping.payer { payee = text(row, payer) ?? payee }
        var memo = memo(row, mapping)
        // Better the kind of the transaction than no word about it.
        if payee == nil, memo == nil { memo = text(row, mapping.type) }
        if CSVTotalWords.mayContain(payee ?? memo), payee == nil || memo == nil || payee == memo {
            if let words = payee ?? memo, CSVTotalWords.contains(words) {
                return .rejected("This is a balance or a total, not a transaction.")
            }
        }
        return .transaction(
            StatementTransaction(
                date: date,
                valueDate: mapping.valueDate.flatMap { row.bytes($0) }.flatMap { mapping.day($0) },
                amount: Money(minorUnits: minorUnits, currency: currency), payee: payee,
                memo: memo, reference: text(row, mapping.reference), externalID: text(row, mapping.id),
                type: text(row, mapping.type), line: line))
    }

    // MARK: Amount

    private enum Amount {
        case minorUnits(Int64)
        case rejected(String)
    }

    private mutating func amount(_ row: CSVRow, _ mapping: CSVMapping, _ currency: Currency) -> Amount {
        var value: Int64 = 0
        if let column = mapping.amount, let cell = row.bytes(column) {
            switch parse(cell, mapping, currency) {
            case .minorUnits(let minorUnits): value = minorUnits
            case let rejected: return rejected
            }
            if let column = mapping.indicator {
                let isOutgoing: Bool
                if let cell = row.bytes(column) {
                    guard let told = self.isOutgoing(cell, mapping) else {
                        return .rejected("“\(shown(cell))” does not say whether it came or went.")
                    }
                    isOutgoing = told
                } else {
                    guard let meant = mapping.blankIsOutgoing else {
                        return .rejected("Nothing says whether it came or went.")
                    }
                    isOutgoing = meant
                }
                value = isOutgoing ? -Int64(clamping: value.magnitude) : Int64(clamping: value.magnitude)
            } else if mapping.unsignedIsOutgoing, !StatementAmount.isMarked(cell) {
                value = -value
            }
        } else if mapping.debit != nil || mapping.credit != nil {
            var sides: (debit: Int64?, credit: Int64?) = (nil, nil)
            if let cell = mapping.debit.flatMap({ row.bytes($0) }) {
                switch parse(cell, mapping, currency) {
                case .minorUnits(let minorUnits): sides.debit = minorUnits
                case let rejected: return rejected
                }
            }
            if let cell = mapping.credit.flatMap({ row.bytes($0) }) {
                switch parse(cell, mapping, currency) {
                case .minorUnits(let minorUnits): sides.credit = minorUnits
                case let rejected: return rejected
                }
            }
            switch (sides.debit ?? 0, sides.credit ?? 0) {
            case (0, 0): return .rejected(sides == (nil, nil) ? "There is no amount." : "The amount is zero.")
            // Some banks write debits with a minus, some without.
            case (let debit, 0): value = -Int64(clamping: debit.magnitude)
            case (0, let credit): value = mapping.creditIsNegative ? Int64(clamping: credit.magnitude) : credit
            default: return .rejected("It has both a debit and a credit.")
            }
        } else {
            return .rejected("There is no amount.")
        }
        if mapping.negate { value = -value }
        if let cell = mapping.fee.flatMap({ row.bytes($0) }) {
            switch parse(cell, mapping, currency) {
            case .minorUnits(let fee):
                let (rest, overflow) = value.subtractingReportingOverflow(Int64(clamping: fee.magnitude))
                guard !overflow else { return .rejected("“\(shown(cell))” is too large to be held.") }
                value = rest
            case let rejected: return rejected
            }
        }
        return .minorUnits(value)
    }

    private func namedCurrency(_ row: CSVRow, _ mapping: CSVMapping, _ fallback: Currency) -> Currency? {
        for column in [mapping.amount, mapping.debit, mapping.credit] {
            guard let cell = column.flatMap({ row.bytes($0) }) else { continue }
            if let currency = AmountMarks.currency(in: cell, else: fallback) { return currency }
        }
        return nil
    }

    private mutating func parse(
        _ cell: UnsafeBufferPointer<UInt8>, _ mapping: CSVMapping, _ currency: Currency
    ) -> Amount {
        switch StatementAmount.parse(cell, decimal: mapping.decimalSeparator, exponent: currency.exponent) {
        case .minorUnits(let value): return .minorUnits(value)
        case .failure(.empty): return .rejected("There is no amount.")
        case .failure(.unreadable): return .rejected("“\(shown(cell))” is not an amount.")
        case .failure(.outOfRange): return .rejected("“\(shown(cell))” is too large to be held.")
        case .failure(.tooPrecise):
            return .rejected("“\(shown(cell))” has more digits than \(currency.code) has (\(currency.exponent)).")
        }
    }

    private mutating func isOutgoing(_ cell: UnsafeBufferPointer<UInt8>, _ mapping: CSVMapping) -> Bool? {
        if let known = indicators.first(where: { $0.word.elementsEqual(cell) }) { return known.isOutgoing }
        let isOutgoing = CSVIndicatorWords.isOutgoing(decoder.string(cell), mapping)
        if indicators.count < 8, cell.count <= 64 { indicators.append((Array(cell), isOutgoing)) }
        return isOutgoing
    }

    /// What is pending has no place in the account yet, unless the account's balance already tells of it.
    private mutating func isVoid(_ cell: UnsafeBufferPointer<UInt8>, hasBalance: Bool) -> Bool {
        let standing: CSVStatusWords.Standing
        if let known = statuses.first(where: { $0.word.elementsEqual(cell) }) {
            standing = known.standing
        } else {
            standing = CSVStatusWords.standing(decoder.string(cell))
            if statuses.count < 8, cell.count <= 64 { statuses.append((Array(cell), standing)) }
        }
        return standing == .void || (standing == .pending && !hasBalance)
    }

    // MARK: Text

    private mutating func memo(_ row: CSVRow, _ mapping: CSVMapping) -> String? {
        var memo = text(row, mapping.memo)
        for column in mapping.moreMemo {
            guard let more = text(row, column), more != memo else { continue }
            memo = memo.map { $0 + " " + more } ?? more
        }
        return memo
    }

    private mutating func text(_ row: CSVRow, _ column: Int?) -> String? {
        guard let column, let cell = row.bytes(column) else { return nil }
        let hasDoubledQuotes = row.fields[column].hasDoubledQuotes
        guard hasDoubledQuotes || Self.hasLooseSpace(cell) else { return decoder.string(cell) }
        Self.tidy(cell, undoubling: hasDoubledQuotes, into: &scratch)
        return scratch.withUnsafeBufferPointer { decoder.string($0) }
    }

    /// Banks pad with blanks and break lines inside of texts.
    static func hasLooseSpace(_ cell: UnsafeBufferPointer<UInt8>) -> Bool {
        var isAfterSpace = false
        for byte in cell {
            if byte < 0x20 { return true }
            if byte == 0x20, isAfterSpace { return true }
            isAfterSpace = byte == 0x20
        }
        return false
    }

    /// One space for every run of blanks, one quote for every doubled one.
    static func tidy(_ cell: UnsafeBufferPointer<UInt8>, undoubling: Bool, into output: inout [UInt8]) {
        output.removeAll(keepingCapacity: true)
        var position = 0
        while position < cell.count {
            let byte = cell[position]
            position += 1
            if byte <= 0x20 {
                if output.last != 0x20 { output.append(0x20) }
                continue
            }
            output.append(byte)
            if undoubling, byte == UInt8(ascii: "\""), position < cell.count, cell[position] == byte { position += 1 }
        }
    }

    private mutating func shown(_ cell: UnsafeBufferPointer<UInt8>) -> String {
        String(decoder.string(UnsafeBufferPointer(rebasing: cell.prefix(200))).prefix(40))
    }

    mutating func accountID(_ cell: UnsafeBufferPointer<UInt8>) -> String {
        String(
            decoder.string(UnsafeBufferPointer(rebasing: cell.prefix(128))).filter {
                $0 != " " || !cell.contains { $0 &- 48 < 10 }
            })
    }

    mutating func rejectedText(_ raw: UnsafeBufferPointer<UInt8>) -> String {
        let start = UnsafeBufferPointer(rebasing: raw.prefix(StatementLimits.rejectedText * 4)).trimmed()
        return String(decoder.string(start).prefix(StatementLimits.rejectedText))
    }
}
