import Base
import Categories
import Database
import HTTP
import JSON
import Jobs

/// Many entries in one statement.
extension EntryStore {
    /// An entry whose references have been resolved.
    struct NewRow: Sendable {
        let entry: Entry
        let category: CategoryID
        let payment: (id: PaymentMethodID?, name: String?)
    }

    /// Stores all of them with their events and sums. In a transaction that has locked the book's currency.
    func insert(_ rows: [NewRow], by user: UserID) async throws {
        guard let currency = rows.first?.entry.amount.currency else { return }
        let entries = rows.map(\.entry)
        // The trigger would add each to the same few sums.
        _ = try await connection.query("SELECT set_config('purser.bulk', 'on', true)")
        _ = try await translating {
            try await connection.query(
                """
                WITH created AS (
                    INSERT INTO entries (book_id, id, type, status, occurred_on, amount_minor, currency, category_id, merchant,
                        description, notes, payment_method_id, payment_method, location, latitude_e7, longitude_e7, tags, created_by,
                        department_id)
                    SELECT \(book), i.id, i.type, i.status, i.occurred_on, i.amount, \(currency), i.category, i.merchant,
                        i.description, i.notes, i.payment_id, i.payment, i.location, i.latitude, i.longitude,
                        ARRAY(SELECT jsonb_array_elements_text(i.tags)), \(user),
                        (SELECT d.id FROM departments d WHERE d.book_id = \(book) AND d.id = i.department)
                    FROM unnest(
                        \(entries.map(\.id)), \(entries.map(\.kind.rawValue)), \(entries.map(\.status.rawValue)),
                        \(entries.map(\.occurredOn)), \(entries.map(\.amount.minorUnits)), \(rows.map(\.category)),
                        \(entries.map(\.merchant)), \(entries.map(\.description)), \(entries.map(\.notes)),
                        \(rows.map(\.payment.id)), \(rows.map(\.payment.name)), \(entries.map { $0.location?.name }),
                        \(entries.map { $0.location?.coordinates?.latitude }),
                        \(entries.map { $0.location?.coordinates?.longitude }), \(entries.map { $0.tags.jsonText }),
                        \(entries.map(\.department.id))
                    ) AS i (id, type, status, occurred_on, amount, category, merchant, description, notes, payment_id, payment,
                        location, latitude, longitude, tags, department)
                    RETURNING id, type, status, occurred_on, amount_minor, category_id
                ), sums AS (
                    \(EntryTotals.add(
                        book: book,
                        "SELECT month_index(occurred_on), type, category_id, amount_minor, 1 FROM created WHERE status <> 3"))
                ), published AS (
                    \(Self.events("created", book: book, by: user, of: "created"))
                )
                INSERT INTO search_pending (book_id, first_id, last_id)
                SELECT \(book), min(id::text)::uuid, max(id::text)::uuid FROM created
                """)
        }
        _ = try await connection.query("SELECT set_config('purser.bulk', 'off', true)")
    }

    /// One event for each entry of a part of the statement that has `id` and `type`.
    private static func events(_ verb: String, book: BookID, by user: UserID, of source: StaticString) -> SQL {
        """
        INSERT INTO outbox (name, book_id, user_id, data)
        SELECT CASE type WHEN 1 THEN 'expense.' ELSE 'income.' END || \(verb), \(book), \(user), jsonb_build_object('id', id)
        FROM \(SQL.fragment(source))
        """
    }

    /// Deletes, or restores. Returns those that were there to be, and the editor's to change.
    func setDeleted(
        _ isDeleted: Bool, _ ids: [EntryID], kind: Entry.Kind?, as editor: EntryEditor, by user: UserID
    ) async throws -> Set<EntryID> {
        var state: SQL = isDeleted ? "e.deleted_at IS NULL" : "e.deleted_at IS NOT NULL"
        state.append(editor.condition)
        let rows = try await connection.query(
            """
            WITH \(locked(ids, kind: kind, and: state)), changed AS (
                UPDATE entries e SET deleted_at = \(isDeleted ? "now()" : "NULL" as SQL), version = e.version + 1,
                    updated_at = now(), updated_by = \(user)
                FROM locked l WHERE e.book_id = \(book) AND e.id = l.id
                RETURNING e.id, e.type
            ), published AS (
                \(Self.events(isDeleted ? "deleted" : "restored", book: book, by: user, of: "changed"))
            )
            SELECT id FROM changed
            """)
        return Set(try rows.map { try $0.get(0) })
    }

    /// Locks entries in the order of their ids, so that two such statements wait for each other in the place of
    /// locking each other out.
    private func locked(_ ids: [EntryID], kind: Entry.Kind?, and state: SQL) -> SQL {
        """
        locked AS (
            SELECT e.id FROM entries e
            WHERE e.book_id = \(book) AND e.id = ANY(\(ids)) AND (e.type = \(kind?.rawValue) OR \(kind == nil)) AND \(state)
            ORDER BY e.id FOR UPDATE
        )
        """
    }

    /// The kinds that are among them.
    func kinds(of ids: [EntryID]) async throws -> [Entry.Kind] {
        try await connection.query(
            """
            SELECT DISTINCT type FROM entries
            WHERE book_id = \(book) AND id = ANY(\(ids)) AND deleted_at IS NULL ORDER BY type
            """
        ).map { try $0.get(0) }
    }

    /// Changes the same of all of them. Returns those that were there, and the editor's to change.
    func update(
        _ ids: [EntryID], _ change: ResolvedChange, kind: Entry.Kind?, as editor: EntryEditor, by user: UserID
    ) async throws -> Set<EntryID> {
        var state: SQL = "e.deleted_at IS NULL"
        state.append(editor.condition)
        var assignments: SQL = "version = e.version + 1, updated_at = now(), updated_by = \(user)"
        if let categories = change.categories {
            assignments.append(
                """
                , category_id = coalesce(
                    CASE e.type WHEN \(Entry.Kind.income.rawValue) THEN \(categories[.income]) ELSE \(categories[.expense]) END,
                    e.category_id)
                """)
        }
        if let status = change.status { assignments.append(", status = \(status.rawValue)") }
        if let merchant = change.merchant { assignments.append(", merchant = \(merchant)") }
        if let payment = change.payment {
            assignments.append(", payment_method_id = \(payment.id), payment_method = \(payment.name)")
        }
        if let department = change.department { assignments.append(", department_id = \(department)") }
        if let tags = change.tags {
            assignments.append(", tags = \(tags)")
        } else if !change.addedTags.isEmpty || !change.removedTags.isEmpty {
            // In the order they have; the added ones behind, each once.
            assignments.append(
                """
                , tags = ARRAY(
                    SELECT tag FROM unnest(e.tags || \(change.addedTags)) WITH ORDINALITY AS t (tag, place)
                    WHERE tag <> ALL(\(change.removedTags)) GROUP BY tag ORDER BY min(place) LIMIT \(Entry.maximumTags)
                )
                """)
        }
        let rows = try await translating {
            try await connection.query(
                """
                WITH \(locked(ids, kind: kind, and: state)), changed AS (
                    UPDATE entries e SET \(assignments)
                    FROM locked l WHERE e.book_id = \(book) AND e.id = l.id
                    RETURNING e.id, e.type
                ), published AS (
                    \(Self.events("updated", book: book, by: user, of: "changed"))
                )
                SELECT id FROM changed
                """)
        }
        return Set(try rows.map { try $0.get(0) })
    }

    /// A change to many entries, with its references resolved.
    struct ResolvedChange: Sendable {
        var categories: [Entry.Kind: CategoryID]?
        var status: Entry.Status?
        var merchant: String??
        var payment: (id: PaymentMethodID?, name: String?)?
        var department: DepartmentID??
        var tags: [String]?
        var addedTags: [String] = []
        var removedTags: [String] = []
    }
}

/// What the names in many entries stand for, read once.
struct EntryReferences: Sendable {
    private struct Known: Sendable {
        let id: CategoryID
        let slug: String
        let name: String
        let isIncome: Bool
        let isTop: Bool
    }

    private var categories: [Known]
    private let methods: [(id: PaymentMethodID, name: String)]

    /// Locks the book's currency until commit.
    ///
    /// - Throws: a refusal when the book is kept in another currency by now.
    init(_ transaction: Transaction, book: BookID, currency: Currency) async throws {
        let results = try await transaction.pipeline([
            "SELECT currency, archived_at IS NOT NULL FROM books WHERE id = \(book) FOR KEY SHARE",
            "SELECT id, slug, lower(name), is_income, parent_id IS NULL FROM categories WHERE book_id = \(book) ORDER BY id",
            "SELECT id, lower(name) FROM payment_methods WHERE book_id = \(book) AND deleted_at IS NULL",
        ])
        guard let row = results[0].first else { throw Refusal.notFound("book") }
        if try row.get(1) { throw Refusal.bookArchived }
        let current: Currency = try row.get(0)
        guard current == currency else { throw Refusal.otherCurrency(current) }
        categories = try results[1].map {
            Known(
                id: try $0.get(0), slug: try $0.get(1), name: try $0.get(2), isIncome: try $0.get(3),
                isTop: try $0.get(4))
        }
        methods = try results[2].map { (try $0.get(0), try $0.get(1)) }
    }

    /// Nil when there is none.
    func category(_ reference: CategoryReference, kind: Entry.Kind) -> CategoryID? {
        switch reference {
        case .id(let id): return categories.first { $0.id == id }?.id
        case .unsorted:
            let slug = CategoryStore.fallbackSlug(isIncome: kind == .income)
            return categories.first { $0.slug == slug }?.id
        case .named(let name), .namedOrNew(let name):
            let wanted = name.lowercased()
            func rank(_ known: Known) -> Int {
                (known.isIncome == (kind == .income) ? 4 : 0) + (known.slug == wanted ? 2 : 0) + (known.isTop ? 1 : 0)
            }
            var best: Known?
            for known in categories where known.slug == wanted || known.name == wanted {
                if best.map({ rank($0) < rank(known) }) ?? true { best = known }
            }
            return best?.id
        }
    }

    mutating func add(_ id: CategoryID, name: String, isIncome: Bool) {
        categories.append(
            Known(id: id, slug: "", name: name.lowercased(), isIncome: isIncome, isTop: true))
    }

    /// Nil when there is no such method.
    func payment(_ payment: Payment) -> (id: PaymentMethodID?, name: String?)? {
        switch payment {
        case .none: (nil, nil)
        case .id(let id): methods.contains { $0.id == id } ? (id, nil) : nil
        case .named(let name): (methods.first { $0.name == name.lowercased() }?.id, name)
        }
    }
}
