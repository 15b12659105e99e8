import Base
import Categories
import Database
import Statements

/// An import whose lines are in `import_rows`: what remains is the database's work, in the same transaction.
struct StagedImport {
    let id: ImportID
    let book: BookID
    let currency: Currency
    let user: UserID
    let transaction: Transaction
    let summary: ImportReading.Summary

    /// From here on this is the only import, and the only undo, in the book; its currency stays as it is, too.
    func insertImport(format: String, filename: String, profile: String?) async throws -> Instant {
        let row = try await transaction.first(
            """
            INSERT INTO imports (book_id, id, format, profile, filename, account, imported_count, duplicate_count, rejected_count, created_by)
            SELECT b.id, \(id), \(format), \(profile), \(filename), \(summary.account), 0, 0,
                \(Int32(clamping: summary.rejectedCount)), \(user)
            FROM books b WHERE b.id = \(book) AND b.currency = \(currency) FOR NO KEY UPDATE OF b
            RETURNING created_at
            """)
        guard let row else {
            throw Refusal(
                .conflict, "BOOK_CHANGED", "The book has been changed in the meantime. Import the file again.")
        }
        return try row.get(0)
    }

    /// Inserts what the book does not have yet, and adds its sums. Returns how many lines became entries.
    ///
    /// The n-th of several transactions that are alike is the n-th in every file, so a repeat meets itself, and both of
    /// two genuine twins arrive.
    ///
    /// - Parameter categoriesWhenRead: those that rules and words could name. Any of them may be gone by now.
    func insertEntries(categoriesWhenRead: Set<CategoryID>) async throws -> Int {
        try await keepCategories(categoriesWhenRead)
        if summary.rejectedCount > 0 { try await keepRejections() }
        if summary.hasTwins { try await numberTwins() }
        _ = try await transaction.query("ANALYZE import_rows (fingerprint, twin, merchant, type)")
        try await dropDuplicates()
        _ = try await transaction.pipeline([Self.merchantTable, "ANALYZE import_merchants"])
        let checksAsAWhole = try await suspendRowChecks()
        let imported = try await insert()
        if checksAsAWhole { try await resumeRowChecks() }
        _ = try await transaction.run(
            """
            UPDATE imports SET imported_count = \(Int32(clamping: imported)),
                duplicate_count = \(Int32(clamping: summary.taken - imported))
            WHERE book_id = \(book) AND id = \(id)
            """)
        return imported
    }

    /// Holds the book's categories until commit, and forgets what was said of those that somebody has deleted.
    private func keepCategories(_ known: Set<CategoryID>) async throws {
        let rows = try await transaction.query(
            "SELECT id FROM categories WHERE book_id = \(book) ORDER BY id FOR KEY SHARE")
        let gone = Array(known.subtracting(try rows.map { try $0.get(0, as: CategoryID.self) }))
        guard !gone.isEmpty else { return }
        _ = try await transaction.run(
            """
            UPDATE import_rows SET
                rule_category_id = CASE WHEN rule_category_id = ANY(\(gone)) THEN NULL ELSE rule_category_id END,
                word_category_id = CASE WHEN word_category_id = ANY(\(gone)) THEN NULL ELSE word_category_id END
            WHERE rule_category_id = ANY(\(gone)) OR word_category_id = ANY(\(gone))
            """)
    }

    private func keepRejections() async throws {
        _ = try await transaction.run(
            """
            INSERT INTO import_rejections (book_id, import_id, number, line, text, reason)
            SELECT \(book), \(id), row_number() OVER (ORDER BY id), line, rejected_text, reason
            FROM import_rows WHERE reason IS NOT NULL ORDER BY id
            """)
    }

    private func numberTwins() async throws {
        _ = try await transaction.run(
            """
            UPDATE import_rows r SET twin = n.twin
            FROM (
                SELECT id, row_number() OVER (PARTITION BY fingerprint ORDER BY id) - 1 AS twin FROM import_rows
                WHERE fingerprint IN (SELECT fingerprint FROM import_rows WHERE may_be_twin)
            ) n
            WHERE r.id = n.id AND n.twin > 0
            """)
    }

    private func dropDuplicates() async throws {
        _ = try await transaction.run(
            """
            DELETE FROM import_rows r USING entries e
            WHERE e.book_id = \(book) AND e.fingerprint = r.fingerprint AND e.twin = r.twin
            """)
        guard summary.hasSplits else { return }
        _ = try await transaction.run(
            """
            DELETE FROM import_rows p
            WHERE p.split_of IS NOT NULL AND NOT EXISTS (SELECT FROM import_rows r WHERE r.id = p.split_of)
            """)
    }

    /// The merchants for which past entries are asked: few, however many lines there are.
    private static let merchantTable: SQL = """
        CREATE TEMPORARY TABLE import_merchants ON COMMIT DROP AS
        SELECT lower(merchant) AS merchant, type FROM import_rows
        WHERE merchant IS NOT NULL AND rule_category_id IS NULL AND reason IS NULL GROUP BY 1, 2
        """

    /// The foreign keys of entries are looked up a row at a time, which would be a third of an import's work; here both
    /// are certain: the import's row is of this transaction, and it holds the categories. Only a role with that right
    /// may do this, as the embedded cluster's; elsewhere the rows are looked up as ever. Either way each category is
    /// looked up once at the end.
    private func suspendRowChecks() async throws -> Bool {
        let row = try await transaction.first("SELECT has_parameter_privilege('session_replication_role', 'SET')")
        guard try row?.get(0, as: Bool.self) == true else { return false }
        _ = try await transaction.query("SELECT set_config('session_replication_role', 'replica', true)")
        return true
    }

    private func resumeRowChecks() async throws {
        _ = try await transaction.query("SELECT set_config('session_replication_role', 'origin', true)")
    }

    private func insert() async throws -> Int {
        let (expense, income) = try await CategoryStore(transaction, book: book).fallbacks()
        let row = try await transaction.first(
            """
            WITH known AS (\(ImportLookup.pastCategories(of: "import_merchants", book: book))), inserted AS (
                INSERT INTO entries (book_id, id, type, occurred_on, amount_minor, currency, category_id, merchant, description,
                    notes, payment_method_id, payment_method, tags, account, split_of, import_id, import_line, fingerprint, twin, created_by)
                SELECT \(book), r.id, r.type, r.occurred_on, r.amount_minor, \(currency),
                    coalesce(r.rule_category_id, k.category_id, r.word_category_id,
                        CASE r.type WHEN 1 THEN \(expense) ELSE \(income) END),
                    r.merchant, r.description, r.notes, p.id, r.payment_method, coalesce(r.tags, '{}'), r.account, r.split_of,
                    \(id), r.line, r.fingerprint, CASE WHEN r.fingerprint IS NOT NULL THEN r.twin END, \(user)
                FROM import_rows r LEFT JOIN known k ON k.merchant = lower(r.merchant) AND k.type = r.type
                LEFT JOIN payment_methods p
                    ON p.book_id = \(book) AND lower(p.name) = lower(r.payment_method) AND p.deleted_at IS NULL
                WHERE r.reason IS NULL
                RETURNING occurred_on, type, category_id, amount_minor, split_of IS NULL AS is_line
            ), sums AS (
                INSERT INTO entry_totals AS t (book_id, month, type, category_id, shard, amount_minor, entry_count)
                SELECT \(book), month, type, coalesce(category_id, '00000000-0000-0000-0000-000000000000'),
                    pg_backend_pid() % 32, sum(amount_minor), count(*)
                FROM (SELECT month_index(occurred_on) AS month, type, category_id, amount_minor FROM inserted) i
                GROUP BY GROUPING SETS ((month, type, category_id), (month, type)) ORDER BY 2, 3, 4
                ON CONFLICT (book_id, month, type, category_id, shard) DO UPDATE
                SET amount_minor = t.amount_minor + excluded.amount_minor, entry_count = t.entry_count + excluded.entry_count
                RETURNING category_id
            )
            SELECT (SELECT count(*) FROM inserted WHERE is_line), EXISTS (
                SELECT FROM sums s WHERE s.category_id <> '00000000-0000-0000-0000-000000000000'
                    AND NOT EXISTS (SELECT FROM categories c WHERE c.book_id = \(book) AND c.id = s.category_id)
            )
            """)
        guard try row?.get(1, as: Bool.self) == false else {
            throw DatabaseError(.statement, "an import named a category that is not there", sqlState: "23503")
        }
        return Int(try row?.get(0, as: Int64.self) ?? 0)
    }

    /// Where the first thousand lines went.
    func results() async throws -> [Importer.LineResult] {
        let rows = try await transaction.query(
            "SELECT id FROM entries WHERE book_id = \(book) AND id = ANY(\(summary.first.map(\.id)))")
        let stored = Set(try rows.map { try $0.get(0, as: EntryID.self) })
        return summary.first.map { Importer.LineResult(line: $0.line, entry: stored.contains($0.id) ? $0.id : nil) }
    }
}

/// What an import, and its preview, ask of the entries that are there already.
struct ImportLookup {
    let connection: any Queryable
    let book: BookID

    /// The category of the latest entry of each merchant that somebody, or something, has sorted. `source` has the
    /// columns `merchant`, in lower case, and `type`, each pair once.
    ///
    /// The latest is the one that was changed last: it is what the members of the book have decided since.
    static func pastCategories(of source: StaticString, book: BookID) -> SQL {
        """
        SELECT m.merchant, m.type, l.category_id
        FROM \(SQL.fragment(source)) m CROSS JOIN LATERAL (
            SELECT e.category_id FROM entries e
            WHERE e.book_id = \(book) AND lower(e.merchant) = m.merchant AND e.type = m.type
                AND e.merchant IS NOT NULL AND e.deleted_at IS NULL AND e.category_id NOT IN (
                    SELECT c.id FROM categories c WHERE c.book_id = \(book)
                        AND c.slug IN (\(CategoryStore.fallbackSlug(isIncome: false)), \(CategoryStore.fallbackSlug(isIncome: true)))
                )
            ORDER BY e.updated_at DESC, e.id DESC LIMIT 1
        ) l
        """
    }

    struct Twin: Hashable {
        let fingerprint: Identifier<ImportLine.FingerprintTag>
        let number: Int32

        init(_ fingerprint: Identifier<ImportLine.FingerprintTag>, _ number: Int32) {
            self.fingerprint = fingerprint
            self.number = number
        }
    }

    func stored(_ fingerprints: [Identifier<ImportLine.FingerprintTag>]) async throws -> Set<Twin> {
        let rows = try await connection.query(
            "SELECT fingerprint, twin FROM entries WHERE book_id = \(book) AND fingerprint = ANY(\(fingerprints))")
        return Set(try rows.map { Twin(try $0.get(0), try $0.get(1)) })
    }

    /// The categories of past entries, by the place of each merchant in the list.
    func pastCategories(_ merchants: [(name: String, kind: Entry.Kind)?]) async throws -> [Int: CategoryID] {
        let names = merchants.map { $0?.name }
        let kinds = merchants.map { $0?.kind.rawValue ?? 0 }
        let rows = try await connection.query(
            """
            WITH wanted AS (
                SELECT place, lower(merchant) AS merchant, type
                FROM unnest(\(names), \(kinds)) WITH ORDINALITY AS w (merchant, type, place) WHERE merchant IS NOT NULL
            ), merchants AS (SELECT DISTINCT merchant, type FROM wanted),
            known AS (\(Self.pastCategories(of: "merchants", book: book)))
            SELECT w.place, k.category_id FROM wanted w JOIN known k ON k.merchant = w.merchant AND k.type = w.type
            """)
        var categories: [Int: CategoryID] = [:]
        for row in rows { categories[try row.get(0, as: Int.self) - 1] = try row.get(1) }
        return categories
    }

    func categoryNames() async throws -> [CategoryID: (slug: String, name: String)] {
        let rows = try await connection.query("SELECT id, slug, name FROM categories WHERE book_id = \(book)")
        var names: [CategoryID: (slug: String, name: String)] = [:]
        for row in rows { names[try row.get(0)] = (try row.get(1), try row.get(2)) }
        return names
    }
}
