import Base
import Database
import JSON
import Resources

/// Entries as a file, row by row.
struct EntryExport: Sendable {
    enum Format: Sendable {
        case csv(withMark: Bool)
        /// JSON lines: one entry a line.
        case json

        var contentType: String {
            switch self {
            case .csv: "text/csv; charset=utf-8; header=present"
            case .json: "application/x-ndjson; charset=utf-8"
            }
        }

        var suffix: String {
            switch self {
            case .csv: "csv"
            case .json: "jsonl"
            }
        }
    }

    let format: Format
    /// In a book with departments a CSV file says which an entry is of, behind all else: what reads the columns by their
    /// place is not troubled.
    var namesDepartments = false

    /// What is selected besides an entry's own columns.
    var selection: SQL { namesDepartments ? EntryStore.departmentName : "" }

    private static let headers = [
        "Date", "Type", "Amount", "Currency", "Merchant", "Description", "Category", "Status", "Payment method", "Tags",
        "Notes", "Id",
    ]

    var head: [UInt8] {
        guard case .csv(let withMark) = format else { return [] }
        var bytes: [UInt8] = withMark ? [0xEF, 0xBB, 0xBF] : []
        bytes += Array((Self.headers + (namesDepartments ? ["Department"] : [])).joined(separator: ",").utf8)
        bytes += [0x0D, 0x0A]
        return bytes
    }

    func append(_ row: Row, to bytes: inout [UInt8]) throws {
        switch format {
        case .json:
            var writer = JSONWriter(capacity: 0)
            swap(&writer.bytes, &bytes)
            defer { swap(&writer.bytes, &bytes) }
            try EntryStore.resource.write(row, to: &writer)
            writer.bytes.append(0x0A)
        case .csv: try appendCSV(row, to: &bytes)
        }
    }

    private func appendCSV(_ row: Row, to bytes: inout [UInt8]) throws {
        try row.get(10, as: CalendarDate.self).append(to: &bytes)
        let kind: Entry.Kind = try row.get(1)
        Self.field(kind.name, to: &bytes)
        bytes.append(UInt8(ascii: ","))
        Money(minorUnits: try row.get(2), currency: try row.get(3)).append(to: &bytes)
        Self.field(try row.get(3, as: String.self), to: &bytes)
        for column in [4, 5, 8] { Self.field(try row.get(column, as: String?.self) ?? "", to: &bytes) }
        let status: Entry.Status = try row.get(11)
        Self.field(status.name, to: &bytes)
        Self.field(try row.get(12, as: String?.self) ?? "", to: &bytes)
        Self.field(try row.get(13, as: [String].self).joined(separator: ", "), to: &bytes)
        Self.field(try row.get(6, as: String?.self) ?? "", to: &bytes)
        bytes.append(UInt8(ascii: ","))
        try row.get(0, as: EntryID.self).append(to: &bytes)
        if namesDepartments {
            Self.field(try row.get(EntryStore.resource.columns.count, as: String?.self) ?? "", to: &bytes)
        }
        bytes += [0x0D, 0x0A]
    }

    /// A comma, and the text. Quoted where it must be; what a spreadsheet would take for a formula gets an apostrophe
    /// before it, or opening the file could run what a payee wrote.
    static func field(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: ","))
        guard let first = text.utf8.first else { return }
        let isFormula = "=+-@\t\r".utf8.contains(first)
        let isQuoted = text.utf8.contains {
            $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D || $0 == 0x3B || $0 == 0x09
        }
        if isQuoted { bytes.append(0x22) }
        if isFormula { bytes.append(UInt8(ascii: "'")) }
        for byte in text.utf8 {
            if byte == 0x22 { bytes.append(0x22) }
            bytes.append(byte)
        }
        if isQuoted { bytes.append(0x22) }
    }
}
