import Foundation
import JSON
import TestSupport
import Testing

/// `purser import --dry-run --json FILE`, which needs nothing but the file.
@Suite(.tags(.slow)) struct `A dry run` {
    struct Sample: Sendable, CustomTestStringConvertible {
        let format: String
        let text: String
        var account: String?
        var testDescription: String { format }
    }

    /// The same two transactions as each bank would write them.
    static let samples = [
        Sample(
            format: "csv",
            text:
                "Buchungstag;Empfänger;Verwendungszweck;Betrag;Währung\n01.03.2026;Rewe Markt;Brot;-1.234,56;EUR\n02.03.2026;ACME GmbH;Gehalt;2.500,00;EUR\n"
        ),
        Sample(
            format: "ofx",
            text: """
                OFXHEADER:100
                DATA:OFXSGML
                VERSION:102
                CHARSET:1252

                <OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR<BANKACCTFROM><BANKID>1<ACCTID>4711<ACCTTYPE>CHECKING</BANKACCTFROM>
                <BANKTRANLIST><STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260301<TRNAMT>-1234.56<FITID>a<NAME>Rewe Markt<MEMO>Brot</STMTTRN>
                <STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260302<TRNAMT>2500.00<FITID>b<NAME>ACME GmbH<MEMO>Gehalt</STMTTRN></BANKTRANLIST>
                </STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>
                """, account: "4711"),
        Sample(
            format: "qif",
            text:
                "!Type:Bank\nD03/01/2026\nT-1,234.56\nPRewe Markt\nMBrot\n^\nD03/02/2026\nT2,500.00\nPACME GmbH\nMGehalt\n^\nD03/31/2026\nT-1.00\nPX\n^\n"
        ),
        Sample(
            format: "camt.053",
            text: """
                <?xml version="1.0" encoding="UTF-8"?>
                <Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><Stmt><Id>1</Id>
                <Acct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>EUR</Ccy></Acct>
                <Ntry><Amt Ccy="EUR">1234.56</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-03-01</Dt></BookgDt>
                <NtryDtls><TxDtls><RltdPties><Cdtr><Nm>Rewe Markt</Nm></Cdtr></RltdPties><RmtInf><Ustrd>Brot</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
                <Ntry><Amt Ccy="EUR">2500.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-03-02</Dt></BookgDt>
                <NtryDtls><TxDtls><RltdPties><Dbtr><Nm>ACME GmbH</Nm></Dbtr></RltdPties><RmtInf><Ustrd>Gehalt</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
                </Stmt></BkToCstmrStmt></Document>
                """, account: "DE02120300000000202051"),
        Sample(
            format: "mt940",
            text:
                ":20:STARTUMS\r\n:25:12030000/202051\r\n:28C:1/1\r\n:60F:C260228EUR100,00\r\n:61:2603010301D1234,56NMSCNONREF\r\n:86:005?00LASTSCHRIFT?20Brot?32Rewe Markt\r\n:61:2603020302C2500,00NMSCNONREF\r\n:86:051?00GUTSCHRIFT?20Gehalt?32ACME GmbH\r\n:62F:C260302EUR1365,44\r\n-\r\n",
            account: "12030000/202051"),
    ]

    private func path(_ text: String, _ name: String = "statement") throws -> String {
        let path = TestDirectories.make("file") + "/" + name
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test(arguments: samples) func `tells what a file of any format holds`(sample: Sample) async throws {
        let data = TestDirectories.make("never") + "/data"
        let result = try await Program.run(
            ["import", "--dry-run", "--json", try path(sample.text)],
            environment: ["PURSER_DATA": data, "PURSER_DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"])
        #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
        #expect(!FileManager.default.fileExists(atPath: data), "it needs no data directory")
        let json = try result.json
        #expect(json["format"]?.string == sample.format && json["profile"]?.isNull == true)
        #expect(json["rejected"]?.array?.isEmpty == true)
        let account = try #require(json["accounts"]?.array?.first)
        #expect(account["id"]?.string == sample.account && account["currency"]?.string == "EUR")
        let transactions = try #require(account["transactions"]?.array?.prefix(2))
        #expect(transactions.compactMap { $0["amount"]?.numberText } == ["-1234.56", "2500.00"])
        #expect(transactions.compactMap { $0["date"]?.string } == ["2026-03-01", "2026-03-02"])
        #expect(transactions.compactMap { $0["payee"]?.string } == ["Rewe Markt", "ACME GmbH"])
        #expect(transactions.compactMap { $0["memo"]?.string } == ["Brot", "Gehalt"])
        if sample.format == "mt940" {
            #expect(
                account["openingBalance"]?.numberText == "100.00" && account["closingBalance"]?.numberText == "1365.44")
        }
    }

    @Test func `reads standard input, and answers with a line for each file`() async throws {
        let (csv, ofx) = (Self.samples[0].text, Self.samples[1].text)
        let result = try await Program.run(["import", "--dry-run", "--json", "-", try path(ofx)], input: csv)
        #expect(result.status == 0 && result.errors.isEmpty)
        let answers = try result.output.split(separator: "\n").map { try JSONValue.parse(Array($0.utf8)) }
        #expect(answers.compactMap { $0["format"]?.string } == ["csv", "ofx"])
    }

    @Test func `lists every rejected line, however many`() async throws {
        // Behind enough good ones: a file of broken lines alone is no statement.
        let good = (0..<3000).map { "2026-03-0\($0 % 9 + 1),Rewe \($0),-3.50\n" }.joined()
        let bad = (0..<2500).map { "2026-02-30,Shop \($0),-1.00\n" }.joined()
        let file = try path("Date,Payee,Amount\n" + good + bad)
        let result = try await Program.run("import", "--dry-run", "--json", file)
        let json = try result.json
        #expect(result.status == 0)
        #expect(json["rejected"]?.array?.count == 2500 && json["rejectedCount"]?.int == 2500)
        #expect(json["rejected"]?.array?.last?["line"]?.int == 5501)
        let table = try await Program.run("import", "--dry-run", file)
        #expect(table.output.contains("line 5501") && table.output.contains("2500 rejected lines"))
    }
}
