import Base

/// Decides how the values are written: the order of dates, the decimal separator, and the sign.
enum CSVConventions {
    static func settle(
        _ mapping: inout CSVMapping, rows: [CSVDetector.Record], names: [String], override: CSVMappingOverride
    ) {
        if override.decimalSeparator == nil { mapping.decimalSeparator = decimalSeparator(mapping, rows) }
        if override.dateOrder == nil, override.dateFormat == nil { settleDates(&mapping, rows) }
        settleIndicator(&mapping, rows, override)
        if override.negate == nil { mapping.negate = spendingIsPositive(mapping, rows, names) }
    }

    // MARK: Decimal separator

    private static func decimalSeparator(_ mapping: CSVMapping, _ rows: [CSVDetector.Record]) -> UInt8 {
        var point = 0
        var comma = 0
        var pointThousands = 0
        var commaThousands = 0
        let money = [mapping.amount, mapping.debit, mapping.credit, mapping.balance].compactMap { $0 }
        for row in rows {
            for position in money where position < row.cells.count {
                guard let shape = CSVValue(row.cells[position]).shape else { continue }
                switch (shape.points, shape.commas) {
                case (0, 0): continue
                case (0, 1): vote(shape, shape.digitsAfterLastComma, sure: &comma, thousands: &commaThousands)
                case (1, 0): vote(shape, shape.digitsAfterLastPoint, sure: &point, thousands: &pointThousands)
                case (0, _): point += 1
                case (_, 0): comma += 1
                default: if shape.pointIsLast { point += 1 } else { comma += 1 }
                }
            }
        }
        if point != comma { return point > comma ? UInt8(ascii: ".") : UInt8(ascii: ",") }
        // Only numbers such as 1.234 or 29.000: where every one of several has three digits behind it, it is rather
        // a decimal point.
        let isSemicolon = mapping.delimiter == UInt8(ascii: ";")
        if pointThousands > 0, commaThousands == 0 {
            return isSemicolon ? UInt8(ascii: ",") : UInt8(ascii: ".")
        }
        if commaThousands > 0, pointThousands == 0 {
            return isSemicolon ? UInt8(ascii: ",") : UInt8(ascii: ".")
        }
        return isSemicolon ? UInt8(ascii: ",") : UInt8(ascii: ".")
    }

    /// `12,5` and `0,125` and `12345,678` can only be decimals; `1,234` can be either.
    private static func vote(
        _ shape: StatementAmount.Shape, _ after: Int, sure: inout Int, thousands: inout Int
    ) {
        let before = shape.digitsBeforeFirstSeparator
        if after == 3, before >= 1, before <= 3, shape.digits > 4 || before > 0 {
            thousands += 1
        } else {
            sure += 1
        }
    }

    // MARK: Dates

    private static func settleDates(_ mapping: inout CSVMapping, _ rows: [CSVDetector.Record]) {
        var dates: [StatementDate.Parts] = []
        for position in [mapping.date, mapping.valueDate].compactMap({ $0 }) {
            for row in rows where position < row.cells.count {
                if let parts = CSVValue(row.cells[position]).parts { dates.append(parts) }
            }
        }
        let open = dates.filter { $0.namedMonth == nil && $0.digits.0 != 4 }
        guard !open.isEmpty else {
            mapping.dateOrder = .ymd
            return
        }
        let counts = DateOrder.allCases.map { order in
            (order, open.filter { StatementDate.date(from: $0, order: order) != nil }.count)
        }
        let most = counts.map(\.1).max() ?? 0
        var possible = counts.filter { $0.1 == most }.map(\.0)
        // Two digits of a year rarely come first; that order needs to be the only one.
        if possible.count > 1 { possible.removeAll { $0 == .ymd } }
        guard possible.count > 1 else {
            mapping.dateOrder = possible.first ?? .dmy
            return
        }
        mapping.ambiguousDateOrder = true
        mapping.dateOrder = likelyOrder(mapping, open, rows)
    }

    /// Both orders read every date. Statements are sorted and span days rather than months, and some conventions
    /// go together.
    private static func likelyOrder(
        _ mapping: CSVMapping, _ dates: [StatementDate.Parts], _ rows: [CSVDetector.Record]
    ) -> DateOrder {
        if mapping.delimiter == UInt8(ascii: ";") || mapping.decimalSeparator == UInt8(ascii: ",") { return .dmy }
        if let position = mapping.date,
            rows.contains(where: { row in
                guard position < row.cells.count else { return false }
                return row.cells[position].contains(".")
            })
        {
            return .dmy
        }
        let asDMY = dates.compactMap { StatementDate.date(from: $0, order: .dmy) }
        let asMDY = dates.compactMap { StatementDate.date(from: $0, order: .mdy) }
        let isSortedDMY = isSorted(asDMY)
        if isSortedDMY != isSorted(asMDY) { return isSortedDMY ? .dmy : .mdy }
        let spanDMY = span(asDMY)
        let spanMDY = span(asMDY)
        if spanDMY * 2 < spanMDY { return .dmy }
        if spanMDY * 2 < spanDMY { return .mdy }
        // American exports name dollars.
        if let position = mapping.currency,
            rows.contains(where: { position < $0.cells.count && $0.cells[position] == "USD" })
        {
            return .mdy
        }
        let money = [mapping.amount, mapping.debit, mapping.credit, mapping.balance].compactMap { $0 }
        let hasDollars = rows.contains { row in
            money.contains { $0 < row.cells.count && row.cells[$0].contains("$") }
        }
        return hasDollars ? .mdy : .dmy
    }

    private static func isSorted(_ dates: [CalendarDate]) -> Bool {
        guard dates.count > 2 else { return false }
        let pairs = zip(dates, dates.dropFirst())
        return pairs.allSatisfy { $0 <= $1 } || pairs.allSatisfy { $0 >= $1 }
    }

    private static func span(_ dates: [CalendarDate]) -> Int {
        guard let first = dates.min(), let last = dates.max() else { return 0 }
        return last.days(since: first)
    }

    // MARK: Sign

    /// An indicator counts only where the amounts do not already say the same with their own signs.
    private static func settleIndicator(
        _ mapping: inout CSVMapping, _ rows: [CSVDetector.Record], _ override: CSVMappingOverride
    ) {
        guard let indicator = mapping.indicator, override.columns[.indicator] == nil else { return }
        guard let amount = mapping.amount, mapping.debit == nil, mapping.credit == nil else {
            mapping.indicator = nil
            return
        }
        var agree = 0
        var negatives = 0
        var rowsSeen = 0
        for row in rows where indicator < row.cells.count && amount < row.cells.count {
            guard let isOutgoing = CSVIndicatorWords.isOutgoing(row.cells[indicator]),
                let shape = CSVValue(row.cells[amount]).shape
            else { continue }
            rowsSeen += 1
            if shape.isNegative { negatives += 1 }
            if shape.isNegative == isOutgoing { agree += 1 }
        }
        if rowsSeen == 0 || (negatives > 0 && agree == rowsSeen) { mapping.indicator = nil }
    }

    /// Exports of credit cards often write purchases without a minus.
    private static func spendingIsPositive(
        _ mapping: CSVMapping, _ rows: [CSVDetector.Record], _ names: [String]
    ) -> Bool {
        guard let amount = mapping.amount, mapping.debit == nil, mapping.credit == nil, mapping.indicator == nil,
            mapping.balance == nil
        else { return false }
        let ofCards: Set<String> = [
            "merchant", "merchant name", "merchantname", "card member", "card number", "card no", "cardid",
            "kartennummer",
            "kartennr", "kaartnummer", "kredietkaart", "numero de carte", "numero de tarjeta", "numero carta",
        ]
        guard names.contains(where: { ofCards.contains(CSVVocabulary.normalized($0)) }) else { return false }
        var positive = 0
        var all = 0
        for row in rows where amount < row.cells.count {
            guard let shape = CSVValue(row.cells[amount]).shape else { continue }
            all += 1
            if !shape.isNegative { positive += 1 }
        }
        return all > 0 && positive * 10 >= all * 7
    }
}
