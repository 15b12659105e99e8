import Base
import Categories
import Database
import EventLoop
import HTTP
import Statements

/// Writes an import into its book, a batch of lines at a time, in one transaction: what is there already is asked for,
/// and all else is copied into `entries`.
struct ImportWriter {
    let id: ImportID
    let book: BookID
    let user: UserID
    let transaction: Transaction
    let pool: BlockingPool
    let sieve: ImportSieve
    let createdAt: Instant
    /// What all its entries are of.
    let department: Importer.Department?
    /// The least and the greatest fingerprint that the book had before.
    private let stored: ClosedRange<ImportLine.Fingerprint>?
    private let checksAsAWhole: Bool
    private var rejections = 0
    /// The rows of the batch that was decided on last.
    private var decided: [UInt8] = []
    /// Whether the sieve had more duplicates than it remembers.
    private var hasForgotten = false

    /// From here on this is the only import, and the only undo, in the book; its currency stays as it is, too, and so
    /// do its categories.
    static func begin(
        _ id: ImportID, _ importer: Importer, filename: String, department: DepartmentID?, pool: BlockingPool,
        _ transaction: Transaction
    ) async throws -> ImportWriter {
        let (book, user) = (importer.book, importer.user)
        let row = try await transaction.first(
            """
            INSERT INTO imports (book_id, id, format, filename, imported_count, duplicate_count, rejected_count, created_by, department_id)
            SELECT b.id, \(id), '', \(filename), 0, 0, 0, \(user), \(department)
            FROM books b WHERE b.id = \(book) AND b.currency = \(importer.currency) AND b.archived_at IS NULL FOR NO KEY UPDATE OF b
            RETURNING created_at
            """)
        guard let row else {
            throw Refusal(
                .conflict, "BOOK_CHANGED", "The book has been changed in the meantime. Import the file again.")
        }
        let known = try await self.department(department, book: book, transaction)
        _ = try await transaction.query(
            "SELECT FROM categories WHERE book_id = \(book) ORDER BY id FOR KEY SHARE")
        let bounds = try await transaction.pipeline([
            "SELECT fingerprint FROM entries WHERE book_id = \(book) AND fingerprint IS NOT NULL ORDER BY fingerprint LIMIT 1",
            "SELECT fingerprint FROM entries WHERE book_id = \(book) AND fingerprint IS NOT NULL ORDER BY fingerprint DESC LIMIT 1",
            "SELECT has_parameter_privilege('session_replication_role', 'SET')",
        ])
        var stored: ClosedRange<ImportLine.Fingerprint>?
        if let least = bounds[0].first, let greatest = bounds[1].first {
            stored = try least.get(0)...greatest.get(0)
        }
        return ImportWriter(
            id: id, book: book, user: user, transaction: transaction, pool: pool,
            sieve: ImportSieve(
                fallbacks: try await CategoryStore(transaction, book: book).fallbacks(),
                limits: importer.limits),
            createdAt: try row.get(0), department: known, stored: stored,
            checksAsAWhole: try bounds[2].first?.get(0, as: Bool.self) == true)
    }

    /// With its key locked until commit: it may have been deleted since it was named.
    private static func department(
        _ id: DepartmentID?, book: BookID, _ transaction: Transaction
    ) async throws -> Importer.Department? {
        guard let id else { return nil }
        let row = try await transaction.first(
            "SELECT name FROM departments WHERE book_id = \(book) AND id = \(id) FOR KEY SHARE")
        guard let row else { throw Refusal.unknownDepartment("department") }
        return Importer.Department(id: id, name: try row.get(0))
    }

    /// The payment methods that rules name.
    static func paymentMethods(
        _ rules: [Rule], book: BookID, _ transaction: Transaction
    ) async throws -> [String: PaymentMethodID] {
        let names = Array(Set(rules.compactMap(\.actions.paymentMethod)))
        guard !names.isEmpty else { return [:] }
        let rows = try await transaction.query(
            """
            SELECT n.name, p.id FROM unnest(\(names)) n (name) JOIN payment_methods p
                ON p.book_id = \(book) AND lower(p.name) = lower(n.name) AND p.deleted_at IS NULL
            """)
        var methods: [String: PaymentMethodID] = [:]
        for row in rows { methods[try row.get(0)] = try row.get(1) }
        return methods
    }

    // MARK: Batches

    /// Decides on the lines of a batch while the rows of the one before it go into the table: the database is never
    /// without work for longer than it takes to ask it something.
    mutating func write(_ batch: ImportBatch) async throws {
        if !batch.rejected.isEmpty { try await keep(batch.rejected) }
        guard !batch.lines.isEmpty else { return }
        let known = try await lookUp(batch)
        let waiting = decided
        decided = []
        async let judgement = Self.judge(batch, known, sieve, pool)
        try await copy(waiting)
        var judged = try await judgement
        if !judged.unknown.isEmpty {
            let past = ImportLookup.pastCategories(
                judged.unknown.map(\.name), judged.unknown.map(\.kind), book: book)
            sieve.learn(judged.unknown, try ImportLookup.categories(try await transaction.query(past)))
            let (sieve, verdicts) = (sieve, judged.verdicts)
            judged.rows = try await pool.run { try sieve.rows(batch, verdicts) }
        }
        decided = judged.rows
        if let duplicates = sieve.takeManyDuplicates() { try await remember(duplicates) }
        if sieve.holdsManySums { try await addSums() }
        if sieve.holdsManyMerchants { try await keepMerchants() }
    }

    private struct Judgement: Sendable {
        let verdicts: ImportSieve.Verdicts
        let unknown: [ImportSieve.MerchantKey]
        /// Not made while there are merchants to ask for.
        var rows: [UInt8] = []
    }

    private static func judge(
        _ batch: ImportBatch, _ known: ImportSieve.Known, _ sieve: ImportSieve, _ pool: BlockingPool
    ) async throws -> Judgement {
        try await pool.run {
            let verdicts = sieve.judge(batch, known)
            var judged = Judgement(verdicts: verdicts, unknown: sieve.unknownMerchants(batch, verdicts))
            if judged.unknown.isEmpty { judged.rows = try sieve.rows(batch, verdicts) }
            return judged
        }
    }

    private func copy(_ rows: [UInt8]) async throws {
        guard !rows.isEmpty else { return }
        if checksAsAWhole { try await checkRows(false) }
        _ = try await transaction.copyIn(ImportBatch.copy) { writer in
            writer.beginBinary()
            try await writer.write(rows)
        }
        if checksAsAWhole { try await checkRows(true) }
    }

    private func lookUp(_ batch: ImportBatch) async throws -> ImportSieve.Known {
        let twins = batch.lines.filter(\.mayBeTwin).map(\.fingerprint)
        let asked = batch.lines.filter { $0.mayBeTwin || stored?.contains($0.fingerprint) == true }.map(\.fingerprint)
        var statements: [SQL] = []
        if !asked.isEmpty {
            statements.append(
                """
                SELECT fingerprint, twin, import_id IS NOT DISTINCT FROM \(id) FROM entries
                WHERE book_id = \(book) AND fingerprint = ANY(\(asked))
                """)
        }
        if hasForgotten, !twins.isEmpty {
            statements.append(
                "SELECT fingerprint, lines FROM import_duplicates WHERE fingerprint = ANY(\(twins))")
        }
        var answers = try await transaction.pipeline(statements)[...]
        var known = ImportSieve.Known()
        if !asked.isEmpty {
            for row in answers.removeFirst() {
                let fingerprint: ImportLine.Fingerprint = try row.get(0)
                if try row.get(2, as: Bool.self) {
                    known.earlier[fingerprint, default: 0] += 1
                } else {
                    known.stored.insert(ImportLookup.Twin(fingerprint, try row.get(1)))
                }
            }
        }
        if hasForgotten, !twins.isEmpty {
            for row in answers.removeFirst() {
                known.earlier[try row.get(0), default: 0] += try row.get(1, as: Int32.self)
            }
        }
        return known
    }

    private mutating func remember(_ duplicates: [ImportLine.Fingerprint: Int32]) async throws {
        if !hasForgotten {
            _ = try await transaction.query(
                """
                CREATE TEMPORARY TABLE import_duplicates (fingerprint uuid PRIMARY KEY, lines integer NOT NULL) ON COMMIT DROP
                """)
        }
        hasForgotten = true
        _ = try await transaction.query(
            """
            INSERT INTO import_duplicates AS d SELECT * FROM unnest(\(Array(duplicates.keys)), \(Array(duplicates.values)))
            ON CONFLICT (fingerprint) DO UPDATE SET lines = d.lines + excluded.lines
            """)
    }

    private mutating func keep(_ rejected: [RejectedLine]) async throws {
        _ = try await transaction.query(
            """
            INSERT INTO import_rejections (book_id, import_id, number, line, text, reason)
            SELECT \(book), \(id), \(Int32(clamping: rejections)) + number, line, text, reason
            FROM unnest(\(rejected.map { Int32(clamping: $0.line) }), \(rejected.map { Self.storable($0.text) }),
                \(rejected.map { Self.storable($0.reason) })) WITH ORDINALITY AS r (line, text, reason, number)
            """)
        rejections += rejected.count
    }

    /// PostgreSQL's text has no NUL.
    private static func storable(_ text: String) -> String {
        text.utf8.contains(0) ? String(text.map { $0 == "\0" ? "\u{FFFD}" : $0 }) : text
    }

    /// The foreign keys of entries are looked up a row at a time, which would be a third of an import's work; here both
    /// are certain: the import's row is of this transaction, and it holds the categories. Only a role with that right
    /// may do this, as the embedded cluster's; elsewhere the rows are looked up as ever. Either way each category is
    /// looked up once at the end.
    private func checkRows(_ on: Bool) async throws {
        let role = on ? "origin" : "replica"
        _ = try await transaction.query("SELECT set_config('session_replication_role', \(role), true)")
    }

    // MARK: The end

    /// Writes what is left, adds the sums, and says in the import's row how it went.
    mutating func finish(
        _ reader: StatementReader, _ summary: ImportReading.Summary, profile: String?
    ) async throws {
        try await copy(decided)
        decided = []
        try await addSums()
        try await keepMerchants()
        let used = Array(sieve.usedCategories)
        let found = try await transaction.query(
            "SELECT FROM categories WHERE book_id = \(book) AND id = ANY(\(used)) ORDER BY id FOR KEY SHARE")
        guard found.count == used.count else {
            throw DatabaseError(.statement, "an import named a category that is not there", sqlState: "23503")
        }
        _ = try await transaction.run(
            """
            UPDATE imports SET format = \(reader.format?.rawValue ?? ""), profile = \(profile),
                account = \(summary.account), imported_count = \(Int32(clamping: sieve.imported)),
                duplicate_count = \(Int32(clamping: summary.taken - sieve.imported)),
                rejected_count = \(Int32(clamping: summary.rejectedCount)), last_entry_id = \(EntryID.new())
            WHERE book_id = \(book) AND id = \(id)
            """)
    }

    private func addSums() async throws {
        let sums = sieve.takeSums()
        guard !sums.isEmpty else { return }
        _ = try await transaction.run(
            EntryTotals.add(
                book: book,
                """
                SELECT * FROM unnest(\(sums.keys.map(\.month)), \(sums.keys.map(\.kind.rawValue)),
                    \(sums.keys.map(\.category)), \(sums.values.map(\.minorUnits)), \(sums.values.map(\.count)))
                    AS s (month, type, category_id, amount_minor, entry_count)
                """))
    }

    /// Where the next import finds how this one has sorted each merchant.
    private func keepMerchants() async throws {
        let merchants = sieve.takeMerchants()
        guard !merchants.isEmpty else { return }
        _ = try await transaction.run(
            """
            INSERT INTO import_merchants AS m (book_id, merchant, type, import_id, category_id)
            SELECT DISTINCT ON (lower(name), type) \(book), lower(name), type, \(id), category_id
            FROM unnest(\(merchants.keys.map(\.name)), \(merchants.keys.map(\.kind.rawValue)), \(Array(merchants.values)))
                AS d (name, type, category_id)
            ORDER BY lower(name), type, name
            ON CONFLICT (book_id, merchant, type, import_id) DO UPDATE SET category_id = excluded.category_id
            """)
    }
}
