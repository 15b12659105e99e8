import Base
import Categories

/// A transaction as the rules see it: before any of them has changed it.
struct RuleSubject {
    var merchant = FoldedText()
    var description = FoldedText()
    var notes = FoldedText()
    var account = FoldedText()
    /// In minor units, positive.
    var amount: Int64 = 0
    var kind = Entry.Kind.expense
    var date = CalendarDate.first
}

/// What the rules make of one transaction. Of several that match, the first that sets a thing wins it; tags add up.
struct RuleOutcome: Equatable, Sendable {
    var categoryID: CategoryID?
    var split: [RuleSplit] = []
    var merchantName: String?
    var notes: String?
    var paymentMethod: String?
    var tags: [String] = []
    /// The one that decided the category, or else the first that matched.
    var rule: RuleID?

    fileprivate mutating func add(_ actions: RuleActions, of id: RuleID) {
        // A split says where the money goes just as a category does: they are one thing to be won.
        if categoryID == nil, split.isEmpty, actions.categoryID != nil || !actions.split.isEmpty {
            categoryID = actions.categoryID
            split = actions.split
            rule = id
        }
        if rule == nil { rule = id }
        merchantName = merchantName ?? actions.merchantName
        notes = notes ?? actions.notes
        paymentMethod = paymentMethod ?? actions.paymentMethod
        for tag in actions.addTags where !tags.contains(tag) && tags.count < Entry.maximumTags { tags.append(tag) }
    }
}

/// The rules of a book, compiled once for an import. All texts are looked for in one pass over each field.
struct RuleMatcher: Sendable {
    private enum Test: Sendable {
        /// One of `how`'s bits must be set for the pattern in one of the fields.
        case text(pattern: Int, fields: ClosedRange<Int>, how: UInt8)
        case amount(ClosedRange<Int64>)
        case kind(Entry.Kind)
        case date(ClosedRange<CalendarDate>)
        /// What can never be: an amount written in another currency than the book's.
        case never
    }

    private struct Compiled: Sendable {
        let id: RuleID
        let needsAll: Bool
        let tests: [Test]
        let actions: RuleActions
    }

    private enum Found {
        static let within: UInt8 = 1
        static let atStart: UInt8 = 2
        static let atEnd: UInt8 = 4
        static let whole: UInt8 = 8
    }

    // The places of the fields in `found`; `text` is the first three.
    private static let (merchant, description, notes, account, fieldCount) = (0, 1, 2, 3, 4)

    private let rules: [Compiled]
    private let patterns: PatternMatcher
    /// Which fields any rule looks at.
    private let isWanted: [Bool]
    /// For each pattern and field, where it was found in the transaction at hand.
    private var found: [UInt8]
    private var touched: [Int] = []

    let isEmpty: Bool

    /// In any order; those that are switched off are passed over.
    init(_ rules: [Rule], currency: Currency) {
        var numbers: [[UInt8]: Int] = [:]
        var texts: [[UInt8]] = []
        var wanted = [Bool](repeating: false, count: Self.fieldCount)
        self.rules = rules.filter(\.isEnabled).sorted { ($0.position, $0.id) < ($1.position, $1.id) }.map { rule in
            Compiled(
                id: rule.id, needsAll: rule.conditions.match == .all,
                tests: rule.conditions.items.map { item in
                    guard item.field.isText else { return Self.test(item, currency) }
                    let text = FoldedText(item.value).bytes
                    guard !text.isEmpty, let how = Self.how(item.operation) else { return .never }
                    let number = numbers[text] ?? texts.count
                    if numbers.updateValue(number, forKey: text) == nil { texts.append(text) }
                    let fields = Self.fields(of: item.field)
                    for field in fields { wanted[field] = true }
                    return .text(pattern: number, fields: fields, how: how)
                }, actions: rule.actions)
        }
        patterns = PatternMatcher(texts)
        isWanted = wanted
        found = [UInt8](repeating: 0, count: texts.count * Self.fieldCount)
        isEmpty = self.rules.isEmpty
    }

    private static func test(_ item: RuleCondition, _ currency: Currency) -> Test {
        switch item.field {
        case .amount: item.amounts(currency).map(Test.amount) ?? .never
        case .date: item.days.map(Test.date) ?? .never
        case .type:
            Entry.Kind.allCases.first { $0.name == item.value && item.operation == .is }.map(Test.kind) ?? .never
        case .merchant, .description, .notes, .text, .account: .never
        }
    }

    private static func how(_ operation: RuleCondition.Operation) -> UInt8? {
        switch operation {
        case .contains: Found.within
        case .startsWith: Found.atStart
        case .endsWith: Found.atEnd
        case .is: Found.whole
        case .between, .atLeast, .atMost: nil
        }
    }

    private static func fields(of field: RuleCondition.Field) -> ClosedRange<Int> {
        switch field {
        case .merchant: merchant...merchant
        case .description: description...description
        case .notes: notes...notes
        case .account: account...account
        default: merchant...notes
        }
    }

    /// Nil when no rule matches.
    mutating func outcome(for subject: RuleSubject) -> RuleOutcome? {
        guard !isEmpty else { return nil }
        for place in touched { found[place] = 0 }
        touched.removeAll(keepingCapacity: true)
        look(in: subject.merchant.bytes, Self.merchant)
        look(in: subject.description.bytes, Self.description)
        look(in: subject.notes.bytes, Self.notes)
        look(in: subject.account.bytes, Self.account)
        var outcome: RuleOutcome?
        for rule in rules {
            let matches =
                rule.needsAll
                ? rule.tests.allSatisfy { holds($0, subject) } : rule.tests.contains { holds($0, subject) }
            guard matches, !rule.tests.isEmpty else { continue }
            if outcome == nil { outcome = RuleOutcome() }
            outcome?.add(rule.actions, of: rule.id)
        }
        return outcome
    }

    private mutating func look(in text: [UInt8], _ field: Int) {
        guard isWanted[field], !text.isEmpty else { return }
        patterns.scan(text) { pattern, end in
            let place = pattern * Self.fieldCount + field
            if found[place] == 0 { touched.append(place) }
            let isAtStart = end == patterns.lengths[pattern]
            let isAtEnd = end == text.count
            found[place] |=
                Found.within | (isAtStart ? Found.atStart : 0) | (isAtEnd ? Found.atEnd : 0)
                | (isAtStart && isAtEnd ? Found.whole : 0)
        }
    }

    private func holds(_ test: Test, _ subject: RuleSubject) -> Bool {
        switch test {
        case .text(let pattern, let fields, let how):
            fields.contains { found[pattern * Self.fieldCount + $0] & how != 0 }
        case .amount(let range): range.contains(subject.amount)
        case .kind(let kind): subject.kind == kind
        case .date(let range): range.contains(subject.date)
        case .never: false
        }
    }
}
