/// What may stand in a date beside its numbers and its month: the day of the week, `1st`, `31 de marzo`, `年`.
enum DateWords {
    private static let weekdays: Set<String> = [
        "mon", "tue", "tues", "wed", "thu", "thur", "thurs", "fri", "sat", "sun", "monday", "tuesday", "wednesday",
        "thursday",
        "friday", "saturday", "sunday", "mo", "di", "mi", "do", "fr", "sa", "so", "montag", "dienstag", "mittwoch",
        "donnerstag", "freitag", "samstag", "sonntag", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi",
        "dimanche", "lun", "mie", "jue", "vie", "sab", "dom", "lunes", "martes", "jueves", "viernes", "domingo", "ma",
        "wo",
        "vr", "za", "zo", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag",
    ]

    /// How many bytes of the beginning are a weekday with what follows it.
    static func weekday(_ text: UnsafeBufferPointer<UInt8>) -> Int {
        guard let first = text.first, (first | 0x20) &- 97 < 26 else { return 0 }
        var position = 0
        while position < text.count, (text[position] | 0x20) &- 97 < 26 { position += 1 }
        guard position <= 10, position < text.count else { return 0 }
        let word = String(decoding: text[..<position], as: UTF8.self).lowercased()
        guard weekdays.contains(word) else { return 0 }
        let end = position
        while position < text.count, text[position] == 0x20 || text[position] == 0x2C || text[position] == 0x2E {
            position += 1
        }
        return position > end ? position : 0
    }

    /// Past `st`, `nd`, `rd`, `th` and `er` right behind a number.
    static func ordinal(_ text: UnsafeBufferPointer<UInt8>, at position: Int) -> Int {
        guard position + 2 < text.count, !((text[position + 2] | 0x20) &- 97 < 26) else { return position }
        switch (text[position] | 0x20, text[position + 1] | 0x20) {
        case (UInt8(ascii: "s"), UInt8(ascii: "t")), (UInt8(ascii: "n"), UInt8(ascii: "d")),
            (UInt8(ascii: "r"), UInt8(ascii: "d")), (UInt8(ascii: "t"), UInt8(ascii: "h")),
            (UInt8(ascii: "e"), UInt8(ascii: "r")):
            return position + 2
        default: return position
        }
    }

    /// Past `de ` and `of `.
    static func preposition(_ text: UnsafeBufferPointer<UInt8>, at position: Int) -> Int {
        guard position + 3 < text.count, text[position + 2] == 0x20 else { return position }
        switch (text[position] | 0x20, text[position + 1] | 0x20) {
        case (UInt8(ascii: "d"), UInt8(ascii: "e")), (UInt8(ascii: "o"), UInt8(ascii: "f")),
            (UInt8(ascii: "m"), UInt8(ascii: ".")):
            return position + 3
        default: return position
        }
    }

    /// `r.`, `г.` and `d.`, which Poles, Russians and Lithuanians put behind a date.
    static func isYearWord(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let word = text.trimmed()
        return ["r.", "r", "d.", "d", "г.", "г"].contains { word.elementsEqual($0.utf8) }
    }

    /// 年, 月, 日 and 년, 월, 일, of three bytes each.
    static func isCalendarSign(_ text: UnsafeBufferPointer<UInt8>, at position: Int) -> Bool {
        guard position + 2 < text.count, text[position] >= 0xE5 else { return false }
        switch (text[position], text[position + 1], text[position + 2]) {
        case (0xE5, 0xB9, 0xB4), (0xE6, 0x9C, 0x88), (0xE6, 0x97, 0xA5), (0xEB, 0x85, 0x84), (0xEC, 0x9B, 0x94),
            (0xEC, 0x9D, 0xBC):
            return true
        default: return false
        }
    }

    /// 令和: the years of the present emperor of Japan.
    static func isReiwa(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        text.count > 6 && text.prefix(6).elementsEqual([0xE4, 0xBB, 0xA4, 0xE5, 0x92, 0x8C])
    }
}
