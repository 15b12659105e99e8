import HTTP
import JSON
import TestSupport
import Testing

@testable import purser

/// What clients are told of the routes, against what the server does.
@Suite struct `The document of all routes` {
    private static func operation(_ method: String, _ path: String) throws -> JSONValue {
        let document = try JSONValue.parse(OpenAPI.document(of: try Modules.declaredRoutes(), version: "1"))
        return try #require(document["paths"]?["/api/v1" + path]?[method], "\(method) \(path)")
    }

    private static func schema(_ name: String) throws -> JSONValue {
        let document = try JSONValue.parse(OpenAPI.document(of: try Modules.declaredRoutes(), version: "1"))
        return try #require(document["components"]?["schemas"]?[name])
    }

    @Test func `says that a parameter may be empty, and bounds no number that is moved to its bounds`() throws {
        let document = try JSONValue.parse(OpenAPI.document(of: try Modules.declaredRoutes(), version: "1"))
        var seen = 0
        for (path, operations) in document["paths"]?.object ?? [] {
            for (method, operation) in operations.object ?? [] {
                for parameter in operation["parameters"]?.array ?? [] where parameter["in"]?.string == "query" {
                    seen += 1
                    #expect(parameter["allowEmptyValue"] == .bool(true), "\(method) \(path)")
                    // Others are refused outside of theirs.
                    guard let name = parameter["name"]?.string, ["limit", "page", "months"].contains(name) else {
                        continue
                    }
                    let (least, most) = (parameter["schema"]?["minimum"], parameter["schema"]?["maximum"])
                    #expect(least == nil && most == nil, "\(method) \(path)")
                }
            }
        }
        #expect(seen > 50)
    }

    @Test func `names both kinds of file that an export gives`() throws {
        for kind in ["expenses", "incomes", "entries"] {
            let content = try Self.operation("get", "/\(kind)/export")["responses"]?["200"]?["content"]
            #expect(content?.object?.map(\.key).sorted() == ["application/x-ndjson", "text/csv"], "\(kind)")
        }
    }

    @Test(arguments: ["/auth/passkeys/login/options", "/auth/refresh", "/auth/logout", "/rules/apply"])
    func `asks for no body where none is needed`(path: String) throws {
        #expect(try Self.operation("post", path)["requestBody"]?["required"] == .bool(false))
        #expect(try Self.operation("post", "/auth/login")["requestBody"]?["required"] == .bool(true))
    }

    @Test func `lets what need not be sent be null`() throws {
        let reference = try Self.operation("post", "/books")["requestBody"]?["content"]?["application/json"]?["schema"]
        let name = try #require(reference?["$ref"]?.string?.split(separator: "/").last)
        let properties = try Self.schema(String(name))["properties"]
        let currency = properties?["currency"]?["anyOf"]?.array?.map { $0["type"]?.string }
        #expect(currency == ["string", "null"])
        #expect(properties?["name"]?["type"]?.string == "string")
    }

    @Test func `declares what a proof may be refused for`() throws {
        let responses = try Self.operation("post", "/auth/reauthenticate")["responses"]
        for status in ["400", "401", "403", "409", "429"] { #expect(responses?[status] != nil, "\(status)") }
    }
}
