import Base
import Foundation
import JSON
import TestSupport
import Testing

@testable import purser

@Suite(.tags(.slow), .serialized) struct `The demo` {
    @Test func `is the same on every machine, and a later day only adds to it`() throws {
        let currency = try #require(Currency("EUR"))
        func statement(_ day: String) throws -> DemoStatement {
            DemoStatement(lastDay: try #require(CalendarDate(iso: day)), months: 36, currency: currency)
        }
        let (earlier, later) = (try statement("2026-11-12"), try statement("2026-12-03"))
        let day = try #require(CalendarDate(iso: "2026-11-12"))
        #expect(earlier.csv == (try statement("2026-11-12").csv))
        func key(_ line: DemoStatement.Line) -> String { "\(line.date) \(line.payee) \(line.amount)" }
        let first = later.firstMonth.firstDay
        #expect(
            later.lines().filter { $0.date <= day }.map(key) == earlier.lines().filter { $0.date >= first }.map(key))
        #expect(earlier.lines().count > 1500 && earlier.lines().allSatisfy { $0.date <= day })
        #expect(later.files(after: day).map(\.name) == ["Umsaetze-Giro-2026-12-03.csv", "visa-2026-12-03.ofx"])
        #expect(earlier.files(after: day).isEmpty)
    }

    /// What a screen needs to be judged by.
    @Test func `has something for every screen, and a second start adds nothing`() async throws {
        let data = TestDirectories.make("app") + "/data"
        var before: [String] = []
        for round in 0..<2 {
            try await RunningServer.with(data, ["--demo"]) { server in
                let line = try #require(server.greeting.split(separator: "\n").first { $0.hasPrefix("Demo: ") })
                let password = try #require(line.split(separator: " ").last)
                let answer = try await server.send(
                    "POST", "/auth/login", #"{"email":"demo@purser.example","password":"\#(password)"}"#)
                let token = try #require(answer.data["accessToken"]?.string)
                func get(_ path: String) async throws -> Answer { try await server.send("GET", path, token: token) }
                func total(_ filter: String) async throws -> Int {
                    try await get("/entries?page=1&limit=1&" + filter).json["meta"]?["total"]?.int ?? 0
                }
                var counts: [String] = []
                for (filter, least) in [
                    ("", 1500), ("type=income", 36), ("status=pending", 3), ("status=cancelled", 2),
                    ("deleted=true", 3),
                    ("uncategorised=true", 10), ("tag=coffee", 20), ("category=household-goods", 5),
                    ("paymentMethod=Cash", 10), ("q=Aiko", 1),
                ] {
                    let count = try await total(filter)
                    #expect(count >= least, "\(filter): \(count)")
                    counts.append("\(filter) \(count)")
                }
                let imports = try await get("/imports?limit=100").items
                #expect(imports.count >= 5)
                #expect(imports.contains { ($0["rejectedCount"]?.int ?? 0) > 1 && ($0["duplicates"]?.int ?? 0) > 10 })
                #expect(imports.contains { $0["profile"]?.string == DemoStatement.profile })
                let duplicates = try await get("/expenses/duplicates")
                #expect(duplicates.json["data"]?.array?.isEmpty == false, "\(duplicates.text)")
                let rules = try await get("/rules").json["data"]?.array ?? []
                #expect(rules.count >= 5 && rules.contains { $0["isEnabled"]?.bool == false })
                #expect(rules.contains { $0["actions"]?["split"]?.array?.count == 2 })
                #expect(try await get("/import-profiles").json["data"]?.array?.count == 1)
                let methods = try await get("/payment-methods").json["data"]?.array ?? []
                #expect(methods.count == 4)
                let tree = try await get("/categories/tree").json["data"]?.array ?? []
                let car = tree.first { $0["slug"]?.string == "transportation" }?["children"]?.array?
                    .first { $0["slug"]?.string == "car" }
                #expect(car?["children"]?.array?.first?["entryCount"]?.int ?? 0 > 10)
                let located = try await get("/expenses?merchant=Wochenmarkt").items
                #expect(located.contains { $0["location"]?["latitude"]?.string != nil }, "\(located.first as Any)")
                counts += try await shared(server, get, password)
                counts.append("\(imports.count) imports, \(rules.count) rules, \(methods.count) methods")
                if round == 0 { before = counts } else { #expect(counts == before) }
            }
        }
        let findings = try await Program.run("doctor", "--json", "--data", data).json.array ?? []
        #expect(findings.first { $0["subject"] == .string("sums") }?["state"] == .string("ok"))
    }

    /// What is shared with a second person: members, who recorded what, an invitation, what happened.
    private func shared(
        _ server: RunningServer, _ get: (String) async throws -> Answer, _ password: some StringProtocol
    ) async throws -> [String] {
        let me = try await get("/users/me").data
        #expect(me["emailVerified"] == .bool(true))
        let books = me["books"]?.array ?? []
        #expect(books.map { $0["kind"]?.string } == ["personal", "household", "organization"])
        #expect(server.greeting.contains("kim@purser.example"))
        let answer = try await server.send(
            "POST", "/auth/login", #"{"email":"kim@purser.example","password":"\#(password)"}"#)
        let kim = try #require(answer.data["user"]?["id"]?.string, "\(answer.text)")
        let token = try #require(answer.data["accessToken"]?.string)
        var counts: [String] = []
        for book in books.dropFirst() {
            let id = try #require(book["id"]?.string)
            func list(_ path: String) async throws -> [JSONValue] {
                let fields = [("X-Book", id), ("Authorization", "Bearer \(token)")]
                return try await server.client.send("GET", "/api/v1" + path, fields: fields, body: nil).items
            }
            let entries = try await list("/entries?limit=100")
            #expect(entries.contains { $0["createdBy"]?.string == kim })
            #expect(entries.contains { $0["createdBy"]?.string != kim })
            let members = try await list("/books/\(id)/members")
            #expect(members.count == 2)
            counts.append("\(entries.count) entries, \(members.count) members")
            if book["kind"]?.string == "household" {
                #expect(members.contains { $0["userId"]?.string == kim && $0["role"]?.string == "member" })
            } else {
                #expect(members.contains { $0["departmentName"]?.string != nil && $0["roleName"]?.string != nil })
                #expect(try await list("/departments").count > 4)
            }
        }
        let flat = try #require(books.first { $0["kind"]?.string == "household" }?["id"]?.string)
        let open = try await get("/books/\(flat)/invitations").items
        #expect(open.map { $0["email"]?.string } == ["robin@purser.example"])
        return counts + ["\(open.count) invitations, \(books.count) books"]
    }
}
