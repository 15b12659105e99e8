/// Appends the digits of a number, without a String in between.
@inlinable
public func appendDecimal(_ value: UInt64, to bytes: inout [UInt8]) {
    if value < 10 {
        bytes.append(UInt8(truncatingIfNeeded: value) &+ 48)
        return
    }
    // Twenty digits hold any UInt64. Written from the back, then copied once.
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
        var position = 20
        var rest = value
        while rest > 0 {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            position -= 1
            digits[position] = UInt8(truncatingIfNeeded: digit) &+ 48
            rest = quotient
        }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[position..<20]))
    }
}

/// Appends exactly `width` digits, at most 20, with leading zeros; higher digits are cut off.
@inlinable
public func appendDecimal(_ value: UInt64, width: Int, to bytes: inout [UInt8]) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
        var rest = value
        var position = min(width, 20)
        let end = position
        while position > 0 {
            position -= 1
            digits[position] = UInt8(truncatingIfNeeded: rest % 10) &+ 48
            rest /= 10
        }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[..<end]))
    }
}

/// Two digits as they lie in memory; the value must be below 100.
@inlinable
func twoDigits(_ value: Int) -> UInt16 {
    let tens = UInt16(truncatingIfNeeded: value / 10)
    let ones = UInt16(truncatingIfNeeded: value % 10)
    return (0x3030 + (tens << 8 | ones)).bigEndian
}

@inlinable
public func appendDecimal(_ value: Int64, to bytes: inout [UInt8]) {
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    appendDecimal(value.magnitude, to: &bytes)
}

/// Reads fixed-width digits; nil at anything else. For text formats such as ISO 8601.
struct DigitReader {
    let bytes: UnsafeBufferPointer<UInt8>
    var position = 0

    var isAtEnd: Bool { position == bytes.count }
    var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func number(digits: Int) -> Int? {
        guard bytes.count - position >= digits else { return nil }
        var value = 0
        for _ in 0..<digits {
            let digit = bytes[position] &- 48
            guard digit < 10 else { return nil }
            value = value * 10 + Int(digit)
            position += 1
        }
        return value
    }

    mutating func skip(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        position += 1
        return true
    }
}

extension StringProtocol {
    /// Runs the body over the UTF-8 of this text.
    func withUTF8Bytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if let result = utf8.withContiguousStorageIfAvailable(body) { return result }
        return Array(utf8).withUnsafeBufferPointer(body)
    }
}
