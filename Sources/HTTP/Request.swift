import Base
import HTTPServer
import JSON

/// One request on its way to a handler: what was sent, and what the server already knows about it.
package struct Request: Sendable {
    package let wire: HTTPRequest
    /// Taken from `X-Request-Id`, or made; in the log line, in every refusal and in the answer.
    package let id: String
    /// Who is connected: the peer, or what a trusted proxy says of it.
    package let clientAddress: String
    /// Whether the client spoke TLS to us or to a trusted proxy.
    package let isSecure: Bool
    let limits: RequestLimits
    var pathValues: [(name: String, value: String)] = []
    var principalOrNil: Principal?
    var bookOrNil: BookContext?
    var serviceOrNil: ServicePrincipal?
    /// The body, when it was read to see which book it names.
    var collected: [UInt8]?

    init(wire: HTTPRequest, id: String, clientAddress: String, isSecure: Bool, limits: RequestLimits) {
        self.wire = wire
        self.id = id
        self.clientAddress = clientAddress
        self.isSecure = isSecure
        self.limits = limits
    }

    /// A request that no application has seen.
    package init(forTest wire: HTTPRequest) {
        self.init(wire: wire, id: "test", clientAddress: "test", isSecure: false, limits: RequestLimits())
    }

    package func header(_ name: String) -> String? { wire.fields[name] }

    /// - Throws: 401 when nobody is signed in. On a route that requires it, this never happens.
    package var principal: Principal {
        get throws(Refusal) {
            guard let principalOrNil else { throw .signInNeeded }
            return principalOrNil
        }
    }

    /// The book that this request is about. Only on routes whose access is `.book`.
    package var book: BookContext {
        get throws(Refusal) {
            guard let bookOrNil else { throw .notFound("book") }
            return bookOrNil
        }
    }

    /// Whoever asks, a person or a service: what is theirs alone is kept under this.
    package var caller: UserID {
        get throws(Refusal) {
            if let serviceOrNil { return UserID(high: serviceOrNil.key.high, low: serviceOrNil.key.low) }
            return try principal.user
        }
    }

    /// The service that asks. Only on routes whose access is `.service`.
    package var service: ServicePrincipal {
        get throws(Refusal) {
            guard let serviceOrNil else { throw .signInNeeded }
            return serviceOrNil
        }
    }

    // MARK: Path and query

    /// A path parameter as an id; anything that is no UUID cannot exist, so it is not found.
    package func identifier<Tag>(_ name: String, of what: String) throws(Refusal) -> Identifier<Tag> {
        guard let text = pathText(name), let identifier = Identifier<Tag>(text) else { throw .notFound(what) }
        return identifier
    }

    package func pathText(_ name: String) -> String? { pathValues.first { $0.name == name }?.value }

    /// Reads the declared parameters; the problems of all are thrown together.
    package func query<each Value>(_ field: repeat QueryField<each Value>) throws(Refusal) -> (repeat (each Value)?) {
        var query = try Query(wire.rawQuery)
        let values = (repeat query.read(each field))
        try query.check()
        return values
    }

    package func query() throws(Refusal) -> Query { try Query(wire.rawQuery) }

    // MARK: Body

    /// The body as a JSON object.
    package func body() async throws -> Body { try await bodyAndBytes().body }

    /// The body as a JSON object, and the bytes that it was.
    package func bodyAndBytes() async throws -> (bytes: [UInt8], body: Body) {
        if let type = header("content-type"), !MediaType(type).isJSON {
            throw Refusal(
                .unsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE",
                "This takes JSON: send it with Content-Type: application/json.")
        }
        let bytes = try await bytes(upTo: limits.jsonBodyBytes)
        guard !bytes.isEmpty else { throw Refusal(.invalid, "EMPTY_BODY", "This needs a JSON object as its body.") }
        return (bytes, try Body(try JSONValue.parse(bytes)))
    }

    /// As `body()`, but a missing body is an empty object.
    package func optionalBody() async throws -> Body {
        if wire.body.contentLength == 0 { return try Body(.object([])) }
        return try await body()
    }

    package func bytes(upTo limit: Int) async throws -> [UInt8] {
        if let collected {
            guard collected.count <= limit else { throw Refusal(of: HTTPBodyError.tooLarge, limit: limit) }
            return collected
        }
        do {
            // Nearly always: and then there is no asynchronous call.
            if let whole = try wire.body.collected(upTo: limit) { return whole }
            return try await wire.body.collect(upTo: limit)
        } catch { throw Refusal(of: error, limit: limit) }
    }

    /// The next piece of a body that is too large to hold; nil at its end.
    package func nextChunk() async throws -> [UInt8]? {
        do { return try await wire.body.next() } catch { throw Refusal(of: error, limit: limits.uploadBytes) }
    }

    package var uploadLimit: Int { limits.uploadBytes }
    package var multipartLimits: MultipartLimits { limits.multipart }

    // MARK: Cookies

    package func cookie(_ name: String) -> String? {
        for line in wire.fields.all("cookie") {
            for pair in line.utf8.split(separator: UInt8(ascii: ";")) {
                let trimmed = pair.drop { $0 == UInt8(ascii: " ") }
                guard let equals = trimmed.firstIndex(of: UInt8(ascii: "=")) else { continue }
                if trimmed[..<equals].elementsEqual(name.utf8) {
                    return String(decoding: trimmed[trimmed.index(after: equals)...], as: UTF8.self)
                }
            }
        }
        return nil
    }
}

/// How large a body may be, in bytes, and what a form may hold.
package struct RequestLimits: Sendable {
    package var jsonBodyBytes: Int
    package var uploadBytes: Int
    package var multipart = MultipartLimits()

    package init(jsonBodyBytes: Int = 10 << 20, uploadBytes: Int = 4 << 30) {
        self.jsonBodyBytes = jsonBodyBytes
        self.uploadBytes = uploadBytes
    }
}

extension Refusal {
    package static let signInNeeded = Refusal(.unauthenticated, "MISSING_TOKEN", "Sign in first.")

    init(of error: HTTPBodyError, limit: Int) {
        switch error {
        case .tooLarge:
            self.init(
                .tooLarge, "BODY_TOO_LARGE", "The body is larger than \(limit) bytes, the most that is taken here.")
        case .timeout: self.init(.requestTimeout, "BODY_TIMEOUT", "The body did not arrive in time. Send it again.")
        case .malformed, .disconnected: self.init(.invalid, "BODY_INCOMPLETE", "The body did not arrive whole.")
        }
    }
}

/// The parts of a media type that decisions are made on.
package struct MediaType: Sendable {
    package let essence: String
    package let parameters: [(name: String, value: String)]

    package init(_ text: String) {
        var pieces: [String] = []
        var current = ""
        var quoted = false
        for character in text {
            if character == "\"" { quoted.toggle() }
            if character == ";" && !quoted {
                pieces.append(current)
                current = ""
            } else {
                current.append(character)
            }
        }
        pieces.append(current)
        essence = pieces[0].trimmed.lowercased()
        parameters = pieces.dropFirst().compactMap { piece in
            guard let equals = piece.firstIndex(of: "=") else { return nil }
            var value = String(piece[piece.index(after: equals)...]).trimmed
            if value.count >= 2 && value.hasPrefix("\"") && value.hasSuffix("\"") {
                value = String(value.dropFirst().dropLast())
            }
            return (String(piece[..<equals]).trimmed.lowercased(), value)
        }
    }

    package subscript(name: String) -> String? { parameters.first { $0.name == name }?.value }
    package var isJSON: Bool { essence == "application/json" || essence.hasSuffix("+json") }
}

extension String {
    var trimmed: String {
        var text = Substring(self)
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
