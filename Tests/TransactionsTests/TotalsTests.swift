import Base
import Database
import HTTP
import JSON
import TestSupport
import Testing

@testable import Transactions

@Suite(.tags(.http), .books) struct `The sums by month` {
    private struct Made: Sendable {
        let path: String
        let id: String
        var version: Int
        var isDeleted = false
    }

    /// One random step of somebody at work.
    private func step(_ person: Person, _ made: inout [Made], _ random: inout SeededGenerator, _ number: Int)
        async throws
    {
        let date = day("2026-01-25").adding(days: Int.random(in: 0...80, using: &random))
        let amount = "\(Int.random(in: 0...99, using: &random)).\(Int.random(in: 10...99, using: &random))"
        let slug = ["food", "travel", "salary"].randomElement(using: &random) ?? ""
        let status = ["pending", "completed", "cancelled"].randomElement(using: &random) ?? ""
        switch Int.random(in: 0..<14, using: &random) {
        case 10: try await manyAtOnce(person, &made, &random)
        case 11: try await category(person, &random)
        case 12...13:
            guard let index = made.indices.randomElement(using: &random), !made[index].isDeleted else { return }
            let answer = try await person.post(
                "\(made[index].path)/\(made[index].id)/duplicate", #"{"amount":\#(amount),"date":"\#(date)"}"#)
            try #require(answer.status == 201, "\(answer.text)")
            made.append(Made(path: made[index].path, id: answer.data.written("id") ?? "", version: 1))
        case 0...2:
            let path = Bool.random(using: &random) ? "/expenses" : "/incomes"
            let answer = try await person.post(
                path, #"{"amount":\#(amount),"date":"\#(date)","category":"\#(slug)","status":"\#(status)"}"#)
            try #require(answer.status == 201)
            made.append(Made(path: path, id: answer.data.written("id") ?? "", version: 1))
        case 3...5:
            guard let index = made.indices.randomElement(using: &random), !made[index].isDeleted else { return }
            let change = [
                #""amount":\#(amount)"#, #""date":"\#(date)""#, #""category":"\#(slug)""#, #""status":"\#(status)""#,
                #""merchant":"m\#(number)""#,
            ].shuffled(using: &random).prefix(Int.random(in: 1...3, using: &random)).joined(separator: ",")
            let answer = try await person.put(
                "\(made[index].path)/\(made[index].id)", "{\(change),\"version\":\(made[index].version)}")
            try #require(answer.status == 200, "\(answer.text)")
            made[index].version += 1
        case 6...7:
            guard let index = made.indices.randomElement(using: &random) else { return }
            let place = "\(made[index].path)/\(made[index].id)"
            if made[index].isDeleted {
                try #require(try await person.send("PATCH", place + "/restore").status == 200)
            } else {
                try #require(try await person.send("DELETE", place).status == 204)
            }
            made[index].isDeleted.toggle()
            made[index].version += 1
        default:
            let lines = (0..<Int.random(in: 1...8, using: &random)).map { _ in
                "\(day("2026-01-25").adding(days: Int.random(in: 0...80, using: &random))),Shop \(Int.random(in: 0...3, using: &random)),\(Bool.random(using: &random) ? "-" : "")\(Int.random(in: 1...3, using: &random)).00"
            }
            let answer = try await person.upload("Date,Payee,Amount\n" + lines.joined(separator: "\n") + "\n")
            try #require(answer.status == 201)
            #expect((answer.data["imported"]?.int ?? -1) + (answer.data["duplicates"]?.int ?? -1) == lines.count)
        }
    }

    /// Creates, changes, deletes or restores several in one request.
    private func manyAtOnce(_ person: Person, _ made: inout [Made], _ random: inout SeededGenerator) async throws {
        let slug = ["food", "travel", "salary"].randomElement(using: &random) ?? ""
        let chosen = made.indices.shuffled(using: &random).prefix(Int.random(in: 1...6, using: &random))
        let list = chosen.map { "\"\(made[$0].id)\"" }.joined(separator: ",")
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            let items = (0..<Int.random(in: 1...6, using: &random)).map { _ in
                #"{"type":"expense","amount":\#(Int.random(in: 0...50, using: &random)),"categoryId":"\#(slug)","date":"2026-0\#(Int.random(in: 1...4, using: &random))-05"}"#
            }
            let answer = try await person.post("/entries/bulk", #"{"items":[\#(items.joined(separator: ","))]}"#)
            try #require([200, 201].contains(answer.status))
            for result in answer.data["results"]?.array ?? [] {
                guard let id = result.written("id") else { continue }
                made.append(Made(path: "/expenses", id: id, version: 1))
            }
        case 1 where !chosen.isEmpty:
            let answer = try await person.put(
                "/entries/bulk", #"{"ids":[\#(list)],"changes":{"categoryId":"\#(slug)","status":"pending"}}"#)
            try #require(answer.status == 200)
            for index in chosen where !made[index].isDeleted { made[index].version += 1 }
        case 2 where !chosen.isEmpty:
            try #require(try await person.send("DELETE", "/entries/bulk", "{\"ids\":[\(list)]}").status == 200)
            for index in chosen where !made[index].isDeleted {
                made[index].isDeleted = true
                made[index].version += 1
            }
        case 3 where !chosen.isEmpty:
            try #require(try await person.post("/entries/bulk/restore", "{\"ids\":[\(list)]}").status == 200)
            for index in chosen where made[index].isDeleted {
                made[index].isDeleted = false
                made[index].version += 1
            }
        default: break
        }
    }

    /// A category with an entry, deleted again. What was in it is not remembered here: its versions have changed.
    private func category(_ person: Person, _ random: inout SeededGenerator) async throws {
        let name = "c\(UInt64.random(in: 0...UInt64.max, using: &random))"
        for path in ["/expenses", "/incomes"] {
            let answer = try await person.post(path, #"{"amount":7,"category":"\#(name)","date":"2026-02-03"}"#)
            try #require(answer.status == 201)
        }
        let answer = try await person.send("DELETE", "/categories/\(name)?reassignTo=travel")
        #expect([204, 400].contains(answer.status), "\(answer.text)")
    }

    @Test(arguments: [1, 2, 3] as [UInt64]) func `are those of the entries after every step`(seed: UInt64) async throws
    {
        try await TestApp.run { app in
            let ada = try await app.ada
            var random = SeededGenerator(seed: seed)
            var made: [Made] = []
            for number in 0..<80 {
                try await step(ada, &made, &random, number)
                if number % 8 == 7 { try await app.expectTotalsToAgree() }
                if number == 40 { try await EntryTotals.fold(app.database) }
            }
            try await app.expectTotalsToAgree()
        }
    }

    @Test func `are those of the entries when five people work at once`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            var people = [ada]
            for name in ["ben", "cleo", "dora", "emil"] {
                people.append(try await app.add(try await app.person(name), to: ada, as: .admin))
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (index, person) in people.enumerated() {
                    group.addTask {
                        var random = SeededGenerator(seed: UInt64(100 + index))
                        var made: [Made] = []
                        for number in 0..<40 { try await step(person, &made, &random, number) }
                    }
                }
                group.addTask {
                    for _ in 0..<10 { try await EntryTotals.fold(app.database) }
                }
                try await group.waitForAll()
            }
            try await app.expectTotalsToAgree()
            #expect(try await app.count("SELECT count(*) FROM entries") > 50)
        }
    }

    @Test func `are found out when one is wrong by a cent`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            _ = try await ada.post("/expenses", #"{"amount":1}"#)
            #expect(try await EntryTotals.differences(app.database) == 0)
            _ = try await app.database.writer.query("UPDATE entry_totals SET amount_minor = amount_minor + 1")
            #expect(try await EntryTotals.differences(app.database) == 2, "the category's and the month's")
            _ = try await app.database.writer.query("DELETE FROM entry_totals")
            #expect(try await EntryTotals.differences(app.database) == 2)
        }
    }

    @Test func `are folded into one row, and stay the same`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<24 {
                    group.addTask { _ = try await ada.post("/expenses", #"{"amount":1,"date":"2020-05-06"}"#) }
                }
                try await group.waitForAll()
            }
            try await EntryTotals.fold(app.database)
            #expect(try await app.count("SELECT count(*) FROM entry_totals") == 2, "the category's and the month's")
            #expect(
                try await app.count(
                    "SELECT count(*) FROM entry_totals WHERE shard = 0 AND amount_minor = 2400 AND entry_count = 24")
                    == 2)
            try await app.expectTotalsToAgree()
        }
    }
}
