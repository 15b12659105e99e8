/// Takes the chunked coding off a body, piece by piece, without holding any of it. Extensions and trailers are read
/// strictly and dropped, and both are bounded.
struct ChunkedDecoder {
    enum Event: Equatable {
        /// Everything given has been read; more is needed.
        case needsMore
        case data(ByteRange)
        case end
        case refused(WireRefusal)
    }

    private enum State: Equatable {
        case size(digits: Int)
        case extensions
        case sizeLineFeed
        case data
        case dataReturn
        case dataLineFeed
        case lineStart
        case trailerName
        case trailerValue
        case trailerLineFeed
        case endLineFeed
        case ended
        case failed
    }

    private static let extensionLimit = 256
    private static let extensionsLimit = 16 * 1024
    private static let trailersLimit = 8 * 1024

    private var state = State.size(digits: 0)
    private var remaining = 0
    private var extensionBytes = 0
    private var allExtensionBytes = 0
    private var trailerBytes = 0

    init() {}

    /// Reads on from `index`, and moves it behind what was read.
    mutating func next(_ bytes: UnsafeRawBufferPointer, at index: inout Int) -> Event {
        if state == .failed { return .refused(WireRefusal(400, "malformed chunk")) }
        while index < bytes.count, state != .ended {
            if state == .data {
                let count = min(remaining, bytes.count - index)
                let range = ByteRange(index, index + count)
                index += count
                remaining -= count
                if remaining == 0 { state = .dataReturn }
                return .data(range)
            }
            do throws(WireRefusal) {
                try step(bytes[index])
            } catch {
                state = .failed
                return .refused(error)
            }
            index += 1
        }
        return state == .ended ? .end : .needsMore
    }

    private mutating func step(_ byte: UInt8) throws(WireRefusal) {
        switch state {
        case .size(let digits): try readSize(byte, digits: digits)
        case .extensions:
            if byte == 0x0d {
                state = .sizeLineFeed
                return
            }
            guard !isControlByte(byte), byte < 0x80 else { throw WireRefusal(400, "malformed chunk extension") }
            extensionBytes += 1
            allExtensionBytes += 1
            if extensionBytes > Self.extensionLimit || allExtensionBytes > Self.extensionsLimit {
                throw WireRefusal(400, "chunk extensions too long")
            }
        case .sizeLineFeed:
            try expect(byte, 0x0a)
            state = remaining == 0 ? .lineStart : .data
        case .dataReturn:
            try expect(byte, 0x0d)
            state = .dataLineFeed
        case .dataLineFeed:
            try expect(byte, 0x0a)
            state = .size(digits: 0)
        case .lineStart:
            if byte == 0x0d {
                state = .endLineFeed
                return
            }
            guard isTokenByte(byte) else { throw WireRefusal(400, "malformed trailer") }
            state = .trailerName
            try countTrailerByte()
        case .trailerName:
            if byte == UInt8(ascii: ":") {
                state = .trailerValue
            } else if !isTokenByte(byte) {
                throw WireRefusal(400, "malformed trailer")
            }
            try countTrailerByte()
        case .trailerValue:
            if byte == 0x0d {
                state = .trailerLineFeed
                return
            }
            if isControlByte(byte) { throw WireRefusal(400, "malformed trailer") }
            try countTrailerByte()
        case .trailerLineFeed:
            try expect(byte, 0x0a)
            state = .lineStart
        case .endLineFeed:
            try expect(byte, 0x0a)
            state = .ended
        case .data, .ended, .failed: break
        }
    }

    private mutating func readSize(_ byte: UInt8, digits: Int) throws(WireRefusal) {
        if let value = hexValue(byte) {
            // Fifteen digits fit an Int; leading zeros count, or they would be without end.
            guard digits < 15 else { throw WireRefusal(400, "chunk size too large") }
            if digits == 0 { remaining = 0 }
            remaining = remaining << 4 | value
            state = .size(digits: digits + 1)
            return
        }
        guard digits > 0 else { throw WireRefusal(400, "malformed chunk size") }
        switch byte {
        case 0x0d: state = .sizeLineFeed
        case UInt8(ascii: ";"):
            extensionBytes = 0
            state = .extensions
        default: throw WireRefusal(400, "malformed chunk size")
        }
    }

    private mutating func countTrailerByte() throws(WireRefusal) {
        trailerBytes += 1
        if trailerBytes > Self.trailersLimit { throw WireRefusal(431, "trailers too large") }
    }

    private func expect(_ byte: UInt8, _ wanted: UInt8) throws(WireRefusal) {
        if byte != wanted { throw WireRefusal(400, "malformed chunk") }
    }
}
