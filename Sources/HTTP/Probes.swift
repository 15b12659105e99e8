import Base
import EventLoop
import HTTPServer
import Runtime
import Synchronization

/// `/health`, `/ready` and `/metrics`, outside of `/api`.
package struct Probes: RouteGroup {
    let metrics: Metrics
    /// `loopback`, `everyone` or `off`.
    let metricsAccess: String
    private let readiness: Readiness

    /// - Parameters:
    ///   - readyTimeout: how long `unready` may take before `/ready` says no.
    ///   - unready: names what is not ready; empty when all is.
    package init(
        metrics: Metrics, metricsAccess: String, readyTimeout: Duration = .seconds(2),
        unready: @escaping @Sendable () async -> [String]
    ) {
        self.metrics = metrics
        self.metricsAccess = metricsAccess
        readiness = Readiness(timeout: readyTimeout, unready: unready)
    }

    private static let status = Fields<String>("Status", [.text("status") { $0 }])

    package func register(in routes: inout Routes) {
        routes.prefix = ""
        routes.tag = "Operation"
        defer { routes.prefix = "/api/v1" }
        for path in ["/health", "/api/v1/health"] {
            routes.get(
                path, "The process is alive", access: .everyone, returns: .data(Self.status.schema), rateLimit: nil
            ) { _ in
                .data { Self.status.write("ok", to: &$0) }
            }
        }
        routes.get(
            "/ready", "The database answers and has all migrations", access: .everyone,
            returns: .data(Self.status.schema),
            rateLimit: nil
        ) { [readiness] request in
            let missing = await readiness.missing(on: request.wire.loop)
            guard missing.isEmpty else {
                throw Refusal(
                    .unavailable, "NOT_READY", "Not ready: \(missing.joined(separator: "; ")).", retryAfter: 2)
            }
            return .data { Self.status.write("ready", to: &$0) }
        }
        routes.get("/metrics", "Prometheus metrics", access: .everyone, returns: .content("text/plain"), rateLimit: nil)
        { [metrics, metricsAccess] request in
            let address = request.clientAddress
            let isLocal = address == "127.0.0.1" || address == "::1" || address.isEmpty
            guard metricsAccess == "everyone" || metricsAccess == "loopback" && isLocal else {
                throw Refusal.notFound("page")
            }
            return .text(type: "text/plain; version=0.0.4; charset=utf-8", metrics.text())
        }
    }
}

/// Asks what is not ready, and answers in time even when nobody answers us: a PostgreSQL whose processes are frozen
/// keeps its connections open and says nothing. Whoever asks meanwhile waits for the same question, so that a monitor
/// does not heap up statements.
private final class Readiness: Sendable {
    private let timeout: Duration
    private let unready: @Sendable () async -> [String]
    private let running = Mutex<Task<[String], Never>?>(nil)

    init(timeout: Duration, unready: @escaping @Sendable () async -> [String]) {
        self.timeout = timeout
        self.unready = unready
    }

    func missing(on loop: EventLoop) async -> [String] {
        let question = running.withLock { running in
            if let running { return running }
            let task = Task(executorPreference: loop) { [self] in
                let missing = await unready()
                self.running.withLock { $0 = nil }
                return missing
            }
            running = task
            return task
        }
        let answer = FirstAnswer()
        // Not a task group, which would wait for the slower of the two.
        let waiting = Task(executorPreference: loop) { answer.give(await question.value) }
        let clock = Task(executorPreference: loop) { [timeout] in
            do { try await loop.sleep(for: timeout) } catch { return }
            answer.give(["the database does not answer in time"])
        }
        defer {
            clock.cancel()
            waiting.cancel()
        }
        return await answer.value()
    }
}

/// The first of two answers.
private final class FirstAnswer: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<[String], Never>)
        case given([String])
    }

    private let state = Mutex<State>(.open)

    func give(_ answer: [String]) {
        let waiter: CheckedContinuation<[String], Never>? = state.withLock { state in
            switch state {
            case .given: return nil
            case .open:
                state = .given(answer)
                return nil
            case .awaited(let continuation):
                state = .given(answer)
                return continuation
            }
        }
        waiter?.resume(returning: answer)
    }

    func value() async -> [String] {
        await withCheckedContinuation { continuation in
            let given: [String]? = state.withLock { state in
                if case .given(let answer) = state { return answer }
                state = .awaited(continuation)
                return nil
            }
            if let given { continuation.resume(returning: given) }
        }
    }
}
