import Base
import Database
import HTTP
import JSON
import TestSupport
import Testing

@testable import Transactions

@Suite(.tags(.rules)) struct `A cursor of entries` {
    private let book = BookID.new()

    private func cursors(_ count: Int, _ random: inout SeededGenerator) -> [EntryCursor] {
        (0..<count).map { index in
            let position: EntryCursor.Position =
                switch index % 4 {
                case 0:
                    .date(CalendarDate(daysSinceEpoch: Int.random(in: -700_000...2_900_000, using: &random)) ?? .first)
                case 1: .amount(Int64.random(in: .min ... .max, using: &random))
                case 2:
                    .merchant(
                        ["", "rewe", "ümlaut", "\u{10FFFF}", String(repeating: "é", count: 255)].randomElement(
                            using: &random) ?? "")
                default: .created
                }
            return EntryCursor(position: position, isAscending: Bool.random(using: &random), id: EntryID.new())
        }
    }

    private func order(_ cursor: EntryCursor) -> EntryOrder {
        var order = EntryOrder()
        order.isAscending = cursor.isAscending
        order.key =
            switch cursor.position {
            case .date: .date
            case .amount: .amount
            case .merchant: .merchant
            case .created: .created
            }
        return order
    }

    @Test func `comes back as it was, and in no other book or order`() throws {
        var random = SeededGenerator(seed: 1)
        for cursor in cursors(200, &random) {
            let text = cursor.text(book: book)
            #expect(text.utf8.count <= EntryCursor.maximumTextLength)
            #expect(try EntryCursor(text, order: order(cursor), book: book) == cursor)
            #expect(throws: Refusal.invalidCursor) { try EntryCursor(text, order: order(cursor), book: BookID.new()) }
            var other = order(cursor)
            other.isAscending.toggle()
            #expect(throws: Refusal.invalidCursor) { try EntryCursor(text, order: other, book: book) }
            other = order(cursor)
            other.key = other.key == .date ? .amount : .date
            #expect(throws: Refusal.invalidCursor) { try EntryCursor(text, order: other, book: book) }
        }
    }

    @Test func `is refused when it was cut or changed`() throws {
        var random = SeededGenerator(seed: 2)
        for cursor in cursors(60, &random) {
            let text = cursor.text(book: book)
            for _ in 0..<20 {
                var changed = Array(text)
                if Bool.random(using: &random) {
                    changed = Array(changed.prefix(Int.random(in: 0..<changed.count, using: &random)))
                } else {
                    let index = Int.random(in: 0..<changed.count, using: &random)
                    changed[index] = "ABCxyz019-_=%\u{0}é".randomElement(using: &random) ?? "A"
                }
                if String(changed) == text { continue }
                // The last characters hold bits that belong to no byte; those may differ.
                if let read = try? EntryCursor(String(changed), order: order(cursor), book: book) {
                    #expect(read == cursor)
                }
            }
        }
    }
}

@Suite(.tags(.http), .books) struct `A list in another order` {
    private func fill(_ ada: Person, seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let items = (0..<60).map { index in
            let merchant =
                ["null", "\"Rewe\"", "\"rewe\"", "\"Äpfel\"", "\"Zoo\"", "\"lidl\""].randomElement(using: &random)
                ?? "null"
            return
                #"{"amount":\#(Int.random(in: 1...9, using: &random)),"merchant":\#(merchant),"date":"2026-01-0\#(Int.random(in: 1...4, using: &random))","notes":"\#(index)"}"#
        }
        let answer = try await ada.post("/expenses/bulk", #"{"items":[\#(items.joined(separator: ","))]}"#)
        try #require(answer.status == 201)
    }

    @Test(arguments: ["date", "amount", "merchant", "created"], ["asc", "desc"])
    func `has every entry once, in order, over its pages`(key: String, direction: String) async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            try await fill(ada, seed: 7)
            let all = try await ada.everyEntry("/expenses?limit=7&sort=\(key)&order=\(direction)")
            #expect(Set(all.compactMap { $0.written("id") }).count == 60 && all.count == 60)
            func value(_ entry: JSONValue) -> String {
                switch key {
                case "date": return entry.written("transactionDate") ?? ""
                case "amount": return entry.written("amount") ?? ""
                case "merchant":
                    // Without a merchant last, either way.
                    return entry.written("merchantName")?.lowercased() ?? (direction == "asc" ? "\u{10FFFF}" : "")
                default: return ""
                }
            }
            for (left, right) in zip(all, all.dropFirst()) {
                let (first, second) = direction == "asc" ? (left, right) : (right, left)
                let (a, b) = (
                    Array(value(first).unicodeScalars.map(\.value)), Array(value(second).unicodeScalars.map(\.value))
                )
                let isOrdered =
                    a == b
                    ? (first.written("id") ?? "") < (second.written("id") ?? "")
                    : a.lexicographicallyPrecedes(b)
                #expect(isOrdered, "\(value(left)) before \(value(right))")
            }
            let numbered = try await ada.get("/expenses?limit=20&page=2&sort=\(key)&order=\(direction)").items
            #expect(numbered == Array(all[20..<40]))
        }
    }

    @Test func `refuses the cursors of another, and of another book`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            try await fill(ada, seed: 8)
            let cursor = try #require(try await ada.get("/expenses?limit=3&sort=amount").nextCursor)
            #expect(try await ada.get("/expenses?limit=3&sort=amount&cursor=\(cursor)").status == 200)
            for query in ["sort=merchant", "sort=amount&order=asc", "sort=date", "sort=created"] {
                #expect(try await ada.get("/expenses?\(query)&cursor=\(cursor)").code == "INVALID_CURSOR")
            }
            let zoe = try await app.person("zoe")
            #expect(try await zoe.get("/expenses?sort=amount&cursor=\(cursor)").code == "INVALID_CURSOR")
            for cut in [1, 10, 30] {
                #expect(
                    try await ada.get("/expenses?sort=amount&cursor=\(cursor.dropLast(cut))").code == "INVALID_CURSOR")
            }
            #expect(try await ada.get("/expenses?sort=colour").problems == ["sort"])
            #expect(try await ada.get("/expenses?order=up").problems == ["order"])
        }
    }

    @Test func `shows what further filters let through`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let upload = try await ada.upload("Date,Payee,Amount\n2026-01-02,Lidl,-3.00\n2026-01-03,Rewe,-4.00\n")
            let imported = try #require(upload.data.written("id"))
            _ = try await ada.post("/expenses", #"{"amount":1,"tags":["a","b"],"categoryId":"travel"}"#)
            _ = try await ada.post("/expenses", #"{"amount":2,"tags":["a"]}"#)
            #expect(try await ada.get("/expenses?importId=\(imported)").items.count == 2)
            #expect(try await ada.get("/expenses?importId=\(ImportID.new())").items.isEmpty)
            #expect(try await ada.get("/expenses?importId=x").problems == ["importId"])
            #expect(try await ada.get("/expenses?tag=a").items.count == 2)
            #expect(try await ada.get("/expenses?tag=a&tag=b").items.count == 1)
            #expect(try await ada.get("/expenses?tag=a&tag=c").items.isEmpty)
            #expect(try await ada.get("/expenses?q=b").items.count == 1)
            let sorted = try await ada.get("/expenses?hasCategory=true").items
            let unsorted = try await ada.get("/expenses?uncategorised=true").items
            #expect(
                sorted.count + unsorted.count == 4
                    && unsorted.allSatisfy { $0.written("categorySlug") == "miscellaneous" })
            #expect(try await ada.get("/expenses?hasCategory=false").items == unsorted)
            #expect(try await ada.get("/expenses?hasCategory=maybe").problems == ["hasCategory"])
        }
    }
}
