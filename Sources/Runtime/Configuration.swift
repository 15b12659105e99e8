/// The values of all settings, checked once at start. A flag beats the environment, the environment beats the default.
package struct Configuration: Sendable {
    package enum Source: String, Sendable { case flag, environment, standard = "default" }

    package struct Entry: Sendable {
        package let declaration: SettingDeclaration
        package let text: String
        package let source: Source
    }

    package let entries: [Entry]
    private let texts: [String: String]

    /// - Throws: `ConfigurationProblem` naming every setting that cannot be read, not only the first.
    package init(
        _ declarations: [SettingDeclaration], flags: [String: String] = [:], environment: [String: String] = [:],
        aliases: [String: String] = [:]
    ) throws(ConfigurationProblem) {
        var entries: [Entry] = []
        var problems: [String] = []
        let known = Set(declarations.map(\.name))
        for name in flags.keys.sorted() where !known.contains(name) { problems.append("--\(name) is not a setting.") }
        let knownVariables = Set(declarations.map(\.environmentName))
        for name in environment.keys.sorted() where name.hasPrefix("PURSER_") && !knownVariables.contains(name) {
            problems.append("\(name) is not a setting; `purser config` lists them.")
        }
        for declaration in declarations {
            let entry: Entry
            if let text = flags[declaration.name] {
                entry = Entry(declaration: declaration, text: text, source: .flag)
            } else if let text = environment[declaration.environmentName]
                ?? aliases[declaration.name].flatMap({ environment[$0] })
            {
                entry = Entry(declaration: declaration, text: text, source: .environment)
            } else {
                entry = Entry(declaration: declaration, text: declaration.fallback, source: .standard)
            }
            do { try declaration.check(entry.text) } catch {
                let named = entry.source == .flag ? declaration.flag : declaration.environmentName
                let shown = declaration.isSecret ? "its value" : "“\(entry.text)”"
                problems.append("\(named): \(shown) should be \(error.expected).")
            }
            entries.append(entry)
        }
        guard problems.isEmpty else { throw ConfigurationProblem(problems: problems) }
        self.entries = entries
        self.texts = Dictionary(uniqueKeysWithValues: entries.map { ($0.declaration.name, $0.text) })
    }

    package subscript<Value>(_ setting: Setting<Value>) -> Value {
        // Checked in init: a text that is here can be parsed. A setting that was never declared is a bug.
        guard let text = texts[setting.name], let value = try? setting.parse(text) else {
            preconditionFailure("The setting \(setting.name) is not declared.")
        }
        return value
    }
}

package struct ConfigurationProblem: Error, Sendable, CustomStringConvertible {
    package let problems: [String]
    package var description: String { problems.joined(separator: "\n") }
}
