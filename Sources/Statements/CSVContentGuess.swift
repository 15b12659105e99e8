import Base

/// Finds columns by their values alone: for files without names, or with names that nobody knows.
enum CSVContentGuess {
    static func complete(
        _ mapping: inout CSVMapping, _ columns: [CSVColumnProfile], _ rows: [CSVDetector.Record], names: [String]
    ) {
        let isNamed = mapping.date != nil && mapping.canReadAmounts
        var taken = Set(CSVColumn.allCases.compactMap { mapping[$0] } + mapping.moreMemo)
        if mapping.date == nil, mapping.valueDate == nil {
            let dates = columns.indices.filter { !taken.contains($0) && columns[$0].mostly(columns[$0].dates) }
            mapping.date = dates.first
            if dates.count > 1, columns[dates[1]].filled == columns[dates[0]].filled { mapping.valueDate = dates[1] }
            taken.formUnion([mapping.date, mapping.valueDate].compactMap { $0 })
        }
        if !mapping.canReadAmounts { amounts(&mapping, columns, rows, names: names, &taken) }
        if mapping.indicator == nil, mapping.amount != nil, let column = signColumn(columns, taken, names, mapping) {
            mapping.indicator = column
            taken.insert(column)
        }
        if mapping.currency == nil {
            // Beside the amount where there are several: the others may tell of foreign currencies.
            let codes = columns.indices.filter {
                !taken.contains($0) && columns[$0].filled > 0 && columns[$0].currencies == columns[$0].filled
                    && (!isNamed || names.count <= $0 || CSVVocabulary.meanings(of: names[$0]).isEmpty == false
                        || names[$0].isEmpty || $0 + 1 == mapping.amount)
            }
            mapping.currency = codes.min { abs($0 - (mapping.amount ?? 0)) < abs($1 - (mapping.amount ?? 0)) }
            if let currency = mapping.currency { taken.insert(currency) }
        }
        guard !isNamed || (mapping.memo == nil && mapping.payee == nil) else { return }
        if mapping.memo == nil {
            let texts = columns.indices.filter {
                !taken.contains($0) && columns[$0].filled > 0 && columns[$0].mostly(columns[$0].letters)
                    && !columns[$0].mostly(columns[$0].dates)
            }
            mapping.memo = texts.max { columns[$0].totalLength < columns[$1].totalLength }
            // Without names nobody knows which text is which, so all of them are kept.
            if names.isEmpty, let memo = mapping.memo {
                mapping.moreMemo = texts.filter {
                    $0 != memo && !columns[$0].mostly(columns[$0].codes) && columns[$0].varies
                }
                .prefix(8).map { $0 }
            }
        }
    }

    /// A column without a known name that holds nothing but `CR` and `DR`, or their like, beside amounts without signs.
    private static func signColumn(
        _ columns: [CSVColumnProfile], _ taken: Set<Int>, _ names: [String], _ mapping: CSVMapping
    ) -> Int? {
        guard let amount = mapping.amount, amount < columns.count, columns[amount].negatives == 0 else { return nil }
        return columns.indices.first { column in
            guard !taken.contains(column), columns[column].filled > 0,
                columns[column].indicators == columns[column].filled,
                columns[column].distinct.count <= 2
            else { return false }
            // Where only some rows are marked, or all alike, it stands right behind the amount.
            return columns[column].distinct.count == 2 || column == amount + 1
        }
    }

    private static func amounts(
        _ mapping: inout CSVMapping, _ columns: [CSVColumnProfile], _ rows: [CSVDetector.Record],
        names: [String], _ taken: inout Set<Int>
    ) {
        let numeric = columns.indices.filter { position in
            let column = columns[position]
            guard !taken.contains(position), column.filled > 0, column.numbers == column.filled else { return false }
            guard position >= names.count || !CSVVocabulary.isOther(names[position]) else { return false }
            // Long whole numbers are accounts and references; a column of one value tells nothing unless alone.
            let averageLength = column.totalLength / column.filled
            return column.decimals > 0 || column.negatives > 0 || averageLength <= 7
        }
        let withDecimals = numeric.filter { columns[$0].decimals > 0 || columns[$0].negatives > 0 }
        let candidates = withDecimals.isEmpty ? numeric : withDecimals
        guard let first = candidates.first else { return }
        if let (amount, balance) = CSVBalanceCheck.amountAndBalance(among: candidates, rows: rows, mapping: mapping) {
            mapping.amount = amount
            mapping.balance = balance
            taken.formUnion([amount, balance])
            return
        }
        // Two columns of which each row fills one: debits and credits.
        if candidates.count >= 2 {
            let second = candidates[1]
            let isSplit = rows.allSatisfy { row in
                let sides = [first, second].map { $0 < row.cells.count && !row.cells[$0].isEmpty }
                return sides[0] != sides[1] || !sides[0]
            }
            if isSplit, columns[first].filled + columns[second].filled >= rows.count * 6 / 10 {
                mapping.debit = first
                mapping.credit = second
                taken.formUnion([first, second])
                if candidates.count == 3 { mapping.balance = candidates[2] }
                return
            }
        }
        let signed = candidates.first { columns[$0].negatives > 0 }
        let fullest = candidates.filter { columns[$0].filled * 10 >= rows.count * 6 }
        let amount = signed ?? fullest.first ?? first
        mapping.amount = amount
        taken.insert(amount)
    }
}
