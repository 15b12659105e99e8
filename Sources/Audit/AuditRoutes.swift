import Base
import Database
import FoundationEssentials
import HTTP
import HTTPServer
import JSON
import Resources

/// `/audit-logs`: who did what, for those who may know.
package struct AuditRoutes: RouteGroup {
    let database: Database
    let idempotency: Idempotency
    let names: AuditNames

    package init(database: Database, idempotency: Idempotency, names: AuditNames = .none) {
        self.database = database
        self.idempotency = idempotency
        self.names = names
    }

    enum Input {
        static let module = QueryField<String>.text(
            "module", aliases: ["moduleName"], max: 60, "The part of the program: members, accounts.")
        static let record = QueryField<String>.text("recordId", max: 100, "What it happened to.")
        static let code = QueryField<String>.text(
            "q", aliases: ["recordCode"], max: 100, "A part of the record's code.")
        static let action = QueryField<String>.text("action", max: 40, "As it is written in the log: MEMBER_ADDED.")
        static let actor = QueryField<UserID>(
            "actorId", aliases: ["performedBy"], .uuid, "Who did it."
        ) { text throws(FieldProblem) in
            guard let id = UserID(text) else { throw FieldProblem("actorId should be the id of a person.") }
            return id
        }
        static let from = QueryField<CalendarDate>.date(
            "from", aliases: ["startDate"], "The first day, in the book's time zone.")
        static let to = QueryField<CalendarDate>.date("to", aliases: ["endDate"], "The last day, which is included.")
        static let limit = QueryField<Int>.clamped("limit", to: 1...100, "How many at most; 50 unless given.")
        static let cursor = QueryField<String>.text("cursor", max: 64, "Where the page before ended.")
        static let scope = QueryField<String>.choice(
            "scope", of: ["book", "server"],
            "server: what concerns no book, such as accounts and keys. For administrators.")
        static let all = [
            module.declaration, record.declaration, code.declaration, action.declaration, actor.declaration,
            from.declaration, to.declaration, scope.declaration, limit.declaration, cursor.declaration,
        ]
    }

    package func register(in routes: inout Routes) {
        routes.tag = "Audit"
        let schema = AuditStore.resource.schema
        routes.get(
            "/audit-logs", "Who did what to which record, newest first", access: .book(.readAudit), query: Input.all,
            returns: .page(of: AuditStore.shownSchema), refuses: [.invalid, .forbidden], handle: list)
        routes.get(
            "/audit-logs/{id}", "One record of the audit log", access: .book(.readAudit),
            query: [Input.scope.declaration], returns: .data(AuditStore.shownSchema), refuses: [.forbidden, .notFound],
            handle: one)
        routes.post(
            "/audit-logs", "Append a record. For services", access: .service(.writeAudit),
            accepts: AuditReport.schema, returns: .created(schema),
            refuses: [.invalid, .notFound, .conflict, .unprocessable], handle: append)
    }

    @Sendable private func list(_ request: Request) async throws -> HTTPResponse {
        var query = try request.query()
        let scope = query.read(Input.scope)
        let limit = query.read(Input.limit) ?? 50
        var filter = AuditFilter(scope: try self.scope(scope, request))
        filter.module = query.read(Input.module)
        filter.record = query.read(Input.record)
        filter.code = query.read(Input.code)
        filter.action = query.read(Input.action)
        filter.actor = query.read(Input.actor)
        filter.from = query.read(Input.from)
        filter.to = query.read(Input.to)
        filter.timeZone = try request.book.timeZone.identifier
        let cursorText = query.read(Input.cursor)
        try query.check()
        let cursor = try cursorText.map { text throws(Refusal) in try AuditCursor(text) }
        let rows = try await AuditStore(database, names: names).page(filter, after: cursor, limit: limit + 1)
        let shown = rows.prefix(limit)
        var next: String?
        if rows.count > limit, let last = shown.last {
            next = AuditCursor(at: try last.get(1), id: try last.get(0)).text
        }
        return try .data(meta: Meta(limit: limit, nextCursor: next)) { writer in
            writer.beginArray()
            for row in shown { try AuditStore.write(row, to: &writer) }
            writer.endArray()
        }
    }

    @Sendable private func one(_ request: Request) async throws -> HTTPResponse {
        let id: Identifier<AuditRecord> = try request.identifier("id", of: "audit record")
        let scope = try self.scope(try request.query(Input.scope), request)
        guard let row = try await AuditStore(database, names: names).one(id, scope) else {
            throw Refusal.notFound("audit record")
        }
        return try .data { try AuditStore.write(row, to: &$0) }
    }

    @Sendable private func append(_ request: Request) async throws -> HTTPResponse {
        let service = try request.service
        var (bytes, body) = try await request.bodyAndBytes()
        let report = try AuditReport(&body)
        let origin = AuditRecord.Origin(request)
        return try await idempotency.run(request, body: bytes) { connection in
            let id = Identifier<AuditRecord>.new()
            guard let row = try await connection.first(report.insertion(id, by: service, from: origin)) else {
                throw Refusal.notFound("book")
            }
            return try .data(status: 201) { try AuditStore.resource.write(row, to: &$0) }
        }
    }

    private func scope(_ asked: String?, _ request: Request) throws(Refusal) -> AuditFilter.Scope {
        guard asked == "server" else { return .book(try request.book.id) }
        let principal = try request.principal
        _ = try principal.session
        guard principal.platformRole == .admin else {
            throw Refusal(.forbidden, "INSUFFICIENT_ROLE", "Only an administrator may read what concerns no book.")
        }
        return .server
    }
}
