import Base

/// Splits OFX into tags and the text behind them, for both the SGML of version 1 and the XML of version 2. It knows
/// no document type and expands nothing but the five entities and numbers, so nothing can grow.
struct OFXTokenizer {
    enum Token {
        /// A tag was opened; its name in capitals.
        case open(String)
        case close(String)
        /// The text behind the tag that was opened last.
        case value(String, UnsafeBufferPointer<UInt8>)
    }

    private enum State {
        case text, tagStart, tag, declaration, comment, cdata, instruction
    }

    private(set) var line = 1
    /// Where the current tag began.
    private(set) var tagLine = 1

    private var state = State.text
    private var name: [UInt8] = []
    private var isClosing = false
    private var nameIsComplete = false
    private var lastByte: UInt8 = 0
    private var tail: (UInt8, UInt8) = (0, 0)
    private var value: [UInt8] = []
    private var openTag: String?

    mutating func feed(_ bytes: UnsafeBufferPointer<UInt8>, _ handle: (Token, _ line: Int) throws -> Void) throws {
        var position = 0
        while position < bytes.count {
            if state == .text {
                position = run(bytes, from: position)
                guard position < bytes.count else { return }
            }
            let byte = bytes[position]
            position += 1
            if byte == 0x0A || (lastByte == 0x0D && byte != 0x0A) { line += 1 }
            lastByte = byte
            switch state {
            case .text: text(byte)
            case .tagStart: startTag(byte)
            case .tag: try tag(byte, handle)
            case .declaration: declaration(byte)
            case .comment: if ends(byte, with: UInt8(ascii: "-")) { state = .text }
            case .cdata: cdata(byte)
            case .instruction:
                if byte == UInt8(ascii: ">") { state = .text }
            }
        }
    }

    /// Takes the text up to the next tag at once, and returns where that begins.
    private mutating func run(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var position = start
        var last = lastByte
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "<") { break }
            if byte == 0x0A || (last == 0x0D && byte != 0x0A) { line += 1 }
            last = byte
            position += 1
        }
        lastByte = last
        if openTag != nil, value.count < StatementLimits.textBytes {
            let room = StatementLimits.textBytes - value.count
            value.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<min(position, start + room)]))
        }
        return position
    }

    private mutating func text(_ byte: UInt8) {
        if byte == UInt8(ascii: "<") {
            state = .tagStart
            tagLine = line
        } else if openTag != nil, value.count < StatementLimits.textBytes {
            value.append(byte)
        }
    }

    private mutating func startTag(_ byte: UInt8) {
        name.removeAll(keepingCapacity: true)
        isClosing = false
        nameIsComplete = false
        tail = (0, 0)
        switch byte {
        case UInt8(ascii: "/"):
            isClosing = true
            state = .tag
        case UInt8(ascii: "!"): state = .declaration
        case UInt8(ascii: "?"): state = .instruction
        case 65...90, 97...122:
            name.append(byte & 0xDF)
            state = .tag
        default:
            // `A < B`: no tag, just text that was never escaped.
            state = .text
            text(UInt8(ascii: " "))
            if value.count < StatementLimits.textBytes, openTag != nil { value.append(UInt8(ascii: "<")) }
            text(byte)
        }
    }

    private mutating func tag(_ byte: UInt8, _ handle: (Token, _ line: Int) throws -> Void) throws {
        switch byte {
        case UInt8(ascii: ">"):
            state = .text
            try endTag(handle)
        case UInt8(ascii: "<"):
            // The tag before was never finished.
            state = .tagStart
            tagLine = line
        case 0...0x20: nameIsComplete = !name.isEmpty
        case UInt8(ascii: "/"):
            nameIsComplete = true
            tail.0 = byte
        default:
            if !nameIsComplete, name.count < 64 {
                name.append(byte >= 97 && byte <= 122 ? byte - 32 : byte)
            }
        }
    }

    private mutating func endTag(_ handle: (Token, _ line: Int) throws -> Void) throws {
        if let tag = openTag, !value.isEmpty {
            try value.withUnsafeBufferPointer { value in
                let trimmed = value.trimmed()
                if !trimmed.isEmpty { try handle(.value(tag, trimmed), tagLine) }
            }
        }
        value.removeAll(keepingCapacity: true)
        openTag = nil
        guard !name.isEmpty else { return }
        let name = String(decoding: name, as: UTF8.self)
        if isClosing { return try handle(.close(name), tagLine) }
        try handle(.open(name), tagLine)
        if tail.0 == UInt8(ascii: "/") { return try handle(.close(name), tagLine) }
        openTag = name
    }

    private mutating func declaration(_ byte: UInt8) {
        if byte == UInt8(ascii: ">") {
            state = .text
            return
        }
        guard name.count < 8 else { return }
        name.append(byte)
        if name.count == 2, name[0] == UInt8(ascii: "-"), name[1] == UInt8(ascii: "-") {
            state = .comment
            tail = (0, 0)
        } else if name.count == 7, name.elementsEqual("[CDATA[".utf8) {
            state = .cdata
            tail = (0, 0)
        }
    }

    /// Whether this byte completes `-->` or `]]>`.
    private mutating func ends(_ byte: UInt8, with mark: UInt8) -> Bool {
        if byte == UInt8(ascii: ">"), tail == (mark, mark) { return true }
        tail = (tail.1, byte)
        return false
    }

    private mutating func cdata(_ byte: UInt8) {
        if ends(byte, with: UInt8(ascii: "]")) {
            state = .text
            if openTag != nil, value.count >= 2 { value.removeLast(2) }
            return
        }
        guard openTag != nil, value.count < StatementLimits.textBytes else { return }
        // What stands here is no entity.
        if byte == UInt8(ascii: "&") { value.append(contentsOf: "&amp;".utf8) } else { value.append(byte) }
    }
}

/// The five entities of XML, a few that banks borrow from HTML, and numbers.
enum OFXEntities {
    static func decoded(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "&")) else { return text }
        var result = ""
        var rest = text[...]
        while let start = rest.firstIndex(of: "&") {
            result += rest[..<start]
            rest = rest[start...]
            if let end = rest.prefix(12).firstIndex(of: ";"),
                let character = scalar(rest[rest.index(after: start)..<end])
            {
                result.unicodeScalars.append(character)
                rest = rest[rest.index(after: end)...]
            } else {
                // `Marks & Spencer`, never escaped.
                result += "&"
                rest = rest.dropFirst()
            }
        }
        return result + rest
    }

    private static func scalar(_ name: Substring) -> Unicode.Scalar? {
        switch name {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        case "nbsp": return " "
        default: break
        }
        guard name.hasPrefix("#") else { return nil }
        let digits = name.dropFirst()
        let isHexadecimal = digits.hasPrefix("x") || digits.hasPrefix("X")
        let code = isHexadecimal ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        // Controls have no place in a name, and U+0000 cannot be stored.
        guard let code, code >= 0x20 || code == 0x0A || code == 0x09 else { return nil }
        return Unicode.Scalar(code)
    }
}
