import Base
import Database
import HTTP
import HTTPServer
import JSON
import Resources

/// `/activity`: what happened in a book, as pages and as it happens.
package struct ActivityRoutes: RouteGroup {
    let database: Database
    let subject: ActivitySubject
    let hub: ActivityHub
    let places: ActivityPlaces
    let access: ActivityAccess

    package init(
        database: Database, subject: ActivitySubject, hub: ActivityHub, access: ActivityAccess,
        places: ActivityPlaces = ActivityPlaces()
    ) {
        self.database = database
        self.subject = subject
        self.hub = hub
        self.access = access
        self.places = places
    }

    enum Input {
        static let user = QueryField<UserID>("userId", .uuid, "Who did it.") { text throws(FieldProblem) in
            guard let id = UserID(text) else { throw FieldProblem("userId should be the id of a person.") }
            return id
        }
        static let name = QueryField<String>.text(
            "name", aliases: ["type"], max: 60, "What happened: expense.created, or expense for all of that kind.")
        static let limit = QueryField<Int>.clamped("limit", to: 1...100, "How many at most; 50 unless given.")
        static let cursor = QueryField<Int64>(
            "cursor", .integer(minimum: 1), "The number that the page before ended with."
        ) { text throws(FieldProblem) in
            guard let number = Int64(text), number > 0 else { throw FieldProblem("cursor should be a number.") }
            return number
        }
        static let after = QueryField<Int64>(
            "after", .integer(minimum: 0), "Begin with what came after this number. Or send Last-Event-ID."
        ) { text throws(FieldProblem) in
            guard let number = Int64(text), number >= 0 else { throw FieldProblem("after should be a number.") }
            return number
        }
        static let all = [user.declaration, name.declaration, limit.declaration, cursor.declaration]
    }

    package func register(in routes: inout Routes) {
        routes.tag = "Activity"
        routes.get(
            "/activity", "What happened in the book, newest first", access: .book(.viewActivity), query: Input.all,
            returns: .page(of: ActivityEvent.schema), refuses: [.invalid], handle: list)
        routes.get(
            "/books/{id}/activity", "What happened in that book, newest first", access: .bookInPath(.viewActivity),
            query: Input.all, returns: .page(of: ActivityEvent.schema), refuses: [.invalid], handle: list)
        routes.get(
            "/activity/stream", "What happens in the book, as it happens, as server-sent events",
            access: .book(.viewActivity), query: [Input.after.declaration],
            returns: .content("text/event-stream"), refuses: [.invalid, .unavailable], rateLimit: nil, handle: stream)
    }

    @Sendable private func list(_ request: Request) async throws -> HTTPResponse {
        let book = try request.book
        let (user, name, askedLimit, cursor) = try request.query(
            Input.user, Input.name, Input.limit, Input.cursor)
        let limit = askedLimit ?? 50
        let events = try await ActivityStore(database).before(
            cursor ?? .max, in: book.id, by: user, named: name, subject, limit: limit + 1)
        let shown = events.prefix(limit)
        let next = events.count > limit ? shown.last.map { String($0.number) } : nil
        let isWhole = book.permissions.contains(.viewEntries)
        return .data(meta: Meta(limit: limit, nextCursor: next)) { writer in
            writer.beginArray()
            for event in shown { event.write(to: &writer, isWhole: isWhole) }
            writer.endArray()
        }
    }

    @Sendable private func stream(_ request: Request) async throws -> HTTPResponse {
        let book = try request.book.id
        var after = try request.query(Input.after)
        if let last = request.header("last-event-id") { after = Int64(last) ?? after }
        let place = try places.take(for: try request.principal.user)
        let subscription = try await hub.follow(book, after: after)
        return HTTPResponse(
            status: 200, fields: [("Content-Type", "text/event-stream"), ("X-Accel-Buffering", "no")],
            body: .stream(length: nil) { [access] writer in
                try await EventStream(request: request, book: book, access: access).run(subscription, to: writer)
                withExtendedLifetime(place) {}
            })
    }
}

/// Asks again whether someone may still follow a book: a right that was taken away ends what depends on it.
package struct ActivityAccess: Sendable {
    private let authenticate: Authenticate
    private let findBook: FindBook

    package init(authenticate: @escaping Authenticate, findBook: @escaping FindBook) {
        self.authenticate = authenticate
        self.findBook = findBook
    }

    /// - Throws: a refusal when the credential of the request is not valid any more.
    package func principal(of request: Request) async throws -> Principal {
        guard let principal = try await authenticate(request) else { throw Refusal.signInNeeded }
        return principal
    }

    /// - Throws: a refusal when they are no member, or may not see what happens.
    package func book(_ book: BookID, for principal: Principal) async throws -> BookContext {
        let context = try await findBook(principal, book)
        guard context.permissions.contains(.viewActivity) else {
            throw Refusal(.forbidden, "INSUFFICIENT_PERMISSIONS", "Your role in this book does not permit this.")
        }
        return context
    }
}
