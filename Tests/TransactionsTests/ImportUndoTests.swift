import Base
import Database
import HTTP
import JSON
import Synchronization
import TestSupport
import Testing

@testable import Transactions

@Suite(.tags(.http), .books) struct `Undoing an import` {
    private static let file =
        "Date,Payee,Amount\n2026-03-01,Rewe,-3.00\n2026-03-02,Lidl,-4.00\n2026-03-02,Lidl,-4.00\n2026-04-03,Acme,50.00\n"

    private func imported(_ ada: Person, _ file: String = file, count: Int) async throws -> String {
        let answer = try await ada.upload(file)
        try #require(answer.status == 201, "\(answer.text)")
        #expect(answer.data["imported"]?.int == count)
        return try #require(answer.data.written("id"))
    }

    private func undo(_ ada: Person, _ id: String, _ query: String = "") async throws -> Answer {
        try await ada.send("DELETE", "/imports/\(id)\(query)")
    }

    private func expect(
        _ answer: Answer, removed: Int, kept: Int, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(answer.status == 200, "\(answer.text)", sourceLocation: sourceLocation)
        #expect(answer.data["removed"]?.int == removed, "removed", sourceLocation: sourceLocation)
        #expect(answer.data["kept"]?.int == kept, "kept", sourceLocation: sourceLocation)
    }

    @Test func `takes back what it brought, and the file can be imported again`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            #expect(try await ada.post("/expenses", #"{"amount":7,"date":"2026-03-01"}"#).status == 201)
            let id = try await imported(ada, count: 4)
            #expect(try await ada.upload(Self.file).data["duplicates"]?.int == 4)
            expect(try await undo(ada, id), removed: 4, kept: 0)
            #expect(try await ada.everyEntry().count == 1)
            try await app.expectTotalsToAgree()
            let shown = try await ada.get("/imports/\(id)").data
            #expect(shown.written("undoneAt") != nil && shown["imported"]?.int == 4)
            let events = try await app.count(
                "SELECT count(*) FROM outbox WHERE name = 'import.undone' AND data ->> 'importId' = \(id)")
            #expect(events == 1)
            let history = try await app.count(
                """
                SELECT count(*) FROM entry_changes c JOIN entries e ON e.book_id = c.book_id AND e.id = c.entry_id
                WHERE c.action = 3 AND c.version = e.version AND c.changed_by = e.updated_by AND e.deleted_at IS NOT NULL
                """)
            #expect(history == 4)

            let twice = try await undo(ada, id)
            #expect(twice.status == 409 && twice.code == "IMPORT_UNDONE")
            let again = try await imported(ada, count: 4)
            #expect(try await ada.everyEntry().count == 5)
            try await app.expectTotalsToAgree()
            expect(try await undo(ada, again), removed: 4, kept: 0)
            _ = try await imported(ada, count: 4)
            #expect(try await ada.everyEntry().count == 5)
            try await app.expectTotalsToAgree()
        }
    }

    @Test(arguments: [1, 2, 3, 7, 100])
    func `is the same in whatever batches it is done, and tells how far it is`(batch: Int) async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let (food, gifts) = (try await ada.category("food"), try await ada.category("gifts"))
            let rule =
                #"{"name":"Parts","conditions":{"items":[{"field":"merchant","op":"contains","value":"lidl"}]},"actions":{"split":[{"categoryId":"\#(food)","percent":60},{"categoryId":"\#(gifts)","rest":true}]}}"#
            #expect(try await ada.post("/rules", rule).status == 201)
            let lines = (1...9).map { "2026-03-0\($0),\($0 % 3 == 0 ? "Lidl" : "Rewe \($0)"),-\($0).00\n" }
            let id = try await imported(ada, "Date,Payee,Amount\n" + lines.joined(), count: 9)
            let entries = try await ada.everyEntry()
            // One part of a split transaction, and one that is whole: the other part stays with the first.
            let part = try #require(entries.first { $0.written("merchantName") == "Lidl" }?.written("id"))
            let whole = try #require(entries.first { $0.written("merchantName") == "Rewe 4" }?.written("id"))
            for each in [part, whole] {
                #expect(try await ada.put("/expenses/\(each)", #"{"notes":"mine","version":1}"#).status == 200)
            }
            var undo = ImportUndo(book: ada.book, user: ada.user)
            undo.batch = batch
            let told = Mutex<[Importer.Progress]>([])
            let result = try await undo.run(try #require(ImportID(id)), edited: .keep, app.database) { state in
                told.withLock { $0.append(state) }
            }
            #expect(result == ImportUndo.Result(removed: 9, kept: 3))
            #expect(try await ada.everyEntry().count == 3)
            try await app.expectTotalsToAgree()
            let history = try await app.count("SELECT count(*) FROM entry_changes WHERE action = 3")
            #expect(history == 9)
            let states = told.withLock { $0 }
            #expect(states.last.map { [$0.lines, $0.totalLines] } == [12, 12])
            #expect(states.count == 2 * ((12 + batch - 1) / batch))
            #expect(states.allSatisfy { $0.phase == .undoing })
        }
    }

    @Test func `can be watched`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let id = try await imported(ada, count: 4)
            let watched = "\(ImportID.new())"
            #expect(try await undo(ada, id, "?progress=nothing").status == 400)
            expect(try await undo(ada, id, "?progress=\(watched)"), removed: 4, kept: 0)
            let told = try await ada.get("/imports/progress/\(watched)").text
            #expect(told.contains(#""phase":"done","lines":4,"totalLines":4"#))
        }
    }

    @Test func `keeps what somebody has changed since, unless that is to go as well`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            for remove in [false, true] {
                let id = try await imported(ada, count: 4)
                let entries = try await ada.everyEntry()
                let rewe = try #require(entries.first { $0.written("merchantName") == "Rewe" }?.written("id"))
                let acme = try #require(entries.first { $0.written("merchantName") == "Acme" }?.written("id"))
                #expect(try await ada.put("/expenses/\(rewe)", #"{"amount":99,"version":1}"#).status == 200)
                #expect(try await ada.send("DELETE", "/incomes/\(acme)").status == 204)
                if remove {
                    expect(try await undo(ada, id, "?edited=remove"), removed: 3, kept: 0)
                    #expect(try await ada.everyEntry().isEmpty)
                } else {
                    expect(try await undo(ada, id, "?edited=keep"), removed: 2, kept: 1)
                    #expect(try await ada.everyEntry().compactMap { $0.written("id") } == [rewe])
                    try await app.expectTotalsToAgree()
                    // What was kept is known, and so is what was deleted on purpose.
                    let again = try await imported(ada, count: 2)
                    #expect(try await ada.everyEntry().count == 3)
                    expect(try await undo(ada, again), removed: 2, kept: 0)
                    expect(try await undo(ada, id, "?edited=remove"), status: 409)
                    for entry in try await ada.everyEntry() {
                        _ = try await ada.send("DELETE", "/expenses/\(entry.written("id") ?? "")")
                    }
                    _ = try await app.database.writer.run("UPDATE entries SET fingerprint = NULL, twin = NULL")
                }
                try await app.expectTotalsToAgree()
            }
            // Everything is gone, so everything comes back.
            _ = try await imported(ada, count: 4)
            try await app.expectTotalsToAgree()
        }
    }

    private func expect(_ answer: Answer, status: Int, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(answer.status == status, "\(answer.text)", sourceLocation: sourceLocation)
    }

    @Test func `is for members who may edit, in their own book`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let zoe = try await app.person("zoe")
            let viewer = try await app.add(try await app.person("vic"), to: ada, as: .viewer)
            let id = try await imported(ada, count: 4)
            expect(try await undo(zoe, id), status: 404)
            expect(try await undo(viewer, id), status: 403)
            expect(try await undo(ada, "\(ImportID.new())"), status: 404)
            expect(try await undo(ada, "x"), status: 404)
            expect(try await undo(ada, id, "?edited=perhaps"), status: 400)
            for path in ["/imports/\(id)", "/imports/\(id)/rejected"] {
                #expect(try await zoe.get(path).status == 404)
                #expect(try await viewer.get(path).status == 200)
            }
            #expect(try await ada.everyEntry().count == 4)
            expect(try await undo(ada, id), removed: 4, kept: 0)
        }
    }

    @Test func `happens once when two members do it at once`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let bob = try await app.add(try await app.person("bob"), to: ada, as: .admin)
            for _ in 0..<4 {
                let id = try await imported(ada, count: 4)
                async let first = undo(ada, id)
                async let second = undo(bob, id)
                let answers = try await [first, second]
                #expect(answers.map(\.status).sorted() == [200, 409])
                #expect(answers.compactMap { $0.data["removed"]?.int } == [4])
                #expect(try await ada.everyEntry().isEmpty)
                try await app.expectTotalsToAgree()
            }
        }
    }

    /// Whichever comes first: a change that was acknowledged is kept.
    @Test func `loses no change that was made beside it`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let bob = try await app.add(try await app.person("bob"), to: ada, as: .admin)
            let lines = (1...40).map { "2026-03-\($0 % 28 + 1 < 10 ? "0" : "")\($0 % 28 + 1),Shop \($0),-\($0).00\n" }
            let file = "Date,Payee,Amount\n" + lines.joined()
            let id = try await imported(ada, file, count: 40)
            let entries = try await ada.everyEntry().compactMap { $0.written("id") }
            let changed = try await withThrowingTaskGroup(of: String?.self) { group in
                for entry in entries {
                    group.addTask {
                        let answer = try await bob.put("/expenses/\(entry)", #"{"amount":1000,"version":1}"#)
                        #expect([200, 404].contains(answer.status), "\(answer.text)")
                        return answer.status == 200 ? entry : nil
                    }
                }
                group.addTask {
                    let answer = try await self.undo(ada, id)
                    #expect(answer.status == 200)
                    return nil
                }
                var changed: Set<String> = []
                for try await entry in group { if let entry { changed.insert(entry) } }
                return changed
            }
            #expect(Set(try await ada.everyEntry().compactMap { $0.written("id") }) == changed)
            try await app.expectTotalsToAgree()
            _ = try await imported(ada, file, count: 40 - changed.count)
            #expect(try await ada.everyEntry().count == 40)
            try await app.expectTotalsToAgree()
        }
    }

    @Test func `beside an import of the same file leaves all of it or nothing`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let bob = try await app.add(try await app.person("bob"), to: ada, as: .member)
            let file =
                "Date,Payee,Amount\n" + (1...300).map { "2026-03-01,Shop \($0 % 90),-\($0 % 7 + 1).00\n" }.joined()
            for _ in 0..<4 {
                let id = try await imported(ada, file, count: 300)
                async let undone = undo(ada, id)
                async let uploaded = bob.upload(file)
                let (undoAnswer, importAnswer) = try await (undone, uploaded)
                expect(undoAnswer, removed: 300, kept: 0)
                try #require(importAnswer.status == 201, "\(importAnswer.text)")
                let count = try #require(importAnswer.data["imported"]?.int)
                #expect(count == 0 || count == 300)
                #expect(try await ada.everyEntry().count == count)
                try await app.expectTotalsToAgree()
                if count > 0 {
                    expect(try await undo(ada, try #require(importAnswer.data.written("id"))), removed: 300, kept: 0)
                }
            }
        }
    }

    @Test func `and two imports of one file at once leave each line once`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let bob = try await app.add(try await app.person("bob"), to: ada, as: .member)
            let lines = (1...500).map { "2026-03-\($0 % 18 + 10),Shop \($0 % 30),-\($0 % 5 + 1).00\n" }
            let forwards = "Date,Payee,Amount\n" + lines.joined()
            let backwards = "Date,Payee,Amount\n" + lines.reversed().joined()
            async let first = ada.upload(forwards)
            async let second = bob.upload(backwards)
            let answers = try await [first, second]
            #expect(answers.allSatisfy { $0.status == 201 }, "\(answers.map(\.text))")
            #expect(answers.compactMap { $0.data["imported"]?.int }.sorted() == [0, 500])
            #expect(try await ada.everyEntry().count == 500)
            try await app.expectTotalsToAgree()
        }
    }
}
