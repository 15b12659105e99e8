import Foundation
import JSON
import Runtime
import TestSupport
import Testing

@testable import purser

/// What needs no database.
@Suite(.tags(.slow)) struct `The command` {
    private func file(_ text: String, name: String = "statement.csv") throws -> String {
        let path = TestDirectories.make("file") + "/" + name
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test func `shows what it can do`() async throws {
        for arguments in [[], ["help"], ["--help"], ["-h"]] {
            let result = try await Program.run(arguments)
            #expect(result.status == 0 && result.errors.isEmpty)
            for command in Commands.all { #expect(result.output.contains("  \(command.name) "), "\(command.name)") }
        }
        #expect(try await Program.run("version").output == "purser \(Main.version)\n")
    }

    @Test(arguments: Commands.all.map(\.name)) func `explains each command`(name: String) async throws {
        let help = try await Program.run(name, "--help")
        #expect(help.status == 0 && help.errors.isEmpty && help.output.contains("Usage: purser \(name)"))
        #expect(try await Program.run("help", name).output == help.output)
        #expect(try await Program.run(name, "-h").output == help.output)
        let wrong = try await Program.run(name, "--no-such-flag")
        #expect(wrong.status == 2 && wrong.output.isEmpty && wrong.errors.contains("--no-such-flag"))
    }

    @Test(arguments: [
        ["nonsense"], ["serve", "--port"], ["serve", "--port", "70000"], ["serve", "--port=x"],
        ["serve", "--demo=yes"], ["serve", "--role", "king"],
        ["import"], ["import", "file.csv"], ["import", "--user"], ["import", "-", "-", "--user", "a@b.c"],
        ["import", "f", "--dry-run", "--profile", "x"], ["import", "f", "--dry-run", "--department", "x"],
        ["import", "f", "--dry-run", "--currency", "euro"],
        ["imports"], ["imports", "list"], ["imports", "undo", "--user", "a@b.c"],
        ["imports", "eat", "--user", "a@b.c"],
        ["imports", "undo", "x", "--edited", "perhaps", "--user", "a@b.c"],
        ["export"], ["export", "somewhere", "--user", "a@b.c"], ["export", "--format", "pdf", "--user", "a@b.c"],
        ["export", "--user", "a@b.c", "--from", "1.2.2026"], ["export", "--user", "a@b.c", "--min", "1,50"],
        ["export", "--user", "a@b.c", "--year", "2026", "--month", "2026-01"],
        ["export", "--user", "a@b.c", "--from", "2026-02-01", "--to", "2026-01-01"],
        ["rules"], ["rules", "list"], ["rules", "add", "--user", "a@b.c"], ["rules", "move", "x", "--user", "a@b.c"],
        ["rules", "add", "--if", "merchant rewe", "--user", "a@b.c"],
        ["rules", "add", "--if", "merchant smells rewe", "--user", "a@b.c"],
        ["rules", "add", "--if", "colour is red", "--user", "a@b.c"],
        ["rules", "add", "--if", "amount between 5", "--user", "a@b.c"],
        ["profiles"], ["profiles", "add", "x", "--user", "a@b.c"], ["profiles", "rename", "x", "--user", "a@b.c"],
        ["search"], ["search", "x"], ["search", " ", "--user", "a@b.c"],
        ["search", "x", "--limit", "0", "--user", "a@b.c"],
        ["report"], ["report", "weather", "--user", "a@b.c"], ["report", "overview"],
        ["report", "overview", "--month", "March", "--user", "a@b.c"],
        ["report", "months", "--months", "3", "--year", "2025", "--user", "a@b.c"],
        ["report", "compare", "--with", "soon", "--user", "a@b.c"],
        ["user"], ["user", "dance"], ["user", "require-mfa"], ["keys"], ["keys", "dance"], ["keys", "list", "all"],
        ["keys", "rotate", "all", "two"],
        ["keys", "reseal", "data"],
        ["user", "add"], ["user", "add", "a@b.c", "d@e.f"], ["jobs"], ["jobs", "retry"], ["jobs", "drop", "x"],
        ["jobs", "dance"], ["config", "--port", "-1"],
    ]) func `says with status 2 that it was called wrongly`(arguments: [String]) async throws {
        let data = TestDirectories.make("never") + "/data"
        let result = try await Program.run(
            arguments, input: "correct horse battery\n", environment: ["PURSER_DATA": data])
        #expect(result.status == 2, "\(result.errors)")
        #expect(result.output.isEmpty && result.errors.hasPrefix("purser"))
        #expect(!FileManager.default.fileExists(atPath: data), "something was begun")
    }

    @Test func `names every setting that is wrong`() async throws {
        let result = try await Program.run(
            ["config", "--idle-timeout", "soon"],
            environment: ["PURSER_LOOPS": "many", "PURSER_COLOUR": "red", "LOG_LEVEL": "loud"])
        #expect(result.status == 2)
        for name in ["--idle-timeout", "PURSER_LOOPS", "PURSER_COLOUR", "loud"] {
            #expect(result.errors.contains(name), "\(name)")
        }
    }

    @Test func `shows every setting, and no secret`() async throws {
        let secret = "postgres://purser:hunter2@db/purser"
        for form in [[], ["--json"], ["--markdown"]] {
            let result = try await Program.run(
                ["config"] + form, environment: ["PURSER_DATABASE_URL": secret, "PURSER_PORT": "81"])
            #expect(result.status == 0 && !result.output.contains("hunter2"))
            for setting in Settings.all { #expect(result.output.contains(setting.environmentName)) }
        }
        let json = try await Program.run(["config", "--json", "--host", "::1"], environment: ["PURSER_PORT": "81"]).json
        let byName = (json.array ?? []).reduce(into: [String: JSONValue]()) { $0[$1["name"]?.string ?? ""] = $1 }
        #expect(byName["port"]?["value"] == .string("81") && byName["port"]?["source"] == .string("environment"))
        #expect(byName["host"]?["source"] == .string("flag") && byName["data"]?["source"] == .string("default"))
    }

    @Test func `prints an OpenAPI document that is sound and whole`() async throws {
        let result = try await Program.run("openapi")
        #expect(result.status == 0 && result.errors.isEmpty)
        let checker = OpenAPIChecker(try result.json)
        #expect(checker.problemsOfDocument() == [])
        let declared = try Modules.declaredRoutes()
        #expect(checker.operationNames.count == declared.count)
        #expect(
            checker.operationNames.isSuperset(of: [
                "post /api/v1/auth/register", "post /api/v1/auth/login", "get /api/v1/users/me", "get /api/v1/books",
                "get /api/v1/categories",
                "post /api/v1/expenses", "put /api/v1/incomes/{id}", "get /api/v1/entries", "post /api/v1/imports",
                "get /api/v1/analytics/dashboard",
                "get /health", "get /ready", "get /metrics", "get /.well-known/jwks.json",
            ]))
    }

    @Test func `shows in a dry run what a file holds`() async throws {
        let path = try file(
            "Date,Payee,Memo,Amount\n2026-03-01,Rewe,Bread,-3.50\n2026-03-02,ACME,Wage,1000.00\n2026-02-30,Lidl,,-1.00\n"
        )
        let result = try await Program.run("import", "--dry-run", "--json", "--currency", "kwd", path)
        #expect(result.status == 0 && result.errors.isEmpty)
        let json = try result.json
        #expect(
            json["format"] == .string("csv") && json["transactionCount"]?.int == 2 && json["rejectedCount"]?.int == 1)
        #expect(json["mapping"]?["date"]?.int == 0 && json["columns"]?.array?.count == 4)
        let account = try #require(json["accounts"]?.array?.first)
        let transactions = try #require(account["transactions"]?.array)
        #expect(transactions.compactMap { $0["amount"]?.numberText } == ["-3.500", "1000.000"])
        #expect(transactions.compactMap { $0["date"]?.string } == ["2026-03-01", "2026-03-02"])
        #expect(
            transactions.compactMap { $0["payee"]?.string } == ["Rewe", "ACME"]
                && transactions.compactMap { $0["line"]?.int } == [2, 3])
        let rejected = try #require(json["rejected"]?.array?.first)
        #expect(
            rejected["line"]?.int == 4 && rejected["reason"]?.string?.isEmpty == false
                && rejected["text"]?.string?.contains("Lidl") == true)
    }

    @Test func `shows a file's text without what a terminal would obey`() async throws {
        let path = try file(
            "Date,Payee,Amount\n2026-03-01,\"a\u{1B}]0;owned\u{7}b\",-3.50\n2026-03-99,\"\u{1B}[2J\",1\n")
        let result = try await Program.run("import", "--dry-run", path)
        #expect(
            result.output.contains("-3.50") && !result.output.contains("\u{1B}") && !result.output.contains("\u{7}"))
    }

    @Test func `says with status 1 that a file is no statement`() async throws {
        let directory = TestDirectories.make("directory")
        for path in ["/nonexistent/file.csv", directory, try file(""), try file("hello\n"), try file("%PDF-1.7\n")] {
            let result = try await Program.run("import", "--dry-run", "--json", path)
            #expect(
                result.status == 1 && result.output.isEmpty && result.errors.contains(path), "\(path): \(result.errors)"
            )
        }
        #expect(try await Program.run("import", "--dry-run", directory).errors.contains("\(directory)/*.csv"))
        let good = try file("Date,Payee,Amount\n2026-03-01,Rewe,-3.50\n")
        let both = try await Program.run("import", "--dry-run", "/nonexistent/file.csv", good)
        #expect(both.status == 1 && both.output.contains("1 transactions"))
        for mapping in ["{", "[]", #"{"date":"x"}"#] {
            #expect(try await Program.run("import", "--dry-run", "--mapping", mapping, good).status == 1)
        }
        #expect(try await Program.run("import", "--dry-run", "--currency", "XXY", good).status == 2)
    }

    @Test func `says with status 3 that the data cannot be had`() async throws {
        let notADirectory = try file("x")
        for data in [notADirectory, "/proc/nowhere", ""] {
            for command in [
                ["serve", "--port", "0"], ["migrate"], ["user", "list"], ["export", "--user", "a@b.c"],
                ["report", "months", "--user", "a@b.c"], ["rules", "list", "--user", "a@b.c"],
            ] {
                let result = try await Program.run(command + ["--data", data])
                #expect(result.status == 3, "\(command) \(data): \(result.status) \(result.errors)")
                #expect(
                    result.output.isEmpty && (result.errors.contains("data directory") || result.errors.contains(data)))
            }
        }
        let away = try await Program.run(
            ["migrate", "--data", TestDirectories.make("data")],
            environment: ["PURSER_DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"])
        #expect(away.status == 3 && !away.errors.isEmpty)
    }
}
