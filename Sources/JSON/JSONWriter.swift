import Base

/// Writes JSON straight to UTF-8 bytes. Commas come by themselves; that brackets match and that members have keys
/// is the caller's part.
@frozen
public struct JSONWriter: Sendable {
    public var bytes: [UInt8]
    @usableFromInline var needsComma = false

    @inlinable public init(capacity: Int = 512) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    @inlinable mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    @inlinable public mutating func beginObject() {
        separate()
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
    }

    @inlinable public mutating func endObject() {
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    @inlinable public mutating func beginArray() {
        separate()
        bytes.append(UInt8(ascii: "["))
        needsComma = false
    }

    @inlinable public mutating func endArray() {
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    // MARK: Keys

    // Disfavoured, so that a literal is a StaticString.
    @_disfavoredOverload
    @inlinable public mutating func key(_ key: PreparedKey) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        bytes.append(contentsOf: key.bytes)
        needsComma = false
    }

    @inlinable public mutating func key(_ name: StaticString) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        name.withUTF8Buffer { appendQuoted($0) }
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    @_disfavoredOverload
    @inlinable public mutating func key(_ name: String) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        appendQuoted(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    // MARK: Values

    @inlinable public mutating func null() {
        separate()
        append("null")
    }

    @inlinable public mutating func bool(_ value: Bool) {
        separate()
        append(value ? "true" : "false")
    }

    // Not as array literals: Swift 6.3 makes those of an inlined function global data with names that modules share,
    // numbered as each module's optimizer meets them, so that one module's `true` was another's `false` (ADR 12).
    @inlinable mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    @inlinable public mutating func int(_ value: some FixedWidthInteger) {
        separate()
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        appendDecimal(UInt64(value.magnitude), to: &bytes)
    }

    /// A decimal number: `decimal(1250, fractionDigits: 2)` is `12.50`.
    @inlinable public mutating func decimal(_ value: Int64, fractionDigits: Int) {
        separate()
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        var scale: UInt64 = 1
        for _ in 0..<fractionDigits { scale *= 10 }
        appendDecimal(value.magnitude / scale, to: &bytes)
        guard fractionDigits > 0 else { return }
        bytes.append(UInt8(ascii: "."))
        appendDecimal(value.magnitude % scale, width: fractionDigits, to: &bytes)
    }

    @inlinable public mutating func string(_ value: String) {
        separate()
        appendQuoted(value)
    }

    /// The bytes must be valid UTF-8, such as text out of the database.
    @inlinable public mutating func string(utf8: UnsafeBufferPointer<UInt8>) {
        separate()
        appendQuoted(utf8)
    }

    @inlinable public mutating func string(utf8 raw: UnsafeRawBufferPointer) {
        separate()
        raw.withMemoryRebound(to: UInt8.self) { appendQuoted($0) }
    }

    /// An exact number literal; the currency is the caller's to write beside it.
    @inlinable public mutating func money(_ value: Money) {
        separate()
        value.append(to: &bytes)
    }

    @inlinable public mutating func currency(_ value: Currency) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        value.append(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    @inlinable public mutating func date(_ value: CalendarDate) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        value.append(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    @inlinable public mutating func yearMonth(_ value: YearMonth) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        value.append(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    @inlinable public mutating func instant(_ value: Instant) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        value.append(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    @inlinable public mutating func identifier<Tag>(_ value: Identifier<Tag>) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        value.append(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Bytes that are a whole JSON value already.
    @inlinable public mutating func raw(_ value: some Collection<UInt8>) {
        separate()
        bytes.append(contentsOf: value)
    }
}

// MARK: - Values that may be missing

extension JSONWriter {
    @_disfavoredOverload
    @inlinable public mutating func int(_ value: (some FixedWidthInteger)?) {
        if let value { int(value) } else { null() }
    }

    @_disfavoredOverload
    @inlinable public mutating func string(_ value: String?) {
        if let value { string(value) } else { null() }
    }

    @_disfavoredOverload
    @inlinable public mutating func money(_ value: Money?) {
        if let value { money(value) } else { null() }
    }

    @_disfavoredOverload
    @inlinable public mutating func date(_ value: CalendarDate?) {
        if let value { date(value) } else { null() }
    }

    @_disfavoredOverload
    @inlinable public mutating func instant(_ value: Instant?) {
        if let value { instant(value) } else { null() }
    }

    @_disfavoredOverload
    @inlinable public mutating func identifier<Tag>(_ value: Identifier<Tag>?) {
        if let value { identifier(value) } else { null() }
    }
}

/// A member's name as it is written, `"name":`, made once.
@frozen
public struct PreparedKey: Sendable, ExpressibleByStringLiteral {
    @usableFromInline let bytes: [UInt8]
    public let name: String

    public init(_ name: String) {
        var writer = JSONWriter(capacity: name.utf8.count + 3)
        writer.appendQuoted(name)
        writer.bytes.append(UInt8(ascii: ":"))
        bytes = writer.bytes
        self.name = name
    }

    public init(stringLiteral name: StringLiteralType) {
        self.init(name)
    }
}
