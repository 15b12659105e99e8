import Base
import Cryptography
import Glibc
import HTTP
import Identity
import JSON
import Runtime

/// `purser keys`: what access tokens are signed with, and what secrets are sealed with. Only files, but for `reseal`.
enum KeysCommand {
    static let command = Command(
        name: "keys", summary: "Lists, rotates and prunes the keys of this installation.",
        usage: "list [--json] | rotate [token|data|session] | reseal | prune",
        details: """
            token    signs access tokens
            data     seals what must be read again: secrets of second factors, letters that wait
            session  marks the page's requests, and hashes recovery codes

            rotate adds a key (token, unless another is named). Running servers read it within half a minute and use it a
            minute after it was made; what was made with older ones stays valid. reseal then seals anew what older data
            keys have sealed, and moves the keys of data and session that nothing needs any more to keys/retired. prune
            does so with those of tokens.
            """,
        switches: ["json"]
    ) { arguments in
        let words = arguments.positional
        guard let action = words.first else { throw UsageProblem("list, rotate, reseal or prune?") }
        guard ["list", "rotate", "reseal", "prune"].contains(action) else {
            throw UsageProblem("“\(action)” is neither list, rotate, reseal nor prune.")
        }
        guard words.count == 1 || action == "rotate" && words.count == 2 else {
            throw UsageProblem("“\(words.last ?? "")” is one word too many.")
        }
        let configuration = try Settings.read(arguments)
        let directory = configuration[Settings.data] + "/keys"
        guard access(directory, F_OK) == 0 else {
            throw BackendProblem("There are no keys in \(directory). `purser serve` makes them at its first start.")
        }
        let now = Clock.system.now().secondsSinceEpoch
        switch action {
        case "list": list(try listed(directory, now: now), asJSON: arguments.has("json"))
        case "rotate": try rotate(words.count == 2 ? words[1] : "token", directory, now: now)
        case "reseal": return try reseal(configuration, directory)
        default:
            // As long as the longest token of any server, its leeway included.
            let lifetime = configuration[IdentitySettings.accessLifetime].components.seconds + 60
            tell(retired: try SigningKeys.prune(directory: directory, now: now, tokenSeconds: lifetime))
        }
        return .success
    }

    private static func rotate(_ purpose: String, _ directory: String, now: Int64) throws {
        if purpose == "token" {
            _ = try SigningKeys.rotate(directory: directory, now: now)
            Output.line("A new key was made. It signs in \(SigningKeys.publishedSeconds) seconds.")
            return
        }
        guard let purpose = SecretKeys.Purpose(rawValue: purpose) else {
            throw UsageProblem("“\(purpose)” is neither token, data nor session.")
        }
        try SecretKeys.rotate(purpose, directory: directory, now: now)
        Output.line(
            "A new key was made. It is used in \(SigningKeys.publishedSeconds) seconds; then: purser keys reseal")
    }

    private static func tell(retired files: [String]) {
        for file in files { Output.line("retired \(file)") }
        if files.isEmpty { Output.line("No key can go yet.") }
    }

    // MARK: reseal

    private static func reseal(_ configuration: Configuration, _ directory: String) throws -> ExitCode {
        try withBackend(configuration) { backend in
            guard !backend.secrets.ring.keys.isNewerComing else {
                throw BackendProblem(
                    "The newest data key is not used yet: running servers may not have read it. Come again in a minute."
                )
            }
            let progress = Progress("sealing anew")
            let done = try await Resealing(database: backend.database, secrets: backend.secrets)
                .run(at: Clock.system.now()) { progress.update(done: $0, total: nil, count: $0, "values") }
            progress.end()
            Output.line("\(done.resealed) sealed anew.")
            if done.unreadable > 0 {
                Output.line(
                    "\(done.unreadable) cannot be opened: their key is not in \(directory). "
                        + "Their people set codes up anew, after: purser user remove-mfa EMAIL")
            }
            let now = Clock.system.now()
            let sessionKeys = try SecretKeys.load(.session, directory: directory, now: now.secondsSinceEpoch)
            let files =
                try SecretKeys.retire(
                    .data, except: done.needed, directory: directory, now: now.secondsSinceEpoch)
                + SecretKeys.retire(
                    .session, except: try await backend.accounts.neededSessionKeys(of: sessionKeys, at: now),
                    directory: directory, now: now.secondsSinceEpoch)
            tell(retired: files)
            return done.unreadable == 0 ? .success : .failure
        }
    }

    // MARK: list

    private struct Listed {
        let purpose: String
        let file: String
        let id: String
        let bits: Int
        /// Nil for the first of an installation, whose name does not tell.
        let createdAt: Instant?
        let isUsed: Bool
        let isComing: Bool
    }

    private static func listed(_ directory: String, now: Int64) throws -> [Listed] {
        var list = try SigningKeys.list(directory: directory, now: now).map { key in
            Listed(
                purpose: "token", file: key.file, id: key.keyID, bits: key.bits,
                createdAt: Instant(secondsSinceEpoch: key.createdAt), isUsed: key.signs,
                isComing: !key.signs && key.createdAt + SigningKeys.publishedSeconds > now)
        }
        for purpose in SecretKeys.Purpose.allCases {
            let keys = try SecretKeys.load(purpose, directory: directory, now: now)
            list += keys.all.map { key in
                Listed(
                    purpose: purpose.rawValue, file: SecretKeys.file(purpose, key.id), id: String(key.id),
                    bits: SecretKey.byteCount * 8, createdAt: key.createdAt,
                    isUsed: key == keys.current, isComing: key.id > keys.current.id)
            }
        }
        return list
    }

    private static func list(_ keys: [Listed], asJSON: Bool) {
        if asJSON {
            let fields = Fields<Listed>(
                "Key",
                [
                    .text("purpose") { $0.purpose }, .text("file") { $0.file }, .text("kid") { $0.id },
                    .int("bits") { $0.bits }, Field("createdAt", .nullable(.instant)) { $1.instant($0.createdAt) },
                    .bool("signs") { $0.isUsed },
                ])
            Output.json { fields.write(keys, to: &$0) }
            return
        }
        for key in keys {
            let isToken = key.purpose == "token"
            let state =
                key.isUsed
                ? isToken ? "signs" : "used"
                : key.isComing ? isToken ? "signs soon" : "used soon" : isToken ? "verifies" : "opens"
            let made = key.createdAt.map { "\($0)" } ?? "the first"
            Output.line("\(key.purpose)  \(key.id)  \(key.bits) bits  \(made)  \(state)  \(key.file)")
        }
    }
}
