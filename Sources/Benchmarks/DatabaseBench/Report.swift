import Glibc

struct Measurement {
    var perSecond: Double
    /// User and system time of the client process for one operation; 0 where unknown.
    var cpuMicroseconds: Double
}

enum Party: String { case ours, asyncpg, pgbench }

/// Medians over the rounds: of what each did, and of the ratio within one round, in which the machine was the same for
/// both.
struct Report {
    private var measured: [Workload: [Party: [Measurement]]] = [:]

    private static let targets: [(Workload, Party, Double)] = [
        (.point, .asyncpg, 2.0), (.point, .pgbench, 0.75), (.rows, .asyncpg, 1.7), (.rows, .pgbench, 0.7),
        (.create, .asyncpg, 2.0), (.stage, .asyncpg, 1.0), (.copy, .asyncpg, 1.0),
    ]

    mutating func add(_ workload: Workload, _ party: Party, _ measurement: Measurement) {
        measured[workload, default: [:]][party, default: []].append(measurement)
        print("  \(workload.rawValue), \(party.rawValue): \(Int(measurement.perSecond))/s")
        fflush(nil)
    }

    private func median(_ workload: Workload, _ party: Party) -> Measurement {
        let all = measured[workload]?[party] ?? []
        return Measurement(
            perSecond: middle(all.map(\.perSecond)), cpuMicroseconds: middle(all.map(\.cpuMicroseconds)))
    }

    private func ratio(_ workload: Workload, _ party: Party) -> Double {
        let ours = measured[workload]?[.ours] ?? []
        let theirs = measured[workload]?[party] ?? []
        return middle(zip(ours, theirs).map { $1.perSecond > 0 ? $0.perSecond / $1.perSecond : 0 })
    }

    private func middle(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }

    private func decimals(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    func printTable() {
        print("")
        print(
            pad("workload", 26), pad("ours/s", 10), pad("peer", 9), pad("peer/s", 10), pad("ratio", 7), pad("target", 8)
        )
        for (workload, party, target) in Self.targets where measured[workload] != nil {
            let value = ratio(workload, party)
            print(
                pad(workload.rawValue, 26), pad("\(Int(median(workload, .ours).perSecond))", 10),
                pad(party.rawValue, 9),
                pad("\(Int(median(workload, party).perSecond))", 10), pad(decimals(value), 7),
                pad("≥ \(decimals(target))", 8),
                value >= target ? "met" : "MISSED")
        }
        print("")
        for workload in Workload.allCases where measured[workload] != nil {
            let (ours, peer) = (median(workload, .ours), median(workload, .asyncpg))
            print(
                pad(workload.rawValue, 26), "CPU of the client: ours \(decimals(ours.cpuMicroseconds)) µs,",
                "asyncpg \(decimals(peer.cpuMicroseconds)) µs")
        }
    }

    func writeJSON(to path: String) throws {
        let lines = Self.targets.filter { measured[$0.0] != nil }.map { workload, party, target in
            """
              {"benchmark":"database","workload":"\(workload.word)","peer":"\(party.rawValue)",\
            "ours":\(decimals(median(workload, .ours).perSecond)),"theirs":\(decimals(median(workload, party).perSecond)),\
            "ratio":\(decimals(ratio(workload, party))),"target":\(decimals(target)),\
            "oursCpuMicroseconds":\(decimals(median(workload, .ours).cpuMicroseconds))}
            """
        }
        guard let file = fopen(path, "w") else { throw BenchError("\(path) cannot be written") }
        defer { fclose(file) }
        fputs("[\n\(lines.joined(separator: ",\n"))\n]\n", file)
    }
}
