import Base
import Categories
import Database
import HTTP
import HTTPServer
import JSON
import Jobs
import Resources
import Runtime

extension EntryRoutes {
    func registerBulk(_ place: Place, in routes: inout Routes) {
        let path = place.path + "/bulk"
        let created = EntryBulk.schema("Bulk\(place.name)Created", done: "created")
        let changed = EntryBulk.schema("Bulk\(place.name)Updated", done: "updated")
        routes.post(
            path, "Create up to 1,000 at once; 201 when all were created, 200 when some could not be",
            access: .bookWithinScope(.createEntries),
            accepts: .json("Bulk\(place.name)", EntryBulk.properties(for: place.kind)),
            returns: .created(created), or: .data(created), refuses: [.conflict, .unprocessable]
        ) { try await createMany($0, place) }
        routes.put(
            path, "Change up to 1,000 in the same way", access: .bookWithinScope(.editOwnEntries),
            accepts: .json(
                "Bulk\(place.name)Change",
                [EntryBulk.ids.property, SchemaProperty("changes", .object(name: nil, EntryBulkChange.properties))]),
            returns: .data(changed), refuses: [.conflict, .unprocessable]
        ) { try await changeMany($0, place) }
        routes.delete(
            path, "Delete up to 1,000; they can be restored", access: .bookWithinScope(.editOwnEntries),
            accepts: .json("Bulk\(place.name)Ids", [EntryBulk.ids.property]),
            returns: .data(EntryBulk.schema("Bulk\(place.name)Deleted", done: "deleted"))
        ) { try await setDeleted(true, $0, place) }
        routes.post(
            path + "/restore", "Restore up to 1,000 that were deleted", access: .bookWithinScope(.editOwnEntries),
            accepts: .json("Bulk\(place.name)Restore", [EntryBulk.ids.property]),
            returns: .data(EntryBulk.schema("Bulk\(place.name)Restored", done: "restored")), refuses: [.unprocessable]
        ) { try await setDeleted(false, $0, place) }
    }

    // MARK: Creating

    private func createMany(_ request: Request, _ place: Place) async throws -> HTTPResponse {
        let book = try request.book
        let user = try request.principal.user
        let (bytes, parsed) = try await request.bodyAndBytes()
        var body = parsed
        let items = body.read(EntryBulk.items) ?? []
        let isAtomic = body.read(EntryBulk.atomic) ?? false
        try body.check()
        let today = CalendarDate.of(clock.now(), in: book.timeZone)
        let read = items.map { item in
            Swift.Result { () throws(Refusal) in
                try Self.entry(item, place.kind, currency: book.currency, today: today)
            }
        }
        return try await idempotency.run(request, body: bytes) { connection in
            let results = try await database.transaction(joining: connection) { transaction in
                try await insert(read, isAtomic: isAtomic, book: book, by: user, transaction)
            }
            let isWhole = results.allSatisfy { $0.problem == nil }
            return .data(status: isWhole ? 201 : 200, capacity: 128 + results.count * 96) {
                EntryBulk.write(results, done: "created", to: &$0)
            }
        }
    }

    private static func entry(
        _ item: JSONValue, _ kind: Entry.Kind?, currency: Currency, today: CalendarDate
    ) throws(Refusal) -> Entry {
        var body = try Body(item)
        var kind = kind
        if kind == nil {
            kind = body.read(EntryBulk.type.required()).map { $0 == "income" ? .income : .expense }
        }
        return try EntryInput.new(&body, kind: kind ?? .expense, id: EntryID.new(), currency: currency, today: today)
    }

    private func insert(
        _ read: [Swift.Result<Entry, Refusal>], isAtomic: Bool, book: BookContext, by user: UserID,
        _ transaction: Transaction
    ) async throws -> [EntryBulk.Result] {
        var references = try await EntryReferences(transaction, book: book.id, currency: book.currency)
        let departments = try await DepartmentChoice(
            transaction, book, for: read.compactMap { try? $0.get().department })
        var rows: [EntryStore.NewRow] = []
        var results: [EntryBulk.Result] = []
        for (index, item) in read.enumerated() {
            var result = EntryBulk.Result(index: index)
            do {
                var entry = try item.get()
                entry.department = try departments.resolve(entry.department)
                guard let payment = references.payment(entry.payment) else { throw Refusal.noSuchPaymentMethod }
                var category = references.category(entry.category, kind: entry.kind)
                if category == nil, case .namedOrNew(let name) = entry.category, !isAtomic || Self.isClean(results) {
                    category = try await made(name, entry.kind, &references, book.id, user, transaction)
                }
                guard let category else { throw Refusal.noSuchCategory }
                rows.append(EntryStore.NewRow(entry: entry, category: category, payment: payment))
                result.id = entry.id
            } catch let refusal as Refusal {
                result.problem = refusal
            }
            results.append(result)
        }
        if isAtomic { try Self.refuseUnlessClean(results) }
        try await EntryStore(transaction, book: book.id).insert(rows, by: user)
        return results
    }

    private func made(
        _ name: String, _ kind: Entry.Kind, _ references: inout EntryReferences, _ book: BookID, _ user: UserID,
        _ transaction: Transaction
    ) async throws -> CategoryID {
        let id = try await CategoryRoutes.create(
            named: name, isIncome: kind == .income, book: book, by: user, transaction)
        references.add(id, name: name, isIncome: kind == .income)
        return id
    }

    private static func isClean(_ results: [EntryBulk.Result]) -> Bool { results.allSatisfy { $0.problem == nil } }

    /// All or nothing: what is wrong with each is told together.
    private static func refuseUnlessClean(_ results: [EntryBulk.Result]) throws(Refusal) {
        guard !isClean(results) else { return }
        var fields: [FieldError] = []
        for result in results {
            guard let problem = result.problem, fields.count < 100 else { continue }
            let place = "items[\(result.index ?? 0)]"
            if problem.fields.isEmpty { fields.append(FieldError(place, problem.message)) }
            for field in problem.fields { fields.append(FieldError("\(place).\(field.field)", field.message)) }
        }
        throw Refusal.invalid(fields: fields)
    }

    // MARK: Changing

    private func changeMany(_ request: Request, _ place: Place) async throws -> HTTPResponse {
        let book = try request.book
        let user = try request.principal.user
        let editor = try EntryEditor(request)
        let bytes = try await request.bodyAndBytes().bytes
        let value = try JSONValue.parse(bytes)
        var body = try Body(value)
        let ids = body.read(EntryBulk.ids) ?? []
        guard case .object = value["changes"] ?? .null else {
            body.refuse("changes", "changes is required: the fields to change.")
            try body.check()
            throw Refusal.invalid("changes", "changes is required: the fields to change.")
        }
        try body.check()
        let change = try EntryBulkChange(value["changes"] ?? .null)
        let (done, others) = try await database.transaction { transaction in
            var references = try await EntryReferences(transaction, book: book.id, currency: book.currency)
            var resolved = EntryStore.ResolvedChange(
                status: change.status, merchant: change.merchant, tags: change.tags, addedTags: change.addedTags,
                removedTags: change.removedTags)
            if let payment = change.payment {
                guard let known = references.payment(payment) else { throw Refusal.noSuchPaymentMethod }
                resolved.payment = known
            }
            if let department = change.department {
                // What is taken out of a department would be out of their sight.
                guard department != .noDepartment || book.scope == .everything else { throw Refusal.outOfDepartment }
                let choice = try await DepartmentChoice(transaction, book, for: [department])
                resolved.department = .some(try choice.resolve(department).id)
            }
            let store = EntryStore(transaction, book: book.id)
            if let category = change.category {
                var kinds = try await store.kinds(of: ids)
                if let kind = place.kind { kinds = [kind] }
                resolved.categories = try await categories(
                    category, for: kinds, &references, book.id, user, transaction)
            }
            let done = try await store.update(ids, resolved, kind: place.kind, as: editor, by: user)
            return (
                done,
                try await store.unchanged(
                    ids.filter { !done.contains($0) }, kind: place.kind, as: editor, isDeleted: false)
            )
        }
        return answer(ids, done, notTheirs: others, place, "updated")
    }

    /// What a category's name, or the want of one, means for entries of each kind.
    private func categories(
        _ reference: CategoryReference, for kinds: [Entry.Kind], _ references: inout EntryReferences, _ book: BookID,
        _ user: UserID, _ transaction: Transaction
    ) async throws -> [Entry.Kind: CategoryID] {
        var categories: [Entry.Kind: CategoryID] = [:]
        for kind in kinds { categories[kind] = references.category(reference, kind: kind) }
        for kind in kinds where categories[kind] == nil {
            guard case .namedOrNew(let name) = reference else { throw Refusal.noSuchCategory }
            categories[kind] = try await made(name, kind, &references, book, user, transaction)
        }
        return categories
    }

    private func setDeleted(_ isDeleted: Bool, _ request: Request, _ place: Place) async throws -> HTTPResponse {
        let book = try request.book.id
        let user = try request.principal.user
        var body = try await request.body()
        let ids = body.read(EntryBulk.ids) ?? []
        try body.check()
        let store = EntryStore(database.writer, book: book)
        let editor = try EntryEditor(request)
        let done = try await store.setDeleted(isDeleted, ids, kind: place.kind, as: editor, by: user)
        let others = try await store.unchanged(
            editor.isForAll ? [] : ids.filter { !done.contains($0) }, kind: place.kind, as: editor,
            isDeleted: !isDeleted)
        return answer(ids, done, notTheirs: others, place, isDeleted ? "deleted" : "restored")
    }

    /// Each id once, in the order sent.
    private func answer(
        _ ids: [EntryID], _ done: Set<EntryID>, notTheirs others: Set<EntryID>, _ place: Place, _ word: String
    ) -> HTTPResponse {
        var seen: Set<EntryID> = []
        let results = ids.filter { seen.insert($0).inserted }.map { id in
            let reason = others.contains(id) ? Refusal.notYourEntry : Refusal.notFound(place.word)
            return EntryBulk.Result(id: id, problem: done.contains(id) ? nil : reason)
        }
        return .data(capacity: 128 + results.count * 96) { EntryBulk.write(results, done: word, to: &$0) }
    }
}
