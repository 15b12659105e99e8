import Base
import Statements
import Testing

@Suite struct `Statements of real banks` {
    struct Expected: Sendable, CustomTestStringConvertible {
        var name: String
        var count: Int
        var sum: Int64
        var currency: String
        var first: String
        var text: String
        var testDescription: String { name }
    }

    static let expected: [Expected] = [
        .init(
            name: "actual__data-payee-memo.csv", count: 4, sum: -10000, currency: "EUR", first: "2019-01-23",
            text: "Payee Name"),
        .init(
            name: "actual__data-multi-decimal.ofx", count: 2, sum: -3377, currency: "USD", first: "2019-01-23",
            text: "PATIENT FIRST TOKEN 01/22 PURCHA"),
        .init(
            name: "bank2ynab__test__test-data__20180226-1000594757-umsatz.CSV", count: 1, sum: -3699, currency: "EUR",
            first: "2018-02-22", text: "Vodafone Kabel DeutschlandGmbH"),
        .init(
            name: "bank2ynab__test__test-data__MonzoDataExport_February2018_2018-02-26_174335.csv", count: 1,
            sum: -1000, currency: "GBP", first: "2018-02-25", text: "Tesco"),
        .init(
            name: "bank2ynab__test__test-data__Movements_1234512345_201805271848.csv", count: 1, sum: -100,
            currency: "CZK", first: "2018-05-27", text: "Name Surname"),
        .init(
            name: "bank2ynab__test__test-data__W80844_EBH_201945.202122.csv", count: 2, sum: 94000, currency: "HUF",
            first: "2019-04-19", text: "memo goes here"),
        .init(
            name: "bank2ynab__test__test-data__export_KBC-Mastercard_20200204_1604.csv", count: 3, sum: 273,
            currency: "EUR", first: "2020-02-01", text: "More info"),
        .init(
            name: "bank2ynab__test__test-data__umsatz-1234________1234-20180227.CSV", count: 1, sum: -500,
            currency: "EUR", first: "2018-02-20", text: "AMREST STARBUCKS DE 08007263333 DE"),
        .init(
            name: "bank2ynab__test__test-data__test_BOI_TransactionExport.csv", count: 27, sum: -41_961,
            currency: "EUR", first: "2017-09-01", text: "Random Name GP"),
        .init(
            name: "camt-csv__internal__visecaparser__testdata__viseca.csv", count: 9, sum: -4920, currency: "CHF",
            first: "2025-03-01", text: "Jschalp Gastro AG"),
        .init(
            name: "csv2ofx__data__test__capitalone.csv", count: 2, sum: 0, currency: "EUR", first: "2016-01-02",
            text: "Airplanes R Us"),
        .init(
            name: "csv2ofx__data__test__ubs-ch-fr_trimmed.csv", count: 3, sum: 3000, currency: "CHF",
            first: "2019-03-31", text: "Solde prix prestations"),
        .init(
            name: "csv2ofx__data__test__xero.csv", count: 13, sum: 0, currency: "EUR", first: "2015-01-23",
            text: "Sales"),
        .init(
            name: "ofxparse__tests__fixtures__bank_medium.ofx", count: 3, sum: -34_527, currency: "CAD",
            first: "2009-04-01", text: "MCDONALD'S #112"),
        .init(
            name: "ofxparse__tests__fixtures__anzcc.ofx", count: 1, sum: -550, currency: "AUD", first: "2017-05-08",
            text: "SOME MEMO"),
    ]

    @Test(arguments: expected) func `are read as they are meant`(expected: Expected) throws {
        let read = try reading(Files.fixture(expected.name))
        #expect(read.refusal == nil)
        #expect(read.rejected.isEmpty)
        #expect(read.transactions.count == expected.count)
        #expect(read.sum == expected.sum)
        #expect(read.transactions.first?.amount.currency.code == expected.currency)
        #expect(read.dates.first == expected.first)
        let first = read.transactions.first
        #expect((first?.payee ?? first?.memo) == expected.text)
    }

    /// Another program turned these CSV files into OFX; both must tell the same.
    @Test(arguments: [
        ("gls.csv", "gls.ofx"), ("outbank.csv", "outbank.ofx"), ("payoneer.csv", "payoneer.ofx"),
        ("schwab-checking.csv", "schwab-checking.ofx"), ("stripe-default.csv", "stripe-default.ofx"),
        ("n26-fr.csv", "n26.ofx"),
    ]) func `tell the same as CSV and as OFX`(csv: String, ofx: String) throws {
        let fromCSV = try reading(Files.fixture("csv2ofx__data__test__" + csv))
        let fromOFX = try reading(Files.fixture("csv2ofx__data__converted__" + ofx))
        #expect(!fromCSV.transactions.isEmpty)
        #expect(fromCSV.dates == fromOFX.dates)
        #expect(fromCSV.minorUnits == fromOFX.minorUnits)
    }

    @Test func `give their two accounts`() throws {
        let read = try reading(Files.fixture("ofxparse__tests__fixtures__multiple_accounts2.ofx"))
        #expect(read.accounts.map(\.id) == ["9100", "9200"])
        #expect(read.balances.map(\.closing?.minorUnits) == [11100, 22200])
    }

    @Test func `are all read where the samples are beside the project`() throws {
        guard let samples = Files.samples() else {
            print("skipped: ../shared/samples is not here")
            return
        }
        var transactions = 0
        for folder in [
            "bank_csv", "ofx", "csv_rules", "csv_expected", "csv_parse", "mt940", "camt", "importer_expected",
        ] {
            for path in Files.contents(of: samples + "/" + folder) {
                guard let bytes = Files.bytes(path) else { continue }
                let read = try reading(bytes)
                transactions += read.transactions.count
                #expect(read.transactions.allSatisfy { !$0.amount.isZero })
            }
        }
        #expect(transactions > 300)
        // Real purchases of a council: every row is one, and money spent.
        for path in Files.contents(of: samples + "/purchase_cards").filter({ $0.hasSuffix(".csv") }).prefix(4) {
            let bytes = try #require(Files.bytes(path))
            let read = try reading(bytes, currency: .gbp)
            #expect(read.refusal == nil)
            #expect(read.rejected.isEmpty)
            #expect(read.transactions.count > 1000)
            #expect(read.sum < 0)
        }
    }
}
