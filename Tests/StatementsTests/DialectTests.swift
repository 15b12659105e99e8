import Base
import Statements
import Testing

@Suite struct `A bank's CSV file` {
    @Test func `is read in German, with decimal commas`() throws {
        let read = try reading(
            """
            Buchungstag;Wertstellung;Auftraggeber/Empfänger;Verwendungszweck;Betrag;Währung;Saldo
            31.03.2026;01.04.2026;Bäckerei "Zur Brezel";Brötchen;-1.234,56;EUR;5.000,00
            30.03.2026;30.03.2026;Arbeitgeber;Gehalt;2.500,00;EUR;6.234,56

            """)
        #expect(read.minorUnits == [-123_456, 250_000])
        #expect(read.dates == ["2026-03-31", "2026-03-30"])
        #expect(read.transactions.first?.valueDate?.description == "2026-04-01")
        #expect(read.transactions.first?.payee == "Bäckerei \"Zur Brezel\"")
        #expect(read.transactions.first?.memo == "Brötchen")
        #expect(read.transactions.first?.line == 2)
        #expect(
            read.balances == [
                StatementBalances(
                    opening: Money(minorUnits: 373_456, currency: .eur),
                    closing: Money(minorUnits: 500_000, currency: .eur),
                    closingDate: CalendarDate(year: 2026, month: 3, day: 31))
            ])
        #expect(read.mapping?.delimiter == UInt8(ascii: ";"))
        #expect(read.mapping?.dateOrder == .dmy)
        #expect(read.columnNames.count == 7)
    }

    @Test(arguments: [
        // One row in each convention, always 31 March 2026 and −1,234.50.
        ("en", "Date,Description,Amount\n03/31/2026,Shop,\"-1,234.50\"\n"),
        ("en-GB", "Date,Details,Debit,Credit,Balance\n31/03/2026,Shop,1234.50,,10.00\n"),
        ("en-IN", "Txn Date,Narration,Withdrawal Amt.,Deposit Amt.\n31-03-2026,Shop,\"1,234.50\",\n"),
        ("fr", "Date;Libellé;Débit euros;Crédit euros\n31/03/2026;Shop;-1 234,50;\n"),
        ("fr-nbsp", "Date opération;Libellé;Montant\n31/03/2026;Shop;-1\u{202F}234,50 €\n"),
        ("es", "Fecha;Concepto;Importe;Saldo\n31/03/2026;Shop;-1.234,50;10,00\n"),
        ("it", "Data contabile;Descrizione;Addebiti;Accrediti\n31/03/2026;Shop;1.234,50;\n"),
        (
            "nl",
            "\"Datum\",\"Naam / Omschrijving\",\"Af Bij\",\"Bedrag (EUR)\",\"Mededelingen\"\n\"20260331\",\"Shop\",\"Af\",\"1234,50\",\"\"\n"
        ),
        ("sv", "Bokföringsdag;Belopp;Namn;Rubrik;Saldo\n2026-03-31;-1234,50;;Shop;10,00\n"),
        ("no", "Dato;Forklaring;Ut fra konto;Inn på konto\n31.03.2026;Shop;1234,50;\n"),
        ("da", "Dato;Tekst;Beløb;Saldo\n31-03-2026;Shop;-1.234,50;10,00\n"),
        ("fi", "Kirjauspäivä;Arvopäivä;Määrä;Saaja/Maksaja;Viesti\n31.03.2026;31.03.2026;-1234,50;Shop;x\n"),
        ("pl", "Data operacji;Opis operacji;Kwota\n2026-03-31;Shop;-1 234,50 PLN\n"),
        ("pt", "Data;Descrição;Valor\n31/03/2026;Shop;-1.234,50\n"),
        ("ru", "Дата операции;Описание;Сумма;Валюта\n31.03.2026;Shop;-1234,50;RUB\n"),
        ("cs", "Datum zaúčtování;Částka;Měna;Zpráva pro příjemce\n31.03.2026;-1 234,50;CZK;Shop\n"),
        ("hu", "Könyvelés dátuma;Összeg;Közlemény\n2026.03.31.;-1234,50;Shop\n"),
        ("S/H", "Buchungstag;Verwendungszweck;Umsatz;Soll/Haben\n31.03.2026;Shop;1.234,50;S\n"),
        ("D/C", "Date|Memo|Amount|D/C\n2026-03-31|Shop|1234.50|D\n"),
        ("trailing minus", "Date;Text;Amount\n31.03.2026;Shop;1.234,50-\n"),
        ("parentheses", "Date,Description,Amount\n2026-03-31,Shop,\"($1,234.50)\"\n"),
        ("Swiss", "Datum;Buchungstext;Betrag\n31.03.26;Shop;-1'234.50\n"),
        ("month name", "Date,Description,Amount\n31-Mar-26,Shop,-1234.50\n"),
        ("US month name", "Date,Description,Amount\n\"Mar 31, 2026\",Shop,-1234.50\n"),
        ("tabs", "Date\tDescription\tAmount\n2026-03-31T23:59:59Z\tShop\t-1234.50\n"),
        ("no header", "2026-03-31;Shop in town;-1234,50\n"),
        ("unknown header", "aaa;bbb;ccc\n2026-03-31;Shop;-1234,50\n"),
        ("sep line", "sep=;\nDatum;Text;Betrag\n31.03.2026;Shop;-1234,50\n"),
        ("unicode minus", "Date;Text;Amount\n31.03.2026;Shop;\u{2212}1234,50\n"),
        ("CRLF", "Date,Description,Amount\r\n2026-03-31,Shop,-1234.50\r\n"),
        ("CR", "Date,Description,Amount\r2026-03-31,Shop,-1234.50\r"),
        ("all quoted", "\"Date\",\"Description\",\"Amount\"\n\"2026-03-31\",\"Shop\",\"-1234.50\"\n"),
        ("no last line break", "Date,Description,Amount\n2026-03-31,Shop,-1234.50"),
        ("DR", "Date,Particulars,Amount\n31/03/2026,Shop,1234.50 DR\n"),
    ]) func `is read in every convention`(name: String, text: String) throws {
        let read = try reading(text)
        #expect(read.refusal == nil)
        #expect(read.dates == ["2026-03-31"], "\(String(describing: read.mapping)) \(read.rejected)")
        #expect(read.minorUnits == [-123_450], "\(String(describing: read.mapping)) \(read.rejected)")
        let texts = [read.transactions.first?.payee, read.transactions.first?.memo].compactMap { $0 }
        #expect(texts.contains { $0.hasPrefix("Shop") })
    }

    @Test func `is read in UTF-16 and in the Windows code pages`() throws {
        let text = "Datum;Text;Betrag\r\n31.03.2026;Müller 😀;-1,50\r\n"
        var little: [UInt8] = [0xFF, 0xFE]
        var big: [UInt8] = [0xFE, 0xFF]
        for unit in text.utf16 {
            little += [UInt8(unit & 0xFF), UInt8(unit >> 8)]
            big += [UInt8(unit >> 8), UInt8(unit & 0xFF)]
        }
        for bytes in [little, big, Array(little.dropFirst(2)), [0xEF, 0xBB, 0xBF] + Array(text.utf8)] {
            let read = try reading(bytes)
            #expect(read.transactions.first?.memo == "Müller 😀")
            #expect(read.minorUnits == [-150])
        }
        #expect(try reading(little).mapping?.encoding == .utf16LittleEndian)
        #expect(try reading(Array(little.dropLast())).refusal == .statementTruncated)

        let western =
            Array("Datum;Text;Betrag\n31.03.2026;M".utf8) + [0xFC] + Array("ller ".utf8) + [0x80]
            + Array(";-1,50\n".utf8)
        #expect(try reading(western).transactions.first?.memo == "Müller €")
        // Дата;Описание;Сумма and Částka;Datum in the pages of their languages.
        let russian: [UInt8] =
            [0xC4, 0xE0, 0xF2, 0xE0, 0x3B, 0xCE, 0xEF, 0xE8, 0xF1, 0xE0, 0xED, 0xE8, 0xE5, 0x3B]
            + [0xD1, 0xF3, 0xEC, 0xEC, 0xE0, 0x0A] + Array("31.03.2026;".utf8) + [0xCC, 0xE8, 0xF0]
            + Array(";-1,50\n".utf8)
        #expect(try reading(russian).transactions.first?.memo == "Мир")
        let czech =
            Array("Datum;".utf8) + [0xC8] + Array("astka;Popis\n31.03.2026;-1,50;P".utf8) + [0xF8]
            + Array("ijem\n".utf8)
        #expect(try reading(czech).transactions.first?.memo == "Přijem")
    }

    @Test func `may break lines and double quotes inside of quotes`() throws {
        let read = try reading("Date,Memo,Amount\n2026-03-31,\"one\r\ntwo \"\"three\"\"\",-1\n2026-04-01,four,-2\n")
        #expect(read.transactions.map(\.memo) == ["one two \"three\"", "four"])
        #expect(read.transactions.map(\.line) == [2, 4])
    }

    @Test func `may hold quotes that were never escaped`() throws {
        let read = try reading(
            "\"Date\",\"Payee\",\"Memo\",\"Amount\"\n\"2026-03-31\",\"UAB \"Two\"\",\"a \"b\" c\",\"-1\"\n\"2026-04-01\",\"x\",\"y\",\"-2\"\n"
        )
        #expect(read.transactions.map(\.payee) == ["UAB \"Two\"", "x"])
        #expect(read.transactions.map(\.memo) == ["a \"b\" c", "y"])
    }

    @Test func `may have anything above its table and totals below`() throws {
        let read = try reading(
            """
            Umsatzanzeige;Datei erstellt am: 31.03.2026

            IBAN;DE12 3456 7890 1234 5678 90
            Zeitraum;01.03.2026 - 31.03.2026

            Buchung;Auftraggeber/Empfänger;Betrag
            31.03.2026;Shop;-1,50
            ;Summe;-1,50

            """)
        #expect(read.minorUnits == [-150])
        #expect(read.accounts == [StatementAccount(id: "DE12345678901234567890", currency: .eur)])
        #expect(read.rejected.map(\.line) == [8])
        #expect(read.mapping?.headerLines == 6)
    }

    @Test func `tells its currencies by column, by header, or not at all`() throws {
        let byColumn = try reading(
            "Date,Memo,Amount,Currency\n2026-03-31,a,-1.50,usd\n2026-03-31,b,-2,JPY\n2026-03-31,c,-2,XYZ\n2026-03-31,d,-2,\n"
        )
        #expect(byColumn.transactions.map(\.amount.description) == ["-1.50 USD", "-2 JPY", "-2.00 EUR"])
        #expect(byColumn.rejected.map(\.reason) == ["“XYZ” is not a currency."])
        let byHeader = try reading("Date,Memo,Amount (GBP)\n2026-03-31,a,-1.50\n")
        #expect(byHeader.transactions.first?.amount.currency == .gbp)
        let byBook = try reading("Date,Memo,Amount\n2026-03-31,a,-150\n", currency: .jpy)
        #expect(byBook.transactions.first?.amount == Money(minorUnits: -150, currency: .jpy))
        #expect(try reading("Date,Memo,Amount\n2026-03-31,a,-1.50\n", currency: .jpy).rejected.count == 1)
    }

    @Test func `rejects single lines and says why`() throws {
        let read = try reading(
            """
            Date,Description,Amount,Status
            2026-03-31,good,-1.00,Completed
            ,no date,-1.00,Completed
            2026-02-30,no such day,-1.00,Completed
            2026-03-31,no amount,,Completed
            2026-03-31,zero,0.00,Completed
            2026-03-31,words,twelve,Completed
            2026-03-31,too precise,1.005,Completed
            2026-03-31,too large,99999999999999999999,Completed
            2026-03-31,Closing balance,100.00,Completed
            2026-03-31,never happened,-1.00,Declined
            ,,,
            short
            2026-04-01,good,-2.00,Completed

            """)
        #expect(read.minorUnits == [-100, -200])
        #expect(read.rejected.map(\.line) == [3, 4, 5, 6, 7, 8, 9, 10, 11, 13])
        #expect(
            read.rejected.map(\.reason) == [
                "There is no date.", "“2026-02-30” is not a date.", "There is no amount.", "The amount is zero.",
                "“twelve” is not an amount.", "“1.005” has more digits than EUR has (2).",
                "“99999999999999999999” is too large to be held.", "This is a balance or a total, not a transaction.",
                "The bank marks it as “Declined”.", "“short” is not a date.",
            ])
        #expect(read.rejected.first?.text == ",no date,-1.00,Completed")
    }

    @Test func `names its card's purchases without a minus`() throws {
        let text =
            "Date,Merchant,Card Number,Amount\n2026-03-31,Shop,1234,10.00\n2026-03-30,Bar,1234,5.00\n2026-03-29,Refund,1234,-2.00\n2026-03-28,Pub,1234,4.00\n"
        let read = try reading(text)
        #expect(read.minorUnits == [-1000, -500, 200, -400])
        #expect(read.mapping?.negate == true)
        var override = CSVMappingOverride()
        override.negate = false
        #expect(try reading(text, mapping: override).minorUnits == [1000, 500, -200, 400])
    }

    @Test func `has an indicator that counts only where the signs do not say it`() throws {
        #expect(
            try reading("Date,Memo,Amount,Type\n2026-03-31,a,1,debit\n2026-03-31,b,2,credit\n").minorUnits == [
                -100, 200,
            ])
        #expect(
            try reading("Date,Memo,Amount,Type\n2026-03-31,a,-1,debit\n2026-03-31,b,2,credit\n").minorUnits == [
                -100, 200,
            ])
        #expect(
            try reading("Date,Memo,Amount,Type\n2026-03-31,a,-1,ATM\n2026-03-31,b,2,POS\n").transactions.map(\.type)
                == ["ATM", "POS"])
    }
}

@Suite struct `The order of dates` {
    private func order(_ dates: [String], header: String = "Date,Memo,Amount", separator: String = ",") throws -> (
        DateOrder?, Bool?
    ) {
        let rows = dates.map { [$0, "memo", "-1"].joined(separator: separator) }
        let head = header.split(separator: ",").joined(separator: separator)
        let mapping = try reading(([head] + rows).joined(separator: "\n") + "\n").mapping
        return (mapping?.dateOrder, mapping?.ambiguousDateOrder)
    }

    @Test func `is certain once a day is past the twelfth`() throws {
        #expect(try order(["01/02/2026", "13/02/2026"]) == (.dmy, false))
        #expect(try order(["01/02/2026", "02/13/2026"]) == (.mdy, false))
        #expect(try order(["2026-02-01"]) == (.ymd, false))
        #expect(try order(["1 Feb 2026"]) == (.ymd, false))
    }

    @Test func `is guessed from other evidence and says so`() throws {
        #expect(try order(["01/02/2026"], separator: ";") == (.dmy, true))
        #expect(try order(["01.02.2026"]) == (.dmy, true))
        // Sorted only one way.
        #expect(try order(["01/02/2026", "05/02/2026", "02/03/2026"]) == (.dmy, true))
        #expect(try order(["01/02/2026", "01/12/2026", "02/03/2026"]) == (.mdy, true))
        // Days rather than months apart.
        #expect(try order(["04/03/2026", "05/03/2026", "06/03/2026"]) == (.dmy, true))
        #expect(try order(["03/04/2026", "03/05/2026", "03/06/2026"]) == (.mdy, true))
    }

    @Test func `is the one that puts no days into the future, unless it is written otherwise`() throws {
        func order(_ text: String, today: String) throws -> (DateOrder?, String?) {
            var reader = StatementReader(currency: .eur, today: CalendarDate(iso: today))
            try reader.feed(Array(text.utf8)) { _ in }
            try reader.finish { _ in }
            return (reader.mapping?.dateOrder, reader.mapping?.ambiguousDates?.text)
        }
        let text = "Date,Memo,Amount\n03/03/2026,a,-1\n03/10/2026,a,-1\n"
        #expect(try order(text, today: "2026-03-11") == (.mdy, nil))
        #expect(try order(text.replacing("03/10", with: "10/03"), today: "2026-03-11") == (.dmy, nil))
        // Both are past, both are ahead, or it is a matter of days.
        #expect(try order(text, today: "2026-12-01").1 == "03/10/2026")
        #expect(try order(text, today: "2026-01-01").1 == "03/10/2026")
        #expect(try order(text, today: "2026-09-28").1 == "03/10/2026")
        // Nobody writes the month first with dots or semicolons.
        let dots = text.replacing("/", with: ".")
        #expect(try order(dots, today: "2026-03-11") == (.dmy, nil))
        #expect(try order(text.replacing(",", with: ";"), today: "2026-03-11") == (.dmy, nil))
        let qif = "!Type:Bank\nD03/10/2026\nT-1.00\nPa\n^\n"
        #expect(try order(qif, today: "2026-03-11") == (.mdy, nil))
        #expect(try order(qif, today: "2026-12-11").1 == "03/10/2026")
    }

    @Test func `is the caller's to correct`() throws {
        var override = CSVMappingOverride()
        override.dateOrder = .mdy
        let read = try reading("Date;Memo;Amount\n01/02/2026;a;-1\n", mapping: override)
        #expect(read.dates == ["2026-01-02"])
        #expect(read.mapping?.ambiguousDateOrder == false)
    }
}

@Suite struct `A corrected mapping` {
    private let text = "when,what,x,y\n01/02/2026,Shop,5.00,7.00\n"

    @Test func `replaces what was detected`() throws {
        var override = CSVMappingOverride()
        override.columns = [.date: 0, .amount: 3, .payee: 1]
        override.set(.memo, to: nil)
        override.negate = true
        override.dateOrder = .dmy
        let read = try reading(text, mapping: override)
        #expect(read.minorUnits == [-700])
        #expect(read.dates == ["2026-02-01"])
        #expect(read.transactions.first?.payee == "Shop")
        #expect(read.transactions.first?.memo == nil)
    }

    @Test func `may be senseless without harm`() throws {
        for position in [-1, 4, 255, 256, Int.max, Int.min] {
            for column in CSVColumn.allCases {
                var override = CSVMappingOverride()
                override.columns = [column: position]
                let read = try reading(text, mapping: override)
                #expect(read.transactions.count <= 1)
            }
        }
        for byte in UInt8.min...UInt8.max {
            var override = CSVMappingOverride()
            override.delimiter = byte
            override.decimalSeparator = byte
            override.headerLines = Int(byte) * 1_000_000 - 5
            _ = try reading(text, mapping: override)
        }
    }

    /// The program's own file, of a book with departments and of one without.
    @Test(arguments: ["Finance", "EUR", "2026-03-01", "12.50", "expense", "DE89370400440532013000", "A, B"])
    func `of the program itself is read as if it named no departments`(department: String) throws {
        let names = "Date,Type,Amount,Currency,Merchant,Description,Category,Status,Payment method,Tags,Notes,Id"
        for (merchant, text, notes) in [
            ("Rewe", "Bread", "a note"), ("", "Bread", ""), ("Rewe", "", ""), ("", "", "a note"), ("", "", ""),
        ] {
            for count in [1, 2, 5, 40] {
                let rows = (0..<count).map { row in
                    let kind = row % 3 == 2 ? "income" : "expense"
                    let varied = [merchant, text, notes].map { $0.isEmpty ? "" : "\($0) \(row % 4)" }
                    return
                        "2026-03-\(10 + row % 18),\(kind),\(row + 1).00,EUR,\(varied[0]),\(varied[1]),Groceries,completed,,,\(varied[2]),0190b7a0-0000-7000-8000-0000000000\(10 + row)"
                }
                func file(_ more: [String]) -> String {
                    zip([names] + rows, more).map { $0 + $1 + "\r\n" }.joined()
                }
                let plain = try reading(file(Array(repeating: "", count: count + 1)))
                let quoted = department.contains(",") ? "\"\(department)\"" : department
                // In every row, or in some.
                for gap in [1, 2] {
                    let named = (0..<count).map { $0 % gap == 0 ? ",\(quoted)" : "," }
                    let read = try reading(file([",Department"] + named))
                    #expect(read.transactions == plain.transactions && read.mapping == plain.mapping)
                    #expect(read.accounts == plain.accounts && read.rejected.isEmpty)
                }
                #expect(plain.transactions.count == count && plain.minorUnits.first == -100)
            }
        }
    }
}
