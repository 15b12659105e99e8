import Base
import Books
import Database
import EventLoop
import Foundation
import HTTP
import JSON
import Jobs
import Runtime
import Synchronization
import TestSupport
import Testing

@testable import Activity

@Suite(.tags(.http), .books) struct `What happens in a book` {
    static let lunch =
        #"{"amount": 12.5, "transactionDate": "2026-11-02", "merchantName": "Corner", "description": "Lunch"}"#

    private func turn(_ app: TestApp) async throws { while try await app.worker.runOnce() {} }

    @Test func `becomes one row of activity for each event, with what it happened to`() async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada")
            let created = try await ada.post("/expenses", Self.lunch)
            try #require(created.status == 201, "\(created.text)")
            try await turn(app)
            try await turn(app)
            let answer = try await ada.get("/activity")
            #expect(answer.items.map { $0["name"]?.string } == ["expense.created", "book.opened"])
            let newest = try #require(answer.items.first)
            #expect(newest["subject"]?.string == "Corner")
            #expect(newest["amount"]?.numberText == "12.50")
            #expect(newest["user"]?["name"]?.string == "ada")
            #expect(newest["data"]?["id"] == created.data["id"])
            let ofBook = try await ada.get("/books/\(ada.book)/activity?name=expense&userId=\(ada.user)")
            #expect(ofBook.items.count == 1)
            #expect(try await ada.get("/activity?name=expens").items.isEmpty)
        }
    }

    @Test func `is read in pages without losing or repeating anything`() async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada")
            for _ in 0..<23 {
                try await app.database.writer.publish(Event(.init("rules.applied"), book: ada.book) { _ in })
            }
            try await turn(app)
            var numbers: [Int] = []
            var cursor = ""
            repeat {
                let page = try await ada.get("/activity?limit=5\(cursor)")
                #expect(page.status == 200)
                numbers += page.items.compactMap { $0["number"]?.int }
                cursor = page.nextCursor.map { "&cursor=\($0)" } ?? ""
            } while !cursor.isEmpty
            #expect(numbers.count == 24)
            #expect(numbers == Array(Set(numbers)).sorted(by: >))
            let refused = try await ada.get("/activity?cursor=x&userId=y&limit=z")
            #expect(refused.status == 400)
            #expect(Set(refused.problems) == ["cursor", "userId", "limit"])
        }
    }

    @Test func `is numbered in the order of the commits, however many workers there are`() async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada")
            var jobs = JobRegistry()
            ActivityModule.register(app.database, in: &jobs)
            let (database, book, registry) = (app.database, ada.book, jobs)
            let unseen = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        for _ in 0..<30 {
                            try await database.writer.publish(Event(.init("rules.applied"), book: book) { _ in })
                            _ = try await JobStore.dispatchForTest(registry, in: database)
                        }
                        return 0
                    }
                }
                group.addTask {
                    // Whoever reads on from the last number that it saw must see every row.
                    var left = 121
                    var last: Int64 = 0
                    for _ in 0..<2000 where left > 0 {
                        let events = try await ActivityStore(database).after(last, in: book, .none, limit: 500)
                        left -= events.count
                        last = events.last?.number ?? last
                        try await Task.sleep(for: .milliseconds(1))
                    }
                    return left
                }
                return try await group.reduce(0, +)
            }
            #expect(unseen == 0)
        }
    }

    @Test func `is for members, and shows no entry to one who may not see them`() async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada")
            let max = try await app.person("max")
            _ = try await ada.post("/expenses", Self.lunch)
            try await turn(app)
            let stranger = Person(app: app, user: max.user, book: ada.book)
            #expect(try await stranger.get("/activity").status == 404)
            #expect(try await stranger.get("/books/\(ada.book)/activity").status == 404)
            #expect(try await stranger.get("/activity/stream").status == 404)
            #expect(try await app.client.send("GET", "/api/v1/activity").status == 401)
            #expect(try await max.get("/books/none/activity").status == 404)
            let viewer = try await app.add(max, to: ada, as: .viewer)
            #expect(try await viewer.get("/activity").items.first?["subject"]?.string == "Corner")

            var writer = JSONWriter()
            let events = try await ActivityStore(app.database).before(
                .max, in: ada.book, by: nil, named: "expense",
                ActivitySubject("SELECT 'secret' AS text, 100::bigint AS amount_minor, 'EUR' AS currency"), limit: 1)
            try #require(events.first).write(to: &writer, isWhole: false)
            let shown = try JSONValue.parse(writer.bytes)
            #expect(shown["subject"]?.isNull == true)
            #expect(shown["amount"]?.isNull == true)
            #expect(shown["name"]?.string == "expense.created")
        }
    }

    @Test func `is kept for four hundred days`() async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada")
            try await turn(app)
            try await app.database.writer.run(
                """
                INSERT INTO activity (book_id, name, data, occurred_at)
                SELECT \(ada.book), 'rules.applied', '{}', now() - interval '401 days' FROM generate_series(1, 5)
                """)
            #expect(try await ActivityStore(app.database.writer).prune(limit: 3) == 3)
            #expect(try await ActivityStore(app.database.writer).prune(limit: 3) == 2)
            #expect(try await app.count("SELECT count(*) FROM activity") == 1)
        }
    }
}

@Suite(.tags(.http), .books) struct `Following a book` {
    @Test func `as events: what was missed first, then what happens, within a second, in order`() async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada")
            let max = try await app.add(try await app.person("max"), to: ada, as: .member)
            app.worker.start()
            _ = try await ada.post("/expenses", `What happens in a book`.lunch)
            let stream = try SSEClient(app.port, "/api/v1/activity/stream?after=0", max)
            let first = try await stream.next { $0.event == "activity" }
            #expect(first.data["name"]?.string == "book.opened")
            #expect(try await stream.next { $0.event == "activity" }.data["name"]?.string == "expense.created")
            var longest = Duration.zero
            var numbers: [Int] = []
            for _ in 0..<10 {
                let start = ContinuousClock.now
                _ = try await ada.post("/expenses", `What happens in a book`.lunch)
                let event = try await stream.next { $0.event == "activity" }
                longest = max_(longest, ContinuousClock.now - start)
                #expect(event.data["subject"]?.string == "Corner")
                #expect(event.id == event.data["number"]?.numberText)
                numbers.append(event.data["number"]?.int ?? 0)
            }
            #expect(longest < .seconds(1), "\(longest)")
            #expect(numbers == numbers.sorted())

            // And after a break it goes on where it was.
            let again = try SSEClient(
                app.port, "/api/v1/activity/stream", max, fields: "Last-Event-ID: \(numbers[7])\r\n")
            #expect(try await again.next { $0.event == "activity" }.data["number"]?.int == numbers[8])
            #expect(try await again.next { $0.event == "activity" }.data["number"]?.int == numbers[9])
        }
    }

    private func max_(_ left: Duration, _ right: Duration) -> Duration { left > right ? left : right }

    @Test func `ends for one who is no member any more, before anything more is told`() async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada")
            let max = try await app.add(try await app.person("max"), to: ada, as: .member)
            app.worker.start()
            let stream = try SSEClient(app.port, "/api/v1/activity/stream", max)
            _ = try await stream.next { $0.event == "ready" }
            _ = try await app.database.writer.run(
                "DELETE FROM book_members WHERE user_id = \(max.user) AND book_id = \(ada.book)")
            app.directory.announceChange()
            _ = try await ada.post("/expenses", `What happens in a book`.lunch)
            let event = try await stream.next { _ in true }
            #expect(event.event == "end")
            #expect(event.data["reason"]?.string == "gone")
            #expect(try await stream.isOver())
        }
    }

    @Test func `has room for five of each person, and gives a place back`() async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada")
            var streams: [SSEClient] = []
            for _ in 0..<5 {
                let stream = try SSEClient(app.port, "/api/v1/activity/stream", ada)
                _ = try await stream.next { $0.event == "ready" }
                streams.append(stream)
            }
            #expect(app.hub.followers == 5)
            let refused = try await ada.get("/activity/stream")
            #expect(refused.status == 503)
            #expect(refused.code == "TOO_BUSY")
            // A HEAD takes no place for long.
            streams.removeLast()
            var status = 0
            for _ in 0..<100 where status != 200 {
                try await Task.sleep(for: .milliseconds(50))
                status = try await ada.send("HEAD", "/activity/stream").status
            }
            #expect(status == 200)
            streams.removeAll()
            for _ in 0..<200 where app.hub.followers > 0 { try await Task.sleep(for: .milliseconds(50)) }
            #expect(app.hub.followers == 0)
        }
    }

    @Test func `ends for one who reads too slowly, and nobody else notices`() async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada")
            let hub = app.hub
            let slow = try await hub.follow(ada.book, after: nil)
            let quick = try await hub.follow(ada.book, after: nil)
            let counted = Task { () -> Int in
                var count = 0
                for await news in quick.news {
                    if case .event = news { count += 1 }
                    if count == 600 { break }
                }
                return count
            }
            for _ in 0..<30 {
                _ = try await app.database.writer.run(
                    """
                    INSERT INTO outbox (name, book_id, data)
                    SELECT 'rules.applied', \(ada.book), '{}'::jsonb FROM generate_series(1, 20)
                    """)
                while try await app.worker.runOnce() {}
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(await counted.value == 600)
            var held = 0
            for await _ in slow.news { held += 1 }
            #expect(held == ActivityHub.queueLength)
        }
    }

    @Test func `tells one who was away too long to begin anew`() async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada")
            _ = try await app.database.writer.run(
                """
                INSERT INTO outbox (name, book_id, data)
                SELECT 'rules.applied', \(ada.book), '{}'::jsonb FROM generate_series(1, 300)
                """)
            while try await app.worker.runOnce() {}
            let subscription = try await app.hub.follow(ada.book, after: 1)
            #expect(subscription.isTooFarBehind)
            #expect(subscription.missed.isEmpty)
            let near = try await app.hub.follow(ada.book, after: subscription.cursor - 3)
            #expect(near.missed.count == 3)
        }
    }
}

extension JobStore {
    static func dispatchForTest(_ registry: JobRegistry, in database: Database) async throws -> Int {
        let worker = Worker(
            database: database, registry: registry, loop: TestDatabase.current.loops.next(), log: .silent,
            metrics: .init())
        return try await worker.runOnce() ? 1 : 0
    }
}

/// Reads server-sent events over a connection of its own.
final class SSEClient: Sendable {
    struct Event: Sendable {
        var event = "message"
        var id: String?
        var data = JSONValue.null
    }
    struct Over: Error {}

    private static let threads = BlockingPool(threads: 8, queueLimit: 100, name: "events")
    private let connection: ClientConnection
    private let rest = Mutex("")

    init(_ port: Int, _ target: String, _ person: Person, fields: String = "") throws {
        connection = try ClientConnection(port: port, timeoutSeconds: 15)
        try connection.write(
            Array(
                "GET \(target) HTTP/1.1\r\nHost: purser.test\r\nAuthorization: Bearer \(person.token)\r\nX-Book: \(person.book)\r\nConnection: close\r\n\(fields)\r\n"
                    .utf8))
    }

    private func block() async throws -> String {
        while true {
            let found = rest.withLock { rest -> String? in
                guard let end = rest.range(of: "\n\n") else { return nil }
                defer { rest = String(rest[end.upperBound...]) }
                return String(rest[..<end.lowerBound])
            }
            if let found { return found }
            let connection = connection
            let bytes = try await Self.threads.run { try connection.readSome() }
            guard !bytes.isEmpty else { throw Over() }
            rest.withLock { $0 += String(decoding: bytes.filter { $0 != 0x0D }, as: UTF8.self) }
        }
    }

    func next(where fits: (Event) -> Bool) async throws -> Event {
        while true {
            var event = Event()
            var isAny = false
            for line in try await block().split(separator: "\n") {
                if line.hasPrefix("event: ") { event.event = String(line.dropFirst(7)) }
                if line.hasPrefix("id: ") { event.id = String(line.dropFirst(4)) }
                if line.hasPrefix("data: ") {
                    event.data = try JSONValue.parse(Array(line.dropFirst(6).utf8))
                    isAny = true
                }
            }
            if isAny, fits(event) { return event }
        }
    }

    func isOver() async throws -> Bool {
        do {
            while true { _ = try await block() }
        } catch is Over { return true }
    }
}

extension ActivitySubject {
    fileprivate static let none = ActivitySubject(
        "SELECT NULL::text AS text, NULL::bigint AS amount_minor, NULL::text AS currency")
}
