import Base
import JSON
import Statements

/// What a statement holds, without storing it: the answer of a dry run, at the terminal and over HTTP.
package struct StatementPreview: Sendable {
    /// So many transactions are listed; the rest is only counted.
    package let transactionLimit: Int
    /// And so many rejected lines.
    package let rejectedLimit: Int

    private struct Account: Sendable {
        let account: StatementAccount
        var balances = StatementBalances()
        var transactions: [StatementTransaction] = []
    }

    private var accounts: [Account] = []
    package private(set) var transactionCount = 0
    package private(set) var rejectedCount = 0
    /// At most `rejectedLimit`.
    package private(set) var rejected: [RejectedLine] = []

    package init(transactionLimit: Int, rejectedLimit: Int = ImportLimits().rejectedLines) {
        self.transactionLimit = transactionLimit
        self.rejectedLimit = rejectedLimit
    }

    package mutating func take(_ event: StatementEvent) {
        switch event {
        case .accountStarted(let account): accounts.append(Account(account: account))
        case .transaction(let transaction):
            transactionCount += 1
            guard transactionCount <= transactionLimit, !accounts.isEmpty else { return }
            accounts[accounts.count - 1].transactions.append(transaction)
        case .rejected(let line): reject(line)
        case .accountEnded(let balances):
            guard !accounts.isEmpty else { return }
            accounts[accounts.count - 1].balances = balances
        }
    }

    private mutating func reject(_ line: RejectedLine) {
        rejectedCount += 1
        if rejected.count < rejectedLimit { rejected.append(line) }
    }

    /// Every listed transaction with its account, in the order of the file.
    package var listed: [(account: String?, transaction: StatementTransaction)] {
        accounts.flatMap { account in account.transactions.map { (account.account.id, $0) } }
    }

    /// - Parameter marks: for each listed transaction whether the book has it already, and its category; nil without a book.
    package func write(_ reader: StatementReader, marks: [Mark]? = nil, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("format")
        writer.string(reader.format?.rawValue ?? "")
        writer.key("profile")
        writer.null()
        if let mapping = reader.mapping {
            writer.key("mapping")
            mapping.write(to: &writer)
            writer.key("columns")
            writer.beginArray()
            for name in reader.columnNames { writer.string(name) }
            writer.endArray()
        }
        writer.key("accounts")
        writer.beginArray()
        var index = 0
        for account in accounts {
            writer.beginObject()
            writer.key("id")
            writer.string(account.account.id)
            writer.key("currency")
            writer.currency(account.account.currency)
            if let opening = account.balances.opening {
                writer.key("openingBalance")
                writer.money(opening)
            }
            if let closing = account.balances.closing {
                writer.key("closingBalance")
                writer.money(closing)
            }
            writer.key("transactions")
            writer.beginArray()
            for transaction in account.transactions {
                write(transaction, marks.map { $0[index] }, to: &writer)
                index += 1
            }
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
        writer.key("transactionCount")
        writer.int(Int64(transactionCount))
        writer.key("rejected")
        rejected.write(to: &writer)
        writer.key("rejectedCount")
        writer.int(Int64(rejectedCount))
        writer.endObject()
    }

    package struct Mark: Sendable {
        package let isDuplicate: Bool
        package let categorySlug: String?
        package let problem: String?
    }

    private func write(_ transaction: StatementTransaction, _ mark: Mark?, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("date")
        writer.date(transaction.date)
        if let valueDate = transaction.valueDate {
            writer.key("valueDate")
            writer.date(valueDate)
        }
        writer.key("amount")
        writer.money(transaction.amount)
        writer.key("currency")
        writer.currency(transaction.amount.currency)
        for (key, text) in [
            ("payee", transaction.payee), ("memo", transaction.memo), ("reference", transaction.reference),
            ("externalId", transaction.externalID), ("type", transaction.type),
        ] {
            guard let text else { continue }
            writer.key(text: key)
            writer.string(text)
        }
        writer.key("line")
        writer.int(Int64(transaction.line))
        if let mark {
            writer.key("status")
            writer.string(mark.problem != nil ? "rejected" : mark.isDuplicate ? "duplicate" : "new")
            if let problem = mark.problem {
                writer.key("reason")
                writer.string(problem)
            }
            if let slug = mark.categorySlug {
                writer.key("categorySlug")
                writer.string(slug)
            }
        }
        writer.endObject()
    }
}

extension [RejectedLine] {
    func write(to writer: inout JSONWriter) {
        writer.beginArray()
        for line in self {
            writer.beginObject()
            writer.key("line")
            writer.int(Int64(line.line))
            writer.key("text")
            writer.string(line.text)
            writer.key("reason")
            writer.string(line.reason)
            writer.endObject()
        }
        writer.endArray()
    }
}

extension JSONWriter {
    mutating func key(text: String) { key(text as String) }
}

extension CSVMapping {
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        for column in CSVColumn.allCases {
            writer.key(text: column.rawValue)
            if let position = self[column] { writer.int(Int64(position)) } else { writer.null() }
        }
        writer.key("delimiter")
        writer.string(String(decoding: [delimiter], as: UTF8.self))
        writer.key("decimal")
        writer.string(String(decoding: [decimalSeparator], as: UTF8.self))
        writer.key("dateOrder")
        writer.string(dateOrder.rawValue)
        writer.key("ambiguousDateOrder")
        writer.bool(ambiguousDateOrder)
        writer.key("headerLines")
        writer.int(Int64(headerLines))
        writer.key("negate")
        writer.bool(negate)
        writer.key("encoding")
        writer.string(encoding.rawValue)
        writer.endObject()
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
                columns[column] = .some(value.int)
                continue
            }
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
            case "headerLines":
                guard let lines = value.int, (0...1000).contains(lines) else {
                    throw .invalid("mapping", "headerLines should be a number from 0 to 1000.")
                }
                headerLines = lines
            case "negate": negate = value.bool
            case "encoding":
                guard let encoding = value.string.flatMap(TextEncoding.init(rawValue:)) else {
                    throw .invalid(
                        "mapping",
                        "encoding should be one of \(TextEncoding.allCases.map(\.rawValue).joined(separator: ", ")).")
                }
                self.encoding = encoding
            default: continue  // what a preview shows besides, such as ambiguousDateOrder
            }
        }
    }

    private static func character(_ value: JSONValue, _ name: String, of allowed: String) throws(Refusal) -> UInt8 {
        guard let text = value.string, text.utf8.count == 1, allowed.contains(text), let byte = text.utf8.first else {
            throw .invalid(
                "mapping",
                "\(name) should be one of: \(allowed.map { $0 == "\t" ? "tab" : String($0) }.joined(separator: " ")).")
        }
        return byte
    }
}
