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
    let pool: BlockingPool
    /// Where uploads are kept while they are read.
    let spoolDirectory: String
    /// An import holds a connection for as long as it takes; most of them must stay free for everybody else.
    let turnstile: Turnstile
    let limits: ImportLimits

    package init(
        database: Database, pool: BlockingPool, spoolDirectory: String, turnstile: Turnstile,
        limits: ImportLimits = ImportLimits()
    ) {
        self.limits = limits
        self.turnstile = turnstile
        self.database = database
        self.pool = pool
        self.spoolDirectory = spoolDirectory
    }

    private enum Input {
        static let filename = QueryField<String>.text(
            "filename", max: 255, "The file's name, when the body is the file itself.")
        static let dryRun = QueryField<Bool>.bool("dryRun", "Only show what the file holds.")
        static let mapping = QueryField<String>.text(
            "mapping", max: 4000, "Corrections of how a CSV file is read, as JSON.")
    }

    private static let resource = RowResource(
        "Import",
        [
            RowColumn("id", "id", .identifier),
            RowColumn("format", "format", .text),
            RowColumn("filename", "filename", .text),
            RowColumn("imported", "imported_count", .integer),
            RowColumn("duplicates", "duplicate_count", .integer),
            RowColumn("rejectedCount", "rejected_count", .integer),
            RowColumn("createdAt", "created_at", .instant),
        ])

    private static let rejectedSchema = Schema.array(
        .object(
            name: "RejectedLine",
            [SchemaProperty("line", .integer()), SchemaProperty("text", .text), SchemaProperty("reason", .text)]))

    private static let lineSchema = Schema.object(
        name: "ImportedLine",
        [
            SchemaProperty("line", .integer()), SchemaProperty("status", .choice(["imported", "duplicate"])),
            SchemaProperty("entryId", .uuid, required: false),
        ])

    private static let outcomeSchema = Schema.object(
        name: "ImportOutcome",
        [
            SchemaProperty("id", .uuid), SchemaProperty("format", .text), SchemaProperty("filename", .text),
            SchemaProperty("imported", .integer()), SchemaProperty("duplicates", .integer()),
            SchemaProperty("rejectedCount", .integer()), SchemaProperty("rejected", rejectedSchema),
            SchemaProperty(
                "results", .array(lineSchema), required: false,
                "Where the first lines went, at most as many as import-results says."),
            SchemaProperty("createdAt", .instant),
        ])

    private static let previewSchema = Schema.object(
        name: "ImportPreview",
        [
            SchemaProperty("format", .text), SchemaProperty("profile", .nullable(.text)),
            SchemaProperty(
                "mapping", .anything, required: false, "How a CSV file is read; change it and send it back."),
            SchemaProperty("columns", .array(.text), required: false, "The names of a CSV file's columns."),
            SchemaProperty("accounts", .array(.anything), "The transactions, by account."),
            SchemaProperty("transactionCount", .integer()), SchemaProperty("rejected", rejectedSchema),
            SchemaProperty("rejectedCount", .integer()),
        ])

    package func register(in routes: inout Routes) {
        routes.tag = "Imports"
        routes.post(
            "/imports", "Import a bank statement (CSV or OFX), or preview it", access: .book(.editEntries),
            query: [Input.filename.declaration, Input.dryRun.declaration, Input.mapping.declaration],
            accepts: .file(["multipart/form-data", "application/octet-stream", "text/csv", "application/x-ofx"]),
            returns: .created(Self.outcomeSchema), or: .data(Self.previewSchema), refuses: [.conflict, .unprocessable],
            handle: create)
        routes.get(
            "/imports", "The latest hundred imports", access: .book(.viewEntries),
            returns: .data(.array(Self.resource.schema)), handle: list)
        routes.get(
            "/imports/{id}", "One import, with its rejected lines", access: .book(.viewEntries),
            returns: .data(Self.outcomeSchema), handle: one)
    }

    @Sendable private func create(_ request: Request) async throws -> HTTPResponse {
        let book = try request.book
        let (filename, dryRun, mappingText) = try request.query(Input.filename, Input.dryRun, Input.mapping)
        let mapping =
            try mappingText.map { try CSVMappingOverride(json: JSONValue.parse(Array($0.utf8))) }
            ?? CSVMappingOverride()
        let upload = try await receive(request, filename: filename)
        let importer = Importer(
            database: database, book: book.id, currency: book.currency, user: try request.principal.user,
            limits: limits)
        if dryRun == true { return try await preview(upload.file, importer, mapping, book.currency) }
        let outcome = try await turnstile.pass {
            try await importer.run(upload.file, filename: upload.name, mapping: mapping)
        }
        return .data(status: 201, message: Self.message(outcome), capacity: 4096) { outcome.write(to: &$0) }
    }

    private func preview(
        _ file: StatementFile, _ importer: Importer, _ mapping: CSVMappingOverride, _ currency: Currency
    ) async throws -> HTTPResponse {
        var preview = StatementPreview(transactionLimit: limits.previewRows, rejectedLimit: limits.rejectedLines)
        let reader = try await file.read(StatementReader(currency: currency, mapping: mapping)) { events in
            for event in events { preview.take(event) }
        }
        let marks = try await importer.marks(for: preview)
        return .data(capacity: 65_536) { preview.write(reader, marks: marks, to: &$0) }
    }

    private static func message(_ outcome: Importer.Outcome) -> String {
        "\(outcome.imported) imported, \(outcome.duplicates) were there already, \(outcome.rejectedCount) rejected."
    }

    @Sendable private func list(_ request: Request) async throws -> HTTPResponse {
        let rows = try await database.query(
            """
            SELECT \(Self.resource.selection) FROM imports
            WHERE book_id = \(try request.book.id) ORDER BY id DESC LIMIT 100
            """)
        return try .data(capacity: 8192) { try Self.resource.write(rows, to: &$0) }
    }

    @Sendable private func one(_ request: Request) async throws -> HTTPResponse {
        let id: ImportID = try request.identifier("id", of: "import")
        let row = try await database.first(
            """
            SELECT id, format, filename, imported_count, duplicate_count, rejected_count, rejected::text, created_at FROM imports
            WHERE book_id = \(try request.book.id) AND id = \(id)
            """)
        guard let row else { throw Refusal.notFound("import") }
        return try .data { writer in
            writer.beginObject()
            writer.key("id")
            writer.identifier(id)
            writer.key("format")
            writer.string(try row.get(1, as: String.self))
            writer.key("filename")
            writer.string(try row.get(2, as: String.self))
            for (key, column) in [("imported", 3), ("duplicates", 4), ("rejectedCount", 5)] {
                writer.key(text: key)
                writer.int(Int64(try row.get(column, as: Int32.self)))
            }
            writer.key("rejected")
            writer.raw(Array(try row.get(6, as: String.self).utf8))
            writer.key("createdAt")
            writer.instant(try row.get(7, as: Instant.self))
            writer.endObject()
        }
    }

    // MARK: The upload

    /// The body as a file on disk: the part called `file` of a form, or the body itself.
    private func receive(_ request: Request, filename: String?) async throws -> (file: StatementFile, name: String) {
        let limit = request.uploadLimit
        let type = MediaType(request.header("content-type") ?? "")
        guard type.essence == "multipart/form-data" else {
            // Whatever else it is called, such as by curl --data-binary, the body is the file.
            let file = try await StatementFile.spool(in: spoolDirectory, limit: limit, pool: pool) {
                try await request.nextChunk()
            }
            return (file, name(filename))
        }
        var parts = try MultipartReader(boundary: type["boundary"] ?? "", limits: request.multipartLimits) {
            try await request.nextChunk()
        }
        while let part = try await parts.nextPart() {
            guard part.name == "file" else { continue }
            let file = try await spool(&parts, limit)
            while try await parts.nextPart() != nil {}
            return (file, name(filename ?? part.filename))
        }
        throw Refusal.invalid("file", "file is required: the statement, as a part of the form.")
    }

    private func spool(_ parts: inout MultipartReader, _ limit: Int) async throws -> StatementFile {
        try await StatementFile.spool(in: spoolDirectory, limit: limit, pool: pool) { try await parts.read() }
    }

    /// Only for showing: never a path.
    private func name(_ name: String?) -> String {
        ImportLine.clean(
            name.map { String($0.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last ?? "") }, max: 255)
            ?? "statement"
    }
}

extension Importer.Outcome {
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("id")
        writer.identifier(id)
        writer.key("format")
        writer.string(format)
        writer.key("filename")
        writer.string(filename)
        writer.key("imported")
        writer.int(Int64(imported))
        writer.key("duplicates")
        writer.int(Int64(duplicates))
        writer.key("rejectedCount")
        writer.int(Int64(rejectedCount))
        writer.key("rejected")
        rejected.write(to: &writer)
        writer.key("results")
        writer.beginArray()
        for result in results {
            writer.beginObject()
            writer.key("line")
            writer.int(Int64(result.line))
            writer.key("status")
            writer.string(result.entry == nil ? "duplicate" : "imported")
            if let entry = result.entry {
                writer.key("entryId")
                writer.identifier(entry)
            }
            writer.endObject()
        }
        writer.endArray()
        writer.key("createdAt")
        writer.instant(createdAt)
        writer.endObject()
    }
}
