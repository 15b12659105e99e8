import Base
import Foundation
import JSON

/// What other programs read from the same files.
struct Truth {
    struct Entry: Equatable {
        var amount: String
        var currency: String?
        var date: String?
        var valueDate: String?
        var bankReference: String?
        var payee: String?
        var purpose: String?
        var details: String?
        /// Not booked: reported as rejected, with its reason.
        var isBooked = true
    }

    var entries: [Entry] = []
    var opening: String?
    var closing: String?
    var account: String?
}

/// Compares without what only lays out: blanks, and the ends of lines.
func withoutBlanks(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.value > 0x20 && $0.value != 0xA0 }))
}

/// Trailing zeros and the sign of nothing do not count: `-6800`, `-6800.00`.
func sameAmount(_ left: String, _ right: String) -> Bool {
    Decimal(string: left) == Decimal(string: right)
}

// MARK: The YAML of WoLpH/mt940

/// The part of that YAML that tells of transactions: a list, four blanks before a name, two more before a part.
struct MT940Truth {
    static func read(_ bytes: [UInt8]) -> Truth {
        var truth = Truth()
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        var isInTransactions = false
        var name = ""
        var values: [String: String] = [:]
        func finish() {
            guard let amount = values["amount.amount"] else { return }
            var entry = Truth.Entry(amount: amount)
            entry.currency = values["amount.currency"]
            // That program does not turn the sign of a reversal, as the standard asks.
            if values["status"]?.hasPrefix("R") == true {
                entry.amount = values["status"] == "RC" ? "-" + amount : amount
            }
            entry.valueDate = values["date"]
            entry.date = values["guessed_entry_date"] ?? values["date"]
            entry.bankReference = values["bank_reference"]
            entry.payee = values["applicant_name"]
            entry.purpose = values["purpose"]
            entry.details = values["transaction_details"]
            truth.entries.append(entry)
        }
        for line in lines {
            if line == "transactions: []" { break }
            if line == "transactions:" {
                isInTransactions = true
                continue
            }
            guard isInTransactions else { continue }
            if line.hasPrefix("- !!python") {
                finish()
                values = [:]
                continue
            }
            let indent = line.prefix { $0 == " " }.count
            let text = line.dropFirst(indent)
            if indent == 4, !text.hasPrefix("-"), let colon = text.firstIndex(of: ":") {
                name = String(text[..<colon])
                let value = text[text.index(after: colon)...].trimmingCharacters(in: .whitespaces)
                if !value.hasPrefix("!!"), value != "null" { values[name] = scalar(value) }
            } else if indent == 6, name == "amount", let colon = text.firstIndex(of: ":") {
                let value = text[text.index(after: colon)...]
                if let quote = value.firstIndex(of: "'") {
                    values["amount.amount"] = String(value[value.index(after: quote)...].prefix { $0 != "'" })
                } else {
                    values["amount.currency"] = value.trimmingCharacters(in: .whitespaces)
                }
            } else if indent >= 6, name.hasSuffix("date"), let day = Data(base64Encoded: String(text)), day.count == 4 {
                let date = CalendarDate(year: Int(day[0]) << 8 | Int(day[1]), month: Int(day[2]), day: Int(day[3]))
                values[name] = date?.description
            } else if indent >= 6, values[name] != nil {
                values[name]? += " " + scalar(String(text))
            }
        }
        finish()
        return truth
    }

    private static func scalar(_ text: String) -> String {
        var text = text
        if text.hasPrefix("'") || text.hasPrefix("\"") { text.removeFirst() }
        if text.hasSuffix("'") || text.hasSuffix("\"") { text.removeLast() }
        text = text.replacingOccurrences(of: "''", with: "'")
        for (escape, character) in [("\\xDC", "Ü"), ("\\xAD", "\u{AD}"), ("\\t", "\t"), ("\\n", "\n")] {
            text = text.replacingOccurrences(of: escape, with: character)
        }
        // A line that goes on in the next.
        while text.hasSuffix("\\") { text.removeLast() }
        if text.hasPrefix("\\ ") { text.removeFirst() }
        return text
    }

    /// Neither in numbered parts nor in bytes that nobody can read any more.
    static func isFreeText(_ text: String) -> Bool {
        !text.contains(">20") && !text.contains("\\x") && !text.contains("^")
    }
}

// MARK: The JSON of genkgo/camt

struct CAMTTruth {
    static func read(_ bytes: [UInt8]) throws -> Truth {
        let json = try JSONValue.parse(bytes)
        var truth = Truth()
        for entry in json["getEntries"]?.array ?? [] {
            let currency = entry["getAmount"]?["getCurrency"]?["getCode"]?.string
            let minorUnits = entry["getAmount"]?["getAmount"]?.string.flatMap { Int64($0) }
            guard let code = currency.flatMap({ Currency($0) }), let minorUnits else { continue }
            let status = entry["getStatus"]?.string
            truth.entries.append(
                Truth.Entry(
                    amount: Money(minorUnits: minorUnits, currency: code).decimalText, currency: currency,
                    date: day(entry["getBookingDate"]), valueDate: day(entry["getValueDate"]),
                    bankReference: entry["getAccountServicerReference"]?.string,
                    isBooked: status == nil || status == "BOOK"))
            account(entry["getRecord"], &truth)
        }
        account(json["getRecords"]?.array?.first, &truth)
        return truth
    }

    private static func account(_ record: JSONValue?, _ truth: inout Truth) {
        guard let record else { return }
        truth.account = record["getAccount"]?["getIdentification"]?.string ?? truth.account
        for balance in record["getBalances"]?.array ?? [] {
            guard let code = balance["getAmount"]?["getCurrency"]?["getCode"]?.string.flatMap({ Currency($0) }),
                let minorUnits = balance["getAmount"]?["getAmount"]?.string.flatMap({ Int64($0) })
            else { continue }
            let text = Money(minorUnits: minorUnits, currency: code).decimalText
            if balance["getType"]?.string == "opening" { truth.opening = truth.opening ?? text }
            if balance["getType"]?.string == "closing" { truth.closing = text }
        }
    }

    private static func day(_ value: JSONValue?) -> String? {
        value?["0"]?.string.map { String($0.prefix(10)) }
    }
}
