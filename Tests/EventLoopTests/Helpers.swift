import EventLoop
import Glibc
import Synchronization

/// State of one loop's thread, written in a closure.
final class Box<Value>: @unchecked Sendable {
    var value: Value
    init(_ value: Value) { self.value = value }
}

final class Recorder: EventHandler {
    let body: (ReadyEvents) -> Void
    var onRelease: () -> Void = {}

    init(_ body: @escaping (ReadyEvents) -> Void) { self.body = body }
    deinit { onRelease() }

    func ready(_ events: ReadyEvents) { body(events) }
}

/// Two connected sockets, closed with this object.
final class SocketPair: Sendable {
    let near: Int32
    let far: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw SystemError.last("socketpair") }
        near = ends[0]
        far = ends[1]
    }

    deinit {
        close(near)
        close(far)
    }

    func send(_ text: String) { _ = write(far, text, text.utf8.count) }
}

func onLoop(_ loop: EventLoop, _ body: @escaping @Sendable () -> Void) async {
    await withCheckedContinuation { continuation in
        loop.execute {
            body()
            continuation.resume()
        }
    }
}

final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    var value: Int { count.load(ordering: .acquiring) }
    func add() { count.add(1, ordering: .acquiringAndReleasing) }
}

final class Flag: Sendable {
    private let flag = Atomic<Bool>(false)
    var isSet: Bool { flag.load(ordering: .acquiring) }
    func set() { flag.store(true, ordering: .releasing) }
}
