import Synchronization

/// The address that people reach this server by, for the links in letters. From the settings, never from a request: a
/// request's `Host` is whatever its sender likes, and the links open accounts.
package final class PublicAddress: Sendable {
    private let base: Mutex<String>
    private let isFixed: Bool

    /// - Parameters:
    ///   - configured: empty where the operator has not said; then it is where the server listens.
    ///   - fallback: until the server listens.
    package init(configured: String, fallback: String) {
        isFixed = !configured.isEmpty
        base = Mutex(Self.trimmed(configured.isEmpty ? fallback : configured))
    }

    /// Where the server has come to listen. What the operator has configured stays.
    package func listens(at address: String) {
        guard !isFixed else { return }
        base.withLock { $0 = Self.trimmed(address) }
    }

    package var text: String { base.withLock { $0 } }

    /// The name in it: `purser.example.org`.
    package var host: String {
        let text = text
        guard let scheme = text.firstRange(of: "://") else { return "localhost" }
        let rest = text[scheme.upperBound...].prefix { $0 != "/" }
        if rest.hasPrefix("[") { return String(rest.prefix { $0 != "]" }) + "]" }
        return String(rest.prefix { $0 != ":" })
    }

    /// - Parameter token: behind the `#`, which no browser sends: so it is in no log and in no `Referer`.
    package func link(_ path: String, token: String) -> String { "\(text)\(path)#token=\(token)" }

    private static func trimmed(_ text: String) -> String {
        var text = Substring(text)
        while text.hasSuffix("/") { text.removeLast() }
        return String(text)
    }
}
