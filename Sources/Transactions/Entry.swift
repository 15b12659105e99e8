import Base
import Categories

package enum EntryTag {}
package typealias EntryID = Identifier<EntryTag>
package enum ImportTag {}
package typealias ImportID = Identifier<ImportTag>

/// Money spent or earned. The amount is positive; the type tells the direction.
package struct Entry: Equatable, Sendable {
    package enum Kind: Int16, Sendable, CaseIterable {
        case expense = 1
        case income = 2

        package var name: String { self == .expense ? "expense" : "income" }
    }

    package enum Status: Int16, Sendable, CaseIterable {
        case pending = 1
        case completed = 2
        /// Kept, and counted nowhere.
        case cancelled = 3

        package var name: String {
            switch self {
            case .pending: "pending"
            case .completed: "completed"
            case .cancelled: "cancelled"
            }
        }

        package init?(named name: String) {
            guard let status = Self.allCases.first(where: { $0.name == name }) else { return nil }
            self = status
        }
    }

    package static let maximumTextLength = 255
    package static let maximumNotesLength = 5000
    package static let maximumTags = 20
    package static let maximumTagLength = 50

    package let id: EntryID
    package let kind: Kind
    package internal(set) var amount: Money
    package internal(set) var occurredOn: CalendarDate
    package internal(set) var category: CategoryReference
    package internal(set) var status: Status
    package internal(set) var merchant: String?
    package internal(set) var description: String?
    package internal(set) var notes: String?
    package internal(set) var paymentMethod: String?
    package internal(set) var tags: [String]
    package internal(set) var version: Int32

    /// The one way to a new entry.
    ///
    /// - Throws: a refusal when the amount or the day is out of range.
    package static func record(
        id: EntryID, kind: Kind, amount: Money, occurredOn: CalendarDate, category: CategoryReference,
        status: Status = .completed, merchant: String? = nil, description: String? = nil, notes: String? = nil,
        paymentMethod: String? = nil, tags: [String] = []
    ) throws(Refusal) -> Entry {
        try check(amount)
        try check(occurredOn)
        return Entry(
            id: id, kind: kind, amount: amount, occurredOn: occurredOn, category: category, status: status,
            merchant: merchant,
            description: description, notes: notes, paymentMethod: paymentMethod, tags: unique(tags), version: 1)
    }

    /// Largest amount of one entry: 9,999,999,999.99 (INVENTORY C27), in the minor units of any currency.
    package static func largestAmount(in currency: Currency) -> Int64 {
        10_000_000_000 * currency.minorUnitsPerMajor - 1
    }

    static func check(_ amount: Money) throws(Refusal) {
        guard amount.minorUnits > 0 else { throw .amountNotPositive }
        guard amount.minorUnits <= largestAmount(in: amount.currency) else {
            throw .invalid(
                "amount",
                "amount should be at most \(Money(minorUnits: largestAmount(in: amount.currency), currency: amount.currency).decimalText)."
            )
        }
    }

    /// From 1900 to 2199: beyond that a year is a slip of the finger.
    static func check(_ day: CalendarDate) throws(Refusal) {
        guard (1900...2199).contains(day.year) else {
            throw .invalid("transactionDate", "transactionDate should be between 1900-01-01 and 2199-12-31.")
        }
    }

    /// Tags in the order given, each once.
    static func unique(_ tags: [String]) -> [String] {
        var seen: Set<String> = []
        return tags.filter { seen.insert($0).inserted }
    }
}

/// How a client names a category.
package enum CategoryReference: Equatable, Sendable {
    case id(CategoryID)
    /// A slug or a name.
    case named(String)
    /// None was given: it goes where unsorted entries go.
    case unsorted

    package init(_ text: String?) {
        guard let text, !text.isEmpty else {
            self = .unsorted
            return
        }
        self = CategoryID(text).map(CategoryReference.id) ?? .named(text)
    }
}

extension Refusal {
    package static let amountNotPositive = Refusal.invalid("amount", "amount should be more than zero.")
    package static let noSuchCategory = Refusal.invalid("categoryId", "There is no such category in this book.")
    package static func otherCurrency(_ currency: Currency) -> Refusal {
        .invalid("currency", "This book is kept in \(currency.code): give the amount in \(currency.code).")
    }
}
