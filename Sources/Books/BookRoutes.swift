import Base
import Database
import HTTP
import HTTPServer
import JSON
import Jobs
import Resources

package struct BookRoutes: RouteGroup {
    let database: Database
    let directory: BookDirectory
    /// Whether the book holds money already. Asked with the book locked.
    let isUsed: @Sendable (BookID, Transaction) async throws -> Bool

    package init(
        database: Database, directory: BookDirectory,
        isUsed: @escaping @Sendable (BookID, Transaction) async throws -> Bool
    ) {
        self.database = database
        self.directory = directory
        self.isUsed = isUsed
    }

    enum Input {
        static let name = BodyField<String>.text("name", max: NewBook.maximumNameLength, min: 1)
        static let currency = BodyField<String>.text(
            "currency", max: 3, "Can change only while the book has no entries.")
        static let timeZone = BodyField<String>.text("timeZone", max: 64, "An IANA name such as Europe/Berlin.")
        static let fiscalYearStart = BodyField<String>.text(
            "fiscalYearStart", aliases: ["fiscal_year_start"], max: 10, "MM-DD")
        static let schema = BodySchema.json(
            "BookChange",
            [
                name.property, currency.property, timeZone.property, fiscalYearStart.property,
                EntityTag.bodyField.property,
            ])
    }

    package func register(in routes: inout Routes) {
        routes.tag = "Books"
        let schema = BookSummary.fields.schema
        routes.get(
            "/books", "The books you are a member of", access: .signedIn, returns: .data(.array(schema)), handle: list)
        routes.get("/books/{id}", "One book", access: .signedIn, returns: .data(schema), handle: one)
        routes.put(
            "/books/{id}", "Change a book", access: .signedIn, accepts: Input.schema, returns: .data(schema),
            refuses: [.conflict, .preconditionFailed], handle: change)
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

    @Sendable private func change(_ request: Request) async throws -> HTTPResponse {
        let id: BookID = try request.identifier("id", of: "book")
        let user = try request.principal.user
        var body = try await request.body()
        let version = try EntityTag.version(request, &body)
        let name = body.read(Input.name)
        let currency = body.read(Input.currency)
        let timeZone = body.read(Input.timeZone)
        let fiscalYearStart = body.read(Input.fiscalYearStart)
        try body.check()
        let summary = try await database.transaction { transaction in
            let store = BookStore(transaction)
            guard let old = try await store.lock(id, for: user) else { throw Refusal.notFound("book") }
            guard old.role.permissions.contains(.manageBook) else {
                throw Refusal(
                    .forbidden, "INSUFFICIENT_PERMISSIONS",
                    "Your role in this book (\(old.role.rawValue)) does not permit this.")
            }
            guard old.book.version == version else { throw Refusal.staleVersion }
            let new = try NewBook(
                name: name ?? old.book.name, kind: old.book.kind, currency: currency ?? old.book.currency.code,
                timeZone: timeZone ?? old.book.timeZone,
                fiscalYearStart: fiscalYearStart ?? old.book.fiscalYear.startText)
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
                fiscalYear: new.fiscalYear, version: old.book.version + 1)
            return BookSummary(book: book, role: old.role)
        }
        directory.announceChange()
        return answer(summary)
    }

    private func answer(_ summary: BookSummary) -> HTTPResponse {
        .data(fields: [("ETag", EntityTag.text(summary.book.version))]) { BookSummary.fields.write(summary, to: &$0) }
    }
}
