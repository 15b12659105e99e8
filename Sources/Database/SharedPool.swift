import EventLoop

/// One loop's connections for statements that stand alone, shared by all tasks of the loop. Reads that wait are sent
/// together under one Sync, which spares both sides system calls: the busier the server, the less a read costs. A read
/// that fails cuts off those behind it, which are sent again. Writes have a Sync each, and commit with it.
final class SharedPool: ConnectionOwner, @unchecked Sendable {
    private let loop: EventLoop
    private let role: Connector.Role
    private let connector: Connector
    private let limit: Int
    /// Syncs in flight on one connection: the second keeps the backend busy while the first one's answer is read.
    private let depth: Int
    private let groupLimit: Int
    private let queueLimit: Int
    private let acquireTimeout: UInt64

    private var connections: [Connection] = []
    private var opening = 0
    private var failures = 0
    private var retryAt: UInt64 = 0
    private var lastFailure: DatabaseError?
    private var queue = FIFO<Unit>()
    private var isClosed = false

    init(loop: EventLoop, role: Connector.Role, connector: Connector, limit: Int, depth: Int, groupLimit: Int) {
        self.loop = loop
        self.role = role
        self.connector = connector
        self.limit = limit
        self.depth = depth
        self.groupLimit = groupLimit
        queueLimit = connector.configuration.queueLimit
        acquireTimeout = connector.configuration.acquireTimeout.nanoseconds
    }

    var isIdle: Bool { queue.isEmpty && connections.allSatisfy(\.isIdle) }
    var connectionCount: Int { connections.count }
    var queued: Int { queue.count }

    // MARK: Work

    func submit(_ unit: Unit) {
        precondition(loop.isCurrent, "a pool belongs to its loop")
        guard !isClosed else { return unit.finish(throwing: DatabaseError.closed) }
        if queue.isEmpty, let connection = leastLoaded() {
            if connection.groupsInFlight > 0 { openMore() }
            return connection.send(unit)
        }
        guard queue.count < queueLimit else {
            return unit.finish(
                throwing: DatabaseError(.unavailable, "\(queueLimit) statements wait for the database already"))
        }
        unit.deadline = loop.now &+ acquireTimeout
        queue.append(unit)
        openMore()
    }

    /// The first of the least loaded, so that a quiet server uses few backends; nil when all are full.
    private func leastLoaded() -> Connection? {
        var best: Connection?
        var load = depth
        for connection in connections where connection.groupsInFlight < load {
            best = connection
            load = connection.groupsInFlight
            if load == 0 { break }
        }
        return best
    }

    private func drain(_ connection: Connection) {
        while connection.isOpen, connection.groupsInFlight < depth, let head = queue.popFirst() {
            var last = head
            var count = 1
            while count < groupLimit, let unit = queue.popFirst() {
                last.next = unit
                last = unit
                count += 1
            }
            connection.send(head)
        }
    }

    func connection(_ connection: Connection, finished leftovers: [Unit]) {
        for unit in leftovers.reversed() {
            unit.deadline = loop.now &+ acquireTimeout
            queue.prepend(unit)
        }
        drain(connection)
    }

    func connection(_ connection: Connection, lost units: [Unit], _ error: DatabaseError) {
        connections.removeAll { $0 === connection }
        if !isClosed { connector.configuration.log(.warning, "a \(role) connection ended: \(error)") }
        for unit in units.reversed() {
            // A read changes nothing, so it may run again; once, lest a statement that kills its backend kills all.
            if unit.nature == .read, unit.attempts < 1, !isClosed {
                unit.prepareToRunAgain()
                unit.deadline = loop.now &+ acquireTimeout
                queue.prepend(unit)
            } else {
                unit.finishLost(error)
            }
        }
        // The others may be gone with it, or have room for what is left.
        for other in connections { drain(other) }
        openMore()
    }

    func connection(_ connection: Connection, notified channel: String, _ payload: String) {}

    // MARK: Connections

    /// The first one, so that a wrong address is told at the start and not at the first request.
    func openFirst() async throws {
        let opened = try await connector.open(role)
        await onLoop { self.adopt(opened) }
    }

    private func onLoop(_ body: @escaping @Sendable () -> Void) async {
        await withUnsafeContinuation { continuation in
            loop.execute {
                body()
                continuation.resume()
            }
        }
    }

    private func openMore() {
        guard !isClosed, connections.count + opening < limit, loop.now >= retryAt else { return }
        // One at a time when the server is away, else as many as there is work for.
        guard opening == 0 || (failures == 0 && opening < max(1, queue.count)) else { return }
        opening += 1
        Task(executorPreference: loop) { [self] in
            do {
                let opened = try await connector.open(role)
                opening -= 1
                adopt(opened)
            } catch {
                opening -= 1
                openFailed(error)
            }
        }
    }

    private func adopt(_ opened: Connector.Opened) {
        guard !isClosed else { return }
        guard
            let connection = Connection(
                opened, role: role, loop: loop, preparedLimit: connector.configuration.preparedStatementLimit),
            connection.isOpen
        else { return openFailed(DatabaseError(.unavailable, "the event loop took no more descriptors")) }
        connection.owner = self
        failures = 0
        retryAt = 0
        connections.append(connection)
        drain(connection)
        if !queue.isEmpty { openMore() }
    }

    private func openFailed(_ error: any Error) {
        guard !isClosed else { return }
        let failure = error as? DatabaseError ?? DatabaseError(.unavailable, "\(error)")
        lastFailure = failure
        failures += 1
        if failures == 1 || failures % 20 == 0 {
            connector.configuration.log(.warning, "no \(role) connection to the database: \(failure)")
        }
        let delay = Backoff.delay(attempt: failures)
        retryAt = loop.now &+ delay.nanoseconds
        _ = loop.schedule(after: delay) { [weak self] in
            guard let self, !self.queue.isEmpty || self.connections.isEmpty else { return }
            self.retryAt = 0
            self.openMore()
        }
    }

    /// Refuses what has waited too long, and gives up connections that have stopped answering.
    func tick(now: UInt64, silence: UInt64) {
        while let unit = queue.first, unit.deadline <= now {
            _ = queue.popFirst()
            let reason = connections.isEmpty ? lastFailure?.message ?? "no connection" : "all connections are busy"
            unit.finish(throwing: DatabaseError(.unavailable, "the database did not become available: \(reason)"))
        }
        for connection in connections where !connection.isIdle && now > connection.lastProgress &+ silence {
            connection.lose(DatabaseError(.unavailable, "the database stopped answering"))
        }
        if !queue.isEmpty { openMore() }
    }

    func close() {
        isClosed = true
        for unit in queue.removeAll() { unit.finish(throwing: DatabaseError.closed) }
        for connection in connections { connection.lose(.closed) }
        connections = []
    }
}

enum Backoff {
    /// 50 ms, doubling to 2 s, each between half and all of it, so that many do not come back at once.
    static func delay(attempt: Int) -> Duration {
        let ceiling = min(2000, 50 << min(max(attempt, 1) - 1, 10))
        return .milliseconds(Int.random(in: ceiling / 2...ceiling))
    }
}
