import Base

/// Reads the rows of a CSV file, chunk by chunk, once its mapping is known. Memory stays at one chunk and one record.
struct CSVParser {
    let mapping: CSVMapping
    private let currency: Currency
    private var scanner: CSVScanner
    private var cells: CSVCells
    /// What of the last chunk belongs to a record that goes on.
    private var pending: [UInt8] = []
    private var line = 0
    /// A record was too long; the rest of its line is dropped.
    private var skipsLine = false
    /// The fewest fields of any row that was a transaction.
    private var fewestFields = Int.max
    private var accounts: CSVAccounts
    /// What stands above the dates: a row that repeats it is no transaction.
    private let dateName: [UInt8]

    init(mapping: CSVMapping, currency: Currency, accountID: String?, columnNames: [String]) {
        self.mapping = mapping
        accounts = CSVAccounts(fixedID: accountID)
        let name = mapping.date.flatMap { columnNames.indices.contains($0) ? columnNames[$0] : nil } ?? ""
        dateName = name.utf8.allSatisfy { $0 < 0x80 } ? Array(name.utf8) : []
        self.currency = mapping.currencyOfAll ?? mapping.headerCurrency ?? currency
        scanner = CSVScanner(delimiter: mapping.delimiter)
        cells = CSVCells(encoding: mapping.encoding)
    }

    mutating func feed(_ bytes: UnsafeBufferPointer<UInt8>, emit: (StatementEvent) throws -> Void) throws {
        pending.append(contentsOf: bytes)
        // Small pieces are gathered, so that a record is not scanned anew for every byte that arrives.
        guard pending.count >= 2 * StatementLimits.recordBytes else { return }
        try process(isFinal: false, emit)
    }

    mutating func finish(emit: (StatementEvent) throws -> Void) throws {
        try process(isFinal: true, emit)
        try accounts.finish(currency, emit)
    }

    // MARK: Records

    private mutating func process(isFinal: Bool, _ emit: (StatementEvent) throws -> Void) throws {
        // Taken out, so that the buffer is not copied while the parser changes.
        var buffer: [UInt8] = []
        swap(&buffer, &pending)
        let consumed = try buffer.withUnsafeBufferPointer { bytes in
            try records(in: bytes, isFinal: isFinal, emit)
        }
        buffer.removeFirst(consumed)
        swap(&buffer, &pending)
    }

    private mutating func records(
        in bytes: UnsafeBufferPointer<UInt8>, isFinal: Bool, _ emit: (StatementEvent) throws -> Void
    ) throws -> Int {
        var position = 0
        while position < bytes.count {
            if skipsLine {
                guard let end = skippedLine(bytes, from: position, isFinal: isFinal) else { return bytes.count }
                position = end
                continue
            }
            var outcome = scanner.scan(bytes, from: position, isFinal: isFinal)
            if outcome == .openQuote { outcome = try withLiteralQuotes(bytes, from: position, isFinal: isFinal) }
            var next = bytes.count
            switch outcome {
            case .record(let end): next = end
            case .incomplete, .openQuote:
                guard bytes.count - position > StatementLimits.recordBytes else { return position }
            }
            if next - position > StatementLimits.recordBytes {
                try rejectLong(bytes, from: position, emit)
                continue
            }
            try record(bytes, position..<next, emit)
            position = next
        }
        return position
    }

    /// A quote that never closes: either an ordinary character that happens to begin a field, or the end of a file
    /// that was cut. Only in the first case does the line have its fields.
    private mutating func withLiteralQuotes(
        _ bytes: UnsafeBufferPointer<UInt8>, from position: Int, isFinal: Bool
    ) throws -> CSVScanner.Outcome {
        let linesInQuotes = scanner.lines
        let outcome = scanner.scan(bytes, from: position, isFinal: isFinal, literalQuotes: true)
        if isFinal, linesInQuotes <= StatementLimits.linesInQuotes {
            let expected = fewestFields == .max ? 2 : fewestFields
            guard linesInQuotes > 0, scanner.fields.count >= expected else { throw Refusal.statementTruncated }
        }
        return outcome
    }

    private mutating func skippedLine(
        _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, isFinal: Bool
    ) -> Int? {
        guard let end = bytes[start...].firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) else { return nil }
        skipsLine = false
        line += 1
        return end + 1 < bytes.count && bytes[end] == 0x0D && bytes[end + 1] == 0x0A ? end + 2 : end + 1
    }

    private mutating func rejectLong(
        _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, _ emit: (StatementEvent) throws -> Void
    ) throws {
        let raw = UnsafeBufferPointer(rebasing: bytes[start...])
        try reject(raw, line + 1, "The line is longer than \(StatementLimits.recordBytes) bytes.", emit)
        skipsLine = true
    }

    private mutating func record(
        _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ emit: (StatementEvent) throws -> Void
    ) throws {
        let first = line + 1
        line += max(scanner.lines, 1)
        guard line > mapping.headerLines else { return }
        // Blank lines, and lines of delimiters alone, say nothing.
        let hasContent = scanner.fields.contains { !UnsafeBufferPointer(rebasing: bytes[$0.range]).trimmed().isEmpty }
        guard hasContent else { return }
        let raw = UnsafeBufferPointer(rebasing: bytes[range])
        guard !scanner.hasTooManyFields else {
            return try reject(raw, first, "There are more than \(StatementLimits.columns) columns.", emit)
        }
        let row = CSVRow(bytes: bytes, fields: scanner.fields)
        if !dateName.isEmpty, let column = mapping.date, row.bytes(column)?.elementsEqual(dateName) == true { return }
        switch cells.read(row, mapping, currency, line: first) {
        case .transaction(let transaction):
            if scanner.isUnterminated, scanner.fields.count < fewestFields, fewestFields != .max {
                throw Refusal.statementTruncated
            }
            fewestFields = min(fewestFields, scanner.fields.count)
            guard try accounts.select(row, transaction, mapping, &cells, emit) else {
                return try reject(raw, first, "The file has more than \(CSVAccounts.limit) accounts.", emit)
            }
            if let position = mapping.balance { accounts.note(row.bytes(position), transaction, mapping) }
            try emit(.transaction(transaction))
        case .rejected(let reason):
            // A last line that begins like a row and stops before its amount was cut.
            let amount = [mapping.amount, mapping.debit, mapping.credit].compactMap { $0 }.max() ?? 0
            if scanner.isUnterminated, fewestFields != .max, scanner.fields.count <= amount,
                let date = mapping.date, let cell = row.bytes(date),
                mapping.day(cell) != nil
            {
                throw Refusal.statementTruncated
            }
            try reject(raw, first, reason, emit)
        }
    }

    private mutating func reject(
        _ raw: UnsafeBufferPointer<UInt8>, _ line: Int, _ reason: String, _ emit: (StatementEvent) throws -> Void
    ) throws {
        try emit(.rejected(RejectedLine(line: line, text: cells.rejectedText(raw), reason: reason)))
    }
}

/// The fields of one record, in the buffer they came in.
struct CSVRow {
    let bytes: UnsafeBufferPointer<UInt8>
    let fields: [CSVScanner.Field]

    /// Without blanks around it; nil where the row has no such column or nothing in it.
    func bytes(_ position: Int) -> UnsafeBufferPointer<UInt8>? {
        guard position < fields.count, position >= 0 else { return nil }
        var cell = UnsafeBufferPointer(rebasing: bytes[fields[position].range]).trimmed()
        // `="0012"` keeps a spreadsheet from changing the value.
        if cell.count >= 3, cell[0] == UInt8(ascii: "="), cell[1] == UInt8(ascii: "\""), cell.last == UInt8(ascii: "\"")
        {
            cell = UnsafeBufferPointer(rebasing: cell[2..<(cell.count - 1)]).trimmed()
        }
        return cell.isEmpty ? nil : cell
    }
}
