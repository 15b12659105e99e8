import HTTP
import JSON
import Runtime

/// `purser permissions`
enum PermissionsCommand {
    static let command = Command(
        name: "permissions", summary: "Lists what each role may do, and what each route asks for.",
        usage: "[--markdown | --json]",
        details: "The same table decides about every request.", switches: ["markdown", "json"], takesSettings: false
    ) { arguments in
        let routes = try Modules.declaredRoutes()
        if arguments.has("json") {
            json(routes)
        } else {
            Output.line(arguments.has("markdown") ? markdown(routes) : plain(routes))
        }
        return .success
    }

    static func markdown(_ routes: [Route]) -> String {
        let roles = BookRole.allCases
        var lines = [
            "# Permissions", "",
            "Made by `purser permissions --markdown` from the table that decides about every request.", "",
            "## What a role may do in a book", "",
            "| Permission | Lets one | " + roles.map(\.rawValue).joined(separator: " | ") + " |",
            "|---|---|" + String(repeating: "---|", count: roles.count),
        ]
        for line in Permission.table {
            let marks = roles.map { $0.permissions.contains(line.permission) ? "yes" : "" }
            lines.append("| `\(line.name)` | \(line.summary) | " + marks.joined(separator: " | ") + " |")
        }
        lines += [
            "",
            "A book that is not yours is 404, whatever you ask of it. An API key does no more than its scopes, and a",
            "book that is archived is only read.", "",
            "A role of an organisation has a scope. With `department` it reaches the entries of its member's department and",
            "of those below, and what the member has recorded; with `own` the latter alone. It has then what begins with",
            "`entry:` or `report:` on the routes that say so below, and nowhere else.", "",
            "## What each route asks for", "",
            "| Route | Asks for | Of which book |", "|---|---|---|",
        ]
        for route in routes {
            lines.append("| `\(route.method.rawValue) \(route.path)` | \(route.access.word) | \(place(route.access)) |")
        }
        return lines.joined(separator: "\n")
    }

    private static func place(_ access: Access) -> String {
        switch access {
        case .book: "X-Book, or your own"
        case .bookWithinScope: "X-Book, or your own; as far as the role reaches"
        case .bookInPath: "the path's"
        default: ""
        }
    }

    private static func plain(_ routes: [Route]) -> String {
        let width = Permission.table.map(\.name.count).max() ?? 0
        var lines: [String] = []
        for line in Permission.table {
            let roles = BookRole.allCases.filter { $0.permissions.contains(line.permission) }.map(\.rawValue)
            let gap = String(repeating: " ", count: width - line.name.count + 2)
            lines.append(line.name + gap + roles.joined(separator: ", "))
        }
        lines.append("")
        for route in routes {
            let method = route.method.rawValue
            let gap = String(repeating: " ", count: 7 - method.count)
            lines.append("\(method)\(gap)\(route.path)  \(route.access.word)")
        }
        return lines.joined(separator: "\n")
    }

    private static func json(_ routes: [Route]) {
        Output.json { writer in
            writer.beginObject()
            writer.key("permissions")
            writer.beginArray()
            for line in Permission.table {
                writer.beginObject()
                writer.key("name")
                writer.string(line.name)
                writer.key("summary")
                writer.string(line.summary)
                writer.key("roles")
                writer.beginArray()
                for role in BookRole.allCases where role.permissions.contains(line.permission) {
                    writer.string(role.rawValue)
                }
                writer.endArray()
                writer.endObject()
            }
            writer.endArray()
            writer.key("routes")
            writer.beginArray()
            for route in routes {
                writer.beginObject()
                writer.key("method")
                writer.string(route.method.rawValue)
                writer.key("path")
                writer.string(route.path)
                writer.key("permission")
                writer.string(route.access.word)
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
        }
    }
}
