import Base

/// Reads OFX 1 (SGML) and OFX 2 (XML) as it arrives. It leans on the tags it knows and tolerates unknown ones and
/// missing end tags, except the last: a file that does not end with `</OFX>` was cut.
struct OFXParser {
    private var tokenizer = OFXTokenizer()
    private var reader: OFXStatementReader

    init(currency: Currency) {
        reader = OFXStatementReader(currency: currency)
    }

    mutating func feed(_ bytes: UnsafeBufferPointer<UInt8>, emit: (StatementEvent) throws -> Void) throws {
        // Apart for the moment: the tokenizer calls the reader while it changes itself.
        var reader = self.reader
        defer { self.reader = reader }
        try tokenizer.feed(bytes) { token, line in try reader.handle(token, line: line, emit) }
        if !reader.knowsEncoding, !tokenizer.prologue.isEmpty { reader.learnEncoding(from: tokenizer.prologue) }
    }

    mutating func finish(emit: (StatementEvent) throws -> Void) throws {
        guard reader.isComplete else { throw Refusal.statementTruncated }
        try reader.finish(emit)
    }
}
