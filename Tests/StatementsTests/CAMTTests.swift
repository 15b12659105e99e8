import Base
import Statements
import TestSupport
import Testing

/// A whole file around some entries.
enum CAMTFile {
    static func entry(
        _ amount: String = "12.50", _ sign: String = "DBIT", status: String = "<Sts>BOOK</Sts>",
        currency: String = "EUR",
        day: String = "<BookgDt><Dt>2026-01-15</Dt></BookgDt>", _ more: String = ""
    ) -> String {
        "<Ntry><Amt Ccy=\"\(currency)\">\(amount)</Amt><CdtDbtInd>\(sign)</CdtDbtInd>\(status)\(day)\(more)</Ntry>"
    }

    static func details(_ payments: String...) -> String {
        "<NtryDtls>" + payments.map { "<TxDtls>\($0)</TxDtls>" }.joined() + "</NtryDtls>"
    }

    static func balance(_ type: String, _ amount: String, _ sign: String = "CRDT", day: String = "2026-01-31") -> String
    {
        """
        <Bal><Tp><CdOrPrtry><Cd>\(type)</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">\(amount)</Amt><CdtDbtInd>\(sign)</CdtDbtInd>\
        <Dt><Dt>\(day)</Dt></Dt></Bal>
        """
    }

    static func statement(
        _ entries: String, account: String = "<Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy>",
        balances: String = "", name: String = "Stmt"
    ) -> String {
        "<\(name)><Id>1</Id><CreDtTm>2026-02-01T04:00:00</CreDtTm><Acct>\(account)</Acct>\(balances)\n\(entries)</\(name)>"
    }

    static func file(
        _ statements: String, message: String = "BkToCstmrStmt",
        namespace: String = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08",
        head: String = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    ) -> String {
        "\(head)<Document xmlns=\"\(namespace)\"><\(message)><GrpHdr><MsgId>1</MsgId></GrpHdr>\(statements)</\(message)></Document>\n"
    }
}

@Suite struct `A CAMT file` {
    private func read(_ entries: String, balances: String = "") throws -> Reading {
        let read = try reading(CAMTFile.file(CAMTFile.statement(entries, balances: balances)), currency: .usd)
        #expect(read.refusal == nil)
        return read
    }

    @Test func `gives its account, its balances and its entries`() throws {
        let entries =
            CAMTFile.entry(
                "12.50", "DBIT", day: "<BookgDt><Dt>2026-01-15</Dt></BookgDt><ValDt><Dt>2026-01-16</Dt></ValDt>",
                "<AcctSvcrRef>REF-1</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>"
                    + CAMTFile.details(
                        """
                        <Refs><EndToEndId>E2E-7</EndToEndId></Refs><RltdPties><Dbtr><Nm>Ada</Nm></Dbtr><Cdtr><Nm>Café &amp; Söhne</Nm>\
                        </Cdtr></RltdPties><RmtInf><Ustrd>Coffee</Ustrd><Ustrd>and cake</Ustrd></RmtInf>
                        """)) + CAMTFile.entry("1000", "CRDT")
        let read = try read(entries, balances: CAMTFile.balance("OPBD", "100") + CAMTFile.balance("CLBD", "1087.50"))
        #expect(read.format == .camt053)
        #expect(read.accounts == [StatementAccount(id: "DE89370400440532013000", currency: .eur)])
        #expect(read.minorUnits == [-1250, 100_000])
        #expect(read.balances.map(\.opening?.minorUnits) == [10_000])
        #expect(read.balances.map(\.closing?.minorUnits) == [108_750])
        #expect(read.balances.first?.closingDate?.description == "2026-01-31")
        let first = read.transactions.first
        #expect(first?.date.description == "2026-01-15")
        #expect(first?.valueDate?.description == "2026-01-16")
        #expect(first?.payee == "Café & Söhne")
        #expect(first?.memo == "Coffee and cake")
        #expect(first?.reference == "E2E-7")
        #expect(first?.externalID == "REF-1")
        #expect(first?.type == "PMNT-ICDT-ESCT")
        #expect(first?.line == 3)
    }

    /// A reversal is an entry like any other: what it turns back is told by the sign it already has.
    @Test(arguments: [("CRDT", "true", 700), ("DBIT", "true", -700), ("CRDT", "false", 700), ("DBIT", "1", -700)])
    func `takes the sign from its indicator, reversals included`(sign: String, reversal: String, minorUnits: Int64)
        throws
    {
        let entry = CAMTFile.entry("7", sign, status: "<RvslInd>\(reversal)</RvslInd><Sts>BOOK</Sts>")
        #expect(try read(entry).minorUnits == [minorUnits])
    }

    @Test(arguments: [
        ("<Sts>PDNG</Sts>", "The bank has not booked it yet (PDNG)."),
        ("<Sts><Cd>PDNG</Cd></Sts>", "The bank has not booked it yet (PDNG)."),
        ("<Sts>INFO</Sts>", "It is only information; the bank books nothing (INFO)."),
        ("<Sts><Cd>FUTR</Cd></Sts>", "The bank will book it later (FUTR)."),
        ("<Sts><Prtry>MAYBE</Prtry></Sts>", "The bank does not call it booked, but “MAYBE”."),
    ]) func `leaves out what is not booked`(status: String, reason: String) throws {
        let read = try read(CAMTFile.entry(status: status) + CAMTFile.entry("1", status: "<Sts><Cd>BOOK</Cd></Sts>"))
        #expect(read.minorUnits == [-100])
        #expect(read.rejected.map(\.reason) == [reason])
        #expect(read.rejected.map(\.text) == ["2026-01-15 -12.50 EUR"])
        #expect(try self.read(CAMTFile.entry(status: "")).minorUnits == [-1250])
    }

    @Test func `makes several transactions of a batch that adds up`() throws {
        func payment(_ amount: String, _ name: String) -> String {
            "<Amt Ccy=\"EUR\">\(amount)</Amt><RltdPties><Cdtr><Nm>\(name)</Nm></Cdtr></RltdPties>"
        }
        let more =
            "<AcctSvcrRef>BATCH-01</AcctSvcrRef>" + CAMTFile.details(payment("10", "Ada"), payment("2.50", "Zoe"))
        let read = try read(CAMTFile.entry("12.50", "DBIT", more))
        #expect(read.minorUnits == [-1000, -250])
        #expect(read.transactions.map(\.payee) == ["Ada", "Zoe"])
        #expect(read.transactions.map(\.externalID) == ["BATCH-01/1", "BATCH-01/2"])
        // In version 2 the amounts stand deeper; a payment back within the batch has its own sign.
        func older(_ amount: String, _ sign: String) -> String {
            "<AmtDtls><TxAmt><Amt Ccy=\"EUR\">\(amount)</Amt></TxAmt></AmtDtls><CdtDbtInd>\(sign)</CdtDbtInd>"
        }
        let mixed = CAMTFile.entry("7.50", "CRDT", CAMTFile.details(older("10.00", "CRDT"), older("2.50", "DBIT")))
        #expect(try self.read(mixed).minorUnits == [1000, -250])
    }

    @Test func `leaves a batch one transaction where its parts do not add up`() throws {
        func payment(_ amount: String, _ currency: String = "EUR") -> String {
            "<Amt Ccy=\"\(currency)\">\(amount)</Amt>"
        }
        for details in [
            CAMTFile.details(payment("10"), payment("2.49")), CAMTFile.details(payment("10"), payment("2.50", "USD")),
            CAMTFile.details("", ""), CAMTFile.details(payment("12.50"), payment("0")), CAMTFile.details(payment("99")),
        ] {
            let read = try read(CAMTFile.entry("12.50", "DBIT", details + "<AddtlNtryInf>Two payments</AddtlNtryInf>"))
            #expect(read.minorUnits == [-1250])
            #expect(read.transactions.first?.memo == "Two payments")
        }
    }

    @Test func `splits batches exactly, whatever is generated`() throws {
        var random = SeededGenerator(seed: 53)
        for _ in 0..<60 {
            var entries = ""
            var amounts: [Int64] = []
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let isCredit = Bool.random(using: &random)
                let parts = (0..<Int.random(in: 1...12, using: &random)).map { _ in
                    Int64.random(in: 1...9_999_999, using: &random)
                }
                let total = Money(minorUnits: parts.reduce(0, +), currency: .eur).decimalText
                let payments = parts.map {
                    "<TxDtls><Amt Ccy=\"EUR\">\(Money(minorUnits: $0, currency: .eur).decimalText)</Amt></TxDtls>"
                }
                entries += CAMTFile.entry(
                    total, isCredit ? "CRDT" : "DBIT", "<NtryDtls>\(payments.joined())</NtryDtls>")
                amounts += parts.map { isCredit ? $0 : -$0 }
            }
            let text = CAMTFile.file(CAMTFile.statement(entries))
            #expect(
                try reading(Array(text.utf8), pieces: Int.random(in: 1...500, using: &random)).minorUnits == amounts)
        }
    }

    @Test func `names the other side`() throws {
        func payee(_ parties: String, _ sign: String, reversal: Bool = false) throws -> String? {
            let status = (reversal ? "<RvslInd>true</RvslInd>" : "") + "<Sts>BOOK</Sts>"
            let details = CAMTFile.details("<RltdPties>\(parties)</RltdPties>")
            return try read(CAMTFile.entry("1", sign, status: status, details)).transactions.first?.payee
        }
        let both = "<Dbtr><Nm>Dora</Nm></Dbtr><Cdtr><Nm>Carl</Nm></Cdtr>"
        #expect(try payee(both, "DBIT") == "Carl")
        #expect(try payee(both, "CRDT") == "Dora")
        // As of version 8 the name is one level deeper.
        let nested =
            "<Dbtr><Pty><Nm>Dora</Nm></Pty></Dbtr><Cdtr><Agt><FinInstnId><Nm>The Bank</Nm></FinInstnId></Agt></Cdtr>"
        #expect(try payee(nested, "CRDT") == "Dora")
        #expect(try payee(nested, "DBIT") == "The Bank")
        #expect(try payee("<UltmtCdtr><Nm>Shop</Nm></UltmtCdtr><Cdtr><Nm>Processor</Nm></Cdtr>", "DBIT") == "Processor")
        #expect(try payee("<UltmtCdtr><Nm>Shop</Nm></UltmtCdtr>", "DBIT") == "Shop")
        #expect(try payee("<CdtrAcct><Nm>Savings</Nm></CdtrAcct>", "DBIT") == "Savings")
        // The name on the side of the account is its owner's, unless the account says that it is not.
        let own = "<Cdtr><Nm>Me</Nm></Cdtr>"
        #expect(try payee(own, "CRDT") == nil)
        let other = "<CdtrAcct><Id><IBAN>NL91 ABNA 0417 1643 00</IBAN></Id></CdtrAcct>"
        #expect(try payee(own + other, "CRDT") == "Me")
        // A direct debit that came back: the roles are those of the first booking.
        let mine = "<CdtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></CdtrAcct>"
        #expect(try payee(both + mine, "DBIT", reversal: true) == "Dora")
        #expect(try payee(own, "CRDT", reversal: true) == "Me")
    }

    @Test func `takes texts and references where they are`() throws {
        func first(_ payment: String, _ more: String = "") throws -> StatementTransaction? {
            try read(CAMTFile.entry("1", "DBIT", CAMTFile.details(payment) + more)).transactions.first
        }
        #expect(try first("<RmtInf><Strd><AddtlRmtInf>Invoice 7</AddtlRmtInf></Strd></RmtInf>")?.memo == "Invoice 7")
        #expect(try first("<AddtlTxInf>Card 1234</AddtlTxInf>")?.memo == "Card 1234")
        #expect(try first("", "<AddtlNtryInf> Card\n  payment </AddtlNtryInf>")?.memo == "Card payment")
        let structured = "<RmtInf><Strd><CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf></Strd></RmtInf>"
        #expect(try first("<Refs><EndToEndId>X1</EndToEndId></Refs>" + structured)?.reference == "RF18539007547034")
        #expect(try first("<Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>")?.reference == nil)
        #expect(try first("<Refs><ChqNb>0042</ChqNb></Refs>")?.reference == "0042")
        #expect(try first("<Refs><AcctSvcrRef>S1</AcctSvcrRef></Refs>")?.externalID == "S1")
        #expect(try first("<Refs><AcctSvcrRef>NONREF</AcctSvcrRef></Refs>")?.externalID == nil)
        #expect(try first("<BkTxCd><Prtry><Cd>NTRF+166</Cd></Prtry></BkTxCd>")?.type == "NTRF+166")
    }

    @Test(arguments: [
        ("<BookgDt><Dt>2026-01-15</Dt></BookgDt>", "2026-01-15"),
        ("<BookgDt><Dt>2026-01-15+02:00</Dt></BookgDt>", "2026-01-15"),
        ("<BookgDt><DtTm>2026-01-15T23:59:59.999+01:00</DtTm></BookgDt>", "2026-01-15"),
        ("<BookgDt><DtTm>2026-01-15T00:30:00Z</DtTm></BookgDt>", "2026-01-15"),
        ("<ValDt><Dt>2026-01-17</Dt></ValDt>", "2026-01-17"), ("", "2026-02-01"),
    ]) func `takes the day of booking, else the best there is`(day: String, expected: String) throws {
        #expect(try read(CAMTFile.entry(day: day)).dates == [expected])
    }

    @Test func `takes the day of the message where nothing else tells one`() throws {
        let text = CAMTFile.file(CAMTFile.statement(CAMTFile.entry(day: "")))
            .replacing("<CreDtTm>2026-02-01T04:00:00</CreDtTm>", with: "")
        #expect(try reading(text).rejected.map(\.reason) == ["There is no date."])
        let dated = text.replacing("<MsgId>1</MsgId>", with: "<MsgId>1</MsgId><CreDtTm>2026-02-03T04:00:00</CreDtTm>")
        #expect(try reading(dated).dates == ["2026-02-03"])
    }

    @Test func `rejects what cannot be read, with its line, its text and the reason`() throws {
        let entries = [
            CAMTFile.entry("much"), CAMTFile.entry("0.00"), CAMTFile.entry("1.234"),
            CAMTFile.entry("9999999999999999999"),
            CAMTFile.entry("1", "WHAT"), CAMTFile.entry("1", currency: "QQQ"),
            CAMTFile.entry("1", day: "<BookgDt><Dt>2026-13-45</Dt></BookgDt>"), "<Ntry></Ntry>",
        ]
        let read = try read(entries.joined(separator: "\n"))
        #expect(read.transactions.isEmpty)
        #expect(
            read.rejected.map(\.reason) == [
                "“much” is not an amount.", "The amount is zero.", "“1.234” has more digits than EUR has (2).",
                "“9999999999999999999” is too large to be held.", "Nothing says whether it came or went.",
                "“QQQ” is not a currency.", "“2026-13-45” is not a date.", "There is no amount.",
            ])
        #expect(read.rejected.map(\.line) == Array(3...10))
        #expect(read.rejected.first?.text == "2026-01-15 -much EUR")
    }

    @Test func `keeps the digits of each currency`() throws {
        let entries =
            CAMTFile.entry("1234", currency: "JPY") + CAMTFile.entry("1.234", currency: "KWD")
            + CAMTFile.entry("8.850") + CAMTFile.entry("1", currency: "XXX")
        let read = try read(entries)
        #expect(read.minorUnits == [-1234, -1234, -885, -100])
        #expect(read.transactions.map(\.amount.currency.code) == ["JPY", "KWD", "EUR", "EUR"])
    }

    @Test func `tells apart the balances`() throws {
        func balances(_ list: String...) throws -> (Int64?, Int64?) {
            let read = try read("", balances: list.joined())
            return (read.balances.first?.opening?.minorUnits, read.balances.first?.closing?.minorUnits)
        }
        let opening = CAMTFile.balance("OPBD", "1")
        let closing = CAMTFile.balance("CLBD", "2", "DBIT")
        let previous = CAMTFile.balance("PRCD", "3")
        let interim = CAMTFile.balance("ITBD", "4")
        let later = CAMTFile.balance("ITBD", "5")
        let available = CAMTFile.balance("CLAV", "9")
        #expect(try balances(previous, opening, closing, available) == (100, -200))
        #expect(try balances(previous, closing) == (300, -200))
        #expect(try balances(interim) == (nil, 400))
        #expect(try balances(interim, later) == (400, 500))
        #expect(try balances(interim, closing) == (400, -200))
        #expect(try balances(opening, interim) == (100, 400))
        #expect(try balances(available) == (nil, nil))
    }

    @Test func `joins the statements of one account that follow each other`() throws {
        func day(_ opening: String, _ closing: String, _ amount: String) -> String {
            CAMTFile.statement(
                CAMTFile.entry(amount, "CRDT"),
                balances: CAMTFile.balance("OPBD", opening) + CAMTFile.balance("CLBD", closing))
        }
        let read = try reading(CAMTFile.file(day("1", "3", "2") + day("3", "7", "4") + day("8", "9", "1")))
        #expect(read.minorUnits == [200, 400, 100])
        #expect(read.balances.map(\.opening?.minorUnits) == [100, 800])
        #expect(read.balances.map(\.closing?.minorUnits) == [700, 900])
    }

    @Test func `is known by its message, whatever its version, prefix and namespace`() throws {
        let messages = [
            ("BkToCstmrStmt", "Stmt", StatementFormat.camt053), ("BkToCstmrAcctRpt", "Rpt", .camt052),
            ("BkToCstmrDbtCdtNtfctn", "Ntfctn", .camt054),
        ]
        for (message, name, format) in messages {
            for version in 1...13 {
                let number = version < 10 ? "0\(version)" : "\(version)"
                let namespace = "urn:iso:std:iso:20022:tech:xsd:\(format.rawValue).001.\(number)"
                // The first version has it in the name as well.
                let message = version == 1 ? message + "V01" : message
                let text = CAMTFile.file(
                    CAMTFile.statement(CAMTFile.entry(), name: name), message: message, namespace: namespace)
                let read = try reading(text)
                #expect(read.format == format)
                #expect(read.minorUnits == [-1250])
            }
            let statement = CAMTFile.statement(CAMTFile.entry(), name: name)
            #expect(try reading("<\(message)>\(statement)</\(message)>").minorUnits == [-1250])
            let prefixed = CAMTFile.file(statement, message: message)
                .replacing("</", with: "</n:").replacing(#/<([A-Z])/#) { "<n:\($0.1)" }
                .replacing("xmlns=", with: "xmlns:n=")
            #expect(try reading(prefixed).minorUnits == [-1250], "\(prefixed)")
        }
    }

    @Test func `keeps texts of every encoding that it declares, and of some that it does not`() throws {
        let entry = CAMTFile.entry("1", "DBIT", "<AddtlNtryInf>Žluťoučký kůň</AddtlNtryInf>")
        func text(_ encoding: String, _ entry: String) -> String {
            CAMTFile.file(
                CAMTFile.statement(entry), head: "<?xml version=\"1.0\" encoding=\"\(encoding)\"?>\n")
        }
        func memo(_ bytes: [UInt8]) throws -> String? { try reading(bytes).transactions.first?.memo }
        #expect(try memo(Array(text("UTF-8", entry).utf8)) == "Žluťoučký kůň")
        #expect(try memo([0xEF, 0xBB, 0xBF] + Array(text("utf-8", entry).utf8)) == "Žluťoučký kůň")
        for isBig in [false, true] {
            var wide: [UInt8] = isBig ? [0xFE, 0xFF] : [0xFF, 0xFE]
            for unit in text("UTF-16", entry).utf16 {
                let pair = [UInt8(unit >> 8), UInt8(unit & 0xFF)]
                wide += isBig ? pair : pair.reversed()
            }
            #expect(try memo(wide) == "Žluťoučký kůň")
        }
        let latin = CAMTFile.entry("1", "DBIT", "<AddtlNtryInf>Grüße</AddtlNtryInf>")
        for encoding in ["ISO-8859-1", "windows-1252", "UTF-8", "iso-8859-15", "US-ASCII"] {
            let bytes = text(encoding, latin).unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
            #expect(try memo(bytes) == "Grüße", "\(encoding)")
        }
        let head = Array(text("ISO-8859-2", CAMTFile.entry("1", "DBIT", "<AddtlNtryInf>~</AddtlNtryInf>")).utf8)
        #expect(try memo(head.map { $0 == UInt8(ascii: "~") ? 0xB1 : $0 }) == "ą")
        // Controls, which XML forbids, become blanks.
        #expect(try memo(head.map { $0 == UInt8(ascii: "~") ? 0x0B : $0 }) == nil)
    }
}
