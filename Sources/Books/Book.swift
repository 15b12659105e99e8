import Base
import Foundation
import HTTP
import JSON

/// A book: everything that is money belongs to exactly one. It has a kind, members with roles, a currency, a time
/// zone and a fiscal year.
package struct Book: Equatable, Sendable {
    package enum Kind: String, CaseIterable, Sendable { case personal, household, business, organization }

    package let id: BookID
    package let kind: Kind
    package let name: String
    package let currency: Currency
    /// An IANA name, `Europe/Berlin`.
    package let timeZone: String
    package let fiscalYear: FiscalYear
    package let version: Int32
    package var description: String?
    package var isArchived = false
}

/// What a new book is to be.
package struct NewBook: Equatable, Sendable {
    package static let maximumNameLength = 100
    static let maximumDescriptionLength = 500

    package let name: String
    package let kind: Book.Kind
    package let currency: Currency
    package let timeZone: String
    package let fiscalYear: FiscalYear
    package let description: String?

    /// - Parameters:
    ///   - currency: an ISO 4217 code; nil is EUR.
    ///   - timeZone: an IANA name; nil is UTC.
    ///   - fiscalYearStart: month and day as `04-01`, or a whole date whose year does not count; nil is 1 January.
    /// - Throws: a refusal naming every field that is wrong.
    package init(
        name: String, kind: Book.Kind, currency: String? = nil, timeZone: String? = nil, fiscalYearStart: String? = nil,
        description: String? = nil
    ) throws(Refusal) {
        var problems: [FieldError] = []
        let parsedCurrency = Currency(currency ?? "EUR")
        if parsedCurrency == nil {
            problems.append(FieldError(field: "currency", message: "currency should be an ISO 4217 code such as EUR."))
        }
        let zone = timeZone ?? "UTC"
        if !TimeZoneName.isKnown(zone) {
            problems.append(
                FieldError(field: "timeZone", message: "timeZone should be an IANA name such as Europe/Berlin."))
        }
        let fiscalYear = fiscalYearStart.map(FiscalYear.init(startText:)) ?? FiscalYear(startMonth: 1, startDay: 1)
        if fiscalYear == nil {
            problems.append(
                FieldError(
                    field: "fiscalYearStart", message: "fiscalYearStart should be a month and a day such as 04-01."))
        }
        let length = name.count
        if length < 1 || length > Self.maximumNameLength {
            problems.append(
                FieldError(field: "name", message: "name should have 1 to \(Self.maximumNameLength) characters."))
        }
        guard problems.isEmpty, let parsedCurrency, let fiscalYear else { throw Refusal.invalid(fields: problems) }
        self.name = name
        self.kind = kind
        self.currency = parsedCurrency
        self.timeZone = zone
        self.fiscalYear = fiscalYear
        self.description = description.flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// A book as one of its members sees it.
package struct BookSummary: Sendable {
    package let book: Book
    package let role: BookRole

    /// What a role of the organisation's own permits, in the place of the built-in one.
    package var roleSet: Permission?
    /// How far that role reaches.
    package var scope: EntryScope
    /// The member's, in an organisation.
    package var department: DepartmentID?

    package init(
        book: Book, role: BookRole, roleSet: Permission? = nil, scope: EntryScope = .everything,
        department: DepartmentID? = nil
    ) {
        self.book = book
        self.role = role
        // An owner is an owner, whatever else they are.
        self.roleSet = role == .owner ? nil : roleSet
        self.scope = role == .owner || roleSet == nil ? .everything : scope
        self.department = department
    }

    /// What the role permits, within its scope or anywhere.
    package var allPermissions: Permission { roleSet ?? role.permissions }

    /// What the role permits anywhere in the book.
    package var permissions: Permission {
        scope == .everything ? allPermissions : allPermissions.subtracting(RoleSet.ofEntries)
    }

    /// What a request knows of it.
    func context(timeZone: TimeZone) -> BookContext {
        BookContext(
            id: book.id, role: role, currency: book.currency, timeZone: timeZone, fiscalYear: book.fiscalYear,
            permissions: permissions, withinScope: allPermissions.subtracting(permissions), scope: scope,
            department: department, isArchived: book.isArchived)
    }

    package static let fields = Fields<BookSummary>(
        "Book",
        [
            .identifier("id") { $0.book.id },
            .text("name") { $0.book.name },
            .choice("kind", Book.Kind.allCases.map(\.rawValue)) { $0.book.kind.rawValue },
            .currency("currency") { $0.book.currency },
            .text("timeZone") { $0.book.timeZone },
            .text("fiscalYearStart") { $0.book.fiscalYear.startText },
            .choice("role", BookRole.allCases.map(\.rawValue)) { $0.role.rawValue },
            .int("version") { Int($0.book.version) },
            .optionalText("description") { $0.book.description },
            .bool("isArchived") { $0.book.isArchived },
            Field("permissions", .array(.text), "What your role permits.") { summary, writer in
                writer.beginArray()
                for name in summary.allPermissions.names { writer.string(name) }
                writer.endArray()
            },
            Field(
                "scope", .choice(RoleSet.Scope.allCases.map(\.rawValue)),
                "Which entries your role reaches: all, those of your department and what you record, or the latter alone."
            ) { $1.string(RoleSet.Scope($0.scope).rawValue) },
            .optionalIdentifier("departmentId") { $0.department },
        ])
}

package enum TimeZoneName {
    package static func isKnown(_ name: String) -> Bool {
        // Foundation takes abbreviations and offsets too; a stored zone should be one that knows summer time.
        (name == "UTC" || name.contains("/")) && name.utf8.count <= 64 && TimeZone(identifier: name) != nil
    }
}

extension FiscalYear {
    /// `04-01`, or a whole date whose year does not count.
    init?(startText text: String) {
        self.init(text.utf8.count == 10 ? String(text.dropFirst(5)) : text)
        guard CalendarDate(year: 2024, month: startMonth, day: startDay) != nil else { return nil }
    }

    var startText: String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(startMonth))-\(two(startDay))"
    }
}
