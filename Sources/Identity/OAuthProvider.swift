import Base
import FoundationEssentials
import JSON

/// Another service whose word on who somebody is the operator takes.
package struct OAuthProvider: Sendable {
    package enum Kind: Sendable, Equatable {
        /// OpenID Connect: everything else follows from the issuer's discovery document.
        case oidc(issuer: String)
        /// GitHub has no ID tokens: it is asked over its API.
        case github(server: String, api: String)
    }

    /// Part of addresses and of stored identities: it stays when the name changes.
    package let id: String
    package let name: String
    package let kind: Kind
    package let clientID: String
    /// Empty for a public client.
    let clientSecret: String
    let scopes: [String]
    /// Whether the provider's own second factor spares ours.
    let trustsFactors: Bool

    /// For mistakes in the file, in words for the operator.
    package struct Problem: Error, CustomStringConvertible, Equatable {
        package let description: String
        init(_ description: String) { self.description = description }
    }

    static let limit = 20

    /// The hosts that the operator names: these may be within our own network.
    var namedHosts: [String] {
        let urls =
            switch kind {
            case .oidc(let issuer): [issuer]
            case .github(let server, let api): [server, api]
            }
        return urls.compactMap { url in
            url.firstRange(of: "://").map { mark in
                var host = url[mark.upperBound...].prefix { $0 != "/" }
                if let colon = host.lastIndex(of: ":"), host.last != "]" { host = host[..<colon] }
                return host.lowercased()
            }
        }
    }
}

// MARK: - The operator's file

extension OAuthProvider {
    /// Reads the file that the setting names. Secrets are in files of their own, beside it or wherever it says.
    ///
    /// - Parameter path: empty for none.
    package static func load(_ path: String) throws -> [OAuthProvider] {
        guard !path.isEmpty else { return [] }
        let json: JSONValue
        do {
            json = try JSONValue.parse(Array(try Data(contentsOf: URL(filePath: path))))
        } catch {
            throw Problem("oidc-providers: \(path) cannot be read as JSON.")
        }
        guard let list = json.array, list.count <= limit else {
            throw Problem("oidc-providers: \(path) should be a list of at most \(limit) providers.")
        }
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        let providers = try list.enumerated().map { try OAuthProvider($1, at: $0 + 1, folder: folder) }
        guard Set(providers.map(\.id)).count == providers.count else {
            throw Problem("oidc-providers: two providers have the same id.")
        }
        return providers
    }

    private init(_ json: JSONValue, at position: Int, folder: String) throws {
        func text(_ name: String) throws -> String? {
            guard let value = json[name], !value.isNull else { return nil }
            guard let text = value.string, !text.isEmpty, text.utf8.count <= 1000 else {
                throw Problem("oidc-providers: \(name) of provider \(position) should be text.")
            }
            return text
        }
        let known: Set = [
            "id", "name", "issuer", "server", "clientId", "clientSecretFile", "scopes", "trustsFactors",
        ]
        if let stray = json.object?.first(where: { !known.contains($0.key) })?.key {
            throw Problem("oidc-providers: provider \(position) has \(stray), which means nothing here.")
        }
        guard let id = try text("id"), id.utf8.count <= 40,
            id.utf8.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "-") })
        else {
            throw Problem("oidc-providers: id of provider \(position) should be small letters, digits and hyphens.")
        }
        guard let clientID = try text("clientId") else {
            throw Problem("oidc-providers: \(id) needs its clientId.")
        }
        self.id = id
        self.clientID = clientID
        clientSecret = try text("clientSecretFile").map { try Self.secret($0.hasPrefix("/") ? $0 : folder + $0) } ?? ""
        trustsFactors = json["trustsFactors"]?.bool ?? false
        let issuer = try text("issuer") ?? (id == "google" ? "https://accounts.google.com" : nil)
        if let issuer {
            kind = .oidc(issuer: issuer)
            name = try text("name") ?? (id == "google" ? "Google" : id)
        } else if id == "github" {
            let server = try text("server") ?? "https://github.com"
            kind = .github(
                server: server, api: server == "https://github.com" ? "https://api.github.com" : server + "/api/v3")
            name = try text("name") ?? "GitHub"
        } else {
            throw Problem("oidc-providers: \(id) needs its issuer.")
        }
        let asked = json["scopes"]?.array?.compactMap(\.string)
        if case .oidc = kind {
            scopes = asked ?? ["openid", "email", "profile"]
        } else {
            scopes = asked ?? ["user:email"]
        }
        if case .oidc = kind, !scopes.contains("openid") {
            throw Problem("oidc-providers: the scopes of \(id) should have openid among them.")
        }
    }

    private static func secret(_ path: String) throws -> String {
        guard let data = try? Data(contentsOf: URL(filePath: path)), data.count <= 4096,
            let text = String(validating: data, as: UTF8.self)
        else { throw Problem("oidc-providers: the secret's file \(path) cannot be read.") }
        return String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
