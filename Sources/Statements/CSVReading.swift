import Base

/// One way to read the sampled records: under one delimiter and one encoding.
struct CSVReading {
    let records: [CSVDetector.Record]
    let delimiter: UInt8
    let encoding: TextEncoding
    let override: CSVMappingOverride

    func detect() -> CSVDetector.Detection? {
        guard !records.isEmpty else { return nil }
        var mapping = CSVMapping()
        mapping.delimiter = delimiter
        mapping.encoding = encoding

        let header = headerRecord()
        // Columns that were told but are not understood: the first line is taken for their names, so that the others
        // are rejected one by one and say why.
        let noRow = readsAsTold([]) == nil ? records.count : min(1, records.count)
        let firstRow = header.map { $0 + 1 } ?? records.firstIndex { looksLikeRow($0.cells) } ?? noRow
        var rows = records[firstRow...].filter { !$0.isBlank }
        if let lines = override.headerLines { rows = records.filter { $0.endLine > lines && !$0.isBlank } }
        mapping.headerLines = firstRow > 0 && firstRow <= records.count ? records[firstRow - 1].endLine : 0

        // A row of names above the data, even where none of them is known.
        let names = columnNames(header: header, firstRow: firstRow)
        let width = max(rows.map(\.cells.count).max() ?? 0, names.count)
        let columns = (0..<width).map { CSVColumnProfile(rows: rows, column: $0) }

        var matched = 0
        if let header {
            matched = assign(records[header].cells, columns, hasRows: !rows.isEmpty, to: &mapping)
            mapping.headerCurrency = headerCurrency(mapping, names)
        }
        // What the names did not tell, the values do.
        if !rows.isEmpty {
            // Names that are more or fewer than the columns stand above the wrong ones.
            let fits = rows.filter { $0.cells.count == names.count }.count * 2 >= rows.count
            CSVContentGuess.complete(&mapping, columns, rows, names: fits ? names : [])
        }
        skipSummary(&mapping, &rows, header: header)
        let preamble = CSVPreamble(records[..<min(firstRow, records.count)], header: header)
        if mapping.currency == nil, mapping.headerCurrency == nil { mapping.headerCurrency = preamble.currency }
        mapping.apply(override)
        guard mapping.date != nil || mapping.valueDate != nil, mapping.canReadAmounts else { return nil }
        if mapping.date == nil {
            mapping.date = mapping.valueDate
            mapping.valueDate = nil
        }
        CSVConventions.settle(&mapping, rows: rows, names: names, override: override)
        let score = rows.filter { reads($0.cells, mapping) }.count * 10 + matched
        guard score > 0 || !override.columns.isEmpty else { return nil }
        return CSVDetector.Detection(
            mapping: mapping, columnNames: names, accountID: preamble.accountID, score: score)
    }

    /// Instead of names some banks write a line of totals that looks like a row, but its date is of another form.
    private func skipSummary(_ mapping: inout CSVMapping, _ rows: inout [CSVDetector.Record], header: Int?) {
        guard header == nil, override.headerLines == nil, let date = mapping.date, rows.count >= 3 else { return }
        let forms = rows.map { row in
            date < row.cells.count ? CSVValue(row.cells[date]).parts.map { $0.digits.0 == 4 } : nil
        }
        guard let first = forms[0], forms.dropFirst().allSatisfy({ $0 == !first }) else { return }
        mapping.headerLines = rows[0].endLine
        rows.removeFirst()
    }

    // MARK: Header

    /// The record that names most parts of a statement, dates and amounts among them.
    private func headerRecord() -> Int? {
        if let lines = override.headerLines {
            return records.lastIndex { $0.endLine <= lines && !$0.isBlank }
        }
        var best: (index: Int, count: Int)?
        for (index, record) in records.prefix(60).enumerated() where record.cells.count > 1 {
            var found: Set<CSVColumn> = []
            for cell in record.cells where cell.utf8.count <= 80 {
                for meaning in CSVVocabulary.meanings(of: cell) { found.insert(meaning.column) }
            }
            guard found.contains(.date) || found.contains(.valueDate),
                found.contains(.amount) || found.contains(.debit) || found.contains(.credit),
                !looksLikeRow(record.cells)
            else { continue }
            if found.count > (best?.count ?? 0) { best = (index, found.count) }
        }
        return best?.index
    }

    private func columnNames(header: Int?, firstRow: Int) -> [String] {
        if let header { return records[header].cells }
        guard firstRow > 0, firstRow < records.count else { return [] }
        let above = records[firstRow - 1]
        return above.cells.count == records[firstRow].cells.count && !above.isBlank ? above.cells : []
    }

    private func looksLikeRow(_ cells: [String]) -> Bool { readsAsTold(cells) ?? CSVSignature.isRow(cells) }

    /// Where somebody told the columns of date and amount, these alone decide. Nil where nobody did.
    private func readsAsTold(_ cells: [String]) -> Bool? {
        guard let date = override.columns[.date].flatMap({ $0 }) else { return nil }
        let money = [CSVColumn.amount, .debit, .credit].compactMap { override.columns[$0].flatMap { $0 } }
        guard !money.isEmpty else { return nil }
        guard date < cells.count, money.contains(where: { $0 < cells.count && CSVValue(cells[$0]).shape != nil }) else {
            return false
        }
        var cell = cells[date]
        return override.dateFormat.map { format in cell.withUTF8 { format.parse($0) != nil } } ?? CSVValue(cell).isDate
    }

    /// Gives each part the column that claims it with most weight and holds such values. Returns how many were named.
    private func assign(
        _ names: [String], _ columns: [CSVColumnProfile], hasRows: Bool, to mapping: inout CSVMapping
    ) -> Int {
        var claims: [(column: CSVColumn, weight: Int, position: Int)] = []
        var previous: [CSVVocabulary.Meaning] = []
        for (position, name) in names.enumerated() {
            var meanings = CSVVocabulary.meanings(of: name)
            // A column without a name belongs to the one before it: `Mutatie,,Saldo,`.
            if name.isEmpty { meanings = previous.map { .init(column: $0.column, weight: $0.weight - 5) } }
            previous = meanings
            for meaning in meanings {
                // A column that holds nothing but such words is one, whatever else its name could mean.
                let weight = meaning.weight + (meaning.column == .indicator ? 20 : 0)
                claims.append((meaning.column, weight, position))
            }
        }
        claims.sort { left, right in
            if left.weight != right.weight { return left.weight > right.weight }
            if left.position != right.position { return left.position < right.position }
            return left.column == .type && right.column == .memo
        }
        var taken: Set<Int> = []
        var moreMemo: [Int] = []
        for claim in claims where !taken.contains(claim.position) {
            let profile = claim.position < columns.count ? columns[claim.position] : CSVColumnProfile()
            guard !hasRows || profile.fits(claim.column) else { continue }
            if mapping[claim.column] == nil {
                mapping[claim.column] = claim.position
                taken.insert(claim.position)
            } else if claim.column == .memo, moreMemo.count < 16 {
                moreMemo.append(claim.position)
                taken.insert(claim.position)
            }
        }
        // A name that nothing else bears stands even above one text alone: what a column is must not hang on how many
        // rows a file happens to have, or the same payment would look different in the next file.
        for claim in claims where !taken.contains(claim.position) && mapping[claim.column] == nil {
            guard claim.column == .payee || claim.column == .memo, claim.position < columns.count,
                columns[claim.position].filled > 0, !columns[claim.position].mostly(columns[claim.position].dates)
            else { continue }
            mapping[claim.column] = claim.position
            taken.insert(claim.position)
        }
        mapping.moreMemo = moreMemo.sorted()
        if let payee = mapping.payee, let payer = other(side: payee, names, columns) {
            (mapping.payee, mapping.payer) = payer.isRecipient ? (payer.position, payee) : (payee, payer.position)
            mapping.moreMemo.removeAll { $0 == payer.position }
        }
        // A posting text is the kind of a transaction beside its purpose, and its only description otherwise.
        if mapping.memo == nil, mapping.payee == nil, let type = mapping.type,
            CSVVocabulary.meanings(of: names[type]).contains(where: { $0.column == .memo })
        {
            mapping.memo = type
            mapping.type = nil
        }
        // Without a column for the other side the posting text is what tells of it.
        if mapping.payee == nil, let memo = mapping.memo, let type = mapping.type,
            CSVVocabulary.meanings(of: names[type]).contains(where: { $0.column == .memo })
        {
            mapping.moreMemo.insert(memo, at: 0)
            mapping.memo = type
            mapping.type = nil
        }
        // Where nothing names the other side, the first description does.
        if mapping.payee == nil, let memo = mapping.memo, let next = mapping.moreMemo.first,
            CSVVocabulary.withoutNumbers(names[memo]) != CSVVocabulary.withoutNumbers(names[next]),
            CSVVocabulary.normalized(names[memo]).hasPrefix("desc")
        {
            mapping.payee = memo
            mapping.memo = next
            mapping.moreMemo.removeFirst()
        }
        return taken.count
    }

    private static let payers: Set<String> = [
        "zahlungspflichtige r", "auftraggeber", "auftraggeber zahlungsempfanger", "avsandare", "afsender", "avsender",
        "maksaja",
        "nadawca", "ordinante", "sender", "sender name", "payer", "payer name", "from", "donneur d ordre", "платник",
        "плательщик",
        "отправитель", "nalogodavac", "platitelj", "placnik", "gonderen",
    ]
    private static let recipients: Set<String> = [
        "zahlungsempfanger in", "zahlungsempfanger", "empfanger", "empfanger zahlungspflichtiger", "mottagare",
        "modtager",
        "mottaker", "saajan nimi", "saaja", "odbiorca", "beneficiario", "recipient", "recipient name", "payee",
        "payee name", "to",
        "beneficiaire", "отримувач", "получатель", "primatelj", "prejemnik", "alici",
    ]

    /// The column of the one who paid beside that of the one who was paid, or the other way round.
    private func other(
        side payee: Int, _ names: [String], _ columns: [CSVColumnProfile]
    ) -> (position: Int, isRecipient: Bool)? {
        let name = CSVVocabulary.normalized(names[payee])
        let isRecipient = Self.recipients.contains(name)
        guard isRecipient || Self.payers.contains(name) else { return nil }
        let others = isRecipient ? Self.payers : Self.recipients
        let position = names.indices.first { position in
            position != payee && others.contains(CSVVocabulary.normalized(names[position]))
                && (position >= columns.count || columns[position].filled == 0
                    || !columns[position].mostly(columns[position].codes))
        }
        return position.map { ($0, !isRecipient) }
    }

    private func headerCurrency(_ mapping: CSVMapping, _ names: [String]) -> Currency? {
        for position in [mapping.amount, mapping.debit, mapping.credit, mapping.balance] {
            if let position, position < names.count, let currency = CSVVocabulary.currency(in: names[position]) {
                return currency
            }
        }
        return nil
    }

    // MARK: What else the sample tells

    private func reads(_ cells: [String], _ mapping: CSVMapping) -> Bool {
        func cell(_ position: Int?) -> String? {
            guard let position, position < cells.count, !cells[position].isEmpty else { return nil }
            return cells[position]
        }
        guard var date = cell(mapping.date) else { return false }
        guard mapping.dateFormat.map({ format in date.withUTF8 { format.parse($0) != nil } }) ?? CSVValue(date).isDate
        else { return false }
        return [mapping.amount, mapping.debit, mapping.credit].contains { position in
            cell(position).map { CSVValue($0).shape != nil } ?? false
        }
    }
}

/// A cell, looked at as a date or a number.
struct CSVValue {
    let parts: StatementDate.Parts?
    let shape: StatementAmount.Shape?

    init(_ cell: String) {
        // Most cells are words, and neither a date nor a number goes without a digit.
        guard cell.utf8.contains(where: { $0 &- 48 < 10 }) else {
            parts = nil
            shape = nil
            return
        }
        var cell = cell
        (parts, shape) = cell.withUTF8 { (StatementDate.parts(of: $0), StatementAmount.shape(of: $0)) }
    }

    /// In some order.
    var isDate: Bool {
        guard let parts else { return false }
        return DateOrder.allCases.contains { StatementDate.date(from: parts, order: $0) != nil }
    }
}

/// What the values of one column are like.
struct CSVColumnProfile {
    var rowCount = 0
    var filled = 0
    var dates = 0
    var numbers = 0
    var decimals = 0
    var negatives = 0
    var currencies = 0
    /// Whole numbers that could be dates: `310326`, `46112`, `1774915200`.
    var counts = 0
    var indicators = 0
    var letters = 0
    /// Numbers of accounts and the like.
    var codes = 0
    var totalLength = 0
    var distinct: Set<String> = []

    init() {}

    init(rows: some Sequence<CSVDetector.Record>, column: Int) {
        for row in rows {
            rowCount += 1
            guard column < row.cells.count else { continue }
            let cell = row.cells[column]
            guard !cell.isEmpty else { continue }
            filled += 1
            totalLength += cell.utf8.count
            distinct.insert(cell)
            let value = CSVValue(cell)
            if value.isDate { dates += 1 }
            if let shape = value.shape {
                numbers += 1
                if shape.points + shape.commas > 0 { decimals += 1 }
                if shape.isNegative { negatives += 1 }
            }
            if cell.contains(where: \.isLetter) { letters += 1 }
            if Self.isCode(cell) { codes += 1 }
            if [5, 6, 10, 13].contains(cell.utf8.count), cell.utf8.allSatisfy({ $0 &- 48 < 10 }) { counts += 1 }
            var text = cell
            if text.withUTF8({ CurrencyWords.currency($0) }) != nil { currencies += 1 }
            if CSVIndicatorWords.isOutgoing(cell) != nil { indicators += 1 }
        }
    }

    /// `NL91ABNA0417164300`, `12-3456`: more digits than letters, and none of those small.
    static func isCode(_ cell: String) -> Bool {
        var digits = 0
        var capitals = 0
        for byte in cell.utf8 {
            switch byte {
            case 48...57: digits += 1
            case 65...90: capitals += 1
            case 97...122, 0x80...: return false
            default: break
            }
        }
        return digits >= 2 && digits >= capitals
    }

    var varies: Bool { filled < 3 || distinct.count > 1 }

    func mostly(_ count: Int) -> Bool { filled > 0 && count * 2 >= filled }

    func fits(_ column: CSVColumn) -> Bool {
        switch column {
        case .date: mostly(dates) || (filled > 0 && counts == filled)
        case .valueDate: mostly(dates) || filled == 0
        case .amount: mostly(numbers) && !mostly(dates - decimals)
        case .debit, .credit, .balance: filled == 0 || mostly(numbers)
        case .currency: mostly(currencies)
        case .indicator: filled > 0 && indicators * 10 >= filled * 9
        // A text that never changes describes the account rather than its transactions.
        case .payee: !mostly(dates) && mostly(letters) && !mostly(codes) && (filled < 3 || distinct.count > 1)
        case .payer: false
        case .memo: !mostly(dates) && (filled < 3 || distinct.count > 1)
        case .id: filled > 0 && distinct.count == filled
        case .reference: true
        case .type, .status: mostly(letters)
        case .fee: mostly(numbers)
        case .account: filled == rowCount && (distinct.count == 1 || distinct.count * 2 <= filled)
        }
    }
}
