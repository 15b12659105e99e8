import Base
import Foundation
import Glibc
import JSON
import Synchronization
import TestSupport
import Testing

/// A statement whose sums are known without asking the program: whole cents, counted as the lines are made.
struct KnownStatement {
    struct Line {
        let date: String
        let merchant: String
        let cents: Int
    }

    private(set) var lines: [Line] = []

    /// Merchants that no word of the program's own tells the category of.
    static let merchants = ["Qwix", "Blorb & Co", "Zzyx \"24\"", "=SUM(A1:A9)", "-Vrump", "Ächz GmbH"]

    init(seed: UInt64, count: Int, year: Int) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<count {
            let (month, day) = (Int.random(in: 1...12, using: &random), Int.random(in: 1...28, using: &random))
            let cents = Int.random(in: 1...99_999, using: &random)
            let isIncome = Int.random(in: 0...5, using: &random) == 0
            lines.append(
                Line(
                    date: "\(year)-\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)",
                    merchant: Self.merchants[Int.random(in: 0..<Self.merchants.count, using: &random)],
                    cents: isIncome ? cents : -cents))
        }
    }

    var csv: String {
        "Date,Payee,Amount\n"
            + lines.map { line in
                let payee = "\"" + line.merchant.replacingOccurrences(of: "\"", with: "\"\"") + "\""
                return "\(line.date),\(payee),\(Self.text(line.cents))\n"
            }.joined()
    }

    static func text(_ cents: Int) -> String {
        let (whole, rest) = (abs(cents) / 100, abs(cents) % 100)
        return "\(cents < 0 ? "-" : "")\(whole).\(rest < 10 ? "0" : "")\(rest)"
    }

    func sum(_ isIncluded: (Line) -> Bool) -> String {
        Self.text(abs(lines.filter(isIncluded).reduce(0) { $0 + $1.cents }))
    }
    func count(_ isIncluded: (Line) -> Bool) -> Int { lines.count(where: isIncluded) }
}

/// The commands for the terminal beside one running server.
@Suite(.tags(.slow), .serialized) struct `At the terminal` {
    private struct Terminal {
        let data: String
        let user: String

        func run(_ words: String..., input: String = "") async throws -> Program.Result {
            try await Program.run(words + ["--user", user, "--data", data], input: input)
        }

        /// What must work.
        func json(_ words: String..., sourceLocation: SourceLocation = #_sourceLocation) async throws -> JSONValue {
            let result = try await Program.run(words + ["--json", "--user", user, "--data", data])
            #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)", sourceLocation: sourceLocation)
            return try result.json
        }
    }

    private func with(_ body: (Terminal, RunningServer) async throws -> Void) async throws {
        let data = TestDirectories.make("app") + "/data"
        try await RunningServer.with(data) { server in
            _ = try await server.registerAda()
            try await body(Terminal(data: data, user: "ada@example.org"), server)
        }
    }

    private func file(_ text: String, _ name: String) throws -> String {
        let path = TestDirectories.make("file") + "/" + name
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test func `what was imported is sorted by rules, reported to the cent, found, and exported`() async throws {
        let known = KnownStatement(seed: 20_260_301, count: 400, year: 2025)
        try await with { terminal, _ in
            // Rules before the import, one of them switched off again.
            let rule = try await terminal.json(
                "rules", "add", "--if", "merchant contains QWIX", "--category", "Travel", "--tag", "trip", "--name",
                "Qwix")
            #expect(rule["actions"]?["addTags"]?.array?.first?.string == "trip")
            _ = try await terminal.json(
                "rules", "add", "--if", "merchant is blorb & co", "--if", "merchant startsWith zzyx", "--any",
                "--category", "education")
            _ = try await terminal.json(
                "rules", "add", "--if", "merchant contains vrump", "--category", "taxes", "--name", "Off")
            #expect(try await terminal.json("rules", "disable", "off")["isEnabled"]?.bool == false)
            #expect(try await terminal.json("rules", "move", "3", "1").array?.first?["name"]?.string == "Off")
            #expect(
                try await terminal.run("rules", "add", "--if", "merchant is x", "--category", "nonsense").status == 1)

            let imported = try await terminal.json("import", try file(known.csv, "known.csv"), "--account", "Giro")
            #expect(imported["imported"]?.int == 400 && imported["account"]?.string == "Giro")
            try await expectReports(known, terminal)
            try await expectExports(known, terminal)
            try await expectSearch(known, terminal)

            // The rule that was off, on what is there.
            let vrump =
                known.count { $0.merchant == "-Vrump" && $0.cents < 0 }
                + known.count { $0.merchant == "-Vrump" && $0.cents > 0 }
            let dry = try await terminal.json("rules", "apply", "Off", "--dry-run")
            #expect(dry["matched"]?.int == vrump && dry["changed"]?.int == vrump)
            #expect(try await terminal.json("rules", "apply", "off")["changed"]?.int == vrump)
            #expect(try await terminal.json("rules", "apply", "off")["changed"]?.int == 0)
            let taxes = try await terminal.json("report", "categories", "--year", "2025")
            #expect(
                Self.category("taxes", taxes)?["amount"]?.numberText
                    == known.sum { $0.merchant == "-Vrump" && $0.cents < 0 })

            // To a file and back: nothing is new.
            let rules = try file("", "rules.json")
            #expect(try await terminal.run("rules", "export", "--output", rules).status == 0)
            #expect(!Program.text(of: rules).contains("categoryId"))
            #expect(try await terminal.json("rules", "import", rules)["added"]?.int == 0)
            #expect(try await terminal.run("rules", "delete", "Qwix").status == 0)
            #expect(try await terminal.json("rules", "import", rules)["added"]?.int == 1)
            #expect(try await terminal.json("rules", "list").array?.count == 3)
        }
    }

    private static func category(_ slug: String, _ report: JSONValue) -> JSONValue? {
        report["categories"]?.array?.first { $0["slug"]?.string == slug }
    }

    private func expectReports(_ known: KnownStatement, _ terminal: Terminal) async throws {
        let overview = try await terminal.json("report", "overview", "--year", "2025")
        #expect(overview["totalIncome"]?.numberText == known.sum { $0.cents > 0 })
        #expect(overview["totalExpenses"]?.numberText == known.sum { $0.cents < 0 })
        #expect(overview["entryCount"]?.int == 400)
        let march = try await terminal.json("report", "overview", "--month", "2025-03")
        #expect(march["totalExpenses"]?.numberText == known.sum { $0.cents < 0 && $0.date.hasPrefix("2025-03") })

        let categories = try await terminal.json("report", "categories", "--from", "2025-01-15", "--to", "2025-11-10")
        let inRange: (KnownStatement.Line) -> Bool = {
            $0.cents < 0 && $0.date >= "2025-01-15" && $0.date <= "2025-11-10"
        }
        #expect(categories["total"]?.numberText == known.sum(inRange))
        #expect(
            Self.category("travel", categories)?["amount"]?.numberText
                == known.sum { inRange($0) && $0.merchant == "Qwix" })
        #expect(
            Self.category("education", categories)?["count"]?.int
                == known.count { inRange($0) && ["Blorb & Co", "Zzyx \"24\""].contains($0.merchant) })

        let months = try await terminal.json("report", "months", "--year", "2025")
        let points = try #require(months["points"]?.array)
        #expect(points.count == 12)
        for (index, point) in points.enumerated() {
            let month = "2025-\(index < 9 ? "0" : "")\(index + 1)"
            #expect(point["expenses"]?.numberText == known.sum { $0.cents < 0 && $0.date.hasPrefix(month) })
            #expect(point["income"]?.numberText == known.sum { $0.cents > 0 && $0.date.hasPrefix(month) })
        }
        let merchants = try await terminal.json("report", "merchants", "--year", "2025", "--limit", "3")
        #expect(merchants["merchants"]?.array?.count == 3)
        for merchant in merchants["merchants"]?.array ?? [] {
            let name = merchant["merchantName"]?.string
            #expect(merchant["amount"]?.numberText == known.sum { $0.cents < 0 && $0.merchant == name })
        }
        let compared = try await terminal.json("report", "compare", "--month", "2025-03", "--with", "2025-01")
        #expect(
            compared["expenses"]?["first"]?.numberText == known.sum { $0.cents < 0 && $0.date.hasPrefix("2025-01") })
        #expect(
            compared["expenses"]?["second"]?.numberText == known.sum { $0.cents < 0 && $0.date.hasPrefix("2025-03") })

        // The tables show the same figures, without colours where nobody sees them.
        let total = known.sum { $0.cents < 0 }
        for name in ["overview", "categories", "months", "merchants", "compare"] {
            let table = try await terminal.run("report", name, "--year", "2025")
            #expect(table.status == 0 && !table.output.contains("\u{1B}"), "\(name)")
            #expect(table.output.replacing(",", with: "").contains(total), "\(name): \(table.output)")
        }
    }

    private func expectExports(_ known: KnownStatement, _ terminal: Terminal) async throws {
        let directory = TestDirectories.make("export")
        let path = directory + "/all.csv"
        try Data("older".utf8).write(to: URL(fileURLWithPath: path))
        let export = try await terminal.run("export", "--output", path)
        #expect(export.status == 0 && export.output.isEmpty, "\(export.errors)")
        // Read again by the program itself, which is another way than the one it was written.
        let again = try await Program.run("import", "--dry-run", "--json", path).json
        #expect(again["transactionCount"]?.int == 400 && again["rejectedCount"]?.int == 0)
        let rows = Program.text(of: path).split(separator: "\r\n").dropFirst()
        #expect(rows.count == 400)
        for merchant in ["'=SUM(A1:A9)", "'-Vrump", "\"Zzyx \"\"24\"\"\"", "Blorb & Co"] {
            #expect(rows.contains { $0.contains(",\(merchant),") }, "\(merchant)")
        }
        #expect(!rows.contains { $0.contains(",=") || $0.contains(",-V") })
        var cents = (expense: 0, income: 0)
        for row in rows {
            let columns = row.split(separator: ",", omittingEmptySubsequences: false)
            guard let amount = Int(columns[2].replacing(".", with: "")) else { continue }
            if columns[1] == "expense" { cents.expense += amount } else { cents.income += amount }
        }
        #expect(KnownStatement.text(cents.expense) == known.sum { $0.cents < 0 })
        #expect(KnownStatement.text(cents.income) == known.sum { $0.cents > 0 })

        let lines = try await terminal.run(
            "export", "--format", "json", "--type", "expense", "--month", "2025-05", "--tag", "trip")
        let entries = try lines.output.split(separator: "\n").map { try JSONValue.parse(Array($0.utf8)) }
        let wanted: (KnownStatement.Line) -> Bool = {
            $0.cents < 0 && $0.merchant == "Qwix" && $0.date.hasPrefix("2025-05")
        }
        #expect(entries.count == known.count(wanted))
        let sum = entries.reduce(0) { $0 + (Int(($1["amount"]?.numberText ?? "").replacing(".", with: "")) ?? 0) }
        #expect(KnownStatement.text(sum) == known.sum(wanted))

        // Nothing is left where it cannot be whole.
        let nowhere = try await terminal.run("export", "--output", directory + "/none/x.csv")
        #expect(nowhere.status == 1 && nowhere.errors.contains("cannot be written"))
        let refused = try await terminal.run(
            "export", "--category", String(repeating: "x", count: 5000), "--output", directory + "/y.csv")
        #expect(refused.status == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["all.csv"])
    }

    private func expectSearch(_ known: KnownStatement, _ terminal: Terminal) async throws {
        let found = try await terminal.json("search", "blrob", "--limit", "1000")
        #expect(found.array?.count == known.count { $0.merchant == "Blorb & Co" })
        #expect(found.array?.allSatisfy { $0["merchantName"]?.string == "Blorb & Co" } == true)
        let filtered = try await terminal.json("search", "achz", "--limit", "250", "--min", "500", "--type", "expense")
        #expect(
            filtered.array?.count == known.count { $0.merchant == "Ächz GmbH" && $0.cents <= -50_000 })
        let table = try await terminal.run("search", "qwix", "--limit", "2")
        #expect(table.output.split(separator: "\n").count == 4 && table.output.contains("#trip"))
        #expect(try await terminal.run("search", "nobodyhasthis").output == "Nothing was found.\n")
    }

    @Test func `imports are listed and undone, profiles kept, and each status tells what happened`() async throws {
        try await with { terminal, server in
            // One file for which the days have to be said, kept as a profile, and recognised next time.
            let first = try file("Tag;Wer;Wieviel\n01/02/2026;Rewe;-3,50\n02/02/2026;Lidl;-4,00\n", "first.csv")
            let second = try file("Tag;Wer;Wieviel\n05/03/2026;Rewe;-7,00\nnever;Lidl;-1,00\n", "second.csv")
            let mapping = #"{"date":0,"payee":1,"amount":2,"dateOrder":"dmy"}"#
            let imported = try await terminal.run("import", first, "--mapping", mapping, "--save-profile", "House bank")
            #expect(imported.status == 0, "\(imported.errors)")
            let missing = try await terminal.run("import", second, "--profile", "Nobody's")
            #expect(missing.status == 1 && missing.output.isEmpty)
            let dry = try await terminal.run("import", second, first, "--dry-run", "--json")
            let previews = try dry.output.split(separator: "\n").map { try JSONValue.parse(Array($0.utf8)) }
            #expect(dry.status == 0 && previews.compactMap { $0["profile"]?.string } == ["House bank", "House bank"])
            let marks = previews.flatMap { $0["accounts"]?.array?.first?["transactions"]?.array ?? [] }
            #expect(marks.compactMap { $0["status"]?.string } == ["new", "duplicate", "duplicate"])
            #expect(marks.first?["date"]?.string == "2026-03-05" && marks.first?["categorySlug"]?.string == "food")

            // A line is rejected, a file is missing, another one is a directory: the rest is done.
            let mixed = try await terminal.run("import", second, "/nonexistent", "/tmp", "--json")
            #expect(mixed.status == 1 && mixed.errors.contains("/nonexistent") && mixed.errors.contains("directory"))
            #expect(try mixed.json["imported"]?.int == 1 && mixed.json["rejected"]?.array?.count == 1)
            #expect(try mixed.json["profile"]?.string == "House bank")
            let piped = try await terminal.run(
                "import", "-", "--json", input: "Date,Payee,Amount\n2026-04-01,Rewe,-1.00\n")
            #expect(try piped.json["filename"]?.string == "standard-input" && piped.status == 0)

            let list = try await terminal.json("imports", "list")
            #expect(list.array?.compactMap { $0["imported"]?.int } == [1, 1, 2])
            let id = try #require(list.array?[1]["id"]?.string)
            let shown = try await terminal.run("imports", "show", String(id.suffix(8)))
            #expect(
                shown.output.contains("second.csv") && shown.output.contains("line 3") && shown.output.contains("never")
            )
            #expect(try await terminal.json("imports", "undo", "last")["removed"]?.int == 1)
            let undone = try await terminal.run("imports", "undo", id)
            #expect(undone.output.contains(/^Undone: second\.csv of ([-0-9]{10} )?\d\d:\d\d, 1 entry removed\.\n$/))
            #expect(try await terminal.run("imports", "undo", id).status == 1)
            #expect(try await terminal.run("imports", "undo", "zzzzzzzz").status == 1)

            // Profiles, to a file and back.
            let profiles = try file("", "profiles.json")
            #expect(try await terminal.run("profiles", "export", "--output", profiles).status == 0)
            #expect(
                try await terminal.json("profiles", "rename", "house bank", "Old bank")["name"]?.string == "Old bank")
            #expect(try await terminal.json("profiles", "import", profiles)["added"]?.int == 1)
            #expect(try await terminal.run("profiles", "delete", "Old bank").status == 0)
            let added = try await terminal.json(
                "profiles", "add", "Card", "--from", second, "--mapping", #"{"negate":true}"#)
            #expect(added["mapping"]?["negate"]?.bool == true && added["signature"]?.string?.isEmpty == false)
            #expect(try await terminal.json("profiles", "list").array?.count == 2)

            // What is not there, or not allowed, or not reachable.
            let stranger = try await Program.run(
                "report", "overview", "--user", "eve@example.org", "--data", terminal.data)
            #expect(stranger.status == 1 && stranger.output.isEmpty)
            let book = try await terminal.run("report", "overview", "--book", "Somebody else's")
            #expect(book.status == 1 && book.errors.contains("Theirs: “"))
            #expect(try await terminal.run("rules", "show", "x").status == 1)
            #expect(try await terminal.run("profiles", "delete", "x").status == 1)
            #expect(try await terminal.run("rules", "import", first).errors.contains("not JSON"))
            #expect(try await terminal.run("export", "--import", "x").status == 1)
            let away = try await Program.run(
                ["search", "x", "--user", terminal.user, "--data", terminal.data],
                environment: ["PURSER_DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"])
            #expect(away.status == 3 && away.output.isEmpty)
            #expect(try await server.client.send("GET", "/ready").status == 200)
        }
    }

    @Test func `days that can be read in two orders are not imported before one is chosen`() async throws {
        try await with { terminal, _ in
            let text = "Date,Payee,Amount\n03/04/2021,Rewe,-3.00\n05/06/2021,Lidl,-4.00\n"
            let path = try file(text, "export_4410.csv")
            let none = try await terminal.run("imports", "undo", "last")
            #expect(none.status == 1 && none.errors.contains("There is nothing to undo."))

            let refused = try await terminal.run("import", path)
            #expect(refused.status == 1 && refused.output.isEmpty)
            for part in ["export_4410.csv: ", "“03/04/2021”", "2021-04-03 with --mapping '{\"dateOrder\":\"dmy\"}'"] {
                #expect(refused.errors.contains(part), "\(refused.errors)")
            }
            #expect(refused.errors.contains("2021-03-04 with --mapping '{\"dateOrder\":\"mdy\"}'"))
            #expect(try await terminal.json("imports", "list").array?.isEmpty == true)
            // Shown all the same, beside a word about it; a profile of a guess would settle all files to come.
            for words in [["import", path, "--dry-run"], ["import", path, "--dry-run", "--user", terminal.user]] {
                let dry = try await Program.run(words + ["--data", terminal.data])
                #expect(dry.status == 0 && dry.output.contains("Rewe") && dry.errors.contains("--mapping"))
            }
            #expect(try await terminal.run("profiles", "add", "Guess", "--from", path).status == 1)

            // Kept as a profile, it is settled.
            let dayFirst = #"{"dateOrder":"dmy"}"#
            let told = try await terminal.run("import", path, "--mapping", dayFirst, "--save-profile", "Bank")
            #expect(told.status == 0 && told.output.contains("2 imported"), "\(told.errors)")
            #expect(try await terminal.json("import", path)["duplicates"]?.int == 2)
            let shown = try await terminal.run("profiles", "show", "Bank")
            for part in [
                "found by  the columns date, payee, amount",
                "columns end with commas · dates day first · decimal point",
                "date      date",
            ] {
                #expect(shown.output.contains(part), "\(shown.output)")
            }
            let profiles = try await terminal.run("profiles", "list")
            #expect(profiles.output.contains("dates day first") && !profiles.output.contains("{"))

            // The newest import brought nothing: what is undone is the one that did.
            let undone = try await terminal.run("imports", "undo", "last")
            #expect(undone.output.hasPrefix("Undone: export_4410.csv of "), "\(undone.output)")
            #expect(undone.output.hasSuffix(", 2 entries removed.\n"))
            #expect(try await terminal.run("imports", "undo", "last").status == 1)
        }
    }

    @Test func `a category counts with its subcategories, and one that is none is refused`() async throws {
        try await with { terminal, server in
            let login = try await server.send(
                "POST", "/auth/login", #"{"email":"ada@example.org","password":"correct horse battery"}"#)
            let token = try #require(login.data["accessToken"]?.string, "\(login.text)")
            let food = try await server.send("GET", "/categories/food", token: token).data["id"]?.string ?? ""
            let bakery = try await server.send(
                "POST", "/categories/\(food)/subcategories", #"{"name":"Bakery"}"#, token: token)
            try #require(bakery.status == 201, "\(bakery.text)")
            for (payee, category) in [("Zopf", "bakery"), ("Qwix", "food")] {
                _ = try await terminal.json(
                    "rules", "add", "--if", "merchant startsWith \(payee)", "--if", "amount atLeast 2", "--category",
                    category)
            }
            let path = try file(
                "Date,Payee,Amount\n2026-03-01,Zopf,-2.00\n2026-03-02,Qwix,-3.00\n2026-03-03,Job,9.00\n", "s.csv")
            #expect(try await terminal.json("import", path)["imported"]?.int == 3)
            for (words, count) in [([], 2), (["--no-subcategories"], 1)] {
                let arguments = ["--category", "Food", "--user", terminal.user, "--data", terminal.data] + words
                let exported = try await Program.run(["export", "--format", "json"] + arguments)
                #expect(exported.output.utf8.count { $0 == 0x0A } == count, "\(exported.errors)")
                let found = try await Program.run(["search", "zopf", "--json"] + arguments)
                #expect(try found.json.array?.count == count - 1)
            }
            let directory = TestDirectories.make("nope")
            for words in [
                ["export", "--category", "nope", "--output", directory + "/x.csv"],
                ["search", "zopf", "--category", "nope"],
            ] {
                let refused = try await Program.run(words + ["--user", terminal.user, "--data", terminal.data])
                #expect(refused.status == 1 && refused.output.isEmpty)
                #expect(refused.errors.contains("There is no category “nope” in this book."))
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)

            let rules = try await terminal.run("rules", "list")
            #expect(rules.output.contains("merchant starts with Zopf and amount is at least €2.00"), "\(rules.output)")
            let overview = try await terminal.run("report", "overview", "--month", "2026-03")
            #expect(overview.output.contains("2 expenses, 1 income,"), "\(overview.output)")
        }
    }

    @Test func `what is imported goes to a department, by which it is found and exported`() async throws {
        try await with { terminal, server in
            let login = try await server.send(
                "POST", "/auth/login", #"{"email":"ada@example.org","password":"correct horse battery"}"#)
            let token = try #require(login.data["accessToken"]?.string, "\(login.text)")
            let made = try await server.send(
                "POST", "/books", #"{"name":"Acme","kind":"organization"}"#, token: token)
            try #require(made.status == 201, "\(made.text)")
            func acme(_ words: [String]) async throws -> Program.Result {
                try await Program.run(words + ["--book", "Acme", "--user", terminal.user, "--data", terminal.data])
            }
            let first = try file("Date,Payee,Amount\n2026-03-01,Zopf,-2.00\n2026-03-02,Zopf,-3.00\n", "first.csv")
            let second = try file("Date,Payee,Amount\n2026-03-03,Zopf,-4.00\n", "second.csv")
            let third = try file("Date,Payee,Amount\n2026-03-04,Zopf,-5.00\n", "third.csv")
            let told = try await acme(["import", first, "--department", "HR"])
            #expect(told.status == 0 && told.output.contains("2 imported"), "\(told.errors)")
            #expect(told.output.contains("(of “HR”)"), "\(told.output)")
            let json = try await acme(["import", second, "--department", "fiNance", "--json"]).json
            #expect(json["departmentName"]?.string == "Finance" && json["departmentId"]?.string != nil)
            #expect(try await acme(["imports", "list"]).output.contains("Department"))
            #expect(try await acme(["import", third]).output.contains("(of") == false)
            let list = try await acme(["imports", "list", "--json"]).json
            #expect(list.array?.map { $0["departmentName"]?.string } == [nil, "Finance", "HR"])
            #expect(try await acme(["imports", "show", "last"]).output.contains("Department") == false)

            for (department, amounts) in [("hr", ["-2", "-3"]), ("Finance", ["-4"]), ("none", ["-5"])] {
                let found = try await acme(["search", "zopf", "--department", department, "--json"]).json
                #expect(
                    Set((found.array ?? []).map { "-" + ($0["amount"]?.numberText ?? "").prefix(1) }) == Set(amounts))
                let exported = try await acme(["export", "--department", department])
                #expect(exported.output.split(separator: "\r\n").count == amounts.count + 1, "\(exported.errors)")
                #expect(exported.output.contains(",Notes,Id,Department\r\n"))
            }
            let dry = try await acme(["import", third, "--department", "hr", "--dry-run", "--json"])
            #expect(dry.status == 0, "\(dry.errors)")
            for words in [
                ["import", first], ["import", first, "--dry-run"], ["search", "zopf"], ["export"],
            ] {
                let refused = try await acme(words + ["--department", "Sales"])
                #expect(refused.status == 1 && refused.output.isEmpty, "\(words): \(refused.output)")
                #expect(
                    refused.errors.contains("no department “Sales” in this book. It has: finance, hr,"),
                    "\(refused.errors)")
            }
            let own = try await terminal.run("import", first, "--department", "hr")
            #expect(own.status == 1 && own.errors.contains("Only an organisation has departments"), "\(own.errors)")
            #expect(try await terminal.json("imports", "list").array?.isEmpty == true)
            let exported = try await terminal.run("export")
            #expect(exported.output.hasSuffix(",Notes,Id\r\n"), "\(exported.output)")
        }
    }

    @Test func `an import that is killed is there whole or not at all, and can be repeated`() async throws {
        let count = 20_000
        let lines = (0..<count).map { "2026-0\($0 % 9 + 1)-\($0 % 18 + 10),Shop \($0),-\($0 % 90 + 1).50\n" }
        let path = try file("Date,Payee,Amount\n" + lines.joined(), "large.csv")
        try await with { terminal, server in
            for delay in [150, 500, 1000] {
                let (process, _, _) = try Program.start(
                    ["import", path, "--user", terminal.user, "--data", terminal.data])
                try await Task.sleep(for: .milliseconds(delay))
                if process.isRunning { kill(process.processIdentifier, SIGKILL) }
                while process.isRunning { try await Task.sleep(for: .milliseconds(10)) }
                let there = try await terminal.json("imports", "list").array ?? []
                let total = there.reduce(0) { $0 + ($1["imported"]?.int ?? 0) }
                #expect(total == 0 || total == count, "killed after \(delay) ms: \(total)")
            }
            let answer = try await terminal.json("import", path)
            #expect((answer["imported"]?.int ?? 0) + (answer["duplicates"]?.int ?? 0) == count)
            let exported = try await terminal.run("export", "--format", "json")
            #expect(exported.output.utf8.count { $0 == 0x0A } == count)
            let findings = try await Program.run("doctor", "--json", "--data", terminal.data).json.array ?? []
            #expect(findings.first { $0["subject"] == .string("sums") }?["state"] == .string("ok"))
        }
    }
}
