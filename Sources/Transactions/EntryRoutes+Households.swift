import Base
import Books
import Database
import HTTP
import Resources

extension EntryRoutes {
    /// `/households/{id}/expenses` (INVENTORY S2-103): the list of `/expenses` in that book.
    func registerHousehold(in routes: inout Routes) {
        routes.tag = "Households"
        guard let place = Place.all.first(where: { $0.kind == .expense }) else { return }
        routes.get(
            "/households/{id}/expenses", "The household's expenses, as /expenses lists them",
            access: .bookInPath(.viewEntries),
            query: place.filters + EntryOrder.Input.declarations + Paging.declarations,
            returns: .page(of: EntryStore.resource.schema)
        ) { request in
            guard try await BookStore(database).isHousehold(try request.book.id) else {
                throw Refusal.notFound("household")
            }
            return try await list(request, .expense)
        }
    }
}
