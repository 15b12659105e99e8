import Base
import Categories
import Database
import Statements
import Synchronization

/// The lines of a file on their way into `import_rows`: sorted and laid out on the thread that parses them, so that
/// no event loop is held up.
final class ImportReading: Sendable {
    static let table: SQL = """
        CREATE TEMPORARY TABLE import_rows (
            id uuid NOT NULL, line integer NOT NULL, type smallint, occurred_on date, amount_minor bigint,
            merchant text, description text, notes text, account text, payment_method text, tags text[],
            -- What a rule says, and what the payee's words suggest.
            rule_category_id uuid, word_category_id uuid,
            -- Of the first part of a transaction.
            fingerprint uuid, may_be_twin boolean NOT NULL,
            split_of uuid,
            -- Of a line that is not taken.
            rejected_text text, reason text,
            twin integer NOT NULL DEFAULT 0
        ) ON COMMIT DROP
        """
    static let copy: SQL = """
        COPY import_rows (id, line, type, occurred_on, amount_minor, merchant, description, notes, account, payment_method,
            tags, rule_category_id, word_category_id, fingerprint, may_be_twin, split_of, rejected_text, reason)
        FROM STDIN (FORMAT binary)
        """
    private static let columns = 18

    /// What has been read so far.
    struct Summary: Sendable {
        /// Of the first one in the file.
        var account: String?
        /// Lines that can be entries.
        var taken = 0
        var rejectedCount = 0
        /// The first ones.
        var rejected: [RejectedLine] = []
        /// The first ones that can be entries.
        var first: [(line: Int, id: EntryID)] = []
        var hasTwins = false
        var hasSplits = false

        var lines: Int { taken + rejectedCount }
    }

    fileprivate struct State {
        let limits: ImportLimits
        var sorter: ImportSorter
        var twins = TwinFilter()
        var account: String?
        var summary = Summary()
        var rows = CopyRows()
    }

    private let currency: Currency
    private let givenAccount: String?
    private let state: Mutex<State>

    /// - Parameter account: of files that do not tell it.
    init(sorter: ImportSorter, currency: Currency, account: String?, limits: ImportLimits) {
        self.currency = currency
        givenAccount = account
        state = Mutex(State(limits: limits, sorter: sorter, account: account))
    }

    var summary: Summary { state.withLock { $0.summary } }

    /// The rows since the last time, for the COPY.
    func takeRows() -> [UInt8] { state.withLock { $0.rows.take() } }

    func take(_ event: StatementEvent) {
        state.withLock { state in
            switch event {
            case .accountStarted(let account):
                state.account = account.id ?? givenAccount
                state.summary.account = state.summary.account ?? state.account
            case .transaction(let transaction):
                do throws(ImportProblem) {
                    state.add(try ImportLine(transaction, account: state.account, bookCurrency: currency))
                } catch {
                    state.reject(
                        RejectedLine(line: transaction.line, text: Self.text(of: transaction), reason: error.reason))
                }
            case .rejected(let line): state.reject(line)
            case .accountEnded: break
            }
        }
    }

    private static func text(of transaction: StatementTransaction) -> String {
        "\(transaction.date) \(transaction.amount.decimalText) \(transaction.amount.currency.code) \(transaction.payee ?? transaction.memo ?? "")"
    }
}

extension ImportReading.State {
    fileprivate mutating func add(_ line: ImportLine) {
        summary.taken += 1
        if summary.first.count < limits.resultLines { summary.first.append((line.line, line.id)) }
        let mayBeTwin = twins.insert(line.fingerprint)
        if mayBeTwin { summary.hasTwins = true }
        let sorted = sorter.sort(line)
        if sorted.parts.count > 1 { summary.hasSplits = true }
        for (number, part) in sorted.parts.enumerated() {
            let isFirst = number == 0
            rows.row(columns: ImportReading.columns) { row in
                row.append(isFirst ? line.id : EntryID.new())
                row.append(Int32(clamping: line.line))
                row.append(line.kind.rawValue)
                row.append(line.occurredOn)
                row.append(part.amount.minorUnits)
                row.append(sorted.merchant)
                row.append(line.description)
                row.append(sorted.notes)
                row.append(line.account)
                row.append(sorted.paymentMethod)
                row.append(sorted.tags.isEmpty ? nil : sorted.tags)
                row.append(part.category)
                row.append(sorted.suggestion)
                row.append(isFirst ? line.fingerprint : nil)
                row.append(isFirst && mayBeTwin)
                row.append(isFirst ? nil : line.id)
                row.append(nil as String?)
                row.append(nil as String?)
            }
        }
    }

    fileprivate mutating func reject(_ line: RejectedLine) {
        summary.rejectedCount += 1
        if summary.rejected.count < limits.rejectedLines { summary.rejected.append(line) }
        guard summary.rejectedCount <= limits.keptRejections else { return }
        rows.row(columns: ImportReading.columns) { row in
            row.append(EntryID.new())
            row.append(Int32(clamping: line.line))
            row.append(nil as Int16?)
            row.append(nil as CalendarDate?)
            row.append(nil as Int64?)
            for _ in 0..<5 { row.append(nil as String?) }
            row.append(nil as [String]?)
            for _ in 0..<3 { row.append(nil as EntryID?) }
            row.append(false)
            row.append(nil as EntryID?)
            row.append(Self.storable(line.text))
            row.append(Self.storable(line.reason))
        }
    }

    /// PostgreSQL's text has no NUL.
    private static func storable(_ text: String) -> String {
        text.utf8.contains(0) ? String(text.map { $0 == "\0" ? "\u{FFFD}" : $0 }) : text
    }
}

/// Tells which lines may be alike to an earlier one of the same file: all that are, and a few that are not. In a
/// bounded space, whatever the file's size (a Bloom filter); the database looks at those lines alone.
struct TwinFilter: Sendable {
    private static let bits: UInt64 = 1 << 25
    private var words = [UInt64](repeating: 0, count: Int(bits / 64))

    /// Whether it may have been there already.
    mutating func insert(_ fingerprint: Identifier<ImportLine.FingerprintTag>) -> Bool {
        var wasThere = true
        for hash in [fingerprint.high, fingerprint.low] {
            let bit = hash & (Self.bits - 1)
            let (word, mask) = (Int(bit >> 6), UInt64(1) << (bit & 63))
            if words[word] & mask == 0 {
                wasThere = false
                words[word] |= mask
            }
        }
        return wasThere
    }
}
