import Base
import Categories
import Database
import HTTP

/// Which entries a list shows.
struct EntryFilter: Sendable {
    var kind: Entry.Kind?
    var from: CalendarDate?
    var through: CalendarDate?
    var category: CategoryReference?
    var merchant: String?
    var minimum: Money?
    var maximum: Money?
    var status: Entry.Status?
    var text: String?
    var tag: String?

    enum Input {
        static let type = QueryField<String>.choice(
            "type", of: ["expense", "income"], "Only expenses, or only incomes.")
        static let from = QueryField<CalendarDate>.date(
            "startDate", aliases: ["dateFrom", "from"], "From this day on.")
        static let through = QueryField<CalendarDate>.date(
            "endDate", aliases: ["dateTo", "to"], "Up to this day, itself included.")
        static let category = QueryField<String>.text("category", aliases: ["categoryId"], "An id, a slug or a name.")
        static let merchant = QueryField<String>.text(
            "merchant", aliases: ["merchantName", "vendor"], "Part of the merchant's name.")
        static let minimum = QueryField<String>.decimal("minAmount", "At least this amount.")
        static let maximum = QueryField<String>.decimal("maxAmount", "At most this amount.")
        static let status = QueryField<String>.choice(
            "status", of: Entry.Status.allCases.map(\.name), "Only with this status.")
        static let text = QueryField<String>.text(
            "q", aliases: ["search"], "Text in the merchant, the description or the notes.")
        static let tag = QueryField<String>.text("tag", "Only with this tag.")

        static let declarations: [QueryDeclaration] = [
            from.declaration, through.declaration, category.declaration, merchant.declaration, minimum.declaration,
            maximum.declaration, status.declaration, text.declaration, tag.declaration,
        ]
    }

    init(kind: Entry.Kind?, _ query: inout Query, currency: Currency) {
        self.kind = kind
        if kind == nil, let type = query.read(Input.type) { self.kind = type == "expense" ? .expense : .income }
        from = query.read(Input.from)
        through = query.read(Input.through)
        if let from, let through, from > through { query.refuse("endDate", "endDate should not be before startDate.") }
        category = query.read(Input.category).map { CategoryReference($0) }
        merchant = query.read(Input.merchant)
        minimum = Self.money(Input.minimum, &query, currency)
        maximum = Self.money(Input.maximum, &query, currency)
        status = query.read(Input.status).flatMap(Entry.Status.init(named:))
        text = query.read(Input.text)
        tag = query.read(Input.tag)
    }

    private static func money(_ field: QueryField<String>, _ query: inout Query, _ currency: Currency) -> Money? {
        guard let text = query.read(field) else { return nil }
        do { return try Money.parse(text, currency) } catch {
            query.refuse(field.name, error.message)
            return nil
        }
    }

    /// `AND …` for what is asked for. Each combination is a statement of its own, planned for itself.
    func conditions(book: BookID) -> SQL {
        var sql: SQL = ""
        if let kind { sql.append(" AND e.type = \(kind.rawValue)") }
        if let from { sql.append(" AND e.occurred_on >= \(from)") }
        if let through { sql.append(" AND e.occurred_on <= \(through)") }
        switch category {
        case .id(let id): sql.append(" AND e.category_id = \(id)")
        case .named(let name):
            sql.append(
                """
                 AND e.category_id IN (
                    SELECT id FROM categories
                    WHERE book_id = \(book) AND (slug = \(name.lowercased()) OR lower(name) = \(name.lowercased()))
                )
                """)
        case .unsorted, nil: break
        }
        if let merchant { sql.append(" AND strpos(lower(e.merchant), lower(\(merchant))) > 0") }
        if let minimum { sql.append(" AND e.amount_minor >= \(minimum.minorUnits)") }
        if let maximum { sql.append(" AND e.amount_minor <= \(maximum.minorUnits)") }
        if let status { sql.append(" AND e.status = \(status.rawValue)") }
        if let text {
            sql.append(" AND strpos(lower(concat_ws(' ', e.merchant, e.description, e.notes)), lower(\(text))) > 0")
        }
        if let tag { sql.append(" AND \(tag) = ANY(e.tags)") }
        return sql
    }
}
