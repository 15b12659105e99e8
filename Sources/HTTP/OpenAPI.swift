import Base
import HTTPServer
import JSON
import Synchronization

/// The OpenAPI 3.1 document, made from the declarations of the routes and from nothing else.
package enum OpenAPI {
    package static func document(of routes: [Route], version: String) -> [UInt8] {
        var components: [String: [SchemaProperty]] = [:]
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("openapi")
        writer.string("3.1.0")
        writer.key("info")
        writer.beginObject()
        writer.key("title")
        writer.string("Purser")
        writer.key("version")
        writer.string(version)
        writer.key("description")
        writer.string("The money of a person, a household, a business or an organisation, on a machine they own.")
        writer.endObject()
        writer.key("paths")
        writer.beginObject()
        for path in ordered(routes.map(\.path)) {
            writer.key(path)
            writer.beginObject()
            for route in routes where route.path == path {
                writer.key(route.method.rawValue.lowercased())
                write(route, to: &writer, &components)
            }
            writer.endObject()
        }
        writer.endObject()
        writeComponents(&components, to: &writer)
        writer.endObject()
        return writer.bytes
    }

    private static func ordered(_ paths: [String]) -> [String] {
        var seen: Set<String> = []
        return paths.filter { seen.insert($0).inserted }
    }

    private static func write(
        _ route: Route, to writer: inout JSONWriter, _ components: inout [String: [SchemaProperty]]
    ) {
        writer.beginObject()
        writer.key("summary")
        writer.string(route.summary)
        writer.key("operationId")
        writer.string(operationID(route))
        writer.key("tags")
        writer.beginArray()
        writer.string(route.tag)
        writer.endArray()
        writer.key("security")
        writer.beginArray()
        if route.access != .everyone {
            for scheme in schemes(of: route) {
                writer.beginObject()
                writer.key(scheme)
                writer.beginArray()
                writer.endArray()
                writer.endObject()
            }
        }
        writer.endArray()
        writeAccess(route.access, to: &writer)
        writeParameters(route, to: &writer, &components)
        if let body = route.body {
            writer.key("requestBody")
            writer.beginObject()
            writer.key("required")
            writer.bool(body.isRequired)
            writer.key("content")
            writer.beginObject()
            for type in body.contentTypes {
                writer.key(type)
                writer.beginObject()
                writer.key("schema")
                body.schema.write(to: &writer, components: &components)
                writer.endObject()
            }
            writer.endObject()
            writer.endObject()
        }
        writeResponses(route, to: &writer, &components)
        writer.endObject()
    }

    /// Who may call it, for people and for programs that make API keys.
    private static func writeAccess(_ access: Access, to writer: inout JSONWriter) {
        writer.key("x-permission")
        writer.string(access.word)
    }

    private static func schemes(of route: Route) -> [String] {
        switch route.access {
        case .everyone: []
        case .session, .administrator: ["bearer", "cookie"]
        case .signedIn, .book, .bookInPath: ["bearer", "cookie", "apiKey"]
        case .service: ["apiKey"]
        }
    }

    private static func operationID(_ route: Route) -> String {
        // The same name may be inside and outside of the API, as `/health` is.
        let prefix = "/api/v1/"
        let isInside = route.path.hasPrefix(prefix)
        let words = (isInside ? route.path.dropFirst(prefix.count) : "root" + route.path).split {
            "/{}-._".contains($0)
        }
        return route.method.rawValue.lowercased() + words.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    private static func writeParameters(
        _ route: Route, to writer: inout JSONWriter, _ components: inout [String: [SchemaProperty]]
    ) {
        let inPath = route.path.split(separator: "/").filter { $0.hasPrefix("{") }.map {
            String($0.dropFirst().dropLast())
        }
        var hasBook = false
        if case .book = route.access { hasBook = true }
        guard !inPath.isEmpty || !route.query.isEmpty || hasBook else { return }
        writer.key("parameters")
        writer.beginArray()
        for name in inPath { parameter(name, "path", true, .text, nil) }
        for query in route.query { parameter(query.name, "query", false, query.schema, query.summary) }
        if hasBook {
            parameter(
                "X-Book", "header", false, .uuid,
                "The book; also householdId in the query or the body. Without any, your own.")
        }
        writer.endArray()

        func parameter(_ name: String, _ place: String, _ required: Bool, _ schema: Schema, _ summary: String?) {
            writer.beginObject()
            writer.key("name")
            writer.string(name)
            writer.key("in")
            writer.string(place)
            writer.key("required")
            writer.bool(required)
            // `name=` is the same as leaving it out.
            if place == "query" {
                writer.key("allowEmptyValue")
                writer.bool(true)
            }
            if let summary {
                writer.key("description")
                writer.string(summary)
            }
            writer.key("schema")
            schema.write(to: &writer, components: &components)
            writer.endObject()
        }
    }

    private static func writeResponses(
        _ route: Route, to writer: inout JSONWriter, _ components: inout [String: [SchemaProperty]]
    ) {
        writer.key("responses")
        writer.beginObject()
        for success in [route.alternative, route.success].compactMap({ $0 }) {
            writer.key(String(success.status))
            writer.beginObject()
            writer.key("description")
            writer.string(success.schema == nil ? "Done" : "The answer")
            if let schema = success.schema {
                writer.key("content")
                writer.beginObject()
                for type in success.contentTypes {
                    writer.key(type)
                    writer.beginObject()
                    writer.key("schema")
                    enveloped(schema, success).write(to: &writer, components: &components)
                    writer.endObject()
                }
                writer.endObject()
            }
            writer.endObject()
        }
        for kind in refusals(of: route) { writeRefusal(String(kind.status), kind.summary, to: &writer, &components) }
        writeRefusal("default", "Refused by the server before the route was reached", to: &writer, &components)
        writer.endObject()
    }

    private static func writeRefusal(
        _ status: String, _ summary: String, to writer: inout JSONWriter, _ components: inout [String: [SchemaProperty]]
    ) {
        writer.key(status)
        writer.beginObject()
        writer.key("description")
        writer.string(summary)
        writer.key("content")
        writer.beginObject()
        writer.key("application/json")
        writer.beginObject()
        writer.key("schema")
        refusalSchema.write(to: &writer, components: &components)
        writer.endObject()
        writer.endObject()
        writer.endObject()
    }

    /// What a route refuses by itself, and what the steps before it refuse.
    static func refusals(of route: Route) -> [Refusal.Kind] {
        var kinds = Set(route.refuses)
        if route.access != .everyone { kinds.formUnion([.unauthenticated, .forbidden]) }
        switch route.access {
        case .book(let permission), .bookInPath(let permission):
            kinds.insert(.notFound)
            if case .book = route.access { kinds.insert(.invalid) }
            if !Permission.reading.contains(permission) { kinds.insert(.conflict) }
        default: break
        }
        if route.path.contains("{") { kinds.insert(.notFound) }
        if !route.query.isEmpty || route.body != nil { kinds.insert(.invalid) }
        if route.body != nil { kinds.formUnion([.tooLarge, .unsupportedMediaType, .requestTimeout]) }
        if route.rateLimit != nil { kinds.insert(.tooManyRequests) }
        kinds.formUnion([.notAcceptable, .unavailable])
        return kinds.sorted { $0.status < $1.status }
    }

    private static func enveloped(_ schema: Schema, _ success: Route.Success) -> Schema {
        guard success.isEnveloped else { return schema }
        var properties = [SchemaProperty("success", .boolean), SchemaProperty("data", schema)]
        if success.hasMeta { properties.append(SchemaProperty("meta", Meta.schema)) }
        properties.append(SchemaProperty("message", .text, required: false))
        return .object(name: nil, properties)
    }

    private static let refusalSchema = Schema.object(
        name: "Refusal",
        [
            SchemaProperty("success", .boolean), SchemaProperty("message", .text), SchemaProperty("code", .text),
            SchemaProperty(
                "error",
                .object(
                    name: nil,
                    [
                        SchemaProperty("code", .text), SchemaProperty("message", .text),
                        SchemaProperty("timestamp", .instant), SchemaProperty("requestId", .text),
                    ])),
            SchemaProperty(
                "errors",
                .array(.object(name: nil, [SchemaProperty("field", .text), SchemaProperty("message", .text)])),
                required: false),
        ])

    private static func writeComponents(_ components: inout [String: [SchemaProperty]], to writer: inout JSONWriter) {
        writer.key("components")
        writer.beginObject()
        writer.key("securitySchemes")
        writer.beginObject()
        writer.key("bearer")
        writer.raw(Array(#"{"type":"http","scheme":"bearer","bearerFormat":"JWT"}"#.utf8))
        writer.key("cookie")
        writer.raw(Array(#"{"type":"apiKey","in":"cookie","name":"purser_access"}"#.utf8))
        writer.key("apiKey")
        writer.raw(Array(#"{"type":"apiKey","in":"header","name":"X-API-Key"}"#.utf8))
        writer.endObject()
        writer.key("schemas")
        writer.beginObject()
        // Writing a component may find further ones, so go on until none is new.
        var written: Set<String> = []
        while let name = components.keys.filter({ !written.contains($0) }).min() {
            written.insert(name)
            writer.key(name)
            Schema.writeObject(components[name] ?? [], to: &writer, components: &components)
        }
        writer.endObject()
        writer.endObject()
    }
}

/// `/api/v1/openapi.json` and the page that makes it readable. Both show all routes, these two included.
enum OpenAPIRoutes {
    static func register(in routes: inout Routes, version: String) {
        let shared = Shared()
        routes.tag = "About"
        routes.get(
            "/openapi.json", "This document", access: .everyone, returns: .content("application/json"), rateLimit: nil
        ) { _ in
            .json(
                fields: [("Cache-Control", "public, max-age=300")],
                OpenAPI.document(of: shared.routes.withLock { $0 }, version: version))
        }
        routes.get("/docs", "The API, readable", access: .everyone, returns: .content("text/html"), rateLimit: nil) {
            _ in
            HTTPResponse.text(
                type: "text/html; charset=utf-8",
                OpenAPIPage.html(of: shared.routes.withLock { $0 }, version: version)
            )
            .with("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'")
            .with("Cache-Control", "public, max-age=300")
        }
        let registered = routes.list
        shared.routes.withLock { $0 = registered }
    }

    private final class Shared: Sendable {
        let routes = Mutex<[Route]>([])
    }
}
