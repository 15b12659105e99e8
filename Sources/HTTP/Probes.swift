import Base
import HTTPServer
import Runtime

/// `/health`, `/ready` and `/metrics`, outside of `/api`.
package struct Probes: RouteGroup {
    let metrics: Metrics
    /// Names what is not ready; empty when all is.
    let unready: @Sendable () async -> [String]

    package init(metrics: Metrics, unready: @escaping @Sendable () async -> [String]) {
        self.metrics = metrics
        self.unready = unready
    }

    private static let status = Fields<String>("Status", [.text("status") { $0 }])

    package func register(in routes: inout Routes) {
        routes.prefix = ""
        routes.tag = "Operation"
        defer { routes.prefix = "/api/v1" }
        for path in ["/health", "/api/v1/health"] {
            routes.get(path, "The process is alive", access: .everyone, returns: .data(Self.status.schema), rateLimit: nil) { _ in
                .data { Self.status.write("ok", to: &$0) }
            }
        }
        routes.get(
            "/ready", "The database answers and has all migrations", access: .everyone, returns: .data(Self.status.schema),
            rateLimit: nil
        ) { [unready] _ in
            let missing = await unready()
            guard missing.isEmpty else {
                throw Refusal(.unavailable, "NOT_READY", "Not ready: \(missing.joined(separator: "; ")).", retryAfter: 2)
            }
            return .data { Self.status.write("ready", to: &$0) }
        }
        routes.get("/metrics", "Prometheus metrics", access: .everyone, returns: .content("text/plain"), rateLimit: nil) { [metrics] _ in
            .text(type: "text/plain; version=0.0.4; charset=utf-8", metrics.text())
        }
    }
}
