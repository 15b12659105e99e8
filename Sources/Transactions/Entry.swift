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
    package internal(set) var payment: Payment
    package internal(set) var location: Location?
    package internal(set) var tags: [String]
    /// Of an organisation; settled to an id or none before it is stored.
    package internal(set) var department = DepartmentReference.unsaid
    package internal(set) var version: Int32

    /// The one way to a new entry.
    ///
    /// - Throws: a refusal when the amount or the day is out of range.
    package static func record(
        id: EntryID, kind: Kind, amount: Money, occurredOn: CalendarDate, category: CategoryReference,
        status: Status = .completed, merchant: String? = nil, description: String? = nil, notes: String? = nil,
        payment: Payment = .none, location: Location? = nil, tags: [String] = []
    ) throws(Refusal) -> Entry {
        try check(amount)
        try check(occurredOn)
        return Entry(
            id: id, kind: kind, amount: amount, occurredOn: occurredOn, category: category, status: status,
            merchant: merchant,
            description: description, notes: notes, payment: payment, location: location, tags: unique(tags), version: 1
        )
    }

    /// Another one like it, not yet stored.
    package func copy(id: EntryID, occurredOn: CalendarDate) -> Entry {
        Entry(
            id: id, kind: kind, amount: amount, occurredOn: occurredOn, category: category, status: status,
            merchant: merchant, description: description, notes: notes, payment: payment, location: location,
            tags: tags, department: department,
            version: 1)
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
    /// A slug or a name; when there is none, one of that name is to be made (INVENTORY C23).
    case namedOrNew(String)
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

/// How an entry was paid.
package enum Payment: Equatable, Sendable {
    case none
    /// As the book calls it, or in words of its own.
    case named(String)
    case id(PaymentMethodID)
}

/// Where it was.
package struct Location: Equatable, Sendable {
    package static let maximumNameLength = 255

    package let name: String?
    /// Both or none.
    package let coordinates: Coordinates?

    /// In units of 0.0000001 degree, about a centimetre.
    package struct Coordinates: Equatable, Sendable {
        package let latitude: Int32
        package let longitude: Int32
    }

    /// Nil for no name and no place.
    package init?(name: String?, coordinates: Coordinates?) {
        let name = name.flatMap { $0.isEmpty ? nil : $0 }
        guard name != nil || coordinates != nil else { return nil }
        self.name = name
        self.coordinates = coordinates
    }

    /// Degrees as they are written, `52.5200066`, in units of 0.0000001; more digits than that are cut off. Nil for what
    /// is no such number, or more than `limit` degrees.
    static func degrees(_ text: String, limit: Int32) -> Int32? {
        var digits = Substring(text)
        let isNegative = digits.hasPrefix("-")
        if isNegative { digits.removeFirst() }
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), text.utf8.count <= 40,
            parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } }),
            parts[0].utf8.count <= 3, let whole = Int64(parts[0])
        else { return nil }
        let fraction = parts.count == 2 ? String(parts[1].prefix(7)) : ""
        let padded = fraction + String(repeating: "0", count: 7 - fraction.utf8.count)
        guard let units = Int64(padded) else { return nil }
        let value = whole * 10_000_000 + units
        guard value <= Int64(limit) * 10_000_000 else { return nil }
        return Int32(isNegative ? -value : value)
    }
}

extension Refusal {
    package static let noSuchPaymentMethod = Refusal.invalid(
        "paymentMethodId", "There is no such payment method in this book.")
    package static let amountNotPositive = Refusal.invalid("amount", "amount should be more than zero.")
    package static let noSuchCategory = Refusal.invalid("categoryId", "There is no such category in this book.")
    package static func otherCurrency(_ currency: Currency) -> Refusal {
        .invalid("currency", "This book is kept in \(currency.code): give the amount in \(currency.code).")
    }
}
