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
    var tags: [String] = []
    var importID: ImportID?
    var paymentMethod: String?
    /// Whether somebody, or a rule, has sorted it.
    var isSorted: Bool?
    /// Nil where the client does not say.
    var wantsSubcategories: Bool?
    var includesSubcategories = false
    /// What was deleted, in the place of what was not.
    var isDeleted = false
    /// An id, a slug, or empty for what is of no department.
    var department: String?
    /// What the caller's role reaches at all.
    let scope: EntryScope

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
            "q", aliases: ["search"], "Text in the merchant, the description, the notes or the tags.")
        static let tag = QueryField<String>.text(
            "tag", aliases: ["tags"], "Only with this tag; given twice, with both.")
        static let importID = QueryField<ImportID>("importId", .uuid, "Only what this import brought.") {
            text throws(FieldProblem) in
            guard let id = ImportID(text) else { throw FieldProblem("importId should be the id of an import.") }
            return id
        }
        static let paymentMethod = QueryField<String>.text(
            "paymentMethod", aliases: ["paymentMethodId", "payment_method"], "A payment method's id or name.")
        static let hasCategory = QueryField<Bool>.bool("hasCategory", "Only what is sorted into a category, or is not.")
        static let uncategorised = QueryField<Bool>.bool(
            "uncategorised", "The same the other way round: true for what nobody has sorted.")
        static let subcategories = QueryField<Bool>.bool(
            "subcategories", "With category: also what is in its subcategories.")
        static let deleted = QueryField<Bool>.bool("deleted", "The trash, in the place of what is not deleted.")

        static let department = QueryField<String>.text(
            "department", aliases: ["departmentId"],
            "In an organisation: a department's id or slug, or “none” for what is of no department.")

        static let declarations = [text.declaration] + otherDeclarations
        static let otherDeclarations: [QueryDeclaration] = [
            from.declaration, through.declaration, category.declaration, merchant.declaration, minimum.declaration,
            maximum.declaration, status.declaration, tag.declaration, importID.declaration,
            paymentMethod.declaration, hasCategory.declaration, uncategorised.declaration, subcategories.declaration,
            deleted.declaration, department.declaration,
        ]
    }

    init(kind: Entry.Kind?, _ query: inout Query, in book: BookContext) {
        let currency = book.currency
        scope = book.scope
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
        tags = query.readAll(Input.tag)
        if tags.count > Entry.maximumTags {
            query.refuse("tag", "tag should be given at most \(Entry.maximumTags) times.")
        }
        importID = query.read(Input.importID)
        paymentMethod = query.read(Input.paymentMethod)
        isSorted = query.read(Input.hasCategory) ?? query.read(Input.uncategorised).map { !$0 }
        wantsSubcategories = query.read(Input.subcategories)
        includesSubcategories = wantsSubcategories ?? false
        isDeleted = query.read(Input.deleted) ?? false
        department = query.read(Input.department)
    }

    private static func money(_ field: QueryField<String>, _ query: inout Query, _ currency: Currency) -> Money? {
        guard let text = query.read(field) else { return nil }
        do { return try Money.parse(text, currency) } catch {
            query.refuse(field.name, error.message)
            return nil
        }
    }

    /// Whether it lets everything through that is not deleted.
    var isEmpty: Bool {
        from == nil && through == nil && category == nil && merchant == nil && minimum == nil && maximum == nil
            && status == nil && text == nil && tags.isEmpty && importID == nil && paymentMethod == nil
            && isSorted == nil
            && !isDeleted && department == nil && scope == .everything
    }

    /// `AND …` for what is asked for. Each combination is a statement of its own, planned for itself.
    func conditions(book: BookID) -> SQL {
        var sql: SQL = isDeleted ? " AND e.deleted_at IS NOT NULL" : " AND e.deleted_at IS NULL"
        if let kind { sql.append(" AND e.type = \(kind.rawValue)") }
        if let from { sql.append(" AND e.occurred_on >= \(from)") }
        if let through { sql.append(" AND e.occurred_on <= \(through)") }
        if let category = categoryCondition(book: book) { sql.append(category) }
        if let merchant { sql.append(" AND strpos(lower(e.merchant), lower(\(merchant))) > 0") }
        if let minimum { sql.append(" AND e.amount_minor >= \(minimum.minorUnits)") }
        if let maximum { sql.append(" AND e.amount_minor <= \(maximum.minorUnits)") }
        if let status { sql.append(" AND e.status = \(status.rawValue)") }
        if let text {
            sql.append(
                """
                 AND strpos(lower(concat_ws(' ', e.merchant, e.description, e.notes, array_to_string(e.tags, ' '))),
                    lower(\(text))) > 0
                """)
        }
        for tag in tags { sql.append(" AND \(tag) = ANY(e.tags)") }
        if let importID { sql.append(ImportStore.contains(importID, book: book)) }
        if let paymentMethod { sql.append(paymentCondition(paymentMethod, book: book)) }
        if let isSorted {
            let unsorted: SQL = """
                SELECT id FROM categories WHERE book_id = \(book)
                    AND slug IN (\(CategoryStore.fallbackSlug(isIncome: false)), \(CategoryStore.fallbackSlug(isIncome: true)))
                """
            sql.append(isSorted ? " AND e.category_id NOT IN (\(unsorted))" : " AND e.category_id IN (\(unsorted))")
        }
        if let department { sql.append(departmentCondition(department, book: book)) }
        sql.append(scope.condition)
        return sql
    }

    private func departmentCondition(_ wanted: String, book: BookID) -> SQL {
        if let id = DepartmentID(wanted) { return " AND e.department_id = \(id)" }
        if wanted.lowercased() == "none" { return " AND e.department_id IS NULL" }
        return """
             AND e.department_id = (SELECT id FROM departments WHERE book_id = \(book) AND slug = lower(\(wanted)))
            """
    }

    private func categoryCondition(book: BookID) -> SQL? {
        switch category {
        case .id(let id) where includesSubcategories: " AND e.category_id IN (\(CategoryStore.branch(id, book: book)))"
        case .id(let id): " AND e.category_id = \(id)"
        case .named(let name), .namedOrNew(let name): named(name, book: book)
        case .unsorted, nil: nil
        }
    }

    private func named(_ name: String, book: BookID) -> SQL {
        let named: SQL = """
            SELECT id FROM categories WHERE book_id = \(book) AND (slug = lower(\(name)) OR lower(name) = lower(\(name)))
            """
        guard includesSubcategories else { return " AND e.category_id IN (\(named))" }
        return """
             AND e.category_id IN (
                WITH RECURSIVE branch AS (
                    SELECT id, 1 AS depth FROM (\(named)) n
                    UNION
                    SELECT c.id, b.depth + 1 FROM branch b JOIN categories c ON c.book_id = \(book) AND c.parent_id = b.id
                    WHERE b.depth < \(Int32(Category.maximumDepth))
                ) SELECT id FROM branch
            )
            """
    }

    private func paymentCondition(_ wanted: String, book: BookID) -> SQL {
        if let id = PaymentMethodID(wanted) { return " AND e.payment_method_id = \(id)" }
        return """
             AND CASE WHEN e.payment_method_id IS NULL THEN lower(e.payment_method) = lower(\(wanted))
                ELSE e.payment_method_id IN (
                    SELECT id FROM payment_methods WHERE book_id = \(book) AND lower(name) = lower(\(wanted))
                ) END
            """
    }
}
