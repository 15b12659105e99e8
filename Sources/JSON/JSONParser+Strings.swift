import Base

extension JSONParser {
    /// The current byte is the opening quote.
    mutating func string() throws(Refusal) -> String {
        position += 1
        let start = position
        var all: UInt8 = 0
        while let byte = current {
            if byte == UInt8(ascii: "\"") {
                let characters = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
                // Validating goes through code that is not specialized, and ASCII is valid.
                let text =
                    all < 0x80
                    ? String(decoding: characters.bindMemory(to: UInt8.self), as: UTF8.self)
                    : try validated(characters, from: start)
                position += 1
                return text
            }
            all |= byte
            if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
            guard byte >= 0x20 else { throw failure("a control character must be escaped") }
            position += 1
        }
        throw failure("the text ends inside a string")
    }

    private mutating func escapedString(from start: Int) throws(Refusal) -> String {
        var text = Array(bytes[start..<position])
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                let text = try validated(text[...], from: start)
                position += 1
                return text
            case UInt8(ascii: "\\"):
                position += 1
                try escape(into: &text)
            default:
                guard byte >= 0x20 else { throw failure("a control character must be escaped") }
                text.append(byte)
                position += 1
            }
        }
        throw failure("the text ends inside a string")
    }

    private mutating func escape(into text: inout [UInt8]) throws(Refusal) {
        guard let byte = current else { throw failure("the text ends inside a string") }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            let start = position - 1
            position += 1
            var code = try fourHexDigits()
            if code >= 0xD800, code < 0xE000 {
                guard code < 0xDC00, skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")) else {
                    position = start
                    throw failure("half of a surrogate pair stands alone")
                }
                let low = try fourHexDigits()
                guard low >= 0xDC00, low < 0xE000 else {
                    position = start
                    throw failure("half of a surrogate pair stands alone")
                }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard code != 0, let scalar = Unicode.Scalar(code) else {
                position = start
                throw failure("the character U+0000 cannot be stored")
            }
            text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            return
        default: throw failure("there is no such escape")
        }
        position += 1
    }

    private mutating func fourHexDigits() throws(Refusal) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            let digit: UInt8
            switch current {
            case .some(let byte) where byte &- 48 < 10: digit = byte - 48
            case .some(let byte) where byte | 0x20 >= 97 && byte | 0x20 <= 102: digit = (byte | 0x20) - 87
            default: throw failure("four hexadecimal digits should be here")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }

    private mutating func validated(_ bytes: some Sequence<UInt8>, from start: Int) throws(Refusal) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            position = start
            throw failure("this string is not valid UTF-8")
        }
        return text
    }
}
