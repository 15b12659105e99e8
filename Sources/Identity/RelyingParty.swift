/// This installation as a browser and its authenticators know it: by the address that people use.
package struct RelyingParty: Equatable, Sendable {
    /// The domain that passkeys belong to. Browsers keep them from every other.
    package let id: String
    /// Scheme, host and port of the page; nil for this machine, on whatever port.
    package let origin: String?

    /// - Parameter publicURL: empty where nothing is set up yet: the page is used on this machine then.
    /// - Returns: nil when no passkey can belong to the address: it is no domain, or not https.
    package init?(publicURL: String) {
        guard !publicURL.isEmpty else {
            id = "localhost"
            origin = nil
            return
        }
        guard let (scheme, host, port) = Self.parts(of: publicURL), !host.hasPrefix("["),
            !host.allSatisfy({ $0.isNumber || $0 == "." }), scheme == "https" || host == "localhost"
        else { return nil }
        id = host
        let isDefault = port == nil || scheme == "https" && port == "443" || scheme == "http" && port == "80"
        origin = "\(scheme)://\(host)" + (isDefault ? "" : ":\(port ?? "")")
    }

    package func isOrigin(_ text: String) -> Bool {
        if let origin { return text == origin }
        guard let (scheme, host, _) = Self.parts(of: text), text.utf8.last != UInt8(ascii: "/") else { return false }
        return scheme == "http" && host == "localhost"
    }

    private static func parts(of url: String) -> (scheme: String, host: String, port: String?)? {
        guard let mark = url.firstIndex(of: ":"), url[mark...].hasPrefix("://") else { return nil }
        let authority = url[mark...].dropFirst(3).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.isEmpty, !authority.contains("@") else { return nil }
        var host = authority
        var port: String?
        if let colon = authority.lastIndex(of: ":"), authority.last != "]" {
            host = authority[..<colon]
            port = String(authority[authority.index(after: colon)...])
            guard let port, !port.isEmpty, UInt16(port) != nil else { return nil }
        }
        return (url[..<mark].lowercased(), host.lowercased(), port)
    }
}
