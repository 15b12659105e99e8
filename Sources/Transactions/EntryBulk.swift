import Base
import HTTP
import JSON

/// Many entries in one request, with a result for each.
enum EntryBulk {
    static let maximumItems = 1000

    static let items = BodyField<[JSONValue]>("items", .array(.anything), required: true, "At most 1,000 entries.") {
        value throws(FieldProblem) in
        guard let items = value.array else { throw FieldProblem("items should be a list of entries.") }
        guard (1...maximumItems).contains(items.count) else {
            throw FieldProblem("items should have 1 to \(maximumItems) entries.")
        }
        return items
    }
    static let atomic = BodyField<Bool>.bool("atomic", "All of them or none; false by default.")
    static let type = BodyField<String>.choice("type", of: Entry.Kind.allCases.map(\.name))

    static let ids = BodyField<[EntryID]>("ids", .array(.uuid), required: true, "At most 1,000 ids.") {
        value throws(FieldProblem) in
        guard let items = value.array, (1...maximumItems).contains(items.count) else {
            throw FieldProblem("ids should be a list of 1 to \(maximumItems) ids.")
        }
        var ids: [EntryID] = []
        for item in items {
            guard let id = item.string.flatMap({ EntryID($0) }) else {
                throw FieldProblem("ids should be the ids of entries.")
            }
            ids.append(id)
        }
        return ids
    }

    static func properties(for kind: Entry.Kind?) -> [SchemaProperty] {
        let type = kind == nil ? [type.required().property] : []
        let item = Schema.object(name: nil, type + EntryInput.properties)
        return [SchemaProperty("items", .array(item), required: true, "At most 1,000."), atomic.property]
    }

    // MARK: Results

    /// What became of one item or one id.
    struct Result: Sendable {
        var index: Int?
        var id: EntryID?
        var problem: Refusal?
    }

    static func schema(_ name: String, done: String) -> Schema {
        let error = Schema.object(
            name: "BulkError",
            [
                SchemaProperty("code", .text), SchemaProperty("message", .text),
                SchemaProperty(
                    "errors",
                    .array(.object(name: nil, [SchemaProperty("field", .text), SchemaProperty("message", .text)])),
                    required: false),
            ])
        let result = Schema.object(
            name: nil,
            [
                SchemaProperty("index", .integer(), required: false, "The place among the items."),
                SchemaProperty("id", .uuid, required: false), SchemaProperty("status", .choice([done, "failed"])),
                SchemaProperty("error", error, required: false),
            ])
        return .object(
            name: name,
            [
                SchemaProperty(done, .integer()), SchemaProperty("failed", .integer()),
                SchemaProperty("results", .array(result)),
            ])
    }

    static func write(_ results: [Result], done: String, to writer: inout JSONWriter) {
        let failed = results.count { $0.problem != nil }
        writer.beginObject()
        writer.key(done)
        writer.int(Int64(results.count - failed))
        writer.key("failed")
        writer.int(Int64(failed))
        writer.key("results")
        writer.beginArray()
        for result in results { write(result, done, to: &writer) }
        writer.endArray()
        writer.endObject()
    }

    private static func write(_ result: Result, _ done: String, to writer: inout JSONWriter) {
        writer.beginObject()
        if let index = result.index {
            writer.key("index")
            writer.int(Int64(index))
        }
        if let id = result.id {
            writer.key("id")
            writer.identifier(id)
        }
        writer.key("status")
        writer.string(result.problem == nil ? done : "failed")
        if let problem = result.problem {
            writer.key("error")
            writer.beginObject()
            writer.key("code")
            writer.string(problem.code)
            writer.key("message")
            writer.string(problem.message)
            if !problem.fields.isEmpty {
                writer.key("errors")
                problem.fields.write(to: &writer)
            }
            writer.endObject()
        }
        writer.endObject()
    }
}

/// One change to many entries.
struct EntryBulkChange: Sendable {
    var category: CategoryReference?
    var status: Entry.Status?
    var merchant: String??
    var payment: Payment?
    var department: DepartmentReference?
    /// In the place of all that an entry has.
    var tags: [String]?
    var addedTags: [String] = []
    var removedTags: [String] = []

    private static let added = BodyField<[String]>.texts(
        "addTags", max: Entry.maximumTagLength, maxCount: Entry.maximumTags)
    private static let removed = BodyField<[String]>.texts(
        "removeTags", max: Entry.maximumTagLength, maxCount: Entry.maximumTags)

    static let properties: [SchemaProperty] = [
        EntryInput.category.property, EntryInput.categoryName.property, EntryInput.status.property,
        EntryInput.merchant.property, EntryInput.paymentMethod.property, EntryInput.paymentMethodID.property,
        EntryInput.tags.property, added.property, removed.property, EntryInput.department.property,
    ]

    init(_ value: JSONValue) throws(Refusal) {
        var body = try Body(value)
        if body.has(EntryInput.category) || body.has(EntryInput.categoryName) {
            category = EntryInput.readCategory(&body)
        }
        if body.has(EntryInput.status) { status = body.read(EntryInput.status).flatMap(Entry.Status.init(named:)) }
        if body.has(EntryInput.merchant) { merchant = .some(EntryInput.nonEmpty(body.read(EntryInput.merchant))) }
        if body.has(EntryInput.paymentMethod) || body.has(EntryInput.paymentMethodID) {
            payment = EntryInput.readPayment(&body)
        }
        if body.has(EntryInput.department) { department = EntryInput.readDepartment(&body) }
        // Also as {"tags": {"add": […], "remove": […]}}.
        if case .object = value["tags"] ?? .null {
            var inner = try Body(value["tags"] ?? .null)
            addedTags = inner.read(Self.inTags("add")) ?? []
            removedTags = inner.read(Self.inTags("remove")) ?? []
            try inner.check()
        } else if body.has(EntryInput.tags) {
            tags = Entry.unique(body.read(EntryInput.tags) ?? [])
        }
        addedTags += body.read(Self.added) ?? []
        removedTags += body.read(Self.removed) ?? []
        try body.check()
        guard
            category != nil || status != nil || merchant != nil || payment != nil || tags != nil
                || department != nil || !addedTags.isEmpty || !removedTags.isEmpty
        else { throw .invalid("changes", "changes should name at least one field to change.") }
    }

    private static func inTags(_ name: String) -> BodyField<[String]> {
        .texts(name, max: Entry.maximumTagLength, maxCount: Entry.maximumTags)
    }
}
