import Audit
import Base
import Database
import HTTP
import HTTPServer
import JSON
import Jobs
import Resources

/// Who is in a book, and as what. Each change is decided with the book locked and answered when it holds everywhere.
package struct MemberRoutes: RouteGroup {
    let database: Database
    let directory: BookDirectory
    /// Throws unless the caller has proved lately who they are.
    let requireFresh: @Sendable (Request) async throws -> Void

    package init(
        database: Database, directory: BookDirectory, requireFresh: @escaping @Sendable (Request) async throws -> Void
    ) {
        self.database = database
        self.directory = directory
        self.requireFresh = requireFresh
    }

    enum Input {
        static let role = BodyField<String>.choice("role", of: BookRole.allCases.map(\.rawValue))
        static let user = BodyField<UserID>("userId", .uuid, required: true, "The new owner, a member already.") {
            value throws(FieldProblem) in
            guard let id = value.string.flatMap({ UserID($0) }) else {
                throw FieldProblem("userId should be the id of a member.")
            }
            return id
        }
        static let roleSet = BodyField<RoleSetID>("roleId", .nullable(.uuid), "A role that the organisation has made.")
        {
            value throws(FieldProblem) in
            guard let id = value.string.flatMap({ RoleSetID($0) }) else {
                throw FieldProblem("roleId should be the id of a role.")
            }
            return id
        }
        static let department = BodyField<DepartmentID>("departmentId", .nullable(.uuid)) {
            value throws(FieldProblem) in
            guard let id = value.string.flatMap({ DepartmentID($0) }) else {
                throw FieldProblem("departmentId should be the id of a department.")
            }
            return id
        }
        static let title = BodyField<String>.text("title", max: 100, "What they are called there.")
        static let place = [roleSet.property, department.property, title.property]
        static let limit = QueryField<Int>.clamped("limit", to: 1...100, "How many, 100 by default.")
        static let cursor = QueryField<String>.text("cursor", max: 36, "nextCursor of the page before.")
    }

    package func register(in routes: inout Routes) {
        routes.tag = "Members"
        let schema = MemberStore.resource.schema
        routes.get(
            "/books/{id}/members", "Who is in the book", access: .bookInPath(.viewMembers),
            query: [Input.limit.declaration, Input.cursor.declaration], returns: .page(of: schema), handle: list)
        routes.patch(
            "/books/{id}/members/{userId}", "Change a member's role", access: .bookInPath(.manageMembers),
            accepts: .json("MemberChange", [Input.role.property] + Input.place), returns: .data(schema),
            refuses: [.conflict]
        ) { try await change($0, needsRole: false) }
        routes.delete(
            "/books/{id}/members/{userId}", "Remove a member, or leave the book", access: .bookInPath(.viewMembers),
            refuses: [.conflict], handle: remove)
        routes.post(
            "/books/{id}/transfer", "Give the book to another member; you stay as an administrator",
            access: .bookInPath(.transferBook), accepts: .json("BookTransfer", [Input.user.property]),
            returns: .data(BookSummary.fields.schema), refuses: [.conflict], handle: transfer)
    }

    // MARK: Reading

    @Sendable func list(_ request: Request) async throws -> HTTPResponse {
        let book = try request.book
        let (asked, text) = try request.query(Input.limit, Input.cursor)
        let limit = asked ?? 100
        let after = try text.map { text throws(Refusal) in
            guard let id = UserID(text) else {
                throw .invalid("cursor", "cursor should be one that was given out here.")
            }
            return id
        }
        let rows = try await database.query(
            MemberStore.list(
                book.id, after: after, limit: limit, withAddresses: book.permissions.contains(.manageMembers)))
        var meta = Meta(limit: limit, nextCursor: .some(nil))
        if rows.count > limit { meta.nextCursor = try rows[limit - 1].get(0, as: UserID.self).description }
        return try .data(meta: meta, capacity: 256 + rows.count * 256) { writer in
            writer.beginArray()
            for row in rows.prefix(limit) { try MemberStore.resource.write(row, to: &writer) }
            writer.endArray()
        }
    }

    // MARK: Changing

    /// What the body names; a role by itself takes the organisation's own away.
    ///
    /// - Parameter needsRole: the body has to name one.
    func change(_ request: Request, needsRole: Bool) async throws -> HTTPResponse {
        let book: BookID = try request.identifier("id", of: "book")
        let target: UserID = try request.identifier("userId", of: "member")
        let principal = try request.principal
        var body = try await request.body()
        let wanted = PlaceChange(&body, needsRole: needsRole)
        try body.check()
        let origin = AuditRecord.Origin(request)
        let row = try await database.transaction { transaction in
            let summary = try await BookStore(transaction).lock(book, for: principal, permission: .manageMembers)
            let store = MemberStore(transaction, book: book)
            guard let (old, oldPlace) = try await store.find(target) else { throw Refusal.notFound("member") }
            let place = wanted.applied(to: oldPlace)
            let roleSet = try await Self.check(place, in: summary.book, transaction)
            let new = Member(user: target, role: wanted.role ?? old.role, roleSet: roleSet)
            if new.role == .owner, old.role != .owner { try await Self.checkHeir(target, transaction) }
            try old.checkChange(
                to: new, by: summary.role, rights: summary.rights(of: principal), owners: try await store.owners())
            if new != old || place != oldPlace {
                try await store.save(new.role, place, of: target)
                if !new.permissions.contains(.manageMembers) { try await store.revokeInvitations(by: target) }
                try await transaction.publish(
                    Self.event(.memberChanged, book, target, by: principal.user) { $0.write("role", new.role) })
                try await transaction.record(
                    AuditRecord(
                        .init("MEMBER_ROLE_CHANGED"), module: "members", record: target.description, book: book,
                        by: .init(principal, role: summary.role), from: origin,
                        old: { oldPlace.write(old.role, to: &$0) }, new: { place.write(new.role, to: &$0) }))
            }
            guard let row = try await store.row(target) else { throw Refusal.notFound("member") }
            return row
        }
        await directory.settleChange()
        return try .data { try MemberStore.resource.write(row, to: &$0) }
    }

    /// Nobody is given a book while they delete their account: it would be left without an owner.
    private static func checkHeir(_ target: UserID, _ transaction: Transaction) async throws {
        let person = try await BookStore(transaction).lockPerson(target)
        guard person.isActive, !person.isLeaving else { throw Refusal.memberLeaving }
    }

    /// What a request changes of somebody's place.
    struct PlaceChange: Sendable {
        let role: BookRole?
        let roleSet: RoleSetID??
        let department: DepartmentID??
        let title: String??

        init(_ body: inout Body, needsRole: Bool) {
            role = body.read(needsRole ? Input.role.required() : Input.role).flatMap(BookRole.init(rawValue:))
            roleSet = body.has(Input.roleSet) ? .some(body.read(Input.roleSet)) : nil
            department = body.has(Input.department) ? .some(body.read(Input.department)) : nil
            title = body.has(Input.title) ? .some(body.read(Input.title).flatMap { $0.isEmpty ? nil : $0 }) : nil
        }

        func applied(to old: MemberStore.Place) -> MemberStore.Place {
            var place = old
            if role != nil { place.role = nil }
            if let roleSet { place.role = roleSet }
            if let department { place.department = department }
            if let title { place.title = title }
            return place
        }
    }

    /// - Returns: what the place's own role permits, where it has one.
    /// - Throws: a refusal for what is not there, or not in this kind of book.
    static func check(
        _ place: MemberStore.Place, in book: Book, _ transaction: Transaction
    ) async throws -> Permission? {
        guard place.role != nil || place.department != nil else { return nil }
        guard book.kind == .organization else { throw Refusal.notAnOrganization }
        let store = OrganizationStore(connection: transaction, book: book.id)
        if let department = place.department, try await store.department(department.description) == nil {
            throw Refusal.invalid("departmentId", "There is no such department.")
        }
        guard let id = place.role else { return nil }
        guard let set = try await store.role(id) else { throw Refusal.invalid("roleId", "There is no such role.") }
        return set.permissions
    }

    @Sendable func remove(_ request: Request) async throws -> HTTPResponse {
        let book: BookID = try request.identifier("id", of: "book")
        let target: UserID = try request.identifier("userId", of: "member")
        let principal = try request.principal
        let origin = AuditRecord.Origin(request)
        try await database.transaction { transaction in
            guard let summary = try await BookStore(transaction).lock(book, for: principal.user) else {
                throw Refusal.notFound("book")
            }
            let store = MemberStore(transaction, book: book)
            guard let (member, place) = try await store.find(target) else { throw Refusal.notFound("member") }
            let isOneself = target == principal.user
            // A key that may not manage members does not take its owner out of a book either.
            if let scopes = principal.scopes, !scopes.contains(.manageMembers) {
                throw Refusal.notPermitted(summary.role)
            }
            if isOneself, summary.book.kind == .personal, member.role == .owner { throw Refusal.personalBook }
            try member.checkRemoval(
                by: summary.role, rights: summary.rights(of: principal), isOneself: isOneself,
                owners: try await store.owners())
            try await store.remove(target)
            try await transaction.publish(
                Self.event(.memberRemoved, book, target, by: principal.user) { data in
                    data.key("left")
                    data.bool(isOneself)
                })
            try await transaction.record(
                AuditRecord(
                    .init(isOneself ? "MEMBER_LEFT" : "MEMBER_REMOVED"), module: "members", record: target.description,
                    book: book, by: .init(principal, role: summary.role), from: origin,
                    old: { place.write(member.role, to: &$0) }))
        }
        await directory.settleChange()
        return .noContent
    }

    /// Two who give it away at once come one after the other, and the second is no owner any more.
    @Sendable func transfer(_ request: Request) async throws -> HTTPResponse {
        let book: BookID = try request.identifier("id", of: "book")
        let principal = try request.principal
        try await requireFresh(request)
        var body = try await request.body()
        let sent = body.read(Input.user)
        try body.check()
        guard let target = sent else { throw Refusal.invalid("userId", "userId is required.") }
        let origin = AuditRecord.Origin(request)
        let summary = try await database.transaction { transaction in
            let books = BookStore(transaction)
            let summary = try await books.lock(book, for: principal, permission: .transferBook)
            guard summary.book.kind != .personal else { throw Refusal.personalBook }
            let store = MemberStore(transaction, book: book)
            guard try await store.find(target) != nil else { throw Refusal.notFound("member") }
            guard target != principal.user else {
                throw Refusal.invalid("userId", "The book is yours already. Name another member.")
            }
            try await Self.checkHeir(target, transaction)
            try await store.setRole(.owner, of: target)
            try await store.setRole(.admin, of: principal.user)
            try await transaction.publish(
                Self.event(.bookTransferred, book, target, by: principal.user) { _ in })
            try await transaction.record(
                AuditRecord(
                    .init("BOOK_TRANSFERRED"), module: "books", record: book.description, book: book,
                    by: .init(principal, role: summary.role), from: origin,
                    old: { $0.write("owner", principal.user) }, new: { $0.write("owner", target) }))
            return BookSummary(book: summary.book, role: .admin)
        }
        await directory.settleChange()
        return .data { BookSummary.fields.write(summary, to: &$0) }
    }

    static func event(
        _ name: EventName, _ book: BookID, _ member: UserID, by user: UserID, more: (inout JSONWriter) -> Void
    ) -> Event {
        Event(name, book: book, user: user) { data in
            data.key("userId")
            data.identifier(member)
            more(&data)
        }
    }
}

extension JSONWriter {
    mutating func write(_ name: StaticString, _ value: BookRole) { write(name, value.rawValue) }

    mutating func write<Tag>(_ name: StaticString, _ value: Identifier<Tag>) {
        key(name)
        identifier(value)
    }

    mutating func write(_ name: StaticString, _ value: String) {
        key(name)
        string(value)
    }
}
