import Base
import FoundationEssentials
import Runtime

/// `purser demo`: the demo account without a server.
enum DemoCommand {
    static let command = Command(
        name: "demo", summary: "Adds the demo account and its entries, and prints how to sign in.",
        usage: "[--data DIR] [--csv]",
        details: """
            The entries are made up, the same on every machine, and end today. Running it again adds what is missing.

              --csv  Only prints them as a bank statement, to try the import with.
            """,
        switches: ["csv"]
    ) { arguments in
        if arguments.has("csv") {
            Output.bytes(
                Array(
                    DemoStatement(lastDay: CalendarDate.of(Clock.system.now(), in: .gmt), months: Demo.months).csv.utf8)
            )
            return .success
        }
        return try withBackend(try Settings.read(arguments)) { backend in
            let account = try await Demo.prepare(backend)
            Output.line("Sign in as \(account.email) with the password \(account.password)")
            return .success
        }
    }
}
