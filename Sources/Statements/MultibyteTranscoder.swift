import Glibc

/// Japanese, Chinese and Korean encodings to UTF-8, chunk by chunk. Their tables are the C library's.
struct MultibyteTranscoder {
    let encoding: TextEncoding
    /// The beginning of a character that the last chunk cut.
    private var rest: [UInt8] = []
    /// Bytes that are no character of the encoding.
    private(set) var faults = 0

    init(_ encoding: TextEncoding) { self.encoding = encoding }

    static let encodings: [TextEncoding] = [.shiftJIS, .gb18030, .big5, .eucKR]

    private var name: String {
        switch encoding {
        case .gb18030: "GB18030"
        case .big5: "BIG5-HKSCS"
        case .eucKR: "CP949"
        default: "CP932"
        }
    }

    var isIncomplete: Bool { !rest.isEmpty }

    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        // Opened anew for each chunk: none of these encodings has a state beyond the character that was cut.
        guard let converter = iconv_open("UTF-8", name), converter != iconv_t(bitPattern: -1) else {
            faults += bytes.count
            output.append(contentsOf: bytes.lazy.map { $0 < 0x80 ? $0 : UInt8(ascii: "?") })
            return
        }
        defer { iconv_close(converter) }
        var input = rest.map { CChar(bitPattern: $0) } + bytes.map { CChar(bitPattern: $0) }
        rest = []
        var start = 0
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        while start < input.count {
            var consumed = 0
            var produced = 0
            var problem: Int32 = 0
            input.withUnsafeMutableBufferPointer { input in
                buffer.withUnsafeMutableBufferPointer { buffer in
                    var source = input.baseAddress.map { $0 + start }
                    var sourceLeft = input.count - start
                    var target = buffer.baseAddress
                    var targetLeft = buffer.count
                    let result = iconv(converter, &source, &sourceLeft, &target, &targetLeft)
                    problem = result == -1 ? errno : 0
                    consumed = input.count - start - sourceLeft
                    produced = buffer.count - targetLeft
                }
            }
            output.append(contentsOf: buffer[..<produced].lazy.map { UInt8(bitPattern: $0) })
            start += consumed
            if problem == EILSEQ {
                faults += 1
                output.append(contentsOf: [0xEF, 0xBF, 0xBD])
                start += 1
            } else if problem == EINVAL {
                rest = input[start...].map { UInt8(bitPattern: $0) }
                return
            } else if problem != 0, problem != E2BIG {
                return
            }
        }
    }
}

/// Some exports put every line into quotes as if it were one field, and double the quotes within: `"a,""b"",1"`.
struct LineUnwrapper {
    private var isAtLineStart = true
    private var isWrapped = false
    private var hasQuote = false

    /// Whether nearly every line begins and ends with a quote, and has doubled ones or none between.
    static func suits(_ head: UnsafeBufferPointer<UInt8>) -> Bool {
        let quote = UInt8(ascii: "\"")
        var lines = 0
        var wrapped = 0
        for line in head.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }).prefix(50) {
            lines += 1
            guard line.count > 2, line.first == quote, line.last == quote else { continue }
            var position = line.startIndex + 1
            var isWhole = true
            while position < line.endIndex - 1, isWhole {
                if line[position] == quote {
                    position += 1
                    isWhole = position < line.endIndex - 1 && line[position] == quote
                }
                position += 1
            }
            if isWhole { wrapped += 1 }
        }
        return wrapped > 0 && wrapped * 10 >= lines * 6
    }

    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        let quote = UInt8(ascii: "\"")
        for byte in bytes {
            if byte == 0x0A || byte == 0x0D {
                // The quote before was the closing one.
                (isAtLineStart, isWrapped, hasQuote) = (true, false, false)
                output.append(byte)
                continue
            }
            if isAtLineStart {
                isAtLineStart = false
                isWrapped = byte == quote
                if isWrapped { continue }
            }
            guard isWrapped, byte == quote else {
                hasQuote = false
                output.append(byte)
                continue
            }
            if hasQuote { output.append(quote) }
            hasQuote.toggle()
        }
    }
}

/// What the bytes of a file pass through before they are read as UTF-8 or as an encoding of one byte.
struct ByteStages {
    var utf16: UTF16Transcoder?
    var multibyte: MultibyteTranscoder?
    var unwrapper: LineUnwrapper?

    var isEmpty: Bool { utf16 == nil && multibyte == nil && unwrapper == nil }
    var isIncomplete: Bool { utf16?.isIncomplete == true || multibyte?.isIncomplete == true }

    mutating func convert(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        if utf16 != nil {
            utf16?.append(bytes, to: &text)
        } else if multibyte != nil {
            multibyte?.append(bytes, to: &text)
        } else {
            text.append(contentsOf: bytes)
        }
        guard unwrapper != nil else { return text }
        var plain: [UInt8] = []
        plain.reserveCapacity(text.count)
        text.withUnsafeBufferPointer { unwrapper?.append($0, to: &plain) }
        return plain
    }
}
