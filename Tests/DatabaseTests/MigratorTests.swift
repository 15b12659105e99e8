import Database
import TestSupport
import Testing

@Suite(.database) struct `Migrating` {
    let database = TestDatabase.current.database
    let books = Migration(
        name: "M1__books", sql: Array(#"CREATE TABLE books (id int8); INSERT INTO books VALUES (1); -- a\b é"#.utf8))
    let things = Migration(name: "M2__things", sql: Array("ALTER TABLE books ADD name text".utf8))

    @Test func `applies what is missing, in order`() async throws {
        #expect(try await Migrator.pending([things, books], in: database) == ["M1__books", "M2__things"])
        #expect(try await Migrator.apply([books], to: database) == ["M1__books"])
        #expect(try await Migrator.pending([things, books], in: database) == ["M2__things"])
        #expect(try await Migrator.apply([things, books], to: database) == ["M2__things"])
        #expect(try await Migrator.apply([things, books], to: database) == [])
        #expect(try await database.query("SELECT name FROM books").count == 1)
    }

    @Test func `leaves nothing of one that fails`() async throws {
        let broken = Migration(name: "M3__broken", sql: Array("CREATE TABLE half (id int8); SELECT 1 / 0".utf8))
        await #expect(throws: MigrationError.self) { try await Migrator.apply([books, broken], to: database) }
        #expect(try await database.first("SELECT to_regclass('half')::text")?.isNull(0) == true)
        #expect(try await Migrator.pending([books, broken], in: database) == ["M3__broken"])
        let sneaky = Migration(name: "M3__sneaky", sql: Array("CREATE TABLE half (id int8); COMMIT".utf8))
        await #expect(throws: MigrationError.self) { try await Migrator.apply([books, sneaky], to: database) }
    }

    @Test func `refuses a newer database, a changed migration and two of one name`() async throws {
        try await Migrator.apply([books, things], to: database)
        let newer = await #expect(throws: MigrationError.self) { try await Migrator.apply([books], to: database) }
        #expect(newer?.description.contains("M2__things") == true)
        let changed = Migration(name: "M1__books", sql: Array("CREATE TABLE books (id int4)".utf8))
        let refused = await #expect(throws: MigrationError.self) {
            try await Migrator.apply([changed, things], to: database)
        }
        #expect(refused?.description.contains("M1__books") == true)
        await #expect(throws: MigrationError.self) { try await Migrator.apply([books, books], to: database) }
    }

    @Test func `happens once when many servers start`() async throws {
        let slow = Migration(name: "M1__slow", sql: Array("CREATE TABLE slow (id int8); SELECT pg_sleep(0.2)".utf8))
        let configuration = DatabaseConfiguration(url: TestDatabase.current.url)
        let applied = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<4 { group.addTask { try await Migrator.apply([slow], to: configuration).count } }
            return try await group.reduce(0, +)
        }
        #expect(applied == 1)
    }
}

@Suite struct `A template` {
    static let migrations = [Migration(name: "M1__a", sql: Array("CREATE TABLE a (id int8)".utf8))]

    @Test(.database(migrations: Self.migrations), arguments: 0..<5)
    func `gives each test a database of its own`(round: Int) async throws {
        let database = TestDatabase.current.database
        #expect(try await database.query("SELECT * FROM a").isEmpty)
        try await database.run("INSERT INTO a VALUES (\(round))")
    }
}
