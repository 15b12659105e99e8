import Base

/// Finds the route of a path. Static segments win over parameters; built once, read by all loops.
final class Router: Sendable {
    struct Entry: Sendable {
        let route: Route
        let metrics: RouteMetrics
    }

    enum Match {
        case found(Entry, [(name: String, value: String)])
        /// The path exists, with these methods only.
        case otherMethods([String])
        case nothing
    }

    private final class Node: Sendable {
        let children: [String: Node]
        let parameter: (name: String, node: Node)?
        let entries: [String: Entry]

        init(_ draft: Draft) {
            children = draft.children.mapValues(Node.init)
            parameter = draft.parameter.map { ($0.name, Node($0.draft)) }
            entries = draft.entries
        }
    }

    private final class Draft {
        var children: [String: Draft] = [:]
        var parameter: (name: String, draft: Draft)?
        var entries: [String: Entry] = [:]
    }

    private let root: Node

    /// - Parameter aliases: paths of the source designs, with `{name}` for parameters, and their canonical ones.
    init(_ entries: [Entry], aliases: [(from: String, to: String)]) {
        let root = Draft()
        for entry in entries {
            Self.insert(entry, at: entry.route.path, into: root)
            for alias in aliases where alias.to == entry.route.path { Self.insert(entry, at: alias.from, into: root) }
        }
        self.root = Node(root)
    }

    private static func insert(_ entry: Entry, at path: String, into root: Draft) {
        var node = root
        for segment in path.split(separator: "/").map(String.init) {
            if segment.hasPrefix("{") {
                let name = String(segment.dropFirst().dropLast())
                let next = node.parameter?.draft ?? Draft()
                node.parameter = (node.parameter?.name ?? name, next)
                node = next
            } else {
                let next = node.children[segment] ?? Draft()
                node.children[segment] = next
                node = next
            }
        }
        precondition(
            node.entries[entry.route.method.rawValue] == nil, "Two routes for \(entry.route.method.rawValue) \(path)")
        node.entries[entry.route.method.rawValue] = entry
    }

    func match(method: String, path: String) -> Match {
        // `/api/X` is served as `/api/v1/X` (INVENTORY C01).
        if path.utf8.starts(with: "/api/".utf8) && !path.utf8.starts(with: "/api/v1/".utf8) {
            return walk(method: method, path: "/api/v1/" + path.dropFirst(5))
        }
        return walk(method: method, path: path)
    }

    private func walk(method: String, path: String) -> Match {
        var node = root
        var values: [(String, String)] = []
        for segment in path.utf8.split(separator: UInt8(ascii: "/")) {
            guard let text = percentDecoded(segment, plusIsSpace: false) else { return .nothing }
            if let child = node.children[text] {
                node = child
            } else if let parameter = node.parameter {
                values.append((parameter.name, text))
                node = parameter.node
            } else {
                return .nothing
            }
        }
        if let entry = node.entries[method] { return .found(entry, values) }
        if node.entries.isEmpty { return .nothing }
        var methods = node.entries.keys.sorted()
        if methods.contains("GET") { methods.append("HEAD") }
        methods.append("OPTIONS")
        return .otherMethods(methods)
    }
}
