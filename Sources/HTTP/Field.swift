import Base
import JSON

/// One declaration of a resource: its JSON and its schema come from the same list, so they cannot drift.
package struct Fields<Value>: Sendable {
    package let name: String
    package let list: [Field<Value>]

    package init(_ name: String, _ list: [Field<Value>]) {
        self.name = name
        self.list = list
    }

    package var schema: Schema {
        .object(name: name, list.map { SchemaProperty($0.name, $0.schema, required: true, $0.summary) })
    }

    package func write(_ value: Value, to writer: inout JSONWriter) {
        writer.beginObject()
        for field in list {
            writer.key(field.name)
            field.write(value, &writer)
        }
        writer.endObject()
    }

    package func write(_ values: some Sequence<Value>, to writer: inout JSONWriter) {
        writer.beginArray()
        for value in values { write(value, to: &writer) }
        writer.endArray()
    }
}

package struct Field<Value>: Sendable {
    package let name: String
    package let schema: Schema
    package let summary: String?
    let write: @Sendable (Value, inout JSONWriter) -> Void

    package init(
        _ name: String, _ schema: Schema, _ summary: String? = nil,
        write: @escaping @Sendable (Value, inout JSONWriter) -> Void
    ) {
        self.name = name
        self.schema = schema
        self.summary = summary
        self.write = write
    }

    package static func text(_ name: String, _ read: @escaping @Sendable (Value) -> String) -> Field {
        Field(name, .text) { $1.string(read($0)) }
    }

    package static func optionalText(_ name: String, _ read: @escaping @Sendable (Value) -> String?) -> Field {
        Field(name, .nullable(.text)) { value, writer in
            if let text = read(value) { writer.string(text) } else { writer.null() }
        }
    }

    package static func choice(
        _ name: String, _ values: [String], _ read: @escaping @Sendable (Value) -> String
    ) -> Field {
        Field(name, .choice(values)) { $1.string(read($0)) }
    }

    package static func identifier<Tag>(
        _ name: String, _ read: @escaping @Sendable (Value) -> Identifier<Tag>
    ) -> Field {
        Field(name, .uuid) { $1.identifier(read($0)) }
    }

    package static func optionalIdentifier<Tag>(
        _ name: String, _ read: @escaping @Sendable (Value) -> Identifier<Tag>?
    ) -> Field {
        Field(name, .nullable(.uuid)) { value, writer in
            if let identifier = read(value) { writer.identifier(identifier) } else { writer.null() }
        }
    }

    package static func money(_ name: String, _ read: @escaping @Sendable (Value) -> Money) -> Field {
        Field(name, .money) { $1.money(read($0)) }
    }

    package static func currency(_ name: String, _ read: @escaping @Sendable (Value) -> Currency) -> Field {
        Field(name, .currency) { $1.string(read($0).code) }
    }

    package static func date(_ name: String, _ read: @escaping @Sendable (Value) -> CalendarDate) -> Field {
        Field(name, .date) { $1.date(read($0)) }
    }

    package static func instant(_ name: String, _ read: @escaping @Sendable (Value) -> Instant) -> Field {
        Field(name, .instant) { $1.instant(read($0)) }
    }

    package static func int(_ name: String, _ read: @escaping @Sendable (Value) -> Int) -> Field {
        Field(name, .integer()) { $1.int(Int64(read($0))) }
    }

    package static func bool(_ name: String, _ read: @escaping @Sendable (Value) -> Bool) -> Field {
        Field(name, .boolean) { $1.bool(read($0)) }
    }

    package static func list<Element>(
        _ name: String, of fields: Fields<Element>, _ read: @escaping @Sendable (Value) -> [Element]
    ) -> Field {
        Field(name, .array(fields.schema)) { fields.write(read($0), to: &$1) }
    }

    package static func object<Element>(
        _ name: String, _ fields: Fields<Element>, _ read: @escaping @Sendable (Value) -> Element
    ) -> Field {
        Field(name, fields.schema) { fields.write(read($0), to: &$1) }
    }
}
