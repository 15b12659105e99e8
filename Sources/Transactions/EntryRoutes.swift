import Base
import Categories
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
    let desk: ExportDesk
    let clock: Clock

    package init(database: Database, idempotency: Idempotency, exports desk: ExportDesk, clock: Clock = .system) {
        self.desk = desk
        self.database = database
        self.idempotency = idempotency
        self.clock = clock
    }

    enum Paging {
        static let limit = QueryField<Int>.clamped("limit", to: 1...100, "How many, 20 by default.")
        static let cursor = QueryField<String>.text(
            "cursor", max: EntryCursor.maximumTextLength, "nextCursor of the page before.")
        static let page = QueryField<Int>.clamped(
            "page", to: 1...1_000_000, "A page by number, with the total; a cursor is faster.")
        static let declarations = [limit.declaration, cursor.declaration, page.declaration]
    }

    /// Where entries are served, and which.
    struct Place: Sendable {
        let kind: Entry.Kind?
        let path: String
        let tag: String
        /// In the names of schemas.
        let name: String
        /// In sentences.
        let word: String

        static let all = [
            Place(kind: .expense, path: "/expenses", tag: "Expenses", name: "Expense", word: "expense"),
            Place(kind: .income, path: "/incomes", tag: "Incomes", name: "Income", word: "income"),
            Place(kind: nil, path: "/entries", tag: "Entries", name: "Entry", word: "entry"),
        ]

        /// Which entries a list shows.
        var filters: [QueryDeclaration] {
            (kind == nil ? [EntryFilter.Input.type.declaration] : []) + EntryFilter.Input.declarations
        }
    }

    static let detailSchema = EntryStore.resource.schema(
        named: "EntryWithHistory", adding: [SchemaProperty("history", EntryHistory.schema, "The latest change first.")])

    package func register(in routes: inout Routes) {
        for place in Place.all {
            routes.tag = place.tag
            registerReading(place, in: &routes)
            if let kind = place.kind { registerChanging(place, kind, in: &routes) }
            registerBulk(place, in: &routes)
            registerSearch(place, in: &routes)
            registerExport(place, in: &routes)
            registerStats(place, in: &routes)
            registerDuplicates(place, in: &routes)
        }
        routes.tag = "Entries"
        registerSuggestions(in: &routes)
        routes.tag = "Categories"
        registerCategory(in: &routes)
        registerHousehold(in: &routes)
    }

    private func registerReading(_ place: Place, in routes: inout Routes) {
        routes.get(
            place.path, place.kind == nil ? "Expenses and incomes in one list, newest first" : "List, newest first",
            access: .bookWithinScope(.viewEntries),
            query: place.filters + EntryOrder.Input.declarations + Paging.declarations,
            returns: .page(of: EntryStore.resource.schema)
        ) { try await list($0, place.kind) }
        routes.get(
            place.path + "/{id}", "One, with its history", access: .bookWithinScope(.viewEntries),
            returns: .data(Self.detailSchema)
        ) {
            try await one($0, place)
        }
    }

    private func registerChanging(_ place: Place, _ kind: Entry.Kind, in routes: inout Routes) {
        let (path, name) = (place.path, place.name)
        let schema = EntryStore.resource.schema
        routes.post(
            path, "Create", access: .bookWithinScope(.createEntries),
            accepts: .json("New" + name, EntryInput.properties), returns: .created(schema),
            refuses: [.conflict, .unprocessable]
        ) { try await create($0, kind) }
        routes.put(
            path + "/{id}", "Change what the body names", access: .bookWithinScope(.editOwnEntries),
            accepts: .json(name + "Change", EntryInput.properties + [EntityTag.bodyField.property]),
            returns: .data(schema),
            refuses: [.conflict, .preconditionFailed, .unprocessable]
        ) { try await change($0, kind) }
        routes.delete(path + "/{id}", "Delete; it can be restored", access: .bookWithinScope(.editOwnEntries)) {
            try await delete($0, kind)
        }
        routes.patch(
            path + "/{id}/restore", "Undo a deletion", access: .bookWithinScope(.editOwnEntries),
            returns: .data(schema),
            refuses: [.unprocessable]
        ) {
            try await restore($0, kind)
        }
        routes.post(
            path + "/{id}/duplicate", "Create another one like it, with what the body names changed",
            access: .bookWithinScope(.createEntries), accepts: .json(name + "Copy", EntryInput.properties),
            returns: .created(schema),
            refuses: [.conflict, .unprocessable]
        ) { try await duplicate($0, kind) }
    }

    // MARK: Reading

    func list(
        _ request: Request, _ kind: Entry.Kind?, adjusting: (inout EntryFilter) -> Void = { _ in }
    ) async throws -> HTTPResponse {
        let book = try request.book
        var query = try request.query()
        var filter = EntryFilter(kind: kind, &query, in: book)
        adjusting(&filter)
        let order = EntryOrder(&query)
        let limit = query.read(Paging.limit) ?? 20
        let cursorText = query.read(Paging.cursor)
        let page = query.read(Paging.page)
        if page != nil && cursorText != nil { query.refuse("page", "Give a page or a cursor, not both.") }
        if let page, (page - 1) * limit > Self.maximumOffset {
            query.refuse("page", "Pages reach to entry \(Self.maximumOffset); follow nextCursor beyond it.")
        }
        try query.check()
        let cursor = try cursorText.map { text throws(Refusal) in
            try EntryCursor(text, order: order, book: book.id)
        }
        let offset = page.map { ($0 - 1) * limit } ?? 0
        let listing = EntryStore.list(
            filter, order: order, book: book.id, after: cursor, limit: limit, offset: offset)
        guard let page else {
            return try answer(
                try await database.query(listing), order: order, book: book.id, meta: Meta(limit: limit))
        }
        let results = try await database.pipeline([listing, EntryStore.count(filter, book: book.id)])
        let total = Int(try results[1].first?.get(0, as: Int64.self) ?? 0)
        return try answer(
            results[0], order: order, book: book.id, meta: Meta(limit: limit, page: page, total: total))
    }

    private func answer(_ rows: Rows, order: EntryOrder, book: BookID, meta: Meta) throws -> HTTPResponse {
        var meta = meta
        let limit = meta.limit ?? 20
        meta.nextCursor = .some(nil)
        if rows.count > limit {
            let cursor = try order.cursor(rows[limit - 1], column: EntryStore.resource.columns.count)
            meta.nextCursor = cursor.text(book: book)
        }
        return try .data(meta: meta, capacity: 512 + min(rows.count, limit) * 704) { writer in
            writer.beginArray()
            for row in rows.prefix(limit) { try EntryStore.resource.write(row, to: &writer) }
            writer.endArray()
        }
    }

    private func one(_ request: Request, _ place: Place) async throws -> HTTPResponse {
        let id: EntryID = try request.identifier("id", of: place.word)
        let book = try request.book
        let results = try await database.pipeline([
            EntryStore.one(id, kind: place.kind, book: book.id, scope: book.scope),
            EntryHistory.statement(id, book: book.id),
        ])
        guard let row = results[0].first else { throw Refusal.notFound(place.word) }
        let version: Int32 = try row.get(EntryStore.versionColumn)
        return try .data(fields: [("ETag", EntityTag.text(version))], capacity: 2048) { writer in
            try EntryStore.resource.write(row, to: &writer) { writer in
                writer.key("history")
                try EntryHistory.write(results[1], currency: book.currency, to: &writer)
            }
        }
    }

    // MARK: Changing

    private func create(_ request: Request, _ kind: Entry.Kind) async throws -> HTTPResponse {
        let book = try request.book
        let user = try request.principal.user
        let (bytes, parsed) = try await request.bodyAndBytes()
        var body = parsed
        let today = CalendarDate.of(clock.now(), in: book.timeZone)
        let new = try EntryInput.new(&body, kind: kind, id: EntryID.new(), currency: book.currency, today: today)
        let entry = try await settled(new, in: book)
        return try await idempotency.run(request, body: bytes) { connection in
            try one(try await insert(entry, book: book.id, by: user, connection), status: 201)
        }
    }

    /// The same with its department settled.
    private func settled(_ entry: Entry, in book: BookContext) async throws -> Entry {
        var entry = entry
        let choice = try await DepartmentChoice(database, book, for: [entry.department])
        entry.department = try choice.resolve(entry.department)
        return entry
    }

    /// - Throws: a refusal when the category or the payment method is not there, or the book's currency has changed.
    func insert(
        _ entry: Entry, book: BookID, by user: UserID, _ connection: any Queryable
    ) async throws -> Row {
        let event = event(entry.kind, "created", entry.id, book, user)
        if let row = try await EntryStore(connection, book: book).insert(entry, by: user, event: event) { return row }
        guard case .namedOrNew(let name) = entry.category else {
            throw try await reasonForRefusal(entry, book: book)
        }
        return try await database.transaction(joining: connection) { transaction in
            var entry = entry
            entry.category = .id(
                try await CategoryRoutes.create(
                    named: name, isIncome: entry.kind == .income, book: book, by: user, transaction))
            let store = EntryStore(transaction, book: book)
            guard let row = try await store.insert(entry, by: user, event: event) else {
                throw try await reasonForRefusal(entry, book: book)
            }
            return row
        }
    }

    /// Nothing was inserted: something it names is not there, or the book's currency has changed since it was read.
    private func reasonForRefusal(_ entry: Entry, book: BookID) async throws -> Refusal {
        let row = try await database.first("SELECT currency, archived_at IS NOT NULL FROM books WHERE id = \(book)")
        guard let row else { return .notFound("book") }
        if try row.get(1) { return .bookArchived }
        let currency: Currency = try row.get(0)
        guard currency == entry.amount.currency else { return .otherCurrency(currency) }
        return try await missing(entry, book: book, database)
    }

    /// What of an entry is not there: its payment method, its department, else its category.
    private func missing(_ entry: Entry, book: BookID, _ connection: any Queryable) async throws -> Refusal {
        if case .id(let id) = entry.payment,
            try await PaymentMethodStore(connection: connection, book: book).one(id) == nil
        {
            return .noSuchPaymentMethod
        }
        if case .id(let id) = entry.department,
            try await connection.first("SELECT FROM departments WHERE book_id = \(book) AND id = \(id)") == nil
        {
            return .noSuchDepartment
        }
        return .noSuchCategory
    }

    private func change(_ request: Request, _ kind: Entry.Kind) async throws -> HTTPResponse {
        let id: EntryID = try request.identifier("id", of: kind.name)
        let context = try request.book
        let book = context.id
        let user = try request.principal.user
        let editor = try EntryEditor(request)
        var received = try await request.body()
        let version = try EntityTag.version(request, &received)
        let body = received
        return try await database.transaction { transaction in
            let store = EntryStore(transaction, book: book)
            guard var entry = try await store.lock(id, kind: kind, by: editor) else {
                throw Refusal.notFound(kind.name)
            }
            guard entry.version == version else { throw Refusal.staleVersion }
            var body = body
            let department = entry.department
            try EntryInput.change(&entry, &body)
            let choice = try await DepartmentChoice(transaction, context, for: [entry.department])
            entry.department = try choice.resolve(entry.department, current: department)
            let event = event(kind, "updated", id, book, user)
            if let row = try await store.save(entry, by: user, event: event) { return try one(row) }
            guard case .namedOrNew(let name) = entry.category else {
                throw try await missing(entry, book: book, transaction)
            }
            entry.category = .id(
                try await CategoryRoutes.create(
                    named: name, isIncome: kind == .income, book: book, by: user, transaction))
            guard let row = try await store.save(entry, by: user, event: event) else {
                throw try await missing(entry, book: book, transaction)
            }
            return try one(row)
        }
    }

    private func delete(_ request: Request, _ kind: Entry.Kind) async throws -> HTTPResponse {
        let id: EntryID = try request.identifier("id", of: kind.name)
        let book = try request.book.id
        let user = try request.principal.user
        let event = event(kind, "deleted", id, book, user)
        let editor = try EntryEditor(request)
        let store = EntryStore(database.writer, book: book)
        guard try await store.delete(id, kind: kind, as: editor, by: user, event: event) else {
            throw try await store.reasonForNone(id, kind: kind, as: editor, isDeleted: false, word: kind.name)
        }
        return .noContent
    }

    private func restore(_ request: Request, _ kind: Entry.Kind) async throws -> HTTPResponse {
        let id: EntryID = try request.identifier("id", of: kind.name)
        let book = try request.book.id
        let user = try request.principal.user
        let event = event(kind, "restored", id, book, user)
        let editor = try EntryEditor(request)
        let store = EntryStore(database.writer, book: book)
        guard let row = try await store.restore(id, kind: kind, as: editor, by: user, event: event)
        else { throw try await store.reasonForNone(id, kind: kind, as: editor, isDeleted: true, word: kind.name) }
        return try one(row)
    }

    /// The copy is of today unless the body says otherwise.
    private func duplicate(_ request: Request, _ kind: Entry.Kind) async throws -> HTTPResponse {
        let id: EntryID = try request.identifier("id", of: kind.name)
        let book = try request.book
        let user = try request.principal.user
        let bytes = try await request.bytes(upTo: 1 << 20)
        let body = try Body(bytes.isEmpty ? .object([]) : try JSONValue.parse(bytes))
        let today = CalendarDate.of(clock.now(), in: book.timeZone)
        return try await idempotency.run(request, body: bytes) { connection in
            let store = EntryStore(database, book: book.id)
            guard let original = try await store.read(id, kind: kind, scope: book.scope) else {
                throw Refusal.notFound(kind.name)
            }
            var changed = original.copy(id: EntryID.new(), occurredOn: today)
            // Out of reach is what was recorded oneself and has been moved since: the copy is as any other new entry.
            if let department = original.department.id, !book.reaches(department) { changed.department = .unsaid }
            var body = body
            try EntryInput.change(&changed, &body)
            let entry = try await settled(changed, in: book)
            return try one(try await insert(entry, book: book.id, by: user, connection), status: 201)
        }
    }

    func one(_ row: Row, status: Int = 200) throws -> HTTPResponse {
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
