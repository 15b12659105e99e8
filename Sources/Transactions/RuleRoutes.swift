import Base
import Categories
import Database
import HTTP
import HTTPServer
import JSON
import Resources
import Runtime

package struct RuleRoutes: RouteGroup {
    let database: Database
    /// Shared with the imports: rules that are applied to what is there hold a connection for as long.
    let turnstile: Turnstile

    package init(database: Database, turnstile: Turnstile) {
        self.database = database
        self.turnstile = turnstile
    }

    private enum Input {
        static let name = BodyField<String>.text("name", max: Rule.maximumNameLength, min: 1)
        static let isEnabled = BodyField<Bool>.bool("isEnabled", "A rule that is switched off is kept.")
        static let conditions = BodyField<RuleConditions>("conditions", RuleConditions.schema) {
            value throws(FieldProblem) in try RuleConditions(json: value)
        }
        static let actions = BodyField<RuleActions>("actions", RuleActions.schema) {
            value throws(FieldProblem) in try RuleActions(json: value)
        }
        static let ids = BodyField<[String]>.texts("ids", max: 36, maxCount: Rule.maximumCount)
        static let dryRun = BodyField<Bool>.bool("dryRun", "Only count what would change.")
        static let startDate = BodyField<CalendarDate>.date("startDate", "Only entries from this day on.")
        static let endDate = BodyField<CalendarDate>.date("endDate", "Only entries up to this day.")
        static let onlyUncategorised = BodyField<Bool>.bool(
            "onlyUncategorised", "Only entries that are in no category but the one for the unsorted.")

        static let properties = [name.property, isEnabled.property, conditions.property, actions.property]
    }

    package func register(in routes: inout Routes) {
        routes.tag = "Rules"
        routes.get(
            "/rules", "All rules, in their order", access: .book(.viewEntries), returns: .data(.array(Rule.schema)),
            handle: list)
        routes.post(
            "/rules", "Add a rule, behind the others", access: .book(.manageRules),
            accepts: .json("NewRule", Input.properties), returns: .created(Rule.schema), refuses: [.unprocessable],
            handle: create)
        routes.put(
            "/rules/order", "Put the rules into another order", access: .book(.manageRules),
            accepts: .json("RuleOrder", [Input.ids.required().property]), returns: .data(.array(Rule.schema)),
            refuses: [.conflict], handle: order)
        routes.post(
            "/rules/apply", "Apply rules to entries that are there already", access: .book(.editEntries),
            accepts: .json(
                "RuleApplication",
                [
                    Input.ids.property, Input.dryRun.property, Input.startDate.property, Input.endDate.property,
                    Input.onlyUncategorised.property,
                ]
            ).optional(),
            returns: .data(
                .object(
                    name: "RuleApplicationResult",
                    [SchemaProperty("matched", .integer()), SchemaProperty("changed", .integer())])),
            refuses: [.conflict], handle: apply)
        routes.get("/rules/{id}", "One rule", access: .book(.viewEntries), returns: .data(Rule.schema), handle: one)
        routes.put(
            "/rules/{id}", "Change what the body names", access: .book(.manageRules),
            accepts: .json("RuleChange", Input.properties + [EntityTag.bodyField.property]),
            returns: .data(Rule.schema), refuses: [.conflict, .preconditionFailed, .unprocessable], handle: change)
        routes.delete("/rules/{id}", "Delete a rule", access: .book(.manageRules), handle: delete)
    }

    @Sendable private func list(_ request: Request) async throws -> HTTPResponse {
        answer(try await RuleStore(database, book: try request.book.id).all())
    }

    private func answer(_ rules: [Rule]) -> HTTPResponse {
        .data(capacity: 256 + rules.count * 512) { writer in
            writer.beginArray()
            for rule in rules { rule.write(to: &writer) }
            writer.endArray()
        }
    }

    private func answer(_ rule: Rule, status: Int = 200) -> HTTPResponse {
        .data(status: status, fields: [("ETag", EntityTag.text(rule.version))]) { rule.write(to: &$0) }
    }

    @Sendable private func one(_ request: Request) async throws -> HTTPResponse {
        let id: RuleID = try request.identifier("id", of: "rule")
        guard let rule = try await RuleStore(database, book: try request.book.id).one(id) else {
            throw Refusal.notFound("rule")
        }
        return answer(rule)
    }

    @Sendable private func create(_ request: Request) async throws -> HTTPResponse {
        let book = try request.book
        let user = try request.principal.user
        var body = try await request.body()
        let name = body.read(Input.name.required())
        let isEnabled = body.read(Input.isEnabled) ?? true
        let conditions = body.read(Input.conditions.required())
        let actions = body.read(Input.actions.required())
        try body.check()
        guard let name, let conditions, let actions else { throw Refusal.invalid("name", "name is required.") }
        var checked = Rule(id: RuleID.new(), name: name, isEnabled: isEnabled, conditions: conditions, actions: actions)
        try checked.check(book.currency)
        let new = checked
        let rule = try await database.transaction { transaction in
            let store = RuleStore(transaction, book: book.id)
            try await store.lockAll()
            let others = try await store.all()
            var rule = new
            rule.position = (others.map(\.position).max() ?? 0) + 1
            try await check(rule, among: others, store)
            try await store.insert(rule, by: user)
            return rule
        }
        return answer(rule, status: 201)
    }

    @Sendable private func change(_ request: Request) async throws -> HTTPResponse {
        let id: RuleID = try request.identifier("id", of: "rule")
        let book = try request.book
        var body = try await request.body()
        let version = try EntityTag.version(request, &body)
        let name = body.read(Input.name)
        let isEnabled = body.read(Input.isEnabled)
        let conditions = body.read(Input.conditions)
        let actions = body.read(Input.actions)
        try body.check()
        let changed = try await database.transaction { transaction in
            let store = RuleStore(transaction, book: book.id)
            try await store.lockAll()
            let all = try await store.all()
            guard var rule = all.first(where: { $0.id == id }) else { throw Refusal.notFound("rule") }
            guard rule.version == version else { throw Refusal.staleVersion }
            rule.name = name ?? rule.name
            rule.isEnabled = isEnabled ?? rule.isEnabled
            rule.conditions = conditions ?? rule.conditions
            rule.actions = actions ?? rule.actions
            rule.version += 1
            try rule.check(book.currency)
            try await check(rule, among: all.filter { $0.id != id }, store, categories: actions != nil)
            try await store.save(rule)
            return rule
        }
        return answer(changed)
    }

    /// What depends on the other rules and on the book's categories.
    private func check(_ rule: Rule, among others: [Rule], _ store: RuleStore, categories: Bool = true) async throws {
        guard others.count < Rule.maximumCount else {
            throw Refusal(.unprocessable, "TOO_MANY_RULES", "A book can have at most \(Rule.maximumCount) rules.")
        }
        let length = (others + [rule]).reduce(0) { sum, rule in
            rule.conditions.items.reduce(sum) { $0 + ($1.field.isText ? FoldedText($1.value).bytes.count : 0) }
        }
        guard length <= Rule.maximumTextOfAll else {
            throw Refusal(
                .unprocessable, "RULES_TOO_LONG",
                "The texts that the rules of a book look for may have \(Rule.maximumTextOfAll) bytes altogether.")
        }
        guard categories, !rule.actions.categories.isEmpty else { return }
        let existing = try await store.existing(rule.actions.categories)
        guard rule.actions.categories.allSatisfy(existing.contains) else {
            throw Refusal.invalid("actions", "There is no such category in this book.")
        }
    }

    @Sendable private func delete(_ request: Request) async throws -> HTTPResponse {
        let id: RuleID = try request.identifier("id", of: "rule")
        guard try await RuleStore(database.writer, book: try request.book.id).delete(id) else {
            throw Refusal.notFound("rule")
        }
        return .noContent
    }

    @Sendable private func order(_ request: Request) async throws -> HTTPResponse {
        let book = try request.book.id
        var body = try await request.body()
        let texts = body.read(Input.ids.required()) ?? []
        let ids = texts.compactMap { RuleID($0) }
        if ids.count != texts.count { body.refuse("ids", "ids should be ids of rules.") }
        if Set(ids).count != ids.count { body.refuse("ids", "ids should name each rule once.") }
        try body.check()
        let rules = try await database.transaction { transaction in
            let store = RuleStore(transaction, book: book)
            try await store.lockAll()
            let known = try await store.all().map(\.id)
            guard Set(known) == Set(ids) else {
                throw Refusal(
                    .conflict, "RULES_CHANGED",
                    "ids should name every rule of the book. Load them again, then order them.")
            }
            try await store.order(ids)
            return try await store.all()
        }
        return answer(rules)
    }

    @Sendable private func apply(_ request: Request) async throws -> HTTPResponse {
        let book = try request.book
        var body = try await request.optionalBody()
        let texts = body.read(Input.ids)
        let ids = texts?.compactMap { RuleID($0) }
        if let texts, ids?.count != texts.count { body.refuse("ids", "ids should be ids of rules.") }
        let isDryRun = body.read(Input.dryRun) ?? false
        let application = RuleApplication(
            book: book.id, currency: book.currency, user: try request.principal.user, rules: ids,
            from: body.read(Input.startDate), through: body.read(Input.endDate),
            onlyUncategorised: body.read(Input.onlyUncategorised) ?? false)
        try body.check()
        let result = try await turnstile.pass {
            try await isDryRun ? application.count(database) : application.run(database)
        }
        return .data { writer in
            writer.beginObject()
            writer.key("matched")
            writer.int(result.matched)
            writer.key("changed")
            writer.int(result.changed)
            writer.endObject()
        }
    }
}
