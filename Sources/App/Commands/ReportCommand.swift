import Base
import Books
import JSON

/// `purser report`: where the money went.
enum ReportCommand {
    static let command = Command(
        name: "report", summary: "Shows where the money came from and where it went.",
        usage: "overview | categories | months | merchants | compare  --user EMAIL [--book BOOK] [period] [--json]",
        details: """
              overview    Income, expenses and what is left, beside the period before.
              categories  What was spent, by category; --type income: where income came from.
              months      Month by month; --months N, 12 by default.
              merchants   Where most of the money went; --limit N, 10 by default; --type income.
              compare     A period beside the one before, or beside --with 2025-03 (a month) or --with 2025 (a year).

            Every sum is exact, in the currency of the book. The period, the current month by default:
              --from DAY, --to DAY, or --month 2026-03, or --year 2026

            \(BookSession.help)
              --json      As JSON, as the API answers it.

            Examples:
              purser report overview --user ada@example.org --month 2026-03
              purser report categories --year 2025 --user ada@example.org
              purser report compare --month 2026-03 --with 2025-03 --user ada@example.org
            """,
        switches: ["json"],
        options: BookSession.options.union(PeriodFlags.options).union(["type", "months", "limit", "with"])
    ) { arguments in
        let action = try arguments.action(of: ["overview", "categories", "months", "merchants", "compare"])
        try arguments.expect(1)
        let period = try PeriodFlags.read(arguments)?.query ?? []
        let type = try arguments.choice("type", of: ["expense", "income"])
        let asJSON = arguments.has("json")
        let (path, query): (String, BookSession.Query)
        switch action {
        case "overview": (path, query) = ("overview", period)
        case "categories": (path, query) = ("spending-by-category", period + [("type", type)])
        case "months":
            let months = try arguments.number("months", in: 1...120)
            guard months == nil || period.isEmpty else { throw UsageProblem("Give a period, or --months.") }
            (path, query) = (
                "trends", period.isEmpty ? [("months", String(months ?? 12))] : period + [("interval", "month")]
            )
        case "merchants":
            let limit = try arguments.number("limit", in: 1...100) ?? 10
            (path, query) = ("top-merchants", period + [("type", type), ("limit", String(limit))])
        default: (path, query) = ("compare", try compared(arguments))
        }
        return try BookSession.run(arguments) { session in
            let report = try await session.get("/analytics/\(path)", query)
            if asJSON {
                Output.json { $0.value(report) }
                return .success
            }
            let figures = Figures(report, session.book.currency)
            switch action {
            case "overview": figures.overview()
            case "categories": figures.categories(isIncome: type == "income")
            case "months": figures.months()
            case "merchants": figures.merchants()
            default: figures.comparison()
            }
            return .success
        }
    }

    private static func compared(_ arguments: Arguments) throws(UsageProblem) -> BookSession.Query {
        let second = try PeriodFlags.read(arguments)
        var query: BookSession.Query = [
            ("start2", second?.from?.description), ("end2", second?.through?.description),
        ]
        guard let text = arguments.values["with"] else { return query }
        if let month = YearMonth(text) {
            query += [("start1", month.firstDay.description), ("end1", month.lastDay.description)]
        } else if let year = Int(text), let first = YearMonth(year: year, month: 1) {
            query += [("start1", first.firstDay.description), ("end1", first.adding(months: 11).lastDay.description)]
        } else {
            throw UsageProblem("--with needs a month such as 2025-03 or a year such as 2025, not “\(text)”.")
        }
        return query
    }
}
