import Base
import Database
import Runtime
import Synchronization

/// How lately a process has heard all that the others say of ended sessions.
///
/// Notifications arrive in the order of their commits. So it says something itself, on the same channel: who hears his
/// own beat has heard whatever was committed before he sent it. A process that has not heard a young one may be deaf, or
/// was stopped for a while, and asks the database until it hears again.
final class Hearing: Sendable {
    /// So that one beat may be late, and nobody is unsure for it.
    static let interval = Duration.milliseconds(300)
    private static let memory = UInt64(Followers.memory.components.seconds) * 1_000_000_000
    /// Without requests there is nobody to be sure for, and the disk may sleep.
    private static let askedFor = UInt64(10_000_000_000)

    private enum Tag {}

    private let name = Identifier<Tag>.new().description
    /// When the youngest of the own beats that were heard had been sent. In nanoseconds, as all here; zero: never.
    private let heard = Atomic<UInt64>(0)
    private let asked = Atomic<UInt64>(0)

    /// Whether everything is known that was committed until a second ago.
    var isSure: Bool {
        let now = monotonicNanoseconds()
        // Once a second is often enough to be noted: the threads share this place in memory.
        if now > asked.load(ordering: .relaxed) &+ Self.memory { asked.store(now, ordering: .relaxed) }
        return now < heard.load(ordering: .acquiring) &+ Self.memory
    }

    var isAsked: Bool { monotonicNanoseconds() < asked.load(ordering: .relaxed) &+ Self.askedFor }

    /// Its time is from before it is sent.
    func newBeat() -> String { "beat \(name) \(monotonicNanoseconds())" }

    func hear(_ payload: String) {
        let words = payload.split(separator: " ")
        guard words.count == 3, words[1] == name, let sent = UInt64(words[2]) else { return }
        // Beats arrive in the order in which they were sent: the last one is the youngest.
        heard.store(sent, ordering: .releasing)
    }
}
