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
        let parts = words.split(separator: " ")
        guard !parts.contains(where: { strangers.contains(String($0)) }) else { return [] }
        for (ending, column) in endings where words.hasSuffix(ending) || words.hasPrefix(ending + " ") {
            return [Meaning(column: column, weight: 20)]
        }
        for (word, column) in insides where parts.contains(where: { $0 == word }) {
            return [Meaning(column: column, weight: 10)]
        }
        return []
    }

    /// The currency that a column's name tells: `Amount (EUR)`, `Kwota w PLN`, `Betrag €`.
    static func currency(in header: String) -> Currency? {
        if header.contains("€") { return .eur }
        if header.contains("£") { return .gbp }
        if header.contains("円") { return .jpy }
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
        if let code = wordsOfCurrencies[String(word)] { return Currency(code) }
        guard word.utf8.count == 3, word != "all", word != "top", word != "try" else { return nil }
        return Currency(word.uppercased())
    }

    private static let wordsOfCurrencies = [
        "rm": "MYR", "rs": "INR", "tl": "TRY", "zl": "PLN", "kc": "CZK", "lei": "RON", "euro": "EUR", "euros": "EUR",
        "euroa": "EUR", "元": "CNY", "원": "KRW",
    ]

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
        ("name", .payee), ("reference", .reference), ("referenz", .reference), ("notes", .memo), ("tarihi", .date),
        ("kuupaev", .date), ("日期", .date), ("日", .date), ("data", .date), ("dag", .date), ("金額", .amount),
        ("金额", .amount),
        ("금액", .amount), ("tutari", .amount), ("summa", .amount), ("suma", .amount), ("iznos", .amount),
        ("monto", .amount),
        ("ausgehend", .debit), ("eingehend", .credit), ("withdrawals", .debit), ("deposits", .credit),
        ("withdrawal", .debit),
        ("deposit", .credit), ("debit", .debit), ("credit", .credit), ("残高", .balance), ("余额", .balance),
        ("잔액", .balance),
        ("bakiye", .balance), ("solde", .balance), ("aciklama", .memo), ("aciklamasi", .memo), ("text", .memo),
        ("zweck", .memo), ("opis", .memo), ("popis", .memo), ("libelle", .memo), ("concepto", .memo),
        ("descricao", .memo),
        ("descrizione", .memo), ("摘要", .memo), ("narration", .memo), ("narrative", .memo), ("particulars", .memo),
        ("empfanger", .payee), ("payee", .payee), ("merchant", .payee), ("beneficiary", .payee), ("partner", .payee),
        ("counterparty", .payee), ("valuta", .currency), ("waluta", .currency),
    ]

    /// Words that give a name its meaning wherever they stand in it.
    private static let insides: [(String, CSVColumn)] = [
        ("date", .date), ("datum", .date), ("fecha", .date), ("data", .date), ("dato", .date), ("tarih", .date),
        ("amount", .amount), ("betrag", .amount), ("montant", .amount), ("importe", .amount), ("importo", .amount),
        ("bedrag", .amount), ("belopp", .amount), ("kwota", .amount), ("debit", .debit), ("credit", .credit),
        ("balance", .balance), ("saldo", .balance), ("description", .memo), ("details", .memo),
    ]

    /// Words of names that are none of the parts, whatever else they say: fees, rates and other currencies.
    private static let strangers: Set<String> = [
        "original", "originalbetrag", "originalwahrung", "foreign", "fee", "fees", "tax", "rate", "exchange",
        "commission",
        "kurs", "wechselkurs", "koers", "gebuhr", "gebuhren", "frais", "poplatek", "fremdwahrung", "oryginalna",
        "puvodni",
        "vreemde", "due", "birth", "limit", "refunded", "interest", "points", "reward", "rewards", "cashback", "card",
        "shares", "price", "quantity", "start", "end", "expiry", "expiration", "vat", "iva", "mwst", "tva", "btw",
        "local",
        "gebyr", "avgift", "comision", "комиссия", "кэшбэк",
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
        stan poczatkowy, stan koncowy, algsaldo, loppsaldo, kaive, s a l d o, saldo do dia, saldo total disponivel dia, \
        balance forward, balance b f, balance c f, b f, c f, brought forward, carried forward, opening bal, closing bal, \
        total credits, total debits, total debit, total credit, saldo poczatkowe, saldo koncowe, kontostand, \
        startsaldo, slutsaldo, ingaende balans, utgaende balans, solde precedent, nouveau solde, ancien solde, \
        сальдо, входящий остаток, исходящий остаток, оборот, итого, devir, acilis bakiyesi, 繰越, 合計, 前月繰越, pocatecni zustatek, konecny zustatek, nyito egyenleg, zaro egyenleg
        """
        .split(separator: ",").map { CSVVocabulary.normalized(String($0)) })

    static func contains(_ text: String) -> Bool {
        text.utf8.count <= 40 && words.contains(CSVVocabulary.normalized(text))
    }
}

/// The words of an indicator column, and what they say of the amount.
enum CSVIndicatorWords {
    private static let out = words(
        """
        d,dr,db,dt,debit,dbit,debits,s,soll,af,out,outflow,outgoing,expense,expenses,debe,debet,debito,dare,withdrawal,withdraw,cargo,depense,kiadas,terheles,uscita,obciazenie,расход,списание,видаток,paid out,money out,vydaj,vydej,uttag,lastschrift,deebet,belastung,ausgang,ausgabe,abgang,uit,spending,sent,purchase,egreso,gasto,salida,saida,sortie,ud,ut,gider,borc,支出,支,出金,出,借,借方,출금,odchozi,odchadzajuca,isplata,duguje,rashod,izdatek,breme,χρεωση,χ,-,−,–
        """)
    private static let into = words(
        """
        c,cr,k,credit,crdt,credits,ct,h,haben,bij,in,inflow,incoming,income,haber,kredit,credito,avere,deposit,abono,recette,bevetel,jovairas,entrata,uznanie,приход,зачисление,надходження,paid in,money in,prijem,insattning,gutschrift,kreedit,eingang,einnahme,zugang,received,refund,topup,top up,ingreso,entrada,entree,ind,inn,tulo,gelir,alacak,收入,收,入金,入,贷,贷方,입금,prichozi,prichadzajuca,uplata,potrazuje,prihod,priliv,dobro,πιστωση,π,+
        """)

    private static func words(_ text: String) -> Set<String> { Set(text.split(separator: ",").map(String.init)) }

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

/// What a bank calls a payment that never happened, or has not happened yet.
enum CSVStatusWords {
    enum Standing {
        case booked, pending, void
    }

    private static let void = words(
        """
        failed,declined,reverted,cancelled,canceled,rejected,refused,voided,void,expired,denied,unsuccessful,blocked,fehlgeschlagen,abgelehnt,storniert,abgebrochen,nicht ausgefuhrt,refuse,refusee,annule,annulee,rejete,rejetee,echoue,rechazado,rechazada,cancelado,cancelada,anulado,anulada,fallido,denegada,rifiutato,rifiutata,annullato,annullata,fallita,negada,geweigerd,geannuleerd,afgewezen,mislukt,odrzucona,odrzucone,anulowana,anulowane,nieudana,zamitnuto,zamitnuta,zruseno,zrusena,stornovano,neuspesna,zamietnuta,sikertelen,visszautasitott,avvist,avvisad,makulerad,nekad,afvist,annulleret,hylatty,peruutettu,refuzat,refuzata,anulat,отклонена,отклонено,отменена,отменено,отказ,відхилено,скасовано,iptal,iptal edildi,reddedildi,basarisiz,交易关闭,失败,已关闭,取消,失敗,취소
        """)
    private static let pending = words(
        """
        pending,processing,in progress,authorised,authorized,on hold,hold,waiting,scheduled,uncleared,not booked,unposted,vorgemerkt,ausstehend,umsatz vorgemerkt,in bearbeitung,offen,reserviert,en attente,en cours,a venir,pendiente,retenido,in sospeso,in attesa,in elaborazione,pendente,in behandeling,gereserveerd,oczekujaca,oczekujace,w trakcie,zablokowana,blokada,ceka,cekajici,blokace,nezauctovano,fuggoben,reserverad,reservert,venter,kommende,vantar,varaus,in asteptare,в обработке,ожидает,холд,beklemede,处理中,未確定
        """)

    private static func words(_ text: String) -> Set<String> { Set(text.split(separator: ",").map(String.init)) }

    static func standing(_ text: String) -> Standing {
        guard text.utf8.count <= 64 else { return .booked }
        let word = CSVVocabulary.normalized(text)
        if void.contains(word) { return .void }
        return pending.contains(word) ? .pending : .booked
    }
}

extension CSVTotalWords {
    private static let beginnings = Set(words.flatMap { [beginning($0), beginning($0) & 0xFF00] })

    /// A cheap look before the exact one, since nearly every row is a transaction.
    static func mayContain(_ text: String?) -> Bool {
        guard let text, text.utf8.count <= 40 else { return false }
        return beginnings.contains(beginning(text))
    }

    /// Two letters, small where they are ASCII; the first one alone where an accent follows, which is folded away in
    /// the words.
    private static func beginning(_ text: String) -> UInt16 {
        var letters = text.utf8.makeIterator()
        let first = UInt16((letters.next() ?? 0) | 0x20) << 8
        guard first < 0x8000, let second = letters.next(), second < 0x80 else { return first }
        return first | UInt16(second | 0x20)
    }
}
