import Base
import Books
import EventLoop
import Glibc
import HTTP
import JSON
import Runtime
import Statements
import Transactions

/// `purser import`: bank statements from files, without the page.
enum ImportCommand {
    static let command = Command(
        name: "import", summary: "Imports bank statements (CSV, OFX, QFX, QIF, CAMT, MT940) into a book.",
        usage: "FILE… --user EMAIL [--book BOOK] [--dry-run] [--json]",
        details: """
            A file is imported whole or not at all, and importing it again adds nothing. `-` is standard input. Works beside
            a running server. `purser imports` lists what was imported, and takes an import back.

            \(BookSession.help)
              --dry-run            Only shows what the files hold. Without --user it needs neither a database nor a server;
                                   with it, it also shows what is in the book already, and the category of the rest.
              --profile NAME       Reads CSV files with this import profile (a name or an id) of the book. Without it, the
                                   profile that fits a file by its columns is found.
              --save-profile NAME  Keeps how the CSV file was read, for the next one like it.
              --mapping JSON       Corrects how a CSV file is read, as the dry run shows it: {"dateOrder":"dmy"}.
                                   A file whose dates can be read with the day first and the month first is not
                                   imported before one of them is chosen, so or by a profile.
              --account NAME       The account, for files that do not name it.
              --department NAME    In an organisation: the department (a name, a slug or an id) that all entries are to be
                                   of. Of none without it.
              --currency CODE      In a dry run without --user: the currency where the file names none. EUR by default.
              --json               Results as JSON, a line for each file.

            Examples:
              purser import statement.csv --dry-run
              purser import statement.csv --user ada@example.org
              purser import *.sta --user ada@example.org --book Household
              curl -s https://bank.example/export | purser import - --user ada@example.org --account Giro

            With 1 it says that a file was refused or lines were rejected; what is said of the file tells which. A dry run
            ends with 0 whenever it could read the files.
            """,
        switches: ["dry-run", "json"],
        options: BookSession.options.union(["currency", "mapping", "profile", "save-profile", "account", "department"])
    ) { arguments in
        guard !arguments.positional.isEmpty else { throw UsageProblem("Which file?") }
        let mapping =
            try arguments.values["mapping"].map { try CSVMappingOverride(json: JSONValue.parse(Array($0.utf8))) }
            ?? CSVMappingOverride()
        if arguments.positional.count(where: { $0 == "-" }) > 1 {
            throw UsageProblem("Standard input can be read once only.")
        }
        if arguments.has("dry-run") {
            if arguments.values["save-profile"] != nil {
                throw UsageProblem("A dry run saves nothing: leave out --save-profile, or --dry-run.")
            }
            if arguments.values["user"] != nil { return try ImportPreview.inBook(arguments) }
            for name in ["profile", "book", "department"] where arguments.values[name] != nil {
                throw UsageProblem("--\(name) is about a book. Say whose with --user EMAIL.")
            }
            return try ImportPreview.alone(arguments, mapping)
        }
        guard arguments.values["user"] != nil else { throw UsageProblem("Whose book? Say --user EMAIL.") }
        return try importFiles(arguments, mapping)
    }

    private static func importFiles(_ arguments: Arguments, _ mapping: CSVMappingOverride) throws -> ExitCode {
        // Wrong settings, before anything is read.
        _ = try Settings.read(arguments)
        let pool = BlockingPool(threads: 2, queueLimit: 16)
        let files = GivenFile.open(arguments.positional, pool: pool)
        guard !files.isEmpty else { return .failure }
        var reading = Importer.Options()
        reading.mapping = mapping
        reading.profile = arguments.values["profile"]
        reading.saveProfile = arguments.values["save-profile"]
        reading.account = arguments.values["account"]
        // A wrong guess would bring in again, on other days, what is there already.
        reading.refusesDates = { DateOrderWords.refusal($0.text, $0.dayFirst.description, $0.monthFirst.description) }
        let (stated, department) = (reading, arguments.values["department"])
        let asJSON = arguments.has("json")
        let isComplete = files.count == arguments.positional.count
        return try BookSession.run(arguments) { session in
            var options = stated
            if let department { options.department = DepartmentID(try await DepartmentNames(session).id(department)) }
            let importer = try await session.importer()
            var exit = isComplete ? ExitCode.success : .failure
            for given in files {
                let progress = Progress(given.name)
                do {
                    let outcome = try await importer.run(given.file, filename: given.name, options: options) { state in
                        if state.phase == .sorting {
                            progress.stage("putting \(Numbers.grouped(state.lines)) lines into the book …")
                        } else {
                            progress.update(
                                done: state.bytes, total: state.totalBytes, count: state.lines, "lines")
                        }
                    }
                    progress.end()
                    report(given.name, outcome, asJSON: asJSON)
                    if outcome.rejectedCount > 0 { exit = .failure }
                } catch let refusal as Refusal {
                    progress.end()
                    // Every other file would be refused for it as well.
                    if refusal.fields.contains(where: { ["profile", "department"].contains($0.field) }) {
                        throw refusal
                    }
                    Output.error("\(Output.safe(given.name)): \(refusal.message) Nothing of it was imported.")
                    exit = .failure
                }
            }
            return exit
        }
    }

    private static func report(_ name: String, _ outcome: Importer.Outcome, asJSON: Bool) {
        if asJSON {
            Output.json { outcome.write(to: &$0) }
            return
        }
        var summary =
            "\(Output.safe(name)): \(outcome.imported) imported, \(outcome.duplicates) were there already, \(outcome.rejectedCount) rejected"
        if let department = outcome.department { summary += " (of “\(Output.safe(department.name))”)" }
        if let profile = outcome.profile { summary += " (profile “\(Output.safe(profile))”)" }
        Output.line(outcome.rejectedCount > 0 ? Style.yellow(summary) : summary)
        Output.lines(outcome.rejected.map(Self.line))
        if outcome.rejectedCount > outcome.rejected.count {
            Output.line(
                "  … and \(outcome.rejectedCount - outcome.rejected.count) more: purser imports show \(outcome.id)")
        }
    }

    static func line(_ rejected: RejectedLine) -> String {
        "  line \(rejected.line): \(Output.safe(rejected.reason))  “\(Output.safe(rejected.text))”"
    }
}

/// Dates that can be read in two orders.
enum DateOrderWords {
    static func refusal(_ text: String, _ dayFirst: String, _ monthFirst: String) -> Refusal {
        Refusal(.unprocessable, "AMBIGUOUS_DATES", sentences(text, dayFirst, monthFirst))
    }

    private static func sentences(_ text: String, _ dayFirst: String, _ monthFirst: String) -> String {
        """
        The dates can be read with the day first or with the month first: the first one, “\(Output.safe(text))”, is \
        \(dayFirst) with --mapping '{"dateOrder":"dmy"}' and \(monthFirst) with --mapping '{"dateOrder":"mdy"}'. \
        Say which.
        """
    }

    /// Of a mapping as the API answers it; nil where nothing is to be chosen.
    static func refusal(_ mapping: JSONValue?) -> Refusal? {
        guard let dates = mapping?["ambiguousDates"], let text = dates["text"]?.string,
            let dayFirst = dates["dmy"]?.string, let monthFirst = dates["mdy"]?.string
        else { return nil }
        return refusal(text, dayFirst, monthFirst)
    }
}

/// A file as it was named in the call, open.
struct GivenFile: Sendable {
    /// As it is shown and kept: without the folders before it.
    let name: String
    let file: StatementFile

    /// Those that can be opened; what is wrong with the others is said.
    static func open(_ paths: [String], pool: BlockingPool) -> [GivenFile] {
        paths.compactMap { path in
            do { return try open(path, pool: pool) } catch let refusal as Refusal {
                Output.error(Output.safe(refusal.message))
            } catch {
                Output.error("\(Output.safe(path)): \(error)")
            }
            return nil
        }
    }

    private static func open(_ path: String, pool: BlockingPool) throws -> GivenFile {
        if path == "-" {
            // Read to its end before anything is locked in the database: whoever writes it may take their time.
            let directory = Style.variable("TMPDIR") ?? "/tmp"
            let file = try runBlocking {
                try await StatementFile.spool(in: directory, limit: 2 << 30, pool: pool) {
                    try await pool.run { Self.readInput() }
                }
            }
            return GivenFile(name: "standard-input", file: file)
        }
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            let folder = path.hasSuffix("/") ? path : path + "/"
            throw Refusal(
                .invalid, "IS_DIRECTORY", "\(path) is a directory. Name the files that are in it, as \(folder)*.csv")
        }
        return GivenFile(
            name: String(path.split(separator: "/").last ?? "statement"),
            file: try StatementFile.open(path, pool: pool))
    }

    private static func readInput() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var count = read(STDIN_FILENO, &buffer, buffer.count)
        while count < 0 && errno == EINTR { count = read(STDIN_FILENO, &buffer, buffer.count) }
        return count > 0 ? Array(buffer.prefix(count)) : nil
    }
}

extension BookSession {
    func importer() async throws -> Importer {
        let context = try await backend.books.context(
            of: Principal(user: user, session: SessionID.new(), platformRole: .user), requested: book.id)
        guard context.permissions.contains(.runImports) else {
            throw Refusal(.forbidden, "INSUFFICIENT_PERMISSIONS", "This account may only look at this book.")
        }
        try context.check(.runImports)
        return Importer(
            database: backend.database, book: book.id, currency: book.currency, user: user,
            limits: ImportLimits(backend.configuration), today: today)
    }
}

/// Runs a command that needs the database, beside a server or alone, and stops what it started.
func withBackend<Value: Sendable>(
    _ configuration: Configuration, cluster: Backend.ClusterUse = .ownOrBorrow,
    _ body: @escaping @Sendable (Backend) async throws -> Value
) throws -> Value {
    let log = Log(level: .warning, format: .text)
    return try runBlocking {
        let backend = try await Backend.start(configuration, log: log, cluster: cluster)
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
