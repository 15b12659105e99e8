import CEpoll

/// What is told when a file descriptor becomes ready. Called on the loop's thread, and kept alive by the loop
/// until the descriptor is deregistered.
package protocol EventHandler: AnyObject {
    func ready(_ events: ReadyEvents)
}

package struct ReadyEvents: OptionSet, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let readable = ReadyEvents(rawValue: 1)
    package static let writable = ReadyEvents(rawValue: 2)
    /// The peer will send nothing more: it closed the connection, or its half of it.
    package static let hangup = ReadyEvents(rawValue: 4)
    package static let error = ReadyEvents(rawValue: 8)
    /// Both directions are closed, so nothing can be sent either.
    package static let disconnected = ReadyEvents(rawValue: 16)

    init(epoll events: UInt32) {
        var bits: UInt32 = 0
        if events & shim_epollin != 0 { bits |= 1 }
        if events & shim_epollout != 0 { bits |= 2 }
        if events & (shim_epollrdhup | shim_epollhup) != 0 { bits |= 4 }
        if events & shim_epollerr != 0 { bits |= 8 }
        if events & shim_epollhup != 0 { bits |= 16 }
        rawValue = bits
    }
}

/// What a registration wants to hear of. Edge-triggered unless `levelTriggered` is in it.
package struct Interest: OptionSet, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let read = Interest(rawValue: 1)
    package static let write = Interest(rawValue: 2)
    package static let levelTriggered = Interest(rawValue: 4)
    /// One listening descriptor shared by several loops: the kernel wakes one of them, not all.
    package static let exclusive = Interest(rawValue: 8)
    package static let readWrite: Interest = [.read, .write]

    var epoll: UInt32 {
        var bits: UInt32 = 0
        if contains(.read) { bits |= shim_epollin }
        if contains(.write) { bits |= shim_epollout }
        if !contains(.levelTriggered) { bits |= shim_epollet }
        if contains(.exclusive) { bits |= shim_epollexclusive } else { bits |= shim_epollrdhup }
        return bits
    }
}
