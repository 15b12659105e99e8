import Base
import Categories
import Database

extension EntryStore {
    /// What entries mean to a category that is to be deleted.
    package static let categoryUse = CategoryUse(
        count: { book, category, transaction in
            let row = try await transaction.first(
                "SELECT count(*) FROM entries WHERE book_id = \(book) AND category_id = \(category) AND deleted_at IS NULL"
            )
            return Int(try row?.get(0, as: Int64.self) ?? 0)
        },
        move: { book, from, to, user, transaction in
            _ = try await transaction.query(
                """
                UPDATE entries SET category_id = \(to), version = version + 1, updated_at = now(), updated_by = \(user)
                WHERE book_id = \(book) AND category_id = \(from)
                """)
        })
}
