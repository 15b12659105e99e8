import Base

/// One field of a row in its binary form, valid while the row's result is.
@frozen public struct SQLCell {
    public let bytes: UnsafeRawBufferPointer
    public let type: UInt32
    public let column: Int

    @inlinable public init(bytes: UnsafeRawBufferPointer, type: UInt32, column: Int) {
        self.bytes = bytes
        self.type = type
        self.column = column
    }

    @inlinable func integer<Integer: FixedWidthInteger>(as: Integer.Type) -> Integer {
        Integer(bigEndian: bytes.loadUnaligned(as: Integer.self))
    }

    /// The error of a field that holds something else than what was asked for.
    @usableFromInline func mismatch(_ wanted: String) -> DatabaseError {
        .decoding("column \(column) has type \(type) and \(bytes.count) bytes, which is no \(wanted)")
    }
}

/// A value that a field can be read as.
public protocol SQLReadable {
    static func readSQL(_ cell: SQLCell) throws -> Self
    /// What NULL reads as; an error for all but optionals.
    static func readSQLNull(column: Int) throws -> Self
}

extension SQLReadable {
    @inlinable public static func readSQLNull(column: Int) throws -> Self {
        throw DatabaseError.decoding("column \(column) is NULL")
    }
}

extension Int64: SQLReadable {
    public static func readSQL(_ cell: SQLCell) throws -> Int64 {
        if cell.type == SQLType.int8, cell.bytes.count == 8 { return cell.integer(as: Int64.self) }
        return try readOther(cell)
    }

    /// Narrower integers, and the whole `numeric` that `sum(bigint)` is.
    static func readOther(_ cell: SQLCell) throws -> Int64 {
        switch (cell.type, cell.bytes.count) {
        case (SQLType.int4, 4): return Int64(cell.integer(as: Int32.self))
        case (SQLType.int2, 2): return Int64(cell.integer(as: Int16.self))
        case (SQLType.oid, 4): return Int64(cell.integer(as: UInt32.self))
        case (SQLType.numeric, 8...):
            if let whole = SQLNumeric.whole(cell.bytes) { return whole }
            fallthrough
        default: throw cell.mismatch("integer")
        }
    }
}

extension Int: SQLReadable {
    public static func readSQL(_ cell: SQLCell) throws -> Int { Int(try Int64.readSQL(cell)) }
}

extension Int32: SQLReadable {
    public static func readSQL(_ cell: SQLCell) throws -> Int32 {
        if cell.type == SQLType.int4, cell.bytes.count == 4 { return cell.integer(as: Int32.self) }
        guard let value = Int32(exactly: try Int64.readSQL(cell)) else { throw cell.mismatch("32-bit integer") }
        return value
    }
}

extension Int16: SQLReadable {
    public static func readSQL(_ cell: SQLCell) throws -> Int16 {
        guard let value = Int16(exactly: try Int64.readSQL(cell)) else { throw cell.mismatch("16-bit integer") }
        return value
    }
}

extension Double: SQLReadable {
    public static func readSQL(_ cell: SQLCell) throws -> Double {
        switch (cell.type, cell.bytes.count) {
        case (SQLType.float8, 8): Double(bitPattern: cell.integer(as: UInt64.self))
        case (SQLType.float4, 4): Double(Float(bitPattern: cell.integer(as: UInt32.self)))
        default: throw cell.mismatch("floating-point number")
        }
    }
}

extension Bool: SQLReadable {
    public static func readSQL(_ cell: SQLCell) throws -> Bool {
        guard cell.type == SQLType.bool, cell.bytes.count == 1 else { throw cell.mismatch("boolean") }
        return cell.bytes[0] != 0
    }
}

extension String: SQLReadable {
    public static func readSQL(_ cell: SQLCell) throws -> String {
        switch cell.type {
        case SQLType.text, SQLType.varchar, SQLType.bpchar, SQLType.name, SQLType.json:
            return String(decoding: cell.bytes, as: UTF8.self)
        case SQLType.jsonb where cell.bytes.first == 1:
            return String(decoding: cell.bytes.dropFirst(), as: UTF8.self)
        case SQLType.void: return ""
        default: throw cell.mismatch("text")
        }
    }
}

extension CalendarDate: SQLReadable {
    public static func readSQL(_ cell: SQLCell) throws -> CalendarDate {
        guard cell.type == SQLType.date, cell.bytes.count == 4,
            let date = CalendarDate(daysSinceEpoch: Int(cell.integer(as: Int32.self)) + 10_957)
        else { throw cell.mismatch("date of the years 1 to 9999") }
        return date
    }
}

extension Instant: SQLReadable {
    public static func readSQL(_ cell: SQLCell) throws -> Instant {
        guard cell.type == SQLType.timestamptz, cell.bytes.count == 8 else { throw cell.mismatch("timestamptz") }
        let (microseconds, overflow) = cell.integer(as: Int64.self).addingReportingOverflow(946_684_800_000_000)
        let instant = Instant(microseconds: microseconds)
        // Infinity, and what lies outside the years that an instant can name.
        guard !overflow, instant.microseconds == microseconds else { throw cell.mismatch("finite timestamptz") }
        return instant
    }
}

extension Identifier: SQLReadable {
    public static func readSQL(_ cell: SQLCell) throws -> Identifier {
        guard cell.type == SQLType.uuid, cell.bytes.count == 16 else { throw cell.mismatch("uuid") }
        return Identifier(
            high: UInt64(bigEndian: cell.bytes.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: cell.bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }
}

extension Currency: SQLReadable {
    public static func readSQL(_ cell: SQLCell) throws -> Currency {
        switch cell.type {
        case SQLType.text, SQLType.varchar, SQLType.bpchar:
            guard cell.bytes.count == 3, let currency = Currency(cell.bytes[0], cell.bytes[1], cell.bytes[2]) else {
                fallthrough
            }
            return currency
        default: throw cell.mismatch("currency")
        }
    }
}

extension JSONText: SQLReadable {
    public static func readSQL(_ cell: SQLCell) throws -> JSONText {
        switch cell.type {
        case SQLType.jsonb where cell.bytes.first == 1: JSONText(Array(cell.bytes.dropFirst()))
        case SQLType.json, SQLType.text: JSONText(Array(cell.bytes))
        default: throw cell.mismatch("JSON")
        }
    }
}

extension Optional: SQLReadable where Wrapped: SQLReadable {
    public static func readSQL(_ cell: SQLCell) throws -> Wrapped? { try Wrapped.readSQL(cell) }
    public static func readSQLNull(column: Int) throws -> Wrapped? { nil }
}

extension SQLReadable where Self: RawRepresentable, RawValue: SQLReadable {
    @inlinable public static func readSQL(_ cell: SQLCell) throws -> Self {
        guard let value = Self(rawValue: try RawValue.readSQL(cell)) else {
            throw cell.mismatch("\(Self.self)")
        }
        return value
    }
}

// MARK: - Arrays

/// What an array can be read as; `UInt8` stands for `bytea`.
public protocol SQLReadableElement {
    static func readSQL(array cell: SQLCell) throws -> [Self]
}

extension Array: SQLReadable where Element: SQLReadableElement {
    public static func readSQL(_ cell: SQLCell) throws -> [Element] { try Element.readSQL(array: cell) }
}

extension UInt8: SQLReadableElement {
    public static func readSQL(array cell: SQLCell) throws -> [UInt8] {
        switch cell.type {
        case SQLType.bytea, SQLType.text, SQLType.varchar, SQLType.json: Array(cell.bytes)
        default: throw cell.mismatch("bytea")
        }
    }
}

extension SQLReadableElement where Self: SQLReadable {
    public static func readSQL(array cell: SQLCell) throws -> [Self] {
        var reader = ArrayReader(cell: cell)
        let dimensions = try reader.integer()
        _ = try reader.integer()  // whether there are NULLs
        let type = UInt32(bitPattern: try reader.integer())
        if dimensions == 0 { return [] }
        guard dimensions == 1 else { throw cell.mismatch("array of one dimension") }
        let count = Int(try reader.integer())
        _ = try reader.integer()  // lower bound
        guard count >= 0, count <= cell.bytes.count / 4 else { throw cell.mismatch("array") }
        var elements: [Self] = []
        elements.reserveCapacity(count)
        for _ in 0..<count {
            let size = Int(try reader.integer())
            if size < 0 {
                elements.append(try readSQLNull(column: cell.column))
            } else {
                let bytes = try reader.take(size)
                elements.append(try readSQL(SQLCell(bytes: bytes, type: type, column: cell.column)))
            }
        }
        return elements
    }
}

private struct ArrayReader {
    let cell: SQLCell
    var position = 0

    init(cell: SQLCell) { self.cell = cell }

    mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
        guard count >= 0, count <= cell.bytes.count - position else { throw cell.mismatch("array") }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: cell.bytes[position..<position + count])
    }

    mutating func integer() throws -> Int32 { Int32(bigEndian: try take(4).loadUnaligned(as: Int32.self)) }
}

extension Int64: SQLReadableElement {}
extension Int: SQLReadableElement {}
extension Int32: SQLReadableElement {}
extension Int16: SQLReadableElement {}
extension Double: SQLReadableElement {}
extension Bool: SQLReadableElement {}
extension String: SQLReadableElement {}
extension CalendarDate: SQLReadableElement {}
extension Instant: SQLReadableElement {}
extension Identifier: SQLReadableElement {}
extension Currency: SQLReadableElement {}
extension JSONText: SQLReadableElement {}
extension Array: SQLReadableElement where Element == UInt8 {}
extension Optional: SQLReadableElement where Wrapped: SQLReadableElement & SQLReadable {}

/// PostgreSQL's `numeric`: groups of four decimal digits.
enum SQLNumeric {
    /// Nil when there is a fraction, or more than an Int64 holds.
    static func whole(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        func short(_ index: Int) -> Int {
            Int(Int16(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 2, as: Int16.self)))
        }
        let groups = short(0)
        let weight = short(1)
        let sign = short(2) & 0xFFFF
        guard groups >= 0, bytes.count == 8 + groups * 2, sign == 0 || sign == 0x4000, weight < 5 else { return nil }
        var value: Int64 = 0
        for index in 0..<max(groups, weight + 1) {
            let group = index < groups ? Int64(short(4 + index)) : 0
            if index > weight {
                guard group == 0 else { return nil }
                continue
            }
            let (product, tooFar) = value.multipliedReportingOverflow(by: 10_000)
            let (sum, over) = product.addingReportingOverflow(sign == 0 ? group : -group)
            guard !tooFar, !over else { return nil }
            value = sum
        }
        return value
    }
}
