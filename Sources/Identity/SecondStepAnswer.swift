import HTTP
import HTTPServer
import JSON

/// 202: the first step was right, and a second one is asked for. No cookie, and no token yet.
extension SecondStep {
    static let schema = Schema.object(
        name: "SecondStep",
        [
            SchemaProperty("mfaRequired", .boolean),
            SchemaProperty("challenge", .text, "Goes with the code to /auth/mfa/verify."),
            SchemaProperty("methods", .array(.choice(Factor.allCases.map(\.rawValue)))),
            SchemaProperty("expiresIn", .integer(), "Seconds."),
        ])

    var answer: HTTPResponse {
        .data(status: 202) { writer in
            writer.beginObject()
            writer.key("mfaRequired")
            writer.bool(true)
            writer.key("challenge")
            writer.string(challenge.text)
            writer.key("methods")
            writer.beginArray()
            for factor in factors { writer.string(factor.rawValue) }
            writer.endArray()
            writer.key("expiresIn")
            writer.int(Challenge.lifetime.components.seconds)
            writer.endObject()
        }
    }
}
