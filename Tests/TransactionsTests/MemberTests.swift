import Base
import Books
import Database
import HTTP
import JSON
import TestSupport
import Testing

@Suite(.tags(.rules)) struct `Among the members of a book` {
    private func refusal(_ body: () throws(Refusal) -> Void) -> String? {
        do throws(Refusal) { try body() } catch { return error.code }
        return nil
    }

    @Test func `only owners make, change or remove an owner, and the last one stays`() {
        let user = UserID.new()
        for role in BookRole.allCases {
            let member = Member(user: user, role: role)
            for new in BookRole.allCases {
                let changed = Member(user: user, role: new)
                let byAdmin = refusal { () throws(Refusal) in
                    try member.checkChange(to: changed, by: .admin, rights: BookRole.admin.permissions, owners: 2)
                }
                #expect(byAdmin == (role == .owner || new == .owner ? "OWNER_ONLY" : nil), "\(role) to \(new)")
                let last = refusal { () throws(Refusal) in
                    try member.checkChange(to: changed, by: .owner, rights: .everything, owners: 1)
                }
                #expect(last == (role == .owner && new != .owner ? "LAST_OWNER" : nil), "\(role) to \(new)")
            }
            func removal(_ actor: BookRole, isOneself: Bool, owners: Int) -> String? {
                refusal { () throws(Refusal) in
                    try member.checkRemoval(
                        by: actor, rights: actor.permissions, isOneself: isOneself, owners: owners)
                }
            }
            #expect(removal(.admin, isOneself: false, owners: 2) == (role == .owner ? "OWNER_ONLY" : nil))
            #expect(removal(role, isOneself: true, owners: 1) == (role == .owner ? "LAST_OWNER" : nil))
            #expect(
                removal(.member, isOneself: false, owners: 2)
                    == (role == .owner ? "OWNER_ONLY" : "INSUFFICIENT_PERMISSIONS"))
        }
    }
}

@Suite(.tags(.http), .books) struct `The members of a book` {
    private struct Cast {
        let ada, ben, max, vera, zoe: Person
    }

    /// Ada's household with an administrator, a member and a viewer; Zoe is elsewhere.
    private func cast(_ app: TestApp) async throws -> Cast {
        let home = try await app.household(try await app.ada)
        return Cast(
            ada: home, ben: try await app.add(try await app.person("ben"), to: home, as: .admin),
            max: try await app.add(try await app.person("max"), to: home, as: .member),
            vera: try await app.add(try await app.person("vera"), to: home, as: .viewer),
            zoe: try await app.person("zoe"))
    }

    private func path(_ cast: Cast, _ person: Person? = nil) -> String {
        "/books/\(cast.ada.book)/members" + (person.map { "/\($0.user)" } ?? "")
    }

    private func setRole(_ role: String, of person: Person, by actor: Person, _ cast: Cast) async throws -> Answer {
        try await actor.send("PATCH", path(cast, person), #"{"role":"\#(role)"}"#)
    }

    @Test func `are seen by each other, their addresses by who manages them`() async throws {
        try await TestApp.run { app in
            let cast = try await cast(app)
            let seen = try await cast.ben.get(path(cast))
            #expect(
                Set(seen.items.compactMap { $0["email"]?.string })
                    == ["ada@example.org", "ben@example.org", "max@example.org", "vera@example.org"])
            let names = try await cast.vera.get(path(cast)).items
            #expect(Set(names.compactMap { $0["name"]?.string }) == ["ada", "ben", "max", "vera"])
            #expect(names.allSatisfy { $0["email"] == .null })
            #expect(try await cast.zoe.get(path(cast)).status == 404)
            let first = try await cast.ada.get(path(cast) + "?limit=3")
            let rest = try await cast.ada.get(path(cast) + "?limit=3&cursor=\(first.nextCursor ?? "")")
            #expect(first.items.count == 3 && rest.items.count == 1 && rest.nextCursor == nil)
        }
    }

    @Test func `change by those who may, and the change holds at the next request`() async throws {
        try await TestApp.run { app in
            let cast = try await cast(app)
            #expect(try await cast.vera.post("/expenses", #"{"amount":1}"#).status == 403)
            #expect(try await setRole("member", of: cast.vera, by: cast.ben, cast).data.written("role") == "member")
            #expect(try await cast.vera.post("/expenses", #"{"amount":1}"#).status == 201)
            #expect(try await setRole("viewer", of: cast.vera, by: cast.max, cast).status == 403)
            #expect(try await setRole("viewer", of: cast.vera, by: cast.zoe, cast).status == 404)
            #expect(try await setRole("viewer", of: cast.ada, by: cast.ben, cast).code == "OWNER_ONLY")
            #expect(try await setRole("owner", of: cast.ben, by: cast.ben, cast).code == "OWNER_ONLY")
            #expect(try await setRole("viewer", of: cast.zoe, by: cast.ada, cast).status == 404)
            #expect(try await setRole("king", of: cast.max, by: cast.ada, cast).problems == ["role"])
            #expect(try await setRole("viewer", of: cast.ada, by: cast.ada, cast).code == "LAST_OWNER")
            let log = try await app.database.query(
                "SELECT old_values->>'role', new_values->>'role', actor_id::text FROM audit.log WHERE action = 'MEMBER_ROLE_CHANGED'"
            )
            #expect(try log.count == 1 && log[0].get(0, as: String.self) == "viewer")
            #expect(
                try log[0].get(1, as: String.self) == "member" && log[0].get(2, as: String.self) == "\(cast.ben.user)")
            #expect(
                try await app.count("SELECT count(*) FROM outbox WHERE name = 'household.member_changed'") == 1)
        }
    }

    @Test func `who are removed see nothing of the book from the answer on`() async throws {
        try await TestApp.run { app in
            let cast = try await cast(app)
            let entry = try await cast.max.post("/expenses", #"{"amount":1}"#).data.written("id") ?? ""
            let category = try await cast.max.get("/categories").items.first?.written("id") ?? ""
            #expect(try await cast.max.get("/expenses").status == 200)
            #expect(try await cast.vera.send("DELETE", path(cast, cast.max)).code == "INSUFFICIENT_PERMISSIONS")
            #expect(try await cast.ben.send("DELETE", path(cast, cast.ada)).code == "OWNER_ONLY")
            #expect(try await cast.ben.send("DELETE", path(cast, cast.max)).status == 204)
            for place in [
                "/expenses", "/expenses/\(entry)", "/entries?q=a", "/entries/search?q=a", "/entries/export",
                "/categories",
                "/categories/\(category)", "/rules", "/imports", "/payment-methods", "/analytics/dashboard", path(cast),
                "/books/\(cast.ada.book)",
            ] {
                #expect(try await cast.max.get(place).status == 404, "\(place)")
            }
            #expect(try await cast.ada.get("/expenses/\(entry)").status == 200, "the entry stays")
            #expect(try await cast.ben.send("DELETE", path(cast, cast.max)).status == 404)
            let own = Person(app: app, user: cast.max.user, book: cast.max.book, currency: .eur, otherBook: nil)
            #expect(try await own.get("/expenses").status == 200, "their own book stays theirs")
        }
    }

    @Test func `leave when they want, but for the last owner`() async throws {
        try await TestApp.run { app in
            let cast = try await cast(app)
            #expect(try await cast.vera.send("DELETE", path(cast, cast.vera)).status == 204)
            #expect(try await cast.vera.get("/expenses").status == 404)
            #expect(try await cast.ada.send("DELETE", path(cast, cast.ada)).code == "LAST_OWNER")
            #expect(try await setRole("owner", of: cast.max, by: cast.ada, cast).status == 200)
            #expect(try await cast.ada.send("DELETE", path(cast, cast.ada)).status == 204)
            #expect(try await cast.max.send("DELETE", path(cast, cast.max)).code == "LAST_OWNER")
            let own = Person(app: app, user: cast.ada.user, book: cast.ada.book, currency: .eur, otherBook: nil)
            let personal = try await own.get("/books").items.first?.written("id") ?? ""
            #expect(
                try await own.send("DELETE", "/books/\(personal)/members/\(own.user)").code == "PERSONAL_BOOK")
        }
    }

    @Test func `get the book from its owner, and of two at once one gets it`() async throws {
        try await TestApp.run { app in
            let cast = try await cast(app)
            let place = "/books/\(cast.ada.book)/transfer"
            func give(_ person: Person, by actor: Person) async throws -> Answer {
                try await actor.post(place, #"{"userId":"\#(person.user)"}"#)
            }
            #expect(try await give(cast.max, by: cast.ben).status == 403)
            #expect(try await give(cast.zoe, by: cast.ada).status == 404)
            #expect(try await give(cast.ada, by: cast.ada).problems == ["userId"])
            #expect(try await give(cast.max, by: cast.zoe).status == 404)
            let answers = try await [give(cast.max, by: cast.ada), give(cast.vera, by: cast.ada)]
            _ = answers
            async let first = give(cast.ben, by: cast.max)
            async let second = give(cast.ada, by: cast.max)
            let statuses = try await [first.status, second.status].sorted()
            #expect(answers.map(\.status) == [200, 403])
            #expect(statuses == [200, 403])
            #expect(
                try await app.count(
                    "SELECT count(*) FROM book_members WHERE book_id = \(cast.ada.book) AND role = 'owner'") == 1)
        }
    }

    @Test func `always have an owner, though two owners lower each other at once`() async throws {
        try await TestApp.run { app in
            let cast = try await cast(app)
            for _ in 0..<5 {
                _ = try await app.database.writer.query(
                    """
                    UPDATE book_members SET role = 'owner'
                    WHERE book_id = \(cast.ada.book) AND user_id IN (\(cast.ada.user), \(cast.ben.user))
                    """)
                app.directory.announceChange()
                async let first = setRole("member", of: cast.ben, by: cast.ada, cast)
                async let second = cast.ben.send("DELETE", path(cast, cast.ada))
                let statuses = try await [first.status, second.status]
                #expect(statuses.allSatisfy { [200, 204, 403, 404].contains($0) }, "\(statuses)")
                #expect(statuses.count { $0 < 300 } == 1, "\(statuses)")
                #expect(
                    try await app.count(
                        "SELECT count(*) FROM book_members WHERE book_id = \(cast.ada.book) AND role = 'owner'") == 1)
                _ = try await app.database.writer.query(
                    """
                    INSERT INTO book_members (book_id, user_id, role) VALUES (\(cast.ada.book), \(cast.ada.user), 'owner')
                    ON CONFLICT DO NOTHING
                    """)
            }
        }
    }

    @Test func `are removed once, though they leave in the same moment`() async throws {
        try await TestApp.run { app in
            let cast = try await cast(app)
            async let removed = cast.ada.send("DELETE", path(cast, cast.max))
            async let left = cast.max.send("DELETE", path(cast, cast.max))
            #expect(try await [removed.status, left.status].sorted() == [204, 404])
            #expect(
                try await app.count("SELECT count(*) FROM outbox WHERE name = 'household.member_removed'") == 1)
        }
    }
}
