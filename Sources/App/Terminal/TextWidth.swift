/// How many columns of a terminal a text takes.
enum TextWidth {
    /// Wide letters (Chinese, Japanese, Korean, most emoji) take two; marks that are set upon another letter none.
    static func of(_ text: some StringProtocol) -> Int {
        var width = 0
        for character in text { width += Self.of(character) }
        return width
    }

    static func of(_ character: Character) -> Int {
        guard let first = character.unicodeScalars.first else { return 0 }
        if first.value < 0x300 { return 1 }
        // A letter with the emoji sign behind it is shown as a picture.
        if character.unicodeScalars.contains(where: { $0.value == 0xFE0F }) { return 2 }
        switch first.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: return wide.contains { $0.contains(first.value) } ? 2 : 1
        }
    }

    /// The blocks of East Asian Wide and Fullwidth letters (Unicode Annex 11), and of pictures.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x231A...0x231B, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
        0xA000...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
        0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x1FA70...0x1FAFF,
        0x20000...0x3FFFD,
    ]

    /// Cut so that it takes at most so many columns; a cut is shown.
    static func fit(_ text: String, _ width: Int) -> String {
        guard of(text) > width else { return text }
        var cut = ""
        var taken = 0
        for character in text {
            let own = of(character)
            if taken + own > width - 1 { break }
            cut.append(character)
            taken += own
        }
        return cut + "…"
    }
}
