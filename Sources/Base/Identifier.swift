/// The id of one kind of thing: a UUID whose tag keeps a user's id from being passed as a book's.
@frozen
package struct Identifier<Tag>: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64

    @inlinable package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The 36 characters of a UUID; capitals are accepted, braces are not.
    package init?(_ text: some StringProtocol) {
        guard let identifier = text.withUTF8Bytes({ Identifier(utf8: $0) }) else { return nil }
        self = identifier
    }

    @inlinable package init?(utf8 bytes: UnsafeBufferPointer<UInt8>) {
        guard bytes.count == 36 else { return nil }
        var halves: (UInt64, UInt64) = (0, 0)
        var digits = 0
        for position in 0..<36 {
            let byte = bytes[position]
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            let digit: UInt8
            switch byte {
            case 48...57: digit = byte &- 48
            case 97...102: digit = byte &- 87
            case 65...70: digit = byte &- 55
            default: return nil
            }
            if digits < 16 {
                halves.0 = halves.0 << 4 | UInt64(digit)
            } else {
                halves.1 = halves.1 << 4 | UInt64(digit)
            }
            digits += 1
        }
        self.init(high: halves.0, low: halves.1)
    }

    package static func parse(_ text: some StringProtocol) throws(Refusal) -> Identifier {
        guard let identifier = Identifier(text) else {
            throw Refusal(.invalid, "INVALID_ID", "An id is a UUID, such as 0198c5b8-6d1e-7a30-b1c2-0123456789ab.")
        }
        return identifier
    }
}

extension Identifier: Comparable {
    @inlinable package static func < (left: Identifier, right: Identifier) -> Bool {
        left.high != right.high ? left.high < right.high : left.low < right.low
    }
}

// MARK: - Text

extension Identifier: CustomStringConvertible {
    package var description: String {
        String(unsafeUninitializedCapacity: 36) { buffer in
            write(to: buffer)
            return 36
        }
    }

    /// Appends the 36 characters as UTF-8, lower-case.
    @inlinable package func append(to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 36) { buffer in
            write(to: buffer)
            bytes.append(contentsOf: UnsafeBufferPointer(buffer))
        }
    }

    @inlinable func write(to buffer: UnsafeMutableBufferPointer<UInt8>) {
        var position = 0
        for digit in 0..<32 {
            if digit == 8 || digit == 12 || digit == 16 || digit == 20 {
                buffer[position] = UInt8(ascii: "-")
                position += 1
            }
            let half = digit < 16 ? high : low
            let nibble = UInt8(truncatingIfNeeded: half >> UInt64(60 - (digit & 15) * 4)) & 15
            buffer[position] = nibble < 10 ? nibble + 48 : nibble + 87
            position += 1
        }
    }
}

// MARK: - Tags that every module shares

package enum BookTag {}
package enum UserTag {}
package enum SessionTag {}

package typealias BookID = Identifier<BookTag>
package typealias UserID = Identifier<UserTag>
package typealias SessionID = Identifier<SessionTag>
