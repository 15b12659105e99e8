import FoundationEssentials
import HTTP
import HTTPServer

/// The page: `index.html` for its screens, and what it loads, from memory.
package struct WebPage: Sendable {
    /// Chart.js and the typeface come from their Debian packages.
    static let vendorFiles: [(path: String, files: [String])] = [
        ("/assets/vendor/chart.js", ["/usr/share/javascript/chart.js/chart.min.js"]),
        (
            "/assets/vendor/inter.ttf",
            [
                "/usr/share/fonts/truetype/inter-vf/Inter-roman.var.ttf",
                "/usr/share/fonts/truetype/inter-vf/Inter.var.ttf",
            ]
        ),
    ]
    static let maximumVendorBytes = 4 << 20

    /// Scripts and styles from here only; nothing inline, nothing from elsewhere.
    static let contentSecurityPolicy =
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

    private struct Asset {
        let bytes: [UInt8]
        let type: String
        let tag: String
    }

    private let assets: [String: Asset]
    private let page: Asset
    /// `/assets/` and a name for what all assets hold together. What is below it never changes, so a browser asks for it
    /// once; the page itself names the present version.
    private let versioned: String
    /// The files of Debian packages that are not there, for `purser doctor`.
    package let missing: [String]

    package init() {
        var assets: [String: Asset] = [:]
        for (name, bytes) in AssetList.all {
            assets["/assets/" + name] = Asset(bytes: bytes, type: Self.type(of: name), tag: Self.tag(bytes))
        }
        var missing: [String] = []
        for (path, files) in Self.vendorFiles {
            let found = files.lazy.compactMap { try? Data(contentsOf: URL(filePath: $0)) }.first
            guard let found, found.count <= Self.maximumVendorBytes else {
                missing.append(files[0])
                continue
            }
            let bytes = Array(found)
            assets[path] = Asset(bytes: bytes, type: Self.type(of: path), tag: Self.tag(bytes))
        }
        let all = assets.sorted { $0.key < $1.key }.flatMap { Array(($0.key + $0.value.tag).utf8) }
        versioned = "/assets/\(Self.hash(all))/"
        let plain = assets["/assets/index.html"]?.bytes ?? []
        let text = String(decoding: plain, as: UTF8.self).replacing("\"/assets/", with: "\"\(versioned)")
        page = Asset(bytes: Array(text.utf8), type: "text/html; charset=utf-8", tag: Self.tag(Array(text.utf8)))
        self.assets = assets
        self.missing = missing
    }

    /// Nil for what is neither a screen nor an asset, unless a browser asks: it gets the page, which says so.
    @Sendable package func answer(_ request: Request) -> HTTPResponse? {
        let path = request.wire.path
        if let (asset, isForEver) = asset(path) {
            return HTTPResponse(
                status: 200,
                fields: [
                    ("Content-Type", asset.type), ("ETag", asset.tag),
                    ("Cache-Control", isForEver ? "public, max-age=31536000, immutable" : "no-cache"),
                ],
                body: .bytes(asset.bytes))
        }
        var fields = [
            ("Content-Type", page.type), ("Cache-Control", "no-cache"),
            ("Content-Security-Policy", Self.contentSecurityPolicy),
        ]
        if Self.isScreen(path) {
            fields.append(("ETag", page.tag))
            return HTTPResponse(status: 200, fields: fields, body: .bytes(page.bytes))
        }
        // Someone who mistyped an address sees a screen that says so; a program gets its refusal as JSON.
        guard Self.isRead(request) else { return nil }
        fields.append(("Vary", "Accept"))
        return HTTPResponse(status: 404, fields: fields, body: .bytes(page.bytes))
    }

    /// A page that was loaded from another version of the server gets what there is now, and asks again each time.
    private func asset(_ path: String) -> (Asset, isForEver: Bool)? {
        if path == "/favicon.ico" { return assets["/assets/favicon.svg"].map { ($0, false) } }
        if let asset = assets[path] { return (asset, false) }
        let parts = path.split(separator: "/", maxSplits: 2)
        guard parts.count == 3, parts[0] == "assets", let asset = assets["/assets/" + parts[2]] else { return nil }
        return (asset, path.hasPrefix(versioned))
    }

    /// The routes of `app.js`.
    private static func isScreen(_ path: String) -> Bool {
        AssetList.screens.contains(path) || path.hasPrefix("/setup/")
    }

    /// Whether a browser asks, to show the answer to someone.
    private static func isRead(_ request: Request) -> Bool {
        let path = request.wire.path
        guard request.wire.method == "GET" || request.wire.method == "HEAD", path != "/api", !path.hasPrefix("/api/"),
            let accept = request.header("accept")
        else { return false }
        return accept.split(separator: ",").map { MediaType(String($0)) }.contains { media in
            let isExcluded = media["q"].map { $0.allSatisfy { $0 == "0" || $0 == "." } } ?? false
            return media.essence == "text/html" && !isExcluded
        }
    }

    private static func type(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "svg": "image/svg+xml"
        case "ttf": "font/ttf"
        case "png": "image/png"
        default: "application/octet-stream"
        }
    }

    private static func tag(_ bytes: [UInt8]) -> String { "\"\(hash(bytes))\"" }

    /// FNV-1a: enough to tell one version of a file from the next.
    private static func hash(_ bytes: [UInt8]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }
}
