import Audit
import Base
import Books
import Database
import HTTP
import JSON
import Jobs
import Resources
import Runtime

/// What somebody changes of their own profile. A field that is not sent stays; one that is sent as null or empty is
/// cleared.
struct ProfileChange: Sendable {
    enum Part: Sendable {
        case keep
        case set(String?)

        func applied(to old: String?) -> String? {
            switch self {
            case .keep: old
            case .set(let value): value.flatMap { $0.isEmpty ? nil : $0 }
            }
        }
    }

    let first: Part
    let last: Part
    let whole: Part
    let bio: Part
    let timeZone: Part
    let language: String?
    /// Of the design that keeps them with the profile: changes of the two sets that are kept apart here.
    let preferences: JSONValue?
    let notifications: JSONValue?
    /// Nil: the last one to save wins, as the seed documents have it.
    let version: Int?

    static let bio = BodyField<String>.text("bio", max: 500, multiline: true, "A word about yourself.")
    static let timeZone = BodyField<String>("timeZone", aliases: ["timezone"], .string(maxLength: 64), "An IANA name.")
    {
        value throws(FieldProblem) in
        guard let name = value.string, name.isEmpty || TimeZoneName.isKnown(name) else {
            throw FieldProblem("timeZone should be an IANA name such as Europe/Berlin.")
        }
        return name
    }
    static let language = BodyField<String>.choice("language", of: ["en", "de", "hi"], "Of the letters you get.")

    init(_ body: inout Body) {
        let profile = ProfilePreferences(&body)
        bio = Self.part(Self.bio, &body)
        timeZone =
            body.has(Self.timeZone) ? Self.part(Self.timeZone, &body) : profile.timeZone.map { .set($0) } ?? .keep
        language = body.read(Self.language) ?? profile.language
        preferences = profile.preferences
        notifications = profile.notifications
        first = Self.part(IdentityInput.firstName, &body)
        last = Self.part(IdentityInput.lastName, &body)
        whole = Self.part(IdentityInput.name, &body)
        version = body.read(IdentityInput.version)
    }

    private static func part(_ field: BodyField<String>, _ body: inout Body) -> Part {
        body.has(field) ? .set(body.read(field)) : .keep
    }

    func applied(to old: PersonName) -> PersonName {
        var name = old
        if case .set(let text) = whole {
            // A name in one text without the parts is split, as at registration.
            let split = text.map { PersonName(whole: $0) } ?? PersonName()
            if case .keep = first, case .keep = last, split.first != nil { name = split }
            name.display = split.display
        } else if name.display != nil, name.display == old.full {
            // It was only first and last name put together: let it follow them.
            name.display = nil
        }
        name.first = first.applied(to: name.first)
        name.last = last.applied(to: name.last)
        return name
    }
}

extension ProfileChange {
    func applied(to old: ProfileStore.Details) -> ProfileStore.Details {
        var details = old
        details.bio = bio.applied(to: old.bio)
        details.timeZone = timeZone.applied(to: old.timeZone)
        return details
    }
}

extension Accounts {
    func change(_ change: ProfileChange, of id: UserID, from client: Client) async throws {
        let now = clock.now()
        try await database.transaction { transaction in
            let store = UserStore(queryable: transaction)
            guard var user = try await store.lock(id), user.isActive else { throw Refusal.tokenNotValid }
            if let version = change.version, version != user.version { throw Refusal.staleVersion }
            let profile = ProfileStore(connection: transaction)
            let old = try await profile.details(of: id)
            let details = change.applied(to: old)
            let name = change.applied(to: user.name)
            let language = change.language ?? user.language
            try await profile.change(.preferences, .preferences, change.preferences, of: id)
            try await profile.change(.notifications, .notifications, change.notifications, of: id)
            let before = user
            user.name = name
            user.language = language
            let hasNewPreferences = change.preferences != nil || change.notifications != nil
            guard user != before || details != old || hasNewPreferences else { return }
            try await store.saveName(of: user, at: now)
            try await profile.save(details, language: language, of: id, at: now)
            try await transaction.publish(PeopleRoutes.event(.profileUpdated, id))
            if hasNewPreferences { try await transaction.publish(PeopleRoutes.event(.preferencesUpdated, id)) }
            let after = user
            try await transaction.record(
                AuditRecord(
                    .init("PROFILE_CHANGED"), module: "accounts", record: id.description,
                    by: .init(.user, id: id, name: user.email, role: user.role.rawValue), from: client.origin,
                    old: { Self.note(before, old, to: &$0) }, new: { Self.note(after, details, to: &$0) }))
        }
    }

    private static func note(_ user: User, _ details: ProfileStore.Details, to writer: inout JSONWriter) {
        for (name, value) in [
            ("firstName", user.name.first), ("lastName", user.name.last), ("displayName", user.name.display),
            ("bio", details.bio), ("timeZone", details.timeZone), ("language", user.language),
        ] as [(String, String?)] {
            writer.key(name)
            writer.string(value)
        }
    }
}
