import Base
import Database
import HTTP
import HTTPServer
import JSON
import Resources

package struct CategoryRoutes: RouteGroup {
    let database: Database
    package init(database: Database) { self.database = database }

    package func register(in routes: inout Routes) {
        routes.tag = "Categories"
        let schema = CategoryStore.resource.schema
        routes.get(
            "/categories", "All categories of the book", access: .book(.viewEntries), returns: .data(.array(schema)),
            handle: list)
        routes.get("/categories/{id}", "One category", access: .book(.viewEntries), returns: .data(schema), handle: one)
    }

    @Sendable private func list(_ request: Request) async throws -> HTTPResponse {
        let rows = try await CategoryStore(database, book: try request.book.id).all()
        return try .data(capacity: 8192) { try CategoryStore.resource.write(rows, to: &$0) }
    }

    @Sendable private func one(_ request: Request) async throws -> HTTPResponse {
        let id: CategoryID = try request.identifier("id", of: "category")
        guard let row = try await CategoryStore(database, book: try request.book.id).one(id) else {
            throw Refusal.notFound("category")
        }
        return try .data { try CategoryStore.resource.write(row, to: &$0) }
    }
}
