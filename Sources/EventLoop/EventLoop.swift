import CEpoll
import Glibc
import Synchronization

/// One thread and one epoll instance, which is also a Swift `TaskExecutor`: a task that prefers a loop runs on the
/// thread that reads and writes its sockets, so nothing hops.
///
/// Descriptors, handlers and timers belong to the loop's thread alone; only `execute`, `enqueue` and `sleep` may be
/// called from elsewhere. That confinement is what `@unchecked Sendable` stands for.
package final class EventLoop: TaskExecutor, @unchecked Sendable {
    package let index: Int
    /// Bytes that whoever runs on the loop may use until it returns or suspends; so idle connections need no buffer.
    package let scratch: UnsafeMutableRawBufferPointer

    private let epoll: Int32
    private let wakeup: Int32

    // From other threads.
    private let inbox = Mutex<ContiguousArray<Work>>([])
    private let state = Atomic<UInt8>(State.running)
    private let thread = Atomic<UInt>(0)
    private let stopping = Atomic<Bool>(false)

    // The loop's thread only.
    private var local: ContiguousArray<Work> = []
    private var arrived: ContiguousArray<Work> = []
    private var registrations: ContiguousArray<Registration> = []
    private var generation: UInt32 = 0
    private var timers = TimerHeap<TimerAction>()
    private var cachedNow: UInt64

    private enum State {
        static let running: UInt8 = 0
        static let sleeping: UInt8 = 1
        static let notified: UInt8 = 2
    }

    private enum Work {
        case job(UnownedJob)
        case body(@Sendable () -> Void)
    }

    private struct Registration {
        var handler: (any EventHandler)?
        var generation: UInt32 = 0
    }

    enum TimerAction {
        case body(@Sendable () -> Void)
        case sleeper(Sleeper)
    }

    init(index: Int) {
        self.index = index
        scratch = .allocate(byteCount: 64 * 1024, alignment: 16)
        epoll = shim_epoll_create()
        wakeup = shim_eventfd()
        // A process that has no descriptors left at its start cannot serve anything.
        precondition(epoll >= 0 && wakeup >= 0, "no descriptors for an event loop: \(SystemError.last("epoll"))")
        // Edge-triggered, so that the counter never has to be read back.
        let added = shim_epoll_control(
            epoll, EPOLL_CTL_ADD, wakeup, shim_epollin | shim_epollet, Self.wakeupData)
        precondition(added == 0, "\(SystemError.last("epoll_ctl"))")
        cachedNow = Self.monotonicNow()
    }

    deinit {
        close(epoll)
        close(wakeup)
        scratch.deallocate()
    }

    // MARK: Where am I

    private static let wakeupData = UInt64.max

    private static let currentKey: pthread_key_t = {
        var key = pthread_key_t()
        let code = pthread_key_create(&key, nil)
        precondition(code == 0, "no thread-local keys left")
        return key
    }()

    /// The loop whose thread this is.
    package static var current: EventLoop? {
        guard let pointer = pthread_getspecific(currentKey) else { return nil }
        return Unmanaged<EventLoop>.fromOpaque(pointer).takeUnretainedValue()
    }

    package var isCurrent: Bool {
        thread.load(ordering: .relaxed) == UInt(pthread_self())
    }

    /// Monotonic nanoseconds, read once a poll. Exact enough for deadlines; callers elsewhere get the clock itself.
    package var now: UInt64 { isCurrent ? cachedNow : Self.monotonicNow() }

    static func monotonicNow() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }

    // MARK: Work

    package func enqueue(_ job: consuming ExecutorJob) {
        submit(.job(UnownedJob(job)))
    }

    /// Runs `body` on the loop, later even when called there; in order with other work from the same thread.
    /// After the group's shutdown it is dropped.
    package func execute(_ body: @escaping @Sendable () -> Void) {
        submit(.body(body))
    }

    private func submit(_ work: Work) {
        if isCurrent {
            local.append(work)
            return
        }
        inbox.withLock { $0.append(work) }
        wake()
    }

    /// Only a loop that sleeps costs its waker a system call, and only the first waker.
    private func wake() {
        if state.exchange(State.notified, ordering: .acquiringAndReleasing) == State.sleeping {
            var one: UInt64 = 1
            _ = write(wakeup, &one, 8)
        }
    }

    // MARK: Descriptors

    /// Tells `handler` when `fd` becomes ready, until `deregister`. On the loop's thread.
    package func register(
        _ fd: Int32, _ handler: any EventHandler, interest: Interest = .readWrite
    ) throws(SystemError) {
        precondition(isCurrent, "descriptors belong to the loop's thread")
        let index = Int(fd)
        guard index >= 0 else { throw SystemError(code: EBADF, operation: "register") }
        while registrations.count <= index { registrations.append(Registration()) }
        precondition(registrations[index].handler == nil, "descriptor \(fd) is registered already")
        generation &+= 1
        guard shim_epoll_control(epoll, EPOLL_CTL_ADD, fd, interest.epoll, data(fd, generation)) == 0 else {
            throw SystemError.last("epoll_ctl")
        }
        registrations[index] = Registration(handler: handler, generation: generation)
    }

    /// Changes what is heard of; a condition that already holds is told again.
    package func setInterest(_ interest: Interest, for fd: Int32) throws(SystemError) {
        precondition(isCurrent, "descriptors belong to the loop's thread")
        let index = Int(fd)
        guard index >= 0, index < registrations.count, registrations[index].handler != nil else {
            throw SystemError(code: EBADF, operation: "setInterest")
        }
        let data = data(fd, registrations[index].generation)
        guard shim_epoll_control(epoll, EPOLL_CTL_MOD, fd, interest.epoll, data) == 0 else {
            throw SystemError.last("epoll_ctl")
        }
    }

    /// Lets go of the handler. Call it before the descriptor is closed. Events of `fd` already collected by this
    /// poll reach nobody, even when the number is registered again at once.
    package func deregister(_ fd: Int32) {
        precondition(isCurrent, "descriptors belong to the loop's thread")
        let index = Int(fd)
        guard index >= 0, index < registrations.count, registrations[index].handler != nil else { return }
        registrations[index] = Registration()
        _ = shim_epoll_control(epoll, EPOLL_CTL_DEL, fd, 0, 0)
    }

    private func data(_ fd: Int32, _ generation: UInt32) -> UInt64 {
        UInt64(generation) << 32 | UInt64(UInt32(bitPattern: fd))
    }

    // MARK: Timers

    /// Timers fire on multiples of this, so that a thousand of them wake the loop once.
    private static let grain: UInt64 = 10_000_000

    /// Runs `body` on the loop after at least `delay`, about 10 ms late at most. On the loop's thread.
    package func schedule(after delay: Duration, _ body: @escaping @Sendable () -> Void) -> TimerToken {
        insertTimer(after: delay, .body(body))
    }

    /// Does nothing when the timer has fired. On the loop's thread.
    package func cancel(_ token: TimerToken) {
        precondition(isCurrent, "timers belong to the loop's thread")
        timers.cancel(token)
    }

    func insertTimer(after delay: Duration, _ action: TimerAction) -> TimerToken {
        precondition(isCurrent, "timers belong to the loop's thread")
        let exact = Self.monotonicNow() &+ delay.nanosecondsClamped
        return timers.insert(deadline: (exact / Self.grain &+ 1) &* Self.grain, action)
    }

    // MARK: The loop

    /// Runs until `stop`; the thread is the loop's from here on.
    func run() {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        pthread_setspecific(Self.currentKey, Unmanaged.passUnretained(self).toOpaque())
        let capacity = 256
        let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: capacity)
        defer { events.deallocate() }

        while true {
            takeArrivals()
            runBatch()
            if local.isEmpty, stopping.load(ordering: .acquiring), finishStopping() { break }
            let count = epoll_wait(epoll, events, Int32(capacity), pollTimeout())
            cachedNow = Self.monotonicNow()
            if count > 0 { dispatch(UnsafeBufferPointer(start: events, count: Int(count))) }
            fireTimers()
        }

        for index in registrations.indices { registrations[index] = Registration() }
        pthread_setspecific(Self.currentKey, nil)
        thread.store(0, ordering: .relaxed)
    }

    /// From any thread: the loop ends when it has no work left.
    func stop() {
        stopping.store(true, ordering: .releasing)
        wake()
    }

    private func takeArrivals() {
        guard state.exchange(State.running, ordering: .acquiringAndReleasing) == State.notified else { return }
        inbox.withLock { swap(&$0, &arrived) }
        if local.isEmpty {
            swap(&local, &arrived)
        } else {
            local.append(contentsOf: arrived)
            arrived.removeAll(keepingCapacity: true)
        }
    }

    /// ONE batch a poll. What this batch enqueues waits for the next one: draining until empty would let tasks that
    /// keep each other busy starve every other connection of the loop.
    private func runBatch() {
        guard !local.isEmpty else { return }
        var batch: ContiguousArray<Work> = []
        swap(&batch, &local)
        for work in batch {
            switch work {
            case .job(let job): job.runSynchronously(on: asUnownedTaskExecutor())
            case .body(let body): body()
            }
        }
        if local.isEmpty, batch.count <= 1024 {
            batch.removeAll(keepingCapacity: true)
            swap(&batch, &local)
        }
    }

    /// Milliseconds, as epoll wants them: 0 when there is work, -1 when nothing but an event can bring some.
    private func pollTimeout() -> Int32 {
        if !local.isEmpty { return 0 }
        let (slept, _) = state.compareExchange(
            expected: State.running, desired: State.sleeping, ordering: .acquiringAndReleasing)
        guard slept else { return 0 }
        guard let deadline = timers.nextDeadline else { return -1 }
        let now = Self.monotonicNow()
        guard deadline > now else { return 0 }
        return Int32(clamping: (deadline - now + 999_999) / 1_000_000)
    }

    private func dispatch(_ events: UnsafeBufferPointer<epoll_event>) {
        guard let base = events.baseAddress else { return }
        for offset in 0..<events.count {
            let data = shim_data_at(base, Int32(offset))
            if data == Self.wakeupData { continue }
            let index = Int(UInt32(truncatingIfNeeded: data))
            guard index < registrations.count,
                registrations[index].generation == UInt32(truncatingIfNeeded: data >> 32),
                let handler = registrations[index].handler
            else { continue }
            handler.ready(ReadyEvents(epoll: shim_events_at(base, Int32(offset))))
        }
    }

    private func fireTimers() {
        while let action = timers.popDue(at: cachedNow) {
            switch action {
            case .body(let body): body()
            case .sleeper(let sleeper): sleeper.resume(cancelled: false)
            }
        }
    }

    /// Whoever sleeps is told that its sleep was cut short, so that no task waits for a loop that is gone.
    private func finishStopping() -> Bool {
        while let action = timers.popAny() {
            if case .sleeper(let sleeper) = action { sleeper.resume(cancelled: true) }
        }
        takeArrivals()
        return local.isEmpty
    }
}

extension Duration {
    /// Nanoseconds from 0 to about 100 years.
    var nanosecondsClamped: UInt64 {
        let (seconds, attoseconds) = components
        if seconds < 0 || attoseconds < 0 { return 0 }
        if seconds > 3_000_000_000 { return 3_000_000_000_000_000_000 }
        return UInt64(seconds) &* 1_000_000_000 &+ UInt64(attoseconds / 1_000_000_000)
    }
}
