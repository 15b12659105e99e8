/// Words in a payee's name that tell the category, for a book that has no history yet. What the members of a book
/// have decided for a merchant always goes before.
enum MerchantWords {
    /// Compared with whole words, in lower case.
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

    private static let expenseIndex = index(words)
    private static let incomeIndex = index(incomeWords)

    private static func index(_ lists: [(slug: String, words: [String])]) -> [String: String] {
        var index: [String: String] = [:]
        for (slug, words) in lists { for word in words where index[word] == nil { index[word] = slug } }
        return index
    }

    /// The category that the first telling word belongs to; nil when no word tells.
    static func slug(for merchant: String?, _ description: String?, kind: Entry.Kind) -> String? {
        let index = kind == .expense ? expenseIndex : incomeIndex
        for text in [merchant, description] {
            guard let text else { continue }
            for word in text.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
                if let slug = index[String(word)] { return slug }
            }
        }
        return nil
    }
}
