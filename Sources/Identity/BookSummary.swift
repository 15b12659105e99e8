import Base
import HTTP

/// A book as its member sees it in a list.
package struct BookSummary: Equatable, Sendable {
    package let id: BookID
    package let name: String
    package let kind: String
    package let currency: Currency
    package let timeZone: String
    /// `MM-DD`.
    package let fiscalYearStart: String
    package let role: BookRole

    package init(
        id: BookID, name: String, kind: String, currency: Currency, timeZone: String, fiscalYearStart: String,
        role: BookRole
    ) {
        self.id = id
        self.name = name
        self.kind = kind
        self.currency = currency
        self.timeZone = timeZone
        self.fiscalYearStart = fiscalYearStart
        self.role = role
    }

    package static let fields = Fields<BookSummary>(
        "BookSummary",
        [
            .identifier("id") { $0.id }, .text("name") { $0.name }, .text("kind") { $0.kind },
            .currency("currency") { $0.currency }, .text("timeZone") { $0.timeZone },
            .text("fiscalYearStart") { $0.fiscalYearStart },
            .choice("role", BookRole.allCases.map(\.rawValue)) { $0.role.rawValue },
        ])
}
