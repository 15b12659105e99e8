import Base
import Database
import HTTP
import JSON
import TestSupport
import Testing

@testable import Transactions

/// A statement that a test made up.
private struct MadeStatement {
    struct Line: Hashable {
        let date: CalendarDate
        let payee: String
        let cents: Int64
    }

    var lines: [Line]

    static func random(_ count: Int, from: CalendarDate = day("2026-01-01"), _ random: inout SeededGenerator)
        -> MadeStatement
    {
        // Few payees, few amounts: some lines are alike by chance.
        let payees = ["Rewe", "O\"Neill, Ltd", "Café Lumen", "Shop; with semicolon", "=HYPERLINK(1)", "Müller & Söhne"]
        return MadeStatement(
            lines: (0..<count).map { _ in
                Line(
                    date: from.adding(days: Int.random(in: 0...60, using: &random)),
                    payee: payees.randomElement(using: &random) ?? "",
                    cents: (Bool.random(using: &random) ? 1 : -1) * Int64.random(in: 1...400, using: &random))
            })
    }

    var csv: String {
        "Date,Payee,Amount\n"
            + lines.map { line in
                "\(line.date),\"\(line.payee.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\",\(`An entry`.decimal(line.cents, 2))\n"
            }.joined()
    }
}

@Suite(.tags(.http), .books) struct `Importing a statement` {
    private static func ofx(
        _ transactions: [(id: String, date: String, amount: String, name: String)], currency: String = "EUR"
    ) -> String {
        "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:USASCII\nCHARSET:1252\n\n"
            + "<OFX><BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STMTRS><CURDEF>\(currency)<BANKACCTFROM><BANKID>1<ACCTID>77<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST><DTSTART>20260101<DTEND>20261231\n"
            + transactions.map {
                "<STMTTRN><TRNTYPE>OTHER<DTPOSTED>\($0.date)<TRNAMT>\($0.amount)<FITID>\($0.id)<NAME>\($0.name)</STMTTRN>\n"
            }.joined()
            + "</BANKTRANLIST><LEDGERBAL><BALAMT>10.00<DTASOF>20261231</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n"
    }

    private func expectCounts(
        _ answer: Answer, imported: Int, duplicates: Int, rejected: Int = 0,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(answer.status == 201, "\(answer.text.prefix(300))", sourceLocation: sourceLocation)
        #expect(answer.data["imported"]?.int == imported, "imported", sourceLocation: sourceLocation)
        #expect(answer.data["duplicates"]?.int == duplicates, "duplicates", sourceLocation: sourceLocation)
        #expect(answer.data["rejectedCount"]?.int == rejected, "rejected", sourceLocation: sourceLocation)
    }

    @Test(arguments: [1, 2, 3] as [UInt64]) func `brings in every line exactly, and a repeat in any order adds nothing`(
        seed: UInt64
    ) async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            var random = SeededGenerator(seed: seed)
            var statement = MadeStatement.random(120, &random)
            expectCounts(try await ada.upload(statement.csv), imported: 120, duplicates: 0)
            var expected: [MadeStatement.Line: Int] = [:]
            for line in statement.lines { expected[line, default: 0] += 1 }
            var stored: [MadeStatement.Line: Int] = [:]
            for entry in try await ada.everyEntry() {
                let amount = try #require(entry.written("amount")).filter { $0 != "." }
                let cents = try #require(Int64(amount)) * (entry.written("type") == "expense" ? -1 : 1)
                let date = try #require(CalendarDate(iso: entry.written("transactionDate") ?? ""))
                stored[
                    MadeStatement.Line(date: date, payee: entry.written("merchantName") ?? "", cents: cents), default: 0
                ] += 1
            }
            #expect(stored == expected)
            expectCounts(try await ada.upload(statement.csv), imported: 0, duplicates: 120)
            statement.lines.shuffle(using: &random)
            expectCounts(try await ada.upload(statement.csv), imported: 0, duplicates: 120)
            try await app.expectTotalsToAgree()
        }
    }

    @Test func `brings in both of two twins, and one more when another file has three`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let twin = "2026-03-01,Coffee,-3.00\n"
            expectCounts(try await ada.upload("Date,Payee,Amount\n" + twin + twin), imported: 2, duplicates: 0)
            expectCounts(try await ada.upload("Date,Payee,Amount\n" + twin + twin), imported: 0, duplicates: 2)
            expectCounts(try await ada.upload("Date,Payee,Amount\n" + twin + twin + twin), imported: 1, duplicates: 2)
            expectCounts(try await ada.upload("Date,Payee,Amount\n" + twin), imported: 0, duplicates: 1)
            #expect(try await ada.everyEntry().count == 3)
        }
    }

    /// Twins far apart in a file of several pieces, of which the process remembers next to nothing.
    @Test func `knows twins again across the pieces of a large file`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            var limits = ImportLimits()
            limits.rememberedDuplicates = 100
            let importer = Importer(
                database: app.database, book: ada.book, currency: ada.currency, user: ada.user, limits: limits)
            func counts(_ lines: [String]) async throws -> [Int] {
                var pieces = [Array(("Date,Payee,Memo,Amount\n" + lines.joined(separator: "\n") + "\n").utf8)]
                let file = try await StatementFile.spool(
                    in: TestDirectories.make("spool"), limit: .max, pool: app.pool, next: { pieces.popLast() })
                let outcome = try await importer.run(file, filename: "large.csv")
                return [outcome.imported, outcome.duplicates, outcome.rejectedCount]
            }
            let once = (0..<9000).map { number in
                "2026-0\(number % 9 + 1)-1\(number % 7),Shop number \(number % 50),reference \(number),-\(number % 97 + 1).00"
            }
            let twins = Array(once[3..<40])
            #expect(try await counts(once + twins) == [9037, 0, 0])
            #expect(try await counts(twins + once) == [0, 9037, 0])
            #expect(try await counts(once + twins + twins) == [37, 9037, 0])
            #expect(try await counts(once) == [0, 9000, 0])
            #expect(try await app.count("SELECT count(*) FROM entries WHERE book_id = \(ada.book)") == 9074)
            try await app.expectTotalsToAgree()
        }
    }

    @Test(arguments: [("", 0), ("2026-01-01,x,0.00\n2026-01-02,y,0.00\n", 2), ("1800-01-01,x,1.00\n", 1)])
    func `of which no line can be taken is answered, not broken`(lines: String, rejected: Int) async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let answer = try await ada.upload("Date,Payee,Amount\n" + lines)
            expectCounts(answer, imported: 0, duplicates: 0, rejected: rejected)
            #expect(try await ada.everyEntry().isEmpty)
        }
    }

    @Test func `adds only what is new when two files overlap`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let lines = (1...50).map { "2026-03-\($0 % 28 < 9 ? "0" : "")\($0 % 28 + 1),Shop \($0),-\($0).00\n" }
            expectCounts(
                try await ada.upload("Date,Payee,Amount\n" + lines[..<30].joined()), imported: 30, duplicates: 0)
            expectCounts(
                try await ada.upload("Date,Payee,Amount\n" + lines[20...].joined()), imported: 20, duplicates: 10)
            #expect(try await ada.everyEntry().count == 50)
        }
    }

    @Test func `at once by two members, with the same file, brings in each line once`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let max = try await app.add(try await app.person("max"), to: ada, as: .member)
            var random = SeededGenerator(seed: 44)
            for round in 0..<4 {
                var statement = MadeStatement.random(500, from: day("2026-01-01").adding(days: 100 * round), &random)
                let first = statement.csv
                statement.lines.shuffle(using: &random)
                let second = statement.csv
                async let one = ada.upload(first)
                async let other = max.upload(second)
                let answers = try await [one, other]
                #expect(answers.allSatisfy { $0.status == 201 }, "\(answers.map(\.text))")
                #expect(answers.reduce(0) { $0 + ($1.data["imported"]?.int ?? 0) } == 500)
                #expect(answers.reduce(0) { $0 + ($1.data["duplicates"]?.int ?? 0) } == 500)
            }
            #expect(try await app.count("SELECT count(*) FROM entries") == 2000)
            try await app.expectTotalsToAgree()
        }
    }

    @Test func `does not bring back what somebody deleted, or changed`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let file = "Date,Payee,Amount\n2026-03-01,Rewe,-3.00\n2026-03-02,Lidl,-4.00\n2026-03-03,Aldi,-5.00\n"
            expectCounts(try await ada.upload(file), imported: 3, duplicates: 0)
            let entries = try await ada.everyEntry()
            let rewe = try #require(entries.first { $0.written("merchantName") == "Rewe" }?.written("id"))
            let lidl = try #require(entries.first { $0.written("merchantName") == "Lidl" }?.written("id"))
            #expect(try await ada.send("DELETE", "/expenses/\(rewe)").status == 204)
            #expect(
                try await ada.put(
                    "/expenses/\(lidl)", #"{"amount":99,"date":"2026-01-01","merchant":"Other","version":1}"#
                ).status == 200)
            expectCounts(try await ada.upload(file), imported: 0, duplicates: 3)
            #expect(try await ada.everyEntry().count == 2)
            #expect(try await ada.send("PATCH", "/expenses/\(rewe)/restore").status == 200)
            expectCounts(try await ada.upload(file), imported: 0, duplicates: 3)
            try await app.expectTotalsToAgree()
        }
    }

    @Test func `knows an OFX transaction by the bank's id`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            expectCounts(
                try await ada.upload(
                    Self.ofx([("1", "20260301", "-3.00", "REWE"), ("2", "20260302", "10.00", "ACME")]), name: "a.ofx"),
                imported: 2, duplicates: 0)
            expectCounts(
                try await ada.upload(
                    Self.ofx([("2", "20260302", "10.00", "Acme Inc"), ("3", "20260303", "-1.00", "REWE")]),
                    name: "b.ofx"),
                imported: 1, duplicates: 1)
            #expect(try await ada.everyEntry().count == 3)
        }
    }

    @Test func `takes nothing of an OFX file that is cut off, wherever it is cut`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let whole = Self.ofx((1...40).map { ("\($0)", "20260301", "-\($0).00", "Shop \($0)") })
            var random = SeededGenerator(seed: 9)
            let end = whole.utf8.count - "</OFX>\n".utf8.count
            for cut in (0..<12).map({ _ in Int.random(in: 60..<end, using: &random) }) + [end] {
                let answer = try await ada.upload(
                    String(decoding: whole.utf8.prefix(cut), as: UTF8.self), name: "cut.ofx")
                #expect(answer.status == 422, "cut at \(cut): \(answer.text)")
            }
            #expect(try await app.count("SELECT count(*) FROM entries") == 0)
            #expect(try await app.count("SELECT count(*) FROM imports") == 0)
            expectCounts(try await ada.upload(whole, name: "whole.ofx"), imported: 40, duplicates: 0)
        }
    }

    /// The cut comes when many lines are on their way into the database already.
    @Test func `leaves nothing when it fails in the middle of a large file`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let whole = Self.ofx((1...6000).map { ("\($0)", "20260301", "-\($0 % 90 + 1).00", "Shop \($0)") })
            try #require(whole.utf8.count > 2 * StatementFile.pieceBytes)
            let cut = String(decoding: whole.utf8.dropLast(200), as: UTF8.self)
            let outbox = try await app.count("SELECT count(*) FROM outbox")
            for _ in 0..<6 { #expect(try await ada.upload(cut, name: "cut.ofx").status == 422) }
            #expect(try await app.count("SELECT count(*) FROM entries") == 0)
            #expect(try await app.count("SELECT count(*) FROM entry_totals") == 0)
            #expect(try await app.count("SELECT count(*) FROM imports") == 0)
            #expect(try await app.count("SELECT count(*) FROM outbox") == outbox)
            // Every connection is usable again, and none still leaves the sums to an import.
            for _ in 0..<8 { #expect(try await ada.post("/expenses", #"{"amount":1}"#).status == 201) }
            try await app.expectTotalsToAgree()
            expectCounts(try await ada.upload(whole, name: "whole.ofx"), imported: 6000, duplicates: 0)
            for _ in 0..<8 { #expect(try await ada.post("/expenses", #"{"amount":1}"#).status == 201) }
            try await app.expectTotalsToAgree()
        }
    }

    @Test func `leaves nothing of an upload that breaks off`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let form = TestClient.form(
                Array(("Date,Payee,Amount\n" + String(repeating: "2026-03-01,Rewe,-3.00\n", count: 2000)).utf8))
            let head =
                "POST /api/v1/imports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(ada.user)\r\nContent-Type: \(form.contentType)\r\nContent-Length: \(form.body.count)\r\n\r\n"
            do {
                let connection = try ClientConnection(port: app.client.port)
                try connection.write(Array(head.utf8) + form.body.dropLast(500))
            }
            // The body ends before its last boundary, although its length is right.
            let short = Array(form.body.dropLast(30))
            let answer = try await ada.send(
                "POST", "/imports", bytes: short, fields: [("Content-Type", form.contentType)])
            #expect(answer.status == 400 && answer.code == "MULTIPART_MALFORMED")
            #expect(try await app.count("SELECT count(*) FROM entries") == 0)
        }
    }

    @Test func `tells of every line that it could not take, and takes the rest`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let file =
                "Date,Payee,Amount\n2026-03-01,Rewe,-3.00\n2026-02-31,Lidl,-4.00\n2026-03-03,Aldi,lots\n2026-03-04,Spar,-5.00\n"
            let answer = try await ada.upload(file)
            expectCounts(answer, imported: 2, duplicates: 0, rejected: 2)
            let rejected = try #require(answer.data["rejected"]?.array)
            #expect(rejected.compactMap { $0["line"]?.int } == [3, 4])
            #expect(
                rejected.allSatisfy { !($0.written("reason") ?? "").isEmpty && !($0.written("text") ?? "").isEmpty })
            let results = try #require(answer.data["results"]?.array)
            #expect(results.compactMap { $0["line"]?.int } == [2, 5])
            #expect(results.allSatisfy { $0.written("status") == "imported" })
            let id = try #require(answer.data.written("id"))
            for result in results {
                let entry = try await ada.get("/expenses/\(result.written("entryId") ?? "")")
                #expect(entry.data.written("importId") == id && entry.data.written("source") == "import")
            }
            let kept = try await ada.get("/imports/\(id)").data
            #expect(kept["rejected"] == answer.data["rejected"] && kept["imported"]?.int == 2)
            let again = try await ada.upload(file)
            expectCounts(again, imported: 0, duplicates: 2, rejected: 2)
            #expect(
                again.data["results"]?.array?.allSatisfy { $0.written("status") == "duplicate" && $0["entryId"] == nil }
                    == true)
            #expect(try await ada.get("/imports").items.count == 2)
        }
    }

    @Test func `refuses lines in another currency than the book's`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let answer = try await ada.upload(
                "Date,Payee,Amount,Currency\n2026-03-01,Rewe,-3.00,EUR\n2026-03-02,Diner,-4.00,USD\n2026-03-03,Aldi,-5.00,EUR\n"
            )
            expectCounts(answer, imported: 2, duplicates: 0, rejected: 1)
            #expect(answer.data["rejected"]?.array?.first?.written("reason")?.contains("USD") == true)
            let ofx = try await ada.upload(
                Self.ofx([("1", "20260301", "-3.00", "Diner")], currency: "USD"), name: "usd.ofx")
            expectCounts(ofx, imported: 0, duplicates: 0, rejected: 1)
            #expect(try await ada.everyEntry().count == 2)
        }
    }

    @Test func `in a dry run stores nothing, and says what is new`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let known = "2026-03-01,Rewe,-3.00\n"
            expectCounts(try await ada.upload("Date,Payee,Amount\n" + known), imported: 1, duplicates: 0)
            let outbox = try await app.count("SELECT count(*) FROM outbox")
            let file = "Date,Payee,Amount\n" + known + known + "2026-03-02,Lidl,-4.00\n2026-13-03,Aldi,-5.00\n"
            let answer = try await ada.upload(file, "?dryRun=true")
            try #require(answer.status == 200 || answer.status == 201)
            let account = try #require(answer.data["accounts"]?.array?.first)
            #expect(account["transactions"]?.array?.compactMap { $0.written("status") } == ["duplicate", "new", "new"])
            #expect(answer.data["rejected"]?.array?.count == 1)
            #expect(try await app.count("SELECT count(*) FROM entries") == 1)
            #expect(try await app.count("SELECT count(*) FROM imports") == 1)
            #expect(try await app.count("SELECT count(*) FROM outbox") == outbox)
            // The real run does what the dry one said.
            expectCounts(try await ada.upload(file), imported: 2, duplicates: 1, rejected: 1)
        }
    }

    @Test func `rejects in a dry run what the import rejects`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let file =
                "Date,Payee,Amount\n1800-01-01,Old,-1.00\n2026-03-01,Rewe,-2.00\n2026-03-02,Big,-90000000000000000.00\n"
            let preview = try await ada.upload(file, "?dryRun=true").data
            #expect(preview["transactionCount"]?.int == 1 && preview["rejectedCount"]?.int == 2)
            let imported = try await ada.upload(file).data
            #expect(imported["imported"]?.int == 1 && imported["rejectedCount"]?.int == 2)
            func told(_ answer: JSONValue) -> [[String?]] {
                answer["rejected"]?.array?.map {
                    [$0["line"]?.int.map(String.init), $0["text"]?.string, $0["reason"]?.string]
                }
                    ?? []
            }
            #expect(told(preview) == told(imported) && told(preview).map { $0[0] } == ["2", "4"])
        }
    }

    @Test func `says which of two orders it took for dates that have both`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let file = "Date,Payee,Amount\n03/04/2025,Shop,-1.00\n05/06/2025,Shop,-2.00\n"
            let answer = try await ada.upload(file)
            #expect(answer.status == 201)
            let warning = try #require(answer.data["warnings"]?.array?.first?.string)
            let stored = try await ada.everyEntry().compactMap { $0.written("transactionDate") }
            let isDayFirst = stored.contains("2025-04-03")
            #expect(warning.contains("03/04/2025 was read as \(isDayFirst ? "2025-04-03" : "2025-03-04")"))
            #expect(warning.contains(#"{"dateOrder":"\#(isDayFirst ? "mdy" : "dmy")"}"#))

            #expect(try await ada.send("DELETE", "/imports/\(answer.data.written("id") ?? "")").status == 200)
            let mapping = isDayFirst ? "%7B%22dateOrder%22:%22mdy%22%7D" : "%7B%22dateOrder%22:%22dmy%22%7D"
            let again = try await ada.upload(file, "?mapping=\(mapping)")
            #expect(again.status == 201 && again.data["warnings"]?.array?.isEmpty == true)
            let other = try await ada.everyEntry().compactMap { $0.written("transactionDate") }
            #expect(other.contains(isDayFirst ? "2025-03-04" : "2025-04-03"))
        }
    }

    @Test func `reads a file as the mapping says`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let file = "Date,Payee,Amount\n03/04/2026,Rewe,-3.00\n05/06/2026,Lidl,-4.00\n"
            for (order, dates) in [("dmy", ["2026-04-03", "2026-06-05"]), ("mdy", ["2026-03-04", "2026-05-06"])] {
                let answer = try await ada.upload(file, "?dryRun=true&mapping=%7B%22dateOrder%22:%22\(order)%22%7D")
                let transactions = try #require(answer.data["accounts"]?.array?.first?["transactions"]?.array)
                #expect(transactions.compactMap { $0.written("date") } == dates)
            }
            for wrong in [
                "%7B", "7", "%7B%22date%22:-1%7D", "%7B%22date%22:%22x%22%7D", "%7B%22dateOrder%22:%22ydm%22%7D",
                "%7B%22decimal%22:%22x%22%7D",
            ] {
                #expect(try await ada.upload(file, "?mapping=\(wrong)").status == 400, "\(wrong)")
            }
            #expect(try await ada.everyEntry().isEmpty)
        }
    }

    @Test func `puts a merchant where the book's members have put it before`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            expectCounts(
                try await ada.upload("Date,Payee,Amount\n2026-03-01,Rewe,-3.00\n2026-03-01,Zzyzx,-3.00\n"), imported: 2,
                duplicates: 0)
            let first = try await ada.everyEntry()
            #expect(Set(first.compactMap { $0.written("categorySlug") }) == ["food", "miscellaneous"])
            for entry in first {
                #expect(
                    try await ada.put("/expenses/\(entry.written("id") ?? "")", #"{"category":"gifts","version":1}"#)
                        .status == 200)
            }
            expectCounts(
                try await ada.upload("Date,Payee,Amount\n2026-04-01,REWE,-3.00\n2026-04-01,zzyzx,-3.00\n"), imported: 2,
                duplicates: 0)
            #expect(
                try await ada.everyEntry("/entries?startDate=2026-04-01&limit=9").allSatisfy {
                    $0.written("categorySlug") == "gifts"
                })
        }
    }

    @Test func `goes by an import before it, unless that was undone`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let travel = try #require(
                try await ada.get("/categories").data.array?.first { $0.written("slug") == "travel" }?.written("id"))
            let rule = try await ada.post(
                "/rules",
                """
                {"name":"Qxz","conditions":{"items":[{"field":"merchant","op":"contains","value":"qxz"}]},
                "actions":{"categoryId":"\(travel)"}}
                """)
            #expect(rule.status == 201)
            func imported(_ day: String, _ name: String) async throws -> (id: String, category: String?) {
                let answer = try await ada.upload("Date,Payee,Amount\n2026-03-\(day),\(name),-1.00\n")
                let entry = try await ada.everyEntry().first { $0.written("transactionDate") == "2026-03-\(day)" }
                return (try #require(answer.data.written("id")), entry?.written("categorySlug"))
            }
            let first = try await imported("01", "Qxz Vlk")
            #expect(first.category == "travel")
            #expect(try await ada.send("DELETE", "/rules/\(rule.data.written("id") ?? "")").status == 204)
            let second = try await imported("02", "QXZ vlk")
            #expect(second.category == "travel")
            for id in [first.id, second.id] { #expect(try await ada.send("DELETE", "/imports/\(id)").status == 200) }
            #expect(try await imported("03", "Qxz Vlk").category == "miscellaneous")
        }
    }

    @Test func `takes the file itself as the body, too`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let answer = try await ada.send(
                "POST", "/imports?filename=..%2F..%2Fetc%2Fpasswd",
                bytes: Array("Date,Payee,Amount\n2026-03-01,Rewe,-3.00\n".utf8),
                fields: [("Content-Type", "application/octet-stream")])
            expectCounts(answer, imported: 1, duplicates: 0)
            #expect(answer.data.written("filename") == "passwd" && answer.data.written("format") == "csv")
        }
    }

    @Test func `refuses what is no statement`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            var random = SeededGenerator(seed: 1)
            let noise = String(
                decoding: (0..<5000).map { _ in UInt8.random(in: 0...255, using: &random) }, as: UTF8.self)
            for content in [
                "", "\n\n\n", "hello", "%PDF-1.7\n%âãÏÓ", "<html><body>Sign in</body></html>", noise,
                String(repeating: ",", count: 5000),
            ] {
                let answer = try await ada.upload(content)
                #expect([400, 415, 422].contains(answer.status), "\(content.prefix(20)): \(answer.status)")
            }
            #expect(try await app.count("SELECT count(*) FROM imports") == 0)
        }
    }

    @Test func `takes a statement of which nothing can be taken`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            expectCounts(try await ada.upload("Date,Payee,Amount\n"), imported: 0, duplicates: 0)
            expectCounts(
                try await ada.upload("Date,Payee,Amount,Currency\n2026-03-01,Diner,-3.00,USD\n"), imported: 0,
                duplicates: 0, rejected: 1)
            #expect(try await ada.post("/expenses", #"{"amount":1}"#).status == 201)
            try await app.expectTotalsToAgree()
        }
    }

    /// Both files hold the same three payments; in one of them every payment has the same text.
    @Test func `knows a payment again in a file that looks different as a whole`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let coffees = (1...3).map { "2026-03-0\($0),Coffee,Card payment,-3.00\n" }.joined()
            expectCounts(try await ada.upload("Date,Payee,Memo,Amount\n" + coffees), imported: 3, duplicates: 0)
            expectCounts(
                try await ada.upload("Date,Payee,Memo,Amount\n" + coffees + "2026-03-04,Rewe,Bread,-9.00\n"),
                imported: 1, duplicates: 3)
            #expect(try await ada.everyEntry("/entries?merchant=coffee&limit=9").count == 3)
        }
    }

    @Test func `needs a file, and one that is not too large`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let empty = try await ada.send(
                "POST", "/imports",
                bytes: Array("--b\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nx\r\n--b--\r\n".utf8),
                fields: [("Content-Type", "multipart/form-data; boundary=b")])
            #expect(empty.status == 400 && empty.problems == ["file"])
            let large = try await ada.upload(
                "Date,Payee,Amount\n" + String(repeating: "2026-03-01,Rewe,-3.00\n", count: 60_000))
            #expect(large.status == 413)
            #expect(
                try await ada.send(
                    "POST", "/imports", bytes: Array("a=b".utf8),
                    fields: [("Content-Type", "application/x-www-form-urlencoded")]
                ).status == 422, "the body is the file, whatever curl calls it")
            #expect(
                try await ada.send(
                    "POST", "/imports", bytes: Array("a".utf8), fields: [("Content-Type", "multipart/form-data")]
                ).status == 400)
            #expect(try await ada.everyEntry().isEmpty)
        }
    }
}
