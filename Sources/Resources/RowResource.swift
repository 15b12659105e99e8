import Base
import Database
import HTTP
import JSON

/// A stored resource, declared once: what is selected, its JSON, its OpenAPI schema and its columns in an export.
///
/// A list of such rows goes from libpq's bytes to JSON without a Swift value in between.
package struct RowResource: Sendable {
    package let name: String
    package let columns: [RowColumn]
    /// `a, b, c`: what a statement selects or returns, in the order of the columns.
    package let selection: SQL
    /// How each shown column is written. Without references, so that a row costs no reference counting.
    private let operations: [Operation]
    private let keys: [PreparedKey]
    private let codes: [[String]]

    private struct Operation {
        enum Form {
            case identifier, text, date, instant, integer, bool, texts, json
            /// The place in `codes`.
            case code(Int)
            case money(currencyColumn: Int)
        }
        let column: Int
        let form: Form
    }

    package init(_ name: String, _ columns: [RowColumn]) {
        self.name = name
        self.columns = columns
        var operations: [Operation] = []
        var keys: [PreparedKey] = []
        var codes: [[String]] = []
        for (index, column) in columns.enumerated() where !column.isHidden {
            let form: Operation.Form
            switch column.kind {
            case .identifier: form = .identifier
            case .text: form = .text
            case .date: form = .date
            case .instant: form = .instant
            case .integer: form = .integer
            case .bool: form = .bool
            case .texts: form = .texts
            case .json: form = .json
            case .money(let currencyColumn): form = .money(currencyColumn: currencyColumn)
            case .code(let words):
                form = .code(codes.count)
                codes.append((0...(words.keys.max() ?? 0)).map { words[$0] ?? "" })
            }
            operations.append(Operation(column: index, form: form))
            keys.append(PreparedKey(column.name))
        }
        self.operations = operations
        self.keys = keys
        self.codes = codes
        var selection = SQL.fragment(columns.first?.sql ?? "NULL")
        for column in columns.dropFirst() {
            selection.append(SQL.fragment(", "))
            selection.append(SQL.fragment(column.sql))
        }
        self.selection = selection
    }

    package var schema: Schema {
        .object(
            name: name,
            columns.compactMap { column in
                column.isHidden
                    ? nil
                    : SchemaProperty(
                        column.name, column.isNullable ? .nullable(column.schema) : column.schema, column.summary)
            })
    }

    /// The schema of a row that is written with more members than its columns.
    package func schema(named name: String, adding properties: [SchemaProperty]) -> Schema {
        guard case .object(_, let own) = schema else { return schema }
        return .object(name: name, own + properties)
    }

    package func index(of name: String) -> Int? { columns.firstIndex { $0.name == name } }

    package func write(_ rows: Rows, to writer: inout JSONWriter) throws {
        writer.beginArray()
        for row in rows { try write(row, to: &writer) }
        writer.endArray()
    }

    package func write(_ row: Row, to writer: inout JSONWriter) throws {
        try write(row, to: &writer) { _ in }
    }

    /// - Parameter more: writes further members into the same object.
    @inline(__always)
    package func write(
        _ row: Row, to writer: inout JSONWriter, adding more: (inout JSONWriter) throws -> Void
    ) throws {
        writer.beginObject()
        for (position, operation) in operations.enumerated() {
            writer.key(keys[position])
            guard let cell = row.cell(operation.column) else {
                writer.null()
                continue
            }
            switch operation.form {
            case .identifier: writer.identifier(try Identifier<RowColumn>.readSQL(cell))
            case .text: writer.string(utf8: cell.bytes)
            case .date: writer.date(try CalendarDate.readSQL(cell))
            case .instant: writer.instant(try Instant.readSQL(cell))
            case .integer: writer.int(Int64(try Int32.readSQL(cell)))
            case .bool: writer.bool(try Bool.readSQL(cell))
            case .money(let currencyColumn):
                let currency: Currency = try row.get(currencyColumn)
                writer.money(Money(minorUnits: try Int64.readSQL(cell), currency: currency))
            case .code(let table):
                let code = Int(try Int16.readSQL(cell))
                guard codes[table].indices.contains(code) else {
                    throw DatabaseError(.decoding, "\(name) has no \(code)")
                }
                writer.string(codes[table][code])
            case .json: writer.raw(UnsafeRawBufferPointer(cell.bytes))
            case .texts:
                writer.beginArray()
                for text in try [String].readSQL(cell) { writer.string(text) }
                writer.endArray()
            }
        }
        try more(&writer)
        writer.endObject()
        // The cells point into the result.
        withExtendedLifetime(row) {}
    }
}

/// One column of a stored resource.
package struct RowColumn: Sendable {
    package enum Kind: Sendable {
        case identifier
        case text
        /// A small integer that stands for a word.
        case code([Int: String])
        /// Minor units; the currency is in the column with this index.
        case money(currencyColumn: Int)
        case date
        case instant
        case integer
        case bool
        case texts
        /// JSON text that the database has made.
        case json(Schema)
    }

    package let name: String
    let sql: StaticString
    package let kind: Kind
    package let isNullable: Bool
    /// Selected for the server's own use, not shown.
    let isHidden: Bool
    let summary: String?

    package init(
        _ name: String, _ sql: StaticString, _ kind: Kind, nullable: Bool = false, hidden: Bool = false,
        _ summary: String? = nil
    ) {
        self.name = name
        self.sql = sql
        self.kind = kind
        self.isNullable = nullable
        self.isHidden = hidden
        self.summary = summary
    }

    var schema: Schema {
        switch kind {
        case .identifier: .uuid
        case .text: .text
        case .code(let values): .choice(values.sorted { $0.key < $1.key }.map(\.value))
        case .money: .money
        case .date: .date
        case .instant: .instant
        case .integer: .integer()
        case .bool: .boolean
        case .texts: .array(.text)
        case .json(let schema): schema
        }
    }
}
