import Base

/// Turns the fields of MT940 and MT942 into accounts, transactions and balances.
struct MT940StatementReader {
    /// One message, or what stands where one should.
    private struct Message {
        /// It began as one: with its reference or its account, not in the middle of a snippet.
        var hasHead = false
        var account: String?
        var currency: Currency?
        /// A code that is none, in the opening balance: then no amount can be told.
        var unknownCurrency: String?
        var opening: Money?
        var closing: Money?
        var closingDate: CalendarDate?
        var hasOpening = false
        var hasClosing = false
        /// MT942: a report during the day, without balances.
        var isInterim = false
        var hasSums = false
        /// What stands behind the last balance; some banks write it in its place.
        var hasAvailable = false
        var hasEntries = false
        var isBegun = false
        /// Entries so far, to see whether a last balance is whole.
        var sum: Int64 = 0

        var isEmpty: Bool { !hasOpening && !hasClosing && !hasEntries && !isInterim }
        var isComplete: Bool { hasClosing || hasSums }
    }

    private let defaultCurrency: Currency
    private var decoder: TextDecoder
    private var accounts = StatementAccounts()
    private var message: Message?
    private var entry: MT940Entry?
    private var hasFoundAny = false
    /// Some banks write reports without sums and without an end; then neither can be asked for.
    private var hasOpenEnds = false

    init(currency: Currency, encoding: TextEncoding) {
        defaultCurrency = currency
        decoder = TextDecoder(encoding)
    }

    mutating func take(
        _ field: MT940Field, _ bytes: UnsafeBufferPointer<UInt8>, line: Int, _ emit: (StatementEvent) throws -> Void
    ) throws {
        if field != .information, field != .nonSWIFT { try endEntry(emit) }
        switch field {
        case .reference:
            try endMessage(emit)
            message = Message(hasHead: true)
        case .account:
            // A second one inside of the entries can only be a mistake for something else.
            guard message?.hasOpening != true, message?.hasEntries != true else { return }
            start()
            message?.hasHead = true
            let account = account(bytes)
            message?.account = account
        case .opening:
            if message?.hasClosing == true || message?.hasEntries == true { try continueMessage(emit) }
            start()
            message?.hasOpening = true
            let balance = MT940Balance(bytes, fallback: message?.currency ?? defaultCurrency)
            if let known = balance.currency { message?.currency = known }
            message?.unknownCurrency = balance.unknownCurrency
            message?.opening = balance.amount
        case .entry:
            if message?.hasClosing == true { try continueMessage(emit) }
            start()
            message?.hasEntries = true
            try begin(emit)
            entry = MT940Entry(bytes, line: line, decoder: &decoder)
        case .information, .nonSWIFT:
            guard entry != nil else { return }
            let text = decoder.string(bytes)
            if field == .information { entry?.add(information: text) } else { entry?.nonSWIFT = text }
        case .closing:
            start()
            let balance = MT940Balance(bytes, fallback: message?.currency ?? defaultCurrency)
            if message?.currency == nil, let known = balance.currency { message?.currency = known }
            message?.hasClosing = true
            message?.closing = balance.amount
            message?.closingDate = balance.date
        case .floor:
            start()
            message?.isInterim = true
            if message?.currency == nil, bytes.count >= 3 {
                message?.currency = Currency(bytes[0], bytes[1], bytes[2])
            }
        case .dateTime: if message?.hasOpening == false { message?.isInterim = true }
        case .sums: message?.hasSums = true
        case .available: message?.hasAvailable = true
        case .number, .other: break
        }
    }

    /// `-` or `-}`: the message is whole, as far as the bank is concerned.
    mutating func terminate(_ emit: (StatementEvent) throws -> Void) throws {
        guard message != nil else { return }
        try endMessage(isTerminated: true, emit)
    }

    mutating func finish(
        isLastLineOpen: Bool, lastField: MT940Field?, _ emit: (StatementEvent) throws -> Void
    ) throws {
        try endEntry(emit)
        if let message, isCut(message, isLastLineOpen: isLastLineOpen, lastField: lastField) {
            throw Refusal.statementTruncated
        }
        try endMessage(isTerminated: true, emit)
        try accounts.finish(emit)
        guard hasFoundAny else { throw Refusal.statementEmpty }
    }

    /// Whether the last message, which nothing ends, was cut. A statement needs its last balance; a report its sums,
    /// unless reports before it did without.
    private func isCut(_ message: Message, isLastLineOpen: Bool, lastField: MT940Field?) -> Bool {
        guard message.hasHead else { return false }
        if message.hasClosing {
            // Of `:62F:C260331EUR1234,5` nobody sees that a digit is missing, unless it is one of the balance that fits.
            guard isLastLineOpen, lastField == .closing else { return false }
            guard let closing = message.closing else { return true }
            guard let opening = message.opening, opening.currency == closing.currency else { return false }
            let expected = Money(
                minorUnits: opening.minorUnits.addingReportingOverflow(message.sum).partialValue,
                currency: closing.currency)
            return expected != closing && Self.isBeginning(closing, of: expected)
        }
        if message.hasOpening { return !message.hasAvailable }
        if message.isInterim { return !(message.hasSums || hasOpenEnds) }
        return hasFoundAny || message.account != nil
    }

    private static func isBeginning(_ cut: Money, of whole: Money) -> Bool {
        var known = cut.decimalText[...]
        // Zeros behind the point are added when it is read.
        while cut.currency.exponent > 0, known.last == "0" { known = known.dropLast() }
        return whole.decimalText.hasPrefix(known)
    }

    // MARK: Messages

    private mutating func start() {
        if message == nil { message = Message() }
    }

    /// A further page or day without a head of its own.
    private mutating func continueMessage(_ emit: (StatementEvent) throws -> Void) throws {
        let before = message
        try endMessage(emit)
        message = Message(hasHead: before?.hasHead ?? false, account: before?.account)
    }

    private mutating func begin(_ emit: (StatementEvent) throws -> Void) throws {
        guard var message, !message.isBegun else { return }
        message.isBegun = true
        hasFoundAny = true
        let account = StatementAccount(id: message.account, currency: message.currency ?? defaultCurrency)
        try accounts.begin(account, opening: message.opening, emit)
        self.message = message
    }

    private mutating func endMessage(
        isTerminated: Bool = false, _ emit: (StatementEvent) throws -> Void
    ) throws {
        try endEntry(emit)
        guard let message else { return }
        if message.isEmpty {
            self.message = nil
            return
        }
        if !isTerminated, !message.isComplete { hasOpenEnds = true }
        try begin(emit)
        accounts.end(opening: message.opening, closing: message.closing, closingDate: message.closingDate)
        self.message = nil
    }

    private mutating func endEntry(_ emit: (StatementEvent) throws -> Void) throws {
        guard let entry else { return }
        self.entry = nil
        let event = entry.event(message?.currency ?? defaultCurrency, unknownCurrency: message?.unknownCurrency)
        if case .transaction(let transaction) = event {
            let sum = message?.sum ?? 0
            message?.sum = sum.addingReportingOverflow(transaction.amount.minorUnits).partialValue
        }
        try emit(event)
    }

    /// The first line, without the currency that some banks add to an IBAN.
    private mutating func account(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
        let end = bytes.firstIndex(of: 0x0A) ?? bytes.count
        let text = decoder.string(UnsafeBufferPointer(rebasing: bytes[..<end]).trimmed())
        guard !text.isEmpty else { return nil }
        if let blank = text.lastIndex(of: " "), Currency(text[text.index(after: blank)...]) != nil {
            return StatementText.tidy(text[..<blank])
        }
        return text
    }
}

/// `C260331EUR1234,56`; some banks leave the currency out where it was told before.
struct MT940Balance {
    var amount: Money?
    var date: CalendarDate?
    var currency: Currency?
    var unknownCurrency: String?

    init(_ bytes: UnsafeBufferPointer<UInt8>, fallback: Currency) {
        let end = bytes.firstIndex(of: 0x0A) ?? bytes.count
        let text = UnsafeBufferPointer(rebasing: bytes[..<end]).trimmed()
        guard text.count > 7 else { return }
        let isCredit: Bool
        switch text[0] {
        case UInt8(ascii: "C"): isCredit = true
        case UInt8(ascii: "D"): isCredit = false
        default: return
        }
        date = MT940Entry.date(UnsafeBufferPointer(rebasing: text[1..<7]))
        var position = 7
        if text.count >= 10, let known = Currency(text[7], text[8], text[9]) {
            currency = known
            position = 10
        } else if text.count >= 10, text[7..<10].allSatisfy({ $0 &- 65 < 26 }) {
            unknownCurrency = String(decoding: text[7..<10], as: UTF8.self)
            return
        }
        let rest = UnsafeBufferPointer(rebasing: text[position...])
        // The comma is part of every amount; without it the line was cut.
        guard rest.contains(UInt8(ascii: ",")) || rest.contains(UInt8(ascii: ".")),
            case .minorUnits(let value) = MT940Entry.amount(rest, currency ?? fallback), value >= 0
        else { return }
        amount = Money(minorUnits: isCredit ? value : -value, currency: currency ?? fallback)
    }
}
