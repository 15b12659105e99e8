import Base

/// What stands around the digits of an amount: currencies, signs in letters, spaces and dashes outside of ASCII.
enum AmountMarks {
    enum Mark {
        case space, word, minus
    }

    /// Nil where it is none of them.
    static func skip(
        _ text: UnsafeBufferPointer<UInt8>, at position: inout Int, afterDigits: Bool
    ) -> Mark? {
        if text[position] >= 0x80, let (length, kind) = special(text, at: position) {
            position += length
            return kind
        }
        let start = position
        position = wordEnd(text, from: start)
        guard position > start, position - start <= 16 else { return nil }
        let word = UnsafeBufferPointer(rebasing: text[start..<position])
        if afterDigits, let isOutgoing = side(word) { return isOutgoing ? .minus : .word }
        return CurrencyWords.isCurrency(word) ? .word : nil
    }

    /// The currency that an amount names; nil where it names none, or one that has several meanings.
    static func currency(in text: UnsafeBufferPointer<UInt8>, else fallback: Currency) -> Currency? {
        var position = 0
        while position < text.count {
            guard isWordByte(text[position]) else {
                position += 1
                continue
            }
            if text[position] >= 0x80, let (length, kind) = special(text, at: position), kind != .word {
                position += length
                continue
            }
            let end = max(wordEnd(text, from: position), position + 1)
            let word = UnsafeBufferPointer(rebasing: text[position..<end])
            if let currency = CurrencyWords.currency(word, like: fallback) { return currency }
            position = end
        }
        return nil
    }

    /// `DR`, `Cr.`, `D`, `C`, `S`, `H` behind the digits: true for money that left.
    private static func side(_ word: UnsafeBufferPointer<UInt8>) -> Bool? {
        var letters = word
        if letters.last == UInt8(ascii: ".") { letters = UnsafeBufferPointer(rebasing: letters.dropLast()) }
        guard letters.count == 1 || letters.count == 2, let first = letters.first, let last = letters.last else {
            return nil
        }
        let second = letters.count == 2 ? last | 0x20 : 0
        switch (first | 0x20, second) {
        case (UInt8(ascii: "d"), UInt8(ascii: "r")), (UInt8(ascii: "d"), UInt8(ascii: "b")), (UInt8(ascii: "d"), 0),
            (UInt8(ascii: "s"), 0):
            return true
        case (UInt8(ascii: "c"), UInt8(ascii: "r")), (UInt8(ascii: "c"), 0), (UInt8(ascii: "h"), 0): return false
        default: return nil
        }
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- 97 < 26 || byte >= 0x80 || byte == UInt8(ascii: "$")
    }

    /// `Rs.`, `R$`, `S/`: a word of a currency may hold a sign, and end with a dot that is no decimal point.
    private static func wordEnd(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var position = start
        while position < text.count {
            let byte = text[position]
            if isWordByte(byte) {
                position += 1
            } else if position > start, byte == UInt8(ascii: ".") || byte == UInt8(ascii: "/") {
                position += 1
            } else {
                break
            }
        }
        return position
    }

    /// Signs and spaces outside ASCII, in UTF-8 and in the encodings of one byte.
    private static func special(
        _ text: UnsafeBufferPointer<UInt8>, at position: Int
    ) -> (length: Int, kind: Mark)? {
        func follows(_ second: UInt8, _ third: UInt8? = nil) -> Bool {
            guard position + 1 < text.count, text[position + 1] == second else { return false }
            guard let third else { return true }
            return position + 2 < text.count && text[position + 2] == third
        }
        switch text[position] {
        case 0xC2 where follows(0xA0): return (2, .space)
        case 0xC2 where follows(0xA3), 0xC2 where follows(0xA5), 0xC2 where follows(0xA4): return (2, .word)
        case 0xC2 where follows(0xB4): return (2, .space)  // ´ for the thousands
        case 0xD8 where follows(0x9C): return (2, .space)
        case 0xE2 where follows(0x80):
            guard position + 2 < text.count else { return nil }
            switch text[position + 2] {
            case 0x80...0x8F, 0x98, 0x99, 0xA8...0xAF: return (3, .space)  // spaces, quotes, directions of writing
            case 0x90...0x95: return (3, .minus)
            default: return nil
            }
        case 0xE2 where follows(0x81): return (3 <= text.count - position ? 3 : 2, .space)
        case 0xE2 where follows(0x82, 0xAC), 0xE2 where follows(0x82, 0xB9): return (3, .word)
        case 0xE2 where follows(0x88, 0x92), 0xE2 where follows(0x96, 0xB2), 0xE2 where follows(0x96, 0xB3):
            return (3, .minus)
        case 0xEF where follows(0xBC, 0x8D), 0xEF where follows(0xB9, 0xA3): return (3, .minus)
        case 0xEF where follows(0xBB, 0xBF), 0xE3 where follows(0x80, 0x80): return (3, .space)
        // In encodings of one byte. None of these begins a sequence of UTF-8.
        case 0x80, 0xA3, 0xA4, 0xA5: return (1, .word)
        case 0x96, 0x97: return (1, .minus)
        case 0xB4: return (1, .space)
        default: return nil
        }
    }
}
