import Base

/// A value that a statement can bind: one PostgreSQL type and its binary form.
package protocol SQLBindable: Sendable {
    /// The OID of the PostgreSQL type.
    static var sqlType: UInt32 { get }
    var isSQLNull: Bool { get }
    func encodeSQL(into bytes: inout [UInt8])
}

/// Bound and read alike.
package typealias SQLValue = SQLBindable & SQLReadable

extension SQLBindable {
    @inlinable package var isSQLNull: Bool { false }
}

/// The OIDs of `pg_type.dat`; they are part of PostgreSQL's interface and never change.
package enum SQLType {
    @inlinable package static var bool: UInt32 { 16 }
    @inlinable package static var bytea: UInt32 { 17 }
    @inlinable package static var name: UInt32 { 19 }
    @inlinable package static var int8: UInt32 { 20 }
    @inlinable package static var int2: UInt32 { 21 }
    @inlinable package static var int4: UInt32 { 23 }
    @inlinable package static var text: UInt32 { 25 }
    @inlinable package static var oid: UInt32 { 26 }
    @inlinable package static var json: UInt32 { 114 }
    @inlinable package static var float4: UInt32 { 700 }
    @inlinable package static var float8: UInt32 { 701 }
    @inlinable package static var bpchar: UInt32 { 1042 }
    @inlinable package static var varchar: UInt32 { 1043 }
    @inlinable package static var date: UInt32 { 1082 }
    @inlinable package static var timestamptz: UInt32 { 1184 }
    @inlinable package static var numeric: UInt32 { 1700 }
    @inlinable package static var uuid: UInt32 { 2950 }
    @inlinable package static var jsonb: UInt32 { 3802 }
    @inlinable package static var void: UInt32 { 2278 }
}

extension [UInt8] {
    mutating func appendBigEndian<Integer: FixedWidthInteger>(_ value: Integer) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}

extension Int64: SQLBindable {
    package static var sqlType: UInt32 { SQLType.int8 }
    package func encodeSQL(into bytes: inout [UInt8]) { bytes.appendBigEndian(self) }
}

extension Int: SQLBindable {
    package static var sqlType: UInt32 { SQLType.int8 }
    package func encodeSQL(into bytes: inout [UInt8]) { bytes.appendBigEndian(Int64(self)) }
}

extension Int32: SQLBindable {
    package static var sqlType: UInt32 { SQLType.int4 }
    package func encodeSQL(into bytes: inout [UInt8]) { bytes.appendBigEndian(self) }
}

extension Int16: SQLBindable {
    package static var sqlType: UInt32 { SQLType.int2 }
    package func encodeSQL(into bytes: inout [UInt8]) { bytes.appendBigEndian(self) }
}

extension Double: SQLBindable {
    package static var sqlType: UInt32 { SQLType.float8 }
    package func encodeSQL(into bytes: inout [UInt8]) { bytes.appendBigEndian(bitPattern) }
}

extension Bool: SQLBindable {
    package static var sqlType: UInt32 { SQLType.bool }
    package func encodeSQL(into bytes: inout [UInt8]) { bytes.append(self ? 1 : 0) }
}

extension String: SQLBindable {
    package static var sqlType: UInt32 { SQLType.text }
    package func encodeSQL(into bytes: inout [UInt8]) { bytes.append(contentsOf: utf8) }
}

extension Substring: SQLBindable {
    package static var sqlType: UInt32 { SQLType.text }
    package func encodeSQL(into bytes: inout [UInt8]) { bytes.append(contentsOf: utf8) }
}

extension CalendarDate: SQLBindable {
    /// Days from 1970-01-01, our epoch, to 2000-01-01, PostgreSQL's.
    @usableFromInline static let sqlEpoch: Int32 = 10_957

    package static var sqlType: UInt32 { SQLType.date }
    package func encodeSQL(into bytes: inout [UInt8]) {
        bytes.appendBigEndian(daysSinceEpoch - 10_957)
    }
}

extension Instant: SQLBindable {
    package static var sqlType: UInt32 { SQLType.timestamptz }
    package func encodeSQL(into bytes: inout [UInt8]) {
        bytes.appendBigEndian(microseconds - 946_684_800_000_000)
    }
}

extension Identifier: SQLBindable {
    package static var sqlType: UInt32 { SQLType.uuid }
    package func encodeSQL(into bytes: inout [UInt8]) {
        bytes.appendBigEndian(high)
        bytes.appendBigEndian(low)
    }
}

extension Currency: SQLBindable {
    package static var sqlType: UInt32 { SQLType.text }
    package func encodeSQL(into bytes: inout [UInt8]) { bytes.append(contentsOf: code.utf8) }
}

/// JSON text for a `jsonb` parameter, and back.
package struct JSONText: Hashable, Sendable, SQLBindable {
    package var utf8: [UInt8]

    @inlinable package init(_ utf8: [UInt8]) { self.utf8 = utf8 }
    @inlinable package init(_ text: String) { utf8 = Array(text.utf8) }

    @inlinable package static var sqlType: UInt32 { SQLType.jsonb }
    @inlinable package func encodeSQL(into bytes: inout [UInt8]) {
        bytes.append(1)
        bytes.append(contentsOf: utf8)
    }
}

extension Optional: SQLBindable where Wrapped: SQLBindable {
    package static var sqlType: UInt32 { Wrapped.sqlType }
    package var isSQLNull: Bool {
        switch self {
        case .none: true
        case .some(let value): value.isSQLNull
        }
    }
    package func encodeSQL(into bytes: inout [UInt8]) {
        if let value = self { value.encodeSQL(into: &bytes) }
    }
}

extension SQLBindable where Self: RawRepresentable, RawValue: SQLBindable {
    @inlinable package static var sqlType: UInt32 { RawValue.sqlType }
    @inlinable package func encodeSQL(into bytes: inout [UInt8]) { rawValue.encodeSQL(into: &bytes) }
}

// MARK: - Arrays

/// What an array can hold. `UInt8` is one of these, so that `[UInt8]` can be `bytea`, which is no array at all.
package protocol SQLArrayElement: Sendable {
    static var sqlArrayType: UInt32 { get }
    static func encodeSQL(array: [Self], into bytes: inout [UInt8])
}

extension Array: SQLBindable where Element: SQLArrayElement {
    package static var sqlType: UInt32 { Element.sqlArrayType }
    package func encodeSQL(into bytes: inout [UInt8]) { Element.encodeSQL(array: self, into: &bytes) }
}

extension UInt8: SQLArrayElement {
    package static var sqlArrayType: UInt32 { SQLType.bytea }
    package static func encodeSQL(array: [UInt8], into bytes: inout [UInt8]) {
        bytes.append(contentsOf: array)
    }
}

extension SQLArrayElement where Self: SQLBindable {
    package static func encodeSQL(array: [Self], into bytes: inout [UInt8]) {
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

extension Int64: SQLArrayElement { package static var sqlArrayType: UInt32 { 1016 } }
extension Int: SQLArrayElement { package static var sqlArrayType: UInt32 { 1016 } }
extension Int32: SQLArrayElement { package static var sqlArrayType: UInt32 { 1007 } }
extension Int16: SQLArrayElement { package static var sqlArrayType: UInt32 { 1005 } }
extension Double: SQLArrayElement { package static var sqlArrayType: UInt32 { 1022 } }
extension Bool: SQLArrayElement { package static var sqlArrayType: UInt32 { 1000 } }
extension String: SQLArrayElement { package static var sqlArrayType: UInt32 { 1009 } }
extension CalendarDate: SQLArrayElement { package static var sqlArrayType: UInt32 { 1182 } }
extension Instant: SQLArrayElement { package static var sqlArrayType: UInt32 { 1185 } }
extension Identifier: SQLArrayElement { package static var sqlArrayType: UInt32 { 2951 } }
extension Currency: SQLArrayElement { package static var sqlArrayType: UInt32 { 1009 } }
extension JSONText: SQLArrayElement { @inlinable package static var sqlArrayType: UInt32 { 3807 } }

extension Array: SQLArrayElement where Element == UInt8 {
    package static var sqlArrayType: UInt32 { 1001 }
}

extension Optional: SQLArrayElement where Wrapped: SQLArrayElement & SQLBindable {
    package static var sqlArrayType: UInt32 { Wrapped.sqlArrayType }
}
