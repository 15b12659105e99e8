import Base
import Database
import JSON

/// Something that happened, in the past tense, with the ids that tell of what. Delivered at least once.
package struct Event: Sendable {
    package let name: EventName
    package let book: BookID?
    package let user: UserID?
    /// A JSON object.
    package let data: [UInt8]
    /// The request that caused it.
    package let origin = RequestOrigin.current

    package init(_ name: EventName, book: BookID? = nil, user: UserID? = nil, data: (inout JSONWriter) -> Void) {
        self.name = name
        self.book = book
        self.user = user
        var writer = JSONWriter(capacity: 128)
        writer.beginObject()
        data(&writer)
        writer.endObject()
        self.data = writer.bytes
    }
}

/// The name of an event; modules add theirs as static members.
package struct EventName: RawRepresentable, Hashable, Sendable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    package init(_ name: String) { rawValue = name }
}

/// Where events wait for the worker, written in the transaction of the change they tell of.
package enum Outbox {
    package static func insertion(of event: Event) -> SQL {
        """
        INSERT INTO outbox (name, book_id, user_id, data, address, request_id)
        VALUES (\(event.name.rawValue), \(event.book), \(event.user), \(JSONText(event.data)),
            \(event.origin?.address), \(event.origin?.requestID))
        """
    }

    /// For a statement that changes and publishes in one: `, published AS (\(Outbox.insertion(of: e, ifAnyIn: "changed")))`.
    package static func insertion(of event: Event, ifAnyIn source: StaticString) -> SQL {
        """
        INSERT INTO outbox (name, book_id, user_id, data, address, request_id)
        SELECT \(event.name.rawValue), \(event.book), \(event.user), \(JSONText(event.data)),
            \(event.origin?.address), \(event.origin?.requestID)
        FROM \(SQL.fragment(source)) LIMIT 1
        """
    }
}

extension Queryable {
    package func publish(_ event: Event) async throws {
        _ = try await query(Outbox.insertion(of: event))
    }
}
