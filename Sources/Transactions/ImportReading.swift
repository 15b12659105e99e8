import Base
import Categories
import Database
import HTTP
import Statements
import Synchronization

/// Some lines of a file, sorted as far as the file tells, and laid out for the COPY into `entries`.
struct ImportBatch: Sendable {
    struct Line: Sendable {
        let id: EntryID
        /// Its number in the file, from 1.
        let number: Int
        let kind: Entry.Kind
        let occurredOn: CalendarDate
        let merchant: String?
        let fingerprint: ImportLine.Fingerprint
        /// Whether an earlier line of the file may be alike.
        let mayBeTwin: Bool
        /// By the payee's words.
        let suggestion: CategoryID?
        /// Its parts: one, unless a rule splits the transaction.
        let parts: Range<Int>
    }

    struct Part: Sendable {
        /// As a rule says.
        let category: CategoryID?
        let amount: Money
        let row: Range<Int>
    }

    var lines: [Line] = []
    var parts: [Part] = []
    /// One for each part.
    var rows = CopyRows()
    var rejected: [RejectedLine] = []

    /// Each row begins with what is decided later: the category, and of a first part which of its twins it is.
    static let copy: SQL = """
        COPY entries (category_id, twin, book_id, id, type, occurred_on, amount_minor, currency, merchant, description, notes,
            payment_method_id, payment_method, tags, account, split_of, import_id, import_line, fingerprint, created_by,
            department_id)
        FROM STDIN (FORMAT binary)
        """
    static let columns = 21
}

/// The lines of a file on their way into a book: sorted and laid out on the thread that parses them, so that no event
/// loop is held up.
final class ImportReading: Sendable {
    /// What has been read so far.
    struct Summary: Sendable {
        /// Of the first one in the file.
        var account: String?
        /// Lines that can be entries.
        var taken = 0
        var rejectedCount = 0
        /// The first ones.
        var rejected: [RejectedLine] = []

        var lines: Int { taken + rejectedCount }
    }

    /// What all entries of an import have in common.
    struct Common: Sendable {
        let importID: ImportID
        let book: BookID
        let user: UserID
        let currency: Currency
        let department: DepartmentID?
        /// The book's payment methods that rules name, by the name that a rule writes.
        let paymentMethods: [String: PaymentMethodID]
    }

    fileprivate struct State {
        let common: Common
        let limits: ImportLimits
        var sorter: ImportSorter
        var twins = TwinFilter()
        var account: String?
        var summary = Summary()
        var batch = ImportBatch()
    }

    private let givenAccount: String?
    private let state: Mutex<State>

    /// - Parameter account: of files that do not tell it.
    init(_ common: Common, sorter: ImportSorter, account: String?, limits: ImportLimits) {
        givenAccount = account
        state = Mutex(State(common: common, limits: limits, sorter: sorter, account: account))
    }

    var summary: Summary { state.withLock { $0.summary } }

    /// The lines since the last time.
    func takeBatch() -> ImportBatch {
        state.withLock { state in
            var batch = ImportBatch()
            swap(&batch, &state.batch)
            state.batch.lines.reserveCapacity(batch.lines.count)
            state.batch.parts.reserveCapacity(batch.parts.count)
            return batch
        }
    }

    func take(_ event: StatementEvent) {
        state.withLock { state in
            switch event {
            case .accountStarted(let account):
                state.account = account.id ?? givenAccount
                state.summary.account = state.summary.account ?? state.account
            case .transaction(let transaction):
                do throws(ImportProblem) {
                    state.add(
                        try ImportLine(transaction, account: state.account, bookCurrency: state.common.currency))
                } catch {
                    state.reject(
                        RejectedLine(line: transaction.line, text: Self.text(of: transaction), reason: error.reason))
                }
            case .rejected(let line): state.reject(line)
            case .accountEnded: break
            }
        }
    }

    /// A transaction that was read, as a rejected line shows it.
    static func text(of transaction: StatementTransaction) -> String {
        "\(transaction.date) \(transaction.amount.decimalText) \(transaction.amount.currency.code) \(transaction.payee ?? transaction.memo ?? "")"
    }
}

extension ImportReading.State {
    fileprivate mutating func add(_ line: ImportLine) {
        summary.taken += 1
        let mayBeTwin = twins.insert(line.fingerprint)
        let sorted = sorter.sort(line)
        let first = batch.parts.count
        for (number, part) in sorted.parts.enumerated() {
            let row = layOut(line, sorted, part.amount, isFirst: number == 0)
            batch.parts.append(ImportBatch.Part(category: part.category, amount: part.amount, row: row))
        }
        batch.lines.append(
            ImportBatch.Line(
                id: line.id, number: line.line, kind: line.kind, occurredOn: line.occurredOn, merchant: sorted.merchant,
                fingerprint: line.fingerprint, mayBeTwin: mayBeTwin, suggestion: sorted.suggestion,
                parts: first..<batch.parts.count))
    }

    private mutating func layOut(
        _ line: ImportLine, _ sorted: SortedLine, _ amount: Money, isFirst: Bool
    ) -> Range<Int> {
        batch.rows.row(columns: ImportBatch.columns) { row in
            row.append(CategoryID(high: 0, low: 0))
            row.append(isFirst ? 0 as Int32 : nil)
            row.append(common.book)
            row.append(isFirst ? line.id : EntryID.new())
            row.append(line.kind.rawValue)
            row.append(line.occurredOn)
            row.append(amount.minorUnits)
            row.append(common.currency)
            row.append(sorted.merchant)
            row.append(line.description)
            row.append(sorted.notes)
            row.append(sorted.paymentMethod.flatMap { common.paymentMethods[$0] })
            row.append(sorted.paymentMethod)
            row.append(sorted.tags)
            row.append(line.account)
            row.append(isFirst ? nil : line.id)
            row.append(common.importID)
            row.append(Int32(clamping: line.line))
            row.append(isFirst ? line.fingerprint : nil)
            row.append(common.user)
            row.append(common.department)
        }
    }

    fileprivate mutating func reject(_ line: RejectedLine) {
        summary.rejectedCount += 1
        if summary.rejected.count < limits.rejectedLines { summary.rejected.append(line) }
        if summary.rejectedCount <= limits.keptRejections { batch.rejected.append(line) }
    }
}

/// Tells which lines may be alike to an earlier one of the same file: all that are, and a few that are not. In a
/// bounded space, whatever the file's size (a Bloom filter); the database looks at those lines alone.
struct TwinFilter: Sendable {
    private static let bits: UInt64 = 1 << 25
    private var words = [UInt64](repeating: 0, count: Int(bits / 64))

    /// Whether it may have been there already.
    mutating func insert(_ fingerprint: ImportLine.Fingerprint) -> Bool {
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
