import Base
import EventLoop
import HTTPServer
import JSON
import Synchronization

/// How far the imports of this process are, for those who watch. Bounded in number and in time.
package final class ImportProgress: Sendable {
    /// Its client has chosen the id; it is theirs alone.
    struct Key: Hashable {
        let user: UserID
        let id: Identifier<ImportProgress>
    }

    private struct State {
        var progress = Importer.Progress()
        /// Where it stands in the order of beginning, so that the oldest can be dropped.
        var number: UInt64
        var ended: ContinuousClock.Instant?
    }

    private struct All {
        var states: [Key: State] = [:]
        var begun: UInt64 = 0
        var watchers = 0
    }

    static let limit = 1000
    static let watcherLimit = 200
    private static let kept = Duration.seconds(60)
    private let all = Mutex(All())

    package init() {}

    /// Tells of one import from now on.
    func begin(_ key: Key) {
        let now = ContinuousClock.now
        all.withLock { all in
            all.begun += 1
            all.states[key] = State(number: all.begun)
            guard all.states.count > Self.limit else { return }
            all.states = all.states.filter { $0.value.ended.map { now - $0 < Self.kept } ?? true }
            while all.states.count > Self.limit, let oldest = all.states.min(by: { $0.value.number < $1.value.number })
            {
                all.states[oldest.key] = nil
            }
        }
    }

    func update(_ key: Key, _ progress: Importer.Progress) {
        all.withLock { $0.states[key]?.progress = progress }
    }

    /// The last word on it.
    func end(_ key: Key, _ phase: Importer.Progress.Phase) {
        let now = ContinuousClock.now
        all.withLock { all in
            all.states[key]?.progress.phase = phase
            all.states[key]?.ended = now
        }
    }

    func current(_ key: Key) -> Importer.Progress? { all.withLock { $0.states[key]?.progress } }

    var count: Int { all.withLock { $0.states.count } }

    // MARK: Watching

    /// Server-sent events until the import has ended. One that has not begun is waited for.
    ///
    /// - Throws: 503 when too many watch already.
    func watch(
        _ key: Key, patience: Duration = .seconds(30), atMost: Duration = .seconds(1800),
        pause: Duration = .milliseconds(150)
    ) throws(Refusal) -> HTTPResponse {
        let isTaken = all.withLock { all in
            guard all.watchers < Self.watcherLimit else { return false }
            all.watchers += 1
            return true
        }
        guard isTaken else {
            throw Refusal(.unavailable, "TOO_BUSY", "Too many imports are being watched at the moment.", retryAfter: 5)
        }
        // Given back when the stream is over, or never begins: for a HEAD, or a client that has left.
        let place = Place { [weak self] in self?.all.withLock { $0.watchers -= 1 } }
        return HTTPResponse(
            status: 200, fields: [("Content-Type", "text/event-stream"), ("X-Accel-Buffering", "no")],
            body: .stream(length: nil) { writer in
                try await self.stream(key, patience, atMost, pause, to: writer)
                withExtendedLifetime(place) {}
            })
    }

    private func stream(
        _ key: Key, _ patience: Duration, _ atMost: Duration, _ pause: Duration, to writer: HTTPBodyWriter
    ) async throws {
        let start = ContinuousClock.now
        var shown: Importer.Progress?
        var quiet = start
        while true {
            let now = ContinuousClock.now
            let progress = current(key)
            if let progress, progress != shown {
                try await writer.write(Self.event(progress))
                shown = progress
                quiet = now
                if progress.phase == .done || progress.phase == .failed { return }
            } else if now - quiet > .seconds(5) || now == start {
                // A comment, by which a client that has left is noticed.
                try await writer.write(Array(": waiting\n\n".utf8))
                quiet = now
            }
            // It never began, or it was dropped for newer ones.
            if progress == nil, shown != nil || now - start > patience { return }
            if now - start > atMost { return }
            if let loop = EventLoop.current {
                try await loop.sleep(for: pause)
            } else {
                try await Task.sleep(for: pause)
            }
        }
    }

    static func event(_ progress: Importer.Progress) -> [UInt8] {
        var writer = JSONWriter(capacity: 128)
        writer.beginObject()
        writer.key("phase")
        writer.string(progress.phase.rawValue)
        writer.key("lines")
        writer.int(progress.lines)
        if progress.totalLines > 0 {
            writer.key("totalLines")
            writer.int(progress.totalLines)
        }
        writer.key("bytes")
        writer.int(progress.bytes)
        writer.key("totalBytes")
        writer.int(progress.totalBytes)
        writer.endObject()
        return Array("event: progress\ndata: ".utf8) + writer.bytes + Array("\n\n".utf8)
    }

    private final class Place: Sendable {
        private let leave: @Sendable () -> Void
        init(leave: @escaping @Sendable () -> Void) { self.leave = leave }
        deinit { leave() }
    }
}
