import Base
import Database
import TestSupport
import Testing

@Suite(.database) struct `Statements` {
    let database = TestDatabase.current.database

    @Test func `return what they were asked for`() async throws {
        let rows = try await database.query("SELECT \(41) + 1, \("it's")::text, NULL::date")
        #expect(rows.count == 1)
        #expect(try rows[0].get(0, as: Int.self) == 42)
        #expect(try rows[0].get(1, as: String.self) == "it's")
        #expect(try rows[0].get(2, as: CalendarDate?.self) == nil)
    }

    @Test func `run on a loop and off it`() async throws {
        let database = self.database
        for number in 0..<50 {
            let value: Int = try await TestDatabase.current.onLoop {
                try await database.first("SELECT \(number)::int8")?.get(0) ?? -1
            }
            #expect(value == number)
        }
    }

    @Test func `that write are one transaction`() async throws {
        try await database.run("CREATE TABLE things (id int8 PRIMARY KEY, name text NOT NULL)")
        try await database.write([
            "INSERT INTO things VALUES (\(1), \("one"))", "INSERT INTO things VALUES (\(2), \("two"))",
        ])
        await #expect(throws: DatabaseError.self) {
            try await database.write([
                "INSERT INTO things VALUES (\(3), \("three"))", "INSERT INTO things VALUES (\(1), \("again"))",
            ])
        }
        let count: Int = try await database.first("SELECT count(*) FROM things")?.get(0) ?? -1
        #expect(count == 2)
    }

    @Test func `in a transaction are committed or undone together`() async throws {
        try await database.run("CREATE TABLE things (id int8 PRIMARY KEY)")
        let sum = try await database.transaction { transaction in
            try await transaction.run("INSERT INTO things VALUES (\(1)), (\(2))")
            return try await transaction.first("SELECT sum(id) FROM things")?.get(0, as: Int.self)
        }
        #expect(sum == 3)
        struct Enough: Error {}
        await #expect(throws: Enough.self) {
            try await database.transaction { transaction in
                try await transaction.run("DELETE FROM things")
                throw Enough()
            }
        }
        #expect(try await database.query("SELECT * FROM things").count == 2)
    }
}
