import JSON

/// Tells whether an answer is one that the OpenAPI document allows, so that each test through the server proves a part
/// of the document. Stricter than JSON Schema in one point: a member that is not declared is a problem.
package struct OpenAPIChecker: Sendable {
    private let document: JSONValue
    private let operations: [(method: String, path: [Substring], operation: JSONValue)]

    package init(_ document: JSONValue) {
        self.document = document
        operations = (document["paths"]?.object ?? []).flatMap { path, methods in
            (methods.object ?? []).map { ($0.key, path.split(separator: "/"), $0.value) }
        }
    }

    /// What is wrong; empty when nothing is, and for a path that is not in the document.
    package func problems(_ method: String, _ target: String, _ answer: Answer) -> [String] {
        if answer.status >= 500 && answer.status != 503 {
            return ["\(method) \(target) answers \(answer.status): \(answer.text)"]
        }
        let path = target.prefix { $0 != "?" }
        let segments =
            (path.hasPrefix("/api/") && !path.hasPrefix("/api/v1/") ? "/api/v1/" + path.dropFirst(5) : String(path))
            .split(separator: "/")
        let matching = operations.filter { candidate in
            candidate.method == method.lowercased() && candidate.path.count == segments.count
                && zip(candidate.path, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }
        let fewestParameters = matching.min {
            $0.path.count { $0.hasPrefix("{") } < $1.path.count { $0.hasPrefix("{") }
        }
        guard let operation = fewestParameters?.operation else { return [] }
        guard let response = operation["responses"]?[String(answer.status)] else {
            return ["\(method) \(target): \(answer.status) is not documented. \(answer.text)"]
        }
        guard let schema = response["content"]?["application/json"]?["schema"] else {
            return answer.body.isEmpty || response["content"] != nil
                ? [] : ["\(method) \(target): a body where none is documented"]
        }
        return check(answer.json, schema, "\(method) \(target)")
    }

    private func check(_ value: JSONValue, _ schema: JSONValue, _ place: String) -> [String] {
        if let reference = schema["$ref"]?.string {
            guard let target = resolve(reference) else { return ["\(place): \(reference) leads nowhere"] }
            return check(value, target, place)
        }
        if let choices = schema["anyOf"]?.array {
            let results = choices.map { check(value, $0, place) }
            return results.contains { $0.isEmpty } ? [] : results.first ?? []
        }
        switch (schema["type"]?.string, value) {
        case ("string", .string(let text)): return checkText(text, schema, place)
        case ("boolean", .bool), ("null", .null), ("number", .number): return []
        case ("integer", .number(let text)): return Int(text) == nil ? ["\(place): \(text) is no integer"] : []
        case ("array", .array(let items)):
            guard let schema = schema["items"] else { return [] }
            return items.enumerated().flatMap { check($1, schema, "\(place)[\($0)]") }
        case ("object", .object(let members)):
            var problems: [String] = []
            let properties = schema["properties"]
            for required in schema["required"]?.array ?? [] {
                if let name = required.string, value[name] == nil { problems.append("\(place): \(name) is missing") }
            }
            guard let properties else { return problems }
            for member in members {
                guard let schema = properties[member.key] else {
                    problems.append("\(place): \(member.key) is not documented")
                    continue
                }
                problems += check(member.value, schema, "\(place).\(member.key)")
            }
            return problems
        default: return ["\(place): \(value.kind) where \(schema["type"]?.string ?? "?") is documented"]
        }
    }

    private func checkText(_ text: String, _ schema: JSONValue, _ place: String) -> [String] {
        if let values = schema["enum"]?.array, !values.contains(.string(text)) {
            return ["\(place): “\(text)” is none of the values"]
        }
        switch schema["format"]?.string {
        case "uuid": return text.utf8.count == 36 ? [] : ["\(place): “\(text)” is no UUID"]
        case "date": return text.utf8.count == 10 ? [] : ["\(place): “\(text)” is no day"]
        case "date-time": return text.hasSuffix("Z") ? [] : ["\(place): “\(text)” is no instant"]
        default: return []
        }
    }

    /// `#/components/schemas/Entry`
    package func resolve(_ reference: String) -> JSONValue? {
        guard reference.hasPrefix("#/") else { return nil }
        return reference.dropFirst(2).split(separator: "/").reduce(Optional(document)) { $0?[String($1)] }
    }
}

extension OpenAPIChecker {
    /// What is wrong with the document itself, whatever the answers are.
    package func problemsOfDocument() -> [String] {
        var problems: [String] = []
        var ids: Set<String> = []
        for (method, path, operation) in operations {
            let place = "\(method) /\(path.joined(separator: "/"))"
            let id = operation["operationId"]?.string ?? ""
            if id.isEmpty || !ids.insert(id).inserted {
                problems.append("\(place): the operationId “\(id)” is not its own")
            }
            if (operation["summary"]?.string ?? "").isEmpty { problems.append("\(place): no summary") }
            let declared = (operation["parameters"]?.array ?? []).filter { $0["in"] == .string("path") }
                .compactMap { $0["name"]?.string }
            let inPath = path.filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
            if declared != inPath { problems.append("\(place): path parameters \(declared), in the path \(inPath)") }
            if operation["responses"]?.object?.isEmpty ?? true { problems.append("\(place): no responses") }
        }
        collectReferences(document, &problems)
        return problems
    }

    private func collectReferences(_ value: JSONValue, _ problems: inout [String]) {
        switch value {
        case .object(let members):
            for member in members {
                if member.key == "$ref", let reference = member.value.string, resolve(reference) == nil {
                    problems.append("\(reference) leads nowhere")
                }
                collectReferences(member.value, &problems)
            }
        case .array(let items): for item in items { collectReferences(item, &problems) }
        default: break
        }
    }

    /// `get /api/v1/expenses` and so on.
    package var operationNames: Set<String> {
        Set(operations.map { "\($0.method) /\($0.path.joined(separator: "/"))" })
    }
}
