import Base

/// The statements as the files that banks hand out.
extension DemoStatement {
    struct File: Sendable {
        let name: String
        let bytes: [UInt8]
        var account: String?
        var saveProfile: String?
    }

    static let profile = "Sparkasse Giro"
    private static let lastName = "Umsaetze-Nachtrag.csv"

    /// Date, payee, memo and amount of all accounts together, newest first: to try the import with.
    var csv: String {
        let rows = lines().reversed().map {
            "\($0.date),\($0.payee),\($0.memo),\($0.amount.decimalText),\($0.amount.currency.code)\n"
        }
        return "Date,Payee,Memo,Amount,Currency\n" + rows.joined()
    }

    /// What a household has imported in three years: a file a year from the giro account, one from the card, and one
    /// that overlaps what was there and has lines that no entry can be made of.
    func files() -> [File] {
        let lines = lines()
        var files: [File] = []
        for year in firstMonth.year...lastDay.year {
            let ofYear = lines.filter { $0.account == .giro && $0.date.year == year }
            guard !ofYear.isEmpty else { continue }
            files.append(
                File(
                    name: "Umsaetze-Giro-\(year).csv", bytes: Self.giro(ofYear), account: "Giro",
                    saveProfile: files.isEmpty ? Self.profile : nil))
        }
        files.append(File(name: "visa.ofx", bytes: Self.visa(lines.filter { $0.account == .visa })))
        return files + [supplement(lines)]
    }

    private func supplement(_ lines: [Line]) -> File {
        let known = lines.filter { $0.account == .giro }.suffix(25)
        var bytes = Self.giro(Array(known))
        let day = Self.german(lastDay)
        let broken = [
            "\(day);\(day);Wochenmarkt;Obst und Gemüse;-14,80;\(currency.code)",
            "31.02.\(lastDay.year);31.02.\(lastDay.year);Stadtbibliothek;Jahresgebühr;-25,00;\(currency.code)",
            "\(day);\(day);Copyshop Blitz;Kopien;zwölf Euro;\(currency.code)",
            "\(day);\(day);Café Lumen;Barzahlung;0,00;\(currency.code)",
        ]
        for line in broken { bytes += Array((line + "\r\n").utf8) }
        return File(name: Self.lastName, bytes: bytes, account: "Giro")
    }

    /// Whether an import of that name is the last one that the demo begins with.
    static func isLast(_ name: String) -> Bool { name == lastName }

    /// What has happened since, for a demo that is started again on a later day.
    func files(after day: CalendarDate) -> [File] {
        let new = lines().filter { $0.date > day }
        let (giro, visa) = (new.filter { $0.account == .giro }, new.filter { $0.account == .visa })
        var files: [File] = []
        if !giro.isEmpty {
            files.append(File(name: "Umsaetze-Giro-\(lastDay).csv", bytes: Self.giro(giro), account: "Giro"))
        }
        if !visa.isEmpty { files.append(File(name: "visa-\(lastDay).ofx", bytes: Self.visa(visa))) }
        return files
    }

    // MARK: Formats

    /// As German banks write CSV: semicolons, decimal commas, days first, the newest line on top.
    private static func giro(_ lines: [Line]) -> [UInt8] {
        var text = "Buchungstag;Wertstellung;Beguenstigter/Zahlungspflichtiger;Verwendungszweck;Betrag;Waehrung\r\n"
        for line in lines.reversed() {
            let (day, amount) = (german(line.date), line.amount.decimalText.replacing(".", with: ","))
            text += "\(day);\(day);\(line.payee);\(line.memo);\(amount);\(line.amount.currency.code)\r\n"
        }
        return Array(text.utf8)
    }

    private static func german(_ date: CalendarDate) -> String {
        let (year, month, day) = date.components
        return "\(day < 10 ? "0" : "")\(day).\(month < 10 ? "0" : "")\(month).\(year)"
    }

    private static func visa(_ lines: [Line]) -> [UInt8] {
        var text = """
            OFXHEADER:100
            DATA:OFXSGML
            VERSION:102
            SECURITY:NONE
            ENCODING:UTF-8
            CHARSET:NONE
            COMPRESSION:NONE
            OLDFILEUID:NONE
            NEWFILEUID:NONE

            <OFX><CREDITCARDMSGSRSV1><CCSTMTTRNRS><TRNUID>1<CCSTMTRS><CURDEF>\(lines.first?.amount.currency.code ?? "EUR")
            <CCACCTFROM><ACCTID>Visa 4242</CCACCTFROM><BANKTRANLIST>

            """
        for (number, line) in lines.enumerated() {
            let (year, month, day) = line.date.components
            let digits = String(year * 10_000 + month * 100 + day)
            text += """
                <STMTTRN><TRNTYPE>\(line.amount.isNegative ? "DEBIT" : "CREDIT")<DTPOSTED>\(digits)<TRNAMT>\(line.amount.decimalText)
                <FITID>\(digits)\(number)<NAME>\(line.payee)\(line.memo.isEmpty ? "" : "<MEMO>\(line.memo)")</STMTTRN>

                """
        }
        text += "</BANKTRANLIST></CCSTMTRS></CCSTMTTRNRS></CREDITCARDMSGSRSV1></OFX>\n"
        return Array(text.utf8)
    }
}
