import Base
import Database
import HTTP
import JSON
import TestSupport
import Testing

@testable import Transactions

@Suite(.tags(.rules)) struct `Folded text` {
    @Test(arguments: [
        ("REWE Markt", "rewe markt"), ("Café Größe", "cafe grosse"), ("Łódź", "lodz"), ("ÆTHER", "aether"),
        ("a\nb\tc\u{1F}d", "a b c d"), ("ﬁn ①", "fin 1"), ("东京", "东京"), ("Ñandú\u{301}", "nandu"), ("İ", "i"),
        ("e\u{301}e\u{200D}", "ee"), ("Ελλάς", "ελλασ"), ("ΕΛΛΆΣ", "ελλασ"), ("", ""), ("\u{2028}x\u{A0}y", " x y"),
    ]) func `has no case, no accents and no control characters`(text: String, folded: String) {
        #expect(String(decoding: SearchText.fold(text), as: UTF8.self) == folded)
    }

    @Test func `stays the same when it is folded again, and holds no separators`() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<2000 {
            let text = String(
                String.UnicodeScalarView(
                    (0..<Int.random(in: 0...20, using: &random)).compactMap { _ in
                        Unicode.Scalar(UInt32.random(in: 0...0x3FFF, using: &random))
                    }))
            let folded = SearchText.fold(text)
            let again = SearchText.fold(String(decoding: folded, as: UTF8.self))
            #expect(String(validating: folded, as: UTF8.self) != nil)
            #expect(again == folded, "\(text.debugDescription)")
            #expect(folded.allSatisfy { $0 >= 0x20 })
        }
    }
}

@Suite(.tags(.rules)) struct `The distance between words` {
    /// Written as the definition says, over the whole table.
    private func reference(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var table = Array(repeating: Array(repeating: 0, count: right.count + 1), count: left.count + 1)
        for i in 0...left.count {
            for j in 0...right.count {
                if i == 0 || j == 0 {
                    table[i][j] = i + j
                    continue
                }
                table[i][j] = min(
                    table[i - 1][j] + 1, table[i][j - 1] + 1,
                    table[i - 1][j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1))
                if i > 1, j > 1, left[i - 1] == right[j - 2], left[i - 2] == right[j - 1] {
                    table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
                }
            }
        }
        return table[left.count][right.count]
    }

    @Test(
        arguments: [
            ("starbuks", "starbucks", 1), ("amzaon", "amazon", 1), ("netlfix", "netflix", 1), ("rewe", "rewe", 0),
            ("reew", "rewe", 1), ("supermrkt", "supermarket", 2), ("abcd", "wxyz", nil), ("abc", "abd", nil),
            ("mcdonlads", "mcdonalds", 1),
        ] as [(String, String, Int?)]) func `counts slips of the finger`(typed: String, word: String, expected: Int?)
    {
        var distance = SearchDistance(Array(typed.utf8))
        #expect(distance.distance(to: Array(word.utf8)) == expected)
    }

    @Test func `is that of the definition, for words and their beginnings`() {
        var random = SeededGenerator(seed: 6)
        func word(_ range: ClosedRange<Int>) -> [UInt8] {
            (0..<Int.random(in: range, using: &random)).map { _ in UInt8.random(in: 97...100, using: &random) }
        }
        var found = 0
        for _ in 0..<300 {
            let typed = word(4...10)
            var distance = SearchDistance(typed)
            for _ in 0..<20 {
                var other = word(1...14)
                if Bool.random(using: &random) {
                    other = typed
                    for _ in 0..<Int.random(in: 0...3, using: &random) {
                        let place = Int.random(in: 0..<other.count, using: &random)
                        if Bool.random(using: &random) { other.insert(100, at: place) } else { other[place] = 97 }
                        if place > 0, Bool.random(using: &random) { other.swapAt(place - 1, place) }
                    }
                }
                let exact = reference(typed, other)
                let expected = exact <= distance.limit ? exact : nil
                #expect(distance.distance(to: other) == expected)
                let best = (0...other.count).map { reference(typed, Array(other.prefix($0))) }.min() ?? 99
                #expect(distance.distance(to: other, isPrefix: true) == (best <= distance.limit ? best : nil))
                if expected != nil { found += 1 }
            }
        }
        #expect(found > 100)
    }
}

@Suite(.tags(.http), .books) struct `Search` {
    private func names(_ answer: Answer) -> [String] {
        answer.items.map { $0.written("merchantName") ?? $0.written("notes") ?? "" }
    }

    private func add(_ person: Person, _ bodies: [String]) async throws {
        let answer = try await person.post("/expenses/bulk", #"{"items":[\#(bodies.joined(separator: ","))]}"#)
        try #require(answer.status == 201, "\(answer.text)")
    }

    @Test(arguments: [false, true]) func `finds words anywhere, without case and accents, the best first`(
        isIndexed: Bool
    )
        async throws
    {
        try await TestApp.run { app in
            let ada = try await app.ada
            for (merchant, description, date) in [
                ("Café Größenwahn", "Frühstück", "2026-01-01"), ("Rewe Markt", "Lebensmittel", "2026-01-02"),
                ("Amazon", "Rewe Gutschein", "2026-01-05"), ("Grewendorf", "", "2026-01-06"),
                ("Rewe", "", "2026-01-03"),
            ] {
                _ = try await ada.post(
                    "/expenses",
                    #"{"amount":1,"merchant":"\#(merchant)","description":"\#(description)","date":"\#(date)"}"#)
            }
            _ = try await ada.post(
                "/incomes", #"{"amount":1,"merchant":"Rewe","tags":["Erstattung"],"notes":"Pfand zurück"}"#)
            if isIndexed { try await SearchIndex.update(app.database, book: ada.book) }
            #expect(try await app.count("SELECT count(*) FROM search_segments") == (isIndexed ? 1 : 0))
            #expect(
                names(try await ada.get("/expenses/search?q=rewe")) == ["Rewe", "Rewe Markt", "Grewendorf", "Amazon"])
            #expect(names(try await ada.get("/expenses/search?q=CAFE+grossen")) == ["Café Größenwahn"])
            #expect(names(try await ada.get("/expenses/search?q=fruhstuck")) == ["Café Größenwahn"])
            #expect(names(try await ada.get("/incomes/search?q=zuruck")) == ["Rewe"])
            #expect(names(try await ada.get("/incomes/search?q=erstattung+rewe")) == ["Rewe"])
            #expect(try await ada.get("/entries/search?q=rewe").items.count == 5)
            #expect(try await ada.get("/entries/search?q=rewe").json["meta"]?["total"]?.int == 5)
            #expect(try await ada.get("/entries/search?q=rewe&type=income").items.count == 1)
            #expect(try await ada.get("/expenses/search?q=rewe&startDate=2026-01-05").items.count == 2)
            #expect(try await ada.get("/expenses/search?q=rewe+amazon").items.count == 1)
            #expect(try await ada.get("/expenses/search?q=nothing+rewe").items.isEmpty)
            let pages = [
                try await ada.get("/expenses/search?q=rewe&limit=3"),
                try await ada.get("/expenses/search?q=rewe&limit=3&page=2"),
            ]
            #expect(pages.map { $0.items.count } == [3, 1])
            #expect(try await (try await app.person("zoe")).get("/expenses/search?q=rewe").items.isEmpty)
        }
    }

    @Test(arguments: [false, true]) func `forgives slips of the finger`(isIndexed: Bool) async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            try await add(
                ada,
                ["Starbucks", "Amazon Marketplace", "Bäckerei Müller", "Netflix", "Spotify AB", "McDonald's"].map {
                    #"{"amount":1,"merchant":"\#($0)"}"#
                })
            if isIndexed { try await SearchIndex.update(app.database, book: ada.book) }
            for (typed, expected) in [
                ("starbuks", "Starbucks"), ("amzaon", "Amazon Marketplace"), ("backerie", "Bäckerei Müller"),
                ("muler", "Bäckerei Müller"), ("netlfix", "Netflix"), ("spotfy", "Spotify AB"),
                ("marketplase", "Amazon Marketplace"),
                ("starbk", "Starbucks"), ("amazon+markteplace", "Amazon Marketplace"), ("mcdonlad", "McDonald's"),
            ] {
                #expect(names(try await ada.get("/expenses/search?q=\(typed)")) == [expected], "\(typed)")
            }
            for nothing in ["xyzzy", "abc", "amazing"] {
                #expect(try await ada.get("/expenses/search?q=\(nothing)").items.isEmpty, "\(nothing)")
            }
        }
    }

    @Test func `puts what was meant behind what was written`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            try await add(
                ada,
                [("Marktkauf", "2026-03-01"), ("Markthalle", "2026-03-02"), ("Martkhalle", "2026-01-01")].map {
                    #"{"amount":1,"merchant":"\#($0.0)","date":"\#($0.1)"}"#
                })
            #expect(names(try await ada.get("/expenses/search?q=martkhalle")) == ["Martkhalle", "Markthalle"])
        }
    }

    /// Every entry by every way of change, indexed at random moments; the answers against a walk over all entries.
    @Test(arguments: [1, 2, 3, 4] as [UInt64]) func `misses nothing and finds nothing that is gone`(seed: UInt64)
        async throws
    {
        try await TestApp.run { app in
            let ada = try await app.ada
            var random = SeededGenerator(seed: seed)
            let words = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot"]
            func text() -> String {
                (0..<3).map { _ in words.randomElement(using: &random) ?? "" }.joined(separator: " ")
            }
            var ids: [String] = []
            for round in 0..<40 {
                switch Int.random(in: 0..<9, using: &random) {
                case 0: try await SearchIndex.update(app.database, book: ada.book)
                case 1:
                    let count = Int.random(in: 1...90, using: &random)
                    let answer = try await ada.post(
                        "/expenses/bulk",
                        #"{"items":[\#((0..<count).map { _ in #"{"amount":1,"merchant":"\#(text())"}"# }.joined(separator: ","))]}"#
                    )
                    ids += (answer.data["results"]?.array ?? []).compactMap { $0.written("id") }
                case 2:
                    let lines = (0..<5).map { "2026-01-0\($0 + 1),\(text()) \(round),-1.00" }
                    _ = try await ada.upload("Date,Payee,Amount\n" + lines.joined(separator: "\n") + "\n")
                case 3:
                    let some = ids.shuffled(using: &random).prefix(Int.random(in: 1...120, using: &random))
                    guard !some.isEmpty else { continue }
                    let list = some.map { "\"\($0)\"" }.joined(separator: ",")
                    switch Int.random(in: 0..<3, using: &random) {
                    case 0: _ = try await ada.send("DELETE", "/expenses/bulk", "{\"ids\":[\(list)]}")
                    case 1: _ = try await ada.post("/expenses/bulk/restore", "{\"ids\":[\(list)]}")
                    default:
                        _ = try await ada.put(
                            "/expenses/bulk", "{\"ids\":[\(list)],\"changes\":{\"merchantName\":\"\(text())\"}}")
                    }
                case 4:
                    guard let id = ids.randomElement(using: &random) else { continue }
                    let entry = try await ada.get("/expenses/\(id)").data
                    guard let version = entry.written("version") else { continue }
                    _ = try await ada.put(
                        "/expenses/\(id)", #"{"notes":"\#(text())","merchant":null,"version":\#(version)}"#)
                case 5:
                    guard let id = ids.randomElement(using: &random) else { continue }
                    _ = try await ada.send("DELETE", "/expenses/\(id)")
                case 6:
                    guard let id = ids.randomElement(using: &random) else { continue }
                    _ = try await ada.send("PATCH", "/expenses/\(id)/restore")
                default:
                    let answer = try await ada.post("/expenses", #"{"amount":1,"merchant":"\#(text())"}"#)
                    ids.append(try #require(answer.data.written("id")))
                }
                guard round % 8 == 7 else { continue }
                let all = try await ada.everyEntry("/expenses?limit=100")
                for query in [[words[0]], [words[1], words[2]], ["oxtro"]] {
                    let answer = try await ada.get("/expenses/search?limit=100&q=\(query.joined(separator: "+"))")
                    let expected = all.filter { entry in
                        let whole = "\(entry.written("merchantName") ?? "") \(entry.written("notes") ?? "")"
                        return query.allSatisfy { whole.contains($0) }
                    }
                    #expect(answer.json["meta"]?["total"]?.int == expected.count, "round \(round), \(query)")
                    if expected.count <= 100 {
                        #expect(
                            Set(answer.items.compactMap { $0.written("id") })
                                == Set(expected.compactMap { $0.written("id") }))
                    }
                }
            }
        }
    }

    @Test func `keeps segments whole over many entries, and learns words once`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            for round in 0..<4 {
                try await add(ada, (0..<350).map { #"{"amount":1,"merchant":"shop\#($0 % 10)x round\#(round)"}"# })
                try await SearchIndex.update(app.database)
                let row = try #require(
                    try await app.database.first(
                        "SELECT sum(entry_count), max(entry_count), count(*) FROM search_segments"))
                #expect(try row.get(0, as: Int64.self) == Int64(350 * (round + 1)))
                #expect(try row.get(1, as: Int32.self) <= Int32(SearchIndex.segmentEntries))
            }
            #expect(try await app.count("SELECT count(*) FROM search_pending") == 0)
            #expect(try await ada.get("/expenses/search?q=round2").json["meta"]?["total"]?.int == 350)
            #expect(try await ada.get("/expenses/search?q=shop3x").json["meta"]?["total"]?.int == 140)
            // A book that another indexer works on at the same time.
            try await add(ada, (0..<300).map { _ in #"{"amount":1,"merchant":"late"}"# })
            async let one: Void = SearchIndex.update(app.database, book: ada.book)
            async let other: Void = SearchIndex.update(app.database, book: ada.book)
            _ = try await (one, other)
            #expect(try await ada.get("/expenses/search?q=late").json["meta"]?["total"]?.int == 300)
            #expect(try await app.count("SELECT sum(entry_count)::bigint FROM search_segments") == 1700)
        }
    }

    /// While somebody else writes the segments, and does not come to an end.
    @Test func `waits for no other that is at work on the segments`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            try await add(ada, (0..<20).map { _ in #"{"amount":1,"merchant":"early"}"# })
            try await SearchIndex.update(app.database, book: ada.book)
            _ = try await ada.upload("Date,Payee,Amount\n2026-01-01,Late shop,-1.00\n2026-01-02,Late early,-1.00\n")
            let (gate, open) = AsyncStream.makeStream(of: Void.self)
            let (held, hold) = AsyncStream.makeStream(of: Void.self)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await app.database.transaction { transaction in
                        try await SearchIndex.lock(ada.book, transaction)
                        hold.yield()
                        for await _ in gate { return }
                    }
                }
                var isHeld = held.makeAsyncIterator()
                await isHeld.next()
                let start = ContinuousClock.now
                try await withThrowingTaskGroup(of: Answer.self) { searches in
                    for _ in 0..<10 { searches.addTask { try await ada.get("/expenses/search?q=early") } }
                    for try await answer in searches {
                        #expect(answer.json["meta"]?["total"]?.int == 21)
                        #expect(answer.json["meta"]?["isIncomplete"] == nil)
                    }
                }
                #expect(ContinuousClock.now - start < .seconds(10))
                #expect(try await ada.get("/expenses/search?q=late").items.count == 2)
                // More than can be looked at one by one: what was indexed is found, and the answer says so.
                let lines = (0..<3000).map { "2026-02-01,Many \($0),-1.00" }
                _ = try await ada.upload("Date,Payee,Amount\n" + lines.joined(separator: "\n") + "\n")
                let partial = try await ada.get("/expenses/search?q=early")
                #expect(partial.items.count == 20 || partial.items.count == 21)
                #expect(partial.json["meta"]?["isIncomplete"]?.bool == true)
                open.finish()
                try await group.waitForAll()
            }
            let whole = try await ada.get("/expenses/search?q=many")
            #expect(whole.json["meta"]?["total"]?.int == 3000 && whole.json["meta"]?["isIncomplete"] == nil)
        }
    }

    @Test(arguments: ["", "?q=", "?q=%20%20", "?q=x&page=101&limit=20", "?q=x&deleted=true", "?q=x&limit=many"])
    func `says what is wrong with the question`(query: String) async throws {
        try await TestApp.run { app in
            let answer = try await (try await app.ada).get("/expenses/search\(query)")
            #expect(answer.status == 400)
        }
    }

    @Test(arguments: ["%25", "_", "'", "\\", "%0A", "\u{1F600}", "a".padding(180), "%00", "((((", "x%1Fy"])
    func `takes hostile words as words`(text: String) async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            try await add(ada, [#"{"amount":1,"merchant":"100% _ ' \\ 😀 (((("}"#])
            try await SearchIndex.update(app.database, book: ada.book)
            let answer = try await ada.get(
                "/expenses/search?q=\(text.utf8.map { $0 < 0x80 ? String(Character(Unicode.Scalar($0))) : "%" + String($0, radix: 16) }.joined())"
            )
            #expect([200, 400].contains(answer.status), "\(answer.text)")
            if ["%25", "_", "'", "\\", "\u{1F600}", "(((("].contains(text) {
                #expect(answer.items.count == 1, "\(text)")
            }
        }
    }
}

extension String {
    fileprivate func padding(_ count: Int) -> String { String(repeating: self, count: count) }
}
