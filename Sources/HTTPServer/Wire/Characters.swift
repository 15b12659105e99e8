// The character classes of RFC 9110, as bit sets of the 128 ASCII characters.

@inline(__always)
private func isMember(_ byte: UInt8, low: UInt64, high: UInt64) -> Bool {
    let set = byte < 64 ? low : byte < 128 ? high : 0
    return (set &>> UInt64(byte & 63)) & 1 != 0
}

/// tchar: what methods and field names are made of.
@inline(__always)
func isTokenByte(_ byte: UInt8) -> Bool {
    isMember(byte, low: 0x03ff_6cfa_0000_0000, high: 0x57ff_ffff_c7ff_fffe)
}

/// What the name of a host may hold outside of brackets: unreserved, sub-delims and the percent sign.
@inline(__always)
func isHostByte(_ byte: UInt8) -> Bool {
    isMember(byte, low: 0x2bff_7ff2_0000_0000, high: 0x47ff_fffe_87ff_fffe)
}

/// Everything that never stands in a field value; tab may, and so may bytes beyond ASCII.
@inline(__always)
func isControlByte(_ byte: UInt8) -> Bool {
    byte < 0x20 ? byte != 0x09 : byte == 0x7f
}

@inline(__always)
func hexValue(_ byte: UInt8) -> Int? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte &- UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte &- UInt8(ascii: "a") &+ 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(byte &- UInt8(ascii: "A") &+ 10)
    default: nil
    }
}

@inline(__always)
func lowerCase(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
}

/// A part of a buffer, by offset: it stays true when the buffer moves.
struct ByteRange: Equatable {
    var start: UInt32
    var end: UInt32

    init(_ start: Int, _ end: Int) {
        self.start = UInt32(truncatingIfNeeded: start)
        self.end = UInt32(truncatingIfNeeded: end)
    }

    var lower: Int { Int(start) }
    var upper: Int { Int(end) }
    var count: Int { Int(end) - Int(start) }
    var isEmpty: Bool { start == end }
}

extension UnsafeRawBufferPointer {
    /// Whether the range holds `text`, which is in lower case, in any case.
    func matches(_ range: ByteRange, ignoringCase text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        for offset in 0..<range.count where lowerCase(self[range.lower + offset]) != text.utf8Start[offset] {
            return false
        }
        return true
    }

    func matches(_ range: ByteRange, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        for offset in 0..<range.count where self[range.lower + offset] != text.utf8Start[offset] { return false }
        return true
    }

    /// The range without the spaces and tabs around it.
    func trimmed(_ range: ByteRange) -> ByteRange {
        var start = range.lower
        var end = range.upper
        while start < end, isBlank(self[start]) { start += 1 }
        while end > start, isBlank(self[end - 1]) { end -= 1 }
        return ByteRange(start, end)
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == 0x09 }
}
