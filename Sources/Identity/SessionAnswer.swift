import Base
import Books
import HTTP
import HTTPServer
import JSON

extension Accounts {
    /// The answer to whatever signs somebody in: who, their first book, and the tokens the way they asked for them.
    func answer(_ signedIn: SignedIn, status: Int = 200, to request: Request) -> HTTPResponse {
        let delivery = delivery(of: signedIn, to: request)
        return .data(status: status, fields: delivery.cookieFields, capacity: 2048) { writer in
            writer.beginObject()
            writer.key("user")
            IdentityOutput.user.write(signedIn.user, to: &writer)
            writer.key("book")
            if let book = signedIn.books.first { BookSummary.fields.write(book, to: &writer) } else { writer.null() }
            delivery.write(to: &writer)
            writer.endObject()
        }
    }

    func delivery(of signedIn: SignedIn, to request: Request) -> TokenDelivery {
        TokenDelivery(
            accounts: self, cookies: SessionCookies(request: request, options: options), session: signedIn.session,
            accessToken: signedIn.accessToken, refreshToken: signedIn.refreshToken)
    }
}

extension Request {
    /// A page of another site must not sign its visitor in to an account of its own choosing. Browsers say where a
    /// request comes from; programs do not send this header.
    func refuseForeignPage() throws(Refusal) {
        if header("sec-fetch-site")?.lowercased() == "cross-site" { throw .csrfNotValid }
    }

    /// What shows a secret is not repeated: its answer cannot be kept, and doing it again would make another.
    func refuseIdempotencyKey() throws(Refusal) {
        guard header("idempotency-key") == nil else { throw .idempotencyKeyNotPossible }
    }
}

extension Refusal {
    static let idempotencyKeyNotPossible = Refusal(
        .invalid, "IDEMPOTENCY_KEY_NOT_POSSIBLE",
        "The answer shows a secret this once and is not kept, so it cannot be repeated: leave Idempotency-Key out. When an answer is lost, revoke what it made and make another."
    )
}
