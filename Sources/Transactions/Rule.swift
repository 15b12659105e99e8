import Base
import Categories

package enum RuleTag {}
package typealias RuleID = Identifier<RuleTag>

/// What a book's members want done with every transaction that looks a certain way: "merchant contains rewe → Food".
package struct Rule: Equatable, Sendable {
    package static let maximumCount = 500
    package static let maximumNameLength = 100
    package static let maximumConditions = 20
    package static let maximumValueLength = 200
    package static let maximumParts = 10
    /// In bytes, as they are looked for (`FoldedText`), of all texts that the rules of one book look for, together: it
    /// bounds what an import keeps in memory.
    package static let maximumTextOfAll = 20_000

    package let id: RuleID
    package var name: String
    /// Rules are tried by position, then by id.
    package var position: Int32
    package var isEnabled: Bool
    package var conditions: RuleConditions
    package var actions: RuleActions
    package var version: Int32

    package init(
        id: RuleID, name: String, position: Int32 = 0, isEnabled: Bool = true, conditions: RuleConditions,
        actions: RuleActions, version: Int32 = 1
    ) {
        self.id = id
        self.name = name
        self.position = position
        self.isEnabled = isEnabled
        self.conditions = conditions
        self.actions = actions
        self.version = version
    }
}

package struct RuleConditions: Equatable, Sendable {
    package enum Match: String, CaseIterable, Sendable { case all, any }

    package var match: Match
    package var items: [RuleCondition]

    package init(_ match: Match = .all, _ items: [RuleCondition]) {
        self.match = match
        self.items = items
    }
}

package struct RuleCondition: Equatable, Sendable {
    package enum Field: String, CaseIterable, Sendable {
        case merchant, description, notes
        /// Any of merchant, description and notes.
        case text
        case amount, type, account, date

        var isText: Bool { [.merchant, .description, .notes, .text, .account].contains(self) }
    }

    package enum Operation: String, CaseIterable, Sendable {
        case contains, `is`, startsWith, endsWith, between, atLeast, atMost
    }

    package let field: Field
    package let operation: Operation
    /// As it was written; what it means depends on the field.
    package let value: String
    /// The end of a range.
    package let value2: String?

    package init(_ field: Field, _ operation: Operation, _ value: String, _ value2: String? = nil) {
        self.field = field
        self.operation = operation
        self.value = value
        self.value2 = value2
    }

    static func operations(of field: Field) -> [Operation] {
        switch field {
        case .merchant, .description, .notes, .text, .account: [.contains, .is, .startsWith, .endsWith]
        case .amount, .date: [.is, .between, .atLeast, .atMost]
        case .type: [.is]
        }
    }
}

/// What is done. Nothing that is nil or empty is touched.
package struct RuleActions: Equatable, Sendable {
    package var categoryID: CategoryID?
    package var merchantName: String?
    package var addTags: [String]
    package var notes: String?
    package var paymentMethod: String?
    package var split: [RuleSplit]

    package init(
        categoryID: CategoryID? = nil, merchantName: String? = nil, addTags: [String] = [], notes: String? = nil,
        paymentMethod: String? = nil, split: [RuleSplit] = []
    ) {
        self.categoryID = categoryID
        self.merchantName = merchantName
        self.addTags = addTags
        self.notes = notes
        self.paymentMethod = paymentMethod
        self.split = split
    }

    var isEmpty: Bool { self == RuleActions() }
}

/// One part of a transaction that is several things at once.
package struct RuleSplit: Equatable, Sendable {
    package enum Share: Equatable, Sendable {
        /// Hundredths of a percent of the whole.
        case percent(Int64)
        /// A decimal, in the book's currency.
        case amount(String)
        /// Whatever the others leave.
        case rest
    }

    package let categoryID: CategoryID
    package let share: Share

    package init(_ categoryID: CategoryID, _ share: Share) {
        self.categoryID = categoryID
        self.share = share
    }
}

// MARK: - What makes sense

extension Rule {
    /// Amounts are kept as money is written from here on.
    ///
    /// - Throws: a refusal that names what is wrong, in the currency of the rule's book.
    package mutating func check(_ currency: Currency) throws(Refusal) {
        for (number, item) in conditions.items.enumerated() {
            if let problem = item.problem(currency) {
                throw .invalid("conditions", "Condition \(number + 1): \(problem)")
            }
        }
        guard !actions.isEmpty else { throw .invalid("actions", "actions should say at least one thing to do.") }
        if actions.categoryID != nil, !actions.split.isEmpty {
            throw .invalid("actions", "Give a category or a split: the parts of a split have categories of their own.")
        }
        if let problem = RuleSplit.problem(of: actions.split, currency) { throw .invalid("actions", problem) }
        actions.split = actions.split.map { $0.written(in: currency) }
    }
}

extension RuleCondition {
    func problem(_ currency: Currency) -> String? {
        let possible = Self.operations(of: field)
        guard possible.contains(operation) else {
            return "\(field.rawValue) goes with \(possible.map(\.rawValue).joined(separator: ", "))."
        }
        if operation == .between, value2 == nil { return "between needs value2, the end of the range." }
        switch field {
        case .merchant, .description, .notes, .text, .account:
            return FoldedText(value).isEmpty ? "value should not be empty." : nil
        case .type: return ["expense", "income"].contains(value) ? nil : "value should be expense or income."
        case .amount:
            let example = Money(minorUnits: 12 * currency.minorUnitsPerMajor, currency: currency).decimalText
            return amounts(currency) == nil
                ? "value should be an amount such as \(example), the smaller one first." : nil
        case .date: return days == nil ? "value should be a day such as 2026-03-31, the earlier one first." : nil
        }
    }

    /// The range of amounts meant, in minor units; nil where it is none. Amounts of entries are positive.
    func amounts(_ currency: Currency) -> ClosedRange<Int64>? {
        guard let first = try? Money.parse(value, currency), first.minorUnits >= 0 else { return nil }
        switch operation {
        case .is: return first.minorUnits...first.minorUnits
        case .atLeast: return first.minorUnits...Int64.max
        case .atMost: return 0...first.minorUnits
        case .between:
            guard let last = try? Money.parse(value2 ?? "", currency), last.minorUnits >= first.minorUnits else {
                return nil
            }
            return first.minorUnits...last.minorUnits
        case .contains, .startsWith, .endsWith: return nil
        }
    }

    var days: ClosedRange<CalendarDate>? {
        guard let first = CalendarDate(iso: value) else { return nil }
        switch operation {
        case .is: return first...first
        case .atLeast: return first...CalendarDate.last
        case .atMost: return CalendarDate.first...first
        case .between:
            guard let last = CalendarDate(iso: value2 ?? ""), last >= first else { return nil }
            return first...last
        case .contains, .startsWith, .endsWith: return nil
        }
    }
}

// MARK: - Splitting

extension RuleSplit {
    /// The amount as JSON can hold it: people write `+5.00` and `007.50` as well.
    fileprivate func written(in currency: Currency) -> RuleSplit {
        guard case .amount(let text) = share, let money = try? Money.parse(text, currency) else { return self }
        return RuleSplit(categoryID, .amount(money.decimalText))
    }

    static let wholePercent: Int64 = 100_00

    static func problem(of split: [RuleSplit], _ currency: Currency) -> String? {
        guard !split.isEmpty else { return nil }
        guard (2...Rule.maximumParts).contains(split.count) else {
            return "A split has 2 to \(Rule.maximumParts) parts."
        }
        var percents: Int64 = 0
        var hasAmounts = false
        var rests = 0
        for part in split {
            switch part.share {
            case .percent(let share):
                guard (1...wholePercent).contains(share) else {
                    return "percent should be more than 0 and at most 100."
                }
                percents += share
            case .amount(let text):
                guard let money = try? Money.parse(text, currency), money.minorUnits > 0 else {
                    return "The amount of a part should be more than zero, in \(currency.code)."
                }
                hasAmounts = true
            case .rest: rests += 1
            }
        }
        if rests > 1 { return "Only one part can be the rest." }
        if rests == 0, hasAmounts { return "With amounts, one part should be the rest." }
        if rests == 0, percents != wholePercent { return "Without a rest, the percentages should add up to 100." }
        if rests == 1, percents >= wholePercent { return "The percentages leave no rest." }
        return nil
    }

    /// The parts of an amount, which add up to it exactly, in the order of the split; parts of nothing are left out.
    /// Nil where the amount does not reach for the fixed parts and a rest: then it is not split.
    static func parts(of whole: Money, _ split: [RuleSplit]) -> [(category: CategoryID, amount: Money)]? {
        let currency = whole.currency
        var weights: [Int64] = []
        var fixed = Money.zero(currency)
        for part in split {
            switch part.share {
            case .percent(let share): weights.append(share)
            case .amount(let text):
                guard let amount = try? Money.parse(text, currency), let sum = try? fixed + amount else { return nil }
                fixed = sum
                weights.append(0)
            case .rest: weights.append(0)
            }
        }
        // What is no percentage is one part of the allocation: the fixed amounts, and the rest behind them.
        let percents = weights.reduce(0, +)
        guard percents <= wholePercent, let shares = try? whole.allocate(weights + [wholePercent - percents]),
            let others = shares.last, let rest = try? others - fixed, !rest.isNegative
        else { return nil }
        var parts: [(category: CategoryID, amount: Money)] = []
        var hasRest = false
        for (part, share) in zip(split, shares) {
            let amount: Money
            switch part.share {
            case .percent: amount = share
            case .amount(let text):
                guard let fixed = try? Money.parse(text, currency) else { return nil }
                amount = fixed
            case .rest:
                amount = rest
                hasRest = true
            }
            if amount.isPositive { parts.append((part.categoryID, amount)) }
        }
        guard !parts.isEmpty, hasRest || rest.isZero else { return nil }
        return parts
    }
}
