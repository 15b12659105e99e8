import Base
import Database
import HTTP
import JSON

/// Something that happened in a book, as it is shown.
package struct ActivityEvent: Sendable {
    package let book: BookID
    /// Grows in the order of the commits.
    package let number: Int64
    package let name: String
    package let at: Instant
    package let user: UserID?
    package let userName: String?
    /// A JSON object with the ids that tell of what.
    let data: [UInt8]
    /// What it happened to, in words, and its amount. For those who may see the entries.
    let subject: String?
    let amount: Money?

    init(_ row: Row, book: BookID) throws {
        self.book = book
        number = try row.get(0)
        name = try row.get(1)
        at = try row.get(2)
        user = try row.get(3)
        userName = try row.get(4)
        data = Array(try row.get(5, as: String.self).utf8)
        subject = try row.get(6)
        if let minor = try row.get(7, as: Int64?.self), let currency = try row.get(8, as: Currency?.self) {
            amount = Money(minorUnits: minor, currency: currency)
        } else {
            amount = nil
        }
    }

    static let person = Fields<(UserID, String)>(
        "ActivityPerson", [.identifier("id") { $0.0 }, .text("name") { $0.1 }])

    static let schema = Schema.object(
        name: "Activity",
        [
            SchemaProperty("number", .integer(minimum: 1), "Grows: ask for what comes after the last one you know."),
            SchemaProperty("name", .text, "expense.created and so on."), SchemaProperty("at", .instant),
            SchemaProperty("user", .nullable(person.schema), "Who did it; null for the server itself."),
            SchemaProperty("data", .anything, "The ids that tell of what."),
            SchemaProperty("subject", .nullable(.text), "What it happened to, as it is called now."),
            SchemaProperty("amount", .nullable(.money)), SchemaProperty("currency", .nullable(.currency)),
        ])

    /// - Parameter isWhole: with what only those may see who may see the entries.
    func write(to writer: inout JSONWriter, isWhole: Bool, adding more: (inout JSONWriter) -> Void = { _ in }) {
        writer.beginObject()
        more(&writer)
        writer.key("number")
        writer.int(number)
        writer.key("name")
        writer.string(name)
        writer.key("at")
        writer.instant(at)
        writer.key("user")
        if let user, let userName { Self.person.write((user, userName), to: &writer) } else { writer.null() }
        writer.key("data")
        writer.raw(data)
        writer.key("subject")
        writer.string(isWhole ? subject : nil)
        writer.key("amount")
        writer.money(isWhole ? amount : nil)
        writer.key("currency")
        writer.string(isWhole ? amount?.currency.code : nil)
        writer.endObject()
    }
}

/// What the people of a book are told, beside what the event itself has: given by those who know the tables. Selects
/// `text`, `amount_minor` and `currency` for the event in the row `a`, one row at most.
package struct ActivitySubject: Sendable {
    let sql: SQL
    package init(_ sql: SQL) { self.sql = sql }
}

/// Every statement that touches `activity`.
package struct ActivityStore: Sendable {
    let connection: any Queryable
    package init(_ connection: any Queryable) { self.connection = connection }

    /// The number of the newest, 0 when there is none.
    func head(of book: BookID) async throws -> Int64 {
        let row = try await connection.first(
            "SELECT number FROM activity WHERE book_id = \(book) ORDER BY number DESC LIMIT 1")
        return try row?.get(0) ?? 0
    }

    /// What came after a number, oldest first.
    func after(_ number: Int64, in book: BookID, _ subject: ActivitySubject, limit: Int) async throws
        -> [ActivityEvent]
    {
        let rows = try await connection.query(
            """
            SELECT \(Self.columns)
            FROM activity a LEFT JOIN users u ON u.id = a.user_id LEFT JOIN LATERAL (\(subject.sql)) s ON true
            WHERE a.book_id = \(book) AND a.number > \(number)
            ORDER BY a.number LIMIT \(limit)
            """)
        return try rows.map { try ActivityEvent($0, book: book) }
    }

    /// What came before a number, newest first.
    func before(
        _ number: Int64, in book: BookID, by user: UserID?, named name: String?, _ subject: ActivitySubject, limit: Int
    ) async throws -> [ActivityEvent] {
        let rows = try await connection.query(
            """
            SELECT \(Self.columns)
            FROM activity a LEFT JOIN users u ON u.id = a.user_id LEFT JOIN LATERAL (\(subject.sql)) s ON true
            WHERE a.book_id = \(book) AND a.number < \(number) AND (\(user == nil) OR a.user_id = \(user))
                AND (\(name == nil) OR a.name = \(name) OR starts_with(a.name, \(name) || '.'))
            ORDER BY a.number DESC LIMIT \(limit)
            """)
        return try rows.map { try ActivityEvent($0, book: book) }
    }

    private static let columns: SQL = """
        a.number, a.name, a.occurred_at, a.user_id,
        coalesce(u.display_name, nullif(concat_ws(' ', u.first_name, u.last_name), ''), split_part(u.email, '@', 1)),
        a.data::text, s.text, s.amount_minor, s.currency
        """

    func prune(limit: Int) async throws -> Int {
        try await connection.run(
            """
            DELETE FROM activity WHERE (book_id, number) IN (
                SELECT book_id, number FROM activity
                WHERE occurred_at < now() - \(ActivityModule.keptDays) * interval '1 day' ORDER BY occurred_at LIMIT \(limit))
            """)
    }
}
