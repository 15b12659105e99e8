import Foundation
import Glibc
import JSON
import Synchronization
import TestSupport
import Testing

/// The built program, run as a person runs it.
enum Program {
    struct Result: Sendable {
        let status: Int32
        let output: String
        let errors: String

        /// What it wrote to standard output, which has to be JSON.
        var json: JSONValue { get throws { try JSONValue.parse(Array(output.utf8)) } }
    }

    /// Named by PURSER_BINARY, so that the release build is what is tested; else the one beside the test bundle.
    static let path: String = {
        if let named = ProcessInfo.processInfo.environment["PURSER_BINARY"], !named.isEmpty { return named }
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: own).deletingLastPathComponent().path + "/purser"
    }()

    /// Cheap passwords and no limits: neither is what these tests are about.
    static let environment = [
        "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": "/nonexistent",
        "PURSER_RATE_LIMITS": "off",
        "PURSER_PASSWORD_MEMORY": "8192", "PURSER_PASSWORD_PASSES": "1",
    ]

    /// Standard output and standard error go to files: a pipe that nobody reads would stop the program.
    static func start(
        _ arguments: [String], input: String = "", environment more: [String: String] = [:]
    ) throws -> (process: Process, output: String, errors: String) {
        let directory = TestDirectories.make("run")
        let (output, errors, given) = (directory + "/out", directory + "/err", directory + "/in")
        for path in [output, errors] { _ = FileManager.default.createFile(atPath: path, contents: nil) }
        _ = FileManager.default.createFile(atPath: given, contents: Data(input.utf8))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = environment.merging(more) { $1 }
        process.standardInput = FileHandle(forReadingAtPath: given)
        process.standardOutput = FileHandle(forWritingAtPath: output)
        process.standardError = FileHandle(forWritingAtPath: errors)
        try process.run()
        return (process, output, errors)
    }

    static func run(
        _ arguments: [String], input: String = "", environment: [String: String] = [:]
    ) async throws -> Result {
        let (process, output, errors) = try start(arguments, input: input, environment: environment)
        while process.isRunning { try await Task.sleep(for: .milliseconds(10)) }
        return Result(status: process.terminationStatus, output: text(of: output), errors: text(of: errors))
    }

    static func run(_ arguments: String...) async throws -> Result { try await run(arguments) }

    static func text(of path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }
}

/// A `purser serve` of a test's own. It does not outlive the test.
final class RunningServer: Sendable {
    struct DidNotStart: Error { let errors: String }

    let data: String
    let port: Int
    let greeting: String
    let client: TestClient
    private let process: Mutex<Process>
    private let errorFile: String
    let identifier: Int32

    static func with(_ data: String, _ flags: [String] = [], _ body: (RunningServer) async throws -> Void) async throws
    {
        let server = try await RunningServer(data, flags)
        do { try await body(server) } catch {
            server.kill()
            await server.exited()
            throw error
        }
        server.kill()
        await server.exited()
    }

    init(_ data: String, _ flags: [String] = []) async throws {
        self.data = data
        let (process, output, errors) = try Program.start(["serve", "--data", data, "--port", "0"] + flags)
        errorFile = errors
        identifier = process.processIdentifier
        var port: Int?
        while port == nil && process.isRunning {
            let lines = Program.text(of: output).split(separator: "\n")
            if let line = lines.last(where: { $0.hasPrefix("listening on http://") }) {
                port = Int(line.split(separator: ":").last ?? "")
            }
            if port == nil { try await Task.sleep(for: .milliseconds(10)) }
        }
        greeting = Program.text(of: output)
        self.process = Mutex(process)
        guard let port else { throw DidNotStart(errors: Program.text(of: errors)) }
        self.port = port
        client = TestClient(port: port)
    }

    var log: String { Program.text(of: errorFile) }
    var isRunning: Bool { process.withLock { $0.isRunning } }
    func terminate() { _ = Glibc.kill(identifier, SIGTERM) }
    func kill() { if isRunning { _ = Glibc.kill(identifier, SIGKILL) } }

    /// Waits for the end; its status.
    @discardableResult func exited() async -> Int32 {
        while isRunning { try? await Task.sleep(for: .milliseconds(10)) }
        return process.withLock { $0.terminationStatus }
    }

    var postmaster: Int32? {
        Program.text(of: data + "/postgres/cluster/postmaster.pid").split(separator: "\n").first.flatMap { Int32($0) }
    }

    /// Registers Ada, and gives her token.
    func registerAda() async throws -> String {
        let answer = try await send(
            "POST", "/auth/register",
            #"{"email":"ada@example.org","password":"correct horse battery","firstName":"Ada"}"#)
        try #require(answer.status == 201, "\(answer.text)")
        return try #require(answer.data["accessToken"]?.string)
    }

    func send(_ method: String, _ path: String, _ body: String? = nil, token: String? = nil) async throws -> Answer {
        var fields: [(String, String)] = []
        if let token { fields.append(("Authorization", "Bearer \(token)")) }
        if body != nil { fields.append(("Content-Type", "application/json")) }
        return try await client.send(method, "/api/v1" + path, fields: fields, body: body.map { Array($0.utf8) })
    }

    /// The merchants of all entries.
    func merchants(token: String) async throws -> [String] {
        var all: [String] = []
        var cursor: String?
        repeat {
            let page = try await send(
                "GET", "/entries?limit=100" + (cursor.map { "&cursor=\($0)" } ?? ""), token: token)
            try #require(page.status == 200, "\(page.text)")
            all += page.items.compactMap { $0["merchantName"]?.string }
            cursor = page.nextCursor
        } while cursor != nil
        return all
    }

    func total(token: String) async throws -> Int {
        let page = try await send("GET", "/entries?limit=1&page=1", token: token)
        return try #require(page.json["meta"]?["total"]?.int)
    }
}
