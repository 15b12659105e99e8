import Base
import Database
import HTTP
import JSON
import Resources

/// A record that another program reports (INVENTORY S1-013): what it says, beside what we know of it ourselves.
struct AuditReport: Sendable {
    private static let largest = 64 * 1024

    let module: String
    let recordID: String?
    let recordCode: String?
    let action: String
    let actor: UserID?
    let actorName: String?
    let actorRole: String?
    let old: [UInt8]?
    let new: [UInt8]?
    let changedFields: [String]
    let reason: String?
    let metadata: [UInt8]?
    let book: BookID?

    enum Input {
        static let module = BodyField<String>.text("moduleName", aliases: ["module"], max: 60, min: 1, "Budget Request")
            .required()
        static let recordID = BodyField<String>.text("recordId", max: 100)
        static let recordCode = BodyField<String>.text("recordCode", max: 100)
        static let action = BodyField<String>(
            "action", .string(maxLength: 40, pattern: "^[A-Za-z_]+$"), required: true, "CREATE, APPROVE, VIEW …"
        ) { value throws(FieldProblem) in
            guard let text = value.string, (1...40).contains(text.utf8.count),
                text.utf8.allSatisfy({ (0x41...0x5A).contains($0 & 0xDF) || $0 == 0x5F })
            else { throw FieldProblem("action should be 1 to 40 letters and underscores.") }
            return text.uppercased()
        }
        static let actor = BodyField<String>.text(
            "performedBy", max: 100, "The id of who did it; one that is none of ours goes into the metadata.")
        static let actorName = BodyField<String>.text("performedByName", max: 254)
        static let actorRole = BodyField<String>.text("performedByRole", max: 100)
        static let old = object("oldValues", "An object, or its JSON as text.")
        static let new = object("newValues", "An object, or its JSON as text.")
        static let changedFields = BodyField<[String]>(
            "changedFields", .array(.string(maxLength: 100)), "A list, or its JSON as text."
        ) { value throws(FieldProblem) in
            var value = value
            if case .string(let text) = value, let parsed = try? JSONValue.parse(text, limits: limits) {
                value = parsed
            }
            let names = (value.array ?? []).compactMap(\.string)
            guard let items = value.array, items.count == names.count, items.count <= 200,
                names.allSatisfy({ $0.unicodeScalars.count <= 100 })
            else { throw FieldProblem("changedFields should be a list of at most 200 names.") }
            return names
        }
        static let reason = BodyField<String>.text("reason", max: 2000, multiline: true)
        static let metadata = object("metadata", "An object, or its JSON as text.")
        static let book = BodyField<BookID>("bookId", .uuid, "The book that it concerns; without it, none.") {
            value throws(FieldProblem) in
            guard let id = value.string.flatMap({ BookID($0) }) else {
                throw FieldProblem("bookId should be the id of a book.")
            }
            return id
        }
        static let limits = JSONValue.Limits(depth: 16, nodes: 10_000, bytes: largest)

        private static func object(_ name: String, _ summary: String) -> BodyField<JSONValue> {
            BodyField(name, .anything, summary) { value throws(FieldProblem) in
                var value = value
                if case .string(let text) = value, let parsed = try? JSONValue.parse(text, limits: limits) {
                    value = parsed
                }
                guard case .object = value else { throw FieldProblem("\(name) should be a JSON object.") }
                return value
            }
        }
    }

    static let schema = BodySchema.json(
        "AuditReport",
        [
            Input.module.property, Input.recordID.property, Input.recordCode.property, Input.action.property,
            Input.actor.property, Input.actorName.property, Input.actorRole.property, Input.old.property,
            Input.new.property, Input.changedFields.property, Input.reason.property, Input.metadata.property,
            Input.book.property,
        ])

    /// - Throws: 400 with every field that is wrong.
    init(_ body: inout Body) throws(Refusal) {
        module = body.read(Input.module) ?? ""
        recordID = body.read(Input.recordID)
        recordCode = body.read(Input.recordCode)
        action = body.read(Input.action) ?? ""
        let performer = body.read(Input.actor)
        actor = performer.flatMap { UserID($0) }
        actorName = body.read(Input.actorName)
        actorRole = body.read(Input.actorRole)
        let (oldValue, newValue) = (body.read(Input.old), body.read(Input.new))
        old = oldValue.map(Self.bytes)
        new = newValue.map(Self.bytes)
        changedFields = body.read(Input.changedFields) ?? Self.differences(oldValue, newValue)
        reason = body.read(Input.reason)
        var members = body.read(Input.metadata)?.object ?? []
        if let performer, actor == nil { members.append(("performedBy", .string(performer))) }
        metadata = members.isEmpty ? nil : Self.bytes(.object(members))
        book = body.read(Input.book)
        if (old?.count ?? 0) + (new?.count ?? 0) + (metadata?.count ?? 0) > Self.largest / 2 {
            body.refuse("newValues", "The old and new values and the metadata are more than \(Self.largest / 2) bytes.")
        }
        try body.check()
    }

    private static func bytes(_ value: JSONValue) -> [UInt8] {
        var writer = JSONWriter()
        writer.value(value)
        return writer.bytes
    }

    private static func differences(_ old: JSONValue?, _ new: JSONValue?) -> [String] {
        let names = Set((old?.object ?? []).map(\.key) + (new?.object ?? []).map(\.key))
        return names.filter { old?[$0] != new?[$0] }.sorted().prefix(200).map { $0 }
    }

    /// Returns the row as it is shown; none when there is no such book. The service's name is ours, not what it says.
    func insertion(
        _ id: Identifier<AuditRecord>, by service: ServicePrincipal, from origin: AuditRecord.Origin
    ) -> SQL {
        """
        WITH l AS (
            INSERT INTO audit.log (id, book_id, module, record_id, record_code, action, actor_kind, actor_id, actor_name,
                actor_role, address, user_agent, request_id, service, old_values, new_values, changed_fields, reason, metadata)
            SELECT \(id), \(book), \(module), \(recordID), \(recordCode), \(action), 'service', \(actor), \(actorName),
                \(actorRole), \(origin.address), \(origin.userAgent), \(origin.requestID), \(service.name),
                \(old.map { JSONText($0) }), \(new.map { JSONText($0) }), \(changedFields), \(reason),
                \(metadata.map { JSONText($0) })
            WHERE \(book == nil) OR EXISTS (SELECT FROM books WHERE id = \(book))
            RETURNING *
        )
        SELECT \(AuditStore.resource.selection) FROM l LEFT JOIN audit.chain c ON c.log_id = l.id
        """
    }
}
