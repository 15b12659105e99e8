import CEpoll
import Glibc
import Synchronization

/// The loops of a process, one a core. Start it once, shut it down once.
package final class EventLoopGroup: Sendable {
    package let loops: [EventLoop]
    private let turn = Atomic<Int>(0)
    private let threads = Mutex<[PlatformThread]>([])

    package init(count: Int) {
        precondition(count > 0, "a group needs a loop")
        loops = (0..<count).map(EventLoop.init(index:))
    }

    package func start() {
        threads.withLock { threads in
            precondition(threads.isEmpty, "the loops are running already")
            threads = loops.map { loop in PlatformThread(name: "loop-\(loop.index)") { loop.run() } }
        }
    }

    /// The loop of the calling thread, else each in turn.
    package func next() -> EventLoop {
        if let current = EventLoop.current, current.index < loops.count, loops[current.index] === current {
            return current
        }
        let count = turn.wrappingAdd(1, ordering: .relaxed).newValue
        return loops[Int(UInt(bitPattern: count) % UInt(loops.count))]
    }

    /// Lets each loop finish the work it has, ends it, and waits for its thread. Sleeping tasks are cancelled.
    /// Not to be called on a loop.
    package func shutdown() {
        let running = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        for loop in loops { loop.stop() }
        for thread in running { thread.join() }
    }
}

/// A thread with a name, as top and gdb show it.
struct PlatformThread: Sendable {
    private let handle: pthread_t

    private final class Start {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    init(name: String, _ body: @escaping @Sendable () -> Void) {
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        var handle = pthread_t()
        let code = pthread_create(
            &handle, nil,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                pthread_setname_np(pthread_self(), start.name)
                start.body()
                return nil
            }, start.toOpaque())
        precondition(code == 0, "no thread: \(SystemError(code: code, operation: "pthread_create"))")
        self.handle = handle
    }

    func join() { pthread_join(handle, nil) }
}
