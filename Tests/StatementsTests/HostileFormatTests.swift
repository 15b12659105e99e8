import Base
import Statements
import TestSupport
import Testing

@Suite struct `A hostile CAMT, MT940 or QIF file` {
    @Test func `is refused for a document type, before it can declare anything`() throws {
        var laughs = "<?xml version=\"1.0\"?>\n<!DOCTYPE Document [\n<!ENTITY a \"ha\">\n"
        for (name, before) in zip("bcdefghij", "abcdefghi") {
            laughs += "<!ENTITY \(name) \"" + String(repeating: "&\(before);", count: 10) + "\">\n"
        }
        let entry = CAMTFile.entry("1", "DBIT", "<AddtlNtryInf>&j;</AddtlNtryInf>")
        let attacks = [
            CAMTFile.file(CAMTFile.statement(entry), head: laughs + "]>\n"),
            CAMTFile.file(
                CAMTFile.statement(entry), head: "<!DOCTYPE Document SYSTEM \"file:///etc/passwd\">\n"),
            CAMTFile.file(
                CAMTFile.statement(entry),
                head: "<!DOCTYPE d [<!ENTITY j SYSTEM \"file:///etc/passwd\">]>\n"),
        ]
        for attack in attacks {
            let read = try reading(attack)
            #expect(read.refusal?.code == "STATEMENT_BROKEN")
            #expect(read.refusal?.message.contains("document type") == true)
            #expect(read.transactions.isEmpty)
        }
        // An entity that nothing declares.
        #expect(try reading(CAMTFile.file(CAMTFile.statement(entry))).refusal?.code == "STATEMENT_BROKEN")
    }

    @Test func `is refused where it is nested too deep, or has too many names or too long tags`() throws {
        let head = CAMTFile.file("").dropLast(32)
        let attacks = [
            head + String(repeating: "<a>", count: 100_000),
            head + (0..<5000).map { "<n\($0)/>" }.joined(),
            head + (0..<5000).map { "<n a\($0)=\"\"/>" }.joined(),
            head + "<" + String(repeating: "a", count: 2_000_000),
            head + "<a b=\"" + String(repeating: "c", count: 2_000_000),
            head + "<!--" + String(repeating: "-x", count: 2_000_000),
            head + "<?pi " + String(repeating: "x", count: 2_000_000),
        ]
        for attack in attacks {
            #expect(
                try reading(String(attack)).refusal?.code == "STATEMENT_BROKEN",
                "\(attack.dropFirst(head.count).prefix(20))")
        }
    }

    @Test func `has its long texts cut and the rest read`() throws {
        let long = String(repeating: "ä", count: 200_000)
        let entry = CAMTFile.entry("1", "DBIT", "<AddtlNtryInf>\(long)</AddtlNtryInf>") + CAMTFile.entry("2")
        let camt = try reading(CAMTFile.file(CAMTFile.statement(entry)))
        #expect(camt.minorUnits == [-100, -200])
        #expect(camt.transactions.first?.memo == String(repeating: "ä", count: 2048))
        let mt940 = try reading(
            `An MT940 statement`.message(":61:2601150115D1,00NMSCX\n:86:\(long)\n:61:2601150115D2,00NMSCX"))
        #expect(mt940.minorUnits == [-100, -200])
        #expect((mt940.transactions.first?.memo?.utf8.count ?? 0) <= 4096)
        let qif = try reading("!Type:Bank\nD1/31/2026\nT-1\nM\(long)\n^\nD1/31/2026\nT-2\n^\n")
        #expect(qif.minorUnits == [-100, -200])
        #expect((qif.transactions.first?.memo?.utf8.count ?? 0) <= 4096)
        // Without any line break at all.
        for start in [":20:1\n:25:1\n:60F:C260101EUR1,00\n:61:", "!Type:Bank\nD1/31/2026\nM"] {
            #expect(
                try reading(Array(start.utf8) + [UInt8](repeating: 0x61, count: 5_000_000)).refusal
                    == .statementTruncated)
        }
    }

    @Test func `keeps a batch beyond any measure one transaction`() throws {
        let payments = (0..<10_050).map { _ in "<TxDtls><Amt Ccy=\"EUR\">1.00</Amt></TxDtls>" }.joined()
        let read = try reading(
            CAMTFile.file(CAMTFile.statement(CAMTFile.entry("10050.00", "DBIT", "<NtryDtls>\(payments)</NtryDtls>"))))
        #expect(read.minorUnits == [-1_005_000])
    }

    @Test func `is refused wherever XML is cut`() throws {
        let entry = CAMTFile.entry(
            "1", "DBIT", CAMTFile.details("<RmtInf><Ustrd>Grüße &amp; <![CDATA[x]]></Ustrd></RmtInf>"))
        let bytes = Array(CAMTFile.file(CAMTFile.statement(entry)).utf8)
        for length in 1..<(bytes.count - 1) {
            let refusal = try reading(Array(bytes[..<length])).refusal
            #expect(refusal != nil, "\(length)")
            // As soon as it can be known as CAMT, it is known as cut.
            if length > 150 { #expect(refusal == .statementTruncated, "\(length)") }
        }
        #expect(try reading(Array(bytes.dropLast())).minorUnits == [-100])
        let broken = CAMTFile.file(CAMTFile.statement("<Ntry>\n</Amt>"))
        let refusal = try reading(broken).refusal
        #expect(refusal?.message.contains("line 4") == true, "\(refusal?.message ?? "")")
    }

    private static func files() throws -> [(String, [UInt8])] {
        try (Files.fixtures(in: "camt") + Files.fixtures(in: "mt940") + Files.fixtures(in: "qif"))
            .filter { !$0.hasSuffix(".yml") && !$0.hasSuffix(".json") }
            .map { ($0, try Files.fixture($0)) }
    }

    @Test func `reads the same in pieces of any size`() throws {
        for (name, bytes) in try Self.files() {
            let whole = try reading(bytes)
            for size in [1, 2, 3, 7, 64, 1000] {
                #expect(try reading(bytes, pieces: size) == whole, "\(name) in pieces of \(size)")
            }
        }
        let entries = (0..<800).map { index in
            CAMTFile.entry("\(index + 1).00", "DBIT", "<AddtlNtryInf>Käse \(index) &amp; €</AddtlNtryInf>\r\n")
        }
        let camt = Array(CAMTFile.file(CAMTFile.statement(entries.joined())).utf8)
        let lines = (0..<1500).map {
            ":61:2601150115D\($0 + 1),00NMSCREF\($0)//B\($0)\r\n:86:166?20Käse \($0)?32Shop\r\n"
        }
        let mt940 = Array(`An MT940 statement`.message(lines.joined()).utf8)
        let records = (0..<3000).map { "D1/\($0 % 28 + 1)/2026\r\nT-\($0 + 1).00\r\nPKäse \($0)\r\n^\r\n" }
        let qif = Array(("!Type:Bank\r\n" + records.joined()).utf8)
        for (bytes, count) in [(camt, 800), (mt940, 1500), (qif, 3000)] {
            let whole = try reading(bytes)
            #expect(whole.refusal == nil)
            #expect(whole.transactions.count == count)
            for size in [97, 4097, 65_536, 131_072] { #expect(try reading(bytes, pieces: size) == whole) }
        }
    }

    @Test func `ends without a crash wherever it is cut`() throws {
        for (name, bytes) in try Self.files() where bytes.count < 1300 {
            for length in stride(from: 1, to: bytes.count, by: bytes.count < 500 ? 1 : 3) {
                let read = try reading(Array(bytes[..<length]))
                #expect(read.transactions.allSatisfy { !$0.amount.isZero }, "\(name)")
            }
        }
    }

    @Test func `ends without a crash, whatever was changed`() throws {
        var random = SeededGenerator(seed: 53_940)
        let interesting: [UInt8] = Array("<>/&:-{}?+!^\n\r,.'\"0DCR".utf8) + [0, 0x80, 0xFF, 0xC3, 0xE2]
        for (_, original) in try Self.files() where original.count < 20_000 {
            for _ in 0..<25 {
                var bytes = original
                for _ in 0..<Int.random(in: 1...8, using: &random) where !bytes.isEmpty {
                    let position = Int.random(in: 0..<bytes.count, using: &random)
                    switch Int.random(in: 0...4, using: &random) {
                    case 0: bytes[position] ^= 1 << UInt8.random(in: 0...7, using: &random)
                    case 1: bytes[position] = interesting.randomElement(using: &random) ?? 0
                    case 2: bytes.insert(interesting.randomElement(using: &random) ?? 0, at: position)
                    case 3: bytes.removeSubrange(position...)
                    default:
                        let end = Int.random(in: position..<bytes.count, using: &random)
                        bytes.removeSubrange(position...end)
                    }
                }
                let read = try reading(bytes, pieces: Int.random(in: 1...5000, using: &random))
                for transaction in read.transactions {
                    #expect(!transaction.amount.isZero)
                    #expect(
                        ![transaction.payee, transaction.memo, transaction.reference].contains {
                            $0?.utf8.contains(0) == true
                        })
                }
                #expect(read.rejected.allSatisfy { $0.text.count <= 500 && !$0.reason.isEmpty })
            }
        }
    }

    @Test func `ends without a crash on noise`() throws {
        var random = SeededGenerator(seed: 942)
        let alphabet = Array("0123456789.,;-/ \n\r:61:86:62F:CDRN?20?32^DTPM!<Ntry></Amt>&#€{4:".utf8)
        for _ in 0..<300 {
            let bytes = (0..<Int.random(in: 1...600, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? 0x20
            }
            _ = try reading(Array(":20:1\n:60F:C260101EUR1,00\n:61:".utf8) + bytes)
            _ = try reading(Array("!Type:Bank\nD".utf8) + bytes)
            _ = try reading(Array("<BkToCstmrStmt><Stmt><Ntry>".utf8) + bytes)
        }
    }
}
