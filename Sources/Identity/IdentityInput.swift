import Base
import Books
import HTTP
import JSON

/// What sign-in takes from a body: each field declared once, for reading and for the OpenAPI document.
enum IdentityInput {
    static let email = BodyField<EmailAddress>("email", .string(format: "email", maxLength: EmailAddress.byteLimit)) {
        value throws(FieldProblem) in
        guard let text = value.string else { throw FieldProblem("email should be text.") }
        do throws(InputProblem) { return try EmailAddress(text) } catch { throw FieldProblem(error.message) }
    }.required()
    static let password = BodyField.secret("password", max: Password.byteLimit).required()
    static let firstName = BodyField.text("firstName", aliases: ["first_name"], max: PersonName.characterLimit)
    static let lastName = BodyField.text("lastName", aliases: ["last_name"], max: PersonName.characterLimit)
    static let name = BodyField.text(
        "name", aliases: ["displayName"], max: 2 * PersonName.characterLimit, "First and last name in one.")
    static let terms = BodyField.bool("terms", "Whether the terms were accepted; must be true where it is sent.")
    static let businessName = BodyField.text(
        "businessName", aliases: ["business_name"], max: PersonName.characterLimit,
        "Opens a business book of this name.")
    static let currency = BodyField.text(
        "currency", aliases: ["currency_code"], max: 3, "Of the book: EUR unless given.")
    static let timeZone = BodyField.text(
        "timeZone", aliases: ["timezone"], max: 64, "Of the book, such as Europe/Berlin: UTC unless given.")
    static let session = BodyField.choice(
        "session", of: ["cookie", "token"],
        "With cookie the tokens are set as cookies and are not in the body; then changing requests need X-CSRF-Token.")
    static let mailedToken = BodyField.secret("token", max: 128, "From the link in the letter.").required()
    static let currentPassword = BodyField.secret(
        "currentPassword", max: Password.byteLimit, "Left out only by whoever has none.")
    static let newPassword = BodyField.secret("newPassword", max: Password.byteLimit).required()
    static let endOtherSessions = BodyField.bool(
        "endOtherSessions", "Whether all other sessions end: true unless given.")
    static let ownPassword = BodyField.secret(
        "password", max: Password.byteLimit, "The present one. Left out only by whoever has none.")
    static let optionalPassword = BodyField.secret("password", max: Password.byteLimit)
    static let challenge = BodyField.secret("challenge", max: 128, "From the answer to the first step.")
    static let code = BodyField.secret("code", max: 16, "Six digits of the device.")
    static let recoveryCode = BodyField.secret("recoveryCode", max: 64, "One of those that were written down.")
    static let refreshToken = BodyField.secret(
        "refreshToken", max: 128, "Left out where the refresh cookie is sent.")
    static let setupToken = BodyField.secret("token", max: 128, "From the set-up link.").required()
    static let invitation = BodyField.secret(
        "invitation", max: 128, "From the link of an invitation to this address: the letter confirms the address.")
    static let version = BodyField.int(
        "version", in: 1...Int(Int32.max), "Refuses the change when it is not the newest.")

    static let registration = [
        email.property, password.property, firstName.property, lastName.property, name.property, terms.property,
        businessName.property, currency.property, timeZone.property, session.property,
    ]

    /// Reads and checks the whole; all problems are reported together.
    static func readRegistration(_ body: inout Body, areTermsRequired: Bool) throws(Refusal) -> Registration {
        let email = body.read(email)
        let typed = body.read(password)
        let first = body.read(firstName)
        let last = body.read(lastName)
        let whole = body.read(name)
        let accepted = body.read(terms)
        let business = body.read(businessName)
        let currency = body.read(currency)
        let timeZone = body.read(timeZone)
        let session = body.read(session)
        if accepted == false || body.has(terms) && accepted == nil || areTermsRequired && accepted == nil {
            body.refuse("terms", "terms must be accepted: send true.")
        }
        var name = whole.map { PersonName(whole: $0) } ?? PersonName()
        if let first, !first.isEmpty { name.first = first }
        if let last, !last.isEmpty { name.last = last }
        var chosen: Password?
        if let email, let typed {
            do throws(InputProblem) { chosen = try Password(new: typed, for: email, name: name) } catch {
                body.refuse("password", error.message)
            }
        }
        try body.check()
        guard let email, let chosen else { throw .invalid("body", "email and password are required.") }
        let company = business.flatMap { $0.isEmpty ? nil : $0 }
        return Registration(
            email: email, password: chosen, name: name,
            book: try NewBook(
                name: company ?? "Personal", kind: company == nil ? .personal : .business,
                currency: currency.flatMap { $0.isEmpty ? nil : $0.uppercased() },
                timeZone: timeZone.flatMap { $0.isEmpty ? nil : $0 }),
            transport: session == "cookie" ? .cookie : .bearer)
    }
}
