/// Turns the bytes of an XML file into UTF-8 that an XML parser takes, whatever was declared: single-byte encodings by
/// their table, bytes that are no UTF-8 as Windows-1252, and controls, which XML forbids, as blanks. Lines stay lines.
struct XMLText {
    private let table: [UInt16]?
    /// The beginning of a sequence that a piece cut.
    private var pending: [UInt8] = []
    private var output: [UInt8] = []

    init(encoding: Encoding) {
        switch encoding {
        case .utf8: table = nil
        case .singleByte(let table): self.table = table
        }
    }

    enum Encoding {
        case utf8
        case singleByte([UInt16])

        /// What the XML declaration says, where it is a single-byte encoding. UTF-16 has become UTF-8 before.
        static func declared(in head: [UInt8]) -> Encoding {
            let start = String(decoding: head.prefix(256), as: UTF8.self).uppercased()
            guard let end = start.firstIndex(of: "?>"), let mark = start.firstIndex(of: "ENCODING"), mark < end else {
                return .utf8
            }
            let name = String(
                start[mark...].dropFirst(8).drop { " \t\r\n=\"'".contains($0) }.prefix {
                    !"\"'?> ".contains($0)
                })
            switch name {
            case "ISO-8859-1", "LATIN1", "LATIN-1", "ISO8859-1", "ISO_8859-1", "WINDOWS-1252", "CP1252":
                return .singleByte(SingleByteTables.windows1252)
            case "ISO-8859-15", "ISO8859-15", "LATIN-9": return .singleByte(SingleByteTables.latin9)
            case "WINDOWS-1250", "CP1250": return .singleByte(SingleByteTables.windows1250)
            case "ISO-8859-2", "ISO8859-2", "LATIN2", "LATIN-2": return .singleByte(SingleByteTables.latin2)
            case "WINDOWS-1251", "CP1251": return .singleByte(SingleByteTables.windows1251)
            default: return .utf8
            }
        }
    }

    /// Calls the body with what became complete.
    mutating func decode(
        _ bytes: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) throws -> Void
    ) rethrows {
        output.removeAll(keepingCapacity: true)
        if table != nil {
            for byte in bytes { appendSingle(byte) }
        } else {
            var position = 0
            while position < bytes.count {
                if pending.isEmpty {
                    // Most of a statement is ASCII, which goes through as it is.
                    let start = position
                    while position < bytes.count, Self.isPlain(bytes[position]) { position += 1 }
                    output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<position]))
                    guard position < bytes.count else { break }
                }
                appendUTF8(bytes[position])
                position += 1
            }
        }
        try output.withUnsafeBufferPointer(body)
    }

    /// What is left of a sequence that never became complete.
    mutating func finish(_ body: (UnsafeBufferPointer<UInt8>) throws -> Void) rethrows {
        output.removeAll(keepingCapacity: true)
        flushPending()
        try output.withUnsafeBufferPointer(body)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte &- 0x20 < 0x60 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    private mutating func appendASCII(_ byte: UInt8) {
        output.append(Self.isPlain(byte) ? byte : 0x20)
    }

    private mutating func appendSingle(_ byte: UInt8) {
        guard byte >= 0x80, let table else { return appendASCII(byte) }
        append(table[Int(byte) - 0x80])
    }

    private mutating func append(_ unit: UInt16) {
        // Controls of the upper half are forbidden as well.
        guard unit >= 0xA0 else { return output.append(0x20) }
        if unit < 0x800 {
            output.append(0xC0 | UInt8(unit >> 6))
        } else {
            output.append(0xE0 | UInt8(unit >> 12))
            output.append(0x80 | UInt8(unit >> 6 & 63))
        }
        output.append(0x80 | UInt8(unit & 63))
    }

    private mutating func appendUTF8(_ byte: UInt8) {
        if pending.isEmpty {
            guard byte >= 0x80 else { return appendASCII(byte) }
            pending.append(byte)
            if Self.length(byte) == nil { flushPending() }
            return
        }
        guard byte & 0xC0 == 0x80 else {
            flushPending()
            return appendUTF8(byte)
        }
        pending.append(byte)
        guard let length = Self.length(pending[0]), pending.count >= length else { return }
        if let text = String(validating: pending, as: UTF8.self), text.unicodeScalars.first?.isXML == true {
            output.append(contentsOf: pending)
            pending.removeAll(keepingCapacity: true)
        } else {
            flushPending()
        }
    }

    private mutating func flushPending() {
        for byte in pending { append(SingleByteTables.windows1252[Int(byte & 0x7F)]) }
        pending.removeAll(keepingCapacity: true)
    }

    private static func length(_ first: UInt8) -> Int? {
        switch first {
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: nil
        }
    }
}

extension Unicode.Scalar {
    /// U+FFFE and U+FFFF, and the controls U+0080 to U+009F that some parsers take, have no place in a text.
    fileprivate var isXML: Bool { value >= 0xA0 && value & 0xFFFE != 0xFFFE }
}

extension String {
    /// Where a word begins.
    fileprivate func firstIndex(of word: String) -> String.Index? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(word) { return start }
            start = index(after: start)
        }
        return nil
    }
}
