import Base

/// What a request changes of a book; what is nil stays.
struct BookEdit: Sendable {
    var name: String?
    var currency: String?
    var timeZone: String?
    var fiscalYearStart: String?
    /// Nil inside: none from now on.
    var description: String??

    /// - Throws: a refusal naming every field that is wrong.
    func applied(to old: Book) throws(Refusal) -> NewBook {
        try NewBook(
            name: name ?? old.name, kind: old.kind, currency: currency ?? old.currency.code,
            timeZone: timeZone ?? old.timeZone, fiscalYearStart: fiscalYearStart ?? old.fiscalYear.startText,
            description: description ?? old.description)
    }
}
