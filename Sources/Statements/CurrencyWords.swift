import Base

/// Currencies as statements name them: codes in either case, signs, and local names.
enum CurrencyWords {
    /// The currency of a cell that holds nothing else.
    static func currency(_ bytes: UnsafeBufferPointer<UInt8>) -> Currency? {
        let word = bytes.trimmed()
        if let known = code(word) { return known }
        guard let name = name(word), name != "$" else { return word.elementsEqual("$".utf8) ? .usd : nil }
        return names[name].flatMap { Currency($0) }
    }

    /// The same for what stands beside an amount, where a sign can be that of several currencies.
    ///
    /// - Parameter fallback: meant where it has this sign.
    static func currency(_ word: UnsafeBufferPointer<UInt8>, like fallback: Currency) -> Currency? {
        if let known = code(word) { return known }
        guard let name = name(word) else { return nil }
        if let several = shared[name] {
            return several.contains(fallback.code) ? fallback : several.first.flatMap { Currency($0) }
        }
        return names[name].flatMap { Currency($0) }
    }

    static func isCurrency(_ word: UnsafeBufferPointer<UInt8>) -> Bool {
        if code(word) != nil { return true }
        guard let name = name(word) else { return false }
        return names[name] != nil || shared[name] != nil || others.contains(name)
    }

    private static func code(_ word: UnsafeBufferPointer<UInt8>) -> Currency? {
        guard word.count == 3 else { return nil }
        guard let currency = Currency(capital(word[0]), capital(word[1]), capital(word[2])) else { return nil }
        return currency.code == "RUR" ? Currency("RUB") : currency
    }

    /// In small letters, without marks of direction and dots at the end.
    private static func name(_ word: UnsafeBufferPointer<UInt8>) -> String? {
        guard !word.isEmpty, word.count <= 24 else { return nil }
        if word.count == 1, let sign = singleByteSigns[word[0]] { return sign }
        if word.count == 2, word[0] | 0x20 == UInt8(ascii: "k"), word[1] == 0xE8 { return "kč" }
        if word.count == 2, word[0] | 0x20 == UInt8(ascii: "z"), word[1] == 0xB3 { return "zł" }
        var name = String(decoding: word, as: UTF8.self).lowercased()
        name.unicodeScalars.removeAll {
            (0x2000...0x200F).contains($0.value) || (0x202A...0x202F).contains($0.value) || $0.value == 0xA0
                || (0x2066...0x2069).contains($0.value) || $0.value == 0xFEFF || $0.value == 0x61C
        }
        while name.last == "." { name.removeLast() }
        return name.isEmpty ? nil : name
    }

    private static let singleByteSigns: [UInt8: String] = [0x80: "€", 0xA3: "£", 0xA4: "¤", 0xA5: "¥"]

    private static let names: [String: String] = [
        "€": "EUR", "euro": "EUR", "euros": "EUR", "£": "GBP", "us$": "USD", "$us": "USD", "a$": "AUD", "au$": "AUD",
        "c$": "CAD", "ca$": "CAD", "nz$": "NZD", "hk$": "HKD", "s$": "SGD", "sg$": "SGD", "nt$": "TWD", "r$": "BRL",
        "mx$": "MXN", "円": "JPY", "元": "CNY", "₩": "KRW", "원": "KRW", "₹": "INR", "rs": "INR", "₽": "RUB", "руб": "RUB",
        "р": "RUB", "₴": "UAH", "грн": "UAH", "₺": "TRY", "tl": "TRY", "₪": "ILS", "zł": "PLN", "zl": "PLN",
        "kč": "CZK",
        "kc": "CZK", "ft": "HUF", "lei": "RON", "leu": "RON", "лв": "BGN", "lv": "BGN", "kn": "HRK", "din": "RSD",
        "дин": "RSD", "fr": "CHF", "sfr": "CHF", "฿": "THB", "₫": "VND", "đ": "VND", "₱": "PHP", "₦": "NGN",
        "ksh": "KES",
        "rm": "MYR", "rp": "IDR", "s/": "PEN", "₡": "CRC", "₲": "PYG", "₼": "AZN", "₸": "KZT", "₾": "GEL", "֏": "AMD",
        "د.ا": "JOD", "د.إ": "AED", "ر.س": "SAR", "ج.م": "EGP", "د.ك": "KWD", "د.ت": "TND", "د.م": "MAD", "د.ب": "BHD",
        "ر.ق": "QAR", "ر.ع": "OMR", "ש\"ח": "ILS", "r": "ZAR", "bs": "BOB", "q": "GTQ",
    ]

    /// The first one is meant where nothing else tells.
    private static let shared: [String: [String]] = [
        "$": [
            "USD", "CAD", "AUD", "NZD", "HKD", "SGD", "MXN", "ARS", "CLP", "COP", "TWD", "UYU", "BBD", "BMD", "BSD",
            "BZD",
            "FJD", "GYD", "JMD", "KYD", "LRD", "NAD", "SBD", "SRD", "TTD", "XCD", "DOP", "BND",
        ],
        "¥": ["JPY", "CNY"], "￥": ["JPY", "CNY"], "£": ["GBP", "EGP", "LBP", "GIP", "FKP", "SHP"],
    ]

    /// Signs that tell a currency only together with a country.
    private static let others: Set<String> = ["¤", "kr", "₵", "gh₵", "$", "l", "b/"]

    private static func capital(_ byte: UInt8) -> UInt8 { byte &- 97 < 26 ? byte - 32 : byte }
}
