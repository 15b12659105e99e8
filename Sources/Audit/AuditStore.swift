import Base
import Database
import FoundationEssentials
import HTTP
import JSON
import Resources

/// Where a page of the log ended: opaque to callers.
struct AuditCursor: Sendable, Equatable {
    let at: Instant
    let id: Identifier<AuditRecord>

    init(at: Instant, id: Identifier<AuditRecord>) {
        self.at = at
        self.id = id
    }

    private static let version: UInt8 = 1

    var text: String {
        var bytes = [Self.version]
        for value in [UInt64(bitPattern: at.microseconds), id.high, id.low] {
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
            }
        }
        return Base64URL.encode(bytes)
    }

    init(_ text: String) throws(Refusal) {
        guard text.utf8.count == 34, let bytes = Base64URL.decode(text.utf8), bytes.count == 25,
            bytes[0] == Self.version
        else { throw .invalidCursor }
        let values = stride(from: 1, to: 25, by: 8).map { start in
            bytes[start..<(start + 8)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        at = Instant(microseconds: Int64(bitPattern: values[0]))
        id = Identifier(high: values[1], low: values[2])
    }
}

/// What of the log is asked for.
struct AuditFilter: Sendable {
    /// Of one book, or what concerns no book.
    enum Scope: Sendable { case book(BookID), server }

    let scope: Scope
    var module: String?
    var record: String?
    var code: String?
    var action: String?
    var actor: UserID?
    var from: CalendarDate?
    var to: CalendarDate?
    var timeZone = "UTC"
}

/// Every statement that reads `audit.log` for people.
struct AuditStore: Sendable {
    let connection: any Queryable
    let names: AuditNames

    init(_ connection: any Queryable, names: AuditNames = .none) {
        self.connection = connection
        self.names = names
    }

    static let shownSchema = resource.schema(
        named: "AuditLogWithNames",
        adding: [SchemaProperty("names", .anything, "What the ids in it are called now, by id.")])

    /// A row of `page` or `one`, with the names that come behind its columns.
    static func write(_ row: Row, to writer: inout JSONWriter) throws {
        try resource.write(row, to: &writer) { writer in
            writer.key("names")
            writer.raw(Array(try row.get(resource.columns.count, as: String.self).utf8))
        }
    }

    static let resource = RowResource(
        "AuditLog",
        [
            RowColumn("id", "l.id", .identifier), RowColumn("at", "l.at", .instant),
            RowColumn("bookId", "l.book_id", .identifier, nullable: true),
            RowColumn("moduleName", "l.module", .text), RowColumn("recordId", "l.record_id", .text, nullable: true),
            RowColumn("recordCode", "l.record_code", .text, nullable: true), RowColumn("action", "l.action", .text),
            RowColumn("actorKind", "l.actor_kind", .text, "user, key, service, system or operator"),
            RowColumn("performedBy", "l.actor_id", .identifier, nullable: true),
            RowColumn("performedByName", "l.actor_name", .text, nullable: true, "As it was at the time."),
            RowColumn("performedByRole", "l.actor_role", .text, nullable: true),
            RowColumn("service", "l.service", .text, nullable: true, "The service that reported it."),
            RowColumn("address", "l.address", .text, nullable: true),
            RowColumn("userAgent", "l.user_agent", .text, nullable: true),
            RowColumn("requestId", "l.request_id", .text, nullable: true),
            RowColumn("oldValues", "l.old_values::text", .json(.anything), nullable: true),
            RowColumn("newValues", "l.new_values::text", .json(.anything), nullable: true),
            RowColumn("changedFields", "l.changed_fields", .texts),
            RowColumn("reason", "l.reason", .text, nullable: true),
            RowColumn("metadata", "l.metadata::text", .json(.anything), nullable: true),
            RowColumn(
                "number", "c.number::int", .integer, nullable: true,
                "Its place in the chain; null for a few seconds, until it is sealed."),
            RowColumn("hash", "encode(c.hash, 'hex')", .text, nullable: true),
        ])

    func page(_ filter: AuditFilter, after cursor: AuditCursor?, limit: Int) async throws -> Rows {
        try await connection.query(
            """
            SELECT \(Self.resource.selection)\(names.selection)
            FROM audit.log l LEFT JOIN audit.chain c ON c.log_id = l.id
            WHERE \(Self.within(filter.scope))
                AND (\(filter.module == nil) OR l.module = \(filter.module))
                AND (\(filter.record == nil) OR l.record_id = \(filter.record))
                AND (\(filter.code == nil) OR strpos(lower(l.record_code), lower(\(filter.code))) > 0)
                AND (\(filter.action == nil) OR l.action = \(filter.action))
                AND (\(filter.actor == nil) OR l.actor_id = \(filter.actor))
                AND (\(filter.from == nil) OR l.at >= \(filter.from)::timestamp AT TIME ZONE \(filter.timeZone))
                AND (\(filter.to == nil) OR l.at < (\(filter.to) + 1)::timestamp AT TIME ZONE \(filter.timeZone))
                AND (\(cursor == nil) OR (l.at, l.id) < (\(cursor?.at), \(cursor?.id)))
            ORDER BY l.at DESC, l.id DESC LIMIT \(limit)
            """)
    }

    func one(_ id: Identifier<AuditRecord>, _ scope: AuditFilter.Scope) async throws -> Row? {
        try await connection.first(
            """
            SELECT \(Self.resource.selection)\(names.selection)
            FROM audit.log l LEFT JOIN audit.chain c ON c.log_id = l.id
            WHERE l.id = \(id) AND \(Self.within(scope))
            """)
    }

    private static func within(_ scope: AuditFilter.Scope) -> SQL {
        switch scope {
        case .book(let book): "l.book_id = \(book)"
        case .server: "l.book_id IS NULL"
        }
    }
}
