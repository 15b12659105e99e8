import Base
import Database
import HTTP
import HTTPServer
import JSON
import Resources

/// `/users/me/settings`, in the words of the designs where a person has one business and no books (INVENTORY C07): what it
/// holds is of a book here, so it is that of the business that they own, or else of their personal book.
package struct SettingsRoutes: RouteGroup {
    let books: BookRoutes

    package init(books: BookRoutes) { self.books = books }

    /// The other designs' address.
    package static let aliases = [(from: "/api/v1/user/settings", to: "/api/v1/users/me/settings")]

    enum Input {
        static let name = BodyField<String>.text(
            "businessName", aliases: ["business_name"], max: NewBook.maximumNameLength, min: 1, "Of the book.")
        static let currency = BodyField<String>.text(
            "currencyCode", aliases: ["currency_code", "currency"], max: 3,
            "Can change only while the book has no entries.")
        static let fiscalYearStart = BodyField<String>.text(
            "fiscalYearStart", aliases: ["fiscal_year_start"], max: 10, "MM-DD, or a day whose year does not count.")
        static let timeZone = BodyField<String>.text(
            "timeZone", aliases: ["timezone"], max: 64, "An IANA name such as Europe/Berlin.")
        static let all = [
            name.property, currency.property, fiscalYearStart.property, timeZone.property,
            EntityTag.bodyField.property,
        ]
    }

    private static let fields = Fields<Book>(
        "Settings",
        [
            .identifier("bookId") { $0.id }, .text("businessName") { $0.name },
            .text("fiscalYearStart") { $0.fiscalYear.startText }, .text("currencyCode") { $0.currency.code },
            .text("timeZone") { $0.timeZone }, .int("version") { Int($0.version) },
        ])

    package func register(in routes: inout Routes) {
        routes.tag = "People"
        routes.get(
            "/users/me/settings", "The settings of the business that you own, or of your personal book",
            access: .session, returns: .data(Self.fields.schema)
        ) { request in
            let book = try await own(request)
            return .data { Self.fields.write(book, to: &$0) }
        }
        routes.put(
            "/users/me/settings", "Change what the body names of them", access: .session,
            accepts: .json("SettingsChange", Input.all), returns: .data(Self.fields.schema),
            refuses: [.conflict, .preconditionFailed], handle: change)
    }

    private func own(_ request: Request) async throws -> Book {
        guard let book = try await BookStore(books.database).ownBusiness(of: try request.principal.user) else {
            throw Refusal.notFound("book")
        }
        return book.book
    }

    @Sendable private func change(_ request: Request) async throws -> HTTPResponse {
        var body = try await request.body()
        let isVersioned = request.header("if-match") != nil || body.has(EntityTag.bodyField)
        let version = isVersioned ? try EntityTag.version(request, &body) : nil
        var edit = BookEdit()
        edit.name = body.read(Input.name)
        edit.currency = body.read(Input.currency)?.uppercased()
        edit.fiscalYearStart = body.read(Input.fiscalYearStart)
        edit.timeZone = body.read(Input.timeZone)
        try body.check()
        let book = try await books.save(edit, try await own(request).id, version: version, request).book
        return .data { Self.fields.write(book, to: &$0) }
    }
}

extension BookStore {
    /// The first business of somebody's own, or else their personal book.
    func ownBusiness(of user: UserID) async throws -> BookSummary? {
        try await connection.first(
            """
            SELECT \(Self.columns) FROM \(Self.source)
            WHERE m.user_id = \(user) AND m.role = 'owner' AND b.kind IN ('business', 'personal')
                AND b.archived_at IS NULL
            ORDER BY b.kind = 'personal', m.joined_at, b.id LIMIT 1
            """
        ).map(BookSummary.init)
    }
}
