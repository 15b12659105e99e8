import Base
import Books
import Database
import HTTP
import JSON
import Resources

/// What of a book's money its members take along.
package enum EntryParts {
    package static let all = [
        BookPart("paymentMethods", .viewEntries, keepsToScope: true, PaymentMethodStore.resource) {
            book, after, limit in
            """
            SELECT \(PaymentMethodStore.resource.selection) FROM payment_methods
            WHERE book_id = \(book.book.id) AND deleted_at IS NULL AND (\(after == nil) OR id > \(after)) ORDER BY id LIMIT \(limit)
            """
        },
        // At most as many as one page holds.
        BookPart("rules", .viewEntries) { connection, book, _ in
            var writer = JSONWriter(capacity: 4096)
            for rule in try await RuleStore(connection, book: book.book.id).all() { rule.write(to: &writer) }
            return BookPart.Page(json: writer.bytes)
        },
        // Those in the trash, too.
        BookPart("entries", .viewEntries, keepsToScope: true, EntryStore.resource) { book, after, limit in
            """
            SELECT \(EntryStore.resource.selection) FROM \(EntryStore.source)
            WHERE e.book_id = \(book.book.id) AND (\(after == nil) OR e.id > \(after))\(book.scope.condition) ORDER BY e.id LIMIT \(limit)
            """
        },
    ]
}
