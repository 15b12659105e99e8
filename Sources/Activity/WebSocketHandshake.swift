import Base
import Cryptography
import Foundation
import HTTP
import HTTPServer

/// The request that turns a connection into a WebSocket (RFC 6455, section 4.2).
struct WebSocketHandshake: Sendable {
    static let protocolName = "purser.v1"
    private static let magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    let accept: String
    let isNamed: Bool

    /// - Throws: 400 or 426 with what is missing.
    init(_ request: Request) throws(Refusal) {
        let wire = request.wire
        guard wire.method == "GET", !wire.isHTTP10, wire.body.contentLength == 0 else {
            throw Self.invalid("It begins with GET over HTTP/1.1, without a body.")
        }
        guard Self.tokens(wire.fields.all("upgrade")).contains("websocket") else {
            throw Refusal(.upgradeRequired, "UPGRADE_REQUIRED", "Here a WebSocket is spoken: send Upgrade: websocket.")
        }
        guard Self.tokens(wire.fields.all("connection")).contains("upgrade") else {
            throw Self.invalid("Connection: Upgrade is missing.")
        }
        guard wire.fields.all("sec-websocket-version").map({ $0.filter { $0 != " " } }) == ["13"] else {
            throw Refusal(.upgradeRequired, "UPGRADE_REQUIRED", "Version 13 of WebSocket is spoken here.")
        }
        let keys = wire.fields.all("sec-websocket-key")
        guard keys.count == 1, let key = keys.first, key.utf8.count == 24,
            Data(base64Encoded: key)?.count == 16
        else { throw Self.invalid("Sec-WebSocket-Key should be 16 bytes in Base64.") }
        accept = Self.accept(key)
        isNamed = wire.fields.all("sec-websocket-protocol").flatMap { $0.split(separator: ",") }
            .contains { $0.filter { $0 != " " } == Self.protocolName }
    }

    static func accept(_ key: String) -> String {
        Data(SHA1.hash(Array((key + magic).utf8))).base64EncodedString()
    }

    /// A cookie comes along with requests that other sites cause, so the browser's word on who asks decides; a bearer
    /// token or a key is something that another site does not have.
    ///
    /// - Parameter origins: further ones that are our own.
    static func checkOrigin(_ request: Request, origins: Set<String>) throws(Refusal) {
        guard request.header("authorization") == nil, request.header("x-api-key") == nil else { return }
        let refusal = Refusal(
            .forbidden, "ORIGIN_NOT_ALLOWED",
            "Another page than this server's own asks, which may not use your sign-in.")
        guard let origin = request.header("origin"), let host = request.header("host") else { throw refusal }
        let own = (request.isSecure ? "https://" : "http://") + host
        guard origin.lowercased() == own.lowercased() || origins.contains(origin.lowercased()) else { throw refusal }
    }

    private static func tokens(_ values: [String]) -> [String] {
        values.flatMap { $0.split(separator: ",") }.map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
    }

    private static func invalid(_ sentence: String) -> Refusal {
        Refusal(.invalid, "HANDSHAKE_INVALID", "This is no handshake of a WebSocket. \(sentence)")
    }
}
