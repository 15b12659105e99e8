import CEpoll
import EventLoop
import Glibc
import Synchronization

/// A listening socket as one loop sees it.
final class Listener: EventHandler, @unchecked Sendable {
    /// Connections accepted before others get their turn.
    private static let batch = 64
    /// Connections that are told why they are turned away; more at a time are just closed.
    private static let turnedAwayLimit = 64

    let descriptor: Int32
    private let isShared: Bool
    private let context: LoopContext
    private var isClosed = false

    init(descriptor: Int32, isShared: Bool, context: LoopContext) {
        self.descriptor = descriptor
        self.isShared = isShared
        self.context = context
    }

    func open() throws(SystemError) {
        try context.loop.register(
            descriptor, self, interest: isShared ? [.read, .levelTriggered, .exclusive] : [.read, .levelTriggered])
    }

    /// Takes what has connected already, and no more. The descriptor is closed by its owner.
    func close() {
        guard !isClosed else { return }
        accept(limit: 1024)
        isClosed = true
        context.loop.deregister(descriptor)
    }

    func ready(_ events: ReadyEvents) { accept(limit: Self.batch) }

    private func accept(limit: Int) {
        guard !isClosed else { return }
        for _ in 0..<limit {
            var storage = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let accepted = withUnsafeMutablePointer(to: &storage) { storage in
                storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { shim_accept(descriptor, $0, &length) }
            }
            if accepted >= 0 {
                welcome(accepted, PeerAddress(storage))
                continue
            }
            switch errno {
            case EINTR, ECONNABORTED: continue
            case EAGAIN: return
            default:
                // No descriptors or no memory: trying again at once would only burn the CPU.
                return pause()
            }
        }
    }

    private func pause() {
        context.state.countRefusal("no descriptors")
        context.loop.deregister(descriptor)
        _ = context.loop.schedule(after: .milliseconds(100)) { [weak self] in
            guard let self, !isClosed else { return }
            do throws(SystemError) { try open() } catch { pause() }
        }
    }

    private func welcome(_ descriptor: Int32, _ peer: PeerAddress) {
        context.accepted.add(1, ordering: .relaxed)
        if !peer.isUnix {
            var one: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        }
        let refusal = context.state.admit(peer)
        if let refusal {
            let isTold = context.state.configuration.answersOverload && context.turnedAway < Self.turnedAwayLimit
            guard isTold else {
                context.state.countRefusal(refusal.reason)
                return discard(descriptor, peer)
            }
        }
        let connection = Connection(descriptor: descriptor, peer: peer, context: context)
        do throws(SystemError) {
            try connection.open()
        } catch {
            return discard(descriptor, peer)
        }
        if let refusal {
            connection.wasTurnedAway = true
            context.turnedAway += 1
            connection.refuse(refusal)
        }
    }

    private func discard(_ descriptor: Int32, _ peer: PeerAddress) {
        context.state.release(peer)
        Glibc.close(descriptor)
    }
}
