/// Names and abbreviations of months in the languages that banks write.
enum MonthNames {
    /// Compared by their beginnings, folded to ASCII, so that one entry serves `mar`, `mars`, `marzo` and `március`. The
    /// longer beginnings come first: they tell apart what three letters cannot.
    private static let beginnings: [(StaticString, Int)] = [
        ("marras", 11), ("marrask", 11), ("cervene", 7), ("cervna", 6), ("cervnu", 6), ("cervenc", 7), ("cerven", 6),
        ("cerv", 6),
        ("cvc", 7),
        ("cvn", 6), ("juin", 6), ("juil", 7), ("lipanj", 6), ("lipnj", 6), ("rugp", 8), ("rugs", 9), ("szep", 9),
        ("jan", 1), ("jaan", 1), ("ian", 1), ("ene", 1), ("gen", 1), ("sty", 1), ("led", 1), ("tam", 1), ("oca", 1),
        ("sau", 1),
        ("sij", 1), ("feb", 2), ("fev", 2), ("fbr", 2), ("lut", 2), ("uno", 2), ("hel", 2), ("sub", 2), ("vas", 2),
        ("vel", 2),
        ("vee", 2), ("mar", 3), ("maa", 3), ("mrt", 3), ("mae", 3), ("mrz", 3), ("bre", 3), ("kov", 3), ("ozu", 3),
        ("apr", 4),
        ("avr", 4), ("abr", 4), ("kwi", 4), ("dub", 4), ("huh", 4), ("nis", 4), ("bal", 4), ("tra", 4), ("may", 5),
        ("mai", 5),
        ("mei", 5), ("maj", 5), ("mag", 5), ("kve", 5), ("tou", 5), ("geg", 5), ("svi", 5), ("jun", 6), ("giu", 6),
        ("cze", 6),
        ("kes", 6), ("haz", 6), ("bir", 6), ("iun", 6), ("jul", 7), ("lug", 7), ("lip", 7), ("hei", 7), ("tem", 7),
        ("lie", 7),
        ("iul", 7), ("aug", 8), ("aou", 8), ("ago", 8), ("agu", 8), ("avg", 8), ("sie", 8), ("srp", 8), ("elo", 8),
        ("kol", 8),
        ("sep", 9), ("set", 9), ("wrz", 9), ("zar", 9), ("syy", 9), ("eyl", 9), ("ruj", 9), ("oct", 10), ("okt", 10),
        ("ott", 10), ("out", 10), ("paz", 10), ("lok", 10), ("rij", 10), ("eki", 10), ("spa", 10), ("nov", 11),
        ("lis", 11),
        ("kas", 11), ("lap", 11), ("stu", 11), ("noi", 11), ("dec", 12), ("dez", 12), ("dic", 12), ("des", 12),
        ("gru", 12),
        ("pro", 12), ("jou", 12), ("ara", 12), ("det", 12),
    ]

    /// The same for letters beyond Latin ones: Russian, Ukrainian, Bulgarian and Greek.
    private static let others: [(String, Int)] = [
        ("янв", 1), ("яну", 1), ("січ", 1), ("фев", 2), ("лют", 2), ("мар", 3), ("бер", 3), ("апр", 4), ("кві", 4),
        ("май", 5),
        ("мая", 5), ("тра", 5), ("июн", 6), ("юни", 6), ("чер", 6), ("июл", 7), ("юли", 7), ("лип", 7), ("авг", 8),
        ("сер", 8),
        ("сен", 9), ("сеп", 9), ("вер", 9), ("окт", 10), ("жов", 10), ("ноя", 11), ("ное", 11), ("лис", 11),
        ("дек", 12),
        ("гру", 12), ("ιαν", 1), ("φεβ", 2), ("μαρ", 3), ("μάρ", 3), ("απρ", 4), ("μαϊ", 5), ("μαΐ", 5), ("μάι", 5),
        ("ιουν", 6),
        ("ιούν", 6), ("ιουλ", 7), ("ιούλ", 7), ("αυγ", 8), ("αύγ", 8), ("σεπ", 9), ("οκτ", 10), ("νοε", 11),
        ("νοέ", 11),
        ("δεκ", 12),
    ]

    static func month(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        guard bytes.count >= 3, bytes.count <= 24 else { return nil }
        if bytes[0] >= 0xCE, bytes[0] <= 0xD1, bytes[1] & 0xC0 == 0x80 {
            let name = String(decoding: bytes, as: UTF8.self).lowercased()
            return others.first { name.hasPrefix($0.0) }?.1
        }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 24) { folded in
            let count = fold(bytes, into: folded)
            guard count >= 3, count <= 14 else { return nil }
            for (beginning, month) in beginnings where starts(folded, count, with: beginning) { return month }
            return nil
        }
    }

    private static func starts(
        _ folded: UnsafeMutableBufferPointer<UInt8>, _ count: Int, with beginning: StaticString
    ) -> Bool {
        guard count >= beginning.utf8CodeUnitCount else { return false }
        for index in 0..<beginning.utf8CodeUnitCount where folded[index] != beginning.utf8Start[index] { return false }
        return true
    }

    /// Small ASCII letters of UTF-8 or Latin text.
    private static func fold(
        _ bytes: UnsafeBufferPointer<UInt8>, into folded: UnsafeMutableBufferPointer<UInt8>
    ) -> Int {
        var count = 0
        var position = 0
        let latin = SingleByteTables.foldedLatin
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte < 0x80 {
                folded[count] = byte | 0x20
            } else if byte >= 0xC3, byte <= 0xC5, position < bytes.count, bytes[position] & 0xC0 == 0x80 {
                let scalar = Int(byte & 0x1F) << 6 | Int(bytes[position] & 0x3F)
                position += 1
                folded[count] = latin.utf8Start[scalar - 0xC0]
            } else if byte >= 0xC0 {
                folded[count] = latin.utf8Start[Int(byte) - 0xC0]
            } else {
                continue
            }
            count += 1
        }
        return count
    }
}
