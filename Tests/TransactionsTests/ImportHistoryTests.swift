import Base
import EventLoop
import JSON
import TestSupport
import Testing

@testable import Transactions

@Suite(.tags(.http), .books) struct `The imports of a book` {
    @Test func `are listed newest first, page by page`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            var ids: [String] = []
            for number in 1...7 {
                let answer = try await ada.upload(
                    "Date,Payee,Amount\n2026-03-01,Shop \(number),-3.00\n", name: "file \(number).csv")
                ids.append(try #require(answer.data.written("id")))
            }
            var seen: [String] = []
            var cursor: String?
            repeat {
                let page = try await ada.get("/imports?limit=3" + (cursor.map { "&cursor=\($0)" } ?? ""))
                #expect(page.items.count <= 3)
                seen += page.items.compactMap { $0.written("id") }
                cursor = page.nextCursor
            } while cursor != nil
            #expect(seen == ids.reversed())
            let first = try #require(try await ada.get("/imports?limit=1").items.first)
            #expect(first.written("filename") == "file 7.csv" && first.written("createdBy") == "\(ada.user)")
            #expect(first["undoneAt"]?.isNull == true && first["profile"]?.isNull == true)
            #expect(try await ada.get("/imports?cursor=x").status == 400)
            #expect(try await app.person("zoe").get("/imports").items.isEmpty)
        }
    }

    @Test func `keep every line that was not taken`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let count = 2345
            let file =
                "Date,Payee,Amount\n" + String(repeating: "2026-03-01,Rewe,-3.00\n", count: 300)
                + (1...count).map { "2026-02-31,Shop \($0),-\($0).00\n" }.joined()
            let answer = try await ada.upload(file)
            #expect(answer.status == 201 && answer.data["rejectedCount"]?.int == count)
            #expect(answer.data["rejected"]?.array?.count == 1000)
            let id = try #require(answer.data.written("id"))
            #expect(try await ada.get("/imports/\(id)").data["rejected"] == answer.data["rejected"])
            var lines: [Int] = []
            var cursor: String?
            repeat {
                let page = try await ada.get(
                    "/imports/\(id)/rejected?limit=700" + (cursor.map { "&cursor=\($0)" } ?? ""))
                for item in page.items {
                    let line = try #require(item["line"]?.int)
                    lines.append(line)
                    #expect(item.written("text")?.contains("Shop \(line - 301)") == true)
                    #expect(item.written("reason")?.isEmpty == false)
                }
                cursor = page.nextCursor
            } while cursor != nil
            #expect(lines == Array(302...(count + 301)))
            for wrong in ["x", "0", "-1", "99999999999"] {
                #expect(try await ada.get("/imports/\(id)/rejected?cursor=\(wrong)").status == 400, "\(wrong)")
            }
            #expect(try await ada.send("DELETE", "/imports/\(id)").data["removed"]?.int == 300)
            #expect(try await ada.get("/imports/\(id)/rejected?limit=1").items.count == 1)
        }
    }

    @Test func `tell the account, of the file or as the client says`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let file = "Date,Payee,Amount\n2026-03-01,Rewe,-3.00\n"
            #expect(try await ada.upload(file).data["account"]?.isNull == true)
            let named = try await ada.upload(file, "?account=DE77")
            #expect(named.data.written("account") == "DE77" && named.data["imported"]?.int == 1)
            #expect(try await ada.upload(file, "?account=DE77").data["duplicates"]?.int == 1)
            #expect(try await ada.get("/imports?limit=1").items.first?.written("account") == "DE77")
        }
    }
}

@Suite(.tags(.http), .books) struct `The progress of an import` {
    /// The events of a stream, by their data.
    private func events(_ answer: Answer) throws -> [JSONValue] {
        try answer.text.split(separator: "\n\n").filter { !$0.hasPrefix(":") }.map { event in
            let lines = event.split(separator: "\n")
            #expect(lines.first == "event: progress")
            let data = try #require(lines.last)
            return try JSONValue.parse(Array(data.dropFirst("data: ".count).utf8))
        }
    }

    @Test func `is told until it has ended, whoever comes first`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let id = "\(ImportID.new())"
            let file = "Date,Payee,Amount\n" + String(repeating: "2026-03-01,Rewe,-3.00\n", count: 4000)
            async let watched = ada.get("/imports/progress/\(id)")
            async let uploaded = ada.upload(file, "?progress=\(id)")
            let (answer, outcome) = try await (watched, uploaded)
            #expect(outcome.status == 201)
            #expect(answer.status == 200 && answer["content-type"] == "text/event-stream")
            let events = try events(answer)
            let last = try #require(events.last)
            #expect(last.written("phase") == "done" && last["lines"]?.int == 4000)
            #expect(last["bytes"]?.int == file.utf8.count && last["totalBytes"]?.int == file.utf8.count)
            for (one, next) in zip(events, events.dropFirst()) {
                #expect((one["lines"]?.int ?? 0) <= (next["lines"]?.int ?? -1))
                #expect(one.written("phase") != "done")
            }
            // Who comes late sees how it ended; nobody else sees anything.
            #expect(try self.events(try await ada.get("/imports/progress/\(id)")).last == last)
        }
    }

    @Test func `ends when the import fails`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let id = "\(ImportID.new())"
            #expect(try await ada.upload("hello", "?progress=\(id)").status == 422)
            #expect(try events(try await ada.get("/imports/progress/\(id)")).last?.written("phase") == "failed")
            #expect(try await ada.upload("hello", "?progress=nothing").status == 400)
        }
    }

    @Test func `is somebody's own`() {
        let progress = ImportProgress()
        let id = Identifier<ImportProgress>.new()
        let mine = ImportProgress.Key(user: UserID.new(), id: id)
        progress.begin(mine)
        #expect(progress.current(mine) != nil)
        #expect(progress.current(ImportProgress.Key(user: UserID.new(), id: id)) == nil)
    }

    @Test func `is kept of a bounded number of imports`() {
        let progress = ImportProgress()
        let keys = (0..<ImportProgress.limit + 300).map { _ in
            ImportProgress.Key(user: UserID.new(), id: Identifier<ImportProgress>.new())
        }
        for key in keys {
            progress.begin(key)
            progress.end(key, .done)
        }
        #expect(progress.count == ImportProgress.limit)
        #expect(progress.current(keys[0]) == nil)
        #expect(progress.current(keys[keys.count - 1])?.phase == .done)
    }

    @Test func `is watched by a bounded number of clients`() throws {
        let progress = ImportProgress()
        let key = ImportProgress.Key(user: UserID.new(), id: Identifier<ImportProgress>.new())
        var streams = try (0..<ImportProgress.watcherLimit).map { _ in try progress.watch(key) }
        #expect(throws: Refusal.self) { try progress.watch(key) }
        streams.removeLast()
        #expect(throws: Never.self) { try progress.watch(key) }
        withExtendedLifetime(streams) {}
    }
}
