import Base
import HTTPServer
import JSON

/// What goes beside `data` in an answer.
package struct Meta: Sendable {
    package var limit: Int?
    package var nextCursor: String??
    package var page: Int?
    package var total: Int?
    /// Written only when it is so.
    package var isIncomplete: Bool

    package init(
        limit: Int? = nil, nextCursor: String?? = nil, page: Int? = nil, total: Int? = nil, isIncomplete: Bool = false
    ) {
        self.limit = limit
        self.nextCursor = nextCursor
        self.page = page
        self.total = total
        self.isIncomplete = isIncomplete
    }

    static let schema = Schema.object(
        name: "Meta",
        [
            SchemaProperty("limit", .integer(), required: false),
            SchemaProperty("nextCursor", .nullable(.text), required: false, "Pass it as cursor to get the next page."),
            SchemaProperty("page", .integer(), required: false),
            SchemaProperty("total", .integer(), required: false),
            SchemaProperty("totalPages", .integer(), required: false),
            SchemaProperty("pages", .integer(), required: false),
            SchemaProperty(
                "isIncomplete", .boolean, required: false,
                "Of a search, when some of what has just been imported or changed may be missing. Ask again shortly."),
        ])

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        if let limit {
            writer.key("limit")
            writer.int(Int64(limit))
        }
        if let nextCursor {
            writer.key("nextCursor")
            if let nextCursor { writer.string(nextCursor) } else { writer.null() }
        }
        if let page {
            writer.key("page")
            writer.int(Int64(page))
        }
        if let total {
            writer.key("total")
            writer.int(Int64(total))
            if let limit, limit > 0 {
                let pages = Int64((total + limit - 1) / limit)
                writer.key("totalPages")
                writer.int(pages)
                writer.key("pages")
                writer.int(pages)
            }
        }
        if isIncomplete {
            writer.key("isIncomplete")
            writer.bool(true)
        }
        writer.endObject()
    }
}

extension HTTPResponse {
    /// The envelope of every success: `{"success":true,"data":…,"meta":…,"message":…}`.
    package static func data(
        status: Int = 200, meta: Meta? = nil, message: String? = nil, fields: [(String, String)] = [],
        capacity: Int = 512, _ write: (inout JSONWriter) throws -> Void
    ) rethrows -> HTTPResponse {
        var writer = JSONWriter()
        writer.bytes.reserveCapacity(capacity)
        writer.beginObject()
        writer.key("success")
        writer.bool(true)
        writer.key("data")
        try write(&writer)
        if let meta {
            writer.key("meta")
            meta.write(to: &writer)
        }
        if let message {
            writer.key("message")
            writer.string(message)
        }
        writer.endObject()
        return .json(status: status, fields: fields, writer.bytes)
    }

    package static func json(status: Int = 200, fields: [(String, String)] = [], _ bytes: [UInt8]) -> HTTPResponse {
        HTTPResponse(
            status: status, fields: [("Content-Type", "application/json; charset=utf-8")] + fields, body: .bytes(bytes))
    }

    package static func text(status: Int = 200, type: String, _ text: String) -> HTTPResponse {
        HTTPResponse(status: status, fields: [("Content-Type", type)], body: .bytes(Array(text.utf8)))
    }

    package static var noContent: HTTPResponse { HTTPResponse(status: 204, fields: [], body: .empty) }

    /// The envelope of every refusal (INVENTORY C15).
    static func refusal(_ refusal: Refusal, requestID: String, at instant: Instant) -> HTTPResponse {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("success")
        writer.bool(false)
        writer.key("message")
        writer.string(refusal.message)
        writer.key("code")
        writer.string(refusal.code)
        writer.key("error")
        writer.beginObject()
        writer.key("code")
        writer.string(refusal.code)
        writer.key("message")
        writer.string(refusal.message)
        writer.key("timestamp")
        writer.instant(instant)
        writer.key("requestId")
        writer.string(requestID)
        writer.endObject()
        if !refusal.fields.isEmpty {
            writer.key("errors")
            refusal.fields.write(to: &writer)
        }
        writer.endObject()
        var fields: [(String, String)] = []
        if let seconds = refusal.retryAfter { fields.append(("Retry-After", String(seconds))) }
        if refusal.kind == .upgradeRequired {
            // The one protocol that the server changes to.
            fields += [("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")]
        }
        if refusal.kind == .unauthenticated { fields.append(("WWW-Authenticate", "Bearer realm=\"purser\"")) }
        return .json(status: refusal.kind.status, fields: fields, writer.bytes)
    }

    package func with(_ name: String, _ value: String) -> HTTPResponse {
        var response = self
        response.fields.append((name, value))
        return response
    }

    package func header(_ name: String) -> String? {
        for (candidate, value) in fields where isSameFieldName(candidate, name) { return value }
        return nil
    }
}

/// Field names are compared without regard to case. No string is made: this runs several times a request.
func isSameFieldName(_ left: String, _ right: String) -> Bool {
    guard left.utf8.count == right.utf8.count else { return false }
    var others = right.utf8.makeIterator()
    for byte in left.utf8 {
        guard let other = others.next(),
            byte == other || (byte | 0x20 == other | 0x20 && (0x61...0x7A).contains(byte | 0x20))
        else {
            return false
        }
    }
    return true
}

extension Refusal.Kind {
    /// The one place where a kind of refusal becomes a status.
    var status: Int {
        switch self {
        case .invalid: 400
        case .unauthenticated: 401
        case .forbidden: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .notAcceptable: 406
        case .requestTimeout: 408
        case .conflict: 409
        case .gone: 410
        case .preconditionFailed: 412
        case .tooLarge: 413
        case .unsupportedMediaType: 415
        case .unprocessable: 422
        case .locked: 423
        case .upgradeRequired: 426
        case .tooManyRequests: 429
        case .unavailable: 503
        }
    }

    var summary: String {
        switch self {
        case .invalid: "The request is not valid"
        case .unauthenticated: "Not signed in"
        case .forbidden: "Not permitted"
        case .notFound: "Not found"
        case .methodNotAllowed: "Method not allowed"
        case .notAcceptable: "Not acceptable"
        case .requestTimeout: "The request took too long"
        case .conflict: "In conflict with what is stored"
        case .gone: "Gone"
        case .preconditionFailed: "Precondition failed"
        case .tooLarge: "Too large"
        case .unsupportedMediaType: "Unsupported media type"
        case .unprocessable: "Cannot be processed"
        case .locked: "Locked"
        case .upgradeRequired: "Another protocol is spoken here"
        case .tooManyRequests: "Too many requests"
        case .unavailable: "Not available now"
        }
    }
}

extension [FieldError] {
    package func write(to writer: inout JSONWriter) {
        writer.beginArray()
        for field in self {
            writer.beginObject()
            writer.key("field")
            writer.string(field.field)
            writer.key("message")
            writer.string(field.message)
            writer.endObject()
        }
        writer.endArray()
    }
}
