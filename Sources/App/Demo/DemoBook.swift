import Base
import JSON

/// What the members of the demo's household have made by hand: categories, rules, payment methods, cash and corrections.
struct DemoBook: Sendable {
    let session: BookSession
    let today: CalendarDate

    // MARK: Before the first import

    /// Only what is missing: a start that was broken off is gone on with.
    func addBefore() async throws {
        for category in Self.categories {
            do { try await session.send("POST", "/categories", body: category) } catch let refusal as Refusal
                where refusal.code == "CATEGORY_EXISTS"
            {}
        }
        for method in Self.paymentMethods {
            do { try await session.send("POST", "/payment-methods", body: method) } catch let refusal as Refusal
                where refusal.code == "PAYMENT_METHOD_EXISTS"
            {}
        }
        let categories = try await CategoryNames(session)
        let known = try await RulesCommand.all(session).compactMap { $0["name"]?.string }
        for (index, rule) in Self.rules.enumerated() where !known.contains(rule["name"]?.string ?? "") {
            try await session.send("POST", "/rules", body: try RuleFile.local(rule, number: index + 1, categories))
        }
    }

    private static let categories: [JSONValue] = [
        category("Groceries", in: "food"), category("Eating out", in: "food"),
        category("Coffee", in: "eating-out", icon: "food"), category("Household goods", in: "housing"),
        category("Public transport", in: "transportation"), category("Car", in: "transportation"),
        category("Fuel", in: "car"),
        .object([("name", .string("Hobbies")), ("color", .string("#8f5bd1")), ("icon", .string("entertainment"))]),
        category("Cycling", in: "hobbies"), category("Photography", in: "hobbies"),
        .object([
            ("name", .string("Flea market")), ("isIncome", .bool(true)), ("color", .string("#c08a2b")),
            ("icon", .string("refund")),
        ]),
    ]

    private static func category(_ name: String, in parent: String, icon: String? = nil) -> JSONValue {
        .object(
            [("name", .string(name)), ("parentCategoryId", .string(parent))]
                + (icon.map { [("icon", JSONValue.string($0))] } ?? []))
    }

    private static let paymentMethods: [JSONValue] = [
        paymentMethod("Giro", "bank", isDefault: true), paymentMethod("Visa 4242", "card"),
        paymentMethod("Cash", "cash"),
        paymentMethod("PayPal", "wallet"),
    ]

    private static func paymentMethod(_ name: String, _ kind: String, isDefault: Bool = false) -> JSONValue {
        .object([("name", .string(name)), ("kind", .string(kind)), ("isDefault", .bool(isDefault))])
    }

    private static let rules: [JSONValue] = [
        rule(
            "Groceries", [["merchant", "contains", "rewe"], ["merchant", "contains", "lidl"]], any: true,
            ("category", .string("groceries")), ("paymentMethod", .string("Giro"))),
        rule(
            "Large drugstore baskets are half household",
            [["merchant", "contains", "dm drogerie"], ["amount", "atLeast", "25"]],
            (
                "split",
                .array([
                    .object([("category", .string("personal")), ("percent", .number(text: "60"))]),
                    .object([("category", .string("household-goods")), ("rest", .bool(true))]),
                ])
            )),
        rule(
            "Coffee", [["merchant", "startsWith", "café"]], ("category", .string("coffee")),
            ("addTags", .array([.string("coffee")]))),
        rule(
            "Restaurants", [["merchant", "contains", "pizzeria"], ["merchant", "contains", "bistro"]], any: true,
            ("category", .string("eating-out"))),
        rule(
            "Commute", [["merchant", "is", "BVG Transit"]], ("category", .string("public-transport")),
            ("merchantName", .string("BVG")), ("addTags", .array([.string("commute"), .string("monthly")]))),
        rule(
            "Fuel", [["merchant", "contains", "shell"]], ("category", .string("fuel")),
            ("addTags", .array([.string("car")]))),
        rule(
            "Card", [["account", "contains", "visa"]], ("paymentMethod", .string("Visa 4242"))),
        rule(
            "Gifts in December",
            [["merchant", "contains", "amazon"], ["date", "between", "2025-12-01", "2025-12-24"]],
            isEnabled: false, ("category", .string("gifts")), ("addTags", .array([.string("christmas")]))),
    ]

    private static func rule(
        _ name: String, _ conditions: [[String]], any: Bool = false, isEnabled: Bool = true,
        _ actions: (key: String, value: JSONValue)...
    ) -> JSONValue {
        let items = conditions.map { words in
            JSONValue.object(zip(["field", "op", "value", "value2"], words).map { ($0, .string($1)) })
        }
        return .object([
            ("name", .string(name)), ("isEnabled", .bool(isEnabled)),
            ("conditions", .object([("match", .string(any ? "any" : "all")), ("items", .array(items))])),
            ("actions", .object(actions)),
        ])
    }

    // MARK: By hand

    private struct HandWritten {
        let daysAgo: Int
        let merchant: String
        let amount: String
        let category: String
        var isIncome = false
        var description: String?
        var notes: String?
        var tags: [String] = []
        var method = "Cash"
        var status = "completed"
        var place: (name: String, latitude: String, longitude: String)?
        var isTrash = false

        init(
            _ daysAgo: Int, _ merchant: String, _ amount: String, _ category: String,
            _ change: (inout HandWritten) -> Void = { _ in }
        ) {
            self.daysAgo = daysAgo
            self.merchant = merchant
            self.amount = amount
            self.category = category
            change(&self)
        }
    }

    private static let market = (name: "Kollwitzplatz, Berlin", latitude: "52.5361", longitude: "13.4178")
    private static let handWritten: [HandWritten] = [
        HandWritten(0, "Wochenmarkt", "18.40", "groceries") {
            $0.place = market
            $0.tags = ["market"]
        },
        HandWritten(7, "Wochenmarkt", "23.15", "groceries") { $0.place = market },
        HandWritten(14, "Wochenmarkt", "21.70", "groceries") {
            $0.place = market
            $0.notes = "Apples and pears for the cake"
        },
        HandWritten(21, "Wochenmarkt", "16.90", "groceries") { $0.place = market },
        HandWritten(0, "Fahrradladen Speiche", "89.00", "cycling") {
            $0.status = "pending"
            $0.description = "Service and new brake pads"
            $0.notes = "Ready on Friday, ask for the old pads"
            $0.tags = ["bike"]
        },
        HandWritten(1, "Konzerthaus", "64.00", "entertainment") {
            $0.status = "pending"
            $0.method = "PayPal"
            $0.tags = ["with-mia"]
        },
        HandWritten(2, "Elternverein", "120.00", "other-income") {
            $0.isIncome = true
            $0.status = "pending"
            $0.description = "Refund of the deposit"
        },
        HandWritten(5, "Kameraverleih Linse", "45.00", "photography") {
            $0.status = "cancelled"
            $0.description = "Rented lens, trip was called off"
        },
        HandWritten(40, "Ferienhaus Müritz", "310.00", "travel") {
            $0.status = "cancelled"
            $0.notes = "Cancelled in time, nothing was charged"
            $0.method = "Visa 4242"
        },
        HandWritten(9, "Taxi Berlin", "27.80", "transportation") {
            $0.tags = ["late"]
            $0.place = (name: "Berlin Hbf", latitude: "52.5251", longitude: "13.3694")
        },
        HandWritten(12, "Trinkgeld", "10.00", "miscellaneous"),
        HandWritten(17, "居酒屋 さくら", "58.50", "eating-out") {
            $0.description = "Dinner with Aiko"
            $0.tags = ["with-aiko"]
            $0.place = (name: "東京食堂, Berlin", latitude: "52.5018", longitude: "13.3206")
        },
        HandWritten(26, "Flohmarkt Mauerpark", "74.00", "flea-market") {
            $0.isIncome = true
            $0.description = "Old books and a lamp"
            $0.place = (name: "Mauerpark, Berlin", latitude: "52.5417", longitude: "13.4025")
        },
        HandWritten(33, "Oma Elisabeth", "50.00", "other-income") {
            $0.isIncome = true
            $0.notes = "For the birthday"
            $0.tags = ["birthday"]
        },
        HandWritten(61, "Quittungsheft Müller & Söhne", "7.90", "miscellaneous"),
        HandWritten(75, "Hofladen Brandt", "32.60", "groceries") { $0.tags = ["market", "trip"] },
        HandWritten(120, "Fotobörse", "215.00", "photography") {
            $0.description = "Used 35 mm lens"
            $0.tags = ["second-hand"]
        },
        HandWritten(200, "Campingplatz am See", "68.00", "travel") {
            $0.tags = ["holiday", "trip"]
            $0.place = (name: "Stechlinsee", latitude: "53.1500", longitude: "13.0270")
        },
        HandWritten(3, "Test", "1.00", "miscellaneous") { $0.isTrash = true },
        HandWritten(8, "Wochenmarkt", "23.15", "groceries") {
            $0.isTrash = true
            $0.notes = "Entered twice"
        },
        HandWritten(50, "Bargeld", "100.00", "miscellaneous") { $0.isTrash = true },
    ]

    func addByHand() async throws {
        // It has been done, and the start was broken off behind it.
        guard try await session.get("/entries", [("merchant", "Fotobörse"), ("limit", "1")]).array?.isEmpty != false
        else {
            return
        }
        // The same coffee as on the statement: somebody has written it down as well.
        var all = Self.handWritten
        if let coffee = try await session.get("/expenses", [("merchant", "Café Lumen"), ("limit", "1")]).array?.first,
            let day = coffee["transactionDate"]?.string.flatMap({ CalendarDate(iso: $0) }),
            let amount = coffee["amount"]?.numberText, let name = coffee["merchantName"]?.string
        {
            all.append(HandWritten(today.days(since: day), name, amount, "coffee"))
        }
        let answer = try await session.send(
            "POST", "/entries/bulk", body: .object([("items", .array(all.map(item))), ("atomic", .bool(true))]))
        let ids = (answer["results"]?.array ?? []).map { $0["id"] ?? .null }
        let trash = zip(all, ids).filter { $0.0.isTrash }.map(\.1)
        try await session.send("DELETE", "/entries/bulk", body: .object([("ids", .array(trash))]))
        try await correct(
            "IKEA", [("categoryId", .string("household-goods")), ("notes", .string("Shelf for the hall"))])
        try await correct("Deutsche Bahn", [("tags", .array([.string("trip"), .string("with-mia")]))])
        try await correct(
            "Zahnarzt",
            [("notes", .string("Half of it comes back from the insurance")), ("tags", .array([.string("reclaim")]))])
    }

    private func item(_ entry: HandWritten) -> JSONValue {
        var members: [(key: String, value: JSONValue)] = [
            ("type", .string(entry.isIncome ? "income" : "expense")),
            ("transactionDate", .string(today.adding(days: -entry.daysAgo).description)),
            ("merchantName", .string(entry.merchant)), ("amount", .string(entry.amount)),
            ("categoryId", .string(entry.category)), ("status", .string(entry.status)),
            ("paymentMethod", .string(entry.method)), ("tags", .array(entry.tags.map(JSONValue.string))),
        ]
        if let description = entry.description { members.append(("description", .string(description))) }
        if let notes = entry.notes { members.append(("notes", .string(notes))) }
        if let place = entry.place {
            members.append(
                (
                    "location",
                    .object([
                        ("name", .string(place.name)), ("latitude", .string(place.latitude)),
                        ("longitude", .string(place.longitude)),
                    ])
                ))
        }
        return .object(members)
    }

    /// Changes the latest entry of a merchant, so that it has a history.
    private func correct(_ merchant: String, _ changes: [(key: String, value: JSONValue)]) async throws {
        let latest = try await session.get("/expenses", [("merchant", merchant), ("limit", "1")]).array?.first
        guard let latest, let id = latest["id"]?.string else { return }
        try await session.send(
            "PUT", "/expenses/\(id)", body: .object(changes + [("version", latest["version"] ?? .null)]))
    }
}
