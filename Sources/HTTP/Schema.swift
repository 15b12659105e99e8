import JSON

/// The shape of a JSON value, as OpenAPI 3.1 (JSON Schema) describes it.
package indirect enum Schema: Sendable {
    case string(format: String? = nil, maxLength: Int? = nil, pattern: String? = nil)
    case choice([String])
    case integer(minimum: Int? = nil, maximum: Int? = nil)
    /// A decimal number literal, exact in the currency's minor unit. Input may be a string as well.
    case money
    /// A decimal that is no money: a percentage, a rate.
    case decimal
    case boolean
    case array(Schema)
    case object(name: String?, [SchemaProperty])
    /// Any JSON object.
    case anything
    case nullable(Schema)
    /// Text that is no JSON, or bytes.
    case binary

    package static let text = Schema.string()
    package static let uuid = Schema.string(format: "uuid")
    package static let date = Schema.string(format: "date")
    package static let instant = Schema.string(format: "date-time")
    package static let currency = Schema.string(pattern: "^[A-Z]{3}$")
}

package struct SchemaProperty: Sendable {
    package let name: String
    package let schema: Schema
    package let isRequired: Bool
    package let summary: String?

    package init(_ name: String, _ schema: Schema, required: Bool = true, _ summary: String? = nil) {
        self.name = name
        self.schema = schema
        self.isRequired = required
        self.summary = summary
    }
}

extension Schema {
    /// Writes the schema; named objects are written once, as components, and referred to.
    func write(to writer: inout JSONWriter, components: inout [String: [SchemaProperty]]) {
        switch self {
        case .string(let format, let maxLength, let pattern):
            writer.beginObject()
            writer.key("type")
            writer.string("string")
            if let format {
                writer.key("format")
                writer.string(format)
            }
            if let maxLength {
                writer.key("maxLength")
                writer.int(Int64(maxLength))
            }
            if let pattern {
                writer.key("pattern")
                writer.string(pattern)
            }
            writer.endObject()
        case .choice(let values):
            writer.beginObject()
            writer.key("type")
            writer.string("string")
            writer.key("enum")
            writer.beginArray()
            for value in values { writer.string(value) }
            writer.endArray()
            writer.endObject()
        case .integer(let minimum, let maximum):
            writer.beginObject()
            writer.key("type")
            writer.string("integer")
            if let minimum {
                writer.key("minimum")
                writer.int(Int64(minimum))
            }
            if let maximum {
                writer.key("maximum")
                writer.int(Int64(maximum))
            }
            writer.endObject()
        case .money, .decimal:
            writer.beginObject()
            writer.key("type")
            writer.string("number")
            if case .money = self {
                writer.key("description")
                writer.string("Exact decimal in the currency's minor unit; input may also be a string.")
            }
            writer.endObject()
        case .boolean:
            writer.beginObject()
            writer.key("type")
            writer.string("boolean")
            writer.endObject()
        case .array(let element):
            writer.beginObject()
            writer.key("type")
            writer.string("array")
            writer.key("items")
            element.write(to: &writer, components: &components)
            writer.endObject()
        case .object(let name?, let properties):
            if components[name] == nil { components[name] = properties }
            writer.beginObject()
            writer.key("$ref")
            writer.string("#/components/schemas/" + name)
            writer.endObject()
        case .object(nil, let properties):
            Schema.writeObject(properties, to: &writer, components: &components)
        case .anything:
            writer.beginObject()
            writer.key("type")
            writer.string("object")
            writer.endObject()
        case .nullable(let schema):
            writer.beginObject()
            writer.key("anyOf")
            writer.beginArray()
            schema.write(to: &writer, components: &components)
            writer.beginObject()
            writer.key("type")
            writer.string("null")
            writer.endObject()
            writer.endArray()
            writer.endObject()
        case .binary:
            writer.beginObject()
            writer.key("type")
            writer.string("string")
            writer.key("format")
            writer.string("binary")
            writer.endObject()
        }
    }

    static func writeObject(
        _ properties: [SchemaProperty], to writer: inout JSONWriter, components: inout [String: [SchemaProperty]]
    ) {
        writer.beginObject()
        writer.key("type")
        writer.string("object")
        writer.key("properties")
        writer.beginObject()
        for property in properties {
            writer.key(property.name)
            property.schema.write(to: &writer, components: &components)
        }
        writer.endObject()
        let required = properties.filter(\.isRequired)
        if !required.isEmpty {
            writer.key("required")
            writer.beginArray()
            for property in required { writer.string(property.name) }
            writer.endArray()
        }
        writer.endObject()
    }
}
