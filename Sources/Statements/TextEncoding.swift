/// How the text of a statement is encoded. UTF-16 becomes UTF-8 at the door; the others are read as they are,
/// since all of them agree on ASCII.
package enum TextEncoding: String, CaseIterable, Sendable {
    case utf8, utf16LittleEndian, utf16BigEndian
    case windows1252, windows1250, windows1251, windows1253, windows1254, windows1255, windows1257
    case iso8859Part2 = "iso-8859-2"
    case iso8859Part15 = "iso-8859-15"
    case koi8r, ibm850, ibm852, ibm866, macRoman
    case shiftJIS = "shift-jis"
    case gb18030, big5
    case eucKR = "euc-kr"

    /// One byte is one character; nil for Unicode.
    var table: [UInt16]? {
        switch self {
        case .utf8, .utf16LittleEndian, .utf16BigEndian, .shiftJIS, .gb18030, .big5, .eucKR: nil
        case .windows1250: SingleByteTables.windows1250
        case .windows1251: SingleByteTables.windows1251
        case .windows1252: SingleByteTables.windows1252
        case .windows1253: SingleByteTables.windows1253
        case .windows1254: SingleByteTables.windows1254
        case .windows1255: SingleByteTables.windows1255
        case .windows1257: SingleByteTables.windows1257
        case .iso8859Part2: SingleByteTables.iso8859Part2
        case .iso8859Part15: SingleByteTables.iso8859Part15
        case .koi8r: SingleByteTables.koi8r
        case .ibm850: SingleByteTables.ibm850
        case .ibm852: SingleByteTables.ibm852
        case .ibm866: SingleByteTables.ibm866
        case .macRoman: SingleByteTables.macRoman
        }
    }

    /// A byte order mark, or every other byte zero.
    static func sniffUTF16(_ head: UnsafeBufferPointer<UInt8>) -> TextEncoding? {
        guard head.count >= 4 else { return nil }
        if head[0] == 0xFF, head[1] == 0xFE { return .utf16LittleEndian }
        if head[0] == 0xFE, head[1] == 0xFF { return .utf16BigEndian }
        if head[0] != 0, head[1] == 0, head[2] != 0, head[3] == 0 { return .utf16LittleEndian }
        if head[0] == 0, head[1] != 0, head[2] == 0, head[3] != 0 { return .utf16BigEndian }
        return nil
    }

    /// Whether the text is UTF-8: the sequences that are must outnumber the bytes that cannot be. Single broken
    /// fields do not make a file Windows-1252; they are decoded by themselves.
    static func looksLikeUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var valid = 0
        var invalid = 0
        var position = 0
        while position < bytes.count {
            let byte = bytes[position]
            guard byte >= 0x80 else {
                position += 1
                continue
            }
            let length = byte >= 0xF0 && byte <= 0xF4 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC2 ? 2 : 1
            if byte > 0xF4 || length == 1 {
                invalid += 1
                position += 1
                continue
            }
            // The head may cut the last sequence.
            guard position + length <= bytes.count else { break }
            if bytes[(position + 1)..<(position + length)].allSatisfy({ $0 & 0xC0 == 0x80 }) {
                valid += 1
                position += length
            } else {
                invalid += 1
                position += 1
            }
        }
        return invalid == 0 || valid > invalid * 4
    }
}

/// Turns bytes of a field into text: UTF-8 where they are UTF-8, else one character a byte.
struct TextDecoder {
    let encoding: TextEncoding
    private let table: [UInt16]
    private var scratch: [UInt8] = []

    init(_ encoding: TextEncoding) {
        self.encoding = encoding
        table = encoding.table ?? SingleByteTables.windows1252
    }

    mutating func string(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        // Cut where a character starts, so that a limit never makes a broken one.
        var bytes = bytes
        if bytes.count > StatementLimits.textBytes {
            var end = StatementLimits.textBytes
            while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
            bytes = UnsafeBufferPointer(rebasing: bytes[..<(end > 0 ? end : StatementLimits.textBytes)])
        }
        if Self.isPlain(bytes) { return String(decoding: bytes, as: UTF8.self) }
        if encoding.table == nil, let text = String(validating: bytes, as: UTF8.self) { return Self.withoutNUL(text) }
        scratch.removeAll(keepingCapacity: true)
        for byte in bytes {
            let scalar = byte < 0x80 ? UInt16(byte) : table[Int(byte) - 0x80]
            guard scalar != 0 else { continue }
            if scalar < 0x80 {
                scratch.append(UInt8(scalar))
            } else if scalar < 0x800 {
                scratch.append(0xC0 | UInt8(scalar >> 6))
                scratch.append(0x80 | UInt8(scalar & 63))
            } else {
                scratch.append(0xE0 | UInt8(scalar >> 12))
                scratch.append(0x80 | UInt8(scalar >> 6 & 63))
                scratch.append(0x80 | UInt8(scalar & 63))
            }
        }
        return String(decoding: scratch, as: UTF8.self)
    }

    /// ASCII without NUL, which PostgreSQL cannot hold.
    private static func isPlain(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        for byte in bytes where byte &- 1 >= 0x7F { return false }
        return true
    }

    private static func withoutNUL(_ text: String) -> String {
        guard text.utf8.contains(0) else { return text }
        return String(decoding: text.utf8.filter { $0 != 0 }, as: UTF8.self)
    }
}

/// UTF-16 to UTF-8, chunk by chunk: a unit or a pair may be cut anywhere.
struct UTF16Transcoder {
    let isBigEndian: Bool
    private var oddByte: UInt8?
    private var highSurrogate: UInt32?

    init(isBigEndian: Bool) { self.isBigEndian = isBigEndian }

    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        for byte in bytes {
            guard let first = oddByte else {
                oddByte = byte
                continue
            }
            oddByte = nil
            append(isBigEndian ? UInt32(first) << 8 | UInt32(byte) : UInt32(byte) << 8 | UInt32(first), to: &output)
        }
    }

    /// Whether a unit or a pair is still open: the file was cut.
    var isIncomplete: Bool { oddByte != nil || highSurrogate != nil }

    private mutating func append(_ unit: UInt32, to output: inout [UInt8]) {
        var code = unit
        if let high = highSurrogate {
            highSurrogate = nil
            if unit >= 0xDC00, unit < 0xE000 {
                code = 0x10000 + (high - 0xD800) << 10 + (unit - 0xDC00)
            } else {
                output.append(contentsOf: [0xEF, 0xBF, 0xBD])
            }
        }
        if code >= 0xD800, code < 0xDC00 {
            highSurrogate = code
            return
        }
        let scalar = Unicode.Scalar(code) ?? "\u{FFFD}"
        guard scalar != "\u{FEFF}" else { return }
        output.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }
}
