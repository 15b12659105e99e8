import Base
import Database
import Resources

package enum PaymentMethodTag {}
package typealias PaymentMethodID = Identifier<PaymentMethodTag>

/// How somebody pays (INVENTORY G22). One of a book's may be its default: the one that is offered first.
package struct PaymentMethod: Equatable, Sendable {
    package enum Kind: String, CaseIterable, Sendable { case cash, card, bank, wallet, other }

    package static let maximumNameLength = 50
    package static let maximumPerBook = 200

    package let id: PaymentMethodID
    package internal(set) var name: String
    package internal(set) var kind: Kind
    package internal(set) var isDefault: Bool
    package internal(set) var version: Int32
}

extension Refusal {
    static let paymentMethodTaken = Refusal(
        .conflict, "PAYMENT_METHOD_EXISTS", "There is a payment method of that name already.",
        fields: [FieldError("name", "There is a payment method of that name already.")])
    static let tooManyPaymentMethods = Refusal(
        .conflict, "TOO_MANY_PAYMENT_METHODS", "A book has at most \(PaymentMethod.maximumPerBook) payment methods.")
}

/// Every statement that touches `payment_methods`.
struct PaymentMethodStore: Sendable {
    let connection: any Queryable
    let book: BookID

    static let resource = RowResource(
        "PaymentMethod",
        [
            RowColumn("id", "id", .identifier),
            RowColumn("name", "name", .text),
            RowColumn("kind", "kind", .text, "cash, card, bank, wallet or other."),
            RowColumn("isDefault", "is_default", .bool, "Offered first."),
            RowColumn("version", "version", .integer, "Send it back with a change."),
        ])
    static let versionColumn = 4

    func all() async throws -> Rows {
        try await connection.query(
            """
            SELECT \(Self.resource.selection) FROM payment_methods
            WHERE book_id = \(book) AND deleted_at IS NULL ORDER BY is_default DESC, lower(name), id
            """)
    }

    func one(_ id: PaymentMethodID) async throws -> Row? {
        try await connection.first(
            """
            SELECT \(Self.resource.selection) FROM payment_methods
            WHERE book_id = \(book) AND id = \(id) AND deleted_at IS NULL
            """)
    }

    /// Locks the book's payment methods against other changes until commit. Returns how many there are.
    func lockAll() async throws -> Int {
        guard try await connection.first("SELECT id FROM books WHERE id = \(book) FOR NO KEY UPDATE") != nil else {
            throw Refusal.notFound("book")
        }
        let row = try await connection.first(
            "SELECT count(*) FROM payment_methods WHERE book_id = \(book) AND deleted_at IS NULL")
        return Int(try row?.get(0, as: Int64.self) ?? 0)
    }

    func read(_ id: PaymentMethodID) async throws -> PaymentMethod? {
        guard let row = try await one(id) else { return nil }
        return PaymentMethod(
            id: try row.get(0), name: try row.get(1), kind: try row.get(2), isDefault: try row.get(3),
            version: try row.get(4))
    }

    func insert(_ method: PaymentMethod) async throws -> Row? {
        try await translating {
            if method.isDefault { try await clearDefault() }
            return try await connection.first(
                """
                INSERT INTO payment_methods (book_id, id, name, kind, is_default)
                VALUES (\(book), \(method.id), \(method.name), \(method.kind), \(method.isDefault))
                RETURNING \(Self.resource.selection)
                """)
        }
    }

    /// - Throws: 404 when it has been deleted meanwhile.
    func save(_ method: PaymentMethod) async throws -> Row {
        let row = try await translating {
            if method.isDefault { try await clearDefault() }
            return try await connection.first(
                """
                UPDATE payment_methods SET name = \(method.name), kind = \(method.kind), is_default = \(method.isDefault),
                    version = version + 1, updated_at = now()
                WHERE book_id = \(book) AND id = \(method.id) AND deleted_at IS NULL
                RETURNING \(Self.resource.selection)
                """)
        }
        guard let row else { throw Refusal.notFound("payment method") }
        return row
    }

    private func clearDefault() async throws {
        _ = try await connection.query(
            "UPDATE payment_methods SET is_default = false WHERE book_id = \(book) AND is_default AND deleted_at IS NULL"
        )
    }

    /// Entries that were paid with it go on naming it. Returns whether there was such a one.
    func delete(_ id: PaymentMethodID) async throws -> Bool {
        let row = try await connection.first(
            """
            UPDATE payment_methods SET deleted_at = now(), is_default = false, version = version + 1, updated_at = now()
            WHERE book_id = \(book) AND id = \(id) AND deleted_at IS NULL RETURNING id
            """)
        return row != nil
    }

    private func translating(_ body: () async throws -> Row?) async throws -> Row? {
        do { return try await body() } catch let error as DatabaseError where error.isUniqueViolation {
            throw Refusal.paymentMethodTaken
        }
    }
}
