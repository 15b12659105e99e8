import Foundation
import Glibc
import JSON
import TestSupport
import Testing

@testable import purser

/// What an operator does about accounts and keys, beside a running server.
@Suite(.tags(.slow), .serialized) struct `The commands of sign-in` {
    @Test func `exchange keys under a running server, put letters into the folder, and demand second factors`()
        async throws
    {
        let data = TestDirectories.make("app") + "/data"
        try await RunningServer.with(data) { server in
            #expect(server.greeting.contains("Letters go to the folder \(data)/mail."))
            let token = try await server.registerAda()

            // Keys.
            let rotated = try await Program.run("keys", "rotate", "--data", data)
            #expect(rotated.status == 0, "\(rotated.errors)")
            _ = kill(server.identifier, SIGHUP)
            var published = 0
            for _ in 0..<300 where published < 2 {
                let text = try await server.client.send("GET", "/.well-known/jwks.json").text
                published = text.components(separatedBy: "\"kid\"").count - 1
                if published < 2 { try await Task.sleep(for: .milliseconds(20)) }
            }
            #expect(published == 2)
            #expect(try await server.send("GET", "/users/me", token: token).status == 200)
            let keys = try await Program.run("keys", "list", "--json", "--data", data).json
            #expect(keys.array?.map { $0["signs"] } == [.bool(false), .bool(true)])
            #expect(keys.array?.map { $0["bits"]?.int } == [3072, 3072])
            let pruned = try await Program.run("keys", "prune", "--data", data)
            #expect(pruned.output == "No key can go yet.\n")

            // A letter in the folder, not readable by others.
            let folder = data + "/mail"
            for _ in 0..<500 where !FileManager.default.fileExists(atPath: folder) {
                try await Task.sleep(for: .milliseconds(20))
            }
            let letters = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".eml") }
            #expect(letters.count == 1)

            // Second factors.
            let demanded = try await Program.run("user", "require-mfa", "ada@example.org", "--data", data)
            #expect(demanded.status == 0, "\(demanded.errors)")
            let body = #"{"email":"ada@example.org","password":"correct horse battery"}"#
            let bound = try await server.send("POST", "/auth/login", body)
            let narrow = bound.data["accessToken"]?.string
            #expect(try await server.send("GET", "/users/me", token: narrow).status == 200)
            let refused = try await server.send("GET", "/books", token: narrow)
            #expect(refused.status == 403)
            #expect(refused.code == "MFA_ENROLMENT_REQUIRED")
            let left = try await Program.run("user", "require-mfa", "ada@example.org", "--off", "--data", data)
            #expect(left.status == 0, "\(left.errors)")
            let wide = try await server.send("POST", "/auth/login", body).data["accessToken"]?.string
            #expect(try await server.send("GET", "/books", token: wide).status == 200)
            let none = try await Program.run("user", "remove-mfa", "ada@example.org", "--data", data)
            #expect(none.status == 1)

            // Shut out and let in again.
            #expect(try await Program.run("user", "disable", "ada@example.org", "--data", data).status == 0)
            #expect(try await server.send("POST", "/auth/login", body).code == "ACCOUNT_DISABLED")
            #expect(try await Program.run("user", "enable", "ada@example.org", "--data", data).status == 0)
            let reset = try await Program.run(
                ["user", "reset-password", "ada@example.org", "--data", data], input: "another horse entirely\n")
            #expect(reset.status == 0, "\(reset.errors)")
            #expect(try await server.send("POST", "/auth/login", body).status == 401)
        }
    }
}
