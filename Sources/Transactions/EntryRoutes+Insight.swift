import Base
import Categories
import Database
import HTTP
import HTTPServer
import JSON
import Resources

/// What is read off entries: stats, duplicates, suggestions, and the entries of a category.
extension EntryRoutes {
    // MARK: Stats

    func registerStats(_ place: Place, in routes: inout Routes) {
        routes.get(
            place.path + "/stats", "Totals and averages of what the filters let through",
            access: .bookWithinScope(.viewEntries),
            query: place.filters, returns: .data(EntryStats.fields.schema), refuses: [.unprocessable]
        ) { request in
            let book = try request.book
            var query = try request.query()
            let filter = EntryFilter(kind: place.kind, &query, in: book)
            try query.check()
            let results = try await database.pipeline(EntryStats.statements(filter, book: book.id))
            let stats = try EntryStats(results, currency: book.currency, countsCancelled: filter.status != nil)
            return .data(capacity: 4096) { EntryStats.fields.write(stats, to: &$0) }
        }
    }

    // MARK: Duplicates

    func registerDuplicates(_ place: Place, in routes: inout Routes) {
        let group = Schema.object(
            name: "DuplicateGroup",
            [
                SchemaProperty(
                    "entries", .array(EntryStore.resource.schema),
                    "At most \(EntryDuplicates.maximumOfGroup), the first by day.")
            ])
        routes.get(
            place.path + "/duplicates",
            "Groups that may be the same one twice: same person, amount and merchant, days next to each other",
            access: .bookWithinScope(.viewEntries), query: place.filters + [Paging.limit.declaration],
            returns: .data(.array(group))
        ) { try await duplicates($0, place) }
        routes.post(
            place.path + "/{id}/not-duplicate", "It is no duplicate: do not show it as one again",
            access: .bookWithinScope(.editOwnEntries), returns: .nothing, refuses: [.unprocessable]
        ) { request in
            let id: EntryID = try request.identifier("id", of: place.word)
            let editor = try EntryEditor(request)
            let statement = EntryDuplicates.dismiss(
                id, kind: place.kind, book: try request.book.id, as: editor, by: try request.principal.user)
            guard try await !database.write(statement).isEmpty else {
                throw try await EntryStore(database, book: try request.book.id)
                    .reasonForNone(id, kind: place.kind, as: editor, isDeleted: false, word: place.word)
            }
            return .noContent
        }
    }

    private func duplicates(_ request: Request, _ place: Place) async throws -> HTTPResponse {
        let book = try request.book
        var query = try request.query()
        let filter = EntryFilter(kind: place.kind, &query, in: book)
        let limit = query.read(Paging.limit) ?? 20
        try query.check()
        let rows = try await database.query(EntryDuplicates.statement(filter, book: book.id, limit: limit))
        let groupColumn = EntryStore.resource.columns.count
        return try .data(capacity: 512 + rows.count * 704) { writer in
            var current: EntryID?
            writer.beginArray()
            for row in rows {
                let group: EntryID = try row.get(groupColumn)
                if group != current {
                    if current != nil {
                        writer.endArray()
                        writer.endObject()
                    }
                    writer.beginObject()
                    writer.key("entries")
                    writer.beginArray()
                    current = group
                }
                try EntryStore.resource.write(row, to: &writer)
            }
            if current != nil {
                writer.endArray()
                writer.endObject()
            }
            writer.endArray()
        }
    }

    // MARK: Suggestions

    private enum Suggesting {
        static let fields = ["merchant", "tag", "paymentMethod"]
        static let field = QueryField<String>("field", .choice(fields), "What is being typed; merchant by default.") {
            text throws(FieldProblem) in
            guard fields.contains(text) else {
                throw FieldProblem("field should be one of \(fields.joined(separator: ", ")).")
            }
            return text
        }
        static let text = QueryField<String>.text("q", max: 100, "What has been typed so far.")
        static let limit = QueryField<Int>.clamped("limit", to: 1...50, "How many, 10 by default.")
        /// The latest entries that are looked at: what was typed years ago is seldom meant.
        static let reach = 20_000
        static let schema = Schema.object(
            name: "Suggestion", [SchemaProperty("value", .text), SchemaProperty("count", .integer())])
    }

    func registerSuggestions(in routes: inout Routes) {
        routes.get(
            "/entries/suggestions", "Values that were used before, the most used first",
            access: .bookWithinScope(.viewEntries),
            query: [
                Suggesting.field.declaration, Suggesting.text.declaration, Suggesting.limit.declaration,
                EntryFilter.Input.type.declaration,
            ],
            returns: .data(.array(Suggesting.schema))
        ) { request in
            let (field, text, limit, type) = try request.query(
                Suggesting.field, Suggesting.text, Suggesting.limit, EntryFilter.Input.type)
            let kind: Entry.Kind? = type.map { $0 == "income" ? .income : .expense }
            let rows = try await database.query(
                Self.suggestions(
                    field ?? "merchant", text ?? "", kind: kind, limit: limit ?? 10, book: try request.book))
            return try .data { writer in
                writer.beginArray()
                for row in rows {
                    writer.beginObject()
                    writer.key("value")
                    writer.string(try row.get(0, as: String.self))
                    writer.key("count")
                    writer.int(try row.get(1, as: Int64.self))
                    writer.endObject()
                }
                writer.endArray()
            }
        }
    }

    private static func suggestions(
        _ field: String, _ text: String, kind: Entry.Kind?, limit: Int, book: BookContext
    ) -> SQL {
        let value: SQL =
            switch field {
            case "tag": "unnest(e.tags)"
            case "paymentMethod": "e.payment_method"
            default: "e.merchant"
            }
        return """
            SELECT (array_agg(value ORDER BY place))[1], count(*) FROM (
                SELECT \(value) AS value, row_number() OVER () AS place FROM (
                    SELECT e.merchant, e.tags, \(field == "paymentMethod" ? paymentName : "NULL" as SQL) AS payment_method
                    FROM entries e
                    WHERE e.book_id = \(book.id) AND e.deleted_at IS NULL AND (e.type = \(kind?.rawValue) OR \(kind == nil))\(book.scope.condition)
                    ORDER BY e.occurred_on DESC, e.id DESC LIMIT \(Suggesting.reach)
                ) e
            ) v
            WHERE value IS NOT NULL AND strpos(lower(value), lower(\(text))) > 0
            GROUP BY lower(value)
            ORDER BY starts_with(lower(min(value)), lower(\(text))) DESC, count(*) DESC, lower(value) LIMIT \(limit)
            """
    }

    private static let paymentName: SQL = """
        coalesce((SELECT m.name FROM payment_methods m WHERE m.book_id = e.book_id AND m.id = e.payment_method_id), e.payment_method)
        """

    // MARK: A category's entries

    func registerCategory(in routes: inout Routes) {
        let filters = [EntryFilter.Input.type.declaration] + EntryFilter.Input.declarations
        routes.get(
            "/categories/{id}/expenses", "What is in a category and its subcategories",
            access: .bookWithinScope(.viewEntries),
            query: filters + EntryOrder.Input.declarations + Paging.declarations,
            returns: .page(of: EntryStore.resource.schema)
        ) { request in
            let store = CategoryStore(database, book: try request.book.id)
            guard let text = request.pathText("id"), text.utf8.count <= 400, let id = try await store.find(text) else {
                throw Refusal.notFound("category")
            }
            return try await list(request, nil) { filter in
                filter.category = .id(id)
                filter.includesSubcategories = filter.wantsSubcategories ?? true
            }
        }
    }
}
