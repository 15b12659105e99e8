import Base
import HTTP

/// The version that an update was made on: from `If-Match`, or `version` in the body.
package enum EntityTag {
    package static let bodyField = BodyField<Int>.int(
        "version", in: 1...Int(Int32.max), "The version that was changed; or send If-Match.")

    package static func text(_ version: Int32) -> String { "\"\(version)\"" }

    /// - Throws: 400 when neither is sent: an update without one could undo somebody else's.
    package static func version(_ request: Request, _ body: inout Body) throws(Refusal) -> Int32 {
        if let header = request.header("if-match") {
            let digits = header.filter { $0 != "\"" && !$0.isWhitespace }
            guard let version = Int32(digits) else {
                throw Refusal(
                    .preconditionFailed, "PRECONDITION_FAILED", "If-Match is not a tag that was given out here.")
            }
            return version
        }
        if let version = body.read(bodyField) { return Int32(version) }
        try body.check()
        throw Refusal.invalid(fields: [
            FieldError(field: "version", message: "version is required: the one you changed. Or send If-Match.")
        ])
    }
}

extension Refusal {
    package static let staleVersion = Refusal(
        .conflict, "STALE_VERSION",
        "Somebody else has changed this in the meantime. Load it again, then repeat your change.")
}
