import Base
import Categories
import Database
import HTTP
import JSON
import Jobs

extension EventName {
    package static let bookOpened = EventName("book.opened")
    package static let bookUpdated = EventName("book.updated")
}

/// Every statement that touches `books` and `book_members`.
package struct BookStore: Sendable {
    let connection: any Queryable
    package init(_ connection: any Queryable) { self.connection = connection }

    private static let columns: SQL = """
        b.id, b.kind, b.name, b.currency, b.time_zone, b.fiscal_year_start_month, b.fiscal_year_start_day, b.version, m.role
        """

    /// Opens a book for its owner, with its categories. In the caller's transaction.
    package func open(_ new: NewBook, for owner: UserID) async throws -> BookSummary {
        let id = BookID.new()
        _ = try await connection.query(
            """
            WITH opened AS (
                INSERT INTO books (id, kind, name, currency, time_zone, fiscal_year_start_month, fiscal_year_start_day, created_by)
                VALUES (\(id), \(new.kind), \(new.name), \(new.currency), \(new.timeZone),
                    \(Int16(new.fiscalYear.startMonth)), \(Int16(new.fiscalYear.startDay)), \(owner))
            )
            INSERT INTO book_members (book_id, user_id, role) VALUES (\(id), \(owner), 'owner')
            """)
        try await CategoryStore(connection, book: id).addSystemCategories()
        try await connection.publish(
            Event(.bookOpened, book: id, user: owner) { data in
                data.key("id")
                data.identifier(id)
            })
        let book = Book(
            id: id, kind: new.kind, name: new.name, currency: new.currency, timeZone: new.timeZone,
            fiscalYear: new.fiscalYear, version: 1)
        return BookSummary(book: book, role: .owner)
    }

    /// The books that a user is a member of, their own personal one first.
    package func books(of user: UserID) async throws -> [BookSummary] {
        let rows = try await connection.query(
            """
            SELECT \(Self.columns) FROM book_members m JOIN books b ON b.id = m.book_id
            WHERE m.user_id = \(user)
            ORDER BY (b.kind = 'personal' AND m.role = 'owner') DESC, m.joined_at, b.id LIMIT 200
            """)
        return try rows.map(BookSummary.init)
    }

    /// The book with this id, or without one the user's own. Nil when it is not theirs to see.
    package func book(_ id: BookID?, for user: UserID) async throws -> BookSummary? {
        try await connection.first(
            """
            SELECT \(Self.columns) FROM book_members m JOIN books b ON b.id = m.book_id
            WHERE m.user_id = \(user) AND (\(id == nil) OR b.id = \(id))
            ORDER BY (b.kind = 'personal' AND m.role = 'owner') DESC, m.joined_at, b.id LIMIT 1
            """
        ).map(BookSummary.init)
    }

    /// Locks the book until commit.
    func lock(_ id: BookID, for user: UserID) async throws -> BookSummary? {
        try await connection.first(
            """
            SELECT \(Self.columns) FROM book_members m JOIN books b ON b.id = m.book_id
            WHERE m.user_id = \(user) AND b.id = \(id) FOR UPDATE OF b
            """
        ).map(BookSummary.init)
    }

    func save(_ new: NewBook, id: BookID) async throws {
        _ = try await connection.query(
            """
            UPDATE books SET name = \(new.name), currency = \(new.currency), time_zone = \(new.timeZone),
                fiscal_year_start_month = \(Int16(new.fiscalYear.startMonth)),
                fiscal_year_start_day = \(Int16(new.fiscalYear.startDay)), version = version + 1, updated_at = now()
            WHERE id = \(id)
            """)
    }
}

extension BookSummary {
    init(_ row: Row) throws {
        let book = Book(
            id: try row.get(0), kind: try row.get(1), name: try row.get(2), currency: try row.get(3),
            timeZone: try row.get(4),
            fiscalYear: FiscalYear(
                startMonth: Int(try row.get(5, as: Int16.self)), startDay: Int(try row.get(6, as: Int16.self)))
                ?? .calendar,
            version: try row.get(7))
        self.init(book: book, role: try row.get(8))
    }
}
