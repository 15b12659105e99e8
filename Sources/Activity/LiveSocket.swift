import Base
import EventLoop
import HTTP
import HTTPServer
import JSON
import Synchronization

/// `/ws`: what happens in books, over one WebSocket.
package struct LiveSocketRoutes: RouteGroup {
    let hub: ActivityHub
    let access: ActivityAccess
    let places: ActivityPlaces
    let origins: Set<String>
    let limits: WebSocket.Limits

    /// - Parameter origins: of pages that may connect besides our own.
    package init(
        hub: ActivityHub, access: ActivityAccess, origins: [String],
        places: ActivityPlaces = ActivityPlaces(each: 10, all: 10_000), limits: WebSocket.Limits = .init()
    ) {
        self.hub = hub
        self.access = access
        self.origins = Set(origins.map { $0.lowercased() })
        self.places = places
        self.limits = limits
    }

    package func register(in routes: inout Routes) {
        routes.tag = "Activity"
        let prefix = routes.prefix
        routes.prefix = ""
        routes.get(
            "/ws", "What happens in your books, over a WebSocket (RFC 6455)", access: .book(.viewActivity),
            returns: .switching, refuses: [.invalid, .forbidden, .upgradeRequired, .unavailable], handle: connect)
        routes.prefix = prefix
    }

    @Sendable private func connect(_ request: Request) async throws -> HTTPResponse {
        let handshake = try WebSocketHandshake(request)
        try WebSocketHandshake.checkOrigin(request, origins: origins)
        let place = try places.take(for: try request.principal.user)
        var fields = [("Sec-WebSocket-Accept", handshake.accept)]
        if handshake.isNamed { fields.append(("Sec-WebSocket-Protocol", WebSocketHandshake.protocolName)) }
        return HTTPResponse(
            status: 101, fields: fields,
            body: .upgrade(to: "websocket") { [hub, access, limits] upgrade in
                let socket = WebSocket(upgrade, limits: limits)
                let live = LiveSocket(socket, request: request, hub: hub, access: access, loop: upgrade.loop)
                defer { live.end() }
                try await socket.run { await live.receive($0) }
                withExtendedLifetime(place) {}
            })
    }
}

/// What is said over one such socket. Client: `subscribe`, `unsubscribe`, `ping`; server: `subscribed`, `activity`,
/// `reset`, `unsubscribed`, `pong`, `error`.
final class LiveSocket: Sendable {
    static let subscriptionLimit = 20
    /// The credential is not valid any more: renew it, and come back.
    static let signInCode: UInt16 = 4001
    /// The only book that was followed is not theirs to see any more.
    static let goneCode: UInt16 = 4003

    private let socket: WebSocket
    private let request: Request
    private let hub: ActivityHub
    private let access: ActivityAccess
    private let loop: EventLoop
    private let following = Mutex<[BookID: Task<Void, Never>]>([:])

    init(_ socket: WebSocket, request: Request, hub: ActivityHub, access: ActivityAccess, loop: EventLoop) {
        self.socket = socket
        self.request = request
        self.hub = hub
        self.access = access
        self.loop = loop
    }

    func end() {
        let tasks = following.withLock { following in
            defer { following = [:] }
            return Array(following.values)
        }
        for task in tasks { task.cancel() }
    }

    // MARK: What the client says

    func receive(_ bytes: [UInt8]) async {
        do {
            guard let message = try? JSONValue.parse(bytes, limits: .init(depth: 4, nodes: 64, bytes: 64 * 1024)),
                let type = message["type"]?.string
            else { throw Refusal(.invalid, "INVALID_MESSAGE", "A message is a JSON object with a type.") }
            switch type {
            case "ping": send("pong") { _ in }
            case "subscribe": try await subscribe(message)
            case "unsubscribe": try unsubscribe(message)
            default:
                throw Refusal(
                    .invalid, "INVALID_MESSAGE", "type should be subscribe, unsubscribe or ping.")
            }
        } catch let refusal as Refusal {
            if refusal.kind == .unauthenticated { return socket.close(Self.signInCode, refusal.code) }
            sendError(refusal)
        } catch {
            sendError(Refusal(.unavailable, "UNAVAILABLE", "This cannot be had at the moment. Try again shortly."))
        }
    }

    private static func book(in message: JSONValue) throws(Refusal) -> BookID? {
        guard let value = message["bookId"], !value.isNull else { return nil }
        guard let text = value.string, let book = BookID(text) else { throw .notFound("book") }
        return book
    }

    private func subscribe(_ message: JSONValue) async throws {
        let principal = try await access.principal(of: request)
        let context = try await access.book(try Self.book(in: message) ?? request.book.id, for: principal)
        var after: Int64?
        if let value = message["after"], !value.isNull {
            guard let number = value.int, number >= 0 else {
                throw Refusal(.invalid, "INVALID_MESSAGE", "after should be a number.")
            }
            after = Int64(number)
        }
        let hasRoom = following.withLock { $0.count < Self.subscriptionLimit || $0[context.id] != nil }
        guard hasRoom else {
            throw Refusal(
                .tooManyRequests, "TOO_MANY_SUBSCRIPTIONS",
                "At most \(Self.subscriptionLimit) books are followed at once.")
        }
        let subscription = try await hub.follow(context.id, after: after)
        stop(context.id)
        let isWhole = context.permissions.contains(.viewEntries)
        send("subscribed") { writer in
            writer.key("bookId")
            writer.identifier(context.id)
            writer.key("cursor")
            writer.int(subscription.cursor)
        }
        if subscription.isTooFarBehind {
            send("reset") { writer in
                writer.key("bookId")
                writer.identifier(context.id)
            }
        }
        for event in subscription.missed { send(event, isWhole) }
        let task = Task(executorPreference: loop) { [weak self] in
            var last = subscription.cursor
            for await news in subscription.news {
                guard let self, await tell(news, of: context.id, &last) else { return }
            }
            // The queue was full, or the server stops. Who is still there begins anew.
            if !Task.isCancelled { self?.socket.close(1013, "too slow") }
        }
        following.withLock { $0[context.id] = task }
    }

    private func unsubscribe(_ message: JSONValue) throws(Refusal) {
        let all = following.withLock { Array($0.keys) }
        let wanted = try Self.book(in: message).map { [$0] } ?? all
        for book in wanted {
            stop(book)
            send("unsubscribed") { writer in
                writer.key("bookId")
                writer.identifier(book)
            }
        }
    }

    private func stop(_ book: BookID) { following.withLock { $0.removeValue(forKey: book) }?.cancel() }

    // MARK: What the server says

    /// False when nothing more is to be told of the book. Each time it is asked whether they may still know.
    private func tell(_ news: ActivityNews, of book: BookID, _ last: inout Int64) async -> Bool {
        do {
            let principal = try await access.principal(of: request)
            let context = try await access.book(book, for: principal)
            if case .event(let event) = news, event.number > last {
                last = event.number
                send(event, context.permissions.contains(.viewEntries))
            }
            return !Task.isCancelled
        } catch let refusal as Refusal {
            if refusal.kind == .unauthenticated {
                socket.close(Self.signInCode, refusal.code)
                return false
            }
            guard refusal.kind == .notFound || refusal.kind == .forbidden else { return true }
            let isOnly = following.withLock { following in
                following[book] = nil
                return following.isEmpty
            }
            sendError(refusal, book: book)
            if isOnly { socket.close(Self.goneCode, refusal.code) }
            return false
        } catch {
            // The database is away. What was not told comes again: the reader asks for what is after its last number.
            if case .event = news {
                socket.close(1013, "try again")
                return false
            }
            return true
        }
    }

    private func send(_ event: ActivityEvent, _ isWhole: Bool) {
        var writer = JSONWriter(capacity: 256)
        event.write(to: &writer, isWhole: isWhole) { writer in
            writer.key("type")
            writer.string("activity")
            writer.key("bookId")
            writer.identifier(event.book)
        }
        socket.send(writer.bytes)
    }

    private func sendError(_ refusal: Refusal, book: BookID? = nil) {
        send("error") { writer in
            writer.key("code")
            writer.string(refusal.kind == .notFound ? "BOOK_NOT_FOUND" : refusal.code)
            writer.key("message")
            writer.string(refusal.message)
            writer.key("bookId")
            writer.identifier(book)
        }
    }

    private func send(_ type: String, _ more: (inout JSONWriter) -> Void) {
        var writer = JSONWriter(capacity: 128)
        writer.beginObject()
        writer.key("type")
        writer.string(type)
        more(&writer)
        writer.endObject()
        socket.send(writer.bytes)
    }
}
