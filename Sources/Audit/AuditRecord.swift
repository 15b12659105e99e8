import Base
import Database
import HTTP
import JSON

/// Who did what to which record, with its old and new values, and from where. Written in the transaction of the change
/// that it tells of, and never changed afterwards.
///
/// Values are those of the fields that the caller names: no password, token, secret or hash of one is ever among them.
package struct AuditRecord: Sendable {
    /// What is done, in the field's own words: `MEMBER_ADDED`.
    package struct Action: RawRepresentable, Hashable, Sendable {
        package let rawValue: String
        /// - Parameter rawValue: 1 to 40 capital letters and underscores.
        package init(rawValue: String) { self.rawValue = rawValue }
        package init(_ name: StaticString) { rawValue = name.description }
    }

    package enum ActorKind: String, Sendable { case user, key, service, system, `operator` }

    package struct Actor: Sendable {
        package let kind: ActorKind
        package let id: UserID?
        package let name: String?
        package let role: String?

        package init(_ kind: ActorKind, id: UserID? = nil, name: String? = nil, role: String? = nil) {
            self.kind = kind
            self.id = id
            self.name = name
            self.role = role
        }

        /// The one who makes a request.
        package init(_ principal: Principal, role: BookRole? = nil) {
            var kind = ActorKind.user
            if case .apiKey = principal.credential { kind = .key }
            self.init(
                kind, id: principal.user,
                role: role?.rawValue ?? principal.platformRole.rawValue)
        }

        /// The machine's operator, at the command line.
        package static let `operator` = Actor(.operator)
        /// Background work.
        package static let system = Actor(.system)
    }

    /// Where a request came from.
    package struct Origin: Sendable {
        package let address: String?
        package let userAgent: String?
        package let requestID: String?

        package init(address: String?, userAgent: String?, requestID: String?) {
            self.address = address
            self.userAgent = userAgent.map { String($0.unicodeScalars.prefix(400).map(Character.init)) }
            self.requestID = requestID
        }

        package init(_ request: Request) {
            self.init(address: request.clientAddress, userAgent: request.header("user-agent"), requestID: request.id)
        }

        /// At the command line, or in the background.
        package static let none = Origin(address: nil, userAgent: nil, requestID: nil)
    }

    package let action: Action
    /// The part of the program: `members`, `accounts`.
    package let module: String
    package let recordID: String?
    package let book: BookID?
    package let actor: Actor
    package let origin: Origin
    package let reason: String?
    /// JSON objects; nil where there was, or is, nothing.
    package let old: [UInt8]?
    package let new: [UInt8]?

    package init(
        _ action: Action, module: String, record: String? = nil, book: BookID? = nil, by actor: Actor,
        from origin: Origin = .none, reason: String? = nil, old: ((inout JSONWriter) -> Void)? = nil,
        new: ((inout JSONWriter) -> Void)? = nil
    ) {
        self.action = action
        self.module = module
        recordID = record
        self.book = book
        self.actor = actor
        self.origin = origin
        self.reason = reason
        self.old = old.map(Self.object)
        self.new = new.map(Self.object)
    }

    private static func object(_ fields: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter(capacity: 128)
        writer.beginObject()
        fields(&writer)
        writer.endObject()
        return writer.bytes
    }

    /// The name of the actor is looked up when it is not given: it is kept as it was at the time.
    var insertion: SQL {
        """
        INSERT INTO audit.log (id, book_id, module, record_id, action, actor_kind, actor_id, actor_name, actor_role,
            address, user_agent, request_id, old_values, new_values, changed_fields, reason)
        SELECT \(Identifier<AuditRecord>.new()), \(book), \(module), \(recordID), \(action.rawValue),
            \(actor.kind.rawValue), \(actor.id),
            coalesce(\(actor.name), (SELECT email FROM users WHERE id = \(actor.id))), \(actor.role),
            \(origin.address), \(origin.userAgent), \(origin.requestID), v.old, v.new,
            ARRAY(
                SELECT coalesce(o.key, n.key)
                FROM jsonb_each(coalesce(v.old, '{}')) o FULL JOIN jsonb_each(coalesce(v.new, '{}')) n ON o.key = n.key
                WHERE o.value IS DISTINCT FROM n.value ORDER BY 1
            ), \(reason)
        FROM (SELECT \(old.map { JSONText($0) }) AS old, \(new.map { JSONText($0) }) AS new) v
        """
    }
}

extension Queryable {
    /// In the transaction of the change, so that the two are there together or not at all.
    package func record(_ record: AuditRecord) async throws {
        _ = try await query(record.insertion)
    }
}
