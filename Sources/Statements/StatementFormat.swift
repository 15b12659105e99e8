/// What a file is, by its content alone: names and media types lie.
package enum StatementFormat: String, CaseIterable, Sendable {
    case csv, ofx, qif, mt940, mt942
    case camt052 = "camt.052"
    case camt053 = "camt.053"
    case camt054 = "camt.054"
    case pdf, xlsx, xls, zip, gzip, html, xml, json, image, binary

    package var isSupported: Bool {
        switch self {
        case .csv, .ofx, .qif, .mt940, .mt942, .camt052, .camt053, .camt054: true
        default: false
        }
    }

    /// What to call it in a sentence.
    package var title: String {
        switch self {
        case .csv: "CSV"
        case .ofx: "OFX"
        case .pdf: "a PDF document"
        case .xlsx: "an Excel workbook"
        case .xls: "an old Excel workbook"
        case .zip: "a ZIP archive"
        case .gzip: "a gzip archive"
        case .html: "a web page"
        case .qif: "QIF"
        case .mt940: "MT940"
        case .mt942: "MT942"
        case .camt052: "CAMT.052"
        case .camt053: "CAMT.053"
        case .camt054: "CAMT.054"
        case .xml: "an XML file"
        case .json: "a JSON file"
        case .image: "an image"
        case .binary: "a binary file"
        }
    }

    /// From the first bytes of the file, after any UTF-16 has become UTF-8.
    static func sniff(_ head: UnsafeBufferPointer<UInt8>) -> StatementFormat {
        if let format = binarySignature(head) { return format }
        let start = Self.firstVisible(head)
        let text = UnsafeBufferPointer(rebasing: head[start...])
        let beginning = UnsafeBufferPointer(rebasing: text.prefix(4096))
        if contains(beginning, "<OFX>") || contains(beginning, "OFXHEADER") || contains(beginning, "<?OFX") {
            return .ofx
        }
        if begins(text, "<!DOCTYPE HTML") || begins(text, "<HTML") { return .html }
        if begins(text, "<") {
            return camt(text) ?? (contains(beginning, "<HTML") ? .html : .xml)
        }
        if begins(text, "!TYPE:") || begins(text, "!ACCOUNT") || begins(text, "!OPTION") || begins(text, "!CLEAR") {
            return .qif
        }
        if let format = swift(beginning) { return format }
        if isQIFWithoutHeader(text) { return .qif }
        if begins(text, "{\"") || begins(text, "[{") { return .json }
        // Text has no NUL; one in the middle of a field is a broken file or no text at all.
        if text.prefix(4096).contains(0) { return .binary }
        return .csv
    }

    /// By the name of the message, which every version has, whatever its namespace.
    private static func camt(_ text: UnsafeBufferPointer<UInt8>) -> StatementFormat? {
        let beginning = UnsafeBufferPointer(rebasing: text.prefix(16 << 10))
        if contains(beginning, "BKTOCSTMRSTMT") { return .camt053 }
        if contains(beginning, "BKTOCSTMRACCTRPT") { return .camt052 }
        if contains(beginning, "BKTOCSTMRDBTCDTNTFCTN") { return .camt054 }
        if contains(beginning, "CAMT.053") { return .camt053 }
        if contains(beginning, "CAMT.052") { return .camt052 }
        return contains(beginning, "CAMT.054") ? .camt054 : nil
    }

    /// By the tags at the beginning of lines, since banks write all kinds of lines before the first.
    private static func swift(_ beginning: UnsafeBufferPointer<UInt8>) -> StatementFormat? {
        if begins(beginning, "{1:") {
            return contains(beginning, "{2:O942") || contains(beginning, "{2:I942") ? .mt942 : .mt940
        }
        var tags = 0
        var interim = 0
        var balances = 0
        for line in beginning.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            guard let start = line.firstIndex(where: { $0 > 0x20 }), line[start] == UInt8(ascii: ":"),
                let (field, _) = MT940Field.read(line[start...])
            else { continue }
            tags += 1
            switch field {
            case .opening, .closing: balances += 1
            case .floor, .sums: interim += 1
            default: break
            }
        }
        guard tags > 0 else { return nil }
        return interim > 0 && balances == 0 ? .mt942 : .mt940
    }

    /// Some programs leave the header out: then a date comes first, and every record ends with its mark.
    private static func isQIFWithoutHeader(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard begins(text, "D") else { return false }
        let lines = text.split(maxSplits: 64, whereSeparator: { $0 == 0x0A || $0 == 0x0D })
        guard let first = lines.first, QIFDate.parts(UnsafeBufferPointer(rebasing: first.dropFirst()).trimmed()) != nil
        else { return false }
        let record = lines.prefix { $0.first != UInt8(ascii: "^") }
        return record.count < lines.count
            && record.contains { line in
                line.first == UInt8(ascii: "T") || line.first == UInt8(ascii: "U") || line.first == UInt8(ascii: "$")
            }
    }

    private static func binarySignature(_ head: UnsafeBufferPointer<UInt8>) -> StatementFormat? {
        if begins(head, "%PDF-") { return .pdf }
        if head.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
            return contains(head, "[CONTENT_TYPES].XML") || contains(head, "XL/WORKBOOK") ? .xlsx : .zip
        }
        if head.starts(with: [0xD0, 0xCF, 0x11, 0xE0]) { return .xls }
        if head.starts(with: [0x1F, 0x8B]) { return .gzip }
        if head.starts(with: [0x89, 0x50, 0x4E, 0x47]) || head.starts(with: [0xFF, 0xD8, 0xFF])
            || head.starts(with: [0x47, 0x49, 0x46, 0x38])
        {
            return .image
        }
        return nil
    }

    private static func firstVisible(_ head: UnsafeBufferPointer<UInt8>) -> Int {
        head.firstIndex { $0 > 0x20 } ?? head.count
    }

    private static func begins(_ bytes: UnsafeBufferPointer<UInt8>, _ word: StaticString) -> Bool {
        matches(bytes, at: 0, word)
    }

    /// The word must be in capitals; the bytes may be in either case.
    private static func contains(_ bytes: UnsafeBufferPointer<UInt8>, _ word: StaticString) -> Bool {
        guard bytes.count >= word.utf8CodeUnitCount else { return false }
        for start in 0...(bytes.count - word.utf8CodeUnitCount) where matches(bytes, at: start, word) { return true }
        return false
    }

    private static func matches(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int, _ word: StaticString) -> Bool {
        guard bytes.count - start >= word.utf8CodeUnitCount else { return false }
        for offset in 0..<word.utf8CodeUnitCount {
            let byte = bytes[start + offset]
            let capital = byte >= 97 && byte <= 122 ? byte - 32 : byte
            guard capital == word.utf8Start[offset] else { return false }
        }
        return true
    }
}
