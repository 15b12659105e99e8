import Base
import Categories

/// Where a line goes as far as the rules and the payee's words tell; the database knows the rest.
struct SortedLine: Sendable {
    let line: ImportLine
    let merchant: String?
    let notes: String?
    let paymentMethod: String?
    let tags: [String]
    /// One part, unless a rule splits the transaction. The category is the one that a rule says.
    let parts: [(category: CategoryID?, amount: Money)]
    /// By the payee's words.
    let suggestion: CategoryID?
    let rule: RuleID?
}

/// Sorts the lines of one import. Not for two threads at once: it keeps its memory from line to line.
struct ImportSorter: Sendable {
    private var matcher: RuleMatcher
    private let slugs: [String: CategoryID]
    private let categories: Set<CategoryID>
    private var subject = RuleSubject()

    init(rules: [Rule], categories: [String: CategoryID], currency: Currency) {
        matcher = RuleMatcher(rules, currency: currency)
        slugs = categories
        self.categories = Set(categories.values)
    }

    mutating func sort(_ line: ImportLine) -> SortedLine {
        subject.merchant.set(line.merchant)
        subject.description.set(line.description)
        let slug = MerchantWords.slug(for: subject.merchant, subject.description, kind: line.kind)
        let outcome = matcher.isEmpty ? nil : matchRules(line)
        return SortedLine(
            line: line, merchant: outcome?.merchantName ?? line.merchant, notes: outcome?.notes ?? line.notes,
            paymentMethod: outcome?.paymentMethod, tags: outcome?.tags ?? [], parts: parts(line, outcome),
            suggestion: slug.flatMap { slugs[$0] }, rule: outcome?.rule)
    }

    private mutating func matchRules(_ line: ImportLine) -> RuleOutcome? {
        subject.notes.set(line.notes)
        subject.account.set(line.account)
        subject.amount = line.amount.minorUnits
        subject.kind = line.kind
        subject.date = line.occurredOn
        return matcher.outcome(for: subject)
    }

    private func parts(_ line: ImportLine, _ outcome: RuleOutcome?) -> [(category: CategoryID?, amount: Money)] {
        if let split = outcome?.split, !split.isEmpty, let parts = RuleSplit.parts(of: line.amount, split) {
            return parts.map { (known($0.category), $0.amount) }
        }
        return [(known(outcome?.categoryID), line.amount)]
    }

    /// What a rule says of a category that is gone is passed over.
    private func known(_ category: CategoryID?) -> CategoryID? {
        category.flatMap { categories.contains($0) ? $0 : nil }
    }
}
