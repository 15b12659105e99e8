import Base
import Categories
import Cryptography
import Statements

/// One line of a statement on its way into a book.
struct ImportLine: Sendable {
    let id: EntryID
    let line: Int
    let kind: Entry.Kind
    let occurredOn: CalendarDate
    let amount: Money
    let merchant: String?
    let description: String?
    let notes: String?
    /// The account as the statement writes it.
    let account: String?
    let fingerprint: Fingerprint

    enum FingerprintTag {}
    typealias Fingerprint = Identifier<FingerprintTag>
    static let maximumAccountLength = 100

    /// - Throws: a sentence saying why the line cannot be an entry of this book.
    init(_ transaction: StatementTransaction, account: String?, bookCurrency: Currency) throws(ImportProblem) {
        guard transaction.amount.currency == bookCurrency else {
            throw ImportProblem(
                "The amount is in \(transaction.amount.currency.code), the book is kept in \(bookCurrency.code).")
        }
        let magnitude = transaction.amount.minorUnits.magnitude
        guard magnitude > 0 else { throw ImportProblem("The amount is zero, which is no entry.") }
        if let problem = Self.problemInAnyBook(transaction) { throw problem }
        id = EntryID.new()
        line = transaction.line
        kind = transaction.amount.minorUnits < 0 ? .expense : .income
        occurredOn = transaction.date
        amount = Money(minorUnits: Int64(magnitude), currency: bookCurrency)
        let payee = Self.clean(transaction.payee, max: Entry.maximumTextLength)
        let memo = Self.clean(transaction.memo, max: Entry.maximumTextLength)
        merchant = payee ?? memo
        description = payee == nil || memo == payee ? nil : memo
        notes = Self.clean(transaction.reference, max: Entry.maximumTextLength)
        self.account = Self.clean(account, max: Self.maximumAccountLength)
        fingerprint = Self.fingerprint(of: transaction, account: account)
    }

    /// Why no book could hold this as an entry, whatever its currency; nil when nothing speaks against it.
    static func problemInAnyBook(_ transaction: StatementTransaction) -> ImportProblem? {
        let amount = transaction.amount
        guard amount.minorUnits.magnitude <= UInt64(Entry.largestAmount(in: amount.currency)) else {
            return ImportProblem("The amount is larger than one entry can be.")
        }
        guard (1900...2199).contains(transaction.date.year) else {
            return ImportProblem("The day \(transaction.date) is before 1900 or after 2199.")
        }
        return nil
    }

    /// Equal for the same transaction in any file of the same account. Twins, two transactions that are alike in all
    /// of this, are told apart by their number within the file.
    ///
    /// With the bank's own id the words do not count: banks reword them. The day and the amount do, since some banks
    /// use an id twice.
    private static func fingerprint(of transaction: StatementTransaction, account: String?) -> Fingerprint {
        var text: [UInt8] = []
        text.reserveCapacity(256)
        func add(_ part: String, _ separator: UInt8? = 0x1F) {
            text.append(contentsOf: part.utf8)
            if let separator { text.append(separator) }
        }
        add(account ?? "")
        add(transaction.date.description)
        add(String(transaction.amount.minorUnits))
        add(transaction.amount.currency.code)
        if let externalID = transaction.externalID {
            add("id")
            add(externalID, nil)
        } else {
            // In whatever columns: which of them is taken for the payee is a guess, made anew for each file.
            var texts = [transaction.payee, transaction.memo, transaction.reference].compactMap { $0 }
            if texts.count > 1 { texts.sort() }
            for (number, part) in texts.enumerated() { add(part, number + 1 < texts.count ? 0x1F : nil) }
        }
        let hash = SHA256.hash(text)
        func half(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        // The day comes first, so that the lines of a statement are neighbours in the index; 96 bits of the hash follow.
        let day = UInt64(UInt32(clamping: Int64(transaction.date.daysSinceEpoch) + (1 << 20)))
        return Identifier(high: day << 32 | half(hash[0..<8]) >> 32, low: half(hash[8..<16]))
    }

    /// Whole characters of at most `max` code points, as the database counts; a part of the first where it alone has more.
    private static func cut(_ text: String, max: Int) -> String {
        var left = max
        let end = text.firstIndex { character in
            left -= character.unicodeScalars.count
            return left < 0
        }
        let whole = text[..<(end ?? text.endIndex)]
        return whole.isEmpty ? String(String.UnicodeScalarView(text.unicodeScalars.prefix(max))) : String(whole)
    }

    /// Without control characters, runs of blanks made one, cut to length; nil when nothing is left.
    static func clean(_ text: String?, max: Int) -> String? {
        guard var text else { return nil }
        if text.withUTF8({ Self.isClean($0, max: max) }) { return text }
        var scalars = String.UnicodeScalarView()
        var pendingBlank = false
        for scalar in text.unicodeScalars {
            let isBlank = scalar.properties.isWhitespace || scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            if isBlank {
                pendingBlank = !scalars.isEmpty
            } else {
                if pendingBlank { scalars.append(" ") }
                pendingBlank = false
                scalars.append(scalar)
            }
        }
        guard !scalars.isEmpty else { return nil }
        return scalars.count <= max ? String(scalars) : cut(String(scalars), max: max)
    }
}

extension ImportLine {
    /// Whether there is nothing to clean, as in most texts: printable ASCII without runs of blanks.
    private static func isClean(_ text: UnsafeBufferPointer<UInt8>, max: Int) -> Bool {
        guard !text.isEmpty, text.count <= max else { return false }
        var previous = UInt8(ascii: " ")
        for byte in text {
            guard byte >= 0x20, byte < 0x7F, byte != 0x20 || previous != 0x20 else { return false }
            previous = byte
        }
        return previous != 0x20
    }
}

/// Why a line was not taken.
struct ImportProblem: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}
