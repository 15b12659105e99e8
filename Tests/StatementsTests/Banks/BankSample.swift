import Testing

/// The beginning of a bank's export: its columns as they are, with rows made up for the test.
struct BankSample: Sendable, CustomTestStringConvertible {
    let name: String
    let text: String
    /// For each transaction `date amount currency text`, the text being found in the payee or in the memo.
    let expected: [String]
    var testDescription: String { name }

    init(_ name: String, _ text: String, _ expected: String...) {
        self.name = name
        self.text = text
        self.expected = expected
    }
}
