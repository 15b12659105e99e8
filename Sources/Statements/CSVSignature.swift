/// What files of the same export have in common, whatever they hold: the delimiter and the names of the columns, or
/// their kinds where there are no names. It leans on neither the words that are known nor on any correction, so that
/// it stays the same while both grow.
enum CSVSignature {
    /// - Parameter records: the beginning of the file, read with the delimiter.
    static func make(_ records: [CSVDetector.Record], delimiter: UInt8) -> (text: String, names: [String])? {
        guard let first = records.firstIndex(where: { $0.cells.count > 1 }) else { return nil }
        let row = records.firstIndex { isRow($0.cells) }
        let names = header(records[first..<(row ?? records.count)])
        let beginning = "csv1 \(delimiterName(delimiter)) "
        if let names {
            var words = names.map { CSVVocabulary.normalized($0) }
            // A delimiter at the end of every line is no column.
            while words.last?.isEmpty == true { words.removeLast() }
            return (beginning + shortened(words.joined(separator: "|")), names)
        }
        guard let row else { return nil }
        let rows = records[row...].filter { !$0.isBlank }
        let width = typicalWidth(rows)
        let kinds = (0..<width).map { kind(of: $0, in: rows.prefix(50)) }
        return (beginning + "#" + shortened(kinds.joined()), [])
    }

    /// Names stand right above the rows or, where a balance comes between, a little higher: the line of most words.
    private static func header(_ records: ArraySlice<CSVDetector.Record>) -> [String]? {
        var best: (cells: [String], words: Int)?
        for record in records.suffix(60) {
            let filled = record.cells.filter { !$0.isEmpty }
            // Values have digits; names have at most a number at the end.
            guard filled.count > 1, filled.allSatisfy({ isName($0) }) else { continue }
            if filled.count >= (best?.words ?? 0) { best = (record.cells, filled.count) }
        }
        return best?.cells
    }

    private static func isName(_ cell: String) -> Bool {
        guard cell.utf8.count <= 80 else { return false }
        let value = CSVValue(cell)
        return !value.isDate && value.shape == nil
    }

    /// At least a date and a number.
    static func isRow(_ cells: [String]) -> Bool {
        var dates = 0
        var numbers = 0
        for cell in cells where !cell.isEmpty {
            let value = CSVValue(cell)
            if value.isDate { dates += 1 } else if value.shape != nil { numbers += 1 }
        }
        return dates > 0 && numbers > 0
    }

    private static func typicalWidth(_ rows: some Sequence<CSVDetector.Record>) -> Int {
        var counts: [Int: Int] = [:]
        for row in rows { counts[row.cells.count, default: 0] += 1 }
        return counts.max { $0.value != $1.value ? $0.value < $1.value : $0.key < $1.key }?.key ?? 0
    }

    /// `d` for dates, `n` for numbers, `t` for anything else, empty ones too: those may be filled in the next file.
    private static func kind(of column: Int, in rows: some Sequence<CSVDetector.Record>) -> String {
        var filled = 0
        var dates = 0
        var numbers = 0
        for row in rows where column < row.cells.count && !row.cells[column].isEmpty {
            filled += 1
            let value = CSVValue(row.cells[column])
            if value.isDate { dates += 1 } else if value.shape != nil { numbers += 1 }
        }
        guard filled > 0 else { return "t" }
        return dates * 2 > filled ? "d" : numbers * 2 > filled ? "n" : "t"
    }

    private static func delimiterName(_ delimiter: UInt8) -> String {
        switch delimiter {
        case UInt8(ascii: "\t"): "tab"
        case UInt8(ascii: "|"): "bar"
        default: String(Unicode.Scalar(delimiter))
        }
    }

    /// A table of many columns is told by its beginning and the sum of the rest.
    private static func shortened(_ text: String) -> String {
        guard text.utf8.count > 400 else { return text }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return String(text.prefix(120)) + "…" + String(hash, radix: 16)
    }
}
