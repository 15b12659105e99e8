import Base
import Database
import HTTP
import JSON
import Statements

package enum ImportProfileTag {}
package typealias ImportProfileID = Identifier<ImportProfileTag>

/// How the files of one bank are read, kept under a name and found again by what they have in common.
package struct ImportProfile: Equatable, Sendable {
    package static let maximumCount = 200
    package static let maximumNameLength = 100
    package static let maximumSignatureLength = 200

    package let id: ImportProfileID
    package var name: String
    /// Nil for one that is used only when it is asked for.
    package var signature: String?
    package var mapping: CSVMappingOverride
    /// Of amounts for which the file names none; nil is the book's.
    package var currency: Currency?
    package var version: Int32 = 1

    /// What a reader does with it.
    var override: CSVMappingOverride {
        var override = mapping
        override.currency = mapping.currency ?? currency
        return override
    }
}

/// The profiles that one file may be read with.
struct ProfileChoice: Sendable {
    /// The one that was asked for.
    var named: ImportProfile?
    /// Otherwise those that are recognised by their signature.
    var candidates: [ImportProfile] = []

    func reader(
        _ currency: Currency, _ mapping: CSVMappingOverride, today: CalendarDate?
    ) -> StatementReader {
        StatementReader(
            currency: currency, mapping: named.map { mapping.over($0.override) } ?? mapping,
            profiles: named != nil
                ? []
                : candidates.compactMap { profile in
                    profile.signature.map {
                        StatementProfile(name: profile.name, signature: $0, mapping: profile.override)
                    }
                }, today: today)
    }

    /// The name of the one that was used: none where nothing of it can matter, as in OFX. A QIF file, which tells neither
    /// the order of its dates nor its decimal mark, may be read with one that was asked for.
    func used(_ reader: StatementReader) -> String? {
        reader.mapping == nil ? nil : named?.name ?? reader.profile
    }
}

extension Importer {
    func profiles(_ options: Options, _ connection: any Queryable) async throws -> ProfileChoice {
        let store = ImportProfileStore(connection, book: book)
        guard let wanted = options.profile else { return ProfileChoice(candidates: try await store.all()) }
        guard let profile = try await store.find(wanted) else {
            throw Refusal.invalid("profile", "There is no import profile of this name or id in the book.")
        }
        return ProfileChoice(named: profile)
    }

    /// Keeps how a CSV file was read, for the next one like it.
    func saveProfile(_ options: Options, _ reader: StatementReader, _ connection: any Queryable) async throws {
        guard let name = options.saveProfile, let mapping = reader.mapping, let signature = reader.signature else {
            return
        }
        try await ImportProfileStore(connection, book: book).keep(
            ImportProfile(
                id: ImportProfileID.new(), name: name, signature: signature,
                mapping: options.mapping.over(mapping.lasting)), by: user)
    }
}

/// Every statement that touches `import_profiles`.
package struct ImportProfileStore: Sendable {
    let connection: any Queryable
    let book: BookID

    package init(_ connection: any Queryable, book: BookID) {
        self.connection = connection
        self.book = book
    }

    private static let columns: SQL = "id, name, signature, mapping::text, currency, version"

    /// The one that was changed last comes first: of two with the same signature, it counts.
    package func all() async throws -> [ImportProfile] {
        try await connection.query(
            """
            SELECT \(Self.columns) FROM import_profiles
            WHERE book_id = \(book) ORDER BY updated_at DESC, id DESC LIMIT \(ImportProfile.maximumCount)
            """
        ).map(ImportProfile.init)
    }

    /// By its id or its name.
    func find(_ reference: String) async throws -> ImportProfile? {
        try await connection.first(
            """
            SELECT \(Self.columns) FROM import_profiles
            WHERE book_id = \(book) AND (id = \(ImportProfileID(reference)) OR name = \(reference))
            ORDER BY (id = \(ImportProfileID(reference))) DESC NULLS LAST LIMIT 1
            """
        ).map(ImportProfile.init)
    }

    func one(_ id: ImportProfileID, locked: Bool = false) async throws -> ImportProfile? {
        var sql: SQL = "SELECT \(Self.columns) FROM import_profiles WHERE book_id = \(book) AND id = \(id)"
        if locked { sql.append(" FOR UPDATE") }
        return try await connection.first(sql).map(ImportProfile.init)
    }

    /// Locks the book against other profiles until commit: their number is of all together.
    private func lockAll() async throws {
        _ = try await connection.query("SELECT FROM books WHERE id = \(book) FOR NO KEY UPDATE")
    }

    /// False when the name is taken, or the book has as many as it may have. In a transaction.
    func insert(_ profile: ImportProfile, by user: UserID) async throws -> Bool {
        try await lockAll()
        return try await connection.run(
            """
            INSERT INTO import_profiles (book_id, id, name, signature, mapping, currency, created_by)
            SELECT \(book), \(profile.id), \(profile.name), \(profile.signature), \(profile.mappingText),
                \(profile.currency), \(user)
            WHERE (SELECT count(*) FROM import_profiles WHERE book_id = \(book)) < \(ImportProfile.maximumCount)
            ON CONFLICT (book_id, name) DO NOTHING
            """) > 0
    }

    /// - Throws: a refusal when another one has the name.
    func save(_ profile: ImportProfile) async throws {
        do {
            _ = try await connection.run(
                """
                UPDATE import_profiles SET name = \(profile.name), signature = \(profile.signature),
                    mapping = \(profile.mappingText), currency = \(profile.currency), version = \(profile.version),
                    updated_at = now()
                WHERE book_id = \(book) AND id = \(profile.id)
                """)
        } catch let error as DatabaseError where error.constraint == "import_profiles_name_key" {
            throw Refusal.profileExists
        }
    }

    /// Stores it, in place of the one with the same name. In a transaction.
    func keep(_ profile: ImportProfile, by user: UserID) async throws {
        try await lockAll()
        let kept = try await connection.run(
            """
            INSERT INTO import_profiles AS p (book_id, id, name, signature, mapping, created_by)
            SELECT \(book), \(profile.id), \(profile.name), \(profile.signature), \(profile.mappingText), \(user)
            WHERE (SELECT count(*) FROM import_profiles WHERE book_id = \(book)) < \(ImportProfile.maximumCount)
                OR EXISTS (SELECT FROM import_profiles WHERE book_id = \(book) AND name = \(profile.name))
            ON CONFLICT (book_id, name) DO UPDATE
            SET signature = excluded.signature, mapping = excluded.mapping, version = p.version + 1, updated_at = now()
            """)
        guard kept > 0 else { throw Refusal.tooManyProfiles }
    }

    func delete(_ id: ImportProfileID) async throws -> Bool {
        try await connection.run("DELETE FROM import_profiles WHERE book_id = \(book) AND id = \(id)") > 0
    }
}

extension ImportProfile {
    fileprivate init(_ row: Row) throws {
        self.init(
            id: try row.get(0), name: try row.get(1), signature: try row.get(2),
            mapping: try CSVMappingOverride(json: JSONValue.parse(Array(try row.get(3, as: String.self).utf8))),
            currency: try row.get(4), version: try row.get(5))
    }

    fileprivate var mappingText: JSONText {
        var writer = JSONWriter()
        mapping.write(to: &writer)
        return JSONText(writer.bytes)
    }

    static let schema = Schema.object(
        name: "ImportProfile",
        [
            SchemaProperty("id", .uuid), SchemaProperty("name", .text), SchemaProperty("signature", .nullable(.text)),
            SchemaProperty("mapping", .anything), SchemaProperty("currency", .nullable(.currency)),
            SchemaProperty("version", .integer()),
        ])

    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("id")
        writer.identifier(id)
        writer.key("name")
        writer.string(name)
        writer.key("signature")
        writer.string(signature)
        writer.key("mapping")
        mapping.write(to: &writer)
        writer.key("currency")
        writer.string(currency?.code)
        writer.key("version")
        writer.int(version)
        writer.endObject()
    }
}

extension Refusal {
    static let tooManyProfiles = Refusal(
        .unprocessable, "TOO_MANY_PROFILES",
        "A book can have at most \(ImportProfile.maximumCount) import profiles.")
    static let profileExists = Refusal(.conflict, "PROFILE_EXISTS", "There is an import profile of this name already.")
}
