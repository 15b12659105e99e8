import Base
import FoundationEssentials
import Statements
import Testing

/// Files of banks beside the project, of which somebody else has said what they hold. They are not copied here, since
/// most of them may not be.
@Suite struct `Files that others have read` {
    private struct Line: Hashable, Comparable, CustomStringConvertible {
        var date: String
        var amount: Int64
        var currency: String

        static func < (left: Line, right: Line) -> Bool {
            (left.date, left.amount, left.currency) < (right.date, right.amount, right.currency)
        }

        var description: String { "\(date) \(amount) \(currency)" }
    }

    private static func lines(_ reading: Reading) -> [Line] {
        reading.transactions.map {
            Line(date: "\($0.date)", amount: $0.amount.minorUnits, currency: $0.amount.currency.code)
        }.sorted()
    }

    private static func samples() -> String? {
        let samples = Files.samples()
        if samples == nil { print("skipped: ../shared/samples is not here") }
        return samples
    }

    // MARK: CSV

    /// At least nine in ten bank files must come out exactly, without a profile.
    @Test func `come out exactly as CSV`() throws {
        guard let samples = Self.samples() else { return }
        var exact = 0
        var wrong: [String] = []
        for truth in SampleTruth.all {
            guard let bytes = Files.bytes("\(samples)/\(truth.folder)/\(truth.file)") else {
                Issue.record("\(truth.file) is missing")
                continue
            }
            let read = try reading(bytes)
            let found = read.transactions.map { "\($0.date) \($0.amount.decimalText) \($0.amount.currency)" }
            if read.refusal == nil, found.count == truth.count, found.starts(with: truth.transactions) {
                exact += 1
            } else {
                wrong.append("\(truth.file): \(read.refusal?.code ?? "\(found.prefix(5))")")
            }
        }
        print("CSV: \(exact) of \(SampleTruth.all.count) files exactly; not: \(wrong)")
        #expect(exact * 100 >= SampleTruth.all.count * 90)
    }

    /// What beancount-import made of the same files: date and signed amount of every transaction.
    @Test(arguments: [
        ("generic_importer__test_basic", ["generic_importer__csv__generic_statement.csv"]),
        ("mint__test_basic", ["mint__mint.csv"]),
        (
            "healthequity__test_basic",
            [
                "healthequity__data__1234567__cash-transactions-contribution.csv",
                "healthequity__data__1234567__cash-transactions-distribution.csv",
                "healthequity__data__1234567__cash-transactions-other.csv",
            ]
        ),
    ]) func `tell the same as beancount-import of CSV`(test: String, files: [String]) throws {
        guard let samples = Self.samples() else { return }
        let expected = try Self.beancount(samples, test) {
            $0.contains("cash-transactions") || !test.contains("health")
        }
        var found: [Line] = []
        for file in files {
            let path = "\(samples)/bank_csv/beancount-import__testdata__source__\(file)"
            found += Self.lines(try reading(#require(Files.bytes(path)), currency: .usd))
        }
        #expect(found.sorted() == expected)
    }

    @Test(arguments: [
        ("ofx__test_anzcc", "ofx__anzcc.ofx"), ("ofx__test_bank_medium", "ofx__bank_medium.ofx"),
        ("ofx__test_checking", "ofx__checking.ofx"), ("ofx__test_checking2", "ofx__checking2.ofx"),
        ("ofx__test_multiple_accounts", "ofx__multiple_accounts.ofx"),
    ]) func `tell the same as beancount-import of OFX`(test: String, file: String) throws {
        guard let samples = Self.samples() else { return }
        let expected = try Self.beancount(samples, test) { _ in true }
        let path = "\(samples)/ofx/beancount-import__testdata__source__\(file)"
        #expect(Self.lines(try reading(#require(Files.bytes(path)))) == expected)
    }

    /// The transactions of an `import_results.beancount`: a line of date and title, then the posting to the account.
    private static func beancount(
        _ samples: String, _ test: String, where isWanted: (String) -> Bool
    ) throws -> [Line] {
        let path = "\(samples)/importer_expected/beancount-import__testdata__source__\(test)__import_results.beancount"
        let text = String(decoding: try #require(Files.bytes(path)), as: UTF8.self)
        var lines: [Line] = []
        var source = ""
        var date: String?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix(";; info:") { source = String(line) }
            let words = line.split(separator: " ")
            if line.first?.isNumber == true, words.count > 2, words[1] == "*" {
                date = String(words[0])
            } else if let day = date, line.hasPrefix("  "), words.count == 3 {
                date = nil
                guard isWanted(source) else { continue }
                let currency = try #require(Currency(words[2]))
                lines.append(
                    Line(date: day, amount: try minorUnits(words[1], currency), currency: currency.code))
            }
        }
        return lines.sorted()
    }

    private static func minorUnits(_ text: Substring, _ currency: Currency) throws -> Int64 {
        let parts = text.split(separator: ".")
        var digits = parts.count == 2 ? String(parts[1]) : ""
        while digits.count < currency.exponent { digits += "0" }
        return try #require(Int64(String(parts[0]) + digits))
    }

    // MARK: OFX

    private struct OFXTruth {
        var file: String
        /// As `date amount currency` and the bank's own id.
        var transactions: [String]
        var closing: [String]
    }

    /// Worked out by reading the files. At least 19 in 20 must come out exactly.
    private static let ofx: [OFXTruth] = [
        .init(
            file: "actual__data-multi-decimal.ofx",
            transactions: [
                "2019-01-23 -30.00 USD 00092990122-30.00019012312798.01",
                "2019-01-23 -3.77 USD 00092990121-3.77019012312828.01",
            ], closing: ["-"]),
        .init(
            file: "bank-statement-import__account_statement_import_ofx__tests__test_ofx_file__test_ofx.ofx",
            transactions: [
                "2013-08-24 -80.00 USD 219378", "2013-08-24 -90.00 USD 219379", "2013-08-24 -100.00 USD 219380",
                "2013-08-24 -90.00 USD 219381",
            ], closing: ["2156.56", "-562.00"]),
        .init(
            file: "beancount-import__testdata__source__ofx__anzcc.ofx",
            transactions: ["2017-05-08 -5.50 AUD 201705080001"],
            closing: ["-123.45"]),
        .init(
            file: "beancount-import__testdata__source__ofx__bank_medium.ofx",
            transactions: [
                "2009-04-01 -6.60 CAD 0000123456782009040100001", "2009-04-02 -316.67 CAD 0000123456782009040200004",
                "2009-04-03 -22.00 CAD 0000123456782009040300005",
            ], closing: ["382.34"]),
        .init(
            file: "beancount-import__testdata__source__ofx__checking.ofx",
            transactions: [
                "2011-03-31 0.01 USD 0000486", "2011-04-05 -34.51 USD 0000487", "2011-04-07 -25.00 USD 0000488",
            ],
            closing: ["100.99"]),
        .init(
            file: "beancount-import__testdata__source__ofx__multiple_accounts.ofx", transactions: [],
            closing: ["111.00", "222.00"]),
        .init(
            file: "libofx__doc__ofx_sample_files__example-listing1.xml",
            transactions: ["2009-02-09 -98.91 CAD -", "2009-02-09 308.86 CAD -"], closing: ["256.94"]),
        .init(
            file: "ofxparse__tests__fixtures__anzcc.ofx", transactions: ["2017-05-08 -5.50 AUD 201705080001"],
            closing: ["-123.45"]),
        .init(
            file: "ofxparse__tests__fixtures__bank_medium.ofx",
            transactions: [
                "2009-04-01 -6.60 CAD 0000123456782009040100001", "2009-04-02 -316.67 CAD 0000123456782009040200004",
                "2009-04-03 -22.00 CAD 0000123456782009040300005",
            ], closing: ["382.34"]),
        .init(file: "ofxparse__tests__fixtures__fail_nice__date_missing.ofx", transactions: [], closing: ["0.00"]),
        .init(file: "ofxparse__tests__fixtures__fail_nice__decimal_error.ofx", transactions: [], closing: ["0.00"]),
        .init(
            file: "ofxparse__tests__fixtures__fail_nice__empty_balance.ofx",
            transactions: ["2011-03-08 120.00 CAD 2000957249"],
            closing: ["-"]),
        .init(
            file: "ofxparse__tests__fixtures__multiple_accounts2.ofx", transactions: [], closing: ["111.00", "222.00"]),
        .init(
            file: "ofxtools__tests__data__stmtrs.ofx",
            transactions: ["2005-10-04 -200.00 USD 00002", "2005-10-20 -300.00 USD 00003"],
            closing: ["200.29"]),
        .init(
            file: "ofxtools__tests__data__stmtrs_euro.ofx",
            transactions: ["2005-10-04 -200.00 USD 00002", "2005-10-20 -300.00 USD 00003"], closing: ["200.29"]),
    ]

    @Test func `come out exactly as OFX`() throws {
        guard let samples = Self.samples() else { return }
        var exact = 0
        var wrong: [String] = []
        for truth in Self.ofx {
            let read = try reading(#require(Files.bytes("\(samples)/ofx/\(truth.file)"), "\(truth.file)"))
            let found = read.transactions.map {
                "\($0.date) \($0.amount.decimalText) \($0.amount.currency) \($0.externalID ?? "-")"
            }
            let closing = read.balances.map { $0.closing?.decimalText ?? "-" }
            if found == truth.transactions, closing == truth.closing {
                exact += 1
            } else {
                wrong.append("\(truth.file): \(found) \(closing)")
            }
        }
        // Another program made these of CSV files; the transactions must be the same in both.
        var pairs = 0
        for path in Files.contents(of: samples + "/bank_csv")
        where path.hasSuffix(".ofx") && path.contains("__converted__") {
            let name = path.split(separator: "__").last.map { $0.dropLast(4) } ?? ""
            let source = ["n26": "n26-fr"][String(name)] ?? String(name).replacing("-msmoney", with: "")
            // In this one the other program takes the days up to the twelfth for months.
            guard source != "ingesp" else { continue }
            guard let csv = Files.bytes("\(samples)/bank_csv/csv2ofx__data__test__\(source).csv"),
                let ofx = Files.bytes(path)
            else { continue }
            pairs += 1
            let fromOFX = Self.lines(try reading(ofx))
            let fromCSV = Self.lines(try reading(csv))
            if fromOFX.map(\.amount) == fromCSV.map(\.amount), fromOFX.map(\.date) == fromCSV.map(\.date) {
                exact += 1
            } else {
                wrong.append("\(name): \(fromOFX) \(fromCSV)")
            }
        }
        #expect(pairs > 10)
        print("OFX: \(exact) of \(Self.ofx.count + pairs) files exactly; not: \(wrong)")
        #expect(exact * 100 >= (Self.ofx.count + pairs) * 95)
    }
}
