import HTTPServer

/// Which pages of other origins may call the API (INVENTORY C57). None by default.
package struct CORS: Sendable {
    private let origins: Set<String>

    package init(origins: [String]) { self.origins = Set(origins) }

    /// The fields for an answer to a request with this `Origin`.
    func fields(origin: String?) -> [(String, String)] {
        guard !origins.isEmpty else { return [] }
        guard let origin, origins.contains(origin) else { return [("Vary", "Origin")] }
        return [
            ("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Credentials", "true"),
            (
                "Access-Control-Expose-Headers",
                "X-Request-Id, ETag, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset"
            ),
            ("Vary", "Origin"),
        ]
    }

    func preflight(origin: String, methods: [String]) -> HTTPResponse {
        guard origins.contains(origin) else {
            return HTTPResponse(status: 204, fields: [("Vary", "Origin")], body: .empty)
        }
        return HTTPResponse(
            status: 204,
            fields: [
                ("Access-Control-Allow-Methods", methods.joined(separator: ", ")),
                (
                    "Access-Control-Allow-Headers",
                    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Book, X-CSRF-Token, X-Request-Id"
                ),
                ("Access-Control-Max-Age", "600"),
            ], body: .empty)
    }
}
