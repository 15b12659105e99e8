import Base
import Statements
import Testing

@Suite struct `Exports of banks all over the world` {
    /// Columns and conventions as these banks have them; the rows are made up. What is wrong with a sample, or nil.
    static func problem(_ sample: BankSample) throws -> String? {
        let read = try reading(sample.text)
        if let refusal = read.refusal { return refusal.message }
        var found = read.transactions.map { "\($0.date) \($0.amount.decimalText) \($0.amount.currency)" }
        let expected = sample.expected.map { $0.split(separator: " ", maxSplits: 3).map(String.init) }
        found = found.enumerated().map { index, line in
            guard index < expected.count, expected[index].count == 4 else { return line }
            let texts = [read.transactions[index].payee, read.transactions[index].memo].compactMap { $0 }
            return texts.contains { $0.contains(expected[index][3]) }
                ? "\(line) \(expected[index][3])" : line + " \(texts)"
        }
        guard found != sample.expected else { return nil }
        return "\(found) rejected: \(read.rejected.map { "\($0.line) \($0.reason)" })"
    }

    @Test(arguments: BankSample.germanSpeaking + BankSample.western)
    func `are read without a profile, in the west of Europe`(sample: BankSample) throws {
        let problem = try Self.problem(sample)
        #expect(problem == nil)
    }

    @Test(arguments: BankSample.southernAndEastern + BankSample.northern)
    func `are read without a profile, elsewhere in Europe`(sample: BankSample) throws {
        let problem = try Self.problem(sample)
        #expect(problem == nil)
    }

    @Test(arguments: BankSample.overseas)
    func `are read without a profile, overseas`(sample: BankSample) throws {
        let problem = try Self.problem(sample)
        #expect(problem == nil)
    }
}
