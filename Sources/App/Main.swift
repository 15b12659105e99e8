import Base
import Database
import Glibc
import Runtime

/// `purser`: one program for the server and for everything that an operator does.
@main enum Main {
    static let version = "0.1.0"

    static func main() {
        signal(SIGPIPE, SIG_IGN)
        var words = Array(CommandLine.arguments.dropFirst())
        let name = words.isEmpty ? "help" : words.removeFirst()
        exit(run(name, words).rawValue)
    }

    private static func run(_ name: String, _ words: [String]) -> ExitCode {
        switch name {
        case "help", "--help", "-h":
            if let topic = words.first, let command = Commands.all.first(where: { $0.name == topic }) {
                Output.line(command.helpText)
            } else {
                Output.line(Commands.overview)
            }
            return .success
        case "version", "--version":
            Output.line("purser \(version)")
            return .success
        default:
            guard let command = Commands.all.first(where: { $0.name == name }) else {
                Output.error("purser: there is no command “\(name)”. `purser help` lists them.")
                return .usage
            }
            return run(command, words)
        }
    }

    private static func run(_ command: Command, _ words: [String]) -> ExitCode {
        do {
            let arguments = try Arguments(words, switches: command.switches, values: command.valueNames)
            if arguments.has("help") {
                Output.line(command.helpText)
                return .success
            }
            return try command.run(arguments)
        } catch let problem as UsageProblem {
            Output.error("purser \(command.name): \(problem.message)\nTry: purser \(command.name) --help")
            return .usage
        } catch let problem as ConfigurationProblem {
            Output.error("purser: the configuration is not right.\n\(problem.description)\nTry: purser config")
            return .usage
        } catch let refusal as Refusal {
            Output.error("purser \(command.name): \(refusal.message)")
            for field in refusal.fields where field.message != refusal.message { Output.error("  \(field.message)") }
            return .failure
        } catch {
            Output.error("purser \(command.name): \(error)")
            if error is ClusterError || error is BackendProblem || error is MigrationError { return .unavailable }
            if let error = error as? DatabaseError, error.kind == .unavailable { return .unavailable }
            return .failure
        }
    }
}
