import Database
import TestSupport
import Testing

@Suite(.database, .timeLimit(.minutes(10))) struct `Listening` {
    let database = TestDatabase.current.database

    private func next(_ iterator: inout AsyncStream<Notification>.Iterator) async -> Notification? {
        await iterator.next(isolation: nil)
    }

    @Test func `hears what is notified`() async throws {
        var first = database.listen("jobs \"quoted\"").makeAsyncIterator()
        var second = database.listen("other").makeAsyncIterator()
        #expect(await next(&first)?.isGap == true)
        #expect(await next(&second)?.isGap == true)
        database.notify("jobs \"quoted\"", "one")
        #expect(await next(&first) == Notification(channel: "jobs \"quoted\"", payload: "one"))
        try await database.write("SELECT pg_notify('other', 'two')")
        #expect(await next(&second) == Notification(channel: "other", payload: "two"))
    }

    @Test func `hears the same said often once or a few times`() async throws {
        var stream = database.listen("jobs").makeAsyncIterator()
        #expect(await next(&stream)?.isGap == true)
        let database = self.database
        try await TestDatabase.current.onLoop { for _ in 0..<1000 { database.notify("jobs", "same") } }
        try await Task.sleep(for: .milliseconds(100))
        database.notify("jobs", "last")
        var heard = 0
        while await next(&stream)?.payload == "same" { heard += 1 }
        #expect((1...10).contains(heard))
    }

    @Test func `goes on after a lost connection`() async throws {
        var stream = database.listen("jobs").makeAsyncIterator()
        #expect(await next(&stream)?.isGap == true)
        for round in 0..<3 {
            try await Maintenance.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(TestDatabase.current.name)'",
                url: try await TestCluster.cluster().superuserConnectionString())
            #expect(await next(&stream)?.isGap == true)
            database.notify("jobs", "\(round)")
            #expect(await next(&stream)?.payload == "\(round)")
        }
    }

    @Test func `tells a reader that fell behind of the gap, before anything later`() async throws {
        let stream = database.listen("jobs")
        var iterator = stream.makeAsyncIterator()
        #expect(await next(&iterator)?.isGap == true)
        try await database.write("SELECT pg_notify('jobs', n::text) FROM generate_series(1, 1500) n")
        var other = database.listen("other").makeAsyncIterator()
        #expect(await next(&other)?.isGap == true)
        try await Task.sleep(for: .milliseconds(300))
        for number in 1...1024 { #expect(await next(&iterator)?.payload == "\(number)") }
        // Nothing else is said: the gap comes by itself.
        #expect(await next(&iterator)?.isGap == true)
        try await database.write("SELECT pg_notify('jobs', 'later')")
        #expect(await next(&iterator)?.payload == "later")
    }

    @Test func `ends with the database`() async throws {
        let other = try await Database.connect(
            DatabaseConfiguration(url: TestDatabase.current.url), loops: TestDatabase.current.loops)
        var stream = other.listen("jobs").makeAsyncIterator()
        #expect(await next(&stream)?.isGap == true)
        await other.close()
        #expect(await next(&stream) == nil)
    }
}
