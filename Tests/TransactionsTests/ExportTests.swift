import Base
import Database
import HTTP
import JSON
import Synchronization
import TestSupport
import Testing

@testable import Transactions

@Suite(.tags(.http), .books) struct `An export` {
    /// Reads CSV as RFC 4180 describes it, without a line of the code under test.
    private func cells(_ text: String) -> [[String]] {
        var (rows, row, cell, quoted): ([[String]], [String], [UInt8], Bool) = ([], [], [], false)
        let bytes = Array(text.utf8)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if quoted {
                if byte == 0x22, index + 1 < bytes.count, bytes[index + 1] == 0x22 {
                    cell.append(0x22)
                    index += 1
                } else if byte == 0x22 {
                    quoted = false
                } else {
                    cell.append(byte)
                }
            } else if byte == 0x22 {
                quoted = true
            } else if byte == 0x2C || byte == 0x0A {
                if byte == 0x0A, cell.last == 0x0D { cell.removeLast() }
                row.append(String(decoding: cell, as: UTF8.self))
                cell = []
                if byte == 0x0A {
                    rows.append(row)
                    row = []
                }
            } else {
                cell.append(byte)
            }
            index += 1
        }
        return rows
    }

    private static let hostile = [
        "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "a,b", "a\"b", "a;b", "ümlaut 👩‍👩‍👧", "'quoted'", "plain",
    ]

    private func fill(_ ada: Person, count: Int) async throws {
        for start in stride(from: 0, to: count, by: 1000) {
            let items = (start..<min(count, start + 1000)).map { index in
                let text = Self.hostile[index % Self.hostile.count].replacing("\"", with: "\\\"")
                return
                    #"{"amount":\#(index + 1).5,"merchant":"\#(text)","notes":"line 1\nline \#(index)","date":"2026-0\#(index % 9 + 1)-11","tags":["t","u"]}"#
            }
            let answer = try await ada.post("/expenses/bulk", #"{"items":[\#(items.joined(separator: ","))]}"#)
            try #require(answer.status == 201)
        }
    }

    @Test func `has every entry, over several batches, and no formula`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            try await fill(ada, count: 2500)
            _ = try await ada.post("/incomes", #"{"amount":7}"#)
            let answer = try await ada.get("/expenses/export")
            #expect(answer.status == 200 && answer["content-type"]?.hasPrefix("text/csv") == true)
            #expect(answer["content-disposition"] == "attachment; filename=\"expenses-2026-11-15.csv\"")
            let rows = cells(answer.text)
            try #require(rows.count == 2501 && rows.allSatisfy { $0.count == 12 })
            let listed = try await ada.everyEntry("/expenses?limit=100")
            for (row, entry) in zip(rows.dropFirst(), listed) {
                #expect(row[0] == entry.written("transactionDate") && row[2] == entry.written("amount"))
                #expect(row[11] == entry.written("id") && row[9] == "t, u" && row[10] == entry.written("notes"))
                let merchant = entry.written("merchantName") ?? ""
                let isFormula = "=+-@".contains(merchant.first ?? " ")
                #expect(row[4] == (isFormula ? "'" : "") + merchant)
            }
            #expect(rows.joined().allSatisfy { !"=+-@\t\r".contains($0.first ?? " ") })
        }
    }

    @Test func `is JSON a line an entry`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            try await fill(ada, count: 1200)
            let answer = try await ada.send(
                "GET", "/expenses/export?format=json&sort=amount&order=asc",
                fields: [("Accept", "application/x-ndjson")])
            #expect(answer["content-type"]?.hasPrefix("application/x-ndjson") == true)
            let lines = answer.text.split(separator: "\n")
            let listed = try await ada.everyEntry("/expenses?limit=100&sort=amount&order=asc")
            #expect(try lines.map { try JSONValue.parse(Array($0.utf8)) } == listed && lines.count == 1200)
        }
    }

    @Test(arguments: ["", "&sort=amount"])
    func `holds an import whole or not at all, as it comes and goes meanwhile`(order: String) async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            try await fill(ada, count: 2000)
            // By day among those that are there, so that each batch of an export has some.
            let file =
                "Date,Payee,Amount\n" + (0..<3000).map { "2026-0\($0 % 9 + 1)-11,Imported \($0),-1.00\n" }.joined()
            let isOver = Mutex(false)
            async let counts = { () async throws -> [Int] in
                var counts: [Int] = []
                while !isOver.withLock({ $0 }) {
                    let answer = try await ada.get("/expenses/export?format=json\(order)")
                    counts.append(answer.text.split(separator: "\n").count)
                }
                return counts
            }()
            for _ in 0..<4 {
                let answer = try await ada.upload(file)
                try #require(answer.status == 201)
                let id = try #require(answer.data.written("id"))
                try #require(try await ada.send("DELETE", "/imports/\(id)").status == 200)
            }
            isOver.withLock { $0 = true }
            let seen = try await counts
            #expect(seen.allSatisfy { $0 == 2000 || $0 == 5000 }, "\(seen)")
            #expect(seen.count > 1)
        }
    }

    @Test func `of a book without departments is as it ever was, byte for byte`() async throws {
        try await TestApp.run { app in
            let former = try await app.household(try await app.person("olga"), "Acme", kind: "organization")
            for department in try await former.get("/departments").items {
                let path = "/departments/\(department.written("id") ?? "")"
                #expect(try await former.send("DELETE", path).status == 204)
            }
            for person in [try await app.ada, try await app.household(try await app.person("zoe")), former] {
                let entry = try await person.post(
                    "/expenses",
                    #"{"amount":5,"merchant":"=A, \"B\"","category":"food","date":"2026-03-01","tags":["t","u"],"notes":"n"}"#
                )
                let (id, category) = (entry.data.written("id") ?? "", entry.data.written("categoryName") ?? "")
                let text =
                    "Date,Type,Amount,Currency,Merchant,Description,Category,Status,Payment method,Tags,Notes,Id\r\n"
                    + "2026-03-01,expense,5.00,EUR,\"'=A, \"\"B\"\"\",,\(category),completed,,\"t, u\",n,\(id)\r\n"
                for path in ["/entries/export", "/expenses/export?sort=amount", "/expenses/export?bom=false"] {
                    #expect(try await person.get(path).text == text)
                }
            }
        }
    }

    @Test func `names each entry's department in a book that has some, behind all else`() async throws {
        try await TestApp.run { app in
            let acme = try await app.household(try await app.ada, "Acme", kind: "organization")
            for (slug, name) in [("hr", "=SUM(A1)"), ("operations", ##"Yard, \"B\""##)] {
                let renamed = try await acme.put("/departments/\(slug)", #"{"name":"\#(name)","version":1}"#)
                try #require(renamed.status == 200, "\(renamed.text)")
            }
            let departments = ["finance", "hr", "operations", nil]
            for start in [0, 1000] {
                let items = (start..<start + 1000).map { index in
                    let department = departments[index % 4].map { #","departmentId":"\#($0)""# } ?? ""
                    return #"{"amount":\#(index + 1),"merchant":"Shop"\#(department)}"#
                }
                let made = try await acme.post("/expenses/bulk", #"{"items":[\#(items.joined(separator: ","))]}"#)
                try #require(made.status == 201, "\(made.text.prefix(300))")
            }
            _ = try await acme.post("/incomes", #"{"amount":9000,"departmentId":"finance"}"#)
            let names = ["Finance", "'=SUM(A1)", "Yard, \"B\"", ""]
            for path in ["/expenses/export", "/expenses/export?sort=amount&order=asc"] {
                let rows = cells(try await acme.get(path).text)
                try #require(rows.count == 2001 && rows.allSatisfy { $0.count == 13 }, "\(path): \(rows.count)")
                #expect(rows[0].last == "Department" && rows[0][11] == "Id")
                for row in rows.dropFirst() {
                    let amount = Int(row[2].prefix { $0 != "." }) ?? 0
                    #expect(amount > 0 && row[12] == names[(amount - 1) % 4], "\(path): \(row)")
                }
            }
            let some = cells(try await acme.get("/entries/export?department=finance&minAmount=1990").text)
            #expect(some.map { $0[12] } == ["Department", "Finance", "Finance", "Finance"], "\(some)")
            let marked = try await acme.get("/incomes/export?bom=true")
            #expect(marked.body.starts(with: [0xEF, 0xBB, 0xBF]) && marked.text.hasSuffix(",Finance\r\n"))
            let line = try await acme.get("/incomes/export?format=json").text
            let listed = try await acme.get("/incomes").items
            #expect(try JSONValue.parse(Array(line.utf8)) == listed.first)
        }
    }

    /// What another book makes of the file: the column is no payee, no text and no part of what makes a payment the same.
    @Test func `with departments is read again as one without`() async throws {
        try await TestApp.run { app in
            let acme = try await app.household(try await app.ada, "Acme", kind: "organization")
            var random = SeededGenerator(seed: 24)
            let items = (0..<300).map { index in
                let merchant = Bool.random(using: &random) ? #","merchant":"Shop \#(index % 7)""# : ""
                let text = index % 5 == 0 ? #","description":"Text \#(index % 3)""# : ""
                let department = ["finance", "hr", "operations", ""][index % 4]
                return
                    #"{"type":"\#(index % 3 == 0 ? "income" : "expense")","amount":\#(index + 1).25,"date":"2026-0\#(index % 9 + 1)-11"\#(merchant)\#(text),"departmentId":"\#(department)"}"#
            }
            let made = try await acme.post("/entries/bulk", #"{"items":[\#(items.joined(separator: ","))]}"#)
            try #require(made.status == 201, "\(made.text.prefix(300))")
            let file = try await acme.get("/entries/export").text
            #expect(file.contains(",Operations\r\n"))
            let zoe = try await app.person("zoe")
            let imported = try await zoe.upload(file)
            #expect(
                imported.data["imported"]?.int == 300 && imported.data["rejectedCount"]?.int == 0,
                "\(imported.text.prefix(300))")
            func facts(_ person: Person) async throws -> Set<String> {
                Set(
                    try await person.everyEntry().map { entry in
                        ["type", "amount", "transactionDate", "merchantName", "description"].map {
                            entry.written($0) ?? "–"
                        }.joined(separator: "|")
                    })
            }
            // A text that stands alone becomes the merchant's name, as in any statement.
            let original = try await facts(acme).map { fact in
                let parts = fact.split(separator: "|").map(String.init)
                return parts[3] == "–" && parts[4] != "–"
                    ? (parts[0...2] + [parts[4], "–"]).joined(separator: "|") : fact
            }
            #expect(try await facts(zoe) == Set(original))
            let plain = file.split(separator: "\r\n").map { line in
                String(line[..<(line.lastIndex(of: ",") ?? line.endIndex)]) + "\r\n"
            }.joined()
            #expect(plain.hasPrefix("Date,") && plain.split(separator: "\r\n")[0].hasSuffix(",Notes,Id"))
            for again in [file, plain] {
                let answer = try await zoe.upload(again)
                #expect(
                    answer.data["imported"]?.int == 0 && answer.data["duplicates"]?.int == 300,
                    "\(answer.text.prefix(300))")
            }
        }
    }

    @Test func `of a large book has few places, and each is free again afterwards`() async throws {
        try await TestApp.run { app in
            let (ada, zoe) = (try await app.ada, try await app.person("zoe"))
            try await fill(ada, count: 1001)
            var places = try (0..<ExportDesk.limitOfOne).map { _ in try app.exports.place(for: ada.user) }
            let refused = try await ada.get("/expenses/export")
            #expect(refused.status == 503 && refused.code == "TOO_BUSY" && refused["retry-after"] == "10")
            #expect(try await ada.get("/expenses/export?minAmount=1000").status == 200)
            #expect(throws: Never.self) { _ = try app.exports.place(for: zoe.user) }
            places += try (0..<ExportDesk.limit - places.count).map { _ in try app.exports.place(for: .new()) }
            #expect(throws: Refusal.self) { _ = try app.exports.place(for: zoe.user) }
            withExtendedLifetime(places) {}
            places = []
            for _ in 0..<ExportDesk.limit + 1 {
                #expect(try await ada.get("/expenses/export").text.split(separator: "\r\n").count == 1002)
            }
        }
    }

    @Test(arguments: ["amount", "merchant"], ["asc", "desc"])
    func `goes in another order over several batches`(sort: String, order: String) async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            try await fill(ada, count: 2300)
            let answer = try await ada.get("/expenses/export?format=json&minAmount=3&sort=\(sort)&order=\(order)")
            let lines = answer.text.split(separator: "\n")
            let listed = try await ada.everyEntry("/expenses?limit=100&minAmount=3&sort=\(sort)&order=\(order)")
            #expect(try lines.map { try JSONValue.parse(Array($0.utf8)) } == listed && lines.count == 2298)
        }
    }

    @Test func `shows what the filters let through, and only of this book`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            try await fill(ada, count: 20)
            #expect(cells(try await ada.get("/expenses/export?minAmount=19").text).count == 3)
            #expect(cells(try await ada.get("/incomes/export").text).count == 1)
            #expect(cells(try await ada.get("/entries/export?type=expense&startDate=2026-03-01").text).count == 15)
            let zoe = try await app.person("zoe")
            #expect(cells(try await zoe.get("/entries/export").text).count == 1)
            let marked = try await ada.get("/expenses/export?bom=true")
            #expect(marked.body.starts(with: [0xEF, 0xBB, 0xBF]))
            #expect(try await ada.get("/expenses/export").body.first == UInt8(ascii: "D"))
            let viewer = try await app.add(try await app.person("vera"), to: ada, as: .viewer)
            #expect(cells(try await viewer.get("/expenses/export").text).count == 21)
            #expect(try await ada.get("/expenses/export?startDate=x").problems == ["startDate"])
            for format in ["pdf", "excel", "xlsx"] {
                let answer = try await ada.get("/expenses/export?format=\(format)")
                #expect(answer.status == 422 && answer.code == "FORMAT_NOT_SUPPORTED")
            }
            #expect(try await ada.get("/expenses/export?format=xml").problems == ["format"])
        }
    }

    @Test(arguments: ["=1", "\t=1", "\r=1", "-", "@", "+"]) func `guards a cell that begins as a formula`(text: String)
    {
        var bytes: [UInt8] = []
        EntryExport.field(text, to: &bytes)
        let cell = String(decoding: bytes, as: UTF8.self)
        #expect(cell.hasPrefix(",'") || cell.hasPrefix(",\"'"))
    }
}
