import JSON

/// Import profiles in words, as the page says them.
enum ProfileWords {
    private static let orders = ["dmy": "day first", "mdy": "month first", "ymd": "year first"]
    private static let ends = [",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"]
    private static let roles = [
        ("date", "date"), ("valueDate", "value day"), ("amount", "amount"), ("debit", "money out"),
        ("credit", "money in"), ("indicator", "in or out"), ("payee", "payee"), ("payer", "payer"), ("memo", "memo"),
        ("reference", "reference"), ("id", "number"), ("currency", "currency"), ("balance", "balance"),
        ("type", "type"), ("status", "status"), ("account", "account"), ("fee", "fee"),
    ]

    /// How values are written.
    static func readAs(_ profile: JSONValue) -> String {
        let mapping = profile["mapping"] ?? .null
        var words: [String] = []
        if let end = mapping["delimiter"]?.string.flatMap({ ends[$0] }) { words.append("columns end with \(end)") }
        if let format = mapping["dateFormat"]?.string {
            words.append("dates as \(format)")
        } else if let order = mapping["dateOrder"]?.string.flatMap({ orders[$0] }) {
            words.append("dates \(order)")
        }
        if let mark = mapping["decimal"]?.string { words.append("decimal \(mark == "," ? "comma" : "point")") }
        if mapping["negate"]?.bool == true { words.append("signs turned round") }
        if let currency = mapping["currencyCode"]?.string { words.append("all in \(currency)") }
        return words.isEmpty ? "as detected" : words.joined(separator: " · ")
    }

    static func foundBy(_ profile: JSONValue) -> String {
        guard let signature = profile["signature"]?.string else { return "its name only" }
        let names = names(signature)
        guard !names.isEmpty else { return "the kinds of its columns" }
        return "the columns " + names.filter { !$0.isEmpty }.joined(separator: ", ")
    }

    /// Which column is what: by its name, where the signature has it.
    static func columns(_ profile: JSONValue) -> [(title: String, column: String)] {
        let mapping = profile["mapping"] ?? .null
        let names = names(profile["signature"]?.string ?? "")
        let column = { (position: Int) in
            let name = names.indices.contains(position) ? names[position] : ""
            return name.isEmpty || name.hasSuffix("…") ? "column \(position + 1)" : name
        }
        var columns = roles.compactMap { key, title in mapping[key]?.int.map { (title, column($0)) } }
        let more = mapping["moreMemo"]?.array?.compactMap(\.int) ?? []
        if !more.isEmpty { columns.append(("memo too", more.map(column).joined(separator: ", "))) }
        for (key, title) in [("outgoingWords", "out says"), ("incomingWords", "in says")] {
            let words = mapping[key]?.array?.compactMap(\.string) ?? []
            if !words.isEmpty { columns.append((title, words.joined(separator: ", "))) }
        }
        return columns
    }

    /// A signature is `csv1 ; date|payee|amount`, or `csv1 ; #dtn` where the columns have no names. Of many columns it
    /// has the first ones and a sum, behind an ellipsis.
    private static func names(_ signature: String) -> [String] {
        let parts = signature.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[2].hasPrefix("#") else { return [] }
        return parts[2].split(separator: "|", omittingEmptySubsequences: false).map { name in
            name.firstIndex(of: "…").map { String(name[...$0]) } ?? String(name)
        }
    }
}
