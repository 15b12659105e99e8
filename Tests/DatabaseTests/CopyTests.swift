import Base
import Database
import TestSupport
import Testing

@Suite(.database) struct `Copying` {
    let database = TestDatabase.current.database
    struct Broken: Error {}

    private func things() async throws {
        try await database.run("CREATE TABLE things (id int8 PRIMARY KEY, day date, name text)")
    }

    private func count() async throws -> Int { try await database.first("SELECT count(*) FROM things")?.get(0) ?? -1 }

    @Test func `takes rows in binary`() async throws {
        try await things()
        let database = self.database
        let day = try #require(CalendarDate(iso: "1969-07-20"))
        let copied = try await TestDatabase.current.onLoop {
            try await database.transaction { transaction in
                try await transaction.run("INSERT INTO things VALUES (-1, NULL, 'before')")
                let copied = try await transaction.copyIn("COPY things FROM STDIN (FORMAT binary)") { writer in
                    for number in 0..<100_000 {
                        try await writer.row(columns: 3) { row in
                            row.append(number)
                            row.append(day)
                            row.append(number % 3 == 0 ? nil : "name \(number)")
                        }
                    }
                }
                try await transaction.run("INSERT INTO things VALUES (-2, NULL, 'after')")
                return copied
            }
        }
        #expect(copied == 100_000)
        #expect(try await count() == 100_002)
        let row = try #require(try await database.first("SELECT day, name FROM things WHERE id = 99998"))
        #expect(try row.get(0, as: CalendarDate.self) == day)
        #expect(try row.get(1, as: String.self) == "name 99998")
    }

    @Test func `takes text, as the first thing and from another thread`() async throws {
        try await things()
        let copied = try await database.transaction { transaction in
            try await transaction.copyIn("COPY things (id, name) FROM STDIN (FORMAT csv)") { writer in
                for number in 0..<1000 { try await writer.write(Array("\(number),\"a, b\"\n".utf8)) }
            }
        }
        #expect(copied == 1000)
        #expect(try await count() == 1000)
        let nothing = try await database.transaction { try await $0.copyIn("COPY things FROM STDIN") { _ in } }
        #expect(nothing == 0)
    }

    @Test func `leaves nothing when the producer fails`() async throws {
        try await things()
        await #expect(throws: Broken.self) {
            try await database.transaction { transaction in
                _ = try await transaction.copyIn("COPY things (id) FROM STDIN") { writer in
                    for number in 0..<50_000 { try await writer.write(Array("\(number)\n".utf8)) }
                    throw Broken()
                }
            }
        }
        #expect(try await count() == 0)
        #expect(try await database.transaction { try await $0.query("SELECT 1").count } == 1)
    }

    @Test func `leaves nothing when a row is refused`() async throws {
        try await things()
        let error = await #expect(throws: DatabaseError.self) {
            try await database.transaction { transaction in
                _ = try await transaction.copyIn("COPY things (id) FROM STDIN") { writer in
                    for number in 0..<300_000 { try await writer.write(Array("\(number % 299_999)\n".utf8)) }
                }
            }
        }
        #expect(error?.sqlState == "23505")
        #expect(try await count() == 0)
    }

    @Test func `of something else is refused`() async throws {
        try await things()
        for sql in ["SELECT 1", "COPY nothing FROM STDIN", "nonsense", "COPY things TO STDOUT"] as [SQL] {
            await #expect(throws: DatabaseError.self) {
                try await database.transaction { _ = try await $0.copyIn(sql) { _ in } }
            }
        }
        #expect(try await database.transaction { try await $0.query("SELECT 1").count } == 1)
    }

    @Test func `is cancelled with its task`() async throws {
        try await things()
        let database = self.database
        let task = Task {
            try await database.transaction { transaction in
                _ = try await transaction.copyIn("COPY things (id) FROM STDIN") { writer in
                    for number in 0... {
                        try await writer.write(Array("\(number)\n".utf8))
                        if number % 1000 == 0 { try await Task.sleep(for: .milliseconds(1)) }
                    }
                }
            }
        }
        try await Task.sleep(for: .milliseconds(200))
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await count() == 0)
    }
}
