import Base
import Database
import HTTP
import JSON
import Jobs
import Runtime

/// `purser migrate`
enum MigrateCommand {
    static let command = Command(
        name: "migrate", summary: "Brings the database's schema up to date.", usage: "[--database-url URL] [--json]",
        details: "`purser serve` does this by itself at its start.", switches: ["json"]
    ) { arguments in
        let asJSON = arguments.has("json")
        return try withBackend(try Settings.read(arguments), cluster: .make) { backend in
            if asJSON {
                Output.json { writer in
                    writer.beginObject()
                    writer.key("applied")
                    writer.beginArray()
                    for name in backend.applied { writer.string(name) }
                    writer.endArray()
                    writer.endObject()
                }
            } else {
                for name in backend.applied { Output.line("applied \(name)") }
                if backend.applied.isEmpty { Output.line("The schema is up to date.") }
            }
            return .success
        }
    }
}

/// `purser jobs`
enum JobsCommand {
    static let command = Command(
        name: "jobs", summary: "Lists background jobs; retries or drops those that have failed for good.",
        usage: "list [--dead] | retry (ID… | --all) | drop (ID… | --all)",
        details: "A job that keeps failing becomes a dead letter. Mend its cause, then retry it.",
        switches: ["dead", "all", "json"]
    ) { arguments in
        guard let action = arguments.positional.first else { throw UsageProblem("list, retry or drop?") }
        let configuration = try Settings.read(arguments)
        switch action {
        case "list":
            let (onlyDead, asJSON) = (arguments.has("dead"), arguments.has("json"))
            return try withBackend(configuration) { backend in
                let jobs = try await JobStore(backend.database).list(onlyDead: onlyDead, limit: 1000)
                list(jobs, asJSON: asJSON)
                return .success
            }
        case "retry", "drop":
            let ids = try arguments.positional.dropFirst().map { text throws(UsageProblem) in
                guard let id = Int64(text) else { throw UsageProblem("\(text) is not the number of a job.") }
                return id
            }
            guard !ids.isEmpty || arguments.has("all") else {
                throw UsageProblem("Which ones? Give numbers, or --all.")
            }
            let chosen = arguments.has("all") ? nil : ids
            return try withBackend(configuration) { backend in
                let store = JobStore(backend.database.writer)
                let count = action == "retry" ? try await store.retry(chosen) : try await store.drop(chosen)
                Output.line("\(count) \(action == "retry" ? "will be tried again" : "dropped")")
                return count > 0 || chosen == nil ? .success : .failure
            }
        default: throw UsageProblem("“\(action)” is neither list, retry nor drop.")
        }
    }

    private static func list(_ jobs: [JobStore.Listed], asJSON: Bool) {
        guard asJSON else {
            if jobs.isEmpty { Output.line("No jobs.") }
            for job in jobs {
                Output.line(
                    "\(job.id)  \(job.state)  \(job.kind)  attempts \(job.attempts)  \(Output.safe(job.lastError ?? ""))"
                )
            }
            return
        }
        let fields = Fields<JobStore.Listed>(
            "Job",
            [
                Field("id", .integer()) { $1.int($0.id) }, .text("kind") { $0.kind }, .text("state") { $0.state },
                .int("attempts") { Int($0.attempts) }, .instant("runAt") { $0.runAt },
                .optionalText("lastError") { $0.lastError },
            ])
        Output.json { fields.write(jobs, to: &$0) }
    }
}

/// `purser config`
enum ConfigCommand {
    static let command = Command(
        name: "config", summary: "Shows every setting, its value and where the value comes from.",
        usage: "[--json] [--markdown]",
        details: "A flag beats the environment, the environment beats the default. Secrets are not shown.",
        switches: ["json", "markdown"]
    ) { arguments in
        let configuration = try Settings.read(arguments)
        if arguments.has("json") {
            Output.json { writer in
                writer.beginArray()
                for entry in configuration.entries {
                    writer.beginObject()
                    for (key, value) in [
                        ("name", entry.declaration.name), ("environment", entry.declaration.environmentName),
                        ("value", shown(entry)),
                        ("source", entry.source.rawValue), ("default", entry.declaration.fallback),
                        ("summary", entry.declaration.summary),
                    ] {
                        writer.key(key as String)
                        writer.string(value)
                    }
                    writer.endObject()
                }
                writer.endArray()
            }
        } else if arguments.has("markdown") {
            Output.line("| Variable | Default | Meaning |\n|---|---|---|")
            for entry in configuration.entries {
                let fallback = entry.declaration.fallback.isEmpty ? "" : "`\(entry.declaration.fallback)`"
                Output.line("| `\(entry.declaration.environmentName)` | \(fallback) | \(entry.declaration.summary) |")
            }
        } else {
            for entry in configuration.entries {
                Output.line(
                    "\(entry.declaration.environmentName)=\(shown(entry))  (\(entry.source.rawValue))\n    \(entry.declaration.summary)"
                )
            }
        }
        return .success
    }

    private static func shown(_ entry: Configuration.Entry) -> String {
        entry.declaration.isSecret && !entry.text.isEmpty ? "(not shown)" : entry.text
    }
}

/// `purser openapi`
enum OpenAPICommand {
    static let command = Command(
        name: "openapi", summary: "Prints the OpenAPI document of the API.", usage: "",
        details: "The same as /api/v1/openapi.json of a running server. Needs no database.", takesSettings: false
    ) { _ in
        Output.bytes(OpenAPI.document(of: try Modules.declaredRoutes(), version: Main.version))
        Output.line("")
        return .success
    }
}
