import Base
import Database
import HTTP
import HTTPServer
import JSON
import Resources

package struct PaymentMethodRoutes: RouteGroup {
    let database: Database
    let idempotency: Idempotency

    package init(database: Database, idempotency: Idempotency) {
        self.database = database
        self.idempotency = idempotency
    }

    private enum Input {
        static let name = BodyField<String>.text("name", max: PaymentMethod.maximumNameLength, min: 1)
        static let kind = BodyField<String>.choice("kind", of: PaymentMethod.Kind.allCases.map(\.rawValue))
        static let isDefault = BodyField<Bool>.bool("isDefault", "Offered first; only one is.")
    }

    package func register(in routes: inout Routes) {
        routes.tag = "Payment methods"
        let schema = PaymentMethodStore.resource.schema
        routes.get(
            "/payment-methods", "The book's payment methods", access: .bookWithinScope(.viewEntries),
            returns: .data(.array(schema)), handle: list)
        routes.post(
            "/payment-methods", "Create", access: .book(.manageCategories),
            accepts: .json(
                "NewPaymentMethod",
                [Input.name.required().property, Input.kind.property, Input.isDefault.property]),
            returns: .created(schema), refuses: [.conflict, .unprocessable], handle: create)
        routes.get(
            "/payment-methods/{id}", "One", access: .bookWithinScope(.viewEntries), returns: .data(schema), handle: one)
        routes.put(
            "/payment-methods/{id}", "Change what the body names", access: .book(.manageCategories),
            accepts: .json(
                "PaymentMethodChange",
                [Input.name.property, Input.kind.property, Input.isDefault.property, EntityTag.bodyField.property]),
            returns: .data(schema), refuses: [.conflict, .preconditionFailed], handle: change)
        routes.delete(
            "/payment-methods/{id}", "Delete; entries go on naming it", access: .book(.manageCategories), handle: delete
        )
    }

    @Sendable private func list(_ request: Request) async throws -> HTTPResponse {
        let rows = try await PaymentMethodStore(connection: database, book: try request.book.id).all()
        return try .data { try PaymentMethodStore.resource.write(rows, to: &$0) }
    }

    @Sendable private func one(_ request: Request) async throws -> HTTPResponse {
        let id: PaymentMethodID = try request.identifier("id", of: "payment method")
        let row = try await PaymentMethodStore(connection: database, book: try request.book.id).one(id)
        guard let row else { throw Refusal.notFound("payment method") }
        return try answer(row)
    }

    @Sendable private func create(_ request: Request) async throws -> HTTPResponse {
        let book = try request.book.id
        let (bytes, parsed) = try await request.bodyAndBytes()
        var body = parsed
        let name = body.read(Input.name.required())
        let kind = body.read(Input.kind).flatMap(PaymentMethod.Kind.init(rawValue:))
        let isDefault = body.read(Input.isDefault)
        try body.check()
        let method = PaymentMethod(
            id: PaymentMethodID.new(), name: name ?? "", kind: kind ?? .other, isDefault: isDefault ?? false, version: 1
        )
        return try await idempotency.run(request, body: bytes) { connection in
            let row = try await database.transaction(joining: connection) { transaction in
                let store = PaymentMethodStore(connection: transaction, book: book)
                guard try await store.lockAll() < PaymentMethod.maximumPerBook else {
                    throw Refusal.tooManyPaymentMethods
                }
                return try await store.insert(method)
            }
            guard let row else { throw Refusal.notFound("book") }
            return try answer(row, status: 201)
        }
    }

    @Sendable private func change(_ request: Request) async throws -> HTTPResponse {
        let id: PaymentMethodID = try request.identifier("id", of: "payment method")
        let book = try request.book.id
        var body = try await request.body()
        let version = try EntityTag.version(request, &body)
        let name = body.read(Input.name)
        let kind = body.read(Input.kind).flatMap(PaymentMethod.Kind.init(rawValue:))
        let isDefault = body.read(Input.isDefault)
        try body.check()
        let row = try await database.transaction { transaction in
            let store = PaymentMethodStore(connection: transaction, book: book)
            _ = try await store.lockAll()
            guard var method = try await store.read(id) else { throw Refusal.notFound("payment method") }
            guard method.version == version else { throw Refusal.staleVersion }
            if let name { method.name = name }
            if let kind { method.kind = kind }
            if let isDefault { method.isDefault = isDefault }
            return try await store.save(method)
        }
        return try answer(row)
    }

    @Sendable private func delete(_ request: Request) async throws -> HTTPResponse {
        let id: PaymentMethodID = try request.identifier("id", of: "payment method")
        let store = PaymentMethodStore(connection: database.writer, book: try request.book.id)
        guard try await store.delete(id) else { throw Refusal.notFound("payment method") }
        return .noContent
    }

    private func answer(_ row: Row, status: Int = 200) throws -> HTTPResponse {
        let version: Int32 = try row.get(PaymentMethodStore.versionColumn)
        return try .data(status: status, fields: [("ETag", EntityTag.text(version))]) {
            try PaymentMethodStore.resource.write(row, to: &$0)
        }
    }
}
