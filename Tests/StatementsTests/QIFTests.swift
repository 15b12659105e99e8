import Base
import Statements
import TestSupport
import Testing

@Suite struct `A QIF file` {
    private func bank(_ records: String) throws -> Reading { try reading("!Type:Bank\n" + records, currency: .usd) }

    @Test func `gives its records`() throws {
        let read = try bank(
            "D12/19/2018\nT-100.58\nPOutlet\nMShoes\nN1042\nLUsual Expenses:Shopping\nCX\n^\nD12/20/2018\nU5\n^\n")
        #expect(read.format == .qif)
        #expect(read.accounts == [StatementAccount(id: nil, currency: .usd)])
        #expect(read.minorUnits == [-10_058, 500])
        #expect(read.dates == ["2018-12-19", "2018-12-20"])
        let first = read.transactions.first
        #expect(first?.payee == "Outlet")
        #expect(first?.memo == "Shoes")
        #expect(first?.reference == "1042")
        #expect(first?.type == "Usual Expenses:Shopping")
        #expect(read.transactions.map(\.line) == [2, 10])
        #expect(read.balances == [StatementBalances()])
    }

    @Test func `gives its accounts and skips its lists`() throws {
        let read = try reading(
            """
            !Option:AutoSwitch
            !Account
            NChecking
            TBank
            DMy daily account
            ^
            NCard
            TCCard
            ^
            !Clear:AutoSwitch
            !Type:Cat
            NGroceries
            DFood
            E
            ^
            !Account
            NChecking
            TBank
            ^
            !Type:Bank
            D2026-01-15
            T-1.00
            ^
            !Account
            NCard
            TCCard
            ^
            !Type:CCard
            D2026-01-16
            T-2.00
            ^
            !Type:Memorized
            D2026-01-16
            T-99.00
            ^
            !Type:Oth L
            D2026-01-17
            T3.00
            ^

            """)
        #expect(read.refusal == nil)
        #expect(read.rejected.isEmpty)
        #expect(read.accounts.map(\.id) == ["Checking", "Card", "Card"])
        #expect(read.minorUnits == [-100, -200, 300])
    }

    @Test(arguments: [
        ("12/31/98", "1998-12-31"), ("1/ 3'05", "2005-01-03"), ("12/31'99", "2099-12-31"), ("1/1' 5", "2005-01-01"),
        ("1/1'2005", "2005-01-01"), ("2026-03-31", "2026-03-31"), ("2026/3/1", "2026-03-01"),
        ("31.12.2004", "2004-12-31"),
        ("31/12/2004", "2004-12-31"), ("13/1/04", "2004-01-13"), ("20260331", "2026-03-31"),
        ("31-Dec-2004", "2004-12-31"),
        ("98/12/31", "1998-12-31"), (" 6/17/ 3", "2003-06-17"),
    ]) func `reads dates`(text: String, day: String) throws {
        let read = try bank("D\(text)\nT1\n^\n")
        #expect(read.rejected.isEmpty)
        #expect(read.dates == [day])
    }

    @Test func `takes the order of dates from all of its head, and tells where it is a guess`() throws {
        func orders(_ dates: [String], amount: String = "1.00") throws -> ([String], Bool?) {
            let read = try bank(dates.map { "D\($0)\nT\(amount)\n^\n" }.joined())
            return (read.dates, read.mapping?.ambiguousDateOrder)
        }
        #expect(try orders(["01/02/2026", "13/02/2026"]) == (["2026-02-01", "2026-02-13"], false))
        #expect(try orders(["01/02/2026", "02/13/2026"]) == (["2026-01-02", "2026-02-13"], false))
        #expect(try orders(["01/02/2026"]) == (["2026-01-02"], true))
        // A comma for the decimals, or points in dates, is not American.
        #expect(try orders(["01/02/2026"], amount: "1,00") == (["2026-02-01"], true))
        #expect(try orders(["01.02.2026"]) == (["2026-02-01"], true))
        // In one order the days follow each other, in the other they jump.
        #expect(try orders(["01/02/2026", "03/02/2026", "05/02/2026", "04/03/2026"]).0.last == "2026-03-04")
        var override = CSVMappingOverride()
        override.dateOrder = .dmy
        let told = try reading("!Type:Bank\nD01/02/2026\nT1\n^\n", mapping: override)
        #expect(told.dates == ["2026-02-01"])
        #expect(told.mapping?.ambiguousDateOrder == false)
    }

    @Test(arguments: [
        ("-1,234.56", -123_456), ("1.234,56", 123_456), ("-12,5", -1250), ("1,000", 100_000), ("+3.00", 300),
        ("$5.00", 500), ("-1234567.89", -123_456_789), ("(4.00)", -400), ("7", 700), (".50", 50),
    ]) func `reads amounts in both conventions`(text: String, minorUnits: Int64) throws {
        #expect(try bank("D1/31/2026\nT\(text)\n^\n").minorUnits == [minorUnits])
    }

    @Test func `counts a split once, with its total`() throws {
        let read = try bank(
            "D1/31/2026\nT-30.00\nPShop\nSFood\nEBread\n$-10.00\nSHome\nESoap\n$-20.00\n^\nD1/31/2026\nSFood\n$-1.10\nSHome\n$-2.20\n^\n"
        )
        #expect(read.minorUnits == [-3000, -330])
        #expect(read.transactions.first?.memo == "Bread; Soap")
    }

    @Test func `rejects what cannot be read, with its line, its text and the reason`() throws {
        let read = try bank(
            "T1\n^\nD1/31/2026\n^\nD31/31/2026\nT1\nPSomebody\n^\nD1/31/2026\nT0.00\nP**VOID**\n^\nD1/31/2026\nT1.234567\n^\nD1/31/2026\nTmuch\n^\n"
        )
        #expect(read.transactions.isEmpty)
        #expect(
            read.rejected.map(\.reason) == [
                "There is no date.", "There is no amount.", "“31/31/2026” is not a date.", "The amount is zero.",
                "“1.234567” has more digits than USD has (2).", "“much” is not an amount.",
            ])
        #expect(read.rejected.map(\.line) == [2, 4, 6, 10, 14, 17])
        #expect(read.rejected[2].text == "31/31/2026 1 Somebody")
    }

    @Test func `takes the balance at the beginning for what it is`() throws {
        let read = try bank("D1/1/2026\nT1,000.00\nPOpening Balance\nL[Checking]\n^\nD1/31/2026\nT-1.00\n^\n")
        #expect(read.minorUnits == [-100])
        #expect(read.balances.map(\.opening?.minorUnits) == [100_000])
        #expect(read.rejected.map(\.reason) == ["This is the balance at the beginning, not a transaction."])
    }

    @Test func `has each record of an investment account rejected`() throws {
        let read = try reading(
            "!Type:Invst\nD8/25/93\nNBuy\nYIBM\nI11.03\nQ10\nT110.30\n^\n!Type:Bank\nD8/26/93\nT1\n^\n")
        #expect(read.rejected.map(\.reason) == ["Investment accounts are not imported."])
        #expect(read.rejected.map(\.text) == ["8/25/93 110.30 Buy IBM"])
        #expect(read.minorUnits == [100])
    }

    @Test func `is found without its header`() throws {
        let read = try reading("D1/31/2026\nT-5.00\nPShop\n^\nD2/1/2026\nT6.00\n^\n")
        #expect(read.format == .qif)
        #expect(read.minorUnits == [-500, 600])
        #expect(read.accounts.count == 1)
        // A table whose first column is called Date is none.
        #expect(try reading("Date,Amount\n2026-01-31,-5.00\n").format == .csv)
    }

    @Test func `is the same with any ends of lines and any case`() throws {
        let text = "!type:bank \nD1/31/2026\nT-5.00\nPShop\n^\n"
        for end in ["\n", "\r\n", "\r"] {
            let read = try reading(text.replacing("\n", with: end))
            #expect(read.minorUnits == [-500])
            #expect(read.transactions.first?.line == 2)
        }
    }

    @Test func `turns its signs where told`() throws {
        var override = CSVMappingOverride()
        override.negate = true
        #expect(try reading("!Type:CCard\nD1/31/2026\nT5.00\n^\n", mapping: override).minorUnits == [-500])
    }

    @Test func `is refused where it is cut or holds nothing`() throws {
        let whole = "!Type:Bank\nD1/31/2026\nT-12.50\nPShop\n^\n"
        for length in 12..<(whole.utf8.count - 2) {
            #expect(try reading(String(whole.prefix(length))).refusal == .statementTruncated, "\(whole.prefix(length))")
        }
        #expect(try reading(String(whole.dropLast())).minorUnits == [-1250])
        #expect(try reading("!Type:Bank\nD1/31/2026\nT-12.50\n!Type:Cat\nNFood\n^\n").refusal == .statementTruncated)
        #expect(try reading("!Type:Cat\nNFood\n^\n").refusal == .statementEmpty)
        // An account without any record is a statement all the same.
        #expect(try reading("!Type:Bank\n").refusal == nil)
    }

    @Test func `adds up exactly, whatever is generated`() throws {
        var random = SeededGenerator(seed: 17)
        for usesComma in [false, true] {
            for _ in 0..<20 {
                var text = "!Type:Bank\n"
                var amounts: [Int64] = []
                var dates: [String] = []
                for _ in 0..<Int.random(in: 5...60, using: &random) {
                    let minorUnits = Int64.random(in: 1...999_999_999, using: &random)
                    let isNegative = Bool.random(using: &random)
                    let day = try #require(CalendarDate(daysSinceEpoch: Int.random(in: 9000...20_000, using: &random)))
                    let cents = minorUnits % 100
                    let whole =
                        Bool.random(using: &random)
                        ? grouped(minorUnits / 100, usesComma ? "." : ",") : "\(minorUnits / 100)"
                    text +=
                        "D\(day.month)/\(day.day)/\(day.year)\nT\(isNegative ? "-" : "")\(whole)\(usesComma ? "," : ".")"
                    text += "\(cents < 10 ? "0" : "")\(cents)\nPShop\n^\n"
                    amounts.append(isNegative ? -minorUnits : minorUnits)
                    dates.append(day.description)
                }
                text += "D12/31/2020\nT1\(usesComma ? "," : ".")00\n^\n"
                let read = try reading(Array(text.utf8), pieces: Int.random(in: 1...300, using: &random))
                #expect(read.minorUnits == amounts + [100])
                #expect(read.dates == dates + ["2020-12-31"])
            }
        }
    }

    private func grouped(_ value: Int64, _ mark: String) -> String {
        var digits = String(value)
        var parts: [String] = []
        while digits.count > 3 {
            parts.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return ([digits] + parts).joined(separator: mark)
    }
}
