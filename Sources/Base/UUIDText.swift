/// The text of a UUID. Apart from `Identifier`, so that the work is not compiled anew for every tag.
@usableFromInline
enum UUIDText {
    @usableFromInline static func append(_ high: UInt64, _ low: UInt64, to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(byteCount: 36, alignment: 8) { buffer in
            write(high, low, to: buffer)
            bytes.append(contentsOf: UnsafeRawBufferPointer(buffer))
        }
    }

    /// Writes the 36 characters; the buffer must hold them.
    static func write(_ high: UInt64, _ low: UInt64, to buffer: UnsafeMutableRawBufferPointer) {
        let dash = UInt8(ascii: "-")
        let middle = hexadecimal(UInt32(truncatingIfNeeded: high))
        let next = hexadecimal(UInt32(truncatingIfNeeded: low >> 32))
        buffer.storeBytes(of: hexadecimal(UInt32(truncatingIfNeeded: high >> 32)), toByteOffset: 0, as: UInt64.self)
        buffer[8] = dash
        buffer.storeBytes(of: UInt32(truncatingIfNeeded: middle), toByteOffset: 9, as: UInt32.self)
        buffer[13] = dash
        buffer.storeBytes(of: UInt32(truncatingIfNeeded: middle >> 32), toByteOffset: 14, as: UInt32.self)
        buffer[18] = dash
        buffer.storeBytes(of: UInt32(truncatingIfNeeded: next), toByteOffset: 19, as: UInt32.self)
        buffer[23] = dash
        buffer.storeBytes(of: UInt32(truncatingIfNeeded: next >> 32), toByteOffset: 24, as: UInt32.self)
        buffer.storeBytes(of: hexadecimal(UInt32(truncatingIfNeeded: low)), toByteOffset: 28, as: UInt64.self)
    }

    /// Eight digits at once, in the order of memory on a little-endian machine.
    private static func hexadecimal(_ value: UInt32) -> UInt64 {
        // Every four bits into a byte of their own.
        var digits = UInt64(value)
        digits = (digits | digits << 16) & 0x0000_FFFF_0000_FFFF
        digits = (digits | digits << 8) & 0x00FF_00FF_00FF_00FF
        digits = (digits | digits << 4) & 0x0F0F_0F0F_0F0F_0F0F
        // One in each byte that is ten or more, which becomes a letter.
        let letters = ((digits + 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
        return (digits + 0x3030_3030_3030_3030 + letters * 39).byteSwapped
    }

    /// Small and capital letters; dashes exactly where they belong.
    @usableFromInline static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> (UInt64, UInt64)? {
        let dash = UInt8(ascii: "-")
        guard bytes.count == 36, bytes[8] == dash, bytes[13] == dash, bytes[18] == dash, bytes[23] == dash,
            let first = number(bytes, 0..<8), let second = number(bytes, 9..<13), let third = number(bytes, 14..<18),
            let fourth = number(bytes, 19..<23), let fifth = number(bytes, 24..<36)
        else { return nil }
        return (first << 32 | second << 16 | third, fourth << 48 | fifth)
    }

    private static func number(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> UInt64? {
        var value: UInt64 = 0
        for position in range {
            let byte = bytes[position]
            let digit: UInt8
            if byte &- 48 < 10 {
                digit = byte &- 48
            } else {
                // Small and capital letters differ in one bit.
                digit = (byte | 0x20) &- 87
                guard digit >= 10, digit < 16 else { return nil }
            }
            value = value << 4 | UInt64(digit)
        }
        return value
    }
}
