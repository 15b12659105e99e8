import EventLoop
import Glibc
import HTTPServer
import JSON

/// What Benchmarks/http measures: the server alone, with the two routes that its peer has too.
@main enum Bench {
    /// bench-http sync|async LOOPS: prints "listening PORT" and serves until it is killed.
    static func main() async throws {
        let arguments = CommandLine.arguments
        let isSync = arguments.count > 1 && arguments[1] == "sync"
        let loops = EventLoopGroup(count: arguments.count > 2 ? max(1, Int(arguments[2]) ?? 1) : 1)
        loops.start()
        var configuration = HTTPServerConfiguration()
        configuration.idleTimeout = .seconds(600)
        let server = HTTPServer(
            configuration: configuration, loops: loops, handler: handle, shortcut: isSync ? handleAtOnce : nil,
            onWireError: { status, _ in HTTPResponse(status: status) })
        // Not print, whose buffer would keep it.
        let line = "listening \(try await server.start())\n"
        _ = write(1, line, line.utf8.count)
        while true { try await Task.sleep(for: .seconds(3600)) }
    }

    @Sendable static func handle(_ request: HTTPRequest) async -> HTTPResponse {
        if request.path == "/health" { return health() }
        do {
            let limit = 1 << 20
            if let body = try request.body.collected(upTo: limit) { return echo(body) }
            return echo(try await request.body.collect(upTo: limit))
        } catch {
            return HTTPResponse(status: error.status)
        }
    }

    @Sendable static func handleAtOnce(_ request: HTTPRequest) -> HTTPResponse? {
        if request.path == "/health" { return health() }
        return request.body.received.map(echo)
    }

    private static func health() -> HTTPResponse {
        var writer = JSONWriter(capacity: 64)
        writer.beginObject()
        writer.key("status")
        writer.string("ok")
        writer.key("uptime")
        writer.int(Int(clock() / 1_000_000))
        writer.endObject()
        return json(writer)
    }

    private static func echo(_ body: [UInt8]) -> HTTPResponse {
        do {
            let value = try JSONValue.parse(body)
            var writer = JSONWriter(capacity: body.count + 16)
            writer.value(value)
            return json(writer)
        } catch {
            return HTTPResponse(status: 400)
        }
    }

    private static func json(_ writer: JSONWriter) -> HTTPResponse {
        HTTPResponse(status: 200, fields: [("Content-Type", "application/json")], body: .bytes(writer.bytes))
    }
}
