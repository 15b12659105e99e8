import Base
import Statements
import TestSupport
import Testing

@Suite struct `Odd and hostile CSV` {
    @Test func `without columns that are known says which it has`() throws {
        let refusal = try #require(try reading("hello;world;x\nthis;is;12,50\n").refusal)
        #expect(refusal.code == "COLUMNS_NOT_FOUND")
        #expect(refusal.message.contains("“hello”, “world”, “x”"))
        // With what is missing it can be read.
        var override = CSVMappingOverride()
        override.set(.date, to: 0)
        override.set(.amount, to: 2)
        override.delimiter = UInt8(ascii: ";")
        let read = try reading("hello;world;x\nthis;is;12,50\n", mapping: override)
        #expect(read.transactions.isEmpty)
        #expect(read.rejected.map(\.reason) == ["“this” is not a date."])
    }

    @Test(arguments: [
        ("whole lines in quotes", "\"Date,Memo,Amount\"\n\"2026-03-31,\"\"a, b\"\",-1.50\"\n"),
        ("rows in quotes", "Date,Memo,Amount\n\"2026-03-31,\"\"a, b\"\",-1.50\"\n\"2026-03-31,\"\"a, b\"\",-1.50\"\n"),
        ("repeated header", "Date,Memo,Amount\n2026-03-31,\"a, b\",-1.50\nDate,Memo,Amount\n"),
        ("spreadsheet texts", "Date,Memo,Amount\n=\"2026-03-31\",\"a, b\",=\"-1.50\"\n"),
        ("mixed line ends", "Date,Memo,Amount\r2026-03-31,\"a, b\",-1.50\r\n\n\r"),
        ("empty columns", ",,,,\n,Date,Memo,,Amount\n,2026-03-31,\"a, b\",,-1.50\n,,,,\n"),
        ("sep", "sep=,\r\nDate,Memo,Amount\r\n2026-03-31,\"a, b\",-1.50\r\n"),
        ("spaces", "Date , Memo , Amount\n2026-03-31 , \"a, b\" , -1.50 \n"),
    ]) func `is read all the same`(name: String, text: String) throws {
        let read = try reading(text)
        #expect(read.refusal == nil)
        #expect(read.transactions.first?.memo == "a, b")
        #expect(Set(read.minorUnits) == [-150])
        #expect(read.rejected.isEmpty)
    }

    /// Each is a small table of a date, a text, money out, money in and a balance.
    @Test(arguments: [
        (
            "shift-jis", "コンビニ表示",
            "93fa95742c934597762c8f6f8be02c93fc8be02c8e638d820a323032362f30332f33312c835283938372836a955c8ea62c313230302c2c383830300a323032362f30342f30312c8b8b97bf835c2c2c353030302c31333830300a"
        ),
        (
            "gb18030", "便利店",
            "bdbbd2d7c8d5c6da2cd5aad2aa2cd6a7b3f62ccad5c8eb2cd3e0b6ee0a323032362d30332d33312cb1e3c0fbb5ea2c313230302c2c383830300a323032362d30342d30312cb9a4d7ca2c2c353030302c31333830300a"
        ),
        (
            "euc-kr", "편의점",
            "b0c5b7a1c0cfc0da2cc0fbbfe42cc3e2b1ddbed72cc0d4b1ddbed72cc0dcbed70a323032362d30332d33312cc6edc0c7c1a12c313230302c2c383830300a323032362d30342d30312cb1debfa92c2c353030302c31333830300a"
        ),
    ]) func `is read in the encodings of the Far East`(name: String, memo: String, hexadecimal: String) throws {
        let digits = Array(hexadecimal)
        let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(digits[$0...($0 + 1)]), radix: 16)
        }
        let read = try reading(bytes)
        #expect(read.mapping?.encoding.rawValue == name)
        #expect(read.minorUnits == [-120_000, 500_000])
        #expect(read.transactions.first?.memo == memo)
        #expect(try reading(bytes, pieces: 1).transactions == read.transactions)
    }

    @Test(arguments: [
        TextEncoding.windows1252, .windows1250, .windows1251, .windows1253, .windows1254, .windows1255, .windows1257,
        .ibm850, .ibm852, .ibm866, .koi8r, .iso8859Part2, .macRoman,
    ])
    func `is read in the encoding whose letters make words`(encoding: TextEncoding) throws {
        let texts: [TextEncoding: String] = [
            .windows1252: "Bäckerei Müller, Straße, Überweisung",
            .windows1250: "Żabka, Łódź, przelew środków, ćwiczenia",
            .windows1251: "Магазин Пятёрочка, оплата", .windows1253: "Σκλαβενίτης, αγορά",
            .windows1254: "Alışveriş, Şişli, ığdır",
            .windows1255: "קניות בסופר", .windows1257: "Mokėjimas už šildymą, žemė, ąžuolas",
            .ibm850: "Bäckerei Müller, Überweisung für Äpfel",
            .ibm852: "Příjem, účet, žádost, řeka", .ibm866: "Магазин Пятёрочка, оплата",
            .koi8r: "Магазин Пятёрочка, оплата",
            .iso8859Part2: "Płatność, ścieżka, źródło, żółw", .macRoman: "Café crème à la maison, déjà payé",
        ]
        let words = try #require(texts[encoding])
        var bytes = Array("Date;Memo;Amount\n2026-03-31;".utf8)
        bytes += try #require(try encoded(words, encoding)) + Array(";-1,00\n".utf8)
        let read = try reading(bytes)
        #expect(read.transactions.first?.memo == words, "\(String(describing: read.mapping?.encoding))")
    }

    /// By trying every byte, since there is no other way to ask a table.
    private func encoded(_ text: String, _ encoding: TextEncoding) throws -> [UInt8]? {
        var bytes: [String: UInt8] = [:]
        for byte in UInt8(0x80)...0xFF {
            var override = CSVMappingOverride()
            override.encoding = encoding
            let line = Array("Date;Memo;Amount\n2026-03-31;".utf8) + [byte] + Array(";-1,00\n".utf8)
            if let memo = try reading(line, mapping: override).transactions.first?.memo { bytes[memo] = byte }
        }
        return text.map(String.init).reduce(into: [UInt8]?([])) { result, letter in
            let byte = letter.utf8.count == 1 ? letter.utf8.first : bytes[letter]
            if let byte { result?.append(byte) } else { result = nil }
        }
    }

    @Test func `of several accounts, line by line, keeps them and their balances apart`() throws {
        let read = try reading(
            """
            Konto;Datum;Text;Betrag;Saldo
            A1;30.03.2026;x;-1,00;9,00
            B2;30.03.2026;y;-2,00;18,00
            A1;31.03.2026;z;-3,00;6,00
            B2;31.03.2026;z;+4,00;22,00

            """)
        #expect(read.accounts.map(\.id) == ["A1", "B2", "A1", "B2"])
        #expect(read.accounts.map(\.isResumed) == [false, false, true, true])
        #expect(read.minorUnits == [-100, -200, -300, 400])
        let ended = read.balances.suffix(2)
        #expect(ended.map(\.opening?.minorUnits) == [1000, 2000])
        #expect(ended.map(\.closing?.minorUnits) == [600, 2200])
    }

    @Test func `cut at any byte gives all of its rows, or a refusal, or a rejected line`() throws {
        let text = Array("Date,Memo,Amount\r\n2026-03-31,\"a\r\n\"\"b\"\"\",-1.50\r\n2026-04-01,ü,-2.25\r\n".utf8)
        let whole = try reading(text).transactions
        #expect(whole.count == 2)
        for end in 0..<text.count {
            let read = try reading(Array(text[..<end]))
            // An amount may lose its last digits where the file ends in it; a row may not change otherwise.
            for (cut, complete) in zip(read.transactions, whole) {
                #expect(cut.date == complete.date)
                #expect(cut.line == complete.line)
            }
        }
    }

    @Test func `of a million columns, or one endless field, ends soon`() throws {
        let head = "Date,Memo,Amount\n2026-03-31,good,-1.00\n"
        let columns = Array((head + String(repeating: ",", count: 1_000_000) + "\n2026-04-01,good,-2.00\n").utf8)
        let read = try reading(columns)
        #expect(read.minorUnits == [-100, -200])
        #expect(read.rejected.map(\.line) == [3])
        let quoted =
            Array((head + "2026-04-01,\"").utf8) + [UInt8](repeating: 0x61, count: 2_000_000) + Array("\",-2.00\n".utf8)
        #expect(try reading(quoted).minorUnits == [-100])
        _ = try reading([UInt8](repeating: UInt8(ascii: ","), count: 1_000_000))
        _ = try reading([UInt8](repeating: UInt8(ascii: "\""), count: 500_000))
        _ = try reading([UInt8](repeating: 0xE5, count: 200_000))
    }

    @Test func `with bits flipped says something of every line`() throws {
        var random = SeededGenerator(seed: 31)
        let rows = (0..<60).map { "2026-03-\(10 + $0 % 20);Käufer \($0);-\($0 + 1),50;\(1000 - $0),00\n" }
        let original = Array(("Datum;Text;Betrag;Saldo\n" + rows.joined()).utf8)
        for _ in 0..<150 {
            var bytes = original
            for _ in 0..<4 {
                let position = Int.random(in: 24..<bytes.count, using: &random)
                bytes[position] ^= 1 << UInt8.random(in: 0...7, using: &random)
            }
            let read = try reading(bytes)
            let lines = (read.transactions.map(\.line) + read.rejected.map(\.line)).sorted()
            #expect(Set(lines).count == lines.count)
            #expect(read.rejected.allSatisfy { $0.line > 1 && !$0.reason.isEmpty })
        }
    }
}
