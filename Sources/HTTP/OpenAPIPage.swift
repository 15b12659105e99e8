/// The API as a page: plain HTML from the same declarations, no script.
enum OpenAPIPage {
    static func html(of routes: [Route], version: String) -> String {
        var page = """
            <!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <title>Purser API</title><link rel="stylesheet" href="/assets/docs.css"></head><body><main>
            <h1>Purser API <small>\(escaped(version))</small></h1>
            <p>Machine-readable: <a href="/api/v1/openapi.json">openapi.json</a>. Answers are
            <code>{"success":true,"data":…}</code>, refusals <code>{"success":false,"code":…,"message":…}</code>.</p>

            """
        var tags: [String] = []
        for route in routes where !tags.contains(route.tag) { tags.append(route.tag) }
        for tag in tags {
            page += "<h2>\(escaped(tag))</h2>\n"
            for route in routes where route.tag == tag { page += section(route) }
        }
        return page + "</main></body></html>\n"
    }

    private static func section(_ route: Route) -> String {
        var html = """
            <details><summary><b class="\(route.method.rawValue.lowercased())">\(route.method.rawValue)</b>
            <code>\(escaped(route.path))</code> \(escaped(route.summary))</summary>
            <p>For: \(escaped(audience(route.access))). Answers \(route.success.status)\(route.success.contentTypes.isEmpty ? "" : " " + route.success.contentTypes.joined(separator: " or ")).</p>

            """
        if !route.query.isEmpty {
            html += "<table><tr><th>Parameter</th><th>Type</th><th>Meaning</th></tr>"
            for query in route.query {
                html +=
                    "<tr><td><code>\(escaped(query.name))</code></td><td>\(escaped(name(of: query.schema)))</td><td>\(escaped(query.summary))</td></tr>"
            }
            html += "</table>\n"
        }
        if let body = route.body {
            html += "<h3>Body (\(escaped(body.contentTypes.joined(separator: ", "))))</h3>" + table(body.schema)
        }
        if let schema = route.success.schema { html += "<h3>Data</h3>" + table(schema) }
        let refusals = OpenAPI.refusals(of: route).map { "\($0.status) \($0.summary.lowercased())" }
        html += "<p class=\"refusals\">Refuses: \(escaped(refusals.joined(separator: "; "))).</p></details>\n"
        return html
    }

    private static func table(_ schema: Schema) -> String {
        switch schema {
        case .object(_, let properties):
            var html = "<table><tr><th>Field</th><th>Type</th><th></th></tr>"
            for property in properties {
                html +=
                    "<tr><td><code>\(escaped(property.name))</code></td><td>\(escaped(name(of: property.schema)))</td><td>\(property.isRequired ? "" : "optional ")\(escaped(property.summary ?? ""))</td></tr>"
            }
            return html + "</table>\n"
        case .array(let element): return "<p>A list of:</p>" + table(element)
        case .nullable(let schema): return table(schema)
        default: return "<p>\(escaped(name(of: schema)))</p>\n"
        }
    }

    private static func name(of schema: Schema) -> String {
        switch schema {
        case .string(let format, let maxLength, _):
            (format ?? "text") + (maxLength.map { ", at most \($0) characters" } ?? "")
        case .choice(let values): values.joined(separator: " | ")
        case .integer: "whole number"
        case .money: "amount"
        case .decimal: "decimal"
        case .boolean: "true | false"
        case .array(let element): "list of " + name(of: element)
        case .object(let name, _): name ?? "object"
        case .anything: "object"
        case .nullable(let schema): name(of: schema) + " or null"
        case .binary: "bytes"
        }
    }

    private static func audience(_ access: Access) -> String {
        switch access {
        case .everyone: "everyone"
        case .signedIn: "signed-in users"
        case .session: "signed-in users, not their API keys"
        case .administrator: "administrators"
        case .service: "services, by a key of their own"
        case .book, .bookInPath: "members of the book whose role has \(access.word)"
        }
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
        return result
    }
}
