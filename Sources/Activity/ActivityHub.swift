import Base
import Database
import EventLoop
import Runtime
import Synchronization

/// What one who follows a book is handed.
package enum ActivityNews: Sendable {
    case event(ActivityEvent)
    /// Every few seconds: a moment to look whether one may still follow.
    case tick
}

/// Who of this process follows which book. What is new is read once for all who follow a book, and handed to each; who
/// falls behind by more than a queue's length is let go.
package final class ActivityHub: Sendable {
    package static let queueLength = 256
    static let channel = "purser_activity"
    static let tick = Duration.seconds(5)
    private static let batch = 500

    private struct Book {
        /// The newest that was handed out; nil until the first look.
        var last: Int64?
        var followers: [Int: AsyncStream<ActivityNews>.Continuation] = [:]
        var isReading = false
        /// Something came while it was being read.
        var isDirty = false
    }

    private struct State {
        var books: [BookID: Book] = [:]
        var lastFollower = 0
    }

    private let database: Database
    private let subject: ActivitySubject
    private let log: Log
    private let state = Mutex(State())

    package init(database: Database, subject: ActivitySubject, log: Log) {
        self.database = database
        self.subject = subject
        self.log = log
    }

    package var followers: Int { state.withLock { $0.books.values.reduce(0) { $0 + $1.followers.count } } }

    // MARK: Following

    /// One who follows a book, until it is let go.
    package final class Subscription: Sendable {
        /// The last that had been there when it began: what is new comes after it.
        package let cursor: Int64
        /// What had come after the number that was asked for; empty without one.
        package let missed: [ActivityEvent]
        /// More has come since than is handed out at once: the reader had better read everything anew.
        package let isTooFarBehind: Bool
        package let news: AsyncStream<ActivityNews>
        private let leave: @Sendable () -> Void

        init(
            cursor: Int64, missed: [ActivityEvent], isTooFarBehind: Bool, news: AsyncStream<ActivityNews>,
            leave: @escaping @Sendable () -> Void
        ) {
            self.cursor = cursor
            self.missed = missed
            self.isTooFarBehind = isTooFarBehind
            self.news = news
            self.leave = leave
        }

        deinit { leave() }
    }

    /// - Parameter number: what came after it is handed out first; nil for what comes from now on.
    package func follow(_ book: BookID, after number: Int64?) async throws -> Subscription {
        let (news, continuation) = AsyncStream.makeStream(
            of: ActivityNews.self, bufferingPolicy: .bufferingOldest(Self.queueLength))
        let follower = state.withLock { state in
            state.lastFollower += 1
            state.books[book, default: Book()].followers[state.lastFollower] = continuation
            return state.lastFollower
        }
        let leave: @Sendable () -> Void = { [weak self] in self?.remove(follower, from: book) }
        do {
            let store = ActivityStore(database)
            if state.withLock({ $0.books[book]?.last == nil }) {
                let head = try await store.head(of: book)
                state.withLock { state in
                    if state.books[book]?.last == nil { state.books[book]?.last = head }
                }
            }
            // Read after that: whatever the hub hands out to nobody any more is in here.
            let head = try await store.head(of: book)
            guard let number, number < head else {
                return Subscription(cursor: head, missed: [], isTooFarBehind: false, news: news, leave: leave)
            }
            let missed = try await store.after(number, in: book, subject, limit: Self.queueLength + 1)
            let isTooFar = missed.count > Self.queueLength
            return Subscription(
                cursor: isTooFar ? head : missed.last?.number ?? head, missed: isTooFar ? [] : missed,
                isTooFarBehind: isTooFar, news: news, leave: leave)
        } catch {
            leave()
            throw error
        }
    }

    private func remove(_ follower: Int, from book: BookID) {
        let continuation = state.withLock { state in
            let continuation = state.books[book]?.followers.removeValue(forKey: follower)
            if state.books[book]?.followers.isEmpty == true { state.books[book] = nil }
            return continuation
        }
        continuation?.finish()
    }

    // MARK: News

    /// Hears of what is new, in this process and in others. Runs until its task is cancelled.
    package func run(on loop: EventLoop) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [self] in
                for await notification in database.listen(Self.channel) {
                    if !notification.isGap, let book = BookID(notification.payload) {
                        await read(book)
                    } else {
                        await readAll()
                    }
                }
            }
            group.addTask { [self] in
                while !Task.isCancelled {
                    do { try await loop.sleep(for: Self.tick) } catch { return }
                    // A notification may be lost with its connection: a look now and then costs little.
                    await readAll()
                    tell(.tick)
                }
            }
        }
        // The server stops: nobody follows any more.
        let all = state.withLock { state in
            defer { state.books = [:] }
            return state.books.values.flatMap { Array($0.followers.values) }
        }
        for continuation in all { continuation.finish() }
    }

    private func readAll() async {
        for book in state.withLock({ Array($0.books.keys) }) { await read(book) }
    }

    private func tell(_ news: ActivityNews) {
        let all = state.withLock { state in state.books.values.flatMap { Array($0.followers.values) } }
        for continuation in all { Self.hand(news, to: continuation) }
    }

    private static func hand(_ news: ActivityNews, to continuation: AsyncStream<ActivityNews>.Continuation) {
        // Who has not taken 256 will not catch up: the end tells them to begin anew.
        if case .dropped = continuation.yield(news) { continuation.finish() }
    }

    /// One reading at a time for each book; what comes meanwhile is read right after.
    private func read(_ book: BookID) async {
        let mayRead = state.withLock { state in
            guard var known = state.books[book], known.last != nil else { return false }
            defer { state.books[book] = known }
            if known.isReading {
                known.isDirty = true
                return false
            }
            known.isReading = true
            return true
        }
        guard mayRead else { return }
        var goesOn = true
        while goesOn {
            var count = 0
            do { count = try await readBatch(book) } catch {
                log.warning("activity is not read: \(error)")
            }
            goesOn = state.withLock { state in
                guard var known = state.books[book] else { return false }
                defer { state.books[book] = known }
                if count == Self.batch || known.isDirty {
                    known.isDirty = false
                    return true
                }
                known.isReading = false
                return false
            }
        }
    }

    private func readBatch(_ book: BookID) async throws -> Int {
        guard let last = state.withLock({ $0.books[book]?.last }) else { return 0 }
        let events = try await ActivityStore(database).after(last, in: book, subject, limit: Self.batch)
        guard let newest = events.last else { return 0 }
        let followers = state.withLock { state in
            // Another may have begun to follow the book anew meanwhile.
            guard state.books[book]?.last == last else { return [AsyncStream<ActivityNews>.Continuation]() }
            state.books[book]?.last = newest.number
            return (state.books[book]?.followers.values).map(Array.init) ?? []
        }
        for event in events { for continuation in followers { Self.hand(.event(event), to: continuation) } }
        return events.count
    }
}
