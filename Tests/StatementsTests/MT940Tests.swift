import Base
import Statements
import TestSupport
import Testing

@Suite struct `An MT940 statement` {
    /// A whole message around some lines.
    static func message(
        _ lines: String, account: String = "DE89370400440532013000", currency: String = "EUR",
        opening: String = "C260101%100,00",
        closing: String = "C260131%100,00"
    ) -> String {
        let opening = opening.replacing("%", with: currency)
        let closing = closing.replacing("%", with: currency)
        return ":20:STARTUMS\n:25:\(account)\n:28C:1/1\n:60F:\(opening)\n\(lines)\n:62F:\(closing)\n-\n"
    }

    private func entries(_ lines: String, currency: String = "EUR") throws -> [StatementTransaction] {
        let read = try reading(Self.message(lines, currency: currency), currency: .usd)
        #expect(read.refusal == nil)
        #expect(read.rejected.isEmpty)
        return read.transactions
    }

    @Test func `gives its account, its balances and its entries`() throws {
        let read = try reading(
            Self.message(":61:2601150115D12,50NMSCNONREF//B1\n:86:Coffee\n:61:2601160116C1000,NTRFRENT//B2\n:86:Rent"))
        #expect(read.accounts == [StatementAccount(id: "DE89370400440532013000", currency: .eur)])
        #expect(read.minorUnits == [-1250, 100_000])
        #expect(read.dates == ["2026-01-15", "2026-01-16"])
        #expect(read.transactions.map(\.externalID) == ["B1", "B2"])
        #expect(read.transactions.map(\.reference) == [nil, "RENT"])
        #expect(read.transactions.map(\.memo) == ["Coffee", "Rent"])
        #expect(read.transactions.map(\.line) == [5, 7])
        #expect(read.balances.map(\.opening?.minorUnits) == [10_000])
        #expect(read.balances.map(\.closing?.minorUnits) == [10_000])
        #expect(read.balances.first?.closingDate?.description == "2026-01-31")
    }

    /// D and RC leave the account, C and RD come; a funds code may follow each.
    @Test(arguments: [
        ("D", -1), ("C", 1), ("RC", -1), ("RD", 1), ("DR", -1), ("CR", 1), ("RCR", -1), ("RDR", 1), ("CN", 1),
        ("DF", -1), ("RDD", 1),
    ]) func `reads the mark`(mark: String, sign: Int64) throws {
        #expect(try entries(":61:2601150115\(mark)7,25NMSCNONREF").map(\.amount.minorUnits) == [sign * 725])
        #expect(try entries(":61:260115\(mark)7,25NMSCNONREF").map(\.amount.minorUnits) == [sign * 725])
    }

    @Test func `leaves out what is only expected`() throws {
        let read = try reading(Self.message(":61:260115EC7,25NMSCNONREF\n:61:260115ED7,25NMSCNONREF"))
        #expect(read.transactions.isEmpty)
        #expect(
            read.rejected.map(\.reason) == Array(repeating: "The bank only expects it and has not booked it.", count: 2)
        )
        #expect(read.rejected.map(\.line) == [5, 6])
    }

    @Test(arguments: [
        ("260115", "0115", "2026-01-15"), ("251231", "0102", "2026-01-02"), ("260102", "1231", "2025-12-31"),
        ("241230", "0101", "2025-01-01"), ("000101", "1231", "1999-12-31"), ("240228", "0229", "2024-02-29"),
        ("690101", "0101", "2069-01-01"), ("991231", "0101", "2000-01-01"), ("260115", "9999", "2026-01-15"),
    ]) func `puts the entry date into the year nearest to the value date`(value: String, entry: String, day: String)
        throws
    {
        #expect(try entries(":61:\(value)\(entry)D1,00NMSCNONREF").map(\.date.description) == [day])
    }

    @Test func `reads 30 February as the last of that month`() throws {
        let read = try entries(":61:2602300301D1,00NMSCNONREF\n:61:2402310229D1,00NMSCNONREF")
        #expect(read.map(\.valueDate?.description) == ["2026-02-28", "2024-02-29"])
        #expect(read.map(\.date.description) == ["2026-03-01", "2024-02-29"])
    }

    @Test(arguments: [
        ("1234567,89", 123_456_789), ("0,01", 1), ("12,", 1200), ("12,5", 1250), ("000000001213,28", 121_328),
        ("12.50", 1250), ("1.234,56", 123_456),
    ]) func `reads amounts`(text: String, minorUnits: Int64) throws {
        #expect(try entries(":61:2601150115C\(text)NMSCNONREF").map(\.amount.minorUnits) == [minorUnits])
    }

    @Test func `reads amounts in the digits of the currency`() throws {
        #expect(try entries(":61:260115C1234,NMSCX", currency: "JPY").map(\.amount.minorUnits) == [1234])
        #expect(try entries(":61:260115C1,234NMSCX", currency: "KWD").map(\.amount.minorUnits) == [1234])
    }

    @Test func `rejects what cannot be read, with its line, its text and the reason`() throws {
        let read = try reading(
            Self.message(
                """
                :61:261315D1,00NMSCNONREF
                :61:260115X1,00NMSCNONREF
                :61:260115DNMSCNONREF
                :61:260115D0,00NMSCNONREF
                :61:260115D1,234NMSCNONREF
                :61:260115D99999999999999999999,00NMSCNONREF
                :61:nothing
                :86:of any use
                :61:260115D1,00NMSCNONREF
                """))
        #expect(read.minorUnits == [-100])
        #expect(
            read.rejected.map(\.reason) == [
                "“261315” is not a date.", "Nothing says whether it came or went.", "There is no amount.",
                "The amount is zero.", "“1,234” has more digits than EUR has (2).",
                "“99999999999999999999,00” is too large to be held.", "There is no date.",
            ])
        #expect(read.rejected.map(\.line) == [5, 6, 7, 8, 9, 10, 11])
        #expect(read.rejected.last?.text == "nothing of any use")
    }

    @Test func `rejects entries in a currency that is none`() throws {
        let read = try reading(Self.message(":61:260115D1,00NMSCNONREF", currency: "QQQ"))
        #expect(read.transactions.isEmpty)
        #expect(read.rejected.map(\.reason) == ["“QQQ” is not a currency."])
    }

    @Test func `reads the German structure`() throws {
        let read = try entries(
            """
            :61:2601150115DR49,90N105NONREF//ABC
            :86:105?00SEPA-BASISLASTSCHRIFT?109251?20EREF+2026-0815?21MREF+M-47
            11?22CRED+DE98ZZZ09999999999?23SVWZ+Rechnung 4711 vom 02.0?241.2026
             Kundennummer 99?30COBADEFFXXX?31DE89370400440532013000?32Stadtwerk
            e Musterstadt?33GmbH?34992?60Danke
            """)
        #expect(read.map(\.payee) == ["Stadtwerke Musterstadt GmbH"])
        #expect(read.map(\.memo) == ["Rechnung 4711 vom 02.01.2026 Kundennummer 99 Danke"])
        #expect(read.map(\.reference) == ["2026-0815"])
        #expect(read.map(\.type) == ["SEPA-BASISLASTSCHRIFT"])
    }

    @Test(arguments: ["?", ">", "<", "~", "^", "@", "!"]) func `reads it with any separator`(mark: String) throws {
        let line = ":86:020~00Przelew~20Czynsz za maj~31123~32Jan Kowalski~33ul. Polna 1".replacing("~", with: mark)
        let read = try entries(":61:2601150115D10,00NTRFNONREF\n\(line)")
        #expect(read.map(\.payee) == ["Jan Kowalski ul. Polna 1"])
        #expect(read.map(\.memo) == ["Czynsz za maj"])
        #expect(read.map(\.type) == ["Przelew"])
    }

    @Test(
        arguments: [
            (
                "/TRTP/SEPA OVERBOEKING/IBAN/FR12345678901234/BIC/GEFRADAM/NAME/ENERGY BV/REMI/Factuur 12/34/EREF/E-77",
                "ENERGY BV", "Factuur 12/34", "E-77", "SEPA OVERBOEKING"
            ),
            (
                "/EREF/EV123REP12T12//CNTP/NL32INGB0000012345/INGBNL2A/ING BANK NV/AMSTERDAM//REMI/USTD//Rente maart/",
                "ING BANK NV", "Rente maart", "EV123REP12T12", nil
            ),
            (
                "/EREF/NOTPROVIDED/BENM//NAME/J. de Vries/REMI/Huur mei/ISDT/2026-05-01", "J. de Vries", "Huur mei",
                nil, nil
            ),
            ("/ORDP//NAME/Zoe/REMI/STRD/CUR/9001123412341234/", "Zoe", "9001123412341234", "9001123412341234", nil),
        ] as [(String, String, String, String?, String?)]) func `reads code words`(
            text: String, payee: String, memo: String, reference: String?, type: String?
        ) throws
    {
        let read = try entries(":61:2601150115D10,00N654NONREF\n:86:\(text)")
        #expect(read.map(\.payee) == [payee])
        #expect(read.map(\.memo) == [memo])
        #expect(read.map(\.reference) == [reference])
        #expect(read.map(\.type) == [type ?? "N654"])
    }

    @Test func `keeps a name behind the reference, and text over several fields and lines`() throws {
        let read = try entries(
            """
            :61:260115D44,95N0600733959555      T-MOBILE NETHERLANDS BV
            :86:BETALINGSKENM.  123456789
            :86:FACTUUR 987
            :61:260115D1,00NMSCNONREF
            Some details
            :61:260115D2,00NMSC1234567890
            /OCMT/EUR2,00
            :86:12:30 o'clock
            :12:11 and later
            """)
        #expect(read.map(\.payee) == ["T-MOBILE NETHERLANDS BV", nil, nil])
        #expect(
            read.map(\.memo) == [
                "BETALINGSKENM. 123456789 FACTUUR 987", "Some details", "12:30 o'clock :12:11 and later",
            ])
        #expect(read.map(\.reference) == ["0733959555", nil, "1234567890"])
    }

    @Test func `joins pages and days of one account, and nothing else`() throws {
        let day1 = Self.message(":61:260115D10,00NMSCX", closing: "C260115%90,00")
        let day2 =
            ":20:2\n:25:DE89370400440532013000\n:28C:2/1\n:60M:C260115EUR90,00\n:61:260116C5,00NMSCX\n:62M:C260116EUR95,00\n-\n"
        let day3 = ":20:2\n:25:DE89370400440532013000\n:28C:2/2\n:60M:C260116EUR95,00\n:62F:C260117EUR95,00\n-\n"
        let read = try reading(day1 + day2 + day3)
        #expect(read.accounts.count == 1)
        #expect(read.balances.map(\.opening?.minorUnits) == [10_000])
        #expect(read.balances.map(\.closing?.minorUnits) == [9500])
        #expect(read.balances.first?.closingDate?.description == "2026-01-17")
        // A gap between the days, or another account, begins anew.
        #expect(try reading(day1 + day3).accounts.count == 2)
        #expect(
            try reading(day1 + day2.replacing("DE89370400440532013000", with: "OTHER")).accounts.map(\.id)
                == ["DE89370400440532013000", "OTHER"])
    }

    @Test func `is found whatever stands around it`() throws {
        let entry = ":61:2601150115D10,00NMSCNONREF\n:86:Coffee"
        let bare = Self.message(entry, closing: "C260131%90,00")
        let blocks =
            "{1:F01BANKDEFFXXXX0000000000}{2:O9401200260131BANKDEFFXXXX}{4:\n" + bare.dropLast(2) + "-}{5:{CHK:1}}\n"
        let inLine =
            "{1:F01BANKDEFF}{2:I940X}{4:" + bare.dropLast(2) + "-}{1:F01BANKDEFF}{2:I940X}{4:" + bare.dropLast(2) + "-}"
        let variants = [
            bare, blocks, String(bare.dropLast(2)), "BANKDEFF\n940\nBANKDEFF\n" + bare, "\n\n" + bare + "\n\n",
            "\u{1}\n" + bare.dropLast(2) + "-\u{3}\n", bare.dropLast(2) + "-XXX\n", ":940:\n" + bare,
            bare.replacing("\n", with: "\r\n"), bare.replacing("\n", with: "\r"),
        ]
        for text in variants {
            let read = try reading(text)
            #expect(read.refusal == nil)
            #expect(read.format == .mt940)
            #expect(read.minorUnits == [-1000])
            #expect(read.transactions.first?.memo == "Coffee")
            #expect(read.balances.map(\.closing?.minorUnits) == [9000])
        }
        #expect(try reading(inLine).minorUnits == [-1000, -1000])
    }

    @Test func `reads an interim report`() throws {
        let report =
            ":20:1\n:25:GB1\n:28C:1/1\n:34F:GBP0,\n:13D:2601151200+0000\n:61:2601150115D1,50NMSCX\n:86:Tea\n:90D:1GBP1,50\n-\n"
        let read = try reading(report)
        #expect(read.format == .mt942)
        #expect(read.accounts.map(\.currency.code) == ["GBP"])
        #expect(read.minorUnits == [-150])
        #expect(read.balances == [StatementBalances()])
    }

    @Test func `keeps texts of other encodings`() throws {
        let text = Self.message(":61:260115D1,00NMSCX\n:86:Gr\u{fc}\u{df}e aus K\u{f6}ln", closing: "C260131%99,00")
        let latin = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        #expect(try reading(latin).transactions.first?.memo == "Grüße aus Köln")
        #expect(try reading(text).transactions.first?.memo == "Grüße aus Köln")
        var wide: [UInt8] = [0xFF, 0xFE]
        for unit in text.utf16 { wide += [UInt8(unit & 0xFF), UInt8(unit >> 8)] }
        #expect(try reading(wide).transactions.first?.memo == "Grüße aus Köln")
    }

    @Test func `is read in the code page of its country`() throws {
        let text = Self.message(":61:260115D1,00NMSCX\n:86:~", currency: "PLN")
        let polish = Array(text.utf8).flatMap { $0 == UInt8(ascii: "~") ? [0xA3, 0xF3, 0x64, 0x9F] : [$0] }
        #expect(try reading(polish).transactions.first?.memo == "Łódź")
        let bulgarian = Array(Self.message(":61:260115D1,00NMSCX\n:86:~", currency: "BGN").utf8)
            .flatMap { $0 == UInt8(ascii: "~") ? [0xD1, 0xEE, 0xF4, 0xE8, 0xFF] : [$0] }
        #expect(try reading(bulgarian).transactions.first?.memo == "София")
    }

    @Test func `reads what banks vary`() throws {
        let read = try entries(
            """
            :61:2006080608D12,35 NRTIKREF+//2016021783252833
            /OCMT/EUR11,85//CHGS/EUR0,50/
            :86:109?00RETOURE?20EREF+A1.200080779.400143254?21.49 KREF+SEPA-DA2 MREF+?2208 SVWZ+?23GRUND?32TESTER
            :61:2009020902D20,00NONREF
            :86:999Standing order
            :61:130101D25,00N102EREF
            NL70ABNA0987654321
            :86:/BENM//NAME/CONTRA ACCOUNT HOLDER WITH A LONG NAME, AS THERE ARE S
            OME/REMI//ISDT/2013-07-11
            :61:2012011201DD80,NMSC25594900
            :86:/BENM/300000000000133
            /BANKA AD SKOPJE
            /Mesecna provizija
            :61:1405070507D1,NTRFNONREF//B4
            :86:FACTUUR 2014
            REK: NL65INGB0123456789/NAAM: PICQER
            :61:2011301130CN220000,00//19239782213
            :86:SALARY
            :61:1312091209C79,7FMSC01916//NONREF
            20131209007602198765432000000012
            :86:GIRO
            """)
        #expect(
            read.map(\.payee) == [
                "TESTER", nil, "CONTRA ACCOUNT HOLDER WITH A LONG NAME, AS THERE ARE SOME", "BANKA AD SKOPJE", "PICQER",
                nil, nil,
            ])
        #expect(
            read.map(\.memo) == ["GRUND", "Standing order", nil, "Mesecna provizija", "FACTUUR 2014", "SALARY", "GIRO"])
        #expect(
            read.map(\.reference) == [
                "A1.200080779.400143254.49", nil, "NL70ABNA0987654321", "25594900", nil, nil, "01916",
            ])
        #expect(
            read.map(\.externalID) == ["2016021783252833", nil, nil, nil, "B4", "19239782213", nil])
        #expect(read.map(\.type) == ["RETOURE", nil, "N102", "NMSC", "NTRF", nil, "FMSC"])
    }

    @Test func `is refused where it is cut`() throws {
        let whole = Self.message(":61:2601150115D12,47NMSCNONREF//B1\n:86:Coffee", closing: "C260131%87,53")
        let bytes = Array(whole.utf8)
        // From the last digit of the balance on, it is whole.
        let complete = try #require(whole.utf8.firstRange(of: Array("87,53".utf8))).upperBound.utf16Offset(in: whole)
        for length in 1..<complete {
            let read = try reading(Array(bytes[..<length]))
            #expect(read.refusal != nil, "\(length) bytes: \(whole.prefix(length).suffix(20))")
        }
        for length in complete...bytes.count { #expect(try reading(Array(bytes[..<length])).refusal == nil) }
        // In the second of two messages as well.
        for length in stride(from: bytes.count + 10, to: bytes.count + complete, by: 7) {
            #expect(try reading(Array((bytes + bytes)[..<length])).refusal == .statementTruncated, "\(length)")
        }
    }

    @Test func `adds up exactly, whatever is generated`() throws {
        var random = SeededGenerator(seed: 940)
        for _ in 0..<40 {
            var lines: [String] = []
            var amounts: [Int64] = []
            for _ in 0..<Int.random(in: 1...30, using: &random) {
                let minorUnits = Int64.random(in: 1...99_999_999, using: &random)
                let mark = ["C", "D", "RC", "RD"].randomElement(using: &random) ?? "C"
                let funds = ["", "R"].randomElement(using: &random) ?? ""
                let cents = minorUnits % 100
                lines.append(
                    ":61:2601150115\(mark)\(funds)\(minorUnits / 100),\(cents < 10 ? "0" : "")\(cents)NMSCNONREF")
                if Bool.random(using: &random) { lines.append(":86:text \(minorUnits)\n continued") }
                amounts.append(mark == "C" || mark == "RD" ? minorUnits : -minorUnits)
            }
            let read = try reading(
                Array(Self.message(lines.joined(separator: "\n")).utf8), pieces: Int.random(in: 1...200, using: &random)
            )
            #expect(read.minorUnits == amounts)
        }
    }
}
