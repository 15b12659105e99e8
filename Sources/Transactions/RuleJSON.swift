import Base
import Categories
import HTTP
import JSON

extension Rule {
    static let schema = Schema.object(
        name: "Rule",
        [
            SchemaProperty("id", .uuid), SchemaProperty("name", .text), SchemaProperty("position", .integer()),
            SchemaProperty("isEnabled", .boolean), SchemaProperty("conditions", RuleConditions.schema),
            SchemaProperty("actions", RuleActions.schema), SchemaProperty("version", .integer()),
        ])

    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("id")
        writer.identifier(id)
        writer.key("name")
        writer.string(name)
        writer.key("position")
        writer.int(position)
        writer.key("isEnabled")
        writer.bool(isEnabled)
        writer.key("conditions")
        conditions.write(to: &writer)
        writer.key("actions")
        actions.write(to: &writer)
        writer.key("version")
        writer.int(version)
        writer.endObject()
    }
}

extension RuleConditions {
    static let schema = Schema.object(
        name: "RuleConditions",
        [
            SchemaProperty("match", .choice(Match.allCases.map(\.rawValue)), "all by default."),
            SchemaProperty(
                "items",
                .array(
                    .object(
                        name: "RuleCondition",
                        [
                            SchemaProperty("field", .choice(RuleCondition.Field.allCases.map(\.rawValue))),
                            SchemaProperty("op", .choice(RuleCondition.Operation.allCases.map(\.rawValue))),
                            SchemaProperty("value", .text, "Case and accents do not matter in texts."),
                            SchemaProperty("value2", .text, required: false, "With between: the end of the range."),
                        ]))),
        ])

    package init(json: JSONValue) throws(FieldProblem) {
        guard let list = json["items"]?.array, !list.isEmpty else {
            throw FieldProblem("conditions should have items, at least one.")
        }
        guard list.count <= Rule.maximumConditions else {
            throw FieldProblem("conditions should have at most \(Rule.maximumConditions) items.")
        }
        let name = json["match"]?.string ?? "all"
        guard let match = Match(rawValue: name.lowercased()) else {
            throw FieldProblem("match should be all or any.")
        }
        var items: [RuleCondition] = []
        for item in list { items.append(try RuleCondition(json: item)) }
        self.init(match, items)
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("match")
        writer.string(match.rawValue)
        writer.key("items")
        writer.beginArray()
        for item in items {
            writer.beginObject()
            writer.key("field")
            writer.string(item.field.rawValue)
            writer.key("op")
            writer.string(item.operation.rawValue)
            writer.key("value")
            writer.string(item.value)
            if let value2 = item.value2 {
                writer.key("value2")
                writer.string(value2)
            }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }
}

extension RuleCondition {
    fileprivate init(json: JSONValue) throws(FieldProblem) {
        guard let field = json["field"]?.string.flatMap(Field.init(rawValue:)) else {
            throw FieldProblem("field should be one of \(Field.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        guard let operation = json["op"]?.string.flatMap(Operation.init(rawValue:)) else {
            throw FieldProblem("op should be one of \(Operation.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        guard let value = try Self.value(json["value"]) else { throw FieldProblem("value is missing.") }
        self.init(field, operation, value, try Self.value(json["value2"]))
    }

    private static func value(_ json: JSONValue?) throws(FieldProblem) -> String? {
        switch json {
        case nil, .null: return nil
        case .string(let text), .number(let text):
            return try RuleText.checked(text, "value", max: Rule.maximumValueLength)
        default: throw FieldProblem("value should be text or a number.")
        }
    }
}

/// Text of a rule: cleaned as imported text is, and refused rather than cut.
enum RuleText {
    static func checked(_ text: String, _ name: String, max: Int) throws(FieldProblem) -> String? {
        guard text.utf8.count <= max * 4, text.unicodeScalars.count <= max else {
            throw FieldProblem("\(name) should have at most \(max) characters.")
        }
        return ImportLine.clean(text, max: max)
    }

    static func optional(_ json: JSONValue?, _ name: String, max: Int) throws(FieldProblem) -> String? {
        switch json {
        case nil, .null: return nil
        case .string(let text): return try checked(text, name, max: max)
        default: throw FieldProblem("\(name) should be text.")
        }
    }
}

extension RuleActions {
    static let schema = Schema.object(
        name: "RuleActions",
        [
            SchemaProperty("categoryId", .uuid, required: false),
            SchemaProperty("merchantName", .text, required: false),
            SchemaProperty("addTags", .array(.text), required: false),
            SchemaProperty("notes", .text, required: false),
            SchemaProperty("paymentMethod", .text, required: false),
            SchemaProperty(
                "split",
                .array(
                    .object(
                        name: "RuleSplit",
                        [
                            SchemaProperty("categoryId", .uuid),
                            SchemaProperty(
                                "percent", .decimal, required: false, "Of the whole, with up to two decimals."),
                            SchemaProperty("amount", .money, required: false),
                            SchemaProperty("rest", .boolean, required: false, "Whatever the others leave."),
                        ])), required: false, "On the way in, a transaction becomes several entries that add up to it."),
        ])

    package init(json: JSONValue) throws(FieldProblem) {
        guard case .object = json else { throw FieldProblem("actions should be an object.") }
        self.init(
            categoryID: try Self.category(json["categoryId"]),
            merchantName: try RuleText.optional(json["merchantName"], "merchantName", max: Entry.maximumTextLength),
            notes: try RuleText.optional(json["notes"], "notes", max: Entry.maximumTextLength),
            paymentMethod: try RuleText.optional(json["paymentMethod"], "paymentMethod", max: 50))
        if let list = json["addTags"], !list.isNull {
            guard let tags = list.array, tags.count <= Entry.maximumTags else {
                throw FieldProblem("addTags should be a list of at most \(Entry.maximumTags) texts.")
            }
            for tag in tags {
                guard let text = try RuleText.optional(tag, "A tag", max: Entry.maximumTagLength) else {
                    throw FieldProblem("A tag should not be empty.")
                }
                addTags.append(text)
            }
            addTags = Entry.unique(addTags)
        }
        if let list = json["split"], !list.isNull {
            guard let parts = list.array, parts.count <= Rule.maximumParts else {
                throw FieldProblem("split should be a list of at most \(Rule.maximumParts) parts.")
            }
            for part in parts { split.append(try RuleSplit(json: part)) }
        }
    }

    private static func category(_ json: JSONValue?) throws(FieldProblem) -> CategoryID? {
        guard let json, !json.isNull else { return nil }
        guard let id = json.string.flatMap({ CategoryID($0) }) else {
            throw FieldProblem("categoryId should be the id of a category.")
        }
        return id
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        if let categoryID {
            writer.key("categoryId")
            writer.identifier(categoryID)
        }
        for (key, text) in [("merchantName", merchantName), ("notes", notes), ("paymentMethod", paymentMethod)] {
            guard let text else { continue }
            writer.key(text: key)
            writer.string(text)
        }
        if !addTags.isEmpty {
            writer.key("addTags")
            writer.beginArray()
            for tag in addTags { writer.string(tag) }
            writer.endArray()
        }
        if !split.isEmpty {
            writer.key("split")
            writer.beginArray()
            for part in split { part.write(to: &writer) }
            writer.endArray()
        }
        writer.endObject()
    }

    /// Every category that is named.
    var categories: [CategoryID] { (categoryID.map { [$0] } ?? []) + split.map(\.categoryID) }
}

extension RuleSplit {
    fileprivate init(json: JSONValue) throws(FieldProblem) {
        guard let id = json["categoryId"]?.string.flatMap({ CategoryID($0) }) else {
            throw FieldProblem("Every part of a split needs a categoryId.")
        }
        switch (Self.given(json["percent"]), Self.given(json["amount"]), json["rest"]?.bool ?? false) {
        case (let percent?, nil, false):
            guard let text = percent.numberText ?? percent.string, let share = Self.hundredths(text) else {
                throw FieldProblem("percent should be a number with at most two decimals.")
            }
            self.init(id, .percent(share))
        case (nil, let amount?, false):
            guard let text = amount.numberText ?? amount.string, text.utf8.count <= 40 else {
                throw FieldProblem("amount should be a decimal such as 12.50.")
            }
            self.init(id, .amount(text))
        case (nil, nil, true): self.init(id, .rest)
        default: throw FieldProblem("Every part of a split has one of percent, amount and rest.")
        }
    }

    /// Null says as little as a field that is not there.
    private static func given(_ value: JSONValue?) -> JSONValue? {
        guard let value, !value.isNull else { return nil }
        return value
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("categoryId")
        writer.identifier(categoryID)
        switch share {
        case .percent(let share):
            writer.key("percent")
            writer.decimal(share, fractionDigits: 2)
        case .amount(let text):
            writer.key("amount")
            writer.raw(text.utf8)
        case .rest:
            writer.key("rest")
            writer.bool(true)
        }
        writer.endObject()
    }

    /// `33.33` as 3333.
    private static func hundredths(_ text: String) -> Int64? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let whole = parts.first.flatMap({ Int64($0) }), (0...100).contains(whole) else {
            return nil
        }
        guard parts.count == 2, let decimals = parts.last else { return whole * 100 }
        guard (1...2).contains(decimals.utf8.count), decimals.utf8.allSatisfy({ $0 &- 48 < 10 }),
            let hundredths = Int64(decimals)
        else { return nil }
        return whole * 100 + (decimals.utf8.count == 1 ? hundredths * 10 : hundredths)
    }
}
