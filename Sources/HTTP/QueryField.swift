import Base

/// One parameter of a route's query string: name, schema and reading in one declaration.
package struct QueryField<Value: Sendable>: Sendable {
    package let name: String
    package let aliases: [String]
    package let schema: Schema
    package let summary: String
    let read: @Sendable (String) throws(FieldProblem) -> Value

    package init(
        _ name: String, aliases: [String] = [], _ schema: Schema, _ summary: String,
        read: @escaping @Sendable (String) throws(FieldProblem) -> Value
    ) {
        self.name = name
        self.aliases = aliases
        self.schema = schema
        self.summary = summary
        self.read = read
    }

    package var declaration: QueryDeclaration { QueryDeclaration(name: name, schema: schema, summary: summary) }
}

/// A query parameter without the type of its value.
package struct QueryDeclaration: Sendable {
    let name: String
    let schema: Schema
    let summary: String
}

extension QueryField where Value == String {
    package static func text(_ name: String, aliases: [String] = [], max: Int = 200, _ summary: String) -> QueryField {
        QueryField(name, aliases: aliases, .string(maxLength: max), summary) { text throws(FieldProblem) in
            try checkedText(text, name: name, min: 0, max: max, multiline: false)
        }
    }

    package static func choice(_ name: String, of values: [String], _ summary: String) -> QueryField {
        QueryField(name, .choice(values), summary) { text throws(FieldProblem) in
            guard values.contains(text.lowercased()) else {
                throw FieldProblem("\(name) should be one of \(values.joined(separator: ", ")).")
            }
            return text.lowercased()
        }
    }

    package static func decimal(_ name: String, _ summary: String) -> QueryField {
        QueryField(name, .decimal, summary) { text throws(FieldProblem) in
            guard text.utf8.count <= 40 else { throw FieldProblem("\(name) has too many digits.") }
            return text
        }
    }
}

extension QueryField where Value == CalendarDate {
    package static func date(_ name: String, aliases: [String] = [], _ summary: String) -> QueryField {
        QueryField(name, aliases: aliases, .date, summary) { text throws(FieldProblem) in
            guard let date = CalendarDate(iso: text) else {
                throw FieldProblem("\(name) should be a day such as 2026-03-31.")
            }
            return date
        }
    }
}

extension QueryField where Value == YearMonth {
    package static func month(_ name: String, _ summary: String) -> QueryField {
        QueryField(name, .string(pattern: "^[0-9]{4}-[0-9]{2}$"), summary) { text throws(FieldProblem) in
            guard let month = YearMonth(text) else { throw FieldProblem("\(name) should be a month such as 2026-03.") }
            return month
        }
    }
}

extension QueryField where Value == Int {
    /// A number outside the range is moved to its nearest end (INVENTORY B38), text that is no number is refused.
    package static func clamped(_ name: String, to range: ClosedRange<Int>, _ summary: String) -> QueryField {
        QueryField(
            name, .integer(),
            "\(summary) From \(range.lowerBound) to \(range.upperBound); what is outside is moved to the nearest."
        ) {
            text throws(FieldProblem) in
            guard let number = Int(text) else { throw FieldProblem("\(name) should be a whole number.") }
            return min(max(number, range.lowerBound), range.upperBound)
        }
    }
}

extension QueryField where Value == Bool {
    package static func bool(_ name: String, _ summary: String) -> QueryField {
        QueryField(name, .boolean, summary) { text throws(FieldProblem) in
            switch text.lowercased() {
            case "true", "1", "yes": return true
            case "false", "0", "no": return false
            default: throw FieldProblem("\(name) should be true or false.")
            }
        }
    }
}
