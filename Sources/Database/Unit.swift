/// What one caller submits: statements that succeed or fail together. Touched on its loop alone once submitted.
final class Unit: @unchecked Sendable {
    enum Completion {
        case one(UnsafeContinuation<Rows, any Error>)
        case many(UnsafeContinuation<[Rows], any Error>)
        case callback((Result<[Rows], any Error>) -> Void)
        case done
    }

    /// How a lost connection is told to the caller.
    enum Nature {
        /// May be run again.
        case read
        /// Commits by itself: lost after it was sent, its outcome is unknown.
        case write
        /// Part of a transaction that certainly never committed.
        case step
    }

    let first: SQL
    let rest: [SQL]
    let nature: Nature
    var deadline: UInt64 = 0
    /// The next unit under the same Sync.
    var next: Unit?
    var attempts = 0
    private(set) var received = 0
    private(set) var error: DatabaseError?
    private var completion: Completion
    private var firstRows: Rows?
    private var moreRows: [Rows] = []

    init(_ first: SQL, _ rest: [SQL] = [], nature: Nature, _ completion: Completion) {
        self.first = first
        self.rest = rest
        self.nature = nature
        self.completion = completion
    }

    var statementCount: Int { 1 + rest.count }
    var isDone: Bool { if case .done = completion { true } else { false } }

    /// What PostgreSQL's protocol cannot carry.
    var refusal: DatabaseError? {
        func refusal(of sql: SQL) -> DatabaseError? {
            if sql.parameterCount > 65_535 { return DatabaseError(.statement, "more than 65535 parameters") }
            if sql.bytes.count > 512 << 20 { return DatabaseError(.statement, "parameters of more than 512 MB") }
            return nil
        }
        if let refusal = refusal(of: first) { return refusal }
        for sql in rest { if let refusal = refusal(of: sql) { return refusal } }
        return nil
    }

    func receive(_ rows: Rows) {
        if received == 0 { firstRows = rows } else { moreRows.append(rows) }
        received += 1
    }

    /// The first error counts; what follows it is its consequence.
    func fail(_ error: DatabaseError) {
        if self.error == nil { self.error = error }
    }

    /// `counted` unless it was only cut off by a neighbour's error, which happens once for each such neighbour.
    func prepareToRunAgain(counted: Bool = true) {
        if counted { attempts += 1 }
        received = 0
        firstRows = nil
        moreRows = []
        error = nil
    }

    func finish() {
        if let error { return finish(throwing: error) }
        guard received == statementCount, let firstRows else {
            return finish(throwing: DatabaseError(.unavailable, "the database sent fewer results than statements"))
        }
        let completion = self.completion
        self.completion = .done
        switch completion {
        case .one(let continuation): continuation.resume(returning: firstRows)
        case .many(let continuation): continuation.resume(returning: allRows(firstRows))
        case .callback(let body): body(.success(allRows(firstRows)))
        case .done: break
        }
    }

    private func allRows(_ first: Rows) -> [Rows] {
        if moreRows.isEmpty { return [first] }
        moreRows.insert(first, at: 0)
        return moreRows
    }

    func finish(throwing error: any Error) {
        let completion = self.completion
        self.completion = .done
        switch completion {
        case .one(let continuation): continuation.resume(throwing: error)
        case .many(let continuation): continuation.resume(throwing: error)
        case .callback(let body): body(.failure(error))
        case .done: break
        }
    }

    /// Ends a unit whose connection went away after it was sent.
    func finishLost(_ reason: DatabaseError) {
        if let error { return finish(throwing: error) }
        guard nature == .write else { return finish(throwing: reason) }
        finish(
            throwing: DatabaseError(
                .outcomeUnknown, "\(reason.message); whether the write was done is not known", sqlState: reason.sqlState
            ))
    }
}
