import EventLoop
import Synchronization

/// What NOTIFY brought, or the news that some may have been missed.
package struct Notification: Sendable, Equatable {
    package let channel: String
    package let payload: String
    /// The connection was lost and is back: look at the tables, for notifications may have passed unheard.
    package let isGap: Bool

    package init(channel: String, payload: String, isGap: Bool = false) {
        self.channel = channel
        self.payload = payload
        self.isGap = isGap
    }
}

/// One connection that listens, for all who listen.
final class Listener: ConnectionOwner, @unchecked Sendable {
    private let loop: EventLoop
    private let connector: Connector
    private var subscribers: [String: [Int: Subscriber]] = [:]
    private var lastSubscriber = 0
    private var connection: Connection?
    private var isOpening = false
    private var isClosed = false
    private var failures = 0
    private var isTryingAgain = false

    /// A reader that falls behind misses what comes then, never what came before; and before anything later it is
    /// told of the gap.
    private struct Subscriber {
        let continuation: AsyncStream<Notification>.Continuation
        private(set) var hasMissed = false

        init(_ continuation: AsyncStream<Notification>.Continuation) { self.continuation = continuation }

        mutating func give(_ notification: Notification) {
            tellOfGap(notification.channel)
            if !hasMissed, case .dropped = continuation.yield(notification) { hasMissed = true }
        }

        mutating func tellOfGap(_ channel: String) {
            guard hasMissed else { return }
            if case .dropped = continuation.yield(Notification(channel: channel, payload: "", isGap: true)) { return }
            hasMissed = false
        }
    }

    init(loop: EventLoop, connector: Connector) {
        self.loop = loop
        self.connector = connector
    }

    func listen(_ channel: String) -> AsyncStream<Notification> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Notification.self, bufferingPolicy: .bufferingOldest(1024))
        loop.execute {
            guard !self.isClosed else { return continuation.finish() }
            self.lastSubscriber += 1
            let number = self.lastSubscriber
            continuation.onTermination = { [weak self] _ in
                guard let self else { return }
                self.loop.execute { self.unsubscribe(channel, number) }
            }
            let isNew = self.subscribers[channel] == nil
            self.subscribers[channel, default: [:]][number] = Subscriber(continuation)
            if self.connection == nil {
                self.open()
            } else if isNew {
                self.send("LISTEN", channel)
            }
        }
        return stream
    }

    private func unsubscribe(_ channel: String, _ number: Int) {
        subscribers[channel]?[number] = nil
        guard subscribers[channel]?.isEmpty == true else { return }
        subscribers[channel] = nil
        if connection != nil { send("UNLISTEN", channel) }
    }

    private func send(_ command: String, _ channel: String) {
        let quoted = channel.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
        let sql = SQL(interning: "\(command) \"\(quoted)\"")
        connection?.send(
            Unit(
                sql, nature: .step,
                .callback { [connector, weak self] result in
                    guard case .failure(let error) = result else {
                        // From here on nothing is missed; what came before the answer may have been.
                        if command == "LISTEN" {
                            self?.deliver(Notification(channel: channel, payload: "", isGap: true))
                        }
                        return
                    }
                    // Whoever closes the connection has ended all listening with it.
                    guard command == "LISTEN" else { return }
                    connector.configuration.log(.warning, "\(command) \(channel): \(error)")
                }))
    }

    private func open() {
        guard !isOpening, !isClosed, connection == nil else { return }
        isOpening = true
        Task(executorPreference: loop) { [self] in
            do {
                let opened = try await connector.open(.listen)
                isOpening = false
                adopt(opened)
            } catch {
                isOpening = false
                failures += 1
                if failures == 1 { connector.configuration.log(.warning, "no connection to listen on: \(error)") }
                openLater()
            }
        }
    }

    private func openLater() {
        guard !isClosed else { return }
        _ = loop.schedule(after: Backoff.delay(attempt: max(1, failures))) { [weak self] in self?.open() }
    }

    private func adopt(_ opened: Connector.Opened) {
        guard !isClosed,
            let connection = Connection(opened, role: .listen, loop: loop, preparedLimit: 64), connection.isOpen
        else { return openLater() }
        connection.owner = self
        self.connection = connection
        failures = 0
        for channel in subscribers.keys { send("LISTEN", channel) }
    }

    func connection(_ connection: Connection, finished leftovers: [Unit]) {
        for unit in leftovers { unit.finish(throwing: DatabaseError.closed) }
    }

    func connection(_ connection: Connection, lost units: [Unit], _ error: DatabaseError) {
        self.connection = nil
        for unit in units { unit.finishLost(error) }
        failures += 1
        openLater()
    }

    func connection(_ connection: Connection, notified channel: String, _ payload: String) {
        deliver(Notification(channel: channel, payload: payload))
    }

    private func deliver(_ notification: Notification) {
        guard var waiting = subscribers[notification.channel] else { return }
        for number in waiting.keys { waiting[number]?.give(notification) }
        subscribers[notification.channel] = waiting
        if waiting.values.contains(where: \.hasMissed) { tellOfGapsLater() }
    }

    /// Nothing else may come that would bring the gap along.
    private func tellOfGapsLater() {
        guard !isTryingAgain, !isClosed else { return }
        isTryingAgain = true
        _ = loop.schedule(after: .milliseconds(100)) { [weak self] in
            guard let self else { return }
            isTryingAgain = false
            for (channel, waiting) in subscribers where waiting.values.contains(where: \.hasMissed) {
                for number in waiting.keys { subscribers[channel]?[number]?.tellOfGap(channel) }
                if subscribers[channel]?.values.contains(where: \.hasMissed) ?? false { tellOfGapsLater() }
            }
        }
    }

    func close() async {
        await withUnsafeContinuation { continuation in
            loop.execute {
                self.isClosed = true
                self.connection?.lose(.closed)
                for channel in self.subscribers.values { for stream in channel.values { stream.continuation.finish() } }
                self.subscribers = [:]
                continuation.resume()
            }
        }
    }
}

/// Sends NOTIFY, the same one once however often it is asked for within a moment: each commit that notifies takes a
/// lock that all of them share.
final class Notifier: @unchecked Sendable {
    private struct Key: Hashable {
        let channel: String
        let payload: String
    }

    private let loop: EventLoop
    private let writes: SharedPool
    private var waiting: Set<Key> = []
    private var isSending = false

    init(loop: EventLoop, writes: SharedPool) {
        self.loop = loop
        self.writes = writes
    }

    func notify(_ channel: String, _ payload: String) {
        precondition(loop.isCurrent, "a notifier belongs to its loop")
        guard waiting.count < 4096 else { return }
        waiting.insert(Key(channel: channel, payload: payload))
        if !isSending { send() }
    }

    /// The first goes out at once; what comes while it is on its way waits for it and goes together.
    private func send() {
        guard !waiting.isEmpty else { return }
        isSending = true
        let keys = Array(waiting)
        waiting = []
        let sql: SQL = """
            SELECT pg_notify(channel, payload)
            FROM unnest(\(keys.map(\.channel)), \(keys.map(\.payload))) AS sent (channel, payload)
            """
        let done: (Result<[Rows], any Error>) -> Void = { [weak self] _ in
            self?.isSending = false
            self?.send()
        }
        writes.submit(Unit(sql, nature: .write, .callback(done)))
    }
}

extension Database {
    /// What is notified on the channel from now on. The first element, and each after a lost connection, is a gap.
    /// A reader that falls behind by 1024 misses what comes then, and sees a gap before anything later.
    package func listen(_ channel: String) -> AsyncStream<Notification> { listener.listen(channel) }

    /// Sends a notification soon, without waiting; the same one asked for again meanwhile is sent once. It can be
    /// lost with its connection, so that whoever listens must look by itself now and then.
    package func notify(_ channel: String, _ payload: String = "") {
        let part = self.part
        if part.loop.isCurrent {
            part.notifier.notify(channel, payload)
        } else {
            part.loop.execute { part.notifier.notify(channel, payload) }
        }
    }
}
