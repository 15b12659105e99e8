import Glibc
import Synchronization

/// A few threads for what would hold up an event loop: password hashes, images, large files. Both the threads and
/// the queue before them are bounded.
package final class BlockingPool: Sendable {
    /// The queue is full: the caller should answer "busy" rather than wait.
    package struct Full: Error, Equatable {
        package init() {}
    }

    private let queue: BlockingQueue
    private let threads: Mutex<[PlatformThread]>

    package init(threads count: Int, queueLimit: Int, name: String = "blocking") {
        precondition(count > 0 && queueLimit >= 0, "a pool needs a thread")
        let queue = BlockingQueue(threads: count, limit: queueLimit)
        self.queue = queue
        threads = Mutex((0..<count).map { index in PlatformThread(name: "\(name)-\(index)") { queue.work() } })
    }

    deinit { queue.close() }

    /// Runs `body` on a thread of the pool. Throws `Full` when as many wait as may, and `CancellationError` when the
    /// task was cancelled before its turn came; a body that has begun is not interrupted.
    package func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        let cancelled = Flag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<T, any Error>) in
                let accepted = queue.add {
                    if cancelled.isSet {
                        continuation.resume(throwing: CancellationError())
                    } else {
                        continuation.resume(with: Result { try body() })
                    }
                }
                if !accepted { continuation.resume(throwing: Full()) }
            }
        } onCancel: {
            cancelled.set()
        }
    }

    /// Finishes what is queued, then waits for the threads. Later calls of `run` throw `Full`.
    package func shutdown() {
        queue.close()
        let running = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        for thread in running { thread.join() }
    }
}

private final class Flag: Sendable {
    private let value = Atomic<Bool>(false)
    var isSet: Bool { value.load(ordering: .acquiring) }
    func set() { value.store(true, ordering: .releasing) }
}

/// Owned by the pool and its threads alike, so that a pool let go of without a shutdown still ends its threads.
private final class BlockingQueue: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private let limit: Int
    private var idle: Int
    private var waiting: [@Sendable () -> Void] = []
    private var first = 0
    private var closed = false

    init(threads: Int, limit: Int) {
        self.limit = limit
        idle = threads
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(condition)
        mutex.deallocate()
        condition.deallocate()
    }

    func add(_ body: @escaping @Sendable () -> Void) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        // Idle threads are about to take from the queue, so they count as room.
        guard !closed, waiting.count - first < limit + idle else { return false }
        waiting.append(body)
        pthread_cond_signal(condition)
        return true
    }

    func close() {
        pthread_mutex_lock(mutex)
        closed = true
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    func work() {
        while let body = take() {
            body()
            pthread_mutex_lock(mutex)
            idle += 1
            pthread_mutex_unlock(mutex)
        }
    }

    private func take() -> (@Sendable () -> Void)? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while first == waiting.count {
            if closed { return nil }
            pthread_cond_wait(condition, mutex)
        }
        let body = waiting[first]
        first += 1
        if first == waiting.count || first > 256 {
            waiting.removeFirst(first)
            first = 0
        }
        idle -= 1
        return body
    }
}
