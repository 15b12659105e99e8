import Base
import Categories
import Database
import Jobs
import Resources

/// Every statement that touches `entries`, except for imports.
package struct EntryStore: Sendable {
    let connection: any Queryable
    let book: BookID

    package init(_ connection: any Queryable, book: BookID) {
        self.connection = connection
        self.book = book
    }

    /// `e` is the entry, `c` its category.
    package static let resource = RowResource(
        "Entry",
        [
            RowColumn("id", "e.id", .identifier),
            RowColumn("type", "e.type", .code([1: "expense", 2: "income"])),
            RowColumn("amount", "e.amount_minor", .money(currencyColumn: 3), "Positive; the type tells the direction."),
            RowColumn("currency", "e.currency", .text),
            RowColumn("merchantName", "e.merchant", .text, nullable: true, "Who was paid, or who paid."),
            RowColumn("description", "e.description", .text, nullable: true),
            RowColumn("notes", "e.notes", .text, nullable: true),
            RowColumn("categoryId", "e.category_id", .identifier),
            RowColumn("categoryName", "c.name", .text),
            RowColumn("categorySlug", "c.slug", .text),
            RowColumn("transactionDate", "e.occurred_on", .date),
            RowColumn("status", "e.status", .code([1: "pending", 2: "completed", 3: "cancelled"])),
            RowColumn("paymentMethod", "e.payment_method", .text, nullable: true),
            RowColumn("tags", "e.tags", .texts),
            RowColumn("source", "CASE WHEN e.import_id IS NULL THEN 'manual' ELSE 'import' END", .text),
            RowColumn("importId", "e.import_id", .identifier, nullable: true),
            RowColumn("version", "e.version", .integer, "Send it back with a change."),
            RowColumn("createdAt", "e.created_at", .instant),
            RowColumn("updatedAt", "e.updated_at", .instant),
        ])

    static let versionColumn = 16

    // MARK: Writing

    /// Stores the entry and publishes its event, in one statement. Nil when the category does not exist or the book
    /// is kept in another currency; nothing is stored then.
    func insert(_ entry: Entry, by user: UserID, event: Event) async throws -> Row? {
        try await connection.first(
            """
            WITH created AS (
                INSERT INTO entries (book_id, id, type, status, occurred_on, amount_minor, currency, category_id, merchant,
                    description, notes, payment_method, tags, created_by)
                SELECT b.id, \(entry.id), \(entry.kind.rawValue), \(entry.status.rawValue), \(entry.occurredOn),
                    \(entry.amount.minorUnits), \(entry.amount.currency), c.id, \(entry.merchant), \(entry.description),
                    \(entry.notes), \(entry.paymentMethod), \(entry.tags), \(user)
                FROM books b JOIN categories c ON c.book_id = b.id AND \(matching(entry.category, kind: entry.kind))
                WHERE b.id = \(book) AND b.currency = \(entry.amount.currency)
                FOR KEY SHARE OF b
                RETURNING *
            ), published AS (\(Outbox.insertion(of: event, ifAnyIn: "created")))
            SELECT \(Self.resource.selection)
            FROM created e JOIN categories c ON c.book_id = e.book_id AND c.id = e.category_id
            """)
    }

    /// Locks the row until commit.
    func lock(_ id: EntryID, kind: Entry.Kind) async throws -> Entry? {
        let row = try await connection.first(
            """
            SELECT id, type, amount_minor, currency, occurred_on, category_id, status, merchant, description, notes,
                payment_method, tags, version
            FROM entries
            WHERE book_id = \(book) AND id = \(id) AND type = \(kind.rawValue) AND deleted_at IS NULL
            FOR UPDATE
            """)
        guard let row else { return nil }
        return Entry(
            id: try row.get(0), kind: try row.get(1),
            amount: Money(minorUnits: try row.get(2), currency: try row.get(3)), occurredOn: try row.get(4),
            category: .id(try row.get(5)), status: try row.get(6), merchant: try row.get(7),
            description: try row.get(8),
            notes: try row.get(9), paymentMethod: try row.get(10), tags: try row.get(11), version: try row.get(12))
    }

    /// Writes a locked entry back. Nil when its category does not exist.
    func save(_ entry: Entry, event: Event) async throws -> Row? {
        try await connection.first(
            """
            WITH changed AS (
                UPDATE entries e SET status = \(entry.status.rawValue), occurred_on = \(entry.occurredOn),
                    amount_minor = \(entry.amount.minorUnits), category_id = c.id, merchant = \(entry.merchant),
                    description = \(entry.description), notes = \(entry.notes), payment_method = \(entry.paymentMethod),
                    tags = \(entry.tags), version = e.version + 1, updated_at = now()
                FROM categories c
                WHERE e.book_id = \(book) AND e.id = \(entry.id) AND c.book_id = \(book) AND \(matching(entry.category, kind: entry.kind))
                RETURNING e.*
            ), published AS (\(Outbox.insertion(of: event, ifAnyIn: "changed")))
            SELECT \(Self.resource.selection)
            FROM changed e JOIN categories c ON c.book_id = e.book_id AND c.id = e.category_id
            """)
    }

    /// Deletes softly. Returns whether there was such an entry.
    func delete(_ id: EntryID, kind: Entry.Kind, event: Event) async throws -> Bool {
        let row = try await connection.first(
            """
            WITH deleted AS (
                UPDATE entries SET deleted_at = now(), version = version + 1, updated_at = now()
                WHERE book_id = \(book) AND id = \(id) AND type = \(kind.rawValue) AND deleted_at IS NULL
                RETURNING id
            ), published AS (\(Outbox.insertion(of: event, ifAnyIn: "deleted")))
            SELECT id FROM deleted
            """)
        return row != nil
    }

    /// Undoes a deletion. Nil when there is no such deleted entry.
    func restore(_ id: EntryID, kind: Entry.Kind, event: Event) async throws -> Row? {
        try await connection.first(
            """
            WITH restored AS (
                UPDATE entries SET deleted_at = NULL, version = version + 1, updated_at = now()
                WHERE book_id = \(book) AND id = \(id) AND type = \(kind.rawValue) AND deleted_at IS NOT NULL
                RETURNING *
            ), published AS (\(Outbox.insertion(of: event, ifAnyIn: "restored")))
            SELECT \(Self.resource.selection)
            FROM restored e JOIN categories c ON c.book_id = e.book_id AND c.id = e.category_id
            """)
    }

    /// Whether the book holds entries, deleted ones too. Whoever writes one holds the book's key, so with the book
    /// locked none is under way.
    package static func isUsed(_ book: BookID, _ transaction: Transaction) async throws -> Bool {
        try await transaction.first("SELECT EXISTS (SELECT FROM entries WHERE book_id = \(book))")?.get(0) ?? false
    }

    /// The condition on `c` that a reference stands for.
    private func matching(_ reference: CategoryReference, kind: Entry.Kind) -> SQL {
        switch reference {
        case .id(let id): "c.id = \(id)"
        case .named(let name):
            """
            c.id = (
                SELECT id FROM categories
                WHERE book_id = \(book) AND (slug = \(name.lowercased()) OR lower(name) = \(name.lowercased()))
                ORDER BY (slug = \(name.lowercased())) DESC, (is_income = \(kind == .income)) DESC, id LIMIT 1
            )
            """
        case .unsorted: "c.slug = \(CategoryStore.fallbackSlug(isIncome: kind == .income))"
        }
    }

    // MARK: Reading

    func one(_ id: EntryID, kind: Entry.Kind?) async throws -> Row? {
        try await connection.first(
            """
            SELECT \(Self.resource.selection)
            FROM entries e JOIN categories c ON c.book_id = e.book_id AND c.id = e.category_id
            WHERE e.book_id = \(book) AND e.id = \(id) AND e.deleted_at IS NULL
                AND (e.type = \(kind?.rawValue) OR \(kind == nil))
            """)
    }

    /// One row more than the limit is asked for: it tells whether there is another page.
    static func list(_ filter: EntryFilter, book: BookID, after cursor: PageCursor?, limit: Int, offset: Int = 0) -> SQL
    {
        var sql: SQL = """
            SELECT \(resource.selection)
            FROM entries e JOIN categories c ON c.book_id = e.book_id AND c.id = e.category_id
            WHERE e.book_id = \(book) AND e.deleted_at IS NULL
            """
        sql.append(filter.conditions(book: book))
        if let cursor { sql.append(" AND (e.occurred_on, e.id) < (\(cursor.date), \(cursor.id(as: EntryTag.self)))") }
        sql.append(" ORDER BY e.occurred_on DESC, e.id DESC LIMIT \(limit + 1)")
        if offset > 0 { sql.append(" OFFSET \(offset)") }
        return sql
    }

    package static func latest(book: BookID, limit: Int) -> SQL {
        """
        SELECT \(resource.selection)
        FROM entries e JOIN categories c ON c.book_id = e.book_id AND c.id = e.category_id
        WHERE e.book_id = \(book) AND e.deleted_at IS NULL
        ORDER BY e.occurred_on DESC, e.id DESC LIMIT \(limit)
        """
    }

    static func count(_ filter: EntryFilter, book: BookID) -> SQL {
        var sql: SQL = "SELECT count(*) FROM entries e WHERE e.book_id = \(book) AND e.deleted_at IS NULL"
        sql.append(filter.conditions(book: book))
        return sql
    }
}
