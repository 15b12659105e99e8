import Base

/// Lets the running balance say which column the amounts are in and what their sign is: between one row and the next it
/// changes by exactly the amount.
enum CSVBalanceCheck {
    static func settle(
        _ mapping: inout CSVMapping, rows: [CSVDetector.Record], names: [String], override: CSVMappingOverride
    ) {
        let told: [CSVColumn] = [.amount, .debit, .credit, .indicator, .balance, .fee]
        guard override.negate == nil, told.allSatisfy({ override.columns[$0] == nil }) else { return }
        guard let balance = mapping.balance else { return }
        let balances = rows.map { number($0, balance, mapping) }
        let present = amounts(rows, mapping)
        let best = Agreement(present, balances)
        guard best.pairs >= 2 else { return }
        if best.isConvincing {
            addFee(&mapping, rows, names, balances, best)
            return
        }
        for candidate in alternatives(mapping, rows, balance) {
            let agreement = Agreement(amounts(rows, candidate), balances)
            guard agreement.isConvincing, agreement.matches > best.matches else { continue }
            mapping = candidate
            return
        }
        addFee(&mapping, rows, names, balances, best)
    }

    /// For a table without names: which two columns are an amount and the balance after it.
    static func amountAndBalance(
        among columns: [Int], rows: [CSVDetector.Record], mapping: CSVMapping
    ) -> (amount: Int, balance: Int)? {
        for amount in columns.prefix(6) {
            for balance in columns.prefix(6) where balance != amount {
                var candidate = mapping
                (candidate.amount, candidate.balance) = (amount, balance)
                candidate.decimalSeparator = CSVConventions.decimalSeparator(candidate, rows)
                let agreement = Agreement(
                    amounts(rows, candidate), rows.map { number($0, balance, candidate) })
                if agreement.pairs >= 2, agreement.isConvincing { return (amount, balance) }
            }
        }
        return nil
    }

    /// How many steps of the balance are the amounts, from the oldest row to the newest or the other way round.
    private struct Agreement {
        var pairs = 0
        var matches = 0

        init(_ amounts: [Int64?], _ balances: [Int64?]) {
            var oldestFirst = 0
            var newestFirst = 0
            for (index, (balance, next)) in zip(balances, balances.dropFirst()).enumerated() {
                guard let balance, let next, let amount = amounts[index], let following = amounts[index + 1] else {
                    continue
                }
                pairs += 1
                let (step, overflow) = next.subtractingReportingOverflow(balance)
                guard !overflow else { continue }
                if step == following { oldestFirst += 1 }
                if step == 0 - amount { newestFirst += 1 }
            }
            matches = max(oldestFirst, newestFirst)
        }

        /// A few rows may be out of order, or belong to the other account of the file.
        var isConvincing: Bool { matches >= 2 && matches * 10 >= pairs * 7 }
    }

    private static func alternatives(
        _ mapping: CSVMapping, _ rows: [CSVDetector.Record], _ balance: Int
    ) -> [CSVMapping] {
        var candidates: [CSVMapping] = []
        var negated = mapping
        negated.negate.toggle()
        candidates.append(negated)
        if mapping.indicator != nil {
            var without = mapping
            without.indicator = nil
            candidates.append(without)
        }
        var plain = mapping
        plain.unsignedIsOutgoing.toggle()
        candidates.append(plain)
        if mapping.debit != nil, mapping.credit != nil {
            var swapped = mapping
            swap(&swapped.debit, &swapped.credit)
            candidates.append(swapped)
        }
        let width = min(rows.map(\.cells.count).max() ?? 0, 40)
        for column in 0..<width where column != balance && column != mapping.amount && column != mapping.date {
            let filled = rows.filter { column < $0.cells.count && !$0.cells[column].isEmpty }
            guard filled.count * 2 >= rows.count, filled.allSatisfy({ CSVValue($0.cells[column]).shape != nil }) else {
                continue
            }
            var other = mapping
            (other.amount, other.debit, other.credit, other.indicator) = (column, nil, nil, nil)
            (other.negate, other.unsignedIsOutgoing) = (false, false)
            candidates.append(other)
            other.negate = true
            candidates.append(other)
        }
        return candidates
    }

    /// A fee in its own column belongs to the amount where only both together make the step of the balance.
    private static func addFee(
        _ mapping: inout CSVMapping, _ rows: [CSVDetector.Record], _ names: [String], _ balances: [Int64?],
        _ best: Agreement
    ) {
        let words: Set<String> = [
            "fee", "fees", "fee amount", "gebuhr", "gebuhren", "commission", "frais", "comision", "commissione",
            "prowizja",
            "poplatek", "комиссия", "total fee amount", "avgift", "gebyr", "kosten",
        ]
        for (column, name) in names.enumerated()
        where words.contains(CSVVocabulary.normalized(name)) && column != mapping.amount {
            var candidate = mapping
            candidate.fee = column
            let hasFees = rows.contains { (number($0, column, mapping) ?? 0) != 0 }
            guard hasFees, Agreement(amounts(rows, candidate), balances).matches > best.matches else { continue }
            mapping = candidate
            return
        }
    }

    // MARK: Values

    /// Ten-thousandths, which hold the digits of every currency.
    private static func number(_ row: CSVDetector.Record, _ column: Int, _ mapping: CSVMapping) -> Int64? {
        guard column < row.cells.count, !row.cells[column].isEmpty else { return nil }
        var cell = row.cells[column]
        let outcome = cell.withUTF8 { StatementAmount.parse($0, decimal: mapping.decimalSeparator, exponent: 4) }
        guard case .minorUnits(let value) = outcome, value.magnitude < 1 << 60 else { return nil }
        return value
    }

    private static func amounts(_ rows: [CSVDetector.Record], _ mapping: CSVMapping) -> [Int64?] {
        rows.map { row in
            guard var value = amount(row, mapping) else { return nil }
            if mapping.negate { value = -value }
            if let fee = mapping.fee.flatMap({ number(row, $0, mapping) }) { value -= abs(fee) }
            return value
        }
    }

    private static func amount(_ row: CSVDetector.Record, _ mapping: CSVMapping) -> Int64? {
        if let column = mapping.amount {
            guard let value = number(row, column, mapping) else { return nil }
            if let indicator = mapping.indicator {
                let word = indicator < row.cells.count ? row.cells[indicator] : ""
                let told = word.isEmpty ? mapping.blankIsOutgoing : CSVIndicatorWords.isOutgoing(word, mapping)
                return told.map { $0 ? -abs(value) : abs(value) }
            }
            if mapping.unsignedIsOutgoing {
                var cell = row.cells[column]
                return cell.withUTF8 { StatementAmount.isMarked($0) } ? value : -value
            }
            return value
        }
        let debit = mapping.debit.flatMap { number(row, $0, mapping) } ?? 0
        let credit = mapping.credit.flatMap { number(row, $0, mapping) } ?? 0
        if debit == 0, credit == 0 { return nil }
        return debit != 0 ? -abs(debit) : mapping.creditIsNegative ? abs(credit) : credit
    }
}
