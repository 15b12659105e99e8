import Base
import Statements
import TestSupport
import Testing

@Suite struct `A hostile or broken file` {
    private let head = "Date,Memo,Amount\n2026-03-31,good,-1.00\n"

    @Test func `is refused where it is of another format`() throws {
        let formats: [(String, [UInt8])] = [
            ("PDF", Array("%PDF-1.7\n".utf8)), ("ZIP", [0x50, 0x4B, 3, 4, 0, 0]),
            ("Excel workbook", [0x50, 0x4B, 3, 4] + Array("....[Content_Types].xml".utf8)),
            ("old Excel", [0xD0, 0xCF, 0x11, 0xE0, 0xA1]), ("gzip", [0x1F, 0x8B, 8]),
            ("web page", Array("<!doctype html><html>".utf8)),
            ("XML", Array("<?xml version='1.0'?><a/>".utf8)), ("JSON", Array("{\"a\":1}".utf8)),
            ("image", [0x89, 0x50, 0x4E, 0x47, 0x0D]), ("binary", [0x41, 0x00, 0x01, 0x02, 0x03, 0x04, 0x00]),
        ]
        for (name, bytes) in formats {
            let refusal = try reading(bytes).refusal
            #expect(refusal?.code == "UNSUPPORTED_FORMAT", "\(name)")
            #expect(refusal?.message.contains(name) == true, "\(name): \(refusal?.message ?? "")")
        }
        #expect(try reading("").refusal == .statementEmpty)
        #expect(try reading(" \r\n\t").refusal == .statementEmpty)
        #expect(try reading("Dear customer,\nnothing here.\n").refusal?.code == "COLUMNS_NOT_FOUND")
        #expect(try reading("name,description,amount,currency").refusal?.code == "COLUMNS_NOT_FOUND")
    }

    @Test func `has its long lines rejected and the rest read`() throws {
        let long = String(repeating: "x", count: 70_000)
        let read = try reading(head + "2026-04-01,\(long),-2.00\n2026-04-02,good,-3.00\n")
        #expect(read.minorUnits == [-100, -300])
        #expect(read.rejected.map(\.line) == [3])
        #expect((read.rejected.first?.text.count ?? 0) <= 500)
        #expect(read.transactions.last?.line == 4)
        // Without any line break at all.
        let endless = try reading(Array(head.utf8) + [UInt8](repeating: 0x61, count: 3_000_000), pieces: 10_000)
        #expect(endless.minorUnits == [-100])
        #expect(endless.rejected.count == 1)
    }

    @Test func `has lines of too many columns rejected`() throws {
        let read = try reading(head + "2026-04-01" + String(repeating: ",", count: 300) + "\n2026-04-02,good,-3.00\n")
        #expect(read.minorUnits == [-100, -300])
        #expect(read.rejected.map(\.reason) == ["There are more than 256 columns."])
    }

    @Test func `is not swallowed by a quote that never closes`() throws {
        let rows = (0..<500).map { "2026-04-01,row \($0),-1.00\n" }.joined()
        let read = try reading(head + "2026-04-01,\"12 inch pipe,-5.00\n" + rows)
        #expect(read.transactions.count == 502)
        #expect(read.transactions[1].memo == "\"12 inch pipe")
        #expect(read.rejected.isEmpty)
    }

    @Test func `is reported as cut where it ends inside of a row`() throws {
        #expect(try reading(head + "2026-04-01,cut").refusal == .statementTruncated)
        #expect(try reading(head + "2026-04-01,\"cut").refusal == .statementTruncated)
        #expect(try reading(head + "2026-04-01,\"cut\nin the memo").refusal == .statementTruncated)
        #expect(try reading("Date,Amount,Memo\n2026-03-31,-1,a\n2026-04-01,-1").refusal == .statementTruncated)
        // Complete, though without a last line break; and a footer that is shorter than rows are.
        #expect(try reading(head + "2026-04-01,whole,-2.00").refusal == nil)
        #expect(try reading(head + "Total,-1.00").refusal == nil)
    }

    @Test func `costs no more than its size, however it arrives`() throws {
        // One quoted field over many pieces: scanning it anew for every byte would take minutes.
        let text = head + "2026-04-01,\"" + String(repeating: "y", count: 60_000) + "\",-2.00\n"
        let read = try reading(Array(text.utf8), pieces: 1)
        #expect(read.minorUnits == [-100, -200])
    }

    @Test func `holds no NUL in its texts`() throws {
        let rows = String(repeating: "2026-03-31,good,-1.00\n", count: 4000)
        let read = try reading(
            Array((head + rows).utf8) + Array("2026-04-01,a".utf8) + [0, 0x62] + Array(",-2.00\n".utf8))
        #expect(read.transactions.last?.memo == "a b")
    }
}

@Suite struct `Any file` {
    @Test func `reads the same in pieces of any size`() throws {
        for name in try Files.fixtures() {
            let bytes = try Files.fixture(name)
            let whole = try reading(bytes)
            for size in [1, 2, 3, 7, 64, 1000] {
                #expect(try reading(bytes, pieces: size) == whole, "\(name) in pieces of \(size)")
            }
        }
        // Long enough for many chunks of the parser.
        let rows = (0..<20_000).map { "2026-03-\(10 + $0 % 20);\"Shop \"\"\($0)\"\"\r\nnext\";-\($0 + 1),50\r\n" }
        let bytes = Array(("Date;Memo;Amount\r\n" + rows.joined()).utf8)
        let whole = try reading(bytes)
        #expect(whole.transactions.count == 20_000)
        #expect(whole.rejected.isEmpty)
        for size in [4097, 65_536, 131_072, 300_001] {
            #expect(try reading(bytes, pieces: size) == whole)
        }
    }

    @Test func `ends without a crash, whatever was changed or cut`() throws {
        var random = SeededGenerator(seed: 21)
        let interesting: [UInt8] = Array("\"\n\r;,<>/&\t|-.'()0".utf8) + [0, 0x80, 0xFF, 0xC3, 0xE2]
        for name in try Files.fixtures() {
            let original = try Files.fixture(name)
            for _ in 0..<25 {
                var bytes = original
                for _ in 0..<Int.random(in: 1...8, using: &random) where !bytes.isEmpty {
                    let position = Int.random(in: 0..<bytes.count, using: &random)
                    switch Int.random(in: 0...4, using: &random) {
                    case 0: bytes[position] = UInt8.random(in: 0...255, using: &random)
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
                    #expect(![transaction.payee, transaction.memo].contains { $0?.utf8.contains(0) == true })
                }
                #expect(read.rejected.allSatisfy { $0.text.count <= 500 && !$0.reason.isEmpty })
            }
        }
    }

    @Test func `ends without a crash on noise`() throws {
        var random = SeededGenerator(seed: 22)
        let alphabet = Array("0123456789.,;-/ \"\n\r\tDateAmountDebit<>STMTRNOFX&#€".utf8)
        for _ in 0..<300 {
            let length = Int.random(in: 1...600, using: &random)
            let bytes = (0..<length).map { _ in alphabet.randomElement(using: &random) ?? 0x20 }
            _ = try reading(bytes)
            _ = try reading(Array("Date,Memo,Amount\n".utf8) + bytes)
            _ = try reading(Array("OFXHEADER:100\n<OFX><BANKMSGSRSV1><STMTRS>".utf8) + bytes)
        }
    }
}
