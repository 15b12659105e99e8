import Audit
import Base
import JSON
import Runtime

/// `purser audit`
enum AuditCommand {
    static let command = Command(
        name: "audit", summary: "Checks that the audit log is as it was written; shows the head of its chain.",
        usage: "verify [--since NUMBER] [--head NUMBER:HASH] | head",
        details: """
            Each row's hash covers the row and the hash before it. `head` prints the last one: note it in another place,
            and `verify --head` later proves that nothing before it was changed, added or taken out.
            Exit status 1 when something was, with the first number where it shows.

              --since NUMBER      Takes everything up to this number for granted.
              --head NUMBER:HASH  A head that `purser audit head` has printed before.
            """,
        switches: ["json"], options: ["since", "head"]
    ) { arguments in
        guard let action = arguments.positional.first, arguments.positional.count == 1 else {
            throw UsageProblem("verify or head?")
        }
        let asJSON = arguments.has("json")
        switch action {
        case "head":
            return try withBackend(try Settings.read(arguments)) { backend in
                let chain = AuditChain(database: backend.database)
                try await chain.seal(.everything)
                let head = try await chain.head()
                if asJSON {
                    Output.json {
                        $0.value(
                            .object([
                                ("number", .number(text: String(head.number))), ("hash", .string(Hex.text(head.hash))),
                            ]))
                    }
                } else {
                    Output.line(head.text)
                }
                return .success
            }
        case "verify":
            let since = try arguments.values["since"].map { text throws(UsageProblem) in
                guard let number = Int64(text), number >= 0 else { throw UsageProblem("--since takes a number.") }
                return number
            }
            let noted = try arguments.values["head"].map { text throws(UsageProblem) in
                guard let head = AuditChain.Head(text) else {
                    throw UsageProblem("--head takes what `purser audit head` prints: NUMBER:HASH.")
                }
                return head
            }
            return try withBackend(try Settings.read(arguments)) { backend in
                let report = try await AuditChain(database: backend.database).verify(after: since ?? 0, noted: noted)
                show(report, asJSON: asJSON)
                return report.problem == nil ? .success : .failure
            }
        default: throw UsageProblem("“\(action)” is neither verify nor head.")
        }
    }

    private static func show(_ report: AuditChain.Report, asJSON: Bool) {
        guard !asJSON else {
            return Output.json { writer in
                writer.beginObject()
                writer.key("checked")
                writer.int(report.checked)
                writer.key("head")
                writer.string(report.head.text)
                writer.key("unsealed")
                writer.int(report.unsealed)
                writer.key("problem")
                writer.string(report.problem?.description)
                writer.endObject()
            }
        }
        if let problem = report.problem {
            Output.line("The audit log is not as it was written. \(problem)")
            Output.line("\(report.checked) rows before that are in order.")
            return
        }
        Output.line("\(report.checked) rows are as they were written. Head: \(report.head.text)")
        if report.unsealed > 0 {
            Output.line("\(report.unsealed) rows wait for their seal; a running server adds it within seconds.")
        }
    }
}
