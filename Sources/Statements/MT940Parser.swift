import Base

/// Reads MT940 and MT942 as they arrive: lines into fields, fields into the reader. With or without the blocks
/// of SWIFT around the messages, and whatever banks write between them.
struct MT940Parser {
    private var lines = StatementLines()
    private var reader: MT940StatementReader
    private var field: MT940Field?
    private var fieldLine = 0
    private var value: [UInt8] = []

    init(currency: Currency, encoding: TextEncoding) {
        reader = MT940StatementReader(currency: currency, encoding: encoding)
    }

    /// Nothing in the format tells its encoding. What is not UTF-8 is in the code page of the account's country, which
    /// the currency of its balances shows.
    static func encoding(head: UnsafeBufferPointer<UInt8>) -> TextEncoding {
        guard !TextEncoding.looksLikeUTF8(head) else { return .utf8 }
        for line in head.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) where line.count > 14 {
            guard line.starts(with: Array(":60".utf8)) || line.starts(with: Array(":34F:".utf8)) else { continue }
            // `:60F:C260101PLN…` or `:34F:PLN…`
            let start = line.startIndex + (line[line.startIndex + 1] == UInt8(ascii: "6") ? 12 : 5)
            switch String(decoding: line[start..<min(start + 3, line.endIndex)], as: UTF8.self) {
            case "PLN", "CZK", "HUF", "RON", "HRK", "RSD", "BAM", "SKK", "SIT", "ALL": return .windows1250
            case "RUB", "RUR", "BGN", "UAH", "BYN", "KZT", "MKD": return .windows1251
            default: return .windows1252
            }
        }
        return .windows1252
    }

    mutating func feed(_ bytes: UnsafeBufferPointer<UInt8>, emit: (StatementEvent) throws -> Void) throws {
        // Apart for the moment: the lines call the fields while they change themselves.
        var lines = StatementLines()
        swap(&lines, &self.lines)
        defer { swap(&lines, &self.lines) }
        try lines.feed(bytes) { try take($0, $1, emit) }
    }

    mutating func finish(emit: (StatementEvent) throws -> Void) throws {
        var lines = self.lines
        let isOpen = try lines.finish { try take($0, $1, emit) }
        let last = field
        try endField(emit)
        try reader.finish(isLastLineOpen: isOpen, lastField: last, emit)
    }

    private mutating func take(
        _ bytes: UnsafeBufferPointer<UInt8>, _ number: Int, _ emit: (StatementEvent) throws -> Void
    ) throws {
        // Some banks frame a message with controls.
        var line = bytes[...]
        while let first = line.first, first < 0x20 { line = line.dropFirst() }
        while let last = line.last, last < 0x20 { line = line.dropLast() }
        guard let first = line.first else { return }
        switch first {
        case UInt8(ascii: "{"):
            try header(line, number, emit)
        case UInt8(ascii: "-") where Self.isTerminator(line):
            try endField(emit)
            try reader.terminate(emit)
            if line.contains(UInt8(ascii: "{")) { try header(line, number, emit) }
        case UInt8(ascii: ":"):
            guard let (found, rest) = MT940Field.read(line) else { return append(line) }
            try endField(emit)
            field = found
            fieldLine = number
            value.append(contentsOf: rest)
        default: append(line)
        }
    }

    /// `{1:F01…}{2:O940…}{4:`, with or without the first field behind it.
    private mutating func header(
        _ line: Slice<UnsafeBufferPointer<UInt8>>, _ number: Int, _ emit: (StatementEvent) throws -> Void
    ) throws {
        let text = Array("{4:".utf8)
        guard let brace = line.indices.first(where: { line[$0...].starts(with: text) }) else {
            // The end of one message or the beginning of another; neither belongs to a field.
            if line.starts(with: Array("{1:".utf8)) { try endField(emit) }
            return
        }
        try endField(emit)
        try reader.terminate(emit)
        let rest = line[(brace + 3)...]
        if rest.first == UInt8(ascii: ":") {
            try take(UnsafeBufferPointer(rebasing: rest), number, emit)
        }
    }

    /// `-`, `-}` with what may follow, and `-XXX` of one bank. Other lines that begin with a dash are text.
    private static func isTerminator(_ line: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        let rest = line.dropFirst()
        guard let second = rest.first else { return true }
        return second == UInt8(ascii: "}") || rest.elementsEqual("XXX".utf8) || rest.allSatisfy { $0 == 0x20 }
    }

    private mutating func append(_ line: Slice<UnsafeBufferPointer<UInt8>>) {
        guard field != nil, value.count + line.count < StatementLimits.recordBytes else { return }
        value.append(0x0A)
        value.append(contentsOf: line)
    }

    private mutating func endField(_ emit: (StatementEvent) throws -> Void) throws {
        guard let field else { return }
        self.field = nil
        var value: [UInt8] = []
        swap(&value, &self.value)
        try value.withUnsafeBufferPointer { try reader.take(field, $0, line: fieldLine, emit) }
        value.removeAll(keepingCapacity: true)
        swap(&value, &self.value)
    }
}

/// The fields of a message, by their tags.
enum MT940Field {
    case reference, account, number, opening, entry, information, closing, available, floor, dateTime, sums, nonSWIFT
    case other

    /// The tag at the beginning of a line and what follows it. Nil where the line belongs to the field before: a time
    /// such as `:12:11` inside of a text is no tag.
    static func read(
        _ line: Slice<UnsafeBufferPointer<UInt8>>
    ) -> (MT940Field, rest: Slice<UnsafeBufferPointer<UInt8>>)? {
        guard let end = line.dropFirst().prefix(5).firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let tag = String(decoding: line[(line.startIndex + 1)..<end], as: UTF8.self)
        guard let found = MT940Field(tag: tag) else { return nil }
        return (found, line[(end + 1)...])
    }

    init?(tag: String) {
        switch tag {
        case "20": self = .reference
        case "25", "25P": self = .account
        case "28", "28C", "28D": self = .number
        case "60F", "60M", "60": self = .opening
        case "61": self = .entry
        case "86": self = .information
        case "62F", "62M", "62": self = .closing
        case "64", "65", "64F", "65F": self = .available
        case "34F": self = .floor
        case "13", "13D": self = .dateTime
        case "90C", "90D": self = .sums
        case "NS": self = .nonSWIFT
        case "21", "940", "942": self = .other
        default: return nil
        }
    }
}
