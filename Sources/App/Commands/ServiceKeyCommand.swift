import Audit
import Base
import HTTP
import Identity
import JSON
import Runtime

/// `purser service-key`
enum ServiceKeyCommand {
    static let command = Command(
        name: "service-key", summary: "Makes, lists and revokes the keys of other programs.",
        usage: "add NAME --scope SCOPE… [--days N] | list [--json] | revoke ID-OR-NAME",
        details: """
            A service asks in its own name, with its key as X-API-Key. `add` prints the key once; it cannot be had again.

              --scope SCOPE  What it may do: token:validate, audit:write. May be given several times.
              --days N       In how many days it expires: 1 to \(APIKeys.longestDays); 90 unless given.
            """,
        switches: ["json"], options: ["scope", "days"]
    ) { arguments in
        guard let action = arguments.positional.first else { throw UsageProblem("add, list or revoke?") }
        let rest = Array(arguments.positional.dropFirst())
        switch action {
        case "add":
            guard rest.count == 1, let name = rest.first, (1...100).contains(name.unicodeScalars.count) else {
                throw UsageProblem("Give one name, of at most 100 characters.")
            }
            let scopes = arguments.all("scope")
            guard !scopes.isEmpty else { throw UsageProblem("What may it do? Give --scope at least once.") }
            for scope in scopes where ServiceScope(rawValue: scope) == nil {
                throw UsageProblem(
                    "“\(scope)” is no scope. There are \(ServiceScope.allCases.map(\.rawValue).joined(separator: ", "))."
                )
            }
            let days = arguments.values["days"].map { Int($0) ?? 0 } ?? 90
            guard (1...APIKeys.longestDays).contains(days) else {
                throw UsageProblem("--days takes a number from 1 to \(APIKeys.longestDays).")
            }
            return try withBackend(try Settings.read(arguments)) { backend in
                let wanted = APIKeys.Wanted(
                    name: name, scopes: Array(Set(scopes)).sorted(),
                    expiresAt: Clock.system.now() + .seconds(Int64(days) * 86_400))
                Output.line(try await backend.keys.make(wanted, for: nil, by: .operator, from: .none).secret)
                return .success
            }
        case "list":
            let asJSON = arguments.has("json")
            return try withBackend(try Settings.read(arguments)) { backend in
                show(try await backend.keys.list(of: nil), asJSON: asJSON)
                return .success
            }
        case "revoke":
            guard rest.count == 1, let wanted = rest.first else {
                throw UsageProblem("Which one? Give its id or name.")
            }
            return try withBackend(try Settings.read(arguments)) { backend in
                let found = try await backend.keys.list(of: nil).filter {
                    $0.name == wanted || $0.id.description == wanted
                }
                guard found.count <= 1 else {
                    throw Refusal(
                        .invalid, "AMBIGUOUS", "Several keys are called that. Give the id: purser service-key list.")
                }
                guard let key = found.first else { throw Refusal.notFound("key") }
                try await backend.keys.revoke(key.id, of: nil, by: .operator, from: .none)
                Output.line("\(Output.safe(key.name)) is refused from now on.")
                return .success
            }
        default: throw UsageProblem("“\(action)” is neither add, list nor revoke.")
        }
    }

    private static func show(_ keys: [APIKey], asJSON: Bool) {
        guard !asJSON else { return Output.json { APIKey.listed.write(keys, to: &$0) } }
        if keys.isEmpty { Output.line("No service has a key.") }
        for key in keys {
            let expiry = key.expiresAt.map { "  expires \($0)" } ?? ""
            Output.line(
                "\(key.id)  \(Output.safe(key.name))  …\(key.hint)  \(key.scopes.joined(separator: " "))\(expiry)")
        }
    }
}
