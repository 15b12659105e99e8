import Base
import Database
import HTTP
import JSON

/// What happened to an entry, the latest first.
enum EntryHistory {
    /// The latest changes that are shown.
    static let limit = 100

    static let schema = Schema.array(
        .object(
            name: "EntryChange",
            [
                SchemaProperty("version", .integer()), SchemaProperty("at", .instant),
                SchemaProperty(
                    "by",
                    .nullable(
                        .object(name: nil, [SchemaProperty("id", .uuid), SchemaProperty("name", .nullable(.text))]))),
                SchemaProperty("action", .choice(["created", "imported", "updated", "deleted", "restored"])),
                SchemaProperty(
                    "changes",
                    .array(
                        .object(
                            name: nil,
                            [
                                SchemaProperty("field", .text), SchemaProperty("from", .nullable(.text)),
                                SchemaProperty("to", .nullable(.text)),
                            ]))),
            ]))

    /// The creation is no stored change: the entry itself tells it. A category that is gone has no name any more.
    static func statement(_ id: EntryID, book: BookID) -> SQL {
        """
        SELECT h.version, h.action, h.at, h.by, coalesce(u.display_name, nullif(concat_ws(' ', u.first_name, u.last_name), '')),
            h.changes::text,
            (SELECT name FROM categories WHERE book_id = \(book) AND id::text = h.changes->'category_id'->>0),
            (SELECT name FROM categories WHERE book_id = \(book) AND id::text = h.changes->'category_id'->>1),
            (SELECT name FROM payment_methods WHERE book_id = \(book) AND id::text = h.changes->'payment_method_id'->>0),
            (SELECT name FROM payment_methods WHERE book_id = \(book) AND id::text = h.changes->'payment_method_id'->>1),
            (SELECT name FROM departments WHERE book_id = \(book) AND id::text = h.changes->'department_id'->>0),
            (SELECT name FROM departments WHERE book_id = \(book) AND id::text = h.changes->'department_id'->>1)
        FROM (
            (SELECT version, action::integer, changed_at AS at, changed_by AS by, changes FROM entry_changes
            WHERE book_id = \(book) AND entry_id = \(id) ORDER BY version DESC LIMIT \(limit))
            UNION ALL
            SELECT 1, CASE WHEN import_id IS NULL THEN 0 ELSE 1 END, created_at, created_by, '{}' FROM entries
            WHERE book_id = \(book) AND id = \(id)
        ) h LEFT JOIN users u ON u.id = h.by
        ORDER BY h.version DESC
        """
    }

    private static let actions = ["created", "imported", "updated", "deleted", "restored"]

    static func write(_ rows: Rows, currency: Currency, to writer: inout JSONWriter) throws {
        writer.beginArray()
        for row in rows {
            writer.beginObject()
            writer.key("version")
            writer.int(try row.get(0, as: Int32.self))
            writer.key("at")
            writer.instant(try row.get(2, as: Instant.self))
            writer.key("by")
            if let user = try row.get(3, as: UserID?.self) {
                writer.beginObject()
                writer.key("id")
                writer.identifier(user)
                writer.key("name")
                writer.string(try row.get(4, as: String?.self))
                writer.endObject()
            } else {
                writer.null()
            }
            writer.key("action")
            let action = Int(try row.get(1, as: Int32.self))
            writer.string(actions.indices.contains(action) ? actions[action] : "updated")
            writer.key("changes")
            writer.beginArray()
            for change in try changes(row, currency) { change.write(to: &writer) }
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
    }

    struct Change: Equatable {
        let field: String
        let from: String?
        let to: String?

        func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.key("field")
            writer.string(field)
            writer.key("from")
            writer.string(from)
            writer.key("to")
            writer.string(to)
            writer.endObject()
        }
    }

    /// The column's name, and that of the field that clients know.
    private static let names: [(column: String, field: String)] = [
        ("amount_minor", "amount"), ("occurred_on", "transactionDate"), ("category_id", "category"),
        ("merchant", "merchantName"), ("description", "description"), ("notes", "notes"), ("status", "status"),
        ("payment_method_id", "paymentMethod"), ("payment_method", "paymentMethod"), ("tags", "tags"),
        ("location", "location"), ("latitude_e7", "latitude"), ("longitude_e7", "longitude"),
        ("department_id", "department"),
    ]

    private static func changes(_ row: Row, _ currency: Currency) throws -> [Change] {
        let stored = try JSONValue.parse(Array(try row.get(5, as: String.self).utf8))
        var changes: [Change] = []
        for (column, field) in names {
            guard let pair = stored[column]?.array, pair.count == 2 else { continue }
            let change =
                switch column {
                case "category_id": Change(field: field, from: try row.get(6), to: try row.get(7))
                case "payment_method_id": Change(field: field, from: try row.get(8), to: try row.get(9))
                case "department_id": Change(field: field, from: try row.get(10), to: try row.get(11))
                default:
                    Change(field: field, from: text(pair[0], column, currency), to: text(pair[1], column, currency))
                }
            if let index = changes.firstIndex(where: { $0.field == field }) {
                // From a method of the book to a text, or back: the two columns are one to a reader.
                changes[index] = Change(
                    field: field, from: changes[index].from ?? change.from, to: changes[index].to ?? change.to)
            } else {
                changes.append(change)
            }
        }
        return changes
    }

    private static func text(_ value: JSONValue, _ column: String, _ currency: Currency) -> String? {
        switch (column, value) {
        case (_, .null): nil
        case ("amount_minor", .number(let text)):
            Int64(text).map { Money(minorUnits: $0, currency: currency).decimalText }
        case ("status", .number(let text)): Int16(text).flatMap(Entry.Status.init(rawValue:))?.name
        case ("latitude_e7", .number(let text)), ("longitude_e7", .number(let text)): degrees(text)
        case (_, .array(let items)): items.compactMap(\.string).joined(separator: ", ")
        case (_, .string(let text)), (_, .number(let text)): text
        default: nil
        }
    }

    private static func degrees(_ text: String) -> String? {
        guard let units = Int64(text) else { return nil }
        let digits = String(units.magnitude)
        let padded = String(repeating: "0", count: max(0, 8 - digits.count)) + digits
        return (units < 0 ? "-" : "") + padded.dropLast(7) + "." + padded.suffix(7)
    }
}
