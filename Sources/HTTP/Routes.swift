import Base
import HTTPServer

package typealias Handler = @Sendable (Request) async throws -> HTTPResponse

/// One endpoint, declared: the router, the checks before the handler, and the OpenAPI document come from it.
package struct Route: Sendable {
    package enum Method: String, Sendable, CaseIterable {
        case get = "GET", post = "POST", put = "PUT", patch = "PATCH", delete = "DELETE"
    }

    package struct Success: Sendable {
        let status: Int
        let schema: Schema?
        /// Those that it may have; the request says which.
        let contentTypes: [String]
        /// Whether the schema is wrapped in the envelope, with or without `meta`.
        let isEnveloped: Bool
        let hasMeta: Bool

        package static func data(_ schema: Schema, status: Int = 200) -> Success {
            Success(
                status: status, schema: schema, contentTypes: ["application/json"], isEnveloped: true, hasMeta: false)
        }
        package static func created(_ schema: Schema) -> Success { data(schema, status: 201) }
        package static func page(of schema: Schema) -> Success {
            Success(
                status: 200, schema: .array(schema), contentTypes: ["application/json"], isEnveloped: true,
                hasMeta: true)
        }
        package static let nothing = Success(
            status: 204, schema: nil, contentTypes: [], isEnveloped: false, hasMeta: false)
        /// To another address.
        package static let redirect = Success(
            status: 302, schema: nil, contentTypes: [], isEnveloped: false, hasMeta: false)
        /// 101: the connection speaks another protocol from then on.
        package static let switching = Success(
            status: 101, schema: nil, contentTypes: [], isEnveloped: false, hasMeta: false)
        package static func content(_ contentTypes: String...) -> Success {
            Success(
                status: 200, schema: contentTypes == ["application/json"] ? .anything : .binary,
                contentTypes: contentTypes, isEnveloped: false, hasMeta: false)
        }
    }

    package let method: Method
    package let path: String
    let summary: String
    let tag: String
    package let access: Access
    let query: [QueryDeclaration]
    package let body: BodySchema?
    let success: Success
    /// Another way in which it may succeed: a preview instead of the thing itself.
    let alternative: Success?
    let refuses: [Refusal.Kind]
    /// Which limit counts the call; nil: none does.
    let rateLimit: RateLimitClass?
    let handle: Handler

    var takesJSON: Bool { body?.contentTypes == ["application/json"] }
}

/// Collects the routes of all modules.
package struct Routes: Sendable {
    package private(set) var list: [Route] = []
    package var tag = ""
    /// Put before every path.
    package var prefix = "/api/v1"

    package init() {}

    package mutating func get(
        _ path: String, _ summary: String, access: Access, query: [QueryDeclaration] = [], returns: Route.Success,
        refuses: [Refusal.Kind] = [], rateLimit: RateLimitClass? = .general, handle: @escaping Handler
    ) {
        add(.get, path, summary, access, query, nil, returns, refuses, rateLimit, handle)
    }

    package mutating func post(
        _ path: String, _ summary: String, access: Access, query: [QueryDeclaration] = [], accepts: BodySchema? = nil,
        returns: Route.Success, or alternative: Route.Success? = nil, refuses: [Refusal.Kind] = [],
        rateLimit: RateLimitClass? = .general, handle: @escaping Handler
    ) {
        add(.post, path, summary, access, query, accepts, returns, refuses, rateLimit, handle, or: alternative)
    }

    package mutating func put(
        _ path: String, _ summary: String, access: Access, accepts: BodySchema, returns: Route.Success,
        refuses: [Refusal.Kind] = [], handle: @escaping Handler
    ) {
        add(.put, path, summary, access, [], accepts, returns, refuses, .general, handle)
    }

    package mutating func patch(
        _ path: String, _ summary: String, access: Access, accepts: BodySchema? = nil, returns: Route.Success,
        refuses: [Refusal.Kind] = [], handle: @escaping Handler
    ) {
        add(.patch, path, summary, access, [], accepts, returns, refuses, .general, handle)
    }

    package mutating func delete(
        _ path: String, _ summary: String, access: Access, query: [QueryDeclaration] = [], accepts: BodySchema? = nil,
        returns: Route.Success = .nothing,
        refuses: [Refusal.Kind] = [], handle: @escaping Handler
    ) {
        add(.delete, path, summary, access, query, accepts, returns, refuses, .general, handle)
    }

    private mutating func add(
        _ method: Route.Method, _ path: String, _ summary: String, _ access: Access, _ query: [QueryDeclaration],
        _ body: BodySchema?, _ success: Route.Success, _ refuses: [Refusal.Kind], _ rateLimit: RateLimitClass?,
        _ handle: @escaping Handler, or alternative: Route.Success? = nil
    ) {
        list.append(
            Route(
                method: method, path: prefix + path, summary: summary, tag: tag, access: access, query: query,
                body: body,
                success: success, alternative: alternative, refuses: refuses, rateLimit: rateLimit, handle: handle))
    }
}

/// Routes of one feature.
package protocol RouteGroup: Sendable {
    func register(in routes: inout Routes)
}
