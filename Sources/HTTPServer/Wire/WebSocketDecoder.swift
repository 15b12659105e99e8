/// Frames of a client (RFC 6455) as they arrive, in any pieces, put together to messages. Strict: what the standard
/// forbids ends the connection, with the code that says why.
package struct WebSocketDecoder: Sendable {
    package enum Event: Sendable, Equatable {
        case text([UInt8])
        case ping([UInt8])
        case pong([UInt8])
        /// Without a code when the peer gave none.
        case close(code: UInt16?, reason: [UInt8])
    }

    package struct Failure: Error, Sendable, Equatable {
        package let code: UInt16
        package let reason: String

        package init(_ code: UInt16, _ reason: String) {
            self.code = code
            self.reason = reason
        }
    }

    package struct Limits: Sendable {
        package var messageBytes = 64 * 1024
        package var fragments = 128
        package init() {}
    }

    private enum Opcode: UInt8 {
        case continuation = 0
        case text = 1
        case binary = 2
        case close = 8
        case ping = 9
        case pong = 10
    }

    private let limits: Limits

    // The frame that is being read.
    private var head: [UInt8] = []
    private var headCount = 2
    private var opcode = Opcode.continuation
    private var isFinal = false
    private var mask: (UInt8, UInt8, UInt8, UInt8) = (0, 0, 0, 0)
    private var remaining = 0
    private var position = 0
    private var isInPayload = false
    private var control: [UInt8] = []

    // The message that is being put together.
    private var message: [UInt8] = []
    private var isInMessage = false
    private var fragments = 0
    private var text = UTF8Check()

    private var isOver = false

    package init(limits: Limits = Limits()) { self.limits = limits }

    /// The next event in `bytes` from `index` on, which moves behind what was taken; nil when more bytes are needed.
    /// After a close or a failure there is nothing more.
    package mutating func next(_ bytes: UnsafeRawBufferPointer, at index: inout Int) throws(Failure) -> Event? {
        while !isOver, index < bytes.count || isInPayload && remaining == 0 {
            if !isInPayload {
                try takeHead(bytes, at: &index)
                continue
            }
            try takePayload(bytes, at: &index)
            guard remaining == 0 else { return nil }
            isInPayload = false
            if let event = try endFrame() { return event }
        }
        return nil
    }

    private mutating func fail(_ code: UInt16, _ reason: String) -> Failure {
        isOver = true
        return Failure(code, reason)
    }

    // MARK: Heads

    private mutating func takeHead(_ bytes: UnsafeRawBufferPointer, at index: inout Int) throws(Failure) {
        head.append(bytes[index])
        index += 1
        // What is wrong with the first bytes is told without waiting for the others.
        switch head.count {
        case 1: try checkFirst(head[0])
        case 2: try checkSecond(head[1])
        default: break
        }
        guard head.count == headCount else { return }
        try beginPayload()
        head.removeAll(keepingCapacity: true)
        headCount = 2
    }

    private mutating func checkFirst(_ byte: UInt8) throws(Failure) {
        guard byte & 0x70 == 0 else { throw fail(1002, "a reserved bit is set") }
        guard let opcode = Opcode(rawValue: byte & 0x0F) else { throw fail(1002, "the opcode is unknown") }
        isFinal = byte & 0x80 != 0
        self.opcode = opcode
        switch opcode {
        case .close, .ping, .pong:
            guard isFinal else { throw fail(1002, "a control frame is fragmented") }
        case .continuation:
            guard isInMessage else { throw fail(1002, "there is no message to continue") }
            fragments += 1
        case .text:
            guard !isInMessage else { throw fail(1002, "a message begins inside of another") }
            fragments = 1
        case .binary:
            guard !isInMessage else { throw fail(1002, "a message begins inside of another") }
            throw fail(1003, "only text is taken")
        }
        guard fragments <= limits.fragments else { throw fail(1009, "the message has too many pieces") }
    }

    private mutating func checkSecond(_ byte: UInt8) throws(Failure) {
        guard byte & 0x80 != 0 else { throw fail(1002, "the frame is not masked") }
        let length = byte & 0x7F
        if opcode == .close || opcode == .ping || opcode == .pong, length > 125 {
            throw fail(1002, "a control frame is too long")
        }
        headCount = (length == 126 ? 4 : length == 127 ? 10 : 2) + 4
    }

    private mutating func beginPayload() throws(Failure) {
        let short = Int(head[1] & 0x7F)
        var length = short
        if short >= 126 {
            var wide: UInt64 = 0
            for byte in head[2..<(headCount - 4)] { wide = wide << 8 | UInt64(byte) }
            guard wide >> 63 == 0 else { throw fail(1002, "the length is negative") }
            guard wide >= (short == 126 ? 126 : 65_536) else {
                throw fail(1002, "the length is not in its shortest form")
            }
            guard wide <= UInt64(limits.messageBytes) else { throw fail(1009, "the message is too long") }
            length = Int(wide)
        }
        if opcode == .text || opcode == .continuation, message.count + length > limits.messageBytes {
            throw fail(1009, "the message is too long")
        }
        let first = headCount - 4
        mask = (head[first], head[first + 1], head[first + 2], head[first + 3])
        remaining = length
        position = 0
        control.removeAll(keepingCapacity: true)
        isInPayload = true
    }

    // MARK: Payloads

    private mutating func takePayload(_ bytes: UnsafeRawBufferPointer, at index: inout Int) throws(Failure) {
        let count = min(remaining, bytes.count - index)
        guard count > 0 else { return }
        let isData = opcode == .text || opcode == .continuation
        let start = isData ? message.count : control.count
        for offset in 0..<count {
            let byte = bytes[index + offset] ^ maskByte(position + offset)
            if isData { message.append(byte) } else { control.append(byte) }
        }
        index += count
        position += count
        remaining -= count
        // As it comes: a message that is no text ends at its first wrong byte.
        if isData, !text.take(message[start...]) { throw fail(1007, "the text is not UTF-8") }
    }

    private func maskByte(_ position: Int) -> UInt8 {
        switch position & 3 {
        case 0: mask.0
        case 1: mask.1
        case 2: mask.2
        default: mask.3
        }
    }

    private mutating func endFrame() throws(Failure) -> Event? {
        switch opcode {
        case .ping: return .ping(control)
        case .pong: return .pong(control)
        case .close:
            isOver = true
            return try closing()
        case .text, .continuation, .binary:
            guard isFinal else {
                isInMessage = true
                return nil
            }
            guard text.isComplete else { throw fail(1007, "the text ends within a character") }
            isInMessage = false
            text = UTF8Check()
            defer { message = [] }
            return .text(message)
        }
    }

    private mutating func closing() throws(Failure) -> Event {
        guard control.count != 1 else { throw fail(1002, "a close has half a code") }
        guard control.count >= 2 else { return .close(code: nil, reason: []) }
        let code = UInt16(control[0]) << 8 | UInt16(control[1])
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: break
        default: throw fail(1002, "the code of the close is not one that is sent")
        }
        let reason = Array(control.dropFirst(2))
        var check = UTF8Check()
        guard check.take(reason[...]), check.isComplete else { throw fail(1007, "the reason is not UTF-8") }
        return .close(code: code, reason: reason)
    }

    // MARK: Sending

    package enum Kind: UInt8, Sendable { case text = 1, close = 8, ping = 9, pong = 10 }

    /// A frame of the server: whole, and not masked.
    package static func frame(_ kind: Kind, _ payload: [UInt8]) -> [UInt8] {
        var frame: [UInt8] = [0x80 | kind.rawValue]
        frame.reserveCapacity(payload.count + 10)
        switch payload.count {
        case ..<126: frame.append(UInt8(payload.count))
        case ..<65_536:
            frame.append(126)
            for shift in [8, 0] { frame.append(UInt8(truncatingIfNeeded: payload.count >> shift)) }
        default:
            frame.append(127)
            for shift in stride(from: 56, through: 0, by: -8) {
                frame.append(UInt8(truncatingIfNeeded: payload.count >> shift))
            }
        }
        frame.append(contentsOf: payload)
        return frame
    }

    /// The payload of a close: the code and a reason of 123 bytes at most.
    package static func closePayload(_ code: UInt16, _ reason: String) -> [UInt8] {
        var bytes = [UInt8(truncatingIfNeeded: code >> 8), UInt8(truncatingIfNeeded: code)]
        for scalar in reason.unicodeScalars {
            let next = Array(String(scalar).utf8)
            guard bytes.count + next.count <= 125 else { break }
            bytes += next
        }
        return bytes
    }
}

/// Whether bytes that come in pieces are UTF-8 (Unicode 15, table 3-7): no overlong forms, no surrogates.
struct UTF8Check: Sendable {
    private var needed = 0
    private var lower: UInt8 = 0x80
    private var upper: UInt8 = 0xBF

    /// Not within a character.
    var isComplete: Bool { needed == 0 }

    mutating func take(_ bytes: ArraySlice<UInt8>) -> Bool {
        for byte in bytes {
            if needed > 0 {
                guard byte >= lower, byte <= upper else { return false }
                needed -= 1
                (lower, upper) = (0x80, 0xBF)
                continue
            }
            switch byte {
            case 0x00...0x7F: break
            case 0xC2...0xDF: needed = 1
            case 0xE0: (needed, lower) = (2, 0xA0)
            case 0xE1...0xEC, 0xEE...0xEF: needed = 2
            case 0xED: (needed, upper) = (2, 0x9F)
            case 0xF0: (needed, lower) = (3, 0x90)
            case 0xF1...0xF3: needed = 3
            case 0xF4: (needed, upper) = (3, 0x8F)
            default: return false
            }
        }
        return true
    }
}
