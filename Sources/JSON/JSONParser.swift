import Base

extension JSONValue {
    public struct Limits: Sendable {
        public var depth: Int
        public var nodes: Int
        public var bytes: Int

        public init(depth: Int = 64, nodes: Int = 200_000, bytes: Int = 16 << 20) {
            self.depth = depth
            self.nodes = nodes
            self.bytes = bytes
        }
    }

    /// Reads one value, strictly as RFC 8259 says. Also refused: names that occur twice in an object, and U+0000,
    /// which PostgreSQL cannot hold.
    public static func parse(
        _ bytes: UnsafeRawBufferPointer, limits: Limits = Limits()
    ) throws(Refusal) -> JSONValue {
        var parser = JSONParser(bytes: bytes, limits: limits)
        return try parser.document()
    }

    public static func parse(_ bytes: [UInt8], limits: Limits = Limits()) throws(Refusal) -> JSONValue {
        let result = bytes.withUnsafeBytes { buffer -> Result<JSONValue, Refusal> in
            Result { () throws(Refusal) in try parse(buffer, limits: limits) }
        }
        return try result.get()
    }

    public static func parse(_ text: String, limits: Limits = Limits()) throws(Refusal) -> JSONValue {
        try parse(Array(text.utf8), limits: limits)
    }
}

struct JSONParser {
    let bytes: UnsafeRawBufferPointer
    let limits: JSONValue.Limits
    var position = 0
    private var depth = 0
    private var nodes = 0

    init(bytes: UnsafeRawBufferPointer, limits: JSONValue.Limits) {
        self.bytes = bytes
        self.limits = limits
    }

    var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func document() throws(Refusal) -> JSONValue {
        guard bytes.count <= limits.bytes else {
            throw Refusal(.tooLarge, "INVALID_JSON", "The JSON is longer than \(limits.bytes) bytes.")
        }
        // A byte order mark may be ignored (RFC 8259, section 8.1), and some clients send one.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        skipSpace()
        guard current != nil else { throw failure("there is nothing here") }
        let value = try value()
        skipSpace()
        guard current == nil else { throw failure("something follows the value") }
        return value
    }

    private mutating func value() throws(Refusal) -> JSONValue {
        nodes += 1
        guard nodes <= limits.nodes else { throw failure("there are more than \(limits.nodes) values") }
        switch current {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case .some(UInt8(ascii: "-")), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return .number(text: try number())
        case nil: throw failure("the text ends where a value should be")
        default: throw failure("a value should be here")
        }
    }

    private mutating func object() throws(Refusal) -> JSONValue {
        try enter()
        var members: [(key: String, value: JSONValue)] = []
        var names: Set<String> = []
        skipSpace()
        if current == UInt8(ascii: "}") {
            leave()
            return .object([])
        }
        while true {
            guard current == UInt8(ascii: "\"") else { throw failure("a name in quotes should be here") }
            let start = position
            let name = try string()
            // A few names are compared one by one; a set costs more than that.
            let isRepeated: Bool
            if members.count < 12 {
                isRepeated = members.contains { $0.key == name }
            } else {
                if members.count == 12 { names = Set(members.map(\.key)) }
                isRepeated = !names.insert(name).inserted
            }
            if isRepeated {
                position = start
                throw failure("this name occurs twice in the object")
            }
            skipSpace()
            guard skip(UInt8(ascii: ":")) else { throw failure("a colon should be here") }
            skipSpace()
            members.append((name, try value()))
            skipSpace()
            if skip(UInt8(ascii: ",")) {
                skipSpace()
                continue
            }
            guard current == UInt8(ascii: "}") else { throw failure("a comma or a closing brace should be here") }
            leave()
            return .object(members)
        }
    }

    private mutating func array() throws(Refusal) -> JSONValue {
        try enter()
        var values: [JSONValue] = []
        skipSpace()
        if current == UInt8(ascii: "]") {
            leave()
            return .array([])
        }
        while true {
            values.append(try value())
            skipSpace()
            if skip(UInt8(ascii: ",")) {
                skipSpace()
                continue
            }
            guard current == UInt8(ascii: "]") else { throw failure("a comma or a closing bracket should be here") }
            leave()
            return .array(values)
        }
    }

    private mutating func enter() throws(Refusal) {
        depth += 1
        guard depth <= limits.depth else { throw failure("it is nested deeper than \(limits.depth) levels") }
        position += 1
    }

    private mutating func leave() {
        depth -= 1
        position += 1
    }

    private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(Refusal) -> JSONValue {
        for index in 0..<word.utf8CodeUnitCount {
            guard position + index < bytes.count, bytes[position + index] == word.utf8Start[index] else {
                throw failure("a value should be here")
            }
        }
        position += word.utf8CodeUnitCount
        return value
    }

    private mutating func number() throws(Refusal) -> String {
        let start = position
        _ = skip(UInt8(ascii: "-"))
        if skip(UInt8(ascii: "0")) {
            if let byte = current, isDigit(byte) { throw failure("a number has no leading zero") }
        } else {
            try digits()
        }
        if skip(UInt8(ascii: ".")) { try digits() }
        if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
            if !skip(UInt8(ascii: "+")) { _ = skip(UInt8(ascii: "-")) }
            try digits()
        }
        guard position - start <= 400 else {
            position = start
            throw failure("this number is too long")
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits() throws(Refusal) {
        guard let byte = current, isDigit(byte) else { throw failure("a digit should be here") }
        while let byte = current, isDigit(byte) { position += 1 }
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

    mutating func skip(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    /// A refusal that points at the current position. Lines and columns are counted only here, once.
    func failure(_ reason: String) -> Refusal {
        var line = 1
        var column = 1
        for byte in bytes[..<min(position, bytes.count)] {
            if byte == 0x0A {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return Refusal(.invalid, "INVALID_JSON", "Not valid JSON: \(reason) (line \(line), column \(column)).")
    }
}
