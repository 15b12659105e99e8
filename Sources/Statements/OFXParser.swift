import Base

/// Reads OFX 1 (SGML) and OFX 2 (XML) as it arrives. It leans on the tags it knows and tolerates unknown ones and
/// missing end tags, except the last: a file that does not end with `</OFX>` was cut.
struct OFXParser {
    private var tokenizer = OFXTokenizer()
    private var reader: OFXStatementReader

    init(currency: Currency, encoding: TextEncoding) {
        reader = OFXStatementReader(currency: currency, encoding: encoding)
    }

    /// `CHARSET:1251` in the header, or `encoding="windows-1250"`. Whether a text is UTF-8 or Windows-1252 shows in
    /// itself, so only what differs from both needs to be told.
    static func encoding(head: [UInt8]) -> TextEncoding {
        let text = String(decoding: head.prefix(1024), as: UTF8.self).uppercased()
        if text.contains("ENCODING:UTF-8") { return .utf8 }
        if text.contains("CHARSET:1251") || text.contains("WINDOWS-1251") { return .windows1251 }
        if text.contains("CHARSET:1250") || text.contains("WINDOWS-1250") { return .windows1250 }
        return .utf8
    }

    mutating func feed(_ bytes: UnsafeBufferPointer<UInt8>, emit: (StatementEvent) throws -> Void) throws {
        // Apart for the moment: the tokenizer calls the reader while it changes itself.
        var reader = self.reader
        defer { self.reader = reader }
        try tokenizer.feed(bytes) { token, line in try reader.handle(token, line: line, emit) }
    }

    mutating func finish(emit: (StatementEvent) throws -> Void) throws {
        guard reader.isComplete else { throw Refusal.statementTruncated }
        try reader.finish(emit)
    }
}
