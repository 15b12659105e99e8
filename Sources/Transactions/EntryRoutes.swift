import Base
import Database
import HTTP
import HTTPServer
import JSON
import Jobs
import Resources
import Runtime

extension EventName {
    package static func entry(_ kind: Entry.Kind, _ verb: String) -> EventName { EventName("\(kind.name).\(verb)") }
}

/// `/expenses` and `/incomes`, which are alike, and `/entries` for both.
package struct EntryRoutes: RouteGroup {
    static let maximumOffset = 10_000

    let database: Database
    let idempotency: Idempotency
    let clock: Clock

    package init(database: Database, idempotency: Idempotency, clock: Clock = .system) {
        self.database = database
        self.idempotency = idempotency
        self.clock = clock
    }

    private enum Paging {
        static let limit = QueryField<Int>.clamped("limit", to: 1...100, "How many, 20 by default.")
        static let cursor = QueryField<String>.text("cursor", max: 100, "nextCursor of the page before.")
        static let page = QueryField<Int>.clamped(
            "page", to: 1...1_000_000, "A page by number, with the total; a cursor is faster.")
        static let declarations = [limit.declaration, cursor.declaration, page.declaration]
    }

    package func register(in routes: inout Routes) {
        let schema = EntryStore.resource.schema
        for (kind, path, tag) in [(Entry.Kind.expense, "/expenses", "Expenses"), (.income, "/incomes", "Incomes")] {
            routes.tag = tag
            let name = kind == .expense ? "Expense" : "Income"
            routes.get(
                path, "List, newest first", access: .book(.viewEntries),
                query: EntryFilter.Input.declarations + Paging.declarations,
                returns: .page(of: schema)
            ) { try await list($0, kind) }
            routes.post(
                path, "Create", access: .book(.editEntries),
                accepts: .json("New" + name, EntryInput.properties), returns: .created(schema),
                refuses: [.conflict, .unprocessable]
            ) { try await create($0, kind) }
            routes.get(path + "/{id}", "One", access: .book(.viewEntries), returns: .data(schema)) {
                try await one($0, kind)
            }
            routes.put(
                path + "/{id}", "Change what the body names", access: .book(.editEntries),
                accepts: .json(name + "Change", EntryInput.properties + [EntityTag.bodyField.property]),
                returns: .data(schema),
                refuses: [.conflict, .preconditionFailed, .unprocessable]
            ) { try await change($0, kind) }
            routes.delete(path + "/{id}", "Delete; it can be restored", access: .book(.editEntries)) {
                try await delete($0, kind)
            }
            routes.patch(
                path + "/{id}/restore", "Undo a deletion", access: .book(.editEntries), returns: .data(schema),
                refuses: [.unprocessable]
            ) {
                try await restore($0, kind)
            }
        }
        routes.tag = "Entries"
        routes.get(
            "/entries", "Expenses and incomes in one list, newest first", access: .book(.viewEntries),
            query: [EntryFilter.Input.type.declaration] + EntryFilter.Input.declarations + Paging.declarations,
            returns: .page(of: schema)
        ) { try await list($0, nil) }
    }

    private func list(_ request: Request, _ kind: Entry.Kind?) async throws -> HTTPResponse {
        let book = try request.book
        var query = try request.query()
        let filter = EntryFilter(kind: kind, &query, currency: book.currency)
        let limit = query.read(Paging.limit) ?? 20
        let cursorText = query.read(Paging.cursor)
        let page = query.read(Paging.page)
        if page != nil && cursorText != nil { query.refuse("page", "Give a page or a cursor, not both.") }
        if let page, (page - 1) * limit > Self.maximumOffset {
            query.refuse("page", "Pages reach to entry \(Self.maximumOffset); follow nextCursor beyond it.")
        }
        try query.check()
        let cursor = try cursorText.map { text throws(Refusal) in try PageCursor(text) }
        let offset = page.map { ($0 - 1) * limit } ?? 0
        let listing = EntryStore.list(filter, book: book.id, after: cursor, limit: limit, offset: offset)
        guard let page else {
            return try answer(try await database.query(listing), limit: limit, meta: Meta(limit: limit))
        }
        let results = try await database.pipeline([listing, EntryStore.count(filter, book: book.id)])
        let total = Int(try results[1].first?.get(0, as: Int64.self) ?? 0)
        return try answer(results[0], limit: limit, meta: Meta(limit: limit, page: page, total: total))
    }

    private func answer(_ rows: Rows, limit: Int, meta: Meta) throws -> HTTPResponse {
        var meta = meta
        let hasMore = rows.count > limit
        meta.nextCursor = .some(nil)
        if hasMore {
            let last = rows[limit - 1]
            meta.nextCursor = PageCursor(date: try last.get(10), id: try last.get(0, as: EntryID.self)).text
        }
        return try .data(meta: meta, capacity: 512 + min(rows.count, limit) * 640) { writer in
            writer.beginArray()
            for row in rows.prefix(limit) { try EntryStore.resource.write(row, to: &writer) }
            writer.endArray()
        }
    }

    private func create(_ request: Request, _ kind: Entry.Kind) async throws -> HTTPResponse {
        let book = try request.book
        let user = try request.principal.user
        let (bytes, parsed) = try await request.bodyAndBytes()
        var body = parsed
        let today = CalendarDate.of(clock.now(), in: book.timeZone)
        let entry = try EntryInput.new(&body, kind: kind, id: EntryID.new(), currency: book.currency, today: today)
        return try await idempotency.run(request, body: bytes) { connection in
            let store = EntryStore(connection, book: book.id)
            let event = event(kind, "created", entry.id, book.id, user)
            guard let row = try await store.insert(entry, by: user, event: event) else {
                throw try await reasonForRefusal(entry, book: book.id)
            }
            return try one(row, status: 201)
        }
    }

    /// Nothing was inserted: either the category is not there, or the book's currency has changed since it was read.
    private func reasonForRefusal(_ entry: Entry, book: BookID) async throws -> Refusal {
        let row = try await database.first("SELECT currency FROM books WHERE id = \(book)")
        guard let currency = try row?.get(0, as: Currency.self) else { return .notFound("book") }
        return currency == entry.amount.currency ? .noSuchCategory : .otherCurrency(currency)
    }

    private func one(_ request: Request, _ kind: Entry.Kind) async throws -> HTTPResponse {
        let id: EntryID = try request.identifier("id", of: kind.name)
        guard let row = try await EntryStore(database, book: try request.book.id).one(id, kind: kind) else {
            throw Refusal.notFound(kind.name)
        }
        return try one(row)
    }

    private func change(_ request: Request, _ kind: Entry.Kind) async throws -> HTTPResponse {
        let id: EntryID = try request.identifier("id", of: kind.name)
        let book = try request.book.id
        let user = try request.principal.user
        var received = try await request.body()
        let version = try EntityTag.version(request, &received)
        let body = received
        return try await database.transaction { transaction in
            let store = EntryStore(transaction, book: book)
            guard var entry = try await store.lock(id, kind: kind) else { throw Refusal.notFound(kind.name) }
            guard entry.version == version else { throw Refusal.staleVersion }
            var body = body
            try EntryInput.change(&entry, &body)
            guard let row = try await store.save(entry, event: event(kind, "updated", id, book, user)) else {
                throw Refusal.noSuchCategory
            }
            return try one(row)
        }
    }

    private func delete(_ request: Request, _ kind: Entry.Kind) async throws -> HTTPResponse {
        let id: EntryID = try request.identifier("id", of: kind.name)
        let book = try request.book.id
        let event = event(kind, "deleted", id, book, try request.principal.user)
        guard try await EntryStore(database.writer, book: book).delete(id, kind: kind, event: event) else {
            throw Refusal.notFound(kind.name)
        }
        return .noContent
    }

    private func restore(_ request: Request, _ kind: Entry.Kind) async throws -> HTTPResponse {
        let id: EntryID = try request.identifier("id", of: kind.name)
        let book = try request.book.id
        let event = event(kind, "restored", id, book, try request.principal.user)
        guard let row = try await EntryStore(database.writer, book: book).restore(id, kind: kind, event: event) else {
            throw Refusal.notFound(kind.name)
        }
        return try one(row)
    }

    private func one(_ row: Row, status: Int = 200) throws -> HTTPResponse {
        let version = try row.get(EntryStore.versionColumn, as: Int32.self)
        return try .data(status: status, fields: [("ETag", EntityTag.text(version))], capacity: 1024) {
            try EntryStore.resource.write(row, to: &$0)
        }
    }

    private func event(_ kind: Entry.Kind, _ verb: String, _ id: EntryID, _ book: BookID, _ user: UserID) -> Event {
        Event(.entry(kind, verb), book: book, user: user) { data in
            data.key("id")
            data.identifier(id)
        }
    }
}
