/// The flags and variables of a framework's process, beside those that every server has.
package struct FlagTable<Settings>: Sendable {
    /// In the order of the help.
    package let flags: [Flag<Settings>]
    /// What the variables begin with: `MARATHON_`.
    package let prefix: String
    /// Variables under names of their own, by the flag's name.
    private let otherVariables: [String: String]

    package init(_ flags: [Flag<Settings>], prefix: String, otherVariables: [String: String] = [:]) {
        self.flags = flags
        self.prefix = prefix
        self.otherVariables = otherVariables
    }

    /// Takes what variables say: the prefix with the name of a flag; a flag itself stands above it. Others that begin alike are not meant.
    /// - Throws: one line that names the variable that can't be used.
    package func apply(environment: [String: String], to settings: inout Settings) throws(SettingsError) {
        for flag in flags {
            let variable = prefix + flag.name.uppercased()
            let value = environment[variable] ?? otherVariables[flag.name].flatMap { environment[$0] }
            guard let value else { continue }
            do throws(SettingsError) {
                switch flag.kind {
                case .value(_, let set): try set(&settings, value)
                case .toggle(let set): set(&settings, try bool(value, variable))
                case .ignored: break
                case .refused(let reason): throw SettingsError(description: reason)
                }
            } catch {
                throw SettingsError(description: "\(variable): \(error.description)")
            }
        }
    }

    /// Takes what arguments say, in snake case or with dashes: `--name value`, `--name=value`, and `--disable_name` for what can be turned
    /// off.
    /// - Throws: one line that names the argument that can't be used.
    package func apply(_ arguments: [String], to settings: inout Settings) throws(SettingsError) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("--") else { throw SettingsError(description: "unexpected argument '\(argument)'") }
            let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = (parts.first ?? "").replacing("-", with: "_")
            let inline = parts.count > 1 ? String(parts[1]) : nil
            let flag = flags.first { $0.name == name }
            let disabled = flag == nil ? flags.first { "disable_" + $0.name == name } : nil
            guard let known = flag ?? disabled else { throw SettingsError(description: "unknown option '\(argument)'") }
            switch known.kind {
            case .value where disabled == nil, .ignored(takesValue: true) where disabled == nil:
                guard let value = inline ?? rest.popFirst() else { throw SettingsError(description: "--\(known.name) needs a value") }
                if case .value(_, let set) = known.kind { try set(&settings, value) }
            case .toggle(let set):
                set(&settings, try inline.map { text throws(SettingsError) in try bool(text, "--\(name)") } ?? true != (disabled != nil))
            case .ignored(takesValue: false): break
            case .refused(let reason) where disabled == nil: throw SettingsError(description: "--\(known.name): \(reason)")
            default: throw SettingsError(description: "unknown option '\(argument)'")
            }
        }
    }

    private func bool(_ text: String, _ name: String) throws(SettingsError) -> Bool {
        switch text.lowercased() {
        case "true", "": return true
        case "false": return false
        default: throw SettingsError(description: "\(name) must be true or false, not '\(text)'")
        }
    }

    /// For the help: all flags in their sections, in lines of at most 80 characters.
    package var help: String {
        let sections = sections.map { section in
            let lines = flags.filter { $0.section == section }.map { flag in
                let usage = "  " + flag.usage
                let pad =
                    usage.utf8.count < column
                    ? String(repeating: " ", count: column - usage.utf8.count) : "\n" + String(repeating: " ", count: column)
                return usage + pad + flag.help
            }
            return "\(section.title.uppercased()):\n" + lines.joined(separator: "\n")
        }
        return sections.joined(separator: "\n\n")
    }

    package var sections: [FlagSection] {
        var sections: [FlagSection] = []
        for case let section? in flags.map(\.section) where !sections.contains(section) { sections.append(section) }
        return sections
    }

    private var column: Int { 34 }
}
