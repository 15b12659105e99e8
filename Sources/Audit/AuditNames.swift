import Database

/// What the ids in a record of the log are called: the log keeps ids, since names change. Modules say it for what is
/// theirs, by SQL.
package struct AuditNames: Sendable {
    /// `, (…)`: one more column behind those of the log's row `l`, a JSON object of names by id.
    let selection: SQL

    package static let none = AuditNames([])

    /// - Parameter sources: selects of `id` and `name` for the row `l`. Each looks only at what the log itself has written
    ///   there: a text that somebody has typed must not fetch the name of a stranger whose id it is.
    package init(_ sources: [SQL]) {
        guard !sources.isEmpty else {
            selection = ", '{}'"
            return
        }
        var union: SQL = ""
        for (index, source) in sources.enumerated() {
            if index > 0 { union.append(" UNION ") }
            union.append("(\(source))")
        }
        selection = """
            , (SELECT coalesce(json_object_agg(n.id, n.name), '{}')::text FROM (\(union)) n WHERE n.name IS NOT NULL)
            """
    }

    /// The id in a member of the values, where it is one, as SQL of the row `l`.
    package static func id(_ side: StaticString, _ key: StaticString) -> SQL {
        let member: SQL = "l.\(SQL.fragment(side)) ->> '\(SQL.fragment(key))'"
        return "CASE WHEN \(member) ~ '\(uuid)' THEN (\(member))::uuid END"
    }

    /// The record's id, where it is one.
    package static let record: SQL = "CASE WHEN l.record_id ~ '\(uuid)' THEN l.record_id::uuid END"

    private static let uuid: SQL = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
}
