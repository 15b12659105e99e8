import Base
import JSON

/// An answer of `/analytics` as tables. Amounts are shown as the API wrote them, never recomputed but for the length of
/// a bar.
struct Figures {
    private let report: JSONValue
    private let currency: Currency
    private static let barWidth = 24

    init(_ report: JSONValue, _ currency: Currency) {
        self.report = report
        self.currency = report["currency"]?.string.flatMap { Currency($0) } ?? currency
    }

    // MARK: Reports

    func overview() {
        head("Overview", report["period"])
        let before = report["previous"] ?? .null
        var table = Table([.text(""), .number(currency.code), .number("before")])
        for (title, key, style) in [
            ("Income", "totalIncome", Style.green), ("Expenses", "totalExpenses", nil), ("Left", "net", Style.bold),
        ] {
            table.add([
                Table.Cell(title), Table.Cell(amount(report[key]), style), Table.Cell(amount(before[key]), .faint),
            ])
        }
        table.print()
        var facts = [
            counted(report["expenseCount"], "expense") + ", " + counted(report["incomeCount"], "income")
        ]
        if let average = report["averageExpense"]?.numberText {
            facts.append("average expense \(Numbers.grouped(average))")
        }
        if let rate = report["savingsRate"]?.numberText, !rate.hasPrefix("-") {
            facts.append("\(rate) % of the income is left")
        }
        Output.line("\n" + facts.joined(separator: ", "))
    }

    func categories(isIncome: Bool) {
        head(isIncome ? "Income by category" : "Expenses by category", report["period"])
        ranking(report["categories"]?.array ?? [], "name", "Category", total: report["total"])
    }

    func merchants() {
        head("Merchants", report["period"])
        ranking(report["merchants"]?.array ?? [], "merchantName", "Merchant", total: report["total"])
    }

    func months() {
        let points = report["months"]?.array ?? report["points"]?.array ?? []
        let largest = points.flatMap { [size($0["income"]), size($0["expenses"])] }.max() ?? 0
        var table = Table(
            [
                .text("Month"), .number("Income"), .number("Expenses"), .number("Left"), .number("Entries"),
                .text("Income above, expenses below"),
            ])
        for point in points {
            let net = amount(point["net"])
            table.add([
                Table.Cell(point["month"]?.string ?? String((point["startDate"]?.string ?? "").prefix(7))),
                Table.Cell(amount(point["income"])), Table.Cell(amount(point["expenses"])),
                Table.Cell(net, net.hasPrefix("-") ? .red : .green),
                Table.Cell(Numbers.grouped(point["count"]?.int ?? 0)),
                Table.Cell(bar(point["income"], of: largest, half: true), .green),
            ])
            table.add([
                "", "", "", "", "", Table.Cell(bar(point["expenses"], of: largest, half: true), .blue),
            ])
        }
        table.sum([
            Table.Cell(currency.code), Table.Cell(sum(points, "income"), .bold),
            Table.Cell(sum(points, "expenses"), .bold),
            Table.Cell(sum(points, "net"), .bold),
            Table.Cell(Numbers.grouped(points.reduce(0) { $0 + ($1["count"]?.int ?? 0) })),
        ])
        table.print()
    }

    func comparison() {
        let (first, second) = (report["first"] ?? .null, report["second"] ?? .null)
        var table = Table(
            [
                .text("", least: 16), .number(span(first)), .number(span(second)), .number("Change"), .number("%"),
                .text(""),
            ])
        for (title, key) in [("Income", "income"), ("Expenses", "expenses"), ("Left", "net")] {
            table.add(compared(title, report[key] ?? .null, .bold, barOf: nil))
        }
        let categories = report["categories"]?.array ?? []
        let largest = categories.map { size($0["amounts"]?["change"]) }.max() ?? 0
        for category in categories {
            let name = (category["name"]?.string ?? "") + (category["type"]?.string == "income" ? " (income)" : "")
            table.add(compared("  " + name, category["amounts"] ?? .null, nil, barOf: largest))
        }
        Output.line(Style.bold("Comparison in \(currency.code)"))
        table.print()
    }

    // MARK: Parts

    private func compared(_ title: String, _ amounts: JSONValue, _ style: Style?, barOf largest: UInt64?) -> [Table
        .Cell]
    {
        let change = amount(amounts["change"])
        let sign = change.hasPrefix("-") ? "" : "+"
        return [
            Table.Cell(title, style), Table.Cell(amount(amounts["first"]), .faint),
            Table.Cell(amount(amounts["second"])),
            Table.Cell(sign + change), Table.Cell(amounts["changePercent"]?.numberText ?? "–", .faint),
            Table.Cell(
                largest.map { bar(amounts["change"], of: $0, half: true) } ?? "",
                change.hasPrefix("-") ? .blue : .yellow),
        ]
    }

    private func ranking(_ items: [JSONValue], _ name: String, _ title: String, total: JSONValue?) {
        guard !items.isEmpty else { return Output.line("Nothing in this period.") }
        let largest = items.map { size($0["amount"]) }.max() ?? 0
        var table = Table(
            [.text(title, least: 16), .number(currency.code), .number("%"), .number("Entries"), .text("")])
        for item in items {
            table.add([
                Table.Cell(item[name]?.string ?? ""), Table.Cell(amount(item["amount"])),
                Table.Cell(item["share"]?.numberText ?? "", .faint),
                Table.Cell(Numbers.grouped(item["count"]?.int ?? 0)),
                Table.Cell(bar(item["amount"], of: largest), .blue),
            ])
        }
        table.sum([Table.Cell("Total of the period"), Table.Cell(amount(total), .bold)])
        table.print()
    }

    private func head(_ title: String, _ period: JSONValue?) {
        Output.line(Style.bold(title) + "  " + Style.faint(span(period ?? .null)) + "\n")
    }

    /// `2026-03` for a whole month, `2026` for a whole year, else both days.
    private func span(_ period: JSONValue) -> String {
        guard let from = period["startDate"]?.string, let through = period["endDate"]?.string,
            let first = CalendarDate(iso: from), let last = CalendarDate(iso: through)
        else { return "" }
        if first == first.firstOfMonth, last == first.lastOfMonth { return String(from.prefix(7)) }
        if first.year == last.year, from.hasSuffix("-01-01"), through.hasSuffix("-12-31") {
            return String(from.prefix(4))
        }
        return "\(from) to \(through)"
    }

    private func counted(_ value: JSONValue?, _ noun: String) -> String {
        let count = value?.int ?? 0
        return "\(Numbers.grouped(count)) \(noun)\(count == 1 ? "" : "s")"
    }

    private func amount(_ value: JSONValue?) -> String { Numbers.grouped(value?.numberText ?? value?.string ?? "") }

    private func money(_ value: JSONValue?) -> Money? { value.flatMap { try? $0.money(currency) } }

    private func size(_ value: JSONValue?) -> UInt64 { money(value)?.minorUnits.magnitude ?? 0 }

    private func bar(_ value: JSONValue?, of largest: UInt64, half: Bool = false) -> String {
        guard largest > 0 else { return "" }
        return Output.bar(Double(size(value)) / Double(largest), width: half ? Self.barWidth / 2 : Self.barWidth)
    }

    /// Exact, or nothing where it would not fit.
    private func sum(_ points: [JSONValue], _ key: String) -> String {
        var sum = Money.zero(currency)
        for point in points {
            guard let amount = money(point[key]), let next = try? sum + amount else { return "" }
            sum = next
        }
        return Numbers.grouped(sum.decimalText)
    }
}
