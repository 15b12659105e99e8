import Base
import Books
import Glibc
import HTTP
import Identity
import JSON
import Runtime

/// `purser user`: accounts, for the one who runs the machine.
enum UserCommand {
    static let command = Command(
        name: "user",
        summary: "Adds accounts, lists them, sets passwords, signs out, disables, demands second factors.",
        usage:
            "add EMAIL [--admin] | list | reset-password EMAIL | sign-out EMAIL | sign-out --all | disable EMAIL | enable EMAIL | require-mfa EMAIL [--off] | remove-mfa EMAIL | link EMAIL --issuer I --subject S | unlink EMAIL --issuer I",
        details: """
            The password is asked for at a terminal, or read from standard input, or from PURSER_PASSWORD_FILE's file given
            with --password-file. It is never a flag, where other users of the machine could see it.

            sign-out ends all sessions of an account, or with --all everybody's, at once and on all servers of the database;
            they may sign in again. Keys of programs go on working.

            disable shuts an account out at once; nothing of it is deleted. require-mfa demands a second factor; remove-mfa
            takes the codes of a lost device away. (password, deactivate and activate are older names.)

            link makes the tokens of the trusted issuer (--trusted-issuer) that name this subject the account's; unlink
            takes that away.

              --issuer I            The issuer, exactly as its tokens name it.
              --subject S           The person's id there: the tokens' sub.
              --all                 Signs everybody out.
              --off                 Leaves the second factor to the account's owner again.
              --admin               Makes an administrator.
              --password-file FILE  Reads the password from there.
              --currency CODE       The currency of the new account's book.
              --time-zone NAME      Its time zone.
            """,
        switches: ["admin", "json", "off", "all"],
        options: ["password-file", "currency", "time-zone", "name", "issuer", "subject"]
    ) { arguments in
        guard let action = arguments.positional.first else {
            throw UsageProblem("add, list or \(others)?")
        }
        let configuration = try Settings.read(arguments)
        let older = ["password": "reset-password", "deactivate": "disable", "activate": "enable"]
        switch older[action] ?? action {
        case "list": return try list(configuration, asJSON: arguments.has("json"))
        case "add": return try add(arguments, configuration)
        case "sign-out": return try signOut(arguments, configuration)
        case let action where actions.contains(action): return try change(action, arguments, configuration)
        default:
            throw UsageProblem("“\(action)” is neither add, list nor \(others).")
        }
    }

    private static let others = "reset-password, sign-out, disable, enable, require-mfa, remove-mfa, link, unlink"

    private static let actions: Set = [
        "reset-password", "disable", "enable", "require-mfa", "remove-mfa", "link", "unlink",
    ]

    private static func email(_ arguments: Arguments) throws -> EmailAddress {
        guard arguments.positional.count == 2 else { throw UsageProblem("Give one e-mail address.") }
        do { return try EmailAddress(arguments.positional[1]) } catch { throw Refusal.invalid("email", error.message) }
    }

    private static func add(_ arguments: Arguments, _ configuration: Configuration) throws -> ExitCode {
        let email = try email(arguments)
        let password = try readPassword(arguments, for: email)
        let book = try NewBook(
            name: "Personal", kind: .personal, currency: arguments.values["currency"]?.uppercased(),
            timeZone: arguments.values["time-zone"])
        let isAdministrator = arguments.has("admin")
        return try withBackend(configuration, cluster: .make) { backend in
            let registration = Registration(
                email: email, password: password, name: PersonName(), book: book, transport: .bearer)
            switch try await backend.accounts.add(registration, asAdministrator: isAdministrator) {
            case .created: Output.line("\(email.asGiven) can sign in\(isAdministrator ? " as an administrator" : "").")
            case .promoted:
                Output.line(
                    "\(email.asGiven) had an account and is an administrator now; the password was not changed.")
            }
            return .success
        }
    }

    private static func signOut(_ arguments: Arguments, _ configuration: Configuration) throws -> ExitCode {
        guard arguments.has("all") else {
            let email = try email(arguments)
            return try withBackend(configuration) { backend in
                let count = try await backend.accounts.endSessions(of: email)
                Output.line("\(email.asGiven) is signed out: \(sessions(count)).")
                return .success
            }
        }
        guard arguments.positional.count == 1 else { throw UsageProblem("Give an e-mail address or --all, not both.") }
        return try withBackend(configuration) { backend in
            let (count, people) = try await backend.accounts.endAllSessions()
            Output.line(
                "Everybody is signed out: \(sessions(count)), of \(people == 1 ? "1 person" : "\(people) people").")
            return .success
        }
    }

    private static func sessions(_ count: Int) -> String {
        count == 1 ? "1 session is ended" : "\(count) sessions are ended"
    }

    private static func change(_ action: String, _ arguments: Arguments, _ configuration: Configuration) throws
        -> ExitCode
    {
        let email = try email(arguments)
        let (issuer, subject) = (arguments.values["issuer"] ?? "", arguments.values["subject"] ?? "")
        if action == "link" || action == "unlink", issuer.isEmpty || action == "link" && subject.isEmpty {
            throw UsageProblem(action == "link" ? "Give --issuer and --subject." : "Give --issuer.")
        }
        let password = action == "reset-password" ? try readPassword(arguments, for: email) : nil
        return try withBackend(configuration) { backend in
            if let password {
                try await backend.accounts.setPassword(password, of: email)
                Output.line("The password of \(email.asGiven) is set; all their sessions are ended.")
                return .success
            }
            switch action {
            case "require-mfa":
                let isRequired = !arguments.has("off")
                try await backend.accounts.requireSecondFactor(isRequired, of: email)
                Output.line(
                    isRequired
                        ? "\(email.asGiven) must sign in with a second factor from now on."
                        : "\(email.asGiven) may sign in without a second factor.")
            case "link":
                try await backend.accounts.link(email, issuer: issuer, subject: subject)
                Output.line(
                    "Tokens of \(Output.safe(issuer)) for \(Output.safe(subject)) are those of \(email.asGiven).")
            case "unlink":
                try await backend.accounts.unlink(email, issuer: issuer)
                Output.line("Tokens of \(Output.safe(issuer)) are those of \(email.asGiven) no more.")
            case "remove-mfa":
                try await backend.accounts.removeCodes(of: email)
                Output.line("\(email.asGiven) signs in without codes; all their sessions are ended.")
            default:
                try await backend.accounts.setActive(action == "enable", email)
                Output.line(
                    "\(email.asGiven) \(action == "enable" ? "can sign in again" : "cannot sign in any more").")
            }
            return .success
        }
    }

    private static func list(_ configuration: Configuration, asJSON: Bool) throws -> ExitCode {
        try withBackend(configuration) { backend in
            var users: [User] = []
            while true {
                let page = try await backend.accounts.users(after: users.last?.email, limit: 500)
                users += page
                if page.count < 500 { break }
            }
            if asJSON {
                Output.json { writer in
                    writer.beginArray()
                    for user in users {
                        writer.beginObject()
                        writer.key("id")
                        writer.identifier(user.id)
                        writer.key("email")
                        writer.string(user.emailAsGiven)
                        writer.key("role")
                        writer.string(user.role.rawValue)
                        writer.key("isActive")
                        writer.bool(user.isActive)
                        writer.endObject()
                    }
                    writer.endArray()
                }
            } else {
                for user in users {
                    Output.line("\(user.emailAsGiven)  \(user.role.rawValue)\(user.isActive ? "" : "  deactivated")")
                }
                if users.isEmpty {
                    Output.line("There are no accounts yet. `purser user add EMAIL --admin` makes the first.")
                }
            }
            return .success
        }
    }

    // MARK: Passwords

    private static func readPassword(_ arguments: Arguments, for email: EmailAddress) throws -> Password {
        let text: String
        if let path = arguments.values["password-file"] {
            let file = open(path, O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { throw Refusal.invalid("password", "\(path) cannot be read.") }
            defer { close(file) }
            text = line(of: file)
        } else if isatty(STDIN_FILENO) == 1 {
            text = ask("Password: ")
            guard ask("Again: ") == text else { throw Refusal.invalid("password", "The two passwords differ.") }
        } else {
            text = line(of: STDIN_FILENO)
        }
        do { return try Password(new: text, for: email) } catch { throw Refusal.invalid("password", error.message) }
    }

    private static func ask(_ prompt: String) -> String {
        var old = termios()
        tcgetattr(STDIN_FILENO, &old)
        var silent = old
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &old)
            Output.error("")
        }
        Output.prompt(prompt)
        return line(of: STDIN_FILENO)
    }

    private static func line(of file: Int32) -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while bytes.count < 4096, read(file, &byte, 1) == 1, byte != 0x0A { bytes.append(byte) }
        if bytes.last == 0x0D { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
