import Base
import Database
import HTTP
import HTTPServer
import JSON
import Jobs
import Resources

extension EventName {
    package static let categoryCreated = EventName("category.created")
    package static let categoryUpdated = EventName("category.updated")
    package static let categoryDeleted = EventName("category.deleted")
}

/// What a module keeps in categories, so that a category can be deleted without knowing who uses it.
package struct CategoryUse: Sendable {
    /// How many things are in it that a member sees.
    let count: @Sendable (BookID, CategoryID, Transaction) async throws -> Int
    /// Puts everything into another one, also what nobody sees any more.
    let move: @Sendable (BookID, _ from: CategoryID, _ to: CategoryID, UserID, Transaction) async throws -> Void

    package init(
        count: @escaping @Sendable (BookID, CategoryID, Transaction) async throws -> Int,
        move: @escaping @Sendable (BookID, CategoryID, CategoryID, UserID, Transaction) async throws -> Void
    ) {
        self.count = count
        self.move = move
    }
}

package struct CategoryRoutes: RouteGroup {
    let database: Database
    let idempotency: Idempotency
    let uses: [CategoryUse]

    package init(database: Database, idempotency: Idempotency, uses: [CategoryUse]) {
        self.database = database
        self.idempotency = idempotency
        self.uses = uses
    }

    private enum Input {
        static let type = QueryField<String>.choice(
            "type", of: ["expense", "income"], "Only those for expenses, or for incomes.")
        static let reassignTo = QueryField<String>.text(
            "reassignTo", max: 100, "Where its entries go: an id, a slug or a name.")
    }

    package func register(in routes: inout Routes) {
        routes.tag = "Categories"
        let schema = CategoryStore.resource.schema
        routes.get(
            "/categories", "All categories of the book", access: .bookWithinScope(.viewEntries),
            query: [Input.type.declaration],
            returns: .data(.array(schema)), handle: list)
        routes.post(
            "/categories", "Create", access: .book(.manageCategories),
            accepts: .json("NewCategory", CategoryInput.properties), returns: .created(schema),
            refuses: [.conflict, .unprocessable]
        ) { try await create($0, isChild: false) }
        routes.get(
            "/categories/{id}", "One category, by id, slug or name", access: .bookWithinScope(.viewEntries),
            returns: .data(schema),
            handle: one)
        routes.put(
            "/categories/{id}", "Change what the body names", access: .book(.manageCategories),
            accepts: .json("CategoryChange", CategoryInput.changeProperties), returns: .data(schema),
            refuses: [.conflict, .preconditionFailed], handle: change)
        routes.delete(
            "/categories/{id}", "Delete; its subcategories go to where it was", access: .book(.manageCategories),
            query: [Input.reassignTo.declaration], refuses: [.conflict, .unprocessable], handle: delete)
        routes.post(
            "/categories/{id}/subcategories", "Create a category below this one", access: .book(.manageCategories),
            accepts: .json("NewSubcategory", CategoryInput.childProperties), returns: .created(schema),
            refuses: [.conflict, .unprocessable]
        ) { try await create($0, isChild: true) }
    }

    // MARK: Reading

    @Sendable private func list(_ request: Request) async throws -> HTTPResponse {
        let type = try request.query(Input.type)
        let rows = try await CategoryStore(database, book: try request.book.id).all(
            isIncome: type.map { $0 == "income" })
        return try .data(capacity: 8192) { try CategoryStore.resource.write(rows, to: &$0) }
    }

    @Sendable private func one(_ request: Request) async throws -> HTTPResponse {
        let store = CategoryStore(database, book: try request.book.id)
        guard let id = try await store.find(try Self.reference(request)), let row = try await store.one(id) else {
            throw Refusal.notFound("category")
        }
        return try answer(row)
    }

    /// Longer than any name or slug cannot be there.
    private static func reference(_ request: Request) throws(Refusal) -> String {
        guard let text = request.pathText("id"), text.utf8.count <= Category.maximumNameLength * 4 else {
            throw .notFound("category")
        }
        return text
    }

    // MARK: Changing

    private func create(_ request: Request, isChild: Bool) async throws -> HTTPResponse {
        let book = try request.book.id
        let user = try request.principal.user
        let parent = isChild ? try Self.reference(request) : nil
        let (bytes, parsed) = try await request.bodyAndBytes()
        var body = parsed
        let new = try CategoryInput.New(&body, parent: parent)
        return try await idempotency.run(request, body: bytes) { connection in
            let row = try await database.transaction(joining: connection) { transaction in
                let tree = try await CategoryStore(transaction, book: book).lockTree()
                if let parent, tree.find(parent) == nil { throw Refusal.notFound("category") }
                return try await Self.insert(try new.placed(in: tree), book: book, by: user, transaction)
            }
            return try answer(row, status: 201)
        }
    }

    private static func insert(
        _ category: Category, book: BookID, by user: UserID, _ transaction: Transaction
    ) async throws -> Row {
        guard let row = try await CategoryStore(transaction, book: book).insert(category) else {
            throw Refusal.notFound("book")
        }
        try await transaction.publish(event(.categoryCreated, category.id, book, user))
        return row
    }

    /// A category at the top with the defaults, for an entry that names one that is not there (INVENTORY C23).
    package static func create(
        named name: String, isIncome: Bool, book: BookID, by user: UserID, _ transaction: Transaction
    ) async throws -> CategoryID {
        let tree = try await CategoryStore(transaction, book: book).lockTree()
        // Somebody else may have made it since it was looked for.
        if let known = tree.find(name) { return known.id }
        let category = try CategoryInput.New(name: name, isIncome: isIncome).placed(in: tree)
        _ = try await insert(category, book: book, by: user, transaction)
        return category.id
    }

    @Sendable private func change(_ request: Request) async throws -> HTTPResponse {
        let book = try request.book.id
        let user = try request.principal.user
        let reference = try Self.reference(request)
        var received = try await request.body()
        let version = try EntityTag.version(request, &received)
        let body = received
        let row = try await database.transaction { transaction in
            let store = CategoryStore(transaction, book: book)
            let tree = try await store.lockTree()
            guard var category = tree.find(reference) else { throw Refusal.notFound("category") }
            guard category.version == version else { throw Refusal.staleVersion }
            var body = body
            try CategoryInput.change(&category, &body, in: tree)
            guard let row = try await store.save(category) else { throw Refusal.notFound("category") }
            try await transaction.publish(Self.event(.categoryUpdated, category.id, book, user))
            return row
        }
        return try answer(row)
    }

    @Sendable private func delete(_ request: Request) async throws -> HTTPResponse {
        let book = try request.book.id
        let user = try request.principal.user
        let reference = try Self.reference(request)
        let reassignTo = try request.query(Input.reassignTo)
        try await database.transaction { transaction in
            let store = CategoryStore(transaction, book: book)
            let tree = try await store.lockTree()
            guard let category = tree.find(reference) else { throw Refusal.notFound("category") }
            guard !category.isSystem else { throw Refusal.systemCategory }
            // An entry on its way into this category has to wait, and is refused afterwards.
            try await store.lock(category.id)
            let target = try await self.target(of: category, reassignTo, tree, book, transaction)
            for use in uses { try await use.move(book, category.id, target, user, transaction) }
            try await store.delete(category)
            try await transaction.publish(
                Event(.categoryDeleted, book: book, user: user) { data in
                    data.key("id")
                    data.identifier(category.id)
                    data.key("reassignedTo")
                    data.identifier(target)
                })
        }
        return .noContent
    }

    /// Where the contents of a category go that is to be deleted.
    private func target(
        of category: Category, _ reassignTo: String?, _ tree: CategoryTree, _ book: BookID, _ transaction: Transaction
    ) async throws -> CategoryID {
        if let reassignTo {
            guard let found = tree.find(reassignTo), found.id != category.id else {
                throw Refusal.invalid("reassignTo", "reassignTo should be another category of this book.")
            }
            guard found.isIncome == category.isIncome else { throw Refusal.otherKindOfTarget }
            return found.id
        }
        var count = 0
        for use in uses { count += try await use.count(book, category.id, transaction) }
        guard count == 0 else { throw Refusal.categoryInUse(count) }
        // Only what is in the trash has to go somewhere.
        if let parent = category.parent { return parent }
        guard let fallback = tree.find(CategoryStore.fallbackSlug(isIncome: category.isIncome)) else {
            throw Refusal.notFound("book")
        }
        return fallback.id
    }

    // MARK: Answers

    private func answer(_ row: Row, status: Int = 200) throws -> HTTPResponse {
        let version: Int32 = try row.get(CategoryStore.versionColumn)
        return try .data(status: status, fields: [("ETag", EntityTag.text(version))]) {
            try CategoryStore.resource.write(row, to: &$0)
        }
    }

    private static func event(_ name: EventName, _ id: CategoryID, _ book: BookID, _ user: UserID) -> Event {
        Event(name, book: book, user: user) { data in
            data.key("id")
            data.identifier(id)
        }
    }
}
