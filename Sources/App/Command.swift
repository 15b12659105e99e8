import Runtime

/// One command: how it is called, what it tells of itself, what it does.
struct Command: Sendable {
    let name: String
    let summary: String
    /// Everything behind `purser NAME`, as `FILE… [--book ID]`.
    let usage: String
    let details: String
    var switches: Set<String> = []
    var options: Set<String> = []
    /// Whether all settings are taken as flags.
    var takesSettings = true
    let run: @Sendable (Arguments) throws -> ExitCode

    var valueNames: Set<String> { takesSettings ? options.union(Settings.all.map(\.name)) : options }

    var helpText: String {
        var text = "purser \(name): \(summary)\n\nUsage: purser \(name) \(usage)\n"
        if !details.isEmpty { text += "\n\(details)\n" }
        if takesSettings {
            text += "\nEvery setting can be given as a flag or in the environment; the usual ones:\n"
            for setting in [Settings.data.declaration, Settings.databaseURL.declaration] {
                text += "  \(setting.flag) (\(setting.environmentName)): \(setting.summary)\n"
            }
            text += "`purser config` lists all of them.\n"
        }
        text += "\nExit status: 0 done, 1 refused or failed, 2 called wrongly, 3 the database cannot be had."
        return text
    }
}

enum Commands {
    static let all: [Command] = [
        ServeCommand.serve, ServeCommand.worker, MigrateCommand.command, ImportCommand.command,
        ImportsCommand.command, ExportCommand.command, RulesCommand.command, ProfilesCommand.command,
        SearchCommand.command, ReportCommand.command, UserCommand.command, KeysCommand.command,
        JobsCommand.command, AuditCommand.command, ServiceKeyCommand.command, ConfigCommand.command,
        OpenAPICommand.command,
        PermissionsCommand.command, DoctorCommand.command, DemoCommand.command,
    ]

    static var overview: String {
        var text = """
            purser \(Main.version): the money of a person, a household, a business or an organisation, on a machine they own.

            Usage: purser COMMAND [options]


            """
        for command in all {
            text +=
                "  \(command.name)\(String(repeating: " ", count: max(1, 10 - command.name.count)))\(command.summary)\n"
        }
        text +=
            "\nStart with: purser serve --demo, then open http://localhost:8080. `purser COMMAND --help` tells more."
        return text
    }
}
