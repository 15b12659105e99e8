import Base

/// Joins the pages and the days of one account into one account: a statement that begins where the one before it
/// ended continues it, everything else starts anew. So a month of daily statements is one account with the balance
/// before the first and after the last, and balances always fit the transactions between them.
struct StatementAccounts {
    private var current: StatementAccount?
    private var balances = StatementBalances()
    /// Before the balance of the end is known, nothing can be joined.
    private var hasEnded = false

    mutating func begin(
        _ account: StatementAccount, opening: Money?, _ emit: (StatementEvent) throws -> Void
    ) throws {
        if current == account, hasEnded, balances.closing == opening {
            hasEnded = false
            return
        }
        try finish(emit)
        try emit(.accountStarted(account))
        current = account
        balances = StatementBalances(opening: opening)
        hasEnded = false
    }

    /// The opening balance is taken where none was known at the beginning.
    mutating func end(opening: Money?, closing: Money?, closingDate: CalendarDate?) {
        if balances.opening == nil { balances.opening = opening }
        balances.closing = closing
        balances.closingDate = closingDate
        hasEnded = true
    }

    mutating func finish(_ emit: (StatementEvent) throws -> Void) throws {
        guard current != nil else { return }
        current = nil
        try emit(.accountEnded(balances))
    }
}

/// Texts and amounts that mean the same in several formats.
enum StatementText {
    /// What banks write where they have nothing to write.
    static func meaningful(_ text: String?) -> String? {
        guard let text, text.contains(where: { $0 != "0" && ($0.isLetter || $0.isNumber) }) else { return nil }
        switch text.uppercased() {
        case "NONREF", "NOTPROVIDED", "NOT PROVIDED", "NOTAVAILABLE", "KREF+", "EREF+", "KREF", "EREF", "MARF", "PREF",
            "NONE", "N/A":
            return nil
        default: return text
        }
    }

    /// One blank for every run of blanks and line breaks, none at the ends; nil where nothing is left.
    static func tidy(_ text: some StringProtocol) -> String? {
        if isTidy(text.utf8) { return text.isEmpty ? nil : String(text) }
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count)
        var isPending = false
        var hasBlankBeyondASCII = false
        for byte in text.utf8 {
            if byte <= 0x20 || byte == 0x7F {
                isPending = true
            } else {
                if isPending, !result.isEmpty { result.append(0x20) }
                isPending = false
                // U+00A0 is C2 A0.
                if byte == 0xA0, result.last == 0xC2 { hasBlankBeyondASCII = true }
                result.append(byte)
            }
        }
        let tidied = String(decoding: result, as: UTF8.self)
        if hasBlankBeyondASCII { return tidy(tidied.split(separator: "\u{A0}").joined(separator: " ")) }
        return tidied.isEmpty ? nil : tidied
    }

    /// Most texts are: nothing at the ends, no two blanks, no breaks.
    private static func isTidy(_ bytes: some Sequence<UInt8>) -> Bool {
        var last: UInt8 = 0x20
        for byte in bytes {
            if byte < 0x20 || byte == 0x7F || (byte == 0x20 && last == 0x20) || (byte == 0xA0 && last == 0xC2) {
                return false
            }
            last = byte
        }
        return last != 0x20
    }

    static func cut(_ parts: [String?]) -> String {
        String(parts.compactMap { $0 }.joined(separator: " ").prefix(StatementLimits.rejectedText))
    }

    /// Why an amount could not be read; `text` is how it is written.
    static func reason(_ failure: StatementAmount.Failure, _ text: String, _ currency: Currency) -> String {
        switch failure {
        case .empty: "There is no amount."
        case .unreadable: "“\(text.prefix(40))” is not an amount."
        case .outOfRange: "“\(text.prefix(40))” is too large to be held."
        case .tooPrecise: "“\(text.prefix(40))” has more digits than \(currency.code) has (\(currency.exponent))."
        }
    }
}
