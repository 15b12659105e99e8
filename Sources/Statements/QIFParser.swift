import Base

/// Reads QIF as it arrives: one letter and a value on each line, `^` after each record.
///
/// Investment accounts are not imported, each of their records is rejected; lists of categories, securities and the
/// like are skipped. A split counts with its total: its parts say where the money went, not how much it was.
struct QIFParser {
    private var lines = StatementLines()
    private var reader: QIFReader

    init(currency: Currency, conventions: QIFConventions, encoding: TextEncoding, negate: Bool) {
        reader = QIFReader(currency: currency, conventions: conventions, encoding: encoding, negate: negate)
    }

    mutating func feed(_ bytes: UnsafeBufferPointer<UInt8>, emit: (StatementEvent) throws -> Void) throws {
        // Apart for the moment: the lines call the reader while they change themselves.
        var lines = StatementLines()
        swap(&lines, &self.lines)
        defer { swap(&lines, &self.lines) }
        try lines.feed(bytes) { try reader.take($0, $1, emit) }
    }

    mutating func finish(emit: (StatementEvent) throws -> Void) throws {
        var lines = self.lines
        _ = try lines.finish { try reader.take($0, $1, emit) }
        try reader.finish(emit)
    }
}

/// Turns the lines of QIF into accounts and transactions.
struct QIFReader {
    private let currency: Currency
    private let conventions: QIFConventions
    private let negate: Bool
    private var decoder: TextDecoder
    private var section: QIFSection?
    /// Of the `!Account` block before: the next section's.
    private var accountName: String?
    private var nextAccountName: String?
    private var isStarted = false
    private var opening: Money?
    private var record: QIFRecord?
    private var isInOtherRecord = false
    private var hasFoundAny = false

    init(currency: Currency, conventions: QIFConventions, encoding: TextEncoding, negate: Bool) {
        self.currency = currency
        self.conventions = conventions
        self.negate = negate
        decoder = TextDecoder(encoding)
    }

    mutating func take(
        _ bytes: UnsafeBufferPointer<UInt8>, _ number: Int, _ emit: (StatementEvent) throws -> Void
    ) throws {
        let line = bytes.trimmed()
        guard let code = line.first else { return }
        if code == UInt8(ascii: "!"), let found = QIFSection(line) { return try begin(found, emit) }
        let value = UnsafeBufferPointer(rebasing: line.dropFirst()).trimmed()
        switch section {
        case .transactions, .investments, nil:
            if code == UInt8(ascii: "^") { return try endRecord(emit) }
            if record == nil { record = QIFRecord(line: number) }
            record?.set(code, decoder.string(value))
        case .account:
            isInOtherRecord = code != UInt8(ascii: "^")
            if code == UInt8(ascii: "N") { nextAccountName = StatementText.tidy(decoder.string(value)) }
        case .list, .option: isInOtherRecord = code != UInt8(ascii: "^")
        }
    }

    mutating func finish(_ emit: (StatementEvent) throws -> Void) throws {
        // Every record ends with its mark; what has none was cut.
        guard record == nil, !isInOtherRecord else { throw Refusal.statementTruncated }
        try endAccount(emit)
        guard hasFoundAny else { throw Refusal.statementEmpty }
    }

    // MARK: Sections

    private mutating func begin(_ found: QIFSection, _ emit: (StatementEvent) throws -> Void) throws {
        guard record == nil else { throw Refusal.statementTruncated }
        isInOtherRecord = false
        switch found {
        case .option: return
        case .account: nextAccountName = nil
        case .transactions, .investments:
            try endAccount(emit)
            accountName = nextAccountName
            hasFoundAny = true
            if found != .investments { try start(emit) }
        case .list: break
        }
        section = found
    }

    private mutating func start(_ emit: (StatementEvent) throws -> Void) throws {
        guard !isStarted else { return }
        isStarted = true
        hasFoundAny = true
        try emit(.accountStarted(StatementAccount(id: accountName, currency: currency)))
    }

    private mutating func endAccount(_ emit: (StatementEvent) throws -> Void) throws {
        guard isStarted else { return }
        isStarted = false
        try emit(.accountEnded(StatementBalances(opening: opening)))
        opening = nil
    }

    // MARK: Records

    private mutating func endRecord(_ emit: (StatementEvent) throws -> Void) throws {
        guard let record else { return }
        self.record = nil
        if section == .investments {
            hasFoundAny = true
            return try emit(.rejected(record.rejected("Investment accounts are not imported.")))
        }
        // Without any header the first record shows what the file is.
        if section == nil {
            section = .transactions("")
            try start(emit)
        }
        switch record.read(currency, conventions, negate: negate) {
        case .success(let transaction):
            // Quicken keeps the balance at the beginning as a record whose category is the account itself.
            if record.isOpeningBalance {
                if opening == nil { opening = transaction.amount }
                return try emit(.rejected(record.rejected("This is the balance at the beginning, not a transaction.")))
            }
            try emit(.transaction(transaction))
        case .failure(let problem): try emit(.rejected(record.rejected(problem.reason)))
        }
    }
}
