/// `/TRTP/SEPA OVERBOEKING/IBAN/NL…/NAME/J. Jansen/REMI/Rent/EREF/123`: code words between slashes, as Dutch banks and
/// those that follow SWIFT's own list write `:86:`.
struct MT940CodeWords {
    private(set) var payee: String?
    private(set) var memo: String?
    private(set) var reference: String?
    private(set) var type: String?

    private static let words: Set<String> = [
        "TRTP", "IBAN", "BIC", "NAME", "REMI", "EREF", "MARF", "CSID", "ORDP", "BENM", "ID", "ADDR", "ISDT", "CNTP",
        "PREF", "TRCD", "BUSP", "PURP", "CDTRREF", "CDTRREFTP", "SVCL", "ACCW", "ULTD", "ULTC", "ULTB", "RTRN", "RREF",
        "IREF", "INIT", "NRTX", "SUBJ", "OCMT", "CHGS", "EXCH", "OAMT", "ACCT", "BNAM", "CSGN", "TRN", "AREF", "CRED",
        "REF", "RFB", "INV", "ROC", "PY", "TYPE", "CHK", "PRNR", "RPVT",
    ]

    /// The text without its line breaks; nil where it does not begin with a code word.
    init?(_ text: String) {
        let start = text.drop { $0 == " " }
        guard start.first == "/" else { return nil }
        let parts = start.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        guard let first = parts.first, Self.words.contains(String(first)) else { return nil }
        var fields: [(word: String, values: [Substring])] = []
        for part in parts {
            let word = String(part)
            // Any other part is text with a slash in it.
            if Self.words.contains(word) {
                fields.append((word, []))
            } else if !fields.isEmpty {
                fields[fields.count - 1].values.append(part)
            }
        }
        func value(_ word: String) -> String? {
            for field in fields where field.word == word {
                if let text = Self.text(field.values) { return text }
            }
            return nil
        }
        let counterparty = fields.first { $0.word == "CNTP" }?.values
        payee =
            value("NAME") ?? counterparty.flatMap { $0.count > 2 ? StatementText.tidy($0[2]) : nil }
            ?? value("BNAM")
        readRemittance(fields.first { $0.word == "REMI" }?.values)
        if payee == nil, let party = fields.first(where: { ["ORDP", "BENM"].contains($0.word) }) {
            readParty(party.values)
        }
        let references = [value("EREF"), value("CDTRREF"), value("PREF"), value("REF"), value("RREF")]
        reference = reference ?? references.lazy.compactMap { StatementText.meaningful($0) }.first
        type = value("TRTP") ?? value("TYPE")
        if memo == nil, payee == nil, reference == nil { memo = StatementText.tidy(text) }
    }

    /// Free, or `USTD//text`, or `STRD/CUR/reference`, or `STRD/ISO/reference`.
    private mutating func readRemittance(_ values: [Substring]?) {
        guard var values else { return }
        switch values.first {
        case "USTD": values.removeFirst()
        case "STRD":
            values.removeFirst()
            if let kind = values.first, ["CUR", "ISO", "SCOR"].contains(kind) { values.removeFirst() }
            reference = Self.text(values)
        default: break
        }
        memo = Self.text(values)
    }

    /// `/BENM/account/name/purpose`, one line each.
    private mutating func readParty(_ values: [Substring]) {
        var texts = values.compactMap { StatementText.tidy($0) }[...]
        if texts.count > 1, let first = texts.first, !first.contains(" "), first.contains(where: \.isNumber) {
            texts = texts.dropFirst()
        }
        payee = texts.popFirst()
        if memo == nil { memo = StatementText.tidy(texts.joined(separator: " ")) }
    }

    /// With the slashes that belonged to the text, without those at its ends.
    private static func text(_ values: [Substring]) -> String? {
        var values = values[...]
        while values.first?.allSatisfy({ $0 == " " }) == true { values = values.dropFirst() }
        while values.last?.allSatisfy({ $0 == " " }) == true { values = values.dropLast() }
        return StatementText.tidy(values.joined(separator: "/"))
    }
}
