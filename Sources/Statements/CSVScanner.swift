/// Finds records and fields in place: a field is a range of the buffer, copied only when its text is wanted.
struct CSVScanner {
    struct Field {
        var start: Int32
        var end: Int32
        /// Holds doubled quotes, each of which stands for one.
        var hasDoubledQuotes: Bool

        var range: Range<Int> { Int(start)..<Int(end) }
    }

    enum Outcome: Equatable {
        /// The record ended; the next one starts there.
        case record(next: Int)
        /// The buffer ended first.
        case incomplete
        /// A quote was still open at the end of the buffer, or for more lines than any field has.
        case openQuote
    }

    let delimiter: UInt8
    private(set) var fields: [Field] = []
    /// Line breaks within and at the end of the last record.
    private(set) var lines = 0
    private(set) var hasTooManyFields = false
    /// Whether the last record ended at the end of the file rather than at a line break.
    private(set) var isUnterminated = false

    init(delimiter: UInt8) {
        self.delimiter = delimiter
        fields.reserveCapacity(32)
    }

    /// Reads the record at `start`. With `literalQuotes` a quote is an ordinary character: the way out where one
    /// was never closed.
    mutating func scan(
        _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, isFinal: Bool, literalQuotes: Bool = false
    ) -> Outcome {
        fields.removeAll(keepingCapacity: true)
        lines = 0
        hasTooManyFields = false
        isUnterminated = false
        let quote = UInt8(ascii: "\"")
        let count = bytes.count
        var position = start
        while true {
            var fieldStart = position
            if !literalQuotes {
                // Some banks put a space between the delimiter and the quote.
                while position < count, bytes[position] == 0x20 { position += 1 }
            }
            if !literalQuotes, position < count, bytes[position] == quote {
                fieldStart = position + 1
                guard let end = quotedField(bytes, from: fieldStart, isFinal: isFinal, position: &position) else {
                    return isFinal || lines > StatementLimits.linesInQuotes ? .openQuote : .incomplete
                }
                add(fieldStart, end.position, end.hasDoubledQuotes)
            } else {
                while position < count {
                    let byte = bytes[position]
                    if byte == delimiter || byte == 0x0A || byte == 0x0D { break }
                    position += 1
                }
                add(fieldStart, position, false)
            }
            guard position < count else {
                guard isFinal else { return .incomplete }
                isUnterminated = true
                return .record(next: count)
            }
            let byte = bytes[position]
            position += 1
            if byte == delimiter { continue }
            lines += 1
            guard byte == 0x0D else { return .record(next: position) }
            if position < count {
                return .record(next: bytes[position] == 0x0A ? position + 1 : position)
            }
            // A carriage return at the very end may be half of a line break.
            return isFinal ? .record(next: position) : .incomplete
        }
    }

    /// Returns where the content ends, and moves the position past the closing quote. Nil where it never closes.
    private mutating func quotedField(
        _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, isFinal: Bool, position: inout Int
    ) -> (position: Int, hasDoubledQuotes: Bool)? {
        let quote = UInt8(ascii: "\"")
        let count = bytes.count
        var hasDoubledQuotes = false
        var hasStrayQuotes = false
        position = start
        while position < count {
            let byte = bytes[position]
            if byte == 0x0A || byte == 0x0D {
                if byte == 0x0A || position + 1 >= count || bytes[position + 1] != 0x0A { lines += 1 }
                guard lines <= StatementLimits.linesInQuotes else { return nil }
                position += 1
                continue
            }
            guard byte == quote else {
                position += 1
                continue
            }
            guard position + 1 < count else {
                guard isFinal else { return nil }
                position += 1
                return (position - 1, hasDoubledQuotes)
            }
            if bytes[position + 1] == quote {
                // In `"Bar "Two""` nothing is doubled: the quotes inside were never escaped.
                if hasStrayQuotes, endsField(bytes, at: position + 2) {
                    position += 2
                    return (position - 1, hasDoubledQuotes)
                }
                hasDoubledQuotes = true
                position += 2
                continue
            }
            var after = position + 1
            while after < count, bytes[after] == 0x20 { after += 1 }
            if endsField(bytes, at: after) {
                let end = position
                position = after
                return (end, hasDoubledQuotes)
            }
            hasStrayQuotes = true
            position += 1
        }
        return nil
    }

    private func endsField(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int) -> Bool {
        guard position < bytes.count else { return true }
        let byte = bytes[position]
        return byte == delimiter || byte == 0x0A || byte == 0x0D
    }

    private mutating func add(_ start: Int, _ end: Int, _ hasDoubledQuotes: Bool) {
        guard fields.count < StatementLimits.columns else {
            hasTooManyFields = true
            return
        }
        fields.append(
            Field(
                start: Int32(truncatingIfNeeded: start), end: Int32(truncatingIfNeeded: max(start, end)),
                hasDoubledQuotes: hasDoubledQuotes))
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Without blanks at either end.
    func trimmed() -> UnsafeBufferPointer<UInt8> {
        var start = 0
        var end = count
        while start < end, self[start] <= 0x20 { start += 1 }
        while end > start, self[end - 1] <= 0x20 { end -= 1 }
        return UnsafeBufferPointer(rebasing: self[start..<end])
    }
}
