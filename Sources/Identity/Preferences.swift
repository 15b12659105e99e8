import Base
import HTTP
import JSON

/// What somebody has chosen for themselves: a few declared fields, each with what it is where nothing was chosen.
/// Anything else that is sent is not kept.
struct PreferenceSet: Sendable {
    enum Kind: Sendable {
        case bool(Bool)
        case choice([String], String)
        case currency
        /// Of yes and no.
        case group([(name: String, standard: Bool)])
    }

    struct Item: Sendable {
        let name: String
        let kind: Kind
        let summary: String
    }

    let name: String
    let items: [Item]

    /// INVENTORY S2-203.
    static let preferences = PreferenceSet(
        name: "Preferences",
        items: [
            Item(name: "currency", kind: .currency, summary: "Shown first where one can be chosen; null: the book's."),
            Item(
                name: "dateFormat",
                kind: .choice(["system", "yyyy-MM-dd", "dd.MM.yyyy", "dd/MM/yyyy", "MM/dd/yyyy"], "system"),
                summary: "How days are written."),
            Item(name: "darkMode", kind: .bool(false), summary: "Dark, whatever the system says."),
            Item(
                name: "privacy", kind: .group([("shareData", false), ("analytics", false)]),
                summary: "What may be passed on. Nothing is."),
        ])

    /// INVENTORY S2-215.
    static let notifications = PreferenceSet(
        name: "NotificationPreferences",
        items: [
            Item(name: "emailEnabled", kind: .bool(true), summary: "By mail."),
            Item(name: "pushEnabled", kind: .bool(false), summary: "In the browser."),
            Item(name: "smsEnabled", kind: .bool(false), summary: "By text message."),
            Item(
                name: "preferences",
                kind: .group([
                    ("budgetAlerts", true), ("expenseAdded", true), ("splitRequests", true), ("insights", true),
                    ("goalReminders", true), ("members", true), ("marketing", false),
                ]), summary: "About what."),
        ])

    private static func schema(_ kind: Kind) -> Schema {
        switch kind {
        case .bool: .boolean
        case .choice(let values, _): .choice(values)
        case .currency: .nullable(.currency)
        case .group(let items):
            .object(name: nil, items.map { SchemaProperty($0.name, .boolean, required: false) })
        }
    }

    var answerSchema: Schema {
        .object(
            name: name,
            items.map { SchemaProperty($0.name, Self.schema($0.kind), $0.summary) } + [
                SchemaProperty("version", .integer())
            ])
    }

    var bodySchema: BodySchema {
        .json(
            name + "Change",
            items.map { SchemaProperty($0.name, Self.schema($0.kind), required: false, $0.summary) } + [
                SchemaProperty("version", .integer(), required: false, "The version that was changed.")
            ])
    }

    /// What is stored once `change` has been made to it. What is sent as null goes back to what it is by itself.
    ///
    /// - Throws: every field that is wrong.
    func applying(_ change: JSONValue, to stored: JSONValue) throws(Refusal) -> [UInt8] {
        guard case .object = change else {
            throw Refusal(.invalid, "VALIDATION_ERROR", "The body should be a JSON object.")
        }
        var problems: [FieldError] = []
        var members: [(key: String, value: JSONValue)] = []
        for item in items {
            guard let sent = change[item.name] else {
                if let old = stored[item.name] { members.append((item.name, old)) }
                continue
            }
            if sent.isNull { continue }
            if let value = Self.checked(sent, item, stored[item.name]) {
                members.append((item.name, value))
            } else {
                problems.append(FieldError(item.name, "\(item.name) should be \(Self.words(item.kind))."))
            }
        }
        guard problems.isEmpty else { throw Refusal.invalid(fields: problems) }
        var writer = JSONWriter(capacity: 256)
        writer.value(.object(members))
        return writer.bytes
    }

    private static func checked(_ sent: JSONValue, _ item: Item, _ stored: JSONValue?) -> JSONValue? {
        switch (item.kind, sent) {
        case (.bool, .bool): return sent
        case (.choice(let values, _), .string(let text)): return values.contains(text) ? sent : nil
        case (.currency, .string(let text)): return Currency(text.uppercased()).map { .string($0.code) }
        case (.group(let names), .object):
            var members: [(key: String, value: JSONValue)] = []
            for (name, _) in names {
                switch sent[name] {
                case .bool(let flag)?: members.append((name, .bool(flag)))
                case nil: if let old = stored?[name] { members.append((name, old)) }
                case .null?: continue
                default: return nil
                }
            }
            return .object(members)
        default: return nil
        }
    }

    private static func words(_ kind: Kind) -> String {
        switch kind {
        case .bool: "true or false"
        case .choice(let values, _): "one of \(values.joined(separator: ", "))"
        case .currency: "an ISO 4217 code such as EUR"
        case .group(let names): "an object of true and false: \(names.map(\.name).joined(separator: ", "))"
        }
    }

    func write(_ stored: JSONValue, version: Int, to writer: inout JSONWriter) {
        writer.beginObject()
        writeMembers(stored, to: &writer)
        writer.key("version")
        writer.int(Int64(version))
        writer.endObject()
    }

    /// The same as a value.
    func values(_ stored: JSONValue) -> JSONValue {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        writeMembers(stored, to: &writer)
        writer.endObject()
        return (try? JSONValue.parse(writer.bytes)) ?? .object([])
    }

    /// What was chosen, and what is so by itself.
    func writeMembers(_ stored: JSONValue, to writer: inout JSONWriter) {
        for item in items {
            writer.key(item.name)
            let value = stored[item.name]
            switch item.kind {
            case .bool(let standard): writer.bool(value?.bool ?? standard)
            case .choice(_, let standard): writer.string(value?.string ?? standard)
            case .currency: writer.string(value?.string)
            case .group(let names):
                writer.beginObject()
                for (name, standard) in names {
                    writer.key(name)
                    writer.bool(value?[name]?.bool ?? standard)
                }
                writer.endObject()
            }
        }
    }
}
