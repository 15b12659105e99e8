import Base
import Database
import HTTP
import HTTPServer
import JSON
import Resources
import Statements

package struct ImportProfileRoutes: RouteGroup {
    let database: Database

    package init(database: Database) { self.database = database }

    private enum Input {
        static let name = BodyField<String>.text("name", max: ImportProfile.maximumNameLength, min: 1)
        static let signature = BodyField<String>.text(
            "signature", max: ImportProfile.maximumSignatureLength,
            "As a preview tells it; files with the same one are read with this profile.")
        static let mapping = BodyField<CSVMappingOverride>(
            "mapping", .anything, "Corrections of how a CSV file is read, as a preview shows them."
        ) { value throws(FieldProblem) in
            do throws(Refusal) { return try CSVMappingOverride(json: value) } catch {
                throw FieldProblem(error.message)
            }
        }
        static let currency = BodyField<String>.text("currency", max: 3, "Of amounts for which the file names none.")

        static let properties = [name.property, signature.property, mapping.property, currency.property]
    }

    package func register(in routes: inout Routes) {
        routes.tag = "Imports"
        let schema = ImportProfile.schema
        routes.get(
            "/import-profiles", "How the files of each bank are read", access: .book(.viewEntries),
            returns: .data(.array(schema)), handle: list)
        routes.post(
            "/import-profiles", "Add a profile", access: .book(.runImports),
            accepts: .json("NewImportProfile", Input.properties), returns: .created(schema),
            refuses: [.conflict, .unprocessable], handle: create)
        routes.get(
            "/import-profiles/{id}", "One profile", access: .book(.viewEntries), returns: .data(schema), handle: one)
        routes.put(
            "/import-profiles/{id}", "Change what the body names", access: .book(.runImports),
            accepts: .json("ImportProfileChange", Input.properties + [EntityTag.bodyField.property]),
            returns: .data(schema), refuses: [.conflict, .preconditionFailed], handle: change)
        routes.delete("/import-profiles/{id}", "Delete a profile", access: .book(.runImports), handle: delete)
    }

    private func answer(_ profile: ImportProfile, status: Int = 200) -> HTTPResponse {
        .data(status: status, fields: [("ETag", EntityTag.text(profile.version))]) { profile.write(to: &$0) }
    }

    @Sendable private func list(_ request: Request) async throws -> HTTPResponse {
        let profiles = try await ImportProfileStore(database, book: try request.book.id).all()
        return .data { writer in
            writer.beginArray()
            for profile in profiles.sorted(by: { ($0.name, $0.id) < ($1.name, $1.id) }) { profile.write(to: &writer) }
            writer.endArray()
        }
    }

    @Sendable private func one(_ request: Request) async throws -> HTTPResponse {
        let id: ImportProfileID = try request.identifier("id", of: "import profile")
        guard let profile = try await ImportProfileStore(database, book: try request.book.id).one(id) else {
            throw Refusal.notFound("import profile")
        }
        return answer(profile)
    }

    private func currency(_ body: inout Body) -> Currency? {
        guard let code = body.read(Input.currency), !code.isEmpty else { return nil }
        let currency = Currency(code.uppercased())
        if currency == nil { body.refuse("currency", "currency should be an ISO 4217 code such as EUR.") }
        return currency
    }

    @Sendable private func create(_ request: Request) async throws -> HTTPResponse {
        var body = try await request.body()
        let name = body.read(Input.name.required())
        let signature = body.read(Input.signature)
        let mapping = body.read(Input.mapping) ?? CSVMappingOverride()
        let currency = currency(&body)
        try body.check()
        let profile = ImportProfile(
            id: ImportProfileID.new(), name: name ?? "", signature: signature.flatMap { $0.isEmpty ? nil : $0 },
            mapping: mapping, currency: currency)
        let (book, user) = (try request.book.id, try request.principal.user)
        try await database.transaction { transaction in
            let store = ImportProfileStore(transaction, book: book)
            guard try await store.insert(profile, by: user) else {
                throw try await store.find(profile.name) == nil ? Refusal.tooManyProfiles : Refusal.profileExists
            }
        }
        return answer(profile, status: 201)
    }

    @Sendable private func change(_ request: Request) async throws -> HTTPResponse {
        let id: ImportProfileID = try request.identifier("id", of: "import profile")
        let book = try request.book.id
        var received = try await request.body()
        let version = try EntityTag.version(request, &received)
        let name = received.read(Input.name)
        let signature = received.read(Input.signature)
        let mapping = received.read(Input.mapping)
        let currency = currency(&received)
        try received.check()
        let body = received
        let changed = try await database.transaction { transaction in
            let store = ImportProfileStore(transaction, book: book)
            guard var profile = try await store.one(id, locked: true) else { throw Refusal.notFound("import profile") }
            guard profile.version == version else { throw Refusal.staleVersion }
            profile.name = name ?? profile.name
            if body.has(Input.signature) { profile.signature = signature.flatMap { $0.isEmpty ? nil : $0 } }
            profile.mapping = mapping ?? profile.mapping
            if body.has(Input.currency) { profile.currency = currency }
            profile.version += 1
            try await store.save(profile)
            return profile
        }
        return answer(changed)
    }

    @Sendable private func delete(_ request: Request) async throws -> HTTPResponse {
        let id: ImportProfileID = try request.identifier("id", of: "import profile")
        guard try await ImportProfileStore(database.writer, book: try request.book.id).delete(id) else {
            throw Refusal.notFound("import profile")
        }
        return .noContent
    }
}
