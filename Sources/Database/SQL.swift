import Synchronization

/// A statement and its parameters, written as a Swift literal: `"SELECT name FROM books WHERE id = \(id)"`.
///
/// An interpolated value becomes `$1` with a binary parameter of a declared type. The text can come from literals
/// alone: segments are `StaticString`, so there is no way to splice a run-time string, and a statement is known by
/// the addresses of its literals, without its text being built or hashed on every use.
public struct SQL: ExpressibleByStringInterpolation, Sendable {
    public typealias StringLiteralType = StaticString

    /// A piece of literal text, then perhaps a parameter.
    @usableFromInline
    struct Segment: @unchecked Sendable {
        @usableFromInline var text: UnsafePointer<UInt8>
        @usableFromInline var length: Int32
        /// The parameter's type, 0 without a parameter.
        @usableFromInline var type: UInt32
        @usableFromInline var offset: Int32
        /// The parameter's length in bytes, -1 for NULL.
        @usableFromInline var size: Int32

        @inlinable init(text: UnsafePointer<UInt8>, length: Int) {
            self.text = text
            self.length = Int32(truncatingIfNeeded: length)
            type = 0
            offset = 0
            size = 0
        }
    }

    @usableFromInline var segments: [Segment]
    /// All parameters, one after the other.
    @usableFromInline var bytes: [UInt8]
    /// Mixed from the addresses of the literals and the types of the parameters.
    @usableFromInline var fingerprint: UInt64
    @usableFromInline var parameterCount: Int32

    @inlinable init(literalCapacity: Int, interpolationCount: Int) {
        segments = []
        segments.reserveCapacity(interpolationCount + 1)
        bytes = []
        if interpolationCount > 0 { bytes.reserveCapacity(interpolationCount * 16) }
        fingerprint = 0x9E37_79B9_7F4A_7C15
        parameterCount = 0
    }

    @inlinable public init(stringLiteral value: StaticString) {
        self.init(literalCapacity: 0, interpolationCount: 0)
        append(value)
    }

    @inlinable public init(stringInterpolation: StringInterpolation) {
        self = stringInterpolation.sql
    }

    /// Fixed text that is chosen at run time, such as an ORDER BY out of an enum's cases.
    @inlinable public static func fragment(_ text: StaticString) -> SQL { SQL(stringLiteral: text) }

    @inlinable mutating func append(_ literal: StaticString) {
        guard literal.hasPointerRepresentation else {
            // One scalar stored in place has no address; only a direct use of the scalar initialiser makes one.
            preconditionFailure("a literal without an address")
        }
        guard literal.utf8CodeUnitCount > 0 || segments.isEmpty else { return }
        segments.append(Segment(text: literal.utf8Start, length: literal.utf8CodeUnitCount))
        mix(UInt64(UInt(bitPattern: literal.utf8Start)) &+ UInt64(literal.utf8CodeUnitCount) << 48)
    }

    @inlinable mutating func append<Value: SQLBindable>(_ value: Value?) {
        let start = bytes.count
        let isNull: Bool
        if let value, !value.isSQLNull {
            value.encodeSQL(into: &bytes)
            isNull = false
        } else {
            isNull = true
        }
        if segments.isEmpty || segments[segments.count - 1].type != 0 {
            segments.append(Segment(text: Self.noText, length: 0))
        }
        let last = segments.count - 1
        segments[last].type = Value.sqlType
        segments[last].offset = Int32(truncatingIfNeeded: start)
        segments[last].size = isNull ? -1 : Int32(truncatingIfNeeded: bytes.count - start)
        parameterCount += 1
        mix(UInt64(Value.sqlType))
    }

    @inlinable public mutating func append(_ fragment: SQL) {
        let base = Int32(truncatingIfNeeded: bytes.count)
        segments.reserveCapacity(segments.count + fragment.segments.count)
        for var segment in fragment.segments {
            segment.offset += base
            segments.append(segment)
            mix(UInt64(UInt(bitPattern: segment.text)) &+ UInt64(UInt32(bitPattern: segment.length)) << 48)
            if segment.type != 0 { mix(UInt64(segment.type)) }
        }
        bytes.append(contentsOf: fragment.bytes)
        parameterCount += fragment.parameterCount
    }

    @inlinable mutating func mix(_ value: UInt64) {
        let (high, low) = (fingerprint ^ value).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        fingerprint = high ^ low
    }

    /// An address for the absence of text.
    @inlinable static var noText: UnsafePointer<UInt8> { ("" as StaticString).utf8Start }

    /// The text as PostgreSQL gets it, with `$1` where a parameter is.
    public var text: String { String(decoding: textBytes, as: UTF8.self) }

    var textBytes: [UInt8] {
        var text: [UInt8] = []
        var number = 0
        for segment in segments {
            text.append(contentsOf: UnsafeBufferPointer(start: segment.text, count: Int(segment.length)))
            if segment.type != 0 {
                number += 1
                text.append(UInt8(ascii: "$"))
                text.append(contentsOf: String(number).utf8)
            }
        }
        return text
    }

    var parameterTypes: [UInt32] { segments.compactMap { $0.type == 0 ? nil : $0.type } }
}

extension SQL {
    public struct StringInterpolation: StringInterpolationProtocol {
        public typealias StringLiteralType = StaticString

        @usableFromInline var sql: SQL

        @inlinable public init(literalCapacity: Int, interpolationCount: Int) {
            sql = SQL(literalCapacity: literalCapacity, interpolationCount: interpolationCount)
        }

        @inlinable public mutating func appendLiteral(_ literal: StaticString) { sql.append(literal) }

        @inlinable public mutating func appendInterpolation<Value: SQLBindable>(_ value: Value) { sql.append(value) }

        @inlinable public mutating func appendInterpolation<Value: SQLBindable>(_ value: Value?) { sql.append(value) }

        /// An enum is bound as its raw value.
        @_disfavoredOverload
        @inlinable public mutating func appendInterpolation<Value: RawRepresentable>(_ value: Value)
        where Value.RawValue: SQLBindable {
            sql.append(value.rawValue)
        }

        @_disfavoredOverload
        @inlinable public mutating func appendInterpolation<Value: RawRepresentable>(_ value: Value?)
        where Value.RawValue: SQLBindable {
            sql.append(value?.rawValue)
        }

        /// Another statement's text and parameters, in place.
        @inlinable public mutating func appendInterpolation(_ fragment: SQL) { sql.append(fragment) }
    }
}

extension SQL {
    /// Text made at run time, for the few commands that take no parameters, such as LISTEN. Never let input reach it
    /// unquoted. Each distinct text stays in memory for good, so there must be few of them.
    init(interning text: String) {
        self.init(stringInterpolation: StringInterpolation(literalCapacity: 0, interpolationCount: 0))
        segments.append(InternedText.segment(text))
        mix(UInt64(UInt(bitPattern: segments[0].text)))
    }
}

private enum InternedText {
    private static let known = Mutex<[String: SQL.Segment]>([:])

    static func segment(_ text: String) -> SQL.Segment {
        known.withLock { known in
            if let segment = known[text] { return segment }
            let bytes = Array(text.utf8)
            let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, bytes.count))
            copy.initialize(from: bytes, count: bytes.count)
            let segment = SQL.Segment(text: UnsafePointer(copy), length: bytes.count)
            known[text] = segment
            return segment
        }
    }
}
