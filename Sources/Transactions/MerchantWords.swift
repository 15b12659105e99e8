/// Words in a payee's name that tell the category, for a book that has no history yet. What the members of a book
/// have decided for a merchant always goes before.
enum MerchantWords {
    /// Compared with whole words; case and accents do not matter.
    private static let words: [(slug: String, words: [String])] = [
        (
            "food",
            [
                "supermarket", "supermarkt", "grocery", "groceries", "lidl", "aldi", "rewe", "edeka", "penny", "netto",
                "kaufland",
                "tesco", "sainsbury", "sainsburys", "asda", "morrisons", "waitrose", "carrefour", "auchan", "leclerc",
                "intermarche",
                "mercadona", "albert", "heijn", "jumbo", "colruyt", "delhaize", "coop", "migros", "spar", "billa",
                "hofer", "walmart",
                "kroger", "safeway", "costco", "publix", "whole", "trader", "restaurant", "cafe", "café", "coffee",
                "starbucks",
                "mcdonalds", "mcdonald", "burger", "pizza", "pizzeria", "subway", "kfc", "bakery", "bäckerei",
                "boulangerie",
                "deliveroo", "doordash", "lieferando", "swiggy", "zomato", "bigbasket", "bistro", "food", "deli",
                "sushi",
            ]
        ),
        (
            "transportation",
            [
                "uber", "lyft", "taxi", "fuel", "petrol", "shell", "esso", "aral", "bp", "total", "chevron", "exxon",
                "texaco", "gas station",
                "tankstelle", "parking", "parkhaus", "bahn", "db", "sncf", "ns", "sbb", "oebb", "railway", "irctc",
                "metro", "tfl", "bvg",
                "transit", "bus", "train", "toll", "garage", "ola",
            ]
        ),
        (
            "housing",
            ["rent", "miete", "mortgage", "landlord", "hausverwaltung", "loyer", "hypothek", "ikea", "alquiler"]
        ),
        (
            "utilities",
            [
                "electric", "electricity", "strom", "stadtwerke", "water", "gas", "energy", "edf", "engie",
                "vattenfall", "eon", "telekom",
                "vodafone", "o2", "orange", "verizon", "comcast", "internet", "broadband", "mobile", "airtel", "jio",
                "utilities", "utility",
                "telefonica", "swisscom", "kpn", "rundfunk",
            ]
        ),
        (
            "healthcare",
            [
                "pharmacy", "apotheke", "pharmacie", "doctor", "dentist", "hospital", "clinic", "arzt", "zahnarzt",
                "cvs", "walgreens", "boots", "optician",
            ]
        ),
        (
            "entertainment",
            [
                "cinema", "kino", "theatre", "theater", "museum", "concert", "ticketmaster", "steam", "playstation",
                "nintendo", "bowling",
            ]
        ),
        (
            "subscriptions",
            [
                "netflix", "spotify", "disney", "hulu", "youtube", "icloud", "patreon", "audible", "adobe", "microsoft",
                "github", "subscription", "abo",
            ]
        ),
        (
            "shopping",
            [
                "amazon", "ebay", "zalando", "etsy", "target", "best", "mediamarkt", "saturn", "decathlon", "primark",
                "zara", "uniqlo", "flipkart", "myntra", "otto", "argos", "amzn",
            ]
        ),
        (
            "travel",
            [
                "hotel", "airbnb", "booking", "expedia", "airlines", "airline", "lufthansa", "ryanair", "easyjet",
                "klm", "hostel", "flight",
            ]
        ),
        (
            "education",
            ["school", "university", "universität", "tuition", "course", "udemy", "coursera", "college", "kita"]
        ),
        ("personal", ["hairdresser", "friseur", "barber", "gym", "fitness", "salon", "spa", "rossmann", "dm"]),
        ("gifts", ["donation", "spende", "charity", "unicef", "gift"]),
        ("insurance", ["insurance", "versicherung", "allianz", "axa", "huk", "assurance", "krankenkasse"]),
        ("fees", ["fee", "fees", "gebühr", "gebühren", "charge", "kontoführung", "entgelt", "commission"]),
        ("taxes", ["tax", "taxes", "finanzamt", "irs", "hmrc", "steuer", "impots"]),
    ]

    private static let incomeWords: [(slug: String, words: [String])] = [
        (
            "salary",
            ["salary", "payroll", "gehalt", "lohn", "wages", "salaire", "nomina", "stipendio", "salaris", "loon"]
        ),
        ("interest", ["interest", "dividend", "zinsen", "zins", "dividende", "interets", "rente"]),
        ("refund", ["refund", "erstattung", "gutschrift", "remboursement", "reversal", "cashback"]),
        ("rental", ["rent", "miete", "mieteinnahme"]),
        ("business", ["invoice", "rechnung", "stripe", "paypal payout"]),
    ]

    private static let expenseIndex = Index(words)
    private static let incomeIndex = Index(incomeWords)

    private struct Index: Sendable {
        let matcher: PatternMatcher
        let slugs: [String]

        init(_ lists: [(slug: String, words: [String])]) {
            var patterns: [[UInt8]] = []
            var slugs: [String] = []
            var seen: Set<[UInt8]> = []
            for (slug, words) in lists {
                for word in words {
                    let folded = FoldedText(word).bytes
                    guard seen.insert(folded).inserted else { continue }
                    patterns.append(folded)
                    slugs.append(slug)
                }
            }
            matcher = PatternMatcher(patterns)
            self.slugs = slugs
        }

        /// The first whole word that tells; of two that begin together, the longer one.
        func slug(in text: [UInt8]) -> String? {
            var best: (start: Int, end: Int, pattern: Int)?
            matcher.scan(text) { pattern, end in
                let start = end - matcher.lengths[pattern]
                if start > 0, Self.isWord(text[start - 1]) { return }
                if end < text.count, Self.isWord(text[end]) { return }
                if let best, best.start < start || best.start == start && best.end >= end { return }
                best = (start, end, pattern)
            }
            return best.map { slugs[$0.pattern] }
        }

        /// Letters and digits; any letter that is not ASCII has only bytes from 0x80.
        private static func isWord(_ byte: UInt8) -> Bool {
            byte >= 0x80 || byte &- 48 < 10 || byte &- 97 < 26
        }
    }

    /// The category that the first telling word belongs to; nil when no word tells.
    static func slug(for merchant: FoldedText, _ description: FoldedText, kind: Entry.Kind) -> String? {
        let index = kind == .expense ? expenseIndex : incomeIndex
        return index.slug(in: merchant.bytes) ?? index.slug(in: description.bytes)
    }

    static func slug(for merchant: String?, _ description: String?, kind: Entry.Kind) -> String? {
        slug(for: FoldedText(merchant), FoldedText(description), kind: kind)
    }
}
