import TestSupport
import Testing

@Suite struct `The page's files` {
    @Test func `are named by what they hold, so a browser asks for each of them once`() async throws {
        try await RunningServer.with(TestDirectories.make("app") + "/data") { server in
            let page = try await server.client.send("GET", "/")
            #expect(page.status == 200 && page["cache-control"] == "no-cache")
            let names = page.text.matches(of: /"(\/assets\/[^"]+)"/).map { String($0.output.1) }
            #expect(names.count > 20)
            for name in names {
                let asset = try await server.client.send("GET", name)
                #expect(asset.status == 200, "\(name)")
                #expect(asset["cache-control"] == "public, max-age=31536000, immutable", "\(name)")
            }
            let script = try #require(names.first { $0.hasSuffix("/app.js") })
            // Of a page that was loaded before the server was brought up to date.
            let parts = script.split(separator: "/")
            let other = try await server.client.send("GET", "/assets/0123456789abcdef/\(parts[2])")
            #expect(other.status == 200 && other["cache-control"] == "no-cache")
            #expect(try await server.client.send("GET", "/assets/\(parts[1])/nothing.js").status == 404)
            #expect(try await server.client.send("GET", "/assets/x/y/app.js").status == 404)
        }
    }
}
