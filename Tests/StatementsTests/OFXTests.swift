import Base
import Statements
import Testing

private func statement(
    _ transactions: String, currency: String = "EUR", header: String = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\n\n"
) -> String {
    header
        + "<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>\(currency)<BANKACCTFROM><BANKID>1<ACCTID>42<ACCTTYPE>CHECKING</BANKACCTFROM>"
        + "<BANKTRANLIST>\(transactions)</BANKTRANLIST><LEDGERBAL><BALAMT>12,50<DTASOF>20260331</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
}

@Suite struct `An OFX file` {
    @Test func `is read with and without end tags`() throws {
        let sgml = statement(
            "<STMTTRN><TRNTYPE>POS<DTPOSTED>20260331120000.000[-5:EST]<TRNAMT>-6.60<FITID>A1<NAME>Caf&eacute; &amp; Bar<MEMO>one   two</STMTTRN>"
                + "<STMTTRN><TRNTYPE>CHECK<DTPOSTED>20260330<TRNAMT>+1.234,56<FITID>A2<CHECKNUM>77<PAYEE><NAME>Someone<CITY>x</PAYEE></STMTTRN>"
        )
        let xml =
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><?OFX OFXHEADER=\"200\"?>"
            + "<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR</CURDEF><BANKACCTFROM><BANKID>1</BANKID><ACCTID>42</ACCTID></BANKACCTFROM>"
            + "<BANKTRANLIST><STMTTRN><TRNTYPE>POS</TRNTYPE><DTPOSTED>20260331120000</DTPOSTED><TRNAMT>-6.60</TRNAMT><FITID>A1</FITID>"
            + "<NAME><![CDATA[Caf&eacute; & Bar]]></NAME><MEMO>one&#32;two</MEMO></STMTTRN>"
            + "<STMTTRN><TRNTYPE>CHECK</TRNTYPE><DTPOSTED>20260330</DTPOSTED><TRNAMT>1234.56</TRNAMT><FITID>A2</FITID><CHECKNUM>77</CHECKNUM>"
            + "<PAYEE><NAME>Someone</NAME></PAYEE></STMTTRN></BANKTRANLIST><LEDGERBAL><BALAMT>12.50</BALAMT><DTASOF>20260331</DTASOF></LEDGERBAL>"
            + "</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
        for text in [sgml, xml] {
            let read = try reading(text, currency: .usd)
            #expect(read.accounts == [StatementAccount(id: "42", currency: .eur)])
            #expect(read.minorUnits == [-660, 123_456])
            #expect(read.dates == ["2026-03-31", "2026-03-30"])
            #expect(read.transactions.map(\.payee) == ["Caf&eacute; & Bar", "Someone"])
            #expect(read.transactions.map(\.memo) == ["one two", nil])
            #expect(read.transactions.map(\.externalID) == ["A1", "A2"])
            #expect(read.transactions.map(\.reference) == [nil, "77"])
            #expect(read.balances.first?.closing == Money(minorUnits: 1250, currency: .eur))
            #expect(read.balances.first?.closingDate?.description == "2026-03-31")
            #expect(read.rejected.isEmpty)
        }
    }

    @Test func `is refused where it was cut`() throws {
        let whole = Array(statement("<STMTTRN><DTPOSTED>20260331<TRNAMT>-1<FITID>1<NAME>a</STMTTRN>").utf8)
        #expect(try reading(whole).refusal == nil)
        for length in stride(from: 40, to: whole.count, by: 3) {
            #expect(try reading(Array(whole[..<length])).refusal == .statementTruncated, "\(length)")
        }
    }

    @Test func `rejects what is no transaction, and says where`() throws {
        let read = try reading(
            statement(
                "\n<STMTTRN><TRNAMT>-1<NAME>no date</STMTTRN>\n<STMTTRN><DTPOSTED>20260231<TRNAMT>-1</STMTTRN>"
                    + "\n<STMTTRN><DTPOSTED>20260331<NAME>no amount</STMTTRN>\n<STMTTRN><DTPOSTED>20260331<TRNAMT>0.00</STMTTRN>"
                    + "\n<STMTTRN><DTPOSTED>20260331<TRNAMT>x</STMTTRN>\n<STMTTRN><DTPOSTED>20260331<TRNAMT>1.005</STMTTRN>"
                    + "\n<STMTTRN><DTPOSTED>20260331<TRNAMT>-1<NAME>good</STMTTRN>"))
        #expect(read.minorUnits == [-100])
        #expect(read.rejected.map(\.line) == [6, 7, 8, 9, 10, 11])
        #expect(read.rejected.first?.reason == "There is no date.")
        #expect(read.rejected.first?.text == "-1 no date")
    }

    @Test func `may forget the end of a transaction`() throws {
        let read = try reading(
            statement("<STMTTRN><DTPOSTED>20260331<TRNAMT>-1<NAME>a<STMTTRN><DTPOSTED>20260330<TRNAMT>-2<NAME>b < c"))
        #expect(read.minorUnits == [-100, -200])
        #expect(read.transactions.map(\.payee) == ["a", "b < c"])
    }

    @Test func `tells its encoding`() throws {
        let header = "OFXHEADER:100\nENCODING:USASCII\nCHARSET:"
        func bytes(_ charset: String, _ name: [UInt8]) -> [UInt8] {
            let parts = statement(
                "<STMTTRN><DTPOSTED>20260331<TRNAMT>-1<NAME>@</STMTTRN>", header: header + charset + "\n\n"
            ).utf8.split(separator: UInt8(ascii: "@"))
            return Array(parts[0]) + name + Array(parts[1])
        }
        #expect(try reading(bytes("1252", [0x43, 0xE9])).transactions.first?.payee == "Cé")
        #expect(try reading(bytes("1251", [0xCC, 0xE8, 0xF0])).transactions.first?.payee == "Мир")
        #expect(try reading(bytes("1252", Array("Cé".utf8))).transactions.first?.payee == "Cé")
    }

    @Test func `may count in another currency than its account`() throws {
        let read = try reading(
            statement(
                "<STMTTRN><DTPOSTED>20260331<TRNAMT>-1<CURRENCY><CURRATE>1.1<CURSYM>USD</CURRENCY></STMTTRN>"
                    + "<STMTTRN><DTPOSTED>20260331<TRNAMT>-2<ORIGCURRENCY><CURRATE>1.1<CURSYM>USD</ORIGCURRENCY></STMTTRN>"
            ))
        #expect(read.transactions.map(\.amount.description) == ["-1.00 USD", "-2.00 EUR"])
        let unknown = try reading(statement("<STMTTRN><DTPOSTED>20260331<TRNAMT>-1</STMTTRN>", currency: "QQQ"))
        #expect(unknown.rejected.map(\.reason) == ["“QQQ” is not a currency."])
    }

    @Test func `passes on what the bank's server said`() throws {
        let refusal = try reading(Files.fixture("ofxparse__tests__fixtures__signon_fail.ofx")).refusal
        #expect(refusal?.code == "STATEMENT_EMPTY")
        #expect(refusal?.message.contains("invalid identification code") == true)
    }

    @Test func `does not expand entities of its own making`() throws {
        let bomb =
            "<?xml version=\"1.0\"?><!DOCTYPE o [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><?OFX OFXHEADER=\"200\"?>"
        let read = try reading(
            statement(
                "<STMTTRN><DTPOSTED>20260331<TRNAMT>-1<NAME>&b;<MEMO>&#0;&#x110000;&#xD800;&#65;</STMTTRN>",
                header: bomb))
        #expect(read.transactions.first?.payee == "&b;")
        #expect(read.transactions.first?.memo == "&#0;&#x110000;&#xD800;A")
    }

    @Test func `has the trades of its investment accounts left out, one by one`() throws {
        let read = try reading(Files.fixture("ofxparse__tests__fixtures__investment_401k.ofx"))
        #expect(read.transactions.isEmpty)
        #expect(read.rejected.count == 3)
        #expect(
            read.rejected.allSatisfy {
                $0.reason.hasPrefix("Trades of investment accounts are not imported") && $0.line > 36
            })
    }

    @Test func `has what went in and out of an investment account`() throws {
        let read = try reading(
            """
            OFXHEADER:100
            <OFX><INVSTMTMSGSRSV1><INVSTMTTRNRS><INVSTMTRS><CURDEF>USD
            <INVACCTFROM><BROKERID>b<ACCTID>77</INVACCTFROM>
            <INVTRANLIST>
            <INVBANKTRAN><STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260331<TRNAMT>-12.50<FITID>1<NAME>Card payment</STMTTRN>
            <SUBACCTFUND>CASH</INVBANKTRAN>
            <BUYSTOCK><INVBUY><INVTRAN><FITID>2<DTTRADE>20260330<MEMO>10 AAPL</INVTRAN><TOTAL>-500.00</INVBUY></BUYSTOCK>
            </INVTRANLIST></INVSTMTRS></INVSTMTTRNRS></INVSTMTMSGSRSV1></OFX>
            """)
        #expect(read.accounts == [StatementAccount(id: "77", currency: .usd)])
        #expect(read.minorUnits == [-1250])
        #expect(read.transactions.first?.payee == "Card payment")
        #expect(read.rejected.map(\.line) == [7])
        #expect(read.rejected.first?.text == "20260330 -500.00 10 AAPL")
    }
}
