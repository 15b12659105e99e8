import Base
import Database
import HTTP
import JSON
import TestSupport
import Testing

@testable import Transactions

/// Statements of an organisation, of which Ada is the owner.
@Suite(.tags(.http), .books) struct `An import into a department` {
    private struct Acme {
        let ada: Person
        let finance, hr: String

        init(_ app: TestApp, owner: String = "ada") async throws {
            ada = try await app.household(try await app.person(owner), "Acme", kind: "organization")
            let departments = try await ada.get("/departments").items
            func id(_ slug: String) throws -> String {
                try #require(departments.first { $0.written("slug") == slug }?.written("id"))
            }
            (finance, hr) = (try id("finance"), try id("hr"))
        }

        /// The amounts of what is of a department, or of none, together.
        func sum(_ department: String) async throws -> Int {
            try await ada.everyEntry("/entries?limit=100&department=\(department)").reduce(0) {
                $0 + (Int(($1.written("amount") ?? "").prefix { $0 != "." }) ?? 0)
            }
        }
    }

    /// One line for each amount, each on a day of its own.
    private static func csv(_ amounts: Int...) -> String {
        "Date,Payee,Amount\n"
            + amounts.map { "\(day("2026-01-01").adding(days: $0 % 300)),Payee \($0),-\($0).00\n" }.joined()
    }

    @Test func `gives it to all that it brings, and none where none is named`() async throws {
        try await TestApp.run { app in
            let acme = try await Acme(app)
            let ada = acme.ada
            // Her own department is not that of a statement.
            let place = try await ada.send(
                "PATCH", "/books/\(ada.book)/members/\(ada.user)", #"{"departmentId":"\#(acme.hr)"}"#)
            #expect(place.status == 200, "\(place.text)")
            _ = try await ada.post("/expenses", #"{"amount":1,"departmentId":null}"#)
            let gifts = try await ada.get("/categories/gifts").data.written("id") ?? ""
            let rule = try await ada.post(
                "/rules",
                #"{"name":"n","conditions":{"items":[{"field":"merchant","op":"is","value":"Payee 4"}]},"actions":{"split":[{"categoryId":"\#(gifts)","percent":50},{"categoryId":"\#(gifts)","rest":true}]}}"#
            )
            #expect(rule.status == 201, "\(rule.text)")
            for (query, amounts, id, name) in [
                ("?department=finance", [2, 4], acme.finance, "Finance"),
                ("?department=\(acme.finance)&filename=x.csv", [8], acme.finance, "Finance"),
                ("?department=HR", [16], acme.hr, "HR"), ("", [32], nil, nil), ("?department=", [64], nil, nil),
            ] as [(String, [Int], String?, String?)] {
                let answer = try await ada.upload(
                    "Date,Payee,Amount\n" + amounts.map { "2026-03-01,Payee \($0),-\($0).00\n" }.joined(), query)
                #expect(answer.status == 201 && answer.data["imported"]?.int == amounts.count, "\(answer.text)")
                #expect(answer.data.written("departmentId") == id && answer.data.written("departmentName") == name)
            }
            #expect(try await acme.sum("finance") == 2 + 4 + 8)
            #expect(try await acme.sum("hr") == 16)
            #expect(try await acme.sum("none") == 1 + 32 + 64)
            #expect(
                try await app.count(
                    "SELECT count(*) FROM entries WHERE split_of IS NOT NULL AND department_id = \(DepartmentID(acme.finance))"
                ) == 1, "the second part of a split")
            let list = try await ada.get("/imports").items
            #expect(list.map { $0.written("departmentName") } == [nil, nil, "HR", "Finance", "Finance"])
            let one = try await ada.get("/imports/\(list[2].written("id") ?? "")").data
            #expect(one.written("departmentId") == acme.hr && one.written("departmentName") == "HR")
            try await app.expectTotalsToAgree()
        }
    }

    @Test func `gives it to every line of a file of many pieces`() async throws {
        try await TestApp.run { app in
            let acme = try await Acme(app)
            let lines = (0..<20_000).map { "2026-0\($0 % 9 + 1)-11,Shop \($0 % 50),-\($0 % 70 + 1).00\n" }
            let answer = try await acme.ada.upload("Date,Payee,Amount\n" + lines.joined(), "?department=hr")
            #expect(answer.data["imported"]?.int == 20_000, "\(answer.text.prefix(300))")
            #expect(
                try await app.count("SELECT count(*) FROM entries WHERE department_id = \(DepartmentID(acme.hr))")
                    == 20_000)
            try await app.expectTotalsToAgree()
        }
    }

    @Test func `that is not there is refused before the file is looked at`() async throws {
        try await TestApp.run { app in
            let acme = try await Acme(app)
            let other = try await Acme(app, owner: "olga")
            // What is sent is no statement: that would be the refusal if it were read.
            for department in [
                "nowhere", "\(DepartmentID.new())", other.hr, "none", String(repeating: "x", count: 101),
            ] {
                for dry in ["", "&dryRun=true"] {
                    let answer = try await acme.ada.upload("hello", "?department=\(department)\(dry)")
                    #expect(answer.status == 400 && answer.problems == ["department"], "\(department): \(answer.text)")
                }
            }
            let home = try await app.household(try await app.person("zoe"))
            for book in [home, try await app.person("paul")] {
                for department in ["finance", acme.finance] {
                    let answer = try await book.upload("hello", "?department=\(department)")
                    #expect(answer.status == 400 && answer.problems == ["department"], "\(answer.text)")
                    #expect(answer.text.contains("This book has no departments"), "\(answer.text)")
                }
                #expect(try await book.upload(Self.csv(1), "?department=").status == 201, "none is named")
            }
            #expect(try await acme.ada.upload(Self.csv(1), "?department=hr&dryRun=true").status == 200)
            #expect(try await acme.ada.everyEntry().isEmpty)
            let stranger = try await app.person("sven")
            let asked = try await stranger.send(
                "POST", "/imports?department=hr", bytes: Array(Self.csv(1).utf8),
                fields: [("Content-Type", "text/csv"), ("X-Book", "\(acme.ada.book)")])
            #expect(asked.status == 404)
        }
    }

    @Test func `does not change what is there already`() async throws {
        try await TestApp.run { app in
            let acme = try await Acme(app)
            let ada = acme.ada
            let first = try await ada.upload(Self.csv(1, 2, 4), "?department=finance")
            for query in ["?department=hr", "", "?department=finance"] {
                let again = try await ada.upload(Self.csv(1, 2, 4), query)
                #expect(
                    again.data["imported"]?.int == 0 && again.data["duplicates"]?.int == 3, "\(query): \(again.text)")
            }
            let more = try await ada.upload(Self.csv(1, 2, 4, 8), "?department=hr")
            #expect(more.data["imported"]?.int == 1 && more.data["duplicates"]?.int == 3, "\(more.text)")
            #expect(try await acme.sum("finance") == 7)
            #expect(try await acme.sum("hr") == 8)
            // Taken back, it can go to another one.
            let undone = try await ada.send("DELETE", "/imports/\(first.data.written("id") ?? "")")
            #expect(undone.data["removed"]?.int == 3, "\(undone.text)")
            #expect(try await ada.upload(Self.csv(1, 2, 4), "?department=hr").data["imported"]?.int == 3)
            #expect(try await acme.sum("hr") == 15)
            try await app.expectTotalsToAgree()
        }
    }

    @Test func `is refused when the department goes in the meantime`() async throws {
        try await TestApp.run { app in
            let acme = try await Acme(app)
            let answer = try await app.database.transaction { transaction in
                _ = try await transaction.query("SELECT FROM books WHERE id = \(acme.ada.book) FOR UPDATE")
                _ = try await transaction.query(
                    "DELETE FROM departments WHERE book_id = \(acme.ada.book) AND slug = 'hr'")
                let answer = Task { try await acme.ada.upload(Self.csv(1, 2), "?department=hr") }
                // It has read that there is such a department, and waits for the book.
                try await Task.sleep(for: .milliseconds(300))
                return answer
            }
            let refused = try await answer.value
            #expect(refused.status == 400 && refused.problems == ["department"], "\(refused.text)")
            #expect(try await app.count("SELECT count(*) FROM imports") == 0)
            #expect(try await acme.ada.everyEntry().isEmpty)
        }
    }

    @Test func `keeps the department, and is listed also when that is gone`() async throws {
        try await TestApp.run { app in
            let acme = try await Acme(app)
            let ada = acme.ada
            let id = try await ada.upload(Self.csv(1), "?department=hr").data.written("id") ?? ""
            #expect(try await ada.send("DELETE", "/departments/hr").code == "IN_USE")
            // Of an import that brought nothing no entry remains.
            #expect(try await ada.upload(Self.csv(1), "?department=operations").data["duplicates"]?.int == 1)
            #expect(try await ada.send("DELETE", "/departments/operations").status == 204)
            let list = try await ada.get("/imports").items
            #expect(list.map { $0.written("departmentName") } == [nil, "HR"])
            #expect(try await ada.get("/imports/\(id)").data.written("departmentName") == "HR")
        }
    }

    @Test func `is for those whose role reaches the whole book`() async throws {
        try await TestApp.run { app in
            let acme = try await Acme(app)
            let head = try await app.add(try await app.person("head"), to: acme.ada, as: .viewer)
            let roles = try await acme.ada.get("/roles").items
            let role = try #require(roles.first { $0.written("name") == "Department head" }?.written("id"))
            let set = try await acme.ada.send(
                "PATCH", "/books/\(acme.ada.book)/members/\(head.user)",
                #"{"roleId":"\#(role)","departmentId":"\#(acme.finance)"}"#)
            #expect(set.status == 200, "\(set.text)")
            _ = try await acme.ada.upload(Self.csv(1), "?department=hr")
            // Whether a line is there already would tell of entries that they do not see.
            for query in ["?department=finance", "?department=finance&dryRun=true", ""] {
                let answer = try await head.upload(Self.csv(1), query)
                #expect(answer.status == 403 && answer.code == "INSUFFICIENT_PERMISSIONS", "\(query): \(answer.text)")
            }
            let viewer = try await app.add(try await app.person("vera"), to: acme.ada, as: .viewer)
            #expect(try await viewer.upload(Self.csv(2), "?department=finance").status == 403)
            let member = try await app.add(try await app.person("mona"), to: acme.ada, as: .member)
            #expect(try await member.upload(Self.csv(2), "?department=finance").status == 201)
        }
    }
}
