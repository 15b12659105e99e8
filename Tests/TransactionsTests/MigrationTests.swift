import Base
import Books
import Categories
import Database
import Identity
import Jobs
import Resources
import TestSupport
import Testing

@testable import Transactions

@Suite(.tags(.store), .database) struct `A database of an earlier version` {
    /// Those that were delivered, by their SHA-256. What has been applied somewhere is never edited: the program refuses
    /// such a database.
    private static let delivered = [
        "M20261121000100__jobs": "0f324befd6cd5836209f4445ac499623f7a606b42431cc927ebc6dd5037e96ad",
        "M20261121000200__idempotency": "af415236a3979a1d8994bf770ee02333d1c9d80c6e574db6e341f9d5d14c42c5",
        "M20261121000300__identity": "fc646aaa49bca595c7f8c5c795a663002fa0306beb02060d87c5d9138944ca1a",
        "M20261121000400__books": "1533d17002a2b3d0600eebdffa1440ec5b1d20fa632419698335de6801df0943",
        "M20261121000405__book_currency": "f40f18d67b3d0780872cecfe523a73963325f705919407cd5e7e38ec40f14d28",
        "M20261121000500__categories": "fa5abd3c6613a4e18e2349470c8d92f25603fae04e9b7797d4bca59174a27916",
        "M20261121000600__entries": "e63c9fd1f12bffb29a02fd73d1d672913d7f04876b96898e99eaa336cb1b4045",
        "M20261121000605__entry_totals": "800372904edf923a9c66ffe7e7ce83b65ea5e85e12ebd4afb42d8df5d7f90963",
        "M20261121000610__imports": "2a49560bcff48f7d5c0cea8465a279f2b4240a40655bd358754a800b7f1daf19",
        "M20261121000620__rules": "daa237eabc0de0e7ae77b7dacb575d6ccc141e189c77ddaffa33b410cf9d432e",
        "M20261121001000__category_hierarchy": "d288f044e81cb7c225de4a8c4d618b0e23fbdcd905ab8b8680970f587e273c32",
        "M20261121001100__entry_details": "909d5ddbb9516f8da6705a4ae2bf52d92d076f1d5ecc04af8ceb41aac17682c6",
        "M20261121001200__import_ranges": "9c6ee81ce697821c65902035fb3fed59d70ba881382a86878fe5031ffe1a93cf",
    ]

    /// The first delivery.
    private static let first: Set = [
        "M20261121000100__jobs",
        "M20261121000200__idempotency",
        "M20261121000300__identity",
        "M20261121000400__books",
        "M20261121000500__categories",
        "M20261121000600__entries",
    ]

    private static let all =
        JobsModule.migrations + ResourcesModule.migrations + IdentityModule.migrations + BooksModule.migrations
        + CategoriesModule.migrations + TransactionsModule.migrations

    @Test func `comes up to date, with the sums of what it holds`() async throws {
        let database = TestDatabase.current.database
        try await Migrator.apply(Self.all.filter { Self.first.contains($0.name) }, to: database)

        let (user, book, category) = (UserID.new(), BookID.new(), CategoryID.new())
        let (other, file) = (CategoryID.new(), ImportID.new())
        _ = try await database.write([
            """
            INSERT INTO users (id, email, email_as_given, created_at, updated_at)
            VALUES (\(user), 'ada@example.org', 'ada@example.org', now(), now())
            """,
            """
            INSERT INTO books (id, kind, name, currency, time_zone, created_by)
            VALUES (\(book), 'personal', 'Ada', 'EUR', 'Europe/Berlin', \(user))
            """,
            """
            INSERT INTO categories (book_id, id, name, slug, icon, color, is_income, is_system)
            VALUES (\(book), \(category), 'Food', 'food', 'x', '#000000', false, true),
                (\(book), \(other), 'Travel', 'travel', 'x', '#000000', false, true)
            """,
            """
            INSERT INTO imports (book_id, id, format, filename, imported_count, duplicate_count, rejected_count, rejected, created_by)
            VALUES (\(book), \(file), 'csv', 'a.csv', 1, 0, 2,
                '[{"line": 2, "text": "x", "reason": "r"}, {"line": 3, "text": "y", "reason": "s"}]', \(user))
            """,
            """
            INSERT INTO entries (book_id, id, type, status, occurred_on, amount_minor, currency, category_id, created_by, deleted_at)
            SELECT \(book), gen_random_uuid(), 1 + n % 2, 1 + n % 3, '2026-01-05'::date + n * 3, 100 + n, 'EUR',
                CASE WHEN n % 4 = 0 THEN \(category) ELSE \(other) END, \(user), CASE WHEN n % 5 = 0 THEN now() END
            FROM generate_series(1, 60) n
            """,
        ])

        let added = try await Migrator.apply(Self.all, to: database)
        #expect(added.count == Self.all.count - Self.first.count)
        var unedited = 0
        for row in try await database.query("SELECT name, checksum FROM schema_migrations") {
            let name: String = try row.get(0)
            guard let checksum = Self.delivered[name] else { continue }
            #expect(try row.get(1, as: String.self) == checksum, "\(name) was edited")
            unedited += 1
        }
        #expect(unedited == Self.delivered.count)
        #expect(try await EntryTotals.differences(database) == 0)
        let rejected = try await database.query("SELECT line, text FROM import_rejections ORDER BY number")
        #expect(try rejected.map { try $0.get(0, as: Int32.self) } == [2, 3])
        // And it goes on as a new one does.
        _ = try await database.write([
            """
            INSERT INTO entries (book_id, id, type, occurred_on, amount_minor, currency, category_id, created_by)
            VALUES (\(book), gen_random_uuid(), 1, '2026-02-05', 7, 'EUR', \(other), \(user))
            """,
            "UPDATE entries SET category_id = \(category), version = version + 1 WHERE book_id = \(book) AND type = 1",
            "DELETE FROM entries WHERE book_id = \(book) AND amount_minor > 150",
        ])
        #expect(try await EntryTotals.differences(database) == 0)
    }
}
