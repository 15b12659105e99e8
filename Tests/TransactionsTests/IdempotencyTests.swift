import Database
import HTTP
import JSON
import TestSupport
import Testing

@Suite(.tags(.http), .books) struct `An Idempotency-Key` {
    private func create(
        _ person: Person, _ key: String, _ body: String = #"{"amount":1}"#, _ path: String = "/expenses"
    ) async throws -> Answer {
        try await person.post(path, body, fields: [("Idempotency-Key", key)])
    }

    @Test func `makes a repeat give the first answer, and nothing more`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let first = try await create(ada, "k1")
            let again = try await create(ada, "k1")
            #expect(first.status == 201 && again.status == 201 && first.body == again.body)
            #expect(again["idempotency-replayed"] == "true" && first["idempotency-replayed"] == nil)
            #expect(try await create(ada, "k2").data.written("id") != first.data.written("id"))
            #expect(try await app.count("SELECT count(*) FROM entries") == 2)
            #expect(try await app.count("SELECT count(*) FROM outbox WHERE name = 'expense.created'") == 2)
            try await app.expectTotalsToAgree()
        }
    }

    @Test func `is refused for another request`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            _ = try await create(ada, "k")
            for other in [
                try await create(ada, "k", #"{"amount":2}"#), try await create(ada, "k", #"{"amount":1}"#, "/incomes"),
            ] {
                #expect(other.status == 422 && other.code == "IDEMPOTENCY_KEY_REUSED")
            }
            #expect(try await app.count("SELECT count(*) FROM entries") == 1)
        }
    }

    @Test func `is each person's own`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let zoe = try await app.person("zoe")
            #expect(try await create(ada, "k").data.written("id") != create(zoe, "k").data.written("id"))
            #expect(try await app.count("SELECT count(*) FROM entries") == 2)
        }
    }

    @Test func `used by twenty at once makes one entry`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<20 { group.addTask { try await create(ada, "same") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let ids = Set(answers.filter { $0.status == 201 }.compactMap { $0.data.written("id") })
            #expect(ids.count == 1)
            #expect(answers.allSatisfy { $0.status == 201 || $0.code == "IDEMPOTENCY_KEY_IN_USE" })
            #expect(try await app.count("SELECT count(*) FROM entries") == 1)
        }
    }

    @Test func `is free again after a refusal`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            #expect(try await create(ada, "k", #"{"amount":1,"categoryId":"nothing"}"#).status == 400)
            #expect(try await create(ada, "k").status == 201)
        }
    }

    @Test func `has 1 to 255 characters`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            #expect(try await create(ada, String(repeating: "k", count: 255)).status == 201)
            let long = try await create(ada, String(repeating: "k", count: 256))
            #expect(long.status == 400 && long.code == "IDEMPOTENCY_KEY_INVALID")
        }
    }
}
