import Base
import EventLoop
import FoundationEssentials
import JSON
import Runtime
import Statements
import Synchronization
import Transactions

/// `purser import --dry-run`: what files hold.
enum ImportPreview {
    // MARK: Without a book

    static func alone(_ arguments: Arguments, _ mapping: CSVMappingOverride) throws -> ExitCode {
        guard let currency = try arguments.currency("currency") ?? Currency("EUR") else { return .usage }
        let pool = BlockingPool(threads: 1, queueLimit: 4)
        defer { pool.shutdown() }
        let today = CalendarDate.of(Clock.system.now(), in: .gmt)
        var exit = ExitCode.success
        for path in arguments.positional {
            guard let given = GivenFile.open([path], pool: pool).first else {
                exit = .failure
                continue
            }
            let progress = Progress(given.name)
            defer { progress.end() }
            do {
                let (reader, preview) = try runBlocking {
                    try await read(
                        given.file, StatementReader(currency: currency, mapping: mapping, today: today), progress)
                }
                progress.end()
                if arguments.has("json") {
                    Output.json { preview.write(reader, to: &$0) }
                } else {
                    describe(path, preview, reader)
                    if let dates = reader.mapping?.ambiguousDates {
                        warn(
                            path,
                            DateOrderWords.refusal(
                                dates.text, dates.dayFirst.description, dates.monthFirst.description))
                    }
                }
            } catch let refusal as Refusal {
                progress.end()
                Output.error("\(Output.safe(path)): \(refusal.message)")
                exit = .failure
            }
        }
        return exit
    }

    private static func read(
        _ file: StatementFile, _ reader: StatementReader, _ progress: Progress
    ) async throws -> (StatementReader, StatementPreview) {
        let found = Mutex(StatementPreview(transactionLimit: .max, rejectedLimit: .max))
        let size = file.size
        let reader = try await file.read(
            reader, take: { event in found.withLock { $0.take(event) } },
            after: { bytes in
                let count = found.withLock { $0.transactionCount + $0.rejectedCount }
                progress.update(done: bytes, total: size, count: count, "lines")
            })
        return (reader, found.withLock { $0 })
    }

    private static func describe(_ path: String, _ preview: StatementPreview, _ reader: StatementReader) {
        head(path, reader.format?.rawValue ?? "?", preview.transactionCount, preview.rejectedCount)
        var table = Table(
            [.text("Date"), .number("Amount"), .text(""), .text("Payee", least: 20), .text("Account", least: 10)])
        for (account, transaction) in preview.listed {
            table.add(
                row(
                    transaction.date.description, transaction.amount.decimalText, transaction.amount.currency.code,
                    transaction.payee ?? transaction.memo ?? "") + [Table.Cell(account ?? "")])
        }
        finish(table, preview.rejected.map(ImportCommand.line))
    }

    // MARK: With a book

    /// What would become of each line, as the page's preview shows it.
    static func inBook(_ arguments: Arguments) throws -> ExitCode {
        let pool = BlockingPool(threads: 2, queueLimit: 16)
        let files = zip(arguments.positional, arguments.positional.map { GivenFile.open([$0], pool: pool).first })
            .compactMap { path, file in file.map { (path, $0) } }
        guard !files.isEmpty else { return .failure }
        let stated: BookSession.Query = [
            ("dryRun", "true"), ("mapping", arguments.values["mapping"]), ("profile", arguments.values["profile"]),
            ("account", arguments.values["account"]), ("department", arguments.values["department"]),
        ]
        let asJSON = arguments.has("json")
        let isComplete = files.count == arguments.positional.count
        return try BookSession.run(arguments) { session in
            let query = try await EntryFlags.resolved(stated, session)
            var exit = isComplete ? ExitCode.success : .failure
            for (path, given) in files {
                do {
                    let preview = try await session.upload(
                        "/imports", query + [("filename", given.name)], next: given.file.pieces)
                    if asJSON {
                        Output.json { $0.value(preview) }
                    } else {
                        describe(path, preview)
                        if let refusal = DateOrderWords.refusal(preview["mapping"]) { warn(path, refusal) }
                    }
                } catch let refusal as Refusal where refusal.kind != .unavailable {
                    Output.error("\(Output.safe(path)): \(refusal.message)")
                    exit = .failure
                }
            }
            return exit
        }
    }

    private static func describe(_ path: String, _ preview: JSONValue) {
        head(
            path, preview["format"]?.string ?? "?", preview["transactionCount"]?.int ?? 0,
            preview["rejectedCount"]?.int ?? 0)
        if let profile = preview["profile"]?.string { Output.line("Read with the profile “\(Output.safe(profile))”.") }
        var table = Table(
            [
                .text("Date"), .number("Amount"), .text(""), .text("Payee", least: 20), .text("Category", least: 12),
                .text("Status"),
            ])
        for transaction in (preview["accounts"]?.array ?? []).flatMap({ $0["transactions"]?.array ?? [] }) {
            let status = transaction["status"]?.string ?? ""
            table.add(
                row(
                    transaction["date"]?.string ?? "", transaction["amount"]?.numberText ?? "",
                    transaction["currency"]?.string ?? "",
                    transaction["merchantName"]?.string ?? transaction["payee"]?.string ?? transaction["memo"]?.string
                        ?? "")
                    + [
                        Table.Cell(transaction["categoryName"]?.string ?? ""),
                        Table.Cell(
                            transaction["reason"]?.string ?? (status == "duplicate" ? "there already" : status),
                            status == "new" ? .green : .faint),
                    ])
        }
        let listed = (preview["accounts"]?.array ?? []).reduce(0) { $0 + ($1["transactions"]?.array?.count ?? 0) }
        let rest = (preview["transactionCount"]?.int ?? 0) - listed
        let rejected = (preview["rejected"]?.array ?? []).map { line in
            "  line \(line["line"]?.int ?? 0): \(Output.safe(line["reason"]?.string ?? ""))  “\(Output.safe(line["text"]?.string ?? ""))”"
        }
        finish(table, (rest > 0 ? ["  … and \(rest) more"] : []) + rejected)
    }

    // MARK: Both

    /// What an import would refuse is shown all the same.
    private static func warn(_ path: String, _ refusal: Refusal) {
        Output.error("\(Output.safe(path)): \(refusal.message)")
    }

    private static func head(_ path: String, _ format: String, _ transactions: Int, _ rejected: Int) {
        Output.line(
            Style.bold(
                "\(Output.safe(path)): \(format), \(transactions) transactions, \(rejected) rejected lines"))
    }

    private static func row(_ date: String, _ amount: String, _ currency: String, _ text: String) -> [Table.Cell] {
        [
            Table.Cell(date), Table.Cell(amount, amount.hasPrefix("-") ? nil : .green), Table.Cell(currency, .faint),
            Table.Cell(text),
        ]
    }

    private static func finish(_ table: Table, _ lines: [String]) {
        if !table.isEmpty { table.print() }
        Output.lines(lines)
    }
}
