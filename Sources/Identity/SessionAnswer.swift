import Base
import Books
import HTTP
import HTTPServer
import JSON

extension Accounts {
    /// The answer to whatever signs somebody in: who, their first book, and the tokens the way they asked for them.
    func answer(_ signedIn: SignedIn, status: Int = 200, to request: Request) -> HTTPResponse {
        let delivery = TokenDelivery(
            accounts: self, cookies: SessionCookies(request: request, options: options), session: signedIn.session,
            accessToken: signedIn.accessToken, refreshToken: signedIn.refreshToken)
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
}

extension Request {
    /// A page of another site must not sign its visitor in to an account of its own choosing. Browsers say where a
    /// request comes from; programs do not send this header.
    func refuseForeignPage() throws(Refusal) {
        if header("sec-fetch-site")?.lowercased() == "cross-site" { throw .csrfNotValid }
    }
}
