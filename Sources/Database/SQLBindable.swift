import Base

/// A value that a statement can bind: one PostgreSQL type and its binary form.
public protocol SQLBindable: Sendable {
    /// The OID of the PostgreSQL type.
    static var sqlType: UInt32 { get }
    var isSQLNull: Bool { get }
    func encodeSQL(into bytes: inout [UInt8])
}

/// Bound and read alike.
public typealias SQLValue = SQLBindable & SQLReadable

extension SQLBindable {
    @inlinable public var isSQLNull: Bool { false }
}

/// The OIDs of `pg_type.dat`; they are part of PostgreSQL's interface and never change.
public enum SQLType {
    @inlinable public static var bool: UInt32 { 16 }
    @inlinable public static var bytea: UInt32 { 17 }
    @inlinable public static var name: UInt32 { 19 }
    @inlinable public static var int8: UInt32 { 20 }
    @inlinable public static var int2: UInt32 { 21 }
    @inlinable public static var int4: UInt32 { 23 }
    @inlinable public static var text: UInt32 { 25 }
    @inlinable public static var oid: UInt32 { 26 }
    @inlinable public static var json: UInt32 { 114 }
    @inlinable public static var float4: UInt32 { 700 }
    @inlinable public static var float8: UInt32 { 701 }
    @inlinable public static var bpchar: UInt32 { 1042 }
    @inlinable public static var varchar: UInt32 { 1043 }
    @inlinable public static var date: UInt32 { 1082 }
    @inlinable public static var timestamptz: UInt32 { 1184 }
    @inlinable public static var numeric: UInt32 { 1700 }
    @inlinable public static var uuid: UInt32 { 2950 }
    @inlinable public static var jsonb: UInt32 { 3802 }
    @inlinable public static var void: UInt32 { 2278 }
}

extension [UInt8] {
    @inlinable mutating func appendBigEndian<Integer: FixedWidthInteger>(_ value: Integer) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}

extension Int64: SQLBindable {
    public static var sqlType: UInt32 { SQLType.int8 }
    public func encodeSQL(into bytes: inout [UInt8]) { bytes.appendBigEndian(self) }
}

extension Int: SQLBindable {
    public static var sqlType: UInt32 { SQLType.int8 }
    public func encodeSQL(into bytes: inout [UInt8]) { bytes.appendBigEndian(Int64(self)) }
}

extension Int32: SQLBindable {
    public static var sqlType: UInt32 { SQLType.int4 }
    public func encodeSQL(into bytes: inout [UInt8]) { bytes.appendBigEndian(self) }
}

extension Int16: SQLBindable {
    public static var sqlType: UInt32 { SQLType.int2 }
    public func encodeSQL(into bytes: inout [UInt8]) { bytes.appendBigEndian(self) }
}

extension Double: SQLBindable {
    public static var sqlType: UInt32 { SQLType.float8 }
    public func encodeSQL(into bytes: inout [UInt8]) { bytes.appendBigEndian(bitPattern) }
}

extension Bool: SQLBindable {
    public static var sqlType: UInt32 { SQLType.bool }
    public func encodeSQL(into bytes: inout [UInt8]) { bytes.append(self ? 1 : 0) }
}

extension String: SQLBindable {
    public static var sqlType: UInt32 { SQLType.text }
    public func encodeSQL(into bytes: inout [UInt8]) { bytes.append(contentsOf: utf8) }
}

extension Substring: SQLBindable {
    public static var sqlType: UInt32 { SQLType.text }
    public func encodeSQL(into bytes: inout [UInt8]) { bytes.append(contentsOf: utf8) }
}

extension CalendarDate: SQLBindable {
    /// Days from 1970-01-01, our epoch, to 2000-01-01, PostgreSQL's.
    @usableFromInline static let sqlEpoch: Int32 = 10_957

    public static var sqlType: UInt32 { SQLType.date }
    public func encodeSQL(into bytes: inout [UInt8]) {
        bytes.appendBigEndian(daysSinceEpoch - 10_957)
    }
}

extension Instant: SQLBindable {
    public static var sqlType: UInt32 { SQLType.timestamptz }
    public func encodeSQL(into bytes: inout [UInt8]) {
        bytes.appendBigEndian(microseconds - 946_684_800_000_000)
    }
}

extension Identifier: SQLBindable {
    public static var sqlType: UInt32 { SQLType.uuid }
    public func encodeSQL(into bytes: inout [UInt8]) {
        bytes.appendBigEndian(high)
        bytes.appendBigEndian(low)
    }
}

extension Currency: SQLBindable {
    public static var sqlType: UInt32 { SQLType.text }
    public func encodeSQL(into bytes: inout [UInt8]) { bytes.append(contentsOf: code.utf8) }
}

/// JSON text for a `jsonb` parameter, and back.
public struct JSONText: Hashable, Sendable, SQLBindable {
    public var utf8: [UInt8]

    @inlinable public init(_ utf8: [UInt8]) { self.utf8 = utf8 }
    @inlinable public init(_ text: String) { utf8 = Array(text.utf8) }

    @inlinable public static var sqlType: UInt32 { SQLType.jsonb }
    @inlinable public func encodeSQL(into bytes: inout [UInt8]) {
        bytes.append(1)
        bytes.append(contentsOf: utf8)
    }
}

extension Optional: SQLBindable where Wrapped: SQLBindable {
    public static var sqlType: UInt32 { Wrapped.sqlType }
    public var isSQLNull: Bool {
        switch self {
        case .none: true
        case .some(let value): value.isSQLNull
        }
    }
    public func encodeSQL(into bytes: inout [UInt8]) {
        if let value = self { value.encodeSQL(into: &bytes) }
    }
}

extension SQLBindable where Self: RawRepresentable, RawValue: SQLBindable {
    @inlinable public static var sqlType: UInt32 { RawValue.sqlType }
    @inlinable public func encodeSQL(into bytes: inout [UInt8]) { rawValue.encodeSQL(into: &bytes) }
}

// MARK: - Arrays

/// What an array can hold. `UInt8` is one of these, so that `[UInt8]` can be `bytea`, which is no array at all.
public protocol SQLArrayElement: Sendable {
    static var sqlArrayType: UInt32 { get }
    static func encodeSQL(array: [Self], into bytes: inout [UInt8])
}

extension Array: SQLBindable where Element: SQLArrayElement {
    public static var sqlType: UInt32 { Element.sqlArrayType }
    public func encodeSQL(into bytes: inout [UInt8]) { Element.encodeSQL(array: self, into: &bytes) }
}

extension UInt8: SQLArrayElement {
    public static var sqlArrayType: UInt32 { SQLType.bytea }
    public static func encodeSQL(array: [UInt8], into bytes: inout [UInt8]) {
        bytes.append(contentsOf: array)
    }
}

extension SQLArrayElement where Self: SQLBindable {
    public static func encodeSQL(array: [Self], into bytes: inout [UInt8]) {
        bytes.appendBigEndian(Int32(array.isEmpty ? 0 : 1))  // dimensions
        bytes.appendBigEndian(Int32(array.contains { $0.isSQLNull } ? 1 : 0))
        bytes.appendBigEndian(sqlType)
        guard !array.isEmpty else { return }
        bytes.appendBigEndian(Int32(truncatingIfNeeded: array.count))
        bytes.appendBigEndian(Int32(1))  // lower bound
        for element in array {
            let start = bytes.count
            bytes.appendBigEndian(Int32(-1))
            guard !element.isSQLNull else { continue }
            element.encodeSQL(into: &bytes)
            let size = Int32(truncatingIfNeeded: bytes.count - start - 4)
            Swift.withUnsafeBytes(of: size.bigEndian) { encoded in
                for index in 0..<4 { bytes[start + index] = encoded[index] }
            }
        }
    }
}

extension Int64: SQLArrayElement { public static var sqlArrayType: UInt32 { 1016 } }
extension Int: SQLArrayElement { public static var sqlArrayType: UInt32 { 1016 } }
extension Int32: SQLArrayElement { public static var sqlArrayType: UInt32 { 1007 } }
extension Int16: SQLArrayElement { public static var sqlArrayType: UInt32 { 1005 } }
extension Double: SQLArrayElement { public static var sqlArrayType: UInt32 { 1022 } }
extension Bool: SQLArrayElement { public static var sqlArrayType: UInt32 { 1000 } }
extension String: SQLArrayElement { public static var sqlArrayType: UInt32 { 1009 } }
extension CalendarDate: SQLArrayElement { public static var sqlArrayType: UInt32 { 1182 } }
extension Instant: SQLArrayElement { public static var sqlArrayType: UInt32 { 1185 } }
extension Identifier: SQLArrayElement { public static var sqlArrayType: UInt32 { 2951 } }
extension Currency: SQLArrayElement { public static var sqlArrayType: UInt32 { 1009 } }
extension JSONText: SQLArrayElement { @inlinable public static var sqlArrayType: UInt32 { 3807 } }

extension Array: SQLArrayElement where Element == UInt8 {
    public static var sqlArrayType: UInt32 { 1001 }
}

extension Optional: SQLArrayElement where Wrapped: SQLArrayElement & SQLBindable {
    public static var sqlArrayType: UInt32 { Wrapped.sqlArrayType }
}
