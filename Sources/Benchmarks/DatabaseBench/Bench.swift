import Base
import Database
import EventLoop
import Glibc

/// Compares the Database module with asyncpg and pgbench: the same cluster, tables, statements and number of
/// requests in flight, one after the other in alternating rounds.
@main
enum Bench {
    static let inFlight = 64
    static let expenses = 200_000
    static let books = 1000

    static func main() async {
        do {
            try await compare(try Options(CommandLine.arguments))
        } catch {
            let text = "bench-database: \(error)\n"
            _ = text.withCString { write(2, $0, strlen($0)) }
            exit(1)
        }
    }

    private static func compare(_ options: Options) async throws {
        var configuration = EmbeddedCluster.Configuration(dataDirectory: options.data)
        configuration.maxConnections = 150
        configuration.log = { _, text in print("  \(text)") }
        let cold = ContinuousClock.now
        let cluster = try await EmbeddedCluster.start(configuration)
        print("cluster ready in \(milliseconds(ContinuousClock.now - cold)) ms")
        let loops = EventLoopGroup(count: 2)
        loops.start()
        do {
            let database = try await Database.connect(
                DatabaseConfiguration(url: cluster.connectionString), loops: loops)
            try await Tables.prepare(cluster.connectionString, database)
            let peers = Peers(options: options, cluster: cluster)
            let report = try await run(options, Ours(database: database, loops: loops), peers)
            report.printTable()
            try report.writeJSON(to: options.output)
            await database.close()
        } catch {
            await cluster.stop()
            throw error
        }
        await cluster.stop()
    }

    private static func run(_ options: Options, _ ours: Ours, _ peers: Peers) async throws -> Report {
        var report = Report()
        for round in 1...options.rounds {
            print("round \(round) of \(options.rounds)")
            for workload in Workload.allCases where options.only == nil || options.only == workload.word {
                // The order changes, so that nobody always profits from a warm machine.
                var turns: [() async throws -> Void] = [
                    { report.add(workload, .ours, try await ours.run(workload, seconds: options.seconds)) },
                    { report.add(workload, .asyncpg, try peers.asyncpg(workload, seconds: options.seconds)) },
                ]
                if workload.isForPgbench {
                    turns.append {
                        report.add(workload, .pgbench, try peers.pgbench(workload, seconds: options.seconds))
                    }
                }
                if round % 2 == 0 { turns.reverse() }
                for turn in turns {
                    // Nobody writes out what the one before has left.
                    try await Maintenance.run("CHECKPOINT", url: peers.cluster.superuserConnectionString())
                    try await turn()
                }
            }
        }
        return report
    }

    static func milliseconds(_ duration: Duration) -> Int {
        Int(duration.components.seconds) * 1000 + Int(duration.components.attoseconds / 1_000_000_000_000_000)
    }
}

struct Options {
    var data = ".bench/database"
    var output = ".bench/database.json"
    var python = ".bench/venv/bin/python"
    var peer = "Benchmarks/database/asyncpg_peer.py"
    var rounds = 3
    var seconds = 3
    /// One workload's word, or all of them.
    var only: String?

    init(_ arguments: [String]) throws {
        var rest = arguments.dropFirst().makeIterator()
        while let name = rest.next() {
            guard let value = rest.next() else { throw BenchError("\(name) lacks a value") }
            switch name {
            case "--data": data = value
            case "--output": output = value
            case "--python": python = value
            case "--only": only = value
            case "--rounds": rounds = max(1, Int(value) ?? rounds)
            case "--seconds": seconds = max(1, Int(value) ?? seconds)
            default: throw BenchError("unknown option \(name)")
            }
        }
    }
}

struct BenchError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

enum Workload: String, CaseIterable {
    case point = "point SELECT"
    case rows = "50 rows decoded"
    case create = "create: row and outbox"
    /// As an import does it: into a temporary table, from which one statement goes on.
    case stage = "COPY of a million, staged"
    case copy = "COPY of a million, indexed"

    var isForPgbench: Bool { self == .point || self == .rows }
    var word: String {
        switch self {
        case .point: "point"
        case .rows: "rows"
        case .create: "create"
        case .stage: "stage"
        case .copy: "copy"
        }
    }
}

enum Tables {
    static func prepare(_ url: String, _ database: Database) async throws {
        let exists: Bool = try await database.first("SELECT to_regclass('bench_expenses') IS NOT NULL")?.get(0) ?? false
        if !exists {
            print("filling the tables")
            try await Maintenance.run(
                """
                CREATE TABLE bench_expenses (
                    id bigint PRIMARY KEY, book_id bigint NOT NULL, category_id bigint NOT NULL,
                    occurred_on date NOT NULL, recorded_at timestamptz NOT NULL, amount_minor bigint NOT NULL,
                    currency text NOT NULL, merchant text NOT NULL, note text);
                CREATE INDEX bench_expenses_page ON bench_expenses (book_id, occurred_on, id);
                CREATE TABLE bench_created (LIKE bench_expenses INCLUDING ALL);
                CREATE TABLE bench_copied (LIKE bench_expenses INCLUDING ALL);
                CREATE TABLE bench_outbox (
                    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, topic text NOT NULL, payload jsonb NOT NULL,
                    created_at timestamptz NOT NULL DEFAULT now());
                CREATE SEQUENCE bench_ids START 1000000000;
                INSERT INTO bench_expenses
                SELECT n, 1 + n % \(Bench.books), 1 + n % 20, DATE '2020-01-01' + (n * 7919 % 2000)::int,
                       now() - n * interval '1 second', 100 + n * 31 % 99900, 'EUR', 'Merchant number ' || n % 500,
                       CASE WHEN n % 3 = 0 THEN NULL ELSE 'a note of an ordinary length' END
                FROM generate_series(1, \(Bench.expenses)) AS numbers (n)
                """, url: url)
        }
        try await Maintenance.run("TRUNCATE bench_created, bench_outbox, bench_copied", url: url)
        try await Maintenance.run("VACUUM ANALYZE bench_expenses", url: url)
        try await Maintenance.run("CHECKPOINT", url: url.replacingUser("postgres"))
    }
}

extension String {
    func replacingUser(_ user: String) -> String {
        split(separator: " ").map { $0.hasPrefix("user=") ? "user=\(user)" : String($0) }.joined(separator: " ")
    }
}
