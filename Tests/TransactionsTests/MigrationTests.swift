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
        "M20261122000010__undo_history": "e7f623589354ab2fd01c2408cdc6b13e501dd91abcba35156d09549f856d740e",
        "M20261122000020__merchant_memory": "09c6042ed3930e424bedd21ac83681fc4a3186b1bb018e44211bbc75425a9204",
        "M20261122000100__sign_in": "24cc3ed86dad9448c369fec3ecb6760ff47bf1b701f57119d79ac788e830ece7",
        "M20261122000110__passkeys": "0f331cee79c491c4b6d791694719a7be4301c91ff13835d9690d4f49dd58dcb4",
        "M20261122000120__linked_identities": "0c31af7f51fa0df02d2b461462d919ec067ee95ebca01a56fd65004ab343d6a9",
        "M20261122000200__people": "da409632a5224e32b963a8b73fd9e9e9093e6339e0df4cf118f974ab75f8b807",
        "M20261122000210__members": "4753b022b1ea4494e924755e5b29e16f7119a3256ffac4b1c8fd0fb19250955f",
        "M20261122000220__departments": "19718dae47bd282945de3e655da9c9f7a67c81aa6f88ddda53a1d6edabfd8d79",
        "M20261122000230__announcements": "bafbf263e729f594ad8a8b9c2f09f0a80730b8d90661856e76e283f15469abf1",
        "M20261122000300__api_keys": "80837d1693e5a559aef7f10c359eaf9f72c57d06ecc511d6479da08140430e3e",
        "M20261122000400__account_deletion": "13a9d8d4e53d9866b83762b5f17aa4d977942eee1938d17a9d50bdb40bcb63f8",
        "M20261122000500__issued_roles": "30cb0dc1c68bfef2323c8a7845a65f160635cfe1c3b1fe86b2bb766eeb934d31",
        "M20261122000510__pending_registrations": "e5a7e3df6d963bc681ae01fd58e72a5372ca457e06fd3332c66ee8c53ae8bf51",
        "M20261122000520__event_origin": "5418d2f35850269233ebd7f4167c8a3e5982fd2b297ef6f9827c326ed15b4f92",
        "M20261122000540__renewed_sessions": "c34486a7898cd519b9b9685bb08d62d571e574a8d87036b4c5d4cd5b90307d79",
        "M20261122000600__entry_departments": "808419a61d5fbc506f44c0952514a9951a016891fc9f6f35ca0eb7af527ad993",
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
