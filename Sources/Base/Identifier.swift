/// The id of one kind of thing: a UUID whose tag keeps a user's id from being passed as a book's.
@frozen
public struct Identifier<Tag>: Hashable, Sendable {
    public let high: UInt64
    public let low: UInt64

    @inlinable public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The 36 characters of a UUID; capitals are accepted, braces are not.
    public init?(_ text: some StringProtocol) {
        guard let identifier = text.withUTF8Bytes({ Identifier(utf8: $0) }) else { return nil }
        self = identifier
    }

    @inlinable public init?(utf8 bytes: UnsafeBufferPointer<UInt8>) {
        guard let (high, low) = UUIDText.parse(bytes) else { return nil }
        self.init(high: high, low: low)
    }

    public static func parse(_ text: some StringProtocol) throws(Refusal) -> Identifier {
        guard let identifier = Identifier(text) else {
            throw Refusal(.invalid, "INVALID_ID", "An id is a UUID, such as 0198c5b8-6d1e-7a30-b1c2-0123456789ab.")
        }
        return identifier
    }
}

extension Identifier: Comparable {
    @inlinable public static func < (left: Identifier, right: Identifier) -> Bool {
        left.high != right.high ? left.high < right.high : left.low < right.low
    }
}

// MARK: - Text

extension Identifier: CustomStringConvertible {
    public var description: String {
        String(unsafeUninitializedCapacity: 36) { buffer in
            UUIDText.write(high, low, to: UnsafeMutableRawBufferPointer(buffer))
            return 36
        }
    }

    /// Appends the 36 characters as UTF-8, lower-case.
    @inlinable public func append(to bytes: inout [UInt8]) {
        UUIDText.append(high, low, to: &bytes)
    }
}

// MARK: - Tags that every module shares

public enum BookTag {}
public enum UserTag {}
public enum SessionTag {}

public typealias BookID = Identifier<BookTag>
public typealias UserID = Identifier<UserTag>
public typealias SessionID = Identifier<SessionTag>
