/// Which single-byte encoding a text is in: the one under which its letters make words of one language.
enum TextEncodingGuess {
    /// The western one comes first: it wins where nothing tells more.
    private static let candidates: [TextEncoding] = [
        .windows1252, .windows1250, .windows1251, .windows1257, .windows1254, .windows1253, .windows1255,
        .iso8859Part15,
        .iso8859Part2, .ibm852, .ibm850, .macRoman, .koi8r, .ibm866,
    ]

    static func encoding(of bytes: UnsafeBufferPointer<UInt8>) -> TextEncoding {
        // Where each letter beyond ASCII stands, and how often each occurs.
        let positions = Array(bytes.indices.lazy.filter { bytes[$0] >= 0x80 }.prefix(2000))
        var counts = [Int](repeating: 0, count: 128)
        for position in positions { counts[Int(bytes[position] - 0x80)] += 1 }
        var best = (encoding: TextEncoding.windows1252, score: Int.min)
        for (encoding, page) in pages {
            let score = page.languageScore(counts) - 10 * page.faults(bytes, positions)
            if score > best.score { best = (encoding, score) }
        }
        return best.encoding
    }

    private static let pages: [(TextEncoding, Page)] = candidates.compactMap { encoding in
        encoding.table.map { (encoding, Page($0)) }
    }

    /// The letters beyond ASCII that a language writes.
    private static let alphabets: [String] = [
        "äöüß", "äöüßé", "éèêëàâçîïôûùœ", "áéíóúñü", "áâãàçéêíóôõú", "àèéìòù", "éëïöüè", "åäöé", "æøåéò", "áðéíóúýþæö",
        "ąćęłńóśźż",
        "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîșțşţ", "čćđšž", "ąčęėįšųūž", "āčēģīķļņšūž", "äõöüšž",
        "çğıİöşüâ", "абвгдежзийклмнопрстуфхцчшщъыьэюяё", "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
        "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊ",
        "אבגדהוזחטיכךלמםנןסעפףצץקרשת",
    ]

    /// Where the same bytes are words of two languages, each in its own encoding, Turkish is likelier than Icelandic; and
    /// what makes Hebrew letters throughout is Hebrew, though each of them is a Russian one as well.
    private static func weight(of alphabet: String) -> Int {
        alphabet.hasPrefix("áðé") ? 29 : alphabet.hasPrefix("א") ? 31 : 30
    }

    /// For each letter, small or capital, a bit for every alphabet that has it.
    private static let languages: [UInt16: UInt32] = {
        var languages: [UInt16: UInt32] = [:]
        for (index, alphabet) in alphabets.enumerated() {
            for letter in (alphabet + alphabet.uppercased()).unicodeScalars where letter.value >= 0x80 {
                languages[UInt16(truncatingIfNeeded: letter.value), default: 0] |= 1 << UInt32(index)
            }
        }
        return languages
    }()

    private enum Kind {
        case small, capital, caseless, symbol, neutral, broken
    }

    /// One encoding: what each of its upper 128 bytes is.
    private struct Page {
        let kinds: [Kind]
        let masks: [UInt32]
        let isOtherScript: [Bool]

        init(_ table: [UInt16]) {
            kinds = table.map { TextEncodingGuess.kind(of: $0) }
            masks = table.map { languages[$0] ?? 0 }
            isOtherScript = table.map { $0 >= 0x370 && $0 < 0x2000 }
        }

        /// Letters count for the one language that has most of them, and against it where it has them not.
        func languageScore(_ counts: [Int]) -> Int {
            var inLanguage = [Int](repeating: 0, count: alphabets.count)
            var letters = 0
            for (index, count) in counts.enumerated() where count > 0 && isLetter(kinds[index]) {
                letters += count
                for language in inLanguage.indices where masks[index] & (1 << UInt32(language)) != 0 {
                    inLanguage[language] += count
                }
            }
            let scores = inLanguage.enumerated().map { index, count in
                count * weight(of: alphabets[index]) - (letters - count) * 30
            }
            return scores.max() ?? 0
        }

        func faults(_ bytes: UnsafeBufferPointer<UInt8>, _ positions: [Int]) -> Int {
            var faults = 0
            for position in positions {
                let index = Int(bytes[position] - 0x80)
                let before = position > 0 ? TextEncodingGuess.kind(of: bytes[position - 1], kinds) : .neutral
                let after =
                    position + 1 < bytes.count ? TextEncodingGuess.kind(of: bytes[position + 1], kinds) : .neutral
                let kind = kinds[index]
                switch kind {
                case .small, .capital, .caseless:
                    // No word is half Latin and half Cyrillic.
                    if isOtherScript[index], isASCIILetter(bytes, position - 1) || isASCIILetter(bytes, position + 1) {
                        faults += 6
                    }
                    // Words begin with a capital or are written in them; they do not change to it.
                    if kind == .capital, before == .small || (after == .small && before == .capital) { faults += 2 }
                    if kind == .small, after == .capital || (before == .capital && after == .capital) { faults += 2 }
                case .symbol: faults += isLetter(before) && isLetter(after) ? 4 : 1
                case .broken: faults += 5
                case .neutral: break
                }
            }
            return faults
        }
    }

    private static func isASCIILetter(_ bytes: UnsafeBufferPointer<UInt8>, _ position: Int) -> Bool {
        position >= 0 && position < bytes.count && (bytes[position] | 0x20) &- 97 < 26
    }

    private static func isLetter(_ kind: Kind) -> Bool { kind == .small || kind == .capital || kind == .caseless }

    private static func kind(of byte: UInt8, _ kinds: [Kind]) -> Kind {
        if byte >= 0x80 { return kinds[Int(byte - 0x80)] }
        if byte &- 97 < 26 { return .small }
        return byte &- 65 < 26 ? .capital : .neutral
    }

    private static func kind(of value: UInt16) -> Kind {
        // Signs that texts and amounts have everywhere.
        switch value {
        case 0xA0, 0xA3, 0xA7, 0xAB, 0xB0, 0xB4, 0xBB, 0x20AC, 0x2013, 0x2014, 0x2018, 0x2019, 0x201A, 0x201C, 0x201D,
            0x201E,
            0x2022, 0x2026, 0x2116:
            return .neutral
        default: break
        }
        guard value != 0xFFFD, let scalar = Unicode.Scalar(value), value < 0x80 || value > 0x9F else { return .broken }
        let properties = scalar.properties
        if properties.isLowercase { return .small }
        if properties.isUppercase { return .capital }
        return properties.isAlphabetic ? .caseless : .symbol
    }
}
