import Base
import JSON
import Statements
import TestSupport
import Testing

@testable import Transactions

@Suite(.tags(.rules)) struct `A preview of a statement` {
    private static let euro = currency("EUR")

    private func take(_ preview: inout StatementPreview, _ account: Int, isResumed: Bool = false) {
        preview.take(.accountStarted(StatementAccount(id: "\(account)", currency: Self.euro, isResumed: isResumed)))
        preview.take(
            .transaction(
                StatementTransaction(
                    date: day("2026-03-01"), amount: Money(minorUnits: -100, currency: Self.euro), line: account + 1)))
    }

    private func json(_ preview: StatementPreview) throws -> JSONValue {
        var writer = JSONWriter()
        preview.write(StatementReader(currency: Self.euro), to: &writer)
        return try JSONValue.parse(writer.bytes)
    }

    @Test func `lists a bounded number of accounts, and counts the others`() throws {
        var preview = StatementPreview(transactionLimit: 100_000)
        for account in 0..<20_000 { take(&preview, account) }
        // Back to one that is listed, and to one that is not.
        take(&preview, 3, isResumed: true)
        take(&preview, 19_000, isResumed: true)
        let json = try json(preview)
        #expect(json["accounts"]?.array?.count == 256 && json["accountCount"]?.int == 20_000)
        #expect(json["transactionCount"]?.int == 20_002)
        #expect(preview.listed.count == 257)
        #expect(json["accounts"]?.array?[3]["transactions"]?.array?.count == 2)
    }
}
