import Base
import FoundationEssentials
import Runtime

/// `purser demo`: the demo account without a server.
enum DemoCommand {
    static let command = Command(
        name: "demo", summary: "Adds the demo account and its entries, and prints how to sign in.",
        usage: "[--data DIR] [--csv]",
        details: """
            What it holds is made up, the same on every machine, and ends today. Running it again on a later day adds what
            has happened since; otherwise it adds nothing.

              --csv  Only prints them as a bank statement, to try the import with.
            """,
        switches: ["csv"]
    ) { arguments in
        if arguments.has("csv") {
            guard let currency = Currency("EUR") else { return .failure }
            let today = CalendarDate.of(Clock.system.now(), in: .gmt)
            Output.bytes(Array(DemoStatement(lastDay: today, months: Demo.months, currency: currency).csv.utf8))
            return .success
        }
        return try withBackend(try Settings.read(arguments), cluster: .make) { backend in
            let account = try await Demo.prepare(backend)
            Output.line("Sign in as \(account.email) with the password \(account.password)")
            Output.line("or with the same password as \(DemoHousehold.kimEmail), who shares two books with it.")
            return .success
        }
    }
}
