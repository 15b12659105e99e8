import Base
import Cryptography
import EventLoop
import Glibc

/// Hashes and checks passwords, away from the event loops.
///
/// Each hash holds 19 MiB and a core for some 60 ms. The pool bounds how many run and how many wait; whoever comes
/// after that is told to come again, and all other requests go on as before.
package final class PasswordHasher: Sendable {
    private let pool: BlockingPool
    package let parameters: Argon2id.Parameters
    /// Costs as much to check as a real one, and fits no password: for accounts that do not exist.
    let decoy: String

    /// - Parameters:
    ///   - concurrent: how many at once; each takes a thread.
    ///   - queueLimit: how many may wait for their turn.
    package init(concurrent: Int, queueLimit: Int = 64, parameters: Argon2id.Parameters = .standard) {
        pool = BlockingPool(threads: concurrent, queueLimit: queueLimit, name: "password")
        self.parameters = parameters
        decoy = Self.decoy(parameters)
    }

    package func hash(_ password: Password) async throws -> String {
        try await run { [parameters] in try Argon2id.hash(password.bytes, parameters: parameters) }
    }

    /// - Parameter stored: nil for an account that does not exist or has no password. It takes the same time then.
    package func verify(_ password: Password, against stored: String?) async throws -> Bool {
        let encoded = stored ?? decoy
        let fits = try await run {
            Bcrypt.isHash(encoded)
                ? Bcrypt.verify(password.bytes, against: encoded) : Argon2id.verify(password.bytes, against: encoded)
        }
        return fits && stored != nil
    }

    package func needsRehash(_ stored: String) -> Bool { Argon2id.needsRehash(stored, parameters: parameters) }

    package func shutdown() { pool.shutdown() }

    private func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        do {
            return try await pool.run {
                // Of this thread alone: requests that wait for nothing but a core come before those that sign in.
                setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
                return try body()
            }
        } catch is BlockingPool.Full {
            throw Refusal.signInBusy
        }
    }

    private static func decoy(_ parameters: Argon2id.Parameters) -> String {
        func random(_ count: Int) -> String {
            String(Base64URL.encode(secureRandomBytes(count)).map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        }
        let salt = random(Argon2id.saltBytes)
        let hash = random(Argon2id.hashBytes)
        return
            "$argon2id$v=19$m=\(parameters.memoryKiB),t=\(parameters.iterations),p=\(parameters.lanes)$\(salt)$\(hash)"
    }
}
