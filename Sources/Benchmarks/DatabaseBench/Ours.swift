import Base
import Database
import EventLoop
import Glibc

struct Expense {
    let id: Int64
    let category: Int64
    let occurredOn: CalendarDate
    let recordedAt: Instant
    let amountMinor: Int64
    let currency: Currency
    let merchant: String
    let note: String?

    init(_ row: Row) throws {
        id = try row.get(0)
        category = try row.get(1)
        occurredOn = try row.get(2)
        recordedAt = try row.get(3)
        amountMinor = try row.get(4)
        currency = try row.get(5)
        merchant = try row.get(6)
        note = try row.get(7)
    }
}

/// The module under test, used as a request's handler uses it.
struct Ours {
    let database: Database
    let loops: EventLoopGroup

    func run(_ workload: Workload, seconds: Int) async throws -> Measurement {
        switch workload {
        case .point: try await measure(seconds) { try await point(Int64.random(in: 1...Int64(Bench.expenses))) }
        case .rows: try await measure(seconds) { try await rows(Int64.random(in: 1...Int64(Bench.books))) }
        case .create: try await measure(seconds) { try await create() }
        case .stage: try await stage()
        case .copy: try await copy()
        }
    }

    private func point(_ id: Int64) async throws {
        let row = try await database.query(
            "SELECT id, book_id, amount_minor, merchant FROM bench_expenses WHERE id = \(id)"
        ).first
        guard let row, try row.get(0, as: Int64.self) == id, try row.get(3, as: String.self).utf8.count > 3 else {
            throw BenchError("wrong row")
        }
    }

    private func rows(_ book: Int64) async throws {
        let expenses = try await database.query(
            """
            SELECT id, category_id, occurred_on, recorded_at, amount_minor, currency, merchant, note
            FROM bench_expenses WHERE book_id = \(book) ORDER BY occurred_on DESC, id DESC LIMIT 50
            """
        ).map(Expense.init)
        guard expenses.count == 50 else { throw BenchError("\(expenses.count) rows") }
    }

    private func create() async throws {
        let book = Int64.random(in: 1...Int64(Bench.books))
        try await database.write([
            """
            INSERT INTO bench_created VALUES (nextval('bench_ids'), \(book), \(3), \(CalendarDate.bench), now(), \(1250),
            \("EUR"), \("Corner shop"), \("a note of an ordinary length"))
            """,
            "INSERT INTO bench_outbox (topic, payload) VALUES (\("expense.created"), \(JSONText(#"{"id": 12345678}"#)))",
        ])
    }

    /// As many tasks as requests are in flight, shared out among the loops.
    private func measure(
        _ seconds: Int, _ body: @escaping @Sendable () async throws -> Void
    ) async throws -> Measurement {
        for _ in 0..<20 { try await body() }
        let cpu = Self.cpuSeconds()
        let start = ContinuousClock.now
        let end = start + .seconds(seconds)
        let count = try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<Bench.inFlight {
                group.addTask(executorPreference: loops.loops[index % loops.loops.count]) {
                    var count = 0
                    while ContinuousClock.now < end {
                        try await body()
                        count += 1
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        let elapsed = ContinuousClock.now - start
        return Measurement(
            perSecond: Double(count) / elapsed.seconds, cpuMicroseconds: (Self.cpuSeconds() - cpu) * 1e6 / Double(count)
        )
    }

    private func copy() async throws -> Measurement {
        try await database.run("TRUNCATE bench_copied")
        return try await copy("COPY bench_copied FROM STDIN (FORMAT binary)") { _ in }
    }

    private func stage() async throws -> Measurement {
        try await copy("COPY bench_staged FROM STDIN (FORMAT binary)") { transaction in
            try await transaction.run("CREATE TEMPORARY TABLE bench_staged (LIKE bench_expenses) ON COMMIT DROP")
        }
    }

    private func copy(
        _ statement: SQL, prepare: @escaping @Sendable (Transaction) async throws -> Void
    ) async throws -> Measurement {
        let database = self.database
        let cpu = Self.cpuSeconds()
        let start = ContinuousClock.now
        let count = try await Task(executorPreference: loops.loops[0]) {
            try await database.transaction { transaction in
                try await transaction.run("SET LOCAL statement_timeout = 0")
                try await prepare(transaction)
                return try await transaction.copyIn(statement) { writer in
                    let moment = Instant(microseconds: 1_770_000_000_000_000)
                    for number in 1...Int64(1_000_000) {
                        try await writer.row(columns: 9) { row in
                            row.append(number)
                            row.append(1 + number % Int64(Bench.books))
                            row.append(1 + number % 20)
                            row.append(CalendarDate.bench)
                            row.append(moment)
                            row.append(100 + number % 9990)
                            row.append("EUR")
                            row.append("Merchant number 17")
                            row.append("a note of an ordinary length")
                        }
                    }
                }
            }
        }.value
        let elapsed = ContinuousClock.now - start
        guard count == 1_000_000 else { throw BenchError("\(count) rows copied") }
        return Measurement(
            perSecond: Double(count) / elapsed.seconds, cpuMicroseconds: (Self.cpuSeconds() - cpu) * 1e6 / Double(count)
        )
    }

    static func cpuSeconds() -> Double {
        var usage = rusage()
        getrusage(0, &usage)
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }
}

extension CalendarDate {
    static let bench = CalendarDate(year: 2026, month: 3, day: 31) ?? .first
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
