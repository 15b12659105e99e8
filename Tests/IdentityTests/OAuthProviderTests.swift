import Base
import Cryptography
import Database
import EventLoop
import Foundation
import JSON
import Outbound
import Runtime
import TestSupport
import Testing

@testable import Identity

@Suite struct `The file of sign-in services` {
    private func load(_ json: String, secret: String = "top secret\n") throws -> [OAuthProvider] {
        let directory = TestDirectories.make("providers")
        try Data(json.utf8).write(to: URL(filePath: directory + "/providers.json"))
        try Data(secret.utf8).write(to: URL(filePath: directory + "/secret"))
        return try OAuthProvider.load(directory + "/providers.json")
    }

    @Test func `names any OpenID provider, Google and GitHub`() throws {
        let providers = try load(
            """
            [{"id":"work","name":"Our company","issuer":"https://id.example.org","clientId":"a","clientSecretFile":"secret"},
             {"id":"google","clientId":"b"}, {"id":"github","clientId":"c","clientSecretFile":"secret"},
             {"id":"ghe","issuer":"https://ghe.example.org","clientId":"d","scopes":["openid"]}]
            """)
        #expect(providers.map(\.name) == ["Our company", "Google", "GitHub", "ghe"])
        #expect(providers[0].clientSecret == "top secret")
        #expect(providers[0].namedHosts == ["id.example.org"])
        #expect(providers[1].kind == .oidc(issuer: "https://accounts.google.com"))
        #expect(providers[2].kind == .github(server: "https://github.com", api: "https://api.github.com"))
        #expect(try OAuthProvider.load("").isEmpty)
    }

    static let wrong = [
        ("{}", "a list"), ("nothing", "cannot be read"), (#"[{"clientId":"a"}]"#, "id of provider 1"),
        (#"[{"id":"A b","clientId":"a"}]"#, "id of provider 1"), (#"[{"id":"work","clientId":"a"}]"#, "its issuer"),
        (#"[{"id":"google"}]"#, "its clientId"), (#"[{"id":"google","clientId":"a","secret":"b"}]"#, "has secret"),
        (#"[{"id":"google","clientId":"a"},{"id":"google","clientId":"b"}]"#, "same id"),
        (#"[{"id":"google","clientId":"a","clientSecretFile":"missing"}]"#, "cannot be read"),
        (#"[{"id":"google","clientId":"a","scopes":["email"]}]"#, "openid"), (#"[{"id":1,"clientId":"a"}]"#, "text"),
    ]

    @Test(arguments: wrong) func `says what is wrong with it`(_ json: String, _ words: String) throws {
        do {
            _ = try load(json)
            Issue.record("\(json) was taken")
        } catch let problem as OAuthProvider.Problem {
            #expect(problem.description.contains(words), "\(problem)")
        }
    }
}

/// PyPI's oidc-provider-mock in a process of its own; see Tests/tools/setup.sh.
final class RealProvider {
    static let program = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "../../.build/tools-venv/bin/oidc-provider-mock"
    ).standardizedFileURL.path
    static var isThere: Bool { FileManager.default.isExecutableFile(atPath: program) }

    let port: Int
    private let process = Process()

    init() async throws {
        // A port that was free a moment ago.
        let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(probe, $0, size) == 0 && getsockname(probe, $0, &size) == 0
            }
        }
        close(probe)
        try #require(bound)
        port = Int(UInt16(bigEndian: address.sin_port))
        process.executableURL = URL(filePath: Self.program)
        process.arguments = [
            "--port", "\(port)", "--require-nonce", "true", "--user-claims",
            #"{"sub":"grace","email":"grace@example.org","email_verified":true,"name":"Grace Hopper"}"#,
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        var policy = HTTPClient.Policy()
        policy.allowsPlainLoopback = true
        let client = HTTPClient(policy: policy)
        for _ in 0..<300 {
            if let answer = try? await client.send(.init("http://127.0.0.1:\(port)/.well-known/openid-configuration")),
                answer.status == 200
            {
                return
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        process.terminate()
        try #require(Bool(false), "oidc-provider-mock does not start")
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }
}

@Suite(.accounts, .enabled(if: RealProvider.isThere, "Tests/tools/setup.sh makes the provider of the tests"))
struct `A provider that others wrote` {
    @Test func `signs in by code, PKCE, nonce and its published key`() async throws {
        let provider = try await RealProvider()
        defer { provider.stop() }
        let configured = OAuthProvider(
            id: "mock", name: "Mock", kind: .oidc(issuer: "http://127.0.0.1:\(provider.port)"), clientID: "purser",
            clientSecret: "secret", scopes: ["openid", "email", "profile"], trustsFactors: false)
        try await TestApp.run(providers: [configured]) { app in
            // The provider lives in the present.
            let present = Int64(Date().timeIntervalSince1970)
            app.clock.advance(by: .seconds(present - app.clock.now.secondsSinceEpoch))
            var places: [String?] = []
            for _ in 0..<2 {
                var visit = Visit(app: app)
                let there = try await visit.begin("mock")
                let page = try #require(there["location"])
                let path = String(page.dropFirst("http://127.0.0.1:\(provider.port)".count))
                let body = "sub=grace"
                let request =
                    "POST \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(provider.port)\r\nConnection: close\r\n"
                    + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                    + body
                let sent = try await app.exchange(Array(request.utf8), port: provider.port)
                let back = try #require(sent["location"], "\(sent.text.prefix(500))")
                #expect(back.hasPrefix("https://purser.test/api/v1/auth/oauth/mock/callback?"))
                let parameters = Visit.parameters(back)
                places.append(
                    try await visit.back(
                        "&code=\(parameters["code"] ?? "")", provider: "mock", state: parameters["state"])[
                            "location"])
            }
            let log = try app.logText()
            #expect(places == ["/entries", "/entries"], "\(log)")
            #expect(try await app.count("SELECT count(*) FROM users WHERE email = 'grace@example.org'") == 1)
        }
    }
}
