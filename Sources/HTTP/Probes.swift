import Base
import HTTPServer
import Runtime

/// `/health`, `/ready` and `/metrics`, outside of `/api`.
package struct Probes: RouteGroup {
    let metrics: Metrics
    /// `loopback`, `everyone` or `off`.
    let metricsAccess: String
    /// Names what is not ready; empty when all is.
    let unready: @Sendable () async -> [String]

    package init(metrics: Metrics, metricsAccess: String, unready: @escaping @Sendable () async -> [String]) {
        self.metrics = metrics
        self.metricsAccess = metricsAccess
        self.unready = unready
    }

    private static let status = Fields<String>("Status", [.text("status") { $0 }])

    package func register(in routes: inout Routes) {
        routes.prefix = ""
        routes.tag = "Operation"
        defer { routes.prefix = "/api/v1" }
        for path in ["/health", "/api/v1/health"] {
            routes.get(
                path, "The process is alive", access: .everyone, returns: .data(Self.status.schema), rateLimit: nil
            ) { _ in
                .data { Self.status.write("ok", to: &$0) }
            }
        }
        routes.get(
            "/ready", "The database answers and has all migrations", access: .everyone,
            returns: .data(Self.status.schema),
            rateLimit: nil
        ) { [unready] _ in
            let missing = await unready()
            guard missing.isEmpty else {
                throw Refusal(
                    .unavailable, "NOT_READY", "Not ready: \(missing.joined(separator: "; ")).", retryAfter: 2)
            }
            return .data { Self.status.write("ready", to: &$0) }
        }
        routes.get("/metrics", "Prometheus metrics", access: .everyone, returns: .content("text/plain"), rateLimit: nil)
        { [metrics, metricsAccess] request in
            let address = request.clientAddress
            let isLocal = address == "127.0.0.1" || address == "::1" || address.isEmpty
            guard metricsAccess == "everyone" || metricsAccess == "loopback" && isLocal else {
                throw Refusal.notFound("page")
            }
            return .text(type: "text/plain; version=0.0.4; charset=utf-8", metrics.text())
        }
    }
}
