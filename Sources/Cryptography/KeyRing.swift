import Synchronization

/// The signing keys of a running server, which may be exchanged while it runs.
package final class KeyRing: Sendable {
    private let present: Mutex<SigningKeys>

    package init(_ keys: SigningKeys) { present = Mutex(keys) }

    package var keys: SigningKeys { present.withLock { $0 } }

    /// Reads the files again: another process may have added a key, and one that was added has come of age.
    ///
    /// - Returns: whether anything is different now.
    package func reload(directory: String, now: Int64) throws(SecretFile.Failure) -> Bool {
        let read = try SigningKeys.load(directory: directory, now: now)
        return present.withLock { present in
            let isSame =
                present.current.publicKey.keyID == read.current.publicKey.keyID
                && present.verifying.map(\.keyID) == read.verifying.map(\.keyID)
            if !isSame { present = read }
            return !isSame
        }
    }
}
