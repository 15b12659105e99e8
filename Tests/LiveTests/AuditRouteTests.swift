import Audit
import Base
import Database
import HTTP
import JSON
import TestSupport
import Testing

@Suite(.tags(.http), .books) struct `Reading the audit log` {
    private func write(_ book: BookID?, _ action: StaticString, record: String, by user: UserID? = nil) async throws {
        try await TestDatabase.current.database.writer.record(
            AuditRecord(
                .init(action), module: "members", record: record, book: book, by: .init(.user, id: user),
                from: .init(address: "192.0.2.1", userAgent: "test", requestID: "r-\(record)"),
                old: {
                    $0.key("role"); $0.string("viewer")
                },
                new: {
                    $0.key("role"); $0.string("admin"); $0.key("since"); $0.int(1)
                }))
    }

    @Test func `shows who did what, old and new, newest first`() async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada")
            try await write(ada.book, "MEMBER_ADDED", record: "1", by: ada.user)
            try await write(ada.book, "MEMBER_CHANGED", record: "2", by: ada.user)
            let answer = try await ada.get("/audit-logs")
            #expect(answer.status == 200)
            #expect(answer.items.map { $0["recordId"]?.string } == ["2", "1"])
            let newest = try #require(answer.items.first)
            #expect(newest["action"]?.string == "MEMBER_CHANGED")
            #expect(newest["performedByName"]?.string == "ada@example.org")
            #expect(newest["oldValues"]?["role"]?.string == "viewer")
            #expect(newest["newValues"]?["role"]?.string == "admin")
            #expect(newest["changedFields"]?.array?.compactMap(\.string) == ["role", "since"])
            #expect(newest["address"]?.string == "192.0.2.1")
            #expect(newest["requestId"]?.string == "r-2")
            #expect(newest["hash"]?.isNull == true)

            try await AuditChain(database: app.database).seal(.recent)
            let id = try #require(newest["id"]?.string)
            let one = try await ada.get("/audit-logs/\(id)")
            #expect(one.data["number"]?.int == 2)
            #expect(one.data["hash"]?.string?.count == 64)
        }
    }

    @Test func `names whom it is about, and nobody whose id was only typed`() async throws {
        try await TestApp.run { app in
            let (ada, ben, zoe) = (
                try await app.person("ada"), try await app.person("ben"), try await app.person("zoe")
            )
            try await write(ada.book, "MEMBER_ROLE_CHANGED", record: "\(ben.user)", by: ada.user)
            let member = try #require(try await ada.get("/audit-logs").items.first)
            #expect(
                member["names"]?["\(ben.user)"]?.string == "ben" && member["names"]?["\(ada.user)"]?.string == "ada")
            let zoes = zoe.user
            for module in ["expenses", "books", "departments"] as [String] {
                try await app.database.writer.record(
                    AuditRecord(
                        .init("CHANGED"), module: module, record: zoes.description, book: ada.book,
                        by: .init(.user, id: ada.user),
                        new: {
                            for name in ["merchant", "name", "userId", "departmentId", "roleId"] {
                                $0.key(name)
                                $0.identifier(zoes)
                            }
                        }))
            }
            let rows = try await ada.get("/audit-logs").items.prefix(3)
            #expect(rows.allSatisfy { $0["names"]?["\(zoes)"] == nil })
        }
    }

    @Test func `is filtered and paged without losing or repeating a row`() async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada")
            for number in 0..<25 {
                try await write(
                    ada.book, number.isMultiple(of: 5) ? "MEMBER_ADDED" : "MEMBER_CHANGED", record: "\(number)",
                    by: number.isMultiple(of: 2) ? ada.user : nil)
            }
            var seen: [String] = []
            var cursor = ""
            repeat {
                let page = try await ada.get("/audit-logs?limit=7\(cursor)")
                #expect(page.status == 200)
                seen += page.items.compactMap { $0["recordId"]?.string }
                cursor = page.nextCursor.map { "&cursor=\($0)" } ?? ""
            } while !cursor.isEmpty
            #expect(seen == (0..<25).reversed().map { "\($0)" })

            func count(_ query: String) async throws -> Int {
                let answer = try await ada.get("/audit-logs?limit=100&\(query)")
                #expect(answer.status == 200, "\(query): \(answer.text)")
                return answer.items.count
            }
            #expect(try await count("action=MEMBER_ADDED") == 5)
            #expect(try await count("recordId=7") == 1)
            #expect(try await count("module=members&actorId=\(ada.user)") == 13)
            #expect(try await count("module=accounts") == 0)
            #expect(try await count("from=2020-01-01&to=2099-12-31") == 25)
            #expect(try await count("to=2020-01-01") == 0)
            #expect(try await count("from=2099-01-01") == 0)
            let wrong = try await ada.get("/audit-logs?actorId=x&from=yesterday&cursor=zz")
            #expect(wrong.status == 400)
            #expect(wrong.problems == ["actorId", "from"])
            #expect(try await ada.get("/audit-logs?cursor=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").status == 400)
        }
    }

    @Test func `is for those who may, of their own book alone`() async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada")
            let max = try await app.person("max")
            try await write(ada.book, "MEMBER_ADDED", record: "1")
            try await write(max.book, "MEMBER_ADDED", record: "2")
            let id = try #require(try await ada.get("/audit-logs").items.first?["id"]?.string)

            let stranger = Person(app: app, user: max.user, book: ada.book)
            #expect(try await stranger.get("/audit-logs").status == 404)
            #expect(try await stranger.get("/audit-logs/\(id)").status == 404)
            // The record of another book is not there for him, though the log of his own is.
            #expect(try await max.get("/audit-logs/\(id)").status == 404)
            #expect(try await max.get("/audit-logs").items.count == 1)

            let member = try await app.add(max, to: ada, as: .viewer)
            #expect(try await member.get("/audit-logs").status == 403)
            #expect(try await member.get("/audit-logs/\(id)").status == 403)
            #expect(try await ada.get("/audit-logs/none").status == 404)
            let anonymous = try await app.client.send("GET", "/api/v1/audit-logs")
            #expect(anonymous.status == 401)
        }
    }

    @Test func `of the server is for administrators, and holds nothing of a book`() async throws {
        try await TestApp.run { app in
            var ada = try await app.person("ada")
            try await write(nil, "LOGIN", record: "server")
            try await write(ada.book, "MEMBER_ADDED", record: "book")
            #expect(try await ada.get("/audit-logs").items.count == 1)
            let refused = try await ada.get("/audit-logs?scope=server")
            #expect(refused.status == 403)
            #expect(refused.code == "INSUFFICIENT_ROLE")
            ada.isAdministrator = true
            let answer = try await ada.get("/audit-logs?scope=server")
            #expect(answer.items.map { $0["recordId"]?.string } == ["server"])
        }
    }
}
