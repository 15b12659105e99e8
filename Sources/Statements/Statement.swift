import Base

/// What a reader finds in a statement, in the order of the file. Every transaction belongs to the account that was
/// started last.
package enum StatementEvent: Equatable, Sendable {
    case accountStarted(StatementAccount)
    case transaction(StatementTransaction)
    case rejected(RejectedLine)
    case accountEnded(StatementBalances)
}

package struct StatementAccount: Equatable, Sendable {
    /// The account's number as the bank writes it, where the file tells.
    package var id: String?
    package var currency: Currency
    /// The file told of it before, and of another one in between.
    package var isResumed: Bool

    package init(id: String?, currency: Currency, isResumed: Bool = false) {
        self.id = id
        self.currency = currency
        self.isResumed = isResumed
    }
}

package struct StatementBalances: Equatable, Sendable {
    package var opening: Money?
    package var closing: Money?
    package var closingDate: CalendarDate?

    package init(opening: Money? = nil, closing: Money? = nil, closingDate: CalendarDate? = nil) {
        self.opening = opening
        self.closing = closing
        self.closingDate = closingDate
    }
}

package struct StatementTransaction: Equatable, Sendable {
    package var date: CalendarDate
    package var valueDate: CalendarDate?
    /// Below zero for money that left the account; never zero.
    package var amount: Money
    package var payee: String?
    package var memo: String?
    package var reference: String?
    /// The bank's own id of the transaction (FITID in OFX): unique within the account.
    package var externalID: String?
    package var type: String?
    /// Where it starts in the file, from 1.
    package var line: Int

    package init(
        date: CalendarDate, valueDate: CalendarDate? = nil, amount: Money, payee: String? = nil, memo: String? = nil,
        reference: String? = nil, externalID: String? = nil, type: String? = nil, line: Int
    ) {
        self.date = date
        self.valueDate = valueDate
        self.amount = amount
        self.payee = payee
        self.memo = memo
        self.reference = reference
        self.externalID = externalID
        self.type = type
        self.line = line
    }
}

package struct RejectedLine: Equatable, Sendable {
    package var line: Int
    /// The beginning of what the file says there.
    package var text: String
    package var reason: String

    package init(line: Int, text: String, reason: String) {
        self.line = line
        self.text = text
        self.reason = reason
    }
}

/// Limits that keep a hostile file from costing more than its size.
package enum StatementLimits {
    /// What the detection of format, dialect and columns looks at.
    package static let headBytes = 64 << 10
    package static let sampledRecords = 200
    package static let recordBytes = 64 << 10
    package static let columns = 256
    /// Lines that one quoted field may span before its opening quote counts as an ordinary character.
    package static let linesInQuotes = 100
    package static let rejectedText = 500
    package static let textBytes = 4096
}

extension Refusal {
    package static let statementEmpty = Refusal(
        .unprocessable, "STATEMENT_EMPTY", "The file holds no bank statement.")
    package static let statementTruncated = Refusal(
        .unprocessable, "STATEMENT_TRUNCATED",
        "The file ends in the middle: it is half written. Download it again.")
    /// - Parameter names: what the file calls its columns.
    package static func columnsNotFound(among names: [String]) -> Refusal {
        let shown = names.filter { !$0.isEmpty }.prefix(30).map { "“\($0.prefix(40))”" }.joined(separator: ", ")
        let found = shown.isEmpty ? "in the file" : "among \(shown)"
        return Refusal(
            .unprocessable, "COLUMNS_NOT_FOUND",
            "No columns of dates and amounts were found \(found). Say which columns they are.")
    }
    package static func statementFormat(_ format: StatementFormat) -> Refusal {
        Refusal(
            .unsupportedMediaType, "UNSUPPORTED_FORMAT",
            "This is \(format.title), which cannot be read. Export the statement as CSV, OFX, QIF, CAMT or MT940.")
    }
}
