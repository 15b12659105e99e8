import Base
import Cryptography
import JSON

/// The payload of a job that nobody else is to read: links that open accounts, addresses, what somebody typed. It
/// waits in the queue under this installation's key; who has the database alone has nothing.
package struct SealedPayload: Sendable {
    private let secrets: SecretBox
    /// What is sealed for one kind of job opens for no other.
    private let context: [UInt8]

    package init(_ context: String, secrets: SecretBox) {
        self.secrets = secrets
        self.context = Array(context.utf8)
    }

    /// - Parameter body: writes the members of the object.
    package func sealed(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var content = JSONWriter(capacity: 1024)
        content.beginObject()
        body(&content)
        content.endObject()
        let box = secrets.seal(content.bytes, context: context)
        var payload = JSONWriter(capacity: 64 + box.count * 4 / 3)
        payload.beginObject()
        payload.key("sealed")
        payload.string(Base64URL.encode(box))
        payload.endObject()
        return payload.bytes
    }

    /// Nil for what was sealed for something else, or under a key that is gone.
    package func opened(_ payload: JSONValue) -> JSONValue? {
        guard let sealed = payload["sealed"]?.string, let box = Base64URL.decode(sealed.utf8),
            let content = try? secrets.open(box, context: context)
        else { return nil }
        return try? JSONValue.parse(content)
    }
}
