import EventLoop

/// One loop's connections for transactions, each used by one task at a time.
final class LeasePool: ConnectionOwner, @unchecked Sendable {
    private final class Waiter: @unchecked Sendable {
        var continuation: UnsafeContinuation<Connection, any Error>?
        let deadline: UInt64
        init(_ continuation: UnsafeContinuation<Connection, any Error>, deadline: UInt64) {
            self.continuation = continuation
            self.deadline = deadline
        }

        func resume(_ result: Result<Connection, any Error>) {
            continuation?.resume(with: result)
            continuation = nil
        }
    }

    private let loop: EventLoop
    private let connector: Connector
    private let limit: Int
    private let acquireTimeout: UInt64
    private var idle: [Connection] = []
    private var inUse = 0
    private var opening = 0
    private var failures = 0
    private var waiters = FIFO<Waiter>()
    private var lastFailure: DatabaseError?
    private var isClosed = false

    init(loop: EventLoop, connector: Connector, limit: Int) {
        self.loop = loop
        self.connector = connector
        self.limit = limit
        acquireTimeout = connector.configuration.acquireTimeout.nanoseconds
    }

    var isIdle: Bool { inUse == 0 && waiters.isEmpty }
    var connectionCount: Int { idle.count + inUse }
    var waiting: Int { waiters.count }

    /// Throws `CancellationError` when the task is cancelled while it waits, `.unavailable` when it waits too long.
    func acquire() async throws -> Connection {
        if loop.isCurrent, waiters.isEmpty, let connection = takeIdle() { return connection }
        let slot = WaiterSlot()
        return try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                if loop.isCurrent {
                    enter(continuation, slot)
                } else {
                    loop.execute { self.enter(continuation, slot) }
                }
            }
        } onCancel: {
            loop.execute {
                slot.isCancelled = true
                slot.waiter?.resume(.failure(CancellationError()))
            }
        }
    }

    /// Where the cancellation handler finds the waiter; touched on the loop alone.
    private final class WaiterSlot: @unchecked Sendable {
        var waiter: Waiter?
        var isCancelled = false
    }

    private func enter(_ continuation: UnsafeContinuation<Connection, any Error>, _ slot: WaiterSlot) {
        guard !isClosed else { return continuation.resume(throwing: DatabaseError.closed) }
        if slot.isCancelled { return continuation.resume(throwing: CancellationError()) }
        if waiters.isEmpty, let connection = takeIdle() { return continuation.resume(returning: connection) }
        guard waiters.count < connector.configuration.queueLimit else {
            return continuation.resume(
                throwing: DatabaseError(.unavailable, "\(waiters.count) transactions wait for the database already"))
        }
        let waiter = Waiter(continuation, deadline: loop.now &+ acquireTimeout)
        slot.waiter = waiter
        waiters.append(waiter)
        openMore()
    }

    private func takeIdle() -> Connection? {
        // The one used last has the warmest caches.
        guard let connection = idle.popLast() else { return nil }
        inUse += 1
        return connection
    }

    /// Gives a connection back. One that is not fit for another transaction is closed.
    func release(_ connection: Connection, isClean: Bool) {
        precondition(loop.isCurrent, "a pool belongs to its loop")
        inUse -= 1
        if !isClean || isClosed || !connection.isIdle || connection.isInTransaction { connection.close() }
        if connection.isOpen {
            idle.append(connection)
            serve()
        } else {
            openMore()
        }
    }

    private func serve() {
        while !idle.isEmpty, let waiter = waiters.popFirst() {
            guard waiter.continuation != nil, let connection = takeIdle() else { continue }
            waiter.resume(.success(connection))
        }
    }

    private func openMore() {
        guard !isClosed, opening < waiters.count, idle.count + inUse + opening < limit else { return }
        guard failures == 0 || opening == 0 else { return }
        opening += 1
        Task(executorPreference: loop) { [self] in
            do {
                let opened = try await connector.open(.lease)
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
                opened, role: .lease, loop: loop, preparedLimit: connector.configuration.preparedStatementLimit),
            connection.isOpen
        else { return openFailed(DatabaseError(.unavailable, "the event loop took no more descriptors")) }
        connection.owner = self
        failures = 0
        idle.append(connection)
        serve()
        openMore()
    }

    private func openFailed(_ error: any Error) {
        guard !isClosed else { return }
        let failure = error as? DatabaseError ?? DatabaseError(.unavailable, "\(error)")
        lastFailure = failure
        failures += 1
        if failures == 1 { connector.configuration.log(.warning, "no connection for a transaction: \(failure)") }
        _ = loop.schedule(after: Backoff.delay(attempt: failures)) { [weak self] in self?.openMore() }
    }

    func connection(_ connection: Connection, finished leftovers: [Unit]) {
        // A step of a transaction is never run again by itself: what came before it is lost with it.
        for unit in leftovers { unit.finish(throwing: DatabaseError(.unavailable, "a statement was cut off")) }
    }

    func connection(_ connection: Connection, lost units: [Unit], _ error: DatabaseError) {
        if let index = idle.firstIndex(where: { $0 === connection }) { idle.remove(at: index) }
        for unit in units { unit.finishLost(error) }
    }

    func connection(_ connection: Connection, notified channel: String, _ payload: String) {}

    func tick(now: UInt64) {
        while let waiter = waiters.first, waiter.continuation == nil || waiter.deadline <= now {
            _ = waiters.popFirst()
            let reason = connectionCount == 0 ? lastFailure?.message ?? "no connection" : "all connections are in use"
            waiter.resume(.failure(DatabaseError(.unavailable, "no connection for a transaction: \(reason)")))
        }
        if !waiters.isEmpty { openMore() }
    }

    func close() {
        isClosed = true
        for waiter in waiters.removeAll() { waiter.resume(.failure(DatabaseError.closed)) }
        for connection in idle { connection.lose(.closed) }
        idle = []
    }
}
