import Foundation
import Glibc
import JSON
import Synchronization
import TestSupport
import Testing

@testable import purser

/// The real program with its own PostgreSQL, one after the other: each takes the machine to itself.
@Suite(.tags(.slow), .serialized) struct `The server` {
    private static func newData() -> String { TestDirectories.make("app") + "/data" }

    private func statement(_ count: Int) throws -> String {
        let path = TestDirectories.make("file") + "/statement.csv"
        let lines = (0..<count).map { "2026-0\($0 % 9 + 1)-\($0 % 18 + 10),Shop \($0),-\($0 % 90 + 1).50\n" }
        try Data(("Date,Payee,Amount\n" + lines.joined()).utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    /// A browser gets the page for every address that is none of the API's, with the status that is true of it.
    private func checkScreens(_ client: TestClient) async throws {
        let html = ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
        let page = try await client.send("GET", "/entries", fields: [html])
        #expect(page.status == 200 && page.text.hasPrefix("<!doctype html>"))
        for path in ["/nosuch", "/entries/nosuch", "/apis"] {
            let read = try await client.send("GET", path, fields: [html])
            #expect(read.status == 404 && read.body == page.body, "\(path)")
            #expect(read["content-type"] == page["content-type"] && read["etag"] == nil)
            #expect(read["content-security-policy"] == page["content-security-policy"])
            let head = try await client.send("HEAD", path, fields: [html])
            #expect(head.status == 404 && head.body.isEmpty && head["content-type"] == read["content-type"])
            for accept in ["*/*", "application/json", "application/json, text/html;q=0"] {
                let answer = try await client.send("GET", path, fields: [("Accept", accept)])
                #expect(answer.status == 404 && answer.code == "NOT_FOUND", "\(path) as \(accept)")
            }
        }
        for path in ["/api", "/api/v1/nosuch"] {
            let answer = try await client.send("GET", path, fields: [html])
            #expect(answer.status == 404 && answer.code == "NOT_FOUND", "\(path)")
        }
        #expect(try await client.send("POST", "/nosuch", fields: [html]).code == "NOT_FOUND")
    }

    @Test func `lives beside the commands of the one who runs it, and stops in order`() async throws {
        let data = Self.newData()
        try await RunningServer.with(data) { server in
            #expect(server.greeting.contains("listening on http://127.0.0.1:\(server.port)\n"))
            #expect(server.greeting.contains("/setup/"))
            #expect(try await server.client.send("GET", "/health").status == 200)
            #expect(try await server.client.send("GET", "/ready").status == 200)
            #expect(try await server.client.send("GET", "/metrics").text.contains("purser_http_requests_total"))
            try await checkScreens(server.client)
            let token = try await server.registerAda()

            // Commands beside the server.
            let added = try await Program.run(
                ["user", "add", "root@example.org", "--admin", "--data", data], input: "correct horse battery\n")
            #expect(added.status == 0, "\(added.errors)")
            let listed = try await Program.run("user", "list", "--json", "--data", data).json
            #expect(
                (listed.array ?? []).compactMap { $0["email"]?.string }.sorted() == [
                    "ada@example.org", "root@example.org",
                ])
            #expect(
                (listed.array ?? []).first { $0["email"]?.string == "root@example.org" }?["role"] == .string("admin"))
            let weak = try await Program.run(["user", "add", "weak@example.org", "--data", data], input: "abc\n")
            #expect(weak.status == 1 && weak.output.isEmpty)

            let file = try statement(40)
            let first = try await Program.run("import", file, "--user", "ada@example.org", "--json", "--data", data)
            #expect(first.status == 0, "\(first.errors)")
            #expect(try first.json["imported"]?.int == 40 && first.json["filename"] == .string("statement.csv"))
            let again = try await Program.run("import", file, "--user", "ada@example.org", "--data", data)
            #expect(again.status == 0 && again.output.contains("0 imported, 40 were there already"))
            #expect(try await server.total(token: token) == 40)
            let stranger = try await Program.run("import", file, "--user", "nobody@example.org", "--data", data)
            #expect(stranger.status == 1 && stranger.output.isEmpty)

            #expect(try await Program.run("migrate", "--json", "--data", data).json["applied"]?.array?.isEmpty == true)
            #expect(try await Program.run("jobs", "list", "--json", "--data", data).json.array != nil)
            #expect(try await Program.run("jobs", "retry", "4711", "--data", data).status == 1)
            let doctor = try await Program.run("doctor", "--json", "--data", data)
            try expectSound(doctor)

            // Another server on the same data.
            let second = try await Program.run("serve", "--port", "0", "--data", data)
            #expect(
                second.status == 3 && second.errors.contains("another server (pid \(server.identifier))")
                    && second.errors.contains("--data"))
            let samePort = try await Program.run("serve", "--port", "\(server.port)", "--data", Self.newData())
            #expect(samePort.status == 3 && samePort.errors.contains("--port"))

            server.terminate()
            #expect(await server.exited() == 0)
            #expect(server.postmaster == nil, "PostgreSQL was left behind")
        }
        // Without a server a command starts what it needs, and stops it; a wrong directory is not filled with a database.
        let wrong = try await Program.run("report", "months", "--user", "ada@example.org", "--data", data + "2")
        #expect(wrong.status == 3 && !FileManager.default.fileExists(atPath: data + "2"))
        try expectSound(try await Program.run("doctor", "--json", "--data", data))
        try await RunningServer.with(data) { server in
            let answer = try await server.send(
                "POST", "/auth/login", #"{"email":"ADA@example.org","password":"correct horse battery"}"#)
            let token = try #require(answer.data["accessToken"]?.string)
            #expect(try await server.total(token: token) == 40)
            #expect(!server.greeting.contains("/setup/"), "there is an administrator")
        }
    }

    @Test func `is not needed for the first administrator`() async throws {
        let data = Self.newData()
        let added = try await Program.run(
            ["user", "add", "root@example.org", "--admin", "--data", data], input: "correct horse battery\n")
        #expect(added.status == 0, "\(added.errors)")
        #expect(try await Program.run("user", "list", "--json", "--data", data).json.array?.count == 1)
    }

    private func expectSound(_ doctor: Program.Result, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let findings = try #require(try doctor.json.array, sourceLocation: sourceLocation)
        for subject in ["database", "sums", "jobs"] {
            let finding = findings.first { $0["subject"] == .string(subject) }
            #expect(finding?["state"] == .string("ok"), "\(subject): \(doctor.output)", sourceLocation: sourceLocation)
        }
        for finding in findings {
            #expect(finding["text"]?.string?.isEmpty == false, sourceLocation: sourceLocation)
            #expect(
                (finding["state"] == .string("ok")) == (finding["remedy"]?.isNull ?? false), "\(finding)",
                sourceLocation: sourceLocation)
        }
        let isFine = findings.allSatisfy { $0["state"] == .string("ok") }
        #expect(doctor.status == (isFine ? 0 : 1), sourceLocation: sourceLocation)
    }

    @Test func `finishes a request that is under way when it is told to stop`() async throws {
        try await RunningServer.with(Self.newData()) { server in
            let token = try await server.registerAda()
            let body = Array(#"{"amount":12.50,"merchant":"Slow"}"#.utf8)
            let head =
                "POST /api/v1/expenses HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\nContent-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n"
            let connection = try ClientConnection(port: server.port)
            try connection.write(Array(head.utf8) + body.prefix(10))
            // So that the head has been read when the signal comes.
            try await Task.sleep(for: .milliseconds(300))
            server.terminate()
            // It does not take new ones any more.
            var isClosed = false
            while !isClosed && server.isRunning {
                do { _ = try await server.client.send("GET", "/health") } catch { isClosed = true }
            }
            #expect(server.isRunning)
            try connection.write(Array(body.dropFirst(10)))
            let answer = try Answer(connection.readToEnd())
            #expect(answer.status == 201 && answer.data["merchantName"] == .string("Slow"))
            #expect(await server.exited() == 0)
        }
    }

    @Test func `stops at a worker's side, which finishes as well`() async throws {
        let data = Self.newData()
        try await RunningServer.with(data, ["--role", "api"]) { server in
            let (worker, output, errors) = try Program.start(["worker", "--data", data])
            while !Program.text(of: output).contains("working") && worker.isRunning {
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(worker.isRunning, "\(Program.text(of: errors))")
            worker.terminate()
            while worker.isRunning { try await Task.sleep(for: .milliseconds(10)) }
            #expect(worker.terminationStatus == 0 && server.isRunning)
        }
    }
}

/// What was acknowledged, and what was asked for.
private final class Load: Sendable {
    private struct State {
        var asked: Set<String> = []
        var acknowledged: Set<String> = []
        var strange: [String] = []
        var isOver = false
    }
    private let state = Mutex(State())

    var acknowledged: Set<String> { state.withLock { $0.acknowledged } }
    var asked: Set<String> { state.withLock { $0.asked } }
    var strange: [String] { state.withLock { $0.strange } }
    func end() { state.withLock { $0.isOver = true } }

    /// Creates entries one after the other, each with a name of its own, until it is ended or the server is gone.
    func create(_ server: RunningServer, token: String, writer: Int) async {
        var number = 0
        while !state.withLock({ $0.isOver }) {
            number += 1
            let name = "w\(writer)-\(number)"
            state.withLock { _ = $0.asked.insert(name) }
            do {
                let answer = try await server.send(
                    "POST", "/expenses", #"{"amount":1.25,"merchant":"\#(name)"}"#, token: token)
                state.withLock { state in
                    switch answer.status {
                    case 201: state.acknowledged.insert(name)
                    case 503: break
                    default: state.strange.append(answer.text)
                    }
                }
            } catch {
                if !server.isRunning { return }
            }
        }
    }

    /// Waits until so many more are acknowledged; false when the server ended before.
    func waitForMore(_ count: Int, _ server: RunningServer) async throws -> Bool {
        let target = acknowledged.count + count
        while acknowledged.count < target {
            guard server.isRunning else { return false }
            try await Task.sleep(for: .milliseconds(5))
        }
        return true
    }
}

@Suite(.tags(.slow), .serialized) struct `Killed under load` {
    private func expectNothingLost(_ load: Load, _ stored: [String], sourceLocation: SourceLocation = #_sourceLocation)
    {
        #expect(stored.count == Set(stored).count, "an entry is there twice", sourceLocation: sourceLocation)
        #expect(load.acknowledged.subtracting(stored) == [], "acknowledged and lost", sourceLocation: sourceLocation)
        #expect(Set(stored).subtracting(load.asked) == [], sourceLocation: sourceLocation)
        #expect(load.strange == [], sourceLocation: sourceLocation)
    }

    private func expectSums(_ data: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let findings = try await Program.run("doctor", "--json", "--data", data).json.array ?? []
        #expect(
            findings.first { $0["subject"] == .string("sums") }?["state"] == .string("ok"), "\(findings)",
            sourceLocation: sourceLocation)
    }

    @Test func `the server has everything that it acknowledged when it comes back`() async throws {
        let data = TestDirectories.make("app") + "/data"
        let load = Load()
        var token = ""
        for round in 0..<2 {
            try await RunningServer.with(data) { server in
                if round == 0 { token = try await server.registerAda() }
                let known = token
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for writer in 0..<12 {
                        group.addTask { await load.create(server, token: known, writer: round * 100 + writer) }
                    }
                    #expect(try await load.waitForMore(150, server))
                    server.kill()
                    try await group.waitForAll()
                }
            }
        }
        try await RunningServer.with(data) { server in
            expectNothingLost(load, try await server.merchants(token: token))
            try await expectSums(data)
        }
    }

    @Test func `PostgreSQL is started again by the server, and nothing acknowledged is lost`() async throws {
        let data = TestDirectories.make("app") + "/data"
        try await RunningServer.with(data) { server in
            let token = try await server.registerAda()
            let load = Load()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<12 { group.addTask { await load.create(server, token: token, writer: writer) } }
                for _ in 0..<2 {
                    #expect(try await load.waitForMore(100, server))
                    let postmaster = try #require(server.postmaster)
                    kill(postmaster, SIGKILL)
                }
                #expect(try await load.waitForMore(100, server), "\(server.log)")
                load.end()
                try await group.waitForAll()
            }
            expectNothingLost(load, try await server.merchants(token: token))
            try await expectSums(data)
            #expect(try await server.client.send("GET", "/ready").status == 200)
        }
    }

    @Test func `an import is there whole or not at all, and can be repeated`() async throws {
        let data = TestDirectories.make("app") + "/data"
        let count = 20_000
        let lines = (0..<count).map { "2026-0\($0 % 9 + 1)-\($0 % 18 + 10),Shop \($0),-\($0 % 90 + 1).50\n" }
        let form = TestClient.form(Array(("Date,Payee,Amount\n" + lines.joined()).utf8))
        var token = ""
        for delay in [80, 250, 500, 900] {
            try await RunningServer.with(data) { server in
                if token.isEmpty { token = try await server.registerAda() }
                let known = token
                let upload = Task {
                    try? await server.client.send(
                        "POST", "/api/v1/imports",
                        fields: [("Authorization", "Bearer \(known)"), ("Content-Type", form.contentType)],
                        body: form.body)
                }
                try await Task.sleep(for: .milliseconds(delay))
                server.kill()
                let answer = await upload.value
                await server.exited()
                if let answer { #expect(answer.status == 201) }
            }
            try await RunningServer.with(data) { server in
                let total = try await server.total(token: token)
                #expect(total == 0 || total == count, "killed after \(delay) ms: \(total) of \(count)")
                let imports = try await server.send("GET", "/imports", token: token).items
                #expect(imports.allSatisfy { ($0["imported"]?.int ?? -1) + ($0["duplicates"]?.int ?? -1) == count })
                #expect(imports.reduce(0) { $0 + ($1["imported"]?.int ?? 0) } == total)
                try await expectSums(data)
            }
        }
        try await RunningServer.with(data) { server in
            let before = try await server.total(token: token)
            let answer = try await server.client.send(
                "POST", "/api/v1/imports",
                fields: [("Authorization", "Bearer \(token)"), ("Content-Type", form.contentType)], body: form.body)
            #expect(
                answer.status == 201 && answer.data["imported"]?.int == count - before
                    && answer.data["duplicates"]?.int == before)
            #expect(try await server.total(token: token) == count)
            try await expectSums(data)
        }
    }

    @Test func `an undo is done whole or not at all, and can be repeated`() async throws {
        let data = TestDirectories.make("app") + "/data"
        let count = 8000
        let lines = (0..<count).map { "2026-0\($0 % 9 + 1)-\($0 % 18 + 10),Shop \($0),-\($0 % 90 + 1).50\n" }
        let form = TestClient.form(Array(("Date,Payee,Amount\n" + lines.joined()).utf8))
        var token = ""
        func upload(_ server: RunningServer) async throws -> Answer {
            try await server.client.send(
                "POST", "/api/v1/imports",
                fields: [("Authorization", "Bearer \(token)"), ("Content-Type", form.contentType)], body: form.body)
        }
        for delay in [30, 150, 400] {
            try await RunningServer.with(data) { server in
                if token.isEmpty { token = try await server.registerAda() }
                if try await server.total(token: token) == 0 { #expect(try await upload(server).status == 201) }
                let newest = try await server.send("GET", "/imports?limit=1", token: token).items.first
                let id = try #require(newest?["id"]?.string)
                let known = token
                let undo = Task { try? await server.send("DELETE", "/imports/\(id)", token: known) }
                try await Task.sleep(for: .milliseconds(delay))
                server.kill()
                let answer = await undo.value
                await server.exited()
                if let answer { #expect(answer.status == 200) }
            }
            try await RunningServer.with(data) { server in
                let total = try await server.total(token: token)
                let newest = try await server.send("GET", "/imports?limit=1", token: token).items.first
                let isUndone = newest?["undoneAt"]?.string != nil
                #expect(total == (isUndone ? 0 : count), "killed after \(delay) ms: \(total) of \(count)")
                try await expectSums(data)
            }
        }
        try await RunningServer.with(data) { server in
            if try await server.total(token: token) == 0 { #expect(try await upload(server).status == 201) }
            let newest = try await server.send("GET", "/imports?limit=1", token: token).items.first
            let id = try #require(newest?["id"]?.string)
            let answer = try await server.send("DELETE", "/imports/\(id)", token: token)
            #expect(answer.status == 200 && answer.data["removed"]?.int == count)
            #expect(try await server.total(token: token) == 0)
            try await expectSums(data)
        }
    }
}
