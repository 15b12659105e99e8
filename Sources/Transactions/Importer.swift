import Base
import Categories
import Database
import EventLoop
import HTTP
import JSON
import Jobs
import Statements

extension EventName {
    package static let entriesImported = EventName("expense.bulk_imported")
}

/// Brings a statement into a book: all of it or nothing, and never twice.
package struct Importer: Sendable {
    let database: Database
    let book: BookID
    let currency: Currency
    let user: UserID
    let limits: ImportLimits
    /// Where the book is; tells the order of dates that would otherwise lie in the future.
    let today: CalendarDate?

    package init(
        database: Database, book: BookID, currency: Currency, user: UserID, limits: ImportLimits = ImportLimits(),
        today: CalendarDate? = nil
    ) {
        self.today = today
        self.limits = limits
        self.database = database
        self.book = book
        self.currency = currency
        self.user = user
    }

    /// How a file is to be read.
    package struct Options: Sendable {
        package var mapping = CSVMappingOverride()
        /// The id or the name of the profile to read it with; without one, the profile with the file's signature.
        package var profile: String?
        /// Keeps the mapping under this name.
        package var saveProfile: String?
        /// Of a file that does not tell its account.
        package var account: String?
        /// What all its entries are of, in an organisation.
        package var department: DepartmentID?
        /// What to say of dates that can be read in two orders, and that nothing settles; nothing is imported then. Nil
        /// takes the likelier order.
        package var refusesDates: (@Sendable (AmbiguousDates) -> Refusal)?
        package init() {}
    }

    package struct Outcome: Sendable {
        package let id: ImportID
        package let format: String
        package let filename: String
        package let profile: String?
        package let account: String?
        package let department: Department?
        /// Lines that are entries now; a line that a rule splits counts once.
        package let imported: Int
        package let duplicates: Int
        package let rejectedCount: Int
        /// At most `ImportLimits.rejectedLines`; the rest is with the import.
        package let rejected: [RejectedLine]
        /// The first lines, at most `ImportLimits.resultLines`: where each went.
        package let results: [LineResult]
        /// What was taken for granted and may be wrong, each a sentence that says how to mend it.
        package let warnings: [String]
        package let createdAt: Instant
    }

    package struct Department: Sendable {
        package let id: DepartmentID
        package let name: String
    }

    package struct LineResult: Sendable {
        package let line: Int
        /// Nil for a duplicate.
        package let entry: EntryID?
    }

    /// How far an import, or taking it back, is.
    package struct Progress: Equatable, Sendable {
        package enum Phase: String, Sendable { case reading, sorting, undoing, done, failed }
        package var phase = Phase.reading
        /// Lines of the file, or entries that were taken back.
        package var lines = 0
        /// Entries to take back, as far as they have been counted.
        package var totalLines = 0
        package var bytes = 0
        package var totalBytes = 0
        package init() {}
    }

    // MARK: Import

    /// - Throws: a refusal when the file is no statement, or is cut off; nothing is imported then.
    package func run(
        _ file: StatementFile, filename: String, options: Options = Options(),
        progress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) async throws -> Outcome {
        let importID = ImportID.new()
        return try await database.transaction { transaction in
            // The triggers leave the sums to this transaction. Another import into the book may take its time, and
            // this one has to wait for it. While the table grows, a plan made for a small one would be a bad one: what
            // an import asks is found by an index, in its order.
            _ = try await transaction.query(
                """
                SELECT set_config('purser.bulk', 'on', true), set_config('statement_timeout', '15min', true),
                    set_config('lock_timeout', '15min', true), set_config('plan_cache_mode', 'force_generic_plan', true),
                    set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
                    set_config('enable_sort', 'off', true)
                """)
            let profiles = try await profiles(options, transaction)
            var writer = try await ImportWriter.begin(
                importID, self, filename: filename, department: options.department, pool: file.pool, transaction)
            let rules = try await RuleStore(transaction, book: book).all()
            let reading = ImportReading(
                ImportReading.Common(
                    importID: importID, book: book, user: user, currency: currency, department: options.department,
                    paymentMethods: try await ImportWriter.paymentMethods(rules, book: book, transaction)),
                sorter: ImportSorter(
                    rules: rules, categories: try await categories(transaction), currency: currency),
                account: options.account, limits: limits)
            let reader = try await copy(
                file, profiles.reader(currency, options.mapping, today: today), reading, &writer, progress)
            if let dates = reader.mapping?.ambiguousDates, let refusal = options.refusesDates { throw refusal(dates) }
            let summary = reading.summary
            let profile = profiles.used(reader)
            try await writer.finish(reader, summary, profile: profile)
            try await saveProfile(options, reader, transaction)
            let imported = writer.sieve.imported
            try await transaction.publish(
                Event(.entriesImported, book: book, user: user) { data in
                    data.key("importId")
                    data.identifier(importID)
                    data.key("imported")
                    data.int(Int64(imported))
                })
            return Outcome(
                id: importID, format: reader.format?.rawValue ?? "", filename: filename, profile: profile,
                account: summary.account, department: writer.department, imported: imported,
                duplicates: summary.taken - imported,
                rejectedCount: summary.rejectedCount, rejected: summary.rejected, results: writer.sieve.results,
                warnings: Self.warnings(of: reader),
                createdAt: writer.createdAt)
        }
    }

    private static func warnings(of reader: StatementReader) -> [String] {
        guard let mapping = reader.mapping, let dates = mapping.ambiguousDates else { return [] }
        let isDayFirst = mapping.dateOrder != .mdy
        let (taken, other) =
            isDayFirst ? (dates.dayFirst, dates.monthFirst) : (dates.monthFirst, dates.dayFirst)
        return [
            """
            Nothing in the file says whether its dates begin with the day or with the month: \(dates.text) was read as \
            \(taken), and might be \(other). If so, undo this import and send the file again with mapping \
            {"dateOrder":"\((isDayFirst ? DateOrder.mdy : .dmy).rawValue)"}.
            """
        ]
    }

    /// The categories of the book by their slugs, as they are when the import begins.
    private func categories(_ connection: any Queryable) async throws -> [String: CategoryID] {
        let rows = try await connection.query("SELECT slug, id FROM categories WHERE book_id = \(book)")
        var categories: [String: CategoryID] = [:]
        for row in rows { categories[try row.get(0)] = try row.get(1) }
        return categories
    }

    private func copy(
        _ file: StatementFile, _ start: StatementReader, _ reading: ImportReading, _ writer: inout ImportWriter,
        _ progress: @Sendable (Progress) -> Void
    ) async throws -> StatementReader {
        var state = Progress()
        state.totalBytes = file.size
        progress(state)
        let reader = try await file.read(start, take: { reading.take($0) }) { bytes in
            try await writer.write(reading.takeBatch())
            state.bytes = bytes
            state.lines = reading.summary.lines
            progress(state)
        }
        state.phase = .sorting
        progress(state)
        return reader
    }

    // MARK: Dry run

    /// Which of the listed transactions the book has already, and what the others would become.
    package func marks(for preview: StatementPreview, account: String? = nil) async throws -> [StatementPreview.Mark] {
        let rules = try await RuleStore(database, book: book).all()
        var sorter = ImportSorter(rules: rules, categories: try await categories(database), currency: currency)
        var twins: [ImportLine.Fingerprint: Int32] = [:]
        var lines: [Result<(SortedLine, Int32), ImportProblem>] = []
        for (stated, transaction) in preview.listed {
            do {
                let line = try ImportLine(transaction, account: stated ?? account, bookCurrency: currency)
                lines.append(.success((sorter.sort(line), twins[line.fingerprint, default: 0])))
                twins[line.fingerprint, default: 0] += 1
            } catch {
                lines.append(.failure(error))
            }
        }
        let lookup = ImportLookup(connection: database, book: book)
        let stored = try await lookup.stored(Array(twins.keys))
        let past = try await lookup.pastCategories(
            lines.map { line in
                guard case .success(let (sorted, _)) = line else { return nil }
                return sorted
            })
        let names = try await lookup.categoryNames()
        let unsorted = try await CategoryStore(database, book: book).fallbacks()
        return lines.enumerated().map { index, line in
            switch line {
            case .success(let (sorted, number)):
                let category =
                    sorted.parts.first?.category ?? past[index] ?? sorted.suggestion
                    ?? (sorted.line.kind == .expense ? unsorted.expense : unsorted.income)
                return StatementPreview.Mark(
                    sorted, isDuplicate: stored.contains(ImportLookup.Twin(sorted.line.fingerprint, number)),
                    category: category, name: names[category])
            case .failure(let problem): return StatementPreview.Mark(problem: problem.reason)
            }
        }
    }
}
