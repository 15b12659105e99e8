import Base
import Database
import JSON
import Resources

/// Every statement that touches `categories`.
package struct CategoryStore: Sendable {
    let connection: any Queryable
    let book: BookID

    package init(_ connection: any Queryable, book: BookID) {
        self.connection = connection
        self.book = book
    }

    package static let resource = RowResource(
        "Category",
        [
            RowColumn("id", "id", .identifier),
            RowColumn("name", "name", .text),
            RowColumn("slug", "slug", .text),
            RowColumn("icon", "icon", .text),
            RowColumn("color", "color", .text, "A CSS colour, #rrggbb."),
            RowColumn("isIncome", "is_income", .bool),
            RowColumn("isSystem", "is_system", .bool, "A system category cannot be deleted."),
            RowColumn("parentCategoryId", "parent_id", .identifier, nullable: true),
            RowColumn("sortOrder", "sort_order", .integer),
            RowColumn("version", "version", .integer, "Send it back with a change."),
        ])

    static let versionColumn = 9
    package static let parentColumn = 7

    /// Gives a new book its own copy of the system categories.
    package func addSystemCategories() async throws {
        let all = SystemCategory.all
        _ = try await connection.query(
            """
            INSERT INTO categories (book_id, id, name, slug, icon, color, is_income, is_system, sort_order)
            SELECT \(book), id, name, slug, icon, color, is_income, true, ordinal * 10
            FROM unnest(
                \(all.map { _ in CategoryID.new() }), \(all.map(\.name)), \(all.map(\.slug)), \(all.map(\.icon)),
                \(all.map(\.color)), \(all.map(\.isIncome))
            ) WITH ORDINALITY AS c (id, name, slug, icon, color, is_income, ordinal)
            """)
    }

    // MARK: Reading

    func all(isIncome: Bool? = nil) async throws -> Rows {
        try await connection.query(Self.statementOfAll(book: book, isIncome: isIncome))
    }

    package static func statementOfAll(book: BookID, isIncome: Bool? = nil) -> SQL {
        """
        SELECT \(resource.selection) FROM categories
        WHERE book_id = \(book) AND (is_income = \(isIncome) OR \(isIncome == nil))
        ORDER BY is_income, sort_order, name, id
        """
    }

    func one(_ id: CategoryID) async throws -> Row? {
        try await connection.first(
            "SELECT \(Self.resource.selection) FROM categories WHERE book_id = \(book) AND id = \(id)")
    }

    /// The id that a client means by an id, a slug or a name (INVENTORY C23). Nil when there is none.
    package func find(_ reference: String) async throws -> CategoryID? {
        if let id = CategoryID(reference) {
            return try await connection.first("SELECT id FROM categories WHERE book_id = \(book) AND id = \(id)")?.get(
                0)
        }
        let row = try await connection.first(
            """
            SELECT id FROM categories
            WHERE book_id = \(book) AND (slug = lower(\(reference)) OR lower(name) = lower(\(reference)))
            ORDER BY (slug = lower(\(reference))) DESC, (parent_id IS NULL) DESC, id LIMIT 1
            """)
        return try row?.get(0)
    }

    /// A category and all that are below it.
    package static func branch(_ id: CategoryID, book: BookID) -> SQL {
        """
        WITH RECURSIVE branch AS (
            SELECT id, 1 AS depth FROM categories WHERE book_id = \(book) AND id = \(id)
            UNION ALL
            SELECT c.id, b.depth + 1 FROM branch b JOIN categories c ON c.book_id = \(book) AND c.parent_id = b.id
            WHERE b.depth < \(Int32(Category.maximumDepth))
        )
        SELECT id FROM branch
        """
    }

    // MARK: Writing, in a transaction

    /// Locks the book's categories against other changes until commit; entries can still be written meanwhile.
    func lockTree() async throws -> CategoryTree {
        guard try await connection.first("SELECT id FROM books WHERE id = \(book) FOR NO KEY UPDATE") != nil else {
            throw Refusal.notFound("book")
        }
        let rows = try await connection.query(
            """
            SELECT id, parent_id, name, slug, icon, color, is_income, is_system, sort_order, version
            FROM categories WHERE book_id = \(book)
            """)
        return CategoryTree(
            try rows.map { row in
                Category(
                    id: try row.get(0), parent: try row.get(1), name: try row.get(2), slug: try row.get(3),
                    icon: try row.get(4), color: try row.get(5), isIncome: try row.get(6), isSystem: try row.get(7),
                    sortOrder: try row.get(8), version: try row.get(9))
            })
    }

    func insert(_ category: Category) async throws -> Row? {
        try await translating {
            try await connection.first(
                """
                INSERT INTO categories (book_id, id, parent_id, name, slug, icon, color, is_income, is_system, sort_order)
                VALUES (\(book), \(category.id), \(category.parent), \(category.name), \(category.slug), \(category.icon),
                    \(category.color), \(category.isIncome), false, \(category.sortOrder))
                RETURNING \(Self.resource.selection)
                """)
        }
    }

    func save(_ category: Category) async throws -> Row? {
        try await translating {
            try await connection.first(
                """
                UPDATE categories SET parent_id = \(category.parent), name = \(category.name), slug = \(category.slug),
                    icon = \(category.icon), color = \(category.color), is_income = \(category.isIncome),
                    sort_order = \(category.sortOrder), version = version + 1, updated_at = now()
                WHERE book_id = \(book) AND id = \(category.id)
                RETURNING \(Self.resource.selection)
                """)
        }
    }

    /// Locks one category so that no entry can be put into it until commit.
    func lock(_ id: CategoryID) async throws {
        _ = try await connection.query("SELECT id FROM categories WHERE book_id = \(book) AND id = \(id) FOR UPDATE")
    }

    /// Its children go to where it was itself. Nothing may be in it any more.
    func delete(_ category: Category) async throws {
        try await translating {
            _ = try await connection.query(
                """
                UPDATE categories SET parent_id = \(category.parent), version = version + 1, updated_at = now()
                WHERE book_id = \(book) AND parent_id = \(category.id)
                """)
            _ = try await connection.query("DELETE FROM categories WHERE book_id = \(book) AND id = \(category.id)")
        }
    }

    private func translating<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let error as DatabaseError where error.isUniqueViolation {
            throw Refusal.categoryNameTaken
        }
    }

    // MARK: Where unsorted entries go

    /// The slug of the category where an entry goes that nobody has sorted.
    package static func fallbackSlug(isIncome: Bool) -> String {
        isIncome ? SystemCategory.fallbackIncomeSlug : SystemCategory.fallbackExpenseSlug
    }

    /// Where an entry goes that nobody has sorted: one for expenses, one for incomes.
    package func fallbacks() async throws -> (expense: CategoryID, income: CategoryID) {
        let rows = try await connection.query(
            """
            SELECT is_income, id FROM categories
            WHERE book_id = \(book) AND slug IN (\(SystemCategory.fallbackExpenseSlug), \(SystemCategory.fallbackIncomeSlug))
            """)
        var expense: CategoryID?
        var income: CategoryID?
        for row in rows {
            if try row.get(0, as: Bool.self) { income = try row.get(1) } else { expense = try row.get(1) }
        }
        guard let expense, let income else { throw Refusal.notFound("book") }
        return (expense, income)
    }
}
