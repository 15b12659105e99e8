import Base
import Cryptography
import Database
import HTTP
import Runtime

/// A session that has ended is refused by every process from the moment that this is answered, though none of them asks
/// the database (ADR 16).
extension Accounts {
    /// After the commit of what ended them: returns when no process takes a token of theirs any more. Also for none, when
    /// something else of the account is remembered.
    func refuseEverywhere(_ sessions: [SessionID], at now: Instant) async {
        refuseTokens(of: sessions, at: now)
        await followers?.settle()
    }

    /// Until when this process refuses access tokens of sessions that ended.
    private func refuseTokens(of sessions: [SessionID], at now: Instant) {
        let seconds = now.secondsSinceEpoch
        let until = seconds + tokens.lifetimeSeconds + 2 * tokens.jwt.leeway
        for session in sessions { tokens.ended.insert(session, until: until, now: seconds) }
    }

    /// Whether this process knows of all sessions that ended until less than a second ago.
    var hearsOthers: Bool { followers == nil || hearing.isSure }

    /// For a process that may be deaf.
    func requireLive(_ session: SessionID) async throws {
        guard try await SessionStore.isLive(database, session) else { throw Refusal.tokenNotValid }
    }

    /// Reads which sessions ended lately, then hears of every further one, from this server and all others. Runs until
    /// its task is cancelled.
    package func followEndedSessions() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.sendBeats() }
            let notifications = database.listen(SessionStore.endedChannel)
            for await notification in notifications {
                if notification.isGap {
                    // Nothing was heard for a while, or never yet: what was said meanwhile is in the table.
                    await readEndedSessions()
                } else if let session = SessionID(notification.payload) {
                    refuseTokens(of: [session], at: clock.now())
                } else {
                    hearing.hear(notification.payload)
                }
            }
            group.cancelAll()
        }
    }

    /// Until it is read: no beat is heard before, and each request asks the database.
    private func readEndedSessions() async {
        while !Task.isCancelled {
            let now = clock.now()
            let since = now - tokens.lifetime - .seconds(2 * tokens.jwt.leeway)
            do { return refuseTokens(of: try await SessionStore.ended(database, since: since), at: now) } catch {
                log.warning("which sessions ended cannot be read: \(error)")
            }
            try? await Task.sleep(for: .milliseconds(500))
        }
    }

    /// Only while the others wait for this process: what they said before they knew of it, it need not have heard.
    private func sendBeats() async {
        while !Task.isCancelled {
            if hearing.isAsked, followers?.mayRemember ?? false {
                database.notify(SessionStore.endedChannel, hearing.newBeat())
            }
            try? await Task.sleep(for: Hearing.interval)
        }
    }
}
