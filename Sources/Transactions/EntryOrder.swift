import Base
import Database
import HTTP

/// How a list is ordered. Ids are unique, so each order is total: a page goes on exactly where the one before ended.
struct EntryOrder: Equatable, Sendable {
    enum Key: String, CaseIterable, Sendable { case date, amount, merchant, created }

    var key = Key.date
    var isAscending = false

    enum Input {
        static let sort = QueryField<String>.choice(
            "sort", of: Key.allCases.map(\.rawValue), "What to order by; date by default.")
        static let order = QueryField<String>.choice(
            "order", of: ["asc", "desc"], "Upwards or downwards; downwards by default, merchants upwards.")
        static let declarations = [sort.declaration, order.declaration]
    }

    init() {}

    init(_ query: inout Query) {
        key = query.read(Input.sort).flatMap(Key.init(rawValue:)) ?? .date
        isAscending = query.read(Input.order).map { $0 == "asc" } ?? (key == .merchant)
    }

    /// What is ordered by, before the id; nil where ids alone are the order, as they are made in it. Entries without a
    /// merchant come last either way.
    private var expression: SQL? {
        switch key {
        case .date: "e.occurred_on"
        case .amount: "e.amount_minor"
        case .merchant where isAscending: "coalesce(lower(e.merchant), chr(1114111)) COLLATE \"C\""
        case .merchant: "coalesce(lower(e.merchant), '') COLLATE \"C\""
        case .created: nil
        }
    }

    /// `, …`: selected behind the columns of an entry, for the cursor.
    var selection: SQL {
        guard let expression else { return "" }
        return ", \(expression)"
    }

    /// Whether the whole book has to be sorted for one page.
    var sortsWholeBook: Bool { key == .amount || key == .merchant }

    var clause: SQL {
        let direction: SQL = isAscending ? "ASC" : "DESC"
        guard let expression else { return " ORDER BY e.id \(direction)" }
        return " ORDER BY \(expression) \(direction), e.id \(direction)"
    }

    func condition(after cursor: EntryCursor) -> SQL {
        let comparison: SQL = isAscending ? ">" : "<"
        guard let expression else { return " AND e.id \(comparison) \(cursor.id)" }
        let value: SQL =
            switch cursor.position {
            case .date(let date): "\(date)"
            case .amount(let minorUnits): "\(minorUnits)"
            case .merchant(let text): "\(text)"
            case .created: "NULL"
            }
        return " AND (\(expression), e.id) \(comparison) (\(value), \(cursor.id))"
    }

    /// The cursor behind a row that was selected with `selection` as its column `index`.
    func cursor(_ row: Row, column index: Int) throws -> EntryCursor {
        let position: EntryCursor.Position =
            switch key {
            case .date: .date(try row.get(index))
            case .amount: .amount(try row.get(index))
            case .merchant: .merchant(try row.get(index))
            case .created: .created
            }
        return EntryCursor(position: position, isAscending: isAscending, id: try row.get(0))
    }
}

/// Where a page of entries ended. Opaque to clients: it tells its order and carries a check, so one that was cut, or
/// belongs to another book or another order, is refused in the place of leading somewhere.
struct EntryCursor: Equatable, Sendable {
    enum Position: Equatable, Sendable {
        case date(CalendarDate)
        case amount(Int64)
        case merchant(String)
        case created
    }

    static let maximumTextLength = 2000
    private static let version: UInt8 = 2

    let position: Position
    let isAscending: Bool
    let id: EntryID

    private var key: EntryOrder.Key {
        switch position {
        case .date: .date
        case .amount: .amount
        case .merchant: .merchant
        case .created: .created
        }
    }

    init(position: Position, isAscending: Bool, id: EntryID) {
        self.position = position
        self.isAscending = isAscending
        self.id = id
    }

    func text(book: BookID) -> String {
        var bytes: [UInt8] = [Self.version, Self.code(key, isAscending)]
        Self.append(id.high, to: &bytes)
        Self.append(id.low, to: &bytes)
        switch position {
        case .date(let date): Self.append(UInt64(bitPattern: Int64(date.daysSinceEpoch)), to: &bytes)
        case .amount(let minorUnits): Self.append(UInt64(bitPattern: minorUnits), to: &bytes)
        case .merchant(let text): bytes += Array(text.utf8)
        case .created: break
        }
        Self.append(Self.check(bytes, book), to: &bytes)
        return Base64URL.encode(bytes)
    }

    /// - Throws: a refusal for anything that this list of this book did not give out.
    init(_ text: String, order: EntryOrder, book: BookID) throws(Refusal) {
        guard text.utf8.count <= Self.maximumTextLength, let bytes = Base64URL.decode(text.utf8), bytes.count >= 26,
            bytes[0] == Self.version, bytes[1] == Self.code(order.key, order.isAscending)
        else { throw .invalidCursor }
        let content = bytes.dropLast(8)
        guard Self.number(bytes.suffix(8)) == Self.check(content, book) else { throw .invalidCursor }
        let value = content.dropFirst(18)
        switch order.key {
        case .date:
            guard value.count == 8,
                let date = CalendarDate(daysSinceEpoch: Int(Int64(bitPattern: Self.number(value))))
            else { throw .invalidCursor }
            position = .date(date)
        case .amount:
            guard value.count == 8 else { throw .invalidCursor }
            position = .amount(Int64(bitPattern: Self.number(value)))
        case .merchant:
            guard let text = String(validating: value, as: UTF8.self), !text.utf8.contains(0) else {
                throw .invalidCursor
            }
            position = .merchant(text)
        case .created: position = .created
        }
        isAscending = order.isAscending
        id = EntryID(high: Self.number(content[2..<10]), low: Self.number(content[10..<18]))
    }

    private static func code(_ key: EntryOrder.Key, _ isAscending: Bool) -> UInt8 {
        let number: UInt8 =
            switch key {
            case .date: 1
            case .amount: 2
            case .merchant: 3
            case .created: 4
            }
        return number << 1 | (isAscending ? 1 : 0)
    }

    private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
        }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

    /// FNV-1a. Against mistakes only: whoever forges a cursor sees their own book from another place on.
    private static func check(_ bytes: some Sequence<UInt8>, _ book: BookID) -> UInt64 {
        var sum: UInt64 = 0xCBF2_9CE4_8422_2325
        var mine: [UInt8] = []
        append(book.high, to: &mine)
        append(book.low, to: &mine)
        for byte in mine { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01B3 }
        for byte in bytes { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return sum
    }
}
