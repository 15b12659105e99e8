import Base
import Categories
import Database
import HTTP
import JSON

/// Every statement that touches `rules`.
package struct RuleStore: Sendable {
    let connection: any Queryable
    let book: BookID

    package init(_ connection: any Queryable, book: BookID) {
        self.connection = connection
        self.book = book
    }

    private static let columns: SQL =
        "id, name, position, is_enabled, conditions::text, actions::text, version"

    /// All of the book's, in their order.
    package func all() async throws -> [Rule] {
        try await connection.query(
            "SELECT \(Self.columns) FROM rules WHERE book_id = \(book) ORDER BY position, id LIMIT \(Rule.maximumCount)"
        ).map(Rule.init)
    }

    func one(_ id: RuleID) async throws -> Rule? {
        try await connection.first("SELECT \(Self.columns) FROM rules WHERE book_id = \(book) AND id = \(id)")
            .map(Rule.init)
    }

    /// Locks the book against other changes of its rules, until commit: limits and the order are of all rules together.
    func lockAll() async throws {
        _ = try await connection.query("SELECT FROM books WHERE id = \(book) FOR NO KEY UPDATE")
    }

    func insert(_ rule: Rule, by user: UserID) async throws {
        _ = try await connection.run(
            """
            INSERT INTO rules (book_id, id, name, position, is_enabled, conditions, actions, created_by)
            VALUES (\(book), \(rule.id), \(rule.name), \(rule.position), \(rule.isEnabled), \(rule.conditionsText),
                \(rule.actionsText), \(user))
            """)
    }

    /// - Throws: 404 when it has been deleted meanwhile.
    func save(_ rule: Rule) async throws {
        let saved = try await connection.run(
            """
            UPDATE rules SET name = \(rule.name), position = \(rule.position), is_enabled = \(rule.isEnabled),
                conditions = \(rule.conditionsText), actions = \(rule.actionsText), version = \(rule.version),
                updated_at = now()
            WHERE book_id = \(book) AND id = \(rule.id)
            """)
        guard saved > 0 else { throw Refusal.notFound("rule") }
    }

    /// Numbers the rules as they stand in the list.
    func order(_ ids: [RuleID]) async throws {
        _ = try await connection.run(
            """
            UPDATE rules r SET position = o.position, updated_at = now()
            FROM unnest(\(ids)) WITH ORDINALITY AS o (id, position)
            WHERE r.book_id = \(book) AND r.id = o.id AND r.position <> o.position
            """)
    }

    func delete(_ id: RuleID) async throws -> Bool {
        try await connection.run("DELETE FROM rules WHERE book_id = \(book) AND id = \(id)") > 0
    }

    /// Which of the categories the book has.
    func existing(_ categories: [CategoryID]) async throws -> Set<CategoryID> {
        let rows = try await connection.query(
            "SELECT id FROM categories WHERE book_id = \(book) AND id = ANY(\(categories)) FOR KEY SHARE")
        return Set(try rows.map { try $0.get(0, as: CategoryID.self) })
    }
}

extension Rule {
    fileprivate init(_ row: Row) throws {
        func json(_ column: Int) throws -> JSONValue {
            try JSONValue.parse(Array(try row.get(column, as: String.self).utf8))
        }
        self.init(
            id: try row.get(0), name: try row.get(1), position: try row.get(2), isEnabled: try row.get(3),
            conditions: try RuleConditions(json: try json(4)), actions: try RuleActions(json: try json(5)),
            version: try row.get(6))
    }

    fileprivate var conditionsText: JSONText {
        var writer = JSONWriter()
        conditions.write(to: &writer)
        return JSONText(writer.bytes)
    }

    fileprivate var actionsText: JSONText {
        var writer = JSONWriter()
        actions.write(to: &writer)
        return JSONText(writer.bytes)
    }
}
