import CPQ
import EventLoop

/// Who hears of a connection's progress; on its loop.
protocol ConnectionOwner: AnyObject {
    /// A Sync came back: there is room for more. `leftovers` were cut off by a neighbour's error and must run again.
    func connection(_ connection: Connection, finished leftovers: [Unit])
    /// The connection is gone. The units were sent and never answered.
    func connection(_ connection: Connection, lost units: [Unit], _ error: DatabaseError)
    func connection(_ connection: Connection, notified channel: String, _ payload: String)
}

/// A connection in pipeline mode. It belongs to one loop and is touched only there.
final class Connection: EventHandler, @unchecked Sendable {
    /// What the server's next answer is to.
    private enum Expectation {
        case parse(PreparedStatement, Unit)
        case deallocate(PreparedStatement)
        case result(Unit)
        case sync(Unit)
    }

    let loop: EventLoop
    let role: Connector.Role
    weak var owner: (any ConnectionOwner)?
    private(set) var pointer: OpaquePointer?
    private let descriptor: Int32
    private let isEncrypted: Bool
    private var expectations = FIFO<Expectation>()
    private var prepared: PreparedStatements
    /// Parsed at the server, no longer wanted.
    private var stale: [PreparedStatement] = []
    /// Syncs not yet answered.
    private(set) var groupsInFlight = 0
    private(set) var lastProgress: UInt64 = 0
    private var wantsWrite = false
    private var isProcessing = false
    var copy: CopyState?

    init?(_ opened: Connector.Opened, role: Connector.Role, loop: EventLoop, preparedLimit: Int) {
        precondition(loop.isCurrent, "a connection belongs to its loop")
        guard let pointer = opened.take() else { return nil }
        self.loop = loop
        self.role = role
        self.pointer = pointer
        descriptor = PQsocket(pointer)
        isEncrypted = PQsslInUse(pointer) != 0
        prepared = PreparedStatements(limit: preparedLimit)
        guard PQsetnonblocking(pointer, 1) == 0, PQenterPipelineMode(pointer) == 1,
            (try? loop.register(descriptor, self, interest: [.read, .levelTriggered])) != nil
        else {
            PQfinish(pointer)
            self.pointer = nil
            return
        }
        lastProgress = loop.now
    }

    deinit {
        // Only a connection that was never registered, or was closed, is let go of: the loop holds the others.
        if let pointer { PQfinish(pointer) }
    }

    var isOpen: Bool { pointer != nil }
    var isIdle: Bool { expectations.isEmpty && copy == nil }
    var backendPID: Int32 { pointer.map { PQbackendPID($0) } ?? 0 }

    /// Between BEGIN and COMMIT; kept by the lease.
    var isInTransaction = false

    // MARK: Sending

    /// Sends a part of a transaction, of which the first is where stale statements can still be dropped.
    func send(step unit: Unit) {
        send(unit)
        isInTransaction = true
    }

    /// Sends the unit, and those chained to it, under one Sync.
    func send(_ head: Unit) {
        precondition(loop.isCurrent, "a connection belongs to its loop")
        guard let pointer else {
            owner?.connection(self, lost: chain(head), .closed)
            return
        }
        if expectations.isEmpty { lastProgress = loop.now }
        var isSent = true
        if !stale.isEmpty, !isInTransaction { isSent = sendDeallocations(pointer) }
        var unit: Unit? = head
        while let current = unit, isSent {
            isSent = enqueue(current.first, current, pointer)
            for sql in current.rest where isSent { isSent = enqueue(sql, current, pointer) }
            unit = current.next
        }
        expectations.append(.sync(head))
        groupsInFlight += 1
        guard isSent, PQpipelineSync(pointer) == 1 else { return lose(.lost(errorMessage(pointer))) }
        flush(pointer)
    }

    private func enqueue(_ sql: SQL, _ unit: Unit, _ pointer: OpaquePointer) -> Bool {
        let (statement, isNew) = prepared.find(sql)
        if isNew {
            guard parse(statement, pointer) else { return false }
            expectations.append(.parse(statement, unit))
            if prepared.count > prepared.limit, !isInTransaction { stale.append(contentsOf: prepared.evict()) }
        }
        expectations.append(.result(unit))
        return bind(sql, to: statement, pointer)
    }

    private func parse(_ statement: PreparedStatement, _ pointer: OpaquePointer) -> Bool {
        statement.name.withUnsafeBufferPointer { name in
            statement.textBytes.withUnsafeBytes { text in
                PQsendPrepare(
                    pointer, name.baseAddress, text.assumingMemoryBound(to: CChar.self).baseAddress,
                    Int32(statement.types.count), statement.types) == 1
            }
        }
    }

    private func bind(_ sql: SQL, to statement: PreparedStatement, _ pointer: OpaquePointer) -> Bool {
        let count = Int(sql.parameterCount)
        return statement.name.withUnsafeBufferPointer { name in
            if count == 0 { return PQsendQueryPrepared(pointer, name.baseAddress, 0, nil, nil, nil, 1) == 1 }
            return sql.bytes.withUnsafeBytes { bytes in
                withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: count) { values in
                    withUnsafeTemporaryAllocation(of: Int32.self, capacity: count * 2) { numbers in
                        // An empty value is not NULL, so it needs an address even when there are no bytes at all.
                        let base =
                            bytes.assumingMemoryBound(to: CChar.self).baseAddress
                            ?? UnsafeRawPointer(SQL.noText).assumingMemoryBound(to: CChar.self)
                        var index = 0
                        for segment in sql.segments where segment.type != 0 {
                            values.initializeElement(at: index, to: segment.size < 0 ? nil : base + Int(segment.offset))
                            numbers.initializeElement(at: index, to: max(segment.size, 0))
                            numbers.initializeElement(at: count + index, to: 1)
                            index += 1
                        }
                        return PQsendQueryPrepared(
                            pointer, name.baseAddress, Int32(count), UnsafePointer(values.baseAddress),
                            UnsafePointer(numbers.baseAddress), numbers.baseAddress.map { UnsafePointer($0 + count) }, 1
                        )
                            == 1
                    }
                }
            }
        }
    }

    private func sendDeallocations(_ pointer: OpaquePointer) -> Bool {
        for statement in stale {
            let name = statement.name.dropLast().map { Character(Unicode.Scalar(UInt8(bitPattern: $0))) }
            guard PQsendQueryParams(pointer, "DEALLOCATE \(String(name))", 0, nil, nil, nil, nil, 1) == 1 else {
                return false
            }
            expectations.append(.deallocate(statement))
        }
        stale = []
        return true
    }

    func flush(_ pointer: OpaquePointer) {
        let left = PQflush(pointer)
        guard left >= 0 else { return lose(.lost(errorMessage(pointer))) }
        let wants = left == 1
        guard wants != wantsWrite else { return }
        wantsWrite = wants
        do {
            try loop.setInterest(wants ? [.read, .write, .levelTriggered] : [.read, .levelTriggered], for: descriptor)
        } catch {
            lose(.lost("\(error)"))
        }
    }

    /// Everything handed to libpq is with the kernel.
    var isFlushed: Bool { !wantsWrite }

    // MARK: Receiving

    func ready(_ events: ReadyEvents) {
        guard let pointer else { return }
        lastProgress = loop.now
        if events.contains(.writable) {
            flush(pointer)
            guard isOpen else { return }
        }
        if !events.intersection([.readable, .hangup, .error]).isEmpty {
            // A TLS record can be larger than libpq's buffer, and what OpenSSL holds of it wakes nobody.
            for _ in 0..<(isEncrypted ? 3 : 1) where PQconsumeInput(pointer) == 0 {
                process(pointer)  // an answer may have come before the end
                if isOpen { lose(.lost(errorMessage(pointer))) }
                return
            }
        }
        process(pointer)
    }

    private func process(_ pointer: OpaquePointer) {
        guard !isProcessing else { return }
        isProcessing = true
        defer { isProcessing = false }
        if copy != nil { return processCopy(pointer) }
        var empty = 0
        while isOpen, !expectations.isEmpty, PQisBusy(pointer) == 0 {
            guard let result = PQgetResult(pointer) else {
                // NULL parts one statement's results from the next one's; twice in a row there is nothing.
                empty += 1
                if empty > 2 { break }
                continue
            }
            empty = 0
            receive(result, pointer)
        }
        guard isOpen else { return }
        if role == .listen { readNotifications(pointer) }
    }

    private func receive(_ result: OpaquePointer, _ pointer: OpaquePointer) {
        switch PQresultStatus(result) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
            switch expectations.popFirst() {
            case .result(let unit):
                unit.receive(Rows(QueryResult(result)))
                // A read holds nothing that its Sync could still undo.
                if unit.nature == .read, unit.error == nil, unit.received == unit.statementCount { unit.finish() }
            case .parse, .deallocate: PQclear(result)
            case .sync, nil:
                PQclear(result)
                lose(.lost("an answer to nothing"))
            }
        case PGRES_PIPELINE_SYNC:
            PQclear(result)
            guard case .sync(let head) = expectations.popFirst() else { return lose(.lost("a Sync out of order")) }
            groupsInFlight -= 1
            finishGroup(head)
        case PGRES_PIPELINE_ABORTED:
            PQclear(result)
            switch expectations.popFirst() {
            case .parse(let statement, _): prepared.forget(statement)
            case .deallocate(let statement): stale.append(statement)
            case .result: break
            case .sync, nil: lose(.lost("an answer to nothing"))
            }
        case PGRES_FATAL_ERROR:
            let error = DatabaseError(result: result)
            let ends = DatabaseError.endsConnection(result) || PQstatus(pointer) == CONNECTION_BAD
            PQclear(result)
            if ends { return lose(error) }
            fail(error)
        default:
            // COPY belongs to `copyIn`; what the server says now cannot be matched with what was asked.
            PQclear(result)
            lose(DatabaseError(.statement, "COPY is not possible in a shared statement"))
        }
    }

    private func fail(_ error: DatabaseError) {
        switch expectations.first {
        case .parse(let statement, let unit):
            // The name is made from the text: a statement that is there already is the one we want.
            if error.sqlState != "42P05" { prepared.forget(statement) }
            unit.fail(error)
            _ = expectations.popFirst()
        case .deallocate: _ = expectations.popFirst()
        case .result(let unit):
            unit.fail(error)
            _ = expectations.popFirst()
        case .sync(let head):
            // A deferred constraint speaks at the end; the Sync itself is still to come.
            for unit in chain(head) { unit.fail(error) }
        case nil: lose(error)
        }
    }

    private func finishGroup(_ head: Unit) {
        var leftovers: [Unit] = []
        var unit: Unit? = head
        while let current = unit {
            unit = current.next
            current.next = nil
            if current.isDone { continue }
            if let error = current.error {
                if error.isStalePreparation, current.nature != .step, current.attempts < 4 {
                    forgetStatements(of: current, error)
                    current.prepareToRunAgain()
                    leftovers.append(current)
                } else {
                    if error.isStalePreparation { forgetStatements(of: current, error) }
                    current.finish()
                }
            } else if current.received < current.statementCount {
                // Cut off by the error of a neighbour under the same Sync.
                current.prepareToRunAgain(counted: false)
                leftovers.append(current)
            } else {
                current.finish()
            }
        }
        owner?.connection(self, finished: leftovers)
    }

    private func forgetStatements(of unit: Unit, _ error: DatabaseError) {
        switch error.sqlState {
        case "26000":
            // The server knows nothing any more: DISCARD ALL, or another server behind the same address.
            prepared.forgetAll()
            stale = []
        case "42P05": break
        default:
            for sql in [unit.first] + unit.rest {
                if let statement = prepared.forget(sql) { stale.append(statement) }
            }
        }
    }

    private func readNotifications(_ pointer: OpaquePointer) {
        while let notification = PQnotifies(pointer) {
            let channel = String(cString: notification.pointee.relname)
            let payload = String(cString: notification.pointee.extra)
            PQfreemem(notification)
            owner?.connection(self, notified: channel, payload)
        }
    }

    // MARK: Ending

    /// Tells the owner which units were never answered, and closes.
    func lose(_ error: DatabaseError) {
        guard isOpen else { return }
        var units: [Unit] = []
        for expectation in expectations.removeAll() {
            if case .sync(let head) = expectation { units += chain(head).filter { !$0.isDone } }
        }
        groupsInFlight = 0
        close()
        failCopy(error)
        for unit in units { unit.next = nil }
        owner?.connection(self, lost: units, error)
    }

    /// Sends Terminate and lets go of the socket.
    func close() {
        guard let pointer else { return }
        loop.deregister(descriptor)
        self.pointer = nil
        PQfinish(pointer)
    }

    /// For cancelling what runs on the connection, from a thread that may block.
    func makeCancel() -> CancelRequest? { pointer.flatMap { PQgetCancel($0) }.map(CancelRequest.init) }

    func errorMessage(_ pointer: OpaquePointer) -> String {
        PQerrorMessage(pointer).map { String(cString: $0).trimmedLine } ?? ""
    }

    private func chain(_ head: Unit) -> [Unit] {
        var units = [head]
        var unit = head.next
        while let current = unit {
            units.append(current)
            unit = current.next
        }
        return units
    }
}

/// libpq's request to cancel, which works from any thread and after its connection was closed.
final class CancelRequest: @unchecked Sendable {
    private let pointer: OpaquePointer
    init(_ pointer: OpaquePointer) { self.pointer = pointer }
    deinit { PQfreeCancel(pointer) }

    /// Blocks until the server has taken it.
    func send() {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            _ = PQcancel(pointer, buffer.baseAddress, 256)
        }
    }
}
