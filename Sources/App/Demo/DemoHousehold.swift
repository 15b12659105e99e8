import Base
import Books
import Identity
import JSON

/// What Dana shares: a flat with Kim, and an association with departments. Made the way of people: by invitations, and
/// each entry by whoever records it.
struct DemoHousehold: Sendable {
    let backend: Backend
    let dana: UserID
    let kim: UserID
    let today: CalendarDate

    static let kimEmail = "kim@purser.example"
    private static let guest = "robin@purser.example"
    /// Written last: who has it needs nothing more.
    private static let bio = "Has the room with the balcony. Mends the bikes."

    /// Only what is missing: a start that was broken off is gone on with.
    func add() async throws {
        let (danas, kims) = (try await session(of: dana), try await session(of: kim))
        guard try await kims.get("/users/me")["bio"]?.string == nil else { return }
        let flat = try await open("Our flat", "household", "What we spend together", danas)
        try await join(flat, as: #""role":"viewer""#)
        try await danas.send("PATCH", "/books/\(flat)/members/\(kim)", body: .parse(#"{"role":"member"}"#))
        try await addEntries(to: flat)
        let club = try await open("Kiezgarten e. V.", "organization", "The garden behind the station", danas)
        try await join(club, as: try await placeInClub(club))
        try await addClubEntries(to: club)
        try await inviteGuest(to: flat)
        try await kims.send("PUT", "/users/me", body: .object([("bio", .string(Self.bio))]))
    }

    // MARK: Books and people

    private func session(of user: UserID, in book: String? = nil) async throws -> BookSession {
        let id = book.flatMap { BookID($0) }
        guard let summary = try await BookStore(backend.database).book(id, for: user) else {
            throw Refusal.notFound("book")
        }
        return BookSession(backend, user: user, book: summary.book)
    }

    private func open(_ name: String, _ kind: String, _ text: String, _ session: BookSession) async throws -> String {
        let known = try await session.get("/books").array ?? []
        if let id = known.first(where: { $0["name"]?.string == name })?["id"]?.string { return id }
        let made = try await session.send(
            "POST", "/books",
            body: .object([
                ("name", .string(name)), ("kind", .string(kind)), ("description", .string(text)),
                ("currency", .string(session.book.currency.code)), ("timeZone", .string(session.book.timeZone)),
            ]))
        guard let id = made["id"]?.string else { throw Refusal.notFound("book") }
        return id
    }

    /// - Parameter place: members of the invitation's body.
    private func join(_ book: String, as place: String) async throws {
        let danas = try await session(of: dana, in: book)
        let members = try await danas.get("/books/\(book)/members").array ?? []
        if members.contains(where: { $0["userId"]?.string == kim.description }) { return }
        let open = try await danas.get("/books/\(book)/invitations").array ?? []
        var invitation = open.first { $0["email"]?.string == Self.kimEmail }
        if invitation == nil {
            invitation = try await danas.send(
                "POST", "/books/\(book)/invitations", body: .parse(#"{"email":"\#(Self.kimEmail)",\#(place)}"#))
        }
        try await session(of: kim).send(
            "POST", "/invitations/\(invitation?["id"]?.string ?? "")/accept", body: .object([]))
    }

    private func inviteGuest(to book: String) async throws {
        let danas = try await session(of: dana, in: book)
        do {
            try await danas.send(
                "POST", "/books/\(book)/invitations", body: .parse(#"{"email":"\#(Self.guest)","role":"viewer"}"#))
        } catch let refusal as Refusal where refusal.code == "INVITED" {}
    }

    /// A department and a role of the association's own, for Kim.
    private func placeInClub(_ club: String) async throws -> String {
        let danas = try await session(of: dana, in: club)
        for name in ["Beds and tools", "Festivals"] {
            do { try await danas.send("POST", "/departments", body: .object([("name", .string(name))])) } catch let
                refusal as Refusal where refusal.code == "DUPLICATE_KEY"
            {}
        }
        do {
            try await danas.send(
                "POST", "/roles",
                body: .parse(
                    #"{"name":"Treasurer","permissions":["book:view","member:view","entry:view","entry:create","entry:edit","import:run","category:manage","activity:view","audit:read","report:view","report:generate"]}"#
                ))
        } catch let refusal as Refusal where refusal.code == "DUPLICATE_KEY" {}
        func id(_ path: String, _ name: String) async throws -> String {
            try await danas.get(path).array?.first { $0["name"]?.string == name }?["id"]?.string ?? ""
        }
        let (role, department) = (try await id("/roles", "Treasurer"), try await id("/departments", "Beds and tools"))
        return #""roleId":"\#(role)","departmentId":"\#(department)","title":"Treasurer""#
    }

    // MARK: Entries

    private struct Line: Sendable {
        let daysAgo: Int
        let merchant: String
        /// In cents.
        let amount: Int
        let category: String
        var isIncome = false
        var notes: String?
        var isPending = false
    }

    private func record(_ lines: [Line], _ session: BookSession) async throws {
        let items = lines.map { line in
            var members: [(key: String, value: JSONValue)] = [
                ("type", .string(line.isIncome ? "income" : "expense")),
                ("transactionDate", .string(today.adding(days: -line.daysAgo).description)),
                ("merchantName", .string(line.merchant)), ("categoryId", .string(line.category)),
                ("amount", .string(Money(minorUnits: Int64(line.amount), currency: session.book.currency).decimalText)),
                ("status", .string(line.isPending ? "pending" : "completed")),
            ]
            if let notes = line.notes { members.append(("notes", .string(notes))) }
            return JSONValue.object(members)
        }
        try await session.send(
            "POST", "/entries/bulk", body: .object([("items", .array(items)), ("atomic", .bool(true))]))
    }

    private func addEntries(to flat: String) async throws {
        let (danas, kims) = (try await session(of: dana, in: flat), try await session(of: kim, in: flat))
        guard try await danas.get("/entries", [("limit", "1")]).array?.isEmpty != false else { return }
        var (ofDana, ofKim): ([Line], [Line]) = ([], [])
        for month in 0..<4 {
            let day = month * 30
            ofDana.append(Line(daysAgo: day + 4, merchant: "Hausverwaltung Nord", amount: 98_000, category: "housing"))
            ofKim.append(Line(daysAgo: day + 6, merchant: "Stadtwerke", amount: 7_400, category: "utilities"))
            ofKim.append(Line(daysAgo: day + 9, merchant: "Glasfaser Berlin", amount: 3_990, category: "utilities"))
        }
        for week in 0..<16 {
            let line = Line(
                daysAgo: week * 7 + 2, merchant: ["REWE", "Lidl", "Wochenmarkt"][week % 3],
                amount: 3_120 + week * 731 % 2_900, category: "food")
            if week.isMultiple(of: 2) { ofKim.append(line) } else { ofDana.append(line) }
        }
        ofKim += [
            Line(
                daysAgo: 1, merchant: "Pizzeria Da Gino", amount: 4_350, category: "food", notes: "Because of the paint"
            ),
            Line(
                daysAgo: 12, merchant: "Baumarkt Spree", amount: 8_795, category: "housing", notes: "Paint and rollers"),
            Line(daysAgo: 20, merchant: "Waschmaschine, gebraucht", amount: 18_000, category: "shopping"),
            Line(daysAgo: 33, merchant: "Flohmarkt Mauerpark", amount: 4_500, category: "other-income", isIncome: true),
            Line(daysAgo: 0, merchant: "Fahrradkeller", amount: 1_000, category: "miscellaneous"),
        ]
        ofDana += [
            Line(daysAgo: 3, merchant: "Schlüsseldienst", amount: 6_900, category: "housing", isPending: true),
            Line(daysAgo: 26, merchant: "Hausratversicherung", amount: 8_412, category: "insurance"),
        ]
        try await record(ofDana, danas)
        try await record(ofKim, kims)
        // Something to look at in the history, the activity and the audit log.
        try await change("Waschmaschine, gebraucht", #""amount":"165.00","notes":"Haggled""#, danas)
        try await change("Stadtwerke", #""notes":"The new rate""#, kims)
        if let bikes = try await latest("Fahrradkeller", kims)?["id"]?.string {
            try await kims.send("DELETE", "/expenses/\(bikes)")
        }
    }

    private func addClubEntries(to club: String) async throws {
        let (danas, kims) = (try await session(of: dana, in: club), try await session(of: kim, in: club))
        guard try await danas.get("/entries", [("limit", "1")]).array?.isEmpty != false else { return }
        try await record(
            [
                Line(
                    daysAgo: 40, merchant: "Bezirksamt", amount: 120_000, category: "other-income", isIncome: true,
                    notes: "Grant"),
                Line(daysAgo: 31, merchant: "Saatgut Reinsaat", amount: 18_640, category: "shopping"),
                Line(daysAgo: 8, merchant: "Versicherung für Vereine", amount: 9_600, category: "insurance"),
            ], danas)
        try await record(
            [
                Line(
                    daysAgo: 22, merchant: "Gartenbedarf Löwe", amount: 23_990, category: "shopping",
                    notes: "Two wheelbarrows"),
                Line(daysAgo: 15, merchant: "Sommerfest", amount: 31_250, category: "other-income", isIncome: true),
                Line(daysAgo: 5, merchant: "Wasserbetriebe", amount: 6_415, category: "utilities"),
            ], kims)
    }

    private func latest(_ merchant: String, _ session: BookSession) async throws -> JSONValue? {
        try await session.get("/expenses", [("merchant", merchant), ("limit", "1")]).array?.first
    }

    private func change(_ merchant: String, _ members: String, _ session: BookSession) async throws {
        guard let entry = try await latest(merchant, session), let id = entry["id"]?.string,
            let version = entry["version"]?.int
        else { return }
        try await session.send("PUT", "/expenses/\(id)", body: .parse("{\(members),\"version\":\(version)}"))
    }
}
