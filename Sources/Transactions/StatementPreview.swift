import Base
import Categories
import JSON
import Statements

/// What a statement holds, without storing it: the answer of a dry run, at the terminal and over HTTP.
package struct StatementPreview: Sendable {
    /// So many transactions are listed; the rest is only counted.
    package let transactionLimit: Int
    /// And so many rejected lines.
    package let rejectedLimit: Int
    /// And so many accounts: of those behind them nothing is listed, they and their transactions are only counted.
    static let accountLimit = 256

    private struct Account: Sendable {
        let account: StatementAccount
        var balances = StatementBalances()
        var transactions: [StatementTransaction] = []
    }

    private var accounts: [Account] = []
    /// The one that transactions belong to: a file may come back to an account that it told of before.
    /// Nil for one that is only counted.
    private var current: Int?
    package private(set) var accountCount = 0
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
        case .accountStarted(let account):
            current = account.isResumed ? accounts.firstIndex { $0.account.id == account.id } : nil
            if !account.isResumed { accountCount += 1 }
            if current == nil, accounts.count < Self.accountLimit {
                current = accounts.count
                accounts.append(Account(account: account))
            }
        case .transaction(let transaction):
            if let problem = ImportLine.problemInAnyBook(transaction) {
                return reject(
                    RejectedLine(
                        line: transaction.line, text: ImportReading.text(of: transaction), reason: problem.reason))
            }
            transactionCount += 1
            guard transactionCount <= transactionLimit, let current else { return }
            accounts[current].transactions.append(transaction)
        case .rejected(let line): reject(line)
        case .accountEnded(let balances):
            guard let current else { return }
            accounts[current].balances = balances
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

    /// - Parameters:
    ///   - marks: for each listed transaction what would become of it; nil without a book.
    ///   - profile: the one that was asked for; without it, the one that the reader has recognised.
    package func write(
        _ reader: StatementReader, marks: [Mark]? = nil, profile: String? = nil, to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.key("format")
        writer.string(reader.format?.rawValue ?? "")
        writer.key("profile")
        writer.string(profile ?? reader.profile)
        if let signature = reader.signature {
            writer.key("signature")
            writer.string(signature)
        }
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
        writer.key("accountCount")
        writer.int(Int64(accountCount))
        writer.key("transactionCount")
        writer.int(Int64(transactionCount))
        writer.key("rejected")
        rejected.write(to: &writer)
        writer.key("rejectedCount")
        writer.int(Int64(rejectedCount))
        writer.endObject()
    }

    /// What an import would make of a transaction.
    package struct Mark: Sendable {
        let isDuplicate: Bool
        let category: CategoryID?
        let categorySlug: String?
        let categoryName: String?
        let rule: RuleID?
        let merchant: String?
        let tags: [String]
        let parts: Int
        let problem: String?

        init(
            _ sorted: SortedLine, isDuplicate: Bool, category: CategoryID, name: (slug: String, name: String)?
        ) {
            self.isDuplicate = isDuplicate
            self.category = category
            categorySlug = name?.slug
            categoryName = name?.name
            rule = sorted.rule
            merchant = sorted.merchant
            tags = sorted.tags
            parts = sorted.parts.count
            problem = nil
        }

        init(problem: String) {
            (isDuplicate, category, categorySlug, categoryName, rule) = (false, nil, nil, nil, nil)
            (merchant, tags, parts) = (nil, [], 1)
            self.problem = problem
        }
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
            write(mark, to: &writer)
        }
        writer.endObject()
    }

    private func write(_ mark: Mark, to writer: inout JSONWriter) {
        if let category = mark.category {
            writer.key("categoryId")
            writer.identifier(category)
        }
        for (key, text) in [
            ("categorySlug", mark.categorySlug), ("categoryName", mark.categoryName), ("merchantName", mark.merchant),
        ] {
            guard let text else { continue }
            writer.key(text: key)
            writer.string(text)
        }
        if let rule = mark.rule {
            writer.key("ruleId")
            writer.identifier(rule)
        }
        if !mark.tags.isEmpty {
            writer.key("tags")
            writer.beginArray()
            for tag in mark.tags { writer.string(tag) }
            writer.endArray()
        }
        if mark.parts > 1 {
            writer.key("parts")
            writer.int(Int64(mark.parts))
        }
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
