import Base
import TestSupport
import Testing

@Suite struct `An identifier` {
    @Test func `is written as a lower-case UUID and read back`() throws {
        let text = "0198c5b8-6d1e-7a30-b1c2-0123456789ab"
        let id = try BookID.parse(text)
        #expect(id.description == text)
        #expect(try BookID.parse(text.uppercased()) == id)
        var bytes: [UInt8] = []
        id.append(to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == text)
        var random = SeededGenerator(seed: 4)
        for _ in 0..<1000 {
            let id = UserID(high: random.next(), low: random.next())
            #expect(UserID(id.description) == id)
        }
    }

    @Test(arguments: [
        "", "0198c5b8", "{0198c5b8-6d1e-7a30-b1c2-0123456789ab}", "0198c5b86d1e7a30b1c20123456789ab",
        "0198c5b8-6d1e-7a30-b1c2-0123456789ag", "0198c5b86-d1e-7a30-b1c2-0123456789ab",
        "0198c5b8-6d1e-7a30-b1c2-0123456789ab ",
    ]) func `is refused where it is no UUID`(text: String) {
        #expect(throws: Refusal.self) { try BookID.parse(text) }
    }

    @Test func `carries its instant, version and variant`() {
        var random = SeededGenerator(seed: 5)
        let id = BookID.generate(at: Instant(milliseconds: 0x0198_C5B8_6D1E), using: &random)
        #expect(id.high >> 16 == 0x0198_C5B8_6D1E)
        #expect(id.high >> 12 & 15 == 7)
        #expect(id.low >> 62 == 2)
    }

    @Test func `is always greater than the one before, on every thread`() async {
        await withTaskGroup(of: [SessionID].self) { group in
            for _ in 0..<4 { group.addTask { (0..<5000).map { _ in SessionID.new() } } }
            var all: Set<SessionID> = []
            for await ids in group {
                #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 })
                all.formUnion(ids)
            }
            #expect(all.count == 20_000)
        }
    }
}

@Suite struct `A page cursor` {
    @Test func `comes back from its own text`() throws {
        var random = SeededGenerator(seed: 6)
        for _ in 0..<1000 {
            let date = CalendarDate.first.adding(days: .random(in: 0...3_652_058, using: &random))
            let id = BookID(high: random.next(), low: random.next())
            let cursor = PageCursor(date: date, id: id)
            let read = try PageCursor(cursor.text)
            #expect(read == cursor)
            #expect(read.date == date)
            #expect(read.id(as: BookTag.self) == id)
        }
    }

    @Test(arguments: [
        "", "abc", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA", "AX____8AAAAAAAAAAAAAAAAAAAAA", "AQAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "ÄQAAAAAAAAAAAAAAAAAAAAAAAAA", "AQAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ]) func `is refused where it is not one of ours`(text: String) {
        #expect(throws: Refusal.invalidCursor) { try PageCursor(text) }
    }
}

@Suite struct `Base64 for URLs` {
    @Test func `comes back, and has one spelling for each value`() {
        var random = SeededGenerator(seed: 7)
        for count in 0..<100 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(Base64URL.decode(Base64URL.encode(bytes).utf8) == bytes)
        }
        #expect(Base64URL.encode([0xFB, 0xFF]) == "-_8")
        for text in ["A", "AB", "AA==", "A+", "AAAAA"] where text != "AA" {
            #expect(Base64URL.decode(text.utf8) == nil, "\(text)")
        }
    }
}
