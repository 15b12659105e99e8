import Base
import Database
import Glibc
import Synchronization
import TestSupport
import Testing

final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    @discardableResult func add() -> Int { count.wrappingAdd(1, ordering: .relaxed).newValue }
    var value: Int { count.load(ordering: .relaxed) }
}

@Suite(.database) struct `Failures` {
    let database = TestDatabase.current.database

    /// Ends every other connection to this test's database, as an administrator or a crash would.
    private func terminateOthers() async throws {
        try await Maintenance.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(TestDatabase.current.name)'",
            url: try await TestCluster.cluster().superuserConnectionString())
    }

    private func things() async throws {
        try await database.run("CREATE TABLE things (id int8 PRIMARY KEY, name text)")
    }

    private func count() async throws -> Int {
        try await database.first("SELECT count(*) FROM things")?.get(0) ?? -1
    }

    @Test func `of a statement name the constraint`() async throws {
        try await database.run("CREATE TABLE things (id int8 CONSTRAINT things_key PRIMARY KEY)")
        try await database.run("INSERT INTO things VALUES (1)")
        let error = await #expect(throws: DatabaseError.self) {
            try await database.run("INSERT INTO things VALUES (1)")
        }
        #expect(error?.kind == .statement)
        #expect(error?.constraint == "things_key")
        #expect(error?.table == "things")
        #expect(error?.sqlState == "23505")
        // Values belong neither in a log nor in an answer.
        #expect(error?.description.contains("(1)") == false)
    }

    @Test func `in the middle of a unit leave nothing and spare its neighbours`() async throws {
        try await things()
        let database = self.database
        try await TestDatabase.current.onLoop {
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        do {
                            try await database.write([
                                "INSERT INTO things VALUES (\(number * 2), 'first')",
                                "SELECT 1 / \(number % 5)::int8",
                                "INSERT INTO things VALUES (\(number * 2 + 1), 'second')",
                            ])
                            return number % 5 != 0
                        } catch let error as DatabaseError {
                            return number % 5 == 0 && error.sqlState == "22012"
                        }
                    }
                }
                for try await isRight in group { #expect(isRight) }
            }
        }
        #expect(try await count() == 160 * 2)
    }

    @Test func `of one read spare those that shared its round trip`() async throws {
        let database = self.database
        try await TestDatabase.current.onLoop {
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<500 {
                    group.addTask {
                        do {
                            let value: Int = try await database.query("SELECT 100 / \(number % 7)::int8")[0].get(0)
                            return number % 7 != 0 && value == 100 / (number % 7)
                        } catch let error as DatabaseError {
                            return number % 7 == 0 && error.sqlState == "22012"
                        }
                    }
                }
                for try await isRight in group { #expect(isRight) }
            }
        }
    }

    @Test func `of a deferred constraint come out at the end`() async throws {
        try await database.run("CREATE TABLE keys (id int8 UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        let error = await #expect(throws: DatabaseError.self) {
            try await database.write(["INSERT INTO keys VALUES (1)", "INSERT INTO keys VALUES (1)"])
        }
        #expect(error?.sqlState == "23505")
        let later = await #expect(throws: DatabaseError.self) {
            try await database.transaction { try await $0.run("INSERT INTO keys VALUES (2), (2)") }
        }
        #expect(later?.sqlState == "23505")
        #expect(try await database.query("SELECT * FROM keys").isEmpty)
        try await database.write(["INSERT INTO keys VALUES (1)"])
    }

    @Test func `of a write on a reading connection are told`() async throws {
        try await things()
        let error = await #expect(throws: DatabaseError.self) {
            try await database.query("INSERT INTO things VALUES (1, 'x')")
        }
        #expect(error?.sqlState == "25006")
    }

    @Test(.database(migrations: []) { $0.statementTimeout = .milliseconds(100) })
    func `by taking too long are cut off`() async throws {
        let database = TestDatabase.current.database
        let read = await #expect(throws: DatabaseError.self) { try await database.query("SELECT pg_sleep(5)") }
        #expect(read?.kind == .timeout)
        let write = await #expect(throws: DatabaseError.self) { try await database.write("SELECT pg_sleep(5)") }
        #expect(write?.kind == .timeout)
        let step = await #expect(throws: DatabaseError.self) {
            try await database.transaction { try await $0.query("SELECT pg_sleep(5)") }
        }
        #expect(step?.kind == .timeout)
        #expect(try await database.query("SELECT 1").count == 1)
    }

    @Test func `that swallow an error do not commit`() async throws {
        try await things()
        let error = await #expect(throws: DatabaseError.self) {
            try await database.transaction { transaction in
                try await transaction.run("INSERT INTO things VALUES (1, 'x')")
                _ = try? await transaction.run("SELECT 1 / 0")
            }
        }
        #expect(error?.sqlState == "25P02")
        #expect(try await count() == 0)
    }

    @Test func `under a savepoint spare the transaction`() async throws {
        try await things()
        try await database.transaction { transaction in
            try await transaction.run("INSERT INTO things VALUES (1, 'x')")
            _ = try? await transaction.attempt { try await $0.run("INSERT INTO things VALUES (2, 'y'), (1, 'z')") }
            try await transaction.run("INSERT INTO things VALUES (3, 'x')")
        }
        #expect(try await count() == 2)
    }

    @Test func `by a lost server make new plans`() async throws {
        try await things()
        for _ in 0..<3 {
            // On every connection, of which there are few: whichever is used next has lost its statements.
            _ = try await database.query("DEALLOCATE ALL")
            #expect(try await database.query("SELECT * FROM things WHERE id = \(7)").isEmpty)
            try await database.write(["DEALLOCATE ALL"])
            try await database.write(["INSERT INTO things VALUES (\(1), 'x')", "DELETE FROM things WHERE id = \(1)"])
        }
        let attempts = Counter()
        try await database.transaction { transaction in
            if attempts.add() == 1 { try await transaction.run("DEALLOCATE ALL") }
            try await transaction.run("INSERT INTO things VALUES (\(2), 'x')")
            try await transaction.run("INSERT INTO things VALUES (\(3), 'x')")
        }
        #expect(try await count() == 2)
    }

    @Test func `by a changed table make new plans`() async throws {
        try await things()
        func columns() async throws -> Int { try await database.query("SELECT * FROM things").columnNames.count }
        func columnsInTransaction() async throws -> Int {
            try await database.transaction { try await $0.query("SELECT * FROM things").columnNames.count }
        }
        for extra in 0..<4 {
            #expect(try await columns() == 2 + extra)
            #expect(try await columnsInTransaction() == 2 + extra)
            try await Maintenance.run("ALTER TABLE things ADD extra\(extra) text", url: TestDatabase.current.url)
        }
        #expect(try await columns() == 6)
        #expect(try await columnsInTransaction() == 6)
    }

    @Test func `by lost connections are mended for reads and whole transactions`() async throws {
        try await things()
        let database = self.database
        let started = Counter()
        await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    for round in 0..<60 {
                        started.add()
                        _ = try await database.query("SELECT pg_sleep(0.001), \(round)")
                        try await database.transaction { transaction in
                            try await transaction.run(
                                "INSERT INTO things VALUES (\(number * 1000 + round), 'x') ON CONFLICT DO NOTHING")
                        }
                    }
                }
            }
            group.addTask {
                for _ in 0..<3 {
                    try await Task.sleep(for: .milliseconds(60))
                    try await self.terminateOthers()
                }
            }
            // COMMIT alone cannot be repeated: its outcome is not known.
            while let result = await group.nextResult() {
                if case .failure(let error) = result {
                    #expect((error as? DatabaseError)?.kind == .outcomeUnknown, "\(error)")
                }
            }
        }
        #expect(started.value > 60)
        #expect(try await count() > 0)
    }

    @Test func `of a connection during a write leave its outcome unknown`() async throws {
        try await things()
        let database = self.database
        let write = Task { try await database.write(["INSERT INTO things VALUES (1, 'x')", "SELECT pg_sleep(10)"]) }
        try await Task.sleep(for: .milliseconds(200))
        try await terminateOthers()
        let error = await #expect(throws: DatabaseError.self) { try await write.value }
        #expect(error?.kind == .outcomeUnknown)
        #expect(try await count() == 0)
        try await database.write(["INSERT INTO things VALUES (1, 'x')"])
    }

    @Test func `of serialisation are tried again`() async throws {
        try await things()
        try await database.run("INSERT INTO things VALUES (1, '0')")
        let database = self.database
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    for _ in 0..<5 {
                        try await database.transaction { transaction in
                            try await transaction.run("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
                            let row = try await transaction.first("SELECT name::int8 FROM things WHERE id = 1")
                            let value: Int = try row?.get(0) ?? 0
                            try await transaction.run("UPDATE things SET name = \(String(value + 1)) WHERE id = 1")
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await database.first("SELECT name FROM things")?.get(0) == "10")
    }

    @Test func `by using a transaction after its end are told`() async throws {
        let escaped = try await database.transaction { $0 }
        let error = await #expect(throws: DatabaseError.self) { try await escaped.query("SELECT 1") }
        #expect(error?.sqlState == "25000")
    }
}

@Suite(.database) struct `Cancelling` {
    let database = TestDatabase.current.database

    @Test func `a transaction frees its locks and its connection`() async throws {
        try await database.run("CREATE TABLE things (id int8 PRIMARY KEY)")
        let database = self.database
        for _ in 0..<3 {
            let task = Task {
                try await database.transaction { transaction in
                    try await transaction.run("LOCK TABLE things")
                    _ = try await transaction.query("SELECT pg_sleep(30)")
                }
            }
            try await Task.sleep(for: .milliseconds(100))
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            let clock = ContinuousClock.now
            try await database.write("INSERT INTO things VALUES (\(1)) ON CONFLICT DO NOTHING")
            #expect(ContinuousClock.now - clock < .seconds(3))
        }
        #expect(try await database.transaction { try await $0.query("SELECT * FROM things").count } == 1)
    }

    @Test(.database(migrations: []) { $0.leases = 2 }) func `a task that waits for a connection ends its wait`()
        async throws
    {
        let database = TestDatabase.current.database
        try await TestDatabase.current.onLoop {
            let holder = Task {
                try await database.transaction { _ = try await $0.query("SELECT pg_sleep(0.5)") }
            }
            let other = Task {
                try await database.transaction { _ = try await $0.query("SELECT pg_sleep(0.5)") }
            }
            try await Task.sleep(for: .milliseconds(100))
            let waiters = (0..<6).map { _ in
                Task { try await database.transaction { _ = try await $0.query("SELECT 1") } }
            }
            for waiter in waiters { waiter.cancel() }
            for waiter in waiters { await #expect(throws: (any Error).self) { try await waiter.value } }
            try await holder.value
            try await other.value
        }
        try await database.transaction { _ = try await $0.query("SELECT 1") }
    }
}

@Suite(.database) struct `A pool` {
    @Test(
        .database(migrations: []) {
            $0.leases = 1
            $0.acquireTimeout = .milliseconds(300)
        }) func `refuses a transaction that waits too long, and serves the others in turn`() async throws
    {
        let database = TestDatabase.current.database
        try await TestDatabase.current.onLoop {
            let holders = (0..<2).map { _ in
                Task { try await database.transaction { _ = try await $0.query("SELECT pg_sleep(1)") } }
            }
            try await Task.sleep(for: .milliseconds(150))
            let error = await #expect(throws: DatabaseError.self) {
                try await database.transaction { _ = try await $0.query("SELECT 1") }
            }
            #expect(error?.kind == .unavailable)
            for holder in holders { _ = try? await holder.value }
        }
        try await database.transaction { _ = try await $0.query("SELECT 1") }
    }

    @Test(
        .database(migrations: []) {
            $0.readConnections = 1
            $0.queueLimit = 10
        }) func `refuses what exceeds its queue`() async throws
    {
        let database = TestDatabase.current.database
        let outcomes = try await TestDatabase.current.onLoop {
            await withTaskGroup(of: DatabaseError.Kind?.self) { group in
                for _ in 0..<200 {
                    group.addTask {
                        do {
                            _ = try await database.query("SELECT pg_sleep(0.01)")
                            return nil
                        } catch { return (error as? DatabaseError)?.kind }
                    }
                }
                var kinds: [DatabaseError.Kind?] = []
                for await kind in group { kinds.append(kind) }
                return kinds
            }
        }
        #expect(outcomes.count { $0 == nil } >= 10)
        #expect(outcomes.contains(.unavailable))
        #expect(!outcomes.contains { $0 != nil && $0 != .unavailable })
        #expect(try await database.query("SELECT 1").count == 1)
    }

    @Test(.database(migrations: []) { $0.preparedStatementLimit = 8 })
    func `keeps few statements when there are many`() async throws {
        let database = TestDatabase.current.database
        let fragments: [SQL] = ["1", "2", "3", "4", "5"]
        for round in 0..<3 {
            for first in fragments {
                for second in fragments {
                    let sum: Int = try await database.query("SELECT \(first)::int8 + \(second) + \(round)")[0].get(0)
                    #expect(sum >= 2)
                }
            }
        }
        let known: Int = try await database.query("SELECT count(*) FROM pg_prepared_statements")[0].get(0)
        #expect(known <= 10)
    }

    @Test func `that was closed refuses`() async throws {
        let loops = TestDatabase.current.loops
        let database = try await Database.connect(DatabaseConfiguration(url: TestDatabase.current.url), loops: loops)
        _ = try await database.query("SELECT 1")
        await database.close()
        let error = await #expect(throws: DatabaseError.self) { try await database.query("SELECT 1") }
        #expect(error?.kind == .unavailable)
        await #expect(throws: DatabaseError.self) {
            try await database.transaction { _ = try await $0.query("SELECT 1") }
        }
    }

    @Test func `that finds no database says so`() async throws {
        let loops = TestDatabase.current.loops
        let error = await #expect(throws: DatabaseError.self) {
            _ = try await Database.connect(
                DatabaseConfiguration(url: "postgresql://nobody@/none?host=/tmp/no-such-directory"), loops: loops)
        }
        #expect(error?.kind == .unavailable)
    }
}
