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
    private let keys: [PreparedKey]

    package init(_ name: String, _ columns: [RowColumn]) {
        self.name = name
        self.columns = columns
        keys = columns.map { PreparedKey($0.name) }
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

    package func index(of name: String) -> Int? { columns.firstIndex { $0.name == name } }

    package func write(_ rows: Rows, to writer: inout JSONWriter) throws {
        writer.beginArray()
        for row in rows { try write(row, to: &writer) }
        writer.endArray()
    }

    package func write(_ row: Row, to writer: inout JSONWriter) throws {
        writer.beginObject()
        for index in columns.indices where !columns[index].isHidden {
            writer.key(keys[index])
            try write(columns[index].kind, row, index, to: &writer)
        }
        writer.endObject()
    }

    private func write(_ kind: RowColumn.Kind, _ row: Row, _ index: Int, to writer: inout JSONWriter) throws {
        guard !row.isNull(index) else {
            writer.null()
            return
        }
        switch kind {
        case .identifier: writer.identifier(try row.get(index, as: Identifier<RowColumn>.self))
        case .text: row.withBytes(index) { writer.string(utf8: $0) }
        case .code(let values):
            let code = Int(try row.get(index, as: Int16.self))
            guard let value = values[code] else { throw DatabaseError(.decoding, "\(name) has no \(code)") }
            writer.string(value)
        case .money(let currencyColumn):
            let currency: Currency = try row.get(currencyColumn)
            writer.money(Money(minorUnits: try row.get(index), currency: currency))
        case .date: writer.date(try row.get(index, as: CalendarDate.self))
        case .instant: writer.instant(try row.get(index, as: Instant.self))
        case .integer: writer.int(Int64(try row.get(index, as: Int32.self)))
        case .bool: writer.bool(try row.get(index, as: Bool.self))
        case .texts:
            writer.beginArray()
            for text in try row.get(index, as: [String].self) { writer.string(text) }
            writer.endArray()
        }
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
        }
    }
}
