/// What a file is, by its content alone: names and media types lie.
package enum StatementFormat: String, CaseIterable, Sendable {
    case csv, ofx
    case pdf, xlsx, xls, zip, gzip, html, mt940, camt, qif, xml, json, image, binary

    package var isSupported: Bool { self == .csv || self == .ofx }

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
        case .mt940: "a SWIFT MT940 statement"
        case .camt: "a CAMT (ISO 20022) statement"
        case .qif: "a QIF file"
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
            if contains(beginning, "CAMT.05") || contains(beginning, "BKTOCSTMR") { return .camt }
            return contains(beginning, "<HTML") ? .html : .xml
        }
        if begins(text, "!TYPE:") || begins(text, "!ACCOUNT") || begins(text, "!OPTION") { return .qif }
        if begins(text, "{1:") || begins(text, ":20:") || (contains(beginning, ":20:") && contains(beginning, ":60F:"))
        {
            return .mt940
        }
        if begins(text, "{\"") || begins(text, "[{") { return .json }
        // Text has no NUL; one in the middle of a field is a broken file or no text at all.
        if text.prefix(4096).contains(0) { return .binary }
        return .csv
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
