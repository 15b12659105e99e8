import EventLoop
import Synchronization

/// An open transaction on a connection of its own. Its statements run one after the other.
///
/// BEGIN goes out with the first statement. After the closure that it was given to has returned, every use throws.
package final class Transaction: Queryable, @unchecked Sendable {
    enum Mode {
        case readWrite
        /// One unchanging view of the database.
        case snapshot

        var begin: SQL {
            switch self {
            case .readWrite: "BEGIN"
            case .snapshot: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
            }
        }
    }

    let connection: Connection
    private let connector: Connector
    private let mode: Mode
    private struct State {
        var hasBegun = false
        var hasEnded = false
        var wasCancelled = false
        var hasCopied = false
        var afterCommit: [@Sendable () -> Void] = []
    }
    private let state = Mutex(State())

    init(_ connection: Connection, mode: Mode, connector: Connector) {
        self.connection = connection
        self.mode = mode
        self.connector = connector
    }

    package func query(_ sql: SQL) async throws -> Rows {
        try await submit([sql], from: 0)[0]
    }

    /// Statements in one round trip.
    @discardableResult
    package func pipeline(_ statements: [SQL]) async throws -> [Rows] {
        if statements.isEmpty { return [] }
        return try await submit(statements, from: 0)
    }

    /// Runs `body` after a successful commit, on the thread that committed; not at all after a rollback.
    package func onCommit(_ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.afterCommit.append(body) }
    }

    /// Runs `body` under a savepoint: what it did is undone when it throws, and the transaction goes on.
    @discardableResult
    package func attempt<Value: Sendable>(_ body: (Transaction) async throws -> Value) async throws -> Value {
        _ = try await query("SAVEPOINT attempt")
        do {
            let value = try await body(self)
            _ = try await query("RELEASE SAVEPOINT attempt")
            return value
        } catch {
            _ = try await pipeline(["ROLLBACK TO SAVEPOINT attempt", "RELEASE SAVEPOINT attempt"])
            throw error
        }
    }

    fileprivate var wasCancelled: Bool { state.withLock { $0.wasCancelled } }

    /// Rows come from a producer that may not be able to give them twice.
    fileprivate var hasCopied: Bool { state.withLock { $0.hasCopied } }
    func noteCopy() { state.withLock { $0.hasCopied = true } }

    // MARK: Running

    /// True when BEGIN has to be sent; throws when the transaction is over.
    private func enter() throws -> Bool {
        try state.withLock { state in
            if state.wasCancelled { throw CancellationError() }
            guard !state.hasEnded else {
                throw DatabaseError(.statement, "the transaction has ended already", sqlState: "25000")
            }
            defer { state.hasBegun = true }
            return !state.hasBegun
        }
    }

    private func submit(_ statements: [SQL], from: Int) async throws -> [Rows] {
        let begins = try enter()
        let all = begins ? [mode.begin] + statements : statements
        var rows = try await send(all, nature: .step)
        if begins { rows.removeFirst() }
        return rows
    }

    /// BEGIN by itself, for COPY, which cannot share a pipeline.
    func beginIfNeeded() async throws {
        if try enter() { _ = try await send([mode.begin], nature: .step) }
    }

    private func send(_ statements: [SQL], nature: Unit.Nature) async throws -> [Rows] {
        // COMMIT is not cut off: its outcome would be unknown for nothing.
        if nature == .write { return try await sendNow(statements, nature: nature) }
        try Task.checkCancellation()
        return try await withTaskCancellationHandler {
            try await sendNow(statements, nature: nature)
        } onCancel: {
            cancel()
        }
    }

    private func sendNow(_ statements: [SQL], nature: Unit.Nature) async throws -> [Rows] {
        let connection = self.connection
        do {
            return try await withUnsafeThrowingContinuation { continuation in
                let unit = Unit(statements[0], Array(statements.dropFirst()), nature: nature, .many(continuation))
                if let refusal = unit.refusal { return unit.finish(throwing: refusal) }
                if connection.loop.isCurrent {
                    connection.send(step: unit)
                } else {
                    connection.loop.execute { connection.send(step: unit) }
                }
            }
        } catch {
            if state.withLock({ $0.wasCancelled }) { throw CancellationError() }
            throw error
        }
    }

    /// The connection is given up: a request to cancel may arrive late, and must not hit whoever has it next.
    func cancel() {
        state.withLock { $0.wasCancelled = true }
        let connection = self.connection
        let threads = connector.threads
        connection.loop.execute {
            guard connection.isOpen else { return }
            let request = connection.makeCancel()
            connection.lose(DatabaseError(.timeout, "cancelled", sqlState: "57014"))
            guard let request else { return }
            Task { try? await threads.run { request.send() } }
        }
    }

    // MARK: Ending

    /// Commits, when there was anything to commit.
    func commit() async throws {
        let hasBegun = state.withLock { state in
            state.hasEnded = true
            return state.hasBegun
        }
        guard hasBegun else { return }
        if state.withLock({ $0.wasCancelled }) { throw CancellationError() }
        let rows = try await send(["COMMIT"], nature: .write)
        // A statement failed, its error was swallowed, and PostgreSQL rolled back when asked to commit.
        if rows[0].result.isCommand("ROLLBACK") {
            throw DatabaseError(.statement, "the transaction failed earlier and was rolled back", sqlState: "25P02")
        }
    }

    /// True when the connection can be used again.
    func rollback() async -> Bool {
        let (hasBegun, wasCancelled) = state.withLock { state in
            state.hasEnded = true
            return (state.hasBegun, state.wasCancelled)
        }
        if wasCancelled { return false }
        guard hasBegun else { return true }
        // A cancelled task must still be able to roll back.
        return (try? await sendNow(["ROLLBACK"], nature: .step)) != nil
    }

    func runAfterCommit() {
        let bodies = state.withLock { state in
            defer { state.afterCommit = [] }
            return state.afterCommit
        }
        for body in bodies { body() }
    }
}

// MARK: - Opening one

extension Database {
    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws. It is run again, at most
    /// three times, when PostgreSQL could not serialise it or the connection was lost before COMMIT was sent; so it
    /// must touch nothing but the transaction, and wait for nothing else. One that has copied rows in is not run again.
    @discardableResult
    package func transaction<Value: Sendable>(
        _ body: @Sendable (Transaction) async throws -> Value
    ) async throws -> Value {
        try await transaction(.readWrite, body)
    }

    /// Reads that all see the same state of the database.
    @discardableResult
    package func snapshot<Value: Sendable>(
        _ body: @Sendable (Transaction) async throws -> Value
    ) async throws -> Value {
        try await transaction(.snapshot, body)
    }

    private func transaction<Value: Sendable>(
        _ mode: Transaction.Mode, _ body: @Sendable (Transaction) async throws -> Value
    ) async throws -> Value {
        let part = self.part
        var attempt = 0
        while true {
            attempt += 1
            let connection = try await part.leases.acquire()
            let transaction = Transaction(connection, mode: mode, connector: connector)
            var isCommitting = false
            do {
                let value = try await body(transaction)
                isCommitting = true
                try await transaction.commit()
                await part.release(connection, isClean: true)
                transaction.runAfterCommit()
                return value
            } catch {
                let isClean = await transaction.rollback(unlessCommitted: isCommitting)
                await part.release(connection, isClean: isClean)
                guard attempt <= 3, !Task.isCancelled, !transaction.hasCopied, let failure = error as? DatabaseError,
                    failure.isWorthRetrying || (failure.kind == .unavailable && !isCommitting && !connection.isOpen)
                else { throw error }
                try await part.loop.sleep(for: Backoff.delay(attempt: attempt))
            }
        }
    }
}

extension Transaction {
    /// After a COMMIT that failed there is nothing left to roll back, unless it never arrived.
    fileprivate func rollback(unlessCommitted isCommitting: Bool) async -> Bool {
        guard isCommitting else { return await rollback() }
        // A late request to cancel must not hit whoever has the connection next.
        return connection.isOpen && !wasCancelled
    }
}

extension LoopDatabase {
    fileprivate func release(_ connection: Connection, isClean: Bool) async {
        if loop.isCurrent {
            connection.isInTransaction = false
            leases.release(connection, isClean: isClean)
        } else {
            loop.execute {
                connection.isInTransaction = false
                self.leases.release(connection, isClean: isClean)
            }
        }
    }
}
