import Base
import Books
import Database
import HTTP
import JSON
import TestSupport
import Testing

@testable import Transactions

/// Entries of an organisation's departments. Each entry's amount is a power of two, so a sum tells which entries are in it.
@Suite(.tags(.http), .books) struct `A role's scope` {
    /// Ada owns it and sees all. Head: finance and what is below; Clerk: own, in finance; Hugo: own, in HR; Lena: a head
    /// without a department.
    private struct Acme {
        let app: TestApp
        let ada, head, clerk, hugo, lena: Person
        let finance, treasury, hr: String
        /// By amount: who records it, and its department.
        var entries: [Int: (id: String, by: Person, department: String?)] = [:]

        init(_ app: TestApp) async throws {
            self.app = app
            ada = try await app.household(try await app.ada, "Acme", kind: "organization")
            let departments = try await ada.get("/departments").items
            func id(_ slug: String) throws -> String {
                try #require(departments.first { $0.written("slug") == slug }?.written("id"))
            }
            (finance, hr) = (try id("finance"), try id("hr"))
            let made = try await ada.post("/departments", #"{"name":"Treasury","parentId":"\#(finance)"}"#)
            treasury = try #require(made.data.written("id"), "\(made.text)")
            head = try await Self.member(app, ada, "head", "Department head", finance)
            clerk = try await Self.member(app, ada, "clerk", "Staff", finance)
            hugo = try await Self.member(app, ada, "hugo", "Staff", hr)
            lena = try await Self.member(app, ada, "lena", "Department head", nil)
            for (amount, person, department) in [
                (1, ada, nil), (2, ada, "finance"), (4, ada, treasury), (8, ada, "HR"), (16, head, nil),
                (32, clerk, nil),
                (64, hugo, nil), (128, lena, nil), (256, head, treasury),
            ] as [(Int, Person, String?)] {
                let named = department.map { #","departmentId":"\#($0)""# } ?? ""
                let body = #"{"amount":\#(amount),"merchantName":"Shop \#(amount)","category":"groceries"\#(named)}"#
                let answer = try await person.post("/expenses", body)
                #expect(answer.status == 201, "\(amount): \(answer.text)")
                entries[amount] = (
                    try #require(answer.data.written("id")), person, answer.data.written("departmentId")
                )
            }
        }

        private static func member(
            _ app: TestApp, _ ada: Person, _ name: String, _ role: String, _ department: String?
        ) async throws -> Person {
            let person = try await app.add(try await app.person(name), to: ada, as: .viewer)
            let roles = try await ada.get("/roles").items
            let id = try #require(roles.first { $0.written("name") == role }?.written("id"))
            let place = department.map { #","departmentId":"\#($0)""# } ?? ""
            let set = try await ada.send(
                "PATCH", "/books/\(ada.book)/members/\(person.user)", #"{"roleId":"\#(id)"\#(place)}"#)
            #expect(set.status == 200, "\(set.text)")
            return person
        }

        var everybody: [(name: String, person: Person, sees: Int)] {
            [
                ("ada", ada, 511), ("head", head, 2 + 4 + 16 + 32 + 256), ("clerk", clerk, 32), ("hugo", hugo, 64),
                ("lena", lena, 128),
            ]
        }
    }

    private static func amounts(_ items: [JSONValue]) -> Int {
        items.reduce(0) { $0 + (Int(($1.written("amount") ?? "").split(separator: ".")[0]) ?? 0) }
    }

    private static func whole(_ text: String?) -> Int? { text.flatMap { Int($0.split(separator: ".")[0]) } }

    @Test func `shows in every list, search, sum and file what it reaches, and nothing else`() async throws {
        try await TestApp.run { app in
            let acme = try await Acme(app)
            #expect(acme.entries[32]?.department == acme.finance, "one's own department, where none is named")
            #expect(acme.entries[1]?.department == nil && acme.entries[128]?.department == nil)
            for (name, person, sees) in acme.everybody {
                for path in [
                    "/expenses?limit=100", "/entries?limit=100", "/entries/search?q=shop&limit=100",
                    "/categories/groceries/expenses?limit=100", "/expenses?limit=100&sort=amount",
                    "/expenses?page=1&limit=100",
                ] {
                    #expect(Self.amounts(try await person.get(path).items) == sees, "\(name): \(path)")
                }
                let count = sees.nonzeroBitCount
                let page = try await person.get("/expenses?page=1&limit=1")
                #expect(Self.whole(page.json["meta"]?.written("total")) == count, "\(name): \(page.text)")
                for (path, field) in [
                    ("/entries/stats", "total"), ("/analytics/spending-by-category", "total"),
                    ("/analytics/top-merchants", "total"), ("/categories/groceries/stats", "total"),
                ] {
                    let answer = try await person.get(path)
                    #expect(Self.whole(answer.data.written(field)) == sees, "\(name), \(path): \(answer.text)")
                }
                let overview = try await person.get("/analytics/overview").data
                #expect(Self.whole(overview.written("totalExpenses")) == sees, "\(name): \(overview)")
                let dashboard = try await person.get("/analytics/dashboard").data
                #expect(Self.whole(dashboard["totals"]?.written("expenses")) == sees, "\(name)")
                #expect(Self.whole(dashboard["balanceToDate"]?.written("expenses")) == sees, "\(name)")
                #expect(Self.amounts(dashboard["recent"]?.array ?? []) == sees, "\(name)")
                #expect(Self.amounts(dashboard["byCategory"]?.array ?? []) == sees, "\(name)")
                let trends = try await person.get("/analytics/trends").data
                let spent = (trends["months"]?.array ?? []).reduce(0) { $0 + (Self.whole($1.written("expenses")) ?? 0) }
                #expect(spent == sees, "\(name): \(trends)")
                let merchants = try await person.get("/entries/suggestions?field=merchant&limit=50").items
                #expect(
                    Set(merchants.compactMap { $0.written("value") })
                        == Set((0..<9).map { 1 << $0 }.filter { sees & $0 != 0 }.map { "Shop \($0)" }), "\(name)")
                let tree = try await person.get("/categories/tree").items
                let entries = tree.reduce(0) { $0 + ($1["entryCount"]?.int ?? 0) }
                #expect(entries == count, "\(name): \(entries)")
                let file = try await person.get("/expenses/export").text
                for amount in (0..<9).map({ 1 << $0 }) {
                    #expect(file.contains("Shop \(amount),") == (sees & amount != 0), "\(name), \(amount): \(file)")
                }
            }
            try await app.expectTotalsToAgree()
        }
    }

    @Test func `lets one open and change what it reaches; the rest is not there`() async throws {
        try await TestApp.run { app in
            let acme = try await Acme(app)
            for (name, person, sees) in acme.everybody {
                for (amount, entry) in acme.entries {
                    let path = "/expenses/\(entry.id)"
                    let isThere = sees & amount != 0
                    #expect(try await person.get(path).status == (isThere ? 200 : 404), "\(name), \(amount)")
                    let copy = try await person.post(path + "/duplicate", #"{"amount":0.01}"#)
                    #expect(copy.status == (isThere ? 201 : 404), "\(name), \(amount): \(copy.text)")
                    if isThere {
                        let id = copy.data.written("id") ?? ""
                        #expect(try await person.send("DELETE", "/expenses/\(id)").status == 204)
                        #expect(try await person.send("PATCH", "/expenses/\(id)/restore").status == 200)
                        #expect(try await acme.ada.send("DELETE", "/expenses/\(id)").status == 204)
                    }
                    let changed = try await person.put(path, #"{"notes":"seen by \#(name)","version":99}"#)
                    #expect(
                        changed.code == (isThere ? "STALE_VERSION" : "NOT_FOUND"), "\(name), \(amount): \(changed.text)"
                    )
                    if !isThere {
                        #expect(try await person.send("DELETE", path).status == 404, "\(name), \(amount)")
                        #expect(try await person.send("PATCH", path + "/restore").status == 404)
                        #expect(try await person.post("/expenses/\(entry.id)/not-duplicate", "{}").status == 404)
                    }
                }
                let ids = acme.entries.values.map { "\"\($0.id)\"" }.joined(separator: ",")
                let bulk = try await person.put("/expenses/bulk", #"{"ids":[\#(ids)],"changes":{"status":"pending"}}"#)
                #expect(bulk.data["updated"]?.int == sees.nonzeroBitCount, "\(name): \(bulk.text)")
                let reasons = (bulk.data["results"]?.array ?? []).compactMap { $0["error"]?.written("code") }
                #expect(Set(reasons).isSubset(of: ["NOT_FOUND"]), "\(name): \(reasons)")
            }
        }
    }

    @Test func `bounds which department an entry is given`() async throws {
        try await TestApp.run { app in
            var acme = try await Acme(app)
            func change(_ person: Person, _ amount: Int, _ department: String, version: Int = 1) async throws -> Answer
            {
                try await person.put(
                    "/expenses/\(acme.entries[amount]?.id ?? "")",
                    #"{"departmentId":\#(department),"version":\#(version)}"#)
            }
            #expect(try await change(acme.ada, 1, #""nowhere""#).problems == ["departmentId"])
            #expect(try await change(acme.ada, 1, #""\#(DepartmentID.new())""#).problems == ["departmentId"])
            #expect(try await change(acme.head, 16, #""hr""#).code == "OUT_OF_DEPARTMENT")
            #expect(try await change(acme.head, 16, "null").code == "OUT_OF_DEPARTMENT")
            #expect(try await change(acme.head, 16, #""treasury""#).data.written("departmentId") == acme.treasury)
            #expect(try await change(acme.clerk, 32, #""treasury""#).code == "OUT_OF_DEPARTMENT")
            #expect(try await change(acme.clerk, 32, #""finance""#).status == 200, "the one it has")
            let other = try await acme.hugo.post("/expenses", #"{"amount":1,"departmentId":"finance"}"#)
            #expect(other.code == "OUT_OF_DEPARTMENT", "\(other.text)")
            let many = try await acme.hugo.post(
                "/expenses/bulk",
                #"{"items":[{"amount":1,"departmentId":"finance"},{"amount":1},{"amount":1,"departmentId":"x"}]}"#)
            let codes = (many.data["results"]?.array ?? []).map { $0["error"]?.written("code") }
            #expect(codes == ["OUT_OF_DEPARTMENT", nil, "VALIDATION_ERROR"], "\(many.text)")
            let made = try await acme.hugo.get("/expenses?department=hr&maxAmount=1").items
            #expect(made.count == 1 && made.first?.written("departmentId") == acme.hr)
            // The owner moves what is HR's to finance: its head sees it from then on, and the history tells.
            let moved = try await acme.ada.put(
                "/expenses/bulk", #"{"ids":["\#(acme.entries[8]?.id ?? "")"],"changes":{"departmentId":"finance"}}"#)
            #expect(moved.data["updated"]?.int == 1, "\(moved.text)")
            let seen = try await acme.head.get("/expenses/\(acme.entries[8]?.id ?? "")").data
            #expect(seen.written("departmentId") == acme.finance)
            let told = seen["history"]?.array?.first?["changes"]?.array?.first
            #expect(
                told?.written("field") == "department" && told?.written("from") == "HR"
                    && told?.written("to") == "Finance")
            for (filter, amounts) in [
                ("finance", 2 + 32 + 8), ("none", 1 + 128), (acme.treasury, 4 + 16 + 256), ("nowhere", 0),
            ] {
                let found =
                    try await acme.ada.get("/expenses?minAmount=1.01&limit=100&department=\(filter)").items
                    + (try await acme.ada.get("/expenses?merchant=Shop%201&maxAmount=1&department=\(filter)").items)
                #expect(Self.amounts(found) == amounts, "\(filter): \(Self.amounts(found))")
            }
            // A department with entries stays, also when nobody is in it.
            let gone = try await acme.ada.send("DELETE", "/departments/treasury")
            #expect(gone.code == "IN_USE", "\(gone.text)")
            acme.entries = [:]
        }
    }

    @Test func `goes with a copy as far as it is within reach`() async throws {
        try await TestApp.run { app in
            let acme = try await Acme(app)
            func copy(_ person: Person, _ amount: Int, _ body: String = "{}") async throws -> Answer {
                try await person.post("/expenses/\(acme.entries[amount]?.id ?? "")/duplicate", body)
            }
            func department(_ person: Person, _ amount: Int, _ body: String = "{}") async throws -> String? {
                let answer = try await copy(person, amount, body)
                #expect(answer.status == 201, "\(amount) \(body): \(answer.text)")
                return answer.data.written("departmentId")
            }
            #expect(try await department(acme.ada, 4) == acme.treasury)
            #expect(try await department(acme.ada, 1) == nil)
            #expect(try await department(acme.ada, 4, #"{"departmentId":"hr"}"#) == acme.hr)
            #expect(try await department(acme.ada, 4, #"{"departmentId":null}"#) == nil)
            #expect(try await copy(acme.ada, 4, #"{"departmentId":"x"}"#).problems == ["departmentId"])
            #expect(try await department(acme.head, 4) == acme.treasury, "below their own")
            #expect(try await department(acme.head, 32) == acme.finance)
            // Moved out of their reach, what they have recorded stays in their sight; a copy is of their own again.
            let ids = [16, 32, 128].map { "\"\(acme.entries[$0]?.id ?? "")\"" }.joined(separator: ",")
            let moved = try await acme.ada.put(
                "/expenses/bulk", #"{"ids":[\#(ids)],"changes":{"departmentId":"hr"}}"#)
            #expect(moved.data["updated"]?.int == 3, "\(moved.text)")
            #expect(try await department(acme.head, 16) == acme.finance)
            #expect(try await department(acme.head, 16, #"{"departmentId":"treasury"}"#) == acme.treasury)
            #expect(try await copy(acme.head, 16, #"{"departmentId":"hr"}"#).code == "OUT_OF_DEPARTMENT")
            #expect(try await department(acme.clerk, 32) == acme.finance)
            #expect(try await department(acme.lena, 128) == nil)
            #expect(try await department(acme.ada, 16) == acme.hr)
        }
    }

    @Test func `is what a creation or a change of many names, and stays where nothing is said`() async throws {
        try await TestApp.run { app in
            let acme = try await Acme(app)
            func made(_ person: Person, _ items: String) async throws -> [String?] {
                let answer = try await person.post("/expenses/bulk", #"{"items":[\#(items)]}"#)
                #expect(answer.status == 201, "\(answer.text)")
                var departments: [String?] = []
                for result in answer.data["results"]?.array ?? [] {
                    departments.append(
                        try await person.get("/expenses/\(result.written("id") ?? "")").data.written("departmentId"))
                }
                return departments
            }
            let forms =
                #"{"amount":0.1},{"amount":0.1,"departmentId":"Treasury"},{"amount":0.1,"department":"\#(acme.hr)"},{"amount":0.1,"departmentId":null},{"amount":0.1,"departmentId":""}"#
            #expect(try await made(acme.ada, forms) == [nil, acme.treasury, acme.hr, nil, nil])
            #expect(
                try await made(
                    acme.clerk,
                    #"{"amount":0.1},{"amount":0.1,"departmentId":"finance"},{"amount":0.1,"departmentId":null}"#)
                    == [acme.finance, acme.finance, nil])
            let atomic = try await acme.head.post(
                "/expenses/bulk", #"{"atomic":true,"items":[{"amount":7000},{"amount":7000,"departmentId":"x"}]}"#)
            #expect(atomic.status == 400 && atomic.problems == ["items[1].departmentId"], "\(atomic.text)")
            #expect(try await acme.ada.get("/expenses?minAmount=7000").items.isEmpty)

            func many(_ person: Person, _ amounts: [Int], _ changes: String) async throws -> Answer {
                let ids = amounts.map { "\"\(acme.entries[$0]?.id ?? "")\"" }.joined(separator: ",")
                return try await person.put("/expenses/bulk", #"{"ids":[\#(ids)],"changes":\#(changes)}"#)
            }
            func departments(_ amounts: [Int]) async throws -> [String?] {
                var found: [String?] = []
                for amount in amounts {
                    found.append(
                        try await acme.ada.get("/expenses/\(acme.entries[amount]?.id ?? "")").data.written(
                            "departmentId"))
                }
                return found
            }
            for (changes, code) in [
                (#"{"departmentId":null}"#, "OUT_OF_DEPARTMENT"), (#"{"departmentId":"hr"}"#, "OUT_OF_DEPARTMENT"),
                (#"{"departmentId":"nowhere"}"#, "VALIDATION_ERROR"),
            ] {
                #expect(try await many(acme.head, [2, 16], changes).code == code, "\(changes)")
            }
            #expect(try await departments([2, 16, 8]) == [acme.finance, acme.finance, acme.hr])
            let some = try await many(acme.head, [2, 16, 8], #"{"departmentId":"treasury"}"#)
            #expect(some.data["updated"]?.int == 2 && some.data["failed"]?.int == 1, "\(some.text)")
            #expect(try await departments([2, 16, 8]) == [acme.treasury, acme.treasury, acme.hr])
            #expect(try await many(acme.ada, [2, 8], #"{"categoryId":"travel"}"#).data["updated"]?.int == 2)
            let one = try await acme.ada.put(
                "/expenses/\(acme.entries[16]?.id ?? "")", #"{"notes":"changed","version":2}"#)
            #expect(one.status == 200, "\(one.text)")
            #expect(
                try await departments([2, 16, 8]) == [acme.treasury, acme.treasury, acme.hr], "nothing was said of it")
            #expect(try await many(acme.ada, [2, 16, 8], #"{"departmentId":null}"#).data["updated"]?.int == 3)
            #expect(try await departments([2, 16, 8]) == [nil, nil, nil])
            try await app.expectTotalsToAgree()
        }
    }

    @Test(arguments: [true, false]) func `is not given to an entry while it is being deleted`(isNew: Bool) async throws
    {
        try await TestApp.run { app in
            let acme = try await Acme(app)
            let id = acme.entries[1]?.id ?? ""
            let answer = try await app.database.transaction { transaction in
                _ = try await transaction.query("SELECT FROM books WHERE id = \(acme.ada.book) FOR UPDATE")
                let slug = "operations"
                _ = try await transaction.query(
                    "DELETE FROM departments WHERE book_id = \(acme.ada.book) AND slug = \(slug)")
                let answer = Task {
                    isNew
                        ? try await acme.ada.post("/expenses", #"{"amount":1,"departmentId":"operations"}"#)
                        : try await acme.ada.put("/expenses/\(id)", #"{"departmentId":"operations","version":1}"#)
                }
                // It has read that there is such a department, and waits.
                try await Task.sleep(for: .milliseconds(300))
                return answer
            }
            let refused = try await answer.value
            #expect(refused.problems == ["departmentId"], "\(refused.text)")
            #expect(
                try await app.count(
                    """
                    SELECT count(*) FROM entries e WHERE department_id IS NOT NULL
                        AND NOT EXISTS (SELECT FROM departments d WHERE d.book_id = e.book_id AND d.id = e.department_id)
                    """) == 0)
        }
    }

    @Test func `refuses what shows the whole book, and follows a member who moves`() async throws {
        try await TestApp.run { app in
            let acme = try await Acme(app)
            for path in ["/imports", "/rules", "/import-profiles"] {
                #expect(try await acme.ada.get(path).status == 200, "\(path)")
                #expect(try await acme.head.get(path).code == "INSUFFICIENT_PERMISSIONS", "\(path)")
            }
            for (permissions, isTaken) in [
                (#""entry:view","report:view","entry:edit""#, true), (#""entry:view","import:run""#, false),
                (#""audit:read""#, false), (#""rule:manage""#, false),
            ] {
                let made = try await acme.ada.post(
                    "/roles", #"{"name":"\#(permissions.count)","permissions":[\#(permissions)],"scope":"department"}"#)
                #expect(made.status == (isTaken ? 201 : 400), "\(permissions): \(made.text)")
            }
            let summary = try #require(try await acme.head.get("/books").items.first { $0.written("name") == "Acme" })
            #expect(summary.written("scope") == "department" && summary.written("departmentId") == acme.finance)
            #expect(summary["permissions"]?.array?.contains { $0.string == "entry:edit" } == true)
            let path = "/books/\(acme.ada.book)/members/\(acme.head.user)"
            #expect(try await acme.ada.send("PATCH", path, #"{"departmentId":"\#(acme.hr)"}"#).status == 200)
            let now = Self.amounts(try await acme.head.get("/expenses?limit=100").items)
            #expect(now == 8 + 16 + 64 + 256, "HR's, and what they have recorded: \(now)")
            // A department that is moved below another is seen by its head from then on.
            let version = try await acme.ada.get("/departments/finance").data["version"]?.int ?? 0
            let below = try await acme.ada.put(
                "/departments/finance", #"{"parentId":"\#(acme.hr)","version":\#(version)}"#)
            #expect(below.status == 200, "\(below.text)")
            #expect(Self.amounts(try await acme.head.get("/expenses?limit=100").items) == 511 - 1 - 128)
            #expect(try await acme.ada.send("PATCH", path, #"{"role":"viewer"}"#).status == 200)
            #expect(Self.amounts(try await acme.head.get("/expenses?limit=100").items) == 511, "a viewer sees all")
        }
    }
}
