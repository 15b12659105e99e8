import Base
import Books
import Database
import EventLoop
import Glibc
import HTTP
import Identity
import JSON
import Runtime
import Statements
import Transactions

/// `purser import`: bank statements from files, without the page.
enum ImportCommand {
    static let command = Command(
        name: "import", summary: "Imports bank statements (CSV, OFX, QFX) into a book.",
        usage: "FILE… --user EMAIL [--book ID] [--dry-run] [--json]",
        details: """
            A file is imported whole or not at all, and importing it again adds nothing. Works beside a running server.

              --user EMAIL     Whose book it is; their own one without --book.
              --book ID        Another book that they are a member of.
              --dry-run        Only shows what the files hold. Needs neither a database nor --user.
              --currency CODE  In a dry run: the currency where the file names none. EUR by default.
              --mapping JSON   Corrects how a CSV file is read, as the dry run shows it: {"dateOrder":"dmy"}.
              --json           Results as JSON.
            """,
        switches: ["dry-run", "json"], options: ["user", "book", "currency", "mapping"]
    ) { arguments in
        guard !arguments.positional.isEmpty else { throw UsageProblem("Which file?") }
        let mapping =
            try arguments.values["mapping"].map { try CSVMappingOverride(json: JSONValue.parse(Array($0.utf8))) }
            ?? CSVMappingOverride()
        return try arguments.has("dry-run") ? preview(arguments, mapping) : importFiles(arguments, mapping)
    }

    // MARK: Dry run

    private static func preview(_ arguments: Arguments, _ mapping: CSVMappingOverride) throws -> ExitCode {
        let code = arguments.values["currency"] ?? "EUR"
        guard let currency = Currency(code.uppercased()) else {
            throw UsageProblem("\(code) is not an ISO 4217 code such as EUR.")
        }
        let pool = BlockingPool(threads: 1, queueLimit: 4)
        defer { pool.shutdown() }
        var exit = ExitCode.success
        for path in arguments.positional {
            do {
                let file = try StatementFile.open(path, pool: pool)
                let (reader, preview) = try runBlocking {
                    var preview = StatementPreview(transactionLimit: .max)
                    let reader = try await file.read(StatementReader(currency: currency, mapping: mapping)) { events in
                        for event in events { preview.take(event) }
                    }
                    return (reader, preview)
                }
                if arguments.has("json") {
                    Output.json { preview.write(reader, to: &$0) }
                } else {
                    describe(path, preview, reader)
                }
            } catch let refusal as Refusal {
                Output.error("\(Output.safe(path)): \(refusal.message)")
                exit = .failure
            }
        }
        return exit
    }

    private static func describe(_ path: String, _ preview: StatementPreview, _ reader: StatementReader) {
        Output.line(
            "\(Output.safe(path)): \(reader.format?.rawValue ?? "?"), \(preview.transactionCount) transactions, \(preview.rejectedCount) rejected lines"
        )
        for (account, transaction) in preview.listed {
            let amount = transaction.amount.decimalText
            let padding = String(repeating: " ", count: max(1, 14 - amount.count))
            let text = Output.safe(transaction.payee ?? transaction.memo ?? "")
            Output.line(
                "  \(transaction.date)\(padding)\(amount) \(transaction.amount.currency.code)  \(text)\(account.map { "  (\(Output.safe($0)))" } ?? "")"
            )
        }
        for line in preview.rejected {
            Output.line("  line \(line.line) rejected: \(Output.safe(line.reason))  “\(Output.safe(line.text))”")
        }
    }

    // MARK: Import

    private static func importFiles(_ arguments: Arguments, _ mapping: CSVMappingOverride) throws -> ExitCode {
        guard let email = arguments.values["user"] else { throw UsageProblem("Whose book? Say --user EMAIL.") }
        let requested = try arguments.values["book"].map { text throws(UsageProblem) in
            guard let id = BookID(text) else { throw UsageProblem("--book needs the id of a book.") }
            return id
        }
        let configuration = try Settings.read(arguments)
        let pool = BlockingPool(threads: 2, queueLimit: 16)
        let files = try arguments.positional.map { ($0, try StatementFile.open($0, pool: pool)) }
        let asJSON = arguments.has("json")
        var reading = Importer.Options()
        reading.mapping = mapping
        let options = reading
        return try withBackend(configuration) { backend in
            let importer = try await importer(backend, email: email, requested: requested)
            var exit = ExitCode.success
            for (path, file) in files {
                let name = String(path.split(separator: "/").last ?? "statement")
                do {
                    let outcome = try await importer.run(file, filename: name, options: options) { progress in
                        Output.progress("\(Output.safe(name)): \(progress.lines) lines")
                    }
                    Output.endProgress()
                    report(name, outcome, asJSON: asJSON)
                    if outcome.rejectedCount > 0 { exit = .failure }
                } catch let refusal as Refusal {
                    Output.endProgress()
                    Output.error("\(Output.safe(name)): \(refusal.message) Nothing of it was imported.")
                    exit = .failure
                }
            }
            return exit
        }
    }

    private static func importer(_ backend: Backend, email: String, requested: BookID?) async throws -> Importer {
        let user = try await backend.accounts.user(withEmail: email)
        guard let summary = try await BookStore(backend.database).book(requested, for: user.id) else {
            throw Refusal.notFound("book")
        }
        guard summary.role.permissions.contains(.editEntries) else {
            throw Refusal(.forbidden, "INSUFFICIENT_PERMISSIONS", "\(email) may only look at this book.")
        }
        return Importer(
            database: backend.database, book: summary.book.id, currency: summary.book.currency, user: user.id,
            limits: ImportLimits(backend.configuration))
    }

    private static func report(_ name: String, _ outcome: Importer.Outcome, asJSON: Bool) {
        if asJSON {
            Output.json { outcome.write(to: &$0) }
            return
        }
        Output.line(
            "\(Output.safe(name)): \(outcome.imported) imported, \(outcome.duplicates) were there already, \(outcome.rejectedCount) rejected"
        )
        for line in outcome.rejected {
            Output.line("  line \(line.line): \(Output.safe(line.reason))  “\(Output.safe(line.text))”")
        }
    }
}

/// Runs a command that needs the database, beside a server or alone, and stops what it started.
func withBackend<Value: Sendable>(
    _ configuration: Configuration, _ body: @escaping @Sendable (Backend) async throws -> Value
) throws -> Value {
    let log = Log(level: .warning, format: .text)
    return try runBlocking {
        let backend = try await Backend.start(configuration, log: log, cluster: .ownOrBorrow)
        do {
            let value = try await body(backend)
            await backend.stop()
            return value
        } catch {
            await backend.stop()
            throw error
        }
    }
}
