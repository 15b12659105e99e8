import Base
import Categories
import Database
import HTTP
import JSON
import Resources
import TestSupport
import Testing

@testable import Transactions

@Suite(.tags(.rules)) struct `Recording an entry` {
    private func record(
        _ minorUnits: Int64, _ code: String = "EUR", on date: CalendarDate = day("2026-03-31"), tags: [String] = []
    )
        throws(Refusal) -> Entry
    {
        try Entry.record(
            id: EntryID.new(), kind: .expense, amount: Money(minorUnits: minorUnits, currency: currency(code)),
            occurredOn: date, category: .unsorted, tags: tags)
    }

    @Test(arguments: [0, -1, Int64.min]) func `refuses an amount that is not more than zero`(minorUnits: Int64) {
        #expect(throws: Refusal.amountNotPositive) { try record(minorUnits) }
    }

    @Test(arguments: [("JPY", 9_999_999_999), ("EUR", 999_999_999_999), ("KWD", 9_999_999_999_999)])
    func `takes up to ten digits before the point, in every currency`(code: String, largest: Int64) throws {
        #expect(try record(largest, code).amount.minorUnits == largest)
        #expect(throws: Refusal.self) { try record(largest + 1, code) }
        #expect(throws: Refusal.self) { try record(.max, code) }
    }

    @Test func `takes days from 1900 to 2199`() throws {
        for date in [day("1900-01-01"), day("2199-12-31")] { #expect(try record(1, on: date).occurredOn == date) }
        for date in [day("1899-12-31"), day("2200-01-01"), .first, .last] {
            #expect(throws: Refusal.self) { try record(1, on: date) }
        }
    }

    @Test func `keeps tags in their order, each once`() throws {
        #expect(try record(1, tags: ["b", "a", "b", "c", "a"]).tags == ["b", "a", "c"])
    }

    @Test func `begins completed, at version 1`() throws {
        let entry = try record(1)
        #expect(entry.status == .completed && entry.version == 1)
    }
}

@Suite(.tags(.rules)) struct `What a client says of an entry` {
    private func body(_ text: String) throws -> Body { try Body(try JSONValue.parse(text)) }

    private func new(_ text: String, _ code: String = "EUR") throws -> Entry {
        var body = try body(text)
        return try EntryInput.new(
            &body, kind: .expense, id: EntryID.new(), currency: currency(code), today: day("2026-11-15"))
    }

    private func changed(_ entry: Entry, _ text: String) throws -> Entry {
        var entry = entry
        var body = try body(text)
        try EntryInput.change(&entry, &body)
        return entry
    }

    private func fields(_ work: () throws -> Entry) throws -> [String] {
        let refusal = try #require(throws: Refusal.self) { try work() }
        return refusal.fields.map(\.field)
    }

    private let full =
        #"{"amount":12.5,"merchantName":"Rewe","description":"Bread","notes":"two\nlines","categoryId":"food","transactionDate":"2026-03-31","status":"pending","paymentMethod":"card","tags":["a","b"]}"#

    @Test func `is read under its own names`() throws {
        let entry = try new(full)
        #expect(entry.amount.minorUnits == 1250)
        #expect(entry.merchant == "Rewe" && entry.description == "Bread" && entry.notes == "two\nlines")
        #expect(entry.category == .named("food") && entry.occurredOn == day("2026-03-31"))
        #expect(entry.status == .pending && entry.payment == .named("card") && entry.tags == ["a", "b"])
    }

    @Test(arguments: ["merchant", "vendor", "client"]) func `is read under the merchant's other names`(alias: String)
        throws
    {
        #expect(try new(#"{"amount":1,"\#(alias)":"Rewe"}"#).merchant == "Rewe")
    }

    @Test func `is read under the other names of the rest`() throws {
        let entry = try new(#"{"amount":"1","date":"2026-01-02","category":"Food","payment_method":"cash"}"#)
        #expect(
            entry.occurredOn == day("2026-01-02") && entry.category == .namedOrNew("Food")
                && entry.payment == .named("cash"))
    }

    @Test func `has today and no category where nothing is said`() throws {
        let entry = try new(#"{"amount":1}"#)
        #expect(entry.occurredOn == day("2026-11-15") && entry.category == .unsorted && entry.merchant == nil)
    }

    @Test func `names every wrong field at once`() throws {
        let named = try fields {
            try new(
                #"{"amount":"1e3","currency":"USD","transactionDate":"2026-02-30","status":"gone","tags":"a","merchantName":7}"#
            )
        }
        #expect(Set(named) == ["amount", "currency", "transactionDate", "status", "tags", "merchantName"])
    }

    @Test(arguments: [
        "0", "-1", "0.00", "\"\"", "\"12,50\"", "\" 1\"", "1.005", "1e2", "true", "null", "[1]", "99999999999999999999",
    ])
    func `needs an amount that is exact and more than zero`(amount: String) throws {
        #expect(try fields { try new(#"{"amount":\#(amount)}"#) }.contains("amount"))
    }

    @Test func `may name the book's own currency, in any case, and no other`() throws {
        #expect(try new(#"{"amount":1,"currency":"eur"}"#).amount.currency.code == "EUR")
        #expect(try fields { try new(#"{"amount":1,"currency":"JPY"}"#) } == ["currency"])
    }

    @Test func `changes only what it names`() throws {
        let before = try new(full)
        for (name, value) in [
            ("amount", "99.99"), ("merchant", #""Lidl""#), ("description", #""Milk""#), ("notes", #""n""#),
            ("category", #""travel""#), ("date", #""2026-05-06""#), ("status", #""cancelled""#),
            ("paymentMethod", #""cash""#), ("tags", #"["z"]"#),
        ] {
            let after = try changed(before, "{\"\(name)\":\(value)}")
            #expect(after != before, "\(name) changed nothing")
            let differing = [
                after.amount != before.amount, after.merchant != before.merchant,
                after.description != before.description,
                after.notes != before.notes, after.category != before.category, after.occurredOn != before.occurredOn,
                after.status != before.status, after.payment != before.payment, after.tags != before.tags,
            ]
            #expect(differing.count { $0 } == 1, "\(name) changed something else as well")
        }
        #expect(try changed(before, "{}") == before)
    }

    @Test(arguments: ["null", "\"\"", "\"  \""]) func `clears what it sends as null or empty`(empty: String) throws {
        let after = try changed(
            try new(full),
            #"{"merchantName":\#(empty),"description":\#(empty),"notes":\#(empty),"paymentMethod":\#(empty)}"#)
        #expect(after.merchant == nil && after.description == nil && after.notes == nil && after.payment == .none)
    }

    @Test func `clears tags and category by null`() throws {
        let after = try changed(try new(full), #"{"tags":null,"category":null}"#)
        #expect(after.tags == [] && after.category == .unsorted)
    }

    @Test func `cannot clear the amount, the day or the status`() throws {
        let before = try new(full)
        #expect(try changed(before, #"{"amount":null,"transactionDate":null,"status":null}"#) == before)
    }

    @Test(arguments: [
        #"{"amount":0}"#, #"{"amount":-5}"#, #"{"amount":10000000000}"#, #"{"date":"1066-10-14"}"#,
        #"{"currency":"USD"}"#,
    ])
    func `is held to the same limits when it changes`(change: String) throws {
        let before = try new(full)
        #expect(throws: Refusal.self) { try changed(before, change) }
    }

    @Test func `is bounded in every text`() throws {
        let long = String(repeating: "ä", count: 256)
        for name in ["merchantName", "description", "paymentMethod"] {
            #expect(try fields { try new(#"{"amount":1,"\#(name)":"\#(long)"}"#) } == [name])
        }
        #expect(try fields { try new(#"{"amount":1,"notes":"\#(String(repeating: "x", count: 5001))"}"#) } == ["notes"])
        let many = (0...20).map { "\"\($0)\"" }.joined(separator: ",")
        #expect(try fields { try new(#"{"amount":1,"tags":[\#(many)]}"#) } == ["tags"])
        #expect(try new(#"{"amount":1,"merchantName":"\#(long.dropLast())"}"#).merchant?.count == 255)
    }

    @Test func `has no control characters where lines have no meaning`() throws {
        #expect(try fields { try new(#"{"amount":1,"merchantName":"a\nb"}"#) } == ["merchantName"])
        #expect(try fields { try new(#"{"amount":1,"notes":"a\u0001b"}"#) } == ["notes"])
    }
}

@Suite(.tags(.rules)) struct `A reference to a category` {
    @Test func `is an id, a name, or nothing`() {
        let id = CategoryID.new()
        #expect(CategoryReference("\(id)") == .id(id))
        #expect(CategoryReference("food") == .named("food"))
        #expect(CategoryReference("\(id)x") == .named("\(id)x"))
        #expect(CategoryReference("") == .unsorted)
        #expect(CategoryReference(nil) == .unsorted)
    }
}

@Suite(.tags(.rules)) struct `A failure of the database` {
    @Test(arguments: [("53100", 503), ("53200", 503), ("22003", 422)])
    func `that the client or the operator can act on is a refusal`(sqlState: String, status: Int) {
        let refusal = DatabaseError(.statement, "xyzzy", sqlState: sqlState).refusal
        #expect(refusal?.kind == (status == 503 ? .unavailable : .unprocessable))
        #expect(refusal?.message.contains("xyzzy") == false, "PostgreSQL's own words are for the log")
    }

    @Test func `of our own making is none`() {
        #expect(DatabaseError(.statement, "syntax error", sqlState: "42601").refusal == nil)
        #expect(DatabaseError(.decoding, "column 3").refusal == nil)
    }
}
