import Base
import JSON
import Statements

// How a CSV file is read, as JSON: what a preview shows, what an import takes, and what a profile keeps.

extension CSVMapping {
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        for column in CSVColumn.allCases {
            writer.key(text: column.rawValue)
            if let position = self[column] { writer.int(Int64(position)) } else { writer.null() }
        }
        if !moreMemo.isEmpty { writer.numbers("moreMemo", moreMemo) }
        writer.key("delimiter")
        writer.string(String(decoding: [delimiter], as: UTF8.self))
        writer.key("decimal")
        writer.string(String(decoding: [decimalSeparator], as: UTF8.self))
        writer.key("dateOrder")
        writer.string(dateOrder.rawValue)
        writer.key("ambiguousDateOrder")
        writer.bool(ambiguousDateOrder)
        if let ambiguousDates {
            writer.key("ambiguousDates")
            writer.beginObject()
            writer.key("text")
            writer.string(ambiguousDates.text)
            writer.key("dmy")
            writer.date(ambiguousDates.dayFirst)
            writer.key("mdy")
            writer.date(ambiguousDates.monthFirst)
            writer.endObject()
        }
        if let dateFormat {
            writer.key("dateFormat")
            writer.string(dateFormat.text)
        }
        if let currencyOfAll {
            writer.key("currencyCode")
            writer.currency(currencyOfAll)
        }
        if !outgoingWords.isEmpty { writer.texts("outgoingWords", outgoingWords.sorted()) }
        if !incomingWords.isEmpty { writer.texts("incomingWords", incomingWords.sorted()) }
        writer.key("headerLines")
        writer.int(Int64(headerLines))
        writer.key("negate")
        writer.bool(negate)
        writer.key("encoding")
        writer.string(encoding.rawValue)
        writer.endObject()
    }

    /// What holds for other files of the same bank as well: where things are and how they are written. How much stands
    /// above the table, and the encoding, are each file's own.
    var lasting: CSVMappingOverride {
        var lasting = CSVMappingOverride()
        for column in CSVColumn.allCases { if let position = self[column] { lasting.set(column, to: position) } }
        if !moreMemo.isEmpty { lasting.moreMemo = moreMemo }
        lasting.delimiter = delimiter
        lasting.decimalSeparator = decimalSeparator
        lasting.dateOrder = dateOrder
        lasting.dateFormat = dateFormat
        lasting.negate = negate
        lasting.currency = currencyOfAll
        return lasting
    }
}

extension CSVMappingOverride {
    /// From the JSON that a preview shows as `mapping`, changed where it was wrong.
    ///
    /// - Throws: a refusal naming what is wrong.
    package init(json: JSONValue) throws(Refusal) {
        self.init()
        guard case .object(let members) = json else { throw .invalid("mapping", "mapping should be a JSON object.") }
        for (name, value) in members {
            if let column = CSVColumn(rawValue: name) {
                guard value.isNull || value.int.map({ (0..<StatementLimits.columns).contains($0) }) == true else {
                    throw .invalid("mapping", "\(name) should be the number of a column, from 0, or null.")
                }
                set(column, to: value.int)
                continue
            }
            // Null leaves it to the detection.
            if !value.isNull { try read(name, value) }
        }
    }

    private mutating func read(_ name: String, _ value: JSONValue) throws(Refusal) {
        switch name {
        case "delimiter": delimiter = try Self.character(value, name, of: ",;|\t")
        case "decimal": decimalSeparator = try Self.character(value, name, of: ".,")
        case "dateOrder":
            guard let order = value.string.flatMap(DateOrder.init(rawValue:)) else {
                throw .invalid(
                    "mapping",
                    "dateOrder should be one of \(DateOrder.allCases.map(\.rawValue).joined(separator: ", ")).")
            }
            dateOrder = order
        case "dateFormat":
            guard let format = value.string.flatMap({ StatementDateFormat($0) }) else {
                throw .invalid("mapping", "dateFormat should be like dd.MM.yyyy, with a day, a month and a year.")
            }
            dateFormat = format
        case "headerLines":
            guard let lines = value.int, (0...1000).contains(lines) else {
                throw .invalid("mapping", "headerLines should be a number from 0 to 1000.")
            }
            headerLines = lines
        case "negate":
            guard let negate = value.bool else { throw .invalid("mapping", "negate should be true or false.") }
            self.negate = negate
        case "encoding":
            guard let encoding = value.string.flatMap(TextEncoding.init(rawValue:)) else {
                throw .invalid(
                    "mapping",
                    "encoding should be one of \(TextEncoding.allCases.map(\.rawValue).joined(separator: ", ")).")
            }
            self.encoding = encoding
        case "currencyCode":
            guard let currency = value.string.flatMap({ Currency($0.uppercased()) }) else {
                throw .invalid("mapping", "currencyCode should be an ISO 4217 code such as EUR.")
            }
            self.currency = currency
        case "outgoingWords": outgoingWords = try Self.words(value, name)
        case "incomingWords": incomingWords = try Self.words(value, name)
        case "moreMemo":
            let columns = value.array?.map(\.int) ?? [nil]
            guard columns.count <= 20, columns.allSatisfy({ $0.map((0..<StatementLimits.columns).contains) == true })
            else {
                throw .invalid("mapping", "moreMemo should be a list of numbers of columns, from 0.")
            }
            moreMemo = columns.compactMap { $0 }
        default: break  // what a preview shows besides, such as ambiguousDateOrder
        }
    }

    private static func words(_ value: JSONValue, _ name: String) throws(Refusal) -> [String] {
        let words = value.array?.map(\.string) ?? [nil]
        guard words.count <= 20, words.allSatisfy({ ($0?.utf8.count ?? .max) <= 100 }) else {
            throw .invalid("mapping", "\(name) should be a list of at most 20 words.")
        }
        return words.compactMap { $0 }
    }

    private static func character(_ value: JSONValue, _ name: String, of allowed: String) throws(Refusal) -> UInt8 {
        guard let text = value.string, text.utf8.count == 1, allowed.contains(text), let byte = text.utf8.first else {
            throw .invalid(
                "mapping",
                "\(name) should be one of: \(allowed.map { $0 == "\t" ? "tab" : String($0) }.joined(separator: " ")).")
        }
        return byte
    }

    /// What is set, such that `init(json:)` gives it back.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        for column in CSVColumn.allCases {
            guard let position = columns[column] else { continue }
            writer.key(text: column.rawValue)
            if let position { writer.int(Int64(position)) } else { writer.null() }
        }
        if let moreMemo { writer.numbers("moreMemo", moreMemo) }
        for (key, byte) in [("delimiter", delimiter), ("decimal", decimalSeparator)] {
            guard let byte else { continue }
            writer.key(text: key)
            writer.string(String(decoding: [byte], as: UTF8.self))
        }
        for (key, text) in [
            ("dateOrder", dateOrder?.rawValue), ("dateFormat", dateFormat?.text), ("encoding", encoding?.rawValue),
            ("currencyCode", currency?.code),
        ] {
            guard let text else { continue }
            writer.key(text: key)
            writer.string(text)
        }
        if let outgoingWords { writer.texts("outgoingWords", outgoingWords) }
        if let incomingWords { writer.texts("incomingWords", incomingWords) }
        if let headerLines {
            writer.key("headerLines")
            writer.int(Int64(headerLines))
        }
        if let negate {
            writer.key("negate")
            writer.bool(negate)
        }
        writer.endObject()
    }
}

extension JSONWriter {
    fileprivate mutating func numbers(_ name: String, _ numbers: [Int]) {
        key(text: name)
        beginArray()
        for number in numbers { int(Int64(number)) }
        endArray()
    }

    fileprivate mutating func texts(_ name: String, _ texts: [String]) {
        key(text: name)
        beginArray()
        for text in texts { string(text) }
        endArray()
    }
}
