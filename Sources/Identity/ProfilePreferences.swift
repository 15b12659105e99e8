import Base
import HTTP
import JSON

/// The `preferences` of a profile as INVENTORY S3-201 has them, in one object: they are taken apart and kept where the
/// profile, the preferences and the notifications are (C59).
struct ProfilePreferences: Sendable {
    let timeZone: String?
    let language: String?
    let preferences: JSONValue?
    let notifications: JSONValue?

    static let notificationNames =
        [
            ("email", "emailEnabled"), ("push", "pushEnabled"), ("budgetAlerts", nil), ("goalReminders", nil),
        ] as [(String, String?)]
    private static let privacyNames = ["shareData", "analytics"]

    static let schema = Schema.object(
        name: "ProfilePreferences",
        [
            SchemaProperty("currency", .nullable(.currency), required: false),
            SchemaProperty("language", .text, required: false),
            SchemaProperty("timezone", .nullable(.text), required: false),
            SchemaProperty("dateFormat", .text, required: false),
            SchemaProperty("darkMode", .boolean, required: false),
            SchemaProperty("notifications", flags(notificationNames.map(\.0)), required: false),
            SchemaProperty("privacy", flags(privacyNames), required: false),
        ])

    private static func flags(_ names: [String]) -> Schema {
        .object(name: nil, names.map { SchemaProperty($0, .boolean, required: false) })
    }

    static let field = BodyField<JSONValue>(
        "preferences", schema, "All preferences in one, as an older client has them."
    ) {
        value throws(FieldProblem) in
        guard case .object = value else { throw FieldProblem("preferences should be an object.") }
        return value
    }

    /// What is wrong in it is noted in the body.
    init(_ body: inout Body) {
        let sent = body.read(Self.field)
        timeZone = Self.read(ProfileChange.timeZone, "timezone", sent, &body)
        language = Self.read(ProfileChange.language, "language", sent, &body)
        var own: [(key: String, value: JSONValue)] = []
        for name in ["currency", "dateFormat", "darkMode", "privacy"] {
            if let value = sent?[name] { own.append((name, value)) }
        }
        preferences = own.isEmpty ? nil : .object(own)
        guard let asked = sent?["notifications"], case .object = asked else {
            if let other = sent?["notifications"], !other.isNull {
                body.refuse("preferences", "preferences.notifications should be an object of true and false.")
            }
            notifications = nil
            return
        }
        var members: [(key: String, value: JSONValue)] = []
        var about: [(key: String, value: JSONValue)] = []
        for (name, ours) in Self.notificationNames {
            guard let value = asked[name] else { continue }
            if let ours { members.append((ours, value)) } else { about.append((name, value)) }
        }
        if !about.isEmpty { members.append(("preferences", .object(about))) }
        notifications = members.isEmpty ? nil : .object(members)
    }

    private static func read(
        _ field: BodyField<String>, _ name: String, _ sent: JSONValue?, _ body: inout Body
    ) -> String? {
        guard let value = sent?[name], !value.isNull else { return nil }
        do throws(FieldProblem) { return try field.parse(value) } catch {
            body.refuse("preferences", error.message)
            return nil
        }
    }

    /// As a profile shows them.
    static func write(_ profile: IdentityOutput.Profile, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("currency")
        writer.string(profile.preferences["currency"]?.string)
        writer.key("language")
        writer.string(profile.user.language)
        writer.key("timezone")
        writer.string(profile.details.timeZone)
        let told = PreferenceSet.notifications.values(profile.notifications)
        writer.key("notifications")
        writer.beginObject()
        for (name, ours) in notificationNames {
            writer.key(name)
            writer.bool((ours.map { told[$0] } ?? told["preferences"]?[name])?.bool ?? false)
        }
        writer.endObject()
        let kept = PreferenceSet.preferences.values(profile.preferences)
        writer.key("dateFormat")
        writer.string(kept["dateFormat"]?.string ?? "system")
        writer.key("darkMode")
        writer.bool(kept["darkMode"]?.bool ?? false)
        writer.key("privacy")
        writer.beginObject()
        for name in privacyNames {
            writer.key(name)
            writer.bool(kept["privacy"]?[name]?.bool ?? false)
        }
        writer.endObject()
        writer.endObject()
    }
}
