import Base
import Database
import JSON
import Resources

package enum CategoryTag {}
package typealias CategoryID = Identifier<CategoryTag>

/// Every statement that touches `categories`.
package struct CategoryStore: Sendable {
    let connection: any Queryable
    let book: BookID

    package init(_ connection: any Queryable, book: BookID) {
        self.connection = connection
        self.book = book
    }

    static let resource = RowResource(
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
            RowColumn("version", "version", .integer),
        ])

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

    func all() async throws -> Rows {
        try await connection.query(
            """
            SELECT \(Self.resource.selection) FROM categories
            WHERE book_id = \(book) ORDER BY is_income, sort_order, name, id
            """)
    }

    func one(_ id: CategoryID) async throws -> Row? {
        try await connection.first(
            "SELECT \(Self.resource.selection) FROM categories WHERE book_id = \(book) AND id = \(id)")
    }

    /// The id that a client means by an id, a slug or a name (INVENTORY C23). Nil when there is none.
    package func find(_ reference: String) async throws -> CategoryID? {
        let row = try await connection.first(
            """
            SELECT id FROM categories
            WHERE book_id = \(book)
                AND (id = \(CategoryID(reference)) OR slug = \(reference.lowercased()) OR lower(name) = \(reference.lowercased()))
            ORDER BY (id = \(CategoryID(reference))) DESC NULLS LAST, (slug = \(reference.lowercased())) DESC LIMIT 1
            """)
        return try row?.get(0)
    }

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
