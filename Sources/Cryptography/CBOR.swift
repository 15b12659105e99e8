/// A value of RFC 8949, as far as authenticators write it: no tags, no floating point, no indefinite lengths.
package indirect enum CBOR: Equatable, Sendable {
    case unsigned(UInt64)
    /// `-1 - n`.
    case negative(UInt64)
    case bytes([UInt8])
    case text(String)
    case array([CBOR])
    case map([Pair])
    case bool(Bool)
    case null

    package struct Pair: Equatable, Sendable {
        package let key: CBOR
        package let value: CBOR
    }

    /// Not of the form above, or over a limit.
    package struct Malformed: Error, Equatable {
        package init() {}
    }

    package static let sizeLimit = 16 << 10
    static let depthLimit = 8

    /// - Throws: also when anything follows the value.
    package static func parse(_ bytes: [UInt8]) throws(Malformed) -> CBOR {
        let (value, rest) = try parsePrefix(bytes[...])
        guard rest.isEmpty else { throw Malformed() }
        return value
    }

    /// The value at the start, and what follows it.
    package static func parsePrefix(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> (CBOR, ArraySlice<UInt8>) {
        guard bytes.count <= sizeLimit else { throw Malformed() }
        var reader = CBORReader(rest: bytes)
        let value = try reader.value(depth: 0)
        return (value, reader.rest)
    }

    /// The value of a map's member; nil for anything else.
    package subscript(key: CBOR) -> CBOR? {
        guard case .map(let pairs) = self else { return nil }
        return pairs.first { $0.key == key }?.value
    }

    package subscript(key: String) -> CBOR? { self[.text(key)] }

    package subscript(key: Int) -> CBOR? { self[CBOR(key)] }

    package init(_ number: Int) {
        self = number >= 0 ? .unsigned(UInt64(number)) : .negative(UInt64(-1 - number))
    }

    package var int: Int? {
        switch self {
        case .unsigned(let value): Int(exactly: value)
        case .negative(let value): Int(exactly: value).map { -1 - $0 }
        default: nil
        }
    }

    package var byteString: [UInt8]? {
        if case .bytes(let bytes) = self { bytes } else { nil }
    }

    package var string: String? {
        if case .text(let text) = self { text } else { nil }
    }
}

private struct CBORReader {
    var rest: ArraySlice<UInt8>

    mutating func value(depth: Int) throws(CBOR.Malformed) -> CBOR {
        guard depth < CBOR.depthLimit else { throw CBOR.Malformed() }
        let head = try byte()
        let information = head & 0x1F
        switch head >> 5 {
        case 0: return .unsigned(try argument(information))
        case 1: return .negative(try argument(information))
        case 2: return .bytes(Array(try take(try argument(information))))
        case 3:
            guard let text = String(validating: try take(try argument(information)), as: UTF8.self) else {
                throw CBOR.Malformed()
            }
            return .text(text)
        case 4: return .array(try elements(try argument(information), depth))
        case 5: return .map(try pairs(try argument(information), depth))
        case 7:
            switch information {
            case 20: return .bool(false)
            case 21: return .bool(true)
            case 22: return .null
            default: throw CBOR.Malformed()
            }
        default: throw CBOR.Malformed()
        }
    }

    private mutating func byte() throws(CBOR.Malformed) -> UInt8 {
        guard let byte = rest.popFirst() else { throw CBOR.Malformed() }
        return byte
    }

    private mutating func argument(_ information: UInt8) throws(CBOR.Malformed) -> UInt64 {
        guard information >= 24 else { return UInt64(information) }
        // 31 is an indefinite length, 28 to 30 mean nothing.
        guard information <= 27 else { throw CBOR.Malformed() }
        return try take(1 << UInt64(information - 24)).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private mutating func take(_ count: UInt64) throws(CBOR.Malformed) -> ArraySlice<UInt8> {
        guard count <= UInt64(rest.count) else { throw CBOR.Malformed() }
        let taken = rest.prefix(Int(count))
        rest = rest.dropFirst(Int(count))
        return taken
    }

    private mutating func elements(_ count: UInt64, _ depth: Int) throws(CBOR.Malformed) -> [CBOR] {
        // Each takes a byte at least: a length that lies does not make us reserve anything.
        guard count <= UInt64(rest.count) else { throw CBOR.Malformed() }
        var values: [CBOR] = []
        for _ in 0..<count { values.append(try value(depth: depth + 1)) }
        return values
    }

    private mutating func pairs(_ count: UInt64, _ depth: Int) throws(CBOR.Malformed) -> [CBOR.Pair] {
        // Comparing each key with all before it is quadratic; no map of an authenticator has more than a few members.
        guard count <= 64 else { throw CBOR.Malformed() }
        var pairs: [CBOR.Pair] = []
        for _ in 0..<count {
            let key = try value(depth: depth + 1)
            guard !pairs.contains(where: { $0.key == key }) else { throw CBOR.Malformed() }
            pairs.append(CBOR.Pair(key: key, value: try value(depth: depth + 1)))
        }
        return pairs
    }
}
