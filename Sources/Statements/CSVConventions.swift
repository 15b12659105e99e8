import Base

/// Decides how the values are written: the order of dates, the decimal separator, and the sign.
enum CSVConventions {
    static func settle(
        _ mapping: inout CSVMapping, rows: [CSVDetector.Record], names: [String], override: CSVMappingOverride
    ) {
        if override.decimalSeparator == nil { mapping.decimalSeparator = decimalSeparator(mapping, rows) }
        if override.dateOrder == nil, override.dateFormat == nil { settleDates(&mapping, rows) }
        settleIndicator(&mapping, rows, override)
        if let credit = mapping.credit, mapping.amount == nil {
            let shapes = rows.compactMap { credit < $0.cells.count ? CSVValue($0.cells[credit]).shape : nil }
            mapping.creditIsNegative =
                shapes.contains(where: \.isNegative) && shapes.allSatisfy { $0.isNegative || $0.isZero }
        }
        settleSign(&mapping, rows, names, isTold: override.negate != nil)
        mapping.currencyInAmount = amountsNameCurrencies(mapping, rows)
        CSVBalanceCheck.settle(&mapping, rows: rows, names: names, override: override)
    }

    private static func amountsNameCurrencies(_ mapping: CSVMapping, _ rows: [CSVDetector.Record]) -> Bool {
        guard mapping.currency == nil, mapping.currencyOfAll == nil else { return false }
        let columns = [mapping.amount, mapping.debit, mapping.credit].compactMap { $0 }
        return rows.contains { row in
            columns.contains { position in
                guard position < row.cells.count, CSVValue(row.cells[position]).shape != nil else { return false }
                var cell = row.cells[position]
                return cell.withUTF8 { AmountMarks.currency(in: $0, else: .usd) != nil }
            }
        }
    }

    // MARK: Decimal separator

    static func decimalSeparator(_ mapping: CSVMapping, _ rows: [CSVDetector.Record]) -> UInt8 {
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
        if dates.isEmpty {
            mapping.dateFormat = countedFormat(mapping, rows)
            return
        }
        let (possible, open) = StatementDate.orders(of: dates)
        guard possible.count > 1 else {
            mapping.dateOrder = possible.first ?? .dmy
            return
        }
        mapping.ambiguousDateOrder = true
        mapping.dateOrder = likelyOrder(mapping, open, rows)
        // The days of booking: those of value may lie ahead.
        if isWrittenDayFirst(mapping, rows) { return }
        mapping.ambiguousDates = (mapping.date ?? mapping.valueDate).flatMap { position in
            AmbiguousDates(
                rows.compactMap { row -> (text: String, parts: StatementDate.Parts)? in
                    guard position < row.cells.count, let parts = CSVValue(row.cells[position]).parts else {
                        return nil
                    }
                    return (row.cells[position], parts)
                })
        }
    }

    /// For dates that are nothing but digits: the one format that reads every one of them as a day of this age.
    private static func countedFormat(_ mapping: CSVMapping, _ rows: [CSVDetector.Record]) -> StatementDateFormat? {
        guard let position = mapping.date else { return nil }
        let cells = rows.compactMap {
            position < $0.cells.count && !$0.cells[position].isEmpty ? $0.cells[position] : nil
        }
        let formats = ["ddMMyy", "yyMMdd", "MMddyy", "spreadsheet", "unix"].compactMap { StatementDateFormat($0) }
        return formats.first { format in
            !cells.isEmpty
                && cells.allSatisfy { cell in
                    var cell = cell
                    guard let date = cell.withUTF8({ format.parse($0) }) else { return false }
                    return (1990..<2100).contains(date.year)
                }
        }
    }

    /// Both orders read every date. Statements are sorted and span days rather than months, and some conventions
    /// go together.
    private static func likelyOrder(
        _ mapping: CSVMapping, _ dates: [StatementDate.Parts], _ rows: [CSVDetector.Record]
    ) -> DateOrder {
        if isWrittenDayFirst(mapping, rows) { return .dmy }
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

    /// Where columns end with semicolons, amounts have a comma, or days have dots, the day comes first.
    private static func isWrittenDayFirst(_ mapping: CSVMapping, _ rows: [CSVDetector.Record]) -> Bool {
        if mapping.delimiter == UInt8(ascii: ";") || mapping.decimalSeparator == UInt8(ascii: ",") { return true }
        guard let position = mapping.date else { return false }
        return rows.contains { position < $0.cells.count && $0.cells[position].contains(".") }
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
        guard let indicator = mapping.indicator else { return }
        var agree = 0
        var negatives = 0
        var rowsSeen = 0
        var outgoing = 0
        var blank = 0
        for row in rows {
            guard let amount = mapping.amount, amount < row.cells.count, let shape = CSVValue(row.cells[amount]).shape
            else { continue }
            let word = indicator < row.cells.count ? row.cells[indicator] : ""
            guard let isOutgoing = CSVIndicatorWords.isOutgoing(word, mapping) else {
                if word.isEmpty { blank += 1 }
                continue
            }
            rowsSeen += 1
            if isOutgoing { outgoing += 1 }
            if shape.isNegative { negatives += 1 }
            if shape.isNegative == isOutgoing { agree += 1 }
        }
        // The bank marks only those that came, or only those that went.
        if blank > 0, rowsSeen > 0, outgoing == 0 || outgoing == rowsSeen { mapping.blankIsOutgoing = outgoing == 0 }
        guard override.columns[.indicator] == nil else { return }
        if mapping.amount == nil || mapping.debit != nil || mapping.credit != nil {
            mapping.indicator = nil
        } else if rowsSeen == 0 || (negatives > 0 && agree == rowsSeen) {
            mapping.indicator = nil
        }
    }

    private static let namesOfCards: Set<String> = [
        "merchant", "merchant name", "merchantname", "card member", "card number", "card no", "cardid", "kartennummer",
        "kartennr", "kaartnummer", "kredietkaart", "numero de carte", "numero de tarjeta", "numero carta", "card",
        "card used for transaction", "cardholder", "cardholder name", "card type", "carte", "tarjeta", "carta", "karta",
        "billed amount", "charged amount", "charge amount", "利用金額", "ご利用金額", "ご利用店名", "利用店名・商品名", "שם בית העסק",
    ]
    private static let brands: Set<String> = [
        "visa", "mastercard", "master card", "amex", "american express", "diners club", "discover", "jcb",
    ]
    private static let paymentWords = [
        "thank you", "autopay", "payment received", "payment - ", "direct debit payment", "pagamento recebido",
        "pagamento de fatura", "pagamento efetuado", "pago recibido", "gracias por su pago", "paiement recu",
        "paiement reçu",
        "betaling ontvangen", "dankend erhalten", "zahlung erhalten", "einzahlung", "ihre zahlung",
    ]

    /// Exports of credit cards often write purchases without a minus.
    private static func settleSign(
        _ mapping: inout CSVMapping, _ rows: [CSVDetector.Record], _ names: [String], isTold: Bool
    ) {
        guard let amount = mapping.amount, mapping.debit == nil, mapping.credit == nil, mapping.indicator == nil else {
            return
        }
        var positive: [CSVDetector.Record] = []
        var negative: [CSVDetector.Record] = []
        var marked = 0
        for row in rows where amount < row.cells.count {
            var cell = row.cells[amount]
            guard let shape = CSVValue(cell).shape else { continue }
            if shape.isNegative { negative.append(row) } else { positive.append(row) }
            if !shape.isNegative, cell.withUTF8({ StatementAmount.isMarked($0) }) { marked += 1 }
        }
        // Where what came in has a plus, and nothing has a minus, what has no sign went out.
        if negative.isEmpty, marked > 0, marked < positive.count {
            mapping.unsignedIsOutgoing = true
            return
        }
        guard !isTold, mapping.balance == nil, !positive.isEmpty,
            positive.count * 10 >= (positive.count + negative.count) * 7
        else {
            return
        }
        let isOfCard =
            names.contains { name in
                namesOfCards.contains(CSVVocabulary.normalized(name))
            } || names.isEmpty && rows.contains { row in row.cells.contains { brands.contains($0.lowercased()) } }
        if isOfCard {
            mapping.negate = true
            return
        }
        // Money that came to a card are payments of its bill and refunds.
        guard !negative.isEmpty, positive.count >= 2 else { return }
        let texts = [mapping.payee, mapping.memo, mapping.type].compactMap { $0 }
        mapping.negate = negative.allSatisfy { row in
            texts.contains { position in
                guard position < row.cells.count else { return false }
                let text = row.cells[position].lowercased()
                return paymentWords.contains { text.contains($0) }
            }
        }
    }
}
