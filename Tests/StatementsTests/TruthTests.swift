import Base
import Foundation
import Statements
import TestSupport
import Testing

/// Files of other projects together with what those projects read from them. Each file counts whole: every amount,
/// date, reference, name and purpose that the other program tells has to be told here as well.
@Suite struct `Files with known results` {
    /// Why a file is not read as the other program reads it; nil where it is.
    static func difference(_ read: Reading, _ truth: Truth) -> String? {
        let booked = truth.entries.filter(\.isBooked)
        let waiting = truth.entries.count - booked.count
        if let refusal = read.refusal {
            return truth.entries.isEmpty && refusal == .statementEmpty ? nil : "refused: \(refusal)"
        }
        guard read.transactions.count == booked.count else {
            return "\(read.transactions.count) transactions instead of \(booked.count)"
        }
        guard read.rejected.count == waiting else {
            return "\(read.rejected.count) rejected instead of \(waiting): \(read.rejected.first?.reason ?? "")"
        }
        for (transaction, entry) in zip(read.transactions, booked) {
            let line = "line \(transaction.line): "
            guard sameAmount(transaction.amount.decimalText, entry.amount) else {
                return line + "\(transaction.amount.decimalText) instead of \(entry.amount)"
            }
            if let currency = entry.currency, currency != "null", currency != transaction.amount.currency.code {
                return line + "\(transaction.amount.currency) instead of \(currency)"
            }
            if let date = entry.date, date != transaction.date.description {
                return line + "\(transaction.date) instead of \(date)"
            }
            if let date = entry.valueDate, date != transaction.valueDate?.description {
                return line + "value date \(transaction.valueDate?.description ?? "-") instead of \(date)"
            }
            if let reference = entry.bankReference, reference != transaction.externalID {
                return line + "id \(transaction.externalID ?? "-") instead of \(reference)"
            }
            if let payee = entry.payee, withoutBlanks(payee) != withoutBlanks(transaction.payee ?? "") {
                return line + "payee \(transaction.payee ?? "-") instead of \(payee)"
            }
            // Of a purpose in parts the beginning has to be told; of free text everything told has to come from it.
            let memo = withoutBlanks(transaction.memo ?? "")
            if let purpose = entry.purpose.map({ withoutBlanks($0) }), !memo.contains(purpose.prefix(20)) {
                return line + "“\(purpose.prefix(20))” of the purpose is nowhere"
            }
            if let details = entry.details.map({ withoutBlanks($0) }), !details.contains(memo),
                MT940Truth.isFreeText(details)
            {
                return line + "“\(memo)” is not what the details say"
            }
        }
        if let opening = truth.opening, !sameAmount(read.balances.first?.opening?.decimalText ?? "", opening) {
            return "opening \(read.balances.first?.opening?.decimalText ?? "-") instead of \(opening)"
        }
        if let closing = truth.closing, !sameAmount(read.balances.last?.closing?.decimalText ?? "", closing) {
            return "closing \(read.balances.last?.closing?.decimalText ?? "-") instead of \(closing)"
        }
        if let account = truth.account, account != read.accounts.first?.id {
            return "account \(read.accounts.first?.id ?? "-") instead of \(account)"
        }
        return nil
    }

    private func report(_ kind: String, _ differences: [(name: String, difference: String?)]) {
        let exact = differences.count { $0.difference == nil }
        print("\(kind): \(exact) of \(differences.count) files exactly as the other program reads them")
        for (name, difference) in differences {
            if let difference { print("  \(name): \(difference)") }
        }
        #expect(!differences.isEmpty)
        #expect(exact * 100 >= differences.count * 95, "\(kind): \(exact) of \(differences.count)")
    }

    @Test func `are read exactly: MT940 of WoLpH`() throws {
        var differences: [(String, String?)] = []
        for name in try Files.fixtures(in: "mt940") where name.hasSuffix(".sta") {
            let truth = MT940Truth.read(try Files.fixture(name.dropLast(4) + ".yml"))
            differences.append((name, Self.difference(try reading(Files.fixture(name)), truth)))
        }
        #expect(differences.count == 25)
        report("MT940", differences)
    }

    @Test func `are read exactly: CAMT of genkgo`() throws {
        var differences: [(String, String?)] = []
        for name in try Files.fixtures(in: "camt") where name.hasSuffix(".json") {
            let truth = try CAMTTruth.read(Files.fixture(name.dropLast(5) + ".json"))
            differences.append((name, Self.difference(try reading(Files.fixture(name.dropLast(5) + ".xml")), truth)))
        }
        #expect(differences.count == 8)
        report("CAMT", differences)
    }

    /// Another program wrote these QIF and OFX files from the same CSV.
    @Test func `are read exactly: QIF of csv2ofx`() throws {
        let pairs = [
            ("qif/csv2ofx__data__converted__stripe-all.qif", "qif/csv2ofx__data__converted__stripe-all.ofx"),
            ("qif/csv2ofx__data__converted__stripe-default.qif", "csv2ofx__data__converted__stripe-default.ofx"),
            ("qif/csv2ofx__data__converted__ubs-ch-fr.qif", "csv2ofx__data__test__ubs-ch-fr_trimmed.csv"),
        ]
        for (qif, other) in pairs {
            let fromQIF = try reading(Files.fixture(qif))
            let fromOther = try reading(Files.fixture(other))
            #expect(fromQIF.refusal == nil && fromQIF.rejected.isEmpty)
            #expect(!fromQIF.transactions.isEmpty)
            #expect(fromQIF.minorUnits.sorted() == fromOther.minorUnits.sorted(), "\(qif)")
            #expect(fromQIF.dates.count == fromOther.dates.count)
            if other.hasSuffix(".ofx") { #expect(fromQIF.dates == fromOther.dates, "\(qif)") }
        }
        let xero = try reading(Files.fixture("qif/csv2ofx__data__converted__xero.qif"))
        #expect(xero.accounts.map(\.id) == ["Income", "Cash", "Checking", "Cash"])
        #expect(xero.minorUnits == [14_900_000, -11_300_000, -20_900_000, -3_000_000, -3_000_000])
        #expect(xero.dates == ["2015-01-23", "2015-01-25", "2015-02-14", "2015-01-24", "2015-01-25"])
        #expect(xero.transactions.first?.memo == "Bicycle Office; Charger Office")
        let investments = try reading(Files.fixture("qif/csv2ofx__data__example__investment_example.qif"))
        #expect(investments.transactions.isEmpty)
        #expect(investments.rejected.map(\.line) == [6, 15])
        let categories = try reading(Files.fixture("actual__data-with-categories.qif"))
        #expect(categories.minorUnits == [-10_058, -2015, -4060])
        #expect(categories.dates == ["2018-12-19", "2018-12-19", "2018-12-19"])
        #expect(categories.transactions.map(\.payee) == ["Outlet", "GroceriesYou", "RestaurantExample"])
    }

    /// Where a statement tells both balances, the transactions between them have to add up.
    @Test func `fit their own balances`() throws {
        var files = try Files.fixtures(in: "camt").filter { $0.hasSuffix(".xml") }.map { ($0, try Files.fixture($0)) }
        files += try Files.fixtures(in: "mt940").filter { !$0.hasSuffix(".yml") }.map { ($0, try Files.fixture($0)) }
        if let samples = Files.samples() {
            for path in Files.contents(of: samples + "/camt") where !path.contains("camt__test") {
                if let bytes = Files.bytes(path) { files.append((path, bytes)) }
            }
        }
        // Edited by hand before they were published, or no sums at all.
        let edited = [
            "abnamro", "ing.sta", "rabobank", "sns", "triodos", "mBank", "60-63", "mt940.sta", "raphaelm", "broken",
            "raiffeisen",
            "binary", "all-balance", "v3", "v8", "gcamp6", "v4", "v6",
        ]
        var fitting = 0
        for (name, bytes) in files where !edited.contains(where: { name.contains($0) }) {
            let read = try reading(bytes)
            guard let opening = read.balances.first?.opening, let closing = read.balances.last?.closing,
                read.balances.count == 1
            else { continue }
            #expect(opening.minorUnits + read.sum == closing.minorUnits, "\(name)")
            fitting += 1
        }
        #expect(fitting >= 2)
    }

    /// The results that bank-statement-import (AGPL) keeps beside its samples; read where they are, never copied.
    @Test func `are read exactly: CAMT of bank-statement-import`() throws {
        guard let samples = Files.samples() else {
            print("skipped: ../shared/samples is not here")
            return
        }
        let prefix = samples + "/camt/bank-statement-import__account_statement_import_camt__test_files__"
        for kind in ["camt053", "camt054"] {
            let golden = try #require(Files.bytes(prefix + "golden-\(kind).pydata"))
            let read = try reading(#require(Files.bytes(prefix + "test-\(kind)")))
            let text = String(decoding: golden, as: UTF8.self)
            func values(_ name: String) -> [String] {
                text.components(separatedBy: "'\(name)': ").dropFirst().map { rest in
                    rest.trimmingCharacters(in: CharacterSet(charactersIn: "'")).prefix { !",'}\n".contains($0) }
                        .description
                }
            }
            #expect(read.transactions.count == values("amount").count)
            for (transaction, amount) in zip(read.transactions, values("amount")) {
                #expect(sameAmount(transaction.amount.decimalText, amount))
            }
            #expect(read.dates == values("date").suffix(read.dates.count))
            #expect(read.transactions.map(\.payee) == values("partner_name"))
            #expect(read.transactions.map(\.reference) == values("ref"))
            #expect(read.accounts.map(\.id) == ["NL77ABNA0574908765"])
        }
    }
}
