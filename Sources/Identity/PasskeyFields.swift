import Base
import Cryptography
import HTTP
import JSON

/// What passkeys take from a body. The inner names are those of the browsers' `PublicKeyCredential.toJSON()`.
enum PasskeyInput {
    static let ceremony = anyCeremony.required()
    static let anyCeremony = BodyField<ChallengeToken>("ceremony", .string(maxLength: 43)) {
        value throws(FieldProblem) in
        guard let token = value.string.flatMap({ ChallengeToken($0) }) else {
            throw FieldProblem("ceremony should be what the options came with.")
        }
        return token
    }

    static let challenge = BodyField.secret(
        "challenge", max: 64, "Of a sign-in that waits for its second step; left out to sign in by passkey alone.")

    static let name = BodyField.text("name", max: Passkey.nameLimit, min: 1, "To know it by: “Ada’s phone”.")

    static let registration = BodyField<RegistrationAnswer>(
        "credential",
        credential([
            SchemaProperty("clientDataJSON", base64), SchemaProperty("attestationObject", base64),
            SchemaProperty("transports", .array(.string(maxLength: 20)), required: false),
        ]), "What navigator.credentials.create() gives, as JSON."
    ) { value throws(FieldProblem) in
        let response = try response(of: value)
        let transports = (response["transports"]?.array ?? []).prefix(16).compactMap(\.string)
        return RegistrationAnswer(
            clientData: try bytes("clientDataJSON", of: response),
            attestationObject: try bytes("attestationObject", of: response),
            transports: Set(transports).intersection(Passkey.knownTransports).sorted())
    }.required()

    static let assertion = anyAssertion.required()
    static let anyAssertion = BodyField<AssertionAnswer>(
        "credential",
        credential([
            SchemaProperty("clientDataJSON", base64), SchemaProperty("authenticatorData", base64),
            SchemaProperty("signature", base64), SchemaProperty("userHandle", .nullable(base64), required: false),
        ]), "What navigator.credentials.get() gives, as JSON."
    ) { value throws(FieldProblem) in
        let response = try response(of: value)
        var handle: [UInt8]?
        if let given = response["userHandle"], !given.isNull { handle = try bytes("userHandle", of: response) }
        return AssertionAnswer(
            credentialID: try bytes("id", of: value), clientData: try bytes("clientDataJSON", of: response),
            authenticatorData: try bytes("authenticatorData", of: response),
            signature: try bytes("signature", of: response), userHandle: handle)
    }

    private static let textLimit = 24 << 10
    private static let base64 = Schema.string(maxLength: textLimit)

    private static func credential(_ response: [SchemaProperty]) -> Schema {
        .object(
            name: nil,
            [
                SchemaProperty("id", .string(maxLength: 1400)), SchemaProperty("type", .choice(["public-key"])),
                SchemaProperty("response", .object(name: nil, response)),
            ])
    }

    private static func response(of value: JSONValue) throws(FieldProblem) -> JSONValue {
        guard value["type"]?.string == "public-key", let response = value["response"], response.object != nil else {
            throw FieldProblem("credential should be a public-key credential, as JSON.")
        }
        return response
    }

    private static func bytes(_ name: String, of value: JSONValue) throws(FieldProblem) -> [UInt8] {
        guard let text = value[name]?.string, text.utf8.count <= textLimit, let bytes = Base64URL.decode(text.utf8)
        else { throw FieldProblem("\(name) of the credential should be base64url.") }
        return bytes
    }
}

/// What passkeys answer with.
enum PasskeyOutput {
    static let passkey = Fields<Passkey>(
        "Passkey",
        [
            .identifier("id") { $0.id },
            .text("name") { $0.name },
            .bool("isSynced") { $0.isBackedUp },
            .bool("signsInAlone") { $0.verifiesUser },
            .instant("createdAt") { $0.createdAt },
            Field("lastUsedAt", .nullable(.instant)) { passkey, writer in
                if let instant = passkey.lastUsedAt { writer.instant(instant) } else { writer.null() }
            },
        ])

    static let options = Schema.object(
        name: "PasskeyOptions",
        [
            SchemaProperty("ceremony", .text, "Goes back with the answer; works once, for five minutes."),
            SchemaProperty(
                "publicKey", .anything, "For parseCreationOptionsFromJSON() or parseRequestOptionsFromJSON()."),
        ])

    static func writeCreation(_ ceremony: PasskeyCeremony, for user: User, to writer: inout JSONWriter) {
        write(ceremony, to: &writer) { writer in
            writer.key("rp")
            writer.beginObject()
            writer.key("id")
            writer.string(ceremony.party.id)
            writer.key("name")
            writer.string("Purser")
            writer.endObject()
            writer.key("user")
            writer.beginObject()
            writer.key("id")
            writer.string(Base64URL.encode(user.id.bytes))
            writer.key("name")
            writer.string(user.email)
            writer.key("displayName")
            writer.string(user.displayName)
            writer.endObject()
            writer.key("pubKeyCredParams")
            writer.beginArray()
            for algorithm in COSEKey.algorithms {
                writer.beginObject()
                writer.key("type")
                writer.string("public-key")
                writer.key("alg")
                writer.int(Int64(algorithm))
                writer.endObject()
            }
            writer.endArray()
            writer.key("authenticatorSelection")
            writer.beginObject()
            writer.key("residentKey")
            writer.string("preferred")
            writer.key("requireResidentKey")
            writer.bool(false)
            writer.key("userVerification")
            writer.string("preferred")
            writer.endObject()
            writer.key("attestation")
            writer.string("none")
            writeCredentials("excludeCredentials", ceremony.credentials, to: &writer)
        }
    }

    /// - Parameter isAlone: it stands for the password too.
    static func writeRequest(_ ceremony: PasskeyCeremony, isAlone: Bool, to writer: inout JSONWriter) {
        write(ceremony, to: &writer) { writer in
            writer.key("rpId")
            writer.string(ceremony.party.id)
            writer.key("userVerification")
            writer.string(isAlone ? "required" : "preferred")
            writeCredentials("allowCredentials", ceremony.credentials, to: &writer)
        }
    }

    private static func write(
        _ ceremony: PasskeyCeremony, to writer: inout JSONWriter, _ options: (inout JSONWriter) -> Void
    ) {
        writer.beginObject()
        writer.key("ceremony")
        writer.string(ceremony.token.text)
        writer.key("publicKey")
        writer.beginObject()
        writer.key("challenge")
        writer.string(Base64URL.encode(ceremony.challenge))
        writer.key("timeout")
        writer.int(Challenge.lifetime.components.seconds * 1000)
        options(&writer)
        writer.endObject()
        writer.endObject()
    }

    private static func writeCredentials(_ name: StaticString, _ passkeys: [Passkey], to writer: inout JSONWriter) {
        writer.key(name)
        writer.beginArray()
        for passkey in passkeys {
            writer.beginObject()
            writer.key("type")
            writer.string("public-key")
            writer.key("id")
            writer.string(Base64URL.encode(passkey.credentialID))
            if !passkey.transports.isEmpty {
                writer.key("transports")
                writer.beginArray()
                for transport in passkey.transports { writer.string(transport) }
                writer.endArray()
            }
            writer.endObject()
        }
        writer.endArray()
    }
}
