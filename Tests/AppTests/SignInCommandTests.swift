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
            #expect(keys.array?.map { $0["purpose"]?.string } == ["token", "token", "data", "session"])
            #expect(keys.array?.map { $0["signs"] } == [.bool(false), .bool(true), .bool(true), .bool(true)])
            #expect(keys.array?.map { $0["bits"]?.int } == [3072, 3072, 256, 256])
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
            try await exchangeSecretKeys(data, server, wide)

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

    /// The worker hears of a new key later than the server that seals with it, and loses no letter by that.
    @Test func `exchange the key of letters between a server and its worker, and each arrives`() async throws {
        let data = TestDirectories.make("app") + "/data"
        try await RunningServer.with(data, ["--role", "api"]) { server in
            let (worker, output, errors) = try Program.start(["worker", "--data", data])
            defer { worker.terminate() }
            while !Program.text(of: output).contains("working") && worker.isRunning {
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(try await Program.run("keys", "rotate", "data", "--data", data).status == 0)
            let keys = data + "/keys"
            let made = try #require(
                FileManager.default.contentsOfDirectory(atPath: keys).first { $0.hasPrefix("data-") })
            let second = try #require(Int(made.dropFirst(5).dropLast(4)))
            try FileManager.default.moveItem(
                atPath: "\(keys)/\(made)", toPath: "\(keys)/data-\(second - 120).key")
            for _ in 0..<500 where !server.log.contains("secret keys read") {
                _ = kill(server.identifier, SIGHUP)
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(server.log.contains("secret keys read"))
            _ = try await server.registerAda()
            let folder = data + "/mail"
            var letters: [String] = []
            for _ in 0..<500 where letters.isEmpty {
                try await Task.sleep(for: .milliseconds(20))
                let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
                letters = names.filter { $0.hasSuffix(".eml") }
            }
            #expect(letters.count == 1, "\(Program.text(of: errors))")
        }
    }

    /// Keys of data and session, with codes and recovery codes that must go on working.
    private func exchangeSecretKeys(_ data: String, _ server: RunningServer, _ token: String?) async throws {
        let keys = data + "/keys"
        for purpose in ["data", "session"] {
            let rotated = try await Program.run("keys", "rotate", purpose, "--data", data)
            #expect(rotated.status == 0, "\(rotated.errors)")
        }
        // A minute must pass before they are used.
        let early = try await Program.run("keys", "reseal", "--data", data)
        #expect(early.status != 0)
        #expect(early.errors.contains("Come again in a minute"), "\(early.errors)")
        #expect(try await server.send("POST", "/auth/mfa/enable", "{}", token: token).status == 200)

        // As if they had been made two minutes ago.
        let made = try FileManager.default.contentsOfDirectory(atPath: keys).filter {
            $0.contains("-") && $0.hasSuffix(".key")
        }
        #expect(made.count == 2)
        for name in made {
            let parts = name.dropLast(4).split(separator: "-")
            let second = try #require(Int(parts[1]))
            try FileManager.default.moveItem(
                atPath: "\(keys)/\(name)", toPath: "\(keys)/\(parts[0])-\(second - 120).key")
        }
        _ = kill(server.identifier, SIGHUP)
        let resealed = try await Program.run("keys", "reseal", "--data", data)
        #expect(resealed.status == 0, "\(resealed.errors)")
        #expect(resealed.output.contains("1 sealed anew.\nretired data.key\n"), "\(resealed.output)")
        // Sessions that began under it may still be there.
        #expect(!resealed.output.contains("retired session.key"))
        #expect(FileManager.default.fileExists(atPath: keys + "/retired/data.key"))
        let again = try await Program.run("keys", "reseal", "--data", data)
        #expect(again.output == "0 sealed anew.\nNo key can go yet.\n")
    }

    @Test func `sign people out, one or all, who may come back`() async throws {
        let data = TestDirectories.make("app") + "/data"
        try await RunningServer.with(data) { server in
            let ada = try await server.registerAda()
            let login = #"{"email":"ada@example.org","password":"correct horse battery"}"#
            let again = try await server.send("POST", "/auth/login", login)
            let zoe = try await server.send(
                "POST", "/auth/register", #"{"email":"zoe@example.org","password":"correct horse battery"}"#
            ).data["accessToken"]?.string
            let key = try await server.send(
                "POST", "/api-keys", #"{"name":"Script","scopes":["entry:view"]}"#,
                token: again.data["accessToken"]?.string
            ).data["key"]?.string
            func status(_ token: String?) async throws -> Int {
                try await server.send("GET", "/users/me", token: token).status
            }

            let one = try await Program.run("user", "sign-out", "ada@example.org", "--data", data)
            #expect(one.output == "ada@example.org is signed out: 2 sessions are ended.\n", "\(one.errors)")
            #expect(try await status(ada) == 401)
            #expect(try await status(zoe) == 200)
            let refresh = #"{"refreshToken":"\#(again.data["refreshToken"]?.string ?? "")"}"#
            #expect(try await server.send("POST", "/auth/refresh", refresh).status == 401)

            let back = try await server.send("POST", "/auth/login", login).data["accessToken"]?.string
            #expect(try await status(back) == 200)
            let all = try await Program.run("user", "sign-out", "--all", "--data", data)
            #expect(all.output == "Everybody is signed out: 2 sessions are ended, of 2 people.\n", "\(all.errors)")
            #expect(try await status(back) == 401)
            #expect(try await status(zoe) == 401)
            let none = try await Program.run("user", "sign-out", "--all", "--data", data)
            #expect(none.output == "Everybody is signed out: 0 sessions are ended, of 0 people.\n")
            // Programs go on.
            let list = try await server.client.send("GET", "/api/v1/expenses", fields: [("X-API-Key", key ?? "")])
            #expect(list.status == 200, "\(list.text)")

            let unknown = try await Program.run("user", "sign-out", "nobody@example.org", "--data", data)
            #expect(unknown.status == 1)
            for wrong in [["sign-out"], ["sign-out", "ada@example.org", "--all"]] {
                #expect(try await Program.run(["user"] + wrong + ["--data", data]).status == 2, "\(wrong)")
            }
            let help = try await Program.run("user", "--help")
            #expect(help.output.contains("sign-out EMAIL | sign-out --all"))
        }
    }
}
