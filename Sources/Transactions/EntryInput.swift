import Base
import Categories
import HTTP
import JSON

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
        "categoryId", max: 100, "An id, a slug or a name. Without it, unsorted.")
    static let categoryName = BodyField<String>.text(
        "category", max: Category.maximumNameLength,
        "As categoryId, but a category that is not there is made. categoryId goes before.")
    static let date = BodyField<CalendarDate>.date(
        "transactionDate", aliases: ["date"], "The day, in the book's time zone. Without it, today.")
    static let status = BodyField<String>.choice("status", of: Entry.Status.allCases.map(\.name))
    static let paymentMethod = BodyField<String>.text(
        "paymentMethod", aliases: ["payment_method"], max: PaymentMethod.maximumNameLength,
        "One of the book's payment methods, or any other text.")
    static let paymentMethodID = BodyField<PaymentMethodID>(
        "paymentMethodId", .uuid, "One of the book's payment methods. It goes before paymentMethod."
    ) { value throws(FieldProblem) in
        guard let id = value.string.flatMap({ PaymentMethodID($0) }) else {
            throw FieldProblem("paymentMethodId should be the id of a payment method.")
        }
        return id
    }
    static let tags = BodyField<[String]>.texts("tags", max: Entry.maximumTagLength, maxCount: Entry.maximumTags)

    static let department = BodyField<String>.text(
        "departmentId", aliases: ["department"], max: 100,
        "In an organisation: a department's id or slug. Without it, your own.")

    static let properties: [SchemaProperty] = [
        amount.property, currency.property, merchant.property, description.property, notes.property, category.property,
        categoryName.property, date.property, status.property, paymentMethod.property, paymentMethodID.property,
        LocationInput.field.property, tags.property, department.property,
    ]

    /// A new entry from a body.
    static func new(
        _ body: inout Body, kind: Entry.Kind, id: EntryID, currency bookCurrency: Currency, today: CalendarDate
    ) throws(Refusal) -> Entry {
        let amount = readAmount(&body, bookCurrency, isRequired: true)
        let merchant = body.read(merchant)
        let description = body.read(description)
        let notes = body.read(notes)
        let category = readCategory(&body)
        let date = body.read(date)
        let status = body.read(status).flatMap(Entry.Status.init(named:))
        let payment = readPayment(&body)
        let location = body.read(LocationInput.field)
        let tags = body.read(tags)
        let department = readDepartment(&body)
        try body.check()
        guard let amount else { throw .amountNotPositive }
        var entry = try Entry.record(
            id: id, kind: kind, amount: amount, occurredOn: date ?? today, category: category,
            status: status ?? .completed,
            merchant: nonEmpty(merchant), description: nonEmpty(description), notes: nonEmpty(notes),
            payment: payment, location: location ?? nil, tags: tags ?? [])
        entry.department = department
        return entry
    }

    /// Sent as null it is none.
    static func readDepartment(_ body: inout Body) -> DepartmentReference {
        body.has(department) ? DepartmentReference(body.read(department)) : .unsaid
    }

    /// Changes what the body names; what it sends as null is cleared.
    static func change(_ entry: inout Entry, _ body: inout Body) throws(Refusal) {
        if let amount = readAmount(&body, entry.amount.currency, isRequired: false) { entry.amount = amount }
        if body.has(merchant) { entry.merchant = nonEmpty(body.read(merchant)) }
        if body.has(description) { entry.description = nonEmpty(body.read(description)) }
        if body.has(notes) { entry.notes = nonEmpty(body.read(notes)) }
        if body.has(category) || body.has(categoryName) { entry.category = readCategory(&body) }
        if let date = body.read(date) { entry.occurredOn = date }
        if let status = body.read(status).flatMap(Entry.Status.init(named:)) { entry.status = status }
        if body.has(paymentMethod) || body.has(paymentMethodID) { entry.payment = readPayment(&body) }
        if body.has(LocationInput.field) { entry.location = body.read(LocationInput.field) ?? nil }
        if body.has(tags) { entry.tags = Entry.unique(body.read(tags) ?? []) }
        if body.has(department) { entry.department = readDepartment(&body) }
        try body.check()
        try Entry.check(entry.amount)
        try Entry.check(entry.occurredOn)
    }

    static func readCategory(_ body: inout Body) -> CategoryReference {
        let reference = CategoryReference(body.read(category))
        guard case .unsorted = reference else { return reference }
        guard case .named(let name) = CategoryReference(body.read(categoryName)) else {
            return CategoryReference(body.read(categoryName))
        }
        return .namedOrNew(name)
    }

    static func readPayment(_ body: inout Body) -> Payment {
        if let id = body.read(paymentMethodID) { return .id(id) }
        return nonEmpty(body.read(paymentMethod)).map(Payment.named) ?? .none
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

    static func nonEmpty(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }
}
