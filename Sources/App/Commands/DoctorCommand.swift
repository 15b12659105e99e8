import Audit
import Base
import Database
import FoundationEssentials
import Glibc
import JSON
import Jobs
import Runtime
import Transactions
import Web

/// `purser doctor`: what is wrong, and how to mend it.
enum DoctorCommand {
    static let command = Command(
        name: "doctor", summary: "Looks for what is wrong, and says how to mend it.", usage: "[--data DIR] [--json]",
        details: "Changes nothing but what a start changes. Exit status 1 when something needs attention.",
        switches: ["json"]
    ) { arguments in
        let configuration = try Settings.read(arguments)
        var findings = checkMachine(configuration)
        do {
            findings += try withBackend(configuration) { try await checkDatabase($0) }
        } catch {
            findings.append(
                Finding(
                    .broken, "database", "It cannot be had: \(error)",
                    "See above; the log of the embedded PostgreSQL is in the data directory."))
        }
        report(findings, asJSON: arguments.has("json"))
        return findings.contains { $0.state != .fine } ? .failure : .success
    }

    struct Finding: Sendable {
        enum State: String, Sendable { case fine = "ok", attention = "attention", broken = "broken" }
        let state: State
        let subject: String
        let text: String
        let remedy: String?

        init(_ state: State, _ subject: String, _ text: String, _ remedy: String? = nil) {
            self.state = state
            self.subject = subject
            self.text = text
            self.remedy = remedy
        }
    }

    private static func checkMachine(_ configuration: Configuration) -> [Finding] {
        var findings: [Finding] = []
        let missing = WebPage().missing
        findings.append(
            missing.isEmpty
                ? Finding(.fine, "page", "Chart.js and the typeface are installed.")
                : Finding(
                    .attention, "page", "Missing: \(missing.joined(separator: ", ")).",
                    "apt-get install libjs-chart.js fonts-inter-variable"))
        let directory = configuration[Settings.data]
        var space = statvfs()
        if statvfs(directory, &space) == 0 {
            let free = UInt64(space.f_bavail) * UInt64(space.f_frsize) / (1 << 20)
            findings.append(
                free < 1024
                    ? Finding(
                        .attention, "disk", "\(free) MiB are free where the data is.",
                        "Make room: PostgreSQL stops when the disk is full.")
                    : Finding(.fine, "disk", "\(free) MiB are free where the data is."))
        }
        var files = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0,
            files.rlim_max < rlim_t(configuration[Settings.maxConnections])
        {
            findings.append(
                Finding(
                    .attention, "connections",
                    "The system allows \(files.rlim_max) open files, max-connections is \(configuration[Settings.maxConnections]).",
                    "Raise LimitNOFILE of the service, or lower PURSER_MAX_CONNECTIONS."))
        }
        return findings
    }

    private static func checkDatabase(_ backend: Backend) async throws -> [Finding] {
        let row = try await backend.database.first("SHOW server_version")
        var findings = [
            Finding(
                .fine, "database",
                "PostgreSQL \(try row?.get(0, as: String.self) ?? "?") answers; all migrations are applied.")
        ]
        for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
            let value = try await backend.database.first("SELECT current_setting(\(setting))")?.get(0, as: String.self)
            if value != "on" {
                findings.append(
                    Finding(
                        .broken, "durability",
                        "\(setting) is \(value ?? "unknown"): what was acknowledged could be lost.",
                        "Set \(setting) = on in PostgreSQL's configuration."))
            }
        }
        findings.append(try await checkAudit(backend))
        let differences = try await EntryTotals.differences(backend.database)
        findings.append(
            differences == 0
                ? Finding(.fine, "sums", "The stored sums agree with the entries, to the last minor unit.")
                : Finding(
                    .broken, "sums", "\(differences) stored sums differ from the entries.",
                    "Please report this as a defect."))
        let depth = try await JobStore(backend.database).depth()
        findings.append(
            depth.dead == 0
                ? Finding(.fine, "jobs", "\(depth.ready) jobs wait, none has failed for good.")
                : Finding(
                    .attention, "jobs", "\(depth.dead) jobs have failed for good.",
                    "purser jobs list --dead, mend the cause, then purser jobs retry --all"))
        if depth.outbox > 10_000 {
            findings.append(
                Finding(
                    .attention, "events", "\(depth.outbox) events wait.",
                    "Is a worker running? purser serve --role all, or purser worker."))
        }
        return findings
    }

    private static func checkAudit(_ backend: Backend) async throws -> Finding {
        switch try await AuditProtection.state(backend.database) {
        case .protected:
            Finding(.fine, "audit log", "It belongs to another role: the server can read it and add to it.")
        case .open(let powers):
            Finding(
                .attention, "audit log",
                "Nothing but its chain guards it from the server: \(powers.joined(separator: "; ")).",
                "Give PURSER_DATABASE_ADMIN_URL at one start; the server's own role should own nothing of it.")
        }
    }

    private static func report(_ findings: [Finding], asJSON: Bool) {
        guard asJSON else {
            for finding in findings {
                Output.line("[\(finding.state.rawValue)] \(finding.subject): \(finding.text)")
                if let remedy = finding.remedy { Output.line("       → \(remedy)") }
            }
            return
        }
        Output.json { writer in
            writer.beginArray()
            for finding in findings {
                writer.beginObject()
                writer.key("state")
                writer.string(finding.state.rawValue)
                writer.key("subject")
                writer.string(finding.subject)
                writer.key("text")
                writer.string(finding.text)
                writer.key("remedy")
                writer.string(finding.remedy)
                writer.endObject()
            }
            writer.endArray()
        }
    }
}
