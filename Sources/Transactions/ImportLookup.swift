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
    /// The latest is the one that was changed last: it is what the members of the book have decided since. What nobody
    /// has touched since its import, the import itself tells of.
    static func pastCategories(_ names: [String?], _ kinds: [Entry.Kind], book: BookID) -> SQL {
        """
        WITH wanted AS (
            SELECT place, lower(merchant) AS merchant, type
            FROM unnest(\(names), \(kinds.map(\.rawValue))) WITH ORDINALITY AS w (merchant, type, place) WHERE merchant IS NOT NULL
        ), merchants AS (SELECT DISTINCT merchant, type FROM wanted)
        SELECT w.place, l.category_id
        FROM merchants m CROSS JOIN LATERAL (
            SELECT category_id FROM (
                (SELECT e.category_id, e.updated_at AS decided_at, e.id FROM entries e
                WHERE e.book_id = \(book) AND lower(e.merchant) = m.merchant AND e.type = m.type
                    AND e.merchant IS NOT NULL AND e.deleted_at IS NULL
                    AND (e.import_id IS NULL OR e.updated_by IS NOT NULL)
                    AND e.category_id NOT IN (
                        SELECT c.id FROM categories c WHERE c.book_id = \(book)
                            AND c.slug IN (\(CategoryStore.fallbackSlug(isIncome: false)), \(CategoryStore.fallbackSlug(isIncome: true)))
                    )
                ORDER BY e.updated_at DESC, e.id DESC LIMIT 1)
                UNION ALL
                (SELECT p.category_id, i.created_at, p.import_id FROM import_merchants p
                JOIN imports i ON i.book_id = p.book_id AND i.id = p.import_id AND i.undone_at IS NULL
                JOIN categories c ON c.book_id = p.book_id AND c.id = p.category_id
                WHERE p.book_id = \(book) AND p.merchant = m.merchant AND p.type = m.type
                ORDER BY p.import_id DESC LIMIT 1)
            ) past ORDER BY decided_at DESC, id DESC LIMIT 1
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
