/// Text as it is compared where neither case nor accents matter: `MÜLLER`, `Müller` and `Mu\u{308}ller` are all
/// `muller`. Runs of blanks and control characters are one blank, and there is none at the ends.
///
/// As UTF-8 bytes, since that is what the matcher reads; a million lines are folded in one import.
struct FoldedText: Equatable, Sendable {
    private(set) var bytes: [UInt8] = []

    init() {}

    init(_ text: String?) { set(text) }

    var isEmpty: Bool { bytes.isEmpty }

    /// Replaces what was there, and keeps its memory.
    mutating func set(_ text: String?) {
        bytes.removeAll(keepingCapacity: true)
        guard var text else { return }
        text.withUTF8 { append($0) }
        if bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
    }

    private mutating func append(_ text: UnsafeBufferPointer<UInt8>) {
        var position = 0
        while position < text.count {
            let byte = text[position]
            if byte < 0x80 {
                position += 1
                append(ascii: byte)
                continue
            }
            // A String's bytes are well formed.
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
            let end = min(position + length, text.count)
            var value = UInt32(byte) & (length == 2 ? 0x1F : length == 3 ? 0x0F : 0x07)
            for next in text[(position + 1)..<end] { value = value << 6 | UInt32(next & 0x3F) }
            position = end
            if let scalar = Unicode.Scalar(value) { append(scalar) }
        }
    }

    private mutating func append(ascii byte: UInt8) {
        switch byte {
        case 0x41...0x5A: bytes.append(byte | 0x20)
        case 0x21...0x7E: bytes.append(byte)
        default: if let last = bytes.last, last != UInt8(ascii: " ") { bytes.append(UInt8(ascii: " ")) }
        }
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
        switch scalar.value {
        case 0x80...0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: append(ascii: 0x20)
        case 0x300...0x36F, 0x200B...0x200D, 0xFE00...0xFE0F, 0xFEFF, 0xAD: break  // accents by themselves, and nothing
        case 0xFF01...0xFF5E: append(ascii: UInt8(scalar.value - 0xFEE0))
        default:
            if let base = Self.bases.of(scalar.value) {
                bytes.append(contentsOf: base)
            } else {
                // A capital of another script may still have an accent: Greek, Cyrillic.
                for lower in scalar.properties.lowercaseMapping.unicodeScalars where !(0x300...0x36F ~= lower.value) {
                    bytes.append(contentsOf: Self.bases.of(lower.value) ?? Array(String(lower).utf8))
                }
            }
        }
    }

    // MARK: Letters

    private static let bases = Bases()

    /// The letters without accents that others are compared as.
    private struct Bases: Sendable {
        private static let range: Range<UInt32> = 0xC0..<0x460
        private static let vietnamese: Range<UInt32> = 0x1E00..<0x1F00
        private var low: [[UInt8]]
        private var high: [[UInt8]]

        init() {
            low = Array(repeating: [], count: Self.range.count)
            high = Array(repeating: [], count: Self.vietnamese.count)
            for (base, letters) in Self.groups {
                for letter in letters.unicodeScalars {
                    set(letter, base)
                    let capital = letter.properties.uppercaseMapping.unicodeScalars
                    if let first = capital.first, capital.count == 1, first.value >= 0xC0 { set(first, base) }
                }
            }
        }

        private mutating func set(_ letter: Unicode.Scalar, _ base: String) {
            if Self.range.contains(letter.value) { low[Int(letter.value - Self.range.lowerBound)] = Array(base.utf8) }
            if Self.vietnamese.contains(letter.value) {
                high[Int(letter.value - Self.vietnamese.lowerBound)] = Array(base.utf8)
            }
        }

        func of(_ value: UInt32) -> [UInt8]? {
            let base: [UInt8]
            if Self.range.contains(value) {
                base = low[Int(value - Self.range.lowerBound)]
            } else if Self.vietnamese.contains(value) {
                base = high[Int(value - Self.vietnamese.lowerBound)]
            } else {
                return nil
            }
            return base.isEmpty ? nil : base
        }

        /// Unicode's decompositions of the letters that banks write, and the usual spelling of those that have none.
        private static let groups: [(base: String, letters: String)] = [
            ("a", "àáâãäåāăąǎǟǡǻȁȃȧḁẚạảấầẩẫậắằẳẵặ"), ("ae", "æǣǽ"), ("b", "ƀḃḅḇ"), ("c", "çćĉċčḉ"),
            ("d", "ðďđḋḍḏḑḓ"), ("dz", "ǆǳ"), ("e", "èéêëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệ"), ("f", "ḟ"), ("g", "ĝğġģǧǵḡ"),
            ("h", "ĥħȟḣḥḧḩḫẖ"), ("i", "ìíîïĩīĭįıǐȉȋḭḯỉị"), ("ij", "ĳ"), ("j", "ĵǰ"), ("k", "ķĸǩḱḳḵ"),
            ("l", "ĺļľłḷḹḻḽ"), ("lj", "ǉ"), ("m", "ḿṁṃ"), ("n", "ñńņňŋǹṅṇṉṋ"), ("nj", "ǌ"),
            ("o", "òóôõöøōŏőơǒǫǭǿȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợ"), ("oe", "œ"), ("p", "ṕṗ"), ("r", "ŕŗřȑȓṙṛṝṟ"),
            ("s", "śŝşšſșṡṣṥṧṩẛ"), ("ss", "ßẞ"), ("t", "ţťŧțṫṭṯṱẗ"), ("th", "þ"),
            ("u", "ùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự"), ("v", "ṽṿ"), ("w", "ŵẁẃẅẇẉẘ"), ("x", "ẋẍ"),
            ("y", "ýÿŷȳẏẙỳỵỷỹ"), ("z", "źżžẑẓẕ"), ("i", "İ"), ("ι", "ΐίϊ"), ("α", "ά"), ("ε", "έ"), ("η", "ή"),
            ("υ", "ΰϋύ"), ("ο", "ό"), ("ω", "ώ"), ("σ", "ς"), ("е", "ё"), ("и", "й"),
        ]
    }
}
