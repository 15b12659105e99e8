import Audit
import Base
import Database
import HTTP
import HTTPServer
import JSON
import Jobs
import Resources

package struct BookRoutes: RouteGroup {
    /// How many books one person may own, the personal one included.
    static let maximumOwned = 100

    let database: Database
    let directory: BookDirectory
    let idempotency: Idempotency
    /// Whether the book holds money already. Asked with the book locked.
    let isUsed: @Sendable (BookID, Transaction) async throws -> Bool

    package init(
        database: Database, directory: BookDirectory, idempotency: Idempotency,
        isUsed: @escaping @Sendable (BookID, Transaction) async throws -> Bool
    ) {
        self.database = database
        self.directory = directory
        self.idempotency = idempotency
        self.isUsed = isUsed
    }

    enum Input {
        static let name = BodyField<String>.text("name", max: NewBook.maximumNameLength, min: 1)
        static let currency = BodyField<String>.text(
            "currency", max: 3, "Can change only while the book has no entries.")
        static let timeZone = BodyField<String>.text("timeZone", max: 64, "An IANA name such as Europe/Berlin.")
        static let fiscalYearStart = BodyField<String>.text(
            "fiscalYearStart", aliases: ["fiscal_year_start"], max: 10, "MM-DD")
        static let description = BodyField<String>.text(
            "description", max: NewBook.maximumDescriptionLength, multiline: true, "What the book is for.")
        static let kind = BodyField<String>.choice("kind", of: ["household", "business", "organization"])
        static let settings = [
            currency.property, timeZone.property, fiscalYearStart.property, description.property,
        ]
        static let change = BodySchema.json("BookChange", [name.property] + settings + [EntityTag.bodyField.property])
        static let new = BodySchema.json(
            "NewBook", [name.required().property, kind.required().property] + settings)
    }

    package func register(in routes: inout Routes) {
        routes.tag = "Books"
        let schema = BookSummary.fields.schema
        routes.get(
            "/books", "The books you are a member of", access: .signedIn, returns: .data(.array(schema)), handle: list)
        routes.get(
            "/books/{id}", "One book", access: .bookInPath(.viewBook), returns: .data(schema), handle: one)
        routes.put(
            "/books/{id}", "Change a book", access: .bookInPath(.manageBook), accepts: Input.change,
            returns: .data(schema), refuses: [.conflict, .preconditionFailed]
        ) { try await change($0, needsVersion: true) }
        routes.post(
            "/books", "Open a book of a household, a business or an organisation", access: .session,
            accepts: Input.new, returns: .created(schema), refuses: [.conflict, .unprocessable]
        ) { request in
            try await create(request, kind: nil) { summary, _ in
                .data(status: 201, fields: [("ETag", EntityTag.text(summary.book.version))]) {
                    BookSummary.fields.write(summary, to: &$0)
                }
            }
        }
        routes.delete(
            "/books/{id}", "Archive a book: it can be read then, and restored", access: .bookInPath(.archiveBook),
            refuses: [.conflict]
        ) { request in
            _ = try await setArchived(true, request)
            return .noContent
        }
        routes.post(
            "/books/{id}/restore", "Restore an archived book", access: .bookInPath(.archiveBook),
            returns: .data(schema), refuses: [.conflict]
        ) { answer(try await setArchived(false, $0)) }
    }

    @Sendable private func list(_ request: Request) async throws -> HTTPResponse {
        let books = try await BookStore(database).books(of: try request.principal.user)
        return .data { BookSummary.fields.write(books, to: &$0) }
    }

    @Sendable private func one(_ request: Request) async throws -> HTTPResponse {
        let id: BookID = try request.identifier("id", of: "book")
        guard let summary = try await BookStore(database).book(id, for: try request.principal.user) else {
            throw Refusal.notFound("book")
        }
        return answer(summary)
    }

    /// - Parameter needsVersion: where not, the last one to save wins.
    func change(_ request: Request, needsVersion: Bool) async throws -> HTTPResponse {
        let id: BookID = try request.identifier("id", of: "book")
        var body = try await request.body()
        let isVersioned = needsVersion || request.header("if-match") != nil || body.has(EntityTag.bodyField)
        let version = isVersioned ? try EntityTag.version(request, &body) : nil
        var edit = BookEdit()
        edit.name = body.read(Input.name)
        edit.currency = body.read(Input.currency)
        edit.timeZone = body.read(Input.timeZone)
        edit.fiscalYearStart = body.read(Input.fiscalYearStart)
        let isDescribed = body.has(Input.description)
        let description = body.read(Input.description)
        edit.description = isDescribed ? .some(description) : nil
        try body.check()
        return answer(try await save(edit, id, version: version, request))
    }

    /// - Parameter version: nil where the last one to save wins.
    func save(_ edit: BookEdit, _ id: BookID, version: Int32?, _ request: Request) async throws -> BookSummary {
        let principal = try request.principal
        let user = principal.user
        let origin = AuditRecord.Origin(request)
        let summary = try await database.transaction { transaction in
            let store = BookStore(transaction)
            let old = try await store.lock(id, for: principal, permission: .manageBook)
            if let version, old.book.version != version { throw Refusal.staleVersion }
            let new = try edit.applied(to: old.book)
            if new.currency != old.book.currency {
                guard try await !isUsed(id, transaction) else {
                    throw Refusal(
                        .conflict, "CURRENCY_IN_USE", "The book has entries, so its currency cannot change any more.",
                        fields: [
                            FieldError(
                                field: "currency",
                                message: "The book has entries, so its currency cannot change any more.")
                        ])
                }
            }
            try await store.save(new, id: id)
            try await transaction.publish(
                Event(.bookUpdated, book: id, user: user) { data in
                    data.key("id")
                    data.identifier(id)
                })
            let book = Book(
                id: id, kind: new.kind, name: new.name, currency: new.currency, timeZone: new.timeZone,
                fiscalYear: new.fiscalYear, version: old.book.version + 1, description: new.description)
            try await transaction.record(
                AuditRecord(
                    .init("BOOK_CHANGED"), module: "books", record: id.description, book: id,
                    by: .init(principal, role: old.role), from: origin, old: { $0.write(old.book) },
                    new: { $0.write(book) }))
            return BookSummary(
                book: book, role: old.role, roleSet: old.roleSet, scope: old.scope, department: old.department)
        }
        await directory.settleChange()
        return summary
    }

    // MARK: Opening and archiving

    /// Currency and time zone are those of the own book, where they are not said.
    ///
    /// - Parameters:
    ///   - kind: nil where the body says it.
    ///   - answer: made in the transaction, as what a repeat with the same key gets.
    func create(
        _ request: Request, kind fixed: Book.Kind?,
        answer: @escaping @Sendable (BookSummary, Transaction) async throws -> HTTPResponse
    ) async throws -> HTTPResponse {
        let principal = try request.principal
        let origin = AuditRecord.Origin(request)
        let (bytes, parsed) = try await request.bodyAndBytes()
        var body = parsed
        let name = body.read(Input.name.required())
        let kind = fixed ?? body.read(Input.kind.required()).flatMap(Book.Kind.init(rawValue:))
        let currency = body.read(Input.currency)
        let timeZone = body.read(Input.timeZone)
        let fiscalYearStart = body.read(Input.fiscalYearStart)
        let description = body.read(Input.description)
        try body.check()
        guard let name, let kind else { throw Refusal.invalid("name", "name is required.") }
        let own = try await BookStore(database).book(nil, for: principal.user)?.book
        let new = try NewBook(
            name: name, kind: kind, currency: currency ?? own?.currency.code, timeZone: timeZone ?? own?.timeZone,
            fiscalYearStart: fiscalYearStart, description: description)
        return try await idempotency.run(request, body: bytes) { connection in
            try await database.transaction(joining: connection) { transaction in
                try await answer(try await open(new, for: principal, from: origin, transaction), transaction)
            }
        }
    }

    private func open(
        _ new: NewBook, for principal: Principal, from origin: AuditRecord.Origin, _ transaction: Transaction
    ) async throws -> BookSummary {
        let store = BookStore(transaction)
        guard try await store.ownedBooks(of: principal.user) < Self.maximumOwned else { throw Refusal.tooManyBooks }
        let summary = try await store.open(new, for: principal.user)
        if new.kind == .household {
            try await transaction.publish(
                Event(.householdCreated, book: summary.book.id, user: principal.user) {
                    $0.write("id", summary.book.id)
                })
        }
        try await transaction.record(
            AuditRecord(
                .init("BOOK_OPENED"), module: "books", record: summary.book.id.description, book: summary.book.id,
                by: .init(principal, role: .owner), from: origin, new: { $0.write(summary.book) }))
        return summary
    }

    /// What is so already stays so.
    func setArchived(_ isArchived: Bool, _ request: Request) async throws -> BookSummary {
        let id: BookID = try request.identifier("id", of: "book")
        let principal = try request.principal
        let origin = AuditRecord.Origin(request)
        let summary = try await database.transaction { transaction in
            let store = BookStore(transaction)
            let old = try await store.lock(id, for: principal, permission: .archiveBook)
            guard old.book.kind != .personal else { throw Refusal.personalBook }
            guard old.book.isArchived != isArchived else { return old }
            try await store.setArchived(isArchived, id)
            try await transaction.publish(
                Event(isArchived ? .bookArchived : .bookRestored, book: id, user: principal.user) {
                    $0.write("id", id)
                })
            try await transaction.record(
                AuditRecord(
                    .init(isArchived ? "BOOK_ARCHIVED" : "BOOK_RESTORED"), module: "books", record: id.description,
                    book: id, by: .init(principal, role: old.role), from: origin))
            return try await store.book(id, for: principal.user) ?? old
        }
        await directory.settleChange()
        return summary
    }

    private func answer(_ summary: BookSummary) -> HTTPResponse {
        .data(fields: [("ETag", EntityTag.text(summary.book.version))]) { BookSummary.fields.write(summary, to: &$0) }
    }
}

extension JSONWriter {
    /// What the audit log keeps of a book.
    fileprivate mutating func write(_ book: Book) {
        write("name", book.name)
        write("kind", book.kind.rawValue)
        write("currency", book.currency.code)
        write("timeZone", book.timeZone)
        write("fiscalYearStart", book.fiscalYear.startText)
        if let description = book.description { write("description", description) }
    }
}
