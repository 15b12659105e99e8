/// An error that the caller can act on: a kind, a stable code, one sentence. Anything else that is thrown is our
/// own fault.
public struct Refusal: Error, Equatable, Sendable {
    /// What kind of refusal it is; the HTTP module maps each to one status.
    public enum Kind: String, CaseIterable, Sendable {
        case invalid
        case unauthenticated
        case forbidden
        case notFound
        case methodNotAllowed
        case notAcceptable
        case requestTimeout
        case conflict
        case gone
        case preconditionFailed
        case tooLarge
        case unsupportedMediaType
        case unprocessable
        case locked
        case upgradeRequired
        case tooManyRequests
        case unavailable
    }

    public let kind: Kind
    public let code: String
    public let message: String
    public let fields: [FieldError]
    /// Seconds after which another attempt makes sense, where known.
    public let retryAfter: Int?

    public init(
        _ kind: Kind, _ code: String, _ message: String, fields: [FieldError] = [], retryAfter: Int? = nil
    ) {
        self.kind = kind
        self.code = code
        self.message = message
        self.fields = fields
        self.retryAfter = retryAfter
    }
}

/// One field of a request that was refused.
public struct FieldError: Equatable, Sendable {
    public let field: String
    public let message: String

    public init(_ field: String, _ message: String) {
        self.field = field
        self.message = message
    }

    public init(field: String, message: String) {
        self.init(field, message)
    }
}

extension Refusal: CustomStringConvertible {
    public var description: String { "\(code): \(message)" }
}

extension Refusal {
    /// Also the answer for what belongs to another book: its existence is nobody else's business.
    public static func notFound(_ what: String) -> Refusal {
        Refusal(.notFound, "NOT_FOUND", "There is no such \(what).")
    }

    public static func invalid(fields: [FieldError]) -> Refusal {
        let message =
            fields.count == 1 ? fields[0].message : "Some fields are missing or wrong."
        return Refusal(.invalid, "VALIDATION_ERROR", message, fields: fields)
    }

    public static func invalid(_ field: String, _ message: String) -> Refusal {
        invalid(fields: [FieldError(field, message)])
    }

    public static func tooManyRequests(retryAfter seconds: Int) -> Refusal {
        Refusal(
            .tooManyRequests, "TOO_MANY_REQUESTS", "Too many requests. Try again in \(seconds) seconds.",
            retryAfter: seconds)
    }
}
