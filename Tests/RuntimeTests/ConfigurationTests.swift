import Runtime
import TestSupport
import Testing

@Suite(.tags(.rules)) struct `The configuration` {
    private static let port = Setting<Int>.number("port", in: 0...65535, default: 8080, "A port.")
    private static let limits = Setting<Bool>.flag("rate-limits", default: true, "Limits.")
    private static let wait = Setting<Duration>.duration("idle-timeout", default: "75s", "A time.")
    private static let role = Setting<String>.choice("role", of: ["all", "api"], default: "all", "A role.")
    private static let origins = Setting<[String]>.list("origins", default: "", "Origins.")
    private static let key = Setting<Int>("key", default: "1", "A secret number.", isSecret: true) {
        text throws(SettingProblem) in
        guard let number = Int(text) else { throw SettingProblem(expected: "a number") }
        return number
    }
    private static let all = [
        port.declaration, limits.declaration, wait.declaration, role.declaration, origins.declaration, key.declaration,
    ]

    private func read(_ flags: [String: String] = [:], _ environment: [String: String] = [:])
        throws(ConfigurationProblem) -> Configuration
    {
        try Configuration(Self.all, flags: flags, environment: environment, aliases: ["port": "PORT"])
    }

    @Test func `lets a flag beat the environment, and the environment the default`() throws {
        #expect(try read()[Self.port] == 8080)
        #expect(try read([:], ["PURSER_PORT": "1"])[Self.port] == 1)
        #expect(try read(["port": "2"], ["PURSER_PORT": "1"])[Self.port] == 2)
        let sources = try read(["port": "2"], ["PURSER_ROLE": "api"]).entries.reduce(into: [:]) {
            $0[$1.declaration.name] = $1.source
        }
        #expect(sources["port"] == .flag && sources["role"] == .environment && sources["idle-timeout"] == .standard)
    }

    @Test func `knows a variable's other name, after its own`() throws {
        #expect(try read([:], ["PORT": "3"])[Self.port] == 3)
        #expect(try read([:], ["PORT": "3", "PURSER_PORT": "4"])[Self.port] == 4)
    }

    @Test func `names every problem, not only the first`() throws {
        let problem = try #require(throws: ConfigurationProblem.self) {
            try read(
                ["port": "70000", "colour": "red"],
                ["PURSER_RATE_LIMITS": "perhaps", "PURSER_IDLE_TIMEOUT": "soon", "PURSER_COLOR": "x", "HOME": "/"])
        }
        #expect(problem.problems.count == 5)
        for name in ["--port", "--colour", "PURSER_RATE_LIMITS", "PURSER_IDLE_TIMEOUT", "PURSER_COLOR"] {
            #expect(problem.problems.count { $0.contains(name) } == 1, "\(name)")
        }
    }

    @Test func `does not show what is secret`() throws {
        let problem = try #require(throws: ConfigurationProblem.self) { try read([:], ["PURSER_KEY": "hunter2"]) }
        #expect(!problem.description.contains("hunter2") && problem.description.contains("PURSER_KEY"))
    }

    @Test(arguments: ["", "x", "-1", "65536", "1.5", " 1", "99999999999999999999", "0x10"])
    func `refuses a number that is none or out of range`(text: String) {
        #expect(throws: ConfigurationProblem.self) { try read(["port": text]) }
    }

    @Test(
        arguments: [
            ("500ms", 500), ("15s", 15_000), ("2m", 120_000), ("1h", 3_600_000), ("30d", 2_592_000_000), ("0s", 0),
        ] as [(String, Int64)])
    func `reads a time with its unit`(text: String, milliseconds: Int64) throws {
        #expect(try read(["idle-timeout": text])[Self.wait] == .milliseconds(milliseconds))
    }

    @Test(arguments: ["", "15", "s", "-1s", "1.5s", "15 s", "15S", "1w", "1000000001s", "99999999999999999999s", "٣s"])
    func `refuses a time without one`(text: String) {
        #expect(throws: ConfigurationProblem.self) { try read(["idle-timeout": text]) }
    }

    @Test func `reads switches in several words`() throws {
        for text in ["on", "true", "YES", "1"] { #expect(try read(["rate-limits": text])[Self.limits]) }
        for text in ["off", "False", "no", "0"] { #expect(try !read(["rate-limits": text])[Self.limits]) }
        #expect(throws: ConfigurationProblem.self) { try read(["rate-limits": ""]) }
    }

    @Test func `reads lists and choices`() throws {
        #expect(
            try read(["origins": "https://a, https://b  https://c,"])[Self.origins] == [
                "https://a", "https://b", "https://c",
            ])
        #expect(try read()[Self.origins] == [])
        #expect(throws: ConfigurationProblem.self) { try read(["role": "API"]) }
    }

    @Test func `names flag and variable after the setting`() {
        #expect(
            Self.wait.declaration.flag == "--idle-timeout"
                && Self.wait.declaration.environmentName == "PURSER_IDLE_TIMEOUT")
    }
}
