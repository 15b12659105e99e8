import Synchronization

/// Counters, gauges and histograms in the Prometheus text format.
///
/// Instruments are made once, at start; adding to one is an atomic addition without a lock.
package final class Metrics: Sendable {
    private struct Family {
        let help: String
        let type: String
        var series: [(labels: String, write: @Sendable (inout String, String, String) -> Void)] = []
    }

    private let families = Mutex<(order: [String], byName: [String: Family])>(([], [:]))

    package init() {}

    package func counter(_ name: String, _ help: String, labels: String = "") -> Counter {
        let counter = Counter()
        add(name, help, "counter", labels) { text, name, labels in
            text += "\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(counter.value)\n"
        }
        return counter
    }

    /// A value read when the metrics are asked for.
    package func gauge(_ name: String, _ help: String, labels: String = "", read: @escaping @Sendable () -> Int) {
        add(name, help, "gauge", labels) { text, name, labels in
            text += "\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(read())\n"
        }
    }

    package func histogram(_ name: String, _ help: String, labels: String = "") -> Histogram {
        let histogram = Histogram()
        add(name, help, "histogram", labels) { text, name, labels in histogram.write(to: &text, name, labels) }
        return histogram
    }

    private func add(
        _ name: String, _ help: String, _ type: String, _ labels: String,
        write: @escaping @Sendable (inout String, String, String) -> Void
    ) {
        families.withLock { state in
            if state.byName[name] == nil {
                state.order.append(name)
                state.byName[name] = Family(help: help, type: type)
            }
            state.byName[name]?.series.append((labels, write))
        }
    }

    /// The whole in the text format, version 0.0.4.
    package func text() -> String {
        families.withLock { state in
            var text = ""
            for name in state.order {
                guard let family = state.byName[name] else { continue }
                text += "# HELP \(name) \(family.help)\n# TYPE \(name) \(family.type)\n"
                for series in family.series { series.write(&text, name, series.labels) }
            }
            return text
        }
    }
}

package final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    package init() {}
    package func add(_ amount: Int = 1) { count.wrappingAdd(amount, ordering: .relaxed) }
    package var value: Int { count.load(ordering: .relaxed) }
}

/// Durations in seconds, in buckets from 0.5 ms to 10 s.
package final class Histogram: Sendable {
    private static let bounds: [(microseconds: Int, label: String)] = [
        (500, "0.0005"), (1_000, "0.001"), (2_500, "0.0025"), (5_000, "0.005"), (10_000, "0.01"), (25_000, "0.025"),
        (50_000, "0.05"), (100_000, "0.1"), (250_000, "0.25"), (500_000, "0.5"), (1_000_000, "1"), (2_500_000, "2.5"),
        (10_000_000, "10"),
    ]
    private let buckets: [Counter] = (0...Histogram.bounds.count).map { _ in Counter() }
    private let sumMicroseconds = Counter()

    package init() {}

    package func record(microseconds: Int) {
        var index = 0
        while index < Self.bounds.count && microseconds > Self.bounds[index].microseconds { index += 1 }
        buckets[index].add()
        sumMicroseconds.add(microseconds)
    }

    fileprivate func write(to text: inout String, _ name: String, _ labels: String) {
        let prefix = labels.isEmpty ? "" : labels + ","
        let suffix = labels.isEmpty ? "" : "{\(labels)}"
        var total = 0
        for (index, bound) in Self.bounds.enumerated() {
            total += buckets[index].value
            text += "\(name)_bucket{\(prefix)le=\"\(bound.label)\"} \(total)\n"
        }
        total += buckets[Self.bounds.count].value
        text += "\(name)_bucket{\(prefix)le=\"+Inf\"} \(total)\n"
        let sum = sumMicroseconds.value
        let fraction = String(sum % 1_000_000)
        text +=
            "\(name)_sum\(suffix) \(sum / 1_000_000).\(String(repeating: "0", count: 6 - fraction.count))\(fraction)\n"
        text += "\(name)_count\(suffix) \(total)\n"
    }
}
