/// One page of a list, and where the next one starts.
public struct Page<Element> {
    public let items: [Element]
    public let nextCursor: String?

    public init(items: [Element], nextCursor: String?) {
        self.items = items
        self.nextCursor = nextCursor
    }

    public func map<Other>(_ transform: (Element) throws -> Other) rethrows -> Page<Other> {
        Page<Other>(items: try items.map(transform), nextCursor: nextCursor)
    }
}

extension Page: Sendable where Element: Sendable {}

/// Where a page ended in a list ordered by day and id. Opaque to callers, so its inside may change: it carries a
/// version.
public struct PageCursor: Hashable, Sendable {
    public let date: CalendarDate
    private let high: UInt64
    private let low: UInt64

    public init<Tag>(date: CalendarDate, id: Identifier<Tag>) {
        self.date = date
        high = id.high
        low = id.low
    }

    public func id<Tag>(as tag: Tag.Type = Tag.self) -> Identifier<Tag> {
        Identifier(high: high, low: low)
    }

    private static let version: UInt8 = 1
    private static let byteCount = 21

    /// 28 characters that are safe in a URL.
    public var text: String {
        var bytes: [UInt8] = [Self.version]
        for shift in stride(from: 24, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: date.daysSinceEpoch >> Int32(shift)))
        }
        for half in [high, low] {
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: half >> UInt64(shift)))
            }
        }
        return Base64URL.encode(bytes)
    }

    public init(_ text: some StringProtocol) throws(Refusal) {
        guard text.utf8.count == 28, let bytes = Base64URL.decode(text.utf8), bytes.count == Self.byteCount,
            bytes[0] == Self.version
        else { throw .invalidCursor }
        let days = bytes[1..<5].reduce(Int32(0)) { $0 << 8 | Int32($1) }
        guard let date = CalendarDate(daysSinceEpoch: Int(days)) else { throw .invalidCursor }
        self.date = date
        high = bytes[5..<13].reduce(0) { $0 << 8 | UInt64($1) }
        low = bytes[13..<21].reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension Refusal {
    public static let invalidCursor = Refusal(
        .invalid, "INVALID_CURSOR", "The cursor is not one that this list gave out.")
}
