import EventLoop
import Glibc
import Synchronization

/// What the loops of one server share.
final class ServerState: Sendable {
    typealias Handler = @Sendable (HTTPRequest) async -> HTTPResponse
    typealias Shortcut = @Sendable (HTTPRequest) -> HTTPResponse?

    let configuration: HTTPServerConfiguration
    let handler: Handler
    let shortcut: Shortcut?
    let onWireError: @Sendable (Int, String) -> HTTPResponse

    let isDraining = Atomic<Bool>(false)
    let open = Atomic<Int>(0)
    private let addresses = Mutex<[PeerAddress.Key: Int]>([:])
    private let refusals = Mutex<[String: Int]>([:])

    init(
        configuration: HTTPServerConfiguration, handler: @escaping Handler, shortcut: Shortcut?,
        onWireError: @escaping @Sendable (Int, String) -> HTTPResponse
    ) {
        self.configuration = configuration
        self.handler = handler
        self.shortcut = shortcut
        self.onWireError = onWireError
    }

    /// nil when the connection may stay; else why not.
    func admit(_ address: PeerAddress) -> WireRefusal? {
        let count = open.add(1, ordering: .relaxed).newValue
        let isCounted = counts(address)
        var overAddress = false
        if isCounted, let limit = configuration.maxConnectionsPerAddress {
            overAddress = addresses.withLock { addresses in
                addresses[address.key, default: 0] += 1
                return addresses[address.key, default: 0] > limit
            }
        }
        if count > configuration.maxConnections { return WireRefusal(503, "too many connections") }
        if overAddress { return WireRefusal(429, "too many connections from one address") }
        return nil
    }

    func release(_ address: PeerAddress) {
        open.subtract(1, ordering: .relaxed)
        guard counts(address), configuration.maxConnectionsPerAddress != nil else { return }
        addresses.withLock { addresses in
            guard let count = addresses[address.key] else { return }
            addresses[address.key] = count > 1 ? count - 1 : nil
        }
    }

    private func counts(_ address: PeerAddress) -> Bool {
        configuration.maxConnectionsPerAddress != nil && !address.isUnix
            && (configuration.limitsLoopback || !address.isLoopback)
    }

    /// Reasons are the server's own words, so there are few of them.
    func countRefusal(_ reason: String) {
        refusals.withLock { $0[reason, default: 0] += 1 }
    }

    var refusalCounts: [String: Int] { refusals.withLock { $0 } }
}

/// What one loop keeps for one server. Belongs to the loop's thread.
final class LoopContext: @unchecked Sendable {
    let loop: EventLoop
    let state: ServerState
    let accepted = Atomic<Int>(0)
    let requests = Atomic<Int>(0)

    var connections: ContiguousArray<Connection> = []
    var parser: HeadParser
    var head = ResponseHead()
    var turnedAway = 0
    let serverLine: [UInt8]
    private var date: [UInt8] = []
    private var dateExpires: UInt64 = 0
    private var looksForIdleTasks = false

    init(loop: EventLoop, state: ServerState) {
        self.loop = loop
        self.state = state
        parser = HeadParser(limits: state.configuration.headLimits)
        serverLine = state.configuration.serverName.map { Array("Server: \($0)\r\n".utf8) } ?? []
    }

    func add(_ connection: Connection) {
        connection.position = connections.count
        connections.append(connection)
    }

    func remove(_ connection: Connection) {
        let last = connections.removeLast()
        if last !== connection {
            connections[connection.position] = last
            last.position = connection.position
        }
    }

    // MARK: Tasks of idle connections

    private static let idleTaskTime = Duration.milliseconds(100)

    /// A connection's task waits: it ends when no request comes for one or two periods.
    func noteWaitingTask() {
        guard !looksForIdleTasks else { return }
        looksForIdleTasks = true
        _ = loop.schedule(after: Self.idleTaskTime) { [self] in
            looksForIdleTasks = false
            var isAnyLeft = false
            for connection in connections where connection.endIdleTask() { isAnyLeft = true }
            if isAnyLeft { noteWaitingTask() }
        }
    }

    /// The Date field, made anew once a second.
    var dateLine: [UInt8] {
        if loop.now >= dateExpires {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            dateExpires = loop.now &+ UInt64(1_000_000_000 - time.tv_nsec)
            date = Self.dateLine(time.tv_sec)
        }
        return date
    }

    private static func dateLine(_ seconds: time_t) -> [UInt8] {
        var seconds = seconds
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let day = "\(days[Int(parts.tm_wday) % 7]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon) % 12])"
        let clock = "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
        return Array("Date: \(day) \(parts.tm_year + 1900) \(clock) GMT\r\n".utf8)
    }
}
