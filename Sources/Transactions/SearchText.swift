import Foundation

/// Text as the search compares it: lower case, without accents, one spelling of each letter, no control characters.
enum SearchText {
    /// Between the fields of an entry.
    static let fieldSeparator: UInt8 = 0x1F
    /// Between entries.
    static let lineSeparator: UInt8 = 0x0A

    static func fold(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        append(text, to: &bytes)
        return bytes
    }

    /// Appends the folded text.
    static func append(_ text: String, to bytes: inout [UInt8]) {
        let start = bytes.count
        for byte in text.utf8 {
            guard byte < 0x80 else {
                bytes.removeSubrange(start...)
                return appendUnicode(text, to: &bytes)
            }
            bytes.append(fold(ascii: byte))
        }
    }

    @inline(__always)
    private static func fold(ascii byte: UInt8) -> UInt8 {
        if byte >= 0x41 && byte <= 0x5A { return byte | 0x20 }
        return byte < 0x20 || byte == 0x7F ? 0x20 : byte
    }

    private static func appendUnicode(_ text: String, to bytes: inout [UInt8]) {
        // Compatibility too: ﬁ is fi, and ① is 1. It may bring capitals to light, and their small letters accents.
        let folded = text.decomposedStringWithCompatibilityMapping.lowercased().decomposedStringWithCompatibilityMapping
        for scalar in folded.unicodeScalars {
            if scalar.value < 0x80 {
                bytes.append(fold(ascii: UInt8(truncatingIfNeeded: scalar.value)))
                continue
            }
            if let spelled = spelledOut[scalar.value] {
                bytes.append(contentsOf: spelled.utf8)
                continue
            }
            switch scalar.properties.generalCategory {
            case .nonspacingMark, .enclosingMark, .control, .format: continue
            case .spaceSeparator, .lineSeparator, .paragraphSeparator: bytes.append(0x20)
            default: bytes.append(contentsOf: UTF8.encode(scalar) ?? .init())
            }
        }
    }

    /// Letters that decomposition leaves alone.
    private static let spelledOut: [UInt32: String] = [
        0xDF: "ss", 0xE6: "ae", 0x153: "oe", 0xF8: "o", 0x142: "l", 0x111: "d", 0xF0: "d", 0xFE: "th", 0x131: "i",
        0x3C2: "σ",
    ]

    /// The parts of a query: each must be found.
    static func terms(_ query: String, limit: Int = 8) -> [[UInt8]] {
        var seen: Set<[UInt8]> = []
        return fold(query).split(separator: 0x20).map(Array.init).filter { seen.insert($0).inserted }.prefix(limit).map
        { $0 }
    }

    /// Whether a byte belongs to a word: letters, digits and all that is not ASCII.
    @inline(__always)
    static func isWordByte(_ byte: UInt8) -> Bool {
        byte >= 0x80 || (byte >= 0x61 && byte <= 0x7A) || (byte >= 0x30 && byte <= 0x39)
    }

    /// Calls `body` with each word of folded text that may be what somebody meant who mistyped it: three to thirty-two
    /// bytes, without digits, as numbers are not misspelt.
    static func words(in bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
        var start = 0
        var hasDigit = false
        for index in 0...bytes.count {
            if index < bytes.count, isWordByte(bytes[index]) {
                if bytes[index] <= 0x39 { hasDigit = true }
                continue
            }
            if !hasDigit, (3...32).contains(index - start) {
                body(UnsafeRawBufferPointer(rebasing: bytes[start..<index]))
            }
            start = index + 1
            hasDigit = false
        }
    }
}

/// How far words are from what was typed. One is used for many words, so that none costs memory.
struct SearchDistance {
    let typed: [UInt8]
    /// Mistakes that are forgiven.
    let limit: Int
    private var rows: [[Int]]

    init(_ typed: [UInt8]) {
        self.typed = typed
        limit = Self.allowed(for: typed.count)
        rows = Array(repeating: Array(repeating: 0, count: typed.count + limit + 1), count: 3)
    }

    /// In a word of so many bytes.
    static func allowed(for length: Int) -> Int {
        switch length {
        case ..<4: 0
        case ..<8: 1
        default: 2
        }
    }

    /// The smallest number of insertions, deletions, replacements and swaps of neighbours that make what was typed of the
    /// word or, where `isPrefix`, of a beginning of it; nil when it is more than the limit.
    mutating func distance(to word: some RandomAccessCollection<UInt8>, isPrefix: Bool = false) -> Int? {
        guard limit > 0, !typed.isEmpty, word.count >= typed.count - limit,
            isPrefix || word.count <= typed.count + limit
        else { return nil }
        let columns = min(word.count, typed.count + limit)
        for column in 0...columns { rows[0][column] = column }
        for row in 1...typed.count {
            let (above, here, before) = ((row - 1) % 3, row % 3, (row + 1) % 3)
            rows[here][0] = row
            var best = row
            var previous: UInt8 = 0
            var column = 0
            for byte in word.prefix(columns) {
                column += 1
                let replaced = rows[above][column - 1] + (typed[row - 1] == byte ? 0 : 1)
                var value = min(rows[above][column] + 1, rows[here][column - 1] + 1, replaced)
                if row > 1, column > 1, typed[row - 1] == previous, typed[row - 2] == byte {
                    value = min(value, rows[before][column - 2] + 1)
                }
                previous = byte
                rows[here][column] = value
                best = min(best, value)
            }
            // What comes can only be more, but for a swap that began in the row before.
            if best > limit + 1 { return nil }
        }
        let last = rows[typed.count % 3][...columns]
        let distance = isPrefix ? last.min() ?? limit + 1 : last[columns]
        return distance <= limit ? distance : nil
    }
}
