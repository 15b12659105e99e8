import Base
import Database
import TestSupport
import Testing

@Suite(.database) struct `Values` {
    let database = TestDatabase.current.database
    enum Colour: String { case red, blue }
    enum Size: String, SQLBindable, SQLReadable { case small, large }

    /// There and back, and the same in PostgreSQL's own words.
    private func roundTrip<Value: SQLBindable & SQLReadable & Equatable>(
        _ value: Value, _ text: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let row = try #require(
            try await database.first("SELECT \(value), \(value)::text"), sourceLocation: sourceLocation)
        #expect(try row.get(0, as: Value.self) == value, sourceLocation: sourceLocation)
        if let text { #expect(try row.get(1, as: String.self) == text, sourceLocation: sourceLocation) }
    }

    @Test func `mean the same to PostgreSQL`() async throws {
        try await roundTrip(Int64.min, "-9223372036854775808")
        try await roundTrip(Int64.max, "9223372036854775807")
        try await roundTrip(Int32.min, "-2147483648")
        try await roundTrip(Int16.max, "32767")
        try await roundTrip(-0.1, "-0.1")
        try await roundTrip(true, "true")
        try await roundTrip("", "")
        try await roundTrip("Zoë's \"ledger\" 💶 \\ $1 -- ; DROP TABLE", "Zoë's \"ledger\" 💶 \\ $1 -- ; DROP TABLE")
        try await roundTrip([UInt8]([0, 1, 255]), "\\x0001ff")
        try await roundTrip([UInt8](), "\\x")
        try await roundTrip(try #require(CalendarDate(iso: "1969-12-31")), "1969-12-31")
        try await roundTrip(try #require(CalendarDate(iso: "1999-12-31")), "1999-12-31")
        try await roundTrip(try #require(CalendarDate(iso: "0001-01-01")), "0001-01-01")
        try await roundTrip(try #require(CalendarDate(iso: "9999-12-31")), "9999-12-31")
        try await roundTrip(Instant(microseconds: 0), "1970-01-01 00:00:00+00")
        try await roundTrip(Instant(microseconds: -1), "1969-12-31 23:59:59.999999+00")
        try await roundTrip(Instant(microseconds: 946_684_800_000_000), "2000-01-01 00:00:00+00")
        let id = try #require(BookID("0198c5b8-6d1e-7a30-b1c2-0123456789ab"))
        try await roundTrip(id, "0198c5b8-6d1e-7a30-b1c2-0123456789ab")
        try await roundTrip(try #require(Currency("EUR")), "EUR")
        try await roundTrip(Size.large, "large")
        try await roundTrip(JSONText(#"{"a": [1, "b\"c"]}"#), #"{"a": [1, "b\"c"]}"#)
        try await roundTrip(Optional<Int64>.none)
        try await roundTrip(Optional(Size.small))
    }

    @Test func `in arrays mean the same to PostgreSQL`() async throws {
        try await roundTrip([Int64](), "{}")
        try await roundTrip([Int64.min, 0, 7], "{-9223372036854775808,0,7}")
        try await roundTrip([1, 2] as [Int])
        try await roundTrip([Int32(-1)], "{-1}")
        try await roundTrip([Int16(3)])
        try await roundTrip([true, false], "{t,f}")
        try await roundTrip([1.5])
        try await roundTrip(["a,b", "", "\"", "NULL", "{}"], #"{"a,b","","\"","NULL","{}"}"#)
        try await roundTrip(["a", nil, "b"], "{a,NULL,b}")
        try await roundTrip([[UInt8]([1]), []], #"{"\\x01","\\x"}"#)
        try await roundTrip([try #require(CalendarDate(iso: "1969-07-20"))], "{1969-07-20}")
        try await roundTrip([Instant(microseconds: -5)])
        try await roundTrip([BookID.new(), BookID.new()])
        try await roundTrip([try #require(Currency("INR"))], "{INR}")
    }

    @Test func `that are generated come back`() async throws {
        var random = SeededGenerator(seed: 42)
        for _ in 0..<100 {
            try await roundTrip(Int64.random(in: .min ... .max, using: &random))
            try await roundTrip(Int32.random(in: .min ... .max, using: &random))
            try await roundTrip(Double.random(in: -1e12...1e12, using: &random))
            let date = try #require(CalendarDate(daysSinceEpoch: Int.random(in: -719_162...2_932_896, using: &random)))
            try await roundTrip(date, date.description)
            try await roundTrip(
                Instant(microseconds: .random(in: -62_135_596_800_000_000...253_402_300_799_999_999, using: &random)))
            let scalars = (0..<Int.random(in: 0...30, using: &random)).compactMap { _ in
                Unicode.Scalar(UInt32.random(in: 1...0x10FFFF, using: &random))
            }
            let text = String(String.UnicodeScalarView(scalars))
            try await roundTrip(text, text)
            try await roundTrip(
                (0..<Int.random(in: 0...20, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) })
            try await roundTrip(
                (0..<Int.random(in: 0...20, using: &random)).map { _ in
                    Bool.random(using: &random) ? Int64.random(in: .min ... .max, using: &random) : nil
                })
        }
    }

    @Test func `never become statements`() async throws {
        try await database.run("CREATE TABLE things (name text)")
        let hostile = ["'; DROP TABLE things; --", "\\'; SELECT 1", "$1", "%s", "\u{1F}\u{7F}", "' OR '1'='1"]
        for text in hostile {
            try await database.run("INSERT INTO things VALUES (\(text))")
            #expect(try await database.query("SELECT * FROM things WHERE name = \(text)").count == 1)
        }
        #expect(try await database.query("SELECT * FROM things").count == hostile.count)
        // A zero byte is no text in PostgreSQL; it is refused and harms nothing.
        let error = await #expect(throws: DatabaseError.self) {
            try await database.run("INSERT INTO things VALUES (\("a\0b"))")
        }
        #expect(error?.sqlState == "22021")
    }

    @Test func `of enums are bound as their raw values`() async throws {
        let row = try #require(try await database.first("SELECT \(Colour.blue), \(Colour?.none)"))
        #expect(try row.get(0, as: Colour.self) == .blue)
        #expect(try row.get(1, as: Colour?.self) == nil)
        #expect(throws: DatabaseError.self) { try row.get(0, as: Size.self) }
    }

    @Test func `of another type are refused and not misread`() async throws {
        let row = try #require(
            try await database.first("SELECT 1::int4, DATE '2026-01-01', 'x'::text, NULL::int8, 1.5, 12::numeric"))
        #expect(try row.get(0, as: Int64.self) == 1)
        #expect(throws: DatabaseError.self) { try row.get(0, as: CalendarDate.self) }
        #expect(throws: DatabaseError.self) { try row.get(0, as: String.self) }
        #expect(throws: DatabaseError.self) { try row.get(0, as: Bool.self) }
        #expect(throws: DatabaseError.self) { try row.get(1, as: Int32.self) }
        #expect(throws: DatabaseError.self) { try row.get(1, as: Instant.self) }
        #expect(throws: DatabaseError.self) { try row.get(2, as: Int.self) }
        #expect(throws: DatabaseError.self) { try row.get(2, as: BookID.self) }
        #expect(throws: DatabaseError.self) { try row.get(2, as: [Int].self) }
        #expect(throws: DatabaseError.self) { try row.get(2, as: Currency.self) }
        #expect(throws: DatabaseError.self) { try row.get(3, as: Int.self) }
        #expect(throws: DatabaseError.self) { try row.get(4, as: Int.self) }
        #expect(try row.get(5, as: Int.self) == 12)
        #expect(throws: DatabaseError.self) { try row.get(99, as: Int.self) }
        #expect(throws: DatabaseError.self) { try row.get(-1, as: Int.self) }
        let far = try #require(
            try await database.first("SELECT 'infinity'::timestamptz, 'infinity'::date, '0044-03-15 BC'::date"))
        #expect(throws: DatabaseError.self) { try far.get(0, as: Instant.self) }
        #expect(throws: DatabaseError.self) { try far.get(1, as: CalendarDate.self) }
        #expect(throws: DatabaseError.self) { try far.get(2, as: CalendarDate.self) }
    }

    @Test func `of sums are whole numbers`() async throws {
        for value in [0, 1, -1, 9_999, 10_000, -10_000, 123_456_789_012_345, Int64.max, Int64.min] {
            let row = try #require(try await database.first("SELECT sum(x) FROM unnest(\([value])) AS sums (x)"))
            #expect(try row.get(0, as: Int64.self) == value)
        }
        let large = try #require(try await database.first("SELECT 9223372036854775808::numeric"))
        #expect(throws: DatabaseError.self) { try large.get(0, as: Int64.self) }
    }

    @Test func `are read in place`() async throws {
        let row = try #require(try await database.first("SELECT \(12), \("text"), NULL::text"))
        #expect(try row.int64(0) == 12)
        #expect(row.withBytes(1) { Array($0) } == Array("text".utf8))
        #expect(row.isNull(2) && row.withBytes(2) { $0.count } == 0)
        #expect(row.isNull(7))
    }

    @Test func `nest in fragments`() async throws {
        func things(above limit: Int, _ order: SQL) -> SQL {
            let condition: SQL = "number > \(limit) AND number <> \(8)"
            return
                "SELECT number FROM generate_series(1, \(10)) AS series (number) WHERE \(condition) ORDER BY \(order)"
        }
        #expect(things(above: 1, "number").text.contains("number > $2 AND number <> $3"))
        let up = try await database.query(things(above: 6, .fragment("number")))
        let down = try await database.query(things(above: 6, .fragment("number DESC")))
        #expect(try up.map { try $0.get(0, as: Int.self) } == [7, 9, 10])
        #expect(try down.map { try $0.get(0, as: Int.self) } == [10, 9, 7])
    }

    @Test func `of one text at two places are one statement`() async throws {
        func here(_ number: Int) -> SQL { "SELECT \(number) + 1000" }
        func there(_ number: Int) -> SQL { "SELECT \(number) + 1000" }
        for number in 0..<4 {
            #expect(try await database.query(here(number))[0].get(0, as: Int.self) == number + 1000)
            #expect(try await database.query(there(number))[0].get(0, as: Int.self) == number + 1000)
        }
    }
}
