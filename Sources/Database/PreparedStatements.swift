/// A statement that a connection has parsed, or is about to.
final class PreparedStatement {
    /// Made from the text and the types, so it is the same on every connection; ends in a zero byte.
    let name: ContiguousArray<CChar>
    let textBytes: [UInt8]
    let types: [UInt32]
    fileprivate(set) var lastUse: UInt64 = 0
    /// The keys under which it is known: the same text may stand at several places of the program.
    fileprivate var keys: [PreparedStatements.Key] = []

    fileprivate init(_ sql: SQL) {
        var text = sql.textBytes
        text.append(0)
        textBytes = text
        types = sql.parameterTypes
        name = Self.name(text: text, types: types)
    }

    /// Two hashes of FNV's kind, 128 bits together.
    private static func name(text: [UInt8], types: [UInt32]) -> ContiguousArray<CChar> {
        var first: UInt64 = 0xcbf2_9ce4_8422_2325
        var second: UInt64 = 0x9e37_79b9_7f4a_7c15
        func mix(_ byte: UInt8) {
            first = (first ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
            second = (second ^ UInt64(byte)) &* 0xd6e8_feb8_6659_fd93
            second ^= second >> 32
        }
        for byte in text { mix(byte) }
        for type in types {
            for shift in stride(from: 0, to: 32, by: 8) { mix(UInt8(truncatingIfNeeded: type >> shift)) }
        }
        var name: ContiguousArray<CChar> = [CChar(bitPattern: UInt8(ascii: "p"))]
        for word in [first, second] {
            for shift in stride(from: 60, through: 0, by: -4) {
                let digit = UInt8(truncatingIfNeeded: word >> UInt64(shift)) & 15
                name.append(CChar(bitPattern: digit < 10 ? 48 + digit : 87 + digit))
            }
        }
        name.append(0)
        return name
    }
}

/// The statements that one connection knows, the least recently used of which make room.
struct PreparedStatements {
    struct Key: Hashable {
        let fingerprint: UInt64
        let segments: [SQL.Segment]

        func hash(into hasher: inout Hasher) { hasher.combine(fingerprint) }

        static func == (left: Key, right: Key) -> Bool {
            guard left.fingerprint == right.fingerprint, left.segments.count == right.segments.count else {
                return false
            }
            for index in left.segments.indices {
                let (one, other) = (left.segments[index], right.segments[index])
                guard one.text == other.text, one.length == other.length, one.type == other.type else { return false }
            }
            return true
        }
    }

    let limit: Int
    private var byKey: [Key: PreparedStatement] = [:]
    private var byName: [ContiguousArray<CChar>: PreparedStatement] = [:]
    private var uses: UInt64 = 0

    init(limit: Int) { self.limit = limit }

    var count: Int { byName.count }

    /// The statement, and whether it is new and must be parsed.
    mutating func find(_ sql: SQL) -> (statement: PreparedStatement, isNew: Bool) {
        uses &+= 1
        let key = Key(fingerprint: sql.fingerprint, segments: sql.segments)
        if let known = byKey[key] {
            known.lastUse = uses
            return (known, false)
        }
        let made = PreparedStatement(sql)
        let isNew = byName[made.name] == nil
        let statement = byName[made.name] ?? made
        statement.lastUse = uses
        statement.keys.append(key)
        byKey[key] = statement
        byName[made.name] = statement
        return (statement, isNew)
    }

    mutating func forget(_ statement: PreparedStatement) {
        for key in statement.keys { byKey[key] = nil }
        statement.keys = []
        byName[statement.name] = nil
    }

    /// The statement of this text is forgotten, when it is known at all.
    mutating func forget(_ sql: SQL) -> PreparedStatement? {
        guard let statement = byKey[Key(fingerprint: sql.fingerprint, segments: sql.segments)] else { return nil }
        forget(statement)
        return statement
    }

    mutating func forgetAll() {
        byKey = [:]
        byName = [:]
    }

    /// Those beyond the limit, forgotten here and to be dropped at the server.
    mutating func evict() -> [PreparedStatement] {
        guard byName.count > limit else { return [] }
        // A sixteenth at once, so that sorting is rare.
        let victims = byName.values.sorted { $0.lastUse < $1.lastUse }.prefix(max(1, limit / 16))
        for victim in victims { forget(victim) }
        return Array(victims)
    }
}
