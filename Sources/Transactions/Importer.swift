import Base
import Categories
import Database
import EventLoop
import JSON
import Jobs
import Statements

extension EventName {
    package static let entriesImported = EventName("expense.bulk_imported")
}

/// Brings a statement into a book: all of it or nothing, and never twice.
package struct Importer: Sendable {
    let database: Database
    let book: BookID
    let currency: Currency
    let user: UserID
    let limits: ImportLimits

    package init(
        database: Database, book: BookID, currency: Currency, user: UserID, limits: ImportLimits = ImportLimits()
    ) {
        self.database = database
        self.book = book
        self.currency = currency
        self.user = user
        self.limits = limits
    }

    package struct Outcome: Sendable {
        package let id: ImportID
        package let format: String
        package let filename: String
        package let imported: Int
        package let duplicates: Int
        package let rejectedCount: Int
        /// At most as many as the limits keep.
        package let rejected: [RejectedLine]
        /// The first lines, up to the limit: where each went.
        package let results: [LineResult]
        package let createdAt: Instant
    }

    package struct LineResult: Sendable {
        package let line: Int
        /// Nil for a duplicate.
        package let entry: EntryID?
    }

    // MARK: Import

    /// - Parameter progress: told how many lines have been read so far.
    /// - Throws: a refusal when the file is no statement, or is cut off; nothing is imported then.
    package func run(
        _ file: StatementFile, filename: String, mapping: CSVMappingOverride,
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws -> Outcome {
        let importID = ImportID.new()
        return try await database.transaction { transaction in
            // The triggers leave the sums to this transaction. A large file may take its time, and so may another
            // import of the same file, which this one has to wait for.
            _ = try await transaction.query(
                """
                SELECT set_config('purser.bulk', 'on', true), set_config('statement_timeout', '15min', true),
                    set_config('lock_timeout', '15min', true)
                """)
            _ = try await transaction.query(Self.stagingTable)
            var read = ReadLines(book: self)
            let reader = try await copy(file, mapping: mapping, into: transaction, &read, progress)
            let format = reader.format?.rawValue ?? ""
            let createdAt = try await insertImport(importID, format: format, filename: filename, read, transaction)
            let imported = try await insertEntries(importID, transaction)
            let duplicates = read.count - imported
            _ = try await transaction.query(
                """
                UPDATE imports SET imported_count = \(Int32(clamping: imported)), duplicate_count = \(Int32(clamping: duplicates))
                WHERE book_id = \(book) AND id = \(importID)
                """)
            try await transaction.publish(
                Event(.entriesImported, book: book, user: user) { data in
                    data.key("importId")
                    data.identifier(importID)
                    data.key("imported")
                    data.int(Int64(imported))
                })
            return Outcome(
                id: importID, format: format, filename: filename, imported: imported, duplicates: duplicates,
                rejectedCount: read.rejectedCount, rejected: read.rejected, results: try await results(transaction),
                createdAt: createdAt)
        }
    }

    /// Gone with the transaction. A temporary table is not logged, so a million rows cost little.
    private static let stagingTable: SQL = """
        CREATE TEMPORARY TABLE import_rows (
            id uuid NOT NULL, line integer NOT NULL, type smallint NOT NULL, occurred_on date NOT NULL, amount_minor bigint NOT NULL,
            merchant text, description text, notes text, suggested_slug text, fingerprint uuid NOT NULL
        ) ON COMMIT DROP
        """

    /// What was read, before the database has seen it.
    private struct ReadLines {
        let book: Importer
        var account: String?
        var count = 0
        var rejectedCount = 0
        var rejected: [RejectedLine] = []

        mutating func take(_ event: StatementEvent) -> ImportLine? {
            switch event {
            case .accountStarted(let account):
                self.account = account.id
                return nil
            case .transaction(let transaction):
                do {
                    let line = try ImportLine(transaction, account: account, bookCurrency: book.currency)
                    count += 1
                    return line
                } catch {
                    reject(RejectedLine(line: transaction.line, text: Self.text(of: transaction), reason: error.reason))
                    return nil
                }
            case .rejected(let line):
                reject(line)
                return nil
            case .accountEnded: return nil
            }
        }

        private mutating func reject(_ line: RejectedLine) {
            rejectedCount += 1
            if rejected.count < book.limits.rejectedLines { rejected.append(line) }
        }

        private static func text(of transaction: StatementTransaction) -> String {
            "\(transaction.date) \(transaction.amount.decimalText) \(transaction.amount.currency.code) \(transaction.payee ?? transaction.memo ?? "")"
        }
    }

    private func copy(
        _ file: StatementFile, mapping: CSVMappingOverride, into transaction: Transaction, _ read: inout ReadLines,
        _ progress: @Sendable (Int) -> Void
    ) async throws -> StatementReader {
        var reader = StatementReader(currency: currency, mapping: mapping)
        let start = reader
        var lines = read
        _ = try await transaction.copyIn("COPY import_rows FROM STDIN (FORMAT binary)") { writer in
            writer.beginBinary()
            reader = try await file.read(start) { events in
                for event in events {
                    guard let line = lines.take(event) else { continue }
                    try await writer.row(columns: 10) { row in
                        row.append(line.id)
                        row.append(Int32(clamping: line.line))
                        row.append(line.kind.rawValue)
                        row.append(line.occurredOn)
                        row.append(line.amount.minorUnits)
                        row.append(line.merchant)
                        row.append(line.description)
                        row.append(line.notes)
                        row.append(line.suggestedSlug)
                        row.append(line.fingerprint)
                    }
                }
                progress(lines.count + lines.rejectedCount)
            }
        }
        read = lines
        return reader
    }

    private func insertImport(
        _ id: ImportID, format: String, filename: String, _ read: ReadLines, _ transaction: Transaction
    ) async throws -> Instant {
        var rejected = JSONWriter()
        read.rejected.write(to: &rejected)
        // The lock keeps the book's currency as it is until the entries are there.
        let row = try await transaction.first(
            """
            INSERT INTO imports (book_id, id, format, filename, imported_count, duplicate_count, rejected_count, rejected, created_by)
            SELECT b.id, \(id), \(format), \(filename), 0, 0, \(Int32(clamping: read.rejectedCount)), \(JSONText(rejected.bytes)), \(user)
            FROM books b WHERE b.id = \(book) AND b.currency = \(currency) FOR KEY SHARE OF b
            RETURNING created_at
            """)
        guard let row else {
            throw Refusal(
                .conflict, "BOOK_CHANGED", "The book has been changed in the meantime. Import the file again.")
        }
        return try row.get(0)
    }

    /// Inserts what the book does not have yet, and adds its sums. Returns how many entries there are more.
    ///
    /// The n-th of several transactions that are alike is the n-th in every file, so a repeat meets itself, and both of
    /// two genuine twins arrive. Rows go in by day, the same way in every import: two imports at once wait for each
    /// other and do not lock each other out.
    private func insertEntries(_ id: ImportID, _ transaction: Transaction) async throws -> Int {
        let unsorted = (CategoryStore.fallbackSlug(isIncome: false), CategoryStore.fallbackSlug(isIncome: true))
        let row = try await transaction.first(
            """
            WITH numbered AS (
                SELECT *, row_number() OVER (PARTITION BY fingerprint ORDER BY id) - 1 AS twin FROM import_rows
            ), known AS (
                SELECT DISTINCT ON (lower(e.merchant), e.type) lower(e.merchant) AS merchant, e.type, e.category_id
                FROM entries e JOIN categories c ON c.book_id = e.book_id AND c.id = e.category_id
                WHERE e.book_id = \(book) AND e.merchant IS NOT NULL AND e.deleted_at IS NULL
                    AND c.slug NOT IN (\(unsorted.0), \(unsorted.1))
                ORDER BY lower(e.merchant), e.type, e.updated_at DESC
            ), inserted AS (
                INSERT INTO entries (book_id, id, type, occurred_on, amount_minor, currency, category_id, merchant, description,
                    notes, import_id, import_line, fingerprint, twin, created_by)
                SELECT \(book), n.id, n.type, n.occurred_on, n.amount_minor, \(currency),
                    coalesce(k.category_id, s.id, f.id), n.merchant, n.description, n.notes, \(id), n.line, n.fingerprint, n.twin, \(user)
                FROM numbered n
                LEFT JOIN known k ON k.merchant = lower(n.merchant) AND k.type = n.type
                LEFT JOIN categories s ON s.book_id = \(book) AND s.slug = n.suggested_slug
                JOIN categories f ON f.book_id = \(book) AND f.slug = CASE n.type WHEN 1 THEN \(unsorted.0) ELSE \(unsorted.1) END
                ORDER BY n.occurred_on, n.fingerprint, n.twin
                ON CONFLICT (book_id, fingerprint, twin) WHERE fingerprint IS NOT NULL DO NOTHING
                RETURNING occurred_on, type, category_id, amount_minor
            ), sums AS (
                INSERT INTO entry_totals AS t (book_id, month, type, category_id, shard, amount_minor, entry_count)
                SELECT \(book), month, type, coalesce(category_id, '00000000-0000-0000-0000-000000000000'),
                    pg_backend_pid() % 32, sum(amount_minor), count(*)
                FROM (SELECT month_index(occurred_on) AS month, type, category_id, amount_minor FROM inserted) i
                GROUP BY GROUPING SETS ((month, type, category_id), (month, type)) ORDER BY 2, 3, 4
                ON CONFLICT (book_id, month, type, category_id, shard) DO UPDATE
                SET amount_minor = t.amount_minor + excluded.amount_minor, entry_count = t.entry_count + excluded.entry_count
            )
            SELECT count(*) FROM inserted
            """)
        return Int(try row?.get(0, as: Int64.self) ?? 0)
    }

    private func results(_ transaction: Transaction) async throws -> [LineResult] {
        let rows = try await transaction.query(
            """
            SELECT r.line, e.id FROM import_rows r LEFT JOIN entries e ON e.book_id = \(book) AND e.id = r.id
            ORDER BY r.id LIMIT \(Int64(limits.resultLines))
            """)
        return try rows.map { LineResult(line: Int(try $0.get(0, as: Int32.self)), entry: try $0.get(1)) }
    }

    // MARK: Dry run

    /// Which of the listed transactions the book has already, and where the others would go by their words.
    package func marks(for preview: StatementPreview) async throws -> [StatementPreview.Mark] {
        var twins: [Identifier<ImportLine.FingerprintTag>: Int32] = [:]
        var lines: [Result<(ImportLine, Int32), ImportProblem>] = []
        for (account, transaction) in preview.listed {
            do {
                let line = try ImportLine(transaction, account: account, bookCurrency: currency)
                lines.append(.success((line, twins[line.fingerprint, default: 0])))
                twins[line.fingerprint, default: 0] += 1
            } catch {
                lines.append(.failure(error))
            }
        }
        let wanted = Array(twins.keys)
        let rows = try await database.query(
            "SELECT fingerprint, twin FROM entries WHERE book_id = \(book) AND fingerprint = ANY(\(wanted))")
        var known: Set<Twin> = []
        for row in rows { known.insert(Twin(fingerprint: try row.get(0), number: try row.get(1))) }
        return lines.map { line in
            switch line {
            case .success(let (line, number)):
                StatementPreview.Mark(
                    isDuplicate: known.contains(Twin(fingerprint: line.fingerprint, number: number)),
                    categorySlug: line.suggestedSlug, problem: nil)
            case .failure(let problem):
                StatementPreview.Mark(isDuplicate: false, categorySlug: nil, problem: problem.reason)
            }
        }
    }

    private struct Twin: Hashable {
        let fingerprint: Identifier<ImportLine.FingerprintTag>
        let number: Int32
    }
}
