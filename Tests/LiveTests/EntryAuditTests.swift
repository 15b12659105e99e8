import Audit
import Base
import Database
import JSON
import Jobs
import TestSupport
import Testing

@Suite(.tags(.http), .books) struct `The audit log of entries` {
    private func turn(_ app: TestApp) async throws { while try await app.worker.runOnce() {} }

    @Test func `has each change once, with what was there before and after`() async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada")
            let lunch = #"{"amount": 12.5, "transactionDate": "2026-11-02", "merchantName": "Corner"}"#
            let created = try await ada.post("/expenses", lunch)
            let id = try #require(created.data["id"]?.string)
            let changed = try await ada.send("PUT", "/expenses/\(id)", #"{"amount": 20, "version": 1}"#)
            try #require(changed.status == 200, "\(changed.text)")
            _ = try await ada.send("PUT", "/expenses/\(id)", #"{"merchantName": "Bakery", "version": 2}"#)
            #expect(try await ada.send("DELETE", "/expenses/\(id)").status < 300)
            try await turn(app)
            try await turn(app)
            let rows = try await ada.get("/audit-logs?module=expenses&recordId=\(id)").items.reversed().map { $0 }
            try #require(rows.map { $0["action"]?.string } == ["CREATED", "UPDATED", "UPDATED", "DELETED"])
            // As it was made, though it has changed since.
            #expect(rows[0]["newValues"]?["amount_minor"]?.int == 1250)
            #expect(rows[0]["newValues"]?["merchant"]?.string == "Corner")
            #expect(rows[0]["oldValues"]?.isNull == true)
            #expect(rows[1]["oldValues"]?["amount_minor"]?.int == 1250)
            #expect(rows[1]["newValues"]?["amount_minor"]?.int == 2000)
            #expect(rows[2]["changedFields"]?.array?.compactMap(\.string) == ["merchant"])
            #expect(rows[2]["newValues"]?["merchant"]?.string == "Bakery")
            // Whoever asked, from wherever.
            let requests = try await app.database.query(
                "SELECT address, request_id FROM audit.log WHERE module = 'expenses'")
            #expect(try requests.allSatisfy { try $0.get(0, as: String?.self) == "127.0.0.1" })
            #expect(
                Set(try requests.map { try $0.get(1, as: String?.self) }).count == 4, "each was a request of its own")
            for row in rows {
                #expect(row["performedBy"]?.string == "\(ada.user)")
                #expect(row["performedByName"]?.string == "ada@example.org")
                #expect(row["names"]?[row["recordId"]?.string ?? ""]?.string == "Bakery", "as it is called now")
            }
            #expect(try await AuditChain(database: app.database).seal(.recent) == 4)
        }
    }

    @Test func `takes an entry whose notes are longer than the log's limit, and goes on`() async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada")
            let entry = EntryIDs.first
            let long = String(repeating: "é", count: 40_000)
            _ = try await app.database.writer.run(
                """
                INSERT INTO entry_changes (book_id, entry_id, version, action, changed_by, changed_at, changes)
                VALUES (\(ada.book), \(entry), 2, 2, \(ada.user), '2026-11-01 12:00:00+00',
                    jsonb_build_object('notes', jsonb_build_array(\(long), \(long))))
                """)
            _ = try await app.database.writer.run(
                """
                INSERT INTO outbox (name, book_id, user_id, data, occurred_at)
                VALUES ('expense.updated', \(ada.book), \(ada.user), jsonb_build_object('id', \(entry)),
                    '2026-11-01 12:00:00+00'),
                    ('expense.', \(ada.book), NULL, '{"id": "no uuid"}', now()),
                    ('rules.applied!', \(ada.book), \(ada.user), '{"changed": 3}', now())
                """)
            try await turn(app)
            #expect(try await app.count("SELECT count(*) FROM outbox") == 0)
            let rows = try await ada.get("/audit-logs").items
            #expect(Set(rows.compactMap { $0["action"]?.string }) == ["UPDATED", "CHANGED", "APPLIED"])
            let updated = try #require(rows.first { $0["action"]?.string == "UPDATED" })
            #expect(updated["newValues"]?.isNull == true)
            #expect(updated["metadata"]?["valuesLeftOut"]?.bool == true)
            #expect(updated["changedFields"]?.array?.compactMap(\.string) == ["notes"])
        }
    }
}

private enum EntryIDs { static let first = Identifier<EntryIDs>.new() }
