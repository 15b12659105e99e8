import Base
import Categories
import Database
import FoundationEssentials
import HTTP
import JSON
import Jobs

extension EventName {
    package static let bookOpened = EventName("book.opened")
    package static let bookUpdated = EventName("book.updated")
    package static let bookArchived = EventName("book.archived")
    package static let bookRestored = EventName("book.restored")
    package static let bookTransferred = EventName("book.transferred")
    package static let householdCreated = EventName("household.created")
    package static let memberInvited = EventName("household.member_invited")
    package static let memberAdded = EventName("household.member_added")
    package static let memberChanged = EventName("household.member_changed")
    package static let memberRemoved = EventName("household.member_removed")
}

/// Every statement that touches `books` and `book_members`.
package struct BookStore: Sendable {
    let connection: any Queryable
    package init(_ connection: any Queryable) { self.connection = connection }

    static let columns: SQL = """
        b.id, b.kind, b.name, b.currency, b.time_zone, b.fiscal_year_start_month, b.fiscal_year_start_day, b.version, m.role,
        b.description, b.archived_at IS NOT NULL, r.permissions, r.scope, m.department_id,
        CASE WHEN r.scope = 'department' THEN ARRAY(
            WITH RECURSIVE below AS (
                SELECT d.id FROM departments d WHERE d.book_id = m.book_id AND d.id = m.department_id
                UNION
                SELECT d.id FROM departments d JOIN below ON d.parent_id = below.id WHERE d.book_id = m.book_id
            ) SELECT id FROM below
        ) END, m.user_id
        """

    static let source: SQL = """
        book_members m JOIN books b ON b.id = m.book_id
        LEFT JOIN book_roles r ON r.book_id = m.book_id AND r.id = m.role_id
        """

    /// Opens a book for its owner, with its categories. In the caller's transaction.
    package func open(_ new: NewBook, for owner: UserID) async throws -> BookSummary {
        let id = BookID.new()
        _ = try await connection.query(
            """
            WITH opened AS (
                INSERT INTO books (id, kind, name, currency, time_zone, fiscal_year_start_month, fiscal_year_start_day, created_by,
                    description)
                VALUES (\(id), \(new.kind), \(new.name), \(new.currency), \(new.timeZone),
                    \(Int16(new.fiscalYear.startMonth)), \(Int16(new.fiscalYear.startDay)), \(owner), \(new.description))
            )
            INSERT INTO book_members (book_id, user_id, role) VALUES (\(id), \(owner), 'owner')
            """)
        try await CategoryStore(connection, book: id).addSystemCategories()
        if new.kind == .organization { try await OrganizationStore(connection: connection, book: id).seed() }
        try await connection.publish(
            Event(.bookOpened, book: id, user: owner) { data in
                data.key("id")
                data.identifier(id)
            })
        let book = Book(
            id: id, kind: new.kind, name: new.name, currency: new.currency, timeZone: new.timeZone,
            fiscalYear: new.fiscalYear, version: 1, description: new.description)
        return BookSummary(book: book, role: .owner)
    }

    /// The books that a user is a member of, their own personal one first.
    package func books(of user: UserID) async throws -> [BookSummary] {
        let rows = try await connection.query(
            """
            SELECT \(Self.columns) FROM \(Self.source)
            WHERE m.user_id = \(user)
            ORDER BY (b.kind = 'personal' AND m.role = 'owner') DESC, m.joined_at, b.id LIMIT 200
            """)
        return try rows.map(BookSummary.init)
    }

    /// The book with this id, or without one the user's own. Nil when it is not theirs to see.
    package func book(_ id: BookID?, for user: UserID) async throws -> BookSummary? {
        try await connection.first(
            """
            SELECT \(Self.columns) FROM \(Self.source)
            WHERE m.user_id = \(user) AND (\(id == nil) OR b.id = \(id))
            ORDER BY (b.kind = 'personal' AND m.role = 'owner') DESC, m.joined_at, b.id LIMIT 1
            """
        ).map(BookSummary.init)
    }

    /// Locks the book until commit, and only then reads: a statement that waits for the lock goes on with the role that it
    /// saw before, though that was changed by whom it waited for.
    func lock(_ id: BookID, for user: UserID) async throws -> BookSummary? {
        guard try await connection.first("SELECT FROM books WHERE id = \(id) FOR UPDATE") != nil else { return nil }
        return try await book(id, for: user)
    }

    /// Locks a book that is not archived for somebody who is no member yet; its kind.
    func lock(_ id: BookID) async throws -> Book.Kind? {
        try await connection.first("SELECT kind FROM books WHERE id = \(id) AND archived_at IS NULL FOR UPDATE")
            .map { try $0.get(0) }
    }

    /// Locks the book until commit, and decides on what is true then: whoever has lost the right meanwhile has it no
    /// more.
    ///
    /// - Throws: 404 for a stranger, 403 for what their role or their API key does not permit, 409 when it is archived.
    func lock(_ id: BookID, for principal: Principal, permission: Permission) async throws -> BookSummary {
        guard let summary = try await lock(id, for: principal.user),
            principal.onlyBook == nil || principal.onlyBook == id
        else { throw Refusal.notFound("book") }
        try summary.context(timeZone: .gmt).limited(to: principal.scopes).check(permission)
        return summary
    }

    /// Locks somebody's account until commit, beside others who only do the same; the book before it, as everywhere.
    ///
    /// - Returns: whether they may be given something: not when they are gone, or about to go.
    func lockPerson(_ user: UserID) async throws -> (isActive: Bool, isLeaving: Bool) {
        let row = try await connection.first(
            "SELECT is_active, is_leaving FROM people WHERE id = \(user) FOR SHARE")
        return (try row?.get(0) ?? false, try row?.get(1) ?? false)
    }

    func setArchived(_ isArchived: Bool, _ id: BookID) async throws {
        _ = try await connection.query(
            """
            UPDATE books SET archived_at = CASE WHEN \(isArchived) THEN now() END, version = version + 1, updated_at = now()
            WHERE id = \(id)
            """)
    }

    /// How many books somebody owns. Locks the account until commit, so that two at once are counted one after the
    /// other.
    func ownedBooks(of user: UserID) async throws -> Int {
        _ = try await connection.query("SELECT FROM users WHERE id = \(user) FOR NO KEY UPDATE")
        let row = try await connection.first(
            "SELECT count(*) FROM book_members WHERE user_id = \(user) AND role = 'owner'")
        return Int(try row?.get(0, as: Int64.self) ?? 0)
    }

    func save(_ new: NewBook, id: BookID) async throws {
        _ = try await connection.query(
            """
            UPDATE books SET name = \(new.name), currency = \(new.currency), time_zone = \(new.timeZone),
                fiscal_year_start_month = \(Int16(new.fiscalYear.startMonth)),
                fiscal_year_start_day = \(Int16(new.fiscalYear.startDay)), description = \(new.description), version = version + 1, updated_at = now()
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
            version: try row.get(7), description: try row.get(9), isArchived: try row.get(10))
        let names: [String]? = try row.get(11)
        let (user, department): (UserID, DepartmentID?) = (try row.get(15), try row.get(13))
        let scope: EntryScope =
            switch try row.get(12, as: RoleSet.Scope?.self) {
            case .all, nil: .everything
            case .department: .departments(try row.get(14, as: [DepartmentID]?.self) ?? [], recordedBy: user)
            case .own: .own(user)
            }
        self.init(
            book: book, role: try row.get(8), roleSet: names.map { Permission(names: $0) }, scope: scope,
            department: department)
    }
}
