/// Splits bytes into lines as they arrive, whether they end with LF, CR LF or CR. What a line has beyond the limit of
/// a record is dropped, so that a file without any line break costs no more than one record.
struct StatementLines {
    /// The line that is being read, from 1.
    private(set) var number = 1
    private var line: [UInt8] = []
    private var isAfterCarriageReturn = false

    mutating func feed(
        _ bytes: UnsafeBufferPointer<UInt8>, _ handle: (UnsafeBufferPointer<UInt8>, _ number: Int) throws -> Void
    ) throws {
        var start = 0
        for (position, byte) in bytes.enumerated() {
            guard byte == 0x0A || byte == 0x0D else {
                isAfterCarriageReturn = false
                continue
            }
            if byte == 0x0A, isAfterCarriageReturn {
                isAfterCarriageReturn = false
                start = position + 1
                continue
            }
            isAfterCarriageReturn = byte == 0x0D
            let rest = UnsafeBufferPointer(rebasing: bytes[start..<position])
            if line.isEmpty {
                try handle(UnsafeBufferPointer(rebasing: rest.prefix(StatementLimits.recordBytes)), number)
            } else {
                append(rest)
                try line.withUnsafeBufferPointer { try handle($0, number) }
                line.removeAll(keepingCapacity: true)
            }
            number += 1
            start = position + 1
        }
        if start < bytes.count { append(UnsafeBufferPointer(rebasing: bytes[start...])) }
    }

    /// Hands over a last line that no line break ends, and tells whether there was one.
    mutating func finish(_ handle: (UnsafeBufferPointer<UInt8>, _ number: Int) throws -> Void) throws -> Bool {
        guard !line.isEmpty else { return false }
        try line.withUnsafeBufferPointer { try handle($0, number) }
        line.removeAll()
        return true
    }

    private mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        let room = StatementLimits.recordBytes - line.count
        if room > 0 { line.append(contentsOf: bytes.prefix(room)) }
    }
}
