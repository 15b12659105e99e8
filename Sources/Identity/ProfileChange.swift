import Base
import Database
import HTTP
import Resources
import Runtime

/// What somebody changes of their own name. A field that is not sent stays; one that is sent as null or empty is
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
    /// Nil: the last one to save wins, as the seed documents have it.
    let version: Int?

    init(_ body: inout Body) {
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

extension Accounts {
    func change(_ change: ProfileChange, of id: UserID) async throws {
        let now = clock.now()
        try await database.transaction { transaction in
            let store = UserStore(queryable: transaction)
            guard var user = try await store.lock(id), user.isActive else { throw Refusal.tokenNotValid }
            if let version = change.version, version != user.version { throw Refusal.staleVersion }
            let name = change.applied(to: user.name)
            guard name != user.name else { return }
            user.name = name
            try await store.saveName(of: user, at: now)
        }
    }
}
