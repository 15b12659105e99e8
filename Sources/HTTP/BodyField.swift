import Base
import JSON

/// One property that a request body may carry: name, schema and reading in one declaration.
package struct BodyField<Value: Sendable>: Sendable {
    package let name: String
    package let aliases: [String]
    package let schema: Schema
    package let isRequired: Bool
    package let summary: String?
    /// Throws a sentence to show beside the field.
    let read: @Sendable (JSONValue) throws(FieldProblem) -> Value

    package init(
        _ name: String, aliases: [String] = [], _ schema: Schema, required: Bool = false, _ summary: String? = nil,
        read: @escaping @Sendable (JSONValue) throws(FieldProblem) -> Value
    ) {
        self.name = name
        self.aliases = aliases
        self.schema = schema
        self.isRequired = required
        self.summary = summary
        self.read = read
    }

    /// Reads a value that does not stand in a body by itself.
    package func parse(_ value: JSONValue) throws(FieldProblem) -> Value { try read(value) }

    /// What need not be sent may be sent as null, too: `Body.read` takes that for nothing.
    package var property: SchemaProperty {
        if isRequired { return SchemaProperty(name, schema, required: aliases.isEmpty, summary) }
        if case .nullable = schema { return SchemaProperty(name, schema, required: false, summary) }
        return SchemaProperty(name, .nullable(schema), required: false, summary)
    }

    package func required() -> BodyField {
        BodyField(name, aliases: aliases, schema, required: true, summary, read: read)
    }
}

/// What is wrong with one field, in a sentence.
package struct FieldProblem: Error, Sendable {
    package let message: String
    package init(_ message: String) { self.message = message }
}

extension BodyField where Value == String {
    /// Trimmed text of at most `max` characters without control characters (line breaks only when `multiline`).
    package static func text(
        _ name: String, aliases: [String] = [], max: Int, min: Int = 0, multiline: Bool = false,
        _ summary: String? = nil
    ) -> BodyField {
        BodyField(name, aliases: aliases, .string(maxLength: max), summary) { value throws(FieldProblem) in
            guard case .string(let text) = value else { throw FieldProblem("\(name) should be text.") }
            return try checkedText(text, name: name, min: min, max: max, multiline: multiline)
        }
    }

    package static func choice(_ name: String, of values: [String], _ summary: String? = nil) -> BodyField {
        BodyField(name, .choice(values), summary) { value throws(FieldProblem) in
            guard case .string(let text) = value, values.contains(text.lowercased()) else {
                throw FieldProblem("\(name) should be one of \(values.joined(separator: ", ")).")
            }
            return text.lowercased()
        }
    }

    /// A password or a token: taken as it is, only bounded.
    package static func secret(_ name: String, max: Int = 4096, _ summary: String? = nil) -> BodyField {
        BodyField(name, .string(maxLength: max), summary) { value throws(FieldProblem) in
            guard case .string(let text) = value else { throw FieldProblem("\(name) should be text.") }
            guard text.utf8.count <= max else { throw FieldProblem("\(name) is too long.") }
            return text
        }
    }

    /// A decimal, kept as its text: it becomes Money once the currency is known.
    package static func decimal(_ name: String, aliases: [String] = [], _ summary: String? = nil) -> BodyField {
        BodyField(name, aliases: aliases, .money, summary) { value throws(FieldProblem) in
            switch value {
            case .number(let text), .string(let text):
                guard text.utf8.count <= 40 else { throw FieldProblem("\(name) has too many digits.") }
                return text
            default: throw FieldProblem("\(name) should be a decimal such as 12.50.")
            }
        }
    }
}

func checkedText(
    _ text: String, name: String, min: Int, max: Int, multiline: Bool
) throws(FieldProblem) -> String {
    var scalars = Substring(text)
    while let first = scalars.first, first.isWhitespace { scalars.removeFirst() }
    while let last = scalars.last, last.isWhitespace { scalars.removeLast() }
    // Code points, as the database and JSON Schema count: one letter may have any number of accents.
    guard scalars.utf8.count <= max * 4, scalars.unicodeScalars.count <= max else {
        throw FieldProblem("\(name) should have at most \(max) characters.")
    }
    guard scalars.count >= min else {
        throw FieldProblem(
            min == 1 ? "\(name) should not be empty." : "\(name) should have at least \(min) characters.")
    }
    for scalar in scalars.unicodeScalars {
        let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
        if isControl && !(multiline && (scalar == "\n" || scalar == "\r" || scalar == "\t")) {
            throw FieldProblem("\(name) should have no control characters.")
        }
    }
    return String(scalars)
}

extension BodyField where Value == CalendarDate {
    package static func date(_ name: String, aliases: [String] = [], _ summary: String? = nil) -> BodyField {
        BodyField(name, aliases: aliases, .date, summary) { value throws(FieldProblem) in
            guard case .string(let text) = value, let date = CalendarDate(iso: text) else {
                throw FieldProblem("\(name) should be a day such as 2026-03-31.")
            }
            return date
        }
    }
}

extension BodyField where Value == Bool {
    package static func bool(_ name: String, _ summary: String? = nil) -> BodyField {
        BodyField(name, .boolean, summary) { value throws(FieldProblem) in
            guard case .bool(let flag) = value else { throw FieldProblem("\(name) should be true or false.") }
            return flag
        }
    }
}

extension BodyField where Value == Int {
    package static func int(_ name: String, in range: ClosedRange<Int>, _ summary: String? = nil) -> BodyField {
        BodyField(name, .integer(minimum: range.lowerBound, maximum: range.upperBound), summary) {
            value throws(FieldProblem) in
            guard case .number(let text) = value, let number = Int(text), range.contains(number) else {
                throw FieldProblem("\(name) should be a whole number from \(range.lowerBound) to \(range.upperBound).")
            }
            return number
        }
    }
}

extension BodyField where Value == [String] {
    package static func texts(_ name: String, max: Int, maxCount: Int, _ summary: String? = nil) -> BodyField {
        BodyField(name, .array(.string(maxLength: max)), summary) { value throws(FieldProblem) in
            guard case .array(let items) = value else { throw FieldProblem("\(name) should be a list of texts.") }
            guard items.count <= maxCount else { throw FieldProblem("\(name) should have at most \(maxCount) items.") }
            var texts: [String] = []
            for item in items {
                guard case .string(let text) = item else { throw FieldProblem("\(name) should be a list of texts.") }
                texts.append(try checkedText(text, name: name, min: 1, max: max, multiline: false))
            }
            return texts
        }
    }
}

/// A JSON object sent by a client. Reads fields and remembers every problem, so that all are reported at once.
package struct Body: Sendable {
    private let members: [String: JSONValue]
    private var problems: [FieldError] = []

    /// - Throws: a refusal when the value is no object.
    package init(_ value: JSONValue) throws(Refusal) {
        guard case .object(let members) = value else {
            throw Refusal(.invalid, "VALIDATION_ERROR", "The body should be a JSON object.")
        }
        self.members = Dictionary(members.map { ($0.0, $0.1) }, uniquingKeysWith: { first, _ in first })
    }

    /// The field's value; nil where it is absent or null. A wrong or missing one is remembered for `check()`.
    package mutating func read<Value>(_ field: BodyField<Value>) -> Value? {
        guard let value = value(of: field.name, field.aliases), !value.isNull else {
            if field.isRequired {
                problems.append(FieldError(field: field.name, message: "\(field.name) is required."))
            }
            return nil
        }
        do { return try field.read(value) } catch {
            problems.append(FieldError(field: field.name, message: error.message))
            return nil
        }
    }

    /// Whether the field was sent at all, be it as null: an update clears what is sent as null.
    package func has<Value>(_ field: BodyField<Value>) -> Bool { value(of: field.name, field.aliases) != nil }

    private func value(of name: String, _ aliases: [String]) -> JSONValue? {
        if let value = members[name] { return value }
        for alias in aliases { if let value = members[alias] { return value } }
        return nil
    }

    package mutating func refuse(_ field: String, _ message: String) {
        problems.append(FieldError(field: field, message: message))
    }

    package func check() throws(Refusal) {
        guard !problems.isEmpty else { return }
        throw Refusal.invalid(fields: problems)
    }
}

/// What a route accepts as its body.
package struct BodySchema: Sendable {
    package let contentTypes: [String]
    package let schema: Schema
    /// Whether there must be one: a handler may read it by `Request.optionalBody()`.
    private(set) var isRequired = true

    package func optional() -> BodySchema {
        var body = self
        body.isRequired = false
        return body
    }

    package static func json(_ name: String, _ properties: [SchemaProperty]) -> BodySchema {
        BodySchema(contentTypes: ["application/json"], schema: .object(name: name, properties))
    }

    package static func file(_ contentTypes: [String]) -> BodySchema {
        BodySchema(contentTypes: contentTypes, schema: .binary)
    }
}
