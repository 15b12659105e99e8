import Base
import HTTP

/// What a client may say of an entry, under the names of all source designs (INVENTORY C24).
enum EntryInput {
    static let amount = BodyField<String>.decimal("amount", "More than zero.")
    static let currency = BodyField<String>.text(
        "currency", max: 3, "The book's currency, which is also what it is without this field.")
    static let merchant = BodyField<String>.text(
        "merchantName", aliases: ["merchant", "vendor", "client"], max: Entry.maximumTextLength)
    static let description = BodyField<String>.text("description", max: Entry.maximumTextLength)
    static let notes = BodyField<String>.text("notes", max: Entry.maximumNotesLength, multiline: true)
    static let category = BodyField<String>.text(
        "categoryId", aliases: ["category"], max: 100, "An id, a slug or a name. Without it, unsorted.")
    static let date = BodyField<CalendarDate>.date(
        "transactionDate", aliases: ["date"], "The day, in the book's time zone. Without it, today.")
    static let status = BodyField<String>.choice("status", of: Entry.Status.allCases.map(\.name))
    static let paymentMethod = BodyField<String>.text("paymentMethod", aliases: ["payment_method"], max: 50)
    static let tags = BodyField<[String]>.texts("tags", max: Entry.maximumTagLength, maxCount: Entry.maximumTags)

    static let properties: [SchemaProperty] = [
        amount.property, currency.property, merchant.property, description.property, notes.property, category.property,
        date.property, status.property, paymentMethod.property, tags.property,
    ]

    /// A new entry from a body.
    static func new(
        _ body: inout Body, kind: Entry.Kind, id: EntryID, currency bookCurrency: Currency, today: CalendarDate
    ) throws(Refusal) -> Entry {
        let amount = readAmount(&body, bookCurrency, isRequired: true)
        let merchant = body.read(merchant)
        let description = body.read(description)
        let notes = body.read(notes)
        let category = CategoryReference(body.read(category))
        let date = body.read(date)
        let status = body.read(status).flatMap(Entry.Status.init(named:))
        let paymentMethod = body.read(paymentMethod)
        let tags = body.read(tags)
        try body.check()
        guard let amount else { throw .amountNotPositive }
        return try Entry.record(
            id: id, kind: kind, amount: amount, occurredOn: date ?? today, category: category,
            status: status ?? .completed,
            merchant: nonEmpty(merchant), description: nonEmpty(description), notes: nonEmpty(notes),
            paymentMethod: nonEmpty(paymentMethod), tags: tags ?? [])
    }

    /// Changes what the body names; what it sends as null is cleared.
    static func change(_ entry: inout Entry, _ body: inout Body) throws(Refusal) {
        if let amount = readAmount(&body, entry.amount.currency, isRequired: false) { entry.amount = amount }
        if body.has(merchant) { entry.merchant = nonEmpty(body.read(merchant)) }
        if body.has(description) { entry.description = nonEmpty(body.read(description)) }
        if body.has(notes) { entry.notes = nonEmpty(body.read(notes)) }
        if body.has(category) { entry.category = CategoryReference(body.read(category)) }
        if let date = body.read(date) { entry.occurredOn = date }
        if let status = body.read(status).flatMap(Entry.Status.init(named:)) { entry.status = status }
        if body.has(paymentMethod) { entry.paymentMethod = nonEmpty(body.read(paymentMethod)) }
        if body.has(tags) { entry.tags = Entry.unique(body.read(tags) ?? []) }
        try body.check()
        try Entry.check(entry.amount)
        try Entry.check(entry.occurredOn)
    }

    private static func readAmount(_ body: inout Body, _ bookCurrency: Currency, isRequired: Bool) -> Money? {
        if let code = body.read(currency), code.uppercased() != bookCurrency.code {
            body.refuse("currency", Refusal.otherCurrency(bookCurrency).message)
        }
        guard let text = body.read(isRequired ? amount.required() : amount) else { return nil }
        do {
            let money = try Money.parse(text, bookCurrency)
            if money.minorUnits <= 0 { body.refuse("amount", Refusal.amountNotPositive.message) }
            return money
        } catch {
            body.refuse("amount", error.message)
            return nil
        }
    }

    private static func nonEmpty(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }
}
