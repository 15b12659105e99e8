import Base
import Database
import HTTP
import HTTPServer
import JSON
import Resources

extension EntryRoutes {
    private enum Input {
        static let text = QueryField<String>.text(
            "q", aliases: ["query", "search"],
            "What to look for in merchants, descriptions, tags and notes. Case and accents do not matter, and slips of the finger are forgiven."
        )
        static let page = QueryField<Int>.clamped("page", to: 1...2000, "Which page, the first by default.")
    }

    func registerSearch(_ place: Place, in routes: inout Routes) {
        routes.get(
            place.path + "/search", "Full text search, the best matches first", access: .bookWithinScope(.viewEntries),
            query: [Input.text.declaration] + (place.kind == nil ? [EntryFilter.Input.type.declaration] : [])
                + EntryFilter.Input.otherDeclarations + [Paging.limit.declaration, Input.page.declaration],
            returns: .page(of: EntryStore.resource.schema)
        ) { try await search($0, place) }
    }

    private func search(_ request: Request, _ place: Place) async throws -> HTTPResponse {
        let book = try request.book
        var query = try request.query()
        var filter = EntryFilter(kind: place.kind, &query, in: book)
        filter.text = nil
        let limit = query.read(Paging.limit) ?? 20
        let page = query.read(Input.page) ?? 1
        let text = query.read(Input.text) ?? ""
        if SearchText.terms(text).isEmpty { query.refuse("q", "q is required: what to look for.") }
        if filter.isDeleted {
            query.refuse("deleted", "The trash cannot be searched; list it with deleted=true and q.")
        }
        let offset = (page - 1) * limit
        if offset + limit > EntrySearch.capacity {
            query.refuse("page", "Search shows the best \(EntrySearch.capacity) matches.")
        }
        try query.check()
        let isFiltered = !filter.isEmpty
        let search = EntrySearch(
            database: database, book: book.id, kind: filter.kind,
            capacity: isFiltered ? EntrySearch.filteredCapacity : EntrySearch.capacity)
        let matches = try await search.matches(text)
        let rows = try await rows(of: matches.best.map(\.id), filter, book: book.id, offset: offset, limit: limit)
        let meta = Meta(
            limit: limit, page: page, total: isFiltered ? nil : matches.count, isIncomplete: matches.isIncomplete)
        return try .data(meta: meta, capacity: 512 + rows.count * 704) { writer in
            writer.beginArray()
            for row in rows { try EntryStore.resource.write(row, to: &writer) }
            writer.endArray()
        }
    }

    /// The entries in the order of the ids, as far as the filter lets them through.
    func rows(
        of ids: [EntryID], _ filter: EntryFilter, book: BookID, offset: Int, limit: Int
    ) async throws -> [Row] {
        // Without filters all ids count, so the page can be cut out first.
        let isFiltered = !filter.isEmpty
        var rest = isFiltered ? ids[...] : ids.dropFirst(offset).prefix(limit)
        var toSkip = isFiltered ? offset : 0
        var found: [Row] = []
        while !rest.isEmpty, found.count < limit {
            let chunk = Array(rest.prefix(1000))
            rest = rest.dropFirst(1000)
            var sql: SQL = """
                SELECT \(EntryStore.resource.selection) FROM \(EntryStore.source)
                WHERE e.book_id = \(book) AND e.id = ANY(\(chunk))
                """
            sql.append(filter.conditions(book: book))
            var byID: [EntryID: Row] = [:]
            for row in try await database.query(sql) { byID[try row.get(0)] = row }
            for id in chunk {
                guard let row = byID[id] else { continue }
                if toSkip > 0 { toSkip -= 1 } else if found.count < limit { found.append(row) }
            }
        }
        return found
    }
}
