import Base
import Statements
import Testing

@Suite struct `The signature of a CSV file` {
    private func signature(_ text: String, mapping: CSVMappingOverride = .init()) throws -> String? {
        var reader = StatementReader(currency: .eur, mapping: mapping)
        do {
            try reader.feed(Array(text.utf8)) { _ in }
            try reader.finish { _ in }
        } catch is Refusal {}
        return reader.signature
    }

    @Test func `is the same for every file of an export, whatever it holds`() throws {
        let march = try signature("Datum;Verwendungszweck;Betrag\n31.03.2026;Miete;-900,00\n")
        #expect(march == "csv1 ; datum|verwendungszweck|betrag")
        // Another month, a preamble, no rows at all, other letters: the same bank.
        #expect(
            try signature("Konto;DE12\n\nDatum;Verwendungszweck;Betrag\n01.04.2026;Brot;-3,20\n01.04.2026;x;1,00\n")
                == march)
        #expect(try signature("Datum;Verwendungszweck;Betrag\n") == march)
        #expect(try signature("DATUM;Verwendungszweck;Betrag\n31.03.2026;\"a;b\";-900,00\n") == march)
        // Others are not.
        #expect(try signature("Datum,Verwendungszweck,Betrag\n31.03.2026,Miete,-900.00\n") != march)
        #expect(try signature("Datum;Verwendungszweck;Betrag;Saldo\n31.03.2026;Miete;-900,00;1,00\n") != march)
    }

    @Test func `is made of the kinds of columns where these have no names`() throws {
        let text = "2026-03-31;Shop;-12,50\n2026-04-01;Other shop;-1,00\n"
        #expect(try signature(text) == "csv1 ; #dtn")
        #expect(try signature("2025-01-31;Another;99,00\n") == "csv1 ; #dtn")
    }

    @Test func `does not change with what is corrected, and is there where nothing is understood`() throws {
        var override = CSVMappingOverride()
        override.delimiter = UInt8(ascii: ";")
        override.set(.date, to: 2)
        let text = "aaa;bbb;ccc\n2026-03-31;Shop;-12,50\n"
        #expect(try signature(text, mapping: override) == signature(text))
        #expect(try signature("hello;world;x\nthis;is;12,50\n") == "csv1 ; hello|world|x")
    }

    @Test func `stays short for a table of many columns`() throws {
        let names = (0..<200).map { "column number \($0)" }
        let first = try #require(try signature(names.joined(separator: ",") + "\n"))
        #expect(first.utf8.count < 200)
        #expect(try signature((names.dropLast() + ["other"]).joined(separator: ",") + "\n") != first)
    }
}

@Suite struct `A saved profile` {
    private let text = "wann;was;wie\n310326;Shop;12.50\n010426;Other;-1.00\n"

    private func profile() throws -> StatementProfile {
        var mapping = CSVMappingOverride()
        mapping.dateFormat = StatementDateFormat("ddMMyy")
        mapping.set(.date, to: 0)
        mapping.set(.memo, to: 1)
        mapping.set(.amount, to: 2)
        mapping.negate = true
        mapping.currency = Currency("SEK")
        return StatementProfile(name: "My bank", signature: "csv1 ; wann|was|wie", mapping: mapping)
    }

    private func read(_ text: String, _ override: CSVMappingOverride = .init()) throws -> (StatementReader, [String]) {
        var reader = StatementReader(currency: .eur, mapping: override, profiles: [try profile()])
        var lines: [String] = []
        let emit: (StatementEvent) -> Void = { event in
            guard case .transaction(let transaction) = event else { return }
            lines.append("\(transaction.date) \(transaction.amount)")
        }
        try reader.feed(Array(text.utf8), emit: emit)
        try reader.finish(emit: emit)
        return (reader, lines)
    }

    @Test func `is used for the files that it was made for, and for no others`() throws {
        let (reader, lines) = try read(text)
        #expect(reader.profile == "My bank")
        #expect(lines == ["2026-03-31 -12.50 SEK", "2026-04-01 1.00 SEK"])
        let (other, unchanged) = try read("Date;Memo;Amount\n2026-03-31;Shop;-2,00\n")
        #expect(other.profile == nil)
        #expect(unchanged == ["2026-03-31 -2.00 EUR"])
    }

    @Test func `gives way to what is told now`() throws {
        var override = CSVMappingOverride()
        override.negate = false
        let (reader, lines) = try read(text, override)
        #expect(reader.profile == "My bank")
        #expect(lines == ["2026-03-31 12.50 SEK", "2026-04-01 -1.00 SEK"])
    }
}

@Suite struct `Corrections` {
    @Test(arguments: [
        ("dd.MM.yyyy", "31.03.2026"), ("d/M/yy", "31/3/26"), ("MM/dd/yyyy", "03/31/2026"), ("yyyyMMdd", "20260331"),
        ("ddMMyy", "310326"), ("%d.%m.%Y", "31.03.2026"), ("%-d/%-m/%y", "31/3/26"), ("d MMM yyyy", "31 Mar 2026"),
        ("dd-MMM-yy", "31-Mär-26"), ("yyyy-MM-dd HH:mm", "2026-03-31 12:00"), ("yyyy年M月d日", "2026年3月31日"),
        ("dd/yyyy/MM", "31/2026/03"), ("spreadsheet", "46112"), ("unix", "1774915200"),
    ]) func `may give a format of dates`(format: String, written: String) throws {
        var override = CSVMappingOverride()
        override.dateFormat = StatementDateFormat(format)
        override.set(.date, to: 0)
        override.set(.amount, to: 1)
        override.delimiter = UInt8(ascii: ";")
        let read = try reading("when;much\n\(written);-1.00\n", mapping: override)
        #expect(read.dates == ["2026-03-31"])
    }

    @Test(arguments: ["", "dd.MM", "yyyy", "dd.dd.MM.yyyy", "%Q", "hello"])
    func `refuse a format without day, month and year`(format: String) { #expect(StatementDateFormat(format) == nil) }

    @Test func `may give the words of the sign, a currency and the account's column`() throws {
        var override = CSVMappingOverride()
        override.set(.indicator, to: 1)
        override.set(.account, to: 4)
        override.outgoingWords = ["Raus"]
        override.incomingWords = ["Rein"]
        override.currency = .usd
        let read = try reading(
            """
            Datum;Richtung;Betrag;Text;Topf
            31.03.2026;RAUS;1,00;a;1
            31.03.2026;rein;2,00;b;2
            31.03.2026;raus;3,00;c;1
            31.03.2026;seitwärts;4,00;d;1

            """, mapping: override)
        #expect(read.minorUnits == [-100, 200, -300])
        #expect(read.transactions.allSatisfy { $0.amount.currency == .usd })
        #expect(read.accounts.map(\.id) == ["1", "2", "1"])
        #expect(read.accounts.map(\.isResumed) == [false, false, true])
        #expect(read.rejected.map(\.line) == [5])
    }
}
