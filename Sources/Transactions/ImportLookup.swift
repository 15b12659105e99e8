import Base
import Categories
import Database

/// What an import, and its preview, ask of the entries that are there already.
struct ImportLookup {
    let connection: any Queryable
    let book: BookID

    /// The category of the latest entry of each merchant that somebody, or something, has sorted, by the place of
    /// the merchant in the list, from 1.
    ///
    /// The latest is the one that was changed last: it is what the members of the book have decided since.
    static func pastCategories(
        _ names: [String?], _ kinds: [Entry.Kind], book: BookID, excluding own: ImportID? = nil
    ) -> SQL {
        """
        WITH wanted AS (
            SELECT place, lower(merchant) AS merchant, type
            FROM unnest(\(names), \(kinds.map(\.rawValue))) WITH ORDINALITY AS w (merchant, type, place) WHERE merchant IS NOT NULL
        ), merchants AS (SELECT DISTINCT merchant, type FROM wanted)
        SELECT w.place, l.category_id
        FROM merchants m CROSS JOIN LATERAL (
            SELECT e.category_id FROM entries e
            WHERE e.book_id = \(book) AND lower(e.merchant) = m.merchant AND e.type = m.type
                \(own.map { "AND e.import_id IS DISTINCT FROM \($0)" as SQL } ?? "")
                AND e.merchant IS NOT NULL AND e.deleted_at IS NULL AND e.category_id NOT IN (
                    SELECT c.id FROM categories c WHERE c.book_id = \(book)
                        AND c.slug IN (\(CategoryStore.fallbackSlug(isIncome: false)), \(CategoryStore.fallbackSlug(isIncome: true)))
                )
            ORDER BY e.updated_at DESC, e.id DESC LIMIT 1
        ) l JOIN wanted w ON w.merchant = m.merchant AND w.type = m.type
        """
    }

    /// By the place of each merchant in the list.
    static func categories(_ rows: Rows) throws -> [Int: CategoryID] {
        var categories: [Int: CategoryID] = [:]
        for row in rows { categories[try row.get(0, as: Int.self) - 1] = try row.get(1) }
        return categories
    }

    struct Twin: Hashable {
        let fingerprint: ImportLine.Fingerprint
        let number: Int32

        init(_ fingerprint: ImportLine.Fingerprint, _ number: Int32) {
            self.fingerprint = fingerprint
            self.number = number
        }
    }

    func stored(_ fingerprints: [ImportLine.Fingerprint]) async throws -> Set<Twin> {
        let rows = try await connection.query(
            "SELECT fingerprint, twin FROM entries WHERE book_id = \(book) AND fingerprint = ANY(\(fingerprints))")
        return Set(try rows.map { Twin(try $0.get(0), try $0.get(1)) })
    }

    func pastCategories(_ lines: [SortedLine?]) async throws -> [Int: CategoryID] {
        try Self.categories(
            try await connection.query(
                Self.pastCategories(
                    lines.map { $0?.merchant }, lines.map { $0?.line.kind ?? .expense }, book: book)))
    }

    func categoryNames() async throws -> [CategoryID: (slug: String, name: String)] {
        let rows = try await connection.query("SELECT id, slug, name FROM categories WHERE book_id = \(book)")
        var names: [CategoryID: (slug: String, name: String)] = [:]
        for row in rows { names[try row.get(0)] = (try row.get(1), try row.get(2)) }
        return names
    }
}
