import EventLoop

/// All that one loop has of the database.
final class LoopDatabase: @unchecked Sendable {
    let loop: EventLoop
    let reads: SharedPool
    let writes: SharedPool
    let leases: LeasePool
    let notifier: Notifier
    private let silence: UInt64
    private var isClosed = false

    init(loop: EventLoop, loops: Int, connector: Connector) {
        let configuration = connector.configuration
        func share(_ total: Int) -> Int { max(1, (total + loops - 1 - loop.index) / loops) }
        self.loop = loop
        reads = SharedPool(
            loop: loop, role: .read, connector: connector, limit: share(configuration.readConnections), depth: 2,
            groupLimit: 16)
        writes = SharedPool(
            loop: loop, role: .write, connector: connector, limit: share(configuration.writeConnections), depth: 2,
            groupLimit: 1)
        leases = LeasePool(loop: loop, connector: connector, limit: share(configuration.leases))
        notifier = Notifier(loop: loop, writes: writes)
        // Every statement in flight may use its whole time before the one behind it starts.
        silence = configuration.statementTimeout.nanoseconds &+ 15_000_000_000
    }

    func run(_ unit: Unit, in pool: SharedPool) {
        if let refusal = unit.refusal { return unit.finish(throwing: refusal) }
        if loop.isCurrent {
            pool.submit(unit)
        } else {
            loop.execute { pool.submit(unit) }
        }
    }

    func start() { loop.execute { self.tick() } }

    private func tick() {
        guard !isClosed else { return }
        let now = loop.now
        reads.tick(now: now, silence: silence)
        writes.tick(now: now, silence: silence)
        leases.tick(now: now)
        _ = loop.schedule(after: .milliseconds(250)) { [weak self] in self?.tick() }
    }

    /// Waits a while for what is in flight, then closes.
    func close(grace: Duration) async {
        let deadline = ContinuousClock.now + grace
        while await !isIdle(), ContinuousClock.now < deadline { try? await Task.sleep(for: .milliseconds(5)) }
        await onLoop {
            self.isClosed = true
            self.reads.close()
            self.writes.close()
            self.leases.close()
        }
    }

    private func isIdle() async -> Bool {
        await withUnsafeContinuation { continuation in
            loop.execute {
                continuation.resume(returning: self.reads.isIdle && self.writes.isIdle && self.leases.isIdle)
            }
        }
    }

    private func onLoop(_ body: @escaping @Sendable () -> Void) async {
        await withUnsafeContinuation { continuation in
            loop.execute {
                body()
                continuation.resume()
            }
        }
    }
}
