import Base
import HTTPServer
import JSON
import Runtime

/// Tells who is asking. Throws a refusal when a credential is there but not valid; nil when there is none.
package typealias Authenticate = @Sendable (Request) async throws -> Principal?

/// Finds the book that the request is about and the caller's part in it.
package typealias FindBook = @Sendable (Principal, _ requested: BookID?) async throws -> BookContext

package struct ApplicationOptions: Sendable {
    package var rateLimits = RateLimits()
    package var cors = CORS(origins: [])
    package var limits = RequestLimits()
    /// Peers whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    package var trustedProxies: Set<String> = []
    package var version = "0"
    package init() {}
}

/// From a request on the wire to its answer: route, limits, sign-in, permission, handler, headers, one log line,
/// one metric.
package final class Application: Sendable {
    private let router: Router
    package let routes: [Route]
    private let authenticate: Authenticate
    private let authenticateService: AuthenticateService
    private let findBook: FindBook
    private let fallback: @Sendable (Request) -> HTTPResponse?
    private let options: ApplicationOptions
    private let rateLimiter: RateLimiter
    private let log: Log
    private let clock: Clock
    private let unmatched: RouteMetrics

    /// - Parameter fallback: answers GET for paths that are no route (the page and its assets); nil is 404.
    package init(
        routes: Routes, aliases: [(from: String, to: String)] = [], authenticate: @escaping Authenticate,
        authenticateService: @escaping AuthenticateService = { _ in throw Refusal.signInNeeded },
        findBook: @escaping FindBook,
        fallback: @escaping @Sendable (Request) -> HTTPResponse? = { _ in nil },
        options: ApplicationOptions = ApplicationOptions(), log: Log, metrics: Metrics, clock: Clock = .system
    ) {
        var routes = routes
        OpenAPIRoutes.register(in: &routes, version: options.version)
        self.routes = routes.list
        router = Router(
            routes.list.map {
                Router.Entry(route: $0, metrics: RouteMetrics(metrics, method: $0.method.rawValue, path: $0.path))
            }, aliases: aliases)
        unmatched = RouteMetrics(metrics, method: "any", path: "other")
        self.authenticate = authenticate
        self.authenticateService = authenticateService
        self.findBook = findBook
        self.fallback = fallback
        self.options = options
        rateLimiter = RateLimiter(options.rateLimits)
        self.log = log
        self.clock = clock
    }

    /// The routes as an application has them, with those of the OpenAPI document.
    package static func declarations(_ routes: Routes, version: String) -> [Route] {
        var routes = routes
        OpenAPIRoutes.register(in: &routes, version: version)
        return routes.list
    }

    package func respond(to wire: HTTPRequest) async -> HTTPResponse {
        let started = monotonicNanoseconds()
        let peer = forwarded(wire)
        let request = Request(
            wire: wire, id: requestID(wire), clientAddress: peer.address, isSecure: peer.isSecure,
            limits: options.limits)
        var context = RequestContext()
        var response: HTTPResponse
        do {
            response = try await answer(request, &context)
        } catch {
            response = refuse(error, request)
        }
        finish(&response, request, context)
        let microseconds = Int((monotonicNanoseconds() - started) / 1000)
        (context.metrics ?? unmatched).record(status: response.status, microseconds: microseconds)
        writeLogLine(request, context, response.status, microseconds)
        return response
    }

    /// The answer to what the server refused before it became a request.
    package func answerWireError(status: Int, reason: String) -> HTTPResponse {
        let kind = Refusal.Kind.allCases.first { $0.status == status } ?? .invalid
        unmatched.record(status: status, microseconds: 0)
        var response = HTTPResponse.refusal(
            Refusal(kind, "HTTP_\(status)", reason), requestID: UserID.new().description, at: clock.now())
        response.status = status
        return response
    }

    // MARK: Steps

    private struct RequestContext {
        var metrics: RouteMetrics?
        var route: Route?
        var principal: Principal?
        var rateLimit: RateLimiter.Decision?
    }

    private func answer(_ request: Request, _ context: inout RequestContext) async throws -> HTTPResponse {
        let method = request.wire.method == "HEAD" ? "GET" : request.wire.method
        let match = router.match(method: method, path: request.wire.path)
        guard case .found(let entry, let values) = match else {
            return try answerUnmatched(request, match)
        }
        let route = entry.route
        context.metrics = entry.metrics
        context.route = route
        try checkAccept(request, route)
        var request = request
        request.pathValues = values
        // What has a tighter limit of its own counts as an everyday call, too.
        let isEveryday = route.rateLimit == .general || route.rateLimit == .people
        if route.rateLimit == .credentials { try count(.credentials, user: nil, request, &context) }
        if route.access != .everyone {
            do {
                if case .service = route.access {
                    request.serviceOrNil = try await authenticateService(request)
                } else {
                    request.principalOrNil = try await authenticate(request)
                }
            } catch let refusal as Refusal where refusal.kind == .unauthenticated {
                if isEveryday { try count(.general, user: nil, request, &context) }
                throw refusal
            }
            context.principal = request.principalOrNil
        }
        if isEveryday {
            // A service is counted as a person is: by its own id.
            let service = request.serviceOrNil.map { UserID(high: $0.key.high, low: $0.key.low) }
            try count(.general, user: context.principal?.user ?? service, request, &context)
            if route.rateLimit == .people { try count(.people, user: context.principal?.user, request, &context) }
        }
        if let encoding = request.header("content-encoding"), encoding.lowercased() != "identity" {
            throw Refusal(
                .unsupportedMediaType, "UNSUPPORTED_CONTENT_ENCODING",
                "Send the body as it is, without Content-Encoding.")
        }
        try await authorize(&request, route)
        return try await RequestOrigin.$current.withValue(
            RequestOrigin(address: request.clientAddress, requestID: request.id)
        ) { [request] in try await route.handle(request) }
    }

    private func count(
        _ limitClass: RateLimitClass, user: UserID?, _ request: Request, _ context: inout RequestContext
    ) throws {
        guard let decision = rateLimiter.count(limitClass, user: user, address: request.clientAddress, at: clock.now())
        else { return }
        context.rateLimit = decision
        guard decision.isAllowed else {
            throw Refusal(
                .tooManyRequests, "RATE_LIMIT_EXCEEDED",
                "Too many requests. Try again in \(decision.resetSeconds) seconds.", retryAfter: decision.resetSeconds)
        }
    }

    private func authorize(_ request: inout Request, _ route: Route) async throws {
        switch route.access {
        case .everyone: return
        case .signedIn:
            // What belongs to no book is the person's own: a program may look at it, and no more; and one that is let into
            // one book has no business with it at all.
            let principal = try request.principal
            if principal.sessionOrNil == nil, route.method != .get || principal.onlyBook != nil {
                _ = try principal.session
            }
        case .service(let scope):
            guard try request.service.scopes.contains(scope) else {
                throw Refusal(
                    .forbidden, "INSUFFICIENT_SCOPE", "This key may not do that: it lacks \(scope.rawValue).")
            }
        case .administrator:
            _ = try request.principal.session
            guard try request.principal.platformRole == .admin else {
                throw Refusal(.forbidden, "INSUFFICIENT_ROLE", "Only an administrator may do this.")
            }
        case .session: _ = try request.principal.session
        case .book(let permission):
            let requested = try await request.requestedBook(takesJSON: route.takesJSON)
            try await authorize(&request, permission, in: requested)
        case .bookInPath(let permission):
            try await authorize(&request, permission, in: try request.identifier("id", of: "book"))
        }
    }

    private func authorize(_ request: inout Request, _ permission: Permission, in requested: BookID?) async throws {
        let book = try await findBook(try request.principal, requested)
        try book.check(permission)
        request.bookOrNil = book
    }

    private func answerUnmatched(_ request: Request, _ match: Router.Match) throws -> HTTPResponse {
        let method = request.wire.method
        if case .otherMethods(let methods) = match {
            if method == "OPTIONS" { return preflight(request, methods) }
            throw MethodNotAllowed(methods: methods)
        }
        if method == "OPTIONS" && request.wire.target == "*" { return .noContent }
        if let page = fallback(request) {
            if method == "OPTIONS" { return preflight(request, ["GET", "HEAD", "OPTIONS"]) }
            guard method == "GET" || method == "HEAD" else {
                throw MethodNotAllowed(methods: ["GET", "HEAD", "OPTIONS"])
            }
            return page
        }
        throw Refusal(.notFound, "NOT_FOUND", "There is nothing at \(request.wire.path.prefix(200)).")
    }

    private func preflight(_ request: Request, _ methods: [String]) -> HTTPResponse {
        if let origin = request.header("origin"), request.header("access-control-request-method") != nil {
            return options.cors.preflight(origin: origin, methods: methods)
        }
        return HTTPResponse(status: 204, fields: [("Allow", methods.joined(separator: ", "))], body: .empty)
    }

    private struct MethodNotAllowed: Error { let methods: [String] }

    private func checkAccept(_ request: Request, _ route: Route) throws {
        guard let accept = request.header("accept"), accept != "*/*", !route.success.contentTypes.isEmpty else {
            return
        }
        if route.success.contentTypes.contains(accept) { return }
        let types = route.success.contentTypes.map { MediaType($0).essence }
        let families = types.map { type in String(type.prefix { $0 != "/" }) + "/*" }
        var refused = false
        for item in accept.split(separator: ",") {
            let media = MediaType(String(item))
            let isRefused = media["q"].map { $0.allSatisfy { $0 == "0" || $0 == "." } } ?? false
            if media.essence == "*/*" || types.contains(media.essence) || families.contains(media.essence) {
                if !isRefused { return }
                refused = true
            }
        }
        if refused || !accept.allSatisfy(\.isWhitespace) {
            throw Refusal(
                .notAcceptable, "NOT_ACCEPTABLE",
                "This answers with \(types.joined(separator: " or ")), which the Accept header excludes.")
        }
    }

    private func refuse(_ error: any Error, _ request: Request) -> HTTPResponse {
        if let refusal = error as? Refusal { return .refusal(refusal, requestID: request.id, at: clock.now()) }
        if let wrong = error as? MethodNotAllowed {
            let refusal = Refusal(
                .methodNotAllowed, "METHOD_NOT_ALLOWED",
                "\(request.wire.method.prefix(32)) is not possible here. Possible: \(wrong.methods.joined(separator: ", "))."
            )
            return .refusal(refusal, requestID: request.id, at: clock.now())
                .with("Allow", wrong.methods.joined(separator: ", "))
        }
        if let convertible = error as? any RefusalConvertible, let refusal = convertible.refusal {
            log.warning("request refused: \(error)") { $0.text("requestId", request.id) }
            return .refusal(refusal, requestID: request.id, at: clock.now())
        }
        // The client left, or the server stops: nobody reads this, and it is nobody's fault.
        guard !(error is CancellationError) else { return HTTPResponse(status: 499) }
        log.error("request failed: \(error)") { fields in
            fields.text("requestId", request.id)
            fields.text("path", request.wire.path)
        }
        var writer = HTTPResponse.refusal(
            Refusal(.unavailable, "INTERNAL_SERVER_ERROR", "Something went wrong on our side. It has been logged."),
            requestID: request.id, at: clock.now())
        writer.status = 500
        return writer
    }

    /// Headers that every answer has, the conditional request, and compression.
    private func finish(_ response: inout HTTPResponse, _ request: Request, _ context: RequestContext) {
        if let tag = response.header("etag"), response.status == 200,
            request.wire.method == "GET" || request.wire.method == "HEAD",
            let wanted = request.header("if-none-match"), matches(wanted, tag)
        {
            response = HTTPResponse(
                status: 304,
                fields: response.fields.filter { $0.0 == "ETag" || $0.0 == "Cache-Control" || $0.0 == "Vary" },
                body: .empty)
        }
        response = Compression.apply(to: response, acceptEncoding: request.header("accept-encoding"))
        if let decision = context.rateLimit { response.fields += decision.fields }
        response.fields += options.cors.fields(origin: request.header("origin"))
        response.fields.append(("X-Request-Id", request.id))
        guard response.status != 101 else { return }
        response.fields.append(("X-Content-Type-Options", "nosniff"))
        response.fields.append(("X-Frame-Options", "DENY"))
        response.fields.append(("Referrer-Policy", "same-origin"))
        response.fields.append(("Cross-Origin-Opener-Policy", "same-origin"))
        if request.isSecure { response.fields.append(("Strict-Transport-Security", "max-age=31536000")) }
        // A 304 replaces the headers of what the client has stored: what is not said of it must not be made up here.
        guard response.status != 304 else { return }
        if response.header("content-security-policy") == nil {
            response.fields.append(("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"))
        }
        if response.header("cache-control") == nil {
            response.fields.append(("Cache-Control", "no-store"))
        }
    }

    private func matches(_ header: String, _ tag: String) -> Bool {
        let bare = tag.hasPrefix("W/") ? String(tag.dropFirst(2)) : tag
        return header.trimmed == "*"
            || header.split(separator: ",").contains {
                let text = String($0).trimmed
                return (text.hasPrefix("W/") ? String(text.dropFirst(2)) : text) == bare
            }
    }

    private func writeLogLine(_ request: Request, _ context: RequestContext, _ status: Int, _ microseconds: Int) {
        log.info("request") { fields in
            fields.text("requestId", request.id)
            fields.text("method", request.wire.method)
            // The route, not the path: ids stay out of the log; the query is never logged.
            fields.text("route", context.route?.path ?? "other")
            fields.number("status", status)
            fields.number("microseconds", microseconds)
            fields.text("address", request.clientAddress)
            fields.text("user", context.principal?.user.description)
        }
    }

    private func requestID(_ wire: HTTPRequest) -> String {
        if let sent = wire.fields["x-request-id"], (1...128).contains(sent.utf8.count),
            sent.utf8.allSatisfy({
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D
                    || $0 == 0x5F || $0 == 0x2E
            })
        {
            return sent
        }
        return Identifier<Request>.new().description
    }

    private func forwarded(_ wire: HTTPRequest) -> (address: String, isSecure: Bool) {
        guard !options.trustedProxies.isEmpty, options.trustedProxies.contains(wire.peerAddress) else {
            return (wire.peerAddress, false)
        }
        let chain = wire.fields.all("x-forwarded-for").flatMap { $0.split(separator: ",").map { String($0).trimmed } }
        let client = chain.last { !options.trustedProxies.contains($0) } ?? wire.peerAddress
        return (String(client.prefix(64)), wire.fields["x-forwarded-proto"]?.lowercased() == "https")
    }
}

/// An error of a lower layer that a client should see as a refusal: a database that is away, a full queue.
package protocol RefusalConvertible: Error {
    var refusal: Refusal? { get }
}
