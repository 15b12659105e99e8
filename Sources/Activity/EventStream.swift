import Base
import HTTP
import HTTPServer
import JSON
import Runtime
import Synchronization

/// Server-sent events of one who follows a book, until they leave, may not any more, or an hour has passed.
struct EventStream: Sendable {
    static let atMost = Duration.seconds(3600)

    let request: Request
    let book: BookID
    let access: ActivityAccess

    func run(_ subscription: ActivityHub.Subscription, to writer: HTTPBodyWriter) async throws {
        let start = ContinuousClock.now
        var last = subscription.cursor
        // The reader's clock for coming back, and where the stream begins.
        try await writer.write(Array("retry: 2000\nid: \(last)\nevent: ready\ndata: {\"cursor\":\(last)}\n\n".utf8))
        if subscription.isTooFarBehind { try await writer.write(Self.block("reset", number: nil, Array("{}".utf8))) }
        if !subscription.missed.isEmpty {
            guard let isWhole = await mayRead() else { return try await end("gone", writer) }
            for event in subscription.missed { try await writer.write(Self.block(event, isWhole)) }
        }
        var quietTicks = 0
        for await news in subscription.news {
            // Asked before each event: what is remembered of it is forgotten the moment that it changes.
            guard let isWhole = await mayRead() else { return try await end("gone", writer) }
            switch news {
            case .event(let event):
                guard event.number > last else { continue }
                last = event.number
                quietTicks = 0
                try await writer.write(Self.block(event, isWhole))
            case .tick:
                quietTicks += 1
                // A comment, by which a client that has left is noticed.
                if quietTicks.isMultiple(of: 3) { try await writer.write(Array(": \n\n".utf8)) }
            }
            if ContinuousClock.now - start > Self.atMost { return try await end("time", writer) }
        }
        // Too slow, or the server stops: the reader comes back with the last number.
        if !Task.isCancelled { try await end("behind", writer) }
    }

    /// Whether they may see the whole of it; nil when they may not see anything any more.
    private func mayRead() async -> Bool? {
        guard let principal = try? await access.principal(of: request),
            let context = try? await access.book(book, for: principal)
        else { return nil }
        return context.permissions.contains(.viewEntries)
    }

    private func end(_ why: String, _ writer: HTTPBodyWriter) async throws {
        try await writer.write(Self.block("end", number: nil, Array("{\"reason\":\"\(why)\"}".utf8)))
    }

    private static func block(_ event: ActivityEvent, _ isWhole: Bool) -> [UInt8] {
        var writer = JSONWriter(capacity: 256)
        event.write(to: &writer, isWhole: isWhole)
        return block("activity", number: event.number, writer.bytes)
    }

    static func block(_ name: String, number: Int64?, _ data: [UInt8]) -> [UInt8] {
        let id = number.map { "id: \($0)\n" } ?? ""
        return Array("\(id)event: \(name)\ndata: ".utf8) + data + Array("\n\n".utf8)
    }
}

/// How many may follow at once: in all, and each person.
package final class ActivityPlaces: Sendable {
    private let each: Int
    private let all: Int
    private let taken = Mutex<(total: Int, byUser: [UserID: Int])>((0, [:]))

    package init(each: Int = 5, all: Int = 2000) {
        self.each = each
        self.all = all
    }

    package final class Place: Sendable {
        private let leave: @Sendable () -> Void
        init(leave: @escaping @Sendable () -> Void) { self.leave = leave }
        deinit { leave() }
    }

    /// The place is given back when nobody holds it any more.
    package func take(for user: UserID) throws(Refusal) -> Place {
        let isTaken = taken.withLock { taken in
            guard taken.total < all, taken.byUser[user, default: 0] < each else { return false }
            taken.total += 1
            taken.byUser[user, default: 0] += 1
            return true
        }
        guard isTaken else {
            throw Refusal(
                .unavailable, "TOO_BUSY", "Too many connections follow what happens. Close one, or try again later.",
                retryAfter: 10)
        }
        return Place { [weak self] in
            self?.taken.withLock { taken in
                taken.total -= 1
                let left = taken.byUser[user, default: 1] - 1
                taken.byUser[user] = left > 0 ? left : nil
            }
        }
    }
}
