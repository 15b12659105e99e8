import Base
import Statements
import TestSupport
import Testing

@testable import Transactions

@Suite(.tags(.rules)) struct `A line of a statement` {
    private func transaction(
        _ amount: Int64 = -1250, on date: CalendarDate = day("2026-03-31"), payee: String? = "Rewe",
        memo: String? = "Bread",
        reference: String? = nil, externalID: String? = nil, code: String = "EUR", line: Int = 2
    ) -> StatementTransaction {
        StatementTransaction(
            date: date, amount: Money(minorUnits: amount, currency: currency(code)), payee: payee, memo: memo,
            reference: reference, externalID: externalID, line: line)
    }

    private func line(_ transaction: StatementTransaction, account: String? = "DE1") throws -> ImportLine {
        try ImportLine(transaction, account: account, bookCurrency: currency("EUR"))
    }

    @Test func `becomes an expense below zero and an income above`() throws {
        let expense = try line(transaction(-1250))
        #expect(expense.kind == .expense && expense.amount.minorUnits == 1250)
        let income = try line(transaction(1250))
        #expect(income.kind == .income && income.amount.minorUnits == 1250)
    }

    @Test func `is refused in another currency, at zero, beyond the largest amount and out of the years`() {
        for wrong in [
            transaction(code: "USD"), transaction(0), transaction(.min), transaction(.max),
            transaction(1_000_000_000_000),
            transaction(on: day("1899-12-31")), transaction(on: day("2200-01-01")),
        ] {
            #expect(throws: ImportProblem.self) { try line(wrong) }
        }
        #expect(throws: Never.self) { try line(transaction(-999_999_999_999)) }
    }

    @Test func `has the same fingerprint wherever it stands in a file`() throws {
        #expect(try line(transaction(line: 2)).fingerprint == line(transaction(line: 900)).fingerprint)
    }

    @Test func `has another fingerprint when anything that tells it apart differs`() throws {
        var prints: [Identifier<ImportLine.FingerprintTag>] = []
        for (other, account) in [
            (transaction(), "DE1"), (transaction(), "DE2"), (transaction(), nil), (transaction(-1251), "DE1"),
            (transaction(1250), "DE1"), (transaction(on: day("2026-04-01")), "DE1"),
            (transaction(payee: "Lidl"), "DE1"),
            (transaction(payee: nil), "DE1"), (transaction(memo: "Milk"), "DE1"), (transaction(memo: nil), "DE1"),
            (transaction(reference: "R"), "DE1"), (transaction(externalID: "1"), "DE1"),
            (transaction(externalID: "2"), "DE1"),
            // The border between two texts is part of it.
            (transaction(payee: "Re", memo: "weBread"), "DE1"),
        ] as [(StatementTransaction, String?)] {
            prints.append(try line(other, account: account).fingerprint)
        }
        #expect(Set(prints).count == prints.count)
    }

    @Test func `is known by the bank's own id, however the bank words it`() throws {
        let first = try line(transaction(payee: "REWE SAGT DANKE", externalID: "77"))
        #expect(
            try line(transaction(payee: "Rewe Markt", memo: nil, externalID: "77")).fingerprint == first.fingerprint)
        // Some banks use an id twice: the day and the amount still tell.
        #expect(try line(transaction(-1, externalID: "77")).fingerprint != first.fingerprint)
    }

    @Test func `shows the memo where there is no payee`() throws {
        let both = try line(transaction())
        #expect(both.merchant == "Rewe" && both.description == "Bread")
        let memo = try line(transaction(payee: "  ", memo: "Bread"))
        #expect(memo.merchant == "Bread" && memo.description == nil)
        let nothing = try line(transaction(payee: nil, memo: nil))
        #expect(nothing.merchant == nil && nothing.description == nil)
    }

    @Test(arguments: [
        ("  Rewe \t Markt\r\n", "Rewe Markt"), ("a\u{0}b", "a b"), ("\u{85}x\u{9F}", "x"), ("a\u{A0}\u{2003}b", "a b"),
        ("plain", "plain"),
    ]) func `is cleaned of control characters and of runs of blanks`(text: String, clean: String) {
        #expect(ImportLine.clean(text, max: 255) == clean)
    }

    @Test func `is cut to code points, as the database counts`() {
        let text = "a" + String(repeating: "\u{301}", count: 300)
        #expect(ImportLine.clean(text, max: 255)?.unicodeScalars.count == 255)
    }

    @Test(arguments: [nil, "", "   ", "\u{0}\u{7}"] as [String?]) func `has no text where nothing is left`(
        text: String?
    ) {
        #expect(ImportLine.clean(text, max: 255) == nil)
    }

    @Test func `is cut to length, and stays whole characters`() throws {
        #expect(ImportLine.clean(String(repeating: "é", count: 300), max: 255)?.count == 255)
        #expect(ImportLine.clean(String(repeating: "x", count: 255), max: 255)?.count == 255)
        let family = "👨‍👩‍👧"
        let cut = try #require(ImportLine.clean(String(repeating: family, count: 300), max: 255))
        #expect(cut == String(repeating: family, count: 51) && family.unicodeScalars.count == 5)
    }

    @Test func `cleans whatever it is given to something clean`() {
        var random = SeededGenerator(seed: 7)
        let alphabet: [Character] = [
            "a", "é", " ", "\t", "\n", "\u{0}", "\u{1F}", "\u{7F}", "\u{A0}", "\u{2028}", "👩‍👧", "x",
        ]
        for _ in 0..<500 {
            let text = String(
                (0..<Int.random(in: 0...40, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "a" })
            guard let clean = ImportLine.clean(text, max: 20) else {
                #expect(
                    text.unicodeScalars.allSatisfy { $0.properties.isWhitespace || $0.value < 0x20 || $0.value == 0x7F }
                )
                continue
            }
            #expect(ImportLine.clean(clean, max: 20)?.trimmingLastBlank == clean.trimmingLastBlank)
            #expect(!clean.contains("  ") && clean.first != " " && clean.count <= 20)
            #expect(clean.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) })
        }
    }
}

extension String {
    fileprivate var trimmingLastBlank: Substring { last == " " ? dropLast() : self[...] }
}

@Suite(.tags(.rules)) struct `A merchant's words` {
    @Test(
        arguments: [
            ("REWE Markt GmbH", nil, "food"), ("Lidl, Berlin", nil, "food"), ("UBER *TRIP", nil, "transportation"),
            (nil, "Netflix.com", "subscriptions"),
        ] as [(String?, String?, String)])
    func `tell the category of an expense`(merchant: String?, description: String?, slug: String) {
        #expect(MerchantWords.slug(for: merchant, description, kind: .expense) == slug)
    }

    @Test func `tell that of an income apart from that of an expense`() {
        #expect(MerchantWords.slug(for: "Gehalt Salary", nil, kind: .income) == "salary")
        #expect(MerchantWords.slug(for: "Rewe", nil, kind: .income) == nil)
    }

    @Test func `count only as whole words`() {
        #expect(MerchantWords.slug(for: "Lidlington Hall", nil, kind: .expense) == nil)
        #expect(MerchantWords.slug(for: "", "", kind: .expense) == nil)
        #expect(MerchantWords.slug(for: nil, nil, kind: .expense) == nil)
    }

    @Test func `go before those of the description`() {
        #expect(MerchantWords.slug(for: "Shell", "coffee", kind: .expense) == "transportation")
    }
}
