import Audit
import Base
import Database
import HTTP
import HTTPServer
import JSON
import Jobs
import Outbound
import Resources

/// Inviting people by mail, and answering.
package struct InvitationRoutes: RouteGroup {
    let database: Database
    let directory: BookDirectory
    let mail: MailQueue
    let letters: BookLetters
    /// One spelling for each address, as accounts have it. Throws a sentence for the one who typed it.
    let normalize: @Sendable (String) throws -> String
    /// Notes that an account's address is confirmed: its owner has answered a letter.
    let confirmAddress: @Sendable (UserID, Request, Transaction) async throws -> Void

    package init(
        database: Database, directory: BookDirectory, mail: MailQueue, address: PublicAddress,
        normalize: @escaping @Sendable (String) throws -> String,
        confirmAddress: @escaping @Sendable (UserID, Request, Transaction) async throws -> Void
    ) {
        self.database = database
        self.directory = directory
        self.mail = mail
        letters = BookLetters(address: address)
        self.normalize = normalize
        self.confirmAddress = confirmAddress
    }

    enum Input {
        static let email = BodyField<String>.text("email", max: 254, min: 3).required()
        static let role = BodyField<String>.choice(
            "role", of: ["admin", "member", "viewer"], "member, where it is not said.")
        static let schema = BodySchema.json(
            "NewInvitation", [email.property, role.property] + MemberRoutes.Input.place)
    }

    package func register(in routes: inout Routes) {
        routes.tag = "Invitations"
        let sent = InvitationStore.resource.schema
        let received = InvitationStore.received.schema
        routes.get(
            "/books/{id}/invitations", "The book's open invitations", access: .bookInPath(.manageMembers),
            returns: .data(.array(sent)), handle: list)
        routes.post(
            "/books/{id}/invitations", "Invite somebody by mail", access: .bookInPath(.manageMembers),
            accepts: Input.schema, returns: .created(sent), refuses: [.conflict, .tooManyRequests], handle: create)
        routes.post(
            "/books/{id}/invitations/{invitationId}/resend", "Send the letter again, with a new link",
            access: .bookInPath(.manageMembers), returns: .data(sent), refuses: [.conflict, .tooManyRequests],
            handle: resend)
        routes.delete(
            "/books/{id}/invitations/{invitationId}", "Withdraw an invitation", access: .bookInPath(.manageMembers),
            handle: revoke)
        routes.get(
            "/invitations", "Open invitations to your confirmed address", access: .session,
            returns: .data(.array(received)), handle: mine)
        routes.get(
            "/invitations/{token}", "What a letter invites to", access: .everyone, returns: .data(received),
            handle: show)
        routes.post(
            "/invitations/{token}/accept", "Become a member; by the letter's token, or by the invitation's id",
            access: .session, returns: .data(BookSummary.fields.schema), refuses: [.conflict], handle: accept)
        routes.post(
            "/invitations/{token}/decline", "Decline", access: .session, returns: .data(.object(name: nil, [])),
            handle: decline)
    }

    // MARK: Sending

    @Sendable private func list(_ request: Request) async throws -> HTTPResponse {
        let rows = try await InvitationStore(database).list(try request.book.id)
        return try .data { try InvitationStore.resource.write(rows, to: &$0) }
    }

    @Sendable private func create(_ request: Request) async throws -> HTTPResponse {
        let book: BookID = try request.identifier("id", of: "book")
        var body = try await request.body()
        let typed = body.read(Input.email)
        let role = body.read(Input.role).flatMap(BookRole.init(rawValue:)) ?? .member
        let place = MemberStore.Place(
            role: body.read(MemberRoutes.Input.roleSet), department: body.read(MemberRoutes.Input.department),
            title: body.read(MemberRoutes.Input.title).flatMap { $0.isEmpty ? nil : $0 })
        try body.check()
        return try await invite(typed ?? "", to: book, as: role, at: place, request)
    }

    /// The same answer whether the address has an account or not: only that of a member is told, whom one sees anyway.
    func invite(
        _ typed: String, to book: BookID, as role: BookRole, at place: MemberStore.Place = .init(), _ request: Request
    ) async throws -> HTTPResponse {
        let email: String
        do { email = try normalize(typed) } catch {
            throw Refusal.invalid("email", "email should be an address such as ada@example.org.")
        }
        let principal = try request.principal
        let origin = AuditRecord.Origin(request)
        let language = BookLetters.Language(acceptLanguage: request.header("accept-language"))
        let id = InvitationID.new()
        let token = InvitationToken.random()
        let row = try await database.transaction { transaction in
            let summary = try await BookStore(transaction).lock(book, for: principal, permission: .manageMembers)
            guard summary.book.kind != .personal else { throw Refusal.personalBook }
            let roleSet = try await MemberRoutes.check(place, in: summary.book, transaction)
            guard (roleSet ?? role.permissions).isSubset(of: summary.rights(of: principal)) else {
                throw Refusal.escalation
            }
            let store = InvitationStore(transaction)
            try await store.closeExpired(book)
            if try await store.isMember(email, of: book) { throw Refusal.alreadyMember }
            let counts = try await store.counts(book, by: principal.user)
            guard counts.open < InvitationLimits.open else { throw Refusal.tooManyInvitations }
            guard counts.lately < InvitationLimits.anHour else { throw Refusal.invitedTooOften }
            let members = try await MemberStore(transaction, book: book).count()
            guard members + counts.open < summary.book.kind.maximumMembers else { throw Refusal.tooManyMembers }
            try await store.insert(
                id, book: book, token: token.hash, email: email, role: role, place: place, by: principal.user)
            try await transaction.publish(
                Event(.memberInvited, book: book, user: principal.user) { data in
                    data.write("invitationId", id)
                    data.write("role", role)
                })
            try await transaction.record(
                AuditRecord(
                    .init("MEMBER_INVITED"), module: "members", record: id.description, book: book,
                    by: .init(principal, role: summary.role), from: origin,
                    new: {
                        $0.write("email", email)
                        place.write(role, to: &$0)
                    }))
            return try await send(id, summary.book, email, role, token, language, transaction)
        }
        return try .data(status: 201) { try InvitationStore.resource.write(row, to: &$0) }
    }

    private func send(
        _ id: InvitationID, _ book: Book, _ email: String, _ role: BookRole, _ token: InvitationToken,
        _ language: BookLetters.Language, _ transaction: Transaction
    ) async throws -> Row {
        guard let row = try await InvitationStore(transaction).one(id, book: book.id) else {
            throw Refusal.invitationInvalid
        }
        let letter = letters.invitation(
            to: email, book: book.name, from: try row.get(3), role: role, token: token.text, language: language)
        guard let letter else {
            throw Refusal.invalid("email", "email should be an address such as ada@example.org.")
        }
        try await mail.enqueue(letter, in: transaction)
        return row
    }

    @Sendable private func resend(_ request: Request) async throws -> HTTPResponse {
        let book: BookID = try request.identifier("id", of: "book")
        let id: InvitationID = try request.identifier("invitationId", of: "invitation")
        let principal = try request.principal
        let language = BookLetters.Language(acceptLanguage: request.header("accept-language"))
        let token = InvitationToken.random()
        let row = try await database.transaction { transaction in
            let summary = try await BookStore(transaction).lock(book, for: principal, permission: .manageMembers)
            guard let renewed = try await InvitationStore(transaction).renew(id, book: book, token: token.hash) else {
                throw Refusal.notFound("invitation")
            }
            return try await send(id, summary.book, renewed.email, renewed.role, token, language, transaction)
        }
        return try .data { try InvitationStore.resource.write(row, to: &$0) }
    }

    @Sendable private func revoke(_ request: Request) async throws -> HTTPResponse {
        let book: BookID = try request.identifier("id", of: "book")
        let id: InvitationID = try request.identifier("invitationId", of: "invitation")
        let principal = try request.principal
        let origin = AuditRecord.Origin(request)
        try await database.transaction { transaction in
            let summary = try await BookStore(transaction).lock(book, for: principal, permission: .manageMembers)
            guard let email = try await InvitationStore(transaction).revoke(id, book: book) else {
                throw Refusal.notFound("invitation")
            }
            try await transaction.record(
                AuditRecord(
                    .init("INVITATION_WITHDRAWN"), module: "members", record: id.description, book: book,
                    by: .init(principal, role: summary.role), from: origin, old: { $0.write("email", email) }))
        }
        return .noContent
    }

    // MARK: Answering

    @Sendable private func mine(_ request: Request) async throws -> HTTPResponse {
        let rows = try await InvitationStore(database).received(by: try request.principal.user)
        return try .data { try InvitationStore.received.write(rows, to: &$0) }
    }

    @Sendable private func show(_ request: Request) async throws -> HTTPResponse {
        guard case .letter(let hash) = try InvitationKey(request.pathText("token")),
            let row = try await InvitationStore(database).received(hash)
        else { throw Refusal.invitationInvalid }
        return try .data { try InvitationStore.received.write(row, to: &$0) }
    }

    @Sendable private func accept(_ request: Request) async throws -> HTTPResponse {
        let key = try InvitationKey(request.pathText("token"))
        let user = try request.principal.user
        let summary = try await database.transaction { transaction in
            do { return try await join(key, request, transaction) } catch let refusal as Refusal
                where refusal == .invitationInvalid
            {
                // In another window they have said yes already: this one opens the book, too.
                guard let book = try await InvitationStore(transaction).joined(key, user),
                    let summary = try await BookStore(transaction).book(book, for: user)
                else { throw refusal }
                return summary
            }
        }
        await directory.settleChange()
        return .data { BookSummary.fields.write(summary, to: &$0) }
    }

    private func join(_ key: InvitationKey, _ request: Request, _ transaction: Transaction) async throws -> BookSummary
    {
        let principal = try request.principal
        let user = principal.user
        let store = InvitationStore(transaction)
        let opened = try await open(key, for: user, store)
        // First the book, as everywhere, then what belongs to it.
        let books = BookStore(transaction)
        guard let kind = try await books.lock(opened.book) else { throw Refusal.invitationInvalid }
        if case .letter = key { try await confirmAddress(user, request, transaction) }
        guard try await books.lockPerson(user).isActive else { throw Refusal.invitationInvalid }
        guard try await store.answer(opened, "accepted") else { throw Refusal.invitationInvalid }
        let members = MemberStore(transaction, book: opened.book)
        guard try await members.count() < kind.maximumMembers else { throw Refusal.tooManyMembers }
        if try await members.add(user, as: opened.role, at: opened.place) {
            try await transaction.publish(
                MemberRoutes.event(.memberAdded, opened.book, user, by: user) { $0.write("role", opened.role) })
            try await transaction.record(
                AuditRecord(
                    .init("MEMBER_ADDED"), module: "members", record: user.description, book: opened.book,
                    by: .init(principal, role: opened.role), from: .init(request),
                    new: {
                        opened.place.write(opened.role, to: &$0)
                        $0.write("invitedBy", opened.inviter)
                    }))
        }
        guard let summary = try await books.book(opened.book, for: user) else { throw Refusal.notFound("book") }
        return summary
    }

    @Sendable private func decline(_ request: Request) async throws -> HTTPResponse {
        let key = try InvitationKey(request.pathText("token"))
        let principal = try request.principal
        let origin = AuditRecord.Origin(request)
        try await database.transaction { transaction in
            let store = InvitationStore(transaction)
            let opened = try await open(key, for: principal.user, store)
            guard try await store.answer(opened, "declined") else { throw Refusal.invitationInvalid }
            try await transaction.record(
                AuditRecord(
                    .init("INVITATION_DECLINED"), module: "members", record: opened.id.description, book: opened.book,
                    by: .init(principal), from: origin, old: { $0.write("role", opened.role) }))
        }
        return .data { writer in
            writer.beginObject()
            writer.endObject()
        }
    }

    /// The account's address must be the one that was invited. The letter's token shows by itself that it is theirs; an
    /// id, which others know too, does so only for an address that was confirmed.
    private func open(_ key: InvitationKey, for user: UserID, _ store: InvitationStore) async throws
        -> InvitationStore.Opened
    {
        guard let opened = try await store.find(key), let address = try await store.address(of: user) else {
            throw Refusal.invitationInvalid
        }
        switch key {
        case .letter: guard address.email == opened.email else { throw Refusal.wrongAccount }
        case .id:
            guard address.email == opened.email, address.isVerified else { throw Refusal.invitationInvalid }
        }
        return opened
    }
}
