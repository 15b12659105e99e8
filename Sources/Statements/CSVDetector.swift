import Base

/// Finds out how a CSV file is written from its first records. It reads them with every delimiter in question and
/// keeps the reading under which most records are transactions.
struct CSVDetector {
    struct Detection {
        var mapping: CSVMapping
        /// The names of the columns, where the file has them.
        var columnNames: [String]
        var accountID: String?
        /// Records of the sample that read as transactions.
        var score: Int
    }

    /// What is found without anybody's help.
    struct Signed {
        var detection: Detection?
        var signature: String?
        var columnNames: [String]
    }

    let head: UnsafeBufferPointer<UInt8>
    /// Whether the head is the whole file.
    let isWhole: Bool
    var override = CSVMappingOverride()

    /// How the file is read without anybody's help, and its signature.
    func signed() -> Signed {
        let detection = detect()
        let encoding = detection?.mapping.encoding ?? self.encoding
        let delimiter = detection?.mapping.delimiter ?? likelyDelimiter(encoding)
        let signature = CSVSignature.make(sample(delimiter: delimiter, encoding: encoding), delimiter: delimiter)
        return Signed(
            detection: detection, signature: signature?.text,
            columnNames: detection?.columnNames ?? signature?.names ?? [])
    }

    func detect() -> Detection? {
        let encoding = encoding
        let delimiters = override.delimiter.map { [$0] } ?? Self.delimiters
        var best: Detection?
        for delimiter in delimiters {
            guard let detection = read(delimiter, encoding) else { continue }
            if detection.score > (best?.score ?? -1) { best = detection }
        }
        return best
    }

    private static let delimiters = [",", ";", "\t", "|"].map { UInt8(ascii: $0) }

    private var encoding: TextEncoding {
        override.encoding ?? (TextEncoding.looksLikeUTF8(head) ? .utf8 : TextEncodingGuess.encoding(of: head))
    }

    /// The one that cuts most lines into the same number of fields.
    private func likelyDelimiter(_ encoding: TextEncoding) -> UInt8 {
        var best = (delimiter: UInt8(ascii: ","), cells: 0)
        for delimiter in Self.delimiters {
            var counts: [Int: Int] = [:]
            for record in sample(delimiter: delimiter, encoding: encoding) where record.cells.count > 1 {
                counts[record.cells.count, default: 0] += 1
            }
            let cells = counts.map { $0.key * $0.value }.max() ?? 0
            if cells > best.cells { best = (delimiter, cells) }
        }
        return best.delimiter
    }

    private func read(_ delimiter: UInt8, _ encoding: TextEncoding) -> Detection? {
        let records = sample(delimiter: delimiter, encoding: encoding)
        return CSVReading(records: records, delimiter: delimiter, encoding: encoding, override: override).detect()
    }

    struct Record {
        var cells: [String]
        /// Lines of the file up to the end of this record.
        var endLine: Int

        var isBlank: Bool { cells.allSatisfy(\.isEmpty) }
    }

    /// `="0012"` keeps a spreadsheet from changing the value.
    private static func withoutFormula(_ text: String) -> String {
        guard text.hasPrefix("=\""), text.hasSuffix("\""), text.utf8.count >= 3 else { return text }
        return String(text.dropFirst(2).dropLast())
    }

    private func sample(delimiter: UInt8, encoding: TextEncoding) -> [Record] {
        var scanner = CSVScanner(delimiter: delimiter)
        var decoder = TextDecoder(encoding)
        var records: [Record] = []
        var position = 0
        var line = 0
        while position < head.count, records.count < StatementLimits.sampledRecords {
            var outcome = scanner.scan(head, from: position, isFinal: isWhole)
            if outcome == .openQuote {
                outcome = scanner.scan(head, from: position, isFinal: isWhole, literalQuotes: true)
            }
            guard case .record(let next) = outcome else { break }
            line += max(scanner.lines, 1)
            let cells = scanner.fields.map { field -> String in
                var text = decoder.string(UnsafeBufferPointer(rebasing: head[field.range]).trimmed())
                if field.hasDoubledQuotes {
                    text = text.split(separator: "\"\"", omittingEmptySubsequences: false).joined(separator: "\"")
                }
                return Self.withoutFormula(text)
            }
            records.append(Record(cells: cells, endLine: line))
            position = next
        }
        return records
    }
}
