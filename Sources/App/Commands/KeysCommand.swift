import Base
import Cryptography
import Glibc
import Identity
import JSON
import Runtime

/// `purser keys`: the keys that access tokens are signed with. Only files: no database is needed.
enum KeysCommand {
    static let command = Command(
        name: "keys", summary: "Lists, rotates and prunes the keys that access tokens are signed with.",
        usage: "list [--json] | rotate | prune",
        details: """
            rotate adds a key. Running servers publish it within half a minute, and sign with it a minute after it was made;
            what was signed before stays valid. prune moves keys that no valid token needs any more to keys/retired.
            """,
        switches: ["json"]
    ) { arguments in
        guard arguments.positional.count == 1, let action = arguments.positional.first else {
            throw UsageProblem("list, rotate or prune?")
        }
        guard ["list", "rotate", "prune"].contains(action) else {
            throw UsageProblem("“\(action)” is neither list, rotate nor prune.")
        }
        let configuration = try Settings.read(arguments)
        let directory = configuration[Settings.data] + "/keys"
        guard access(directory, F_OK) == 0 else {
            throw BackendProblem("There are no keys in \(directory). `purser serve` makes them at its first start.")
        }
        let now = Clock.system.now().secondsSinceEpoch
        switch action {
        case "list": list(try SigningKeys.list(directory: directory, now: now), asJSON: arguments.has("json"), now: now)
        case "rotate":
            _ = try SigningKeys.rotate(directory: directory, now: now)
            Output.line("A new key was made. It signs in \(SigningKeys.publishedSeconds) seconds.")
        default:
            // As long as the longest token of any server, its leeway included.
            let lifetime = configuration[IdentitySettings.accessLifetime].components.seconds + 60
            let moved = try SigningKeys.prune(directory: directory, now: now, tokenSeconds: lifetime)
            for file in moved { Output.line("retired \(file)") }
            if moved.isEmpty { Output.line("No key can go yet.") }
        }
        return .success
    }

    private static func list(_ keys: [SigningKeys.Listed], asJSON: Bool, now: Int64) {
        if asJSON {
            Output.json { writer in
                writer.beginArray()
                for key in keys {
                    writer.beginObject()
                    writer.key("file")
                    writer.string(key.file)
                    writer.key("kid")
                    writer.string(key.keyID)
                    writer.key("bits")
                    writer.int(Int64(key.bits))
                    writer.key("createdAt")
                    writer.instant(Instant(secondsSinceEpoch: key.createdAt))
                    writer.key("signs")
                    writer.bool(key.signs)
                    writer.endObject()
                }
                writer.endArray()
            }
            return
        }
        for key in keys {
            let isNew = !key.signs && key.createdAt + SigningKeys.publishedSeconds > now
            let state = key.signs ? "signs" : isNew ? "signs soon" : "verifies"
            Output.line(
                "\(key.keyID)  \(key.bits) bits  \(Instant(secondsSinceEpoch: key.createdAt))  \(state)  \(key.file)")
        }
    }
}
