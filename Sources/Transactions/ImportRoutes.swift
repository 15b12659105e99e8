import Base
import Database
import EventLoop
import HTTP
import HTTPServer
import JSON
import Resources
import Runtime
import Statements

package struct ImportRoutes: RouteGroup {
    let database: Database
    private let upload: ImportUpload
    /// An import holds a connection for as long as it takes; most of them must stay free for everybody else.
    private let turnstile: Turnstile
    private let limits: ImportLimits
    private let clock: Clock
    private let progress = ImportProgress()

    /// - Parameter spoolDirectory: where uploads are kept while they are read.
    package init(
        database: Database, pool: BlockingPool, spoolDirectory: String, turnstile: Turnstile,
        limits: ImportLimits = ImportLimits(), clock: Clock = .system
    ) {
        self.clock = clock
        self.limits = limits
        self.turnstile = turnstile
        self.database = database
        upload = ImportUpload(spoolDirectory: spoolDirectory, pool: pool)
    }

    private enum Input {
        static let filename = QueryField<String>.text(
            "filename", max: 255, "The file's name, when the body is the file itself.")
        static let dryRun = QueryField<Bool>.bool("dryRun", "Only show what the file holds.")
        static let mapping = QueryField<String>.text(
            "mapping", max: 4000, "Corrections of how a CSV file is read, as JSON.")
        static let profile = QueryField<String>.text(
            "profile", max: 100,
            "The id or the name of the import profile to read a CSV file with. Without it, one that knows the file.")
        static let saveProfile = QueryField<String>.text(
            "saveProfile", max: ImportProfile.maximumNameLength, "Keeps how the CSV file was read, under this name.")
        static let account = QueryField<String>.text(
            "account", max: ImportLine.maximumAccountLength, "The account, where the file does not tell it.")
        static let department = QueryField<String>.text(
            "department", max: 100,
            "In an organisation: the department that all its entries are to be of, by its id or slug. None without it.")
        static let progress = QueryField<String>.text(
            "progress", max: 36, "An id (UUID) made up by the client, to watch it with.")
        static let edited = QueryField<String>.choice(
            "edited", of: ImportUndo.Edited.allCases.map(\.rawValue),
            "What becomes of entries that were changed since: keep (by default) or remove.")
        static let limit = QueryField<Int>.clamped("limit", to: 1...100, "How many, 20 by default.")
        static let lineLimit = QueryField<Int>.clamped("limit", to: 1...1000, "How many, 100 by default.")
        static let cursor = QueryField<String>.text("cursor", max: 100, "nextCursor of the page before.")

        static let creation = [
            filename.declaration, dryRun.declaration, mapping.declaration, profile.declaration,
            saveProfile.declaration, account.declaration, department.declaration, progress.declaration,
        ]
    }

    package func register(in routes: inout Routes) {
        routes.tag = "Imports"
        routes.post(
            "/imports", "Import a bank statement, or preview it", access: .book(.runImports),
            query: Input.creation,
            accepts: .file(["multipart/form-data", "application/octet-stream", "text/csv", "application/x-ofx"]),
            returns: .created(ImportAnswers.outcome), or: .data(ImportAnswers.preview),
            refuses: [.conflict, .unprocessable], handle: create)
        routes.get(
            "/imports", "Imports, newest first", access: .book(.viewEntries),
            query: [Input.limit.declaration, Input.cursor.declaration],
            returns: .page(of: ImportStore.resource.schema), handle: list)
        routes.get(
            "/imports/progress/{id}", "How far an import or an undo is, as server-sent events", access: .signedIn,
            returns: .content("text/event-stream"), refuses: [.unavailable], rateLimit: nil, handle: watch)
        routes.get(
            "/imports/{id}", "One import, with its first rejected lines", access: .book(.viewEntries),
            returns: .data(ImportAnswers.detail), handle: one)
        routes.get(
            "/imports/{id}/rejected", "Every line that was not taken, in the order of the file",
            access: .book(.viewEntries), query: [Input.lineLimit.declaration, Input.cursor.declaration],
            returns: .page(of: ImportStore.rejections.schema), handle: rejected)
        routes.delete(
            "/imports/{id}", "Undo an import", access: .book(.runImports),
            query: [Input.edited.declaration, Input.progress.declaration], returns: .data(ImportAnswers.undone),
            refuses: [.conflict], handle: undo)
    }

    // MARK: Importing

    @Sendable private func create(_ request: Request) async throws -> HTTPResponse {
        let book = try request.book
        let user = try request.principal.user
        let (filename, dryRun, mapping, profile, saveProfile, account, department, watched) = try request.query(
            Input.filename, Input.dryRun, Input.mapping, Input.profile, Input.saveProfile, Input.account,
            Input.department, Input.progress)
        var options = Importer.Options()
        if let mapping { options.mapping = try CSVMappingOverride(json: JSONValue.parse(Array(mapping.utf8))) }
        options.profile = profile
        options.saveProfile = saveProfile
        options.account = account
        options.department = try await DepartmentChoice.ofImport(department, database, book)
        let importer = Importer(
            database: database, book: book.id, currency: book.currency, user: user, limits: limits,
            today: CalendarDate.of(clock.now(), in: book.timeZone))
        if dryRun == true {
            return try await preview(try await upload.receive(request, filename: filename).file, importer, options)
        }
        let outcome = try await told(watched, user) { tell in
            let (file, name) = try await upload.receive(request, filename: filename)
            return try await turnstile.pass {
                try await importer.run(file, filename: name, options: options, progress: tell)
            }
        }
        return .data(status: 201, message: Self.message(outcome), capacity: 4096) { outcome.write(to: &$0) }
    }

    /// Whoever knows the id can watch how far `work` is.
    private func told<Value>(
        _ watched: String?, _ user: UserID,
        _ work: (@escaping @Sendable (Importer.Progress) -> Void) async throws -> Value
    ) async throws -> Value {
        guard let watched else { return try await work { _ in } }
        guard let id = Identifier<ImportProgress>(watched) else {
            throw Refusal.invalid("progress", "progress should be a UUID.")
        }
        let key = ImportProgress.Key(user: user, id: id)
        progress.begin(key)
        do {
            let value = try await work { [progress] in progress.update(key, $0) }
            progress.end(key, .done)
            return value
        } catch {
            progress.end(key, .failed)
            throw error
        }
    }

    private func preview(
        _ file: StatementFile, _ importer: Importer, _ options: Importer.Options
    ) async throws -> HTTPResponse {
        var preview = StatementPreview(transactionLimit: limits.previewRows, rejectedLimit: limits.rejectedLines)
        let profiles = try await importer.profiles(options, database)
        let reader = try await file.read(profiles.reader(importer.currency, options.mapping, today: importer.today)) {
            events in
            for event in events { preview.take(event) }
        }
        let marks = try await importer.marks(for: preview, account: options.account)
        return .data(capacity: 65_536) { preview.write(reader, marks: marks, profile: profiles.used(reader), to: &$0) }
    }

    private static func message(_ outcome: Importer.Outcome) -> String {
        "\(outcome.imported) imported, \(outcome.duplicates) were there already, \(outcome.rejectedCount) rejected."
    }

    @Sendable private func watch(_ request: Request) async throws -> HTTPResponse {
        // Any text will do: an import with such an id never begins.
        let id: Identifier<ImportProgress> = try request.identifier("id", of: "import")
        return try progress.watch(ImportProgress.Key(user: try request.principal.user, id: id))
    }

    @Sendable private func undo(_ request: Request) async throws -> HTTPResponse {
        let id: ImportID = try request.identifier("id", of: "import")
        let (chosen, watched) = try request.query(Input.edited, Input.progress)
        let edited = chosen.flatMap(ImportUndo.Edited.init(rawValue:)) ?? .keep
        let user = try request.principal.user
        let undo = ImportUndo(
            book: try request.book.id, user: user, anyones: try request.book.permissions.contains(.editEntries))
        let result = try await told(watched, user) { tell in
            try await turnstile.pass { try await undo.run(id, edited: edited, database, progress: tell) }
        }
        return .data { writer in
            writer.beginObject()
            writer.key("id")
            writer.identifier(id)
            writer.key("removed")
            writer.int(result.removed)
            writer.key("kept")
            writer.int(result.kept)
            writer.endObject()
        }
    }

    // MARK: Reading

    @Sendable private func list(_ request: Request) async throws -> HTTPResponse {
        let (asked, text) = try request.query(Input.limit, Input.cursor)
        let limit = asked ?? 20
        let cursor = try text.map { text throws(Refusal) in try PageCursor(text).id(as: ImportTag.self) }
        let rows = try await database.query(
            ImportStore.list(book: try request.book.id, before: cursor, limit: limit))
        var meta = Meta(limit: limit, nextCursor: .some(nil))
        if rows.count > limit {
            // These lists go by the id alone, so the cursor's day says nothing.
            meta.nextCursor = PageCursor(date: .first, id: try rows[limit - 1].get(0, as: ImportID.self)).text
        }
        return try .data(meta: meta, capacity: 8192) { writer in
            writer.beginArray()
            for row in rows.prefix(limit) { try ImportStore.resource.write(row, to: &writer) }
            writer.endArray()
        }
    }

    @Sendable private func one(_ request: Request) async throws -> HTTPResponse {
        let id: ImportID = try request.identifier("id", of: "import")
        let book = try request.book.id
        let results = try await database.pipeline([
            ImportStore.one(id, book: book),
            ImportStore.rejected(id, book: book, after: 0, limit: limits.rejectedLines),
        ])
        guard let row = results[0].first else { throw Refusal.notFound("import") }
        return try .data(capacity: 1024) { try ImportAnswers.write(row, rejected: results[1], to: &$0) }
    }

    @Sendable private func rejected(_ request: Request) async throws -> HTTPResponse {
        let id: ImportID = try request.identifier("id", of: "import")
        let book = try request.book.id
        let (asked, text) = try request.query(Input.lineLimit, Input.cursor)
        let limit = asked ?? 100
        let last = try text.map { text throws(Refusal) in
            guard let number = Int32(text), number > 0 else { throw .invalidCursor }
            return number
        }
        let results = try await database.pipeline([
            ImportStore.one(id, book: book),
            ImportStore.rejected(id, book: book, after: last ?? 0, limit: limit + 1),
        ])
        guard !results[0].isEmpty else { throw Refusal.notFound("import") }
        let rows = results[1]
        var meta = Meta(limit: limit, nextCursor: .some(nil))
        if rows.count > limit {
            meta.nextCursor = String(try rows[limit - 1].get(ImportStore.numberColumn, as: Int32.self))
        }
        return try .data(meta: meta, capacity: 256 + rows.count * 128) { writer in
            writer.beginArray()
            for row in rows.prefix(limit) { try ImportStore.rejections.write(row, to: &writer) }
            writer.endArray()
        }
    }
}
