import Audit
import Base
import Cryptography
import Database
import EventLoop
import HTTP
import HTTPServer
import Images
import JSON
import Jobs
import Resources
import Synchronization

extension EventName {
    package static let profileUpdated = EventName("user.profile_updated")
    package static let avatarChanged = EventName("user.avatar_changed")
    package static let preferencesUpdated = EventName("user.preferences_updated")
}

/// What people show of themselves to those they share a book with, and what they have chosen for themselves.
package struct PeopleRoutes: RouteGroup {
    static let maximumFound = 20
    /// What a form may be larger than the picture in it.
    private static let formOverhead = 65_536

    let database: Database
    let pool: BlockingPool

    package init(database: Database, pool: BlockingPool) {
        self.database = database
        self.pool = pool
    }

    /// The designs' other address (INVENTORY S2-092).
    package static let aliases = [
        (from: "/api/v1/notifications/preferences", to: "/api/v1/users/me/notification-preferences")
    ]

    enum Input {
        static let search = QueryField<String>.text(
            "q", max: EmailAddress.byteLimit, "The beginning of a name, or a whole e-mail address.")
        static let size = QueryField<String>.choice("size", of: ["96", "512"], "In pixels; 96 where it is not said.")
        /// Only makes the address another one when the picture is.
        static let version = QueryField<String>.text("v", max: 20, "Of no meaning.")
    }

    static let person = Schema.object(
        name: "Person",
        [
            SchemaProperty("id", .uuid), SchemaProperty("name", .text),
            SchemaProperty("avatarUrl", .nullable(.text)),
        ])
    private static let avatar = Schema.object(name: "Avatar", [SchemaProperty("avatarUrl", .nullable(.text))])

    package func register(in routes: inout Routes) {
        routes.tag = "People"
        routes.patch(
            "/users/me/avatar", "Your picture: JPEG, PNG or WebP of at most 2 MiB, as a form's file or as the body",
            access: .session,
            accepts: .file([
                "multipart/form-data", "image/jpeg", "image/png", "image/webp", "application/octet-stream",
            ]), returns: .data(Self.avatar), refuses: [.invalid, .unprocessable], handle: setAvatar)
        routes.delete("/users/me/avatar", "Remove your picture", access: .session, handle: removeAvatar)
        routes.get(
            "/users/search", "People you share a book with by name, anybody by their whole confirmed address",
            access: .session, query: [Input.search.declaration], returns: .data(.array(Self.person)),
            refuses: [.tooManyRequests], rateLimit: .people, handle: search)
        routes.get(
            "/users/{id}", "Somebody you share a book with", access: .session, returns: .data(Self.person),
            handle: one)
        routes.get(
            "/users/{id}/avatar", "The picture of somebody you share a book with", access: .session,
            query: [Input.size.declaration, Input.version.declaration], returns: .content("image/webp"), handle: picture
        )
        register(.preferences, .preferences, "/users/me/preferences", "Your preferences", in: &routes)
        register(
            .notifications, .notifications, "/users/me/notification-preferences", "What you are told of, and how",
            in: &routes)
    }

    static func avatarURL(_ user: UserID, version: Int32) -> String? {
        version > 0 ? "/api/v1/users/\(user)/avatar?v=\(version)" : nil
    }

    // MARK: Pictures

    @Sendable private func setAvatar(_ request: Request) async throws -> HTTPResponse {
        let user = try request.principal.user
        let bytes = try await Self.picture(in: request)
        let (large, small): ([UInt8], [UInt8])
        do {
            (large, small) = try await pool.run {
                // The small one out of the large one: what was sent is unpacked once.
                let large = try SquarePicture.webP(of: bytes, side: 512)
                return (large, try SquarePicture.webP(of: large, side: 96))
            }
        } catch let problem as SquarePicture.Problem {
            throw Refusal(problem)
        } catch is BlockingPool.Full {
            throw Refusal(.unavailable, "BUSY", "Many pictures are being read at the moment. Try again.", retryAfter: 5)
        }
        guard large.count <= 262_144, small.count <= 32_768 else { throw Refusal(SquarePicture.Problem.tooLarge) }
        let version = try await database.transaction { transaction in
            let version = try await ProfileStore(connection: transaction).setAvatar(large, small, of: user)
            try await transaction.publish(Self.event(.avatarChanged, user))
            try await note("AVATAR_CHANGED", request, transaction)
            return version
        }
        return answer(avatar: Self.avatarURL(user, version: version))
    }

    @Sendable private func removeAvatar(_ request: Request) async throws -> HTTPResponse {
        let user = try request.principal.user
        try await database.transaction { transaction in
            guard try await ProfileStore(connection: transaction).removeAvatar(of: user) else { return }
            try await transaction.publish(Self.event(.avatarChanged, user))
            try await note("AVATAR_REMOVED", request, transaction)
        }
        return .noContent
    }

    private func note(
        _ action: StaticString, _ request: Request, _ transaction: Transaction,
        old: ((inout JSONWriter) -> Void)? = nil,
        new: ((inout JSONWriter) -> Void)? = nil
    ) async throws {
        let principal = try request.principal
        try await transaction.record(
            AuditRecord(
                .init(action), module: "accounts", record: principal.user.description, by: .init(principal),
                from: .init(request), old: old, new: new))
    }

    private func answer(avatar: String?) -> HTTPResponse {
        .data { writer in
            writer.beginObject()
            writer.key("avatarUrl")
            writer.string(avatar)
            writer.endObject()
        }
    }

    /// The body, or the form's first part called `avatar` or `file`.
    private static func picture(in request: Request) async throws -> [UInt8] {
        let type = MediaType(request.header("content-type") ?? "")
        guard type.essence == "multipart/form-data" else {
            return try await request.bytes(upTo: SquarePicture.maximumBytes)
        }
        // The whole form is bounded, not only the part that is wanted.
        let form = Mutex<[UInt8]?>(try await request.bytes(upTo: SquarePicture.maximumBytes + formOverhead))
        var parts = try MultipartReader(boundary: type["boundary"] ?? "") {
            form.withLock { form in
                defer { form = nil }
                return form
            }
        }
        while let part = try await parts.nextPart() {
            guard part.name == "avatar" || part.name == "file" else { continue }
            var bytes: [UInt8] = []
            while let piece = try await parts.read() { bytes += piece }
            guard bytes.count <= SquarePicture.maximumBytes else {
                throw Refusal(
                    .tooLarge, "BODY_TOO_LARGE",
                    "The picture is larger than \(SquarePicture.maximumBytes) bytes, the most that is taken here.")
            }
            return bytes
        }
        throw Refusal.invalid("avatar", "avatar is required: the picture, as a part of the form.")
    }

    @Sendable private func picture(_ request: Request) async throws -> HTTPResponse {
        let user: UserID = try request.identifier("id", of: "picture")
        let size: String? = try request.query(Input.size)
        let isLarge = size == "512"
        let found = try await ProfileStore(connection: database).avatar(
            of: user, isLarge: isLarge, for: try request.principal.user)
        guard let found else { throw Refusal.notFound("picture") }
        // Private and asked for again each time: who has left the book sees it no longer.
        return HTTPResponse(
            status: 200,
            fields: [
                ("Content-Type", "image/webp"), ("ETag", "\"\(Base64URL.encode(SHA256.hash(found).prefix(12)))\""),
                ("Cache-Control", "private, no-cache"),
            ], body: .bytes(found))
    }

    // MARK: Others

    @Sendable private func one(_ request: Request) async throws -> HTTPResponse {
        let user: UserID = try request.identifier("id", of: "person")
        let row = try await ProfileStore(connection: database).person(user, for: try request.principal.user)
        guard let row else { throw Refusal.notFound("person") }
        return try .data { try Self.write(row, to: &$0) }
    }

    @Sendable private func search(_ request: Request) async throws -> HTTPResponse {
        let asked: String? = try request.query(Input.search)
        let text = asked ?? ""
        guard text.count >= 3 else { throw Refusal.invalid("q", "q should have at least 3 characters.") }
        let (store, viewer) = (ProfileStore(connection: database), try request.principal.user)
        let rows =
            if let email = try? EmailAddress(text) {
                try await store.person(with: email, for: viewer)
            } else {
                try await store.search(text, for: viewer, limit: Self.maximumFound)
            }
        return try .data { writer in
            writer.beginArray()
            for row in rows { try Self.write(row, to: &writer) }
            writer.endArray()
        }
    }

    private static func write(_ row: Row, to writer: inout JSONWriter) throws {
        let id: UserID = try row.get(0)
        writer.beginObject()
        writer.key("id")
        writer.identifier(id)
        writer.key("name")
        writer.string(try row.get(1, as: String.self))
        writer.key("avatarUrl")
        writer.string(avatarURL(id, version: try row.get(2)))
        writer.endObject()
    }

    // MARK: Preferences

    private func register(
        _ set: PreferenceSet, _ column: ProfileStore.Column, _ path: String, _ summary: String, in routes: inout Routes
    ) {
        routes.get(path, summary, access: .signedIn, returns: .data(set.answerSchema)) { request in
            let (stored, version) = try await ProfileStore(connection: database).read(
                column, of: try request.principal.user)
            return .data { set.write(stored, version: Int(version), to: &$0) }
        }
        routes.put(
            path, summary + ": change what the body names", access: .session, accepts: set.bodySchema,
            returns: .data(set.answerSchema), refuses: [.conflict]
        ) { try await change(set, column, $0) }
    }

    private func change(
        _ set: PreferenceSet, _ column: ProfileStore.Column, _ request: Request
    ) async throws -> HTTPResponse {
        let user = try request.principal.user
        let value = try JSONValue.parse(try await request.bodyAndBytes().bytes)
        var body = try Body(value)
        let version = body.read(IdentityInput.version)
        try body.check()
        return try await database.transaction { transaction in
            let store = ProfileStore(connection: transaction)
            let (stored, current) = try await store.read(column, of: user, locking: true)
            if let version, version != Int(current) { throw Refusal.staleVersion }
            let new = try set.applying(value, to: stored)
            let saved = try JSONValue.parse(new)
            try await store.save(column, new, of: user)
            try await transaction.publish(Self.event(.preferencesUpdated, user))
            try await note(
                "PREFERENCES_CHANGED", request, transaction, old: { set.writeMembers(stored, to: &$0) },
                new: { set.writeMembers(saved, to: &$0) })
            return .data { set.write(saved, version: Int(current) + 1, to: &$0) }
        }
    }

    static func event(_ name: EventName, _ user: UserID) -> Event {
        Event(name, user: user) { data in
            data.key("userId")
            data.identifier(user)
        }
    }
}

extension Refusal {
    fileprivate init(_ problem: SquarePicture.Problem) {
        switch problem {
        case .unknownKind, .damaged:
            self.init(
                .unsupportedMediaType, "IMAGE_INVALID", "This is no JPEG, PNG or WebP, or it is damaged.",
                fields: [FieldError("avatar", "This is no JPEG, PNG or WebP, or it is damaged.")])
        case .tooLarge, .tooSlow:
            self.init(
                .invalid, "IMAGE_TOO_LARGE",
                "The picture has too many pixels: at most \(SquarePicture.maximumSide) a side and 40 million in all.",
                fields: [FieldError("avatar", "The picture has too many pixels.")])
        }
    }
}
