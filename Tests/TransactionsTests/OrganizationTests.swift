import Base
import Books
import Database
import HTTP
import JSON
import Outbound
import TestSupport
import Testing

@Suite(.tags(.http), .books) struct `An organisation` {
    private func open(_ app: TestApp) async throws -> Person {
        try await app.household(try await app.ada, "Acme", kind: "organization")
    }

    private func role(_ owner: Person, _ name: String) async throws -> JSONValue {
        try #require(try await owner.get("/roles").items.first { $0.written("name") == name })
    }

    private func member(_ app: TestApp, _ owner: Person, _ name: String, _ permissions: String) async throws -> Person {
        let made = try await owner.post("/roles", #"{"name":"\#(name)","permissions":[\#(permissions)]}"#)
        let id = try #require(made.data.written("id"), "\(made.text)")
        let person = try await app.add(try await app.person(name), to: owner, as: .viewer)
        let set = try await owner.send(
            "PATCH", "/books/\(owner.book)/members/\(person.user)", #"{"roleId":"\#(id)"}"#)
        #expect(set.data.written("roleName") == name, "\(set.text)")
        return person
    }

    @Test func `begins with departments and roles, another book has none`() async throws {
        try await TestApp.run { app in
            let acme = try await open(app)
            #expect(
                try await acme.get("/departments").items.compactMap { $0.written("slug") }
                    == ["finance", "hr", "inventory", "operations"])
            let staff = try await role(acme, "Staff")
            let names = (staff["permissions"]?.array ?? []).compactMap(\.string)
            #expect(names.contains("entry:create") && names.contains("entry:edit-own") && !names.contains("entry:edit"))
            let home = try await app.household(
                Person(app: app, user: acme.user, book: acme.book, currency: .eur, otherBook: nil))
            for path in ["/departments", "/roles", "/departments/finance"] {
                #expect(try await home.get(path).code == "NOT_AN_ORGANIZATION", "\(path)")
            }
            #expect(try await home.post("/departments", #"{"name":"X"}"#).code == "NOT_AN_ORGANIZATION")
            #expect(try await home.post("/roles", #"{"name":"X","permissions":[]}"#).code == "NOT_AN_ORGANIZATION")
            let zoe = try await app.person("zoe")
            #expect(try await zoe.send("GET", "/roles", fields: [("X-Book", "\(acme.book)")]).status == 404)
        }
    }

    @Test func `has a tree of departments that is low and has no circle`() async throws {
        try await TestApp.run { app in
            let acme = try await open(app)
            var parent: String?
            var ids: [String] = []
            for level in 1...5 {
                let body = #"{"name":"Level \#(level)"\#(parent.map { #","parentId":"\#($0)""# } ?? "")}"#
                let made = try await acme.post("/departments", body)
                #expect(made.status == 201, "\(made.text)")
                parent = made.data.written("id")
                ids.append(parent ?? "")
            }
            #expect(
                try await acme.post("/departments", #"{"name":"Level 6","parentId":"\#(ids[4])"}"#).problems == [
                    "parentId"
                ])
            #expect(
                try await acme.put("/departments/\(ids[0])", #"{"parentId":"\#(ids[4])","version":1}"#).problems == [
                    "parentId"
                ])
            #expect(
                try await acme.put("/departments/\(ids[0])", #"{"parentId":"\#(ids[0])","version":1}"#).problems == [
                    "parentId"
                ])
            #expect(
                try await acme.post("/departments", #"{"name":"X","parentId":"\#(DepartmentID.new())"}"#).problems == [
                    "parentId"
                ])
            #expect(try await acme.post("/departments", #"{"name":"Level 1"}"#).code == "DUPLICATE_KEY")
            let own = try await acme.post("/departments", #"{"name":"会計"}"#)
            #expect(own.status == 201 && own.data.written("slug")?.hasPrefix("department-") == true, "\(own.text)")
            #expect(try await acme.post("/departments", #"{"name":"会計","slug":"会計"}"#).problems == ["slug"])
            #expect(
                try await acme.post("/departments", #"{"name":"会計","slug":"Accounts"}"#).data.written("slug")
                    == "accounts")
            #expect(try await acme.send("DELETE", "/departments/\(ids[3])").code == "IN_USE")
            #expect(try await acme.send("DELETE", "/departments/level-5").status == 204)
            #expect(try await acme.get("/departments/level-5").status == 404)
            let renamed = try await acme.put("/departments/finance", #"{"name":"Treasury","version":1}"#)
            #expect(renamed.data.written("name") == "Treasury" && renamed.data.written("slug") == "finance")
            #expect(try await acme.put("/departments/finance", #"{"name":"X","version":1}"#).code == "STALE_VERSION")
        }
    }

    @Test func `gives a member what their role permits, no more, and changes it at once`() async throws {
        try await TestApp.run { app in
            let acme = try await open(app)
            let max = try await member(app, acme, "clerk", #""book:view","entry:view","entry:create""#)
            #expect(try await max.post("/expenses", #"{"amount":1}"#).status == 201)
            #expect(try await max.get("/analytics/dashboard").status == 403, "a viewer may, this role may not")
            #expect(try await max.get("/books/\(acme.book)/members").status == 403)
            let clerk = try await role(acme, "clerk")
            let id = clerk.written("id") ?? ""
            let changed = try await acme.put(
                "/roles/\(id)", #"{"permissions":["book:view","entry:view","report:view"],"version":1}"#)
            #expect(changed.status == 200 && changed.data.written("memberCount") == "1", "\(changed.text)")
            #expect(try await max.post("/expenses", #"{"amount":1}"#).status == 403)
            #expect(try await max.get("/analytics/dashboard").status == 200)
            #expect(try await acme.send("DELETE", "/roles/\(id)").code == "IN_USE")
            let back = try await acme.send("PATCH", "/books/\(acme.book)/members/\(max.user)", #"{"role":"member"}"#)
            #expect(back.data["roleId"] == .null, "a built-in role takes the place of the organisation's")
            #expect(try await max.post("/expenses", #"{"amount":1}"#).status == 201)
            #expect(try await acme.send("DELETE", "/roles/\(id)").status == 204)
        }
    }

    @Test func `lets nobody give what they do not have`() async throws {
        try await TestApp.run { app in
            let acme = try await open(app)
            let ben = try await member(
                app, acme, "keeper", #""book:view","member:view","user:manage","role:manage","entry:view""#)
            let vera = try await app.add(try await app.person("vera"), to: acme, as: .admin)
            let path = "/books/\(acme.book)/members/"
            for (method, target, body) in [
                ("PATCH", path + "\(ben.user)", #"{"role":"admin"}"#),
                ("PATCH", path + "\(vera.user)", #"{"role":"viewer"}"#),
                ("DELETE", path + "\(vera.user)", nil),
                ("POST", "/books/\(acme.book)/invitations", #"{"email":"x@example.org","role":"admin"}"#),
                ("POST", "/roles", #"{"name":"All","permissions":["entry:edit"]}"#),
                (
                    "PUT", "/roles/\(try await role(acme, "Administrator").written("id") ?? "")",
                    #"{"name":"X","version":1}"#
                ),
                ("DELETE", "/roles/\(try await role(acme, "Staff").written("id") ?? "")", nil),
            ] as [(String, String, String?)] {
                let answer = try await ben.send(method, target, body)
                #expect(answer.status == 403 && answer.code == "ESCALATION", "\(method) \(target): \(answer.text)")
            }
            #expect(try await ben.send("PATCH", path + "\(acme.user)", #"{"role":"viewer"}"#).code == "OWNER_ONLY")
            #expect(try await ben.post("/roles", #"{"name":"Eyes","permissions":["entry:view"]}"#).status == 201)
            #expect(
                try await acme.post("/roles", #"{"name":"X","permissions":["entry:fly"]}"#).problems == ["permissions"])
            let narrow = #"{"name":"X","permissions":["import:run"],"scope":"department"}"#
            #expect(try await acme.post("/roles", narrow).problems == ["scope"])
            #expect(try await acme.post("/roles", #"{"name":"eyes","permissions":[]}"#).code == "DUPLICATE_KEY")
        }
    }

    @Test func `is joined into a department, with a role and a title`() async throws {
        try await TestApp.run { app in
            let acme = try await open(app)
            let (staff, hr) = (try await role(acme, "Staff"), try await acme.get("/departments/hr").data)
            let place =
                #""roleId":"\#(staff.written("id") ?? "")","departmentId":"\#(hr.written("id") ?? "")","title":"Recruiter""#
            let sent = try await acme.post("/books/\(acme.book)/invitations", #"{"email":"max@example.org",\#(place)}"#)
            #expect(sent.status == 201, "\(sent.text)")
            let letter = try #require(try await app.letters(to: "max@example.org").last)
            let token = letter.text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("https") }?.split(
                separator: "="
            ).last
            let max = try await app.person("max")
            let joined = try await max.post("/invitations/\(token ?? "")/accept", "{}")
            #expect(joined.data["permissions"]?.array?.count == staff["permissions"]?.array?.count, "\(joined.text)")
            let seen = try await acme.get("/books/\(acme.book)/members").items.first { $0.written("name") == "max" }
            #expect(seen?.written("title") == "Recruiter" && seen?.written("departmentName") == "HR")
            #expect(try await acme.send("DELETE", "/departments/hr").code == "IN_USE")
            let moved = try await acme.send(
                "PATCH", "/books/\(acme.book)/members/\(max.user)", #"{"departmentId":null,"title":""}"#)
            #expect(
                moved.data["departmentId"] == .null && moved.data["title"] == .null
                    && moved.data.written("roleName") == "Staff")
            let home = try await app.household(
                Person(app: app, user: acme.user, book: acme.book, currency: .eur, otherBook: nil))
            let wrong = try await home.post("/books/\(home.book)/invitations", #"{"email":"y@example.org",\#(place)}"#)
            #expect(wrong.code == "NOT_AN_ORGANIZATION")
        }
    }
}
