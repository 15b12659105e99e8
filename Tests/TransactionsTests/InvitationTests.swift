import Base
import Books
import Database
import HTTP
import JSON
import Outbound
import TestSupport
import Testing

@Suite(.tags(.http), .books) struct `An invitation` {
    private func invite(
        _ email: String, to home: Person, by actor: Person? = nil, role: String = "member"
    ) async throws -> Answer {
        try await (actor ?? home).post(
            "/books/\(home.book)/invitations", #"{"email":"\#(email)","role":"\#(role)"}"#)
    }

    /// The token of the newest letter to somebody.
    private func token(_ app: TestApp, _ address: String) async throws -> String {
        let letter = try #require(try await app.letters(to: address).last)
        let link = try #require(letter.text.split(separator: "\n").first { $0.hasPrefix("https://") })
        #expect(link.hasPrefix("https://purser.example/invitation#token="))
        return String(try #require(link.split(separator: "=").last))
    }

    @Test func `goes by mail, and makes its reader a member once`() async throws {
        try await TestApp.run { app in
            let home = try await app.household(try await app.ada, "Home & <b>Garden</b>")
            let sent = try await invite("Max@Example.org", to: home, role: "viewer")
            #expect(sent.status == 201 && sent.data.written("email") == "max@example.org")
            let letter = try #require(try await app.letters(to: "max@example.org").last)
            let token = try await token(app, "max@example.org")
            #expect(!sent.text.contains(token), "only the letter has it")
            #expect(letter.html.contains("Home &amp; &lt;b&gt;Garden&lt;/b&gt;") && !letter.html.contains("<b>Garden"))
            #expect(letter.subject.contains("Home & <b>Garden</b>") && letter.language == "en")
            for foot in [letter.text, letter.html] {
                #expect(foot.contains("Sent by Purser at https://purser.example"))
            }

            let shown = try await app.client.send("GET", "/api/v1/invitations/\(token)")
            #expect(shown.status == 200 && shown.data.written("bookName") == "Home & <b>Garden</b>")
            #expect(shown.data.written("invitedBy") == "ada" && shown.data.written("role") == "viewer")

            let max = try await app.person("max")
            #expect(try await max.send("GET", "/expenses", fields: [("X-Book", "\(home.book)")]).status == 404)
            let accepted = try await max.post("/invitations/\(token)/accept", "{}")
            #expect(accepted.status == 200 && accepted.data.written("role") == "viewer", "\(accepted.text)")
            #expect(try await max.send("GET", "/expenses", fields: [("X-Book", "\(home.book)")]).status == 200)
            // In another window the same letter opens the book, for them alone and while they are in it.
            let again = try await max.post("/invitations/\(token)/accept", "{}")
            #expect(again.status == 200 && again.data.written("id") == "\(home.book)", "\(again.text)")
            let zoe = try await app.person("zoe")
            #expect(try await zoe.post("/invitations/\(token)/accept", "{}").code == "INVITATION_INVALID")
            #expect(try await app.client.send("GET", "/api/v1/invitations/\(token)").code == "INVITATION_INVALID")
            #expect(try await home.get("/books/\(home.book)/invitations").items.isEmpty)
            let events = try await app.database.query(
                "SELECT name FROM outbox WHERE name LIKE 'household.%' ORDER BY id")
            #expect(
                try events.map { try $0.get(0, as: String.self) }
                    == ["household.created", "household.member_invited", "household.member_added"])
            #expect(try await home.send("DELETE", "/books/\(home.book)/members/\(max.user)").status == 204)
            #expect(try await max.post("/invitations/\(token)/accept", "{}").code == "INVITATION_INVALID")
        }
    }

    @Test func `accepted by its letter confirms the address, by its id or by another it does not`() async throws {
        try await TestApp.run { app in
            let home = try await app.household(try await app.ada)
            func isConfirmed(_ person: Person) async throws -> Bool {
                try await app.count(
                    "SELECT count(*) FROM users WHERE id = \(person.user) AND email_verified_at IS NOT NULL") == 1
            }
            _ = try await invite("max@example.org", to: home)
            let token = try await token(app, "max@example.org")
            let (max, zoe) = (try await app.person("max"), try await app.person("zoe"))
            #expect(try await zoe.post("/invitations/\(token)/accept", "{}").code == "WRONG_ACCOUNT")
            #expect(try await !isConfirmed(zoe))
            #expect(try await max.post("/invitations/\(token)/accept", "{}").status == 200)
            #expect(try await isConfirmed(max))
            let noted = try await app.database.query("SELECT action FROM audit.log WHERE module = 'accounts'")
            #expect(try noted.map { try $0.get(0, as: String.self) } == ["EMAIL_VERIFIED"])
            #expect(try await app.count("SELECT count(*) FROM outbox WHERE name = 'user.email_verified'") == 1)
            let id = try await invite("zoe@example.org", to: home).data.written("id") ?? ""
            #expect(try await zoe.post("/invitations/\(id)/accept", "{}").code == "INVITATION_INVALID")
            #expect(try await !isConfirmed(zoe))
        }
    }

    @Test func `says the organisation's own role where it gives one`() async throws {
        try await TestApp.run { app in
            let acme = try await app.household(try await app.ada, "Acme", kind: "organization")
            let role = try #require(try await acme.get("/roles").items.first { $0.written("name") == "Auditor" })
            let sent = try await acme.post(
                "/books/\(acme.book)/invitations",
                #"{"email":"max@example.org","roleId":"\#(role.written("id") ?? "")"}"#)
            #expect(sent.data.written("roleName") == "Auditor", "\(sent.text)")
            let token = try await token(app, "max@example.org")
            let shown = try await app.client.send("GET", "/api/v1/invitations/\(token)")
            #expect(shown.data.written("roleName") == "Auditor")
        }
    }

    @Test func `is for its address alone`() async throws {
        try await TestApp.run { app in
            let home = try await app.household(try await app.ada)
            let id = try await invite("max@example.org", to: home).data.written("id") ?? ""
            let token = try await token(app, "max@example.org")
            let (max, zoe) = (try await app.person("max"), try await app.person("zoe"))
            #expect(try await zoe.post("/invitations/\(token)/accept", "{}").code == "WRONG_ACCOUNT")
            #expect(try await zoe.post("/invitations/\(token)/decline", "{}").code == "WRONG_ACCOUNT")
            #expect(try await zoe.post("/invitations/\(id)/accept", "{}").code == "INVITATION_INVALID")
            // Anybody can register with any address: only a confirmed one, or the letter, says whose it is.
            #expect(try await max.post("/invitations/\(id)/accept", "{}").code == "INVITATION_INVALID")
            #expect(try await max.get("/invitations").items.isEmpty)
            _ = try await app.database.writer.query(
                "UPDATE users SET email_verified_at = now() WHERE id IN (\(max.user), \(zoe.user))")
            #expect(try await zoe.get("/invitations").items.isEmpty)
            #expect(try await max.get("/invitations").items.map { $0["id"]?.string } == [id])
            #expect(try await max.post("/invitations/\(id)/accept", "{}").status == 200)
            for wrong in ["x", String(repeating: "A", count: 43), InvitationID.new().description] {
                #expect(try await max.post("/invitations/\(wrong)/accept", "{}").code == "INVITATION_INVALID")
            }
        }
    }

    @Test func `ends when it is declined, withdrawn, too old, or its sender is gone`() async throws {
        try await TestApp.run { app in
            let home = try await app.household(try await app.ada)
            let ben = try await app.add(try await app.person("ben"), to: home, as: .admin)
            let people = ["dora", "will", "olga", "gina"]
            var tokens: [String: String] = [:]
            for name in people {
                let answer = try await invite("\(name)@example.org", to: home, by: name == "gina" ? ben : home)
                #expect(answer.status == 201)
                tokens[name] = try await token(app, "\(name)@example.org")
            }
            func accept(_ name: String, _ person: Person) async throws -> String? {
                try await person.post("/invitations/\(tokens[name] ?? "")/accept", "{}").code
            }
            let dora = try await app.person("dora")
            #expect(try await dora.post("/invitations/\(tokens["dora"] ?? "")/decline", "{}").status == 200)
            #expect(try await accept("dora", dora) == "INVITATION_INVALID")
            let list = try await home.get("/books/\(home.book)/invitations").items
            let will = try #require(list.first { $0["email"]?.string == "will@example.org" }?["id"]?.string)
            #expect(try await home.send("DELETE", "/books/\(home.book)/invitations/\(will)").status == 204)
            #expect(try await home.send("DELETE", "/books/\(home.book)/invitations/\(will)").status == 404)
            #expect(try await accept("will", try await app.person("will")) == "INVITATION_INVALID")
            _ = try await app.database.writer.query(
                "UPDATE book_invitations SET expires_at = now() WHERE email = 'olga@example.org'")
            #expect(try await accept("olga", try await app.person("olga")) == "INVITATION_INVALID")
            #expect(try await home.send("DELETE", "/books/\(home.book)/members/\(ben.user)").status == 204)
            #expect(try await accept("gina", try await app.person("gina")) == "INVITATION_INVALID")
            #expect(try await app.count("SELECT count(*) FROM book_members WHERE book_id = \(home.book)") == 1)
            #expect(try await invite("olga@example.org", to: home).status == 201, "anew")
        }
    }

    @Test func `is sent again with a new link, and not over and over`() async throws {
        try await TestApp.run { app in
            let home = try await app.household(try await app.ada)
            let id = try await invite("max@example.org", to: home).data.written("id") ?? ""
            let old = try await token(app, "max@example.org")
            let again = "/books/\(home.book)/invitations/\(id)/resend"
            #expect(try await home.post(again, "{}").code == "SENT_JUST_NOW")
            _ = try await app.database.writer.query(
                "UPDATE book_invitations SET created_at = now() - interval '11 minutes'")
            #expect(
                try await home.send("POST", again, "{}", fields: [("Accept-Language", "fr, de-DE;q=0.8")]).status == 200
            )
            let letters = try await app.letters(to: "max@example.org")
            #expect(letters.count == 2 && letters.last?.language == "de" && letters.last?.text.contains("Buch") == true)
            let max = try await app.person("max")
            #expect(try await max.post("/invitations/\(old)/accept", "{}").code == "INVITATION_INVALID")
            let new = try await token(app, "max@example.org")
            #expect(try await max.post("/invitations/\(new)/accept", "{}").status == 200)
        }
    }

    @Test func `is refused where it makes no sense, or too often`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let home = try await app.household(ada)
            let max = try await app.add(try await app.person("max"), to: home, as: .member)
            #expect(try await invite("x@example.org", to: home, by: max).status == 403)
            #expect(try await invite("x@example.org", to: home, by: try await app.person("zoe")).status == 404)
            #expect(try await invite("max@example.org", to: home).code == "ALREADY_MEMBER")
            #expect(try await invite("no address", to: home).problems == ["email"])
            #expect(try await invite("x@example.org", to: home, role: "owner").problems == ["role"])
            #expect(try await invite("x@example.org", to: ada).code == "PERSONAL_BOOK")
            #expect(try await invite("x@example.org", to: home).status == 201)
            #expect(try await invite("X@example.org", to: home).code == "INVITED")
            for number in 1..<20 {
                #expect(try await invite("x\(number)@example.org", to: home).status == 201)
            }
            let tooOften = try await invite("x20@example.org", to: home)
            #expect(tooOften.status == 429 && tooOften.code == "TOO_MANY_INVITATIONS")
            #expect(try await app.letters(to: "x20@example.org").isEmpty)
        }
    }

    @Test func `accepted twice at once makes one member`() async throws {
        try await TestApp.run { app in
            let home = try await app.household(try await app.ada)
            for round in 0..<4 {
                _ = try await invite("max\(round)@example.org", to: home)
                let token = try await token(app, "max\(round)@example.org")
                let max = try await app.person("max\(round)")
                async let first = max.post("/invitations/\(token)/accept", "{}")
                async let second = max.post("/invitations/\(token)/accept", "{}")
                #expect(try await [first.status, second.status] == [200, 200])
            }
            #expect(try await app.count("SELECT count(*) FROM book_members WHERE book_id = \(home.book)") == 5)
            #expect(try await app.count("SELECT count(*) FROM outbox WHERE name = 'household.member_added'") == 4)
        }
    }
}

@Suite(.tags(.http), .books) struct `A shared book` {
    @Test func `is opened with the settings of one's own, by its owner`() async throws {
        try await TestApp.run { app in
            let ada = try await app.person("ada", currency: "JPY", timeZone: "Asia/Tokyo")
            let body = #"{"name":"Flat","kind":"household","description":"Ours"}"#
            let answer = try await ada.send(
                "POST", "/books", body, fields: [("Idempotency-Key", "one")])
            #expect(answer.status == 201 && answer.data.written("currency") == "JPY")
            #expect(answer.data.written("timeZone") == "Asia/Tokyo" && answer.data.written("role") == "owner")
            let again = try await ada.send("POST", "/books", body, fields: [("Idempotency-Key", "one")])
            #expect(again.data.written("id") == answer.data.written("id"))
            let list = try await ada.get("/books").items
            #expect(list.map { $0["kind"]?.string } == ["personal", "household"])
            #expect(list[1]["permissions"]?.array?.count == Permission.table.count)
            #expect(try await ada.post("/books", #"{"name":"X","kind":"personal"}"#).problems == ["kind"])
            #expect(try await ada.post("/books", #"{"name":"","kind":"business"}"#).problems == ["name"])
            let id = answer.data.written("id") ?? ""
            let changed = try await ada.put("/books/\(id)", #"{"description":null,"version":1}"#)
            #expect(changed.status == 200 && changed.data["description"] == .null)
        }
    }

    @Test func `is one of a hundred at most`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            _ = try await app.database.writer.query(
                """
                WITH made AS (
                    INSERT INTO books (id, kind, name, currency, time_zone, created_by)
                    SELECT gen_random_uuid(), 'business', 'B', 'EUR', 'UTC', \(ada.user) FROM generate_series(1, 98) RETURNING id
                ) INSERT INTO book_members (book_id, user_id, role) SELECT id, \(ada.user), 'owner' FROM made
                """)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 {
                    group.addTask { try await ada.post("/books", #"{"name":"X","kind":"business"}"#).status }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.sorted() == [201, 409, 409, 409])
        }
    }

    @Test func `that is archived is read, not changed, and comes back`() async throws {
        try await TestApp.run { app in
            let ada = try await app.ada
            let home = try await app.household(ada)
            let ben = try await app.add(try await app.person("ben"), to: home, as: .admin)
            let entry = try await home.post("/expenses", #"{"amount":1}"#).data.written("id") ?? ""
            #expect(try await ben.send("DELETE", "/books/\(home.book)").status == 403)
            #expect(try await ada.send("DELETE", "/books/\(ada.book)").code == "PERSONAL_BOOK")
            #expect(try await home.send("DELETE", "/books/\(home.book)").status == 204)
            #expect(try await home.send("DELETE", "/books/\(home.book)").status == 204, "and stays so")
            #expect(try await ben.get("/expenses/\(entry)").status == 200)
            for (method, path, body) in [
                ("POST", "/expenses", #"{"amount":1}"#), ("PUT", "/expenses/\(entry)", #"{"amount":2,"version":1}"#),
                ("DELETE", "/expenses/\(entry)", nil), ("POST", "/categories", #"{"name":"Cars"}"#),
                ("PUT", "/books/\(home.book)", #"{"name":"New","version":2}"#),
                ("POST", "/books/\(home.book)/invitations", #"{"email":"x@example.org"}"#),
                ("POST", "/expenses/bulk", #"{"items":[{"amount":1}]}"#),
            ] as [(String, String, String?)] {
                #expect(try await home.send(method, path, body).code == "BOOK_ARCHIVED", "\(method) \(path)")
            }
            #expect(try await home.upload("Date,Payee,Amount\n2026-03-01,Rewe,-3\n").code == "BOOK_ARCHIVED")
            #expect(try await home.post("/books/\(home.book)/restore", "{}").data["isArchived"] == .bool(false))
            #expect(try await home.post("/expenses", #"{"amount":1}"#).status == 201)
        }
    }

    @Test func `takes no entry once its archiving is answered, though many are on their way`() async throws {
        try await TestApp.run { app in
            let home = try await app.household(try await app.ada)
            for _ in 0..<3 {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<12 {
                        group.addTask {
                            let status =
                                if number == 5 {
                                    try await home.send("DELETE", "/books/\(home.book)").status
                                } else if number % 3 == 0 {
                                    try await home.post("/expenses/bulk", #"{"items":[{"amount":1}]}"#).status
                                } else {
                                    try await home.post("/expenses", #"{"amount":1}"#).status
                                }
                            #expect([201, 204, 409].contains(status), "\(status)")
                        }
                    }
                    try await group.waitForAll()
                }
                let count = try await app.count("SELECT count(*) FROM entries")
                #expect(try await home.post("/expenses", #"{"amount":1}"#).code == "BOOK_ARCHIVED")
                #expect(try await app.count("SELECT count(*) FROM entries") == count)
                _ = try await home.post("/books/\(home.book)/restore", "{}")
            }
            try await app.expectTotalsToAgree()
        }
    }
}
