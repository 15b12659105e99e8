/// Where the server listens, and its limits. Every one of them exists because somebody, some day, will try.
package struct HTTPServerConfiguration: Sendable {
    /// A name or an address; IPv6 without brackets. Ignored with `unixSocketPath`.
    package var host = "127.0.0.1"
    /// 0 lets the system choose.
    package var port = 0
    package var unixSocketPath: String?
    package var backlog = 1024

    package var maxHeadBytes = 16 * 1024
    package var maxFields = 100
    package var maxTargetBytes = 8 * 1024
    /// For streamed bodies too; handlers set smaller limits of their own.
    package var maxBodyBytes = 1 << 30

    /// From the first byte of a request to the end of its head, whatever arrives in between.
    package var headTimeout = Duration.seconds(10)
    /// How long a handler is made to wait for each 64 KiB of a body.
    package var bodyTimeout = Duration.seconds(20)
    /// How long the client may take to accept each 64 KiB of a response.
    package var writeTimeout = Duration.seconds(20)
    /// Between requests, and before the first one.
    package var idleTimeout = Duration.seconds(75)
    /// How long a refused client is given to read the answer before the connection is gone.
    package var lingerTimeout = Duration.seconds(2)
    /// A client may close its sending half and still read. If it is silent for this long while its request is
    /// handled, it counts as gone.
    package var halfCloseGrace = Duration.seconds(1)

    package var maxConnections = 16_384
    package var maxConnectionsPerAddress: Int? = 512
    /// Loopback is where the proxy comes from, with everybody's connections.
    package var limitsLoopback = false
    /// A connection over a limit is told so with a short answer; otherwise it is just closed.
    package var answersOverload = true
    package var maxRequestsPerConnection: Int?
    /// How much of a body that no handler read is thrown away to keep the connection.
    package var maxDrainedBytes = 64 * 1024

    /// The `Server` field; none when nil.
    package var serverName: String?

    package init() {}

    var headLimits: HeadLimits {
        HeadLimits(
            headBytes: max(256, maxHeadBytes), fields: max(1, maxFields), targetBytes: max(1, maxTargetBytes),
            bodyBytes: max(0, maxBodyBytes))
    }
}
