import Database
import Glibc

/// The others, as processes of their own against the same cluster.
struct Peers {
    let options: Options
    let cluster: EmbeddedCluster

    /// The host out of `host='…' port=…`.
    private var host: String {
        cluster.connectionString.split(separator: "'").dropFirst().first.map(String.init) ?? ""
    }

    func asyncpg(_ workload: Workload, seconds: Int) throws -> Measurement {
        let line = try run(
            "'\(options.python)' '\(options.peer)' '\(host)' \(workload.word) \(seconds) \(Bench.inFlight) "
                + "\(Bench.expenses) \(Bench.books)")
        let numbers = line.split(separator: " ").compactMap { Double($0) }
        guard numbers.count == 2 else { throw BenchError("asyncpg said: \(line)") }
        return Measurement(perSecond: numbers[0], cpuMicroseconds: numbers[1])
    }

    func pgbench(_ workload: Workload, seconds: Int) throws -> Measurement {
        // More backends than cores cost pgbench switches, fewer leave it waiting: the better of two counts.
        let bests = try [16, Bench.inFlight].map { clients in
            let output = try run(
                "'\(Self.pgbenchPath)' -h '\(host)' -U purser -n -M prepared -c \(clients) -j 2 -T \(seconds) "
                    + "-f 'Benchmarks/database/\(workload.word).sql' purser 2>&1 | grep '^tps'")
            guard let tps = output.split(separator: " ").compactMap({ Double($0) }).first else {
                throw BenchError("pgbench said: \(output)")
            }
            return tps
        }
        return Measurement(perSecond: bests.max() ?? 0, cpuMicroseconds: 0)
    }

    private static var pgbenchPath: String {
        if let bin = getenv("PURSER_POSTGRES_BIN") { return String(cString: bin) + "/pgbench" }
        for major in stride(from: 30, through: 15, by: -1) {
            let path = "/usr/lib/postgresql/\(major)/bin/pgbench"
            if access(path, X_OK) == 0 { return path }
        }
        return "pgbench"
    }

    private func run(_ command: String) throws -> String {
        // Swift's threads block signals, and a child inherits that: pgbench ends by an alarm.
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        let opened = popen(command, "r")
        pthread_sigmask(SIG_SETMASK, &before, nil)
        guard let pipe = opened else { throw BenchError("cannot run \(command)") }
        var text = ""
        var line = [CChar](repeating: 0, count: 4096)
        while fgets(&line, 4095, pipe) != nil {
            text += String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
        guard pclose(pipe) == 0 else { throw BenchError("failed: \(command)\n\(text)") }
        return text.split(separator: "\n").last.map(String.init) ?? ""
    }
}
