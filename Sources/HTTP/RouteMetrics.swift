import Runtime

/// What is counted of one route.
final class RouteMetrics: Sendable {
    private let durations: Histogram
    private let byStatus: [Counter]

    init(_ metrics: Metrics, method: String, path: String) {
        let labels = "method=\"\(method)\",route=\"\(path)\""
        durations = metrics.histogram(
            "purser_http_request_duration_seconds", "Time from the request's head to its answer.", labels: labels)
        byStatus = (1...5).map {
            metrics.counter("purser_http_requests_total", "Requests answered.", labels: labels + ",status=\"\($0)xx\"")
        }
    }

    func record(status: Int, microseconds: Int) {
        durations.record(microseconds: microseconds)
        byStatus[min(max(status / 100, 1), 5) - 1].add()
    }
}
