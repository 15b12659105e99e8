import Base

/// The flags that say which entries are meant, for every command that looks at some of them.
enum EntryFlags {
    static let options: Set<String> = [
        "from", "to", "month", "year", "category", "merchant", "min", "max", "tag", "status", "type", "payment-method",
        "import", "department",
    ]
    static let switches: Set<String> = ["uncategorised", "deleted", "no-subcategories"]

    static let help = """
          --from DAY, --to DAY     From 2026-01-01 on, up to 2026-03-31, both included; or --month 2026-03, --year 2026.
          --type expense|income    Only these.
          --category CATEGORY      An id, a slug or a name; with its subcategories, unless --no-subcategories is given.
          --uncategorised          What nobody has sorted.
          --merchant TEXT          Part of the merchant's name.
          --min AMOUNT, --max AMOUNT
          --tag TAG                Given twice, with both.
          --status pending|completed|cancelled
          --payment-method NAME, --import ID
          --department DEPARTMENT  In an organisation: an id, a slug or a name; none for what is of no department.
          --deleted                The trash, in the place of the rest.
        """

    static func query(_ arguments: Arguments) throws(UsageProblem) -> BookSession.Query {
        let period = try PeriodFlags.read(arguments)
        for flag in ["min", "max"] {
            // The same words as in a CSV file would be guesses here: 1,234 is a thousand for one and one for another.
            if let text = arguments.values[flag], DecimalCheck.isDecimal(text) == false {
                throw UsageProblem("--\(flag) needs an amount such as 12.50, not “\(text)”.")
            }
        }
        if arguments.has("no-subcategories"), arguments.values["category"] == nil {
            throw UsageProblem("--no-subcategories is about a category. Which? Say --category CATEGORY.")
        }
        var query: BookSession.Query = [
            ("startDate", period?.from?.description), ("endDate", period?.through?.description),
            ("type", try arguments.choice("type", of: ["expense", "income"])),
            ("status", try arguments.choice("status", of: ["pending", "completed", "cancelled"])),
            ("category", arguments.values["category"]), ("merchant", arguments.values["merchant"]),
            ("minAmount", arguments.values["min"]), ("maxAmount", arguments.values["max"]),
            ("paymentMethod", arguments.values["payment-method"]), ("importId", arguments.values["import"]),
            ("department", arguments.values["department"]),
            ("uncategorised", arguments.has("uncategorised") ? "true" : nil),
            ("deleted", arguments.has("deleted") ? "true" : nil),
        ]
        query += arguments.all("tag").map { ("tag", $0) }
        // As the page counts them.
        if arguments.values["category"] != nil {
            query.append(("subcategories", arguments.has("no-subcategories") ? "false" : "true"))
        }
        return query
    }

    /// With the ids of the category and the department, whatever they were called.
    ///
    /// - Throws: a refusal when the book has none of that name: a filter that lets nothing through would hide a slip.
    static func resolved(_ query: BookSession.Query, _ session: BookSession) async throws -> BookSession.Query {
        var ids: [String: String] = [:]
        for case (let name, let value?) in query {
            switch name {
            case "category": ids[name] = try await CategoryNames(session).id(value)
            case "department": ids[name] = try await department(value, session)
            default: break
            }
        }
        return query.map { (name: $0.name, value: ids[$0.name] ?? $0.value) }
    }

    private static func department(_ reference: String, _ session: BookSession) async throws -> String {
        let names = try await DepartmentNames(session)
        do { return try names.id(reference) } catch {
            guard reference.lowercased() == "none" else { throw error }
            return "none"
        }
    }
}

private enum DecimalCheck {
    static func isDecimal(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count <= 2 && text.utf8.count <= 20
            && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { $0 >= 48 && $0 <= 57 } }
    }
}

/// `--from` and `--to`, or `--month`, or `--year`.
struct PeriodFlags: Sendable {
    let from: CalendarDate?
    let through: CalendarDate?

    static let options: Set<String> = ["from", "to", "month", "year"]

    /// Nil when none of them is given.
    static func read(_ arguments: Arguments) throws(UsageProblem) -> PeriodFlags? {
        let (from, through) = (try arguments.date("from"), try arguments.date("to"))
        let (month, year) = (try arguments.month("month"), try arguments.number("year", in: 1...9999))
        let given = [from != nil || through != nil, month != nil, year != nil].count { $0 }
        guard given <= 1 else { throw UsageProblem("Give --from and --to, or --month, or --year.") }
        if let from, let through, from > through { throw UsageProblem("--to should not be before --from.") }
        if let month { return PeriodFlags(from: month.firstDay, through: month.lastDay) }
        if let year {
            return PeriodFlags(
                from: CalendarDate(year: year, month: 1, day: 1), through: CalendarDate(year: year, month: 12, day: 31))
        }
        return given == 0 ? nil : PeriodFlags(from: from, through: through)
    }

    var query: BookSession.Query { [("startDate", from?.description), ("endDate", through?.description)] }
}
