import Base

/// What banks call their columns.
enum CSVVocabulary {
    struct Meaning: Equatable {
        var column: CSVColumn
        /// The greater one wins where two columns claim the same part.
        var weight: Int
    }

    /// The meanings of a column's name; empty where it is none that is known.
    static func meanings(of header: String) -> [Meaning] {
        let words = normalized(header)
        guard !words.isEmpty else { return [] }
        if let exact = table[words] { return exact }
        // `Amount (EUR)`, `Description 1`: without currencies, small words and numbers.
        let essential = words.split(separator: " ").map { word in
            word.last?.isNumber == true ? word.prefix { !$0.isNumber } : word
        }.filter { word in
            !word.isEmpty && !fillers.contains(String(word)) && currency(inWord: word) == nil
        }.joined(separator: " ")
        if essential != words, let exact = table[essential] {
            return exact.map { Meaning(column: $0.column, weight: $0.weight - 2) }
        }
        for (ending, column) in endings where words.hasSuffix(ending) || words.hasPrefix(ending + " ") {
            return [Meaning(column: column, weight: 20)]
        }
        return []
    }

    /// The currency that a column's name tells: `Amount (EUR)`, `Kwota w PLN`, `Betrag €`.
    static func currency(in header: String) -> Currency? {
        if header.contains("€") { return .eur }
        if header.contains("£") { return .gbp }
        for word in normalized(header).split(separator: " ") {
            if let currency = currency(inWord: word) { return currency }
        }
        return nil
    }

    static func withoutNumbers(_ header: String) -> String {
        normalized(header).split(separator: " ").filter { !$0.allSatisfy(\.isNumber) }.joined(separator: " ")
    }

    /// A name that is known to be none of the parts.
    static func isOther(_ header: String) -> Bool {
        table[normalized(header)]?.isEmpty == true
    }

    private static func currency(inWord word: Substring) -> Currency? {
        // Codes that are also words of headers.
        guard word.utf8.count == 3, word != "all", word != "top", word != "try" else { return nil }
        return Currency(word.uppercased())
    }

    /// Small letters without marks; everything but letters and digits is one space.
    static func normalized(_ header: String) -> String {
        var words: [UInt8] = []
        var isGap = true
        for scalar in header.prefix(80).unicodeScalars {
            let value = scalar.value
            var letter: Unicode.Scalar? = nil
            if value < 0x80 {
                if (value | 0x20) &- 97 < 26 {
                    letter = Unicode.Scalar(UInt8(value | 0x20))
                } else if value &- 48 < 10 {
                    letter = scalar
                }
            } else if value >= 0xC0, value < 0x180 {
                let folded = SingleByteTables.foldedLatin.utf8Start[Int(value) - 0xC0]
                if folded != 0x20 { letter = Unicode.Scalar(folded) }
            } else if value == 0x218 || value == 0x219 {
                letter = "s"
            } else if value == 0x21A || value == 0x21B {
                letter = "t"
            } else if scalar.properties.isAlphabetic {
                letter = scalar.properties.lowercaseMapping.unicodeScalars.first
            }
            guard let letter else {
                isGap = true
                continue
            }
            if isGap, !words.isEmpty { words.append(0x20) }
            isGap = false
            words.append(contentsOf: UTF8.encode(letter) ?? UTF8.encodedReplacementCharacter)
        }
        return String(decoding: words, as: UTF8.self)
    }

    private static let fillers: Set<String> = [
        "in", "w", "en", "i", "of", "the", "de", "la", "le", "du", "der", "des", "no", "nr", "en euros", "euros", "eur",
        "gross", "net", "v", "pa",
    ]

    private static let table: [String: [Meaning]] = {
        var table: [String: [Meaning]] = [:]
        for (column, groups) in CSVHeaderWords.all {
            var weight = 100
            for group in groups.split(separator: "\n") {
                for name in group.split(separator: ",") {
                    let words = normalized(String(name))
                    if !words.isEmpty { table[words, default: []].append(Meaning(column: column, weight: weight)) }
                }
                weight -= 10
            }
        }
        // Names that look like one of the parts and are not.
        for name in CSVHeaderWords.others.split(whereSeparator: { $0 == "," || $0 == "\n" }) {
            table[normalized(String(name))] = []
        }
        return table
    }()

    /// How compound names end, or begin: `Belegdatum`, `Kaufdatum`, `Rechnungsbetrag`.
    private static let endings: [(String, CSVColumn)] = [
        ("datum", .date), ("date", .date), ("dato", .date), ("datums", .date), ("fecha", .date), ("saldo", .balance),
        ("balance", .balance), ("betrag", .amount), ("amount", .amount), ("montant", .amount), ("importe", .amount),
        ("importo", .amount), ("bedrag", .amount), ("belopp", .amount), ("belop", .amount), ("kwota", .amount),
        ("castka", .amount), ("osszege", .amount), ("amt", .amount), ("сумма", .amount), ("дата", .date),
        ("currency", .currency), ("wahrung", .currency), ("waehrung", .currency), ("devise", .currency),
        ("description", .memo), ("details", .memo), ("desc", .memo), ("omschrijving", .memo), ("memo", .memo),
        ("name", .payee), ("reference", .reference), ("referenz", .reference), ("notes", .memo),
    ]
}

/// Words that stand alone in a row which is no transaction.
enum CSVTotalWords {
    private static let words: Set<String> = Set(
        """
        total, totals, subtotal, grand total, opening balance, closing balance, beginning balance, ending balance, \
        starting balance, balance brought forward, balance carried forward, turnover, summe, zwischensumme, gesamt, \
        anfangssaldo, endsaldo, alter kontostand, neuer kontostand, saldo, solde, solde initial, solde final, \
        saldo inicial, saldo final, saldo anterior, saldo iniziale, saldo finale, beginsaldo, eindsaldo, \
        ingaende saldo, utgaende saldo, inngaende saldo, likutis pradziai, likutis pabaigai, apyvarta, \
        stan poczatkowy, stan koncowy, pocatecni zustatek, konecny zustatek, nyito egyenleg, zaro egyenleg
        """
        .split(separator: ",").map { CSVVocabulary.normalized(String($0)) })

    static func contains(_ text: String) -> Bool {
        text.utf8.count <= 40 && words.contains(CSVVocabulary.normalized(text))
    }
}

/// The words of an indicator column, and what they say of the amount.
enum CSVIndicatorWords {
    private static let out: Set<String> = [
        "d", "dr", "db", "debit", "dbit", "s", "soll", "af", "out", "outflow", "expense", "debe", "debet", "debito",
        "dare", "withdrawal", "cargo", "depense", "kiadas", "terheles", "uscita", "obciazenie", "расход", "списание",
        "paid out", "vydaj", "uttag", "lastschrift", "-", "−", "–",
    ]
    private static let into: Set<String> = [
        "c", "cr", "k", "credit", "crdt", "h", "haben", "bij", "in", "inflow", "income", "haber", "kredit", "credito",
        "avere", "deposit", "abono", "recette", "bevetel", "jovairas", "entrata", "uznanie", "приход", "зачисление",
        "paid in", "prijem", "insattning", "gutschrift", "+",
    ]

    /// True for money that left, false for money that came; nil for any other word.
    static func isOutgoing(_ text: String) -> Bool? {
        guard text.utf8.count <= 40 else { return nil }
        let word = key(text)
        if out.contains(word) { return true }
        return into.contains(word) ? false : nil
    }

    /// The same with the words that somebody told, which come first.
    static func isOutgoing(_ text: String, _ mapping: CSVMapping) -> Bool? {
        let word = key(text)
        if mapping.outgoingWords.contains(word) { return true }
        if mapping.incomingWords.contains(word) { return false }
        return isOutgoing(text)
    }

    /// `+` and `-` are all that there is of some words.
    static func key(_ text: String) -> String {
        let word = CSVVocabulary.normalized(text)
        return word.isEmpty ? text.filter { $0 != " " } : word
    }
}

/// What a bank calls a payment that never happened.
enum CSVStatusWords {
    private static let void: Set<String> = [
        "failed", "declined", "reverted", "cancelled", "canceled", "rejected", "refused", "voided", "expired",
        "fehlgeschlagen", "abgelehnt", "storniert", "refuse", "annule", "rechazado", "rifiutato", "geweigerd",
    ]

    static func isVoid(_ text: String) -> Bool {
        text.utf8.count <= 24 && void.contains(CSVVocabulary.normalized(text))
    }
}

extension CSVTotalWords {
    private static let beginnings = Set(words.map { beginning($0) })

    /// A cheap look before the exact one, since nearly every row is a transaction.
    static func mayContain(_ text: String?) -> Bool {
        guard let text, text.utf8.count <= 40 else { return false }
        return beginnings.contains(beginning(text))
    }

    /// Two letters, small where they are ASCII: accents come later in all of these words.
    private static func beginning(_ text: String) -> UInt16 {
        text.utf8.prefix(2).reduce(0) { $0 << 8 | UInt16($1 | 0x20) }
    }
}
