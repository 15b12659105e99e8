import Base
import Categories
import Database
import HTTP
import JSON
import Resources

/// What of a book its members take along with them: rows of one kind, page by page, so that a book of any size is never
/// held as a whole.
package struct BookPart: Sendable {
    package struct Page: Sendable {
        /// The rows as JSON, with commas between them.
        package let json: [UInt8]
        /// The key of the last one; nil when there are no more.
        package let next: Identifier<BookPart>?

        package init(json: [UInt8], next: Identifier<BookPart>? = nil) {
            self.json = json
            self.next = next
        }
    }

    package static let rowsOfPage = 1000

    package let name: String
    /// Without which it is left out.
    let permission: Permission
    /// Whether it is enough to have the permission for what a role's scope reaches: the rows are no others.
    let keepsToScope: Bool
    package let page: @Sendable (any Queryable, BookSummary, _ after: Identifier<BookPart>?) async throws -> Page

    package init(
        _ name: String, _ permission: Permission, keepsToScope: Bool = false,
        page: @escaping @Sendable (any Queryable, BookSummary, _ after: Identifier<BookPart>?) async throws -> Page
    ) {
        self.name = name
        self.permission = permission
        self.keepsToScope = keepsToScope
        self.page = page
    }

    /// Whether somebody may take it along who sees the book so.
    package func isFor(_ book: BookSummary) -> Bool {
        (keepsToScope ? book.allPermissions : book.permissions).contains(permission)
    }

    /// Rows of a resource whose first column is their key.
    ///
    /// - Parameter select: the rows behind a key, in the order of the keys; one more than the page holds, where there is.
    package init(
        _ name: String, _ permission: Permission, keepsToScope: Bool = false, _ resource: RowResource,
        select: @escaping @Sendable (BookSummary, _ after: Identifier<BookPart>?, _ limit: Int) -> SQL
    ) {
        self.init(name, permission, keepsToScope: keepsToScope) { connection, book, after in
            let rows = try await connection.query(select(book, after, Self.rowsOfPage + 1))
            var writer = JSONWriter(capacity: rows.count * 256)
            for row in rows.prefix(Self.rowsOfPage) { try resource.write(row, to: &writer) }
            return Page(
                json: writer.bytes,
                next: rows.count > Self.rowsOfPage ? try rows[Self.rowsOfPage - 1].get(0) : nil)
        }
    }

    /// What this module and the one below have of a book.
    package static let own = [
        BookPart("members", .viewMembers, MemberStore.resource) { book, after, limit in
            MemberStore.list(
                book.book.id, after: after.map { UserID(high: $0.high, low: $0.low) }, limit: limit - 1,
                withAddresses: false)
        },
        BookPart("categories", .viewEntries, keepsToScope: true, CategoryStore.resource) { book, after, limit in
            """
            SELECT \(CategoryStore.resource.selection) FROM categories
            WHERE book_id = \(book.book.id) AND (\(after == nil) OR id > \(after)) ORDER BY id LIMIT \(limit)
            """
        },
    ]
}
