import EventLoop
import Glibc
import Synchronization

/// The HTTP/1.1 wire: connections, framing, limits and deadlines. What a request means is its handler's business.
///
/// The handler runs as a task on the loop that owns the connection, and is cancelled when the client leaves.
package final class HTTPServer: Sendable {
    package struct Statistics: Sendable, Equatable {
        package var open = 0
        package var accepted = 0
        package var requests = 0
        /// Requests and connections that no handler saw, by the reason.
        package var refusals: [String: Int] = [:]
    }

    private let state: ServerState
    private let contexts: [LoopContext]
    private let listening = Mutex(Listening())

    private struct Listening {
        var listeners: [Listener] = []
        var descriptors: [Int32] = []
        var isStarted = false
    }

    /// - Parameters:
    ///   - shortcut: asked before `handler`, on the loop and without a task, for what can be answered at once; nil
    ///     passes the request on.
    ///   - onWireError: how a protocol error is answered, by its status and reason.
    package init(
        configuration: HTTPServerConfiguration, loops: EventLoopGroup,
        handler: @escaping @Sendable (HTTPRequest) async -> HTTPResponse,
        shortcut: (@Sendable (HTTPRequest) -> HTTPResponse?)? = nil,
        onWireError: @escaping @Sendable (Int, String) -> HTTPResponse
    ) {
        let state = ServerState(
            configuration: configuration, handler: handler, shortcut: shortcut, onWireError: onWireError)
        self.state = state
        contexts = loops.loops.map { LoopContext(loop: $0, state: state) }
    }

    /// Listens; returns the port, 0 for a Unix socket. Throws `SystemError` when the address is taken or not ours.
    package func start() async throws -> Int {
        Self.raiseDescriptorLimit()
        let configuration = state.configuration
        let isFirst = listening.withLock { listening in
            defer { listening.isStarted = true }
            return !listening.isStarted
        }
        precondition(isFirst, "a server starts once")

        let descriptors: [Int32]
        let port: Int
        if let path = configuration.unixSocketPath {
            descriptors = [try ListeningSocket.unix(path: path, backlog: configuration.backlog)]
            port = 0
        } else {
            (descriptors, port) = try ListeningSocket.tcp(
                host: configuration.host, port: configuration.port, backlog: configuration.backlog,
                count: contexts.count)
        }
        let isShared = descriptors.count < contexts.count
        let listeners = contexts.enumerated().map { index, context in
            Listener(
                descriptor: descriptors[isShared ? 0 : index], isShared: isShared, context: context)
        }
        listening.withLock { listening in
            listening.listeners = listeners
            listening.descriptors = descriptors
        }
        for (context, listener) in zip(contexts, listeners) {
            let result: Result<Void, any Error> = await Self.on(context.loop) { Result { try listener.open() } }
            try result.get()
        }
        return port
    }

    /// Stops accepting, closes what is idle, and lets requests in flight finish, for `grace` at most; what is left
    /// then is cut off and its tasks cancelled.
    package func drain(grace: Duration) async {
        state.isDraining.store(true, ordering: .relaxed)
        let (listeners, descriptors) = listening.withLock { listening in
            defer { (listening.listeners, listening.descriptors) = ([], []) }
            return (listening.listeners, listening.descriptors)
        }
        if !descriptors.isEmpty, let path = state.configuration.unixSocketPath { unlink(path) }
        for (context, listener) in zip(contexts, listeners) {
            await Self.on(context.loop) { listener.close() }
        }
        for descriptor in descriptors { close(descriptor) }
        for context in contexts {
            await Self.on(context.loop) { for connection in context.connections { connection.beginDrain() } }
        }
        let deadline = ContinuousClock.now + grace
        while state.open.load(ordering: .relaxed) > 0, ContinuousClock.now < deadline {
            // Not cancellable: whoever gives up on the drain still wants its end to be orderly.
            try? await Task.detached { try await Task.sleep(for: .milliseconds(10)) }.value
        }
        for context in contexts {
            await Self.on(context.loop) { for connection in context.connections { connection.close() } }
        }
    }

    package var statistics: Statistics {
        Statistics(
            open: state.open.load(ordering: .relaxed),
            accepted: contexts.reduce(0) { $0 + $1.accepted.load(ordering: .relaxed) },
            requests: contexts.reduce(0) { $0 + $1.requests.load(ordering: .relaxed) },
            refusals: state.refusalCounts)
    }

    private static func on<T: Sendable>(_ loop: EventLoop, _ body: @escaping @Sendable () -> T) async -> T {
        await withCheckedContinuation { continuation in
            loop.execute { continuation.resume(returning: body()) }
        }
    }

    /// The soft limit of 1024 descriptors is a relic of select(2).
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = min(limit.rlim_max, 1 << 20)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
