import Audit
import Base
import Books
import Database
import HTTP
import HTTPServer
import JSON
import Outbound
import Resources
import Runtime

/// `/api-keys`, `/service-keys`, and what services ask of tokens.
package struct KeyRoutes: RouteGroup {
    let keys: APIKeys
    let accounts: Accounts

    package init(keys: APIKeys, accounts: Accounts) {
        self.keys = keys
        self.accounts = accounts
    }

    enum Input {
        static let name = BodyField<String>.text("name", max: APIKey.nameLength, min: 1, "What it is for.").required()
        static let scopes = BodyField<[String]>.texts(
            "scopes", max: 40, maxCount: 64,
            "What it may do, at most what you may: \(Permission.everything.names.joined(separator: ", "))."
        ).required()
        static let serviceScopes = BodyField<[String]>.texts(
            "scopes", max: 40, maxCount: 16,
            "What it may do: \(ServiceScope.allCases.map(\.rawValue).joined(separator: ", "))."
        ).required()
        static let book = BodyField<BookID>("bookId", .uuid, "The only book that it opens; without it, all of yours.") {
            value throws(FieldProblem) in
            guard let id = value.string.flatMap({ BookID($0) }) else {
                throw FieldProblem("bookId should be the id of a book.")
            }
            return id
        }
        static let days = BodyField<Int>.int(
            "expiresInDays", in: 1...APIKey.longest, "In how many days it expires. A service's: 90 unless given.")
        static let token = BodyField<String>.secret("token", max: 8192).required()
        static let user = BodySchema.json(
            "APIKeyInput", [name.property, scopes.property, book.property, days.property])
        static let service = BodySchema.json("ServiceKeyInput", [name.property, serviceScopes.property, days.property])
        static let validation = BodySchema.json("TokenValidation", [token.property])
    }

    package func register(in routes: inout Routes) {
        routes.tag = "Keys"
        let listed = APIKey.listed.schema
        let made = APIKey.made.schema
        routes.get(
            "/api-keys", "Your keys", access: .session, returns: .data(.array(listed)), handle: listOwn)
        routes.post(
            "/api-keys", "Make a key for a program of yours; it is shown this once, so Idempotency-Key is refused",
            access: .session,
            accepts: Input.user, returns: .created(made), refuses: [.invalid, .notFound, .conflict], handle: makeOwn)
        routes.delete(
            "/api-keys/{id}", "Revoke a key: it is refused from the next request on", access: .session,
            handle: revokeOwn)
        routes.get(
            "/service-keys", "Keys of services", access: .administrator, returns: .data(.array(listed)),
            handle: listServices)
        routes.post(
            "/service-keys", "Make a key for a service; it is shown this once, so Idempotency-Key is refused",
            access: .administrator,
            accepts: Input.service, returns: .created(made), refuses: [.invalid, .conflict], handle: makeService)
        routes.delete(
            "/service-keys/{id}", "Revoke a service's key", access: .administrator, handle: revokeService)
        routes.post(
            "/auth/validate-token", "Whether a token or a key is valid, and whose it is. For services",
            access: .service(.validateToken), accepts: Input.validation, returns: .data(TokenReport.schema),
            handle: validate)
    }

    // MARK: A person's

    @Sendable private func listOwn(_ request: Request) async throws -> HTTPResponse {
        let list = try await keys.list(of: try request.principal.user)
        return .data { APIKey.listed.write(list, to: &$0) }
    }

    @Sendable private func makeOwn(_ request: Request) async throws -> HTTPResponse {
        try request.refuseIdempotencyKey()
        try await accounts.requireFresh(request)
        let principal = try request.principal
        var body = try await request.body()
        let name = body.read(Input.name)
        let scopes = body.read(Input.scopes)
        let book = body.read(Input.book)
        let days = body.read(Input.days)
        for scope in scopes ?? [] where Permission(name: scope) == nil {
            body.refuse("scopes", "“\(scope)” is nothing that a key may do.")
        }
        if scopes?.isEmpty == true { body.refuse("scopes", "A key needs at least one scope.") }
        try body.check()
        let wanted = APIKeys.Wanted(
            name: name ?? "", scopes: Array(Set(scopes ?? [])).sorted(), book: book, expiresAt: days.map(expiry))
        let made = try await keys.make(
            wanted, for: principal.user, by: .init(principal), from: .init(request)
        ) { [accounts] transaction in
            guard let user = try await UserStore(queryable: transaction).find(principal.user) else { return }
            try await accounts.send(
                .keyMade(name: wanted.name, scopes: wanted.scopes.joined(separator: ", ")), to: user, in: transaction)
        }
        return .data(status: 201) { APIKey.made.write(made, to: &$0) }
    }

    @Sendable private func revokeOwn(_ request: Request) async throws -> HTTPResponse {
        try await accounts.requireFresh(request)
        let principal = try request.principal
        try await keys.revoke(
            try request.identifier("id", of: "key"), of: principal.user, by: .init(principal), from: .init(request))
        return .noContent
    }

    private func expiry(_ days: Int) -> Instant { keys.clock.now() + .seconds(Int64(days) * 86_400) }

    // MARK: Services

    @Sendable private func listServices(_ request: Request) async throws -> HTTPResponse {
        let list = try await keys.list(of: nil)
        return .data { APIKey.listed.write(list, to: &$0) }
    }

    @Sendable private func makeService(_ request: Request) async throws -> HTTPResponse {
        try request.refuseIdempotencyKey()
        try await accounts.requireFresh(request)
        let principal = try request.principal
        var body = try await request.body()
        let name = body.read(Input.name)
        let scopes = body.read(Input.serviceScopes)
        let days = body.read(Input.days) ?? 90
        for scope in scopes ?? [] where ServiceScope(rawValue: scope) == nil {
            body.refuse("scopes", "“\(scope)” is nothing that a service may do.")
        }
        if scopes?.isEmpty == true { body.refuse("scopes", "A key needs at least one scope.") }
        try body.check()
        let wanted = APIKeys.Wanted(
            name: name ?? "", scopes: Array(Set(scopes ?? [])).sorted(), expiresAt: expiry(days))
        let made = try await keys.make(wanted, for: nil, by: .init(principal), from: .init(request))
        return .data(status: 201) { APIKey.made.write(made, to: &$0) }
    }

    @Sendable private func revokeService(_ request: Request) async throws -> HTTPResponse {
        try await accounts.requireFresh(request)
        let principal = try request.principal
        try await keys.revoke(
            try request.identifier("id", of: "key"), of: nil, by: .init(principal), from: .init(request))
        return .noContent
    }

    @Sendable private func validate(_ request: Request) async throws -> HTTPResponse {
        var body = try await request.body()
        let token = body.read(Input.token) ?? ""
        try body.check()
        let report = try await TokenReport.of(token, accounts: accounts, keys: keys)
        return .data { report.write(to: &$0) }
    }
}
