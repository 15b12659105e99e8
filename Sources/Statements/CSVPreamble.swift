import Base

/// What a bank writes above the table: the account, its currency, balances.
struct CSVPreamble {
    private(set) var accountID: String?
    private(set) var currency: Currency?

    init(_ records: ArraySlice<CSVDetector.Record>, header: Int?) {
        var currencies: Set<Currency> = []
        var account: String?
        for (index, record) in zip(records.indices, records) where index != header {
            // `Account Number : 1234` in one cell, or the number in the next one.
            let cells = record.cells.flatMap { $0.split(separator: ":", omittingEmptySubsequences: true) }
                .map { $0.drop { $0 == " " || $0 == "=" || $0 == "\"" } }
                .map { cell in String(cell.prefix(200).reversed().drop { $0 == " " || $0 == "\"" }.reversed()) }
                .filter { !$0.isEmpty }
            for (position, cell) in cells.enumerated() {
                if accountID == nil { accountID = Self.iban(cell) }
                if account == nil, position > 0, Self.namesAccount(cells[position - 1]), Self.isNumber(cell) {
                    account = cell
                }
                if let currency = Self.currency(cell) { currencies.insert(currency) }
            }
        }
        accountID = accountID ?? account
        currency = currencies.count == 1 ? currencies.first : nil
    }

    private static func iban(_ cell: String) -> String? {
        let letters = cell.filter { $0 != " " }
        guard (15...34).contains(letters.utf8.count),
            letters.allSatisfy({ $0.isASCII && ($0.isNumber || $0.isUppercase) }),
            letters.prefix(2).allSatisfy(\.isLetter), letters.dropFirst(2).prefix(2).allSatisfy(\.isNumber)
        else { return nil }
        return letters
    }

    private static func namesAccount(_ cell: String) -> Bool {
        CSVVocabulary.meanings(of: cell).contains { $0.column == .account }
    }

    /// Digits, perhaps in groups or partly hidden.
    private static func isNumber(_ cell: String) -> Bool {
        cell.utf8.count <= 40 && cell.filter(\.isNumber).count >= 4
            && cell.allSatisfy { $0.isASCII && ($0.isNumber || $0.isUppercase || "*-/. xX".contains($0)) }
    }

    /// A code that stands alone, or beside an amount.
    private static func currency(_ cell: String) -> Currency? {
        guard cell.utf8.count <= 40 else { return nil }
        if cell.utf8.count == 3 { return cell == "ALL" || cell == "TOP" ? nil : Currency(cell) }
        guard CSVValue(cell).shape != nil else { return nil }
        var cell = cell
        return cell.withUTF8 { AmountMarks.currency(in: $0, else: .usd) }
    }
}
