import Base
import Categories
import Database
import HTTP
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
            RowColumn("paymentMethod", paymentName, .text, nullable: true),
            RowColumn("tags", "e.tags", .texts),
            RowColumn("source", "CASE WHEN e.import_id IS NULL THEN 'manual' ELSE 'import' END", .text),
            RowColumn("importId", "e.import_id", .identifier, nullable: true),
            RowColumn("version", "e.version", .integer, "Send it back with a change."),
            RowColumn("createdAt", "e.created_at", .instant),
            RowColumn("updatedAt", "e.updated_at", .instant),
            RowColumn("paymentMethodId", "e.payment_method_id", .identifier, nullable: true),
            RowColumn("location", location, .json(LocationInput.schema), nullable: true),
            RowColumn("deletedAt", "e.deleted_at", .instant, nullable: true, "Only what is in the trash has it."),
            RowColumn("account", "e.account", .text, nullable: true, "Of the statement that it was imported from."),
            RowColumn("createdBy", "e.created_by", .identifier, "Who has recorded it."),
            RowColumn(
                "splitOf", "e.split_of", .identifier, nullable: true,
                "The entry that is the first part of this payment."),
            RowColumn("departmentId", "e.department_id", .identifier, nullable: true, "In an organisation."),
        ])

    private static let paymentName: StaticString = """
        CASE WHEN e.payment_method_id IS NULL THEN e.payment_method ELSE (
            SELECT m.name FROM payment_methods m WHERE m.book_id = e.book_id AND m.id = e.payment_method_id
        ) END
        """
    private static let location: StaticString = """
        CASE WHEN e.location IS NOT NULL OR e.latitude_e7 IS NOT NULL THEN json_build_object(
            'name', e.location, 'latitude', trim_scale(round(e.latitude_e7 / 10000000.0, 7))::text,
            'longitude', trim_scale(round(e.longitude_e7 / 10000000.0, 7))::text
        )::text END
        """

    static let versionColumn = 16

    /// Behind an entry's columns: what its department is called.
    static let departmentName: SQL = """
        , (SELECT d.name FROM departments d WHERE d.book_id = e.book_id AND d.id = e.department_id)
        """

    static let source: SQL = "entries e JOIN categories c ON c.book_id = e.book_id AND c.id = e.category_id"

    // MARK: Writing

    /// Stores the entry and publishes its event, in one statement. Nil when the category or the payment method does not
    /// exist or the book is kept in another currency; nothing is stored then.
    func insert(_ entry: Entry, by user: UserID, event: Event) async throws -> Row? {
        let payment = paymentColumns(entry.payment)
        let department = departmentColumn(entry.department)
        return try await translating {
            try await connection.first(
                """
                WITH created AS (
                    INSERT INTO entries (book_id, id, type, status, occurred_on, amount_minor, currency, category_id, merchant,
                        description, notes, payment_method_id, payment_method, location, latitude_e7, longitude_e7, tags, created_by,
                        department_id)
                    SELECT b.id, \(entry.id), \(entry.kind.rawValue), \(entry.status.rawValue), \(entry.occurredOn),
                        \(entry.amount.minorUnits), \(entry.amount.currency), c.id, \(entry.merchant), \(entry.description),
                        \(entry.notes), \(payment.id), \(payment.name), \(entry.location?.name),
                        \(entry.location?.coordinates?.latitude), \(entry.location?.coordinates?.longitude), \(entry.tags), \(user),
                        \(department.id)
                    FROM books b JOIN categories c ON c.book_id = b.id AND \(matching(entry.category, kind: entry.kind))
                    WHERE b.id = \(book) AND b.currency = \(entry.amount.currency) AND b.archived_at IS NULL\(payment.condition)\(department.condition)
                    FOR KEY SHARE OF b
                    RETURNING *
                ), published AS (\(Outbox.insertion(of: event, ifAnyIn: "created"))
                ), pending AS (
                    INSERT INTO search_pending (book_id, first_id, last_id) SELECT book_id, id, id FROM created
                )
                SELECT \(Self.resource.selection)
                FROM created e JOIN categories c ON c.book_id = e.book_id AND c.id = e.category_id
                """)
        }
    }

    /// Locks the row until commit.
    ///
    /// - Throws: 403 when it is not the editor's to change.
    func lock(_ id: EntryID, kind: Entry.Kind, by editor: EntryEditor) async throws -> Entry? {
        var sql = whole(id, kind, editor.scope)
        sql.append(" FOR UPDATE")
        guard let row = try await connection.first(sql) else { return nil }
        guard editor.mayChange(entryOf: try row.get(17)) else { throw Refusal.notYourEntry }
        return try Self.entry(row)
    }

    func read(_ id: EntryID, kind: Entry.Kind, scope: EntryScope) async throws -> Entry? {
        try await connection.first(whole(id, kind, scope)).map(Self.entry)
    }

    private func whole(_ id: EntryID, _ kind: Entry.Kind, _ scope: EntryScope) -> SQL {
        """
        SELECT id, type, amount_minor, currency, occurred_on, category_id, status, merchant, description, notes,
            payment_method, tags, version, payment_method_id, location, latitude_e7, longitude_e7, created_by, department_id
        FROM entries e
        WHERE book_id = \(book) AND id = \(id) AND type = \(kind.rawValue) AND deleted_at IS NULL\(scope.condition)
        """
    }

    private static func entry(_ row: Row) throws -> Entry {
        let payment: Payment =
            if let id = try row.get(13, as: PaymentMethodID?.self) {
                .id(id)
            } else {
                try row.get(10, as: String?.self).map(Payment.named) ?? .none
            }
        var coordinates: Location.Coordinates?
        if let latitude = try row.get(15, as: Int32?.self), let longitude = try row.get(16, as: Int32?.self) {
            coordinates = Location.Coordinates(latitude: latitude, longitude: longitude)
        }
        return Entry(
            id: try row.get(0), kind: try row.get(1),
            amount: Money(minorUnits: try row.get(2), currency: try row.get(3)), occurredOn: try row.get(4),
            category: .id(try row.get(5)), status: try row.get(6), merchant: try row.get(7),
            description: try row.get(8), notes: try row.get(9), payment: payment,
            location: Location(name: try row.get(14), coordinates: coordinates), tags: try row.get(11),
            department: try row.get(18, as: DepartmentID?.self).map(DepartmentReference.id) ?? .noDepartment,
            version: try row.get(12))
    }

    /// Writes a locked entry back. Nil when its category or its payment method does not exist.
    func save(_ entry: Entry, by user: UserID, event: Event) async throws -> Row? {
        let payment = paymentColumns(entry.payment, current: "e.payment_method_id")
        let department = departmentColumn(entry.department)
        return try await translating {
            try await connection.first(
                """
                WITH changed AS (
                    UPDATE entries e SET status = \(entry.status.rawValue), occurred_on = \(entry.occurredOn),
                        amount_minor = \(entry.amount.minorUnits), category_id = c.id, merchant = \(entry.merchant),
                        description = \(entry.description), notes = \(entry.notes),
                        payment_method_id = \(payment.id), payment_method = \(payment.name),
                        location = \(entry.location?.name), latitude_e7 = \(entry.location?.coordinates?.latitude),
                        longitude_e7 = \(entry.location?.coordinates?.longitude),
                        tags = \(entry.tags), department_id = \(department.id), version = e.version + 1, updated_at = now(),
                        updated_by = \(user)
                    FROM categories c
                    WHERE e.book_id = \(book) AND e.id = \(entry.id) AND c.book_id = \(book)
                        AND \(matching(entry.category, kind: entry.kind))\(payment.condition)\(department.condition)
                    RETURNING e.*
                ), published AS (\(Outbox.insertion(of: event, ifAnyIn: "changed")))
                SELECT \(Self.resource.selection)
                FROM changed e JOIN categories c ON c.book_id = e.book_id AND c.id = e.category_id
                """)
        }
    }

    /// Deletes softly. Returns whether there was such an entry that the editor may change.
    func delete(
        _ id: EntryID, kind: Entry.Kind, as editor: EntryEditor, by user: UserID, event: Event
    ) async throws -> Bool {
        let row = try await connection.first(
            """
            WITH deleted AS (
                UPDATE entries e SET deleted_at = now(), version = version + 1, updated_at = now(), updated_by = \(user)
                WHERE book_id = \(book) AND id = \(id) AND type = \(kind.rawValue) AND deleted_at IS NULL\(editor.condition)
                RETURNING id
            ), published AS (\(Outbox.insertion(of: event, ifAnyIn: "deleted")))
            SELECT id FROM deleted
            """)
        return row != nil
    }

    /// Undoes a deletion. Nil when there is no such deleted entry that the editor may change.
    func restore(
        _ id: EntryID, kind: Entry.Kind, as editor: EntryEditor, by user: UserID, event: Event
    ) async throws -> Row? {
        try await connection.first(
            """
            WITH restored AS (
                UPDATE entries e SET deleted_at = NULL, version = version + 1, updated_at = now(), updated_by = \(user)
                WHERE book_id = \(book) AND id = \(id) AND type = \(kind.rawValue) AND deleted_at IS NOT NULL\(editor.condition)
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

    /// The condition on `c` that a reference stands for. Where a name could mean two, the one of the entry's own kind.
    private func matching(_ reference: CategoryReference, kind: Entry.Kind) -> SQL {
        switch reference {
        case .id(let id): "c.id = \(id)"
        case .named(let name), .namedOrNew(let name):
            """
            c.id = (
                SELECT id FROM categories
                WHERE book_id = \(book) AND (slug = lower(\(name)) OR lower(name) = lower(\(name)))
                ORDER BY (is_income = \(kind == .income)) DESC, (slug = lower(\(name))) DESC, (parent_id IS NULL) DESC, id LIMIT 1
            )
            """
        case .unsorted: "c.slug = \(CategoryStore.fallbackSlug(isIncome: kind == .income))"
        }
    }

    /// What is stored of a payment, and what must hold for it. A text that names one of the book's methods is that one.
    ///
    /// - Parameter current: the method that the entry has already, which may be a deleted one.
    private func paymentColumns(
        _ payment: Payment, current: SQL = "NULL::uuid"
    ) -> (id: SQL, name: SQL, condition: SQL) {
        switch payment {
        case .none: ("NULL::uuid", "NULL::text", "")
        case .named(let name):
            (
                """
                (SELECT m.id FROM payment_methods m
                    WHERE m.book_id = \(book) AND lower(m.name) = lower(\(name)) AND m.deleted_at IS NULL)
                """, "\(name)", ""
            )
        case .id(let id):
            (
                "\(id)", "NULL::text",
                """
                 AND EXISTS (SELECT FROM payment_methods m
                    WHERE m.book_id = \(book) AND m.id = \(id) AND (m.deleted_at IS NULL OR m.id = \(current)))
                """
            )
        }
    }

    /// What is stored of a department, and what must hold for it. With its key locked: one that is just being deleted is
    /// waited for.
    private func departmentColumn(_ department: DepartmentReference) -> (id: SQL, condition: SQL) {
        guard case .id(let id) = department else { return ("NULL::uuid", "") }
        return (
            "\(id)",
            " AND EXISTS (SELECT FROM departments d WHERE d.book_id = \(book) AND d.id = \(id) FOR KEY SHARE)"
        )
    }

    /// A category that was deleted while the entry was on its way into it.
    func translating<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let error as DatabaseError
            where error.isForeignKeyViolation && error.constraint == "entries_category_fkey"
        {
            throw Refusal.noSuchCategory
        }
    }

    // MARK: Reading

    static func one(_ id: EntryID, kind: Entry.Kind?, book: BookID, scope: EntryScope) -> SQL {
        """
        SELECT \(resource.selection)
        FROM \(source)
        WHERE e.book_id = \(book) AND e.id = \(id) AND e.deleted_at IS NULL
            AND (e.type = \(kind?.rawValue) OR \(kind == nil))\(scope.condition)
        """
    }

    /// One row more than the limit is asked for: it tells whether there is another page.
    ///
    /// - Parameter more: what is selected behind an entry's own columns.
    static func list(
        _ filter: EntryFilter, order: EntryOrder = EntryOrder(), book: BookID, after cursor: EntryCursor?, limit: Int,
        offset: Int = 0, with more: SQL = ""
    ) -> SQL {
        var conditions = filter.conditions(book: book)
        if let cursor { conditions.append(order.condition(after: cursor)) }
        var page: SQL = "\(order.clause) LIMIT \(limit + 1)"
        if offset > 0 { page.append(" OFFSET \(offset)") }
        guard order.sortsWholeBook else {
            return """
                SELECT \(resource.selection)\(more)\(order.selection)
                FROM \(source)
                WHERE e.book_id = \(book)\(conditions)\(page)
                """
        }
        // No index has this order. Sorting nothing but ids, which an index may hold, takes a fraction of the time.
        return """
            SELECT \(resource.selection)\(more)\(order.selection)
            FROM (SELECT e.id FROM entries e WHERE e.book_id = \(book)\(conditions)\(page)) p
            JOIN \(source) ON e.book_id = \(book) AND e.id = p.id\(order.clause)
            """
    }

    /// Without an end, for a cursor.
    static func all(_ filter: EntryFilter, order: EntryOrder, book: BookID, with more: SQL = "") -> SQL {
        """
        SELECT \(resource.selection)\(more)
        FROM \(source)
        WHERE e.book_id = \(book)\(filter.conditions(book: book))\(order.clause)
        """
    }

    package static func latest(book: BookID, scope: EntryScope, limit: Int) -> SQL {
        """
        SELECT \(resource.selection)
        FROM \(source)
        WHERE e.book_id = \(book) AND e.deleted_at IS NULL\(scope.condition)
        ORDER BY e.occurred_on DESC, e.id DESC LIMIT \(limit)
        """
    }

    static func count(_ filter: EntryFilter, book: BookID) -> SQL {
        var sql: SQL = "SELECT count(*) FROM entries e WHERE e.book_id = \(book)"
        sql.append(filter.conditions(book: book))
        return sql
    }
}
