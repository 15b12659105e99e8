import Base
import Categories
import Database
import JSON
import Jobs

extension EventName {
    package static let rulesApplied = EventName("rules.applied")
}

/// The rules, applied to entries that are there already. What a rule sets replaces what an entry has; tags are added.
/// A split acts on the way in only: an entry that somebody has seen keeps its amount.
package struct RuleApplication: Sendable {
    package let book: BookID
    package let currency: Currency
    package let user: UserID
    /// Nil for every rule that is switched on; rules that are named act even when they are off.
    package let rules: [RuleID]?
    package let from: CalendarDate?
    package let through: CalendarDate?
    package let onlyUncategorised: Bool

    private static let batch = 2000

    package struct Result: Equatable, Sendable {
        package var matched = 0
        package var changed = 0
    }

    /// Changes all that is to be changed in one transaction.
    package func run(_ database: Database) async throws -> Result {
        try await database.transaction { transaction in
            // The sums are changed by this transaction, once for each month and category, not by a trigger a row.
            _ = try await transaction.query("SELECT set_config('purser.bulk', 'on', true)")
            var sums = TotalsChange()
            let result = try await walk(transaction) { changes in
                for change in changes where change.category != change.entry.category {
                    sums.add(change.entry, to: change.entry.category, sign: -1)
                    sums.add(change.entry, to: change.category, sign: 1)
                }
                try await save(changes, transaction)
            }
            try await sums.save(book, transaction)
            guard result.changed > 0 else { return result }
            try await transaction.publish(
                Event(.rulesApplied, book: book, user: user) { data in
                    data.key("changed")
                    data.int(result.changed)
                })
            return result
        }
    }

    /// What `run` would do.
    package func count(_ database: Database) async throws -> Result {
        try await database.snapshot { transaction in try await walk(transaction, locks: false) { _ in } }
    }

    // MARK: Reading

    fileprivate struct Stored {
        let id: EntryID
        let kind: Entry.Kind
        let date: CalendarDate
        let amount: Int64
        let counts: Bool
        let merchant: String?
        let description: String?
        let notes: String?
        let account: String?
        let category: CategoryID
        let paymentMethod: String?
        let tags: [String]

        init(_ row: Row) throws {
            id = try row.get(0)
            kind = try row.get(1)
            date = try row.get(2)
            amount = try row.get(3)
            counts = try row.get(4, as: Entry.Status.self) != .cancelled
            merchant = try row.get(5)
            description = try row.get(6)
            notes = try row.get(7)
            account = try row.get(8)
            category = try row.get(9)
            paymentMethod = try row.get(10)
            tags = try row.get(11)
        }
    }

    private struct Change {
        let entry: Stored
        var category: CategoryID
        var merchant: String?
        var notes: String?
        /// Nil when it stays as it is.
        var paymentMethod: String?
        var tags: [String]

        init(_ entry: Stored, _ outcome: RuleOutcome, _ categories: Set<CategoryID>) {
            self.entry = entry
            // A category that is gone is passed over.
            category = outcome.categoryID.flatMap { categories.contains($0) ? $0 : nil } ?? entry.category
            merchant = outcome.merchantName ?? entry.merchant
            notes = outcome.notes ?? entry.notes
            // A method of the book is known by its name in any case.
            paymentMethod = outcome.paymentMethod.flatMap {
                $0.lowercased() == entry.paymentMethod?.lowercased() ? nil : $0
            }
            tags = Array(Entry.unique(entry.tags + outcome.tags).prefix(Entry.maximumTags))
        }

        var isOne: Bool {
            category != entry.category || merchant != entry.merchant || notes != entry.notes
                || paymentMethod != nil || tags != entry.tags
        }
    }

    private func walk(
        _ connection: Transaction, locks: Bool = true, _ take: ([Change]) async throws -> Void
    ) async throws -> Result {
        let store = RuleStore(connection, book: book)
        var chosen = try await store.all()
        if let rules {
            chosen = chosen.filter { rules.contains($0.id) }
            guard chosen.count == Set(rules).count else { throw Refusal.notFound("rule") }
            for index in chosen.indices { chosen[index].isEnabled = true }
        }
        var matcher = RuleMatcher(chosen, currency: currency)
        let categories = try await categories(connection, locks: locks)
        let unsorted = try await CategoryStore(connection, book: book).fallbacks()
        var result = Result()
        var last: EntryID?
        while !matcher.isEmpty {
            let rows = try await connection.query(
                page(after: last, unsorted: [unsorted.expense, unsorted.income], locks))
            var changes: [Change] = []
            var subject = RuleSubject()
            for row in rows {
                let entry = try Stored(row)
                last = entry.id
                subject.set(entry)
                guard let outcome = matcher.outcome(for: subject) else { continue }
                result.matched += 1
                let change = Change(entry, outcome, categories)
                if change.isOne { changes.append(change) }
            }
            result.changed += changes.count
            if !changes.isEmpty { try await take(changes) }
            if rows.count < Self.batch { break }
        }
        return result
    }

    /// The categories of the book, which stay until commit when they are locked.
    private func categories(_ connection: Transaction, locks: Bool) async throws -> Set<CategoryID> {
        var sql: SQL = "SELECT id FROM categories WHERE book_id = \(book) ORDER BY id"
        if locks { sql.append(" FOR KEY SHARE") }
        return Set(try await connection.query(sql).map { try $0.get(0, as: CategoryID.self) })
    }

    private func page(after last: EntryID?, unsorted: [CategoryID], _ locks: Bool) -> SQL {
        var sql: SQL = """
            SELECT id, type, occurred_on, amount_minor, status, merchant, description, notes, account, category_id,
                CASE WHEN payment_method_id IS NULL THEN payment_method ELSE (
                    SELECT m.name FROM payment_methods m WHERE m.book_id = entries.book_id AND m.id = payment_method_id
                ) END, tags
            FROM entries WHERE book_id = \(book) AND deleted_at IS NULL
            """
        if let last { sql.append(" AND id > \(last)") }
        if let from { sql.append(" AND occurred_on >= \(from)") }
        if let through { sql.append(" AND occurred_on <= \(through)") }
        if onlyUncategorised { sql.append(" AND category_id = ANY(\(unsorted))") }
        sql.append(" ORDER BY id LIMIT \(Self.batch)")
        if locks { sql.append(" FOR NO KEY UPDATE") }
        return sql
    }

    // MARK: Writing

    private func save(_ changes: [Change], _ transaction: Transaction) async throws {
        _ = try await transaction.run(
            """
            UPDATE entries e SET category_id = n.category_id, merchant = n.merchant, notes = n.notes,
                payment_method_id = CASE WHEN n.payment_method IS NULL THEN e.payment_method_id ELSE p.id END,
                payment_method = coalesce(n.payment_method, e.payment_method), tags = ARRAY(SELECT jsonb_array_elements_text(n.tags)),
                version = e.version + 1, updated_at = now(), updated_by = \(user)
            FROM unnest(
                \(changes.map(\.entry.id)), \(changes.map(\.category)), \(changes.map(\.merchant)), \(changes.map(\.notes)),
                \(changes.map(\.paymentMethod)), \(changes.map { $0.tags.jsonText })
            ) AS n (id, category_id, merchant, notes, payment_method, tags)
            LEFT JOIN payment_methods p
                ON p.book_id = \(book) AND lower(p.name) = lower(n.payment_method) AND p.deleted_at IS NULL
            WHERE e.book_id = \(book) AND e.id = n.id
            """)
    }

    /// What a change of many entries does to the sums by month.
    private struct TotalsChange {
        private struct Key: Hashable {
            let month: Int32
            let kind: Entry.Kind
            let category: CategoryID
        }
        private var sums: [Key: (amount: Int64, count: Int64)] = [:]

        /// The month's sum of all categories together stays as it is.
        mutating func add(_ entry: Stored, to category: CategoryID, sign: Int64) {
            guard entry.counts else { return }
            let key = Key(
                month: Int32(entry.date.year * 12 + entry.date.month - 1), kind: entry.kind, category: category)
            sums[key, default: (0, 0)].amount += sign * entry.amount
            sums[key, default: (0, 0)].count += sign
        }

        func save(_ book: BookID, _ transaction: Transaction) async throws {
            let all = sums.filter { $0.value.amount != 0 || $0.value.count != 0 }
            guard !all.isEmpty else { return }
            _ = try await transaction.run(
                EntryTotals.add(
                    book: book,
                    """
                    SELECT * FROM unnest(
                        \(all.map(\.key.month)), \(all.map(\.key.kind.rawValue)), \(all.map(\.key.category)),
                        \(all.map(\.value.amount)), \(all.map(\.value.count))
                    )
                    """))
        }
    }
}

extension RuleSubject {
    fileprivate mutating func set(_ entry: RuleApplication.Stored) {
        merchant.set(entry.merchant)
        description.set(entry.description)
        notes.set(entry.notes)
        account.set(entry.account)
        amount = entry.amount
        kind = entry.kind
        date = entry.date
    }
}

extension [String] {
    var jsonText: JSONText {
        var writer = JSONWriter(capacity: 64)
        writer.beginArray()
        for text in self { writer.string(text) }
        writer.endArray()
        return JSONText(writer.bytes)
    }
}
